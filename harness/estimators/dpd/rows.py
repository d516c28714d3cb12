"""The rows of the transformed equation and of the level equation, stacked entity by entity."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np

from harness.estimators.dpd.grid import Array, Mask, Variable, at_lag
from harness.estimators.dpd.model import DpdError, Iv, Model

Variables = Mapping[str, Variable]
Transform = Callable[[Array, slice], Array]


@dataclass(frozen=True)
class Differences:
    """First differences: the row of period t is x_t - x_(t-1)."""

    def __call__(self, level: Array, rows: slice) -> Array:
        """(n, t) levels to the (n, rows) of the given periods; only used rows have a meaning."""
        return level[:, rows] - level[:, rows.start - 1 : rows.stop - 1]


@dataclass(frozen=True)
class Deviations:
    """
    Forward orthogonal deviations (Arellano and Bover 1995), right with gaps.

    With m complete observations after period t, x_t less their mean, times sqrt(m / (m + 1)). The row is
    kept at period t+1, so that the same lags are instruments as in differences (Roodman 2009); eq. 5.

    Attributes:
        complete: (n, t), observations that enter the means
    """

    complete: Mask

    @cached_property
    def later(self) -> Array:
        """(n, t), m of each period."""
        return _sum_of_later(self.complete.astype(np.float64))

    @cached_property
    def factor(self) -> Array:
        """(n, t), sqrt(m / (m + 1))."""
        return np.sqrt(self.later / (self.later + 1))

    def __call__(self, level: Array, rows: slice) -> Array:
        """(n, t) levels to the (n, rows) of the given periods; only used rows have a meaning."""
        mean = _sum_of_later(level * self.complete) / np.maximum(self.later, 1)
        moved: Array = (self.factor * (level - mean))[:, rows.start - 1 : rows.stop - 1]
        return moved

    def of(self, entities: slice) -> "Deviations":
        """The same for some of the entities."""
        return Deviations(self.complete[entities])


def _sum_of_later(values: Array) -> Array:
    """(n, t), sums over all later periods."""
    total = np.zeros_like(values)
    total[:, :-1] = np.cumsum(values[:, :0:-1], axis=1)[:, ::-1]
    return total


@dataclass(frozen=True)
class Rows:
    """
    y = X b in all rows: those of the transformed equation first, those in levels after them.

    Rows that are not used are zero everywhere.

    Attributes:
        terms: (k,) names of the regressors
        Xy: (n, r, k+1), regressors with the outcome as last column, each row times its weight
        used: (n, r)
        weight: (n, r), or None where all are one
        difference: periods of the transformed rows
        level: periods of the rows in levels; empty in a difference estimator
        transform: (n, t) levels to transformed rows
        n_periods: t of the grid
    """

    terms: tuple[str, ...]
    Xy: Array
    used: Mask
    weight: Array | None
    difference: slice
    level: slice
    transform: Transform
    n_periods: int

    @property
    def n_difference(self) -> int:
        return int(self.difference.stop - self.difference.start)

    @property
    def n_level(self) -> int:
        return int(self.level.stop - self.level.start)

    def residual(self, estimate: Array) -> Array:
        """(n, r), y - X b, times the weight. estimate : (k,)."""
        n, r, k1 = self.Xy.shape
        return np.asarray(self.Xy.reshape(n * r, k1) @ np.append(-estimate, 1.0)).reshape(n, r)

    def without(self, terms: set[str]) -> "Rows":
        """The same equation without some of its regressors; no row is won back."""
        kept = [place for place, name in enumerate(self.terms) if name not in terms]
        names = tuple(self.terms[place] for place in kept)
        return replace(self, terms=names, Xy=np.ascontiguousarray(self.Xy[:, :, [*kept, len(self.terms)]]))


@dataclass(frozen=True)
class Usable:
    """
    Which observations are complete.

    Attributes:
        complete: (n, t), outcome and regressors are there
        sampled: (n, t), the data have the row, and it belongs to the sample
        difference, level: (n, t), usable rows of the two equations, by the period at which they are kept
        deviations: what transforms, for orthogonal deviations
    """

    complete: Mask
    sampled: Mask
    difference: Mask
    level: Mask
    deviations: Deviations | None


def usable(model: Model, variables: Variables, sampled: Mask) -> Usable:
    """Finds the rows of both equations. *sampled* : (n, t)."""
    complete = complete_rows(model, variables)
    own = {name: _present(variables, group.variables) for name, group in model.iv.items()}
    in_difference = _all(own[name] for name in _of_equation(model, "difference"))
    in_level = _all(own[name] for name in _of_equation(model, "level"))
    if model.is_orthogonal:
        entering = _and(complete, _all(own.values()))
        deviations = Deviations(entering)
        at_t = _and(complete & sampled & (deviations.later > 0), in_difference)
        difference = at_lag(at_t, 1)
    else:
        deviations = None
        at_t = _and(complete, in_difference)
        difference = at_t & at_lag(at_t, 1) & sampled
    level = _and(complete & sampled, in_level)
    if not model.is_system:
        level = np.zeros_like(level)
    return Usable(complete, sampled, difference, level, deviations)


def complete_rows(model: Model, variables: Variables) -> Mask:
    """(n, t), where outcome and regressors are there."""
    return _present(variables, ((model.outcome, 0), *model.regressors))


def _present(variables: Variables, lagged: tuple[tuple[str, int], ...]) -> Mask:
    return reduce(np.logical_and, (at_lag(variables[name].present, lag) for name, lag in lagged))


def _of_equation(model: Model, equation: str) -> Iterator[str]:
    return (name for name, group in model.iv.items() if _is_in(model, group, equation))


def _is_in(model: Model, group: Iv, equation: str) -> bool:
    return model.equation(group) in ("both", equation)


def _all(masks: Iterable[Mask]) -> Mask | None:
    found = list(masks)
    return reduce(np.logical_and, found) if found else None


def _and(mask: Mask, other: Mask | None) -> Mask:
    return mask if other is None else mask & other


def stacked(model: Model, variables: Variables, rows: Usable, weight: Array | None) -> Rows:
    """
    The stacked rows of both equations.

    weight : (n, t), as given; rows at t have the weight of t
    Raises DpdError where an equation has no row.
    """
    _check_rows(model, rows)
    difference, level = _span(rows.difference), _span(rows.level)
    transform = rows.deviations or Differences()
    used = np.hstack([rows.difference[:, difference], rows.level[:, level]])
    Xy = np.zeros((*used.shape, len(model.terms) + 1))
    _fill(Xy, model, variables, transform, difference, level)
    own = None
    if weight is not None:  # a deviation is kept one period late; its weight is that of its own period
        late = weight if rows.deviations is None else at_lag(weight, 1)
        own = np.hstack([late[:, difference], weight[:, level]])
    Xy *= (used if own is None else np.where(used, own, 0.0))[:, :, None]
    return Rows(model.terms, Xy, used, own, difference, level, transform, rows.complete.shape[1])


def _fill(
    Xy: Array, model: Model, variables: Variables, transform: Transform, difference: slice, level: slice
) -> None:
    width = difference.stop - difference.start
    lagged = [*model.regressors, (model.outcome, 0)]
    places = [*range(len(model.regressors)), len(model.terms)]
    for place, (name, lag) in zip(places, lagged, strict=True):
        values = at_lag(variables[name].value, lag)
        Xy[:, :width, place] = transform(values, difference)
        Xy[:, width:, place] = values[:, level]
    if model.has_constant:
        Xy[:, width:, len(model.regressors)] = 1.0


def _span(mask: Mask) -> slice:
    """From the first to the last period that has a row."""
    found = np.flatnonzero(mask.any(axis=0))
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(1, 1)


def _check_rows(model: Model, rows: Usable) -> None:
    if rows.difference.any():
        return
    deepest = max([lag for _, lag in model.regressors], default=0)
    n, t = rows.complete.shape
    raise DpdError(
        f"no transformed row is complete: lag {deepest} and a difference need {deepest + 2} consecutive "
        f"periods of one entity; the data have {n} entities over {t} periods with "
        f"{int(rows.complete.sum())} complete rows in levels"
    )


def differenced(model: Model, variables: Variables, rows: Usable, weight: Array | None) -> Rows | None:
    """
    First differences alone, for the test of serial correlation after orthogonal deviations.

    Instruments do not matter here: a row is used where outcome and regressors have a difference.
    Returns None where there is no such row.
    """
    mask = rows.complete & at_lag(rows.complete, 1) & rows.sampled
    if not mask.any():
        return None
    plain = replace(rows, difference=mask, level=np.zeros_like(mask), deviations=None)
    return stacked(model, variables, plain, weight)
