"""Inside a worker process: one fit after the other, each within its limits, none of its faults let out."""

from __future__ import annotations

import contextlib
import ctypes
import io
import multiprocessing
import os
import pickle
import platform
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness import environment
from harness.engines import Engine, EngineModule
from harness.errors import EstimationError, NotInstalled, Unsupported
from harness.result import Cell, Provenance, Result
from harness.workers.batch import SECONDS, Ended, Task

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.workers.batch import Recipe

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start() -> None:
    """In a new worker: out of the terminal's reach, and gone when the parent is gone."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:  # gone before the kernel was asked to tell
        os._exit(1)


def fit_batch(pickled: bytes, shared: Sheet | Recipe | None) -> Ended:
    """
    The results of a batch, in its order; what has not begun after SECONDS is left to another batch.

    pickled : its tasks; without their sheet where they share one
    """
    began = time.monotonic()
    results: list[Result] = []
    with _silence():
        for task in pickle.loads(pickled):
            results.append(fit(task if shared is None else replace(task, sheet=shared)))
            if time.monotonic() - began > SECONDS:
                break
    return Ended(tuple(results), time.monotonic() - began)


def fit(task: Task) -> Result:
    """One fit, here and now. Whatever the engine does short of killing the process ends in a Result."""
    with _memory_limit(task.memory_mb):
        try:
            module = task.engine.load()
            known = replace(task, provenance=_provenance(task.provenance, task.engine))
        except Unsupported as reason:  # NotInstalled, that is
            return task.ended("skipped", str(reason))
        except BaseException as fault:
            return task.ended("errored", sentence(fault))
        try:
            return _fitted(known, module)
        except NotInstalled as reason:
            return task.ended("skipped", str(reason))
        except Unsupported as reason:
            return known.ended("skipped", str(reason))
        except MemoryError:
            return known.ended(
                "errored", f"needs more than limits.memory_mb = {task.memory_mb} MB. Raise it."
            )
        except SystemExit as ended:
            return known.ended("errored", f"the engine called exit({ended.code!r})")
        except BaseException as fault:  # an engine may raise anything; none of it may reach the pool
            return known.ended("errored", sentence(fault))


@lru_cache(maxsize=64)
def _provenance(known: Provenance, engine: Engine) -> Provenance:
    """What the parent knew, and the versions: an engine with a version is here, whatever it then says."""
    engine_version, language_version = engine.load().versions()
    return replace(
        known,
        engine_version=engine_version,
        language_version=language_version,
        platform=f"{platform.system()} {platform.machine()}",
        blas=_blas(engine),
        numpy=version("numpy"),
        cpu=environment.cpu(),
    )


def _fitted(task: Task, module: EngineModule) -> Result:
    sheet = task.drawn()
    estimates = module.fit(task.model, sheet)
    _refuse_twins(estimates.cells)
    return Result(
        task.spec,
        task.column,
        task.engine.id,
        "fitted",
        call=module.translate(task.model, sheet),
        cells=_kept(estimates.cells, sheet.dummies),
        not_offered=estimates.not_offered,
        recomputed=estimates.recomputed,
        warnings=estimates.warnings,
        printed=estimates.printed,
        provenance=task.provenance,
    )


def _refuse_twins(cells: tuple[Cell, ...]) -> None:
    counts = Counter((cell.part, cell.term, cell.measure) for cell in cells)
    twins = [" ".join(address) for address, count in counts.items() if count > 1]
    if twins:
        raise EstimationError(f"the engine gave two numbers for {', '.join(twins[:3])}")


def _kept(cells: tuple[Cell, ...], dummies: tuple[str, ...]) -> tuple[Cell, ...]:
    """Without the covariances of dummies: nobody prints them, and 140 firms have 9,870."""
    dropped = set(dummies)
    return tuple(
        cell for cell in cells if cell.part != "covariance" or dropped.isdisjoint(cell.term.split("~"))
    )


def probe(engine: Engine) -> tuple[str, str]:
    """
    (engine version, language version), as found in a worker process of its own.

    Raises NotInstalled with the reason and the command that mends it.
    """
    try:
        with _silence():
            return engine.load().versions()
    except NotInstalled:
        raise
    except BaseException as fault:
        raise NotInstalled(f"{sentence(fault)} Mend: {engine.mend}") from None


def _blas(engine: Engine) -> str:
    if engine.language == "r":
        from harness import rsession

        return rsession.blas()
    import numpy

    found = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def sentence(fault: BaseException) -> str:
    """What a fault says, in one line, with its name where it is none of the harness' own."""
    text = " ".join(str(fault).split()) or "no message"
    name = type(fault).__name__
    return text if type(fault).__module__ == "harness.errors" else f"{name}: {text}"


@contextlib.contextmanager
def _memory_limit(megabytes: int) -> Iterator[None]:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Engines print tables and progress; stdout belongs to the harness."""
    saved = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for target, copy in enumerate(saved, start=1):
            os.dup2(copy, target)
            os.close(copy)
        os.close(nowhere)
