"""Parameters of fit of a set, or of many at once, against an outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sufficiency:
    """
    How far X is a subset of Y (Ragin 2008, ch. 3; Schneider & Wagemann 2012, ch. 9).

    Attributes:
        inclusion: Σ min(x, y) / Σ x, "consistency"
        pri: (Σ min(x, y) - Σ min(x, y, 1-y)) / (Σ x - Σ min(x, y, 1-y)), proportional reduction in
            inconsistency
        coverage: Σ min(x, y) / Σ y
    NaN where the divisor is zero.
    """

    inclusion: float
    pri: float
    coverage: float


@dataclass(frozen=True)
class Necessity:
    """
    How far X is a superset of Y (Ragin 2008, ch. 3; Schneider & Wagemann 2012, ch. 9).

    Attributes:
        inclusion: Σ min(x, y) / Σ y
        ron: Σ (1 - x) / Σ (1 - min(x, y)), relevance of necessity
        coverage: Σ min(x, y) / Σ x
    NaN where the divisor is zero.
    """

    inclusion: float
    ron: float
    coverage: float


def sufficiency(x: Array, y: Array) -> Sufficiency:
    """
    Parameters of fit of X as a sufficient set for Y.

    x, y : (n,) memberships
    """
    both, x_sum, both_not = sums(x[None], y)
    y_sum = y.sum()
    return Sufficiency(
        float(ratio(both, x_sum)[0]),
        float(ratio(both - both_not, x_sum - both_not)[0]),
        float(ratio(both, y_sum)[0]),
    )


def necessity_fit(x: Array, y: Array) -> Necessity:
    """
    Parameters of fit of X as a necessary set for Y.

    x, y : (n,) memberships
    """
    both = np.minimum(x, y)
    return Necessity(
        float(ratio(both.sum(), y.sum())),
        float(ratio((1 - x).sum(), (1 - both).sum())),
        float(ratio(both.sum(), x.sum())),
    )


def sums(X: Array, y: Array) -> tuple[Array, Array, Array]:
    """
    Σ min(x, y), Σ x and Σ min(x, y, 1-y) for every row of X.

    X : (m, n); y : (n,)
    Returns three (m,).
    """
    x_sum = X.sum(axis=1)
    both = np.minimum(X, y)
    return both.sum(axis=1), x_sum, np.minimum(both, 1 - y).sum(axis=1)


def ratio(above: Array | float, below: Array | float) -> Array:
    """above / below, NaN where *below* is zero."""
    below = np.asarray(below, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below == 0, np.nan, np.divide(above, below)), dtype=np.float64)
