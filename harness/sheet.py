"""The rows and columns that one column of a table is estimated on, the same for every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import DataError

if TYPE_CHECKING:
    from harness.statalog import Logged

Column: TypeAlias = NDArray[Any]
_LARGEST_GRID = 20_000_000  # rows


@dataclass(frozen=True)
class Sheet:
    """
    What `dataset.prepare` makes of a data file and a model, and what every engine receives.

    The frame has a RangeIndex, is sorted by entity and time (where there is a panel) and holds float64
    columns, but for the keys and cluster columns, which are int64. Column names are terms: `x`, `L1.x`,
    `year=1980`. A key that is also a variable (a trend in `year`) stands a second time, as `year.key`.

    Attributes:
        frame: static models: complete rows, one column a term, in levels (an engine takes first differences
            itself). Dynamic panels: the variables themselves (no lags, the engine takes them) and the
            dummies, NaN where missing, all rows. Descriptive: the variables, NaN where missing, and the
            column `by` as read, without keys. Fuzzy sets: one column a set, under the set's name, raw where
            `anchors` has it and memberships else; no keys
        outcome: a column; "" for descriptive; of fuzzy sets without its negation
        regressors: terms in order of print, dummies included, `constant` not; of fuzzy sets the conditions
        constant: whether the term `constant` is estimated, after the regressors
        dummies: those of `regressors` that are dummies
        endogenous: those of `regressors` that are endogenous (static models)
        instruments: excluded instruments, column to "stays in levels" (static models). With first
            differences such a column is NaN where only the next row's difference needs the row
        weights: a column, or None
        cluster: columns (`entity` and `time` already replaced by their names), codes from 0
        entity, time, group: key columns, or None. Entity and group are codes from 0 in sorted order of their
            labels, time is in the data's own unit
        step: distance of two consecutive periods
        sampled: the column that is 1.0 on the rows that are used and 0.0 on those that only lend their past,
            or None where all rows are used. Dynamic panels: rows outside `sample` with `lags_from: data`.
            First differences: a row whose own difference is not used, though the row before is there
        periods: of a completed sheet, the data's own time of the periods 1, 2, ...; else empty
        cases: names of the cases, one a row (fuzzy sets)
        anchors: set to the numbers by which its column is calibrated, percentiles replaced by the sample's
            quantiles; empty for a method that has none (fuzzy sets)
        labels: what the keys `time` and `entity` say, one text a row (fuzzy sets that ask for `panel`)
        examples: entities that the model names to their codes, those that the data have (types of entities)
        log: what another program printed for the column; the frame is then empty, since no data are needed
    """

    frame: pd.DataFrame
    outcome: str = ""
    regressors: tuple[str, ...] = ()
    constant: bool = False
    dummies: tuple[str, ...] = ()
    endogenous: tuple[str, ...] = ()
    instruments: Mapping[str, bool] = field(default_factory=dict)
    weights: str | None = None
    cluster: tuple[str, ...] = ()
    entity: str | None = None
    time: str | None = None
    group: str | None = None
    step: int = 1
    sampled: str | None = None
    periods: tuple[int, ...] = ()
    cases: tuple[str, ...] = ()
    anchors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)
    log: Logged | None = None

    @cached_property
    def sha256(self) -> str:
        """In hex, of everything that an engine is given: values bit for bit, names, types and settings."""
        settings = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "frame"}
        digest = hashlib.sha256(repr(settings).encode())
        for name, column in self.frame.items():
            values = np.ascontiguousarray(column.to_numpy())
            content = repr(values.tolist()).encode() if values.dtype == object else values.tobytes()
            digest.update(repr((name, str(column.dtype), len(content))).encode() + content)
        return digest.hexdigest()

    def scaled(self, columns: tuple[str, ...]) -> tuple[Self, Mapping[str, float]]:
        """
        The sheet with *columns* divided by their standard deviation, and these divisors.

        A constant column keeps its scale (divisor 1). Engines lose digits, or their way, on columns of very
        different size; the coefficient of x is afterwards multiplied by scale(outcome) / scale(x).
        """
        sd = self.frame[list(columns)].std(ddof=0)
        divisors = {name: float(sd[name]) if sd[name] > 0 else 1.0 for name in columns}
        frame = self.frame.assign(**{name: self.frame[name] / divisor for name, divisor in divisors.items()})
        return replace(self, frame=frame), divisors

    def completed(self) -> Self:
        """
        The sheet of a dynamic panel on the whole grid: every entity in every period from first to last.

        Time is recoded 1, 2, ..., step 1; `periods` keeps what it was. Where the data have no row the
        variables are NaN, time dummies are filled in from the period, `sampled` is 0.0 and a cluster of its
        own -1. For engines that count rows instead of time, and compress a year that is missing for all.
        Raises DataError where the grid has more than 20 million rows.
        """
        entity, time = str(self.entity), str(self.time)
        first, last = int(self.frame[time].min()), int(self.frame[time].max())
        periods = range(first, last + 1, self.step)
        n_entities = int(self.frame[entity].max()) + 1
        if n_entities * len(periods) > _LARGEST_GRID:
            raise DataError(
                f"the grid of {n_entities} entities and {len(periods)} periods is too large. "
                "Number the periods 1, 2, ..., or give data.panel.step"
            )
        return replace(self, frame=self._on_grid(n_entities, periods), step=1, periods=tuple(periods))

    def _on_grid(self, n_entities: int, periods: range) -> pd.DataFrame:
        entity, time = str(self.entity), str(self.time)
        codes = np.repeat(np.arange(n_entities, dtype=np.int64), len(periods))
        ordinals = np.tile(np.arange(1, len(periods) + 1, dtype=np.int64), n_entities)
        made: dict[str, Column] = {entity: codes, time: ordinals}
        made |= {name: _dummy(name, ordinals, periods) for name in self.dummies}
        elapsed = (self.frame[time].to_numpy() - periods.start) // self.step
        at = self.frame[entity].to_numpy() * len(periods) + elapsed
        for name in self.frame.columns.difference(list(made), sort=False):
            made[name] = self._spread(name, at, len(codes))
        return pd.DataFrame({name: made[name] for name in self.frame.columns})

    def _spread(self, name: str, at: Column, n_rows: int) -> Column:
        """A column at its places on the grid."""
        values = self.frame[name].to_numpy()
        absent = -1 if name in self.cluster else 0.0 if name == self.sampled else np.nan
        column = np.full(n_rows, absent, dtype=values.dtype)
        column[at] = values
        return column


def _dummy(name: str, ordinals: Column, periods: range) -> Column:
    """A time dummy on the grid, from its term `year=1980`."""
    ordinal = periods.index(int(name.rpartition("=")[2])) + 1
    return np.asarray(ordinals == ordinal, dtype=np.float64)
