"""The call as a text that a person could run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.engines.python_linearmodels.equation import CONSTANT
from harness.engines.python_linearmodels.limits import Model
from harness.engines.python_linearmodels.regression import COV_TYPES, SCALES_WITH_GROUPS, divides_by_n
from harness.spec import StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet


def _names(names: tuple[str, ...] | list[str]) -> str:
    return "df[[" + ", ".join(f'"{name}"' for name in names) + "]]"


def frame_text(model: Model, sheet: Sheet) -> list[str]:
    lines = []
    if sheet.constant:
        lines.append('df["constant"] = 1.0')
    if isinstance(model, StaticPanel) and model.estimator == "first-difference":
        lines.append(
            "df = ...  # differences over one step of time within the entity, constant and level "
            "instruments excepted"
        )
    if sheet.endogenous and isinstance(model, StaticPanel) and model.estimator in ("within", "between"):
        what = "entity means" if model.estimator == "between" else "deviations from means"
        lines.append(f"df = ...  # {what}")
    return lines


def constructor_text(model: Model, sheet: Sheet) -> tuple[str, str]:
    regressors = [*sheet.regressors, *((CONSTANT,) if sheet.constant else ())]
    y = f'df["{sheet.outcome}"]'
    weights = f', weights=df["{sheet.weights}"]' if sheet.weights else ""
    if sheet.endogenous:
        exogenous = [name for name in regressors if name not in sheet.endogenous]
        parts = (y, _names(exogenous), _names(sheet.endogenous), _names(list(sheet.instruments)))
        return f"IV2SLS({', '.join(parts)}{weights})", "linearmodels.iv import IV2SLS"
    kind = model.estimator if isinstance(model, StaticPanel) else "pooled"
    name = {"within": "PanelOLS", "between": "BetweenOLS", "random": "RandomEffects"}.get(kind, "PooledOLS")
    effects = ""
    if isinstance(model, StaticPanel) and kind == "within":
        effects = "".join(f", {effect}_effects=True" for effect in model.effects)
    call = f"{name}({y}, {_names(regressors)}{effects}{weights})"
    return call, f"linearmodels.panel import {name}"


def options_text(model: Model, sheet: Sheet) -> str:
    options = [f'cov_type="{COV_TYPES[model.std_error]}"', "debiased=False"]
    if model.std_error == "cluster":
        options.append(f"clusters={_names(sheet.cluster)}")
        if len(sheet.cluster) == 2 and model.small_sample in SCALES_WITH_GROUPS:
            options.append("group_debias=True")
    if isinstance(model, StaticPanel) and not sheet.endogenous:
        options += {
            "within": ["auto_df=False", "count_effects=False"],
            "random": ["small_sample=True"],
            "between": ["reweight=False"],
        }.get(model.estimator, [])
        if model.std_error == "driscoll-kraay":
            options += ['kernel="bartlett"', f"bandwidth={model.bandwidth}"]
    return ", ".join(options)


def factor_text(model: Model) -> str:
    words = {
        "n-k": "N/(N-K)",
        "groups": "G/(G-1)",
        "stata": "(N-1)/(N-K) * G/(G-1)",
        "stata-absorbed": "(N-1)/(N-K-absorbed) * G/(G-1)",
        "xtabond2-2009": "N/(N-K+1) * G/(G-1)",
    }
    factors = [words[model.small_sample]] if model.small_sample != "none" else []
    if model.std_error == "conventional" and not divides_by_n(model):
        factors.append("N/df_resid")
    return " * ".join(factors)
