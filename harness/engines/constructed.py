"""Constructed variables: the arrays in a sheet, and the cells that engines in Python make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.estimators.fingerprint import fingerprint
from harness.estimators.index import Weights
from harness.result import Cell, NotOffered
from harness.spec import QuantileType

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import Constructed, Index

Array = NDArray[np.float64]


def indicators(model: Index, sheet: Sheet) -> Array:
    """(n, k), indicators in order of print."""
    return sheet.frame[list(model.indicators)].to_numpy(dtype=float)


def negative(model: Index) -> NDArray[np.bool_]:
    """(k,), whether less of the indicator is better."""
    return np.array([direction == "negative" for direction in model.indicators.values()])


def time_of(model: Index, sheet: Sheet) -> NDArray[np.int64] | None:
    """(n,) where each period is an index of its own, else None."""
    return sheet.frame[sheet.time].to_numpy() if model.by_time else None


def grid(sheet: Sheet, name: str) -> Array:
    """A column of a complete panel as (entities, periods)."""
    n_entities = int(sheet.frame[str(sheet.entity)].max()) + 1
    return sheet.frame[name].to_numpy(dtype=float).reshape(n_entities, -1)


def weight_cells(model: Index, weights: Sequence[Weights], periods: Sequence[int]) -> list[Cell]:
    """Weight and entropy of each indicator; `indicator@2005` where each period has its own."""
    labels = [f"@{period}" for period in periods] or [""]
    return [
        Cell("index", f"{name}{label}", measure, float(values[at]))
        for label, one in zip(labels, weights, strict=True)
        for at, name in enumerate(model.indicators)
        for measure, values in (("weight", one.weight), ("entropy", one.entropy))
    ]


def strangers(model: Constructed, sheet: Sheet) -> tuple[NotOffered, ...]:
    """The entities that the model names and the data do not have."""
    if not isinstance(model, QuantileType):
        return ()
    return tuple(
        NotOffered(
            "index", f"{type_}@{name}", "member", f"no entity is called {' or '.join((name, *others))}"
        )
        for name, others in model.examples.items()
        if name not in sheet.examples
        for type_ in model.type_names
    )


def moment_cells(name: str, values: Any) -> list[Cell]:
    """What is told of a constructed variable: its moments and its fingerprint, not its values."""
    moments = {
        "n_obs": len(values),
        "mean": values.mean(),
        "sd": values.std(ddof=1),
        "min": values.min(),
        "max": values.max(),
        "fingerprint": fingerprint(values),
    }
    return [Cell("index", name, measure, float(value)) for measure, value in moments.items()]
