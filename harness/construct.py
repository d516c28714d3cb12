"""A constructed variable to a file: one row a case, for use in other tables."""

import csv
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.spec import Constructed, Spec

STAND_IN = "stand_in"


def write(spec: Spec, column: str, data: Path | None, out: Path) -> int:
    """
    The variable that *column* of *spec* constructs, as comma-separated text in *out*; returns how many rows.

    data : read in place of the spec's file
    Columns: entity and time where the data are a panel, `stand_in` (1) where they are made up, the variable
    under its name, every number with as many digits as give it back. Rows are sorted by entity and time.
    Raises UsageError where the column constructs nothing, DataError where the data cannot be used.
    """
    model = _constructed(spec, column)
    keys, rows = _rows(spec, model, column, data)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*keys, model.name])
        writer.writerows(rows)
    return len(rows)


def _constructed(spec: Spec, column: str) -> Constructed:
    model = spec.columns.get(column)
    if model is None:
        raise UsageError(f"{spec.id} has no column {column}. Known: {', '.join(spec.columns)}")
    if not isinstance(model, Constructed):
        raise UsageError(f"{spec.id} {column} constructs no variable: its model is {model.model}")
    return model


def _rows(
    spec: Spec, model: Constructed, column: str, data: Path | None
) -> tuple[list[str], list[list[Any]]]:
    """Names of the key columns; keys and value of each row."""
    from harness import dataset
    from harness.engines import python_index

    found = dataset.read(spec, data)
    values = python_index.by_case(model, dataset.prepare(spec, found, column)).tolist()
    keys = dataset.keys(spec, found, column)
    columns: dict[str, list[Any]] = {str(name): keys[name].tolist() for name in keys}
    if found.stand_in:
        columns[STAND_IN] = [1] * len(values)
    rows = [list(row) for row in zip(*columns.values(), values, strict=True)]
    return list(columns), rows
