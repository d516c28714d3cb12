"""What is to be estimated: the equation, its instruments, the steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Equation = Literal["both", "difference", "level"]
CONSTANT = "constant"
LEVEL_GMM = "level_gmm"


class DpdError(ValueError):
    """The model and the data do not go together; the message says where, with the numbers."""


@dataclass(frozen=True)
class Gmm:
    """
    GMM-style instruments (Holtz-Eakin, Newey and Rosen 1988): one column a period and lag.

    In the transformed equation of period t the instruments are the levels at t - first .. t - last; where a
    level is missing the instrument is zero. In the level equation they are first differences:
    with equation `both` the one at lag first - 1 (deeper ones are redundant, Roodman 2009),
    with equation `level` those at lags first - 1 .. last - 1.

    Attributes:
        variables: names of columns
        lags: (first, last); last None is open. Lag 1 is t-1
        equation: None is `both` in a system, `difference` in a difference estimator
        collapse: one column a lag, summed over periods (Roodman 2009)
    """

    variables: tuple[str, ...]
    lags: tuple[int, int | None] = (2, None)
    equation: Equation | None = None
    collapse: bool = False


@dataclass(frozen=True)
class Iv:
    """
    Standard instruments: one column each, transformed as the regressors are in the transformed equation.

    With equation `both` a variable is one column that spans both equations, not one column an equation. A
    row in which such an instrument is missing is not used.

    Attributes:
        variables: (name, lag)
        equation: None is `both` in a system, `difference` in a difference estimator
    """

    variables: tuple[tuple[str, int], ...]
    equation: Equation | None = None


@dataclass(frozen=True)
class Model:
    """
    A linear dynamic panel model with entity effects, y = X b + (effect + error).

    Attributes:
        outcome: name of a column
        regressors: (name, lag) in order of print, lags of the outcome among them
        gmm, iv: groups of instruments by name; the names name their tests
        estimator: `difference` (Arellano and Bond 1991) or `system` (Blundell and Bond 1998)
        transformation: what removes the effects; `forward-orthogonal-deviations` after Arellano
            and Bover (1995)
        steps: 1, 2 or `iterated`
        h: first-step matrix H as in xtabond2. 3: H = MM', M the map from levels to all rows; 2: the same
            without the blocks between the two equations; 1: identity. In a difference estimator 2 is 3
        std_error: `conventional`, `robust` (one step) or `windmeijer` (two steps, Windmeijer 2005). With
            clusters, `robust` and `windmeijer` sum over clusters instead of entities
        sigma2: denominator of the error variance: `n` rows (xtabond2), or `n-k` (Stata's xtabond)
        small_sample: factor on the covariance: none 1; n-k N/(N-K); groups G/(G-1); stata
            (N-1)/(N-K)·G/(G-1); xtabond2-2009 N/(N-K+1)·G/(G-1)
        constant: a column of ones in the level equation, and its instrument. None is yes in a system
        drop_first: terms to be dropped before others where regressors are collinear, in this order
        principal_components: GMM columns are replaced by this many principal components; 0 is as many as
            have an eigenvalue of one or more; None is not at all
        weight_kind: `analytic` weights are scaled to the number of rows; `frequency` weights count rows
    """

    outcome: str
    regressors: tuple[tuple[str, int], ...]
    gmm: Mapping[str, Gmm] = field(default_factory=dict)
    iv: Mapping[str, Iv] = field(default_factory=dict)
    estimator: Literal["difference", "system"] = "difference"
    transformation: Literal["first-difference", "forward-orthogonal-deviations"] = "first-difference"
    steps: Literal[1, 2, "iterated"] = 2
    h: Literal[1, 2, 3] = 3
    std_error: Literal["conventional", "robust", "windmeijer"] = "windmeijer"
    sigma2: Literal["n", "n-k"] = "n"
    small_sample: str = "none"
    constant: bool | None = None
    drop_first: tuple[str, ...] = ()
    principal_components: int | None = None
    weight_kind: Literal["analytic", "frequency"] = "analytic"

    @property
    def is_system(self) -> bool:
        return self.estimator == "system"

    @property
    def is_orthogonal(self) -> bool:
        return self.transformation == "forward-orthogonal-deviations"

    @property
    def has_constant(self) -> bool:
        return self.is_system if self.constant is None else self.constant

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients: `x`, `L2.x`, the constant last."""
        own = tuple(term(name, lag) for name, lag in self.regressors)
        return (*own, CONSTANT) if self.has_constant else own

    def equation(self, group: Gmm | Iv) -> Equation:
        """The group's equation, its default filled in."""
        return group.equation or ("both" if self.is_system else "difference")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the model names, once."""
        found = [self.outcome, *(name for name, _ in self.regressors)]
        found += [name for group in self.gmm.values() for name in group.variables]
        found += [name for group in self.iv.values() for name, _ in group.variables]
        return tuple(dict.fromkeys(found))


def term(name: str, lag: int) -> str:
    """
    The term of a column at a lag.

    >>> term("x", 0), term("x", 2)
    ('x', 'L2.x')
    """
    return name if lag == 0 else f"L{lag}.{name}"


def check(model: Model) -> None:
    """Raises DpdError for settings that do not go together; the data are not needed to see it."""
    for sentence in (*_equation_faults(model), *_group_faults(model), *_step_faults(model)):
        raise DpdError(sentence)


def _equation_faults(model: Model) -> Iterator[str]:
    if not model.terms:
        yield "there is no regressor and no constant, so there is nothing to estimate"
    twice = sorted({name for name in model.terms if model.terms.count(name) > 1})
    if twice:
        yield f"{', '.join(twice)} stands twice among the regressors; name it once"
    if (model.outcome, 0) in model.regressors:
        yield f"the outcome {model.outcome} is its own regressor; give its lags only"
    if any(lag < 0 for _, lag in model.regressors):
        yield "a regressor has a negative lag; leads are not offered"
    if model.has_constant and not model.is_system:
        yield "a difference estimator has no constant: it is differenced away. Leave it out, or use a trend"


def _group_faults(model: Model) -> Iterator[str]:
    if not model.gmm and not model.iv:
        yield "there is no instrument; give gmm or iv groups"
    for name in model.gmm.keys() & model.iv.keys():
        yield f"the group name '{name}' stands in gmm and in iv; a group's name names its tests. Rename one"
    groups: list[tuple[str, Gmm | Iv]] = [*model.gmm.items(), *model.iv.items()]
    for name, group in groups:
        if name in (LEVEL_GMM, CONSTANT):
            yield f"the group name '{name}' is taken: {LEVEL_GMM} are all GMM columns of the level equation"
        if not model.is_system and model.equation(group) != "difference":
            yield f"group '{name}' has equation {group.equation}; a difference estimator has no levels"
        if not group.variables:
            yield f"group '{name}' names no variable"
    yield from _lag_faults(model)


def _lag_faults(model: Model) -> Iterator[str]:
    for name, gmm in model.gmm.items():
        first, last = gmm.lags
        if first < 0 or (last is not None and last < first):
            yield f"group '{name}' has lags ({first}, {last}); give 0 <= first <= last, or last None"
    for name, iv in model.iv.items():
        if any(lag < 0 for _, lag in iv.variables):
            yield f"group '{name}' has a negative lag; leads are not offered"


def _step_faults(model: Model) -> Iterator[str]:
    if model.steps not in (1, 2, "iterated") or model.h not in (1, 2, 3):
        yield f"steps is 1, 2 or 'iterated' and h is 1, 2 or 3; here they are {model.steps!r} and {model.h!r}"
    wrong = "windmeijer" if model.steps == 1 else "robust"
    if model.std_error == wrong:
        legal = "conventional or robust" if model.steps == 1 else "conventional or windmeijer"
        yield f"std_error {wrong} does not go with steps {model.steps}; use {legal}"
    if model.principal_components is not None and not model.gmm:
        yield "principal_components needs gmm groups, and there are none"
