"""Moments of variables by pandas and numpy."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import Unsupported
from harness.result import Cell, Estimates, NotOffered
from harness.spec import Descriptive

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

Array = NDArray[np.float64]

# R's types 1 to 9 (Hyndman and Fan 1996) under numpy's names.
_QUANTILE_METHODS = {
    1: "inverted_cdf",
    2: "averaged_inverted_cdf",
    3: "closest_observation",
    4: "interpolated_inverted_cdf",
    5: "hazen",
    6: "weibull",
    7: "linear",
    8: "median_unbiased",
    9: "normal_unbiased",
}


def versions() -> tuple[str, str]:
    """("pandas 3.1.0", "Python 3.11.2")."""
    return f"pandas {version('pandas')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls on a frame `df` that holds the sheet's columns."""
    model = _accepted(model)
    rows = f'df.groupby("{model.by}")' if model.by else "df"
    chosen = f"{rows}[{list(model.variables)!r}]"
    method = _QUANTILE_METHODS[model.quantile_type]
    calls = [_call(chosen, name, method, _ddof(model)) for name in model.measures]
    return "\n".join(calls)


def _ddof(model: Descriptive) -> int:
    return int(model.sd_denominator == "n-1")


def _call(chosen: str, measure: str, method: str, ddof: int) -> str:
    given = "" if ddof else "ddof=0"
    plain = {
        "n_obs": "count()",
        "mean": "mean()",
        "sd": f"std({given})",
        "variance": f"var({given})",
        "min": "min()",
        "max": "max()",
        "median": "median()",
        "missing": "agg(lambda x: x.isna().sum())",
    }
    if measure in plain:
        return f"{chosen}.{plain[measure]}"
    return f'{chosen}.agg(lambda x: np.quantile(x.dropna(), {_share(measure):g}, method="{method}"))'


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Every measure of every variable, missing values left out variable by variable.

    A moment that the rows cannot give (the standard deviation of one value) is not offered.
    """
    model = _accepted(model)
    method = _QUANTILE_METHODS[model.quantile_type]
    cells: list[Cell] = []
    not_offered: list[NotOffered] = []
    for term, values in _samples(model, sheet):
        for measure in model.measures:
            value = _moment(values, measure, method, _ddof(model))
            if np.isnan(value):
                reason = f"{np.count_nonzero(~np.isnan(values))} values are too few"
                not_offered.append(NotOffered("descriptives", term, measure, reason))
            else:
                cells.append(Cell("descriptives", term, measure, value))
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered))


def _accepted(model: AnyModel) -> Descriptive:
    if not isinstance(model, Descriptive):
        raise Unsupported(f"pandas computes descriptives, not a model of the kind '{model.model}'.")
    return model


def _samples(model: Descriptive, sheet: Sheet) -> list[tuple[str, Array]]:
    """(term, its values with NaN where missing), by group where the model has one."""
    frame = sheet.frame
    if model.by is None:
        return [(name, frame[name].to_numpy(dtype=float)) for name in model.variables]
    levels = sorted(frame[model.by].dropna().unique().tolist())
    return [
        (f"{name}@{_label(level)}", frame.loc[frame[model.by] == level, name].to_numpy(dtype=float))
        for name in model.variables
        for level in levels
    ]


def _label(level: Any) -> str:
    """A whole number without its decimal point: a year is 1980, not 1980.0."""
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)


def _moment(values: Array, measure: str, method: str, ddof: int) -> float:
    present = values[~np.isnan(values)]
    if measure == "n_obs":
        return float(len(present))
    if measure == "missing":
        return float(len(values) - len(present))
    if len(present) == 0 or (measure in ("sd", "variance") and len(present) <= ddof):
        return float("nan")
    if measure in ("mean", "min", "max"):
        return float(getattr(np, measure)(present))
    if measure in ("sd", "variance"):
        return float({"sd": np.std, "variance": np.var}[measure](present, ddof=ddof))
    if measure == "median":
        return float(np.median(present))
    return float(np.quantile(present, _share(measure), method=method))  # type: ignore[call-overload]


def _share(percentile: str) -> float:
    """
    The share of values below a percentile.

    >>> _share("p97.5")
    0.975
    """
    return float(percentile[1:]) / 100
