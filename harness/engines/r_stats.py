"""Least squares by R's own `stats`; two-stage least squares and sandwiches by our algebra in base R."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import rsession
from harness.engines import r_text
from harness.errors import Unsupported
from harness.result import Estimates
from harness.spec import Linear

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The call of lm, and after it what base R has no function for."""
    model = _accepted(model, sheet)
    right = r_text.sum_of([*sheet.regressors], constant=sheet.constant)
    weights = f", weights = {r_text.name(sheet.weights)}" if sheet.weights else ""
    lines = [f"m <- lm({r_text.name(sheet.outcome)} ~ {right}, data = d{weights})"]
    if sheet.endogenous:
        lines = _two_stages(sheet, weights)
    return "\n".join([*lines, _covariance_text(model, sheet)])


def _two_stages(sheet: Sheet, weights: str) -> list[str]:
    exogenous = [term for term in sheet.regressors if term not in sheet.endogenous]
    first = r_text.sum_of([*exogenous, *sheet.instruments], constant=sheet.constant)
    regressors = r_text.sum_of(
        [f"fitted_{at}" if term in sheet.endogenous else term for at, term in enumerate(sheet.regressors, 1)],
        constant=sheet.constant,
    )
    fits = [
        f"d$fitted_{at} <- fitted(lm({r_text.name(term)} ~ {first}, data = d{weights}))"
        for at, term in enumerate(sheet.regressors, 1)
        if term in sheet.endogenous
    ]
    second = f"m <- lm({r_text.name(sheet.outcome)} ~ {regressors}, data = d{weights})"
    return [*fits, second, "# residuals with the regressors themselves, not with their fitted values"]


def _covariance_text(model: Linear, sheet: Sheet) -> str:
    covariance = {
        "conventional": "e'e/n (X'X)^-1" if model.sigma2 == "n" else "vcov(m)",
        "robust": "HC0: (X'X)^-1 X'diag(e^2)X (X'X)^-1",
        "cluster": f"clustered by {', '.join(sheet.cluster)}",
    }[model.std_error]
    return f"# covariance: {covariance}{r_text.factor(model.small_sample)}"


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients, covariance, joint test and sums of squares.

    Raises Unsupported for clusters by several columns, EstimationError on a singular design.
    """
    model = _accepted(model, sheet)
    settings = {
        "outcome": sheet.outcome,
        "regressors": list(sheet.regressors),
        "constant": sheet.constant,
        "endogenous": list(sheet.endogenous),
        "instruments": list(sheet.instruments),
        "weights": sheet.weights,
        "cluster": list(sheet.cluster),
        "std_error": model.std_error,
        "sigma2": model.sigma2,
        "small_sample": model.small_sample,
        "distribution": model.reference_distribution,
        "ci_level": model.ci_level,
    }
    keys = [name for name in (sheet.weights, sheet.entity, *sheet.cluster) if name]
    columns = dict.fromkeys([sheet.outcome, *sheet.regressors, *sheet.instruments, *keys])
    frame = sheet.frame[list(columns)]
    answer = rsession.call("linear.R", "fit_linear", frame, settings | {"entity": sheet.entity}, packages=())
    return answer.estimates()


def versions() -> tuple[str, str]:
    """("stats 4.2.2", "R 4.2.2")."""
    found = rsession.versions()
    return f"stats {found.r}", f"R {found.r}"


def _accepted(model: AnyModel, sheet: Sheet) -> Linear:
    if not isinstance(model, Linear):
        raise Unsupported(f"r-stats fits linear models; it has no model of the kind '{model.model}'.")
    if len(sheet.cluster) > 1:
        raise Unsupported("r-stats clusters by one column, not by several.")
    if bool(sheet.endogenous) != bool(sheet.instruments):
        raise Unsupported("two-stage least squares needs both 'endogenous' and 'instruments'.")
    if any(sheet.instruments.values()):
        raise Unsupported("`level: true` is of a panel; a linear model transforms no instrument.")
    return model
