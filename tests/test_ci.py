"""What a forge is told: findings with their lines, stable from run to run, and never too many."""

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result
from outcomes import small

from harness import ci
from harness.cli import main
from harness.report import findings, sarif
from harness.report.findings import Finding, Place, Places
from harness.result import DISCREPANCIES


def closed(required: dict[str, object], optional: dict[str, object] | None = None) -> dict[str, object]:
    properties = required | (optional or {})
    return {
        "type": "object",
        "required": [*required],
        "properties": properties,
        "additionalProperties": False,
    }


TEXT = closed({"text": {"type": "string", "minLength": 1}})
# The part of OASIS's sarif-schema-2.1.0 (errata 01) that is written here: its names, types, enumerations and
# bounds, with everything else shut out. What passes here passes there, which requires nothing more: of a log
# version and runs, of a run tool, of a driver name, of a rule id, of a result and a notification message.
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = closed(
    {"id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": TEXT},
    {"defaultConfiguration": closed({"level": LEVEL})},
)
PLACE = closed(
    {
        "artifactLocation": closed({"uri": {"type": "string", "format": "uri-reference"}}),
        "region": closed({"startLine": {"type": "integer", "minimum": 1}}),
    }
)
RESULT = closed(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "items": closed({"physicalLocation": PLACE}), "minItems": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
    }
)
RULES = {"type": "array", "items": RULE, "uniqueItems": True}
DRIVER = closed({"name": {"type": "string"}, "version": {"type": "string"}, "rules": RULES})
NOTIFICATIONS = {"type": "array", "items": closed({"level": LEVEL, "message": TEXT})}
INVOCATION = closed({"executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": NOTIFICATIONS})
RUN = closed(
    {
        "tool": closed({"driver": DRIVER}),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": RESULT},
    },
    {"invocations": {"type": "array", "items": INVOCATION}},
)
SARIF = closed(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {"type": "array", "items": RUN},
    }
)
PRINTED = "part,term,measure,1,2\ncoefficients,z,estimate,,\ncoefficients,x,estimate,7.77,\n"


@pytest.fixture
def project(line) -> Path:
    """A printed table, with one number that no engine gives, in line 3 of its file."""
    root = line("fake-agrees")
    (root / "golden/line").mkdir(parents=True)
    (root / "golden/line/published.csv").write_text(PRINTED)
    return root


def harness(root: Path, *arguments: str) -> Result:
    command = ["--root", str(root), "run", "--jobs", "1", "--ci", "github", *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def log(root: Path) -> dict:
    document = json.loads((root / "reports/latest/findings.sarif").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    return document


def test_a_discrepancy_against_print_is_told_at_its_line_of_the_csv(project: Path) -> None:
    told = harness(project)
    assert told.exit_code == 1
    (result,) = log(project)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "golden/line/published.csv"
    assert place["region"]["startLine"] == 3
    assert result["ruleId"] == "outside_rounding"
    assert (
        "::warning file=golden/line/published.csv,line=3,title=outside_rounding::line (1) coefficients x "
        in (told.stdout)
    )


def test_a_failed_fit_is_told_at_its_column_in_the_yaml(line) -> None:
    root = line("fake-raises")
    assert harness(root).exit_code == 3
    results = log(root)["runs"][0]["results"]
    lines = (root / "specs/line.yaml").read_text().splitlines()
    told = [result["locations"][0]["physicalLocation"] for result in results]
    assert [result["ruleId"] for result in results] == ["errored", "errored"]
    assert [place["artifactLocation"]["uri"] for place in told] == ["specs/line.yaml"] * 2
    assert [lines[place["region"]["startLine"] - 1].strip()[:3] for place in told] == ['"1"', '"2"']


def test_a_finding_keeps_its_fingerprint_when_lines_and_values_move(project: Path) -> None:
    harness(project)
    before = log(project)["runs"][0]["results"][0]["partialFingerprints"]
    moved = "part,term,measure,1,2\ncoefficients,x,estimate,7.78,\n"
    (project / "golden/line/published.csv").write_text(moved)
    harness(project)
    assert log(project)["runs"][0]["results"][0]["partialFingerprints"] == before


def test_every_cell_and_rule_has_a_fingerprint_of_its_own() -> None:
    outcomes = [small("wages"), small("hours")]
    places = {
        name: Places(f"specs/{name}.yaml", f"golden/{name}/published.csv", {}) for name in ("wages", "hours")
    }
    found = findings.findings(outcomes, places)
    pairs = [pair for one in outcomes for c in one.comparisons for pair in c.discrepancies]
    errored = [result for one in outcomes for result in one.results if result.status == "errored"]
    assert len({finding.fingerprint for finding in found}) == len(found) == len(pairs) + len(errored)
    ranks = [findings.RULES.index(finding.rule) for finding in found]
    assert ranks == sorted(ranks)


def test_every_discrepancy_is_a_rule_and_rules_keep_their_names() -> None:
    document = json.loads(sarif.text([], "1"))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    rules = [rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]]
    assert rules == ["errored", *DISCREPANCIES]


def _many(number: int) -> list[Finding]:
    return [
        Finding("sign_flip", (str(i),) * 7, f"cell {i}", Place("golden/a b/published.csv", 2))
        for i in range(number)
    ]


def test_a_file_holds_no_more_than_a_forge_takes_and_counts_the_rest() -> None:
    document = json.loads(sarif.text(_many(sarif.LIMIT + 3), "1"))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    run = document["runs"][0]
    assert len(run["results"]) == sarif.LIMIT
    note = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert note == "3 further findings stand in results.json."


def test_a_path_with_a_blank_is_a_uri() -> None:
    (result,) = json.loads(sarif.text(_many(1), "1"))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "golden/a%20b/published.csv"


@pytest.mark.parametrize(("number", "lines"), [(0, 0), (1, 1), (10, 10), (11, 11), (500, 11)])
def test_at_most_ten_annotations_and_a_count(number: int, lines: int) -> None:
    told = list(ci.annotations(_many(number)))
    assert len(told) == lines
    assert sum(line.startswith("::error ") for line in told) == min(number, 10)
    assert number <= 10 or told[-1].startswith(f"{number} findings; the worst 10 are annotated")


def test_a_message_can_neither_end_nor_forge_a_workflow_command() -> None:
    text = "100 %\r\n::set-output name=x::y"
    (told,) = ci.annotations([Finding("missing", ("",) * 7, text, Place("a,b:c.csv", 1))])
    assert told == ("::error file=a%2Cb%3Ac.csv,line=1,title=missing::100 %25%0D%0A::set-output name=x::y")


def test_the_step_summary_is_appended_and_links_nowhere(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    harness(project)
    text = summary.read_text()
    assert text.startswith("before\n")
    assert "| A straight line | no |" in text
    assert "`outside_rounding`" in text
    assert "](" not in text


def test_paths_start_at_the_repository_where_the_project_is_a_folder_of_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    harness(project)
    (result,) = log(project)["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == f"{project.name}/golden/line/published.csv"


def test_with_json_the_annotations_leave_stdout_alone(project: Path) -> None:
    told = harness(project, "--json")
    assert json.loads(told.stdout)["schema"] == 1
    assert "::warning " in told.stderr


def test_junit_stands_beside_it(project: Path) -> None:
    harness(project)
    root = ElementTree.parse(project / "reports/latest/junit.xml").getroot()
    assert root.get("failures") == "1"


def test_nothing_found_is_a_valid_file_without_results(line) -> None:
    root = line("fake-agrees")
    assert harness(root).exit_code == 0
    assert log(root)["runs"][0]["results"] == []
