"""A cover with few columns by local search, in which rows that stay uncovered weigh more and more."""

from collections.abc import Sequence
from random import Random

_AGE = 2.0**-24  # what a column gains by every move that it rests: only equal gains are decided by it


class LocalSearch:
    """
    Columns that are chosen, and what the others would gain; exchanged one by one in search of a small cover.

    From a cover a column is taken out, and then one exchanged at a time until all rows are covered again. The
    column that leaves is the one that uncovers the least weight; the column that enters covers a row drawn
    from those uncovered, and gains the most; every row still uncovered then gains weight (Gao, Yao, Weise and
    Li 2015). Draws have a fixed seed: the same rows give the same cover.

    rows : for each row the numbers of the columns that cover it, at least one
    first : columns to start with

    Attributes:
        best: the smallest cover so far
        columns: chosen
        uncovered: rows
        gain: of a column outside, the weight of the uncovered rows that it covers; of one chosen, minus the
            weight of the rows that no other covers; less its age
    """

    def __init__(self, rows: Sequence[Sequence[int]], first: Sequence[int]) -> None:
        self.columns_of = rows
        self.rows_of: list[list[int]] = [[] for _ in range(1 + max(map(max, rows)))]
        for i, row in enumerate(rows):
            for column in row:
                self.rows_of[column].append(i)
        self.weight = [1.0] * len(rows)
        self.gain = [float(len(covered)) for covered in self.rows_of]
        self.moved = [0.0] * len(self.rows_of)
        self.times = [0] * len(rows)  # that a row is covered
        self.holders = [0] * len(rows)  # the exclusive or of the columns that cover it
        self.columns: set[int] = set()
        self.uncovered = set(range(len(rows)))
        self.newest: set[int] = set()
        self.random = Random(0)
        self.move = 0
        for column in first:
            self.enter(column)
        while self.uncovered:
            self.enter(max(range(len(self.gain)), key=self.gain.__getitem__))
        self.best = tuple(sorted(self.columns))

    def run(self, size: int, moves: int) -> tuple[int, ...]:
        """The smallest cover after so many moves more, or as soon as one has *size* columns (1 at least)."""
        last = self.move + moves
        while len(self.best) > size and self.move < last:
            if not self.uncovered:
                self.leave(self.least_needed())
            else:
                self.exchange()
            if not self.uncovered:
                self.best = tuple(sorted(self.columns))
        return self.best

    def least_needed(self) -> int:
        """The chosen column, but the newest, whose loss uncovers least; of such the one that moved first."""
        return max(self.columns - self.newest or self.columns, key=self.gain.__getitem__)

    def exchange(self) -> None:
        """One column for another, and more weight for the rows uncovered then."""
        self.move += 1
        out = self.least_needed()
        self.leave(out)
        row = self.random.choice(tuple(self.uncovered))
        others = [column for column in self.columns_of[row] if column != out]
        column = max(others or [out], key=self.gain.__getitem__)
        self.enter(column)
        self.newest = {column}
        for row in self.uncovered:
            self.weight[row] += 1.0
            for other in self.columns_of[row]:
                self.gain[other] += 1.0

    def enter(self, column: int) -> None:
        """Chooses a column; the others gain nothing from its rows now, and those that share one are freer."""
        self._turn(column)
        self.columns.add(column)
        gain = self.gain
        for row in self.rows_of[column]:
            self.times[row] += 1
            if self.times[row] == 1:
                self.uncovered.discard(row)
                for other in self.columns_of[row]:
                    gain[other] -= self.weight[row]
                gain[column] += self.weight[row]
            elif self.times[row] == 2:
                gain[self.holders[row]] += self.weight[row]
            self.holders[row] ^= column

    def leave(self, column: int) -> None:
        """Gives a column up; the reverse."""
        self._turn(column)
        self.columns.discard(column)
        gain = self.gain
        for row in self.rows_of[column]:
            self.times[row] -= 1
            self.holders[row] ^= column
            if self.times[row] == 0:
                self.uncovered.add(row)
                for other in self.columns_of[row]:
                    gain[other] += self.weight[row]
                gain[column] -= self.weight[row]
            elif self.times[row] == 1:
                gain[self.holders[row]] -= self.weight[row]

    def _turn(self, column: int) -> None:
        """What it gains by entering is what it loses by leaving."""
        worth = self.gain[column] + self.moved[column]
        self.moved[column] = self.move * _AGE
        self.gain[column] = -worth - self.moved[column]
