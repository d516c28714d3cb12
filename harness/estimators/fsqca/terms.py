"""Conjunctions of conditions as pairs of bit masks, with their notation `A*~B`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.estimators.fsqca.errors import FsqcaError


@dataclass(frozen=True, order=True)
class Term:
    """
    A conjunction of literals over k conditions; the first condition is the highest of the k bits.

    Attributes:
        care: bits of the conditions that stand in the term
        value: bits of those that stand in it unnegated; a subset of *care*
    A configuration (a row of the truth table) is the term that cares for every condition; its *value* is the
    row's code, and 1 + code is the row number in R's QCA.
    """

    care: int
    value: int

    def __contains__(self, other: object) -> bool:
        """Whether *other* is a subset of this term: it has at least this term's literals."""
        if not isinstance(other, Term):
            return False
        return other.care & self.care == self.care and other.value & self.care == self.value

    def covers(self, code: int) -> bool:
        """Whether the configuration with this code belongs to the term."""
        return code & self.care == self.value

    @property
    def n_literals(self) -> int:
        return self.care.bit_count()


Model = tuple[Term, ...]


def bit(position: int, k: int) -> int:
    """The bit of the condition at *position* (from 0) of *k*."""
    return 1 << (k - 1 - position)


def write(term: Term, conditions: Sequence[str]) -> str:
    """
    A term in the order of the conditions; `1` where it has no literal.

    >>> write(Term(care=0b110, value=0b100), ("A", "B", "C"))
    'A*~B'
    """
    k = len(conditions)
    literals = [
        name if term.value & bit(j, k) else f"~{name}"
        for j, name in enumerate(conditions)
        if term.care & bit(j, k)
    ]
    return "*".join(literals) or "1"


def write_model(model: Iterable[Term], conditions: Sequence[str], by: str = " + ") -> str:
    """
    A disjunction, its terms sorted as text.

    >>> write_model([Term(0b01, 0b01), Term(0b10, 0b00)], ("A", "B"))
    'B + ~A'
    """
    return by.join(sorted(write(term, conditions) for term in model))


def parse(text: str, conditions: Sequence[str]) -> Model:
    """
    The disjunction written in *text*, e.g. `A*~B + C`, in the order written.

    Raises FsqcaError for an unknown condition, an empty term, or a condition beside its own negation.

    >>> parse("A*~B + B", ("A", "B"))
    (Term(care=3, value=2), Term(care=1, value=1))
    """
    return tuple(_term(part, text, conditions) for part in text.split("+"))


def _term(part: str, text: str, conditions: Sequence[str]) -> Term:
    care = value = 0
    for literal in part.split("*"):
        name = literal.strip().removeprefix("~").strip()
        if name not in conditions:
            raise FsqcaError(
                f"'{text}': '{name}' is not a condition; the conditions are {', '.join(conditions)}."
            )
        flag = bit(list(conditions).index(name), len(conditions))
        positive = not literal.strip().startswith("~")
        if care & flag and bool(value & flag) != positive:
            raise FsqcaError(f"'{text}': {part.strip()} holds {name} and ~{name}; write one of them.")
        care |= flag
        value |= flag if positive else 0
    return Term(care, value)
