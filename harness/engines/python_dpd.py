"""Difference and system GMM by the project's own core, harness.estimators.dpd."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.engines.cells import coefficient_cells, covariance_cells, fit_cells, joint_test, statistic_cells
from harness.errors import EstimationError, Unsupported
from harness.estimators import dpd
from harness.estimators.dpd.statistics import Chi2
from harness.estimators.inference import infer, wald
from harness.result import Cell, Estimates, NotOffered
from harness.spec import DynamicPanel, terms

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def versions() -> tuple[str, str]:
    """("dpd of replication-harness 0.1.0, numpy 2.3.5", "Python 3.11.2")."""
    try:
        own = f" {version('replication-harness')}"
    except PackageNotFoundError:
        own = ""
    return f"dpd of replication-harness{own}, numpy {version('numpy')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The call on a frame `df` that holds the sheet's columns; settings at their default are left out."""
    chosen = settings(_accepted(model, sheet), sheet)
    default = {item.name: item.default for item in fields(dpd.Model)}
    given = [
        f"    {item.name}={getattr(chosen, item.name)!r},"
        for item in fields(dpd.Model)
        if getattr(chosen, item.name) != default[item.name]
    ]
    body = "\n".join(given).replace("Gmm(", "dpd.Gmm(").replace("Iv(", "dpd.Iv(")
    keys = ", ".join(f'df["{name}"]' for name in (sheet.entity, sheet.time))
    options = "".join(f", {name}={text}" for name, text in _options_text(sheet))
    head = f"from harness.estimators import dpd\nmodel = dpd.Model(\n{body}\n)"
    return f"{head}\ndpd.fit(model, df, {keys}{options})"


def _options_text(sheet: Sheet) -> Iterator[tuple[str, str]]:
    if sheet.step != 1:
        yield "step", str(sheet.step)
    if sheet.sampled is not None:
        yield "sample", f'df["{sheet.sampled}"] == 1'
    if sheet.weights is not None:
        yield "weights", f'df["{sheet.weights}"]'
    if sheet.cluster:
        yield "cluster", f'df["{sheet.cluster[0]}"]'


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Every statistic of the glossary that a dynamic panel has.

    Raises Unsupported for a setting that has no meaning here, EstimationError where the data do not allow it.
    """
    model = _accepted(model, sheet)
    found = _fitted(model, sheet)
    inference = infer(found.estimate, found.covariance, _degrees(model, found), model.ci_level)
    own = (*coefficient_cells(found.terms, inference), *covariance_cells(found.terms, found.covariance))
    parts = [
        _serial_correlation(model, found),
        _over_identification(model, found),
        _subsets(model, found),
        *_joint_tests(model, sheet, found),
    ]
    dropped = "it follows from the other regressors and is dropped"
    return Estimates(
        cells=(*own, *(cell for part in parts for cell in part.cells), *count_cells(found.counts)),
        not_offered=(
            *(NotOffered("coefficients", term, "*", dropped) for term in found.dropped),
            *(item for part in parts for item in part.not_offered),
        ),
        warnings=found.warnings,
    )


def _accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel:
    if not isinstance(model, DynamicPanel):
        raise Unsupported(f"dpd has no model of the kind '{model.model}'.")
    if sheet.entity is None or sheet.time is None:
        raise Unsupported("a dynamic panel needs an entity and a time column.")
    if len(sheet.cluster) > 1:
        raise Unsupported(f"dpd clusters by one column, not by {len(sheet.cluster)}.")
    if model.has_constant and model.estimator == "difference":
        raise Unsupported("a difference estimator has no constant: it is differenced away.")
    return model


# --------------------------------------------------------------------------------------------- the estimate


def _fitted(model: DynamicPanel, sheet: Sheet) -> dpd.Fit:
    frame, chosen = sheet.frame, settings(model, sheet)
    try:
        return dpd.fit(
            chosen,
            {name: frame[name].to_numpy() for name in chosen.columns},
            frame[sheet.entity].to_numpy(),
            frame[sheet.time].to_numpy(),
            step=sheet.step,
            sample=None if sheet.sampled is None else frame[sheet.sampled].to_numpy() == 1,
            weights=None if sheet.weights is None else frame[sheet.weights].to_numpy(),
            cluster=frame[sheet.cluster[0]].to_numpy() if sheet.cluster else None,
        )
    except dpd.DpdError as error:
        raise EstimationError(f"{error}.") from error


def settings(model: DynamicPanel, sheet: Sheet) -> dpd.Model:
    """The model in the estimator's own words, dummies spelled out as the sheet has them."""
    lagged = tuple((variable, lag) for _, variable, lag in terms(model.regressors))
    return dpd.Model(
        outcome=model.outcome,
        regressors=(*lagged, *((dummy, 0) for dummy in sheet.dummies)),
        gmm={
            name: dpd.Gmm(tuple(group.variables), group.lags, group.equation, group.collapse)
            for name, group in model.gmm_groups().items()
        },
        iv={
            name: dpd.Iv(tuple(_iv_columns(group.variables, sheet)), group.equation)
            for name, group in model.iv_groups().items()
        },
        estimator=model.estimator,
        transformation=model.transformation,
        steps=model.steps,
        h=model.h,
        std_error=_std_error(model),
        sigma2=model.sigma2,
        small_sample=model.small_sample,
        constant=model.has_constant,
        drop_first=sheet.dummies,
        principal_components=model.principal_components,
    )


def _std_error(model: DynamicPanel) -> Literal["conventional", "robust", "windmeijer"]:
    """Clustered is the robust covariance of its number of steps, summed over clusters."""
    if model.std_error == "cluster":
        return "robust" if model.steps == 1 else "windmeijer"
    return model.std_error


def _iv_columns(variables: dict[str, tuple[int, int]], sheet: Sheet) -> Iterator[tuple[str, int]]:
    for variable, (first, last) in variables.items():
        for name in sheet.dummies if variable == "time_dummies" else (variable,):
            yield from ((name, lag) for lag in range(first, last + 1))


# ------------------------------------------------------------------------------------------------ the cells


def _degrees(model: DynamicPanel, found: dpd.Fit) -> float | None:
    """t-groups is xtabond2's: the number of groups or clusters, less one where there is a constant."""
    groups = found.counts.clusters if model.std_error == "cluster" else found.counts.groups
    return {
        "normal": None,
        "t-residual": found.counts.equation - len(found.terms),
        "t-groups": groups - int(dpd.CONSTANT in found.terms),
    }[model.reference_distribution]


def _serial_correlation(model: DynamicPanel, found: dpd.Fit) -> Estimates:
    cells: list[Cell] = []
    not_offered: list[NotOffered] = []
    for order in range(1, model.ar_order + 1):
        test = found.serial_correlation(order)
        if test is None:
            reason = "no two differenced residuals are so far apart, or its variance is not positive"
            not_offered.append(NotOffered("tests", f"ar{order}", "*", reason))
        else:
            cells += statistic_cells(f"ar{order}", test.statistic, p=test.p_value)
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered))


def _over_identification(model: DynamicPanel, found: dpd.Fit) -> Estimates:
    if found.hansen.df < 1:
        return _without("the model is exactly identified", "hansen_j", "sargan@xtabond2")
    wanted = ["xtabond2", "xtabond2-before-2.8.3"]
    wanted += ["xtabond"] if model.estimator == "difference" else []
    wanted += ["two-step"] if model.steps != 1 else []
    sargans = [cell for name in wanted for cell in _chi2(f"sargan@{name}", found.sargan[name])]
    if np.isnan(found.hansen.statistic):
        reason = "there are fewer groups than coefficients, so that two steps have no estimate"
        return replace(_without(reason, "hansen_j"), cells=tuple(sargans))
    return Estimates(cells=(*_chi2("hansen_j", found.hansen), *sargans))


def _without(reason: str, *tests: str) -> Estimates:
    return Estimates(cells=(), not_offered=tuple(NotOffered("tests", test, "*", reason) for test in tests))


def _chi2(name: str, test: Chi2) -> list[Cell]:
    p = test.p_value if test.df > 0 else None
    return statistic_cells(name, test.statistic, test.df, p=p)


def _subsets(model: DynamicPanel, found: dpd.Fit) -> Estimates:
    """Difference-in-Hansen tests of every group, and of all GMM columns of the level equation."""
    tests = found.difference_in_hansen()
    cells: list[Cell] = []
    for name, (excluding, difference) in tests.items():
        cells += [*_chi2(f"hansen_excl_{name}", excluding), *_chi2(f"diff_hansen_{name}", difference)]
    reason = "without this group the instruments do not identify the coefficients, or the group adds none"
    if model.principal_components is not None:
        reason = "principal components mix the groups"
    names = [*model.gmm_groups(), *model.iv_groups()]
    names += ["level_gmm"] if model.estimator == "system" else []
    return Estimates(
        cells=tuple(cells),
        not_offered=tuple(
            NotOffered("tests", f"{test}_{name}", "*", reason)
            for name in names
            if name not in tests
            for test in ("hansen_excl", "diff_hansen")
        ),
    )


def _joint_tests(model: DynamicPanel, sheet: Sheet, found: dpd.Fit) -> list[Estimates]:
    """
    Wald under each program's choice of coefficients; xtabond2's F where the distribution is t.

    xtabond2 since 3.6.6 has the constant in the statistic of `wald@all` and not in its degrees of freedom.
    """
    slopes = [place for place, label in enumerate(found.terms) if label != dpd.CONSTANT]
    plain = [place for place in slopes if found.terms[place] not in sheet.dummies]
    df = _degrees(model, found)

    def joint(chosen: list[int], name: str) -> Estimates:
        block = found.covariance[np.ix_(chosen, chosen)]
        return joint_test(found.estimate[chosen], block, df, name)

    if df is not None:
        return [joint(slopes, "f")]
    every = wald(found.estimate, found.covariance)
    reason = "the covariance of the coefficients is singular"
    whole = (
        _without(reason, "wald@all")
        if every is None
        else Estimates(cells=tuple(_chi2("wald@all", Chi2(every, len(slopes)))))
    )
    return [joint(slopes, "wald@slopes"), whole, joint(plain, "wald@slopes-without-dummies")]


def count_cells(tally: dpd.Counts) -> list[Cell]:
    """Observations, groups and instruments, each under every program's way to count."""
    values: dict[str, Any] = {
        "n_obs@equation": tally.equation,
        "n_obs@difference-rows": tally.difference,
        "n_obs@both": tally.both,
        "n_obs@gretl": tally.gretl,
        "n_groups@used": tally.groups,
        "n_groups@in-data": tally.groups_in_data,
        "n_instruments@rank": tally.instruments,
        "n_instruments@columns": tally.columns,
        "t_min": tally.t_min,
        "t_avg": tally.t_avg,
        "t_max": tally.t_max,
    }
    return fit_cells(values)
