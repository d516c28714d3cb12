"""The sheet of a constructed variable: whole rows, and values that the construction can take."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from harness.dataset.checks import need_every_period, need_fixed, need_true
from harness.dataset.rows import Floats, Rows, located
from harness.errors import DataError
from harness.sheet import Sheet
from harness.spec import Agglomeration, Constructed, Index, QuantileType

KEYS = ("entity", "time")  # names of the key columns, unless a variable has them


def sheet(model: Constructed, rows: Rows) -> Sheet:
    """
    The variables that *model* is made of, sorted by entity and time.

    An index takes the rows there are; agglomeration and types need every entity in every period.
    Raises DataError, naming the row: a value is missing, a period of an entity is missing, a headcount is
    negative or larger than the whole, a coordinate is none or moves, an indicator does not vary.
    """
    columns = _columns(model, rows)
    for name, values in columns.items():
        need_true(~np.isnan(values), rows, f"'{name}' is missing", f"Write sample: not is_missing({name})")
    if isinstance(model, Index):
        _need_index(model, rows, columns)
    else:
        need_every_period(rows, f"model: {model.model}")
    if isinstance(model, Agglomeration):
        _need_shares(model, rows, columns)
        _need_places(model, rows, columns)
    if isinstance(model, QuantileType):
        need_true(columns[model.of] > 0, rows, f"'{model.of}' is not positive", "Its growth has no meaning")
        return replace(_sorted(rows, columns), examples=_examples(model, rows))
    return _sorted(rows, columns)


def _examples(model: QuantileType, rows: Rows) -> dict[str, int]:
    """Entity named by the model to its code in the sheet; none that is not in the data."""
    assert rows.panel is not None  # a rule of specs
    first = np.unique(rows.index.entity, return_index=True)[1]
    labels = [str(label).strip() for label in rows.column(rows.panel.entity).iloc[first]]
    codes = {label: code for code, label in enumerate(labels)}
    found = {name: next((codes[n] for n in (name, *others) if n in codes), None)
             for name, others in model.examples.items()}  # fmt: skip
    return {name: code for name, code in found.items() if code is not None}


def _columns(model: Constructed, rows: Rows) -> dict[str, Floats]:
    places = {
        Index: lambda m: dict.fromkeys(m.indicators, "indicators"),
        Agglomeration: lambda m: (
            dict.fromkeys(m.share, "share") | dict.fromkeys(m.coordinates, "coordinates")
        ),
        QuantileType: lambda m: {m.of: "of"},
    }
    columns = {}
    for name, place in places[type(model)](model).items():
        with located(f"{place}: {name}"):
            columns[name] = rows.numbers(name)
    return columns


def _need_index(model: Index, rows: Rows, columns: Mapping[str, Floats]) -> None:
    periods = rows.index.time if model.by_time else np.zeros(len(rows), dtype=np.int64)
    for period in np.unique(periods):
        cases = periods == period
        when = f" in {period}" if model.by_time else ""
        if cases.sum() < 2:
            raise DataError(f"an index needs two rows{when}; there is one. Widen the sample")
        for name, values in columns.items():
            if values[cases].min() == values[cases].max():
                raise DataError(
                    f"indicators: '{name}' is the same in every row{when}, so it tells no case from another. "
                    "Leave it out"
                )
    if model.normalise == "vector":
        for name, values in columns.items():
            need_true(
                values >= 0, rows, f"normalise: vector: '{name}' is negative", "Write normalise: min-max"
            )


def _need_shares(model: Agglomeration, rows: Rows, columns: Mapping[str, Floats]) -> None:
    part, total = (columns[name] for name in model.share)
    need_true(part >= 0, rows, f"share: '{model.share[0]}' is negative")
    need_true(total > 0, rows, f"share: '{model.share[1]}' is not positive")
    need_true(part <= total, rows, f"share: '{model.share[0]}' is larger than '{model.share[1]}'")
    for period in np.unique(rows.index.time):
        if not part[rows.index.time == period].sum() > 0:
            raise DataError(f"share: '{model.share[0]}' is zero everywhere in {period}. Correct the data")


def _need_places(model: Agglomeration, rows: Rows, columns: Mapping[str, Floats]) -> None:
    for name, bound in zip(model.coordinates, (90.0, 180.0), strict=True):
        degrees = columns[name]
        need_true(
            np.abs(degrees) <= bound, rows, f"coordinates: '{name}' is not within {bound:g} degrees of 0"
        )
        need_fixed(degrees, rows, f"coordinates: '{name}'")
    first = rows.index.order[np.unique(rows.index.entity[rows.index.order], return_index=True)[1]]
    seen: dict[tuple[float, float], int] = {}
    for at in first.tolist():
        spot = (float(columns[model.coordinates[0]][at]), float(columns[model.coordinates[1]][at]))
        if spot in seen:
            raise DataError(
                f"coordinates: {rows.row(at)} and {rows.row(seen[spot])} of {rows.source} are at the same "
                "spot, so that their distance has no inverse. Correct one of them"
            )
        seen[spot] = at


def _sorted(rows: Rows, columns: Mapping[str, Floats]) -> Sheet:
    if rows.panel is None:
        return Sheet(frame=pd.DataFrame(dict(columns)))
    order = rows.index.order
    frame = pd.DataFrame({name: values[order] for name, values in columns.items()})
    entity, time = (_free(name, frame) for name in KEYS)
    codes = rows.index.entity[order]
    frame[entity] = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    frame[time] = rows.index.time[order]
    return Sheet(frame=frame, entity=entity, time=time, step=rows.panel.step)


def _free(name: str, frame: pd.DataFrame) -> str:
    return name if name not in frame else _free(f"{name}.key", frame)
