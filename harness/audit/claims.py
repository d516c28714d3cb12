"""Sentences of the text against the printed table."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from harness import printed
from harness.audit.coefficients import absolute_statistic, key, p_of_stars
from harness.audit.judging import Judged, agree, judge
from harness.audit.page import Column, Key
from harness.audit.reference import reference
from harness.audit.spans import Span, of_print
from harness.compare.print_rules import style
from harness.result import Possibility
from harness.spec import Claim

ZERO, ONE = Fraction(0), Fraction(1)


def checks(column: Column) -> Iterator[Judged]:
    """Every sentence about the column, one finding for each thing that it says."""
    for claim in column.spec.claims:
        if claim.column == column.name:
            yield from _claim(column, claim)


def _claim(column: Column, claim: Claim) -> Iterator[Judged]:
    where = _address(column, claim)
    if claim.sign is not None:
        yield _sign(column, claim, where)
    if claim.value is not None:
        yield _value(column, claim, where)
    if claim.p_below is not None or claim.p_above is not None:
        yield from _significance(column, claim, where)


def _address(column: Column, claim: Claim) -> Key | None:
    """The printed number that the claim is about; variants in its name are ignored."""
    return next(
        (
            k
            for k in column.readings
            if claim.term in (k[1], k[1].partition("@")[0]) and k[2].partition("@")[0] == claim.measure
        ),
        None,
    )


def _sign(column: Column, claim: Claim, where: Key | None) -> Judged:
    if where is None:
        return _unprinted("claim_sign", claim, f"the text says {claim.sign}")
    sign, text = column.readings[where].sign, column.readings[where].text
    wanted = 1 if claim.sign == "positive" else -1
    verdict: Possibility = "undecided" if sign == 0 else "possible" if sign == wanted else "impossible"
    words = f"“{claim.text}”: the text says {claim.sign}; the table prints {text}"
    found = column.span(*where) or Span(ZERO, ZERO)
    needed = Span(ZERO, float("inf")) if wanted > 0 else Span(float("-inf"), ZERO)
    return Judged("claim_sign", claim.term, (where,), verdict, found, needed, words)


def _unprinted(check: str, claim: Claim, says: str) -> Judged:
    words = f"“{claim.text}”: {says}; {claim.measure} of {claim.term} is not printed"
    nothing = Span(float("-inf"), float("inf"))
    return Judged(check, claim.term, (), "undecided", nothing, nothing, words)


def _value(column: Column, claim: Claim, where: Key | None) -> Judged:
    """Some number rounds both to what the text says and to what the table prints."""
    text = claim.value or ""
    if where is None:
        return _unprinted("claim_value", claim, f"the text says {text}")
    how = style(column.spec, column.name, *where)
    said = of_print(printed.interval(text, truncated=how.truncated), how.scale)
    found = column.span(*where) or said
    if claim.sign == "negative" and text[0].isdigit() and found.high < 0:
        said = -said  # "falls by 0.106" says the sign in words
    words = f"“{claim.text}”: the text says {text}; the table prints {column.readings[where].text}"
    verdict: Possibility = "possible" if agree(found, said) else "impossible"
    return Judged("claim_value", claim.term, (where,), verdict, found, said, words)


def _significance(column: Column, claim: Claim, where: Key | None) -> Iterator[Judged]:
    """Each of p, stars and the statistic that is printed for the term has its say about p."""
    below, above = claim.p_below, claim.p_above
    needed = Span(
        ZERO if above is None else Fraction(str(above)), ONE if below is None else Fraction(str(below))
    )
    limits = [("<", below), (">", above)]
    says = " and ".join(f"p {sign} {limit:g}" for sign, limit in limits if limit is not None)
    sources = list(_sources(column, claim, where))
    if not sources:
        yield _unprinted("claim_p", claim, f"the text says {says}")
    for found, about, words in sources:
        one = judge("claim_p", claim.term, about, found, needed, words, says, domain=Span(ZERO, ONE))
        verdict: Possibility = _strict(one.verdict, found, below, above)
        sentence = f"“{claim.text}”: the text says {says}; {one.sentence.partition('; ')[2]}"
        yield Judged("claim_p", claim.term, about, verdict, found, needed, sentence)


def _strict(verdict: Possibility, found: Span, below: float | None, above: float | None) -> Possibility:
    """A claim is a strict inequality: a p that is at least the limit is not below it."""
    if below is not None and found.low >= Fraction(str(below)):
        return "impossible"
    if above is not None and found.high <= Fraction(str(above)):
        return "impossible"
    return verdict


def _sources(column: Column, claim: Claim, where: Key | None) -> Iterator[tuple[Span, tuple[Key, ...], str]]:
    """What is printed about the significance of the term: p, in which cells, in words."""
    part = where[0] if where else "coefficients"
    term = where[1] if where else claim.term
    told = column.span(part, term, "p_value")
    if told is not None:
        yield told, ((part, term, "p_value"),), "the table prints p"
    if part != "coefficients":
        return
    stars = column.span(*key(term, "stars"))
    if stars is not None and column.spec.stars:
        count = int(stars.low)
        yield p_of_stars(column, count), (key(term, "stars"),), f"its stars ({count}) stand for p"
    known = absolute_statistic(column, term)
    if known is not None:
        how = reference(column)
        p = how.p(known[0], how.wider)
        yield p, known[1], f"p by |{how.symbol}| in print is"
