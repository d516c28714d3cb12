"""Fuzzy-set QCA."""

from harness.estimators.fsqca.calibration import bell, crisp, direct, indirect, piecewise, tfr
from harness.estimators.fsqca.checks import Skew, ambiguity, skewness
from harness.estimators.fsqca.core import Roles, marks, roles
from harness.estimators.fsqca.counterfactuals import (
    contradictory_assumptions,
    matching_rows,
    negated_table,
    simultaneous_subsets,
    untenable,
)
from harness.estimators.fsqca.covers import Effort
from harness.estimators.fsqca.data import Sets, negate, select, sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import Necessity, Sufficiency, necessity_fit, sufficiency
from harness.estimators.fsqca.necessity import NecessarySet, necessary_sets, single_sets
from harness.estimators.fsqca.panel import PanelFit, Spread, panel_fit
from harness.estimators.fsqca.robustness import CaseRobustness, FitRobustness, robust_cases, robust_fit
from harness.estimators.fsqca.rules import TEXTBOOK, R, Rules
from harness.estimators.fsqca.sensitivity import (
    Range,
    anchor_range,
    incl_cut_range,
    n_cut_range,
    pri_cut_range,
)
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
from harness.estimators.fsqca.table import TruthTable, configuration, cut_anew, truth_table
from harness.estimators.fsqca.terms import Model, Term, parse, write, write_model

__all__ = [
    "TEXTBOOK",
    "CaseRobustness",
    "Effort",
    "FitRobustness",
    "FsqcaError",
    "Model",
    "ModelFit",
    "NecessarySet",
    "Necessity",
    "Pair",
    "PanelFit",
    "R",
    "Range",
    "Roles",
    "Rules",
    "Sets",
    "Skew",
    "Solution",
    "SolutionFit",
    "Spread",
    "Sufficiency",
    "Term",
    "TermFit",
    "TruthTable",
    "ambiguity",
    "anchor_range",
    "assumptions",
    "bell",
    "chart_written",
    "configuration",
    "conservative",
    "contradictory_assumptions",
    "covered_by",
    "crisp",
    "cut_anew",
    "direct",
    "fit_model",
    "fit_solution",
    "incl_cut_range",
    "indirect",
    "intermediate",
    "marks",
    "matching_rows",
    "n_cut_range",
    "necessary_sets",
    "necessity_fit",
    "negate",
    "negated_table",
    "of_pair",
    "panel_fit",
    "parse",
    "parsimonious",
    "piecewise",
    "pri_cut_range",
    "robust_cases",
    "robust_fit",
    "roles",
    "select",
    "sets",
    "simultaneous_subsets",
    "single_sets",
    "skewness",
    "sufficiency",
    "tfr",
    "truth_table",
    "untenable",
    "write",
    "write_model",
]
