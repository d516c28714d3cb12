"""Which dynamic panels pgmm can only lay out: why, and the instruments as our algebra takes them from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.spec import DynamicPanel, GmmGroup, IvGroup

if TYPE_CHECKING:
    from harness.sheet import Sheet

TIME_DUMMIES = "time_dummies"
OPEN = 99  # pgmm's usual way to write "all lags there are"


@dataclass(frozen=True)
class Instrument:
    """
    One GMM variable, or one plain instrument.

    Attributes:
        variable: a column
        first, last: lags
        equation: both, difference or level
        collapse: GMM only
    """

    variable: str
    first: int
    last: int
    equation: str = "both"
    collapse: bool = False

    @property
    def lagged(self) -> tuple[str, int, int]:
        return self.variable, self.first, self.last


def reason(model: DynamicPanel, sheet: Sheet) -> str | None:
    """The sentence that says why pgmm alone cannot estimate this; None where it can."""
    system = model.estimator == "system"
    checks = (
        (
            sheet.sampled is not None,
            "pgmm takes no sample whose first rows are differenced from rows outside",
        ),
        (
            # in differences h: 2 and h: 3 are the same matrix
            model.h == 1 or (model.h == 2 and system),
            f"pgmm's first-step matrix is that of h: 3, not of h: {model.h}",
        ),
        (
            model.steps == 1 and model.std_error == "conventional",
            "pgmm's one-step covariance is not scaled by the error variance",
        ),
        (
            system and sheet.constant and not sheet.dummies,
            "pgmm has no constant in a system without time effects",
        ),
    )
    found = next((sentence for holds, sentence in checks if holds), None)
    return found or _gmm_reason(model) or _iv_reason(model, sheet)


def _gmm_reason(model: DynamicPanel) -> str | None:
    groups = model.gmm_groups()
    variables = [variable for group in groups.values() for variable in group.variables]
    repeated = {variable for variable in variables if variables.count(variable) > 1}
    if repeated:
        return f"pgmm takes a variable in one GMM group only; {_named(repeated)} stand in several"
    if model.estimator == "difference":
        return None
    for name, group in groups.items():
        if group.equation != "both":
            return f"in a system pgmm puts every GMM group in both equations, not in one, as in '{name}'"
        if group.lags[0] != 2:
            return (
                f"in a system pgmm's level instrument is always the difference at lag 1; GMM group '{name}' "
                f"starts at lag {group.lags[0]}"
            )
    if max((last for _, last in model.regressors.values()), default=0) >= 3:
        return "pgmm shifts the level instruments of a system where the equation has lags of 3 or more"
    return None


def _iv_reason(model: DynamicPanel, sheet: Sheet) -> str | None:
    plain = {equation: set(_columns(model, equation)) for equation in ("both", "difference", "level")}
    columns = plain["both"] | plain["difference"] | plain["level"]
    scattered = {variable for variable, _ in columns if _has_holes({k for v, k in columns if v == variable})}
    if not model.instruments.iv and _without_own(model, sheet):
        return (
            "pgmm makes a plain instrument of every regressor that is no GMM variable, as "
            f"{_named(_without_own(model, sheet))} would be"
        )
    if scattered:
        return f"pgmm takes plain instruments at neighbouring lags; {_named(scattered)} leave some out"
    if model.estimator == "difference":
        return None
    wrong = {variable for variable, _ in plain["both"] | (plain["difference"] ^ plain["level"])}
    if wrong:
        return (
            "in a system pgmm makes two columns of a plain instrument, one an equation; it has none of one "
            f"equation alone nor one column over both, as {_named(wrong)} would need"
        )
    if sheet.dummies and _equations_of_dummies(model) != {"level"}:
        return "in a system pgmm has time dummies as instruments of the level equation only"
    return None


def _without_own(model: DynamicPanel, sheet: Sheet) -> set[str]:
    """Regressors that stand in no GMM group; dummies are such, but where they are pgmm's time effects."""
    variables = {*model.regressors, *(sheet.dummies if model.estimator == "difference" else ())}
    return variables - {name for group in model.gmm_groups().values() for name in group.variables}


def _columns(model: DynamicPanel, equation: str) -> Iterator[tuple[str, int]]:
    """(variable, lag) of the plain instruments of the groups with this equation, time dummies apart."""
    for group in model.iv_groups().values():
        if group.equation == equation:
            for variable, (first, last) in group.variables.items():
                if variable != TIME_DUMMIES:
                    yield from ((variable, lag) for lag in range(first, last + 1))


def _has_holes(lags: set[int]) -> bool:
    return any(later - earlier > 1 for earlier, later in pairwise(sorted(lags)))


def _equations_of_dummies(model: DynamicPanel) -> set[str]:
    groups = model.iv_groups().values()
    return {str(group.equation) for group in groups if TIME_DUMMIES in group.variables}


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# --------------------------------------------------------------------------------------- the instruments


def gmm(model: DynamicPanel, n_periods: int) -> tuple[Instrument, ...]:
    """
    GMM variables, each group's in its own order.

    A group of the level equation alone has its differences at all lags, one entry a lag, as in xtabond2;
    a group of both equations has in levels the difference at lag `first - 1` only.
    """
    return tuple(
        entry
        for group in model.gmm_groups().values()
        for variable in group.variables
        for entry in _gmm_entries(variable, group, n_periods)
    )


def _gmm_entries(variable: str, group: GmmGroup, n_periods: int) -> Iterator[Instrument]:
    first, last = group.lags
    if group.equation == "level":
        deepest = n_periods - 1 if last is None else min(last, n_periods - 1)
        for lag in range(first, max(first, deepest) + 1):
            yield Instrument(variable, lag, lag, "level", group.collapse)
    else:
        yield Instrument(variable, first, OPEN if last is None else last, str(group.equation), group.collapse)


def plain(model: DynamicPanel, sheet: Sheet) -> tuple[Instrument, ...]:
    """Plain instruments, one entry a column."""
    return tuple(entry for group in model.iv_groups().values() for entry in _plain_entries(group, sheet))


def _plain_entries(group: IvGroup, sheet: Sheet) -> Iterator[Instrument]:
    for variable, (first, last) in group.variables.items():
        for name in sheet.dummies if variable == TIME_DUMMIES else (variable,):
            for lag in range(first, last + 1):
                yield Instrument(name, lag, lag, str(group.equation))
