"""What a person types, sees, and gets as an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from harness.cli import main

PRINTED = """part,term,measure,1,2
coefficients,x,estimate,1.98,
coefficients,z,estimate,0.017,
"""


def harness(root: Path, *arguments: str) -> Result:
    if arguments[0] in ("run", "bless"):  # one worker starts faster than two
        arguments = (*arguments, "--jobs", "1")
    return CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)


def printed(root: Path, text: str, identifier: str = "line") -> None:
    folder = root / "golden" / identifier
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "published.csv").write_text(text)


@pytest.fixture(scope="module")
def numbers() -> dict[str, str]:
    """The straight line's estimates by the normal equations in exact fractions: not by any engine."""
    from fractions import Fraction

    rows = [[Fraction(cell) for cell in row.split(",")] for row in _data().splitlines()[1:]]
    design = [[row[0], row[1], Fraction(1)] for row in rows]
    size = range(3)
    system = [
        [sum(r[i] * r[j] for r in design) for j in size]
        + [sum(r[i] * row[2] for r, row in zip(design, rows, strict=True))]
        for i in size
    ]
    for i in size:
        system[i] = [value / system[i][i] for value in system[i]]
        for j in size:
            if j != i:
                system[j] = [a - system[j][i] * b for a, b in zip(system[j], system[i], strict=True)]
    return {name: f"{float(row[3]):.6f}" for name, row in zip(("x", "z", "constant"), system, strict=True)}


def _data() -> str:
    from conftest import LINE_DATA

    return LINE_DATA


def test_all_agree_is_0_and_the_report_is_there(line, numbers: dict[str, str]) -> None:
    root = line("fake-agrees")
    printed(root, PRINTED.replace("1.98", numbers["x"]).replace("0.017", numbers["z"]))
    told = harness(root, "run")
    assert told.exit_code == 0, told.output
    assert (root / "reports/latest/index.html").is_file()
    assert (root / "reports/latest/line/results.json").is_file()


def test_a_discrepancy_is_1_and_is_named(line, numbers: dict[str, str]) -> None:
    root = line("fake-agrees", "fake-off")
    printed(root, PRINTED.replace("1.98", numbers["x"]).replace("0.017", numbers["z"]))
    told = harness(root, "run")
    assert told.exit_code == 1
    assert f"outside_rounding  (1) x estimate: published {numbers['x']}, fake-off" in told.stdout


def test_engines_with_one_number_share_the_line_of_a_discrepancy(line, numbers: dict[str, str]) -> None:
    root = line("fake-agrees", "fake-waits")
    printed(root, PRINTED.replace("1.98", "9.87").replace("0.017", numbers["z"]))
    told = harness(root, "run").stdout
    assert told.count("x estimate: published 9.87, ") == 1
    assert f"fake-agrees and fake-waits {numbers['x'][:5]}" in told


def test_where_two_engines_differ_the_first_thing_is_named(line) -> None:
    told = harness(line("fake-agrees", "fake-off"), "run").stdout
    assert "(1) fake-agrees and fake-off differ first in: coefficients" in told
    assert "so the transformation or the regressors differ" in told


def test_fail_on_never_shows_discrepancies_and_ends_with_0(line) -> None:
    root = line("fake-agrees", "fake-off")
    assert harness(root, "run", "--fail-on", "never").exit_code == 0


@pytest.mark.parametrize("engine", ["fake-raises", "fake-exits", "fake-segfaults"])
def test_a_lost_fit_is_3_all_others_are_there_and_the_report_names_it(line, engine: str) -> None:
    root = line("fake-agrees", engine)
    told = harness(root, "run", "--json")
    assert told.exit_code == 3
    results = json.loads(told.stdout)["specs"][0]["results"]
    assert [r["status"] for r in results] == ["fitted", "errored"] * 2
    assert engine in (root / "reports/latest/line/index.html").read_text()


def test_a_skipped_fit_is_0_and_the_last_line_says_what_mends_it(line) -> None:
    told = harness(line("fake-agrees", "fake-missing"), "run")
    assert told.exit_code == 0
    last = told.stdout.splitlines()[-1]
    assert last == "Not run: fake-missing: the fake package is not installed. Mend: make setup"


def test_an_engine_asked_for_by_name_that_cannot_run_is_3(line) -> None:
    assert harness(line("fake-agrees", "fake-missing"), "run", "--engine", "fake-missing").exit_code == 3


def test_json_is_one_document_and_nothing_else(line) -> None:
    told = harness(line("fake-agrees"), "run", "--json")
    document = json.loads(told.stdout)
    assert [spec["spec"] for spec in document["specs"]] == ["line"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "lime"], "did you mean 'line'?"),
        (["run", "--engine", "fake-agree"], "--engine fake-agree: no chosen spec has it. Known: fake-agrees"),
        (["run", "--column", "9"], "--column 9: no chosen spec has it. Known: 1, 2"),
        (["run", "--data", "panel"], "--data panel: write NAME=PATH, e.g. --data panel=cities.csv"),
        (["run", "--data", "data=none.csv"], "--data data=none.csv: there is no such file"),
        (["run", "line", "elsewhere/line.yaml"], "are both called 'line'. Rename one, or run them apart"),
        (["run", "--out", "specs"], "specs holds other things than a run's report, and would be replaced"),
        (["run", "--out", "specs/line.yaml"], "is a file"),
        (["report", "line"], "reports/ is over all specs: leave SPEC out, or say where to write: --out DIR"),
        (["run", "--shard", "5"], "--shard 5: write I/N, e.g. 1/4"),
        (["run", "--shard", "5/4"], "--shard 5/4: I goes from 1 to N"),
    ],
)
def test_wrong_usage_is_2_and_one_sentence(
    line, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    root = line("fake-agrees")
    (root / "elsewhere").mkdir()
    (root / "elsewhere/line.yaml").write_text((root / "specs/line.yaml").read_text())
    monkeypatch.chdir(root)
    told = harness(root, *arguments)
    assert told.exit_code == 2
    assert message in told.stderr
    assert (root / "specs/line.yaml").is_file()
    if message != "is a file":  # click's own words, under its usage
        assert len(told.stderr.strip().splitlines()) == 1


def test_a_run_replaces_the_report_of_an_earlier_run_and_nothing_else(line) -> None:
    root = line("fake-agrees")
    place = root / "mine"
    place.mkdir()
    assert harness(root, "run", "--out", str(place)).exit_code == 0
    (place / "line/old.html").write_text("of an earlier run")
    assert harness(root, "run", "--out", str(place)).exit_code == 0
    assert (place / "line/index.html").is_file() and not (place / "line/old.html").exists()
    (place / "run.json").unlink()
    assert harness(root, "run", "--out", str(place)).exit_code == 2
    assert (place / "line/index.html").is_file()


@pytest.mark.parametrize(
    ("name", "content"),
    [("published.csv", ""), ("published.csv", None), ("fake-agrees.json", "{broken")],
)
def test_a_golden_file_that_cannot_be_read_is_2_before_anything_is_fitted(
    line, name: str, content: str | None
) -> None:
    root = line("fake-agrees")
    path = root / "golden/line" / name
    path.parent.mkdir(parents=True)
    path.mkdir() if content is None else path.write_text(content)
    for command in ("run", "check", "report"):
        told = harness(root, command)
        assert told.exit_code == 2
        assert str(path) in told.output
    assert not (root / "reports").exists()


def test_bless_makes_a_golden_file_anew_that_cannot_be_read(line) -> None:
    root = line("fake-agrees")
    path = root / "golden/line/fake-agrees.json"
    path.parent.mkdir(parents=True)
    path.write_text("{broken")
    assert harness(root, "bless", "line", "--because", "the file was broken").exit_code == 0
    assert harness(root, "check").exit_code == 0


def test_a_place_that_cannot_be_written_is_2_and_one_sentence(line) -> None:
    root = line("fake-agrees")
    (root / "golden").write_text("a file where a folder should be")
    told = harness(root, "bless", "line", "--because", "first")
    assert told.exit_code == 2
    assert len(told.stderr.strip().splitlines()) == 1
    assert str(root / "golden") in told.stderr


def test_an_output_that_is_full_is_2_and_one_sentence(line) -> None:
    command = [sys.executable, "-m", "harness", "--root", str(line("fake-agrees")), "schema"]
    with open("/dev/full", "w") as full:
        told = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert told.returncode == 2
    assert told.stderr.startswith("the output: No space left on device.")
    assert "Traceback" not in told.stderr


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "harness", "schema"]
    told = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(writing)
    assert (told.returncode, told.stderr) == (1, "")


def test_a_fault_of_the_data_is_said_once(line) -> None:
    root = line("fake-agrees", "fake-off")
    (root / "specs/line.csv").unlink()
    assert harness(root, "run").output.count("is neither in") == 1


def test_faults_of_all_specs_are_listed_together_before_anything_runs(line) -> None:
    root = line("fake-agrees")
    for name in ("one", "two"):
        (root / f"specs/{name}.yaml").write_text(
            (root / "specs/line.yaml").read_text().replace("outcome:", "outcom:")
        )
    told = harness(root, "run")
    assert told.exit_code == 2
    assert "one.yaml:8:3" in told.stderr and "two.yaml:8:3" in told.stderr
    assert "did you mean 'outcome'?" in told.stderr
    assert not (root / "reports").exists()


def test_missing_data_are_2_and_other_specs_run_all_the_same(line) -> None:
    root = line("fake-agrees")
    (root / "specs/other.yaml").write_text(
        (root / "specs/line.yaml").read_text().replace("line.csv", "lost.csv")
    )
    told = harness(root, "run", "--json")
    assert told.exit_code == 2
    assert "lost.csv" in told.stderr
    statuses = {spec["spec"]: spec["results"][0]["status"] for spec in json.loads(told.stdout)["specs"]}
    assert statuses == {"line": "fitted", "other": "errored"}


def test_data_that_cannot_be_shared_are_skipped_with_the_way_to_get_them(line) -> None:
    root = line("fake-agrees")
    path = root / "specs/line.yaml"
    path.write_text(path.read_text().replace("{file: line.csv}", "{file: lost.csv, obtain: ask the authors}"))
    told = harness(root, "run")
    assert told.exit_code == 0
    assert "ask the authors" in told.stdout


def test_data_that_are_there_and_altered_are_2_however_they_are_to_be_had(line) -> None:
    root = line("fake-agrees")
    path = root / "specs/line.yaml"
    altered = "{file: line.csv, obtain: ask the authors, sha256: " + "a" * 64 + "}"
    path.write_text(path.read_text().replace("{file: line.csv}", altered))
    told = harness(root, "run")
    assert told.exit_code == 2
    assert "data.sha256 is aaaaaaaaaaaa..." in told.stderr
    assert harness(root, "check").exit_code == 2


def test_check_prepares_the_rows_of_every_column_where_it_is_asked_to(line) -> None:
    root = line("fake-agrees")
    path = root / "specs/line.yaml"
    assert harness(root, "check", "--prepare").exit_code == 0
    path.write_text(path.read_text().replace("outcome: y", "outcome: yy"))
    assert harness(root, "check").exit_code == 0
    told = harness(root, "check", "--prepare")
    assert told.exit_code == 2
    assert told.stdout.count("has no column 'yy'. Did you mean 'y'?") == 1


def test_check_names_what_belongs_to_no_spec(line) -> None:
    root = line("fake-agrees")
    (root / "specs/other.yml").write_text("title: not read")
    gone = root / "reports/gone"
    gone.mkdir(parents=True)
    (gone / "results.json").write_text("{}")
    article = root / "reports/papers/forgotten"
    article.mkdir(parents=True)
    (article / "report.md").write_text("# gone")
    told = harness(root, "check")
    assert told.exit_code == 2
    assert "specs/other.yml: specs end in .yaml" in told.stdout
    assert "reports/gone: there is no spec specs/gone.yaml" in told.stdout
    assert "reports/papers/forgotten: no spec has this source.paper" in told.stdout
    assert harness(root, "check", "line").exit_code == 0


def test_data_given_by_hand_are_used_and_noted(line, tmp_path: Path) -> None:
    root = line("fake-agrees")
    path = root / "specs/line.yaml"
    path.write_text(path.read_text().replace("line.csv", "lost.csv"))
    (tmp_path / "mine.csv").write_text(_data())
    told = harness(root, "run", "--data", f"data={tmp_path / 'mine.csv'}")
    assert told.exit_code == 0, told.output
    assert "mine.csv" in told.stdout


def test_bless_writes_once_then_leaves_unchanged_numbers_alone(line) -> None:
    root = line("fake-agrees")
    bless = ("bless", "line", "--engine", "fake-agrees", "--because", "first numbers")
    assert "line/fake-agrees: written" in harness(root, *bless).stdout
    before = (root / "golden/line/fake-agrees.json").read_bytes()
    assert "line/fake-agrees: unchanged" in harness(root, *bless).stdout
    assert (root / "golden/line/fake-agrees.json").read_bytes() == before
    assert harness(root, "check").exit_code == 0


def test_a_failed_fit_is_never_blessed(line) -> None:
    root = line("fake-raises")
    told = harness(root, "bless", "line", "--engine", "fake-raises", "--because", "why not")
    assert told.exit_code == 2
    assert not (root / "golden/line/fake-raises.json").exists()


def test_numbers_that_moved_since_golden_are_a_discrepancy(line) -> None:
    root = line("fake-agrees")
    harness(root, "bless", "line", "--engine", "fake-agrees", "--because", "first numbers")
    path = root / "golden/line/fake-agrees.json"
    document = json.loads(path.read_text())
    cells = document["columns"]["1"]["cells"]
    row = next(row for row in cells if row[1] == "x" and row[2] == "estimate")
    row[3] = row[3] * (1 + 1e-6)
    path.write_text(json.dumps(document))
    told = harness(root, "run")
    assert told.exit_code == 1
    assert "golden" in told.stdout


def test_report_renders_the_golden_files_to_the_same_bytes_and_says_what_is_stale(line) -> None:
    root = line("fake-agrees")
    harness(root, "bless", "line", "--engine", "fake-agrees", "--because", "first numbers")
    assert harness(root, "report").exit_code == 0
    assert harness(root, "report", "--check").exit_code == 0
    page = root / "reports/line/index.html"
    page.write_text(page.read_text() + " ")
    told = harness(root, "report", "--check")
    assert told.exit_code == 1
    assert "line/index.html is not what the golden files give. Renew it: harness report" in told.stderr


def test_show_prints_the_exact_call_and_runs_nothing(line) -> None:
    told = harness(line("fake-agrees", "fake-segfaults"), "show", "line", "--column", "1")
    assert told.exit_code == 0
    assert told.stdout.count("lstsq(y on x, z)") == 2


def test_new_makes_a_spec_that_is_valid_and_a_table_to_fill_in(tmp_path: Path) -> None:
    assert harness(tmp_path, "init", str(tmp_path)).exit_code == 0
    told = harness(tmp_path, "new", "author-2020-table-1")
    assert told.exit_code == 0
    listed = harness(tmp_path, "list")
    assert "author-2020-table-1" in listed.stdout
    assert harness(tmp_path, "new", "author-2020-table-1").exit_code == 2
    assert harness(tmp_path, "new", "Table 1").exit_code == 2


def test_a_new_spec_names_the_schema_only_where_it_is(tmp_path: Path) -> None:
    assert json.loads(harness(tmp_path, "new", "one", "--json").stdout)["spec"].endswith("specs/one.yaml")
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness/spec.schema.json").write_text("{}")
    harness(tmp_path, "new", "two")
    heads = [(tmp_path / f"specs/{name}.yaml").read_text().partition("\n")[0] for name in ("one", "two")]
    assert ["$schema" in head for head in heads] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "t", "--below", "ci"], "--below is about a TABLE"),
        (["explain", "line", "--counts-only", "--between", "a", "b"], "are two questions"),
        (["explain", "line", "--between", "a", "b", "--engine", "a"], "Leave --engine out"),
        (["explain", "line", "--periods", "9"], "--periods belongs to --counts-only"),
        (["explain", "line", "--apart"], "--apart belongs to --counts-only"),
    ],
)
def test_an_option_that_would_be_left_unread_is_refused(line, arguments: list[str], sentence: str) -> None:
    told = harness(line("fake-agrees"), *arguments)
    assert told.exit_code == 2
    assert sentence in told.stderr


def test_schema_prints_the_committed_file() -> None:
    for what in ("spec", "results"):
        told = CliRunner().invoke(main, ["schema", what])
        assert told.stdout == (ROOT / f"harness/{what}.schema.json").read_text(encoding="utf-8")


def test_all_committed_specs_are_listed_as_json() -> None:
    specs = json.loads(harness(ROOT, "list", "--json").stdout)
    assert {spec["id"] for spec in specs} == {path.stem for path in (ROOT / "specs").glob("*.yaml")}


def test_an_empty_folder_is_told_how_to_begin(tmp_path: Path) -> None:
    told = harness(tmp_path, "run")
    assert told.exit_code == 2
    assert "harness new my-table" in told.stderr


def test_help_is_quick() -> None:
    # A bound on the number of modules, not on a clock: what costs time is importing.
    code = "import sys, harness.cli; print(len(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 300
