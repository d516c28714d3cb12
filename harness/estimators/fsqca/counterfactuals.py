"""Rows on which no assumption should be made: the exclusions of the enhanced standard analysis."""

from collections.abc import Iterable
from contextlib import suppress

import numpy as np

from harness.estimators.fsqca.data import negate
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.smallest import Effort
from harness.estimators.fsqca.solution import Flags, assumptions, covered_by, parsimonious
from harness.estimators.fsqca.table import Codes, TruthTable, truth_table
from harness.estimators.fsqca.terms import parse


def matching_rows(table: TruthTable, expression: str, observed: bool = False) -> Codes:
    """
    Codes of the remainders that belong to *expression*, e.g. `A*~B + C`.

    observed : the observed rows as well
    """
    codes = np.flatnonzero(covered_by(parse(expression, table.data.conditions), table.data.k))
    return codes[observed | ~_seen(table)[codes]].astype(np.int64)


def _seen(table: TruthTable) -> Flags:
    seen = np.zeros(2**table.data.k, dtype=np.bool_)
    seen[table.positive] = True
    seen[table.negative] = True
    return seen


def negated_table(table: TruthTable) -> TruthTable:
    """
    The truth table of the negated outcome with the same cut-offs.

    Of two inclusion cut-offs the second holds for both: below it, rows are negative (R's findRows).
    """
    return truth_table(negate(table.data), table.incl_cut[1], table.pri_cut, table.n_cut, rules=table.rules)


def contradictory_assumptions(
    table: TruthTable, negated: TruthTable | None = None, most: int = 1000, effort: Effort | None = None
) -> Codes:
    """
    Remainders that the parsimonious solutions of the outcome and of its negation both assume to be positive
    (Yamasaki & Rihoux 2009; Schneider & Wagemann 2012, ch. 8), over all of their models.

    negated : the table of the negated outcome; by default with the same cut-offs
    Raises FsqcaError where one of the two has no solution.
    """
    both = [_assumed(t, most, effort) for t in (table, negated or negated_table(table))]
    return np.flatnonzero(both[0] & both[1]).astype(np.int64)


def _assumed(table: TruthTable, most: int, effort: Effort | None) -> Flags:
    assumed = np.zeros(2**table.data.k, dtype=np.bool_)
    for model in parsimonious(table, most, effort).models:
        assumed[assumptions(table, model)] = True
    return assumed


def simultaneous_subsets(table: TruthTable, negated: TruthTable | None = None) -> Codes:
    """
    Observed rows that are positive for the outcome and for its negation alike: only fuzzy sets can be so, and
    their PRI is low (Schneider & Wagemann 2012, ch. 9).
    """
    return np.intersect1d(table.positive, (negated or negated_table(table)).positive)


def untenable(
    table: TruthTable, necessary: Iterable[str] = (), negated: TruthTable | None = None
) -> tuple[int, ...]:
    """
    Codes to exclude in an enhanced standard analysis (Schneider & Wagemann 2012, ch. 8).

    They are the contradictory simplifying assumptions, the simultaneous subsets, and the remainders that lie
    outside a necessary set: if A is necessary for the outcome, no configuration with ~A can be assumed to
        show it.
    Build the truth table again with `exclude=untenable(table)`.

    necessary : sets found necessary, as single literals or disjunctions: `A`, `A+~B`
    An outcome of which one side has no solution has no contradictory assumptions.
    """
    rows = set(map(int, simultaneous_subsets(table, negated)))
    with suppress(FsqcaError):  # nothing is assumed on a side that has no solution
        rows |= set(map(int, contradictory_assumptions(table, negated)))
    for expression in necessary:
        inside = covered_by(parse(expression, table.data.conditions), table.data.k)
        rows |= set(map(int, np.flatnonzero(~inside & ~_seen(table))))
    return tuple(sorted(rows))
