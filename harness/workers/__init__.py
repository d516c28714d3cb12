"""Where a fit runs: supervised worker processes, so that a crash, a hang or a leak costs one fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FitTimeout
from contextlib import closing
from typing import Any

from pebble import ProcessExpired

from harness.engines import Engine
from harness.errors import NotInstalled
from harness.result import Result
from harness.workers import fitting
from harness.workers.batch import Task
from harness.workers.processes import Processes, death
from harness.workers.stream import stream as _stream

__all__ = ["Task", "probe_all", "run"]


def run(
    tasks: Sequence[Task],
    jobs: int,
    done: Callable[[Result], None] = lambda _: None,
    executor: str = "local",
) -> list[Result]:
    """
    Every task's result, in the order of *tasks*; *done* is called as each one ends.

    For thousands of them see `stream.stream`, which says what *executor* is and what becomes of a fit whose
    worker dies.
    """
    if not tasks:
        return []
    results: dict[int, Result] = {}
    with closing(_stream(tasks, min(jobs, len(tasks)), executor)) as ended:
        for index, result in ended:
            results[index] = result
            done(result)
    return [results[index] for index in range(len(tasks))]


def probe_all(engines: Sequence[Engine]) -> dict[str, tuple[str, str] | str]:
    """Engine id to its versions, or to the sentence that says why it cannot run."""
    with Processes(min(2, len(engines))) as processes:
        futures = {e.id: processes.call(fitting.probe, e, seconds=60) for e in engines}
        return {name: _probed(future) for name, future in futures.items()}


def _probed(future: Future[Any]) -> tuple[str, str] | str:
    try:
        versions: tuple[str, str] = future.result()
        return versions
    except ProcessExpired as expired:
        return death(expired)
    except FitTimeout:
        return "does not answer within 60 s"
    except NotInstalled as reason:
        return str(reason)
