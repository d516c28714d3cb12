"""Parameters of fit of the terms and of the models of a solution."""

from dataclasses import dataclass

import numpy as np

from harness.estimators.fsqca.data import Array, Sets
from harness.estimators.fsqca.fit import Sufficiency, ratio, sufficiency
from harness.estimators.fsqca.rules import R, Rules
from harness.estimators.fsqca.solution import Solution
from harness.estimators.fsqca.terms import Model, Term


@dataclass(frozen=True)
class TermFit:
    """
    One term of a model.

    Attributes:
        term: the conjunction
        inclusion, pri, coverage: of the term (see Sufficiency)
        unique_coverage: what the model's coverage loses without the term
    """

    term: Term
    inclusion: float
    pri: float
    coverage: float
    unique_coverage: float


@dataclass(frozen=True)
class ModelFit:
    """
    One model.

    Attributes:
        model: its terms
        terms: fits in the order of *model*
        inclusion, pri, coverage: of the whole disjunction
    """

    model: Model
    terms: tuple[TermFit, ...]
    inclusion: float
    pri: float
    coverage: float


@dataclass(frozen=True)
class SolutionFit:
    """
    All models of a solution.

    Attributes:
        models: fits in the order of the solution's models
        overall: terms of all models together, unique coverage against the union of them all; the parameters
            of the same model where there is only one
    """

    models: tuple[ModelFit, ...]
    overall: ModelFit


def fit_solution(solution: Solution, most: int = 100) -> SolutionFit:
    """
    Parameters of fit of the first *most* models (Ragin 2008, ch. 3), by the rules of the truth table.

    With R's rules a coverage below 1e-5 is 0, in one of several models already below 1e-4.
    """
    data, rules = solution.table.data, solution.table.rules
    models = solution.models[:most]
    union = tuple(sorted({term for model in models for term in model}))
    many = solution.n_models > 1
    memberships = {term: data.in_term(term) for term in union}
    single = {term: sufficiency(x, data.membership) for term, x in memberships.items()}
    fits = tuple(_fit(model, memberships, single, data.membership, many, rules) for model in models)
    overall = _fit(union, memberships, single, data.membership, False, rules) if many else fits[0]
    return SolutionFit(fits, overall)


def fit_model(data: Sets, model: Model, rules: Rules = R) -> ModelFit:
    """Parameters of fit of any disjunction of terms, as a sufficient set for the outcome of *data*."""
    memberships = {term: data.in_term(term) for term in model}
    single = {term: sufficiency(x, data.membership) for term, x in memberships.items()}
    return _fit(model, memberships, single, data.membership, False, rules)


def _fit(
    model: Model,
    memberships: dict[Term, Array],
    single: dict[Term, Sufficiency],
    y: Array,
    many: bool,
    rules: Rules,
) -> ModelFit:
    X = np.array([memberships[term] for term in model])
    limit = rules.zero_below_many if many else rules.zero_below
    unique = _zeroed(_unique(X, y, rules), limit)
    coverage = _zeroed(np.array([single[term].coverage for term in model]), limit)
    terms = tuple(
        TermFit(term, single[term].inclusion, single[term].pri, float(coverage[i]), float(unique[i]))
        for i, term in enumerate(model)
    )
    whole = sufficiency(X.max(axis=0), y)
    return ModelFit(model, terms, whole.inclusion, whole.pri, whole.coverage)


def _unique(X: Array, y: Array, rules: Rules) -> Array:
    """
    (m,) coverage of all rows of X less that of all rows but one, by maxima from the left and from the
    right.
    """
    if len(X) == 1 and rules.lone_unique == "undefined":
        return np.array([np.nan])
    nothing = np.zeros((1, X.shape[1]))
    left = np.concatenate((nothing, np.maximum.accumulate(X)[:-1]))
    right = np.concatenate((np.maximum.accumulate(X[::-1])[::-1][1:], nothing))
    others = np.minimum(np.maximum(left, right), y).sum(axis=1)
    return ratio(np.minimum(X.max(axis=0), y).sum() - others, y.sum())


def _zeroed(values: Array, limit: float) -> Array:
    return np.where(values < limit, 0.0, values)
