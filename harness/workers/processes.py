"""Supervised worker processes of this machine, and the folder in which they find their sheets."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import signal
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FitTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pebble import ProcessExpired, ProcessPool

from harness.workers import fitting
from harness.workers.batch import Ended, Gone, Lost, Parcel, Told

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.workers.batch import Recipe

_BLAS_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_SHEETS = 4  # that a worker holds
_REVIVALS = 3  # of the pool, without a batch that ended


class Processes:
    """
    Worker processes, each with one thread for its BLAS; they start with their first fit.

    Leaving the context ends them: when they are done, at once where an exception is on its way.

    Attributes:
        ahead: how many batches may be under way or wait for a worker
    """

    def __init__(self, jobs: int) -> None:
        os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
        self.ahead = 2 * jobs
        self._jobs = jobs
        self._pool = _pool(jobs)
        self._revivals = 0  # since a batch ended
        self._lock = threading.Lock()  # a worker of dask has several threads
        self._shelf = _Shelf()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()
        self._shelf.close()

    def submit(self, parcel: Parcel) -> Future[Any]:
        """A batch on its way to the next worker that is free."""
        sheet = None if parcel.sheet is None else self._shelf.place(parcel.sheet)
        return self.call(fitting.fit_batch, parcel.tasks, sheet, seconds=parcel.seconds)

    def call(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Future[Any]:
        """A function on its way to the next worker that is free."""
        with self._lock:
            self._revive()
            future: Future[Any] = self._pool.schedule(function, args=arguments, timeout=seconds)
        return future

    def _revive(self) -> None:
        """A worker that dies while it has nothing to do takes pebble's pool with it; a new one follows."""
        if not self._pool.active:
            self._revivals += 1
            self._pool.join()
            self._pool = _pool(self._jobs)

    def told(self, future: Future[Any], seconds: float) -> Told:
        """How the batch behind *future* ended, whose limit was *seconds*."""
        try:
            ended: Ended = future.result()
            self._revivals = 0
            return ended
        except FitTimeout:
            limit = f"still running after {seconds:g} s and was ended"
            return Lost(f"{limit}. To allow more, raise limits.seconds in the spec.")
        except ProcessExpired as expired:
            return Lost(death(expired), died=True)
        except BrokenProcessPool:
            if self._revivals >= _REVIVALS:
                return Gone("worker processes die here before they begin. Say what runs: harness doctor")
            return Lost("the worker process died before it began", died=True)
        except Exception as fault:  # of pickling: an object that one side has and the other has not
            return Lost(f"a worker could not begin: {fitting.sentence(fault)}")

    def deserted(self) -> str:
        """Never: a worker that dies is replaced."""
        return ""


def _pool(jobs: int) -> ProcessPool:
    # Spawn, not fork: R does not survive a fork, nor do BLAS threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPool(max_workers=jobs, initializer=fitting.start, context=context)


def death(expired: ProcessExpired) -> str:
    """How a worker process died, in words."""
    code = expired.exitcode
    if code is not None and code < 0:
        return f"the worker process died of {signal.Signals(-code).name}"
    return f"the worker process ended by itself with code {code}"


class _Shelf:
    """A folder of sheets, each pickled once for all workers; its file goes when nobody holds the sheet."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._places: dict[int, Path] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()  # a worker of dask has several threads

    def place(self, sheet: Sheet) -> Sheet | Recipe:
        """Where a worker finds *sheet*; the sheet itself where it cannot be written."""
        with self._lock:
            if id(sheet) not in self._places:
                try:
                    self._places[id(sheet)] = self._written(sheet)
                except OSError:  # a full disk: it goes with every batch, which is slower and loses nothing
                    return sheet
                weakref.finalize(sheet, _drop, self._places, id(sheet)).atexit = False
            return _Placed(str(self._places[id(sheet)]))

    def _written(self, sheet: Sheet) -> Path:
        self._folder = self._folder or TemporaryDirectory(prefix="harness-sheets-")
        path = Path(self._folder.name, f"{next(self._numbers)}.pickle")
        path.write_bytes(pickle.dumps(sheet, pickle.HIGHEST_PROTOCOL))
        return path

    def close(self) -> None:
        if self._folder:
            self._folder.cleanup()


def _drop(places: dict[int, Path], identity: int) -> None:
    with suppress(OSError):
        places.pop(identity).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Placed:
    """The recipe of a sheet that is in a file."""

    path: str

    def __call__(self) -> Sheet:
        return _read(self.path)


@lru_cache(maxsize=_SHEETS)
def _read(path: str) -> Sheet:
    sheet: Sheet = pickle.loads(Path(path).read_bytes())
    return sheet
