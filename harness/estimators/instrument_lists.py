"""How many instruments a dynamic panel has, and in which ways a variable can be instrumented."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Equation = Literal["both", "difference", "level"]
Style = Literal["none", "iv", "gmm"]


def gmm_columns(
    lags: tuple[int, int | None],
    periods: int,
    *,
    collapse: bool,
    equation: Equation = "both",
    first_row: int = 2,
) -> int:
    """
    Columns that one variable gives as GMM-style instruments on a balanced panel (Roodman 2009, sec. 3.3).

    lags : first and last lag of the level in the difference equation; None is open
    periods : of the panel, numbered 1, 2, ...
    first_row : the first period of the equation in levels, 1 + the longest lag of a regressor; differences
        start one later
    In the difference equation one column a period and lag, collapsed one a lag; see `level_columns`.
    """
    level = level_columns(lags, periods, collapse=collapse, equation=equation, first_row=first_row)
    if equation == "level":
        return level
    return level + _difference_columns(lags, periods, collapse, first_row + 1)


def level_columns(
    lags: tuple[int, int | None],
    periods: int,
    *,
    collapse: bool,
    equation: Equation = "both",
    first_row: int = 2,
) -> int:
    """
    Those of the columns that stand in the equation in levels; see `gmm_columns`.

    With both equations the difference at lag first - 1 alone; in levels alone those at lags first - 1 to
    last - 1. One column a period and lag, collapsed one a lag. A difference needs two levels before it.
    """
    if equation == "difference":
        return 0
    deepest = periods - 2  # the lag at which the last period meets the first difference, that of period 2
    last = deepest if lags[1] is None else lags[1] - 1
    if equation == "both":
        last = lags[0] - 1
    return _columns(lags[0] - 1, min(last, deepest), range(first_row, periods + 1), collapse, oldest=2)


def _difference_columns(lags: tuple[int, int | None], periods: int, collapse: bool, first_row: int) -> int:
    last = periods if lags[1] is None else lags[1]
    return _columns(lags[0], min(last, periods - 1), range(first_row, periods + 1), collapse, oldest=1)


def _columns(first: int, last: int, rows: range, collapse: bool, oldest: int) -> int:
    """Lags first to last in every row, as far back as the *oldest* period there is."""
    if collapse:
        return max(last - first + 1, 0)
    return sum(max(min(last, row - oldest) - first + 1, 0) for row in rows)


@dataclass(frozen=True)
class Treatment:
    """
    How one variable is instrumented.

    Attributes:
        style: none has no instrument of its own; iv is the variable itself (exogenous); gmm its lags
        lags, collapse, equation: of gmm; from lag 1 (predetermined) or 2 (endogenous), last None is open
    """

    style: Style
    lags: tuple[int, int | None] = (0, 0)
    collapse: bool = False
    equation: Equation = "both"

    def columns(self, periods: int, first_row: int) -> tuple[int, int]:
        """Instruments of one variable, and those of them that are GMM-style in levels; an iv is one."""
        if self.style != "gmm":
            return int(self.style == "iv"), 0
        settings = {"collapse": self.collapse, "equation": self.equation, "first_row": first_row}
        return (
            gmm_columns(self.lags, periods, **settings),  # type: ignore[arg-type]
            level_columns(self.lags, periods, **settings),  # type: ignore[arg-type]
        )

    def changes(self, other: "Treatment") -> int:
        """How many settings differ: the style alone, or else first lag, last lag and collapse, each one."""
        if self.style != other.style:
            return 1
        pairs = zip((*self.lags, self.collapse), (*other.lags, other.collapse), strict=True)
        return sum(mine != its for mine, its in pairs)


def treatments(own: Treatment, first_lags: tuple[int, ...], periods: int) -> Iterator[Treatment]:
    """
    *own* and the ways beside it: lags from each of *first_lags* (and from its own) to any, collapsed or not.

    Windows that reach the first period are one, written open. In the equation of *own*; 1 among the first
    lags allows the variable itself (iv) too, since what is predetermined can be exogenous.
    """
    own = _written_open(own, periods)
    yield own
    beside = [Treatment("iv", equation=own.equation)] if 1 in first_lags else []
    for first in sorted({*first_lags, own.lags[0]} - {0}):
        for collapse in (True, False):
            lasts = (*range(first, periods - 1), None)
            beside += [Treatment("gmm", (first, last), collapse, own.equation) for last in lasts]
    yield from (one for one in beside if one != own)


def _written_open(own: Treatment, periods: int) -> Treatment:
    if own.style != "gmm" or own.lags[1] is None or own.lags[1] < periods - 1:
        return own
    return Treatment("gmm", (own.lags[0], None), own.collapse, own.equation)
