"""A cover of so few columns, or the proof that there is none: branch and bound on pairs of rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from harness.estimators.fsqca.tableau import Flags, Numbers, Tableau, tableau

_AMPLE = 1.3  # a row whose shares add up to more is left out until it is short
_ROUNDING = 1e-6  # of sums of prices; sizes are whole numbers


class Undecided(Exception):  # noqa: N818 - a signal, not a fault
    """The answer would take more work than it may."""


@dataclass(frozen=True, eq=False)
class _Part:
    """
    The covers that have certain columns, or lack them.

    Attributes:
        tableau: the problem in fractions
        rows: (rows, columns) of the chart, and below them those that were added
        allowed: (columns,) false for columns that no cover here has
    """

    tableau: Tableau
    rows: sparse.csr_matrix
    allowed: Flags


def cover_within(
    chart: sparse.csr_matrix, shares: Numbers, prices: Numbers, size: int, cells: float
) -> tuple[tuple[int, ...] | None, float]:
    """
    A cover of *size* columns at most, None where it is proved that there is none; and the cells left.

    Two rows either are covered by one column that both have (one row more: those columns), or are not (those
    columns are barred); covers are divided so at pairs that the solution in fractions leaves in doubt (Ryan
    and Foster 1981). A part is closed where prices of rows show that its covers are too large, and in it a
    column that is too dear is barred. The simplex method only proposes the prices: what they prove is
    computed from the chart.

    chart : (rows, columns)
    shares, prices : (columns,) and (rows,) of the solution in fractions
    cells : of tableaus that may be changed; no wall clock, so that the answer is the same on every machine
    Raises Undecided where that is too few.
    """
    costs = 1 - prices @ chart
    least = prices.sum() + np.minimum(0.0, costs).sum()
    if least > size + _ROUNDING:
        return None, cells
    columns = np.flatnonzero(least + costs <= size + _ROUNDING)
    found, cells = _searched(chart[:, columns], shares[columns], prices, size, cells)
    return None if found is None else tuple(map(int, columns[found])), cells


def _searched(
    chart: sparse.csr_matrix, shares: Numbers, prices: Numbers, size: int, cells: float
) -> tuple[NDArray[np.intp] | None, float]:
    waiting = [_whole(chart, shares, prices, cells)]
    while waiting:
        part = waiting.pop()
        area = part.tableau.cells.size
        cells -= area * (1 + part.tableau.solve(size + 2 * _ROUNDING, cells / area))
        if cells < 0:
            raise Undecided
        narrowed = _narrowed(part, size)
        if narrowed is None:
            continue
        shares = part.tableau.shares
        short = np.flatnonzero(chart @ shares < 1 - _ROUNDING)
        if len(short):
            waiting.append(_with_rows(narrowed, chart[short]))
        elif np.abs(shares - np.round(shares)).max() < _ROUNDING:
            return np.flatnonzero(shares > 0.5), cells
        else:
            waiting += _divided(narrowed, shares)
    return None, cells


def _whole(chart: sparse.csr_matrix, shares: Numbers, prices: Numbers, cells: float) -> _Part:
    near = np.asarray(chart @ shares < _AMPLE)
    if 2 * chart.shape[0] * chart.shape[0] * chart.shape[1] > cells:
        raise Undecided
    rows = chart[near]
    return _Part(tableau(rows.toarray(), shares, prices[near]), rows, np.ones(chart.shape[1], dtype=np.bool_))


def _narrowed(part: _Part, size: int) -> _Part | None:
    """The part without the columns that are too dear; None where all its covers are too large."""
    costs = _costs(part)
    least = part.tableau.prices.sum() + np.minimum(0.0, costs).sum()
    if least > size + _ROUNDING:
        return None
    if part.tableau.value > size + 2 * _ROUNDING:
        raise Undecided  # rounding has spoilt the tableau
    dear = least + costs > size + _ROUNDING
    return _Part(part.tableau.without(dear), part.rows, part.allowed & ~dear)


def _costs(part: _Part) -> Numbers:
    """(columns,) what a column costs beyond the prices of its rows; 0 for columns that are barred."""
    return np.where(part.allowed, 1 - part.tableau.prices @ part.rows, 0.0)


def _with_rows(part: _Part, rows: sparse.csr_matrix) -> _Part:
    longer = part.tableau
    for row in rows:
        longer = longer.with_row(row.toarray()[0] > 0)
    return _Part(longer, sparse.vstack((part.rows, rows), format="csr"), part.allowed)


def _divided(part: _Part, shares: Numbers) -> list[_Part]:
    """The covers without the columns of a split, and those with one of them, which are looked at first."""
    columns = _split(part, shares)
    row = sparse.csr_matrix(columns[None].astype(np.float64))
    barred = _Part(part.tableau.without(columns), part.rows, part.allowed & ~columns)
    return [barred, _with_rows(part, row)]


def _split(part: _Part, shares: Numbers) -> Flags:
    """
    (columns,) those that two rows have in common: of a pair that is in doubt, and where few other columns
    would cost nothing.
    """
    together = sparse.triu(part.rows.multiply(shares).tocsr() @ part.rows.T, 1).tocoo()
    doubt = np.minimum(together.data, 1 - together.data)
    if doubt.max(initial=0.0) < _ROUNDING:  # columns that cover the same share what one would take
        return np.asarray(np.arange(len(shares)) == np.abs(shares - 0.5).argmin())
    open_pairs = doubt > min(0.25, doubt.max() / 2)
    i, j = together.row[open_pairs], together.col[open_pairs]
    best = int((doubt[open_pairs] / _costless_in_either(part, i, j)).argmax())
    both = part.rows[i[best]].multiply(part.rows[j[best]]).toarray()[0] > 0
    return np.asarray(both & part.allowed)


def _costless_in_either(part: _Part, i: NDArray[np.int32], j: NDArray[np.int32]) -> Numbers:
    """For pairs of rows, how many of the columns of either cost nothing more."""
    costless = part.allowed & (np.abs(_costs(part)) < _ROUNDING)
    rows = part.rows[:, np.flatnonzero(costless)]
    counts = np.asarray(rows.sum(axis=1)).ravel()
    return np.asarray(counts[i] + counts[j] - np.asarray((rows @ rows.T)[i, j]).ravel())
