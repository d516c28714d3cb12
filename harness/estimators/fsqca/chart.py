"""The prime implicant chart solved exactly: every cover with the fewest primes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from harness.estimators.fsqca.covers import Covers, minimum_covers
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.smallest import Effort

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Solved:
    """
    The minimum covers of a chart.

    Attributes:
        size: primes in a minimum cover
        size_at_least: what is proved; equal to *size* unless the search for the minimum was cut short
        listed: covers as sorted tuples of columns, sorted; all of them unless capped
        count: how many there are
        count_is_exact: False where *count* is a lower bound
        essential: columns that alone cover some row
        in_all: columns in every minimum cover
        used: columns in at least one minimum cover (of those listed, where the count is a lower bound)
        n_components: independent parts left after the essential columns
    """

    size: int
    size_at_least: int
    listed: tuple[tuple[int, ...], ...]
    count: int
    count_is_exact: bool
    essential: tuple[int, ...]
    in_all: tuple[int, ...]
    used: tuple[int, ...]
    n_components: int


def solve_chart(
    cells: Cells, n_rows: int, n_columns: int, most: int = 1000, effort: Effort | None = None
) -> Solved:
    """
    All covers of the rows with the fewest columns (Petrick 1956), none of them lost to row or column
    dominance.

    Essential columns come first; rows that are covered whenever another row is are dropped; columns that now
    cover the same rows are one class, of which a minimum cover takes at most one; what falls into independent
    components is solved apart, and the covers are the products of the parts.

    cells : (c, 2) pairs (row, column) where the column covers the row
    most : covers listed at most; all are counted
    effort : limits of the search in hard charts
    Raises FsqcaError where some row is covered by no column.
    """
    effort = effort or Effort()
    chart = sparse.csr_matrix(
        (np.ones(len(cells), dtype=np.int64), (cells[:, 0], cells[:, 1])), (n_rows, n_columns)
    )
    chart.data[:] = 1
    if n_rows and chart.getnnz(axis=1).min() == 0:
        raise FsqcaError("A row of the chart is covered by no column; it is both positive and negative.")
    essential = _essential(chart)
    rest = _undominated(chart[_uncovered(chart, essential)])
    classes = _classes(rest)
    parts = [minimum_covers(rows, effort) for rows in _components(rest, classes)]
    return _put_together(essential, [list(members) for members in classes.values()], parts, most)


def _essential(chart: sparse.csr_matrix) -> Cells:
    lone = chart.getnnz(axis=1) == 1
    return np.unique(chart[lone].indices).astype(np.int64)


def _uncovered(chart: sparse.csr_matrix, columns: Cells) -> Cells:
    done = chart[:, columns].getnnz(axis=1) > 0
    return np.flatnonzero(~done).astype(np.int64)


def _undominated(chart: sparse.csr_matrix) -> sparse.csr_matrix:
    """Without the rows whose columns hold all columns of another row; of equal rows the first stays."""
    size = chart.getnnz(axis=1)
    shared = (chart @ chart.T).tocoo()
    inside = shared.data == size[shared.row]  # all columns of `row` are among those of `col`
    smaller = (size[shared.row] < size[shared.col]) | (shared.row < shared.col)
    dropped = np.unique(shared.col[inside & smaller & (shared.row != shared.col)])
    return chart[np.setdiff1d(np.arange(chart.shape[0]), dropped)]


def _classes(chart: sparse.csr_matrix) -> dict[tuple[int, ...], list[int]]:
    """Columns by the rows they cover; columns that cover nothing any more are left out."""
    by_column = chart.tocsc()
    by_column.sort_indices()
    classes: dict[tuple[int, ...], list[int]] = {}
    for column in np.flatnonzero(np.diff(by_column.indptr)):
        rows = by_column.indices[by_column.indptr[column] : by_column.indptr[column + 1]]
        classes.setdefault(tuple(map(int, rows)), []).append(int(column))
    return classes


def _components(chart: sparse.csr_matrix, classes: dict[tuple[int, ...], list[int]]) -> list[list[list[int]]]:
    """For every independent part, for each of its rows, the numbers of the classes that cover the row."""
    if not chart.shape[0]:
        return []
    covering: list[list[int]] = [[] for _ in range(chart.shape[0])]
    for number, rows in enumerate(classes):
        for row in rows:
            covering[row].append(number)
    n_parts, part = csgraph.connected_components(chart @ chart.T, directed=False)
    return [[covering[row] for row in np.flatnonzero(part == number)] for number in range(n_parts)]


def _put_together(essential: Cells, classes: list[list[int]], parts: Sequence[Covers], most: int) -> Solved:
    always = tuple(map(int, essential))
    listed = islice(_products(parts, classes, always), most)
    in_all = [classes[number][0] for part in parts for number in part.in_all if len(classes[number]) == 1]
    used = [column for part in parts for number in part.used for column in classes[number]]
    return Solved(
        size=len(always) + sum(part.size for part in parts),
        size_at_least=len(always) + sum(part.size_at_least for part in parts),
        listed=tuple(sorted(tuple(sorted(cover)) for cover in listed)),
        count=prod(part.count([len(members) for members in classes]) for part in parts),
        count_is_exact=all(part.complete for part in parts),
        essential=always,
        in_all=tuple(sorted((*always, *in_all))),
        used=tuple(sorted((*always, *used))),
        n_components=len(parts),
    )


def _products(
    parts: Sequence[Covers], classes: list[list[int]], chosen: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    """Covers of all parts, a column of every class chosen."""
    if not parts:
        yield chosen
        return
    for cover in parts[0].each():
        for columns in product(*[classes[number] for number in cover]):
            yield from _products(parts[1:], classes, chosen + columns)
