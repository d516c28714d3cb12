"""Which settings can have the printed counts: found by counting rows and columns, without an estimate."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from harness.compare.print_rules import style
from harness.errors import DataError
from harness.explain.judging import Goal, judge
from harness.explain.space import AS_IN_SPEC, Setting, Space
from harness.glossary import VARIANTS, plain
from harness.result import Cell, PrintedCell, Result
from harness.spec import DynamicPanel

if TYPE_CHECKING:
    from harness.estimators import dpd
    from harness.sheet import Sheet

ENGINE = "python-dpd"  # whose counts these are
MOST_COLLINEAR = 20
_ROWS = ("n_obs", "n_groups", "t_min", "t_avg", "t_max")
_RESTRICTIONS = ("hansen_j", "sargan")


class Counts:
    """Counts settings of one column of dynamic panels, each combination of rows and groups once."""

    def __init__(self, space: Space, goal: Goal, sheet: Callable[[Setting], Sheet]) -> None:
        """sheet : the rows that a setting is estimated on."""
        self._space, self._sheet = space, sheet
        counted = tuple(cell for cell in goal.cells if _is_count(cell))
        self._goal = replace(goal, cells=counted)
        self._counters: dict[int, tuple[Sheet, dpd.Counter]] = {}
        self._verdicts: dict[Hashable, bool] = {}

    def possible(self, setting: Setting) -> bool:
        """
        Whether the setting has every printed number of observations, groups, instruments and restrictions.

        Restrictions are the degrees of freedom of Hansen's and Sargan's tests. A setting without a complete
        row, or without data, has none of them.
        """
        from harness.engines import python_dpd
        from harness.estimators import dpd

        if not self._goal.cells:
            return True
        model = cast(DynamicPanel, self._space.model(setting))
        try:
            sheet = self._sheet(setting)
            return self._holds(python_dpd.settings(model, sheet), self._counter(sheet))
        except (DataError, dpd.DpdError):
            return False

    def _holds(self, model: dpd.Model, counter: dpd.Counter) -> bool:
        """
        The rank of the instruments is asked for only where a few more columns are there than are printed.

        It is no higher than the columns that are not zero, and equal to them but for a few that dummies, a
        constant or a doubled variable make collinear.
        """
        counts, coefficients = counter.counts(model), counter.coefficients(model)
        if self._judged(counts, coefficients):
            return True
        beyond = counts.instruments - self._fewest(coefficients)
        if not 0 < beyond <= MOST_COLLINEAR:
            return False
        ranked = replace(counts, instruments=counter.rank(model))
        return self._judged(ranked, coefficients)

    def _judged(self, counts: dpd.Counts, coefficients: int) -> bool:
        key = (counts, coefficients)
        if key not in self._verdicts:
            self._verdicts[key] = self._agree(counts, coefficients)
        return self._verdicts[key]

    def _agree(self, counts: dpd.Counts, coefficients: int) -> bool:
        from harness.engines import python_dpd

        df = float(counts.instruments - coefficients)
        restrictions = [Cell("tests", name, "df", df) for name in _RESTRICTIONS]
        restrictions += [Cell("tests", f"sargan@{name}", "df", df) for name in VARIANTS["sargan"]]
        cells = (*python_dpd.count_cells(counts), *restrictions)
        result = Result(self._goal.spec.id, self._goal.column, ENGINE, "fitted", cells=cells)
        return judge(self._goal, self._space, AS_IN_SPEC, result).fits

    def _fewest(self, coefficients: int) -> float:
        """The fewest instruments with which a printed number of them can hold."""
        found = [0.0]
        for cell in self._goal.cells:
            if plain(cell.measure) not in _ROWS:
                how = style(self._goal.spec, self._goal.column, cell.part, cell.term, cell.measure)
                fewest = math.ceil(how.interval(cell.text).low)
                found.append(fewest + (coefficients if cell.measure == "df" else 0))
        return max(found)

    def _counter(self, sheet: Sheet) -> dpd.Counter:
        """One counter a sheet, which is kept with it so that no other takes its place in memory."""
        from harness.estimators import dpd

        if id(sheet) not in self._counters:
            frame = sheet.frame
            counter = dpd.Counter(
                {name: frame[name].to_numpy() for name in frame.columns},
                frame[sheet.entity].to_numpy(),
                frame[sheet.time].to_numpy(),
                step=sheet.step,
                sample=None if sheet.sampled is None else frame[sheet.sampled].to_numpy() == 1,
                weights=None if sheet.weights is None else frame[sheet.weights].to_numpy(),
            )
            self._counters[id(sheet)] = sheet, counter
        return self._counters[id(sheet)][1]


def _is_count(cell: PrintedCell) -> bool:
    if cell.part == "fit":
        return plain(cell.measure) in (*_ROWS, "n_instruments")
    return cell.part == "tests" and cell.measure == "df" and plain(cell.term) in _RESTRICTIONS
