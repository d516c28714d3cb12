"""Paths of cities through the thirds of the outcome, with given numbers of usable rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

LONGEST_SEARCH = 400_000  # proposals; a search takes some ten thousand


@dataclass(frozen=True)
class Sizes:
    """
    What a table prints of its three sub-samples, lowest third first.

    Attributes:
        rows: rows whose predecessor is in the same third
        cities: cities with such a row
    """

    rows: tuple[int, int, int]
    cities: tuple[int, int, int]


def paths(n_cities: int, n_years: int, sizes: Sizes, rng: np.random.Generator) -> Integers:
    """
    The third, 0 to 2, of each city in each year: (n_cities, n_years), with exactly the *sizes*.

    Each third has as many cells as the type-2 quantiles 1/3 and 2/3 give it. Thirds of a persistent
    variable come first; then cells of two cities are exchanged wherever that brings the counts nearer.
    Raises RuntimeError where the search does not end.
    """
    third = _thirds_of(_persistent(n_cities, n_years, rng))
    goal = np.array([*sizes.rows, *sizes.cities])
    counts = np.array([_usable(row) for row in third])
    for _ in range(LONGEST_SEARCH):
        distance = _distance(counts, goal)
        if distance == 0:
            return third
        _try_exchange(third, counts, goal, distance, rng)
    raise RuntimeError("no paths of these sizes were found. Give other sizes, or another seed")


def _persistent(n_cities: int, n_years: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """City effects, a trend and first-order autoregression: the kind of thing an index of cities is."""
    noise = rng.normal(size=(n_cities, n_years))
    moving = np.empty_like(noise)
    moving[:, 0] = noise[:, 0]
    for year in range(1, n_years):
        moving[:, year] = 0.7 * moving[:, year - 1] + 0.714 * noise[:, year]
    trend = np.linspace(-1.15, 1.15, n_years)
    return rng.normal(size=(n_cities, 1)) + trend + 0.38 * moving


def _thirds_of(values: NDArray[np.float64]) -> Integers:
    """By rank: one more in a lower third where the cells are no multiple of three."""
    ranks = values.ravel().argsort().argsort()
    n = values.size
    first, second = -(-n // 3), -(-2 * n // 3)  # ranks up to these are at most the cut points
    third = (ranks >= first).astype(np.int64) + (ranks >= second)
    return third.reshape(values.shape)


def _usable(row: Integers) -> Sequence[int]:
    """Rows with their predecessor in the same third, and whether there is one: three numbers each."""
    same = row[1:][row[1:] == row[:-1]]
    rows = [int((same == third).sum()) for third in range(3)]
    return [*rows, *(int(count > 0) for count in rows)]


def _distance(counts: Integers, goal: Integers) -> int:
    return int(np.abs(counts.sum(axis=0) - goal).sum())


def _try_exchange(
    third: Integers, counts: Integers, goal: Integers, distance: int, rng: np.random.Generator
) -> None:
    """Exchange two cells of two cities where that does not lead away from the goal."""
    n_cities, n_years = third.shape
    one, two = (int(i) for i in rng.choice(n_cities, 2, replace=False))
    here, there = (int(t) for t in rng.integers(n_years, size=2))
    if third[one, here] == third[two, there]:
        return
    third[one, here], third[two, there] = third[two, there], third[one, here]
    new = np.array([_usable(third[one]), _usable(third[two])])
    moved = counts.sum(axis=0) - counts[[one, two]].sum(axis=0) + new.sum(axis=0)
    if int(np.abs(moved - goal).sum()) <= distance:
        counts[[one, two]] = new
    else:
        third[one, here], third[two, there] = third[two, there], third[one, here]
