"""What programs and papers leave unsaid of a dynamic panel: the axes of difference and system GMM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from harness import goldenfile
from harness.explain.axes import of_key, of_patches
from harness.explain.space import Alternative, Axis, word
from harness.glossary import VARIANTS
from harness.spec import DynamicPanel, GmmGroup, IvGroup, Spec

LONGEST_WINDOW = 10  # the last lag that is offered beside an open end; longer ones go into `open`
_EQUATIONS = ("both", "difference", "level")
_SMALL_SAMPLES = ("none", "n-k", "groups", "stata", "xtabond2-2009")
_DISTRIBUTIONS = ("normal", "t-residual", "t-groups")


def axes(spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
    """
    Every known convention of the column, those first whose patch others build on.

    periods : of the panel, where they are known; windows that reach beyond it are left out
    """
    model = cast(DynamicPanel, spec.columns[column])
    found = [
        *_equation(model, _printed_periods(spec, column)),
        *_windows(model, periods),
        *_collapse(model),
        *_places(model),
    ]
    return (*found, *_errors(model), *_names(spec, column))


# ------------------------------------------------------------------------------------------- the equation


def _printed_periods(spec: Spec, column: str) -> list[int]:
    """The periods whose dummies stand in the printed column."""
    published = goldenfile.read_published(spec)
    cells = () if published is None else published.columns.get(column, ())
    named = [cell.term.partition("=") for cell in cells if cell.part == "coefficients"]
    time = spec.data.panel.time if spec.data.panel else ""
    return sorted({int(period) for name, _, period in named if name == time and period.isdigit()})


def _equation(model: DynamicPanel, printed: list[int]) -> Iterator[Axis]:
    yield of_patches("estimator", model.estimator, _estimator(model), keeps_sheet=False)
    other = {"first-difference": "forward-orthogonal-deviations"}.get(model.transformation)
    yield of_key("transformation", model.transformation, (other or "first-difference",))
    yield of_patches("steps", word(model.steps), _steps(model))
    # Without levels there is no block between the equations: h 2 is h 3.
    yield of_key("h", model.h, (3, 2, 1) if model.estimator == "system" else (3, 1))
    if model.estimator == "system":
        yield of_key("constant", model.has_constant, (True, False), keeps_sheet=False)
    yield of_patches(
        "time_dummies", word(model.time_dummies), _time_dummies(model, printed), keeps_sheet=False
    )
    if model.sample is not None:
        yield of_key("lags_from", model.lags_from, ("data", "sample"), keeps_sheet=False)


def _estimator(model: DynamicPanel) -> list[Alternative]:
    if model.estimator == "difference":
        return [Alternative("system", {"estimator": "system"})]
    groups = {
        kind: {name: {"equation": "difference"} for name in named if named[name].equation is not None}
        for kind, named in (("gmm", model.instruments.gmm), ("iv", model.instruments.iv))
    }
    patch = {"estimator": "difference", "constant": False, "instruments": groups}
    return [Alternative("difference", patch)]


_ROBUST = {1: "robust", 2: "windmeijer", "iterated": "windmeijer"}


def _steps(model: DynamicPanel) -> list[Alternative]:
    """Standard errors stay of their kind: what is robust after one step is Windmeijer's after two."""
    found = []
    for steps, kind in _ROBUST.items():
        if steps != model.steps:
            patch: dict[str, Any] = {"steps": steps}
            if model.std_error in _ROBUST.values():
                patch["std_error"] = kind
            found.append(Alternative(str(steps), patch))
    return found


def _time_dummies(model: DynamicPanel, printed: list[int]) -> list[Alternative]:
    """Those that are printed, those of all periods, none; new ones are their own instruments somewhere."""
    kept = [periods for periods in (printed, "all") if periods and periods != [*model.time_dummies]]
    if model.time_dummies:
        others = [Alternative(word(periods), {"time_dummies": periods}) for periods in kept]
        without = {"time_dummies": [], "instruments": {"iv": _without_dummies(model)}}
        return [*others, Alternative("none", without)]
    where = _EQUATIONS if model.estimator == "system" else ("difference",)
    return [
        Alternative(
            f"{word(periods)}, instruments: {equation}",
            {"time_dummies": periods, "instruments": {"iv": {"time_dummies": {"equation": equation}}}},
        )
        for periods in kept
        for equation in where
    ]


def _without_dummies(model: DynamicPanel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, group in model.iv_groups().items():
        if set(group.variables) == {"time_dummies"}:
            found[name] = None
        elif "time_dummies" in group.variables:
            found[name] = {"variables": {"time_dummies": None}}
    return found


# ------------------------------------------------------------------------------------------- instruments


def _windows(model: DynamicPanel, periods: int | None) -> Iterator[Axis]:
    """The lags of GMM-style groups: of all alike, then of each."""
    groups = model.gmm_groups()
    if len(groups) > 1:
        found = [
            Alternative(word(lags), {"instruments": {"gmm": {name: {"lags": [*lags]} for name in groups}}})
            for lags in _lags(periods)
        ]
        yield of_patches("instruments.gmm: lags of every group", "as in the spec", found)
    for name, group in groups.items():
        own = _reach(group.lags, periods)
        others = [lags for lags in _lags(periods) if lags != own]
        others.sort(key=lambda lags: (lags[0] != own[0], lags[1] != own[1]))
        found = [_within("gmm", name, {"lags": [*lags]}, word(lags)) for lags in others]
        yield of_patches(f"instruments.gmm.{name}.lags", word(group.lags), found)


def _lags(periods: int | None) -> list[tuple[int, int | None]]:
    """Windows from lag 2, 1 and 3, open ones first. With T periods lag T-1 is the longest there is."""
    longest = LONGEST_WINDOW if periods is None else min(LONGEST_WINDOW, periods - 2)
    return [(first, last) for first in (2, 1, 3) for last in (None, *range(first, longest + 1))]


def _reach(lags: tuple[int, int | None], periods: int | None) -> tuple[int, int | None]:
    first, last = lags
    beyond = periods is not None and last is not None and last >= periods - 1
    return first, None if beyond else last


def _collapse(model: DynamicPanel) -> Iterator[Axis]:
    groups = model.gmm_groups()
    if len(groups) > 1:
        found = [
            Alternative(word(value), {"instruments": {"gmm": {name: {"collapse": value} for name in groups}}})
            for value in (True, False)
        ]
        yield of_patches("instruments.gmm: collapse of every group", "as in the spec", found)
    for name, group in groups.items():
        other = _within("gmm", name, {"collapse": not group.collapse}, word(not group.collapse))
        yield of_patches(f"instruments.gmm.{name}.collapse", word(group.collapse), [other])


def _places(model: DynamicPanel) -> Iterator[Axis]:
    """In which equations of a system instruments stand."""
    if model.estimator != "system":
        return
    for name, gmm in model.gmm_groups().items():
        yield _place("gmm", name, gmm, ())
    for name, iv in model.iv_groups().items():
        yield _place("iv", name, iv, (_apart(name, iv),))


def _place(kind: str, name: str, group: GmmGroup | IvGroup, more: tuple[Alternative, ...]) -> Axis:
    others = [equation for equation in _EQUATIONS if equation != group.equation]
    found = [_within(kind, name, {"equation": one}, one) for one in others]
    return of_patches(f"instruments.{kind}.{name}.equation", str(group.equation), [*found, *more])


def _apart(name: str, group: IvGroup) -> Alternative:
    """plm::pgmm has two columns where xtabond2 has one that spans both equations."""
    variables = {variable: [*lags] for variable, lags in group.variables.items()}
    level = {"variables": variables, "equation": "level"}
    patch = {"iv": {name: {"equation": "difference"}, f"{name} in levels": level}}
    return Alternative("both, a column in each", {"instruments": patch})


def _within(kind: str, name: str, patch: Mapping[str, Any], label: str) -> Alternative:
    return Alternative(label, {"instruments": {kind: {name: patch}}})


# ------------------------------------------------------------------------------------- errors and names


def _errors(model: DynamicPanel) -> Iterator[Axis]:
    kinds = ("conventional", "robust", "windmeijer")
    yield of_key("std_error", model.std_error, kinds, moves="errors")
    yield of_key("sigma2", model.sigma2, ("n", "n-k"), moves="errors")
    yield of_key("small_sample", model.small_sample, _SMALL_SAMPLES, moves="errors")
    yield of_key("distribution", model.reference_distribution, _DISTRIBUTIONS, moves="errors")


def _names(spec: Spec, column: str) -> Iterator[Axis]:
    for name, variants in VARIANTS.items():
        used = spec.variant(column, name)
        others = [
            Alternative(variant, {"variants": {name: variant}}) for variant in variants if variant != used
        ]
        yield of_patches(f"variants.{name}", used or "", others, moves="names")
