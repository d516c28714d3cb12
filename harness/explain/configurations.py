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
    return (*_calibration(model), *_cuts(model), *_assumptions(model), *_necessity(model))


# --------------------------------------------------------------------------------------------- calibration


def _calibration(model: FuzzySet) -> Iterator[Axis]:
    """Of all sets that are calibrated directly, alike."""
    direct = {name: one for name, one in model.calibration.items() if one.method == "direct"}
    logistic = {name: one for name, one in direct.items() if one.logistic}
    if direct:
        straight = [_all(direct, {"logistic": value}, word(value)) for value in (True, False)]
        yield of_patches("calibration: logistic", "as in the spec", straight, keeps_sheet=False)
    if logistic:
        full = [_all(logistic, {"idm": value}, word(value)) for value in _FULL]
        yield of_patches("calibration: membership at `in`", "as in the spec", full, keeps_sheet=False)
    percentiles = {name: one for name, one in direct.items() if _by_percentiles(one)}
    if percentiles:
        found = [_percentiles(percentiles, anchors) for anchors in _PERCENTILES]
        yield of_patches("calibration: percentiles", "as in the spec", found, keeps_sheet=False)


def _by_percentiles(one: Calibration) -> bool:
    return all(isinstance(anchor, str) and re.fullmatch(r"p[\d.]+", anchor) for anchor in one.numbers)


def _all(sets: dict[str, Calibration], patch: dict[str, Any], label: str) -> Alternative:
    return Alternative(label, {"calibration": dict.fromkeys(sets, patch)})


def _percentiles(sets: dict[str, Calibration], anchors: tuple[int, int, int]) -> Alternative:
    """A set whose full membership is at the lower end keeps its direction."""
    patches = {}
    for name, one in sets.items():
        out, _, full = (float(str(anchor)[1:]) for anchor in one.numbers)
        low, middle, high = (f"p{number}" for number in (anchors if out < full else anchors[::-1]))
        patches[name] = {"out": low, "crossover": middle, "in": high}
    return Alternative(", ".join(f"p{number}" for number in anchors), {"calibration": patches})


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
