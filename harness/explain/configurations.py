"""What programs and papers leave unsaid of a fuzzy-set analysis: cut-offs, assumptions, calibration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from harness.explain.axes import labelled, of_key, of_patches
from harness.explain.space import Alternative, Axis, word
from harness.spec import Calibration, FuzzySet, Spec

_INCL_CUTS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
_PRI_CUTS = (0.0, 0.5, 0.51, 0.6, 0.65, 0.7, 0.75, 0.8)
_SOLUTIONS = ("conservative", "parsimonious", "intermediate")
_N_CUTS = (1, 2, 3, 4, 5)
_NECESSARY = (0.8, 0.85, 0.9, 0.95, 1.0)
_PASSED = 1e-6  # a cut-off that is higher by this must be passed: R's tolerance is smaller, 1.5e-8
# Full membership at log odds of 3 (Ragin 2008), or at .95 (R's QCA).
_FULL = (0.95, 0.952574126822433)
_PERCENTILES = ((5, 50, 95), (10, 50, 90), (20, 50, 80), (25, 50, 75))


def axes(spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
    """Every known convention of the column: calibration, cut-offs, then what is assumed of remainders."""
    model = cast(FuzzySet, spec.columns[column])
    found = (*_calibration(model), *_cuts(model), *_assumptions(model), *_necessity(model))
    return (_unit(model), *found) if spec.data.panel is not None else found


def _unit(model: FuzzySet) -> Axis:
    """What a case is; entities by their means have names of their own and no diagnostics over periods."""
    means: dict[str, Any] = {"unit": "entity-means", "case": None, "panel": None}
    found = {"rows": {"unit": "rows"}, "entity-means": means}
    return of_patches("unit", model.unit, labelled(found, model.unit), keeps_sheet=False)


# --------------------------------------------------------------------------------------------- calibration


def _calibration(model: FuzzySet) -> Iterator[Axis]:
    """Of all sets that are calibrated directly, alike."""
    direct = {name: one for name, one in model.calibration.items() if one.method == "direct"}
    yield _alike("logistic", direct, (True, False))
    yield _alike("idm", {name: one for name, one in direct.items() if one.logistic}, _FULL)
    percentiles = {name: one for name, one in direct.items() if _is_by_percentiles(one)}
    if percentiles:
        yield _percentiles(percentiles)
        yield of_key("percentiles_from", model.percentiles_from, ("sample", "data"), keeps_sheet=False)


def _alike(key: str, sets: dict[str, Calibration], legal: tuple[Any, ...]) -> Axis:
    """One key of the calibration of all *sets*; no choice where there are none."""
    used = {getattr(one, key) for one in sets.values()}
    others = [
        Alternative(word(value), {"calibration": {name: {key: value} for name in sets}})
        for value in legal
        if used and used != {value}
    ]
    label = word(used.pop()) if len(used) == 1 else "set by set"
    return of_patches(f"calibration: {key}", label, others, keeps_sheet=False)


def _is_by_percentiles(one: Calibration) -> bool:
    return all(isinstance(anchor, str) and re.fullmatch(r"p[\d.]+", anchor) for anchor in one.numbers)


def _percentiles(sets: dict[str, Calibration]) -> Axis:
    """Anchors of all *sets*; one whose full membership is at the lower end keeps its direction."""
    used = {name: _anchors(one.numbers) for name, one in sets.items()}
    found = {}
    for low, middle, high in _PERCENTILES:
        ends = (f"p{low}", f"p{middle}", f"p{high}")
        patch = {name: _anchors(ends if _rises(one) else ends[::-1]) for name, one in sets.items()}
        if patch != used:
            found[", ".join(ends)] = {"calibration": patch}
    return of_patches("calibration: percentiles", "as in the spec", labelled(found, ""), keeps_sheet=False)


def _anchors(numbers: tuple[float | str, ...]) -> dict[str, float | str]:
    return dict(zip(("out", "crossover", "in"), numbers, strict=True))


def _rises(one: Calibration) -> bool:
    out, _, full = (float(str(anchor)[1:]) for anchor in one.numbers)
    return out < full


# ----------------------------------------------------------------------------------------------- cut-offs


def _cuts(model: FuzzySet) -> Iterator[Axis]:
    one, zero = model.incl_cut
    cuts: dict[str, Any] = {f"{cut:g}": cut for cut in _INCL_CUTS}
    if one < 1:
        cuts[f"above {one:g}"] = one + _PASSED if zero == one else [one + _PASSED, zero]
    used = f"{one:g}" if one == zero else word([one, zero])
    others = {label: {"incl_cut": cut} for label, cut in cuts.items()}
    yield of_patches("incl_cut", used, labelled(others, used))
    yield of_key("pri_cut", model.pri_cut, _PRI_CUTS)
    yield of_key("n_cut", model.n_cut, _N_CUTS, keeps_sheet=False)


# ---------------------------------------------------------------------------- what is assumed of remainders


def _assumptions(model: FuzzySet) -> Iterator[Axis]:
    opposite = model.outcome_set if model.outcome.startswith("~") else f"~{model.outcome}"
    yield of_key("outcome", model.outcome, (opposite,), keeps_sheet=False)
    yield _solutions(model)
    if {"parsimonious", "intermediate"} & set(model.solution):
        excluded = word(model.exclude if isinstance(model.exclude, str) else list(model.exclude))
        others: dict[str, Any] = {"[]": {"exclude": None}, "untenable": {"exclude": "untenable"}}
        yield of_patches("exclude", excluded, labelled(others, excluded))
    for name in model.conditions if "intermediate" in model.solution else ():
        yield _expectation(name, model.directional_expectations.get(name))


def _solutions(model: FuzzySet) -> Axis:
    """Which solutions are made; an intermediate one expects the presence of every condition."""
    expected = model.directional_expectations or dict.fromkeys(model.conditions, 1)
    every = {"solution": list(_SOLUTIONS), "directional_expectations": dict(expected)}
    without = {"solution": list(_SOLUTIONS[:2]), "directional_expectations": None}
    used = word(list(model.solution))
    found = {word(patch["solution"]): patch for patch in (every, without)}
    return of_patches("solution", used, labelled(found, used))


def _expectation(name: str, used: int | None) -> Axis:
    """That a condition's presence leads to the outcome, its absence, or neither."""
    label = {1: "present", 0: "absent", None: "none"}
    others = {label[value]: {"directional_expectations": {name: value}} for value in (1, 0, None)}
    return of_patches(f"directional_expectations.{name}", label[used], labelled(others, label[used]))


# -------------------------------------------------------------------------------------------- necessity


def _necessity(model: FuzzySet) -> Iterator[Axis]:
    asked = model.necessity
    if asked is None:
        return
    for key, used, legal in (
        ("incl_cut", asked.incl_cut, _NECESSARY),
        ("disjunctions", asked.disjunctions, (True, False)),
    ):
        others = {word(value): {"necessity": {key: value}} for value in legal}
        yield of_patches(f"necessity.{key}", word(used), labelled(others, word(used)))
