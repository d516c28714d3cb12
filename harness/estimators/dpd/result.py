"""What a fit returns, and the tests that are made of it when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd import statistics
from harness.estimators.dpd.grid import Array, Grid, Integers, Mask
from harness.estimators.dpd.instruments import Instruments
from harness.estimators.dpd.model import CONSTANT, DpdError, Model
from harness.estimators.dpd.rows import Rows, Usable, Variables, differenced
from harness.estimators.dpd.statistics import Chi2, Counts, Normal
from harness.estimators.dpd.steps import Path, scores_at
from harness.estimators.dpd.sums import Moments, matrix, project, transformation


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


@dataclass(frozen=True)
class Fit:
    """
    What `fit` returns. Everything is in the data's own units.

    Attributes:
        model: as given
        terms: (k,) names of the coefficients that were estimated, the constant last
        dropped: terms left out because they depend on others
        estimate: (k,)
        covariance: (k, k), of the kind the model asks for, small-sample factor included
        counts: observations, groups, instruments
        sigma2: error variance of the first step, by the model's denominator
        hansen: two-step criterion
        sargan: one-step criterion over sigma², by variant
        warnings: sentences
    """

    model: Model
    terms: tuple[str, ...]
    dropped: tuple[str, ...]
    estimate: Array
    covariance: Array
    counts: Counts
    sigma2: float
    hansen: Chi2
    sargan: Mapping[str, Chi2]
    warnings: tuple[str, ...]
    work: "Work"

    @property
    def std_error(self) -> Array:
        """(k,)."""
        return np.sqrt(np.diag(self.covariance))

    def serial_correlation(self, order: int) -> Normal | None:
        """Arellano and Bond's test m_order; None where no differenced residual is that far back."""
        return self.work.serial_correlation(order)

    def difference_in_hansen(self) -> Mapping[str, tuple[Chi2, Chi2]]:
        """(test without the group, difference) of every group and of `level_gmm`."""
        return self.work.difference_in_hansen()

    def wald(self, terms: tuple[str, ...] | None = None) -> Chi2:
        """That the coefficients of *terms* are all zero; None is every one but the constant."""
        chosen = [name for name in self.terms if name != CONSTANT] if terms is None else list(terms)
        places = [self.terms.index(name) for name in chosen]
        return statistics.wald(self.estimate[places], self.covariance[np.ix_(places, places)])

    def matrices(self) -> Matrices:
        """Z, X, y, W, H, residuals and scores in full: n·r·j doubles."""
        return self.work.matrices()


@dataclass(frozen=True)
class Work:
    """
    The estimation in its own units: every variable over a power of two, every instrument to unit size.

    Attributes:
        model, grid, variables, usable, weight, rows, design: what went in
        factor: C with H = CC'
        moments: of entities; cross: of clusters
        path: the steps
        covariance: (k, k), without small-sample factor
        variance: sigma² by the model's denominator
        units: (k,), what a coefficient is multiplied with to come to the data's units
    """

    model: Model
    grid: Grid
    variables: Variables
    usable: Usable
    weight: Array | None
    rows: Rows
    design: Instruments
    factor: Array
    moments: Moments
    cross: Array
    path: Path
    covariance: Array
    variance: float
    units: Array

    @cached_property
    def scores(self) -> Array:
        """(n, j), of entities at the reported estimate."""
        return scores_at(self.moments.cross, self.path.last.estimate)

    @cached_property
    def differences(self) -> Rows:
        """Rows of first differences, which serial correlation is tested in."""
        if not self.model.is_orthogonal:
            return self.rows
        found = differenced(self.model, self.variables, self.usable, self.weight)
        return found.without(set(found.terms) - set(self.rows.terms))

    @cached_property
    def differenced_residual(self) -> Array:
        """(n, d), of `differences` at the reported estimate, times the weight."""
        rows = self.differences
        residual = self.residual if rows is self.rows else rows.residual(self.path.last.estimate)
        return np.ascontiguousarray(residual[:, : rows.n_difference])

    @cached_property
    def residual(self) -> Array:
        """(n, r), of all rows at the reported estimate, times the weight."""
        return self.rows.residual(self.path.last.estimate)

    def serial_correlation(self, order: int) -> Normal | None:
        if order < 1:
            raise DpdError(f"the order of serial correlation is {order}; it is 1 or more")
        rows, width = self.differences, self.differences.n_difference
        residual = self.differenced_residual
        plain = residual if rows.weight is None else _unweighted(residual, rows.weight[:, :width])
        X = rows.Xy[:, :width, :-1]
        last = self.path.last
        if self.model.steps == 1 and self.model.std_error == "conventional":
            lagged = statistics.lagged(plain, order)
            lagged = lagged * rows.used[:, :width]
            spread, moment = self._of_lag(rows, lagged)
            return statistics.arellano_bond_conventional(
                order, residual, plain, X, moment, spread, last.influence, self.covariance
            )
        return statistics.arellano_bond(
            order, residual, plain, X, self.scores, last.influence, self.covariance
        )

    def _of_lag(self, rows: Rows, lagged: Array) -> tuple[float, Array]:
        """sigma² sum of w'Hw, and sigma² Z'Hw, (j,); w is *lagged*, (n, d), H the covariance of the rows."""
        own, C = (
            (np.eye(rows.n_periods)[self.rows.difference], np.eye(rows.n_periods)[rows.difference])
            if self.model.h == 1
            else (transformation(self.rows, self.model.is_orthogonal), transformation(rows, False))
        )
        weight = 1.0 if rows.weight is None else np.where(rows.used, rows.weight, 0.0)[:, : rows.n_difference]
        spread = float(np.sum(lagged * ((weight * lagged) @ C @ C.T)))
        values = np.zeros(self.rows.used.shape)
        values[:, : self.rows.n_difference] = (weight * lagged) @ C @ own.T
        moment = project(self.rows, self.design, self.variables, values)
        return self.variance * spread, self.variance * self._kept(moment)

    def _kept(self, values: Array) -> Array:
        """(all columns, ...) of Z to the (j, ...) that are kept, in their scale."""
        scaled = (values[self.moments.column].T / self.moments.scale).T
        return scaled if self.moments.components is None else self.moments.components.T @ scaled

    def difference_in_hansen(self) -> Mapping[str, tuple[Chi2, Chi2]]:
        if self.moments.components is not None:
            return {}
        column = self.moments.column
        return statistics.difference_in_hansen(
            self.path,
            self.cross,
            self.rows.terms,
            self.design.groups()[column],
            self.design.level_gmm()[column],
        )

    def matrices(self) -> Matrices:
        rows, last = self.rows, self.path.last
        periods = self.grid.periods
        scale = self.variables[self.model.outcome].scale
        Xy = rows.Xy if rows.weight is None else _unweighted(rows.Xy, rows.weight[:, :, None])
        Z = matrix(rows, self.design, self.variables)[:, :, self.moments.column] / self.moments.scale
        if self.moments.components is not None:
            Z = Z @ self.moments.components
        residual = self.residual
        plain = residual if rows.weight is None else _unweighted(residual, rows.weight)
        groups = self.design.groups()[self.moments.column]
        return Matrices(
            entity=self.grid.labels,
            period=np.concatenate([periods[rows.difference], periods[rows.level]]),
            level=np.arange(rows.used.shape[1]) >= rows.n_difference,
            used=rows.used,
            Z=Z,
            groups=groups if self.moments.components is None else np.full(Z.shape[2], "", dtype=object),
            X=Xy[:, :, :-1] * (scale / self.units),
            y=Xy[:, :, -1] * scale,
            residual=plain * scale,
            W=last.weight.full(),
            H=self.factor @ self.factor.T,
            scores=self.scores * scale,
        )


def _unweighted(values: Array, weight: Array) -> Array:
    found = np.zeros_like(values)
    np.divide(values, weight, out=found, where=np.broadcast_to(weight > 0, values.shape))
    return found
