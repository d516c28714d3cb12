"""From an estimate and its covariance to statistics, p-values, intervals and joint tests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inference:
    """
    One row a coefficient.

    Attributes:
        estimate, std_error, statistic: (k,)
        p_value: (k,) two-sided
        ci_low, ci_high: (k,)
    """

    estimate: Array
    std_error: Array
    statistic: Array
    p_value: Array
    ci_low: Array
    ci_high: Array


def infer(estimate: Array, covariance: Array, df: float | None = None, ci_level: float = 0.95) -> Inference:
    """
    Statistics, p-values and confidence intervals, coefficient by coefficient.

    estimate : (k,)
    covariance : (k, k)
    df : degrees of freedom of Student's t; None is the normal distribution
    A coefficient without a variance (zero or negative) has NaN beside its estimate.
    """
    variance = np.diag(covariance)
    std_error = np.sqrt(np.where(variance > 0, variance, np.nan))
    distribution = _distribution(df)
    statistic = estimate / std_error
    reach = float(distribution.ppf(0.5 + ci_level / 2)) * std_error
    return Inference(
        estimate=estimate,
        std_error=std_error,
        statistic=statistic,
        p_value=2 * distribution.sf(np.abs(statistic)),
        ci_low=estimate - reach,
        ci_high=estimate + reach,
    )


def _distribution(df: float | None) -> Any:
    return stats.norm if df is None else stats.t(df)


def wald(estimate: Array, covariance: Array) -> float | None:
    """
    b'V⁻¹b for the hypothesis that all of *estimate* is zero: chi-squared, len(estimate) degrees of freedom.

    None where V is singular, as with fewer clusters than coefficients. V is brought to unit diagonal first,
    so that the units of the regressors decide nothing.
    """
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    correlation = covariance / np.outer(scale, scale)
    if not np.isfinite(correlation).all() or np.linalg.cond(correlation) > 1e10:
        return None
    standardised = estimate / scale
    return float(standardised @ np.linalg.solve(correlation, standardised))


def chi2_p(statistic: float, df: float) -> float:
    """Upper tail of the chi-squared distribution; NaN where there are no degrees of freedom."""
    return float(stats.chi2.sf(statistic, df)) if df > 0 else float("nan")


def f_p(statistic: float, df: float, df2: float) -> float:
    """Upper tail of the F distribution."""
    return float(stats.f.sf(statistic, df, df2))


def normal_p(statistic: float) -> float:
    """Two-sided p of a standard normal statistic."""
    return float(2 * stats.norm.sf(abs(statistic)))


def small_sample_factor(
    name: str, n_obs: int, n_coefficients: int, n_groups: int, n_absorbed: int = 0
) -> float:
    """
    What a covariance matrix is multiplied with.

    name : none 1; n-k N/(N-K); groups G/(G-1); stata (N-1)/(N-K)·G/(G-1); stata-absorbed the same with the
        absorbed effects in K (Stata's areg); xtabond2-2009 N/(N-K+1)·G/(G-1) (xtabond2's `small` in the
        listings of Roodman 2009)
    n_coefficients : K, the constant included
    n_absorbed : effects beyond K that take a degree of freedom
    Raises ValueError for another name, or where no degree of freedom is left.
    """
    n, k, g = n_obs, n_coefficients, n_groups
    groups = (g, g - 1)
    terms = {
        "none": (),
        "n-k": ((n, n - k),),
        "groups": (groups,),
        "stata": ((n - 1, n - k), groups),
        "stata-absorbed": ((n - 1, n - k - n_absorbed), groups),
        "xtabond2-2009": ((n, n - k + 1), groups),
    }
    if name not in terms:
        raise ValueError(f"'{name}' is no small-sample factor; use {', '.join(terms)}")
    factor = 1.0
    for above, below in terms[name]:
        if below <= 0:
            raise ValueError(f"small_sample: {name} divides by {below}: too few observations or groups")
        factor *= above / below
    return factor
