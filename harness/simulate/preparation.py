"""A column made ready: its equation, the coefficients true of its panels, what they are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness import dataset, workers
from harness.engines import Engine, engines
from harness.errors import EstimationError, UsageError
from harness.recovery import Truth
from harness.sheet import Sheet
from harness.simulate import defaults, found
from harness.simulate.assumptions import told
from harness.simulate.blank import blank
from harness.simulate.design import Asked, Design, design
from harness.simulate.equation import Equation, Simulated, equation
from harness.simulate.request import Request
from harness.simulate.truth import Print, of_print, truths
from harness.spec import AnyModel, DynamicPanel, Linear, Spec, StaticPanel
from harness.workers import Task


@dataclass(frozen=True)
class Column:
    """
    A column that can be simulated.

    Attributes:
        task: its own fit; the panels are fitted likewise
        truths: term to coefficient
        notes, assumptions: sentences
    """

    spec: Spec
    column: str
    model: Simulated
    task: Task
    truths: Mapping[str, Truth]
    design: Design
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]


def prepare(spec: Spec, name: str, request: Request, data: dataset.Dataset | None) -> Column:
    """
    Make a column ready; with data it is fitted once.

    data : None where there are none
    Raises UsageError for what cannot be simulated, DataError where the data do not go with the column,
    EstimationError where they cannot be fitted.
    """
    model = _simulated(spec.columns[name])
    engine = _engine(spec, model, request)
    in_print = of_print(spec, name)
    sheet = blank(spec, model, in_print) if data is None else dataset.prepare(spec, data, name)
    terms = equation(model, sheet)
    _refuse_unknown(request.coefficients, terms)
    task = Task(spec.id, name, engine, model, sheet, spec.limits.seconds, spec.limits.memory_mb)
    fitted = {} if data is None else _fitted(task, request)
    true = truths(terms.terms, request.coefficients, in_print, fitted)
    made = _design(model, sheet, terms, true, in_print, fitted if data else None, request)
    notes = tuple(_notes(true, data, engine, request.asked))
    assumptions = (
        *(defaults.told(model) if data is None else _of_rows(model)),
        *told(model, made, request.asked),
    )
    return Column(spec, name, model, task, true, made, notes, assumptions)


def _simulated(model: AnyModel) -> Simulated:
    if not isinstance(model, DynamicPanel | StaticPanel | Linear):
        raise UsageError(
            f"model '{model.model}' has no errors to draw. Simulated are dynamic-panel, panel and linear"
        )
    return model


def _engine(spec: Spec, model: Simulated, request: Request) -> Engine:
    names = (request.engine,) if request.engine else spec.engines
    for one in (engines()[name] for name in names):
        if one.fits(model.model):
            return one
    raise UsageError(
        f"{', '.join(names)}: does not estimate model '{model.model}'. Name another: --engine ID"
    )


def _refuse_unknown(given: Mapping[str, float], terms: Equation) -> None:
    for name in given:
        if name not in terms.terms:
            raise UsageError(f"--set {name}: the equation has no such term. It has {', '.join(terms.terms)}")


def _fitted(task: Task, request: Request) -> dict[str, float]:
    """The coefficients of the column's own fit."""
    (result,) = workers.run([task], 1, executor=request.executor)
    if result.status != "fitted":
        raise EstimationError(
            f"{task.engine.id} does not fit the data, whose residuals are needed: {result.message}"
        )
    return {
        cell.term: cell.value
        for cell in result.cells
        if cell.part == "coefficients" and cell.measure == "estimate"
    }


def _design(
    model: Simulated,
    sheet: Sheet,
    terms: Equation,
    true: Mapping[str, Truth],
    in_print: Print,
    fitted: Mapping[str, float] | None,
    request: Request,
) -> Design:
    if fitted is not None:
        return design(model, sheet, terms, true, found.parts(model, sheet, terms, fitted, request.asked))
    terms = defaults.all_drawn(terms, sheet)
    n_obs = int(in_print["fit", "model", "n_obs"][1])
    return design(model, sheet, terms, true, defaults.parts(model, sheet, terms, true, n_obs, request.asked))


def _notes(
    true: Mapping[str, Truth], data: dataset.Dataset | None, engine: Engine, asked: Asked
) -> Iterator[str]:
    if data is None:
        yield "The data are not there: only the size is the paper's, all else is assumed."
    elif data.stand_in:
        yield "The data are a stand-in: rows, regressors and variances are made up."
    fitted = _named({term: one.value for term, one in true.items() if one.source == "fitted"})
    if fitted:
        yield f"Not printed, and taken from {engine.id}'s fit: {fitted}."
    given: dict[str, float | None] = {t: one.value for t, one in true.items() if one.source == "given"}
    sizes = {"errors": asked.error_sd, "entities' effects": asked.effect_sd}
    by_hand = _named(given | {f"standard deviation of the {what}": size for what, size in sizes.items()})
    if by_hand:
        yield f"Given by hand: {by_hand}."


def _named(values: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} = {value:.4g}" for name, value in values.items() if value is not None)


def _of_rows(model: Simulated) -> Iterator[str]:
    yield "Rows and gaps are the data's."
    if model.sample:
        yield f"They are those where {model.sample}, in the data; whatever outcome is drawn, they stay."
