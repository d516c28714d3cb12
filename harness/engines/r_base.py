"""Descriptive statistics and constructed variables by base R."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import rsession
from harness.engines import r_base_index, r_text
from harness.errors import Unsupported
from harness.result import Estimates
from harness.spec import Constructed, Descriptive

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

_CALLS = {
    "n_obs": "sum(!is.na(x))",
    "mean": "mean(x, na.rm = TRUE)",
    "sd": "sd(x, na.rm = TRUE)",
    "min": "min(x, na.rm = TRUE)",
    "max": "max(x, na.rm = TRUE)",
    "variance": "var(x, na.rm = TRUE)",
    "median": "median(x, na.rm = TRUE)",
    "missing": "sum(is.na(x))",
}


def translate(model: AnyModel, sheet: Sheet) -> str:
    """One line of R for all variables, one call a measure; or the call of a construction."""
    if isinstance(model, Constructed):
        return r_base_index.translate(model, sheet)
    model = _accepted(model)
    calls = ", ".join(f"{name} = {_call(name, model.quantile_type)}" for name in model.measures)
    variables = ", ".join(f'"{r_text.name(name)}"' for name in model.variables)
    moments = f"function(x) c({calls})"
    if model.by is None:
        return f"sapply(d[c({variables})], {moments})"
    return f'lapply(split(d[c({variables})], d[["{r_text.name(model.by)}"]]), sapply, {moments})'


def _call(measure: str, quantile_type: int) -> str:
    if measure in _CALLS:
        return _CALLS[measure]
    share = float(measure[1:]) / 100
    return f"unname(quantile(x, {share:.10g}, na.rm = TRUE, type = {quantile_type}))"


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """Raises EstimationError where a variable holds text."""
    if isinstance(model, Constructed):
        return r_base_index.fit(model, sheet)
    model = _accepted(model)
    columns = dict.fromkeys((*model.variables, *((model.by,) if model.by else ())))
    answer = rsession.call(
        "descriptive.R",
        "fit_descriptive",
        sheet.frame[list(columns)],
        {
            "variables": list(model.variables),
            "measures": list(model.measures),
            "by": model.by,
            "quantile_type": model.quantile_type,
        },
        packages=(),
    )
    return answer.estimates()


def versions() -> tuple[str, str]:
    """("base 4.2.2", "R 4.2.2")."""
    found = rsession.versions()
    return f"base {found.r}", f"R {found.r}"


def _accepted(model: AnyModel) -> Descriptive:
    if not isinstance(model, Descriptive):
        raise Unsupported(
            f"r-base describes and constructs variables; it has no model of the kind '{model.model}'."
        )
    if model.sd_denominator == "n" and {"sd", "variance"} & set(model.measures):
        raise Unsupported("R's sd() and var() divide by n-1, never by n.")
    return model
