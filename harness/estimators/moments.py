"""Counts and specification tests of a dynamic-panel GMM fit, from its matrices and residuals."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Stack:
    """
    The rows of all groups, stacked alike: g groups, r rows a group, j instruments, k regressors.

    Rows of the transformed (differenced) equation come first, rows in levels after them. Rows that are not
    used are zero everywhere.

    Attributes:
        Z: (g, r, j)
        X: (g, r, k)
        used: (g, r), whether a row is in the estimation
        n_difference: number of rows a group that are differenced, so row n_difference is the first in levels
    """

    Z: Array
    X: Array
    used: Mask
    n_difference: int

    @property
    def difference(self) -> Mask:
        """(g, n_difference), used rows of the transformed equation."""
        return self.used[:, : self.n_difference]

    @property
    def equation(self) -> Mask:
        """(g, ...), used rows that count as observations: those in levels, without them the differenced."""
        in_levels = self.used[:, self.n_difference :]
        return in_levels if in_levels.shape[1] else self.difference


class Counts(NamedTuple):
    """
    Observations and groups as different programs count them.

    Attributes:
        equation: rows in levels in a system, else differenced rows (xtabond2)
        difference: differenced rows (pydynpd)
        both: differenced rows and rows in levels (plm)
        gretl: rows in levels of the groups that have a difference; without levels the differenced rows
        groups: groups with a row of `equation`
        t_min, t_avg, t_max: rows of `equation` a group, over these groups
    """

    equation: int
    difference: int
    both: int
    gretl: int
    groups: int
    t_min: int
    t_avg: float
    t_max: int


def counts(stack: Stack) -> Counts:
    """All counts of rows. Raises ValueError where no row is used."""
    rows = stack.equation.sum(axis=1)
    present = rows[rows > 0]
    if len(present) == 0:
        raise ValueError("no row has all variables and lags")
    differenced = stack.difference.sum(axis=1)
    return Counts(
        equation=int(rows.sum()),
        difference=int(differenced.sum()),
        both=int(stack.used.sum()),
        gretl=int(rows[differenced > 0].sum()),
        groups=len(present),
        t_min=int(present.min()),
        t_avg=float(present.mean()),
        t_max=int(present.max()),
    )


def rank(first_step: Array) -> int:
    """
    Number of instruments that are neither zero nor collinear: the rank of the first-step matrix.

    first_step : (j, j), sum of Z'HZ; brought to unit diagonal, so that units of measurement decide nothing
    """
    scale = np.sqrt(np.diag(first_step))
    alive = scale > 0
    matrix = first_step[np.ix_(alive, alive)] / np.outer(scale[alive], scale[alive])
    return int(np.linalg.matrix_rank(matrix, hermitian=True, tol=1e-10 * len(matrix)))


def scores(stack: Stack, residual: Array) -> Array:
    """Z'e group by group, (g, j). residual : (g, r)."""
    return np.asarray(np.einsum("grj,gr->gj", stack.Z, residual))


class Sargan(NamedTuple):
    """
    The one-step criterion over sigma², under each program's sigma².

    Attributes:
        xtabond2: sigma² = SSR / 2 / differenced rows (xtabond2 since 2.8.3)
        before: sigma² = SSR / 2 / rows of the equation (xtabond2 before 2.8.3)
        xtabond: sigma² = SSR / 2 / (differenced rows - k) (Stata's xtabond)
    """

    xtabond2: float
    before: float
    xtabond: float


def sargan(stack: Stack, residual: Array, weight: Array, orthogonal: bool = False) -> Sargan:
    """
    e'Z W Z'e / sigma² with the one-step residuals and weight; SSR is that of the transformed rows.

    residual : (g, r), of the first step
    weight : (j, j), inverse of the sum of Z'HZ
    orthogonal : forward orthogonal deviations keep the error's variance; differences double it
    """
    moments = scores(stack, residual).sum(axis=0)
    criterion = float(moments @ weight @ moments)
    ssr = float(np.sum(residual[:, : stack.n_difference][stack.difference] ** 2))
    variance = ssr / (1 if orthogonal else 2)
    rows = counts(stack)
    n, k = rows.difference, stack.X.shape[2]
    return Sargan(
        xtabond2=criterion / (variance / n),
        before=criterion / (variance / rows.equation),
        xtabond=criterion / (variance / (n - k)),
    )


def arellano_bond(
    order: int,
    differenced: Array,
    differenced_x: Array,
    group_scores: Array,
    influence: Array,
    covariance: Array,
) -> float:
    """
    The test of serial correlation of *order* in differenced residuals (Arellano and Bond 1991), robust.

    With w the residuals lagged by *order* (zero where there is none), summed over groups i:
    sum w_i'e_i / sqrt(sum (w_i'e_i)² - 2 (sum w_i'X_i) A (sum Z_i'e_i e_i'w_i) + (sum w_i'X_i) V (...)'),
    after Roodman (2009) on testing for autocorrelation: e in w'e and X in w'X are differenced, while Z'e
    holds all moments of the step that is reported, those in levels included.

    differenced : (g, t), rows one period apart, zero where not used
    differenced_x : (g, t, k)
    group_scores : (g, j), Z'e of the reported step
    influence : (k, j), A = (X'Z W Z'X)⁻¹ X'Z W of the reported step
    covariance : (k, k), V of the coefficients, as reported
    Returns NaN where the variance is not positive or no residual has a predecessor.
    """
    lagged = np.zeros_like(differenced)
    lagged[:, order:] = differenced[:, : differenced.shape[1] - order]
    products = np.sum(lagged * differenced, axis=1)
    wX = np.einsum("gt,gtk->k", lagged, differenced_x)
    cross = group_scores.T @ products
    variance = products @ products - 2 * wX @ influence @ cross + wX @ covariance @ wX
    defined = variance > 0 and bool(lagged.any())
    return float(products.sum() / np.sqrt(variance)) if defined else float("nan")
