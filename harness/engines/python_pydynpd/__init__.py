"""Difference and system GMM by pydynpd (Wu, Hua and Xu 2023), its counts and tests made again."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.engines.python_pydynpd.answer import estimates
from harness.engines.python_pydynpd.command import command
from harness.engines.python_pydynpd.limits import accepted
from harness.engines.python_pydynpd.running import run
from harness.result import Estimates

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def versions() -> tuple[str, str]:
    """("pydynpd 0.2.2", "Python 3.11.2")."""
    return f"pydynpd {version('pydynpd')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The call in the data's own names; what pydynpd's grammar refuses in a name becomes an underscore."""
    model = accepted(model, sheet)
    line = command(model, sheet, lambda name: re.sub(r"\W", "_", name))
    keys = f'["{sheet.entity}", "{sheet.time}"]'
    return f'from pydynpd.regression import abond\nabond("{line}", df, {keys})'


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients and covariance are pydynpd's; counts and tests are made again from its matrices.

    Raises Unsupported for what pydynpd cannot do, EstimationError with its own words where it stops.
    """
    model = accepted(model, sheet)
    return estimates(model, sheet, run(model, sheet))
