"""Where a fit runs: supervised worker processes, so that a crash, a hang or a leak costs one fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from harness.result import Result
from harness.workers.batch import Task

__all__ = ["Task", "run"]


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
    from harness.workers.stream import stream

    results: dict[int, Result] = {}
    with closing(stream(tasks, min(jobs, len(tasks)), executor)) as ended:
        for index, result in ended:
            results[index] = result
            done(result)
    return [results[index] for index in range(len(tasks))]
