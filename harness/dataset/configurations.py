"""Rows to the sheet of a fuzzy-set model: raw columns, anchors as numbers, cases with names of their own."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from harness.dataset.rows import Floats, Mask, Rows, located
from harness.errors import DataError
from harness.estimators import fsqca
from harness.memberships import memberships
from harness.sheet import Sheet
from harness.spec import FuzzySet
from harness.spec.calibration import order_fault


def sheet(model: FuzzySet, rows: Rows, sampled: Mask) -> Sheet:
    """
    The sheet of *model* on the rows of *sampled*, in the order of the file; of entities, in that of names.

    Raises DataError, one sentence: a value that is missing or outside 0..1, a set that does not vary, two
    cases of one name, anchors out of order, no configuration with as many cases as n_cut asks for.
    """
    mine = rows.where(sampled)
    columns = _columns(model, mine)
    reference = _columns(model, _complete(model, rows)) if model.percentiles_from == "data" else columns
    made = Sheet(
        frame=pd.DataFrame(columns),
        outcome=model.outcome_set,
        regressors=model.conditions,
        cases=_entities(mine) if model.unit == "entity-means" else _cases(model, mine),
        anchors={name: _anchors(model, name, values) for name, values in reference.items()},
    )
    _need_table(model, made)
    return made if model.panel is None else _keyed(made, mine)


def _keyed(made: Sheet, rows: Rows) -> Sheet:
    """With the names of the keys, and what they say row by row."""
    assert rows.panel is not None  # of a valid spec; that the keys are keys is known since reading
    time, entity = rows.panel.time, rows.panel.entity
    labels = {key: tuple(rows.column(key).map(_plain)) for key in (time, entity)}
    return replace(made, time=time, entity=entity, labels=labels)


def _columns(model: FuzzySet, rows: Rows) -> dict[str, Floats]:
    """Set to the raw values of its cases."""
    columns = {name: _numbers(model, name, rows) for name in model.sets}
    for name, values in columns.items():
        if model.calibrated(name).method == "none":
            _need_memberships(model, name, values, rows)
    if model.unit == "rows":
        return columns
    codes = np.unique(rows.index.entity, return_inverse=True)[1]
    counts = np.bincount(codes)
    return {name: np.bincount(codes, values) / counts for name, values in columns.items()}


def _complete(model: FuzzySet, rows: Rows) -> Rows:
    """The rows that lack no raw value: outside the sample a gap is no fault."""
    complete = np.full(len(rows), True)
    for name in model.sets:
        complete &= ~np.isnan(rows.numbers(str(model.calibrated(name).column)))
    return rows.where(complete)


def _entities(rows: Rows) -> tuple[str, ...]:
    """The names of the entities, in the order of their codes."""
    assert rows.panel is not None  # a rule of specs
    first = np.unique(rows.index.entity, return_index=True)[1]
    return tuple(_plain(name) for name in rows.column(rows.panel.entity).iloc[first])


def _place(model: FuzzySet, name: str) -> str:
    return "outcome" if name == model.outcome_set else "conditions"


def _numbers(model: FuzzySet, name: str, rows: Rows) -> Floats:
    column = str(model.calibrated(name).column)
    with located(f"{_place(model, name)}: {name}"):
        values = rows.numbers(column)
        absent = np.isnan(values)
        if absent.any():
            raise DataError(
                f"column '{column}' is missing in {rows.first(absent)}. "
                f"Write sample: not is_missing({column}), or fill the cell in"
            )
    return values


def _need_memberships(model: FuzzySet, name: str, values: Floats, rows: Rows) -> None:
    outside = (values < 0) | (values > 1)
    if outside.any():
        found = values[int(np.argmax(outside))]
        raise DataError(
            f"{_place(model, name)}: {name} is {found:g} in {rows.first(outside)}, and memberships lie "
            f"between 0 and 1. Add calibration.{name}, or correct the cell"
        )


def _cases(model: FuzzySet, rows: Rows) -> tuple[str, ...]:
    """The names of the cases. Raises DataError where one is missing or stands twice."""
    if model.case is None and rows.panel is not None:
        entity, time = (rows.column(key).map(_plain) for key in (rows.panel.entity, rows.panel.time))
        return tuple(f"{one} {other}" for one, other in zip(entity, time, strict=True))
    if model.case is None:
        return tuple(str(position + 1) for position in rows.frame.index)
    column = rows.column(model.case)
    if column.isna().any():
        absent = column.isna().to_numpy(dtype=bool)
        raise DataError(f"case: '{model.case}' is missing in {rows.first(absent)}. Give the case a name")
    names = tuple(column.map(_plain))
    _need_distinct(model.case, names, rows)
    return names


def _plain(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _need_distinct(column: str, names: tuple[str, ...], rows: Rows) -> None:
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        first, second = [int(rows.frame.index[i]) + 1 for i, other in enumerate(names) if other == name][:2]
        raise DataError(
            f"case: '{name}' stands twice in '{column}', in data rows {first} and {second}, and would count "
            "twice. Give every case a name of its own"
        )


def _anchors(model: FuzzySet, name: str, values: Floats) -> tuple[float, ...]:
    """The anchors of a set as numbers: `p5` is the sample's quantile, interpolated as R's type 7."""
    calibration = model.calibrated(name)
    found = tuple(
        float(np.quantile(values, float(anchor[1:]) / 100)) if isinstance(anchor, str) else anchor
        for anchor in calibration.numbers
    )
    fault = order_fault(calibration.method, found)
    if fault:
        raise DataError(f"calibration.{name}: {fault}")
    return found


def _need_table(model: FuzzySet, made: Sheet) -> None:
    """Raises DataError where the sets cannot be analysed, in the words of our own core."""
    try:
        fsqca.truth_table(memberships(model, made), n_cut=model.n_cut)
    except fsqca.FsqcaError as error:
        raise DataError(str(error).rstrip(".")) from None
