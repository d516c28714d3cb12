"""What programs and papers leave unsaid of moments: denominators, quantiles, rows with a missing value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from harness.explain.axes import of_key, of_patches
from harness.explain.space import Alternative, Axis
from harness.expression import MAX_CHARACTERS
from harness.spec import Descriptive, Spec

_QUANTILE_TYPES = range(1, 10)


def axes(spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
    """Every known convention that something in the column hangs on."""
    return tuple(_axes(cast(Descriptive, spec.columns[column])))


def _axes(model: Descriptive) -> Iterator[Axis]:
    if {"sd", "variance"} & set(model.measures):
        yield of_key("sd_denominator", model.sd_denominator, ("n-1", "n"))
    if any(re.fullmatch(r"p\d.*", measure) for measure in model.measures):
        yield of_key("quantile_type", model.quantile_type, _QUANTILE_TYPES)
    if len(model.variables) > 1:
        yield from _missing(model)


def _missing(model: Descriptive) -> Iterator[Axis]:
    """Whether a row counts for a variable where another one is missing."""
    complete = " and ".join(f"not is_missing(`{name}`)" for name in model.variables)
    rule = complete if model.sample is None else f"({model.sample}) and {complete}"
    if len(rule) <= MAX_CHARACTERS:
        listwise = Alternative("rows without any missing value", {"sample": rule})
        yield of_patches("missing values", "variable by variable", [listwise], keeps_sheet=False)
