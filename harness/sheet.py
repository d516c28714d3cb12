"""The rows and columns that one column of a table is estimated on, the same for every engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import pandas as pd


@dataclass(frozen=True)
class Sheet:
    """
    What `dataset.prepare` makes of a data file and a model, and what every engine receives.

    The frame has a RangeIndex, is sorted by entity and time (where there is a panel) and holds float64
    columns, but for the keys and cluster columns. Column names are terms: `x`, `L1.x`, `year=1980`.

    Attributes:
        frame: static models: complete rows, one column a term. Dynamic panels: the variables themselves (no
            lags, the engine takes them) and the dummies, NaN where missing. Descriptive: variables as read
        outcome: a column; "" for descriptive
        regressors: terms in order of print, dummies included, `constant` not
        constant: whether the term `constant` is estimated, after the regressors
        dummies: those of `regressors` that are dummies
        endogenous: those of `regressors` that are endogenous (static models)
        instruments: excluded instruments, column to "stays in levels" (static models)
        weights: a column, or None
        cluster: columns (`entity` and `time` already replaced by their names)
        entity, time, group: key columns, or None. Entity is int64 codes 0.. in sorted order of its labels,
            time int64 in the data's own unit
        step: distance of two consecutive periods
        sampled: dynamic panels with `lags_from: data`: the column that is 1.0 on rows of `sample`, or None
            where all rows are used
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
