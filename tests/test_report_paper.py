"""The page of a paper: items in order, what a referee could quote, no made-up number beside the print."""

import doctest
from dataclasses import replace

import outcomes
import pytest
from conftest import ROOT
from test_report import Page

from harness import report, specfile
from harness.engines import engines
from harness.report import forest, paper, summary
from harness.result import Finding, Outcome
from harness.run import from_golden

FACT = Finding("stars", "(1)", "x", "0.123", "impossible", (2.0, 3.0), (3.1, 9.9), "3 stars stand for more")
SEEN = Finding(
    "sd", "(1)", "L1.z", "0.3", "possible", (0.0, 1.0), (0.0, 1.0), "one row does it", notable=True
)


def the_paper(*found: Outcome) -> paper.Paper:
    (one,) = paper.papers([summary.summary(each) for each in found])
    return one


def two_items(**changes: object) -> list[Outcome]:
    """The second item stands first; the audit has something to say of it."""
    second = outcomes.in_paper(replace(outcomes.small("wages", **changes), findings=(FACT, SEEN)), 2)
    return [second, outcomes.in_paper(outcomes.small("prices", **changes), 1)]


def text_of(*found: Outcome) -> str:
    return " ".join(Page(report.files(found)["papers/article/index.html"]).text.split())


def test_the_examples_in_the_docstrings_hold() -> None:
    failed, tried = doctest.testmod(paper)
    assert tried > 0 and failed == 0


def test_items_stand_in_the_order_of_the_paper_and_those_without_a_place_at_the_end() -> None:
    last = outcomes.in_paper(outcomes.small("appendix"), None)
    assert [item.id for item in the_paper(*two_items(), last).items] == ["prices", "wages", "appendix"]


def test_a_paper_of_one_item_has_no_page_and_nor_have_tables_of_no_paper() -> None:
    alone, other = outcomes.in_paper(outcomes.small(), 1), outcomes.small("prices")
    assert paper.papers([summary.summary(one) for one in (alone, other)]) == ()
    assert not [name for name in report.files([alone, other]) if name.startswith("papers/")]


def test_the_summary_adds_up_what_the_items_have() -> None:
    """
    Of outcomes.small, twice: of 8 printed cells 5 agree and 3 differ (std_error, p, sign); of 6 numbers that
    both engines have 3 are equal, in each of two columns.
    """
    sentences = the_paper(*two_items()).summary
    assert sentences[:3] == (
        "2 display items with 16 printed cells.",
        "Of 16 cells compared with estimates 10 agree, 6 differ.",
        "2 engines, 4 columns: of 24 pairs of their numbers 12 agree, 12 differ.",
    )
    assert sentences[3] == (
        "2 checks of the print against itself and the text: 1 impossible, 0 undecided, 1 possible "
        "(1 of them notable). "
        "The impossible ones are about 1 printed term."
    )
    assert "1 setting left open by the paper, 2 times over the items." in sentences


def test_the_page_tells_what_is_impossible_and_what_is_notable_and_links_to_the_items() -> None:
    files = report.files(two_items())
    text = text_of(*two_items())
    assert text.count("3 stars stand for more.") == 2  # in the summary, and at the item
    assert "notable L1.z" not in text and "one row does it." in text
    page = Page(files["papers/article/index.html"])
    assert {"../../wages/index.html", "../../prices/index.html", "#wages", "#prices"} <= set(page.all("href"))
    assert "papers/article/index.html" in Page(files["index.html"]).all("href")
    assert "../papers/article/index.html" in Page(files["wages/index.html"]).all("href")
    assert "3 stars stand for more" in files["papers/article/report.md"]


def test_beside_the_print_stands_one_engine_a_language() -> None:
    item = the_paper(*two_items()).items[0]
    (cell,) = (c for c in item.summary.cells if (c.term, c.measure, c.column) == ("x", "std_error", "(1)"))
    assert [one.engine for one in item.numbers(cell).told] == ["r-plm", "python-linearmodels"]


def test_beside_the_print_stands_no_number_from_made_up_data() -> None:
    data = outcomes.HEAD["data"] | {"stand_in": True}
    found = two_items(data=data)
    assert all(not item.numbers(cell).told for item in the_paper(*found).items for cell in item.summary.cells)
    text = text_of(*found)
    assert "0.05112" not in text and "0.05112" in text_of(*two_items())
    assert "Made-up data stand in for the paper's in all items" in text
    assert "Not attempted: the data stand in for the paper's" in text


def test_on_made_up_data_intervals_are_drawn_without_the_print_and_the_page_says_why() -> None:
    data = outcomes.HEAD["data"] | {"stand_in": True}
    found = outcomes.small(data=data)
    names = {name for _, name in forest.drawn(forest.forests(found))}
    assert names == {"r-plm", "python-linearmodels"}
    assert "The print is not drawn" in Page(report.files([found])["wages/index.html"]).text
    assert "The print is not drawn" not in Page(report.files([outcomes.small()])["wages/index.html"]).text


def test_lists_of_instruments_are_counted_column_by_column() -> None:
    lists = [{"gmm": {"y": {"lags": [2, k]}}} for k in (2, 3, 4)]
    same = {"setting": "instruments", "because": "a count"}
    entries = [
        {**same, "columns": ["(1)"], "alternatives": lists},
        {**same, "columns": ["(2)"], "alternatives": lists[:2]},
    ]
    one = the_paper(*two_items(open=entries))
    assert dict(one.items[0].lists) == {"(1)": 3, "(2)": 2}
    assert one.items[0].open == (("instruments", "2 to 3"),)
    assert one.summary[-1] == (
        "In 4 columns 2 to 3 lists of instruments fit what is printed of them, 10 in all: "
        "the print identifies none."
    )


def test_a_sentence_that_is_all_that_is_printed_is_no_check_of_the_print() -> None:
    """Configurations and cities that an article only names: 11 and 12 sentences, and as many cells."""
    names = ("virtual-agglomeration-configurations", "virtual-agglomeration-types")
    found = [from_golden(specfile.read(ROOT / "specs" / f"{name}.yaml", engines())) for name in names]
    one = the_paper(*found)
    assert [item.named for item in one.items] == [12, 11]
    assert not any(item.stances for item in one.items)
    assert "Sentences that are all that is printed of what they name: 23." in one.summary
    assert any(sentence.startswith("3 checks of the print") for sentence in one.summary)


def test_a_table_without_print_says_that_there_is_nothing_to_reproduce() -> None:
    silent = outcomes.in_paper(outcomes.unprinted(), 3)
    item = the_paper(*two_items(), silent).items[-1]
    assert item.verdict.startswith("Nothing to reproduce")
    assert item.printed == "No number is printed; 2 columns estimated here."


def test_the_index_counts_impossible_findings() -> None:
    text = " ".join(Page(report.files(two_items())["index.html"]).text.split())
    assert "Impossible in print" in text and "≠ 1" in text
    assert report.files(two_items())["report.md"].splitlines()[-1].endswith("| 1 |")


@pytest.mark.parametrize(
    "made", [outcomes.small, outcomes.hostile, lambda: outcomes.large(terms=4, columns=2)]
)
def test_the_page_of_any_outcomes_is_well_formed_and_hostile_text_stays_text(made) -> None:
    found = [outcomes.in_paper(made(), 1), outcomes.in_paper(outcomes.unprinted(), 2)]
    text = report.files(found)["papers/article/index.html"]
    page = Page(text)
    assert page.faults == []
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.all("href") if href.startswith("#")} <= set(ids)
    assert "xss" not in [tag for tag, _ in page.elements]
    assert "<xss" not in report.files(found)["papers/article/report.md"]
