"""One regression by linearmodels, with the covariance that was asked for before any small-sample factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from harness.engines.python_linearmodels.equation import Equation, transformed
from harness.engines.python_linearmodels.limits import Model
from harness.errors import EstimationError, Unsupported
from harness.estimators.collinearity import collinear
from harness.spec import StaticPanel

Array = NDArray[np.float64]
SCALES_WITH_GROUPS = ("groups", "stata", "stata-absorbed", "xtabond2-2009")
COV_TYPES = {
    "conventional": "unadjusted",
    "robust": "robust",
    "cluster": "clustered",
    "driscoll-kraay": "kernel",
}


@dataclass(frozen=True)
class Fitted:
    """
    One regression, in the units it was run in.

    Attributes:
        estimate, covariance: in order of the equation's regressors; the covariance without any correction
            for degrees of freedom (the conventional one divides by n)
        n_obs: rows of the estimated equation
        df_resid: n_obs less coefficients less absorbed effects
        ssr, tss: of the estimated (transformed) equation
        results: what linearmodels returned
    """

    estimate: Array
    covariance: Array
    n_obs: int
    df_resid: int
    ssr: float
    tss: float
    results: Any


def run(model: Model, equation: Equation) -> Fitted:
    """Raises EstimationError where linearmodels stops, or where nothing is left to measure an error with."""
    from linearmodels.panel.utility import AbsorbingEffectError

    estimate = _two_stage if equation.endogenous else _least_squares
    try:
        fitted = estimate(model, equation)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError, AbsorbingEffectError) as error:
        raise EstimationError(_fault(equation, error)) from error
    if fitted.df_resid <= 0:
        raise EstimationError(
            f"there are {fitted.n_obs} rows, and as many or more coefficients and effects to estimate."
        )
    if fitted.tss <= 0:
        raise EstimationError(f"the outcome {equation.outcome} does not vary in the estimated equation.")
    return fitted


def _fault(equation: Equation, error: Exception) -> str:
    """What stopped linearmodels: the regressors that follow from each other, or its own words."""
    said = " ".join(str(error).split())
    absorbed = re.search(r"effects are removed: (.+) Set drop_absorbed", said)
    if absorbed:
        return (
            f"the effects absorb {absorbed.group(1)}, or these follow from each other then. Leave them out."
        )
    names = equation.regressors
    dependent = [names[column] for column in collinear(equation.frame[list(names)].to_numpy())]
    if dependent:
        return (
            f"the design is singular: {', '.join(dependent)} follow from each other. Leave one of them out."
        )
    return f"linearmodels stopped: {said.rstrip('.')}."


def _least_squares(model: Model, equation: Equation) -> Fitted:
    options: dict[str, Any] = {"cov_type": COV_TYPES[model.std_error], "debiased": False}
    options |= _covariance_options(model, equation)
    frame, weights = equation.frame, equation.weights
    weighted = {"weights": frame[weights]} if weights else {}
    y, X = frame[equation.outcome], frame[list(equation.regressors)]
    kind = model.estimator if isinstance(model, StaticPanel) else "pooled"
    results = _ESTIMATORS[kind](model, y, X, weighted, options)
    return _fitted(results, equation, int(results.df_resid))


def _pooled(model: Model, y: Any, X: Any, weighted: Any, options: Any) -> Any:
    from linearmodels.panel import PooledOLS

    return PooledOLS(y, X, **weighted).fit(**options)


def _within(model: Model, y: Any, X: Any, weighted: Any, options: Any) -> Any:
    from linearmodels.panel import PanelOLS

    effects = {f"{name}_effects": True for name in cast(StaticPanel, model).effects}
    # count_effects has a say only where auto_df is off.
    return PanelOLS(y, X, **effects, **weighted).fit(auto_df=False, count_effects=False, **options)


def _between(model: Model, y: Any, X: Any, weighted: Any, options: Any) -> Any:
    from linearmodels.panel import BetweenOLS

    return BetweenOLS(y, X, **weighted).fit(reweight=False, **options)


def _random(model: Model, y: Any, X: Any, weighted: Any, options: Any) -> Any:
    from linearmodels.panel import RandomEffects

    # small_sample: Baltagi and Chang (1994) on unbalanced panels; without effect on balanced ones.
    return RandomEffects(y, X, **weighted).fit(small_sample=True, **options)


_ESTIMATORS: Mapping[str, Callable[..., Any]] = {
    "pooled": _pooled,
    "first-difference": _pooled,
    "within": _within,
    "between": _between,
    "random": _random,
}


def _covariance_options(model: Model, equation: Equation) -> dict[str, Any]:
    if model.std_error == "cluster":
        return {"clusters": equation.clusters, "group_debias": debiased_by_library(model, equation)}
    if isinstance(model, StaticPanel) and model.std_error == "driscoll-kraay":
        return {"kernel": "bartlett", "bandwidth": model.bandwidth}
    return {}


def debiased_by_library(model: Model, equation: Equation) -> bool:
    """With two cluster columns each of the three matrices has its own G/(G-1): linearmodels applies it."""
    return equation.clusters.shape[1] == 2 and model.small_sample in SCALES_WITH_GROUPS


def _fitted(results: Any, equation: Equation, df_resid: int) -> Fitted:
    names = list(equation.regressors)
    return Fitted(
        estimate=np.asarray(results.params[names], dtype=float),
        covariance=np.asarray(results.cov.loc[names, names], dtype=float),
        n_obs=int(results.nobs),
        df_resid=df_resid,
        ssr=float(results.resid_ss),
        tss=float(results.total_ss),
        results=results,
    )


def _two_stage(model: Model, equation: Equation) -> Fitted:
    from linearmodels.iv import IV2SLS

    equation, absorbed = transformed(model, equation)
    frame = equation.frame
    exogenous = [name for name in equation.regressors if name not in equation.endogenous]
    options: dict[str, Any] = {"cov_type": COV_TYPES[model.std_error], "debiased": False}
    if model.std_error == "cluster":
        if debiased_by_library(model, equation):
            raise Unsupported(
                f"linearmodels' two-stage least squares has no small_sample: {model.small_sample} with two "
                "cluster columns."
            )
        options["clusters"] = equation.clusters.to_numpy()
    weights = frame[equation.weights].to_numpy() if equation.weights else None
    results = IV2SLS(
        frame[equation.outcome].to_numpy(),
        frame[exogenous].reset_index(drop=True) if exogenous else None,
        frame[list(equation.endogenous)].reset_index(drop=True),
        frame[list(equation.instruments)].reset_index(drop=True),
        weights=weights,
    ).fit(**options)
    return _fitted(results, equation, int(results.nobs) - len(equation.regressors) - absorbed)


def divides_by_n(model: Model) -> bool:
    """Whether the conventional error variance is SSR / N."""
    return getattr(model, "sigma2", "n-k") == "n"
