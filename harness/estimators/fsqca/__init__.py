"""Fuzzy-set QCA."""

from harness.estimators.fsqca.calibration import bell, crisp, direct, indirect, piecewise, tfr
from harness.estimators.fsqca.covers import Effort
from harness.estimators.fsqca.data import Sets, negate, select, sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import Necessity, Sufficiency, necessity_fit, sufficiency
from harness.estimators.fsqca.necessity import NecessarySet, necessary_sets, single_sets
from harness.estimators.fsqca.panel import PanelFit, Spread, panel_fit
from harness.estimators.fsqca.rules import TEXTBOOK, R, Rules
from harness.estimators.fsqca.solution import (
    Pair,
    Solution,
    assumptions,
    chart_written,
    conservative,
    covered_by,
    intermediate,
    of_pair,
    parsimonious,
)
from harness.estimators.fsqca.solution_fit import ModelFit, SolutionFit, TermFit, fit_model, fit_solution
from harness.estimators.fsqca.table import TruthTable, configuration, truth_table
from harness.estimators.fsqca.terms import Model, Term, parse, write, write_model

__all__ = [
    "TEXTBOOK",
    "Effort",
    "FsqcaError",
    "Model",
    "ModelFit",
    "NecessarySet",
    "Necessity",
    "Pair",
    "PanelFit",
    "R",
    "Rules",
    "Sets",
    "Solution",
    "SolutionFit",
    "Spread",
    "Sufficiency",
    "Term",
    "TermFit",
    "TruthTable",
    "assumptions",
    "bell",
    "chart_written",
    "configuration",
    "conservative",
    "covered_by",
    "crisp",
    "direct",
    "fit_model",
    "fit_solution",
    "indirect",
    "intermediate",
    "necessary_sets",
    "necessity_fit",
    "negate",
    "of_pair",
    "panel_fit",
    "parse",
    "parsimonious",
    "piecewise",
    "select",
    "sets",
    "single_sets",
    "sufficiency",
    "tfr",
    "truth_table",
    "write",
    "write_model",
]
