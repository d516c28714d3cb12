"""Arellano and Bond's test of serial correlation, of a solved problem."""

import numpy as np

from harness.estimators.dpd import statistics
from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.model import DpdError
from harness.estimators.dpd.rows import Rows, differenced
from harness.estimators.dpd.statistics import Normal
from harness.estimators.dpd.sums import project, transformation
from harness.estimators.dpd.work import Work, unweighted


def serial_correlation(work: Work, order: int) -> Normal | None:
    """
    Eq. 13, in first differences whatever the transformation.

    Returns None where no residual has a predecessor *order* periods before. Raises DpdError for order < 1.
    """
    if order < 1:
        raise DpdError(f"the order of serial correlation is {order}; it is 1 or more")
    rows = _differences(work)
    if rows is None:
        return None
    width = rows.n_difference
    full = work.residual if rows is work.rows else rows.residual(work.path.last.estimate)
    residual, X = full[:, :width], rows.Xy[:, :width, :-1]
    plain = unweighted(residual, None if rows.weight is None else rows.weight[:, :width])
    lagged = statistics.lagged(plain, order)
    influence = work.path.last.influence
    if work.model.steps == 1 and work.model.std_error == "conventional":
        spread, moment = _homoskedastic(work, rows, lagged * rows.used[:, :width])
        return statistics.arellano_bond_conventional(
            residual, lagged, X, moment, spread, influence, work.covariance
        )
    return statistics.arellano_bond(residual, lagged, X, work.scores, influence, work.covariance)


def _differences(work: Work) -> Rows | None:
    """Rows of first differences; after deviations there may be none."""
    if not work.model.is_orthogonal:
        return work.rows
    on = work.problem
    found = differenced(on.model, on.variables, on.usable, on.weight)
    return None if found is None else found.without(set(found.terms) - set(work.rows.terms))


def _homoskedastic(work: Work, rows: Rows, lagged: Array) -> tuple[float, Array]:
    """sigma² sum of w'Hw, and sigma² Z'Hw, (j,); w is *lagged*, (n, d), H the covariance of the rows."""
    own, C = (
        (np.eye(rows.n_periods)[work.rows.difference], np.eye(rows.n_periods)[rows.difference])
        if work.model.h == 1
        else (transformation(work.rows, work.model.is_orthogonal), transformation(rows, False))
    )
    weight = 1.0 if rows.weight is None else np.where(rows.used, rows.weight, 0.0)[:, : rows.n_difference]
    spread = float(np.sum(lagged * ((weight * lagged) @ C @ C.T)))
    values = np.zeros(work.rows.used.shape)
    values[:, : work.rows.n_difference] = (weight * lagged) @ C @ own.T
    moment = project(work.rows, work.design, work.problem.variables, values)
    return work.variance * spread, work.variance * work.moments.as_kept(moment)
