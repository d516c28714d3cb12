"""A project's own test run includes its tables."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow

OWN = "def test_of_the_project():\n    assert True\n"
# As pyproject.toml has it; where the harness is installed the second one of this name is passed over.
ENTRY = "[pytest11]\nharness = harness.pytest_plugin\n"


@pytest.fixture
def run_pytest(tmp_path: Path):
    """Runs pytest in a project, as its owner would; returns the exit code and what was said."""

    def run(root: Path, *arguments: str) -> tuple[int, str]:
        installed = tmp_path / "site/harness_plugin-1.dist-info"
        if not installed.is_dir():
            installed.mkdir(parents=True)
            (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: harness-plugin\nVersion: 1\n")
            (installed / "entry_points.txt").write_text(ENTRY)
        (root / "test_own.py").write_text(OWN)
        paths = [ROOT, ROOT / "tests/fakes", tmp_path / "site"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *arguments]
        told = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        return told.returncode, told.stdout + told.stderr

    return run


def test_tables_that_agree_pass_beside_the_projects_own_tests(line, run_pytest) -> None:
    code, told = run_pytest(line("fake-agrees"), "-v", "--harness", "specs/")
    assert code == 0, told
    assert "3 passed" in told
    assert "specs/line.yaml::(1) PASSED" in told


def test_without_the_option_no_table_is_run(line, run_pytest) -> None:
    code, told = run_pytest(line("fake-raises"))
    assert code == 0
    assert "1 passed" in told


def test_a_discrepancy_fails_its_column_and_shows_no_traceback(line, run_pytest) -> None:
    root = line("fake-agrees")
    (root / "golden/line").mkdir(parents=True)
    (root / "golden/line/published.csv").write_text("part,term,measure,1,2\ncoefficients,x,estimate,7.77,\n")
    code, told = run_pytest(root, "--harness", "specs/line.yaml")
    assert code == 1
    assert "1 failed, 2 passed" in told
    assert "published against fake-agrees: coefficients x estimate: 7.77 against" in told
    assert "runtest" not in told


def test_a_failed_fit_fails_and_a_missing_engine_skips_with_its_reason(line, run_pytest) -> None:
    root = line("fake-raises")
    line("fake-missing", identifier="other")
    code, told = run_pytest(root, "--harness", "specs")
    assert code == 1
    assert "2 failed, 1 passed, 2 skipped" in told
    assert "the fake divided by zero" in told
    assert "the fake package is not installed. Mend: make setup" in told


def test_a_faulty_spec_is_one_failing_test_with_its_faults(line, run_pytest) -> None:
    root = line("fake-agrees")
    path = root / "specs/line.yaml"
    path.write_text(path.read_text().replace("regressors: {x: 0, z: 0}", "regresors: {x: 0, z: 0}"))
    code, told = run_pytest(root, "--harness", "specs")
    assert code == 1
    assert "did you mean 'regressors'?" in told
    assert "1 failed, 1 passed" in told


def test_markers_and_names_choose_among_tables(line, run_pytest) -> None:
    root = line("fake-agrees")
    assert "2 passed, 1 deselected" in run_pytest(root, "--harness", "specs", "-m", "harness")[1]
    assert "1 passed, 2 deselected" in run_pytest(root, "--harness", "specs", "-m", "not harness")[1]


@pytest.mark.slow
def test_two_processes_of_xdist_share_the_tables(line, run_pytest) -> None:
    root = line("fake-agrees")
    line("fake-off", identifier="other")
    code, told = run_pytest(root, "--harness", "specs", "-n", "2")
    assert code == 0, told
    assert "5 passed" in told


def test_a_folder_that_is_not_there_is_one_sentence(line, run_pytest) -> None:
    code, told = run_pytest(line("fake-agrees"), "--harness", "nowhere")
    assert code == 4
    assert "--harness nowhere: there is no such folder or file" in told
