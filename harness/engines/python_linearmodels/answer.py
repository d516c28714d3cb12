"""From a regression by linearmodels to cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.cells import addresses, coefficient_cells, covariance_cells, fit_cells, joint_test
from harness.engines.python_linearmodels.asked import tests
from harness.engines.python_linearmodels.equation import Equation, equation_of
from harness.engines.python_linearmodels.limits import Model
from harness.engines.python_linearmodels.regression import Fitted, debiased_by_library, divides_by_n, run
from harness.engines.python_linearmodels.units import Units
from harness.engines.python_linearmodels.xtreg import xtreg
from harness.errors import EstimationError
from harness.estimators.inference import infer, small_sample_factor
from harness.result import Cell, Estimates
from harness.spec import StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet


def estimates(model: Model, sheet: Sheet) -> Estimates:
    """Everything that the column prints and the tests that it asks for, in the data's own units."""
    own = equation_of(model, sheet)
    units = Units.of(own, centred=_takes_up_means(model, own))
    equation = units.apply(own)
    fitted = run(model, equation)
    estimate, covariance = units.undo(equation, fitted.estimate, fitted.covariance)
    covariance = covariance * _factor(model, own, fitted)
    df = {"normal": None, "t-residual": fitted.df_resid, "t-groups": own.n_groups - 1}[
        model.reference_distribution
    ]
    terms, n_slopes, unit = own.regressors, len(own.slopes), units.scale[own.outcome]
    cells = [
        *coefficient_cells(terms, infer(estimate, covariance, df, model.ci_level)),
        *covariance_cells(terms, covariance),
        *_fit_cells(model, own, fitted, unit),
    ]
    joint = joint_test(estimate[:n_slopes], covariance[:n_slopes, :n_slopes], df)
    parts = [replace(joint, recomputed=addresses(joint.cells))]  # linearmodels' own ignores small_sample
    if isinstance(model, StaticPanel):
        parts += [xtreg(model, own, fitted, estimate, unit), tests(model, sheet)]
    return Estimates(
        cells=(*cells, *(cell for part in parts for cell in part.cells)),
        not_offered=tuple(item for part in parts for item in part.not_offered),
        recomputed=tuple(address for part in parts for address in part.recomputed),
    )


def _takes_up_means(model: Model, equation: Equation) -> bool:
    """Whether a constant is estimated, or absorbed by effects."""
    return equation.constant or (isinstance(model, StaticPanel) and model.estimator == "within")


def _factor(model: Model, equation: Equation, fitted: Fitted) -> float:
    """linearmodels' uncorrected covariance times this is the one asked for."""
    by_library = debiased_by_library(model, equation)
    try:
        factor = small_sample_factor(
            model.small_sample,
            fitted.n_obs,
            len(equation.regressors),
            equation.n_groups,
            fitted.n_obs - fitted.df_resid - len(equation.regressors),
        )
    except ValueError as error:
        raise EstimationError(f"{error}.") from error
    if by_library:  # it has applied G/(G-1) * (n-1)/n
        groups, n = equation.n_groups, fitted.n_obs
        factor *= (groups - 1) / groups * n / (n - 1)
    if model.std_error == "conventional" and not divides_by_n(model):
        factor *= fitted.n_obs / fitted.df_resid
    return factor


def _fit_cells(model: Model, equation: Equation, fitted: Fitted, unit: float) -> list[Cell]:
    ssr, tss = fitted.ssr * unit**2, fitted.tss * unit**2
    r_squared = 1 - fitted.ssr / fitted.tss
    centred = _takes_up_means(model, equation)
    n_slopes = len(equation.slopes)
    values: dict[str, float] = {
        "n_obs@equation": fitted.n_obs,
        "df_resid": fitted.df_resid,
        "r_squared": r_squared,
        "adj_r_squared": 1 - (1 - r_squared) * (fitted.n_obs - centred) / fitted.df_resid,
        "rmse": np.sqrt(ssr / (fitted.n_obs if divides_by_n(model) else fitted.df_resid)),
        "ssr": ssr,
        "mss": tss - ssr,
        "tss": tss,
    }
    if isinstance(model, StaticPanel):
        sizes = np.bincount(np.unique(equation.entity, return_inverse=True)[1])
        values |= {"n_groups@used": len(sizes), "t_min": sizes.min(), "t_max": sizes.max()}
        values["t_avg"] = sizes.mean()
    elif n_slopes:
        values["mss_mean"] = (tss - ssr) / n_slopes
    return fit_cells(values)
