"""A sheet's columns on the complete grid of entities and periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Grid, grid
from harness.sheet import Sheet

Array = NDArray[np.float64]


def layout(sheet: Sheet) -> Grid:
    """Where each row of *sheet* stands; without a panel every row is an entity in one period."""
    if sheet.entity is None or sheet.time is None:
        rows = len(sheet.frame)
        return grid(np.arange(rows), np.zeros(rows, dtype=np.int64))
    return grid(sheet.frame[sheet.entity].to_numpy(), sheet.frame[sheet.time].to_numpy(), sheet.step)


def spread(sheet: Sheet, where: Grid, column: str, lag: int = 0) -> Array:
    """(n, t) values of *column*, *lag* periods earlier; NaN where the data have none."""
    return later(where.spread(sheet.frame[column].to_numpy(dtype=np.float64)), lag)


def later(values: Array, lag: int) -> Array:
    """(n, t) *values* moved *lag* periods later, NaN where there are none."""
    found: Array = np.concatenate([np.full((len(values), lag), np.nan), values], axis=1)
    return found[:, : values.shape[1]]


def used(sheet: Sheet, where: Grid) -> NDArray[np.bool_]:
    """(n, t) where the data have a row that is used."""
    flags = np.ones(len(sheet.frame)) if sheet.sampled is None else sheet.frame[sheet.sampled].to_numpy()
    return np.asarray(where.spread(flags, fill=0.0) > 0, dtype=bool)


def filled(values: Array) -> Array:
    """
    (n, t) without gaps: what is alike for all entities of a period is so for those without a row too.

    Else an entity keeps its last value, before its first one that one; without any it has the mean of all.
    """
    low = np.where(np.isnan(values), np.inf, values).min(axis=0)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=0)
    if (low == high).all():
        return np.broadcast_to(low, values.shape).copy()
    carried = pd.DataFrame(values).ffill(axis=1).bfill(axis=1).to_numpy()
    mean = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
    found: Array = np.where(np.isnan(carried), mean, carried)
    return found
