"""Core and peripheral conditions of the terms of an intermediate solution."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.estimators.fsqca.terms import Model, Term, bit


@dataclass(frozen=True)
class Roles:
    """
    The literals of one term, in two groups.

    Attributes:
        term: the term of the intermediate (or conservative) model
        core: its literals that stand in a parsimonious term too
        peripheral: the others
    """

    term: Term
    core: Term
    peripheral: Term


def roles(model: Model, parsimonious: Model) -> tuple[Roles, ...]:
    """
    Which conditions are core, which peripheral (Fiss 2011): a literal is core where a parsimonious term that
    contains the term has it as well.

    model : terms of an intermediate model
    parsimonious : the parsimonious model beside which it stands (that of its pair, where there are several)
    Returns one entry a term, in the order of *model*.
    """
    return tuple(_roles(term, parsimonious) for term in model)


def _roles(term: Term, parsimonious: Model) -> Roles:
    care = 0
    for wide in parsimonious:
        if term in wide:
            care |= wide.care
    rest = term.care & ~care
    return Roles(term, Term(care, term.value & care), Term(rest, term.value & rest))


def marks(roles: Roles, conditions: Sequence[str]) -> dict[str, str]:
    """
    The column of a configuration chart, e.g. {"A": "core present", "B": "peripheral absent", "C": ""}.

    >>> marks(Roles(Term(6, 4), core=Term(4, 4), peripheral=Term(2, 0)), ("A", "B", "C"))
    {'A': 'core present', 'B': 'peripheral absent', 'C': ''}
    """
    k = len(conditions)
    return {name: _mark(roles, bit(j, k)) for j, name in enumerate(conditions)}


def _mark(roles: Roles, flag: int) -> str:
    if not roles.term.care & flag:
        return ""
    role = "core" if roles.core.care & flag else "peripheral"
    return f"{role} {'present' if roles.term.value & flag else 'absent'}"
