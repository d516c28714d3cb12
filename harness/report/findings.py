"""What a forge is told of a run: each discrepancy and each failed fit, the worst first, with its place."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from harness.report.digits import shown
from harness.report.verdicts import LOOKS
from harness.result import DISCREPANCIES, GOLDEN, PUBLISHED, Comparison, Outcome, Pair

Level = Literal["error", "warning"]
ERRORED = "errored"  # the rule of a fit that failed
RULES = (ERRORED, *DISCREPANCIES)  # worst first
_ERRORS = frozenset((ERRORED, "missing", "extra", "sign_flip", "significance_flip"))
_REFERENCES = (PUBLISHED, GOLDEN)


class Place(NamedTuple):
    """A file as the repository has it, with forward slashes, and a line from 1."""

    file: str
    line: int


class Finding(NamedTuple):
    """
    One discrepancy, or one fit that failed.

    Attributes:
        rule: the verdict, or ERRORED
        address: spec, column, reference, candidate, part, term, measure: what stays the same from run to run
        place: the line of published.csv that has the number, else the line of the spec that has the column
    """

    rule: str
    address: tuple[str, ...]
    text: str
    place: Place

    @property
    def level(self) -> Level:
        return "error" if self.rule in _ERRORS else "warning"

    @property
    def fingerprint(self) -> str:
        """Of rule and address: moving a line, or another value of the number, changes nothing."""
        return hashlib.sha256("\0".join((self.rule, *self.address)).encode()).hexdigest()[:32]


class Places(NamedTuple):
    """Where a spec's parts stand: its file, its published.csv, and the line of each column's key."""

    spec: str
    published: str
    columns: Mapping[str, int]


def findings(outcomes: Sequence[Outcome], places: Mapping[str, Places]) -> list[Finding]:
    """Everything to be told, the worst first; of equal rank first the print, then the golden files."""
    found = [finding for outcome in outcomes for finding in _of(outcome, places[outcome.spec.id])]
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[int, int]:
    reference = finding.address[2]
    return RULES.index(finding.rule), _REFERENCES.index(reference) if reference in _REFERENCES else 2


def _of(outcome: Outcome, places: Places) -> Iterator[Finding]:
    for result in outcome.results:
        if result.status == "errored":
            failed = (outcome.spec.id, result.column, "", result.engine, "", "", "")
            text = f"{outcome.spec.id} ({result.column}) {result.engine} was not fitted: {result.message}"
            yield Finding(ERRORED, failed, text, _column(places, result.column))
    printed = _printed_lines(outcome)
    for comparison in outcome.comparisons:
        for pair in comparison.discrepancies:
            address = _address(comparison, pair)
            line = printed.get((address[1], *address[4:])) if comparison.reference == PUBLISHED else None
            place = Place(places.published, line) if line else _column(places, comparison.column)
            yield Finding(pair.verdict, address, _text(comparison, pair), place)


def _printed_lines(outcome: Outcome) -> dict[tuple[str, ...], int]:
    columns = outcome.published.columns if outcome.published else {}
    return {(column, *cell[:3]): cell.line for column, cells in columns.items() for cell in cells}


def _column(places: Places, column: str) -> Place:
    return Place(places.spec, places.columns.get(column, 1))


def _address(comparison: Comparison, pair: Pair) -> tuple[str, ...]:
    sides = (comparison.reference, comparison.candidate)
    return (comparison.spec, comparison.column, *sides, pair.part, pair.term, pair.measure)


def _text(comparison: Comparison, pair: Pair) -> str:
    return (
        f"{comparison.spec} ({comparison.column}) {pair.part} {pair.term} {pair.measure}: "
        f"{comparison.reference} {shown(pair.reference)}, {comparison.candidate} {shown(pair.candidate)}: "
        f"{LOOKS[pair.verdict].words}"
    )
