"""The rows that linearmodels receives: the sheet, differenced or demeaned where we do it ourselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.engines.python_linearmodels.limits import Model
from harness.spec import StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet

CONSTANT = "constant"


@dataclass(frozen=True)
class Equation:
    """
    The rows that are handed to linearmodels.

    Attributes:
        frame: indexed by (entity, time); y, the terms, instruments as `instrument:x`, weights, clusters
        outcome: name of y in `frame`
        regressors: terms, the constant last where there is one
        endogenous, instruments: names in `frame`
        weights: name in `frame` or None
        clusters: (n, 0 to 2) int codes
    """

    frame: pd.DataFrame
    outcome: str
    regressors: tuple[str, ...]
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    weights: str | None
    clusters: pd.DataFrame

    @property
    def constant(self) -> bool:
        return CONSTANT in self.regressors

    @property
    def slopes(self) -> tuple[str, ...]:
        return tuple(name for name in self.regressors if name != CONSTANT)

    @property
    def entity(self) -> NDArray[np.int64]:
        return np.asarray(self.frame.index.get_level_values(0), dtype=np.int64)

    @property
    def n_groups(self) -> int:
        """The fewest clusters of a cluster column; without clusters the number of entities."""
        if self.clusters.shape[1]:
            return int(min(self.clusters.nunique()))
        return len(np.unique(self.entity))


def equation_of(model: Model, sheet: Sheet) -> Equation:
    """The sheet as an equation: first differences are taken here, by time."""
    columns = {sheet.outcome: sheet.frame[sheet.outcome]}
    columns |= {name: sheet.frame[name] for name in sheet.regressors}
    columns |= {instrument_column(name): sheet.frame[name] for name in sheet.instruments}
    frame = pd.DataFrame(columns).astype("float64")
    frame.index = _index(sheet)
    clusters = pd.DataFrame(
        {name: pd.factorize(sheet.frame[name])[0] for name in sheet.cluster}, index=frame.index
    )
    if isinstance(model, StaticPanel) and model.estimator == "first-difference":
        frame, clusters = _differenced(frame, clusters, sheet)
    if sheet.constant:
        frame[CONSTANT] = 1.0
    if sheet.weights is not None:
        frame["weights:"] = np.asarray(sheet.frame[sheet.weights], dtype=float)
    return Equation(
        frame=frame,
        outcome=sheet.outcome,
        regressors=(*sheet.regressors, *((CONSTANT,) if sheet.constant else ())),
        endogenous=sheet.endogenous,
        instruments=tuple(instrument_column(name) for name in sheet.instruments),
        weights=None if sheet.weights is None else "weights:",
        clusters=clusters,
    )


def instrument_column(name: str) -> str:
    """An instrument may bear a regressor's name: L2.y in levels beside the difference of L2.y."""
    return f"instrument:{name}"


def _index(sheet: Sheet) -> pd.MultiIndex:
    """Entity and time; a cross-section is a panel of one row an entity."""
    if sheet.entity is None or sheet.time is None:
        return pd.MultiIndex.from_arrays([np.arange(len(sheet.frame)), np.zeros(len(sheet.frame), int)])
    return pd.MultiIndex.from_arrays([sheet.frame[sheet.entity], sheet.frame[sheet.time]])


def _differenced(
    frame: pd.DataFrame, clusters: pd.DataFrame, sheet: Sheet
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Differences over one step of time within the entity; rows without a predecessor go."""
    entity, time = (np.asarray(frame.index.get_level_values(level)) for level in (0, 1))
    follows = np.zeros(len(frame), dtype=bool)
    follows[1:] = (entity[1:] == entity[:-1]) & (time[1:] - time[:-1] == sheet.step)
    if sheet.sampled is not None:
        follows &= sheet.frame[sheet.sampled].to_numpy() == 1
    change = frame.diff()
    for name, stays in sheet.instruments.items():
        if stays:
            change[instrument_column(name)] = frame[instrument_column(name)]
    return change[follows], clusters[follows]


def transformed(model: Model, equation: Equation) -> tuple[Equation, int]:
    """The equation as two-stage least squares needs it, and the effects that were taken out."""
    kind = model.estimator if isinstance(model, StaticPanel) else "pooled"
    if kind == "between":
        means = equation.frame.groupby(level=0).mean()
        means.index = pd.MultiIndex.from_arrays([means.index, np.zeros(len(means), int)])
        return replace(equation, frame=means), 0
    if kind == "within":
        return _demeaned(cast(StaticPanel, model), equation)
    return equation, 0


def _demeaned(model: StaticPanel, equation: Equation) -> tuple[Equation, int]:
    """Deviations from means, with the grand means added back where there is a constant."""
    from linearmodels.panel.data import PanelData

    which = "both" if len(model.effects) == 2 else model.effects[0]
    columns = [name for name in equation.frame if name != CONSTANT]
    values = equation.frame[columns]
    deviations = PanelData(values).demean(which).dataframe.loc[values.index, columns]
    sizes = [equation.frame.index.get_level_values(level).nunique() for level in (0, 1)]
    n_effects = {"entity": sizes[0], "time": sizes[1], "both": sum(sizes) - 1}[which]
    if not equation.constant:
        return replace(equation, frame=deviations), n_effects
    frame = (deviations + values.mean()).assign(**{CONSTANT: 1.0})
    return replace(equation, frame=frame), n_effects - 1
