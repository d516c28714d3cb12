"""Principal components in place of GMM instruments."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.instruments import Instruments
from harness.estimators.dpd.inverse import independent
from harness.estimators.dpd.model import DpdError
from harness.estimators.dpd.rows import Rows, Variables
from harness.estimators.dpd.sums import Moments, moments, project


def reduced(found: Moments, rows: Rows, design: Instruments, variables: Variables, wanted: int) -> Moments:
    """
    GMM columns replaced by principal components (Kapetanios and Marcellino 2010), as xtabond2 does.

    The eigenvectors are those of the columns' correlation matrix over the rows used; they weight the columns
    in the data's own units, so this is the one setting whose result depends on units of measurement.

    wanted : number of components; 0 is as many as have an eigenvalue of one or more, and enough to identify
    Raises DpdError where there are fewer GMM columns than wanted.
    """
    sources = design.sources()
    is_gmm = np.array([sources[column][1] for column in found.column])
    plain = moments(rows, design, variables, np.eye(rows.used.shape[1]))  # H = I: Z'Z
    values, vectors = _eigen(_correlation(plain, rows, design, variables, found))
    count = _count(values, wanted, rows.Xy.shape[2] - 1 - int((~is_gmm).sum()))
    units = np.array([variables[sources[column][0]].scale for column in found.column[is_gmm]])
    weights = vectors[:, :count] * (units * found.scale[is_gmm])[:, None]
    return _combined(found, is_gmm, weights)


def _correlation(
    plain: Moments, rows: Rows, design: Instruments, variables: Variables, found: Moments
) -> Array:
    """(gmm columns, same), of the columns that *found* has kept."""
    place = np.full(design.n_columns, -1)
    place[plain.column] = np.arange(len(plain.column))
    sources = design.sources()
    columns = np.array([column for column in found.column if sources[column][1]])
    chosen = place[columns]
    second = plain.first_step[np.ix_(chosen, chosen)] * np.outer(plain.scale[chosen], plain.scale[chosen])
    weight = rows.used.astype(np.float64) if rows.weight is None else np.where(rows.used, rows.weight, 0.0)
    mean = project(rows, design, variables, weight)[columns] / weight.sum()
    covariance = second - weight.sum() * np.outer(mean, mean)
    size = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(size, size))


def _eigen(correlation: Array) -> tuple[Array, Array]:
    """Eigenvalues, largest first, and their vectors."""
    values, vectors = np.linalg.eigh(correlation)
    return values[::-1], vectors[:, ::-1]


def _count(values: Array, wanted: int, needed: int) -> int:
    if wanted > len(values):
        raise DpdError(
            f"{wanted} principal components are wanted and there are {len(values)} GMM instruments"
        )
    if wanted:
        return wanted
    return max(int((values > 0.999999).sum()), min(needed, len(values)))


def _combined(found: Moments, is_gmm: NDArray[np.bool_], weights: Array) -> Moments:
    """The moments of [other columns, GMM columns times *weights*]."""
    others = np.flatnonzero(~is_gmm)
    mixing = np.zeros((len(found.column), len(others) + weights.shape[1]))
    mixing[others, np.arange(len(others))] = 1.0
    mixing[np.ix_(np.flatnonzero(is_gmm), np.arange(len(others), mixing.shape[1]))] = weights
    first_step = mixing.T @ found.first_step @ mixing
    size = np.sqrt(np.diag(first_step))
    mixing /= size
    alone = np.zeros(len(size), dtype=bool)
    alone[independent(first_step)] = True
    return replace(
        found,
        first_step=first_step / np.outer(size, size),
        cross=np.ascontiguousarray(np.matmul(mixing.T, found.cross)),
        metric=np.ones(mixing.shape[1]),
        independent=alone,
        components=mixing,
    )
