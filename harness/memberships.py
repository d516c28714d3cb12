"""A sheet of a fuzzy-set model as calibrated sets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from harness.estimators import fsqca
from harness.estimators.fsqca.data import Array
from harness.sheet import Sheet
from harness.spec import Calibration, FuzzySet

Anchors = tuple[float, ...]


def memberships(model: FuzzySet, sheet: Sheet) -> fsqca.Sets:
    """
    The cases with their memberships, calibrated by our own functions.

    Raises fsqca.FsqcaError, one sentence: values outside 0..1, a set without variation, a case that is there
    twice, anchors out of order.
    """
    columns = {name: _calibrated(model, sheet, name) for name in model.sets}
    return fsqca.sets(columns, model.outcome, model.conditions, sheet.cases)


def recalibrated(data: fsqca.Sets, model: FuzzySet, sheet: Sheet, name: str) -> fsqca.Sets:
    """
    *data* with one set calibrated anew by the sheet's anchors; a search over anchors does so very often.

    Raises fsqca.FsqcaError for anchors out of order.
    """
    values = _calibrated(model, sheet, name)
    if name == model.outcome_set:
        return replace(data, membership=1 - values if model.outcome.startswith("~") else values)
    rows = data.memberships.copy()
    rows[model.conditions.index(name)] = values
    return replace(data, memberships=rows)


def _calibrated(model: FuzzySet, sheet: Sheet, name: str) -> Array:
    calibration = model.calibrated(name)
    raw = sheet.frame[name].to_numpy(dtype=float)
    try:
        return _METHODS[calibration.method](raw, calibration, sheet.anchors.get(name, ()))
    except fsqca.FsqcaError as error:
        raise fsqca.FsqcaError(f"calibration.{name}: {error}") from None


def _direct(raw: Array, calibration: Calibration, anchors: Anchors) -> Array:
    out, crossover, in_ = anchors
    if calibration.logistic:
        return fsqca.direct(raw, out, crossover, in_, calibration.idm)
    return fsqca.piecewise(raw, out, crossover, in_, calibration.below, calibration.above)


def _snapped(found: Array) -> Array:
    """Memberships next to 0 and 1 moved onto them, as R does for either logistic method."""
    low = np.where(found < fsqca.R.snap, 0.0, found)
    return np.where(low > 1 - fsqca.R.snap, 1.0, low)


_METHODS: Mapping[str, Callable[[Array, Calibration, Anchors], Array]] = MappingProxyType(
    {
        "none": lambda raw, calibration, anchors: raw,
        "direct": _direct,
        "ecdf": lambda raw, how, anchors: fsqca.ecdf(raw, *anchors),
        "bell": lambda raw, how, anchors: fsqca.bell(raw, anchors, how.below, how.above),
        "indirect": lambda raw, how, anchors: _snapped(fsqca.indirect(raw, anchors)),
        "crisp": lambda raw, how, anchors: fsqca.crisp(raw, anchors),
        "tfr": lambda raw, how, anchors: fsqca.tfr(raw),
    }
)
