"""A fit that misbehaves costs itself, and nothing else."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from fake_engines import agrees

from harness.engines import engines
from harness.result import Result
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER
from harness.workers import Task, run

pytestmark = pytest.mark.slow

MODEL = MODEL_ADAPTER.validate_python(
    {"model": "linear", "outcome": "y", "regressors": {"x": 0}, "std_error": "conventional"}
)
SHEET = Sheet(
    pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.1, 3.9, 6.2, 7.8, 10.1]}),
    outcome="y",
    regressors=("x",),
    constant=True,
)


def task(engine: str, seconds: int = 30, memory_mb: int = 4096) -> Task:
    return Task("line", "1", engines()[engine], MODEL, SHEET, seconds, memory_mb)


@pytest.fixture(scope="module")
def ended() -> dict[str, Result]:
    """Every fake at once, in two workers."""
    names = [name for name in engines() if name.startswith("fake-") and name != "fake-dies-once"]
    bounds = {"fake-hangs": (2, 4096), "fake-eats-memory": (60, 1500)}
    tasks = [task(name, *bounds.get(name, (60, 4096))) for name in names]
    return {result.engine: result for result in run(tasks, jobs=2)}


def test_a_fit_returns_the_same_numbers_as_in_this_process(ended: dict[str, Result]) -> None:
    assert ended["fake-agrees"].cells == agrees.fit(MODEL, SHEET).cells


def test_results_come_in_the_order_of_the_tasks(ended: dict[str, Result]) -> None:
    assert [*ended] == [name for name in engines() if name in ended]


@pytest.mark.parametrize("engine", ["fake-agrees", "fake-off", "fake-loses-a-term", "fake-nan"])
def test_what_can_be_fitted_is_fitted_beside_crashing_neighbours(
    ended: dict[str, Result], engine: str
) -> None:
    assert ended[engine].status == "fitted"
    assert ended[engine].call == "lstsq(y on x)"


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("fake-raises", "ZeroDivisionError: the fake divided by zero"),
        ("fake-exits", "the engine called exit(0)"),
        ("fake-segfaults", "the worker process died of SIGSEGV, twice. No other fit is touched."),
        (
            "fake-hangs",
            "still running after 2 s and was ended. To allow more, raise limits.seconds in the spec.",
        ),
        ("fake-eats-memory", "needs more than limits.memory_mb = 1500 MB. Raise it."),
    ],
)
def test_a_fit_that_fails_is_errored_and_says_how(
    ended: dict[str, Result], engine: str, message: str
) -> None:
    assert (ended[engine].status, ended[engine].message) == ("errored", message)
    assert ended[engine].cells == ()


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("fake-unsupported", "the fake engine estimates nothing"),
        ("fake-missing", "the fake package is not installed. Mend: make setup"),
    ],
)
def test_what_an_engine_cannot_do_is_skipped_with_its_reason(
    ended: dict[str, Result], engine: str, message: str
) -> None:
    assert (ended[engine].status, ended[engine].message) == ("skipped", message)


def test_a_fit_whose_worker_is_killed_from_outside_is_tried_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_FAKE_DIES_ONCE", str(tmp_path / "died"))
    (result,) = run([task("fake-dies-once")], jobs=1)
    assert (tmp_path / "died").exists()
    assert result.status == "fitted"


def _workers_of(parent: int) -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == parent:
                found.add(int(folder.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGKILL"])
def test_no_process_stays_behind_when_the_parent_is_ended(line, signal_name: str) -> None:
    import signal

    root = line("fake-hangs")
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{here / 'fakes'}"}
    command = [sys.executable, "-m", "harness", "--root", str(root), "run"]
    parent = subprocess.Popen(command, env=environment, cwd=here.parent, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while len(children := _workers_of(parent.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    parent.send_signal(getattr(signal, signal_name))
    told = parent.communicate(timeout=20)[1]
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    if signal_name == "SIGINT":
        assert parent.returncode == 130, told
        assert "nothing was written" in told
