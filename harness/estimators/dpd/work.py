"""A solved problem in the estimator's own units, and the quantities that results are made of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.estimators.dpd import statistics
from harness.estimators.dpd.data import Problem
from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.instruments import Instruments
from harness.estimators.dpd.model import CONSTANT, DpdError, Model
from harness.estimators.dpd.rows import Rows
from harness.estimators.dpd.statistics import Counts, Sigma2
from harness.estimators.dpd.steps import Path, scores_at
from harness.estimators.dpd.sums import Moments


@dataclass(frozen=True)
class Work:
    """
    The estimation in its own units: every variable over a power of two, every instrument to unit size.

    Attributes:
        problem: data on the grid
        rows, design: the stacked equation and the columns of Z
        factor: C with H = CC'
        moments: of entities
        cross: (c, j, k+1), of what is taken as independent: entities or clusters
        path: the steps
    """

    problem: Problem
    rows: Rows
    design: Instruments
    factor: Array
    moments: Moments
    cross: Array
    path: Path

    @property
    def model(self) -> Model:
        return self.problem.model

    @cached_property
    def residual(self) -> Array:
        """(n, r), at the reported estimate, times the weight."""
        return self.rows.residual(self.path.last.estimate)

    @cached_property
    def scores(self) -> Array:
        """(n, j), Z_i'e_i of entities at the reported estimate."""
        return scores_at(self.moments.cross, self.path.last.estimate)

    @cached_property
    def counts(self) -> Counts:
        """Observations, groups and instruments."""
        clusters = len(self.cross) if self.problem.cluster is not None else None
        return statistics.counts(
            self.rows,
            self._total_weight() if self._counts_weights else None,
            self.problem.in_data,
            self.moments.n_instruments,
            self.design.n_columns,
            int(self.rows.used.any(axis=1).sum()) if clusters is None else clusters,
        )

    @property
    def _counts_weights(self) -> bool:
        return self.model.weight_kind == "frequency" and self.rows.weight is not None

    def _total_weight(self) -> float:
        """Of the rows that count as observations."""
        rows, weight = self.rows, self.rows.weight
        part = slice(rows.n_difference, None) if rows.n_level else slice(None)
        return 0.0 if weight is None else float(weight[:, part][rows.used[:, part]].sum())

    @cached_property
    def variances(self) -> Sigma2:
        """The error variance by each program's denominator."""
        first = self.path.first.estimate
        residual = self.residual if self.path.n_steps == 1 else self.rows.residual(first)
        n_obs, kind = self.counts.equation, self._counts_weights
        return statistics.sigma2(self.rows, residual, self.model.h, self.model.is_orthogonal, n_obs, kind)

    @property
    def variance(self) -> float:
        """The error variance by the model's denominator."""
        found = self.variances.n if self.model.sigma2 == "n" else self.variances.n_k
        if not found > 0:
            k = len(self.rows.terms)
            left = self.counts.difference - k
            raise DpdError(f"sigma2 n-k divides by {left}: too few rows for {k} coefficients")
        return found

    @property
    def covariance(self) -> Array:
        """(k, k), of the kind the model asks for, without a small-sample factor."""
        steps = self.path
        if self.model.std_error == "conventional":
            return np.asarray(steps.last.bread * (self.variance if steps.n_steps == 1 else 1.0))
        return steps.robust if self.model.std_error == "robust" else steps.corrected

    @cached_property
    def units(self) -> Array:
        """(k,), what a coefficient is multiplied with to come to the data's units."""
        variables = self.problem.variables
        names = dict(zip(self.model.terms, (name for name, _ in self.model.regressors), strict=False))
        scales = [1.0 if term == CONSTANT else variables[names[term]].scale for term in self.rows.terms]
        return self.scale / np.array(scales)

    @property
    def scale(self) -> float:
        """What the outcome was divided by."""
        return self.problem.variables[self.model.outcome].scale


def unweighted(values: Array, weight: Array | None) -> Array:
    """*values* over *weight*, zero where there is none."""
    if weight is None:
        return values
    found = np.zeros_like(values)
    np.divide(values, weight, out=found, where=np.broadcast_to(weight > 0, values.shape))
    return found
