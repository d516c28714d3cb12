"""Sums over entities that are all GMM needs: Z'HZ, and each entity's Z'X and Z'y."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.instruments import Instruments, Slot, dense_values, slot_values
from harness.estimators.dpd.inverse import independent
from harness.estimators.dpd.model import Model
from harness.estimators.dpd.rows import Rows, Variables

CHUNK_CELLS = 1 << 20  # doubles of Z made at a time: 8 MB, the size of a cache
MOST_BANDS = 6


@dataclass(frozen=True)
class Moments:
    """
    The moments of all entities. Columns of Z are scaled so that Z'HZ has a unit diagonal.

    Attributes:
        first_step: (j, j), sum of Z_i' H Z_i
        cross: (n, j, k+1), Z_i'[X_i y_i] of each entity
        column: (j,) position among all laid-out columns; columns of zeros are gone
        independent: (j,) whether a column depends on none before it: these are counted
        scale: (j,) what each column was divided by
        metric: (j,) what it is multiplied with to come to units of its variable's standard deviation
        components: (all columns, j) weights of principal components, or None
    """

    first_step: Array
    cross: Array
    column: NDArray[np.int64]
    scale: Array
    metric: Array
    independent: NDArray[np.bool_]
    components: Array | None = None

    @property
    def n_instruments(self) -> int:
        """The rank of the first-step matrix."""
        return int(self.independent.sum())

    def as_kept(self, values: Array) -> Array:
        """(all columns, ...) of Z to the (j, ...) that are here, in their scale, components taken."""
        scaled = np.asarray((values[self.column].T / self.scale).T)
        return scaled if self.components is None else self.components.T @ scaled


def first_step_factor(model: Model, rows: Rows) -> Array:
    """
    C with H = CC', (r, s): the covariance of the rows' errors were the errors in levels white noise.

    h=3 is (M; I)(M; I)', M the transformation of a complete series: eq. 4; h=2 leaves out the
    blocks between the equations; h=1 is the identity. As in xtabond2, H is that of a complete series for
    every entity, its rows and columns without observations struck out.
    """
    n_difference, n_level = rows.n_difference, rows.n_level
    apart = model.h == 2 or not n_level
    if model.h == 1 or (apart and model.is_orthogonal):  # deviations of white noise are white noise
        return np.eye(n_difference + n_level)
    M = transformation(rows, model.is_orthogonal)
    if not n_level:
        return M
    identity = np.eye(rows.n_periods)[rows.level]
    if model.h == 3:
        return np.vstack([M, identity])
    return np.block(
        [[M, np.zeros((n_difference, n_level))], [np.zeros((n_level, M.shape[1])), np.eye(n_level)]]
    )


def transformation(rows: Rows, is_orthogonal: bool) -> Array:
    """(transformed rows, periods), of a complete series; the row of period t."""
    t = rows.n_periods
    M = np.zeros((t, t))
    for period in range(1, t):
        if is_orthogonal:
            later = t - period
            M[period, period - 1] = 1.0
            M[period, period:] = -1.0 / later
            M[period] *= np.sqrt(later / (later + 1))
        else:
            M[period, period - 1 : period + 1] = -1.0, 1.0
    return M[rows.difference]


def chunks(rows: Rows, design: Instruments) -> Iterator[slice]:
    """Slices of entities, small enough for their part of Z to be made at once."""
    n, r = rows.used.shape
    cells = r * max(len(design.dense), 1) + design.n_columns * (rows.Xy.shape[2] + 2)
    size = max(CHUNK_CELLS // cells, 1)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def moments(rows: Rows, design: Instruments, variables: Variables, factor: Array) -> Moments:
    """Sums of Z'HZ, H = factor factor', and Z'[X y] entity by entity."""
    n, _, k1 = rows.Xy.shape
    j = design.n_columns
    bands = _bands(factor)
    first_step, cross = np.zeros((j, j)), np.empty((n, j, k1))
    for entities in chunks(rows, design):
        Z = dense_values(design.dense, variables, rows, entities)
        slots = [(slot, slot_values(slot, variables, rows, entities)) for slot in design.slots]
        _add_cross(cross[entities], Z, slots, rows.Xy[entities])
        if rows.weight is not None:
            root = np.sqrt(np.where(rows.used[entities], rows.weight[entities], 0.0))
            Z = Z * root
            slots = [(slot, values * root[:, slot.row, None]) for slot, values in slots]
        _add_first_step(first_step, Z, slots, factor, bands)
    d = len(design.dense)
    first_step[:d, d:] = first_step[d:, :d].T
    spread = np.array([variables[name].sd if name else 1.0 for name, _ in design.sources()])
    return _scaled(first_step, cross, 1 / spread)


def _add_cross(cross: Array, Z: Array, slots: list[tuple[Slot, Array]], Xy: Array) -> None:
    np.matmul(Z.transpose(1, 0, 2), Xy, out=cross[:, : len(Z)])
    for slot, values in slots:
        np.multiply(values[:, :, None], Xy[:, slot.row, None, :], out=cross[:, slot.start : slot.stop])


class Band(NamedTuple):
    """A run of equal weights along a diagonal of C: rows and columns of the same length."""

    rows: slice
    columns: slice
    weight: float


def _bands(factor: Array) -> list[Band]:
    """All of C, as runs along diagonals."""
    rows, columns = np.nonzero(factor)
    order = np.lexsort((rows, columns - rows))
    rows, columns = rows[order], columns[order]
    weights = factor[rows, columns]
    same = (np.diff(rows) == 1) & (np.diff(columns) == 1) & (np.diff(weights) == 0)
    edges = [0, *(np.flatnonzero(~same) + 1).tolist(), len(rows)]
    return [
        Band(
            slice(int(rows[a]), int(rows[b - 1]) + 1),
            slice(int(columns[a]), int(columns[b - 1]) + 1),
            float(weights[a]),
        )
        for a, b in pairwise(edges)
    ]


def _mixed(Z: Array, factor: Array, bands: list[Band]) -> Array:
    """C'Z, (d, m, s). Differences have three bands; deviations have more, and take the plain product."""
    if len(bands) > MOST_BANDS:
        return np.asarray(np.matmul(Z, factor))
    found = np.zeros((*Z.shape[:2], factor.shape[1]))
    for band in bands:
        target, part = found[:, :, band.columns], Z[:, :, band.rows]
        if band.weight == -1.0:
            target -= part
        else:
            target += part if band.weight == 1.0 else band.weight * part
    return found


def _add_first_step(
    first_step: Array, Z: Array, slots: list[tuple[Slot, Array]], factor: Array, bands: list[Band]
) -> None:
    """Adds (C'Z)'(C'Z), one column of C at a time; the block above the slots' own is left to the caller."""
    d = len(Z)
    mixed = _mixed(Z, factor, bands)
    flat = mixed.reshape(d, mixed.shape[1] * mixed.shape[2])
    first_step[:d, :d] += flat @ flat.T
    by_row = {slot.row: (slot, values) for slot, values in slots}
    for s in range(factor.shape[1] if slots else 0):
        met = [(by_row[row], factor[row, s]) for row in np.flatnonzero(factor[:, s]) if row in by_row]
        if not met:
            continue
        values = np.hstack([value if weight == 1.0 else weight * value for (_, value), weight in met])
        places = np.concatenate([np.arange(slot.start, slot.stop) for (slot, _), _ in met])
        first_step[np.ix_(places, places)] += values.T @ values
        if d:
            first_step[places, :d] += values.T @ mixed[:, :, s].T


def _scaled(first_step: Array, cross: Array, metric: Array) -> Moments:
    """Columns of zeros struck out, the others divided by the root of their diagonal element."""
    size = np.sqrt(np.diag(first_step))
    column = np.flatnonzero(size > 0)
    size = size[column]
    if len(column) < len(first_step):
        first_step, cross = first_step[np.ix_(column, column)], np.ascontiguousarray(cross[:, column])
    first_step = first_step / np.outer(size, size)
    cross /= size[:, None]
    alone = np.zeros(len(column), dtype=bool)
    alone[independent(first_step)] = True
    return Moments(first_step, cross, column, size, metric[column] * size, alone)


def project(rows: Rows, design: Instruments, variables: Variables, values: Array) -> Array:
    """(all columns,), Z'v. values : (n, r)."""
    found = np.zeros(design.n_columns)
    for entities in chunks(rows, design):
        Z = dense_values(design.dense, variables, rows, entities)
        v = values[entities]
        found[: len(Z)] += Z.reshape(len(Z), v.size) @ v.ravel()
        for slot in design.slots:
            found[slot.start : slot.stop] += slot_values(slot, variables, rows, entities).T @ v[:, slot.row]
    return found


def matrix(rows: Rows, design: Instruments, variables: Variables) -> Array:
    """Z in full, (n, r, all columns). For small problems: it holds n·r·j doubles."""
    everybody = slice(0, len(rows.used))
    Z = np.zeros((*rows.used.shape, design.n_columns))
    dense = dense_values(design.dense, variables, rows, everybody)
    Z[:, :, : len(dense)] = dense.transpose(1, 2, 0)
    for slot in design.slots:
        Z[:, slot.row, slot.start : slot.stop] = slot_values(slot, variables, rows, everybody)
    return Z
