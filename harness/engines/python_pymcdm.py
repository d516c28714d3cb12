"""Entropy-weighted TOPSIS by pymcdm."""

from __future__ import annotations

import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.constructed import indicators, moment_cells, negative, time_of, weight_cells
from harness.errors import NotInstalled, Unsupported
from harness.estimators.index import Weights
from harness.result import Cell, Estimates, NotOffered
from harness.spec import Index

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

MEND = "pip install 'replication-harness[mcdm]'"
_NORMALISATIONS = {"min-max": "minmax_normalization", "vector": "vector_normalization"}


def versions() -> tuple[str, str]:
    """("pymcdm 1.4.0", "Python 3.11.2"). Raises NotInstalled."""
    try:
        return f"pymcdm {version('pymcdm')}", f"Python {platform.python_version()}"
    except PackageNotFoundError:
        raise NotInstalled(f"pymcdm is not installed. Install it: {MEND}") from None


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls on a frame `df` that holds the sheet's columns."""
    model = _accepted(model)
    method = _NORMALISATIONS[model.normalise]
    types = [-1 if direction == "negative" else 1 for direction in model.indicators.values()]
    last = f"TOPSIS({method})(x, weights, {types!r})"
    if model.method == "entropy-sum":
        last = f"normalize_matrix(x, {method}, {types!r}) @ weights"
    call = (
        f"x = df[{list(model.indicators)!r}].to_numpy()\n"
        f"weights = entropy_weights(normalize_matrix(x, {method}, {types!r}) + {model.shift!r})\n"
        f"{last}"
    )
    return f"# for each {sheet.time}\n{call}" if model.by_time else call


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Weights and the moments of closeness; pymcdm gives no entropies.

    Raises Unsupported where a normalised value plus the shift is 0, NotInstalled where pymcdm is missing.
    """
    model = _accepted(model)
    time = time_of(model, sheet)
    values = indicators(model, sheet)
    periods = [] if time is None else [int(period) for period in np.unique(time)]
    samples = [time == period for period in periods] or [np.ones(len(values), dtype=bool)]
    closeness, weights = np.empty(len(values)), []
    for sample in samples:
        weight, closeness[sample] = _one_index(model, values[sample])
        weights.append(Weights(np.full(len(weight), np.nan), weight))
    cells = [*weight_cells(model, weights, periods), *moment_cells(model.name, closeness)]
    kept: list[Cell] = [cell for cell in cells if cell.measure != "entropy"]
    lacking = tuple(
        NotOffered(cell.part, cell.term, cell.measure, "pymcdm gives weights, not entropies")
        for cell in cells
        if cell.measure == "entropy"
    )
    return Estimates(cells=tuple(kept), not_offered=lacking)


def _accepted(model: AnyModel) -> Index:
    if not isinstance(model, Index):
        raise Unsupported(f"pymcdm ranks cases by indicators; it has no model of the kind '{model.model}'.")
    return model


def _one_index(model: Index, values: Any) -> tuple[Any, Any]:
    """Weights and closeness of one set of cases."""
    normalizations, helpers, methods, weights = _library()
    method = getattr(normalizations, _NORMALISATIONS[model.normalise])
    types = np.where(negative(model), -1, 1)
    matrix = helpers.normalize_matrix(values, method, types) + model.shift
    if not (matrix > 0).all():
        raise Unsupported(
            "pymcdm's entropy weights refuse a normalised value of 0. Write a shift, e.g. shift: 0.0001."
        )
    weight = weights.entropy_weights(matrix)
    if model.method == "entropy-sum":
        return weight, (matrix - model.shift) @ weight
    return weight, methods.TOPSIS(method)(values, weight, types)


def _library() -> list[Any]:
    """pymcdm's modules; imported here only, it brings matplotlib along."""
    versions()
    try:
        return [
            import_module(f"pymcdm.{name}") for name in ("normalizations", "helpers", "methods", "weights")
        ]
    except ImportError as error:
        raise NotInstalled(f"pymcdm cannot be imported ({error}). Install it: {MEND}") from error
