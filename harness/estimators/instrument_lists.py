"""How many instruments a system GMM has, and which lists of a family have a given number of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Equation = Literal["both", "difference", "level"]


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
    In the difference equation one column a period and lag, collapsed one a lag; in the level equation the
    difference at lag first - 1, one column a period, collapsed one.
    """
    found = 0
    if equation != "level":
        found += _difference_columns(lags, periods, collapse, first_row + 1)
    if equation != "difference":
        rows = periods - max(lags[0] + 1, first_row) + 1  # the difference needs two levels before
        found += min(rows, 1) if collapse else max(rows, 0)
    return found


def _difference_columns(lags: tuple[int, int | None], periods: int, collapse: bool, first_row: int) -> int:
    first, last = lags[0], periods if lags[1] is None else lags[1]
    if collapse:
        return max(min(last, periods - 1) - first + 1, 0)
    return sum(max(min(last, row - 1) - first + 1, 0) for row in range(first_row, periods + 1))


@dataclass(frozen=True)
class Treatment:
    """
    How one variable is instrumented, in both equations.

    Attributes:
        style: iv is the variable itself (exogenous); gmm its lags, collapsed
        lags: of gmm: from 1 (predetermined) or 2 (endogenous)
    """

    style: Literal["iv", "gmm"]
    lags: tuple[int, int] = (0, 0)

    def columns(self, periods: int) -> int:
        """Instruments of one variable."""
        return 1 if self.style == "iv" else gmm_columns(self.lags, periods, collapse=True)


@dataclass(frozen=True)
class InstrumentList:
    """
    One list of the family.

    Attributes:
        outcome: of the lagged outcome: GMM-style from lag 2, collapsed
        alike: of the regressors that a paper treats alike
        control: of the one control; None where there is none
    """

    outcome: Treatment
    alike: Treatment
    control: Treatment | None = None

    def columns(self, n_alike: int, periods: int) -> int:
        """All instruments, the constant included."""
        control = 0 if self.control is None else self.control.columns(periods)
        return 1 + self.outcome.columns(periods) + n_alike * self.alike.columns(periods) + control


def lists(total: int, n_alike: int, periods: int, *, control: bool) -> Iterator[InstrumentList]:
    """
    Every list of the family with *total* instruments: exogenous first, shorter windows first.

    The family: two-step system GMM with a constant and no time dummies; the lagged outcome by lags 2 to m,
    collapsed; n_alike regressors all treated alike, and one *control* by itself: each as its own instrument,
    or by its lags from 1 or from 2, collapsed; all in both equations. A number identifies none of them.
    """
    others = list(_treatments(total, periods))
    for alike in others:
        for of_control in others if control else [None]:
            for last in range(2, periods):
                found = InstrumentList(Treatment("gmm", (2, last)), alike, of_control)
                if found.columns(n_alike, periods) == total:
                    yield found


def _treatments(total: int, periods: int) -> Iterator[Treatment]:
    """Every treatment of one variable with at most *total* instruments."""
    yield Treatment("iv")
    for first in (1, 2):
        for last in range(first, periods):
            treatment = Treatment("gmm", (first, last))
            if treatment.columns(periods) < total:
                yield treatment


def settings(
    chosen: InstrumentList, outcome: str, alike: tuple[str, ...], group: str, control: str | None
) -> dict[str, Any]:
    """The list in the words of a spec's `instruments`; *group* names the regressors treated alike."""
    gmm: dict[str, Any] = {outcome: _gmm(chosen.outcome)}
    iv: dict[str, Any] = {}
    if chosen.alike.style == "iv":
        iv[group] = {"variables": dict.fromkeys(alike, 0), "equation": "both"}
    else:
        gmm[group] = {"variables": list(alike), **_gmm(chosen.alike)}
    if chosen.control is not None and control is not None:
        if chosen.control.style == "iv":
            iv[control] = {"equation": "both"}
        else:
            gmm[control] = _gmm(chosen.control)
    return {"gmm": gmm, "iv": iv} if iv else {"gmm": gmm}


def _gmm(treatment: Treatment) -> dict[str, Any]:
    return {"lags": list(treatment.lags), "collapse": True, "equation": "both"}
