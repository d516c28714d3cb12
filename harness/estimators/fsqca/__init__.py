"""
Fuzzy-set qualitative comparative analysis on plain arrays: numpy and scipy alone.

A short run, from raw numbers to the intermediate solution and its fit:

>>> raw = [[9, 8, 7, 2, 1, 3, 8, 2], [7, 1, 9, 8, 2, 1, 2, 9]]
>>> columns = {
...     "DEV": direct(raw[0], out=1, crossover=5, in_=9),
...     "LIT": direct(raw[1], out=1, crossover=5, in_=9),
...     "SURV": [0.9, 0.3, 0.8, 0.6, 0.1, 0.2, 0.4, 0.3],
... }
>>> data = sets(columns, outcome="SURV", conditions=["DEV", "LIT"])
>>> table = truth_table(data, incl_cut=0.8)
>>> print(intermediate(table, {"DEV": 1, "LIT": 1}))
intermediate, 1 model:
  DEV*LIT -> SURV
>>> round(fit_solution(conservative(table)).models[0].inclusion, 3)
0.994

Words. A *configuration* is a row of the truth table; its *code* reads the conditions as binary digits, the
first one the highest (R's row number is 1 + code). A *term* is a conjunction such as `DEV*~LIT`, a *model* a
disjunction of terms that covers all positive rows with as few terms as can be, a *solution* all such models:
where there are several it is ambiguous, and a table that prints one of them has chosen. Terms are pairs of
bit masks (`Term`, `Model`); `write`, `write_model` and `parse` turn them into text and back.

Calibration (Ragin 2008, ch. 5; Dusa 2019, ch. 4)
    `direct`       log odds between three anchors, rising or falling
    `piecewise`    straight or bent lines between three anchors
    `ecdf`         along the distribution of the data between three anchors
    `bell`         six anchors: a set of middling values, or of extremes
    `indirect`     groups smoothed by a fractional logit
    `tfr`          ordered categories, totally fuzzy and relative (Cheli & Lemmi 1995)
    `crisp`        cuts; two or more make a multi-value set

Data
    `sets`         checked memberships (`Sets`); `strict=False` lets through what R's QCA does
    `negate`, `select`       the negated outcome; some of the cases

Necessity (Schneider & Wagemann 2012, ch. 3 and 9)
    `single_sets`            inclusion, relevance and coverage of every condition and its negation
    `necessary_sets`         conjunctions and minimal disjunctions by cut-offs (`NecessarySet`)
    `necessity_fit`          of any membership (`Necessity`)

Sufficiency (Ragin 1987, 2008; Dusa 2019)
    `truth_table`            rows with inclusion, PRI, cases and output (`TruthTable`)
    `cut_anew`               the same rows under other cut-offs or exclusions
    `configuration`          a row as a term
    `conservative`           no assumptions on remainders (R calls it complex)
    `parsimonious`           every remainder that helps
    `intermediate`           remainders in line with directional expectations, a `Pair` of models at a time
    `of_pair`                one pair as a `Solution` of its own
    `chart_written`          prime implicants and the rows they cover
    `covered_by`             rows that a model covers
    `sufficiency`            inclusion, PRI and coverage of any membership (`Sufficiency`)
    `fit_solution`, `fit_model`   of terms, models and solution (`SolutionFit`, `ModelFit`, `TermFit`)

Counterfactuals (Ragin & Sonnett 2005; Schneider & Wagemann 2012, ch. 8)
    `assumptions`            simplifying assumptions of a model; a `Pair` divides them into easy and difficult
    `matching_rows`          remainders that belong to an expression
    `contradictory_assumptions`   assumed for the outcome and for its negation (`negated_table`)
    `simultaneous_subsets`   rows sufficient for both
    `untenable`              all of these, to be excluded in an enhanced standard analysis

Reading a solution
    `roles`, `marks`         core and peripheral conditions (Fiss 2011; `Roles`)
    `skewness`               sets with few cases on one side (`Skew`)
    `ambiguity`              number of models of each kind

Holding up (Oana & Schneider 2018, 2021; Garcia-Castro & Arino 2016)
    `incl_cut_range`, `pri_cut_range`, `n_cut_range`   where a cut-off changes nothing, exactly (`Range`)
    `anchor_range`           the same of a calibration anchor, to the last digit
    `robust_fit`             fit of the robust core over all test solutions (`FitRobustness`)
    `robust_cases`           robust, shaky and possible cases (`CaseRobustness`)
    `panel_fit`              pooled, between periods and within units, with distances (`PanelFit`, `Spread`)

Conventions are named in `Rules`: `R` (the default) is what R's package QCA does, `TEXTBOOK` what the books
say. `Effort` bounds the search in hard charts, by work and not by time; a size or a count that is not proved
says so (`size_at_least`, `count_is_exact`, `is_proved`), and `Effort(cells=math.inf)` proves every size.
Whatever is wrong with data or settings is an `FsqcaError` of one sentence.

Sources
    Baumgartner, M. and Thiem, A. (2017). Model ambiguities in configurational comparative research.
        Sociological Methods & Research 46(4), 954-987.
    Cheli, B. and Lemmi, A. (1995). A "totally" fuzzy and relative approach to the multidimensional analysis
        of poverty. Economic Notes 24, 115-134.
    Dusa, A. (2019). QCA with R. A Comprehensive Resource. Springer.
    Fiss, P. C. (2011). Building better causal theories. Academy of Management Journal 54(2), 393-420.
    Forrest, J. J. and Goldfarb, D. (1992). Steepest-edge simplex algorithms for linear programming.
        Mathematical Programming 57, 341-374.
    Gao, C., Yao, X., Weise, T. and Li, J. (2015). An efficient local search heuristic with row weighting for
        the unicost set covering problem. European Journal of Operational Research 246(3), 750-761.
    Garcia-Castro, R. and Arino, M. A. (2016). A general approach to panel data set-theoretic research.
        Journal of Advances in Management Sciences & Information Systems 2, 63-76.
    Oana, I.-E. and Schneider, C. Q. (2018). SetMethods: an add-on R package for advanced QCA. The R Journal
        10(1), 507-533.
    Oana, I.-E. and Schneider, C. Q. (2021). A robustness test protocol for applied QCA. Sociological Methods
        & Research 53(1), 57-88.
    Ragin, C. C. (2008). Redesigning Social Inquiry. University of Chicago Press.
    Ragin, C. C. and Sonnett, J. (2005). Between complexity and parsimony. In Vergleichen in der
        Politikwissenschaft, 180-197.
    Ryan, D. M. and Foster, B. A. (1981). An integer programming approach to scheduling. In Computer
        Scheduling of Public Transport, 269-280.
    Schneider, C. Q. and Wagemann, C. (2012). Set-Theoretic Methods for the Social Sciences. Cambridge
        University Press.
"""

from harness.estimators.fsqca.calibration import bell, crisp, direct, ecdf, indirect, piecewise, tfr
from harness.estimators.fsqca.checks import Skew, ambiguity, skewness
from harness.estimators.fsqca.core import Roles, marks, roles
from harness.estimators.fsqca.counterfactuals import (
    contradictory_assumptions,
    matching_rows,
    negated_table,
    simultaneous_subsets,
    untenable,
)
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
from harness.estimators.fsqca.smallest import Effort
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
    "ecdf",
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
