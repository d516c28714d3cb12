"""How configurations, terms, models and necessary sets are written as the terms of cells."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from harness.spec.fuzzy_set import term_fault

CONFIGURATION_PARTS = ("truth_table", "solution", "necessity", "panel", "robustness")
SOLUTIONS = ("conservative", "parsimonious", "intermediate")
Kind = Literal["solution", "model", "term", "unique", "literal"]


class Address(NamedTuple):
    """
    What a term of part `solution` is about.

    Attributes:
        solution: conservative, parsimonious or intermediate
        kind: the whole solution; a model; a term; a term in one of several models; a literal of a term
        terms: of the model, or the one term; none of the whole solution
        inner: the term in the model, or the literal in the term; "" else
    """

    solution: str
    kind: Kind
    terms: tuple[str, ...] = ()
    inner: str = ""


def of_solution(solution: str) -> str:
    """
    >>> of_solution("intermediate")
    'intermediate:solution'
    """
    return f"{solution}:solution"


def of_term(solution: str, term: str, literal: str = "") -> str:
    """
    A term; with *literal*, that condition in it.

    >>> of_term("intermediate", "A*~B", "~B")
    'intermediate:A*~B|~B'
    """
    return f"{solution}:{term}|{literal}" if literal else f"{solution}:{term}"


def of_model(solution: str, terms: Collection[str], term: str = "") -> str:
    """
    A model, its terms sorted; with *term*, that term in it.

    >>> of_model("parsimonious", ["C", "A*~B"], "C")
    'parsimonious:model:A*~B + C|C'
    """
    model = f"{solution}:model:{' + '.join(sorted(terms))}"
    return f"{model}|{term}" if term else model


def of_group(term: str, key: str, label: str) -> str:
    """
    A term, a model or a set among the rows of one period or one entity.

    >>> of_group("intermediate:A*~B", "year", "2005")
    'intermediate:A*~B|year=2005'
    """
    return f"{term}|{key}={label}"


def of_setting(term: str, name: str) -> str:
    """
    A solution or a model as a test, or a setting, tries it.

    >>> of_setting("parsimonious:solution", "calibration.A.crossover")
    'parsimonious:solution|calibration.A.crossover'
    """
    return f"{term}|{name}"


def read(term: str) -> Address | None:
    """
    What a term of part `solution` is about, None where it is none.

    >>> read("parsimonious:model:A*~B + C|C")
    Address(solution='parsimonious', kind='unique', terms=('A*~B', 'C'), inner='C')
    """
    solution, colon, rest = term.partition(":")
    if solution not in SOLUTIONS or not colon or not rest:
        return None
    if rest == "solution":
        return Address(solution, "solution")
    body, bar, inner = rest.partition("|")
    if bool(bar) != bool(inner):
        return None
    if body.startswith("model:"):
        terms = tuple(body.removeprefix("model:").split(" + "))
        return Address(solution, "unique" if bar else "model", terms, inner)
    return Address(solution, "literal" if bar else "term", (body,), inner)


def configuration_fault(part: str, term: str, conditions: Sequence[str]) -> str:
    """What is wrong with a *term* of a part of CONFIGURATION_PARTS, "" where nothing is."""
    if part == "truth_table":
        return _row_fault(term, conditions)
    if part == "necessity":
        return term_fault(term, conditions, "+" if "+" in term else "*")
    if part == "panel":
        return _panel_fault(term, conditions)
    return _solution_fault(term if part == "solution" else term.partition("|")[0], conditions)


def _row_fault(term: str, conditions: Sequence[str]) -> str:
    fault = term_fault(term, conditions)
    if not fault and len(term.split("*")) < len(conditions):
        return f"'{term}' is no whole configuration. Name every condition, as in {'*'.join(conditions)}"
    return fault


def _solution_fault(term: str, conditions: Sequence[str]) -> str:
    address = read(term)
    if address is None:
        forms = "<solution>:A*~B, <solution>:model:A*~B + C or <solution>:solution"
        return (
            f"'{term}' names nothing of a solution. Write {forms}, <solution> one of {', '.join(SOLUTIONS)}"
        )
    for one in address.terms:
        if fault := term_fault(one, conditions):
            return fault
    if list(address.terms) != sorted(address.terms):
        return f"the terms of '{term}' are not sorted. Write {of_model(address.solution, address.terms)}"
    inside = address.terms[0].split("*") if address.kind == "literal" else address.terms
    if address.inner and address.inner not in inside:
        return f"'{term}': {address.inner} does not stand before the |, in {' + '.join(address.terms)}"
    return ""


def _panel_fault(term: str, conditions: Sequence[str]) -> str:
    subject, bar, group = term.partition("|")
    if bar and not all(group.partition("=")):
        return f"'{term}': '{group}' is no period and no entity. Write {subject}|year=2005"
    if ":" in subject:
        return _solution_fault(subject, conditions)
    return configuration_fault("necessity", subject, conditions)
