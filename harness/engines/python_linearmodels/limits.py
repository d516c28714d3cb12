"""What linearmodels cannot do, setting by setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import Unsupported
from harness.spec import Linear, StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

Model = StaticPanel | Linear


def accepted(model: AnyModel, sheet: Sheet) -> Model:
    if not isinstance(model, (StaticPanel, Linear)):
        raise Unsupported(f"linearmodels has no model of the kind '{model.model}'.")
    reason = _panel_reason(model, sheet) if isinstance(model, StaticPanel) else None
    reason = reason or _common_reason(model, sheet)
    if reason:
        raise Unsupported(reason)
    return model


def _common_reason(model: Model, sheet: Sheet) -> str | None:
    if len(sheet.cluster) > 2:
        return "linearmodels clusters by one or two columns, not by more."
    if bool(sheet.endogenous) != bool(sheet.instruments):
        return "two-stage least squares needs both 'endogenous' and 'instruments'."
    if not sheet.regressors and not sheet.constant:
        return "there is no regressor and no constant, so there is nothing to estimate."
    return None


def _panel_reason(model: StaticPanel, sheet: Sheet) -> str | None:
    two_stage = bool(sheet.endogenous)
    checks = (
        ("group" in model.effects, "linearmodels has no nested effects; r-plm has them (Swamy-Arora)."),
        (
            model.estimator == "random" and model.variance_components != "swamy-arora",
            f"linearmodels has only Swamy and Arora's variance components, not {model.variance_components}.",
        ),
        (
            model.estimator == "random" and model.effects != ("entity",),
            "linearmodels' random effects are those of the entity alone.",
        ),
        (
            model.estimator == "between" and model.effects != ("entity",),
            "linearmodels' between estimator is that of the entity means.",
        ),
        (
            model.estimator == "random" and two_stage,
            "linearmodels has no two-stage least squares with random effects.",
        ),
        (
            model.estimator == "random" and not sheet.constant,
            "linearmodels' Swamy-Arora components are checked with a constant only.",
        ),
        (
            model.estimator == "between" and model.std_error not in ("conventional", "robust"),
            f"linearmodels' between estimator has one row an entity, so no {model.std_error} covariance.",
        ),
        (
            model.std_error == "driscoll-kraay" and two_stage,
            "linearmodels has no Driscoll-Kraay covariance for two-stage least squares.",
        ),
        (
            model.estimator == "first-difference" and model.gaps == "by-row",
            "linearmodels differences by time; differences between rows that are not neighbours in time "
            "are plm's.",
        ),
        (
            sheet.weights is not None and (model.estimator == "first-difference" or two_stage),
            "weights are offered for estimates in levels by least squares, not for differences or "
            "two-stage least squares.",
        ),
        (
            bool(model.tests) and (sheet.weights is not None or two_stage),
            "the tests are offered for least squares without weights.",
        ),
        (
            any(sheet.instruments.values()) and model.estimator != "first-difference",
            "an instrument that stays in levels is offered for first differences alone.",
        ),
    )
    return next((sentence for holds, sentence in checks if holds), None)
