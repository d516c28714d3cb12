"""What Stata's xtreg prints more: three R squared, the standard deviations of effect and error, theta."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.engines.cells import addresses, fit_cells
from harness.engines.python_linearmodels.equation import Equation
from harness.engines.python_linearmodels.regression import Fitted
from harness.result import Cell, Estimates, NotOffered
from harness.spec import StaticPanel

Array = NDArray[np.float64]


def xtreg(model: StaticPanel, equation: Equation, fitted: Fitted, estimate: Array, unit: float) -> Estimates:
    """The three R squared, the standard deviations of effect and error, rho and theta."""
    if model.estimator not in ("within", "between", "random") or equation.endogenous:
        return Estimates(cells=())
    results = fitted.results
    cells = fit_cells(
        {
            "r_squared_within": results.corr_squared_within,
            "r_squared_between": results.corr_squared_between,
            "r_squared_overall": results.corr_squared_overall,
        }
    )
    if model.estimator == "within" and model.effects == ("entity",):
        components = _within_components(equation, fitted, estimate, unit)
        return Estimates(cells=(*cells, *components), recomputed=addresses(components))
    if model.estimator == "random":
        shares = _random_components(results, unit)
        return Estimates(cells=(*cells, *shares.cells), not_offered=shares.not_offered)
    return Estimates(cells=tuple(cells))


def _within_components(equation: Equation, fitted: Fitted, estimate: Array, unit: float) -> list[Cell]:
    """
    Stata's xtreg, fe: sigma_u is the standard deviation (denominator G-1) of the entity effects.

    linearmodels' own decomposition is the one over all rows, with other denominators.
    """
    slopes = list(equation.slopes)
    means = equation.frame[[equation.outcome, *slopes]].groupby(level=0).mean()
    effects = means[equation.outcome] - means[slopes].to_numpy() @ estimate[: len(slopes)]
    sigma_u, sigma_e = float(effects.std(ddof=1)), np.sqrt(fitted.ssr / fitted.df_resid) * unit
    return fit_cells({"sigma_u": sigma_u, "sigma_e": sigma_e, "rho": sigma_u**2 / (sigma_u**2 + sigma_e**2)})


def _random_components(results: Any, unit: float) -> Estimates:
    entity, error = (float(results.variance_decomposition[name]) for name in ("Effects", "Residual"))
    cells = fit_cells(
        {
            "sigma_u": np.sqrt(entity) * unit,
            "sigma_e": np.sqrt(error) * unit,
            "rho": entity / (entity + error),
        }
    )
    cells += [
        Cell("fit", "entity", "variance", entity * unit**2),
        Cell("fit", "idiosyncratic", "variance", error * unit**2),
    ]
    theta = np.asarray(results.theta, dtype=float).ravel()
    if np.ptp(theta) < 1e-12:
        return Estimates(cells=(*cells, *fit_cells({"theta": theta[0]})))
    reason = "the panel is unbalanced: every entity has a theta of its own"
    return Estimates(cells=tuple(cells), not_offered=(NotOffered("fit", "model", "theta", reason),))
