"""Configurations told of an outcome beside those told of its absence, in the same sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from harness.audit.page import Column
from harness.result import Finding
from harness.spec import FuzzySet
from harness.spec.configuration_terms import read

_MEMBERSHIP = (0.0, 1.0)


def findings(columns: Sequence[Column]) -> Iterator[Finding]:
    """
    Where a configuration of the outcome and one of its absence lie within each other.

    Possible (a small part of a consistent set may lead elsewhere, and fuzzy sets may be consistent with an
    outcome and its absence alike), and notable: of the cases in both the paper says two opposite things.
    """
    for present, absent in product(columns, columns):
        if _are_opposites(present, absent):
            for (kind, one), (same, other) in product(_terms(present), _terms(absent)):
                if kind == same and (_within(one, other) or _within(other, one)):
                    yield _finding(present, one, absent, other)


def _are_opposites(present: Column, absent: Column) -> bool:
    """Whether the second is of the absence of the first one's outcome, on the same rows."""
    a, b = present.model, absent.model
    return (
        isinstance(a, FuzzySet)
        and isinstance(b, FuzzySet)
        and (f"~{a.outcome}", a.sample) == (b.outcome, b.sample)
    )


def _terms(column: Column) -> Iterator[tuple[str, str]]:
    """Solution and configuration of every one that is printed."""
    for address in map(read, column.terms("solution")):
        if address is not None and address.kind == "term":
            yield address.solution, address.terms[0]


def _within(inner: str, outer: str) -> bool:
    """Whether every case of *inner* is one of *outer*, which asks for less."""
    return set(outer.split("*")) <= set(inner.split("*"))


def _finding(present: Column, one: str, absent: Column, other: str) -> Finding:
    inner, outer = (one, other) if _within(one, other) else (other, one)
    outcomes = [column.model.outcome for column in (present, absent) if isinstance(column.model, FuzzySet)]
    words = (
        f"{one} is told of {outcomes[0]} and {other} of {outcomes[1]}, in the same sample; every case of "
        f"{inner} is one of {outer}, and is said to lead both ways"
    )
    printed = f"{present.name}: {one}; {absent.name}: {other}"
    return Finding("opposites", "", one, printed, "possible", _MEMBERSHIP, _MEMBERSHIP, words, notable=True)
