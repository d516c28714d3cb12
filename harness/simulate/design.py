"""The process that the panels of a column are drawn from, put together of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.estimators.dpd.grid import Grid
from harness.estimators.simulated_panel import Process, Regressor
from harness.recovery import Truth
from harness.sheet import Sheet
from harness.simulate import calibration as calibrate
from harness.simulate.calibration import Motion, Spreads
from harness.simulate.equation import Drawn, Equation, Simulated
from harness.simulate.layout import filled, layout, spread, used
from harness.simulate.recipe import Written
from harness.simulate.truth import refuse_explosive
from harness.spec import DynamicPanel, StaticPanel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """
    What the command line fixes.

    Attributes:
        error_sd, effect_sd: None where they are to be found
    """

    error_sd: float | None = None
    effect_sd: float | None = None

    def over(self, found: Spreads, sheet: Sheet) -> Spreads:
        """*found*, what is asked for put in its place. Raises UsageError for effects of no entities."""
        if self.effect_sd and sheet.entity is None:
            raise UsageError("--effect-sd: the data are no panel, so that no entities can have effects")
        return Spreads(
            found.error if self.error_sd is None else self.error_sd,
            found.effect if self.effect_sd is None else self.effect_sd,
        )


@dataclass(frozen=True)
class Parts:
    """
    What is neither printed nor in the data's own rows.

    Attributes:
        spreads: of errors and effects
        levels: of each drawn regressor, (n, t)
        motions: of each
        correlations: of each one's innovations with the error
        effects: (1 + k, 1 + k) covariance
        innovations: (k, k) covariance of what the error leaves of them
    """

    spreads: Spreads
    levels: tuple[Array, ...]
    motions: tuple[Motion, ...]
    correlations: tuple[float, ...]
    effects: Array
    innovations: Array


@dataclass(frozen=True)
class Design:
    """
    What panels are drawn from.

    Attributes:
        cell: (n_rows,) places of the sheet's rows on the grid of the process
        equation: with the terms that are drawn
        written: the columns of the sheet that are drawn over
    """

    sheet: Sheet
    equation: Equation
    parts: Parts
    cell: NDArray[np.int64]
    process: Process
    written: tuple[Written, ...]

    def sizes(self) -> dict[str, float]:
        """Name to number: how large the panels are."""
        where = layout(self.sheet)
        there = ~np.isnan(spread(self.sheet, where, self.equation.outcome)) & used(self.sheet, where)
        counts = there.sum(axis=1)
        found: dict[str, float] = {"rows": int(counts.sum())}
        if self.sheet.entity is not None:
            found |= {
                "entities": int((counts > 0).sum()),
                "periods": where.n_periods,
                "fewest rows of an entity": int(counts[counts > 0].min()),
                "most rows of an entity": int(counts.max()),
                "gaps": sum(_gaps(row) for row in there),
            }
        return found


def _gaps(row: NDArray[np.bool_]) -> int:
    """Periods without a row between an entity's first and last."""
    at = np.flatnonzero(row)
    return int(at[-1] - at[0] + 1 - len(at)) if len(at) else 0


def design(
    model: Simulated, sheet: Sheet, equation: Equation, truths: Mapping[str, Truth], parts: Parts
) -> Design:
    """Raises UsageError where the process would explode."""
    where = layout(sheet)
    process = Process(
        autoregression=refuse_explosive(equation.own, truths),
        systematic=_systematic(model, sheet, equation, where, truths),
        error_sd=parts.spreads.error,
        effects=parts.effects,
        regressors=tuple(_regressor(one, j, truths, parts) for j, one in enumerate(equation.drawn)),
        innovations=parts.innovations,
        reach=max(lag for _, lag in equation.outcome_columns),
        centred=_weights(model, sheet, equation, where),
    )
    return Design(sheet, equation, parts, where.cell, process, _written(equation))


def has_effects(model: Simulated) -> bool:
    """Whether the model has entity effects."""
    return isinstance(model, DynamicPanel) or (isinstance(model, StaticPanel) and model.estimator != "pooled")


def _regressor(one: Drawn, j: int, truths: Mapping[str, Truth], parts: Parts) -> Regressor:
    by_lag = {lag: truths[term].value for term, lag in one.terms}
    move, error = parts.motions[j], parts.spreads.error
    return Regressor(
        slopes=tuple(by_lag.get(lag, 0.0) for lag in range(max(by_lag) + 1)),
        level=parts.levels[j],
        persistence=move.persistence,
        feedback=parts.correlations[j] * move.innovation / error if error > 0 else 0.0,
        delay=int(one.kind == "predetermined"),
    )


def _systematic(
    model: Simulated, sheet: Sheet, equation: Equation, where: Grid, truths: Mapping[str, Truth]
) -> Array:
    """(n, t) what fixed terms and the constant add to the outcome."""
    total = np.zeros(where.shape)
    for name, column, lag in equation.fixed:
        total += truths[name].value * filled(spread(sheet, where, column, lag))
    if equation.has_constant:
        total += truths["constant"].value * _constant(model, where)
    elif _absorbs(model):
        total += _mean_left(sheet, equation, where, truths)
    return total


def _constant(model: Simulated, where: Grid) -> Array:
    """(t,) The constant of an equation in differences is a drift in levels."""
    if isinstance(model, StaticPanel) and model.estimator == "first-difference":
        return np.arange(where.n_periods, dtype=np.float64)
    return np.ones(where.n_periods)


def _absorbs(model: Simulated) -> bool:
    """Whether the level of the outcome is removed with the effects, so that no constant tells it."""
    if isinstance(model, DynamicPanel):
        return model.estimator == "difference"
    return isinstance(model, StaticPanel) and model.estimator in ("within", "first-difference")


def _mean_left(sheet: Sheet, equation: Equation, where: Grid, truths: Mapping[str, Truth]) -> float:
    values = {term: truth.value for term, truth in truths.items()}
    return float(np.nanmean(calibrate.residuals(equation, sheet, where, values)))


def _weights(model: Simulated, sheet: Sheet, equation: Equation, where: Grid) -> Array | None:
    """Rows of each entity, where the constant is the mean of the entities' effects in the rows."""
    if not (isinstance(model, StaticPanel) and model.estimator == "within" and equation.has_constant):
        return None
    return np.asarray(used(sheet, where).sum(axis=1), dtype=np.float64)


def _written(equation: Equation) -> tuple[Written, ...]:
    own = [Written(column, None, lag) for column, lag in equation.outcome_columns]
    return (*own, *(Written(one.column, j) for j, one in enumerate(equation.drawn)))
