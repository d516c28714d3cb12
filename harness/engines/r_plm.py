"""Dynamic panels by plm's pgmm, static panels by plm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness import rsession
from harness.engines import r_plm_dynamic, r_plm_static
from harness.errors import Unsupported
from harness.result import Estimates
from harness.spec import DynamicPanel, StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The call on a data frame `d` that holds the sheet's columns. Raises Unsupported as `fit` does."""
    model = _accepted(model, sheet)
    if isinstance(model, DynamicPanel):
        return r_plm_dynamic.text(model, sheet)
    return r_plm_static.text(model, sheet)


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients, covariance, tests and counts.

    Raises Unsupported for what plm cannot do, EstimationError where it stops.
    """
    model = _accepted(model, sheet)
    if isinstance(model, DynamicPanel):
        frame, settings = r_plm_dynamic.request(model, sheet)
        answer = rsession.call(r_plm_dynamic.SCRIPTS, "fit_dynamic_panel", frame, settings).estimates()
        return replace(answer, not_offered=(*answer.not_offered, *r_plm_dynamic.not_offered(model)))
    frame, settings = r_plm_static.request(model, sheet)
    return rsession.call("panel.R", "fit_panel", frame, settings).estimates()


def versions() -> tuple[str, str]:
    """("plm 2.6-2", "R 4.2.2")."""
    found = rsession.versions()
    if not found.plm:
        raise rsession.missing_package("plm")
    return f"plm {found.plm}", f"R {found.r}"


def _accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel | StaticPanel:
    if isinstance(model, DynamicPanel):
        reason = r_plm_dynamic.why_not(model, sheet)
    elif isinstance(model, StaticPanel):
        reason = r_plm_static.why_not(model, sheet)
    else:
        raise Unsupported(f"plm fits panels; it has no model of the kind '{model.model}'.")
    if reason:
        raise Unsupported(reason)
    return model
