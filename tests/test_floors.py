"""The plan of the house: imports point down only, and the parent imports no estimation library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

FLOORS = {
    "cli": 6,
    "__main__": 7,
    "export": 6,
    "screen": 6,
    "scaffold": 6,
    "checking": 6,
    "ci": 6,
    "auditing": 6,
    "doctor": 6,
    "publish": 6,
    "pytest_plugin": 6,
    "run": 5,
    "construct": 5,
    "report": 5,
    "drift": 5,
    "explain": 5,
    "stand_in": 5,
    "simulate": 5,
    "workers": 4,
    "store": 4,
    "audit": 4,
    "specfile": 3,
    "dataset": 3,
    "goldenfile": 3,
    "resultsfile": 3,
    "compare": 3,
    "engines": 3,
    "environment": 3,
    "spec": 2,
    "result": 2,
    "recovery": 2,
    "sheet": 2,
    "logs": 3,
    "statalog": 2,
    "datafile": 2,
    "kept": 2,
    "expression": 2,
    "rsession": 2,
    "schemas": 2,
    "rserial": 2,
    "tables": 2,
    "rscripts": 1,
    "memberships": 2,
    "printed": 1,
    "glossary": 1,
    "errors": 1,
    "subprogram": 1,
    "estimators": 1,
}
PACKAGE = ROOT / "harness"
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _imported(path: Path) -> set[str]:
    """The rooms of harness that a file imports, at its top or inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "harness":
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {n.name.split(".")[1] for n in node.names if n.name.startswith("harness.")}
    return {name for name in found if name in FLOORS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    room = _room(path)
    if room == "__init__":
        return
    for other in _imported(path) - {room}:
        sideways = FLOORS[other] == FLOORS[room] and FLOORS[room] in (2, 6)
        assert FLOORS[other] < FLOORS[room] or sideways, f"{room} imports {other}"


def test_every_room_has_its_floor() -> None:
    assert {_room(path) for path in FILES} - {"__init__"} <= set(FLOORS)


def test_engines_know_neither_files_nor_comparisons_nor_each_other() -> None:
    for path in (PACKAGE / "engines").glob("*.py"):
        assert not _imported(path) & {"specfile", "goldenfile", "compare", "dataset"}, path
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        others = {n.split(".")[2] for n in names if n.startswith("harness.engines.")}
        assert not {n for n in others if n.startswith(("python_", "r_"))}, path


def test_only_rsession_imports_rpy2() -> None:
    users = {
        path.name for path in FILES if "import rpy2" in (text := path.read_text()) or "from rpy2" in text
    }
    assert users == {"rsession.py"}


def test_estimators_are_a_library_without_the_harness() -> None:
    for path in (PACKAGE / "estimators").rglob("*.py"):
        assert _imported(path) <= {"estimators"}, path


COUNTS_ONLY = ["explain", "stata-xtdpdsys", "--counts-only"]


@pytest.mark.parametrize("command", [["--help"], ["list"], ["check"], ["audit"], ["schema"], COUNTS_ONLY])
def test_commands_that_fit_nothing_import_no_estimation_library(command: list[str]) -> None:
    code = (
        "import sys\nfrom harness.cli import main\n"
        f"try: main({command!r})\nexcept SystemExit: pass\n"
        "heavy = {'rpy2', 'pandas', 'numpy', 'scipy', 'linearmodels', 'pydynpd'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 0, told.stderr
