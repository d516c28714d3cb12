"""What a simulated column assumes, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.simulate.calibration import MOST_PERSISTENT, Motion
from harness.simulate.design import Asked, Design, Parts, has_effects
from harness.simulate.equation import Drawn, Equation, Simulated
from harness.spec import StaticPanel


def told(model: Simulated, design: Design, asked: Asked) -> Iterator[str]:
    """Sentences, in the order in which a panel is drawn."""
    equation, parts = design.equation, design.parts
    if equation.fixed:
        names = ", ".join(name for name, _, _ in equation.fixed)
        yield f"Strictly exogenous, and the same in every panel: {names}."
    for one, move, r in zip(equation.drawn, parts.motions, parts.correlations, strict=True):
        if one.kind != "exogenous":
            yield of_regressor(one, move, r)
    yield f"Errors are normal, independent and alike, with standard deviation {parts.spreads.error:.4g}."
    yield _effects(model, equation, parts, asked)
    if isinstance(model, StaticPanel) and "time" in model.effects:
        yield "Period effects are zero: the estimator removes them."
    yield from _start(design)


def of_regressor(one: Drawn, move: Motion, r: float) -> str:
    """
    How a regressor that is drawn moves.

    r : correlation of its innovations with the error
    """
    when = "the last error" if one.kind == "predetermined" else "the error"
    most = ", the most that is drawn (the data show more)," if move.persistence == MOST_PERSISTENT else ""
    return (
        f"{one.column} is drawn, and {one.kind}, as {one.because}: autocorrelation "
        f"{move.persistence:.2g}{most} about its entity's and period's level, innovations with standard "
        f"deviation {move.innovation:.4g} and a correlation of {r:.2g} with {when}."
    )


def _effects(model: Simulated, equation: Equation, parts: Parts, asked: Asked) -> str:
    size = parts.spreads.effect
    if size > 0:
        return (
            f"Entities' effects are normal, with standard deviation {size:.4g}, independent of errors and of "
            f"what is strictly exogenous{_bound(equation, parts)}."
        )
    if asked.effect_sd is not None:
        return "Entities have no effects, as was asked for."
    if has_effects(model):
        return "Entities have no effects: their residuals differ no more than the errors explain."
    return "Entities have no effects, as the model has none."


def _bound(equation: Equation, parts: Parts) -> str:
    """Correlations of the drawn regressors' effects with that of the outcome."""
    sizes = np.sqrt(np.diag(parts.effects))
    found = [
        f"{parts.effects[0, j] / (sizes[0] * sizes[j]):.2g} with {one.column}"
        for j, one in enumerate(equation.drawn, start=1)
        if one.kind != "exogenous" and sizes[j] > 0
    ]
    return f"; correlation of {', '.join(found)}" if found else ""


def _start(design: Design) -> Iterator[str]:
    process = design.process
    if process.is_stirred:
        yield (
            f"The process runs for {process.burn_in} periods before the first one, from where it would rest, "
            "with what is fixed at its first value: every entity starts in its stationary distribution."
        )
    if process.is_stirred and design.sizes().get("gaps"):
        yield "In a gap what is fixed keeps its last value, and the process goes on."
