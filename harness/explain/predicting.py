"""What several changes together would give if each moved the numbers as it does alone: an order to fit in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from harness.compare.print_rules import style
from harness.explain.judging import Goal, Judged
from harness.explain.space import Setting
from harness.result import PrintedCell

MOST = 200_000  # combinations of one size that are put in order
A_CHANGE = 0.1  # what one more change counts, beside a cell missed for sure (1 / cells)

Floats = NDArray[np.float64]
Change = tuple[int, int]


@dataclass(frozen=True)
class Predictions:
    """
    The effects of single changes, added up.

    Standard errors and statistics are multiplied: a small-sample factor is one. Everything is in the unit
    of the print, in logarithms where effects multiply.

    Attributes:
        low, high: (c,), the ends of what each printed cell allows
        ratio: (c,), where effects multiply
        used: (c,), the cells that count
        effects: change to (c,), what it adds to the setting in the spec; NaN where that is not known
        spread: (c,), the largest effect, by which a gap is measured
    """

    low: Floats
    high: Floats
    ratio: NDArray[np.bool_]
    used: NDArray[np.bool_]
    effects: Mapping[Change, Floats]
    spread: Floats

    def misfit(self, judged: Judged) -> float:
        """How far a setting's numbers are from the print, 0 to 1."""
        return float(self._gap(_scaled(np.array(judged.values), self.ratio)[None, self.used])[0])

    def best_first(self, centre: Judged, changes: Sequence[Change], most: int) -> Iterator[Setting]:
        """
        *centre* with one to *most* of *changes*, the smallest predicted misfit first.

        A misfit is the mean gap between prediction and print over the cells, each gap in units of the
        largest effect that any single change has on the cell, at most 1.
        """
        start = _scaled(np.array(centre.values), self.ratio)
        rows: list[list[int]] = []
        gaps: list[Floats] = []
        for places in _combinations(changes, most):
            gaps.append(self._misfit(start, changes, places) + A_CHANGE * places.shape[1])
            rows += places.tolist()
        order = np.argsort(np.concatenate(gaps), kind="stable") if gaps else np.array([], dtype=np.int64)
        return (_with(centre.setting, [changes[place] for place in rows[at]]) for at in order)

    def _misfit(self, start: Floats, changes: Sequence[Change], places: NDArray[np.int64]) -> Floats:
        """(m,) of the combinations of changes in the rows of *places*."""
        used = self.used
        nothing = np.zeros_like(start)
        effects = np.array([self.effects.get(change, nothing)[used] for change in changes])
        predicted = start[used] + sum(effects[column] for column in places.T)
        return self._gap(np.asarray(predicted))

    def _gap(self, numbers: Floats) -> Floats:
        """(m,) of rows of numbers (m, cells that count)."""
        low, high = self.low[self.used], self.high[self.used]
        gap = np.maximum(np.maximum(low - numbers, numbers - high), 0.0)
        share = np.minimum(gap / self.spread[self.used], 1.0)
        return np.asarray(np.where(np.isnan(share), 1.0, share).mean(axis=1))


def predictions(
    goal: Goal, start: Judged, singles: Mapping[Change, Judged], used: Sequence[bool]
) -> Predictions:
    """From the setting in the spec, *start*, and those with one change."""
    ratio = np.array([_multiplies(cell) for cell in goal.cells], dtype=bool)
    low, high = _scaled_ends(goal, ratio)
    base = _scaled(np.array(start.values), ratio)
    effects = {change: _effect(base, _scaled(np.array(one.values), ratio)) for change, one in singles.items()}
    moved = np.abs(np.array([np.zeros_like(base), *effects.values()]))
    spread = np.nanmax(np.where(np.isfinite(moved), moved, 0.0), axis=0)
    floor = np.where(np.isfinite(high - low), (high - low) / 2, 1.0)
    return Predictions(
        low, high, ratio, np.array(used, dtype=bool), effects, np.maximum(spread, floor + 1e-300)
    )


def _effect(base: Floats, changed: Floats) -> Floats:
    """What a change adds; nothing is known of a fit that failed, which keeps what is there."""
    if np.isnan(changed).all():
        return np.zeros_like(base)
    return np.asarray(np.where(np.isnan(base) & ~np.isnan(changed), 0.0, changed - base))


def _multiplies(cell: PrintedCell) -> bool:
    return cell.part == "coefficients" and cell.measure in ("std_error", "statistic")


def _scaled(values: Floats, ratio: NDArray[np.bool_]) -> Floats:
    size = np.where(ratio, np.abs(values), 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(ratio, np.log(size), values))


def _scaled_ends(goal: Goal, ratio: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    printed = []
    for cell in goal.cells:
        how = style(goal.spec, goal.column, cell.part, cell.term, cell.measure)
        printed.append(how.interval(cell.text))
    low = _scaled(np.array([float(found.low) for found in printed]), ratio)
    high = _scaled(np.array([float(found.high) for found in printed]), ratio)
    return np.minimum(low, high), np.maximum(low, high)


def depth(n_changes: int, most: int) -> int:
    """
    How many changes, at most *most*, can be combined without too many combinations; one at least.

    >>> depth(40, 3), depth(200, 3)
    (3, 2)
    """
    fitting = (size for size in range(most, 1, -1) if comb(n_changes, size) <= MOST)
    return next(fitting, 1)


def _combinations(changes: Sequence[Change], most: int) -> Iterator[NDArray[np.int64]]:
    """Places of one, two, ... changes on different axes."""
    for size in range(1, depth(len(changes), most) + 1):
        rows = [row for row in combinations(range(len(changes)), size) if _on_different_axes(changes, row)]
        if rows:
            yield np.array(rows, dtype=np.int64)


def _on_different_axes(changes: Sequence[Change], places: Sequence[int]) -> bool:
    return len({changes[place][0] for place in places}) == len(places)


def _with(setting: Setting, changes: Sequence[Change]) -> Setting:
    """*setting* with more changes; a later one on an axis replaces an earlier one."""
    return tuple(sorted({**dict(setting), **dict(changes)}.items()))
