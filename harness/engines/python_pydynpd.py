"""Difference and system GMM by pydynpd (Wu, Hua and Xu 2023), its counts and tests made again."""

from __future__ import annotations

import contextlib
import io
import platform
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

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
from harness.estimators import moments
from harness.estimators.collinearity import collinear
from harness.estimators.inference import chi2_p, infer, normal_p, small_sample_factor, wald
from harness.result import Cell, Estimates, NotOffered
from harness.spec import DynamicPanel, GmmGroup, terms

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

Array = NDArray[np.float64]
CONSTANT = "constant"


def versions() -> tuple[str, str]:
    """("pydynpd 0.2.2", "Python 3.11.2")."""
    return f"pydynpd {version('pydynpd')}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The call in the data's own names; what pydynpd's grammar refuses in a name becomes an underscore."""
    model = _accepted(model, sheet)
    command = _command(model, sheet, lambda name: re.sub(r"\W", "_", name))
    keys = f'["{sheet.entity}", "{sheet.time}"]'
    return f'from pydynpd.regression import abond\nabond("{command}", df, {keys})'


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients and covariance are pydynpd's; counts and tests are made again from its matrices.

    Raises Unsupported for what pydynpd cannot do, EstimationError with its own words where it stops.
    """
    model = _accepted(model, sheet)
    run = _run(model, sheet)
    return _estimates(model, sheet, run)


# ------------------------------------------------------------------------------------- what it cannot do


def _accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel:
    if not isinstance(model, DynamicPanel):
        raise Unsupported(f"pydynpd has no model of the kind '{model.model}'.")
    for reason in (
        *_setting_reasons(model),
        *_instrument_reasons(model, sheet),
        *_data_reasons(model, sheet),
    ):
        raise Unsupported(reason)
    return model


def _setting_reasons(model: DynamicPanel) -> Iterator[str]:
    if model.std_error not in ("robust", "windmeijer"):
        yield (
            "pydynpd has robust (one step) and windmeijer (two steps) standard errors, no "
            f"{model.std_error} ones."
        )
    if model.weights is not None:
        yield "pydynpd has no weights."
    if model.principal_components is not None:
        yield "pydynpd has no principal components of instruments."
    if model.h == 1 or (model.h == 2 and model.estimator == "system"):
        yield f"pydynpd has xtabond2's first-step matrix h: 3 only, not h: {model.h}."
    if model.estimator == "system" and not model.has_constant:
        yield "pydynpd's system always has a constant."
    if model.estimator == "difference" and model.has_constant:
        yield "pydynpd's difference estimator has no constant."
    if model.estimator == "system" and model.transformation != "first-difference":
        yield "pydynpd's forward orthogonal deviations are offered in the difference estimator only."
    lags = model.regressors.get(model.outcome)
    if lags is None or lags[0] != 1:
        yield f"pydynpd needs the first lag of the outcome among the regressors: {model.outcome}: [1, ...]."


def _instrument_reasons(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    gmm, iv = model.gmm_groups(), model.iv_groups()
    yield from _equation_reasons(model)
    if len({group.collapse for group in gmm.values()}) > 1:
        yield "pydynpd collapses all GMM groups or none."
    in_gmm = [variable for group in gmm.values() for variable in group.variables]
    in_iv = [variable for group in iv.values() for variable in group.variables]
    for listed in (in_gmm, in_iv):
        twice = sorted({variable for variable in listed if listed.count(variable) > 1})
        if twice:
            yield f"pydynpd takes a variable in one group of instruments, not in several: {', '.join(twice)}."
    both = sorted(set(in_gmm) & set(in_iv))
    if both:
        yield f"pydynpd takes a variable in gmm or in iv, not in both: {', '.join(both)}."
    yield from _lag_reasons(model, gmm)
    owned = {*in_gmm, *in_iv, *(sheet.dummies if "time_dummies" in in_iv else ())}
    lacking = [name for name in (*model.regressors, *sheet.dummies) if name not in owned]
    if lacking:
        yield (
            "pydynpd makes every regressor without an instrument of its own an instrument; here these have "
            f"none: {', '.join(lacking)}."
        )


def _equation_reasons(model: DynamicPanel) -> Iterator[str]:
    given = "both" if model.estimator == "system" else "difference"
    for kind, groups in (("gmm", model.gmm_groups()), ("iv", model.iv_groups())):
        for name, group in groups.items():
            if group.equation != given:
                yield (
                    f"pydynpd's {model.estimator} estimator puts instruments in "
                    f"{'both equations' if given == 'both' else 'the difference equation'}; "
                    f"{kind} group '{name}' has equation: {group.equation}."
                )


def _lag_reasons(model: DynamicPanel, gmm: Mapping[str, GmmGroup]) -> Iterator[str]:
    reach = max(last for _, last in (*model.regressors.values(), *_iv_lags(model)))
    for name, group in gmm.items():
        first = group.lags[0]
        lowest = 1 if model.estimator == "system" else 0
        if first < lowest:
            yield f"pydynpd takes GMM lags from {lowest} on; group '{name}' begins at {first}."
        if model.outcome in group.variables and first < 2:
            yield f"pydynpd takes GMM lags of the outcome from 2 on; group '{name}' begins at {first}."
        if first - 1 > reach:
            yield (
                f"pydynpd drops the periods before lag {first - 1} of group '{name}' from the estimation, "
                "others keep them: it would estimate on fewer rows."
            )


def _iv_lags(model: DynamicPanel) -> list[tuple[int, int]]:
    return [lags for group in model.iv_groups().values() for lags in group.variables.values()]


def _data_reasons(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    if sheet.entity is None or sheet.time is None:
        yield "a dynamic panel needs an entity and a time column."
        return
    if sheet.sampled is not None and not bool((sheet.frame[sheet.sampled] == 1).all()):
        yield "pydynpd cannot take lags from rows that it leaves out of the estimation (lags_from: data)."
    if model.transformation != "first-difference" and _has_gaps(model, sheet):
        yield "pydynpd's forward orthogonal deviations are wrong where a unit has gaps in time."


def _has_gaps(model: DynamicPanel, sheet: Sheet) -> bool:
    """Whether a unit's values are not consecutive, or not there in the same periods for every variable."""
    present = sheet.frame[[model.outcome, *model.regressors]].notna()
    if bool((present.any(axis=1) != present.all(axis=1)).any()):
        return True
    rows = sheet.frame[present.all(axis=1)]
    step = rows.groupby(str(sheet.entity))[str(sheet.time)].diff().dropna()
    return bool((step != sheet.step).any())


# ------------------------------------------------------------------------------------------- the command


def _command(model: DynamicPanel, sheet: Sheet, name: Callable[[str], str]) -> str:
    """pydynpd's command string; *name* says what a column is called there."""
    variables = [_lagged(name(variable), lags) for variable, lags in model.regressors.items()]
    left = " ".join([name(model.outcome), *variables, *(name(dummy) for dummy in sheet.dummies)])
    instruments = [
        f"gmm({' '.join(name(variable) for variable in group.variables)}, {_span(group)})"
        for group in model.gmm_groups().values()
    ]
    # iv( is greedy in pydynpd's grammar: one iv(...), and last.
    standard = [_lagged(name(variable), lags) for variable, lags in _iv_variables(model, sheet)]
    if standard:
        instruments.append(f"iv({' '.join(standard)})")
    options = " ".join(_options(model))
    return f"{left} | {' '.join(instruments)}" + (f" | {options}" if options else "")


def _iv_variables(model: DynamicPanel, sheet: Sheet) -> list[tuple[str, tuple[int, int]]]:
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


# ----------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True)
class _Run:
    """
    One estimation, on standardised columns.

    Attributes:
        model: pydynpd's model object
        terms: in pydynpd's order
        units: what a coefficient is multiplied with to come back to the data's units, in that order
        frame: what was handed over: complete in time, columns x1, x2, ...
        names: column of the data to its name in `frame`
        in_data: number of units in the data
    """

    model: Any
    terms: tuple[str, ...]
    units: Array
    frame: pd.DataFrame
    names: Mapping[str, str]
    in_data: int


def _run(model: DynamicPanel, sheet: Sheet) -> _Run:
    columns = _columns(model, sheet)
    complete = _completed(sheet)
    standard, divisors = complete.scaled(columns)
    names = {column: f"x{number}" for number, column in enumerate(columns, start=1)}
    frame = complete.frame[[sheet.entity, sheet.time]].set_axis(["entity", "time"], axis=1)
    frame = frame.assign(**{names[column]: standard.frame[column] for column in columns})
    found = _abond(_command(model, sheet, names.__getitem__), frame.copy())
    ordered = _order(model, sheet)
    units = [divisors[model.outcome] / divisors[variable] for _, variable in ordered]
    labels = [label for label, _ in ordered]
    if model.estimator == "system":
        labels.append(CONSTANT)
        units.append(divisors[model.outcome])
    return _Run(found, tuple(labels), np.array(units), frame, names, int(sheet.frame[sheet.entity].nunique()))


def _columns(model: DynamicPanel, sheet: Sheet) -> tuple[str, ...]:
    """Every column that the command names, each once."""
    gmm = [variable for group in model.gmm_groups().values() for variable in group.variables]
    iv = [variable for variable, _ in _iv_variables(model, sheet)]
    return tuple(dict.fromkeys([model.outcome, *model.regressors, *sheet.dummies, *gmm, *iv]))


def _order(model: DynamicPanel, sheet: Sheet) -> list[tuple[str, str]]:
    """(term, variable) in pydynpd's order: the lags of the outcome first."""
    own = [(label, variable) for label, variable, _ in terms(model.regressors)]
    own += [(dummy, dummy) for dummy in sheet.dummies]
    return sorted(own, key=lambda pair: pair[1] != model.outcome)


def _completed(sheet: Sheet) -> Sheet:
    """Every unit with a row in every period: pydynpd numbers the periods that it sees."""
    frame, entity, time = sheet.frame, sheet.entity, sheet.time
    periods = range(int(frame[time].min()), int(frame[time].max()) + 1, sheet.step)
    grid = pd.MultiIndex.from_product([np.unique(frame[entity]), periods], names=[entity, time])
    keys = pd.MultiIndex.from_frame(frame[[entity, time]])
    full = frame.drop(columns=[entity, time]).set_index(keys).reindex(grid).reset_index()
    return replace(sheet, frame=full)


def _abond(command: str, frame: pd.DataFrame) -> Any:
    """pydynpd's model object. It prints, exits and changes the frame and the warnings' filters."""
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(said):
        from pydynpd.regression import abond

        warnings.simplefilter("ignore")
        try:
            return abond(command, frame, ["entity", "time"]).models[0]
        except SystemExit as stop:
            raise EstimationError(f"pydynpd stopped: {_words(said.getvalue())}") from stop
        except Exception as error:
            raise EstimationError(f"pydynpd stopped: {_words(str(error))}") from error


def _words(text: str) -> str:
    """The last line that was said, as one sentence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{lines[-1].rstrip('.')}." if lines else "it gave no reason."


# --------------------------------------------------------------------------------- the matrices it leaves


@dataclass(frozen=True)
class _Matrices:
    """
    pydynpd's matrices of the step that is reported, group by group.

    Attributes:
        stack: instruments, regressors, rows used
        first_residual, residual: (g, r), of the first and of the reported step
        first_weight: (j, j), inverse of the sum of Z'HZ
        first_step: (j, j), the sum of Z'HZ
        influence: (k, j), (X'Z W Z'X)⁻¹ X'Z W of the reported step
        differenced, differenced_x: (g, t) and (g, t, k), for the test of serial correlation
    """

    stack: moments.Stack
    first_residual: Array
    residual: Array
    first_weight: Array
    first_step: Array
    influence: Array
    differenced: Array
    differenced_x: Array


def _matrices(model: DynamicPanel, sheet: Sheet, run: _Run) -> _Matrices:
    found = run.model
    steps = found.step_results
    reported = steps[0] if model.steps == 1 else steps[-1]
    groups, width = found.N, found.z_information.diff_width
    X = found.final_xy_tables["Cx"].reshape(groups, -1, len(run.terms))
    Z = found.z_list.reshape(groups, -1, X.shape[1]).transpose(0, 2, 1)
    stack = moments.Stack(Z, X, _checked(_used(model, sheet, run), X), width)
    residual = reported.residual.reshape(groups, -1)
    differenced, differenced_x = residual[:, :width], X[:, :width]
    if model.transformation != "first-difference":
        differenced_x = found.final_xy_tables["Diff_x"].reshape(groups, width, -1)
        change = found.final_xy_tables["Diff_y"].reshape(groups, width)
        differenced = change - differenced_x @ reported.beta[:, 0]
    return _Matrices(
        stack=stack,
        first_residual=steps[0].residual.reshape(groups, -1),
        residual=residual,
        first_weight=steps[0].W_inv,
        first_step=steps[0].W,
        influence=reported._M_XZ_W,
        differenced=differenced,
        differenced_x=differenced_x,
    )


def _checked(used: NDArray[np.bool_], X: Array) -> NDArray[np.bool_]:
    """*used*, which must be the rows that pydynpd has not set to zero."""
    if used.shape != X.shape[:2] or bool(X[~used].any()):
        raise EstimationError(
            "pydynpd has estimated on other rows than its rules say; is this another version?"
        )
    return used


def _used(model: DynamicPanel, sheet: Sheet, run: _Run) -> NDArray[np.bool_]:
    """
    (g, r), the rows that pydynpd estimates on, from the data.

    A row in levels needs the outcome and every regressor at its lag, a difference two such rows in a row.
    Raises Unsupported where such a row lacks an instrument of `iv`: pydynpd puts a zero there and keeps it.
    """
    regressors = [(variable, lag) for _, variable, lag in terms(model.regressors)]
    used = _rows(model, run, [(model.outcome, 0), *regressors])
    for variable, (first, last) in _iv_variables(model, sheet):
        lagged = [(variable, lag) for lag in range(first, last + 1)]
        if bool((used & ~_rows(model, run, lagged)).any()):
            raise Unsupported(
                f"pydynpd keeps a row whose instrument {variable} is missing, with a zero there; others "
                "leave the row out."
            )
    return used


def _rows(model: DynamicPanel, run: _Run, lagged: list[tuple[str, int]]) -> NDArray[np.bool_]:
    """(g, r), the rows in which every (variable, lag) has a value."""
    have = np.logical_and.reduce([_shifted(_grid(run, variable), lag) for variable, lag in lagged])
    info = run.model.df_information
    first = info.first_diff_index
    difference = have[:, first:] & have[:, first - 1 : -1]
    levels = have[:, info.first_level_index :]
    used = np.hstack([difference, levels]) if model.estimator == "system" else difference
    return used


def _grid(run: _Run, name: str) -> NDArray[np.bool_]:
    """(g, t), whether a column has a value."""
    return run.frame[run.names[name]].notna().to_numpy().reshape(run.model.N, run.model.T)


def _shifted(have: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    moved = np.zeros_like(have)
    moved[:, lag:] = have[:, : have.shape[1] - lag]
    return moved


# -------------------------------------------------------------------------------------------- the cells


def _estimates(model: DynamicPanel, sheet: Sheet, run: _Run) -> Estimates:
    step = run.model.step_results[0] if model.steps == 1 else run.model.step_results[-1]
    matrices = _matrices(model, sheet, run)
    _stop_if_singular(run, matrices.stack)
    tally = moments.counts(matrices.stack)
    factor = _factor(model, tally, len(run.terms))
    printed = [*(label for label, _, _ in terms(model.regressors)), *sheet.dummies]
    printed += [CONSTANT] if model.has_constant else []
    order = [run.terms.index(label) for label in printed]
    estimate = (step.beta[:, 0] * run.units)[order]
    covariance = (factor * step.vcov * np.outer(run.units, run.units))[np.ix_(order, order)]
    df = _degrees(model, tally, len(order))
    own = [
        *coefficient_cells(printed, infer(estimate, covariance, df, model.ci_level)),
        *covariance_cells(printed, covariance),
        *_hansen(model, run, matrices),
        *_as_printed(run),
    ]
    tests = [
        _serial_correlation(model, matrices, step.vcov),
        *_joint_tests(sheet, printed, estimate, covariance, df),
    ]
    made = [
        *_sargans(model, run, matrices),
        *(cell for test in tests for cell in test.cells),
        *_counts(run, matrices, tally),
    ]
    df_of_hansen = ("tests", "hansen_j", "df"), ("tests", "hansen_j", "p_value")
    return Estimates(
        cells=(*own, *made),
        not_offered=(*_not_offered(model), *(item for test in tests for item in test.not_offered)),
        recomputed=(*addresses(made), *df_of_hansen),
        warnings=_warnings(run, matrices, tally),
    )


def _stop_if_singular(run: _Run, stack: moments.Stack) -> None:
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


def _hansen(model: DynamicPanel, run: _Run, matrices: _Matrices) -> list[Cell]:
    """pydynpd's own criterion, its degrees of freedom by rank: it counts instruments that are zero."""
    df = moments.rank(matrices.first_step) - len(run.terms)
    statistic = float(run.model.hansen.test_value)
    return statistic_cells("hansen_j", statistic, df, p=chi2_p(statistic, df) if df > 0 else None)


def _serial_correlation(model: DynamicPanel, matrices: _Matrices, covariance: Array) -> Estimates:
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
            covariance,
        )
        if np.isfinite(statistic):
            cells += statistic_cells(f"ar{order}", statistic, p=normal_p(statistic))
        else:
            reason = "no two differenced residuals are so far apart, or its variance is not positive"
            not_offered.append(NotOffered("tests", f"ar{order}", "*", reason))
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered))


def _sargans(model: DynamicPanel, run: _Run, matrices: _Matrices) -> list[Cell]:
    df = moments.rank(matrices.first_step) - len(run.terms)
    found = moments.sargan(
        matrices.stack,
        matrices.first_residual,
        matrices.first_weight,
        orthogonal=model.transformation != "first-difference",
    )
    values = {
        "sargan@xtabond2": found.xtabond2,
        "sargan@xtabond2-before-2.8.3": found.before,
        "sargan@xtabond": found.xtabond,
        "sargan@two-step": float(run.model.hansen.test_value),
    }
    return [
        cell
        for name, value in values.items()
        for cell in statistic_cells(name, value, df, p=chi2_p(value, df) if df > 0 else None)
    ]


def _joint_tests(
    sheet: Sheet, printed: Sequence[str], estimate: Array, covariance: Array, df: float | None
) -> list[Estimates]:
    """
    Wald under each program's choice of coefficients; xtabond2's F where the distribution is t.

    xtabond2 since 3.6.6 has the constant in the statistic of `wald@all` and not in its degrees of freedom.
    """
    slopes = [place for place, label in enumerate(printed) if label != CONSTANT]
    plain = [place for place in slopes if printed[place] not in sheet.dummies]

    def joint(chosen: list[int], name: str) -> Estimates:
        return joint_test(estimate[chosen], covariance[np.ix_(chosen, chosen)], df, name)

    if df is not None:
        return [joint(slopes, "f")]
    return [
        joint(slopes, "wald@slopes"),
        _wald_of_all(estimate, covariance, len(slopes)),
        joint(plain, "wald@slopes-without-dummies"),
    ]


def _wald_of_all(estimate: Array, covariance: Array, df: int) -> Estimates:
    statistic = wald(estimate, covariance)
    if statistic is None:
        reason = "the covariance of the coefficients is singular"
        return Estimates(cells=(), not_offered=(NotOffered("tests", "wald@all", "*", reason),))
    return Estimates(cells=tuple(statistic_cells("wald@all", statistic, df, p=chi2_p(statistic, df))))


def _counts(run: _Run, matrices: _Matrices, tally: moments.Counts) -> list[Cell]:
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


def _as_printed(run: _Run) -> list[Cell]:
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
    return cells


def _not_offered(model: DynamicPanel) -> tuple[NotOffered, ...]:
    groups = [*model.gmm_groups(), *model.iv_groups()]
    groups += ["level_gmm"] if model.estimator == "system" else []
    reason = "pydynpd has no difference-in-Hansen tests"
    return tuple(
        NotOffered("tests", f"{test}_{group}", "*", reason)
        for group in groups
        for test in ("diff_hansen", "hansen_excl")
    )


def _warnings(run: _Run, matrices: _Matrices, tally: moments.Counts) -> tuple[str, ...]:
    n_instruments = moments.rank(matrices.first_step)
    if n_instruments <= tally.groups:
        return ()
    return (
        f"{n_instruments} instruments for {tally.groups} groups: the two-step weight matrix is singular, and "
        "programs part on how they invert it.",
    )
