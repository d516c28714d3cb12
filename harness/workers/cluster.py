"""Batches on a dask cluster: each in a supervised child process of the worker that it falls to."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness import environment
from harness.engines import engines
from harness.errors import UsageError
from harness.kept import Kept, place
from harness.workers.batch import Gone, Lost, Parcel, Told
from harness.workers.fitting import sentence
from harness.workers.processes import Processes

if TYPE_CHECKING:
    from harness.sheet import Sheet

_SCHEME = "dask://"
_SECONDS = 10  # to find the scheduler
_SHEETS = 4  # that are held on the cluster beside those in use
_OF_R = "HARNESS_R_BRIDGE"
_LOCK = threading.Lock()
_kept: list[Processes] = []  # on a worker: its children


@contextlib.contextmanager
def connected(executor: str) -> Iterator[Cluster]:
    """The cluster at dask://HOST:PORT. Raises UsageError where none answers, or one without workers."""
    with _client(executor) as client:
        try:
            client.wait_for_workers(1, timeout=_SECONDS)
        except TimeoutError:
            raise UsageError(
                f"--executor {executor}: the scheduler has no workers. "
                f"Start one: dask worker {_address(executor)}"
            ) from None
        yield Cluster(client, executor)


class Cluster:
    """
    The workers of a dask scheduler.

    A sheet is sent once to a worker, however many batches need it. Where a worker is lost, another one makes
    its batches.

    Attributes:
        ahead: how many batches may be under way or wait for a worker
    """

    def __init__(self, client: Any, executor: str) -> None:
        self._client = client
        self._executor = executor
        self._sheets: deque[tuple[Sheet, Any]] = deque(maxlen=_SHEETS)
        self.ahead = 2 * sum(client.nthreads().values())

    def submit(self, parcel: Parcel) -> Any:
        """A batch on its way to the next worker that is free."""
        sheet = None if parcel.sheet is None else self._sent(parcel.sheet)
        bridge = os.environ.get(_OF_R, "auto")
        return self._client.submit(fit_here, parcel.tasks, sheet, parcel.seconds, bridge, pure=False)

    def _sent(self, sheet: Sheet) -> Any:
        """A sheet as a task of its own, not scattered: what is lost with a worker can then be had again."""
        for known, future in self._sheets:
            if known is sheet:
                return future
        self._sheets.append((sheet, self._client.submit(_as_it_is, sheet, pure=False)))
        return self._sheets[-1][1]

    def told(self, future: Any, seconds: float) -> Told:
        """How the batch behind *future* ended, whose limit was *seconds*."""
        if future.status == "finished":
            with contextlib.suppress(Exception):  # it was there, and is gone with the scheduler
                told: Told = future.result(timeout=3 * _SECONDS)
                return Lost(told.message) if isinstance(told, Gone) else told
        if future.status != "error":
            return Gone(f"the scheduler at {self._executor} went away before this fit was made.")
        fault = future.exception(timeout=_SECONDS)
        if type(fault).__name__ == "KilledWorker":
            return Lost("several workers of the cluster died while they had this fit.")
        return Lost(f"the cluster's worker could not begin: {sentence(fault)}")

    def deserted(self) -> str:
        """Why no batch will end any more; a nanny has time to bring back a worker."""
        try:
            self._client.wait_for_workers(1, timeout=_SECONDS)
        except TimeoutError:
            return f"the cluster at {self._executor} has no workers any more."
        except Exception:  # the scheduler has gone, too: the futures will say so
            return ""
        return ""


def is_alike(executor: str, languages: Sequence[str]) -> bool:
    """
    Whether every worker of the cluster has the packages, the R, the processor and the code of this machine.

    Only then may its results be kept under this machine's keys.
    """
    with _client(executor) as client:
        here = identity(tuple(languages))
        return all(found == here for found in client.run(identity, tuple(languages)).values())


def identity(languages: tuple[str, ...]) -> dict[str, str]:
    """What the fits of this process run on."""
    modules = [engine.module for engine in engines().values() if engine.module]
    found = environment.python_facts() | {
        "sources": environment.sources_sha256("harness.workers.fitting", *modules)
    }
    return found | environment.r_facts(Kept(place())) if "r" in languages else found


@contextlib.contextmanager
def _client(executor: str) -> Iterator[Any]:
    address = _address(executor)
    try:
        import distributed
    except ImportError:
        raise UsageError(
            f"--executor {executor} needs the package distributed. "
            "Install it: pip install 'replication-harness[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as fault:
        raise UsageError(
            f"--executor {executor}: no scheduler answers there within {_SECONDS} s "
            f"({type(fault).__name__}). Start it: dask scheduler"
        ) from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # a scheduler that has gone away cannot be told goodbye
            client.close(timeout=2)


def _address(executor: str) -> str:
    """`tcp://HOST:PORT`. Raises UsageError where *executor* is not dask://HOST:PORT."""
    host, _, port = executor.removeprefix(_SCHEME).rpartition(":")
    if not executor.startswith(_SCHEME) or not host or not port.isdigit():
        raise UsageError(
            f"--executor {executor}: write local, or dask://HOST:PORT, e.g. dask://127.0.0.1:8786"
        )
    return f"tcp://{host}:{port}"


# ------------------------------------------------------------------------------------- on a worker of dask


def _as_it_is(sheet: Sheet) -> Sheet:
    return sheet


def fit_here(tasks: bytes, sheet: Sheet | None, seconds: float, bridge: str) -> Told:
    """A batch in a supervised child of this process."""
    processes = _processes(bridge)
    return processes.told(processes.submit(Parcel(tasks, sheet, seconds)), seconds)


def _processes(bridge: str) -> Processes:
    """The children of this worker, kept warm; as many as it has threads."""
    with _LOCK:
        if not _kept:
            import distributed

            # Workers of dask are daemons, and multiprocessing allows daemons no children. These end with
            # their parent all the same: the kernel sees to it.
            multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
            if bridge != "auto":
                os.environ[_OF_R] = bridge
            _kept.append(Processes(distributed.get_worker().state.nthreads))
        return _kept[0]
