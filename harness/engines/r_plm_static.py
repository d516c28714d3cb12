"""A static panel for plm: what it cannot do, what R is sent, and the call as a person would type it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.engines import r_text
from harness.spec import StaticPanel

if TYPE_CHECKING:
    import pandas as pd

    from harness.sheet import Sheet

_MODELS = {"pooled": "pooling", "first-difference": "fd"}
_EFFECTS = {
    ("entity",): "individual",
    ("time",): "time",
    ("entity", "time"): "twoways",
    ("group", "entity"): "nested",
}
_METHODS = {"swamy-arora": "swar", "wallace-hussain": "walhus", "amemiya": "amemiya", "nerlove": "nerlove"}
_WITH_GROUPS = ("groups", "stata", "stata-absorbed", "xtabond2-2009")


def why_not(model: StaticPanel, sheet: Sheet) -> str | None:
    """The sentence that says what plm cannot do here, None where it can."""
    clusters = _clusters(sheet)
    checks = (
        (sheet.entity is None or sheet.time is None, "plm needs data.panel: an entity and a time column."),
        (sheet.weights is not None, "weights are not offered with plm: its robust covariances refuse them."),
        (not sheet.regressors, "plm estimates no panel model without regressors."),
        (
            bool(sheet.endogenous) != bool(sheet.instruments),
            "two-stage least squares needs both 'endogenous' and 'instruments'.",
        ),
        (None in clusters, "plm clusters by the panel's entity or time, not by another column."),
        (
            len(clusters) == 2 and model.small_sample in _WITH_GROUPS,
            "with clusters by entity and time it is not defined which of them G counts; use none or n-k.",
        ),
    )
    return next((sentence for holds, sentence in checks if holds), None) or _why_not_estimator(model, sheet)


def _why_not_estimator(model: StaticPanel, sheet: Sheet) -> str | None:
    effect = _EFFECTS[model.effects]
    checks = (
        (
            model.estimator == "between" and model.std_error != "conventional",
            f"plm has no {model.std_error} covariance for the between estimator.",
        ),
        (
            model.estimator == "between" and effect in ("twoways", "nested"),
            "plm's between estimator is that of the means of one effect, not of two.",
        ),
        (
            effect == "nested" and model.estimator != "random",
            "plm has nested effects for random effects only.",
        ),
        (effect == "nested" and sheet.group is None, "nested effects need data.panel.group."),
        (
            effect == "nested" and model.variance_components == "nerlove",
            "plm has no Nerlove components for nested effects.",
        ),
        (
            model.estimator == "random" and not sheet.constant,
            "random effects without a constant are not offered with plm.",
        ),
        (
            model.estimator == "first-difference" and effect != "individual",
            "first differences remove entity effects; plm has no others beside them.",
        ),
        (
            model.estimator == "first-difference" and model.gaps == "by-time" and _has_gaps(sheet),
            "plm differences neighbouring rows, also across gaps in time; write gaps: by-row to allow it.",
        ),
        (
            any(sheet.instruments.values()) and model.estimator != "first-difference",
            "an instrument that stays in levels is offered for first differences alone.",
        ),
        (
            bool(model.tests) and bool(sheet.endogenous),
            "plm's specification tests are offered for least squares, not for two stages.",
        ),
    )
    return next((sentence for holds, sentence in checks if holds), None)


def _clusters(sheet: Sheet) -> list[str | None]:
    names = {sheet.entity: "entity", sheet.time: "time"}
    return [names.get(column) for column in sheet.cluster]


def _has_gaps(sheet: Sheet) -> bool:
    entity, time = sheet.frame[sheet.entity].to_numpy(), sheet.frame[sheet.time].to_numpy()
    same = entity[1:] == entity[:-1]
    return bool((time[1:][same] - time[:-1][same] != sheet.step).any())


def request(model: StaticPanel, sheet: Sheet) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns and the settings of `fit_panel`."""
    keys = [key for key in (sheet.entity, sheet.time, sheet.group) if key is not None]
    keys += [sheet.sampled] if sheet.sampled else []
    columns = dict.fromkeys([*keys, sheet.outcome, *sheet.regressors, *sheet.instruments])
    settings = {
        "outcome": sheet.outcome,
        "regressors": list(sheet.regressors),
        "constant": sheet.constant,
        "endogenous": list(sheet.endogenous),
        "instruments": list(sheet.instruments),
        "level": [name for name, stays in sheet.instruments.items() if stays],
        "entity": sheet.entity,
        "time": sheet.time,
        "group": sheet.group if "group" in model.effects else None,
        "sampled": sheet.sampled,
        "estimator": model.estimator,
        "effects": list(model.effects),
        "variance_components": model.variance_components,
        "std_error": model.std_error,
        "cluster": _clusters(sheet),
        "bandwidth": model.bandwidth,
        "small_sample": model.small_sample,
        "distribution": model.reference_distribution,
        "ci_level": model.ci_level,
        "tests": list(model.tests),
    }
    return sheet.frame[list(columns)], settings


# ---------------------------------------------------------------------------------------- the call as text


def text(model: StaticPanel, sheet: Sheet) -> str:
    """Calls of plm on a data frame `d`, one a line; what plm has no function for is a comment."""
    lines = [*_differences_text(model, sheet), f"m <- {_plm_text(model, sheet)}", _covariance_text(model)]
    if model.estimator == "within" and sheet.constant:
        lines.append("# constant: mean(y) - mean(x)'b, the grand means added back as Stata does")
    return "\n".join([*lines, *(_test_text(name, model, sheet) for name in model.tests)])


def _takes_differences(model: StaticPanel, sheet: Sheet) -> bool:
    if model.estimator != "first-difference":
        return False
    return not sheet.constant or sheet.sampled is not None or any(sheet.instruments.values())


def _differences_text(model: StaticPanel, sheet: Sheet) -> list[str]:
    if not _takes_differences(model, sheet):
        return []
    level = [r_text.name(name) for name, stays in sheet.instruments.items() if stays]
    stay = f"; {', '.join(level)} as an instrument stays in levels" if level else ""
    rows = f", of which those with {r_text.name(sheet.sampled)} = 1" if sheet.sampled else ""
    return [f"# d: first differences within the entity, row by row{rows}{stay}"]


def _plm_text(model: StaticPanel, sheet: Sheet, kind: str = "") -> str:
    estimator = kind or _MODELS.get(model.estimator, model.estimator)
    if _takes_differences(model, sheet):
        estimator = "pooling"
    keys = [key for key in (sheet.entity, sheet.time) if key]
    if "group" in model.effects and sheet.group:
        keys.append(sheet.group)
    options = [
        _formula_text(model, sheet),
        "data = d",
        "index = c(" + ", ".join(f'"{r_text.name(key)}"' for key in keys) + ")",
        f'model = "{estimator}"',
        f'effect = "{_EFFECTS[model.effects]}"',
    ]
    if estimator == "random":
        options.append(f'random.method = "{_METHODS[model.variance_components]}"')
    return f"plm({', '.join(options)})"


def _formula_text(model: StaticPanel, sheet: Sheet) -> str:
    constant = sheet.constant or model.estimator == "within"
    right = r_text.sum_of(sheet.regressors, constant)
    if sheet.endogenous:
        exogenous = [term for term in sheet.regressors if term not in sheet.endogenous]
        right += " | " + r_text.sum_of(dict.fromkeys([*exogenous, *sheet.instruments]), constant)
    return f"{r_text.name(sheet.outcome)} ~ {right}"


def _covariance_text(model: StaticPanel) -> str:
    calls = {
        "conventional": "vcov(m)",
        "robust": 'vcovHC(m, method = "white1", type = "HC0")',
        "driscoll-kraay": f'vcovSCC(m, type = "HC0", maxlag = {model.bandwidth})',
    }
    call = calls.get(model.std_error) or _clustered_text(model)
    factor = r_text.factor(model.small_sample)
    return call + (f"  # {factor.removeprefix(', ')}" if factor else "")


def _clustered_text(model: StaticPanel) -> str:
    if len(model.cluster) == 2:
        return 'vcovDC(m, type = "HC0")'
    cluster = "time" if model.cluster == ("time",) else "group"
    return f'vcovHC(m, method = "arellano", type = "HC0", cluster = "{cluster}")'


def _test_text(name: str, model: StaticPanel, sheet: Sheet) -> str:
    plain = model.model_copy(update={"effects": ("entity",), "estimator": "within"})
    levels = ("within", "random", "between", "pooling")
    within, random, between, pooled = (_plm_text(plain, sheet, kind) for kind in levels)
    pvcm = _plm_text(plain, sheet, "within").replace("plm(", "pvcm(", 1)
    return {
        "f_effects": f"pFtest({within}, {pooled})",
        "hausman": f"phtest({within}, {random})",
        "hausman_m1": f"phtest({within}, {random})",
        "hausman_m2": f"phtest({between}, {random})",
        "hausman_m3": f"phtest({within}, {between})",
        "breusch_pagan_lm": f'plmtest({pooled}, type = "bp")',
        "lm_rho": f"# lm_rho: from the residuals of {pooled}",
        "lm_star_mu": f'pbsytest({pooled}, test = "re", re.normal = FALSE)',
        "lm_star_rho": f'pbsytest({pooled}, test = "ar")',
        "lm_joint": f'pbsytest({pooled}, test = "j")',
        "poolability_entity": f"pooltest({pooled}, {pvcm})",
        "poolability_entity_slopes": f"pooltest({within}, {pvcm})",
        "poolability_time": f"pooltest({pooled}, {pvcm.replace('individual', 'time')})",
    }[name]
