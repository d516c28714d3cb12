"""Everything a statistic could be computed from, as full matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Array, Integers, Mask
from harness.estimators.dpd.sums import matrix
from harness.estimators.dpd.work import Work, unweighted


@dataclass(frozen=True)
class Matrices:
    """
    Everything a statistic could be computed from, in the data's own units.

    Attributes:
        entity: (n,) labels
        period: (r,) period of each row; level: (r,) whether it is a row in levels
        used: (n, r)
        Z: (n, r, j), the columns that are kept, and `groups`: (j,) their groups
        X: (n, r, k), y, residual: (n, r); of the reported step, without weights
        W: (j, j), of the reported step
        H: (r, r)
        scores: (n, j), Z_i'e_i
    """

    entity: NDArray[np.generic]
    period: Integers
    level: Mask
    used: Mask
    Z: Array
    groups: NDArray[np.object_]
    X: Array
    y: Array
    residual: Array
    W: Array
    H: Array
    scores: Array


def matrices(work: Work) -> Matrices:
    """All of them: n·r·j doubles."""
    rows, found = work.rows, work.moments
    periods = work.problem.grid.periods
    Xy = unweighted(rows.Xy, None if rows.weight is None else rows.weight[:, :, None])
    Z = matrix(rows, work.design, work.problem.variables)[:, :, found.column] / found.scale
    groups = work.design.groups()[found.column]
    if found.components is not None:
        Z = Z @ found.components
        groups = np.full(Z.shape[2], "", dtype=object)
    return Matrices(
        entity=work.problem.grid.labels,
        period=np.concatenate([periods[rows.difference], periods[rows.level]]),
        level=np.arange(rows.used.shape[1]) >= rows.n_difference,
        used=rows.used,
        Z=Z,
        groups=groups,
        X=Xy[:, :, :-1] * (work.scale / work.units),
        y=Xy[:, :, -1] * work.scale,
        residual=unweighted(work.residual, rows.weight) * work.scale,
        W=work.path.last.weight.full(),
        H=work.factor @ work.factor.T,
        scores=work.scores * work.scale,
    )
