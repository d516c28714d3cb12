"""How few columns cover a chart: a small cover, what is proved of its size, and covers like it."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from scipy import optimize, sparse

from harness.estimators.fsqca.local import LocalSearch
from harness.estimators.fsqca.proof import Undecided, cover_within
from harness.estimators.fsqca.tableau import Numbers

_CHEAP = 0.15  # what a column may cost beyond the prices of its rows in the local search


@dataclass(frozen=True)
class Effort:
    """
    Limits in hard charts. They count work, not time: the answer is the same on every machine.

    Attributes:
        steps: rows looked at in the remainders of a component to count its covers, some 6 µs each
        moves: exchanges of columns in search of a smaller cover before each proof, some 12 µs each
        cells: of simplex tableaus changed to prove the size of a component, some 0.3 ns each; math.inf
            proves it, however long it takes
    """

    steps: int = 50_000
    moves: int = 5_000
    cells: float = 1e9


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


@dataclass(frozen=True, eq=False)
class Fractions:
    """
    The covering problem solved in fractions.

    Attributes:
        chart: (rows, columns) 1 where the column covers the row
        shares: (columns,) how much of each is taken
        prices: (rows,) none below zero, those of the rows of any one column adding up to 1 at most, so that
            rows cannot be covered with fewer columns than their prices add up to
    """

    chart: sparse.csr_matrix
    shares: Numbers
    prices: Numbers

    @property
    def at_least(self) -> int:
        """Columns in any cover."""
        return max(1, ceil(float(self.prices.sum()) - 1e-6))

    @cached_property
    def costs(self) -> Numbers:
        """(columns,) of each column beyond the prices of its rows."""
        return np.asarray(1 - self.prices @ self.chart)


def in_fractions(rows: Sequence[Sequence[int]]) -> Fractions:
    """
    Shares and prices of a chart, by HiGHS (interior point, then crossover to a vertex).

    rows : for each row the numbers of the columns that cover it, at least one
    The prices are scaled down so that rounding makes no column dearer than 1.
    """
    cells = np.array([(i, column) for i, row in enumerate(rows) for column in row])
    chart = sparse.csr_matrix((np.ones(len(cells)), (cells[:, 0], cells[:, 1])))
    solved = optimize.linprog(np.ones(chart.shape[1]), -chart, -np.ones(chart.shape[0]), method="highs-ipm")
    if solved.status != 0:
        return Fractions(chart, np.zeros(chart.shape[1]), np.zeros(chart.shape[0]))
    prices = np.maximum(0.0, -solved.ineqlin.marginals)
    return Fractions(chart, solved.x, prices / max(1.0, float((prices @ chart).max())))


def smallest_cover(rows: Sequence[Sequence[int]], relaxed: Fractions, effort: Effort) -> Smallest:
    """
    A cover with the fewest columns; within *effort*, the best found with what is proved of its size.

    Local search and proof take turns: from the sum of the prices on, a size is tried until it is proved that
    no cover is smaller than the one at hand.

    relaxed : of the same rows
    """
    at_least, cells = relaxed.at_least, effort.cells
    cheap = [[column for column in row if relaxed.costs[column] <= _CHEAP] or list(row) for row in rows]
    local = LocalSearch(cheap, np.flatnonzero(relaxed.shares > 0.3).tolist())
    cover = local.run(at_least, effort.moves)
    while len(cover) > at_least and cells > 0:
        try:
            found, cells = cover_within(relaxed.chart, relaxed.shares, relaxed.prices, at_least, cells)
        except Undecided:
            found, cells = None, 0.0
        else:
            at_least += found is None
        cover = found or local.run(at_least, effort.moves)
    return Smallest(cover, at_least)


def exchanged(
    rows: Sequence[Sequence[int]], one: tuple[int, ...], most: int = 1000
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
    return tuple(sorted(map(_positions, found)))


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


def _positions(mask: int) -> tuple[int, ...]:
    """`bits` for masks with many bits set."""
    flags = np.frombuffer(mask.to_bytes((mask.bit_length() + 7) // 8, "little"), dtype=np.uint8)
    return tuple(np.flatnonzero(np.unpackbits(flags, bitorder="little")).tolist())


def bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
