"""What a column's own data tell of variances, persistence and the reach of errors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.sheet import Sheet
from harness.simulate import calibration as calibrate
from harness.simulate.design import Asked, Parts, has_effects
from harness.simulate.equation import Equation, Simulated, instrument_columns
from harness.simulate.layout import filled, layout, spread
from harness.spec import DynamicPanel, StaticPanel

Array = NDArray[np.float64]


def parts(
    model: Simulated, sheet: Sheet, equation: Equation, fitted: Mapping[str, float], asked: Asked
) -> Parts:
    """
    From the residuals of a fit and the movements of the regressors that are to be drawn.

    fitted : term to coefficient; a term that is not there, as it was dropped, counts as 0
    """
    where = layout(sheet)
    known = {term: fitted.get(term, 0.0) for term in equation.terms}
    residual = calibrate.residuals(equation, sheet, where, known)
    if isinstance(model, StaticPanel) and "time" in model.effects:
        residual = residual - _period_means(residual)
    spreads = asked.over(calibrate.spreads(residual, len(known), has_effects(model)), sheet)
    values = [spread(sheet, where, one.column) for one in equation.drawn]
    beside = [filled(spread(sheet, where, name)) for name in _kept(model, sheet, equation)] if values else []
    levels = tuple(calibrate.level(one, beside, by_period=where.n_periods > 1) for one in values)
    deviations = [one - level for one, level in zip(values, levels, strict=True)]
    motions = tuple(calibrate.motion(one, has_effects(model)) for one in deviations)
    errors = residual - calibrate.entity_means(residual) if has_effects(model) else residual
    reach = calibrate.feedback(errors, deviations, equation.drawn, motions)
    effects = calibrate.effects(residual, deviations, [spreads.effect, *(move.effect for move in motions)])
    return Parts(spreads, levels, motions, reach.correlations, effects, reach.innovations)


def _period_means(values: Array) -> Array:
    counts = (~np.isnan(values)).sum(axis=0)
    return np.asarray(np.nansum(values, axis=0) / np.maximum(counts, 1))


def _kept(model: Simulated, sheet: Sheet, equation: Equation) -> list[str]:
    """Columns that keep the data's values: strictly exogenous regressors, and instruments besides them."""
    changed = {*(name for name, _ in equation.outcome_columns), *(one.column for one in equation.drawn)}
    named = [column for _, column, _ in equation.fixed]
    named += instrument_columns(model) if isinstance(model, DynamicPanel) else sheet.instruments
    return [name for name in dict.fromkeys(named) if name not in changed]
