"""Indexes, agglomeration and types by our own estimators."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines import constructed
from harness.engines.constructed import grid, moment_cells, strangers, weight_cells
from harness.errors import Unsupported
from harness.estimators import agglomeration as over_distance
from harness.estimators import index as by_entropy
from harness.estimators import quantile_type
from harness.result import Cell, Estimates
from harness.spec import Agglomeration, Index, QuantileType

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel, Constructed


def versions() -> tuple[str, str]:
    """("index of replication-harness 0.1.0, numpy 2.3.5", "Python 3.11.2")."""
    try:
        own = f" {version('replication-harness')}"
    except PackageNotFoundError:
        own = ""
    numpy = version("numpy")
    return f"index of replication-harness{own}, numpy {numpy}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls on a frame `df` that holds the sheet's columns."""
    model = _accepted(model)
    if isinstance(model, Index):
        return _index_call(model, sheet)
    if isinstance(model, Agglomeration):
        return _agglomeration_call(model, sheet)
    return _types_call(model, sheet)


def _index_call(model: Index, sheet: Sheet) -> str:
    time = f', time=df["{sheet.time}"].to_numpy()' if model.by_time else ""
    negative = [direction == "negative" for direction in model.indicators.values()]
    return (
        f"index(df[{list(model.indicators)!r}].to_numpy(), np.array({negative!r}), "
        f'"{model.normalise}", {model.shift!r}{time})'
    )


def _agglomeration_call(model: Agglomeration, sheet: Sheet) -> str:
    own = None if model.self_distance == "omit" else model.self_distance
    latitude, longitude = (f'grid("{name}")[:, 0]' for name in model.coordinates)
    part, total = (f'grid("{name}")' for name in model.share)
    quotients = (
        f"location_quotient({part}[:, t], {total}[:, t]) for t in periods"
        if model.reference == "by-time"
        else f"location_quotient({part}.ravel(), {total}.ravel()).reshape(shape)[:, t] for t in periods"
    )
    return (
        f"weights = distance_weights(great_circle({latitude}, {longitude}), self_distance={own!r}, "
        f"decay={model.decay!r}, row_standardised={model.row_standardised!r})\n"
        f"[agglomeration(quotient, weights, double_sum={model.double_sum!r}) for quotient in ({quotients})]"
    )


def _types_call(model: QuantileType, sheet: Sheet) -> str:
    criteria = {
        "share": f'share(grid("{model.of}"))',
        "growth": f'growth(grid("{model.of}"), "{model.growth}")',
    }
    found = [
        f"levels({criteria[name]}, cut_points({criteria[name]}, {list(model.cuts[name])!r}))"
        for name in model.by
    ]
    return f"types({', '.join(found)}, {[list(row) for row in model.names]!r})"


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """Weights or counts, and the moments of the constructed variable."""
    model = _accepted(model)
    return Estimates(tuple(_cells(model, sheet)), strangers(model, sheet))


def by_case(model: Constructed, sheet: Sheet) -> Any:
    """The constructed variable of every row of the sheet: numbers, or names of types."""
    if isinstance(model, Index):
        return _index(model, sheet).closeness
    if isinstance(model, Agglomeration):
        return _agglomeration(model, sheet).ravel()
    names = np.array(_types(model, sheet)[1])
    return names[sheet.frame[str(sheet.entity)].to_numpy()]


def _accepted(model: AnyModel) -> Constructed:
    if not isinstance(model, Index | Agglomeration | QuantileType):
        raise Unsupported(f"python-index constructs variables; it has no model of the kind '{model.model}'.")
    return model


def _cells(model: Constructed, sheet: Sheet) -> list[Cell]:
    if isinstance(model, Index):
        found = _index(model, sheet)
        return [
            *weight_cells(model, found.weights, found.periods),
            *moment_cells(model.name, found.closeness),
        ]
    if isinstance(model, Agglomeration):
        return moment_cells(model.name, _agglomeration(model, sheet).ravel())
    return _type_cells(model, sheet)


def _index(model: Index, sheet: Sheet) -> by_entropy.Index:
    return by_entropy.index(
        constructed.indicators(model, sheet),
        constructed.negative(model),
        model.normalise,
        model.shift,
        constructed.time_of(model, sheet),
    )


def _agglomeration(model: Agglomeration, sheet: Sheet) -> Any:
    """(entities, periods)."""
    part, total = (grid(sheet, name) for name in model.share)
    latitude, longitude = (grid(sheet, name)[:, 0] for name in model.coordinates)
    if model.reference == "pooled":
        quotients = over_distance.location_quotient(part.ravel(), total.ravel()).reshape(part.shape)
    else:
        columns = zip(part.T, total.T, strict=True)
        quotients = np.column_stack([over_distance.location_quotient(p, x) for p, x in columns])
    weights = over_distance.distance_weights(
        over_distance.great_circle(latitude, longitude),
        None if model.self_distance == "omit" else model.self_distance,
        model.decay,
        model.row_standardised,
    )
    columns_of = [over_distance.agglomeration(one, weights, model.double_sum) for one in quotients.T]
    return np.column_stack(columns_of)


def _types(model: QuantileType, sheet: Sheet) -> tuple[dict[str, Any], list[str]]:
    """Cut points by criterion, and the type of each entity."""
    values = grid(sheet, model.of)
    criteria = {
        "share": lambda: quantile_type.share(values),
        "growth": lambda: quantile_type.growth(values, model.growth),
    }
    found: dict[str, Any] = {name: criteria[name]() for name in model.by}
    cuts: dict[str, Any] = {
        name: quantile_type.cut_points(found[name], model.cuts[name]) for name in model.by
    }
    first, second = (quantile_type.levels(found[name], cuts[name]) for name in model.by)
    return cuts, quantile_type.types(first, second, model.names)


def _type_cells(model: QuantileType, sheet: Sheet) -> list[Cell]:
    cuts, types = _types(model, sheet)
    points = [
        Cell("index", f"{name}@{share:g}", "cut_point", float(point))
        for name in model.by
        for share, point in zip(model.cuts[name], cuts[name], strict=True)
    ]
    counts = [Cell("index", name, "n_cases", float(types.count(name))) for name in model.type_names]
    codes = np.array([model.type_names.index(name) + 1 for name in types], dtype=float)
    examples = [
        Cell("index", f"{type_}@{name}", "member", float(types[code] == type_))
        for name, code in sheet.examples.items()
        for type_ in model.type_names
    ]
    return [*points, *counts, *moment_cells(model.name, codes)[-1:], *examples]
