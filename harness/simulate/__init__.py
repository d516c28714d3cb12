"""How well a design recovers the coefficients that a table prints: panels drawn from them, and fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from harness import dataset
from harness.engines import engines
from harness.errors import DataMissingError, EstimationError, HarnessError, UsageError
from harness.recovery import Recovery
from harness.result import Result
from harness.simulate.design import Asked
from harness.simulate.hypotheses import holds
from harness.simulate.preparation import Column, prepare
from harness.simulate.recipe import Recipe
from harness.simulate.request import Request
from harness.simulate.tally import Tally
from harness.spec import Spec, did_you_mean
from harness.workers import Task
from harness.workers.stream import stream

Progress = Callable[[int, Result | None], None]


@dataclass(frozen=True)
class Found:
    """
    What was found.

    Attributes:
        recoveries: one a column that could be simulated
        faults: sentences on the others
        exit_code: 0, or that of the worst fault
        is_interrupted: whether panels, or whole columns, are missing
    """

    recoveries: tuple[Recovery, ...]
    faults: tuple[str, ...]
    exit_code: int
    is_interrupted: bool = False


def simulate(spec: Spec, request: Request, progress: Progress) -> Found:
    """
    Draw panels for every column asked for, fit them, and say what came of it.

    *progress* is called with the number of fits and the one that has just ended (None at first). A column
    that cannot be simulated is a fault, and no other column's. KeyboardInterrupt ends the fits; what is known
    by then is returned.
    Raises UsageError where the request names what is not there, DataError where the data cannot be read.
    """
    _refuse_strangers(spec, request)
    ready, faults = _ready(spec, request)
    advance = partial(progress, len(ready) * request.replications)
    advance(None)
    recoveries = list(_recoveries(ready, request, advance))
    faults += [_unfitted(one) for one in recoveries if one.drawn and not one.fitted]
    code = max((fault.exit_code for fault in faults), default=0)
    useful = tuple(one for one in recoveries if one.fitted)
    return Found(useful, tuple(map(str, faults)), code, any(one.is_interrupted for one in recoveries))


def _refuse_strangers(spec: Spec, request: Request) -> None:
    for name in request.columns:
        if name not in spec.columns:
            raise UsageError(
                f"--column {name}: {spec.id} has no such column{did_you_mean(name, spec.columns)}"
            )
    engine = request.engine
    if engine is not None and engine not in engines():
        raise UsageError(f"--engine {engine}: there is no such engine{did_you_mean(engine, engines())}")


def _ready(spec: Spec, request: Request) -> tuple[list[Column], list[HarnessError]]:
    try:
        data = dataset.read(spec, request.data)
    except DataMissingError:
        data = None
    ready: list[Column] = []
    faults: list[HarnessError] = []
    for name in request.columns or spec.columns:
        try:
            ready.append(prepare(spec, name, request, data))
        except (UsageError, EstimationError) as fault:
            faults.append(type(fault)(f"{spec.id} ({name}): {fault}"))
        except HarnessError as fault:  # of the data: it names the place itself
            faults.append(fault)
    return ready, faults


def _unfitted(one: Recovery) -> HarnessError:
    return EstimationError(f"{one.spec} ({one.column}): no panel could be fitted: {next(iter(one.failures))}")


def _recoveries(
    ready: list[Column], request: Request, advance: Callable[[Result], None]
) -> Iterator[Recovery]:
    """One a column, the last one where the run was interrupted."""
    for one in ready:
        tally = Tally(one.design.equation.terms, request.replications)
        try:
            with closing(stream(_tasks(one, request), request.jobs, request.executor)) as ended:
                for replication, result in ended:
                    tally.add(replication, result)
                    advance(result)
        except KeyboardInterrupt:
            yield _recovery(one, request, tally)
            return
        yield _recovery(one, request, tally)


def _tasks(one: Column, request: Request) -> Iterator[Task]:
    made = one.design
    recipe = Recipe(made.sheet, made.cell, made.process, made.written, request.seed)
    for replication in range(request.replications):
        yield replace(one.task, sheet=replace(recipe, replication=replication))


def _recovery(one: Column, request: Request, tally: Tally) -> Recovery:
    made = one.design
    judged = partial(holds, model=one.model, equation=made.equation, process=made.process, truths=one.truths)
    return Recovery(
        spec=one.spec.id,
        title=one.spec.title,
        column=one.column,
        engine=one.task.engine.id,
        engine_version=tally.engine_version,
        seed=request.seed,
        asked=request.replications,
        drawn=tally.drawn,
        fitted=tally.fitted,
        failures=tally.failures,
        ci_level=one.model.ci_level,
        design=made.sizes() | tally.counts,
        coefficients=tuple(tally.coefficients(one.truths)),
        tests=tuple(tally.tests(judged)),
        notes=one.notes,
        assumptions=one.assumptions,
        labels=one.spec.labels,
    )


__all__ = ["Asked", "Found", "Request", "simulate"]
