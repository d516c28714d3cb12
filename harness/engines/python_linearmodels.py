"""Static panels and linear models by linearmodels (Sheppard)."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.engines.cells import (
    addresses,
    coefficient_cells,
    covariance_cells,
    fit_cells,
    joint_test,
    statistic_cells,
)
from harness.errors import EstimationError, Unsupported
from harness.estimators import panel_tests
from harness.estimators.collinearity import collinear
from harness.estimators.inference import infer, small_sample_factor
from harness.result import Cell, Estimates, NotOffered
from harness.spec import Linear, StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

Array = NDArray[np.float64]
Model = StaticPanel | Linear
CONSTANT = "constant"
_SCALES_WITH_GROUPS = ("groups", "stata", "stata-absorbed", "xtabond2-2009")


def versions() -> tuple[str, str]:
    """("linearmodels 7.1", "Python 3.11.2")."""
    return f"linearmodels {version('linearmodels')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls on a frame `df` that holds the sheet's columns, indexed by entity and time."""
    model = _accepted(model, sheet)
    constructor, imported = _constructor_text(model, sheet)
    lines = [f"from {imported}", *_frame_text(model, sheet)]
    lines.append(f"{constructor}.fit({_options_text(model, sheet)})")
    factor = _factor_text(model)
    return "\n".join(lines) + (f"  # covariance times {factor}" if factor else "")


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients, covariance, joint test, fit and the tests asked for.

    Raises Unsupported for what linearmodels cannot do, EstimationError where it stops.
    """
    model = _accepted(model, sheet)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimates = _estimates(model, sheet)
    heard = dict.fromkeys(str(item.message).split("\n")[0] for item in caught if _worth_saying(item))
    return replace(estimates, warnings=(*estimates.warnings, *heard))


def _worth_saying(item: warnings.WarningMessage) -> bool:
    quiet = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, ResourceWarning, RuntimeWarning)
    return not issubclass(item.category, quiet)


# ------------------------------------------------------------------------------------- what it cannot do


def _accepted(model: AnyModel, sheet: Sheet) -> Model:
    if not isinstance(model, (StaticPanel, Linear)):
        raise Unsupported(f"linearmodels has no model of the kind '{model.model}'.")
    reason = _panel_reason(model, sheet) if isinstance(model, StaticPanel) else None
    reason = reason or _common_reason(model, sheet)
    if reason:
        raise Unsupported(reason)
    return model


def _common_reason(model: Model, sheet: Sheet) -> str | None:
    if len(sheet.cluster) > 2:
        return "linearmodels clusters by one or two columns, not by more."
    if bool(sheet.endogenous) != bool(sheet.instruments):
        return "two-stage least squares needs both 'endogenous' and 'instruments'."
    if not sheet.regressors and not sheet.constant:
        return "there is no regressor and no constant, so there is nothing to estimate."
    return None


def _panel_reason(model: StaticPanel, sheet: Sheet) -> str | None:
    two_stage = bool(sheet.endogenous)
    checks = (
        ("group" in model.effects, "linearmodels has no nested effects; r-plm has them (Swamy-Arora)."),
        (
            model.estimator == "random" and model.variance_components != "swamy-arora",
            f"linearmodels has only Swamy and Arora's variance components, not {model.variance_components}.",
        ),
        (
            model.estimator == "random" and model.effects != ("entity",),
            "linearmodels' random effects are those of the entity alone.",
        ),
        (
            model.estimator == "between" and model.effects != ("entity",),
            "linearmodels' between estimator is that of the entity means.",
        ),
        (
            model.estimator == "random" and two_stage,
            "linearmodels has no two-stage least squares with random effects.",
        ),
        (
            model.estimator == "random" and not sheet.constant,
            "linearmodels' Swamy-Arora components are checked with a constant only.",
        ),
        (
            model.estimator == "between" and model.std_error not in ("conventional", "robust"),
            f"linearmodels' between estimator has one row an entity, so no {model.std_error} covariance.",
        ),
        (
            model.std_error == "driscoll-kraay" and two_stage,
            "linearmodels has no Driscoll-Kraay covariance for two-stage least squares.",
        ),
        (
            model.estimator == "first-difference" and model.gaps == "by-row",
            "linearmodels differences by time; differences between rows that are not neighbours in time "
            "are plm's.",
        ),
        (
            sheet.weights is not None and (model.estimator == "first-difference" or two_stage),
            "weights are offered for estimates in levels by least squares, not for differences or "
            "two-stage least squares.",
        ),
        (
            any(sheet.instruments.values()) and model.estimator != "first-difference",
            "an instrument that stays in levels is offered for first differences alone.",
        ),
    )
    return next((sentence for holds, sentence in checks if holds), None)


# ------------------------------------------------------------------------------------------ the equation


@dataclass(frozen=True)
class _Equation:
    """
    The rows that are handed to linearmodels.

    Attributes:
        frame: indexed by (entity, time); y, the terms, instruments as `instrument:x`, weights, clusters
        outcome: name of y in `frame`
        regressors: terms, the constant last where there is one
        endogenous, instruments: names in `frame`
        weights: name in `frame` or None
        clusters: (n, 0 to 2) int codes
    """

    frame: pd.DataFrame
    outcome: str
    regressors: tuple[str, ...]
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    weights: str | None
    clusters: pd.DataFrame

    @property
    def constant(self) -> bool:
        return CONSTANT in self.regressors

    @property
    def slopes(self) -> tuple[str, ...]:
        return tuple(name for name in self.regressors if name != CONSTANT)

    @property
    def entity(self) -> NDArray[np.int64]:
        return np.asarray(self.frame.index.get_level_values(0), dtype=np.int64)

    @property
    def n_groups(self) -> int:
        """The fewest clusters of a cluster column; without clusters the number of entities."""
        if self.clusters.shape[1]:
            return int(min(self.clusters.nunique()))
        return len(np.unique(self.entity))


def _equation(model: Model, sheet: Sheet) -> _Equation:
    """The sheet as an equation: first differences are taken here, by time."""
    columns = {sheet.outcome: sheet.frame[sheet.outcome]}
    columns |= {name: sheet.frame[name] for name in sheet.regressors}
    columns |= {_instrument(name): sheet.frame[name] for name in sheet.instruments}
    frame = pd.DataFrame(columns).astype("float64")
    frame.index = _index(sheet)
    clusters = pd.DataFrame(
        {name: pd.factorize(sheet.frame[name])[0] for name in sheet.cluster}, index=frame.index
    )
    if isinstance(model, StaticPanel) and model.estimator == "first-difference":
        frame, clusters = _differenced(frame, clusters, sheet)
    if sheet.constant:
        frame[CONSTANT] = 1.0
    if sheet.weights is not None:
        frame["weights:"] = np.asarray(sheet.frame[sheet.weights], dtype=float)
    return _Equation(
        frame=frame,
        outcome=sheet.outcome,
        regressors=(*sheet.regressors, *((CONSTANT,) if sheet.constant else ())),
        endogenous=sheet.endogenous,
        instruments=tuple(_instrument(name) for name in sheet.instruments),
        weights=None if sheet.weights is None else "weights:",
        clusters=clusters,
    )


def _instrument(name: str) -> str:
    """An instrument may bear a regressor's name: L2.y in levels beside the difference of L2.y."""
    return f"instrument:{name}"


def _index(sheet: Sheet) -> pd.MultiIndex:
    """Entity and time; a cross-section is a panel of one row an entity."""
    if sheet.entity is None or sheet.time is None:
        return pd.MultiIndex.from_arrays([np.arange(len(sheet.frame)), np.zeros(len(sheet.frame), int)])
    return pd.MultiIndex.from_arrays([sheet.frame[sheet.entity], sheet.frame[sheet.time]])


def _differenced(
    frame: pd.DataFrame, clusters: pd.DataFrame, sheet: Sheet
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Differences over one step of time within the entity; rows without a predecessor go."""
    entity, time = (np.asarray(frame.index.get_level_values(level)) for level in (0, 1))
    follows = np.zeros(len(frame), dtype=bool)
    follows[1:] = (entity[1:] == entity[:-1]) & (time[1:] - time[:-1] == sheet.step)
    change = frame.diff()
    for name, stays in sheet.instruments.items():
        if stays:
            change[_instrument(name)] = frame[_instrument(name)]
    return change[follows], clusters[follows]


# ------------------------------------------------------------------------------------------ well-scaled


@dataclass(frozen=True)
class _Units:
    """
    Exact changes of units: x = centre + scale * x', scales powers of two, centres short binary numbers.

    linearmodels inverts X'X, which squares the condition number: on Longley's data in their own units it
    keeps 7 digits of a standard error, in these units 13. Nothing is rounded on the way in.
    """

    centre: Mapping[str, float]
    scale: Mapping[str, float]

    @classmethod
    def of(cls, equation: _Equation) -> _Units:
        names = (equation.outcome, *equation.slopes, *equation.instruments)
        spread = {name: float(equation.frame[name].std(ddof=0)) for name in names}
        scale = {name: 2.0 ** round(np.log2(sd)) if sd > 0 else 1.0 for name, sd in spread.items()}
        means = {name: float(equation.frame[name].mean()) for name in names}
        grid = {name: scale[name] / 8 for name in names}
        centre = {
            name: round(means[name] / grid[name]) * grid[name] if equation.constant else 0.0 for name in names
        }
        return cls(centre, scale)

    def apply(self, equation: _Equation) -> _Equation:
        changed = {name: (equation.frame[name] - self.centre[name]) / self.scale[name] for name in self.scale}
        return replace(equation, frame=equation.frame.assign(**changed))

    def undo(self, equation: _Equation, estimate: Array, covariance: Array) -> tuple[Array, Array]:
        """Coefficients and covariance in the data's own units."""
        names, outcome = equation.regressors, equation.outcome
        unit = self.scale[outcome]
        back = np.diag([unit / self.scale.get(name, 1.0) for name in names])
        if equation.constant:
            last = len(names) - 1
            for column, name in enumerate(equation.slopes):
                back[last, column] = -back[column, column] * self.centre[name]
        own = back @ estimate
        if equation.constant:
            own[-1] += self.centre[outcome]
        return own, back @ covariance @ back.T


# ---------------------------------------------------------------------------------------------- the fit


@dataclass(frozen=True)
class _Fitted:
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


def _run(model: Model, equation: _Equation) -> _Fitted:
    from linearmodels.panel.utility import AbsorbingEffectError

    run = _two_stage if equation.endogenous else _least_squares
    try:
        return run(model, equation)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError, AbsorbingEffectError) as error:
        raise EstimationError(_fault(equation, error)) from error


def _fault(equation: _Equation, error: Exception) -> str:
    """What stopped linearmodels: the regressors that follow from each other, or its own first sentence."""
    names = equation.regressors
    dependent = [names[column] for column in collinear(equation.frame[list(names)].to_numpy())]
    if dependent:
        return (
            f"the design is singular: {', '.join(dependent)} follow from each other. Leave one of them out."
        )
    said = " ".join(str(error).split()).split(". ")[0].rstrip(".")
    return f"linearmodels stopped: {said}. Look for regressors that the effects absorb, or for too few rows."


def _least_squares(model: Model, equation: _Equation) -> _Fitted:
    options: dict[str, Any] = {"cov_type": _COV_TYPES[model.std_error], "debiased": False}
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
_COV_TYPES = {
    "conventional": "unadjusted",
    "robust": "robust",
    "cluster": "clustered",
    "driscoll-kraay": "kernel",
}


def _covariance_options(model: Model, equation: _Equation) -> dict[str, Any]:
    if model.std_error == "cluster":
        return {"clusters": equation.clusters, "group_debias": _debiased_by_library(model, equation)}
    if isinstance(model, StaticPanel) and model.std_error == "driscoll-kraay":
        return {"kernel": "bartlett", "bandwidth": model.bandwidth}
    return {}


def _debiased_by_library(model: Model, equation: _Equation) -> bool:
    """With two cluster columns each of the three matrices has its own G/(G-1): linearmodels applies it."""
    return equation.clusters.shape[1] == 2 and model.small_sample in _SCALES_WITH_GROUPS


def _fitted(results: Any, equation: _Equation, df_resid: int) -> _Fitted:
    names = list(equation.regressors)
    return _Fitted(
        estimate=np.asarray(results.params[names], dtype=float),
        covariance=np.asarray(results.cov.loc[names, names], dtype=float),
        n_obs=int(results.nobs),
        df_resid=df_resid,
        ssr=float(results.resid_ss),
        tss=float(results.total_ss),
        results=results,
    )


def _two_stage(model: Model, equation: _Equation) -> _Fitted:
    from linearmodels.iv import IV2SLS

    equation, absorbed = _transformed(model, equation)
    frame = equation.frame
    exogenous = [name for name in equation.regressors if name not in equation.endogenous]
    options: dict[str, Any] = {"cov_type": _COV_TYPES[model.std_error], "debiased": False}
    if model.std_error == "cluster":
        if _debiased_by_library(model, equation):
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


def _transformed(model: Model, equation: _Equation) -> tuple[_Equation, int]:
    """The equation as two-stage least squares needs it, and the effects that were taken out."""
    kind = model.estimator if isinstance(model, StaticPanel) else "pooled"
    if kind == "between":
        means = equation.frame.groupby(level=0).mean()
        means.index = pd.MultiIndex.from_arrays([means.index, np.zeros(len(means), int)])
        return replace(equation, frame=means), 0
    if kind == "within":
        return _demeaned(cast(StaticPanel, model), equation)
    return equation, 0


def _demeaned(model: StaticPanel, equation: _Equation) -> tuple[_Equation, int]:
    """Deviations from means, with the grand means added back where there is a constant."""
    from linearmodels.panel.data import PanelData

    which = "both" if len(model.effects) == 2 else model.effects[0]
    columns = [name for name in equation.frame if name != CONSTANT]
    values = equation.frame[columns]
    deviations = PanelData(values).demean(which).dataframe.loc[values.index, columns]
    sizes = [equation.frame.index.get_level_values(level).nunique() for level in (0, 1)]
    n_effects = {"entity": sizes[0], "time": sizes[1], "both": sum(sizes) - 1}[which]
    if not equation.constant:
        return replace(equation, frame=deviations), n_effects
    frame = (deviations + values.mean()).assign(**{CONSTANT: 1.0})
    return replace(equation, frame=frame), n_effects - 1


# -------------------------------------------------------------------------------------------- the cells


def _estimates(model: Model, sheet: Sheet) -> Estimates:
    own = _equation(model, sheet)
    units = _Units.of(own)
    equation = units.apply(own)
    fitted = _run(model, equation)
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
    parts = [joint_test(estimate[:n_slopes], covariance[:n_slopes, :n_slopes], df)]
    if isinstance(model, StaticPanel):
        parts += [_xtreg(model, own, fitted, estimate, unit), _tests(model, sheet)]
    return Estimates(
        cells=(*cells, *(cell for part in parts for cell in part.cells)),
        not_offered=tuple(item for part in parts for item in part.not_offered),
        recomputed=tuple(address for part in parts for address in part.recomputed),
    )


def _factor(model: Model, equation: _Equation, fitted: _Fitted) -> float:
    """linearmodels' uncorrected covariance times this is the one asked for."""
    by_library = _debiased_by_library(model, equation)
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
    if model.std_error == "conventional" and not _divides_by_n(model):
        factor *= fitted.n_obs / fitted.df_resid
    return factor


def _divides_by_n(model: Model) -> bool:
    return getattr(model, "sigma2", "n-k") == "n"


def _fit_cells(model: Model, equation: _Equation, fitted: _Fitted, unit: float) -> list[Cell]:
    ssr, tss = fitted.ssr * unit**2, fitted.tss * unit**2
    r_squared = 1 - fitted.ssr / fitted.tss
    centred = equation.constant or (isinstance(model, StaticPanel) and model.estimator == "within")
    n_slopes = len(equation.slopes)
    values: dict[str, float] = {
        "n_obs@equation": fitted.n_obs,
        "df_resid": fitted.df_resid,
        "r_squared": r_squared,
        "adj_r_squared": 1 - (1 - r_squared) * (fitted.n_obs - centred) / fitted.df_resid,
        "rmse": np.sqrt(ssr / (fitted.n_obs if _divides_by_n(model) else fitted.df_resid)),
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


# ------------------------------------------------------------------------- what Stata's xtreg prints more


def _xtreg(
    model: StaticPanel, equation: _Equation, fitted: _Fitted, estimate: Array, unit: float
) -> Estimates:
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


def _within_components(equation: _Equation, fitted: _Fitted, estimate: Array, unit: float) -> list[Cell]:
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


# ------------------------------------------------------------------------------------- the tests asked for


def _tests(model: StaticPanel, sheet: Sheet) -> Estimates:
    """
    The terms of `tests`, each from its own regressions on the same rows.

    `f_effects` and `hausman` are linearmodels' own; what it lacks is computed from its estimates and
    residuals by `panel_tests` and listed as recomputed.
    """
    if not model.tests:
        return Estimates(cells=())
    bench = _Bench(model, sheet)
    cells: list[Cell] = []
    not_offered: list[NotOffered] = []
    recomputed: list[tuple[str, str, str]] = []
    for name in model.tests:
        try:
            outcome = bench.test(name)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError, EstimationError) as error:
            not_offered.append(NotOffered("tests", name, "*", f"cannot be computed here: {error}"))
            continue
        found = statistic_cells(name, *outcome)
        cells += found
        recomputed += [] if name in ("f_effects", "hausman", "hausman_m1") else addresses(found)
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered), recomputed=tuple(recomputed))


class _Bench:
    """The regressions that the tests compare, on one sheet's rows, with a constant, conventional."""

    def __init__(self, model: StaticPanel, sheet: Sheet) -> None:
        if sheet.endogenous or sheet.weights:
            raise Unsupported("tests are offered for least squares without weights.")
        levels = model.model_copy(
            update={"estimator": "pooled", "std_error": "conventional", "small_sample": "none", "cluster": ()}
        )
        own = _equation(levels, replace(sheet, constant=True, cluster=()))
        self.equation = _Units.of(own).apply(own)
        self.y = self.equation.frame[self.equation.outcome]
        self.X = self.equation.frame[list(self.equation.regressors)]

    def test(self, name: str) -> panel_tests.Statistic:
        if name == "f_effects":
            return self._f_effects()
        if name in ("hausman", "hausman_m1"):
            return self._hausman()
        if name in ("hausman_m2", "hausman_m3"):
            return self._hausman_with_between(name)
        if name.startswith("poolability"):
            return self._poolability(name)
        residual = self._pooled().resids.to_numpy()
        chosen: Callable[..., panel_tests.Statistic] = getattr(panel_tests, name)
        return chosen(residual, self.equation.entity)

    def _pooled(self) -> Any:
        return _pooled(cast(Model, None), self.y, self.X, {}, {})

    def _within(self) -> Any:
        from linearmodels.panel import PanelOLS

        return PanelOLS(self.y, self.X, entity_effects=True, drop_absorbed=True).fit()

    def _random(self) -> Any:
        return _random(cast(Model, None), self.y, self.X, {}, {})

    def _f_effects(self) -> panel_tests.Statistic:
        f = self._within().f_pooled
        return panel_tests.Statistic(float(f.stat), int(f.df), int(f.df_denom), float(f.pval))

    def _hausman(self) -> panel_tests.Statistic:
        found = self._random().hausman(self._within()).statistic
        if not np.isfinite(found.stat):
            raise ValueError("the difference of the covariances is not positive definite")
        return panel_tests.Statistic(float(found.stat), int(found.df), None, float(found.pval))

    def _hausman_with_between(self, name: str) -> panel_tests.Statistic:
        between = _between(cast(Model, None), self.y, self.X, {}, {})
        other = self._random() if name == "hausman_m2" else self._within()
        sign = -1.0 if name == "hausman_m2" else 1.0
        terms = [term for term in self.equation.slopes if term in other.params.index]
        covariance = between.cov.loc[terms, terms] + sign * other.cov.loc[terms, terms]
        first, second = (np.asarray(results.params[terms]) for results in (between, other))
        return panel_tests.hausman(first, second, np.asarray(covariance))

    def _poolability(self, name: str) -> panel_tests.Statistic:
        restricted = self._within() if name == "poolability_entity_slopes" else self._pooled()
        level = 1 if name == "poolability_time" else 0
        groups = [
            _sum_of_squares(self.y[rows].to_numpy(), self.X[rows].to_numpy()) for rows in self._groups(level)
        ]
        ssr, df = zip(*groups, strict=True)
        return panel_tests.poolability(float(restricted.resid_ss), int(restricted.df_resid), ssr, df)

    def _groups(self, level: int) -> list[NDArray[np.bool_]]:
        codes = np.asarray(self.equation.frame.index.get_level_values(level))
        return [codes == code for code in np.unique(codes)]


def _sum_of_squares(y: Array, X: Array) -> tuple[float, int]:
    """Residual sum of squares and degrees of freedom of one group's own regression."""
    estimate = np.linalg.lstsq(X, y, rcond=None)[0]
    residual = y - X @ estimate
    return float(residual @ residual), len(y) - X.shape[1]


# -------------------------------------------------------------------------------------- the call as text


def _names(names: tuple[str, ...] | list[str]) -> str:
    return "df[[" + ", ".join(f'"{name}"' for name in names) + "]]"


def _frame_text(model: Model, sheet: Sheet) -> list[str]:
    lines = []
    if sheet.constant:
        lines.append('df["constant"] = 1.0')
    if isinstance(model, StaticPanel) and model.estimator == "first-difference":
        lines.append(
            "df = ...  # differences over one step of time within the entity, constant and level "
            "instruments excepted"
        )
    if sheet.endogenous and isinstance(model, StaticPanel) and model.estimator in ("within", "between"):
        what = "entity means" if model.estimator == "between" else "deviations from means"
        lines.append(f"df = ...  # {what}")
    return lines


def _constructor_text(model: Model, sheet: Sheet) -> tuple[str, str]:
    regressors = [*sheet.regressors, *((CONSTANT,) if sheet.constant else ())]
    y = f'df["{sheet.outcome}"]'
    weights = f', weights=df["{sheet.weights}"]' if sheet.weights else ""
    if sheet.endogenous:
        exogenous = [name for name in regressors if name not in sheet.endogenous]
        parts = (y, _names(exogenous), _names(sheet.endogenous), _names(list(sheet.instruments)))
        return f"IV2SLS({', '.join(parts)}{weights})", "linearmodels.iv import IV2SLS"
    kind = model.estimator if isinstance(model, StaticPanel) else "pooled"
    name = {"within": "PanelOLS", "between": "BetweenOLS", "random": "RandomEffects"}.get(kind, "PooledOLS")
    effects = ""
    if isinstance(model, StaticPanel) and kind == "within":
        effects = "".join(f", {effect}_effects=True" for effect in model.effects)
    call = f"{name}({y}, {_names(regressors)}{effects}{weights})"
    return call, f"linearmodels.panel import {name}"


def _options_text(model: Model, sheet: Sheet) -> str:
    options = [f'cov_type="{_COV_TYPES[model.std_error]}"', "debiased=False"]
    if model.std_error == "cluster":
        options.append(f"clusters={_names(sheet.cluster)}")
        if len(sheet.cluster) == 2 and model.small_sample in _SCALES_WITH_GROUPS:
            options.append("group_debias=True")
    if isinstance(model, StaticPanel) and not sheet.endogenous:
        options += {
            "within": ["auto_df=False", "count_effects=False"],
            "random": ["small_sample=True"],
            "between": ["reweight=False"],
        }.get(model.estimator, [])
        if model.std_error == "driscoll-kraay":
            options += ['kernel="bartlett"', f"bandwidth={model.bandwidth}"]
    return ", ".join(options)


def _factor_text(model: Model) -> str:
    words = {
        "n-k": "N/(N-K)",
        "groups": "G/(G-1)",
        "stata": "(N-1)/(N-K) * G/(G-1)",
        "stata-absorbed": "(N-1)/(N-K-absorbed) * G/(G-1)",
        "xtabond2-2009": "N/(N-K+1) * G/(G-1)",
    }
    factors = [words[model.small_sample]] if model.small_sample != "none" else []
    if model.std_error == "conventional" and not _divides_by_n(model):
        factors.append("N/df_resid")
    return " * ".join(factors)
