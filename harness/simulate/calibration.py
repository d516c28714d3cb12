"""What is not printed and a panel needs all the same: variances, persistence, how errors reach regressors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Grid
from harness.sheet import Sheet
from harness.simulate.equation import Drawn, Equation
from harness.simulate.layout import later, spread, used

Array = NDArray[np.float64]
MOST_PERSISTENT = 0.98  # chosen, and said where it binds: at 1 a process has no variance to start with


@dataclass(frozen=True)
class Spreads:
    """
    Standard deviations of the errors and of the entities' effects.

    Attributes:
        error: of the errors
        effect: of the effects, 0 where the model has none
    """

    error: float
    effect: float


@dataclass(frozen=True)
class Motion:
    """
    How a drawn regressor moves about its level.

    Attributes:
        persistence: first-order autocorrelation of its deviations
        innovation: standard deviation of what is new in each period
        effect: standard deviation of its entities' effects
    """

    persistence: float
    innovation: float
    effect: float


def residuals(equation: Equation, sheet: Sheet, where: Grid, coefficients: Mapping[str, float]) -> Array:
    """(n, t) outcome less what the terms explain; NaN on rows that are not used."""
    explained = np.full(where.shape, coefficients.get("constant", 0.0))
    for name, lag in equation.own:
        explained = explained + coefficients[name] * _own_lag(equation, sheet, where, name, lag)
    for name, column, lag in equation.fixed:
        explained = explained + coefficients[name] * spread(sheet, where, column, lag)
    for one in equation.drawn:
        for name, lag in one.terms:
            explained = explained + coefficients[name] * spread(sheet, where, one.column, lag)
    return np.where(used(sheet, where), spread(sheet, where, equation.outcome) - explained, np.nan)


def _own_lag(equation: Equation, sheet: Sheet, where: Grid, name: str, lag: int) -> Array:
    """Static models have a column of the lag, with values from before the first row."""
    if name in dict(equation.outcome_columns):
        return spread(sheet, where, name)
    return spread(sheet, where, equation.outcome, lag)


def spreads(residual: Array, n_coefficients: int, has_effects: bool) -> Spreads:
    """
    Of the errors by residuals about their entity's mean; what the means vary beyond that is the effects'.

    residual : (n, t), NaN where there is none
    """
    counts = (~np.isnan(residual)).sum(axis=1)
    kept, n_rows = counts > 0, int(counts.sum())
    means = np.nansum(residual[kept], axis=1) / counts[kept]
    within = residual[kept] - means[:, None]
    df = n_rows - int(kept.sum()) - n_coefficients
    if not has_effects or df < 1:
        centred = residual - np.nansum(residual) / n_rows
        return Spreads(float(np.sqrt(np.nansum(centred**2) / max(n_rows - n_coefficients, 1))), 0.0)
    error = float(np.nansum(within**2)) / df
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    effect = max(between - error * float((1 / counts[kept]).mean()), 0.0)
    return Spreads(error**0.5, effect**0.5)


def level(values: Array, beside: Sequence[Array], by_period: bool) -> Array:
    """
    (n, t) least squares of *values* on *beside*, and on the periods where *by_period*.

    beside : (n, t) each, without gaps
    """
    n, t = values.shape
    periods = [np.broadcast_to(np.eye(t)[j], (n, t)) for j in range(t)] if by_period else [np.ones((n, t))]
    design = np.stack([*periods, *beside], axis=-1).reshape(n * t, -1)
    there = ~np.isnan(values.reshape(-1))
    found = np.linalg.lstsq(design[there], values.reshape(-1)[there], rcond=None)[0]
    fitted: Array = (design @ found).reshape(n, t)
    return fitted


def motion(deviation: Array, moves: bool) -> Motion:
    """
    Persistence and variances from the autocovariances at lags 0, 1 and 2.

    With an effect of variance c and deviations of variance w and persistence r they are c + w, c + r w and
    c + r^2 w, so that r = (g1 - g2) / (g0 - g1) and w = (g0 - g1) / (1 - r), however short the panel is. An r
    beyond MOST_PERSISTENT, as data with a trend have it, is taken down to it.

    deviation : (n, t) from the level, NaN where there is none
    moves : whether it may persist and have effects at all
    """
    g0 = float(np.nanmean(deviation**2))
    if not moves:
        return Motion(0.0, g0**0.5, 0.0)
    g1, g2 = (_autocovariance(deviation, lag) for lag in (1, 2))
    new = max(g0 - g1, 1e-12 * g0)
    r = min(max((g1 - g2) / new, 0.0), MOST_PERSISTENT)
    w = min(new / (1 - r), g0)
    return Motion(r, (w * (1 - r**2)) ** 0.5, max(g0 - w, 0.0) ** 0.5)


def _autocovariance(deviation: Array, lag: int) -> float:
    """Zero where no two values are so far apart."""
    product = deviation[:, lag:] * deviation[:, : deviation.shape[1] - lag]
    return float(np.nanmean(product)) if (~np.isnan(product)).any() else 0.0


def effects(residual: Array, deviations: Sequence[Array], sizes: Sequence[float]) -> Array:
    """
    (1 + k, 1 + k) covariance of the effects: *sizes*, correlated as the entities' means are.

    residual, deviations : (n, t) each
    sizes : standard deviations, that of the outcome's effect first
    """
    return _correlation([entity_means(one)[:, 0] for one in (residual, *deviations)]) * np.outer(sizes, sizes)


def entity_means(values: Array) -> Array:
    """(n, 1) means of what is there, NaN where an entity has nothing."""
    counts = (~np.isnan(values)).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(values, axis=1, keepdims=True) / np.where(counts > 0, counts, np.nan))


@dataclass(frozen=True)
class Feedback:
    """
    How the errors reach the drawn regressors.

    Attributes:
        correlations: (k,) of each regressor's innovations with the error
        innovations: (k, k) covariance of what the error leaves of the innovations
    """

    correlations: tuple[float, ...]
    innovations: Array


def feedback(
    errors: Array, deviations: Sequence[Array], drawn: Sequence[Drawn], moved: Sequence[Motion]
) -> Feedback:
    """
    Each regressor's innovations against the error that its treatment lets through.

    errors, deviations : (n, t) each, NaN where there is none
    """
    correlations, left = [], []
    for deviation, one, move in zip(deviations, drawn, moved, strict=True):
        new = _innovation(deviation, move)
        felt = later(errors, 1 if one.kind == "predetermined" else 0)
        both = ~np.isnan(new) & ~np.isnan(felt)
        new, felt = (np.where(both, values, np.nan) / (_size(values[both]) or 1.0) for values in (new, felt))
        correlations.append(float(np.nansum(new * felt)) / max(int(both.sum()), 1))
        left.append(new - correlations[-1] * felt)
    sizes = [m.innovation * (1 - r**2) ** 0.5 for m, r in zip(moved, correlations, strict=True)]
    return Feedback(tuple(correlations), _correlation(left) * np.outer(sizes, sizes))


def _innovation(deviation: Array, move: Motion) -> Array:
    """What is new in each period, about the entity's mean where entities have one of their own."""
    about = deviation - entity_means(deviation) if move.effect > 0 else deviation
    return about - move.persistence * later(about, 1) if move.persistence > 0 else about


def _size(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0


def _correlation(series: Sequence[Array]) -> Array:
    """(k, k) of what all of *series* have; no correlation where one of them does not vary."""
    if not series:
        return np.zeros((0, 0))
    there = np.isfinite(series).all(axis=0)
    if there.sum() < 3:
        return np.eye(len(series))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.nan_to_num(np.atleast_2d(np.corrcoef([one[there] for one in series])), nan=0.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
