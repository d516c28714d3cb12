"""Specification tests of static panels, from residuals and from pairs of estimates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.estimators.inference import chi2_p, f_p

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


class Statistic(NamedTuple):
    """A statistic with its degrees of freedom; `df2` is None where it is chi-squared."""

    statistic: float
    df: int
    df2: int | None
    p_value: float


def _chi2(statistic: float, df: int) -> Statistic:
    return Statistic(statistic, df, None, chi2_p(statistic, df))


def hausman(first: Array, second: Array, variance: Array) -> Statistic:
    """
    d'V⁻¹d with d = first - second (Hausman 1978), chi-squared with len(d) degrees of freedom.

    variance : (k, k), of the difference: V(first) - V(second) where the second is efficient,
        V(first) + V(second) where the two are uncorrelated (within and between; Baltagi 2013, sec. 4.3)
    """
    difference = first - second
    return _chi2(float(difference @ np.linalg.solve(variance, difference)), len(difference))


class _Moments(NamedTuple):
    n_obs: int
    n_groups: int
    squared_sizes: int  # sum of T_i²
    a: float  # 1 - sum of squared group sums / sum of squares
    b: float  # first autocorrelation, denominator over t = 2..T


def _moments(residual: Array, entity: Codes) -> _Moments:
    codes, positions = np.unique(entity, return_inverse=True)
    sizes = np.bincount(positions)
    sums = np.bincount(positions, weights=residual)
    same = entity[1:] == entity[:-1]
    lagged = float(np.sum(residual[1:][same] * residual[:-1][same]))
    later = float(np.sum(residual[1:][same] ** 2))
    return _Moments(
        n_obs=len(residual),
        n_groups=len(codes),
        squared_sizes=int(sizes @ sizes),
        a=1 - float(sums @ sums) / float(residual @ residual),
        b=lagged / later,
    )


def breusch_pagan_lm(residual: Array, entity: Codes) -> Statistic:
    """
    LM test of entity effects (Breusch and Pagan 1980; unbalanced: Baltagi and Li 1990).

    residual : (n,) of pooled least squares
    """
    m = _moments(residual, entity)
    return _chi2(m.n_obs**2 * m.a**2 / (2 * (m.squared_sizes - m.n_obs)), 1)


def lm_rho(residual: Array, entity: Codes) -> Statistic:
    """
    LM test of AR(1) errors, no random effects assumed (Baltagi 2013, sec. 5.2.7).

    residual : (n,) of pooled least squares, sorted by entity and time
    The autocorrelation's denominator sums over t = 2..T: this reproduces the book's 143.523 on Grunfeld.
    """
    m = _moments(residual, entity)
    return _chi2(m.n_obs**2 * m.b**2 / (m.n_obs - m.n_groups), 1)


def lm_star_mu(residual: Array, entity: Codes) -> Statistic:
    """Two-sided LM test of random effects robust to local AR(1) (Sosa-Escudero and Bera 2008)."""
    m = _moments(residual, entity)
    return _chi2(m.n_obs**2 * (m.a + 2 * m.b) ** 2 / (2 * _spread(m)), 1)


def lm_star_rho(residual: Array, entity: Codes) -> Statistic:
    """LM test of AR(1) robust to local random effects (Sosa-Escudero and Bera 2008)."""
    m = _moments(residual, entity)
    pairs, lags = m.squared_sizes - m.n_obs, m.n_obs - m.n_groups
    combined = m.b + lags / pairs * m.a
    return _chi2(combined**2 * pairs * m.n_obs**2 / (lags * _spread(m)), 1)


def lm_joint(residual: Array, entity: Codes) -> Statistic:
    """Joint LM test of random effects and AR(1), 2 degrees of freedom (Baltagi and Li 1991)."""
    return _chi2(lm_star_mu(residual, entity).statistic + lm_rho(residual, entity).statistic, 2)


def _spread(m: _Moments) -> int:
    return m.squared_sizes - 3 * m.n_obs + 2 * m.n_groups


def poolability(ssr: float, df: int, ssr_groups: Sequence[float], df_groups: Sequence[int]) -> Statistic:
    """
    F test of one equation for all against one equation a group (Chow 1960; Baltagi 2013, sec. 4.1).

    ssr, df : residual sum of squares and residual degrees of freedom of the restricted equation
    ssr_groups, df_groups : the same of each group's own equation
    Raises ValueError where a group has no residual degree of freedom left over.
    """
    free, df2 = float(sum(ssr_groups)), sum(df_groups)
    if df2 <= 0 or min(df_groups) < 0:
        raise ValueError("a group has fewer rows than coefficients: its own equation cannot be estimated")
    statistic = (ssr - free) / (df - df2) / (free / df2)
    return Statistic(statistic, df - df2, df2, f_p(statistic, df - df2, df2))
