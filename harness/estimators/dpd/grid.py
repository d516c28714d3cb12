"""Rows of a data set on a complete grid of entities and periods."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.estimators.dpd.model import DpdError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Variable:
    """
    One column on the grid.

    Attributes:
        value: (n, t), divided by *scale*, zero where missing
        present: (n, t), where there is a value
        scale: a power of two near the standard deviation, so that dividing by it rounds nothing
        sd: the standard deviation of the values in the data, in units of *scale*; of a constant, its size
    """

    value: Array
    present: Mask
    scale: float
    sd: float

    @cached_property
    def change(self) -> Array:
        """(n, t), first differences; zero where one of the two values is missing."""
        found = np.zeros_like(self.value)
        both = self.present[:, 1:] & self.present[:, :-1]
        np.subtract(self.value[:, 1:], self.value[:, :-1], out=found[:, 1:], where=both)
        return found


@dataclass(frozen=True)
class Grid:
    """
    Which entity and which period each row of the data is.

    Attributes:
        labels: (n,) of the entities, sorted
        first, step: the first period and the distance of two periods, in the data's own unit
        n_periods: t, periods from the first to the last in the data, those without data included
        cell: (n_rows,) position of each row in the flattened (n, t) grid
    """

    labels: NDArray[np.generic]
    first: int
    step: int
    n_periods: int
    cell: Integers

    @property
    def n_entities(self) -> int:
        return len(self.labels)

    @property
    def periods(self) -> Integers:
        """(t,) in the data's own unit."""
        return self.first + self.step * np.arange(self.n_periods)

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_entities, self.n_periods

    def spread(self, values: Array, fill: float = np.nan) -> Array:
        """The rows' *values* as (n, t), *fill* where the data have no row."""
        found = np.full(self.n_entities * self.n_periods, fill)
        found[self.cell] = values
        return found.reshape(self.shape)

    def variable(self, name: str, values: Array) -> Variable:
        """A column on the grid. Raises DpdError where it is infinite or missing everywhere."""
        spread = self.spread(values)
        present = ~np.isnan(spread)
        count = int(np.count_nonzero(present))
        if count == 0:
            raise DpdError(f"{name} is missing in every one of {len(values)} rows")
        spread[~present] = 0.0
        sd = _spread(name, spread, present, count)
        scale = float(2.0 ** np.round(np.log2(sd)))
        spread /= scale
        return Variable(spread, present, scale, sd / scale)


def _spread(name: str, value: Array, present: Mask, count: int) -> float:
    """The standard deviation; the size where the column is constant, 1 where it is zero."""
    largest = float(np.abs(value).max())
    if not np.isfinite(largest):
        raise DpdError(f"{name} is infinite in {int(np.isinf(value).sum())} rows")
    if largest == 0:
        return 1.0
    mean = float(value.sum()) / count
    variance = float(np.vdot(value / largest, value / largest)) / count - (mean / largest) ** 2
    if variance < 1e-8:  # the difference of two like numbers: once more, about the mean
        variance = float(np.sum(((value - mean) / largest) ** 2, where=present)) / count
    return largest * (variance**0.5 if variance > 1e-18 else 1.0)


def grid(entity: ArrayLike, time: ArrayLike, step: int = 1) -> Grid:
    """
    The complete grid that *entity* and *time* span.

    entity : (n_rows,) any labels
    time : (n_rows,) whole numbers
    step : distance of two consecutive periods
    Raises DpdError where a key is missing, time is not whole or off the step, or a key stands twice.
    """
    labels, codes = _codes(np.asarray(entity))
    period, first = _periods(np.asarray(time), step)
    if len(codes) != len(period):
        raise DpdError(f"entity has {len(codes)} rows and time has {len(period)}")
    n_periods = int(period.max()) + 1
    _check_size(len(labels), n_periods, len(codes))
    cell = codes * n_periods + period
    _check_unique(cell, labels, n_periods, first, step)
    return Grid(labels, first, step, n_periods, cell)


def _codes(entity: NDArray[np.generic]) -> tuple[NDArray[np.generic], Integers]:
    if len(entity) == 0:
        raise DpdError("the data have no rows")
    if entity.dtype.kind == "f" and np.isnan(entity.astype(np.float64)).any():
        raise DpdError(f"entity is missing in {int(np.isnan(entity.astype(np.float64)).sum())} rows")
    if entity.dtype.kind in "iu" and entity.min() >= 0 and entity.max() < 4 * len(entity) + 1024:
        present = np.bincount(entity) > 0  # small codes: no sorting
        labels = np.flatnonzero(present)
        return labels, (np.cumsum(present) - 1)[entity]
    try:
        labels, codes = np.unique(entity, return_inverse=True)
    except TypeError:
        raise DpdError("entity holds labels of several kinds, or missing ones") from None
    return labels, codes.astype(np.int64)


def _periods(time: NDArray[np.generic], step: int) -> tuple[Integers, int]:
    if step < 1:
        raise DpdError(f"step is {step}; two periods are 1 or more apart")
    try:
        whole = time.astype(np.float64)
    except (TypeError, ValueError):
        raise DpdError("time holds something that is no number; number the periods 1, 2, ...") from None
    broken = np.flatnonzero(~np.isfinite(whole) | (whole != np.round(whole)))
    if len(broken):
        raise DpdError(f"time is no whole number in {len(broken)} rows; the first is {time[broken[0]]}")
    number = time.astype(np.int64)
    first = int(number.min())
    number = number - first
    if step > 1:
        off = np.flatnonzero(number % step)
        if len(off):
            raise DpdError(f"time {time[off[0]]} is not {first} plus a multiple of the step {step}")
        number //= step
    return number, first


def _check_size(n: int, t: int, n_rows: int) -> None:
    """A time axis in days coded as years must not become a grid of 10^10 cells."""
    if n * t > 200 * n_rows + 10_000_000:
        raise DpdError(
            f"{n} entities over {t} periods make a grid of {n * t:,} cells for {n_rows:,} rows; "
            "give the step of time, or number the periods 1, 2, ..."
        )


def _check_unique(cell: Integers, labels: NDArray[np.generic], t: int, first: int, step: int) -> None:
    if len(cell) < 2 or np.all(cell[1:] > cell[:-1]):
        return
    times = np.bincount(cell, minlength=len(labels) * t)
    twice = np.flatnonzero(times > 1)
    if len(twice):
        who, when = labels[twice[0] // t], first + step * int(twice[0] % t)
        raise DpdError(
            f"entity {who} has {times[twice[0]]} rows at time {when}, and {len(twice) - 1} more keys stand "
            "twice; keep one row each"
        )


def numbers(columns: Mapping[str, ArrayLike], name: str, n_rows: int) -> Array:
    """A column as (n_rows,) doubles. Raises DpdError where there is none, or no numbers in it."""
    try:
        values = np.asarray(columns[name], dtype=np.float64)
    except KeyError:
        raise DpdError(f"there is no column '{name}'") from None
    except (TypeError, ValueError):
        raise DpdError(f"column '{name}' holds something that is no number") from None
    if values.shape != (n_rows,):
        raise DpdError(f"column '{name}' has shape {values.shape}; entity has {n_rows} rows")
    return values


Values = TypeVar("Values", Array, Mask, Integers)


def at_lag(values: Values, lag: int) -> Values:
    """(n, t) *values* moved *lag* periods later (earlier if negative), zero where there is none."""
    if lag == 0:
        return values
    moved = np.zeros_like(values)
    if lag > 0:
        moved[:, lag:] = values[:, : max(values.shape[1] - lag, 0)]
    else:
        moved[:, :lag] = values[:, -lag:]
    return moved
