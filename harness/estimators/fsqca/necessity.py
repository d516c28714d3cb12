"""Necessary sets: single sets, conjunctions, and disjunctions none of whose parts is necessary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from harness.estimators.fsqca.data import Array, Sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import Necessity, necessity_fit, ratio
from harness.estimators.fsqca.rules import R, Rules
from harness.estimators.fsqca.table import reaches
from harness.estimators.fsqca.terms import Term, bit, write

_CELLS_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class NecessarySet:
    """
    A set that may be necessary for the outcome.

    Attributes:
        text: `A`, `~A`, `A*B` or `A+~B`, literals in the order of the conditions
        term: the literals
        is_disjunction: whether they are joined by "or"
        inclusion, ron, coverage: see `Necessity`
    """

    text: str
    term: Term
    is_disjunction: bool
    inclusion: float
    ron: float
    coverage: float


def single_sets(data: Sets) -> tuple[NecessarySet, ...]:
    """Each condition, then each negated condition, as a necessary set (R's pofind)."""
    k = data.k
    terms = [Term(bit(j, k), bit(j, k) * positive) for positive in (1, 0) for j in range(k)]
    return tuple(
        _as_set(data, term, False, necessity_fit(data.in_term(term), data.membership)) for term in terms
    )


def necessary_sets(
    data: Sets,
    incl_cut: float = 0.9,
    ron_cut: float = 0.0,
    cov_cut: float = 0.0,
    disjunctions: bool = True,
    depth: int | None = None,
    rules: Rules = R,
) -> tuple[NecessarySet, ...]:
    """
    What is necessary for the outcome by these cut-offs (Schneider & Wagemann 2012, ch. 3 and 9; R's
    superSubset).

    Conjunctions: all that reach incl_cut (with a conjunction all its parts do); a part of a listed
        conjunction is
    listed too. Disjunctions of two literals or more: those of which no part reaches incl_cut by itself (with
    a disjunction everything that contains it would).

    depth : literals at most
    Returns conjunctions, then disjunctions, each by number of literals.
    Raises FsqcaError for cut-offs outside 0..1.
    """
    for name, cut in (("incl_cut", incl_cut), ("ron_cut", ron_cut), ("cov_cut", cov_cut)):
        if not 0 <= cut <= 1:
            raise FsqcaError(f"necessity: {name} is {cut}; it must lie in 0..1.")
    found = _search(data, False, incl_cut, depth, rules)
    if disjunctions:
        found += _search(data, True, incl_cut, depth, rules)
    return tuple(item for item in found if _passes(item, ron_cut, cov_cut, rules))


def _passes(item: NecessarySet, ron_cut: float, cov_cut: float, rules: Rules) -> bool:
    return bool(
        reaches(np.array(item.ron), ron_cut, rules) and reaches(np.array(item.coverage), cov_cut, rules)
    )


def _search(data: Sets, either: bool, incl_cut: float, depth: int | None, rules: Rules) -> list[NecessarySet]:
    """
    Level by level. A conjunction is tried where all its parts reach the cut-off, a disjunction where
    none does.
    """
    found: list[NecessarySet] = []
    open_terms: set[Term] | None = None
    for size in range(1, min(depth or data.k, data.k) + 1):
        candidates = list(_candidates(data.k, size, open_terms))
        if not candidates:
            break
        fits = [fit for block in _blocks(candidates, data.n) for fit in _fits(data, block, either)]
        passed = reaches(np.array([fit.inclusion for fit in fits]), incl_cut, rules)
        if not either or size > 1:
            found += [
                _as_set(data, term, either, fit)
                for term, fit, ok in zip(candidates, fits, passed, strict=True)
                if ok
            ]
        open_terms = {term for term, ok in zip(candidates, passed, strict=True) if ok != either}
    return found


def _candidates(k: int, size: int, parts: set[Term] | None) -> Iterator[Term]:
    """Terms of *size* literals all of whose parts with one literal less are among *parts*."""
    for positions in combinations(range(k), size):
        flags = [bit(j, k) for j in positions]
        for signs in product((1, 0), repeat=size):
            term = Term(sum(flags), sum(flag for flag, sign in zip(flags, signs, strict=True) if sign))
            if parts is None or all(Term(term.care & ~f, term.value & ~f) in parts for f in flags):
                yield term


def _blocks(terms: Sequence[Term], n: int) -> Iterator[Sequence[Term]]:
    length = max(1, _CELLS_AT_ONCE // n)
    for start in range(0, len(terms), length):
        yield terms[start : start + length]


def _fits(data: Sets, terms: Sequence[Term], either: bool) -> Iterator[Necessity]:
    """A disjunction is what is not in the conjunction of the negated literals (de Morgan)."""
    y = data.membership
    X = np.array([_membership(data, term, either) for term in terms])
    both = np.minimum(X, y)
    inclusion = ratio(both.sum(axis=1), y.sum())
    ron = ratio((1 - X).sum(axis=1), (1 - both).sum(axis=1))
    coverage = ratio(both.sum(axis=1), X.sum(axis=1))
    for row in zip(inclusion, ron, coverage, strict=True):
        yield Necessity(*map(float, row))


def _membership(data: Sets, term: Term, either: bool) -> Array:
    if not either:
        return data.in_term(term)
    k = data.k
    literals = [Term(bit(j, k), term.value & bit(j, k)) for j in range(k) if term.care & bit(j, k)]
    return data.in_model(literals)


def _as_set(data: Sets, term: Term, either: bool, fit: Necessity) -> NecessarySet:
    text = write(term, data.conditions)
    return NecessarySet(
        text.replace("*", "+") if either else text, term, either, fit.inclusion, fit.ron, fit.coverage
    )
