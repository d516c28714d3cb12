"""From a run of pydynpd to cells: its estimates, our counts and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.engines.cells import (
    addresses,
    coefficient_cells,
    covariance_cells,
    fit_cells,
    joint_test,
    statistic_cells,
)
from harness.engines.python_pydynpd.matrices import Matrices, matrices_of
from harness.engines.python_pydynpd.running import CONSTANT, Run
from harness.errors import EstimationError
from harness.estimators import moments
from harness.estimators.collinearity import collinear
from harness.estimators.inference import chi2_p, infer, normal_p, small_sample_factor, wald
from harness.result import Cell, Estimates, NotOffered
from harness.spec import DynamicPanel, terms

if TYPE_CHECKING:
    from harness.sheet import Sheet

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Reported:
    """
    Coefficients in order of print and in the data's units.

    Attributes:
        terms: the constant last
        estimate, covariance: (k,), (k, k) with `small_sample` applied
        df: of the t distribution, None for the normal one
    """

    terms: tuple[str, ...]
    estimate: Array
    covariance: Array
    df: float | None


def estimates(model: DynamicPanel, sheet: Sheet, run: Run) -> Estimates:
    """pydynpd's coefficients, covariance and Hansen's J; all else is ours and listed as recomputed."""
    matrices = matrices_of(model, sheet, run)
    _stop_if_singular(run, matrices.stack)
    tally = moments.counts(matrices.stack)
    reported = _reported(model, sheet, run, tally)
    counted = _counts(run, matrices, tally)
    ours = [_serial_correlation(model, run, matrices), *_joint_tests(sheet, reported)]
    both = _over_identification(model, run, matrices)
    inference = infer(reported.estimate, reported.covariance, reported.df, model.ci_level)
    return Estimates(
        cells=(
            *coefficient_cells(reported.terms, inference),
            *covariance_cells(reported.terms, reported.covariance),
            *both.cells,
            *(cell for part in ours for cell in part.cells),
            *counted,
            *_as_printed(run),
        ),
        not_offered=(*_not_offered(model), *(item for part in (*ours, both) for item in part.not_offered)),
        recomputed=(
            *both.recomputed,
            *(address for part in ours for address in addresses(part.cells)),
            *addresses(counted),
        ),
        warnings=_warnings(matrices, tally),
    )


def _reported(model: DynamicPanel, sheet: Sheet, run: Run, tally: moments.Counts) -> _Reported:
    step = _step(model, run)
    printed = [*(label for label, _, _ in terms(model.regressors)), *sheet.dummies]
    printed += [CONSTANT] if model.has_constant else []
    order = [run.terms.index(label) for label in printed]
    covariance = _factor(model, tally, len(order)) * step.vcov * np.outer(run.units, run.units)
    return _Reported(
        terms=tuple(printed),
        estimate=(step.beta[:, 0] * run.units)[order],
        covariance=covariance[np.ix_(order, order)],
        df=_degrees(model, tally, len(order)),
    )


def _step(model: DynamicPanel, run: Run) -> Any:
    """The step that the column prints: pydynpd runs the second one for a one-step estimate, too."""
    return run.model.step_results[0] if model.steps == 1 else run.model.step_results[-1]


def _stop_if_singular(run: Run, stack: moments.Stack) -> None:
    """pydynpd inverts anything: of two equal regressors each gets half of the coefficient, silently."""
    dependent = [run.terms[column] for column in collinear(stack.X[stack.used])]
    if dependent:
        raise EstimationError(
            f"the design is singular: {', '.join(dependent)} follow from each other. Leave one of them out."
        )
    cross = np.einsum("grj,grk->jk", stack.Z, stack.X)
    if cross.shape[0] < cross.shape[1] or collinear(cross):
        raise EstimationError("the instruments do not identify the coefficients; give more of them.")


def _factor(model: DynamicPanel, tally: moments.Counts, n_coefficients: int) -> float:
    try:
        return small_sample_factor(model.small_sample, tally.equation, n_coefficients, tally.groups)
    except ValueError as error:
        raise EstimationError(f"{error}.") from error


def _degrees(model: DynamicPanel, tally: moments.Counts, n_coefficients: int) -> float | None:
    """t-groups is xtabond2's: the number of groups, less one where there is a constant."""
    return {
        "normal": None,
        "t-residual": tally.equation - n_coefficients,
        "t-groups": tally.groups - int(model.has_constant),
    }[model.reference_distribution]


def _serial_correlation(model: DynamicPanel, run: Run, matrices: Matrices) -> Estimates:
    """With the covariance before `small_sample`, as xtabond2: Roodman (2009) prints -5.39 and -0.78."""
    group_scores = moments.scores(matrices.stack, matrices.residual)
    cells: list[Cell] = []
    not_offered: list[NotOffered] = []
    for order in range(1, model.ar_order + 1):
        statistic = moments.arellano_bond(
            order,
            matrices.differenced,
            matrices.differenced_x,
            group_scores,
            matrices.influence,
            _step(model, run).vcov,
        )
        if np.isfinite(statistic):
            cells += statistic_cells(f"ar{order}", statistic, p=normal_p(statistic))
        else:
            reason = "no two differenced residuals are so far apart, or its variance is not positive"
            not_offered.append(NotOffered("tests", f"ar{order}", "*", reason))
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered))


def _over_identification(model: DynamicPanel, run: Run, matrices: Matrices) -> Estimates:
    """
    Hansen's J is pydynpd's own criterion, its degrees of freedom by rank: it counts zero instruments too.

    Sargan's test is made of its first-step residuals and weights.
    """
    df = moments.rank(matrices.first_step) - len(run.terms)
    if df < 1:
        reason = "the model is exactly identified"
        terms_without = ("hansen_j", "sargan@xtabond2")
        return Estimates(
            cells=(), not_offered=tuple(NotOffered("tests", name, "*", reason) for name in terms_without)
        )
    statistic = float(run.model.hansen.test_value)
    hansen = statistic_cells("hansen_j", statistic, df, p=chi2_p(statistic, df))
    sargan = [
        cell
        for name, value in _sargan_variants(model, statistic, matrices).items()
        for cell in statistic_cells(f"sargan@{name}", value, df, p=chi2_p(value, df))
    ]
    made = (*addresses(sargan), ("tests", "hansen_j", "df"), ("tests", "hansen_j", "p_value"))
    return Estimates(cells=(*hansen, *sargan), recomputed=made)


def _sargan_variants(model: DynamicPanel, hansen: float, matrices: Matrices) -> dict[str, float]:
    found = moments.sargan(
        matrices.stack,
        matrices.first_residual,
        matrices.first_weight,
        orthogonal=model.transformation != "first-difference",
    )
    values = {"xtabond2": found.xtabond2, "xtabond2-before-2.8.3": found.before}
    if model.estimator == "difference":
        values["xtabond"] = found.xtabond
    if model.steps != 1:
        values["two-step"] = hansen
    return values


def _joint_tests(sheet: Sheet, reported: _Reported) -> list[Estimates]:
    """
    Wald under each program's choice of coefficients; xtabond2's F where the distribution is t.

    xtabond2 since 3.6.6 has the constant in the statistic of `wald@all` and not in its degrees of freedom.
    """
    slopes = [place for place, label in enumerate(reported.terms) if label != CONSTANT]
    plain = [place for place in slopes if reported.terms[place] not in sheet.dummies]

    def joint(chosen: list[int], name: str) -> Estimates:
        block = reported.covariance[np.ix_(chosen, chosen)]
        return joint_test(reported.estimate[chosen], block, reported.df, name)

    if reported.df is not None:
        return [joint(slopes, "f")]
    return [
        joint(slopes, "wald@slopes"),
        _wald_of_all(reported.estimate, reported.covariance, len(slopes)),
        joint(plain, "wald@slopes-without-dummies"),
    ]


def _wald_of_all(estimate: Array, covariance: Array, df: int) -> Estimates:
    statistic = wald(estimate, covariance)
    if statistic is None:
        reason = "the covariance of the coefficients is singular"
        return Estimates(cells=(), not_offered=(NotOffered("tests", "wald@all", "*", reason),))
    return Estimates(cells=tuple(statistic_cells("wald@all", statistic, df, p=chi2_p(statistic, df))))


def _counts(run: Run, matrices: Matrices, tally: moments.Counts) -> list[Cell]:
    return fit_cells(
        {
            "n_obs@equation": tally.equation,
            "n_obs@difference-rows": tally.difference,
            "n_obs@both": tally.both,
            "n_obs@gretl": tally.gretl,
            "n_groups@used": tally.groups,
            "n_groups@in-data": run.in_data,
            "n_instruments@rank": moments.rank(matrices.first_step),
            "n_instruments@columns": matrices.stack.Z.shape[2],
            "t_min": tally.t_min,
            "t_avg": tally.t_avg,
            "t_max": tally.t_max,
        }
    )


def _as_printed(run: Run) -> list[Cell]:
    """What pydynpd prints under its own labels, right or wrong."""
    found = run.model
    cells = [
        Cell("as_printed", "hansen", "statistic", float(found.hansen.test_value)),
        Cell("as_printed", "hansen", "df", float(found.hansen.df)),
        Cell("as_printed", "hansen", "p_value", float(found.hansen.p_value)),
        Cell("as_printed", "model", "n_obs", float(found.num_obs)),
        Cell("as_printed", "model", "n_groups", float(found.N)),
        Cell("as_printed", "model", "n_instruments", float(found.z_information.num_instr)),
    ]
    for test in found.AR_list:
        cells.append(Cell("as_printed", f"ar{test.lag}", "statistic", float(test.AR)))
        cells.append(Cell("as_printed", f"ar{test.lag}", "p_value", float(test.P_value)))
    return [cell for cell in cells if np.isfinite(cell.value)]


def _not_offered(model: DynamicPanel) -> tuple[NotOffered, ...]:
    groups = [*model.gmm_groups(), *model.iv_groups()]
    groups += ["level_gmm"] if model.estimator == "system" else []
    reason = "pydynpd has no difference-in-Hansen tests"
    return tuple(
        NotOffered("tests", f"{test}_{group}", "*", reason)
        for group in groups
        for test in ("diff_hansen", "hansen_excl")
    )


def _warnings(matrices: Matrices, tally: moments.Counts) -> tuple[str, ...]:
    n_instruments = moments.rank(matrices.first_step)
    if n_instruments <= tally.groups:
        return ()
    return (
        f"{n_instruments} instruments for {tally.groups} groups: the two-step weight matrix is singular, and "
        "programs part on how they invert it.",
    )
