"""Tables of configurations by R's package QCA."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness import rsession
from harness.engines.configuration_cells import MOST_CASES, exact
from harness.errors import NotInstalled, Unsupported
from harness.result import Estimates
from harness.spec import FuzzySet

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

MEND = "Rscript -e 'install.packages(\"QCA\")'"
_PACKAGES = ("QCA",)


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls of QCA on a data frame `d` of the raw columns."""
    model = _accepted(model)
    lines = [line for name in model.sets if (line := _calibration(model, sheet, name))]
    outcome, conditions = f'outcome = "{model.outcome}"', f"conditions = {_strings(model.conditions)}"
    if model.necessity is not None:
        cuts = model.necessity
        lines.append(f"pofind(d, {outcome}, {conditions})")
        given = {"incl.cut": cuts.incl_cut, "cov.cut": cuts.cov_cut, "ron.cut": cuts.ron_cut}
        levels = ", ".join(f"{name} = {exact(cut)}" for name, cut in given.items())
        lines.append(f'superSubset(d, {outcome}, {conditions}, relation = "necessity", {levels})')
    table = f"tt <- truthTable(d, {outcome}, {conditions}, {_cuts(model)}"
    lines.append(f"{table})")
    if model.exclude:
        found = _exclusion(model)
        lines.append(f"{table}, exclude = {found})")
    lines += [_minimize(model, kind) for kind in model.solution]
    if model.checks:
        lines.append("findRows(obj = tt, type = 3)")
    if model.panel is not None:
        lines.append("# QCA has no diagnostics of panels: panel_cells() of r_scripts/qca.R sums memberships")
    if model.robustness is not None and model.robustness.tests:
        lines.append("# the same with the settings of each test, then robustness_cells() of r_scripts/qca.R")
    return "\n".join(lines)


def _calibration(model: FuzzySet, sheet: Sheet, name: str) -> str:
    how = model.calibrated(name)
    anchors = f"c({', '.join(map(exact, sheet.anchors.get(name, ())))})"
    bends = f", below = {exact(how.below)}, above = {exact(how.above)}"
    logistic = f", idm = {exact(how.idm)}" if how.logistic else f", logistic = FALSE{bends}"
    settings = {
        "direct": f'type = "fuzzy", thresholds = {anchors}{logistic}',
        "ecdf": f'type = "fuzzy", thresholds = {anchors}, logistic = FALSE, ecdf = TRUE',
        "bell": f'type = "fuzzy", thresholds = {anchors}, logistic = FALSE{bends}',
        "indirect": f'type = "fuzzy", method = "indirect", thresholds = {anchors}',
        "tfr": 'type = "fuzzy", method = "TFR"',
        "crisp": f'type = "crisp", thresholds = {anchors}',
    }
    if how.method == "tfr":
        raw = f'd[["{how.column}"]]'
        return f'd[["{name}"]] <- calibrate({raw} - min({raw}) + 1, {settings["tfr"]})'
    if how.method == "none":
        return "" if how.column == name else f'd[["{name}"]] <- d[["{how.column}"]]'
    return f'd[["{name}"]] <- calibrate(d[["{how.column}"]], {settings[how.method]})'


def _strings(names: tuple[str, ...]) -> str:
    return "c({})".format(", ".join(f'"{name}"' for name in names))


def _cuts(model: FuzzySet) -> str:
    one, zero = model.incl_cut
    inclusion = exact(one) if one == zero else f"c({exact(one)}, {exact(zero)})"
    return f"incl.cut = {inclusion}, n.cut = {model.n_cut}, pri.cut = {exact(model.pri_cut)}"


def _exclusion(model: FuzzySet) -> str:
    if model.exclude == "untenable":
        return "c(findRows(obj = tt, type = 2), findRows(obj = tt, type = 3))"
    return f'findRows("{" + ".join(model.exclude)}", tt, observed = TRUE)'


def _minimize(model: FuzzySet, kind: str) -> str:
    if kind == "conservative":
        return "minimize(tt, details = TRUE)"
    if kind == "parsimonious":
        return 'minimize(tt, include = "?", details = TRUE)'
    signs = ",".join(str(model.directional_expectations.get(name, "-")) for name in model.conditions)
    return f'minimize(tt, include = "?", dir.exp = "{signs}", details = TRUE)'


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Truth table, necessary sets, and every solution with all of its minimal models.

    Raises NotInstalled where R or QCA is missing, EstimationError with R's own words where QCA stops: its
    solver tries every combination of prime implicants, and from some 25 of them on asks for more memory
    than there is.
    """
    model = _accepted(model)
    versions()  # before anything else: QCA may be missing
    settings: dict[str, Any] = {
        **_variable(model, sheet.anchors),
        "outcome": model.outcome,
        "conditions": list(model.conditions),
        "exclude": [model.exclude] if model.exclude == "untenable" else list(model.exclude),
        "solution": list(model.solution),
        "expectations": dict(model.directional_expectations),
        "necessity": None if model.necessity is None else model.necessity.model_dump(),
        "panel": _panel(model, sheet),
        "tests": _tests(model, sheet),
        "ranges": [] if model.robustness is None else list(model.robustness.ranges),
        "checks": model.checks,
        "cases": list(sheet.cases),
        "most_cases": MOST_CASES,
    }
    return rsession.call("qca.R", "fit_qca", sheet.frame, settings, packages=_PACKAGES).estimates()


def _variable(model: FuzzySet, anchors: Mapping[str, tuple[float, ...]]) -> dict[str, Any]:
    """What a test solution may have otherwise: cut-offs and calibration."""
    keys = {"method", "logistic", "idm", "below", "above"}
    how = {name: model.calibrated(name).model_dump(include=keys) for name in model.sets}
    return {
        "calibration": {name: {**how[name], "anchors": list(anchors.get(name, ()))} for name in model.sets},
        "incl_cut": list(model.incl_cut),
        "pri_cut": model.pri_cut,
        "n_cut": model.n_cut,
    }


def _tests(model: FuzzySet, sheet: Sheet) -> dict[str, Any]:
    tests = {} if model.robustness is None else model.robustness.tests
    return {
        name: _variable(model.varied(test), {**sheet.anchors, **test.anchors}) for name, test in tests.items()
    }


def _panel(model: FuzzySet, sheet: Sheet) -> dict[str, Any] | None:
    if model.panel is None:
        return None
    keys = {"time": str(sheet.time), "entity": str(sheet.entity)}
    labels = {role: {"name": name, "labels": list(sheet.labels[name])} for role, name in keys.items()}
    return {**labels, "each": list(model.panel.each)}


@cache
def versions() -> tuple[str, str]:
    """("QCA 3.25.1", "R 4.2.2"). Raises NotInstalled where R or QCA is missing."""
    try:
        reply = rsession.run("qca.R", "qca_version", {}, _PACKAGES)
    except NotInstalled as reason:
        if "package" not in str(reason):
            raise
        raise NotInstalled(f"R has no package QCA. Install it: {MEND}") from None
    return f"QCA {reply['value'][0]}", f"R {rsession.versions().r}"


def _accepted(model: AnyModel) -> FuzzySet:
    if not isinstance(model, FuzzySet):
        raise Unsupported(f"r-qca analyses sets, not a model of the kind '{model.model}'.")
    return model
