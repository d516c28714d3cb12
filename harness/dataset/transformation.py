"""What an estimator does to the columns before it regresses: means taken off, differences, means."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from harness.dataset.rows import Floats, Integers, Mask, PanelIndex


def dense(codes: NDArray[np.int64]) -> Integers:
    """The same groups, coded 0, 1, ... without gaps."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def group_means(matrix: Floats, codes: Integers) -> Floats:
    """matrix : (n, k); codes : (n,) dense. Returns (n_groups, k)."""
    counts = np.bincount(codes)
    sums = [np.bincount(codes, weights=column, minlength=len(counts)) for column in matrix.T]
    return np.column_stack([total / counts for total in sums]) if sums else np.zeros((len(counts), 0))


def demeaned(matrix: Floats, codes: Integers) -> Floats:
    """Deviations from group means, (n, k)."""
    return matrix - group_means(matrix, codes)[codes]


def twice_demeaned(matrix: Floats, entity: Integers, time: Integers) -> Floats:
    """
    Residuals of regressions on entity and time dummies, also where the panel is unbalanced, (n, k).

    Wansbeek and Kapteyn (1989): entity means first, then the time effects from the (T, T) matrix that is
    left of the time dummies.
    """
    within = demeaned(matrix, entity)
    ones = np.ones(len(entity))
    incidence = sparse.csr_matrix((ones, (entity, time)))
    shares = sparse.diags(1 / np.bincount(entity)) @ incidence
    left = np.diag(np.bincount(time).astype(np.float64)) - (incidence.T @ shares).toarray()
    sums = group_means(within, time) * np.bincount(time)[:, None]
    effects = np.linalg.pinv(left, rcond=1e-12, hermitian=True) @ sums
    residual: Floats = within - effects[time] + (shares @ effects)[entity]
    return residual


def differenced(matrix: Floats, index: PanelIndex, by_row: bool, kept: Mask) -> tuple[Floats, Mask]:
    """
    Differences from the row before (of the period before, unless *by_row*), for the rows *kept*.

    Returns ((m, k), mask of the (n,) rows that have a difference).
    """
    before = index.previous() if by_row else index.earlier(1)
    has = (before >= 0) & kept
    return matrix[has] - matrix[before[has]], has
