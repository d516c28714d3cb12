"""Which null hypotheses are true of panels that were drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.estimators.simulated_panel import Process
from harness.glossary import plain
from harness.recovery import Truth
from harness.simulate.equation import Equation, Simulated
from harness.spec import DynamicPanel

_FIRST_VALID = {"exogenous": 0, "predetermined": 1, "endogenous": 2}  # lag of an instrument


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
        return _are_valid(model, equation, process)
    return None


def _are_valid(model: Simulated, equation: Equation, process: Process) -> bool | None:
    """
    Whether every instrument is uncorrelated with the errors of its equation.

    A level holds its entity's effect: what is not strictly exogenous is no plain instrument of levels.
    """
    if not isinstance(model, DynamicPanel):
        return None
    first_valid = {one.column: _FIRST_VALID[one.kind] for one in equation.drawn} | {model.outcome: 2}
    first_used = [(name, g.lags[0]) for g in model.gmm_groups().values() for name in g.variables]
    in_levels: set[str] = set()
    for group in model.iv_groups().values():
        first_used += [(name, lags[0]) for name, lags in group.variables.items()]
        if group.equation != "difference" and process.effects[0, 0] > 0:
            in_levels.update(group.variables)
    bound = {name for name, lag in first_valid.items() if lag > 0}
    return in_levels.isdisjoint(bound) and all(lag >= first_valid.get(name, 0) for name, lag in first_used)
