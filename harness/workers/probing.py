"""What each engine answers when it is asked, in a worker process, for its version."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FitTimeout
from typing import Any

from pebble import ProcessExpired

from harness.engines import Engine
from harness.errors import NotInstalled
from harness.workers import fitting
from harness.workers.processes import Processes, death


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
