"""Fits as they end, from a stream of tasks of any length: few at a time, in batches that share a sheet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Protocol, Self

from harness.result import Result
from harness.workers.batch import SECONDS, Batch, Ended, Gone, Lost, Parcel, Task, Told
from harness.workers.fitting import sentence
from harness.workers.processes import Processes

Results = Iterator[tuple[int, Result]]
_LARGEST = 64  # tasks in a batch
_PATIENCE = 20  # seconds without a result, then somebody looks whether there are workers


def stream(
    tasks: Iterable[Task], jobs: int, executor: str = "local"
) -> Generator[tuple[int, Result], None, None]:
    """
    (place of the task in *tasks*, its result), as the fits end: memory does not grow with their number.

    tasks : taken as they are needed, a few batches ahead. Neighbours with one engine and one sheet (the same
        object) travel together, as do neighbours with a recipe each
    jobs : worker processes, of `local`
    executor : `local`, or `dask://HOST:PORT` for a cluster, which has its own number of workers
    Raises UsageError at the first step where *executor* is neither, or no cluster answers.

    A worker that dies, or a limit passed, costs the guilty fit alone: its neighbours are made again, one by
    one. A fit whose worker dies is tried once more, in case something from outside killed it, and is
    `errored` if the worker dies again. Closing the iterator, or KeyboardInterrupt, ends every worker first.
    """
    with opened(jobs, executor) as streams:
        yield from streams(tasks)


@contextmanager
def opened(jobs: int, executor: str = "local") -> Iterator[Callable[[Iterable[Task]], Results]]:
    """
    `stream` as a function of tasks alone, for several streams one after another: the workers stay.

    Raises UsageError as `stream` does.
    """
    with _place(jobs, executor) as place:
        yield lambda tasks: _as_ended(place, _Waiting(tasks))


class Place(Protocol):
    """
    Where batches are fitted.

    Attributes:
        ahead: how many batches may be under way or wait there
    """

    ahead: int

    def submit(self, parcel: Parcel) -> Any:
        """The future of a batch, of any kind that has `add_done_callback`."""

    def told(self, future: Any, seconds: float) -> Told:
        """How the batch behind *future* ended, whose limit was *seconds*."""

    def deserted(self) -> str:
        """Why no batch will end any more; "" while one may."""


def _place(jobs: int, executor: str) -> AbstractContextManager[Place]:
    if executor == "local":
        return Processes(jobs)
    from harness.workers import cluster

    return cluster.connected(executor)


def _as_ended(place: Place, waiting: _Waiting) -> Iterator[tuple[int, Result]]:
    pending: dict[Any, Batch] = {}
    ended: SimpleQueue[Any] = SimpleQueue()
    gone = ""
    while True:
        while not gone and len(pending) < place.ahead and (batch := waiting.cut()):
            try:
                future = place.submit(batch.packed())
            except Exception as fault:  # of pickling, or of a cluster that has just gone away
                yield from waiting.settled(batch, Lost(f"no worker could be asked: {sentence(fault)}"))
            else:
                pending[future] = batch
                future.add_done_callback(ended.put)
        if not pending:
            break
        try:
            future = ended.get(timeout=_PATIENCE)
        except Empty:
            gone = place.deserted()
            if gone:
                break
            continue
        batch = pending.pop(future)
        told = place.told(future, batch.seconds)
        if isinstance(told, Gone):
            gone = told.message
            yield from _errored(batch.tasks, gone)
        else:
            yield from waiting.settled(batch, told)
    for batch in pending.values():
        yield from _errored(batch.tasks, gone)
    yield from _errored(waiting, gone)


def _errored(tasks: Iterable[tuple[int, Task]], message: str) -> Iterator[tuple[int, Result]]:
    return ((index, task.ended("errored", message)) for index, task in tasks)


class _Waiting:
    """The tasks that are still to be fitted, cut into batches of about SECONDS."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = enumerate(tasks)
        self._first: deque[tuple[int, Task]] = deque()  # before the rest of the tasks
        self._alone: deque[Batch] = deque()  # before those
        self._size = 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[int, Task]:
        if self._alone:
            return self._alone.popleft().tasks[0]
        return self._first.popleft() if self._first else next(self._tasks)

    def cut(self) -> Batch | None:
        """The next batch, None where no task is left."""
        if self._alone:
            return self._alone.popleft()
        tasks: list[tuple[int, Task]] = []
        for index, task in self:
            if tasks and _companions(task) != _companions(tasks[0][1]):
                self._first.appendleft((index, task))
                break
            tasks.append((index, task))
            if len(tasks) == self._size:
                break
        return Batch(tuple(tasks)) if tasks else None

    def settled(self, batch: Batch, told: Ended | Lost) -> Iterator[tuple[int, Result]]:
        """What is known of *batch* for good; the rest of it waits again."""
        if isinstance(told, Ended):
            n_ended = len(told.results)
            self._first.extendleft(reversed(batch.tasks[n_ended:]))
            self._size = min(_LARGEST, 2 * self._size, max(1, int(SECONDS * n_ended / told.seconds)))
            yield from zip([index for index, _ in batch.tasks], told.results, strict=False)
        elif len(batch.tasks) > 1:
            self._alone.extend(Batch((task,)) for task in batch.tasks)
        elif told.died and not batch.died:
            self._alone.append(Batch(batch.tasks, died=True))
        else:
            twice = ", twice. No other fit is touched." if told.died else ""
            yield from _errored(batch.tasks, told.message + twice)


def _companions(task: Task) -> tuple[str, int, int]:
    """What tasks of one batch have in common."""
    return task.engine.id, task.seconds, 0 if callable(task.sheet) else id(task.sheet)
