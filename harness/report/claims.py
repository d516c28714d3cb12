"""The paper's sentences about its numbers, held against the print and against every engine."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from harness import printed
from harness.compare.models import Models
from harness.compare.print_rules import style
from harness.compare.sides import side
from harness.glossary import plain
from harness.report.digits import shown
from harness.result import Finding, Outcome, Result
from harness.spec import Claim

Support = Literal["supported", "contradicted", "not decided"]


@dataclass(frozen=True)
class Stance:
    """What one source (the print or an engine) says to a claim, and by which numbers."""

    source: str
    support: Support
    numbers: str


NAMED = frozenset({"listed", "member"})  # told without a number: all that is printed is the sentence itself
_NOT_ASKED = Stance("engines", "not decided", "stand-in data")


@dataclass(frozen=True)
class ClaimView:
    """
    A sentence of the paper and what the numbers say to it.

    Attributes:
        is_print: whether the sentence is all that is printed, so that the print cannot but support it
    """

    text: str
    about: str
    stances: tuple[Stance, ...]
    is_print: bool = False


def claims(outcome: Outcome) -> tuple[ClaimView, ...]:
    """Every claim of the spec."""
    return tuple(_view(outcome, claim) for claim in outcome.spec.claims)


def _view(outcome: Outcome, claim: Claim) -> ClaimView:
    stances = tuple(_stance(claim, name, values) for name, values in _sources(outcome, claim))
    if stances and stances[0].source == "print" and (audited := _audited(outcome, claim)):
        stances = (replace(stances[0], support=audited), *stances[1:])
    if outcome.spec.data.stand_in:
        stances = (*stances, _NOT_ASKED)
    about = f"{claim.column}, {claim.term}, {claim.measure}"
    return ClaimView(claim.text, about, stances, claim.measure in NAMED and _in_words_of_print(stances))


def _in_words_of_print(stances: Iterable[Stance]) -> bool:
    return any((stance.source, stance.support) == ("print", "supported") for stance in stances)


def _audited(outcome: Outcome, claim: Claim) -> Support | None:
    """What the audit says of the print, by stars and standard errors too; None where it was not made."""
    start = f"“{claim.text}”"
    found = [
        one
        for one in outcome.findings
        if one.check.startswith("claim_")
        and (one.column, one.term) == (claim.column, claim.term)
        and one.sentence.startswith(start)
    ]
    if any(one.verdict == "impossible" for one in found):
        return "contradicted"
    told = {one.check for one in found}
    sure = {one.check for one in found if one.verdict == "possible" and _certain(one)}
    return ("supported" if told == sure else "not decided") if found else None


def _certain(one: Finding) -> bool:
    """Whether all that the print allows agrees, not only some of it."""
    return one.needed[0] <= one.found[0] and one.found[1] <= one.needed[1]


def _sources(outcome: Outcome, claim: Claim) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Name and measure to number of the claim's term, the print first."""
    if outcome.published:
        cells = outcome.published.columns.get(claim.column, ())
        yield "print", _of_term(((c.term, c.measure, _number(c.text)) for c in cells), claim.term)
    if outcome.spec.data.stand_in:
        return  # made-up data can neither support a sentence nor contradict it
    for result in outcome.results:
        if result.column == claim.column and result.status == "fitted":
            yield result.engine, _of_term(_in_print(outcome, claim, result), claim.term)


def _in_print(outcome: Outcome, claim: Claim, result: Result) -> Iterator[tuple[str, str, float]]:
    """The engine's cells in the unit of the print, which is the unit of the paper's sentences too."""
    if claim.measure == "listed":
        models = Models.of((), side(result))
        if models.found:  # else the engine has no solution, and says why
            yield claim.term, claim.measure, models.listed(claim.term) or 0.0
        return
    for cell in result.cells:
        if cell.part == "as_printed" or plain(cell.term) != plain(claim.term):
            continue
        manner = style(outcome.spec, claim.column, cell.part, cell.term, cell.measure)
        finite = math.isfinite(cell.value)
        yield cell.term, cell.measure, float(manner.in_print(cell.value)) if finite else cell.value


def _of_term(cells: Iterable[tuple[str, str, float]], term: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, measure, value in cells:
        if name == term or plain(name) == term:
            found.setdefault(plain(measure), value)
    return found


def _number(text: str) -> float:
    """The printed number; NaN for a limit such as "<0.001", which is no value, and for other text."""
    try:
        found = printed.read(text)
    except printed.NotANumber:
        return math.nan
    return math.nan if found.bound else float(found.value)


def _stance(claim: Claim, source: str, values: Mapping[str, float]) -> Stance:
    value, p = values.get(claim.measure, math.nan), values.get("p_value", math.nan)
    found = [verdict for verdict in _verdicts(claim, value, p) if verdict is not None]
    support: Support = "not decided"
    if False in found:
        support = "contradicted"
    elif found and len(found) == _asked(claim):
        support = "supported"
    numbers = [f"{claim.measure} {shown(value)}"] if not math.isnan(value) else []
    return Stance(source, support, ", ".join(numbers + ([f"p {shown(p)}"] if not math.isnan(p) else [])))


def _asked(claim: Claim) -> int:
    return sum(item is not None for item in (claim.sign, claim.value, claim.p_below, claim.p_above))


def _verdicts(claim: Claim, value: float, p: float) -> Iterator[bool | None]:
    """True, False or None (cannot be told) for each thing that the claim says."""
    if claim.sign is not None:
        yield None if math.isnan(value) or value == 0 else (value > 0) == (claim.sign == "positive")
    if claim.value is not None:
        yield None if math.isnan(value) else _rounds_to(value, claim.value)
    if claim.p_below is not None:
        yield None if math.isnan(p) else p < claim.p_below
    if claim.p_above is not None:
        yield None if math.isnan(p) else p > claim.p_above


def _rounds_to(value: float, text: str) -> bool | None:
    try:
        return math.isfinite(value) and printed.interval(text).holds(Decimal(repr(value)))
    except printed.NotANumber:
        return None
