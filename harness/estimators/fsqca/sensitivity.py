"""How far a cut-off or an anchor can move before the solution changes, at the exact points where it does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from harness.estimators.fsqca.data import Array
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.solution import Solution, parsimonious
from harness.estimators.fsqca.table import TruthTable, cut_anew

Solve = Callable[[TruthTable], Solution]


@dataclass(frozen=True)
class Range:
    """
    The values of one setting between which all models stay the same (Oana & Schneider 2021: sensitivity
    range).

    Attributes:
        value: the setting of the analysis
        low, high: the solution is the same for low < x <= high (of n_cut: low <= x <= high)
        below, above: the models beyond either end, or the sentence that says why there are none; () where the
            end is the limit of what was looked at
        n_analyses: truth tables minimised
    """

    value: float
    low: float
    high: float
    below: tuple[str, ...]
    above: tuple[str, ...]
    n_analyses: int


def incl_cut_range(table: TruthTable, solve: Solve = parsimonious) -> Range:
    """
    Range of the inclusion cut-off, *one* if there are two.

    The output of a row changes just where the cut-off passes the row's inclusion, so the distinct inclusions
    are the only points to look at, and the ends are exact.

    solve : from a truth table to a solution, e.g. `lambda t: intermediate(t, {"A": 1})`
    """
    lone = table.incl_cut[0] == table.incl_cut[1]

    def at(cut: float) -> TruthTable:
        return cut_anew(table, incl_cut=(cut, cut if lone else min(table.incl_cut[1], cut)))

    return _between(table.incl_cut[0], _distinct(table, table.inclusion), at, solve)


def pri_cut_range(table: TruthTable, solve: Solve = parsimonious) -> Range:
    """Range of the PRI cut-off, at the rows' distinct PRI."""
    points = [0.0, *_distinct(table, table.pri)]  # at 0 rows without any PRI pass as well
    return _between(table.pri_cut, points, lambda cut: cut_anew(table, pri_cut=cut), solve)


def n_cut_range(table: TruthTable, solve: Solve = parsimonious) -> Range:
    """Range of the number of cases that a row needs, at the rows' distinct numbers."""
    counts = sorted({0, *map(int, table.n_cases)})
    found = _between(
        float(table.n_cut),
        [float(n) for n in counts],
        lambda cut: cut_anew(table, n_cut=int(np.ceil(cut))),
        solve,
    )
    return replace(found, low=found.low + 1)


def anchor_range(
    build: Callable[[float], TruthTable], value: float, raw: ArrayLike, solve: Solve = parsimonious
) -> Range:
    """
    Range of a calibration anchor.

    Memberships move smoothly with an anchor, so inclusions do, and the solution changes where some inclusion
    meets its cut-off or some case crosses 0.5. Every raw value and every point halfway between two is tried,
    outwards from *value*, until the solution changes; bisection then finds the point to the last digit of a
    double. A change that undoes itself between two neighbouring points is not seen.

    build : from the anchor to the truth table, everything else as in the analysis
    raw : values of the raw variable; its smallest and largest are the limits
    """
    points = np.unique(np.asarray(raw, dtype=np.float64))
    points = np.unique(np.concatenate((points, (points[1:] + points[:-1]) / 2)))
    same = _Sameness(build, solve, value)
    low, below = _walk(same, value, points[points < value][::-1])
    high, above = _walk(same, value, points[points > value])
    return Range(value, low, high, below, above, same.n_analyses)


@dataclass
class _Sameness:
    """Whether the solution at a point is that at the start; every pattern of outputs is minimised once."""

    build: Callable[[float], TruthTable]
    solve: Solve
    value: float
    known: dict[bytes, tuple[str, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.start = self.written(self.value)

    def __call__(self, point: float) -> bool:
        return self.written(point) == self.start

    def written(self, point: float) -> tuple[str, ...]:
        """The models as text, or why there are none."""
        try:
            table = self.build(point)
        except FsqcaError as error:
            return (str(error),)
        pattern = table.positive.tobytes() + b"|" + table.negative.tobytes()
        if pattern not in self.known:
            self.known[pattern] = self._solved(table)
        return self.known[pattern]

    def _solved(self, table: TruthTable) -> tuple[str, ...]:
        try:
            return tuple(sorted(self.solve(table).written))
        except FsqcaError as error:
            return (str(error),)

    @property
    def n_analyses(self) -> int:
        return len(self.known)


def _distinct(table: TruthTable, values: Array) -> list[float]:
    seen = values[(table.n_cases >= table.n_cut) & np.isfinite(values)]
    return sorted({0.0, *map(float, seen), 1.0})


def _between(value: float, points: Sequence[float], at: Callable[[float], TruthTable], solve: Solve) -> Range:
    """
    The solution is constant on each (point, next point]; the neighbours are tried at their upper ends,
    outwards.
    """
    ends = list(pairwise(points))
    here = next((i for i, (low, high) in enumerate(ends) if low < value <= high), 0)
    same = _Sameness(at, solve, ends[here][1])
    first = here
    while first > 0 and same(ends[first - 1][1]):
        first -= 1
    last = here
    while last + 1 < len(ends) and same(ends[last + 1][1]):
        last += 1
    below = same.written(ends[first - 1][1]) if first > 0 else ()
    above = same.written(ends[last + 1][1]) if last + 1 < len(ends) else ()
    return Range(value, ends[first][0], ends[last][1], below, above, same.n_analyses)


def _walk(same: _Sameness, value: float, points: Iterable[float]) -> tuple[float, tuple[str, ...]]:
    """The last point, outwards, at which the solution is the same, and the models after it."""
    inside = value
    for point in map(float, points):
        if not same(point):
            edge, outside = _bisect(same, inside, point)
            return edge, same.written(outside)
        inside = point
    return inside, ()


def _bisect(same: _Sameness, inside: float, outside: float) -> tuple[float, float]:
    while True:
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            return inside, outside
        if same(middle):
            inside = middle
        else:
            outside = middle
