"""A dynamic panel for plm's pgmm: what it cannot do, what R is sent, the call as a person would type it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines import r_plm_matrices, r_text
from harness.result import NotOffered
from harness.spec import DynamicPanel

if TYPE_CHECKING:
    import pandas as pd

    from harness.sheet import Sheet

SCRIPTS = ("dynamic_panel.R", "dynamic_panel_design.R", "dynamic_panel_matrices.R")
_ENTITY, _TIME = " entity", " time"  # no column of a data file begins with a blank
Lagged = tuple[str, int, int]  # variable, first lag, last lag
Instrument = r_plm_matrices.Instrument


def why_not(model: DynamicPanel, sheet: Sheet) -> str | None:
    """The sentence that says what cannot be had from pgmm, nor from its matrices; None where all can."""
    system = model.estimator == "system"
    checks = (
        (sheet.entity is None or sheet.time is None, "plm needs data.panel: an entity and a time column."),
        (
            model.transformation != "first-difference",
            "pgmm has first differences only, not forward orthogonal deviations.",
        ),
        (model.steps == "iterated", "pgmm has one step or two, it does not iterate."),
        (model.std_error == "cluster", "pgmm's covariances are clustered by entity, not by a column."),
        (sheet.weights is not None, "pgmm takes no weights."),
        (model.principal_components is not None, "pgmm has no principal components of instruments."),
        (not model.instruments.gmm, "pgmm needs at least one GMM group of instruments."),
        (not sheet.regressors, "pgmm estimates no model without regressors."),
        (not system and sheet.constant, "pgmm has no constant in the differenced equation."),
    )
    return next((sentence for holds, sentence in checks if holds), None) or _why_not_gmm(model)


def _why_not_gmm(model: DynamicPanel) -> str | None:
    for name, group in model.gmm_groups().items():
        if group.lags[0] < 1 and group.equation != "difference":
            return (
                f"pgmm takes no leads as instruments, which the level equation of GMM group '{name}' needs."
            )
    return None


# --------------------------------------------------------------------------------------------- the design


@dataclass(frozen=True)
class _Parts:
    """
    The three parts of pgmm's formula.

    Attributes:
        equation: regressors with their lags; time dummies too, but with `level_effects`
        gmm: with 99 for an open end
        iv: plain instruments with their lags; one entry a column where `ours` is set
        level_effects: time dummies are regressors in both equations, instruments in levels: "twoways"
        ours: why pgmm makes the matrices only, None where it makes the estimate
    """

    equation: tuple[Lagged, ...]
    gmm: tuple[Instrument, ...]
    iv: tuple[Instrument, ...]
    level_effects: bool
    ours: str | None

    @property
    def longest(self) -> int:
        """The longest lag of the equation."""
        return max((last for _, _, last in self.equation), default=0)

    @property
    def padding(self) -> int:
        """Empty periods before the data: pgmm, which starts at the first GMM lag, then loses no row."""
        firsts = [entry.first for entry in self.gmm]
        if self.ours:
            return max(0, 1 - self.longest, 2 - min(firsts))
        return max(0, *(first - self.longest - 1 for first in firsts), 0)

    @property
    def lost(self) -> int | None:
        """pgmm's `lost.ts`, where the groups' first lags differ: it would take the smallest."""
        firsts = [entry.first for entry in self.gmm]
        last = max(self.longest + 1, *firsts, 0)
        return 2 if self.ours else last if max(self.longest + 1, min(firsts)) < last else None

    @classmethod
    def of(cls, model: DynamicPanel, sheet: Sheet) -> _Parts:
        ours = r_plm_matrices.reason(model, sheet)
        level_effects = model.estimator == "system" and bool(sheet.dummies) and ours is None
        dummies = () if level_effects else tuple((term, 0, 0) for term in sheet.dummies)
        equation = tuple((name, first, last) for name, (first, last) in model.regressors.items())
        gmm = r_plm_matrices.gmm(model, _n_periods(sheet))
        iv = r_plm_matrices.plain(model, sheet) if ours else tuple(_plain_instruments(model, dummies))
        return cls((*equation, *dummies), gmm, iv, level_effects, ours)


def _n_periods(sheet: Sheet) -> int:
    time = sheet.frame[str(sheet.time)]
    return int(time.max() - time.min()) // sheet.step + 1


def _plain_instruments(model: DynamicPanel, dummies: tuple[Lagged, ...]) -> Iterator[Instrument]:
    """Each variable once and with all its lags; what stands in two equations' groups is one entry."""
    found: dict[str, tuple[int, int]] = {}
    for group in model.iv_groups().values():
        for variable, (first, last) in group.variables.items():
            low, high = found.get(variable, (first, last))
            found[variable] = (min(low, first), max(high, last))
    has_dummies = found.pop(r_plm_matrices.TIME_DUMMIES, None)
    for variable, (first, last) in found.items():
        yield Instrument(variable, first, last)
    for dummy in dummies if has_dummies else ():
        yield Instrument(*dummy)


def request(model: DynamicPanel, sheet: Sheet) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns on the whole grid, scaled, and the settings of `fit_dynamic_panel`."""
    parts = _Parts.of(model, sheet)
    lagged = [*parts.equation, *(entry.lagged for entry in (*parts.gmm, *parts.iv))]
    frame, divisors = _grid(sheet, tuple(dict.fromkeys([sheet.outcome, *(name for name, _, _ in lagged)])))
    unit = divisors[sheet.outcome]
    units = {term: unit / divisors.get(_variable_of(term), 1.0) for term in sheet.regressors}
    return frame, {
        "outcome": sheet.outcome,
        "equation": [_lagged(entry) for entry in parts.equation],
        "gmm": [_instrument(entry) for entry in parts.gmm],
        "iv": [_instrument(entry) for entry in parts.iv],
        "terms": list(sheet.regressors),
        "dummies": list(sheet.dummies),
        "constant": sheet.constant,
        "own_algebra": parts.ours is not None,
        "units": units | {"constant": unit},
        "entity": _ENTITY,
        "time": _TIME,
        "step": sheet.step,
        "sampled": sheet.sampled,
        "system": model.estimator == "system",
        "level_effects": parts.level_effects,
        "dummy_times": [_time_of(term) for term in sheet.dummies] if parts.level_effects else [],
        "steps": model.steps,
        "h": model.h,
        "std_error": model.std_error,
        "sigma2": model.sigma2,
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


def _instrument(entry: Instrument) -> dict[str, Any]:
    return {**_lagged(entry.lagged), "collapse": entry.collapse, "equation": entry.equation}


def _time_of(dummy: str) -> float:
    return float(dummy.rpartition("=")[2])


def _variable_of(term: str) -> str:
    prefix, _, variable = term.partition(".")
    return variable if prefix[:1] == "L" and prefix[1:].isdigit() else term


# ---------------------------------------------------------------------------------------- the call as text


def text(model: DynamicPanel, sheet: Sheet) -> str:
    """The call of pgmm on a data frame `d`, and what is computed from it."""
    parts = _Parts.of(model, sheet)
    steps = "twosteps" if model.steps == 2 and not parts.ours else "onestep"
    collapse = ", ".join(str(entry.collapse).upper() for entry in parts.gmm)
    lines = [f"# pgmm's matrices, our algebra: {parts.ours}"] if parts.ours else []
    if parts.padding:
        lines.append(f"# d: with {parts.padding} empty period(s) before the first, so that no row is lost")
    lines += [f"d <- pdata.frame(d, {_index_text(sheet)})", *_shift_text(parts)] if parts.ours else []
    lines += [
        f"m <- pgmm({_formula_text(sheet, parts)},",
        f"  data = d, {_index_text(sheet)},",
        f'  effect = "{"twoways" if parts.level_effects else "individual"}", model = "{steps}",',
        f'  transformation = "{"ld" if model.estimator == "system" else "d"}"'
        + (f", collapse = c({collapse})" if "TRUE" in collapse else "")
        + (f", lost.ts = {parts.lost}" if parts.lost else "")
        + ")",
    ]
    after = _algebra_text(model, sheet, parts) if parts.ours else _after_text(model, sheet, parts)
    return "\n".join([*lines, *after])


def _index_text(sheet: Sheet) -> str:
    return f'index = c("{r_text.name(str(sheet.entity))}", "{r_text.name(str(sheet.time))}")'


def _formula_text(sheet: Sheet, parts: _Parts) -> str:
    def part(entries: Iterable[Lagged]) -> str:
        return " + ".join(r_text.lags(*entry) for entry in entries)

    gmm, iv = _shifted_names(parts) if parts.ours else _names(parts)
    right = [part(parts.equation), part(gmm)]
    if iv:
        right.append(part(iv))
    return f"{r_text.name(sheet.outcome)} ~ {' | '.join(right)}"


def _names(parts: _Parts) -> tuple[list[Lagged], list[Lagged]]:
    return [entry.lagged for entry in parts.gmm], [entry.lagged for entry in parts.iv]


def _shifted_names(parts: _Parts) -> tuple[list[Lagged], list[Lagged]]:
    """Every instrument as a column of its own: GMM ones from lag 2, plain ones unlagged."""
    gmm = [(f"g{n}", 2, _last_text(entry)) for n, entry in enumerate(parts.gmm, start=1)]
    return gmm, [(f"z{n}", 0, 0) for n, _ in enumerate(parts.iv, start=1)] or [("zero", 0, 0)]


def _last_text(entry: Instrument) -> int:
    return entry.last if entry.last == r_plm_matrices.OPEN else entry.last - entry.first + 2


def _shift_text(parts: _Parts) -> Iterator[str]:
    for n, entry in enumerate(parts.gmm, start=1):
        yield f"d$g{n} <- {_shift(entry.variable, entry.first - 2)}"
    for n, entry in enumerate(parts.iv, start=1):
        yield f"d$z{n} <- {_shift(entry.variable, entry.first)}"
    if not parts.iv:
        yield "d$zero <- 0  # without it pgmm makes an instrument of every regressor"


def _shift(variable: str, k: int) -> str:
    """A column moved in time within its entity, by plm's lag() and lead() on a pdata.frame."""
    column = f"d${r_text.name(variable)}"
    return f"lag({column}, {k})" if k > 0 else f"lead({column}, {-k})" if k < 0 else column


def _algebra_text(model: DynamicPanel, sheet: Sheet, parts: _Parts) -> Iterator[str]:
    """What r_scripts/dynamic_panel_matrices.R does with m$W and m$model."""
    groups = {
        equation: [f"{kind}{n}" for kind, entries in (("g", parts.gmm), ("z", parts.iv))
                   for n, entry in enumerate(entries, start=1) if entry.equation == equation]
        for equation in ("both", "difference", "level")
    }  # fmt: skip
    used = "rows outside the sample" if sheet.sampled else "rows not in use"
    yield f"# Z, X, y: m$W and m$model by entity (r_scripts/dynamic_panel_matrices.R), {used} zero"
    if model.estimator == "system":
        if any(name.startswith("z") for name in groups["both"]):
            yield "# Z: a plain instrument's columns of the two equations are added up to one"
        for equation, other in (("difference", "level"), ("level", "difference")):
            if groups[equation]:
                yield f"# Z: without the {other} columns of {', '.join(groups[equation])}"
        if sheet.constant:
            yield "# Z, X: a column more, 1 in the rows in levels"
    yield f"# A1 = (sum Z'HZ)^-1 with H of h: {model.h}, b1 = (X'Z A1 Z'X)^-1 X'Z A1 Z'y"
    if model.steps == 2:
        yield "# A2 = (sum Z'e1e1'Z)^-1, b2 = (X'Z A2 Z'X)^-1 X'Z A2 Z'y"
    yield f"# covariance: {_COVARIANCES[model.steps, model.std_error]}{r_text.factor(model.small_sample)}"
    if (model.steps, model.std_error) == (1, "conventional"):
        n = "N - K" if model.sigma2 == "n-k" else "N"
        yield f"# sigma2: {_squares_text(model)}/({n}), N the rows summed over"


_COVARIANCES: Mapping[tuple[object, str], str] = {
    (1, "conventional"): "sigma2 (X'Z A1 Z'X)^-1",
    (1, "robust"): "B Z'e1e1'Z B' with B = (X'Z A1 Z'X)^-1 X'Z A1",
    (2, "conventional"): "(X'Z A2 Z'X)^-1",
    (2, "windmeijer"): "(X'Z A2 Z'X)^-1 with Windmeijer's (2005) correction",
}


def _squares_text(model: DynamicPanel) -> str:
    if model.h != 1:
        return "squared residuals of the differences/2"
    return f"squared residuals {'in levels' if model.estimator == 'system' else 'of the differences'}"


def _after_text(model: DynamicPanel, sheet: Sheet, parts: _Parts) -> list[str]:
    robust = "FALSE" if model.std_error == "conventional" else "TRUE"
    covariance = "vcov(m)" if model.std_error == "conventional" else "vcovHC(m)"
    factor = r_text.factor(model.small_sample).removeprefix(", ")
    lines = [covariance + (f"  # {factor}" if factor else ""), f"summary(m, robust = {robust})"]
    if parts.level_effects:
        lines.append("# time effects re-based linearly from plm's first period to the one left out here")
    if model.steps == 1:
        lines.append('# Hansen\'s J: sargan(m2, "twosteps") of the same model with model = "twosteps"')
    return lines
