"""How a reader of the reports meets the audit."""

import json
from dataclasses import replace
from pathlib import Path

import audit_tables
import jsonschema
import outcomes
import pytest
from conftest import ROOT

from harness import run
from harness.audit import audit
from harness.report import audit as view
from harness.report import claims, files, results_json
from harness.result import Finding, Outcome

HOSTILE = outcomes.PAYLOAD


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Table 3 of the paper, not fitted by any engine."""
    spec, published = audit_tables.table_3(tmp_path_factory.mktemp("paper"))
    return Outcome(spec, published, (), (), {}, "not run", findings=audit(spec, published))


@pytest.fixture(scope="module")
def texts(outcome: Outcome) -> dict[str, str]:
    return files([outcome])


def test_the_page_counts_shows_what_is_impossible_first_and_lists_the_rest(texts: dict[str, str]) -> None:
    page = texts["table-3/index.html"]
    section = page[page.index('<section id="audit">') : page.index('<section id="claims">')]
    assert "<b>3</b> impossible, <b>1</b> undecided" in section
    assert section.index("|z| is in [2.5734, 2.5747]") < section.index("|z| is in [0, inf)")
    assert "If the trailing zeros are padding: possible." in section
    assert "stars against coefficient and standard error" in section
    assert '<a href="#audit">' in page


def test_the_text_has_the_same_in_a_table(texts: dict[str, str]) -> None:
    text = texts["table-3/report.md"]
    assert "## The print against itself" in text
    assert "3 impossible, 1 undecided" in text
    (row,) = (line for line in text.splitlines() if "stars TI" in line and "impossible" in line)
    assert row.count(" | ") == 4


def test_results_json_has_every_finding_on_a_line_and_fits_its_schema(outcome: Outcome) -> None:
    document = results_json.content(outcome)
    schema = json.loads((ROOT / "harness/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert len(document["findings"]) == len(outcome.findings)
    lines = results_json.text(document).splitlines()
    assert sum('"check": ' in line for line in lines) == len(outcome.findings)
    assert json.loads(results_json.text(document)) == document


def test_the_claims_section_reads_stars_and_standard_errors_as_the_audit_does(outcome: Outcome) -> None:
    views = {(view.about, view.text): view.stances[0].support for view in claims.claims(outcome)}
    supported = ("V, V1, estimate", "如第五列的系数为0.018, p<0.01")
    contradicted = ("V, V4, estimate", "如第五列的系数为0.007, p<0.01")
    assert (views[supported], views[contradicted]) == ("supported", "contradicted")


def test_a_notable_finding_is_called_so(outcome: Outcome) -> None:
    notable = replace(outcome.findings[0], notable=True)
    assert view.word(notable) == "notable"
    assert view.remarkable([notable]) == [notable]


def test_every_check_has_words_for_its_line_of_counts(tmp_path: Path) -> None:
    tables = [audit_tables.table_2(tmp_path), audit_tables.table_3(tmp_path)]
    made = {one.check for table in tables for one in audit(*table)}
    source = "".join(path.read_text() for path in (ROOT / "harness/audit").glob("*.py"))
    assert made <= set(view.CHECK_WORDS)
    assert all(f'"{name}"' in source for name in view.CHECK_WORDS)


def test_hostile_text_stays_text() -> None:
    one = Finding(
        "claim_p",
        HOSTILE,
        HOSTILE,
        HOSTILE,
        "impossible",
        (0.0, 1.0),
        (2.0, 3.0),
        HOSTILE,
        "possible",
        HOSTILE,
    )
    for name, text in files([replace(outcomes.small(), findings=(one,))]).items():
        if name.endswith((".html", ".md")):
            assert "<xss" not in text


def test_a_table_of_which_nothing_can_be_checked_says_so() -> None:
    page = files([outcomes.unprinted()])["unprinted/index.html"]
    assert "Nothing is printed that could be held against anything else printed." in page


def test_a_run_audits_what_it_compares(tmp_path: Path) -> None:
    spec, _ = audit_tables.table_3(tmp_path)
    assert sum(one.verdict == "impossible" for one in run.assemble(spec, []).findings) == 3
