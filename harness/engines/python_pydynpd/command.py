"""pydynpd's command string."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.spec import DynamicPanel, GmmGroup

if TYPE_CHECKING:
    from harness.sheet import Sheet


def command(model: DynamicPanel, sheet: Sheet, name: Callable[[str], str]) -> str:
    """pydynpd's command string; *name* says what a column is called there."""
    variables = [_lagged(name(variable), lags) for variable, lags in model.regressors.items()]
    left = " ".join([name(model.outcome), *variables, *(name(dummy) for dummy in sheet.dummies)])
    instruments = [
        f"gmm({' '.join(name(variable) for variable in group.variables)}, {_span(group)})"
        for group in model.gmm_groups().values()
    ]
    # iv( is greedy in pydynpd's grammar: one iv(...), and last.
    standard = [_lagged(name(variable), lags) for variable, lags in iv_variables(model, sheet)]
    if standard:
        instruments.append(f"iv({' '.join(standard)})")
    options = " ".join(_options(model))
    return f"{left} | {' '.join(instruments)}" + (f" | {options}" if options else "")


def iv_variables(model: DynamicPanel, sheet: Sheet) -> list[tuple[str, tuple[int, int]]]:
    found: list[tuple[str, tuple[int, int]]] = []
    for group in model.iv_groups().values():
        for variable, lags in group.variables.items():
            names = sheet.dummies if variable == "time_dummies" else (variable,)
            found += [(each, lags) for each in names]
    return found


def _lagged(name: str, lags: tuple[int, int]) -> str:
    first, last = lags
    if first == last:
        return name if first == 0 else f"L{first}.{name}"
    return f"L({first}:{last}).{name}"


def _span(group: GmmGroup) -> str:
    first, last = group.lags
    return f"{first}:{'.' if last is None else last}"


def _options(model: DynamicPanel) -> list[str]:
    chosen = {
        "onestep": model.steps == 1,
        "iterated": model.steps == "iterated",
        "nolevel": model.estimator == "difference",
        "fod": model.transformation != "first-difference",
        "collapse": any(group.collapse for group in model.gmm_groups().values()),
    }
    return [option for option, wanted in chosen.items() if wanted]
