"""From columns of data to an estimate with its covariance and tests."""

import os
import resource
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from harness.estimators.dpd import statistics
from harness.estimators.dpd.clusters import clustered, owners
from harness.estimators.dpd.components import reduced
from harness.estimators.dpd.data import Problem, Table, problem
from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.instruments import Instruments, instruments
from harness.estimators.dpd.model import DpdError, Model, check
from harness.estimators.dpd.regressors import dependent
from harness.estimators.dpd.result import Fit
from harness.estimators.dpd.rows import Rows, stacked
from harness.estimators.dpd.statistics import Counts
from harness.estimators.dpd.steps import Path, path
from harness.estimators.dpd.sums import Moments, first_step_factor, moments
from harness.estimators.dpd.work import Work
from harness.estimators.inference import small_sample_factor


def fit(
    model: Model,
    columns: Mapping[str, ArrayLike],
    entity: ArrayLike,
    time: ArrayLike,
    *,
    step: int = 1,
    sample: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    memory_limit: int | None = None,
) -> Fit:
    """
    Estimates *model* on columns of data.

    columns : name to (n_rows,), NaN where missing; a data frame will do
    entity, time : (n_rows,), labels and whole numbers; rows in any order
    step : distance of two consecutive periods
    sample : (n_rows,) bool, rows to estimate on; lags and instruments are taken from all rows. None is all
    weights : (n_rows,), positive; rows of period t have the weight of t
    cluster : (n_rows,), any labels
    memory_limit : bytes; None is half of what this process may have
    Raises DpdError, with the numbers, where model and data do not go together.
    """
    check(model)
    table = Table(columns, np.asarray(entity), np.asarray(time), step, sample, weights, cluster)
    limit = _half_of_memory() if memory_limit is None else memory_limit
    return _solved(problem(model, table), limit)


def _solved(on: Problem, memory_limit: int) -> Fit:
    model = on.model
    rows = stacked(model, on.variables, on.usable, on.weight)
    dropped = dependent(rows, model.has_constant, model.drop_first)
    rows = rows.without(set(dropped)) if dropped else rows
    _check_varied(rows, model)
    design = instruments(model, rows)
    _check_size(rows, design, memory_limit)
    factor = first_step_factor(model, rows)
    found = moments(rows, design, on.variables, factor)
    if model.principal_components is not None:
        found = reduced(found, rows, design, on.variables, model.principal_components)
    _check_count(found, design, rows)
    cross = _independent_sums(found, on, rows, design)
    steps = path(found.first_step, cross, rows.terms, model.steps, found.metric)
    return _reported(Work(on, rows, design, factor, found, cross, steps), dropped)


def _check_varied(rows: Rows, model: Model) -> None:
    if not rows.terms:
        raise DpdError("every regressor is zero after the transformation; nothing is left to estimate")
    if not rows.Xy[:, : rows.n_difference, -1].any():
        raise DpdError(f"the outcome {model.outcome} does not vary over time within any entity")


def _check_size(rows: Rows, design: Instruments, limit: int) -> None:
    """Before anything of that size is allocated."""
    n, r, k1 = rows.Xy.shape
    j = design.n_columns
    if j == 0:
        raise DpdError(
            f"no instrument is left: no lag that the groups ask for lies within the {rows.n_periods} periods"
        )
    needed = 8 * (n * j * (k1 + 2) + 5 * j * j + n * r * k1)
    if needed > limit:
        slots = sum(slot.stop - slot.start for slot in design.slots)
        raise DpdError(
            f"the model has {j:,} instruments ({slots:,} of them uncollapsed GMM columns over "
            f"{rows.n_periods} periods) for {n:,} entities and would need {needed / 1e9:.1f} GB; the limit "
            f"is {limit / 1e9:.1f} GB. Set a last lag, or collapse"
        )


def _half_of_memory() -> int:
    """Of the machine's, or of what this process may have, where that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    return (machine if allowed == resource.RLIM_INFINITY else min(machine, allowed)) // 2


def _check_count(found: Moments, design: Instruments, rows: Rows) -> None:
    if found.n_instruments < len(rows.terms):
        raise DpdError(
            f"{found.n_instruments} independent instruments (of {design.n_columns} columns) for "
            f"{len(rows.terms)} coefficients: the equation is not identified; give more instruments"
        )


def _independent_sums(found: Moments, on: Problem, rows: Rows, design: Instruments) -> Array:
    """(c, j, k+1), moments of what is taken as independent."""
    if on.cluster is None:
        return found.cross
    owner = owners(on.cluster, rows)
    count = int(owner.max()) + 1
    if count < 2:
        raise DpdError(f"there is {count} cluster; two or more are needed")
    return clustered(found, owner, rows, design, on.variables)


def _reported(work: Work, dropped: tuple[str, ...]) -> Fit:
    """Everything in the data's units."""
    k, instruments = len(work.rows.terms), work.moments.n_instruments
    return Fit(
        model=work.model,
        terms=work.rows.terms,
        dropped=dropped,
        estimate=work.path.last.estimate * work.units,
        covariance=_small(work) * work.covariance * np.outer(work.units, work.units),
        counts=work.counts,
        sigma2=work.variance * work.scale**2,
        hansen=statistics.hansen(work.path, instruments, k),
        sargan=statistics.sargans(work.path, work.variances, instruments, k),
        warnings=_warnings(dropped, work.counts, work.path),
        work=work,
    )


def _small(work: Work) -> float:
    tally = work.counts
    groups = tally.groups if work.problem.cluster is None else tally.clusters
    try:
        return small_sample_factor(work.model.small_sample, tally.equation, len(work.rows.terms), groups)
    except ValueError as error:
        raise DpdError(str(error)) from error


def _warnings(dropped: tuple[str, ...], tally: Counts, steps: Path) -> tuple[str, ...]:
    found = [f"{name} is dropped: it follows from the other regressors" for name in dropped]
    if tally.instruments > tally.clusters:
        found.append(
            f"{tally.instruments} instruments for {tally.clusters} groups: the two-step weight matrix is "
            "singular, and two-step results are not reproducible across implementations"
        )
    elif steps.second is not None and steps.second.weight.rank < tally.instruments:
        found.append(
            f"the two-step weight matrix has rank {steps.second.weight.rank} for {tally.instruments} "
            "instruments; a generalised inverse is used"
        )
    return tuple(found)
