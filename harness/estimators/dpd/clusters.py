"""Moments summed over clusters of rows instead of entities."""

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Array, Integers, at_lag
from harness.estimators.dpd.instruments import Instruments, dense_values, slot_values
from harness.estimators.dpd.rows import Deviations, Rows, Variables
from harness.estimators.dpd.sums import Moments, chunks


def owners(cluster: Integers, rows: Rows) -> Integers:
    """
    (n, r), the cluster 0 .. c-1 of each used row; -1 elsewhere.

    cluster : (n, t), codes; rows of period t belong to the cluster of t
    """
    own = at_lag(cluster, 1) if isinstance(rows.transform, Deviations) else cluster  # kept one period late
    found = np.hstack([own[:, rows.difference], cluster[:, rows.level]])
    codes = np.full(found.shape, -1, dtype=np.int64)
    _, codes[rows.used] = np.unique(found[rows.used], return_inverse=True)
    return codes


def clustered(
    found: Moments, owner: Integers, rows: Rows, design: Instruments, variables: Variables
) -> Array:
    """
    (c, j, k+1), sums of Z'[X y] over each cluster.

    Clusters of whole entities are sums of the entities' moments; others are summed row by row.
    """
    count = int(owner.max()) + 1
    whole = _of_whole_entities(owner)
    if whole is not None:
        return _summed(found.cross, whole, count)
    total = np.zeros((count, design.n_columns, rows.Xy.shape[2]))
    for entities in chunks(rows, design):
        _add_rows(total, owner, rows, design, variables, entities)
    return _as_kept(total, found)


def _of_whole_entities(owner: Integers) -> NDArray[np.int64] | None:
    """(n,) the one cluster of each entity, None where an entity has several."""
    largest = owner.max(axis=1)
    same = (owner == largest[:, None]) | (owner < 0)
    return largest if bool(same.all()) else None


def _summed(values: Array, group: NDArray[np.int64], count: int) -> Array:
    """Sums of (m, ...) values by group; group -1 is nobody's."""
    total = np.zeros((count, *values.shape[1:]))
    inside = group >= 0
    np.add.at(total, group[inside], values[inside])
    return total


def _add_rows(
    total: Array, owner: Integers, rows: Rows, design: Instruments, variables: Variables, entities: slice
) -> None:
    Z = dense_values(design.dense, variables, rows, entities)
    d = len(Z)
    Xy, own = rows.Xy[entities], owner[entities]
    for row in range(Xy.shape[1] if d else 0):
        inside = own[:, row] >= 0
        products = Z[:, inside, row].T[:, :, None] * Xy[inside, row, None, :]
        np.add.at(total[:, :d], own[inside, row], products)
    for slot in design.slots:
        inside = own[:, slot.row] >= 0
        values = slot_values(slot, variables, rows, entities)
        products = values[inside, :, None] * Xy[inside, slot.row, None, :]
        np.add.at(total[:, slot.start : slot.stop], own[inside, slot.row], products)


def _as_kept(total: Array, found: Moments) -> Array:
    """The columns of *found*, in its scale, its principal components taken."""
    kept = total[:, found.column] / found.scale[:, None]
    return kept if found.components is None else np.matmul(found.components.T, kept)
