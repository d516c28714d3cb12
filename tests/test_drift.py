"""What moved is named, with the versions of both sides; what did not move is silent."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result as Told
from conftest import ROOT

from harness import goldenfile
from harness.cli import main
from harness.drift import Drift, since, words
from harness.engines import engines
from harness.result import Cell, Result
from harness.specfile import read

pytestmark = pytest.mark.slow

SPEC = read(ROOT / "specs/roodman-2009-difference-gmm.yaml", engines())
GOLDEN = goldenfile.read_engine(SPEC, "r-plm") or {}
COLUMN, BEFORE = next((column, result) for column, result in GOLDEN.items() if result.status == "fitted")


def harness(root: Path, *arguments: str) -> Told:
    return CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)


def measured(*today: Result) -> Drift:
    return since([SPEC], {(SPEC.id, r.column, r.engine): r for r in GOLDEN.values()}, today)


def with_cell(result: Result, address: tuple[str, str, str], factor: float) -> Result:
    cells = [
        cell._replace(value=cell.value * factor) if cell[:3] == address else cell for cell in result.cells
    ]
    return replace(result, cells=tuple(cells))


STATISTIC = next(cell[:3] for cell in BEFORE.cells if cell.part == "tests" and cell.measure == "statistic")
ESTIMATE = next(cell[:3] for cell in BEFORE.cells if cell.measure == "estimate")


def test_one_statistic_of_plm_that_moved_is_named_and_all_else_is_silent() -> None:
    moved = with_cell(BEFORE, STATISTIC, 1 + 1e-6)
    found = measured(moved, *(result for column, result in GOLDEN.items() if column != COLUMN))
    (move,) = found.moves
    assert (move.column, move.engine, (move.pair.part, move.pair.term)) == (
        COLUMN,
        "r-plm",
        STATISTIC[:2],
    )
    assert move.pair.lre == pytest.approx(6, abs=0.01)
    assert found.fails("outside_tolerance")


def test_the_same_numbers_are_no_drift() -> None:
    found = measured(*GOLDEN.values())
    assert (found.moves, found.untold) == ((), ())
    fitted = [cell for result in GOLDEN.values() if result.status == "fitted" for cell in result.cells]
    assert found.cells == sum(cell.part != "as_printed" for cell in fitted)


@pytest.mark.parametrize(("by", "kinds"), [(1e-11, []), (1e-9, ["moved"]), (1e-7, ["outside_tolerance"])])
def test_reported_above_1e_10_and_failing_above_1e_8(by: float, kinds: list[str]) -> None:
    found = measured(with_cell(BEFORE, ESTIMATE, 1 + by))
    assert [move.kind for move in found.moves] == kinds
    assert found.fails("outside_tolerance") == (by > 1e-8)
    assert found.fails("moved") == bool(kinds)
    assert not found.fails("never")


def test_another_version_excuses_nothing_and_is_named() -> None:
    made = replace(BEFORE.provenance, engine_version="plm 2.6-5", language_version="R 4.5.0", cpu="another")
    found = measured(replace(with_cell(BEFORE, ESTIMATE, 1.001), provenance=made))
    assert found.fails("outside_tolerance")
    changes = [tuple(change) for change in found.changes[SPEC.id, "r-plm"]]
    assert changes == [("engine", "plm 2.6-2", "plm 2.6-5"), ("language", "R 4.2.2", "R 4.5.0")]


def test_the_worst_stands_first() -> None:
    gone = [cell for cell in BEFORE.cells if cell[:3] != STATISTIC]
    today = replace(BEFORE, cells=(*gone, Cell("tests", "new", "statistic", 1.0)))
    found = measured(with_cell(today, ESTIMATE, -1.0))
    assert [move.kind for move in found.moves] == ["missing", "extra", "sign_flip"]


def test_a_fit_that_is_no_longer_made_is_told_and_is_no_move() -> None:
    found = measured(Result(SPEC.id, COLUMN, "r-plm", "skipped", "R is not installed"))
    assert found.moves == ()
    assert found.untold == (f"{SPEC.id} ({COLUMN}) r-plm: fitted before, skipped now: R is not installed",)


def test_the_text_says_digits_and_both_values() -> None:
    told = list(words.lines(measured(with_cell(BEFORE, STATISTIC, 1 + 1e-6)), "the golden files"))
    assert told[0] == f"{SPEC.id} r-plm: 1 cell moved"
    assert told[1] == "  no change of version, data or model is known"
    assert "6 digits stayed" in told[2]
    assert " -> " in told[2]
    assert told[-1].endswith("1 moved, 1 of them by more than their tolerance.")


# -------------------------------------------------------------------------------------------- the command


@pytest.fixture
def blessed(line):
    """A project whose golden file was moved by 1e-6 in one number."""
    root = line("fake-agrees")
    harness(root, "bless", "line", "--jobs", "1", "--because", "first numbers")
    return root


def bend(root: Path, by: float) -> None:
    path = root / "golden/line/fake-agrees.json"
    document = json.loads(path.read_text())
    row = next(r for r in document["columns"]["1"]["cells"] if r[1] == "x" and r[2] == "estimate")
    row[3] *= 1 + by
    document["provenance"]["engine_version"] = "fake 0.9"
    path.write_text(json.dumps(document))


def test_drift_since_golden_exits_1_and_names_cell_and_versions(blessed: Path) -> None:
    assert harness(blessed, "drift").exit_code == 0
    bend(blessed, 1e-6)
    told = harness(blessed, "drift")
    assert told.exit_code == 1
    assert "engine: fake 0.9 -> fake 1.0" in told.stdout
    assert told.stdout.count("outside_tolerance") == 1
    assert "(1) coefficients x estimate" in told.stdout
    assert harness(blessed, "drift", "--fail-on", "never").exit_code == 0
    assert harness(blessed, "drift", "--fail-on", "sign_flip").exit_code == 0


def test_the_document_holds_every_move(blessed: Path) -> None:
    bend(blessed, 1e-9)
    document = json.loads(harness(blessed, "drift", "--json").stdout)
    (move,) = document["moves"]
    assert (move["kind"], move["term"], move["measure"]) == ("moved", "x", "estimate")
    assert harness(blessed, "drift", "--fail-on", "moved").exit_code == 1


def test_drift_since_another_run_reads_its_report(blessed: Path, tmp_path: Path) -> None:
    harness(blessed, "run", "--out", str(tmp_path / "before"))
    printed = harness(blessed, "run", "--json").stdout
    (tmp_path / "printed.json").write_text(printed)
    for against in ("before", "before/line/results.json", "printed.json"):
        told = harness(blessed, "drift", "--against", str(tmp_path / against))
        assert told.exit_code == 0
        assert "of 2 fits" in told.stdout


def test_drift_since_a_revision_reads_its_golden_files(blessed: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=blessed, check=True, capture_output=True)

    git("init", "-q")
    git("add", "golden")
    git("commit", "-qm", "right")
    bend(blessed, 1e-6)
    assert harness(blessed, "drift").exit_code == 1
    assert harness(blessed, "drift", "--against", "HEAD").exit_code == 0


@pytest.mark.parametrize(
    ("against", "sentence"),
    [
        ("no-such-thing", "neither a file nor a revision"),
        ("--help-me", "neither a file nor a revision"),
        ("empty", "no results.json in it"),
        ("specs/line.csv", "is no results.json"),
        ("newer.json", "was written by a newer harness (schema 2, this one reads 1)"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    blessed: Path, monkeypatch: pytest.MonkeyPatch, against: str, sentence: str
) -> None:
    monkeypatch.chdir(blessed)
    (blessed / "empty").mkdir()
    (blessed / "newer.json").write_text('{"schema": 2, "spec": "line", "results": []}')
    told = harness(blessed, "drift", f"--against={against}")
    assert told.exit_code == 2
    assert sentence in told.stderr
    assert told.stderr.count("\n") == 1


def test_a_golden_file_of_a_newer_schema_says_so(blessed: Path) -> None:
    path = blessed / "golden/line/fake-agrees.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    told = harness(blessed, "drift")
    assert told.exit_code == 2
    assert "written by a newer harness (schema 2, this one reads 1)" in told.stderr


def test_a_fit_that_errors_beats_a_move(line) -> None:
    assert harness(line("fake-raises"), "drift").exit_code == 3
