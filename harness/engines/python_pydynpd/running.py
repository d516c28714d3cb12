"""One run of pydynpd, behind its traps: order, units, gaps in time, prints, exits."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.engines.python_pydynpd.command import command, iv_variables
from harness.errors import EstimationError
from harness.spec import DynamicPanel, terms

if TYPE_CHECKING:
    from harness.sheet import Sheet

Array = NDArray[np.float64]
CONSTANT = "constant"


@dataclass(frozen=True)
class Run:
    """
    One estimation, on standardised columns.

    Attributes:
        model: pydynpd's model object
        terms: in pydynpd's order
        units: what a coefficient is multiplied with to come back to the data's units, in that order
        frame: what was handed over: complete in time, columns x1, x2, ...
        names: column of the data to its name in `frame`
        in_data: number of units in the data
    """

    model: Any
    terms: tuple[str, ...]
    units: Array
    frame: pd.DataFrame
    names: Mapping[str, str]
    in_data: int


def run(model: DynamicPanel, sheet: Sheet) -> Run:
    """Raises EstimationError where pydynpd stops."""
    columns = _columns(model, sheet)
    complete = sheet.completed()  # pydynpd numbers the periods that it sees
    standard, divisors = complete.scaled(columns)
    names = {column: f"x{number}" for number, column in enumerate(columns, start=1)}
    frame = complete.frame[[sheet.entity, sheet.time]].set_axis(["entity", "time"], axis=1)
    frame = frame.assign(**{names[column]: standard.frame[column] for column in columns})
    found = _abond(command(model, sheet, names.__getitem__), frame.copy())
    ordered = _order(model, sheet)
    units = [divisors[model.outcome] / divisors[variable] for _, variable in ordered]
    labels = [label for label, _ in ordered]
    if model.estimator == "system":
        labels.append(CONSTANT)
        units.append(divisors[model.outcome])
    return Run(found, tuple(labels), np.array(units), frame, names, int(sheet.frame[sheet.entity].nunique()))


def _columns(model: DynamicPanel, sheet: Sheet) -> tuple[str, ...]:
    """Every column that the command names, each once."""
    gmm = [variable for group in model.gmm_groups().values() for variable in group.variables]
    iv = [variable for variable, _ in iv_variables(model, sheet)]
    return tuple(dict.fromkeys([model.outcome, *model.regressors, *sheet.dummies, *gmm, *iv]))


def _order(model: DynamicPanel, sheet: Sheet) -> list[tuple[str, str]]:
    """(term, variable) in pydynpd's order: the lags of the outcome first."""
    own = [(label, variable) for label, variable, _ in terms(model.regressors)]
    own += [(dummy, dummy) for dummy in sheet.dummies]
    return sorted(own, key=lambda pair: pair[1] != model.outcome)


def _abond(command: str, frame: pd.DataFrame) -> Any:
    """pydynpd's model object. It prints, exits and changes the frame and the warnings' filters."""
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(said):
        from pydynpd.regression import abond

        warnings.simplefilter("ignore")
        try:
            return abond(command, frame, ["entity", "time"]).models[0]
        except SystemExit as stop:
            raise EstimationError(f"pydynpd stopped: {_words(said.getvalue())}") from stop
        except Exception as error:
            raise EstimationError(f"pydynpd stopped: {_words(str(error))}") from error


def _words(text: str) -> str:
    """The last line that was said, as one sentence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{lines[-1].rstrip('.')}." if lines else "it gave no reason."
