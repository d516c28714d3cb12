"""A stream of fits holds few of them at a time, and one that misbehaves costs itself and no neighbour."""

import gc
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

import pytest
from fake_engines import agrees
from test_cluster import Cluster, needs_dask
from test_workers import MODEL, SHEET, _workers_of, task

from harness.result import Result
from harness.sheet import Sheet
from harness.workers import Task, processes, run
from harness.workers.batch import SECONDS, Batch, Ended, Lost
from harness.workers.stream import _Waiting, stream

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Draw:
    """The sheet with every outcome raised by *shift*; or, first, what goes wrong."""

    shift: float = 0.0
    fault: str = ""

    def __call__(self) -> Sheet:
        if self.fault == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "hangs":
            time.sleep(60)
        if self.fault == "eats memory":
            bytearray(2**42)
        if self.fault == "raises":
            raise ValueError("no such draw")
        return replace(SHEET, frame=SHEET.frame.assign(y=SHEET.frame["y"] + self.shift))


def drawn(shift: float, fault: str = "", seconds: int = 30) -> Task:
    return replace(task("fake-agrees", seconds), sheet=Draw(shift, fault))


def constant_of(result: Result) -> float:
    (cell,) = (c for c in result.cells if (c.term, c.measure) == ("constant", "estimate"))
    return cell.value


# ---------------------------------------------------------------------------------------- its length


def test_tasks_are_taken_only_a_few_batches_ahead() -> None:
    taken = count()
    endless = (drawn(float(next(taken))) for _ in count())
    results = stream(endless, jobs=1)
    ended = [index for index, _ in islice(results, 20)]
    results.close()
    assert len(set(ended)) == 20
    assert next(taken) <= 20 + 2 * 64 + 64


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_a_stream_ends_its_workers() -> None:
    before = _workers_of(os.getpid())
    results = stream(iter([drawn(0.0), *[drawn(1.0, "hangs") for _ in range(8)]]), jobs=2)
    assert next(results)[1].status == "fitted"
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 20
    assert not _workers_of(os.getpid()) - before - _trackers(before)


def _trackers(before: set[int]) -> set[int]:
    """multiprocessing's own process that watches over semaphores stays until the parent ends."""
    found = _workers_of(os.getpid()) - before
    return {p for p in found if b"resource_tracker" in Path(f"/proc/{p}/cmdline").read_bytes()}


# ----------------------------------------------------------------------------------------- its numbers


def test_batches_give_the_results_that_fits_one_by_one_give() -> None:
    tasks = [task("fake-agrees") for _ in range(60)] + [drawn(float(shift)) for shift in range(60)]
    found = dict(stream(iter(tasks), jobs=2))
    assert sorted(found) == [*range(120)]
    (alone,) = run(tasks[:1], jobs=1)
    assert all(found[index] == alone for index in range(60))
    for shift in range(60):
        direct = agrees.fit(MODEL, Draw(float(shift))())
        assert found[60 + shift].cells == direct.cells


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_killed_while_it_has_nothing_to_do_costs_nothing() -> None:
    before = _workers_of(os.getpid())
    results = stream(iter([drawn(0.0) for _ in range(40)]), jobs=1)
    next(results)
    time.sleep(1)  # what was taken ahead has ended by now
    for worker in _workers_of(os.getpid()) - before - _trackers(before):
        os.kill(worker, signal.SIGKILL)
    assert [result.status for _, result in results] == ["fitted"] * 39


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("dies", "the worker process died of SIGKILL, twice. No other fit is touched."),
        ("hangs", "still running after 10 s and was ended. To allow more, raise limits.seconds in the spec."),
        ("eats memory", "needs more than limits.memory_mb = 4096 MB. Raise it."),
        ("raises", "ValueError: no such draw"),
    ],
)
def test_what_goes_wrong_in_a_batch_costs_the_guilty_fit_alone(fault: str, message: str) -> None:
    guilty = 45
    tasks = [drawn(float(i), fault if i == guilty else "", seconds=10) for i in range(70)]
    found = dict(stream(iter(tasks), jobs=1))
    assert {i for i, result in found.items() if result.status != "fitted"} == {guilty}
    assert (found[guilty].status, found[guilty].message) == ("errored", message)
    expected = constant_of(found[0])
    assert constant_of(found[69]) == pytest.approx(expected + 69, rel=1e-12)


def test_a_recipe_that_cannot_travel_is_errored_and_no_other() -> None:
    mine = replace(task("fake-agrees"), sheet=lambda: SHEET)
    found = dict(stream(iter([drawn(0.0), mine, drawn(1.0)]), jobs=1))
    assert [found[i].status for i in range(3)] == ["fitted", "errored", "fitted"]
    assert "no worker could be asked: AttributeError: Can't " in found[1].message


# ----------------------------------------------------------------------------------------- its batches


def cut_all(waiting: _Waiting) -> Iterator[Batch]:
    while batch := waiting.cut():
        yield batch


def ended(n_results: int, seconds: float) -> Ended:
    return Ended(tuple(task("fake-agrees").ended("errored", "") for _ in range(n_results)), seconds)


def test_batches_grow_while_fits_are_quick_and_shrink_when_they_are_slow() -> None:
    waiting = _Waiting([drawn(0.0)] * 100)
    sizes = []
    for _ in range(5):
        batch = waiting.cut()
        assert batch is not None
        sizes.append(len(batch.tasks))
        list(waiting.settled(batch, ended(len(batch.tasks), 0.001)))
    assert sizes == [1, 2, 4, 8, 16]
    batch = waiting.cut()
    assert batch is not None
    assert [index for index, _ in waiting.settled(batch, ended(1, 2 * SECONDS))] == [31]
    assert [[index for index, _ in following.tasks] for following in islice(cut_all(waiting), 2)] == [
        [32],
        [33],
    ]


def test_tasks_of_two_sheets_two_engines_or_two_limits_do_not_travel_together() -> None:
    other = replace(SHEET)
    one = task("fake-agrees")
    tasks = [one, one, replace(one, sheet=other), task("fake-off"), replace(one, seconds=5), drawn(0.0)]
    waiting = _Waiting(tasks)
    waiting._size = 64
    assert [[index for index, _ in batch.tasks] for batch in cut_all(waiting)] == [[0, 1], [2], [3], [4], [5]]


def test_a_lost_batch_is_made_again_one_by_one_and_a_killed_fit_once_more() -> None:
    waiting = _Waiting([drawn(0.0)] * 3)
    waiting._size = 3
    (batch,) = cut_all(waiting)
    died = Lost("the worker process died of SIGKILL", died=True)
    assert list(waiting.settled(batch, died)) == []
    first, *_ = singles = list(cut_all(waiting))
    assert [len(single.tasks) for single in singles] == [1, 1, 1]
    assert list(waiting.settled(first, died)) == []
    (again,) = cut_all(waiting)
    ((index, result),) = waiting.settled(again, died)
    assert (index, result.status) == (0, "errored")


# ------------------------------------------------------------------------------------------ its sheets


def test_a_sheet_is_written_once_and_goes_when_nobody_holds_it() -> None:
    shelf = processes._Shelf()
    sheet = replace(SHEET)
    place = shelf.place(sheet)
    assert isinstance(place, processes._Placed)
    assert shelf.place(sheet) == place
    folder = Path(place.path).parent
    assert len(list(folder.iterdir())) == 1
    assert pickle.loads(pickle.dumps(place))().frame.equals(SHEET.frame)
    del sheet
    gc.collect()
    assert not list(folder.iterdir())
    shelf.close()


def test_a_sheet_that_cannot_be_written_travels_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert processes._Shelf().place(SHEET) is SHEET
    found = dict(stream(iter([task("fake-agrees")] * 3), jobs=1))
    assert [result.status for result in found.values()] == ["fitted"] * 3


# ---------------------------------------------------------------------------------------- on a cluster


@needs_dask
@pytest.mark.slow
def test_a_stream_through_a_cluster_gives_what_this_machine_gives(tmp_path: Path) -> None:
    tasks = [task("fake-agrees") for _ in range(60)]
    tasks += [drawn(float(i), "dies" if i == 40 else "") for i in range(60)]
    mine = Cluster(tmp_path)
    try:
        found = dict(stream(iter(tasks), 2, mine.executor))
    finally:
        mine.close()
    assert found == dict(stream(iter(tasks), 2))
    assert [i for i, result in found.items() if result.status != "fitted"] == [100]
