"""What a spec says must be true of its data: ranges, units, whole panels, one type an entity."""

import numpy as np

from harness.dataset.rows import Floats, Mask, Rows
from harness.errors import DataError
from harness.spec import Check, Data


def need(data: Data, rows: Rows) -> None:
    """Raises DataError, naming the row and the column, where *rows* are not what *data* says of them."""
    for name, check in data.checks.items():
        _need_check(name, check, rows)
    if data.balanced:
        need_every_period(rows, "data.balanced")
    for names in data.one_of:
        _need_one_of(names, rows)


def need_true(fine: Mask, rows: Rows, fault: str, mend: str = "Correct the cell") -> None:
    """Raises DataError that names the first row where *fine*, a (n_rows,) mask, is false."""
    if not fine.all():
        raise DataError(f"{fault} in {rows.first(~fine)} of {rows.source}. {mend}")


def need_fixed(values: Floats, rows: Rows, what: str) -> None:
    """Raises DataError where an entity's value is not that of its row before."""
    order = rows.index.order
    moved = np.zeros(len(rows), dtype=bool)
    same = np.diff(rows.index.entity[order]) == 0
    moved[order[1:]] = same & (np.diff(values[order]) != 0)
    need_true(~moved, rows, f"{what} is not what it was the period before")


def need_every_period(rows: Rows, what: str) -> None:
    """Raises DataError where an entity lacks a period that another one has."""
    index = rows.index
    periods, entities = np.unique(index.time), np.unique(index.entity)
    if len(rows) == len(periods) * len(entities):
        return
    there = set(zip(index.entity.tolist(), index.time.tolist(), strict=True))
    for at in index.order.tolist():
        for period in periods.tolist():
            if (int(index.entity[at]), period) not in there:
                raise DataError(
                    f"{what} needs every entity in every period; the entity of {rows.row(at)} has no row in "
                    f"{period} of {rows.source}. Add the row, or leave the period or the entity out"
                )


def _need_check(name: str, check: Check, rows: Rows) -> None:
    values, what = rows.numbers(name), f"data.checks: '{name}'"
    absent = np.isnan(values)
    if check.min is not None:
        need_true(absent | (values >= check.min), rows, f"{what} is less than {check.min:g}")
    if check.max is not None:
        need_true(absent | (values <= check.max), rows, f"{what} is more than {check.max:g}")
    if check.unit is not None:
        _need_unit(check.unit, values, rows, what)
    if check.fixed:
        need_fixed(values, rows, what)


def _need_unit(unit: str, values: Floats, rows: Rows, what: str) -> None:
    absent = np.isnan(values)
    need_true(absent | (values >= 0), rows, f"{what} is negative")
    if unit == "count":
        need_true(absent | (values == np.floor(values)), rows, f"{what} is no whole number")
    elif unit == "fraction":
        need_true(absent | (values <= 1), rows, f"{what} is a fraction, and more than 1")
    else:
        need_true(absent | (values <= 100), rows, f"{what} is a percentage, and more than 100")
        if (values[~absent] <= 1).all() and (values[~absent] > 0).any():
            raise DataError(
                f"{what} is a percentage, but no value of {rows.source} is above 1: these look like "
                "fractions. Multiply them by 100"
            )


def _need_one_of(names: tuple[str, ...], rows: Rows) -> None:
    """Exactly one of the columns is not 0 in a row, the same one in all rows of an entity."""
    present = np.column_stack([rows.numbers(name) for name in names]) != 0
    shown = ", ".join(names)
    count = present.sum(axis=1)
    need_true(count >= 1, rows, f"data.one_of: all of {shown} are 0", "Correct the row")
    need_true(count <= 1, rows, f"data.one_of: more than one of {shown} is not 0", "Correct the row")
    need_fixed(present.argmax(axis=1).astype(np.float64), rows, f"data.one_of: which of {shown} is not 0")
