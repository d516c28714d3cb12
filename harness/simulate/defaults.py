"""What is assumed of variances, persistence and the reach of errors where the data are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.recovery import Truth
from harness.sheet import Sheet
from harness.simulate.calibration import Motion, Spreads
from harness.simulate.design import Asked, Parts, has_effects
from harness.simulate.equation import Drawn, Equation, Simulated
from harness.simulate.layout import layout

Array = NDArray[np.float64]
PERSISTENCE = 0.5
FEEDBACK = 0.3  # correlation of innovations with the error, of what is not strictly exogenous
BOUND = 0.5  # correlation of its entities' effects with those of the outcome


def told(model: Simulated) -> Iterator[str]:
    """What `parts` assumes, in sentences."""
    yield "Rows and entities are as many as printed; every entity ends in the last period."
    width = (
        "as wide as the printed standard error needs it (standard deviation of the errors / printed standard "
        "error / root of the rows), else of variance 1"
    )
    if not has_effects(model):
        yield f"Regressors are drawn, each by itself: mean 0, independent from row to row, {width}."
        yield "Errors have the standard deviation 1 where nothing else is given; only ratios to it matter."
        return
    yield (
        f"Regressors are drawn, each by itself: mean 0, autocorrelation {PERSISTENCE}, half of the variance "
        f"between entities, and {width} within entities. Those that are not strictly exogenous have a "
        f"correlation of {FEEDBACK} with the error and of {BOUND} with the outcome's effects."
    )
    yield "Errors and effects have one size where nothing else is given; only their ratio matters."


def all_drawn(equation: Equation, sheet: Sheet) -> Equation:
    """The equation with its strictly exogenous regressors drawn too, as there are no data to keep."""
    dummies = tuple(one for one in equation.fixed if one[0] in sheet.dummies)
    return replace(equation, fixed=dummies, drawn=(*equation.drawn, *_free(equation, sheet)))


def _free(equation: Equation, sheet: Sheet) -> Iterator[Drawn]:
    columns = dict.fromkeys(column for _, column, _ in equation.fixed if column not in sheet.dummies)
    for name in columns:
        lags = tuple((term, lag) for term, column, lag in equation.fixed if column == name)
        yield Drawn(name, "exogenous", lags, "")


def parts(
    model: Simulated, sheet: Sheet, equation: Equation, truths: Mapping[str, Truth], n_obs: int, asked: Asked
) -> Parts:
    """
    As `told` says.

    equation : of `all_drawn`
    n_obs : rows as printed
    """
    error = 1.0 if asked.error_sd is None else asked.error_sd
    spreads = asked.over(Spreads(error, error if has_effects(model) else 0.0), sheet)
    motions = tuple(_motion(model, one, truths, error, n_obs) for one in equation.drawn)
    correlations = tuple(0.0 if one.kind == "exogenous" else FEEDBACK for one in equation.drawn)
    left = [move.innovation**2 * (1 - r**2) for move, r in zip(motions, correlations, strict=True)]
    levels = tuple(np.zeros(layout(sheet).shape) for _ in equation.drawn)
    return Parts(
        spreads, levels, motions, correlations, _effects(spreads, motions, correlations), np.diag(left)
    )


def _motion(model: Simulated, one: Drawn, truths: Mapping[str, Truth], error: float, n_obs: int) -> Motion:
    printed = truths[one.terms[0][0]].printed_std_error
    sd = error / (printed * n_obs**0.5) if printed else 1.0
    if not has_effects(model):
        return Motion(0.0, sd, 0.0)
    return Motion(PERSISTENCE, sd * (1 - PERSISTENCE**2) ** 0.5, sd)


def _effects(spreads: Spreads, motions: Sequence[Motion], correlations: Sequence[float]) -> Array:
    """With more than four bound ones no covariance has all these correlations; they are then smaller."""
    sizes = np.array([spreads.effect, *(move.effect for move in motions)])
    bound = min(BOUND, 0.99 / max(sum(r > 0 for r in correlations), 1) ** 0.5)
    found = np.eye(len(sizes))
    found[0, 1:] = found[1:, 0] = [bound if r > 0 else 0.0 for r in correlations]
    return found * np.outer(sizes, sizes)
