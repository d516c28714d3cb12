"""Cases with their memberships in the conditions and in the outcome, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.terms import Term, bit

Array = NDArray[np.float64]
MOST_CONDITIONS = 24  # prime implicants take 8 bytes for each of 2^k subsets of the conditions


@dataclass(frozen=True)
class Sets:
    """
    Calibrated data.

    Attributes:
        conditions: k names, in the order in which terms are written
        memberships: (k, n) in [0, 1]
        outcome: name, with ~ where it is negated
        membership: (n,) in the outcome as named: 1 - y for ~Y
        cases: n names
    """

    conditions: tuple[str, ...]
    memberships: Array
    outcome: str
    membership: Array
    cases: tuple[str, ...]

    @property
    def k(self) -> int:
        return len(self.conditions)

    @property
    def n(self) -> int:
        return len(self.cases)

    def in_term(self, term: Term) -> Array:
        """
        (n,) membership in a conjunction: the smallest of its literals (Ragin 2008), 1 where it has
        none.
        """
        result = np.ones(self.n)
        for j in range(self.k):
            if term.care & bit(j, self.k):
                row = self.memberships[j]
                np.minimum(result, row if term.value & bit(j, self.k) else 1 - row, out=result)
        return result

    def in_model(self, model: Sequence[Term]) -> Array:
        """(n,) membership in a disjunction: the largest of its terms, 0 where it has none."""
        result = np.zeros(self.n)
        for term in model:
            np.maximum(result, self.in_term(term), out=result)
        return result


def sets(
    columns: Mapping[str, ArrayLike],
    outcome: str,
    conditions: Sequence[str],
    cases: Sequence[Any] | None = None,
    strict: bool = True,
) -> Sets:
    """
    Calibrated data, checked.

    columns : name to (n,) memberships; others than those named may be there
    outcome : name, or ~name for the negated outcome (1 - y)
    conditions : names, in the order of terms
    cases : (n,) unique names; 1..n where omitted
    strict : False lets through what R's QCA lets through: values below 0, a condition that does not vary, and
        case names that occur twice
    Raises FsqcaError for a name that is unknown, doubled, or holds a blank or one of `*+~`, for values
    outside 0..1 or missing, for the outcome among the conditions, and for what *strict* says.
    """
    name = outcome.removeprefix("~")
    _check_names(columns, name, conditions)
    y = _column(columns, name, strict)
    labels = _cases(cases, len(y), strict)
    rows = [_column(columns, item, strict) for item in conditions]
    _check_lengths(rows, y, labels, conditions)
    k_by_n = np.array(rows)
    if strict:
        _check_variation(k_by_n, y, (*conditions, name))
    negated = outcome.startswith("~")
    return Sets(tuple(conditions), k_by_n, outcome, 1 - y if negated else y, labels)


def _check_names(columns: Mapping[str, ArrayLike], outcome: str, conditions: Sequence[str]) -> None:
    if not conditions:
        raise FsqcaError("There are no conditions; name at least one.")
    if len(conditions) > MOST_CONDITIONS:
        raise FsqcaError(
            f"There are {len(conditions)} conditions; at most {MOST_CONDITIONS} can be analysed."
        )
    if outcome in conditions:
        raise FsqcaError(f"The outcome {outcome} is also a condition; take it out of the conditions.")
    for item in (*conditions, outcome):
        if not item or any(mark in item for mark in "*+~") or any(mark.isspace() for mark in item):
            raise FsqcaError(
                f"'{item}' cannot be the name of a set: blanks and the marks * + ~ have a meaning in terms; "
                "rename the column."
            )
        if item not in columns:
            raise FsqcaError(f"There is no column {item}; the data have {', '.join(map(str, columns))}.")
    doubled = sorted({item for item in conditions if list(conditions).count(item) > 1})
    if doubled:
        raise FsqcaError(f"{', '.join(doubled)} is named twice among the conditions; name it once.")


def _column(columns: Mapping[str, ArrayLike], name: str, strict: bool) -> Array:
    try:
        values = np.asarray(columns[name], dtype=np.float64)
    except (TypeError, ValueError):
        raise FsqcaError(f"{name} holds text; calibrate it to numbers from 0 to 1.") from None
    if values.ndim != 1:
        raise FsqcaError(f"{name} has {values.ndim} dimensions; a set is one list of memberships.")
    refuse_missing(values, name)
    wrong = (values > 1) | (values < 0) if strict else values > 1
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FsqcaError(f"{name} is {values[row]:g} in row {row + 1}, outside 0..1: calibrate it first.")
    return values


def refuse_missing(values: Array, name: str) -> None:
    """Raises FsqcaError at the first value that is NaN or infinite."""
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FsqcaError(f"{name} has no number in row {row + 1}: drop the case or fill the value in.")


def _cases(cases: Sequence[Any] | None, n: int, strict: bool) -> tuple[str, ...]:
    labels = tuple(str(item) for item in cases) if cases is not None else tuple(map(str, range(1, n + 1)))
    if strict and len(set(labels)) < len(labels):
        double = next(item for item in labels if labels.count(item) > 1)
        raise FsqcaError(
            f"Case {double} occurs twice and would count twice: give every case a name of its own "
            "(unit and year)."
        )
    return labels


def _check_lengths(rows: Sequence[Array], y: Array, labels: Sequence[str], conditions: Sequence[str]) -> None:
    if any(len(row) != len(y) for row in rows) or len(labels) != len(y):
        raise FsqcaError(
            f"The outcome has {len(y)} cases; the conditions {', '.join(conditions)} and the case names must "
            "have as many."
        )
    if not len(y):
        raise FsqcaError("There are no cases; look at the sample.")


def _check_variation(X: Array, y: Array, names: Sequence[str]) -> None:
    for name, row in zip(names, (*X, y), strict=True):
        if row.min() == row.max():
            raise FsqcaError(
                f"{name} is {row[0]:g} in all {len(row)} cases: what does not vary explains nothing; "
                "leave it out or calibrate it anew."
            )


def negate(data: Sets) -> Sets:
    """The same cases with the outcome negated."""
    name = data.outcome.removeprefix("~") if data.outcome.startswith("~") else f"~{data.outcome}"
    return replace(data, outcome=name, membership=1 - data.membership)


def select(data: Sets, rows: NDArray[np.bool_]) -> Sets:
    """The cases where *rows*, (n,), is true."""
    kept = tuple(case for case, keep in zip(data.cases, rows, strict=True) if keep)
    return replace(data, memberships=data.memberships[:, rows], membership=data.membership[rows], cases=kept)
