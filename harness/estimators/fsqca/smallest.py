"""Bounds on the size of a cover and one smallest cover, by linear and integer programming."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

_SMALL = 12  # rows


@dataclass(frozen=True)
class Effort:
    """
    Limits in hard charts.

    Attributes:
        seconds: for HiGHS to prove the minimum size of one component
        steps: rows looked at in the remainders of a component to count its covers, some 6 µs each
    """

    seconds: float = 60.0
    steps: int = 50_000


@dataclass(frozen=True)
class Smallest:
    """
    A small cover.

    Attributes:
        cover: its columns
        at_least: no cover has fewer columns than this
    """

    cover: tuple[int, ...]
    at_least: int

    @property
    def size(self) -> int:
        return len(self.cover)


def smallest_cover(rows: Sequence[Sequence[int]], prices: Sequence[float], effort: Effort) -> Smallest:
    """
    A cover with the fewest columns by HiGHS, or the best within effort.seconds with what is proved of
    its size.

    rows : for each row the numbers of the columns that cover it, at least one
    prices : (rows,) of `row_prices`
    """
    names = _names(rows)
    found = optimize.milp(
        np.ones(len(names)),
        constraints=optimize.LinearConstraint(_matrix(rows, names), lb=1),
        integrality=np.ones(len(names)),
        bounds=optimize.Bounds(0, 1),
        options={"time_limit": effort.seconds},
    )
    bound = max(sum(prices), found.mip_dual_bound or 0.0)
    cover = _greedy(rows) if found.x is None else tuple(names[j] for j in np.flatnonzero(found.x > 0.5))
    return Smallest(cover, min(len(cover), int(np.ceil(bound - 1e-6))))


def row_prices(rows: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """
    Prices of the rows, none below zero, those of the rows of any one column adding up to 1 at most, so that
    rows cannot be covered with fewer columns than their prices add up to.

    They are the duals of the covering problem in fractions, scaled down so that rounding makes no column
    dearer than 1; zeros for charts so small that they are searched faster than a linear programme starts.
    """
    if len(rows) <= _SMALL:
        return (0.0,) * len(rows)
    chart = _matrix(rows, _names(rows))
    relaxed = optimize.linprog(np.ones(chart.shape[1]), -chart, -np.ones(chart.shape[0]), method="highs")
    if relaxed.status != 0:
        return (0.0,) * len(rows)
    prices = np.maximum(0.0, -relaxed.ineqlin.marginals)
    dearest = float((chart.T @ prices).max())
    return tuple(float(price) for price in prices / max(1.0, dearest))


def _names(rows: Sequence[Sequence[int]]) -> list[int]:
    return sorted({column for row in rows for column in row})


def _matrix(rows: Sequence[Sequence[int]], names: Sequence[int]) -> sparse.csr_matrix:
    place = {column: i for i, column in enumerate(names)}
    i, j = np.array([(i, place[column]) for i, row in enumerate(rows) for column in row]).T
    return sparse.csr_matrix((np.ones(len(i)), (i, j)), (len(rows), len(names)))


def _greedy(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A cover: always the column that covers most of what is left."""
    left = [set(row) for row in rows]
    cover = []
    while left:
        counts: dict[int, int] = {}
        for row in left:
            for column in row:
                counts[column] = counts.get(column, 0) + 1
        best = min(counts, key=lambda column: (-counts[column], column))
        cover.append(best)
        left = [row for row in left if best not in row]
    return tuple(cover)


def exchanged(
    rows: Sequence[Sequence[int]], one: tuple[int, ...], most: int = 2000
) -> tuple[tuple[int, ...], ...]:
    """Covers of the size of *one*, found by exchanging one column at a time; *one* among them."""
    masks = [sum(1 << column for column in row) for row in rows]
    start = sum(1 << column for column in one)
    found = {start}
    waiting = deque([start])
    while waiting and len(found) < most:
        for other in _exchanges(masks, waiting.popleft()):
            if other not in found and len(found) < most:
                found.add(other)
                waiting.append(other)
    return tuple(sorted(tuple(bits(cover)) for cover in found))


def _exchanges(masks: Sequence[int], cover: int) -> Iterator[int]:
    """Covers that differ from *cover* in one column, as bit masks."""
    instead: dict[int, int] = {}
    for mask in masks:
        holder = mask & cover
        if holder & (holder - 1) == 0:  # one column alone covers the row: another must cover all such rows
            instead[holder] = instead.get(holder, -1) & mask
    for holder, others in instead.items():
        for column in bits(others & ~cover):
            yield cover ^ holder | 1 << column


def bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
