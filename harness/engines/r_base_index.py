"""Indexes, agglomeration and types by base R."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness import rsession
from harness.engines import r_text
from harness.engines.constructed import strangers
from harness.result import Estimates
from harness.spec import Agglomeration, Index

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import Constructed, QuantileType


def translate(model: Constructed, sheet: Sheet) -> str:
    """The call of the function in `r_scripts/index.R`."""
    function, settings = _call(model, sheet)
    shown = ", ".join(f"{r_text.name(key)} = {_code(value)}" for key, value in settings.items())
    return f"{function}(d, list({shown}))"


def fit(model: Constructed, sheet: Sheet) -> Estimates:
    """Raises EstimationError in R's words where R stops."""
    function, settings = _call(model, sheet)
    found = rsession.call("index.R", function, sheet.frame, settings, packages=()).estimates()
    return replace(found, not_offered=(*found.not_offered, *strangers(model, sheet)))


def _call(model: Constructed, sheet: Sheet) -> tuple[str, dict[str, Any]]:
    if isinstance(model, Index):
        return "fit_index", _index(model, sheet)
    if isinstance(model, Agglomeration):
        return "fit_agglomeration", _agglomeration(model, sheet)
    return "fit_quantile_type", _types(model, sheet)


def _index(model: Index, sheet: Sheet) -> dict[str, Any]:
    return {
        "name": model.name,
        "indicators": list(model.indicators),
        "negative": [direction == "negative" for direction in model.indicators.values()],
        "normalise": model.normalise,
        "shift": model.shift,
        "time": sheet.time if model.by_time else None,
    }


def _agglomeration(model: Agglomeration, sheet: Sheet) -> dict[str, Any]:
    return {
        "name": model.name,
        "share": list(model.share),
        "coordinates": list(model.coordinates),
        "self_distance": None if model.self_distance == "omit" else model.self_distance,
        "decay": model.decay,
        "row_standardised": model.row_standardised,
        "pooled": model.reference == "pooled",
        "double_sum": model.double_sum,
        "entity": sheet.entity,
        "time": sheet.time,
    }


def _types(model: QuantileType, sheet: Sheet) -> dict[str, Any]:
    return {
        "name": model.name,
        "of": model.of,
        "by": list(model.by),
        "growth": model.growth,
        "cuts": {name: list(model.cuts[name]) for name in model.by},
        "labels": {name: [f"{share:g}" for share in model.cuts[name]] for name in model.by},
        "names": [name for row in model.names for name in row],
        "type_names": list(model.type_names),
        "examples": list(sheet.examples),
        "codes": list(sheet.examples.values()),
        "entity": sheet.entity,
        "time": sheet.time,
    }


def _code(value: Any) -> str:
    """A plain value as R code."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, dict):
        return "list(" + ", ".join(f"{r_text.name(key)} = {_code(item)}" for key, item in value.items()) + ")"
    if isinstance(value, list):
        return _code(value[0]) if len(value) == 1 else "c(" + ", ".join(map(_code, value)) + ")"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value!r}"
