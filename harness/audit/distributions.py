"""Tails of the normal, t, chi-squared and F distributions, and critical values, without scipy."""

import math
from collections.abc import Callable
from functools import lru_cache

_STEPS = 100_000
_PRECISE = 1e-15
_TINY = 1e-300


def two_sided(statistic: float, df: float) -> float:
    """
    P(|T| > statistic) of the t distribution; df may be infinite (the normal), statistic too.

    >>> round(two_sided(1.959964, math.inf), 6), round(two_sided(12.7062, 1), 5)
    (0.05, 0.05)
    """
    if math.isinf(df):
        return math.erfc(abs(statistic) / math.sqrt(2))
    if math.isinf(statistic):
        return 0.0
    return _beta(df / 2, 0.5, df / (df + statistic * statistic))


def chi2_tail(statistic: float, df: float) -> float:
    """
    P(X > statistic) of the chi-squared distribution; 1 where df is infinite.

    >>> round(chi2_tail(3.841459, 1), 6), round(chi2_tail(18.307038, 10), 6)
    (0.05, 0.05)
    """
    if statistic <= 0 or math.isinf(df):
        return 1.0
    return 0.0 if math.isinf(statistic) else _gamma_tail(df / 2, statistic / 2)


def f_tail(statistic: float, df: float, df2: float) -> float:
    """
    P(X > statistic) of the F distribution; df2 may be infinite.

    >>> round(f_tail(4.964603, 1, 10), 6), round(f_tail(3.841459, 1, math.inf), 6)
    (0.05, 0.05)
    """
    if statistic <= 0:
        return 1.0
    if math.isinf(statistic):
        return 0.0
    if math.isinf(df2):
        return chi2_tail(statistic * df, df)
    return _beta(df2 / 2, df / 2, df2 / (df2 + df * statistic))


@lru_cache(maxsize=4096)
def critical(p: float, df: float) -> float:
    """
    The |t| that is exceeded with probability *p*, by bisection to the last digit.

    >>> round(critical(0.01, math.inf), 4), round(critical(0.05, 10), 4)
    (2.5758, 2.2281)
    """
    low, high = 0.0, 1.0
    while two_sided(high, df) > p:
        high *= 2
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        low, high = (middle, high) if two_sided(middle, df) > p else (low, middle)


@lru_cache(maxsize=65536)
def _gamma_tail(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function Q(a, x): DLMF 8.11.4 below a + 1, 8.9.2 above."""
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return 1 - scale * _gamma_series(a, x)
    return scale * _continued(lambda n: (-n * (n - a), x + 2 * n + 1 - a), x + 1 - a)


def _gamma_series(a: float, x: float) -> float:
    term = total = 1 / a
    for n in range(1, _STEPS):
        term *= x / (a + n)
        total += term
        if term < total * _PRECISE:
            break
    return total


@lru_cache(maxsize=65536)
def _beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), DLMF 8.17.22; mirrored where that is faster."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    log_scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_scale) / a * _continued(lambda n: (_beta_step(a, b, x, n), 1.0), 1.0)


def _beta_step(a: float, b: float, x: float, n: int) -> float:
    m = n // 2
    if n % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _continued(step: Callable[[int], tuple[float, float]], first: float) -> float:
    """1 / (first + a1 / (b1 + a2 / (b2 + ...))) with (a, b) = step(n), by Lentz's method."""
    value = c = first or _TINY
    d = 0.0
    for n in range(1, _STEPS):
        a, b = step(n)
        d = 1 / (b + a * d or _TINY)
        c = b + a / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISE:
            break
    return 1 / value
