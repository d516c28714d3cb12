"""Fuzzy-set QCA."""

from harness.estimators.fsqca.covers import Effort
from harness.estimators.fsqca.data import Sets, negate, select, sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import necessity_fit, sufficiency
from harness.estimators.fsqca.rules import TEXTBOOK, R, Rules
from harness.estimators.fsqca.solution import conservative, intermediate, parsimonious
from harness.estimators.fsqca.solution_fit import fit_model, fit_solution
from harness.estimators.fsqca.table import TruthTable, truth_table
from harness.estimators.fsqca.terms import Term

__all__ = [
    "TEXTBOOK",
    "Effort",
    "FsqcaError",
    "R",
    "Rules",
    "Sets",
    "Term",
    "TruthTable",
    "conservative",
    "fit_model",
    "fit_solution",
    "intermediate",
    "necessity_fit",
    "negate",
    "parsimonious",
    "select",
    "sets",
    "sufficiency",
    "truth_table",
]
