"""Static panels and linear models by linearmodels (Sheppard)."""

from __future__ import annotations

import platform
import warnings
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.engines.python_linearmodels.answer import estimates
from harness.engines.python_linearmodels.limits import accepted
from harness.engines.python_linearmodels.text import (
    constructor_text,
    factor_text,
    frame_text,
    options_text,
)
from harness.result import Estimates

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def versions() -> tuple[str, str]:
    """("linearmodels 7.1", "Python 3.11.2")."""
    return f"linearmodels {version('linearmodels')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls on a frame `df` that holds the sheet's columns, indexed by entity and time."""
    model = accepted(model, sheet)
    constructor, imported = constructor_text(model, sheet)
    lines = [f"from {imported}", *frame_text(model, sheet)]
    lines.append(f"{constructor}.fit({options_text(model, sheet)})")
    factor = factor_text(model)
    return "\n".join(lines) + (f"  # covariance times {factor}" if factor else "")


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients, covariance, joint test, fit and the tests asked for.

    Raises Unsupported for what linearmodels cannot do, EstimationError where it stops.
    """
    model = accepted(model, sheet)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = estimates(model, sheet)
    heard = dict.fromkeys(str(item.message).split("\n")[0] for item in caught if _worth_saying(item))
    return replace(found, warnings=(*found.warnings, *heard))


def _worth_saying(item: warnings.WarningMessage) -> bool:
    quiet = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, ResourceWarning, RuntimeWarning)
    return not issubclass(item.category, quiet)
