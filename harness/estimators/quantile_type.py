"""Types of places by quantiles of two criteria: how large a share they have, and how fast it grows."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Growth = Literal["compound", "mean"]

_FUZZ = 4 * np.finfo(np.float64).eps  # n * 0.35 may miss a whole number by rounding; R allows as much


def share(values: Array) -> Array:
    """
    Each place's share of the whole, mean over the periods: (n,).

    values : (n, t) not negative. Raises ValueError where a period has nothing to share.
    """
    if (values < 0).any() or not (values.sum(axis=0) > 0).all():
        raise ValueError("shares need values that are not negative and not all zero in any period")
    mean: Array = (values / values.sum(axis=0)).mean(axis=1)
    return mean


def growth(values: Array, kind: Growth = "compound") -> Array:
    """
    Growth a period, (n,), as a fraction.

    values : (n, t) positive
    compound : (last / first)^(1 / (t - 1)) - 1; mean : mean of x_t / x_{t-1} - 1
    Raises ValueError where there are fewer than two periods, or a value is not positive.
    """
    if values.shape[1] < 2 or not (values > 0).all():
        raise ValueError("growth needs two periods and positive values")
    if kind == "mean":
        mean: Array = (values[:, 1:] / values[:, :-1]).mean(axis=1) - 1.0
        return mean
    compound: Array = (values[:, -1] / values[:, 0]) ** (1.0 / (values.shape[1] - 1)) - 1.0
    return compound


def cut_points(values: Array, shares: Sequence[float]) -> Array:
    """
    Quantiles of type 2 (Hyndman and Fan 1996, American Statistician 50(4)), as Stata's xtile cuts.

    values : (n,); shares : strictly between 0 and 1. Returns one cut point a share: the mean of the values
    ranked np and np + 1 where np is whole, else the value ranked next above np.
    """
    ranked = np.sort(values)
    places = np.asarray(shares, dtype=np.float64) * len(ranked)
    below = np.floor(places + _FUZZ * len(ranked)).astype(np.int64)
    whole = np.abs(places - below) <= _FUZZ * len(ranked)
    upper = ranked[np.minimum(below, len(ranked) - 1)]
    lower = ranked[np.maximum(below - 1, 0)]
    found: Array = np.where(whole, (lower + upper) / 2, upper)
    return found


def levels(values: Array, cuts: Array) -> Integers:
    """The number of cut points below each value, (n,): 0 is the lowest level, a tie stays below."""
    found: Integers = (cuts[None, :] < values[:, None]).sum(axis=1).astype(np.int64)
    return found


def types(first: Integers, second: Integers, names: Sequence[Sequence[str]]) -> list[str]:
    """
    The name of each place's type.

    first, second : (n,) levels by the two criteria; names : one row a level of the first criterion, one
    name a level of the second
    """
    return [names[row][column] for row, column in zip(first.tolist(), second.tolist(), strict=True)]
