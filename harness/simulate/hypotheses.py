"""Which null hypotheses are true of panels that were drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.estimators.simulated_panel import Process
from harness.glossary import plain
from harness.recovery import Truth
from harness.simulate.equation import Equation, Simulated
from harness.spec import DynamicPanel


def holds(
    test: str, model: Simulated, equation: Equation, process: Process, truths: Mapping[str, Truth]
) -> bool | None:
    """
    Whether the null of *test* is true of the panels; None where this is not known.

    Errors are independent, so that differences of them are correlated at order 1 and at no other.
    """
    name = plain(test)
    if name in ("wald", "f"):
        return not any(truth.value for term, truth in truths.items() if term != "constant")
    if name in ("f_effects", "breusch_pagan_lm"):
        return not process.effects[0, 0] > 0
    if name.startswith("hausman"):
        return not equation.own and not equation.drawn
    if re.fullmatch(r"ar\d+", name):
        return name != "ar1"
    if name in ("hansen_j", "sargan") or name.startswith(("diff_hansen_", "hansen_excl_")):
        return _are_valid(model)
    return None


def _are_valid(model: Simulated) -> bool | None:
    """
    Whether every instrument is uncorrelated with the errors.

    Other regressors are drawn as their instruments suppose; the outcome is a valid instrument from lag 2 on.
    """
    if not isinstance(model, DynamicPanel):
        return None
    own = [group.lags[0] for group in model.gmm_groups().values() if model.outcome in group.variables]
    own += [
        group.variables[model.outcome][0]
        for group in model.iv_groups().values()
        if model.outcome in group.variables
    ]
    return all(first >= 2 for first in own)
