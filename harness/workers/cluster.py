"""Fits on a dask cluster: each in a supervised child process of the worker that it falls to."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from harness import environment, workers
from harness.errors import UsageError
from harness.kept import Kept, place
from harness.result import Result

if TYPE_CHECKING:
    from pebble import ProcessPool

    from harness.sheet import Sheet
    from harness.workers import Task

_SCHEME = "dask://"
_SECONDS = 10  # to find the scheduler
_OF_R = "HARNESS_R_BRIDGE"
_LOCK = threading.Lock()
_pools: list[ProcessPool] = []  # on a worker: its one pool


def run(tasks: Sequence[Task], executor: str, done: Callable[[Result], None]) -> list[Result]:
    """
    Every task's result, in the order of *tasks*, as `workers.run` gives them.

    A sheet is sent once, however many fits need it. Where a worker is lost its fits are made by another; a
    fit that loses several workers is `errored`, and so is what is left when the scheduler goes away.
    Raises UsageError where no scheduler answers.
    """
    import distributed

    results: dict[int, Result] = {}
    with _client(executor) as client:
        futures = _submitted(client, tasks)
        for future in distributed.as_completed(futures, loop=client.loop):
            index = futures[future]
            results[index] = _outcome(tasks[index], future, executor)
            done(results[index])
    return [results[index] for index in range(len(tasks))]


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
    found = environment.python_facts() | {"sources": environment.sources_sha256("harness.workers")}
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


def _submitted(client: Any, tasks: Sequence[Task]) -> dict[Any, int]:
    """
    Future to the index of its task.

    A sheet goes as a task of its own, not scattered: what is lost with a worker can then be had again.
    """
    sheets: dict[int, Any] = {}
    found: dict[Any, int] = {}
    asked = os.environ.get(_OF_R, "auto")
    for index, task in enumerate(tasks):
        name = id(task.sheet)
        if name not in sheets:
            sheets[name] = client.submit(_as_it_is, task.sheet, pure=False)
        given = {field.name: getattr(task, field.name) for field in fields(task) if field.name != "sheet"}
        future = client.submit(fit_here, sheets[name], given, asked, pure=False)
        found[future] = index
    return found


def _outcome(task: Task, future: Any, executor: str) -> Result:
    if future.status == "finished":
        with contextlib.suppress(Exception):  # it was there, and is gone with the scheduler
            result: Result = future.result(timeout=_SECONDS)
            return result
    if future.status != "error":
        return task.ended("errored", f"the scheduler at {executor} went away before this fit was made.")
    fault = future.exception(timeout=_SECONDS)
    if type(fault).__name__ == "KilledWorker":
        return task.ended("errored", "several workers of the cluster died while they had this fit.")
    told = " ".join(f"{type(fault).__name__}: {fault}".split())
    return task.ended("errored", f"the cluster's worker could not begin: {told}")


# ------------------------------------------------------------------------------------- on a worker of dask


def _as_it_is(sheet: Sheet) -> Sheet:
    return sheet


def fit_here(sheet: Sheet, given: dict[str, Any], bridge: str) -> Result:
    """One fit in a supervised child of this process, tried once more where the child dies of it."""
    task = workers.Task(sheet=sheet, **given)
    ((_, result),) = workers.as_ended(_pool(bridge), [task])
    return result


def _pool(bridge: str) -> ProcessPool:
    """The children of this worker, kept warm; as many as it has threads."""
    with _LOCK:
        if not _pools or not _pools[0].active:
            import distributed

            # Workers of dask are daemons, and multiprocessing allows daemons no children. These end with
            # their parent all the same: the kernel sees to it.
            multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
            if bridge != "auto":
                os.environ[_OF_R] = bridge
            _pools[:] = [workers.pool(distributed.get_worker().state.nthreads)]
        return _pools[0]
