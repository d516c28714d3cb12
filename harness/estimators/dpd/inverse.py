"""Generalised inverses of sums of squares, kept as factors; independent columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtrs

from harness.estimators.dpd.grid import Array

# A column whose squared distance from the others is below this share of its squared length depends on them.
# Rounding leaves about (number of columns)·1e-16 of an exact dependence.
DEPENDENT = 1e-11
ROUNDING = 1e-13  # eigenvalues below this share of the largest are zero


@dataclass(frozen=True)
class Inverse:
    """
    W = F'F, the (generalised) inverse of a positive semi-definite matrix S.

    Attributes:
        factor: L, lower triangular with S = LL' and F = L⁻¹; or F itself, (rank, j)
        is_triangular: which of the two
        rank: of S
    """

    factor: Array
    is_triangular: bool
    rank: int

    def half(self, matrix: Array) -> Array:
        """F B, (rank, ...). matrix : (j, ...)."""
        if not self.is_triangular:
            return np.asarray(self.factor @ matrix)
        return np.asarray(dtrtrs(self.factor, matrix, lower=1)[0])

    def back(self, matrix: Array) -> Array:
        """F'B, (j, ...). matrix : (rank, ...)."""
        if not self.is_triangular:
            return np.asarray(self.factor.T @ matrix)
        return np.asarray(dtrtrs(self.factor, matrix, lower=1, trans=1)[0])

    def times(self, matrix: Array) -> Array:
        """W B, (j, ...). matrix : (j, ...)."""
        return self.back(self.half(matrix))

    def full(self) -> Array:
        """W, (j, j)."""
        return self.times(np.eye(self.factor.shape[1]))


def inverse(matrix: Array, metric: Array | None = None) -> Inverse:
    """
    Of a symmetric matrix S; where it is singular D (DSD)⁺ D, the Moore-Penrose inverse in units of a metric.

    metric : (j,) the diagonal of D; None is ones. The entries of DSD should be of like size: what is zero is
        judged against the largest eigenvalue
    """
    size = np.sqrt(np.diag(matrix))
    lower, fault = dpotrf(matrix, lower=1, clean=1)
    if not fault and np.all(np.diag(lower) ** 2 > DEPENDENT * size**2):
        return Inverse(lower, True, len(matrix))
    D = np.ones(len(matrix)) if metric is None else metric
    values, vectors = np.linalg.eigh(matrix * np.outer(D, D))
    kept = values > ROUNDING * max(float(values[-1]), 0.0)
    return Inverse((vectors[:, kept] / np.sqrt(values[kept])).T * D, False, int(kept.sum()))


def inverse_of_outer(scores: Array, metric: Array) -> Inverse:
    """
    Of S = G'G, as `inverse`. scores : G, (g, j).

    With more columns than rows S is singular, and S⁺ = G'(GG')⁺²G needs the small matrix GG' only.
    """
    g, j = scores.shape
    if j <= g:
        return inverse(scores.T @ scores, metric)
    G = scores * metric
    values, vectors = np.linalg.eigh(G @ G.T)
    kept = values > ROUNDING * max(float(values[-1]), 0.0)
    return Inverse((vectors[:, kept] / values[kept]).T @ G * metric, False, int(kept.sum()))


def independent(matrix: Array, order: Sequence[int] | None = None) -> NDArray[np.int64]:
    """
    Positions of columns that do not depend on those before them, ascending.

    matrix : (j, j), X'X of the columns X, of any units
    order : in which the columns are taken up; a column of zeros depends on anything
    """
    size = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    alive = [place for place in (range(len(matrix)) if order is None else order) if size[place] > 0]
    unit = matrix[np.ix_(alive, alive)] / np.outer(size[alive], size[alive])
    lower, fault = dpotrf(unit, lower=1, clean=1)
    if not fault and np.all(np.diag(lower) ** 2 > DEPENDENT):
        return np.sort(np.array(alive, dtype=np.int64))
    return np.sort(np.array([alive[place] for place in _one_by_one(unit)], dtype=np.int64))


def _one_by_one(unit: Array) -> list[int]:
    """Cholesky, column by column, leaving out those whose pivot vanishes."""
    kept: list[int] = []
    lower = np.zeros_like(unit, order="F")
    for place in range(len(unit)):
        count = len(kept)
        row = unit[kept, place]
        if count:
            row = dtrtrs(lower[:count, :count], row, lower=1)[0]
        pivot = unit[place, place] - row @ row
        if pivot > DEPENDENT:
            lower[count, :count] = row
            lower[count, count] = np.sqrt(pivot)
            kept.append(place)
    return kept
