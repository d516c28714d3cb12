"""The rows of a data file: their numbers, their keys, and how a fault in one of them is told."""

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import DataError
from harness.spec import PanelKeys

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

MISSING = ("", "NA", "NaN", ".")
_NUMBER = re.compile(r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf(inity)?)", re.IGNORECASE)

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([,， ][0-9]{3})+(\.[0-9]+)?")


@contextmanager
def located(place: str) -> Iterator[None]:
    """Puts *place* before the message of every DataError raised inside."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{place}: {error}") from None


@dataclass(frozen=True)
class Rows:
    """
    Rows of a data file, all of them or some.

    Attributes:
        frame: int64, float64 or text columns. The index is the row's position in the file, from 0
        source: the file, as it is shown to people
        panel: the key columns, None where the data are no panel
    """

    frame: pd.DataFrame
    source: str
    panel: PanelKeys | None

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, kept: Mask) -> Self:
        """The rows where *kept*, a (n_rows,) mask, is true."""
        return replace(self, frame=self.frame.loc[kept])

    def column(self, name: str) -> "pd.Series[Any]":
        """The column as read. Raises DataError where there is none."""
        if name not in self.frame:
            raise DataError(f"there is no column '{name}'{suggest(name, self.frame.columns)}")
        return self.frame[name]

    def is_text(self, name: str) -> bool:
        """Whether the column holds a cell that is neither a number nor missing."""
        return not pd.api.types.is_numeric_dtype(self.column(name).dtype)

    def numbers(self, name: str) -> Floats:
        """
        The column as (n_rows,) float64, NaN where missing.

        Raises DataError where it holds text or an infinite value, and names the row.
        """
        series = self.column(name)
        if self.is_text(name):
            at = int(np.flatnonzero(_is_text_cell(series))[0])
            raise DataError(
                f"column '{name}' of {self.source} holds the text '{series.iloc[at]}' in {self.row(at)}, "
                f"and numbers are needed. {_mended(str(series.iloc[at]))}"
            )
        values = series.to_numpy(dtype=np.float64)
        infinite = np.isinf(values)
        if infinite.any():
            raise DataError(
                f"column '{name}' of {self.source} is infinite in {self.first(infinite)}. "
                "Correct the cell, or leave it empty for missing"
            )
        return values

    def row(self, position: int) -> str:
        """How the row at *position* (from 0, among these rows) is called: number in the file, and keys."""
        name = f"data row {int(self.frame.index[position]) + 1}"
        if self.panel is None:
            return name
        keys = [key for key in (self.panel.entity, self.panel.time) if key in self.frame]
        shown = ", ".join(f"{key}={_plain(self.frame[key].iloc[position])}" for key in keys)
        return f"{name} ({shown})" if shown else name

    def first(self, faulty: Mask) -> str:
        """The first row where *faulty* is true, and how many more there are."""
        at = np.flatnonzero(faulty)
        more = f" and {len(at) - 1} more" if len(at) > 1 else ""
        return self.row(int(at[0])) + more

    @cached_property
    def index(self) -> "PanelIndex":
        """
        Entity and time of every row.

        Raises DataError where a key is missing, time is no whole number or off the step, or two rows
        have the same keys.
        """
        if self.panel is None:
            raise DataError("lags, time and entities need data.panel. Write panel: {entity: ..., time: ...}")
        self._need_keys(self.panel)
        labels = self._entity_labels(self.panel.entity)
        codes, _ = pd.factorize(labels, sort=True)
        index = PanelIndex(codes.astype(np.int64), self._time(self.panel), self.panel.step)
        self._need_unique(index)
        return index

    def _need_keys(self, panel: PanelKeys) -> None:
        for role, name in (("entity", panel.entity), ("time", panel.time)):
            absent = self.column(name).isna().to_numpy()
            if absent.any():
                raise DataError(
                    f"{role} '{name}' is missing in {self.first(absent)} of {self.source}. "
                    "Fill it in, or remove the row"
                )

    def _entity_labels(self, name: str) -> "pd.Series[Any]":
        return self.column(name) if self.is_text(name) else pd.Series(self._whole(name, "entity"))

    def _whole(self, name: str, role: str) -> Integers:
        """A numeric key as integers; int64 columns keep every digit."""
        series = self.column(name)
        if pd.api.types.is_integer_dtype(series.dtype):
            return series.to_numpy(dtype=np.int64)
        values = self.numbers(name)
        broken = (values != np.floor(values)) | (np.abs(values) >= 2.0**53)
        if broken.any():
            raise DataError(
                f"{role} '{name}' of {self.source} is no whole number in {self.first(broken)}. "
                "Number the periods 1, 2, ... in the data file"
            )
        return values.astype(np.int64)

    def _time(self, panel: PanelKeys) -> Integers:
        time = self._whole(panel.time, "time")
        off = (time - time.min()) % panel.step != 0 if len(time) else np.zeros(0, dtype=bool)
        if off.any():
            raise DataError(
                f"time '{panel.time}' of {self.source} is not {time.min()} plus a multiple of "
                f"{panel.step} in {self.first(off)}. Correct data.panel.step or the row"
            )
        return time

    def _need_unique(self, index: "PanelIndex") -> None:
        order = index.order
        twin = (np.diff(index.entity[order]) == 0) & (np.diff(index.time[order]) == 0)
        if not twin.any():
            return
        at = int(np.flatnonzero(twin)[0])
        one, two = (int(self.frame.index[order[i]]) + 1 for i in (at, at + 1))
        keys = self.row(int(order[at])).partition("(")[2].rstrip(")")
        more = f" ({int(twin.sum()) - 1} more such)" if twin.sum() > 1 else ""
        raise DataError(
            f"{keys} stands twice in {self.source}, in data rows {one} and {two}{more}. "
            "Keep one of them, or correct data.panel"
        )


@dataclass(frozen=True)
class PanelIndex:
    """
    Who and when, row by row.

    Attributes:
        entity: (n_rows,) codes from 0 in sorted order of the labels
        time: (n_rows,) in the data's own unit
        step: distance of two consecutive periods
    """

    entity: Integers
    time: Integers
    step: int

    def where(self, kept: Mask) -> "PanelIndex":
        """The rows where *kept* is true."""
        return PanelIndex(self.entity[kept], self.time[kept], self.step)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Positions sorted by entity, then time."""
        order: NDArray[np.intp] = np.lexsort((self.time, self.entity))
        return order

    def lag(self, values: Floats, k: int) -> Floats:
        """*values* of the same entity k periods earlier, NaN where there is no such row."""
        at = self.earlier(k)
        lagged: Floats = np.where(at >= 0, values[at], np.nan)
        return lagged

    def earlier(self, k: int) -> NDArray[np.intp]:
        """Position of the same entity's row k periods earlier, -1 where there is none."""
        if len(self.time) == 0:
            return np.zeros(0, dtype=np.intp)
        period = (self.time - self.time.min()) // self.step
        stride = int(period.max()) + 1
        if stride * (int(self.entity.max()) + 1) > 2**62:
            raise DataError("time spans too many periods. Number them 1, 2, ... or give data.panel.step")
        key = self.entity * stride + period
        ranked = key[self.order]
        wanted = key - k
        at = np.minimum(np.searchsorted(ranked, wanted), len(key) - 1)
        found = (ranked[at] == wanted) & (period >= k)
        positions: NDArray[np.intp] = np.where(found, self.order[at], -1)
        return positions

    def previous(self) -> NDArray[np.intp]:
        """Position of the same entity's row before, however long ago, -1 where there is none."""
        before = np.full(len(self.time), -1, dtype=np.intp)
        same = np.diff(self.entity[self.order]) == 0
        before[self.order[1:][same]] = self.order[:-1][same]
        return before


def typed(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """
    The column as int64 or float64 where every cell is a number or missing, else as it is.

    Numbers are read to the nearest double.
    """
    kind = series.dtype
    if pd.api.types.is_bool_dtype(kind):
        return series.astype(str)
    if pd.api.types.is_integer_dtype(kind) and not series.isna().any():
        return series.astype(np.int64 if kind != np.uint64 else np.float64)
    if pd.api.types.is_numeric_dtype(kind):
        return series.astype(np.float64)
    if _is_text_cell(series).any():
        return series
    cells = series.map(str, na_action="ignore").str.strip()
    return cells.where(~cells.isin(MISSING)).astype(object).astype(np.float64)


def _is_text_cell(series: "pd.Series[Any]") -> Mask:
    """Where the column holds something that is neither a number nor missing."""
    cells = series.map(str, na_action="ignore").str.strip()
    numeric = cells.map(lambda cell: _NUMBER.fullmatch(cell) is not None, na_action="ignore")
    return ~(cells.isna() | cells.isin(MISSING) | numeric.eq(True)).to_numpy(dtype=bool)


def _mended(cell: str) -> str:
    """The next step for a cell that is no number."""
    if _GROUPED.fullmatch(cell.strip()):
        return f"Write it without separators of thousands: {re.sub('[,， ]', '', cell)}"
    return "Correct the cell, or leave it empty for missing"


def suggest(name: str, known: Iterable[object]) -> str:
    """A question that ends a message: what the writer may have meant, or what there is."""
    words = [str(word) for word in known]
    folded = {word.casefold(): word for word in words}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    if close:
        return f". Did you mean '{folded[close[0]]}'?"
    return f". There are {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}"


def _plain(value: object) -> str:
    """A key as a person writes it: 1980, not 1980.0."""
    if pd.isna(value):  # type: ignore[call-overload]
        return "missing"
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
