"""Where a fit runs: supervised worker processes, so that a crash, a hang or a leak costs one fit."""

from __future__ import annotations

import contextlib
import ctypes
import io
import multiprocessing
import os
import platform
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FitTimeout
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from harness import environment
from harness.engines import Engine, EngineModule
from harness.errors import EstimationError, NotInstalled, Unsupported
from harness.result import Cell, Provenance, Result

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

_BLAS_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Task:
    """
    One fit to be made.

    Attributes:
        spec, column: ids
        engine: who fits
        model, sheet: what is fitted, on which rows
        seconds, memory_mb: beyond them the fit is `errored`
        provenance: what the parent knows already (hashes); versions are added by the worker
    """

    spec: str
    column: str
    engine: Engine
    model: AnyModel
    sheet: Sheet
    seconds: int = 300
    memory_mb: int = 4096
    provenance: Provenance = field(default_factory=Provenance)

    def ended(self, status: str, message: str) -> Result:
        """The result of a fit that gave no numbers."""
        return Result(
            self.spec,
            self.column,
            self.engine.id,
            status,  # type: ignore[arg-type]
            message,
            provenance=self.provenance,
        )


def run(
    tasks: Sequence[Task],
    jobs: int,
    done: Callable[[Result], None] = lambda _: None,
    executor: str = "local",
) -> list[Result]:
    """
    Every task's result, in the order of *tasks*; *done* is called as each one ends.

    executor : `local` for *jobs* processes here, or `dask://HOST:PORT` for a cluster. Raises UsageError where
    it is neither, or no cluster answers.

    A worker that dies takes its fit with it; that fit is tried once more, in case something from outside
    killed it, and is `errored` if the worker dies again. KeyboardInterrupt ends every worker first.
    """
    if not tasks:
        return []
    if executor != "local":
        from harness.workers import cluster

        return cluster.run(tasks, executor, done)
    results: dict[int, Result] = {}
    with _pool(min(jobs, len(tasks))) as processes:
        for index, result in as_ended(processes, tasks):
            results[index] = result
            done(result)
    return [results[index] for index in range(len(tasks))]


def as_ended(pool: ProcessPool, tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
    """(index of the task, its result), as each one ends in *pool*; a lost worker's fit is tried once more."""
    pending: dict[Future[Result], int] = {_schedule(pool, task): index for index, task in enumerate(tasks)}
    tried: set[int] = set()
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            index = pending.pop(future)
            try:
                yield index, _outcome(tasks[index], future)
            except ProcessExpired as expired:
                if index in tried:
                    message = f"{_death(expired)}, twice. No other fit is touched."
                    yield index, tasks[index].ended("errored", message)
                else:
                    tried.add(index)
                    pending[_schedule(pool, tasks[index])] = index


def pool(jobs: int) -> ProcessPool:
    """Worker processes, each with one thread for its BLAS; they start with their first fit."""
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
    # Spawn, not fork: R does not survive a fork, nor do BLAS threads.
    return ProcessPool(max_workers=jobs, initializer=_start, context=multiprocessing.get_context("spawn"))


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[ProcessPool]:
    workers = pool(jobs)
    try:
        yield workers
        workers.close()
    except BaseException:
        workers.stop()
        raise
    finally:
        workers.join()


def _schedule(pool: ProcessPool, task: Task) -> Future[Result]:
    future: Future[Result] = pool.schedule(fit, args=[task], timeout=task.seconds)
    return future


def _outcome(task: Task, future: Future[Result]) -> Result:
    try:
        return future.result()
    except FitTimeout:
        limit = f"still running after {task.seconds} s and was ended"
        return task.ended("errored", f"{limit}. To allow more, raise limits.seconds in the spec.")


def _death(expired: ProcessExpired) -> str:
    code = expired.exitcode
    if code is not None and code < 0:
        return f"the worker process died of {signal.Signals(-code).name}"
    return f"the worker process ended by itself with code {code}"


# ------------------------------------------------------------------------------------ inside the worker


def _start() -> None:
    """In a new worker: out of the terminal's reach, and gone when the parent is gone."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def fit(task: Task) -> Result:
    """One fit, here and now. Whatever the engine does short of killing the process ends in a Result."""
    with _memory_limit(task.memory_mb), _silence():
        try:
            module = task.engine.load()
            known = replace(task, provenance=_provenance(task, module))
        except Unsupported as reason:  # NotInstalled, that is
            return task.ended("skipped", str(reason))
        except BaseException as fault:
            return task.ended("errored", _sentence(fault))
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
            return known.ended("errored", _sentence(fault))


def _provenance(task: Task, module: EngineModule) -> Provenance:
    """What the parent knew, and the versions: an engine with a version is here, whatever it then says."""
    engine_version, language_version = module.versions()
    return replace(
        task.provenance,
        engine_version=engine_version,
        language_version=language_version,
        platform=f"{platform.system()} {platform.machine()}",
        blas=_blas(task.engine),
        numpy=version("numpy"),
        cpu=environment.cpu(),
    )


def _fitted(task: Task, module: EngineModule) -> Result:
    estimates = module.fit(task.model, task.sheet)
    _refuse_twins(estimates.cells)
    return Result(
        task.spec,
        task.column,
        task.engine.id,
        "fitted",
        call=module.translate(task.model, task.sheet),
        cells=_kept(estimates.cells, task.sheet.dummies),
        not_offered=estimates.not_offered,
        recomputed=estimates.recomputed,
        warnings=estimates.warnings,
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
        raise NotInstalled(f"{_sentence(fault)} Mend: {engine.mend}") from None


def probe_all(engines: Sequence[Engine]) -> dict[str, tuple[str, str] | str]:
    """Engine id to its versions, or to the sentence that says why it cannot run."""
    with _pool(min(2, len(engines))) as processes:
        futures = {engine.id: processes.schedule(probe, args=[engine], timeout=60) for engine in engines}
        return {name: _probed(future) for name, future in futures.items()}


def _probed(future: ProcessFuture) -> tuple[str, str] | str:
    try:
        versions: tuple[str, str] = future.result()
        return versions
    except ProcessExpired as expired:
        return _death(expired)
    except FitTimeout:
        return "does not answer within 60 s"
    except NotInstalled as reason:
        return str(reason)


def _blas(engine: Engine) -> str:
    if engine.language == "r":
        from harness import rsession

        return rsession.blas()
    import numpy

    found = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def _sentence(fault: BaseException) -> str:
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
