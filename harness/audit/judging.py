"""From what the print allows and what would agree to a verdict, in one place for every check."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.audit.page import Column, Key, Reading
from harness.audit.spans import EVERYTHING, Span
from harness.result import Finding, Possibility

NOISE = 1e-8  # relative error of the distributions, a hundred times what their tests show


@dataclass(frozen=True)
class Judged:
    """
    What a check says at one kind of digits.

    Attributes:
        about: the printed numbers that it used
        found, needed: what the print allows, and what would agree with it
        notable: possible, and worth a look
    """

    check: str
    term: str
    about: tuple[Key, ...]
    verdict: Possibility
    found: Span
    needed: Span
    sentence: str
    notable: bool = False


Check = Callable[[Column], Iterator[Judged]]


def judge(
    check: str,
    term: str,
    about: Sequence[Key],
    found: Span,
    needed: Span,
    what: str,
    wants: str,
    unless: str = "",
    domain: Span = EVERYTHING,
) -> Judged:
    """
    Possible where *found* and *needed* meet.

    what, wants : the two in words, as in "z is" and "3 stars stand for |z|", before the interval
    unless : an assumption that the paper does not exclude and under which they agree: then the print is
        undecided; "" where there is none
    domain : all that the quantity can be; where the print allows all of it, the digits decide nothing
    """
    found, needed = found.common(domain) or found, needed.common(domain) or needed
    sentence = f"{wants} {shown(needed, found)}; {what} {shown(found, needed)}"
    verdict: Possibility = "possible"
    if domain.within(found) or domain.within(needed):
        verdict, sentence = "undecided", f"{sentence}: the printed digits decide nothing"
    elif not agree(found, needed):
        verdict = "undecided" if unless else "impossible"
        sentence = f"{sentence}: possible only {unless}" if unless else sentence
    return Judged(check, term, tuple(about), verdict, found, needed, sentence)


def agree(a: Span, b: Span) -> bool:
    """Whether the two meet, up to the noise of a distribution where one came from it."""
    ends = [x for x in (a.low, a.high, b.low, b.high) if math.isfinite(x)]
    if not any(isinstance(x, float) for x in ends):
        return a.meets(b)
    slack = NOISE * max(abs(float(x)) for x in ends)
    return a.meets(Span(b.low - slack, b.high + slack))


def shown(span: Span, beside: Span | None = None) -> str:
    """
    A span in words, with as many digits as tell it from *beside*.

    >>> from fractions import Fraction
    >>> shown(Span(Fraction(7, 3), math.inf)), shown(Span(Fraction(1), Fraction(1)))
    ('in [2.3333, inf)', '1')
    """
    digits = next((n for n in range(5, 12) if _told_apart(span, beside, n)), 12)
    low, high = f"{float(span.low):.{digits}g}", f"{float(span.high):.{digits}g}"
    if low == high:
        return low
    return f"in {'(' if math.isinf(span.low) else '['}{low}, {high}{')' if math.isinf(span.high) else ']'}"


def _told_apart(span: Span, beside: Span | None, digits: int) -> bool:
    if beside is None:
        return True
    pairs = ((span.high, beside.low), (span.low, beside.high))
    return all(a == b or f"{float(a):.{digits}g}" != f"{float(b):.{digits}g}" for a, b in pairs)


def findings(column: Column, checks: Iterable[Check]) -> Iterator[Finding]:
    """Every check of one column, at the digits printed and at the real ones where they are fewer."""
    padded = any(reading.real != reading.shown for reading in column.readings.values())
    real = replace(column, at_real_digits=True)
    for check in checks:
        again = {(one.check, one.term, one.about): one for one in check(real)} if padded else {}
        for one in check(column):
            yield _finding(column, one, again.get((one.check, one.term, one.about)))


def _finding(column: Column, at_print: Judged, at_real: Judged | None) -> Finding:
    differing = [r for key in at_print.about if (r := column.readings.get(key)) and r.real != r.shown]
    verdict, sentence = at_print.verdict, at_print.sentence
    if not differing:
        at_real = None
    elif at_real and verdict == "impossible" != at_real.verdict and all(r.placeholder for r in differing):
        # Zeros before the decimal point hold the place; they do not say that the digits were zero.
        verdict = "undecided"
    return Finding(
        at_print.check,
        column.name,
        at_print.term,
        column.text(*at_print.about),
        verdict,
        _ends(at_print.found),
        _ends(at_print.needed),
        sentence,
        at_real.verdict if at_real else None,
        _with_evidence(at_real.sentence, differing) if at_real else "",
        at_print.notable,
    )


def _with_evidence(sentence: str, readings: Sequence[Reading]) -> str:
    told = dict.fromkeys(reading.evidence for reading in readings if reading.evidence)
    return f"{sentence} ({'; '.join(told)})" if told else sentence


def _ends(span: Span) -> tuple[float, float]:
    return float(span.low), float(span.high)
