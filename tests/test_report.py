"""The report: what a reader is told, and that nothing from outside can change how it is told."""

import base64
import doctest
import hashlib
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import jsonschema
import outcomes
import pytest

from harness import report
from harness.report import claims, digits, forest, summary, table, verdicts
from harness.result import Cell, Comparison, Outcome, Pair, Verdict

SCHEMA = json.loads((Path(report.__file__).parents[1] / "results.schema.json").read_text(encoding="utf-8"))
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """A page's elements: tags, attributes by element, text outside of script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._texts, self._open, self.faults = [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice: {attrs}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("script", "style"):
            self._texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def all(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]


def pages(*found: Outcome) -> dict[str, str]:
    return report.files(found, aea_class="partial")


@pytest.fixture(scope="module")
def small() -> dict[str, str]:
    return pages(outcomes.small())


def test_the_examples_in_the_docstrings_hold() -> None:
    for module in (digits, table):
        failed, tried = doctest.testmod(module)
        assert tried > 0 and failed == 0


# ------------------------------------------------------------------------------------------------- files


def test_a_report_is_a_page_a_text_and_a_document_for_every_spec_and_three_files_over_all(small) -> None:
    assert list(small) == [
        "wages/index.html",
        "wages/report.md",
        "wages/results.json",
        "junit.xml",
        "report.md",
        "index.html",
    ]


def test_writing_returns_the_paths_with_the_index_last(tmp_path) -> None:
    paths = report.write([outcomes.small()], tmp_path, run={"ended": "today", "faults": []})
    assert paths[-1] == tmp_path / "index.html"
    assert all(path.is_file() for path in paths)
    assert json.loads((tmp_path / "run.json").read_text())["ended"] == "today"


def test_line_ends_are_the_same_on_every_system(tmp_path) -> None:
    for path in report.write([outcomes.small()], tmp_path):
        content = path.read_bytes()
        assert content.endswith(b"\n") and b"\r" not in content


def test_the_same_outcomes_give_the_same_bytes_in_another_process_with_another_hash_seed() -> None:
    def fresh(seed: str) -> str:
        script = (
            "import sys, hashlib, outcomes\nfrom harness import report\n"
            "texts = report.files([outcomes.small(), outcomes.hostile()])\n"
            "print(hashlib.sha256(repr(texts).encode('utf-8', 'replace')).hexdigest())\n"
            "heavy = {'numpy', 'pandas', 'scipy', 'rpy2'} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
        )
        roots = os.pathsep.join([str(Path(report.__file__).parents[2]), str(Path(__file__).parent)])
        return subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": roots},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert fresh("1") == fresh("2")


def test_two_specs_with_one_id_are_refused_since_one_page_would_hide_the_other() -> None:
    with pytest.raises(ValueError, match="two specs are called 'wages'"):
        report.files([outcomes.small(), outcomes.small()])


# ------------------------------------------------------------------------------------------ results.json


@pytest.mark.parametrize(
    "outcome", [outcomes.small(), outcomes.unprinted(), outcomes.hostile()], ids=lambda o: o.spec.id
)
def test_results_json_is_the_document_and_fits_its_schema(outcome) -> None:
    document = report.document(outcome)
    text = report.files([outcome])[f"{outcome.spec.id}/results.json"]
    assert json.loads(text) == document
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    jsonschema.Draft202012Validator(SCHEMA).validate({"schema": 1, "specs": [document]})


def test_the_schema_itself_is_valid_and_knows_every_verdict() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    pair = SCHEMA["$defs"]["comparison"]["properties"]["pairs"]["items"]["prefixItems"]
    assert set(pair[6]["enum"]) == set(get_args(Verdict))


def test_a_document_with_a_key_too_many_or_a_cell_too_short_does_not_fit_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    document = report.document(outcomes.small())
    assert not validator.is_valid(document | {"time": "now"})
    document["results"][0]["cells"][0].pop()
    assert not validator.is_valid(document)


def test_nan_and_the_infinities_are_text_in_json() -> None:
    found = outcomes.small()
    odd = (Cell("fit", "model", "rmse", math.nan), Cell("fit", "model", "ssr", -math.inf))
    results = (replace(found.results[0], cells=odd), *found.results[1:])
    cells = report.document(replace(found, results=results))["results"][0]["cells"]
    assert [cell[3] for cell in cells] == ["nan", "-inf"]


def test_one_changed_number_changes_one_line_of_results_json() -> None:
    found = outcomes.small()
    first = found.results[0]
    moved = replace(first, cells=(first.cells[0]._replace(value=0.5), *first.cells[1:]))
    old = pages(found)["wages/results.json"].splitlines()
    new = pages(replace(found, results=(moved, *found.results[1:])))["wages/results.json"].splitlines()
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 1


# ----------------------------------------------------------------------------------------------- verdicts


def test_every_verdict_has_a_look_of_its_own_code() -> None:
    looks = (*verdicts.LOOKS.values(), verdicts.UNFITTED, *verdicts.STATUS.values())
    assert set(verdicts.LOOKS) == set(get_args(Verdict))
    assert len({look.code for look in looks}) == len(looks)


@pytest.mark.parametrize(
    ("found", "worst"),
    [
        (["exact", "outside_rounding"], "outside rounding"),
        (["explained", "within_rounding"], "explained"),
        (["not_offered", "within_rounding"], "within rounding"),
        (["not_offered", "not_offered"], "not offered"),
        (["sign_flip", "missing"], "missing"),
        ([], "not compared"),
    ],
)
def test_a_cell_shows_its_worst_verdict_and_a_number_that_one_engine_lacks_still_agrees(found, worst) -> None:
    assert verdicts.worst(found).words == worst


def test_printed_cells_are_counted_once_each_with_their_worst_verdict() -> None:
    counts = summary.summary(outcomes.small()).counts
    # of PRINTED: x estimate, L1.z std_error, x~x, sargan and n_obs agree; the other three differ
    assert (counts["agrees"], counts["differs"], counts["explained"]) == (5, 3, 0)


def test_a_plain_printed_name_finds_the_variant_that_was_compared() -> None:
    found = outcomes.small()
    pairs = tuple(
        replace(pair, term="sargan@two-step") if pair.term == "sargan" else pair
        for pair in found.comparisons[0].pairs
    )
    changed = replace(found, comparisons=(replace(found.comparisons[0], pairs=pairs), *found.comparisons[1:]))
    cell = next(cell for cell in table.views(changed) if cell.term == "sargan")
    assert cell.found[0].look.words == "within rounding"


def test_a_number_that_the_print_should_have_is_a_cell_of_its_own() -> None:
    found = outcomes.small()
    extra = Pair("coefficients", "w", "estimate", None, 0.7, None, "extra")
    first = replace(found.comparisons[0], pairs=(*found.comparisons[0].pairs, extra))
    cells = table.views(replace(found, comparisons=(first, *found.comparisons[1:])))
    cell = next(cell for cell in cells if cell.term == "w")
    assert (cell.text, cell.look.words) == ("", "not in the print")
    assert "not in the print" in pages(replace(found, comparisons=(first,)))["wages/index.html"]


def test_numbers_are_shown_in_the_unit_of_the_print() -> None:
    cell = next(cell for cell in table.views(outcomes.small()) if cell.term == "x~x")
    assert cell.found[0].number.text.startswith("0.160")  # 0.0016008 x 100, printed 0.160


def test_parts_and_terms_stand_in_the_order_of_print() -> None:
    sections = table.sections(table.views(outcomes.small()), {})
    assert [section.part for section in sections] == ["coefficients", "covariance", "tests", "fit"]
    assert [term.name for term in sections[0].terms] == ["x", "L1.z"]


def test_a_lag_carries_the_label_of_its_variable(small) -> None:
    assert "experience, lag 1" in Page(small["wages/index.html"]).text


# ------------------------------------------------------------------------------------------------ digits


@pytest.mark.parametrize(
    ("value", "other", "parts"),
    [
        (1.5, -1.5, ("", "1.5", "")),
        (123.25, 1.25, ("", "123.…", "")),
        (0.25, 0.25, ("0.25", "", "")),
        (4e-17, 4.4e-17, ("4", "", "e-17")),
        (math.nan, 1.0, ("", "NaN", "")),
        (None, 1.0, ("–", "", "")),
    ],
)
def test_two_numbers_part_at_the_first_digit_that_differs(value, other, parts) -> None:
    assert tuple(digits.against_number(value, other)) == parts


# --------------------------------------------------------------------------------------------------- html


@pytest.mark.parametrize(
    "outcome",
    [outcomes.small(), outcomes.unprinted(), outcomes.hostile(), outcomes.large(terms=9, columns=3)],
    ids=lambda o: o.spec.id,
)
def test_pages_are_well_formed_and_every_reference_has_its_target(outcome) -> None:
    texts = pages(outcome)
    for name in (f"{outcome.spec.id}/index.html", "index.html"):
        page = Page(texts[name])
        ids = page.all("id")
        assert page.faults == []
        assert len(ids) == len(set(ids))
        assert set(page.all("popovertarget")) <= set(ids)
        assert {href[1:] for href in page.all("href") if href.startswith("#")} <= set(ids)


def test_pages_load_nothing_and_forbid_it() -> None:
    for text in (t for name, t in pages(outcomes.small()).items() if name.endswith("html")):
        page = Page(text)
        assert not page.all("src") and "url(" not in text and "@import" not in text
        outside = [href for href in page.all("href") if "//" in href]
        assert all(href.startswith("https://doi.org/") for href in outside)
        policy = next(a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
        assert "default-src 'none'" in policy


def test_the_policy_allows_the_one_script_that_is_there_and_no_other(small) -> None:
    text = small["wages/index.html"]
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'" in text


def test_hostile_text_stays_text() -> None:
    texts = pages(outcomes.hostile())
    for name in ("hostile/index.html", "index.html"):
        page = Page(texts[name])
        tags = [tag for tag, _ in page.elements]
        assert "xss" not in tags
        assert tags.count("script") == len(re.findall("<script", texts[name])) <= 2
        assert not [key for _, attrs in page.elements for key in attrs if key.startswith("on")]
        assert "\x00" not in texts[name] and "\x1b" not in texts[name]
        assert "{{ 7 * 191 }}" in page.text and "1337" not in texts[name]
    for name in ("hostile/report.md", "report.md"):
        assert "<xss" not in texts[name] and "<script" not in texts[name] and "\x1b" not in texts[name]


def test_a_row_of_a_markdown_table_has_as_many_cells_as_its_head_whatever_the_text() -> None:
    for name, text in pages(outcomes.hostile(), outcomes.small()).items():
        if name.endswith(".md"):
            for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
                bars = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
                assert len(bars) == 1, name


def test_a_reader_finds_verdict_headlines_calls_reasons_and_what_is_open(small) -> None:
    text = " ".join(Page(small["wages/index.html"]).text.split())
    for words in (
        "Reproduced: minor",
        "the paper agrees with r-plm only",
        "The data were given by hand.",
        "doi:10.1000/182",
        "r-plm: y ~ x + lag(z)",
        "r-plm 1.0",
        "Check the rank.",
        "It has no such test.",
        "It comes later.",
        "The matrix is singular.",
        "The paper truncates.",
        "Its footnote 3.",
        "The note is silent.",
        "conventional, robust",
        "x raises wages",
        "Write to the archive.",
        "Sargan statistic = 11.1",
    ):
        assert words in text, words


def test_skipped_and_errored_are_told_apart(small) -> None:
    text = " ".join(Page(small["wages/index.html"]).text.split())
    assert "python-dpd ✕ errored (2)The matrix is singular." in text
    assert "python-dpd – skipped (1)It comes later." in text


def test_stand_in_data_cannot_be_overlooked() -> None:
    data = outcomes.HEAD["data"] | {"stand_in": True}
    texts = pages(outcomes.small(data=data))
    assert "Stand-in data." in Page(texts["wages/index.html"]).text
    assert "stand-in data" in Page(texts["index.html"]).text
    assert "Stand-in data" in texts["wages/report.md"]


def test_a_table_without_printed_numbers_says_so() -> None:
    texts = pages(outcomes.unprinted())
    assert "No numbers printed" in Page(texts["unprinted/index.html"]).text
    assert "No numbers printed" in texts["unprinted/report.md"]


def test_the_index_adds_up_and_names_what_could_not_be_read() -> None:
    one, other = outcomes.small(), outcomes.small("more")
    texts = report.files([one, other], aea_class="partial", run={"faults": ["specs/a.yaml:1:1: bad"]})
    text = " ".join(Page(texts["index.html"]).text.split())
    assert "AEA replication class: partial" in text and "specs/a.yaml:1:1: bad" in text
    assert "tables2" in text.replace(" ", "") and "printedcells16" in text.replace(" ", "")
    assert "specs/a.yaml" in texts["report.md"]


def test_an_index_without_specs_is_a_page_too() -> None:
    assert "No tables were run" in Page(report.files([])["index.html"]).text


def test_370_cells_and_5_engines_stay_below_a_megabyte_and_a_half() -> None:
    found = outcomes.large()
    texts = report.files([found])
    assert len(table.views(found)) == 372
    assert len(texts["large/index.html"].encode()) < 1_500_000
    assert len(texts["index.html"].encode()) < 60_000


def test_a_column_of_140_firm_rows_does_not_break() -> None:
    texts = pages(outcomes.large(terms=140, engines=2))
    assert Page(texts["large/index.html"]).faults == []


# ------------------------------------------------------------------------------------------ forest, claims


def test_every_coefficient_is_drawn_with_the_print_and_every_fitted_engine() -> None:
    plot = forest.forests(outcomes.small())[0]
    assert [row.term for row in plot.rows] == ["x", "L1.z"]
    assert [lane.name for lane in plot.rows[0].lanes] == ["print", "r-plm", "python-linearmodels"]
    assert plot.rows[0].approximate  # no interval is printed: 0.123 +- 1.96 x 0.040


def test_an_interval_holds_its_estimate_and_the_drawing_holds_the_interval() -> None:
    for outcome in (outcomes.small(), outcomes.large(engines=2)):
        for lane in (lane for plot in forest.forests(outcome) for row in plot.rows for lane in row.lanes):
            assert min(lane.low, lane.at) >= 0 and max(lane.high, lane.at) <= forest.WIDTH


def test_an_engine_far_away_does_not_squeeze_the_printed_interval() -> None:
    found = outcomes.small()
    wild = tuple(
        cell._replace(value=1e9) if cell[1:3] == ("x", "estimate") else cell
        for cell in found.results[1].cells
    )
    results = (found.results[0], replace(found.results[1], cells=wild), *found.results[2:])
    lanes = forest.forests(replace(found, results=results))[0].rows[0].lanes
    assert lanes[0].high - lanes[0].low > forest.WIDTH / 6
    assert lanes[2].beyond == 1


@pytest.mark.parametrize("value", [0.0, 1e300, -1e300, 1e-300])
def test_a_coefficient_of_any_size_can_be_drawn(value) -> None:
    found = outcomes.small()
    cells = (Cell("coefficients", "x", "estimate", value), Cell("coefficients", "x", "std_error", 0.0))
    results = tuple(replace(r, cells=cells) for r in found.results)
    plots = forest.forests(replace(found, published=None, results=results, comparisons=()))
    assert all(math.isfinite(lane.at) for plot in plots for row in plot.rows for lane in row.lanes)


def test_a_claim_is_held_against_the_print_and_every_engine() -> None:
    first, second = claims.claims(outcomes.small())
    assert {s.source: s.support for s in first.stances} == {
        "print": "supported",  # 0.123, p 0.002
        "r-plm": "supported",
        "python-linearmodels": "supported",
    }
    assert {s.support for s in second.stances} == {"contradicted"}  # 0.123 is not 0.50


def test_a_claim_is_not_held_against_numbers_from_stand_in_data() -> None:
    found = outcomes.small()
    data = found.spec.data.model_copy(update={"stand_in": True})
    first, _ = claims.claims(replace(found, spec=found.spec.model_copy(update={"data": data})))
    assert {s.source: s.support for s in first.stances} == {"print": "supported", "engines": "not decided"}


def test_a_claim_is_held_against_numbers_in_the_unit_of_the_print() -> None:
    claim = {"text": "The variance is .16.", "column": "(1)", "term": "x~x", "value": "0.16"}
    found = claims.claims(outcomes.small(claims=[claim]))[0]  # 0.0016008 x 100
    assert {stance.support for stance in found.stances} == {"supported"}


# -------------------------------------------------------------------------------------------------- junit


def _cases(*found: Outcome) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(pages(*found)["junit.xml"])
    return {case.get("name"): case for case in root.iter("testcase")}


def test_a_column_is_a_case_and_ends_in_one_way() -> None:
    found = outcomes.small()
    cases = _cases(found)
    assert [child.tag for child in cases["(1)"]] == ["failure"]
    assert [child.tag for child in cases["(2)"]] == ["error"]
    assert "sign differs" in cases["(1)"][0].text
    assert "The matrix is singular." in cases["(2)"][0].text


def test_a_column_that_no_engine_could_fit_is_skipped_with_the_reason() -> None:
    found = outcomes.small()
    skipped = tuple(replace(r, status="skipped", message="R is missing.") for r in found.results)
    case = _cases(replace(found, results=skipped, comparisons=()))["(1)"]
    assert case[0].tag == "skipped" and "R is missing." in case[0].get("message")


def test_a_column_that_agrees_passes_and_still_tells_what_was_skipped() -> None:
    found = outcomes.small()
    kept = tuple(r for r in found.results if r.status != "errored")
    case = _cases(replace(found, results=kept, comparisons=()))["(1)"]
    assert [child.tag for child in case] == ["system-out"] and "It comes later." in case[0].text


def test_junit_counts_what_it_lists_and_has_only_what_the_format_knows() -> None:
    root = ElementTree.fromstring(pages(outcomes.small(), outcomes.hostile())["junit.xml"])
    known = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}
    assert {element.tag for element in root.iter()} <= known
    for suite in root:
        tags = [child.tag for case in suite for child in case]
        assert [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")] == [
            len(suite),
            *(tags.count(tag) for tag in ("failure", "error", "skipped")),
        ]
    assert int(root.get("tests")) == sum(len(suite) for suite in root)


def test_drift_against_golden_is_listed_beside_the_engines() -> None:
    found = outcomes.small()
    drift = Comparison(
        "wages",
        "(1)",
        "golden",
        "r-plm",
        (Pair("fit", "model", "rmse", 1.0, 2.0, 1e-8, "outside_tolerance", 0.0),),
    )
    text = Page(pages(replace(found, comparisons=(*found.comparisons, drift)))["wages/index.html"]).text
    assert "golden against r-plm: 1 differ" in text
