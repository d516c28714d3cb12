"""A dynamic panel for plm's pgmm: what it cannot do, what R is sent, the call as a person would type it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines import r_text
from harness.result import NotOffered
from harness.spec import DynamicPanel, GmmGroup

if TYPE_CHECKING:
    import pandas as pd

    from harness.sheet import Sheet

TIME_DUMMIES, CONSTANT = "time_dummies", "constant"
_ENTITY, _TIME = " entity", " time"  # no column of a data file begins with a blank
_OPEN = 99  # pgmm's usual way to write "all lags there are"
Lagged = tuple[str, int, int]  # variable, first lag, last lag


def why_not(model: DynamicPanel, sheet: Sheet) -> str | None:
    """The sentence that says what pgmm cannot do here, None where it can."""
    checks = (
        (sheet.entity is None or sheet.time is None, "plm needs data.panel: an entity and a time column."),
        (
            model.transformation != "first-difference",
            "pgmm has first differences only, not forward orthogonal deviations.",
        ),
        (model.steps == "iterated", "pgmm has one step or two, it does not iterate."),
        (
            # in differences h: 2 and h: 3 are the same matrix
            model.h == 1 or (model.h == 2 and model.estimator == "system"),
            f"pgmm's first-step matrix is that of h: 3; it has no h: {model.h}.",
        ),
        (
            model.steps == 1 and model.std_error == "conventional",
            "pgmm's one-step covariance is not scaled by the error variance; use std_error: robust.",
        ),
        (model.std_error == "cluster", "pgmm's covariances are clustered by entity, not by a column."),
        (model.sigma2 != "n", "pgmm estimates no error variance, so that sigma2 has no meaning there."),
        (sheet.weights is not None, "pgmm takes no weights."),
        (model.principal_components is not None, "pgmm has no principal components of instruments."),
        (not model.instruments.gmm, "pgmm needs at least one GMM group of instruments."),
        (not sheet.regressors, "pgmm estimates no model without regressors."),
    )
    found = next((sentence for holds, sentence in checks if holds), None)
    return found or _why_not_gmm(model) or _why_not_iv(model, sheet)


def _why_not_gmm(model: DynamicPanel) -> str | None:
    groups = model.gmm_groups()
    variables = [variable for group in groups.values() for variable in group.variables]
    repeated = {variable for variable in variables if variables.count(variable) > 1}
    if repeated:
        return f"pgmm takes a variable in one GMM group only; {_named(repeated)} stand in several."
    if TIME_DUMMIES in variables:
        return "pgmm takes no time dummies as GMM instruments."
    for name, group in groups.items():
        reason = _why_not_group(name, group, model.estimator == "system")
        if reason:
            return reason
    longest = max((last for _, last in model.regressors.values()), default=0)
    if model.estimator == "system" and longest >= 3:
        return (
            "pgmm builds the level instruments of a system wrongly where the equation has lags of 3 or more."
        )
    return None


def _why_not_group(name: str, group: GmmGroup, system: bool) -> str | None:
    first = group.lags[0]
    if first < 0:
        return f"pgmm takes no leads as instruments, as in GMM group '{name}'."
    if not system:
        return None if group.equation == "difference" else "a difference estimator has no level equation."
    if group.equation != "both":
        return f"in a system pgmm puts every GMM group in both equations, not in one, as in '{name}'."
    if first != 2:
        return (
            f"in a system pgmm's level instrument is always the difference at lag 1, which belongs to lags "
            f"from 2; GMM group '{name}' starts at {first}."
        )
    return None


def _why_not_iv(model: DynamicPanel, sheet: Sheet) -> str | None:
    if model.estimator == "difference":
        return _why_not_iv_in_differences(model, sheet)
    roles = _level_roles(model)
    wrong = {name for name, equations in roles.items() if equations != {"difference", "level"}}
    wrong -= {TIME_DUMMIES}
    if wrong:
        return (
            f"in a system pgmm makes two columns of a plain instrument, one an equation; it has none of one "
            f"equation alone nor one column over both, as {_named(wrong)} would need."
        )
    if sheet.dummies and roles.get(TIME_DUMMIES) != {"level"}:
        return (
            "in a system pgmm has time dummies as instruments of the level equation only: put time_dummies "
            "in an iv group with equation: level."
        )
    return None


def _why_not_iv_in_differences(model: DynamicPanel, sheet: Sheet) -> str | None:
    if sheet.constant:
        return "pgmm has no constant in the differenced equation."
    if any(group.equation != "difference" for group in model.iv_groups().values()):
        return "a difference estimator has no level equation."
    return None


def _level_roles(model: DynamicPanel) -> dict[str, set[str]]:
    """Equations in which a variable is a plain instrument; `both` as one column counts as such."""
    roles: dict[str, set[str]] = {}
    for group in model.iv_groups().values():
        for variable in group.variables:
            roles.setdefault(variable, set()).add(str(group.equation))
    return roles


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# --------------------------------------------------------------------------------------------- the design


@dataclass(frozen=True)
class _Parts:
    """
    The three parts of pgmm's formula.

    Attributes:
        equation: regressors with their lags; time dummies too, but in a system
        gmm: with 99 for an open end, and whether the columns are collapsed
        iv: plain instruments with their lags
        ones: a system's constant is a column of ones among the regressors and the plain instruments
        level_effects: time dummies are regressors in both equations, instruments in levels: "twoways"
    """

    equation: tuple[Lagged, ...]
    gmm: tuple[tuple[str, int, int, bool], ...]
    iv: tuple[Lagged, ...]
    ones: bool
    level_effects: bool

    @property
    def padding(self) -> int:
        """Empty periods before the data: pgmm, which starts at the first GMM lag, then loses no row."""
        longest = max((last for _, _, last in self.equation), default=0)
        return max(0, *(first - longest - 1 for _, first, _, _ in self.gmm), 0)

    @property
    def lost(self) -> int | None:
        """pgmm's `lost.ts`, where the groups' first lags differ: it would take the smallest."""
        longest = max((last for _, _, last in self.equation), default=0)
        firsts = [first for _, first, _, _ in self.gmm]
        last = max(longest + 1, *firsts, 0)
        return last if max(longest + 1, min(firsts)) < last else None

    @classmethod
    def of(cls, model: DynamicPanel, sheet: Sheet) -> _Parts:
        level_effects = model.estimator == "system" and bool(sheet.dummies)
        dummies = () if level_effects else tuple((term, 0, 0) for term in sheet.dummies)
        equation = tuple((name, first, last) for name, (first, last) in model.regressors.items())
        gmm = tuple(
            (variable, group.lags[0], _OPEN if group.lags[1] is None else group.lags[1], group.collapse)
            for group in model.gmm_groups().values()
            for variable in group.variables
        )
        ones = model.estimator == "system" and sheet.constant and not level_effects
        extra = (*dummies, *(((CONSTANT, 0, 0),) if ones else ()))
        iv = (*_plain_instruments(model, dummies), *extra[len(dummies) :])
        return cls((*equation, *extra), gmm, iv, ones, level_effects)


def _plain_instruments(model: DynamicPanel, dummies: tuple[Lagged, ...]) -> tuple[Lagged, ...]:
    """Each variable once and with all its lags; what stands in two equations' groups is one entry."""
    found: dict[str, tuple[int, int]] = {}
    for group in model.iv_groups().values():
        for variable, (first, last) in group.variables.items():
            if variable != TIME_DUMMIES:
                low, high = found.get(variable, (first, last))
                found[variable] = (min(low, first), max(high, last))
    plain = tuple((variable, first, last) for variable, (first, last) in found.items())
    has_dummies = any(TIME_DUMMIES in group.variables for group in model.iv_groups().values())
    return (*plain, *(dummies if has_dummies else ()))


def request(model: DynamicPanel, sheet: Sheet) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns on the whole grid, scaled, and the settings of `fit_dynamic_panel`."""
    parts = _Parts.of(model, sheet)
    lagged = [*parts.equation, *(entry[:3] for entry in parts.gmm), *parts.iv]
    variables = tuple(dict.fromkeys([sheet.outcome, *(variable for variable, _, _ in lagged)]))
    frame, divisors = _grid(sheet, tuple(name for name in variables if name != CONSTANT or not parts.ones))
    if parts.ones:
        frame[CONSTANT] = 1.0
    unit = divisors[sheet.outcome]
    units = {term: unit / divisors.get(_variable_of(term), 1.0) for term in sheet.regressors}
    return frame, {
        "outcome": sheet.outcome,
        "equation": [_lagged(entry) for entry in parts.equation],
        "gmm": [{**_lagged(entry[:3]), "collapse": entry[3]} for entry in parts.gmm],
        "iv": [_lagged(entry) for entry in parts.iv],
        "terms": list(sheet.regressors),
        "dummies": list(sheet.dummies),
        "constant": sheet.constant,
        "ones": parts.ones,
        "units": units | {"constant": unit},
        "entity": _ENTITY,
        "time": _TIME,
        "step": sheet.step,
        "sampled": sheet.sampled,
        "system": model.estimator == "system",
        "level_effects": parts.level_effects,
        "dummy_times": [_time_of(term) for term in sheet.dummies] if parts.level_effects else [],
        "steps": model.steps,
        "std_error": model.std_error,
        "small_sample": model.small_sample,
        "distribution": model.reference_distribution,
        "ci_level": model.ci_level,
        "ar_order": model.ar_order,
    }


def _grid(sheet: Sheet, variables: tuple[str, ...]) -> tuple[pd.DataFrame, Mapping[str, float]]:
    """
    Every entity in every period, columns divided by their standard deviation, and the divisors.

    The keys stand apart, time in the data's own unit: a trend is the time column as a regressor.
    """
    whole = sheet.completed()
    unscaled = (*sheet.dummies, sheet.time)
    whole, divisors = whole.scaled(tuple(name for name in variables if name not in unscaled))
    time = whole.frame[str(sheet.time)].map(dict(enumerate(whole.periods, start=1)))
    others = [*variables, *sheet.dummies, *([sheet.sampled] if sheet.sampled else [])]
    columns = {name: time if name == sheet.time else whole.frame[name] for name in others}
    return whole.frame[[]].assign(
        **{_ENTITY: whole.frame[str(sheet.entity)], _TIME: time}, **columns
    ), divisors


def not_offered(model: DynamicPanel) -> tuple[NotOffered, ...]:
    """The tests that no call of plm computes: difference-in-Hansen, for every group of instruments."""
    groups = [*model.gmm_groups(), *model.iv_groups()]
    groups += ["level_gmm"] if model.estimator == "system" else []
    return tuple(
        NotOffered("tests", f"{test}_{group}", "*", "plm has no difference-in-Hansen tests")
        for group in groups
        for test in ("diff_hansen", "hansen_excl")
    )


def _lagged(entry: Lagged) -> dict[str, Any]:
    return {"variable": entry[0], "first": entry[1], "last": entry[2]}


def _time_of(dummy: str) -> float:
    return float(dummy.rpartition("=")[2])


def _variable_of(term: str) -> str:
    prefix, _, variable = term.partition(".")
    return variable if prefix[:1] == "L" and prefix[1:].isdigit() else term


# ---------------------------------------------------------------------------------------- the call as text


def text(model: DynamicPanel, sheet: Sheet) -> str:
    """The call of pgmm on a data frame `d`, and what is computed from it."""
    parts = _Parts.of(model, sheet)
    steps = "twosteps" if model.steps == 2 else "onestep"
    collapse = ", ".join(str(entry[3]).upper() for entry in parts.gmm)
    lines = ["d$constant <- 1"] if parts.ones else []
    if parts.padding:
        lines.append(f"# d: with {parts.padding} empty period(s) before the first, so that no row is lost")
    lines += [
        f"m <- pgmm({_formula_text(sheet, parts)},",
        f'  data = d, index = c("{r_text.name(str(sheet.entity))}", "{r_text.name(str(sheet.time))}"),',
        f'  effect = "{"twoways" if parts.level_effects else "individual"}", model = "{steps}",',
        f'  transformation = "{"ld" if model.estimator == "system" else "d"}"'
        + (f", collapse = c({collapse})" if "TRUE" in collapse else "")
        + (f", lost.ts = {parts.lost}" if parts.lost else "")
        + ")",
    ]
    return "\n".join([*lines, *_after_text(model, sheet, parts)])


def _formula_text(sheet: Sheet, parts: _Parts) -> str:
    def part(entries: Iterable[Lagged]) -> str:
        return " + ".join(r_text.lags(*entry) for entry in entries)

    right = [part(parts.equation), part(entry[:3] for entry in parts.gmm)]
    instrumented = {entry[0] for entry in parts.gmm}
    if parts.iv:
        right.append(part(parts.iv))
    elif any(entry[0] not in instrumented for entry in parts.equation):
        right.append("0")
    return f"{r_text.name(sheet.outcome)} ~ {' | '.join(right)}"


def _after_text(model: DynamicPanel, sheet: Sheet, parts: _Parts) -> list[str]:
    robust = "FALSE" if model.std_error == "conventional" else "TRUE"
    covariance = "vcov(m)" if model.std_error == "conventional" else "vcovHC(m)"
    factor = r_text.factor(model.small_sample).removeprefix(", ")
    lines = [covariance + (f"  # {factor}" if factor else ""), f"summary(m, robust = {robust})"]
    if sheet.sampled:
        lines.append(f"# {sheet.outcome} is NA on the left side outside the sample; its lags are not")
    if parts.level_effects:
        lines.append("# time effects re-based linearly from plm's first period to the one left out here")
    if model.steps == 1:
        lines.append('# Hansen\'s J: sargan(m2, "twosteps") of the same model with model = "twosteps"')
    return lines
