"""A dask cluster gives what this machine gives, bit for bit, and a lost worker loses no fit."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from test_workers import task

from harness import screen, workers
from harness.cli import main
from harness.workers import cluster, stream

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the package distributed is not installed (the extra dask)"
)


class Cluster:
    """A scheduler and two workers, on the loopback interface only; one worker has a nanny, one has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        paths = [ROOT, ROOT / "tests/fakes", ROOT / "tests"]
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        self._environment["HARNESS_CACHE"] = str(folder / "cache")
        place = str(folder / "scheduler.json")
        here = ("--host", "127.0.0.1", "--scheduler-file", place, "--no-dashboard")
        self.scheduler = self._start("dask_scheduler", "--port", "0", *here)
        self._until(Path(place).exists)
        one = (*here, "--nthreads", "1", "--local-directory", str(folder))
        self.workers = [self._start("dask_worker", *one), self._start("dask_worker", "--no-nanny", *one)]
        host = json.loads(Path(place).read_text())["address"].removeprefix("tcp://")
        self.executor = f"dask://{host}"
        self._until(lambda: self._count() == 2)

    def _start(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *options]
        log = (self._folder / "log").open("ab")
        return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=self._folder)

    def _count(self) -> int:
        with cluster._client(self.executor) as client:
            return len(client.scheduler_info()["workers"])

    def _until(self, true: object, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not true():  # type: ignore[operator]
            assert time.monotonic() < end, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.2)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.terminate()
        for process in (*self.workers, self.scheduler):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    started = Cluster(tmp_path_factory.mktemp("dask"))
    yield started
    started.close()


def harness(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(root), "run", *arguments], catch_exceptions=False)


# ------------------------------------------------------------------------------- without a cluster


@pytest.mark.parametrize("executor", ["dask", "dask://", "dask://here", "http://127.0.0.1:8786", "slurm"])
def test_an_address_that_is_none_is_one_sentence(line, executor: str) -> None:
    told = harness(line("fake-agrees"), "--executor", executor)
    assert told.exit_code == 2
    assert f"--executor {executor}: write local, or dask://HOST:PORT" in told.stderr


def test_without_distributed_the_command_that_mends_it_is_said(line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = harness(line("fake-agrees"), "--executor", "dask://127.0.0.1:1")
    assert told.exit_code == 2
    assert "pip install 'replication-harness[dask]'" in told.stderr


@needs_dask
def test_a_scheduler_that_is_not_there_is_one_sentence(line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SECONDS", 1)
    told = harness(line("fake-agrees"), "--executor", "dask://127.0.0.1:1")
    assert told.exit_code == 2
    assert "no scheduler answers there within 1 s" in told.stderr
    assert "Traceback" not in told.stderr


# ---------------------------------------------------------------------------------- with a cluster


@needs_dask
@pytest.mark.slow
def test_the_cluster_reports_the_same_bytes_as_this_machine(line, dask: Cluster, tmp_path: Path) -> None:
    root = line("fake-agrees", "fake-off", "fake-nan", "fake-raises", "fake-exits", "fake-segfaults")
    local = harness(root, "--fresh", "--out", str(tmp_path / "local"))
    told = harness(root, "--fresh", "--out", str(tmp_path / "dask"), "--executor", dask.executor)
    assert local.exit_code == told.exit_code == 3
    files = sorted(path.relative_to(tmp_path / "local") for path in (tmp_path / "local").rglob("*.*"))
    for path in files:
        if path.name != "run.json":
            assert (tmp_path / "dask" / path).read_bytes() == (tmp_path / "local" / path).read_bytes(), path
    assert [process.poll() for process in dask.workers] == [None, None]


@needs_dask
@pytest.mark.slow
def test_the_cluster_simulates_the_same_bytes_as_this_machine(line, dask: Cluster) -> None:
    runner, asked = CliRunner(), ["--replications", "40", "--set", "x=2", "--set", "z=0.1", "--json"]
    command = ["--root", str(line("fake-agrees")), "simulate", "line", "--column", "1", *asked]
    local = runner.invoke(main, [*command, "--jobs", "2"], catch_exceptions=False)
    told = runner.invoke(main, [*command, "--executor", dask.executor], catch_exceptions=False)
    assert (local.exit_code, told.exit_code) == (0, 0)
    assert json.loads(local.stdout)["columns"][0]["fitted"] == 40
    assert told.stdout == local.stdout


@needs_dask
@pytest.mark.slow
@pytest.mark.parametrize("question", [["--budget", "12"], ["--between", "python-dpd", "python-pydynpd"]])
def test_the_cluster_explains_the_same_bytes_as_this_machine(
    question: list[str], dask: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runner = CliRunner()
    command = ["--root", str(ROOT), "explain", "pydynpd-benchmark-1", *question, "--json"]
    local = runner.invoke(main, [*command, "--jobs", "2"], catch_exceptions=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(stream, "Processes", None)  # no fit can be made here
    told = runner.invoke(main, [*command, "--executor", dask.executor], catch_exceptions=False)
    assert (told.exit_code, told.stdout) == (local.exit_code, local.stdout)


@needs_dask
@pytest.mark.slow
def test_what_a_like_cluster_fitted_is_kept(line, dask: Cluster) -> None:
    root = line("fake-agrees")
    languages = ["python"]
    alike = cluster.is_alike(dask.executor, languages)
    assert "2 fits" in harness(root, "--executor", dask.executor).stderr
    assert ("0 fits" if alike else "2 fits") in harness(root).stderr


@needs_dask
@pytest.mark.slow
def test_what_an_unlike_cluster_fitted_is_not_kept(
    line, dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = line("fake-agrees")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "another-kernel")
    harness(root, "--executor", dask.executor)
    assert "2 fits" in harness(root).stderr


@needs_dask
@pytest.mark.slow
def test_a_fit_past_its_limit_is_ended_on_the_worker_too(dask: Cluster) -> None:
    results = workers.run([task("fake-hangs", 2), task("fake-agrees")], 2, executor=dask.executor)
    assert [result.status for result in results] == ["errored", "fitted"]
    assert results[0].message.startswith("still running after 2 s and was ended")


@needs_dask
@pytest.mark.slow
def test_a_run_whose_scheduler_dies_reports_what_was_fitted_and_keeps_it(
    line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Cluster(tmp_path)
    alike = cluster.is_alike(mine.executor, ["python"])

    @contextmanager
    def killing(quiet: bool) -> Iterator[Callable[[int, object], None]]:
        yield lambda total, result: result and mine.scheduler.send_signal(signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr(screen, "progress", killing)
        root = line("fake-agrees", "fake-waits")
        try:
            told = harness(root, "--executor", mine.executor)
        finally:
            mine.close()
    results = json.loads((root / "reports/latest/line/results.json").read_text())["results"]
    states = [result["status"] for result in results]
    assert told.exit_code == 3
    assert set(states) == {"fitted", "errored"}
    again = harness(root).stderr
    assert f"{states.count('errored') if alike else len(states)} fits" in again


@needs_dask
@pytest.mark.slow
def test_a_cluster_whose_workers_have_gone_is_one_sentence_before_a_run_and_within_one(
    line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS", 2)
    monkeypatch.setattr(stream, "_PATIENCE", 1)
    mine = Cluster(tmp_path)

    ended: list[object] = []

    def end_the_workers(result: object) -> None:
        ended.append(result)
        if len(ended) == 2:
            for worker in mine.workers:
                worker.send_signal(signal.SIGTERM)

    try:
        found = workers.run([task("fake-waits") for _ in range(12)], 2, end_the_workers, mine.executor)
        told = harness(line("fake-agrees"), "--executor", mine.executor)
    finally:
        mine.close()
    states = [result.status for result in found]
    assert states.count("fitted") >= 2
    assert states.count("errored") == len(found) - states.count("fitted") > 0
    lost = {result.message for result in found if result.status == "errored"}
    assert lost == {f"the cluster at {mine.executor} has no workers any more."}
    assert told.exit_code == 2
    assert "has no workers. Start one: dask worker tcp://" in told.stderr


@needs_dask
@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_no_fit(tmp_path: Path) -> None:
    mine = Cluster(tmp_path)
    tasks = [task(engine) for engine in ["fake-waits", "fake-agrees"] * 6]
    ended: list[object] = []

    def kill_one_when_under_way(result: object) -> None:
        ended.append(result)
        if len(ended) == 3:
            mine.workers[1].send_signal(signal.SIGKILL)

    try:
        found = workers.run(tasks, 2, kill_one_when_under_way, mine.executor)
    finally:
        mine.close()
    assert mine.workers[1].returncode == -signal.SIGKILL
    assert found == workers.run(tasks, 2)
    assert len(ended) == len(tasks)


@needs_dask
@pytest.mark.slow
def test_a_scheduler_that_dies_half_way_leaves_what_was_fitted(tmp_path: Path) -> None:
    mine = Cluster(tmp_path)
    tasks = [task("fake-waits") for _ in range(12)]
    ended: list[object] = []

    def kill_the_scheduler(result: object) -> None:
        ended.append(result)
        if len(ended) == 2:
            mine.scheduler.send_signal(signal.SIGKILL)

    try:
        found = workers.run(tasks, 2, kill_the_scheduler, mine.executor)
    finally:
        mine.close()
    states = [result.status for result in found]
    assert states.count("fitted") >= 2
    assert states.count("errored") == len(tasks) - states.count("fitted") > 0
    lost = next(result for result in found if result.status == "errored")
    assert lost.message == f"the scheduler at {mine.executor} went away before this fit was made."
