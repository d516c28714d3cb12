"""What a fit returns, and the tests that are made of it when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.estimators.dpd import statistics
from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.matrices import Matrices, matrices
from harness.estimators.dpd.model import CONSTANT, Model
from harness.estimators.dpd.serial import serial_correlation
from harness.estimators.dpd.statistics import Chi2, Counts, Normal
from harness.estimators.dpd.work import Work


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
        hansen: two-step criterion; NaN where there are fewer groups than coefficients
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
    work: Work = field(repr=False)

    @property
    def std_error(self) -> Array:
        """(k,); NaN where a variance is not positive."""
        variance = np.diag(self.covariance)
        return np.asarray(np.sqrt(np.where(variance > 0, variance, np.nan)))

    def serial_correlation(self, order: int) -> Normal | None:
        """Arellano and Bond's test m_order; None where no differenced residual is that far back."""
        return serial_correlation(self.work, order)

    def difference_in_hansen(self) -> Mapping[str, tuple[Chi2, Chi2]]:
        """(test without the group, difference) by group, `level_gmm` among them; none of components."""
        work, column = self.work, self.work.moments.column
        if work.moments.components is not None:
            return {}
        return statistics.difference_in_hansen(
            work.path,
            work.cross,
            self.terms,
            work.design.groups()[column],
            work.design.level_gmm()[column],
            work.moments.metric,
            work.moments.independent,
        )

    def wald(self, terms: tuple[str, ...] | None = None) -> Chi2:
        """That the coefficients of *terms* are all zero; None is every one but the constant."""
        chosen = [name for name in self.terms if name != CONSTANT] if terms is None else list(terms)
        places = [self.terms.index(name) for name in chosen]
        return statistics.wald(self.estimate[places], self.covariance[np.ix_(places, places)])

    def matrices(self) -> Matrices:
        """Z, X, y, W, H, residuals and scores in full: n·r·j doubles."""
        return matrices(self.work)
