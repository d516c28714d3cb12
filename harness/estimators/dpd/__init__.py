"""Difference and system GMM for dynamic panels: Arellano and Bond, Blundell and Bond, as Stata's xtabond2."""

from harness.estimators.dpd.estimate import fit
from harness.estimators.dpd.grid import Grid
from harness.estimators.dpd.model import CONSTANT, DpdError, Gmm, Iv, Model, term
from harness.estimators.dpd.result import Fit, Matrices
from harness.estimators.dpd.statistics import Chi2, Counts, Normal, Sigma2

__all__ = [
    "CONSTANT",
    "Chi2",
    "Counts",
    "DpdError",
    "Fit",
    "Gmm",
    "Grid",
    "Iv",
    "Matrices",
    "Model",
    "Normal",
    "Sigma2",
    "fit",
    "term",
]
