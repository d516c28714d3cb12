"""A sheet of the printed size, for a column whose data are not there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.sheet import Sheet
from harness.simulate.equation import Simulated, instrument_columns
from harness.simulate.truth import Print
from harness.spec import DynamicPanel, Linear, Spec, StaticPanel, terms


def blank(spec: Spec, model: Simulated, in_print: Print) -> Sheet:
    """
    Rows and entities as printed, zeros to be drawn over; entities with more rows come first.

    Every entity ends in the last period. Rows that lags and differences use up are added to those printed.
    Raises UsageError where the print does not say how many there are, or the model needs the data.
    """
    for reason in _refusals(spec, model):
        raise UsageError(f"the data are not there, and {reason}. Give them: --data {spec.data.name}=PATH")
    n_obs, n_groups = _counts(spec, model, in_print)
    lengths = n_obs // n_groups + (np.arange(n_groups) < n_obs % n_groups) + _lost(model)
    periods = _periods(spec, model, int(lengths.max()))
    entity = np.repeat(np.arange(n_groups), lengths)
    time = np.concatenate([periods[len(periods) - length :] for length in lengths])
    frame = pd.DataFrame({name: np.zeros(len(entity)) for name in _columns(model)})
    panel = spec.data.panel
    names = (panel.entity, panel.time) if panel else (None, None)
    if panel:
        frame = frame.assign(**{panel.entity: entity, panel.time: time})
    dummies = {f"{panel.time}={value}": time == value for value in model.time_dummies} if panel else {}
    frame = frame.assign(**{name: values.astype(np.float64) for name, values in dummies.items()})
    lagged = [name for name, _, _ in terms(model.regressors)]
    return Sheet(
        frame=frame,
        outcome=model.outcome,
        regressors=tuple(lagged) if isinstance(model, DynamicPanel) else (*lagged, *dummies),
        constant=model.has_constant,
        dummies=tuple(dummies),
        cluster=tuple({"entity": names[0], "time": names[1]}.get(c, c) or c for c in model.cluster),
        entity=names[0],
        time=names[1],
        step=panel.step if panel else 1,
    )


def _refusals(spec: Spec, model: Simulated) -> Iterator[str]:
    panel = spec.data.panel
    keys = {"entity", "time", *((panel.entity, panel.time) if panel else ())}
    if model.time_dummies == "all":
        yield "time_dummies: all does not tell the periods"
    if not set(model.cluster) <= keys:
        yield f"the clusters of {', '.join(model.cluster)} are not known"
    if isinstance(model, Linear) and model.dummies:
        yield f"the groups of {', '.join(model.dummies)} are not known"
    if isinstance(model, Linear | StaticPanel) and model.instruments:
        yield "the strength of the excluded instruments is not known"
    if panel is None and not isinstance(model, Linear):
        yield "data.panel is not told"
    strange = [name for name in _columns(model) if name not in {model.outcome, *_regressors(model)}]
    if strange:
        yield f"the strength of the instruments {', '.join(strange)} is not known"


def _regressors(model: Simulated) -> list[str]:
    if isinstance(model, DynamicPanel):
        return list(model.regressors)
    return [name for name, _, _ in terms(model.regressors)]


def _columns(model: Simulated) -> list[str]:
    """A dynamic panel has columns of variables, a static model of terms."""
    found = [model.outcome, *_regressors(model)]
    if isinstance(model, DynamicPanel):
        found += instrument_columns(model)
    return list(dict.fromkeys(found))


def _counts(spec: Spec, model: Simulated, in_print: Print) -> tuple[int, int]:
    sizes = [in_print.get(("fit", "model", name), ("", 0.0))[1] for name in ("n_obs", "n_groups")]
    n_obs, n_groups = (int(size) for size in sizes)
    if isinstance(model, Linear) and not n_groups:
        n_groups = n_obs
    if not 0 < n_groups <= n_obs:
        raise UsageError(
            "the data are not there, and the numbers of rows and entities (n_obs, n_groups) are not printed. "
            f"Give the data: --data {spec.data.name}=PATH"
        )
    return n_obs, n_groups


def _lost(model: Simulated) -> int:
    """Periods of an entity that are not counted as rows."""
    if isinstance(model, DynamicPanel):
        longest = max([lag for _, _, lag in terms(model.regressors)], default=0)
        return longest + int(model.estimator == "difference")
    return int(isinstance(model, StaticPanel) and model.estimator == "first-difference")


def _periods(spec: Spec, model: Simulated, longest: int) -> NDArray[np.int64]:
    step = spec.data.panel.step if spec.data.panel else 1
    last = max((int(value) for value in model.time_dummies), default=longest * step)
    return np.asarray(last - step * np.arange(longest)[::-1], dtype=np.int64)
