"""The covering problem in fractions, solved again and again as columns are barred and rows are added."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dger

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

BARRED = -1
_ZERO = 1e-9  # of shares, prices and costs
_SHORT = 1e-8  # a basic variable this far below 0 must leave
_PIVOT = 1e-7  # the smallest cell that is divided by


@dataclass(eq=False)
class Tableau:
    """
    A simplex tableau of: the least sum of shares so that the shares of the columns of every row add up to 1.

    Variables are numbered: columns from 0 on, then the surpluses of the rows. Costs stay at or above 0, so
    that the prices are a lower bound at any moment (dual simplex method; Lemke 1954).

    Attributes:
        cells: (b + 1, f + 1); below the costs of the free variables, at the right the
            values of the basic ones, in the corner minus the sum of the shares
        basic, free: the variables of the rows and of the columns; BARRED for a column that is left out
        leaving: (b,) basic variables that must become zero and stay so
        weights: (b,) Devex weights (Forrest and Goldfarb 1992)
        n_columns: of the chart
        n_rows: of the chart and those added
    """

    cells: Numbers
    basic: Places
    free: Places
    leaving: Flags
    weights: Numbers
    n_columns: int
    n_rows: int

    @property
    def value(self) -> float:
        """The sum of the shares; where the problem is not solved to its end, what they add up to at least."""
        return float(-self.cells[-1, -1])

    @property
    def shares(self) -> Numbers:
        """(n_columns,) how much of each column is taken."""
        values = np.zeros(self.n_columns + self.n_rows)
        values[self.basic] = self.cells[:-1, -1]
        return values[: self.n_columns]

    @property
    def prices(self) -> Numbers:
        """(n_rows,) of the rows, those added last; none below zero."""
        prices = np.zeros(self.n_rows)
        rows = self.free >= self.n_columns
        prices[self.free[rows] - self.n_columns] = self.cells[-1, :-1][rows]
        return np.maximum(0.0, prices)

    def pivot(self, i: int, k: int) -> None:
        """The basic variable of row *i* becomes free, the free variable of column *k* basic."""
        pivot = self.cells[i, k]
        column = self.cells[:, k].copy()
        row = self.cells[i] / pivot
        row[k] = 1 / pivot
        column[i] = 0
        self.cells[:, k] = 0
        dger(-1.0, row, column, a=self.cells.T, overwrite_a=1)
        self.cells[i] = row
        self.basic[i], self.free[k] = self.free[k], self.basic[i]
        steep = column[:-1] / pivot
        self.weights = np.maximum(self.weights, steep * steep * self.weights[i])
        self.weights[i] = max(1.0, self.weights[i] / pivot**2)
        if self.leaving[i]:
            self.free[k], self.cells[:, k], self.leaving[i] = BARRED, 0.0, False

    def solve(self, above: float, most: float) -> int:
        """
        Pivots, *most* at most, until no variable is below zero or the value is above *above*; how many.

        Where the rows cannot be covered, the prices are raised until the value is above.
        """
        count = 0
        while count < most and self.value <= above:
            i, below = self._shortest()
            if below >= 0:
                break
            k = self._cheapest(i)
            if k is None:
                self._raise_prices(i, above)
                break
            self.pivot(i, k)
            count += 1
        return count

    def _shortest(self) -> tuple[int, float]:
        """The basic variable furthest out of its bounds, by its weight, and how far: 0 if none is."""
        values = self.cells[:-1, -1]
        below = np.minimum(0.0, np.where(self.leaving, -np.abs(values), values) + _SHORT)
        i = int((below * below / self.weights).argmax())
        return i, float(below[i])

    def _cheapest(self, i: int) -> int | None:
        """The free variable that can mend basic variable *i* at the least cost; None where none can."""
        row = self.cells[i, :-1] if self.cells[i, -1] < 0 else -self.cells[i, :-1]
        able = np.flatnonzero(row < -_PIVOT)
        if not len(able):
            return None
        ratios = np.maximum(0.0, self.cells[-1, able]) / -row[able]
        near = able[ratios <= ratios.min() + 1e-10]
        return int(near[row[near].argmin()])

    def _raise_prices(self, i: int, above: float) -> None:
        step = 2 * (above + 1 - self.value) / abs(self.cells[i, -1])
        self.cells[-1] += step * np.sign(-self.cells[i, -1]) * self.cells[i]

    def without(self, columns: Flags) -> "Tableau":
        """With these columns barred; (n_columns,)."""
        flags = np.append(columns, np.zeros(self.n_rows, dtype=np.bool_))
        kept = (self.free != BARRED) & ~flags[self.free]
        return Tableau(
            np.ascontiguousarray(self.cells[:, np.append(kept, True)]),
            self.basic.copy(),
            self.free[kept],
            self.leaving | flags[self.basic],
            self.weights.copy(),
            self.n_columns,
            self.n_rows,
        )

    def with_row(self, columns: Flags) -> "Tableau":
        """With one more row, that these columns cover; (n_columns,)."""
        flags = np.append(columns, np.zeros(self.n_rows, dtype=np.bool_))
        row = self.cells[:-1][flags[self.basic]].sum(axis=0)
        row[:-1] -= flags[self.free] & (self.free != BARRED)
        row[-1] -= 1
        return Tableau(
            np.ascontiguousarray(np.vstack((self.cells[:-1], row, self.cells[-1]))),
            np.append(self.basic, self.n_columns + self.n_rows),
            self.free.copy(),
            np.append(self.leaving, False),
            np.append(self.weights, 1.0),
            self.n_columns,
            self.n_rows + 1,
        )


def tableau(chart: Numbers, shares: Numbers, prices: Numbers) -> Tableau:
    """
    The tableau of a chart at a solution that is known.

    chart : (rows, columns) 1 where the column covers the row
    shares : (columns,) of a vertex that solves the problem
    prices : (rows,) of the rows that go with them
    """
    found = _untouched(chart)
    tight = (chart @ shares < 1 + 1e-7) * np.where(prices > _ZERO, 1e4, 1.0)
    for k in np.flatnonzero(shares > _ZERO):
        surplus = found.basic >= found.n_columns
        found.pivot(int((np.abs(found.cells[:-1, k]) * tight * surplus).argmax()), int(k))
    costless = np.append(1 - prices @ chart, prices) < _ZERO
    for i in np.flatnonzero(np.append(np.zeros(chart.shape[1]), prices)[found.basic] > _ZERO):
        k = int((np.abs(found.cells[i, :-1]) * costless[found.free]).argmax())
        if abs(found.cells[i, k]) > _PIVOT:
            found.pivot(int(i), k)
    found.weights[:] = 1.0
    return found if found.cells[-1, :-1].min() > -_PIVOT else _untouched(chart)


def _untouched(chart: Numbers) -> Tableau:
    """All columns are free, at zero, and no row is covered."""
    n_rows, n_columns = chart.shape
    cells = np.zeros((n_rows + 1, n_columns + 1))
    cells[:-1, :-1] = -chart
    cells[:-1, -1] = -1
    cells[-1, :-1] = 1
    return Tableau(
        cells,
        n_columns + np.arange(n_rows),
        np.arange(n_columns),
        np.zeros(n_rows, dtype=np.bool_),
        np.ones(n_rows),
        n_columns,
        n_rows,
    )
