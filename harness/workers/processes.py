"""Supervised worker processes of this machine, and the folder in which they find their sheets."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import signal
import threading
import weakref
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
        # Spawn, not fork: R does not survive a fork, nor do BLAS threads.
        context = multiprocessing.get_context("spawn")
        self.pool = ProcessPool(max_workers=jobs, initializer=fitting.start, context=context)
        self._shelf = _Shelf()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.pool.close()
        else:
            self.pool.stop()
        self.pool.join()
        self._shelf.close()

    def submit(self, parcel: Parcel) -> Future[Any]:
        """A batch on its way to the next worker that is free."""
        sheet = None if parcel.sheet is None else self._shelf.place(parcel.sheet)
        future: Future[Any] = self.pool.schedule(
            fitting.fit_batch, args=[parcel.tasks, sheet], timeout=parcel.seconds
        )
        return future

    def told(self, future: Future[Any], seconds: float) -> Told:
        """How the batch behind *future* ended, whose limit was *seconds*."""
        try:
            ended: Ended = future.result()
            return ended
        except FitTimeout:
            limit = f"still running after {seconds:g} s and was ended"
            return Lost(f"{limit}. To allow more, raise limits.seconds in the spec.")
        except ProcessExpired as expired:
            return Lost(death(expired), died=True)
        except BrokenProcessPool as fault:
            return Gone(f"worker processes cannot be started here: {fitting.sentence(fault)}")
        except Exception as fault:  # of pickling: an object that one side has and the other has not
            return Lost(f"a worker could not begin: {fitting.sentence(fault)}")


def death(expired: ProcessExpired) -> str:
    """How a worker process died, in words."""
    code = expired.exitcode
    if code is not None and code < 0:
        return f"the worker process died of {signal.Signals(-code).name}"
    return f"the worker process ended by itself with code {code}"


class _Shelf:
    """A folder of sheets, each pickled once for all workers; its file goes when nobody holds the sheet."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="harness-sheets-")
        self._places: dict[int, Path] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()  # a worker of dask has several threads

    def place(self, sheet: Sheet) -> Sheet | Recipe:
        """Where a worker finds *sheet*; the sheet itself where it cannot be written."""
        with self._lock:
            if id(sheet) not in self._places:
                path = Path(self._folder.name, f"{next(self._numbers)}.pickle")
                try:
                    path.write_bytes(pickle.dumps(sheet, pickle.HIGHEST_PROTOCOL))
                except OSError:  # a full disk: it goes with every batch, which is slower and loses nothing
                    path.unlink(missing_ok=True)
                    return sheet
                self._places[id(sheet)] = path
                weakref.finalize(sheet, _drop, self._places, id(sheet)).atexit = False
            return _Placed(str(self._places[id(sheet)]))

    def close(self) -> None:
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
