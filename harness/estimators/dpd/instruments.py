"""The columns of the instrument matrix Z: which there are, and their values for some entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.model import CONSTANT, Gmm, Model
from harness.estimators.dpd.rows import Deviations, Rows, Transform, Variables

Kind = Literal["transformed", "value", "change", "one"]


@dataclass(frozen=True)
class Source:
    """
    Values of one column in the rows of one equation.

    Attributes:
        kind: the variable transformed as regressors are, its level, its first difference, or ones
        variable, lag: which
    """

    kind: Kind
    variable: str = ""
    lag: int = 0


@dataclass(frozen=True)
class Dense:
    """A column with values in every period: iv, constant, collapsed gmm. None is zero in that equation."""

    group: str
    difference: Source | None
    level: Source | None
    is_level_gmm: bool = False


@dataclass(frozen=True)
class Piece:
    """
    Neighbouring columns of one variable in one row: periods start .. stop-1, each a column of its own.

    Attributes:
        group, variable: whose
        changed: first differences instead of levels
        start, stop: periods
    """

    group: str
    variable: str
    changed: bool
    start: int
    stop: int

    @property
    def width(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Slot:
    """
    The uncollapsed GMM columns of one row: they are zero in every other row.

    Attributes:
        row: position among the stacked rows
        start, stop: their columns of Z
        pieces: from left to right
        is_level: whether the row is one in levels
    """

    row: int
    start: int
    stop: int
    pieces: tuple[Piece, ...]
    is_level: bool


@dataclass(frozen=True)
class Instruments:
    """
    The columns of Z: dense ones first (constant, iv, collapsed gmm), then the slots, row by row.

    Keeping the uncollapsed columns row by row is what makes the estimator fast: a column that lives in one
    period meets only that period's regressors, and in Z'HZ only its neighbours.

    Attributes:
        dense: one entry a column
        slots: one entry a row that has uncollapsed columns
    """

    dense: tuple[Dense, ...]
    slots: tuple[Slot, ...]

    @property
    def n_columns(self) -> int:
        return self.slots[-1].stop if self.slots else len(self.dense)

    def groups(self) -> NDArray[np.object_]:
        """(j,) the group of each column; the constant's is `constant`."""
        names = [column.group for column in self.dense]
        for slot in self.slots:
            names += [piece.group for piece in slot.pieces for _ in range(piece.width)]
        return np.array(names, dtype=object)

    def level_gmm(self) -> NDArray[np.bool_]:
        """(j,) GMM columns of the level equation."""
        flags = [column.is_level_gmm for column in self.dense]
        for slot in self.slots:
            flags += [slot.is_level] * (slot.stop - slot.start)
        return np.array(flags, dtype=bool)

    def sources(self) -> list[tuple[str, bool]]:
        """(j,) (variable, is GMM-style) of each column."""
        found = [
            ((column.difference or column.level or Source("one")).variable, _is_gmm(column))
            for column in self.dense
        ]
        for slot in self.slots:
            found += [(piece.variable, True) for piece in slot.pieces for _ in range(piece.width)]
        return found


def _is_gmm(column: Dense) -> bool:
    return column.is_level_gmm or (column.difference is not None and column.difference.kind == "value")


def instruments(model: Model, rows: Rows) -> Instruments:
    """Lays out the columns; makes none of them."""
    dense = [Dense(CONSTANT, None, Source("one"))] if model.has_constant else []
    dense += [column for name in model.iv for column in _iv(model, name)]
    for name, group in model.gmm.items():
        if group.collapse:
            dense += _collapsed(model, rows, name, group)
    return Instruments(tuple(dense), tuple(_slots(model, rows, len(dense))))


def _iv(model: Model, name: str) -> Iterator[Dense]:
    group = model.iv[name]
    equation = model.equation(group)
    for variable, lag in group.variables:
        transformed = Source("transformed", variable, lag) if equation != "level" else None
        level = Source("value", variable, lag) if equation != "difference" else None
        yield Dense(name, transformed, level)


def _collapsed(model: Model, rows: Rows, name: str, group: Gmm) -> Iterator[Dense]:
    first, last = group.lags
    deepest = rows.difference.stop - 1
    equation = model.equation(group)
    for variable in group.variables:
        if equation != "level":
            for lag in range(first, min(deepest if last is None else last, deepest) + 1):
                yield Dense(name, Source("value", variable, lag), None)
        if equation != "difference":
            for lag in range(first - 1, _last_change(model, rows, group) + 1):
                yield Dense(name, None, Source("change", variable, lag), is_level_gmm=True)


def _last_change(model: Model, rows: Rows, group: Gmm) -> int:
    """The deepest lag of a difference that is an instrument in levels."""
    first, last = group.lags
    deepest = int(rows.level.stop) - 2  # the first difference is that of period 1
    if model.equation(group) == "both":
        return min(first - 1, deepest)
    return deepest if last is None else min(last - 1, deepest)


def _slots(model: Model, rows: Rows, start: int) -> Iterator[Slot]:
    periods = [(period, False) for period in range(rows.difference.start, rows.difference.stop)]
    periods += [(period, True) for period in range(rows.level.start, rows.level.stop)]
    for row, (period, is_level) in enumerate(periods):
        pieces = tuple(_pieces(model, rows, period, is_level))
        if pieces:
            stop = start + sum(piece.width for piece in pieces)
            yield Slot(row, start, stop, pieces, is_level)
            start = stop


def _pieces(model: Model, rows: Rows, period: int, is_level: bool) -> Iterator[Piece]:
    for name, group in model.gmm.items():
        equation = model.equation(group)
        if group.collapse or equation == ("difference" if is_level else "level"):
            continue
        first, last = group.lags
        if is_level:
            first, deepest = first - 1, _last_change(model, rows, group)
            low, high = max(period - deepest, 1), min(period - first, rows.n_periods - 1)
        else:
            low, high = 0 if last is None else max(period - last, 0), period - first
        if high >= low:
            for variable in group.variables:
                yield Piece(name, variable, is_level, low, high + 1)


def dense_values(columns: Sequence[Dense], variables: Variables, rows: Rows, entities: slice) -> Array:
    """(dense columns, m, r), zero in rows that are not used."""
    used = rows.used[entities]
    Z = np.zeros((len(columns), *used.shape))
    width = rows.n_difference
    transform = rows.transform.of(entities) if isinstance(rows.transform, Deviations) else rows.transform
    for place, column in enumerate(columns):
        if column.difference is not None:
            Z[place, :, :width] = _difference(variables, column.difference, entities, rows, transform)
        if column.level is not None and column.level.kind == "one":
            Z[place, :, width:] = 1.0
        elif column.level is not None:
            Z[place, :, width:] = _shifted(variables, column.level, entities, rows.level)
    Z *= used
    return Z


def _difference(
    variables: Variables,
    source: Source,
    entities: slice,
    rows: Rows,
    transform: Transform,
) -> Array:
    """(m, transformed rows), of iv the variable transformed, of collapsed gmm its level."""
    if source.kind == "transformed":
        level = _shifted(variables, source, entities, slice(0, rows.n_periods))
        return transform(level, rows.difference)
    return _shifted(variables, source, entities, rows.difference)


def _shifted(variables: Variables, source: Source, entities: slice, periods: slice) -> Array:
    """(m, periods), the source's values at its lag; zero outside the grid."""
    variable = variables[source.variable]
    values = (variable.change if source.kind == "change" else variable.value)[entities]
    start, stop = periods.start - source.lag, periods.stop - source.lag
    inside = values[:, max(start, 0) : max(min(stop, values.shape[1]), 0)]
    if inside.shape[1] == stop - start:
        return inside
    found = np.zeros((len(values), periods.stop - periods.start))
    found[:, max(-start, 0) : max(-start, 0) + inside.shape[1]] = inside
    return found


def slot_values(slot: Slot, variables: Variables, rows: Rows, entities: slice) -> Array:
    """(m, columns of the slot), zero where the row is not used."""
    found = np.empty((rows.used[entities].shape[0], slot.stop - slot.start))
    start = 0
    for piece in slot.pieces:
        variable = variables[piece.variable]
        values = variable.change if piece.changed else variable.value
        found[:, start : start + piece.width] = values[entities, piece.start : piece.stop]
        start += piece.width
    found *= rows.used[entities, slot.row, None]
    return found
