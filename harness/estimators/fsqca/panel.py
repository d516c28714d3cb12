"""Pooled, between-period and within-unit fit of a set relation in panel data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.estimators.fsqca.data import Array
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import ratio

_NOTHING = 1e-10  # SetMethods adds it above and below, so that a period without members counts as consistent


@dataclass(frozen=True)
class Spread:
    """
    A parameter of fit, pooled and by groups.

    Attributes:
        pooled: over all cases
        groups: names, sorted
        by_group: (g,) the parameter over the cases of each group; 1 where the divisor is zero
        distance: Euclidean distance of the groups' shares from equal shares, sqrt(Σ (c_g / Σ c - 1/G)^2); 0
            where all groups have the same value
    """

    pooled: float
    groups: tuple[str, ...]
    by_group: Array
    distance: float


@dataclass(frozen=True)
class PanelFit:
    """
    Consistency and coverage of one set relation in a panel (Garcia-Castro & Arino 2016).

    Attributes:
        consistency_between, coverage_between: by period, over its units
        consistency_within, coverage_within: by unit, over its periods
    """

    consistency_between: Spread
    consistency_within: Spread
    coverage_between: Spread
    coverage_within: Spread


def panel_fit(
    x: Array,
    y: Array,
    units: Sequence[Any],
    periods: Sequence[Any],
    relation: str = "sufficiency",
    parity: bool = False,
) -> PanelFit:
    """
    How evenly a relation between two sets holds over periods and over units.

    Between consistency of period t is Σ_i min(x_it, y_it) / Σ_i x_it, within consistency of unit i the same
    over its periods, pooled consistency over everything (Garcia-Castro & Arino 2016); for necessity the
    divisor is y. Coverage has the other divisor.

    x, y : (n,) memberships in the set (a condition, a term, a model) and in the outcome
    units, periods : (n,) names; a unit and a period meet at most once
    relation : sufficiency or necessity
    parity : add 1e-10 above and below every ratio, and to the divisor of the distance, as R's SetMethods does
    Raises FsqcaError for lengths that differ, a doubled pair, or another relation.
    """
    _check(x, y, units, periods, relation)
    both = np.minimum(x, y)
    first, second = (x, y) if relation == "sufficiency" else (y, x)
    little = _NOTHING if parity else 0.0
    return PanelFit(
        _spread(both, first, periods, little),
        _spread(both, first, units, little),
        _spread(both, second, periods, little),
        _spread(both, second, units, little),
    )


def _check(x: Array, y: Array, units: Sequence[Any], periods: Sequence[Any], relation: str) -> None:
    if relation not in ("sufficiency", "necessity"):
        raise FsqcaError(f"relation is '{relation}'; write sufficiency or necessity.")
    if not len(x) == len(y) == len(units) == len(periods):
        raise FsqcaError(
            f"The set has {len(x)} values, the outcome {len(y)}, units {len(units)}, periods {len(periods)}; "
            "give one of each for every case."
        )
    pairs = list(zip(map(str, units), map(str, periods), strict=True))
    if len(set(pairs)) < len(pairs):
        unit, period = next(pair for pair in pairs if pairs.count(pair) > 1)
        raise FsqcaError(f"Unit {unit} occurs twice in period {period}; keep one row of them.")


def _spread(both: Array, divisor: Array, groups: Sequence[Any], little: float) -> Spread:
    names, group = np.unique(np.array([str(name) for name in groups]), return_inverse=True)
    above = np.bincount(group, both, len(names)).astype(np.float64) + little
    below = np.bincount(group, divisor, len(names)).astype(np.float64) + little
    by_group = np.where(below == 0, 1.0, ratio(above, below))
    shares = ratio(by_group, by_group.sum() + little)
    distance = float(np.sqrt(((shares - 1 / len(names)) ** 2).sum()))
    pooled = float(ratio(both.sum() + little, divisor.sum() + little))
    return Spread(pooled, tuple(map(str, names)), by_group, distance)
