"""The ways in which the variables of a dynamic panel can be instrumented, each with what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from harness.estimators.instrument_lists import Equation, Treatment, treatments
from harness.explain.space import patch_between
from harness.spec import DynamicPanel, terms

Lags = tuple[int, int]
DETERMINISTIC = "constant and time dummies"


@dataclass(frozen=True)
class Tally:
    """
    What one way of instrumenting adds to the counts of a column.

    Attributes:
        instruments: columns of Z, `in_group` of them in the group of that name, `level_gmm` of them
            GMM-style in levels
        coefficients: of the variables themselves, constant and dummies included
        constant, dummies: those among the coefficients
    """

    group: str
    instruments: int
    in_group: int
    level_gmm: int
    coefficients: int
    constant: int = 0
    dummies: int = 0


@dataclass(frozen=True)
class Way:
    """
    One way to treat a unit.

    Attributes:
        words: for a reader
        changes: settings that differ from the spec's way
        treatment: of the variables, or of the time dummies
        constant, dummies: where these are the unit: whether there is one, which are kept
    """

    words: str
    changes: int
    tally: Tally
    treatment: Treatment
    constant: bool = False
    dummies: tuple[int, ...] | str = ()


@dataclass(frozen=True)
class Unit:
    """
    Variables that are instrumented alike, and the ways to do it; the first is the spec's.

    Attributes:
        name: the variable, the group where all of its variables are meant, or the variables
        group: of the spec, which names its tests
        variables: each with the lags at which it is its own instrument, where it is one
    """

    name: str
    group: str
    variables: Mapping[str, Lags]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Known:
    """
    What is known of a column's data without them, and what the print settles.

    Attributes:
        periods: of the panel
        time: the column of time: it can be a trend, never an instrument of another kind
        constant, dummies: whether their coefficients are printed, so that they cannot be left out
        apart: each variable by itself, even where the spec treats a group alike
    """

    periods: int
    time: str
    constant: bool = False
    dummies: bool = False
    apart: bool = False


def units(model: DynamicPanel, known: Known) -> tuple[Unit, ...]:
    """
    The units of a column: the lagged outcome, the other variables of each group, regressors without group.

    The outcome goes from lag 2, another variable from lag 1 or 2 or is its own instrument; windows and
    collapsing are open. A variable that stands in two groups, and a trend, stay as they are.
    """
    first_row = _first_row(model)
    drafts = list(_drafts(model, known))
    often = Counter(name for draft in drafts for name in draft.variables)
    found = [
        _unit(draft, model, known, first_row, fixed=any(often[name] > 1 for name in draft.variables))
        for draft in drafts
    ]
    return (*found, _deterministic(model, known, first_row))


def _first_row(model: DynamicPanel) -> int:
    """The first period of the equation in levels, counted from 1: the longest lag goes before it."""
    lags = [lag for _, _, lag in terms(model.regressors)]
    lags += [lag for group in model.iv_groups().values() for _, _, lag in terms(group.variables)]
    return 1 + max(lags, default=0)


# ------------------------------------------------------------------------------- the variables of the groups


@dataclass(frozen=True)
class _Draft:
    group: str
    is_whole: bool
    variables: dict[str, Lags]
    own: Treatment

    @property
    def name(self) -> str:
        return self.group if self.is_whole and len(self.variables) > 1 else ", ".join(self.variables)


def _drafts(model: DynamicPanel, known: Known) -> Iterator[_Draft]:
    """The spec's groups, the outcome and a trend apart; then what has no instrument of its own."""
    named: set[str] = set()
    for kind, groups in (("gmm", model.gmm_groups()), ("iv", model.iv_groups())):
        for name, group in groups.items():
            lags = _lags(model, group.variables)
            lags.pop("time_dummies", None)
            for part in _parts(lags, {model.outcome, known.time}, known.apart):
                yield _Draft(name, len(part) == len(group.variables), part, _own(kind, group))
            named |= lags.keys()
    equation: Equation = "both" if model.estimator == "system" else "difference"
    for name, own_lags in model.regressors.items():
        if name not in named:
            yield _Draft(name, True, {name: own_lags}, Treatment("none", equation=equation))


def _lags(model: DynamicPanel, variables: Any) -> dict[str, Lags]:
    """Of an iv group its own; of a gmm group those of the regressor, at which it would be an iv."""
    if isinstance(variables, Mapping):
        return dict(variables)
    return {name: model.regressors.get(name, (0, 0)) for name in variables}


def _parts(lags: dict[str, Lags], alone: set[str], apart: bool) -> Iterator[dict[str, Lags]]:
    singles = [name for name in lags if apart or name in alone]
    yield from ({name: lags[name]} for name in singles)
    together = {name: its for name, its in lags.items() if name not in singles}
    if together:
        yield together


def _own(kind: str, group: Any) -> Treatment:
    if kind == "iv":
        return Treatment("iv", equation=group.equation)
    return Treatment("gmm", group.lags, group.collapse, group.equation)


def _unit(draft: _Draft, model: DynamicPanel, known: Known, first_row: int, fixed: bool) -> Unit:
    coefficients = len(terms({v: model.regressors[v] for v in draft.variables if v in model.regressors}))
    iv_terms = len(terms(draft.variables))
    if fixed or known.time in draft.variables:
        open_ways = [draft.own]
    else:
        first_lags = (2,) if model.outcome in draft.variables else (1, 2)
        open_ways = list(treatments(draft.own, first_lags, known.periods))

    def way(treatment: Treatment) -> Way:
        columns, level = treatment.columns(known.periods, first_row)
        copies = iv_terms if treatment.style == "iv" else len(draft.variables)
        count = copies * columns
        tally = Tally(draft.group, count, count, copies * level, coefficients)
        return Way(_words(treatment), treatment.changes(open_ways[0]), tally, treatment)

    return Unit(draft.name, draft.group, draft.variables, tuple(way(one) for one in open_ways))


def _words(treatment: Treatment) -> str:
    if treatment.style != "gmm":
        return {"iv": "iv", "none": "no instrument of its own"}[treatment.style]
    first, last = treatment.lags
    how = "collapsed" if treatment.collapse else "not collapsed"
    return f"lags {first}-{last or 'end'} {how}"


# -------------------------------------------------------------------------------- constant and time dummies


def _deterministic(model: DynamicPanel, known: Known, first_row: int) -> Unit:
    """With or without constant and dummies; dummies are their own instruments unless the spec has none."""
    holder = next(((n, g) for n, g in model.iv_groups().items() if "time_dummies" in g.variables), None)
    equation: Equation = "both" if model.estimator == "system" else "difference"
    group, instrument = "time_dummies", Treatment("iv", equation=equation)
    if holder is not None:
        group, instrument = holder[0], _own("iv", holder[1])
    elif model.time_dummies:
        instrument = Treatment("none")
    rows = known.periods - first_row + (model.estimator == "system") - (known.time in model.regressors)

    def way(constant: bool, dummies: tuple[int, ...] | str) -> Way:
        count = max(rows - constant, 0) if dummies == "all" else len(dummies)
        own = count if instrument.style == "iv" else 0
        tally = Tally(group, own + constant, own, 0, count + constant, int(constant), count)
        words = f"{'a' if constant else 'no'} constant, {'time' if count else 'no time'} dummies"
        changes = (constant != model.has_constant) + (dummies != model.time_dummies)
        return Way(words, changes, tally, instrument if dummies else Treatment("none"), constant, dummies)

    ways = (way(*chosen) for chosen in product(_constants(model, known), _dummies(model, known)))
    return Unit(DETERMINISTIC, group, {"time_dummies": (0, 0)}, tuple(ways))


def _constants(model: DynamicPanel, known: Known) -> tuple[bool, ...]:
    settled = (known.constant and model.has_constant) or model.estimator == "difference"
    return (model.has_constant,) if settled else (model.has_constant, not model.has_constant)


def _dummies(model: DynamicPanel, known: Known) -> tuple[tuple[int, ...] | str, ...]:
    if known.dummies and model.time_dummies:
        return (model.time_dummies,)
    return (model.time_dummies, () if model.time_dummies else "all")


# ---------------------------------------------------------------------------------------------- the patch


def patch(merged: Mapping[str, Any], found: Sequence[Unit], chosen: Sequence[Way]) -> dict[str, Any]:
    """What makes the column, as *merged* has it, one with the ways *chosen* (RFC 7396); {} for the spec's."""
    after = {**merged, "instruments": _instruments(merged["instruments"], found, chosen)}
    deterministic, own = chosen[-1], found[-1].ways[0]
    if deterministic.constant != own.constant:
        after["constant"] = deterministic.constant
    if deterministic.dummies != own.dummies:
        kept = deterministic.dummies
        after["time_dummies"] = kept if isinstance(kept, str) else list(kept)
    changed: dict[str, Any] = patch_between(merged, after)
    return changed


def _instruments(
    before: Mapping[str, Any], found: Sequence[Unit], chosen: Sequence[Way]
) -> dict[str, dict[str, Any]]:
    """The spec's groups as they are written where nothing in them changes, the others anew."""
    pairs = list(zip(found, chosen, strict=True))
    changed = {unit.group for unit, way in pairs if way.treatment != unit.ways[0].treatment}
    made = {
        kind: {name: group for name, group in (before.get(kind) or {}).items() if name not in changed}
        for kind in ("gmm", "iv")
    }
    rebuilt = [pair for pair in pairs if pair[0].group in changed and pair[1].treatment.style != "none"]
    for unit, way in sorted(rebuilt, key=lambda pair: pair[1].treatment != pair[0].ways[0].treatment):
        _place(made, unit, way.treatment)  # those that stay keep the group's name
    return made


def _place(made: dict[str, dict[str, Any]], unit: Unit, treatment: Treatment) -> None:
    """Into the unit's group where that is free or has the same settings, else into one of its own name."""
    groups, other = made[treatment.style], made["iv" if treatment.style == "gmm" else "gmm"]
    settings: dict[str, Any] = {"equation": treatment.equation}
    if treatment.style == "gmm":
        settings |= {"lags": list(treatment.lags), "collapse": treatment.collapse}
    there = groups.get(unit.group, {"variables": {}, **settings})
    alike = {key: value for key, value in there.items() if key != "variables"} == settings
    name = unit.group if alike and unit.group not in other else unit.name.replace(", ", "_")
    if name != unit.group:
        there = {"variables": {}}
        while name in groups or name in other:
            name += "_"
    variables: Any = {variable: list(lags) for variable, lags in unit.variables.items()}
    if treatment.style == "iv":
        variables = {**there["variables"], **variables}
    else:
        variables = [*there["variables"], *variables]
    groups[name] = {"variables": variables, **settings}
