"""A variable with the moments that a table prints: mean, standard deviation, smallest and largest value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]
Link = Callable[[Array], Array]


@dataclass(frozen=True)
class Printed:
    """
    Moments as a table prints them.

    Attributes:
        mean, sd, smallest, largest: sd has the denominator N - 1
        decimals: to which the values are rounded at the end
    """

    mean: float
    sd: float
    smallest: float
    largest: float
    decimals: int


def with_moments(
    score: Array, printed: Printed, link: Link, inner: tuple[float, float], fixed: Mapping[int, float]
) -> Array:
    """
    link(a + b score) with a and b such that mean and standard deviation are as *printed*: (n,).

    score : (n,) with mean about 0 and standard deviation about 1; the order of the answer is its order
    link : increasing
    inner : where all values are kept but the *fixed* ones (position to value), which carry the extremes
    Raises ValueError where no b gives the standard deviation.
    """
    places = np.array(list(fixed), dtype=np.int64)
    values_there = np.array(list(fixed.values()))

    def made(a: float, b: float) -> Array:
        values = np.clip(link(a + b * score), *inner)
        values[places] = values_there
        return values

    def level(b: float) -> float:
        return float(brentq(lambda a: made(a, b).mean() - printed.mean, -60.0, 60.0, xtol=1e-14, rtol=1e-14))

    def excess(b: float) -> float:
        return float(made(level(b), b).std(ddof=1) / printed.sd - 1.0)

    b = _root(excess)
    return np.round(made(level(b), b), printed.decimals)


def _root(excess: Callable[[float], float]) -> float:
    """The smallest spread that gives the standard deviation, by bisection from a bracket that doubles."""
    low, high = 1e-3, 1e-2
    while excess(high) < 0:
        low, high = high, high * 1.5
        if high > 50:
            raise ValueError("no spread gives this standard deviation between these extremes")
    return float(brentq(excess, low, high, xtol=1e-13, rtol=1e-13))


def standardised(values: Array) -> Array:
    """Mean 0, standard deviation 1."""
    scaled: Array = (values - values.mean()) / values.std()
    return scaled


def moving(n: int, periods: int, persistence: float, rng: np.random.Generator) -> Array:
    """First-order autoregressions with variance 1, started at random: (n, periods)."""
    noise = rng.normal(size=(n, periods))
    path = np.empty_like(noise)
    path[:, 0] = noise[:, 0]
    for period in range(1, periods):
        path[:, period] = persistence * path[:, period - 1] + np.sqrt(1 - persistence**2) * noise[:, period]
    return path
