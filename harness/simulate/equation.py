"""The equation of a column, sorted by what a simulation does with each term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.errors import UsageError
from harness.sheet import Sheet
from harness.spec import DynamicPanel, Linear, StaticPanel, term, terms

Simulated = DynamicPanel | StaticPanel | Linear
Kind = Literal["exogenous", "predetermined", "endogenous"]


@dataclass(frozen=True)
class Drawn:
    """
    A regressor that is drawn anew in every panel.

    Attributes:
        column: of the sheet
        terms: its terms in the equation and their lags
        because: what in the spec says that it is not strictly exogenous
    """

    column: str
    kind: Kind
    terms: tuple[tuple[str, int], ...]
    because: str


@dataclass(frozen=True)
class Equation:
    """
    The terms of an equation.

    Attributes:
        own: lags of the outcome: term and lag
        fixed: what keeps the data's values: term, column of the sheet, lag
        drawn: what does not
        outcome_columns: column of the sheet to the lag of the outcome that it holds
    """

    outcome: str
    own: tuple[tuple[str, int], ...]
    fixed: tuple[tuple[str, str, int], ...]
    drawn: tuple[Drawn, ...]
    has_constant: bool
    outcome_columns: tuple[tuple[str, int], ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term of the equation, the constant last."""
        found = [*(name for name, _ in self.own), *(name for name, _, _ in self.fixed)]
        found += [name for one in self.drawn for name, _ in one.terms]
        return (*found, "constant") if self.has_constant else tuple(found)


def equation(model: Simulated, sheet: Sheet) -> Equation:
    """Sort the terms of *model*. Raises UsageError for what cannot be simulated, with the reason."""
    for reason in _refusals(model, sheet):
        raise UsageError(reason)
    return _dynamic(model, sheet) if isinstance(model, DynamicPanel) else _static(model, sheet)


def _refusals(model: Simulated, sheet: Sheet) -> Iterator[str]:
    if model.weights is not None:
        yield "weights say nothing of how errors are drawn; simulate the column without them"
    if isinstance(model, StaticPanel) and model.estimator != "within" and model.effects != ("entity",):
        effects = ", ".join(model.effects)
        yield f"effects of [{effects}] are drawn for estimator: within only, which removes them"
    if isinstance(model, Linear) and model.outcome in model.endogenous:
        yield (
            f"a lag of {model.outcome} is endogenous, but with the errors of a linear model it is not. "
            "Write the column as model: panel, estimator: first-difference"
        )
    if model.outcome in model.regressors and sheet.time is None:
        yield f"{model.outcome} has lags, and the data no panel: a lag needs a time"


def _dynamic(model: DynamicPanel, sheet: Sheet) -> Equation:
    drawn = []
    fixed: list[tuple[str, str, int]] = []
    for variable, lags in model.regressors.items():
        if variable == model.outcome:
            continue
        kind, because = _treatment(model, variable)
        if kind == "exogenous":
            fixed += terms({variable: lags})
        else:
            named = tuple((name, lag) for name, _, lag in terms({variable: lags}))
            drawn.append(Drawn(variable, kind, named, because))
    fixed += [(dummy, dummy, 0) for dummy in sheet.dummies]
    own = tuple((name, lag) for name, _, lag in _own(model))
    return Equation(model.outcome, own, tuple(fixed), tuple(drawn), model.has_constant, ((model.outcome, 0),))


def _own(model: Simulated) -> list[tuple[str, str, int]]:
    return (
        terms({model.outcome: model.regressors[model.outcome]}) if model.outcome in model.regressors else []
    )


def _treatment(model: DynamicPanel, variable: str) -> tuple[Kind, str]:
    """
    What the instruments say of a regressor.

    An instrument of its own in an iv group: strictly exogenous. GMM lags from 0: strictly exogenous, from 1:
    predetermined, from 2 on: endogenous (Roodman 2009, sec. 3.3), as is what does not instrument itself.
    """
    first = model.regressors[variable][0]
    for group in model.iv_groups().values():
        if variable in group.variables and group.variables[variable][0] <= first:
            return "exogenous", ""
    lags = [group.lags[0] for group in model.gmm_groups().values() if variable in group.variables]
    if not lags:
        return "endogenous", "it is no instrument of its own"
    kind: Kind = ("exogenous", "predetermined", "endogenous")[min(*lags, 2)]
    return kind, f"its GMM instruments begin at lag {min(lags)}"


def instrument_columns(model: DynamicPanel) -> list[str]:
    """The variables that instrument, dummies aside."""
    found = [name for group in model.gmm_groups().values() for name in group.variables]
    found += [name for group in model.iv_groups().values() for name in group.variables]
    return [name for name in dict.fromkeys(found) if name != "time_dummies"]


def _static(model: StaticPanel | Linear, sheet: Sheet) -> Equation:
    """Each endogenous term is drawn by itself: a sheet of a static model has a column a term."""
    lags = dict(_outcome_columns(model))
    own = tuple((name, lag) for name, lag in lags.items() if name in sheet.regressors)
    others = [name for name in sheet.regressors if name not in lags]
    drawn = tuple(
        Drawn(name, "endogenous", ((name, 0),), "the spec says so")
        for name in others
        if name in sheet.endogenous
    )
    fixed = tuple((name, name, 0) for name in others if name not in sheet.endogenous)
    return Equation(model.outcome, own, fixed, drawn, sheet.constant, ((model.outcome, 0), *lags.items()))


def _outcome_columns(model: StaticPanel | Linear) -> Iterator[tuple[str, int]]:
    """The lags of the outcome among regressors and instruments."""
    yield from ((name, lag) for name, _, lag in _own(model))
    if model.outcome in model.instruments:
        first, last = model.instruments[model.outcome].lags
        yield from ((term(model.outcome, lag), lag) for lag in range(max(first, 1), last + 1))
