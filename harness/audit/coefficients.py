"""A coefficient against its standard error, statistic, p, interval and stars."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from harness.audit.judging import Judged, agree, judge
from harness.audit.page import Column, Key
from harness.audit.reference import Reference, reference
from harness.audit.spans import Span, point
from harness.spec import Estimated

ZERO = Fraction(0)
ABSOLUTE = Span(ZERO, math.inf)  # all that |t| can be
SHARE = Span(ZERO, Fraction(1))  # all that p can be


def checks(column: Column) -> Iterator[Judged]:
    """Every check of every coefficient."""
    if not isinstance(column.model, Estimated):
        return
    how = reference(column)
    for term in column.terms("coefficients"):
        for one in (_statistic(column, term), _p_value(column, term, how), _stars(column, term, how)):
            if one is not None:
                yield one
        yield from _interval(column, term, how)


def key(term: str, measure: str) -> Key:
    return "coefficients", term, measure


def ratio(column: Column, term: str) -> Span | None:
    """Estimate over standard error, None where one of them is not printed."""
    estimate, std_error = (column.span(*key(term, name)) for name in ("estimate", "std_error"))
    return None if estimate is None or std_error is None else estimate / std_error.not_below(ZERO)


def absolute_statistic(column: Column, term: str) -> tuple[Span, tuple[Key, ...]] | None:
    """
    |t| by everything that is printed, and by what.

    Where the statistic and the ratio contradict each other (which is a finding of its own), the ratio.
    """
    quotient, told = ratio(column, term), column.span(*key(term, "statistic"))
    by_ratio = (key(term, "estimate"), key(term, "std_error"))
    if quotient is None or told is None:
        found, about = (told, (key(term, "statistic"),)) if quotient is None else (quotient, by_ratio)
        return None if found is None else (found.absolute(), about)
    both = quotient.absolute().common(told.absolute())
    return (quotient.absolute(), by_ratio) if both is None else (both, (*by_ratio, key(term, "statistic")))


def _statistic(column: Column, term: str) -> Judged | None:
    quotient, told = ratio(column, term), column.span(*key(term, "statistic"))
    if quotient is None or told is None:
        return None
    about = tuple(key(term, name) for name in ("estimate", "std_error", "statistic"))
    if _prints_absolute(column):
        quotient = quotient.absolute()
    return judge(
        "statistic", term, about, quotient, told, "estimate / std_error is", "the statistic printed is"
    )


def _prints_absolute(column: Column) -> bool:
    """Whether a column with negative estimates shows its statistics without sign."""
    signs = {
        (reading.sign, column.readings[key(term, "estimate")].sign)
        for (part, term, measure), reading in column.readings.items()
        if (part, measure) == ("coefficients", "statistic") and key(term, "estimate") in column.readings
    }
    return all(of_statistic >= 0 for of_statistic, _ in signs) and any(sign < 0 for _, sign in signs)


def _p_value(column: Column, term: str, how: Reference) -> Judged | None:
    told, known = column.span(*key(term, "p_value")), absolute_statistic(column, term)
    if told is None or known is None:
        return None
    statistic, about = known
    about = (*about, key(term, "p_value"))
    unless = how.unless(lambda df: agree(how.p(statistic, df), told))
    what, wants = f"p of |{how.symbol}| is", "the p printed is"
    return judge("p_value", term, about, how.p(statistic), told, what, wants, unless, SHARE)


def _stars(column: Column, term: str, how: Reference) -> Judged | None:
    told = column.span(*key(term, "stars"))
    if told is None or not column.spec.stars:
        return None
    known, p = absolute_statistic(column, term), column.span(*key(term, "p_value"))
    if known is None:
        return None if p is None else _stars_of_p(column, term, int(told.low), p)
    statistic, about = known
    about = (*about, key(term, "stars"))

    def needed(df: Span) -> Span:
        limits = p_of_stars(column, int(told.low))
        low = how.critical(float(limits.high), df).low if limits.high < 1 else ZERO
        return Span(low, how.critical(float(limits.low), df).high if limits.low > 0 else math.inf)

    unless = how.unless(lambda df: agree(statistic, needed(df)))
    wants = f"{_stars_in_words(int(told.low))} stand for |{how.symbol}|"
    what = f"|{how.symbol}| is"
    return judge("stars", term, about, statistic, needed(how.df), what, wants, unless, ABSOLUTE)


def p_of_stars(column: Column, count: int) -> Span:
    """The p that a number of stars stands for, by the table's legend."""
    limits = [Fraction(1), *(Fraction(str(limit)) for limit in column.spec.stars), ZERO]
    return Span(limits[count + 1], limits[count])


def _stars_in_words(count: int) -> str:
    return f"{count} stars" if count != 1 else "1 star"


def _stars_of_p(column: Column, term: str, count: int, p: Span) -> Judged:
    about = (key(term, "p_value"), key(term, "stars"))
    wants = f"{_stars_in_words(count)} stand for p"
    return judge("stars", term, about, p, p_of_stars(column, count), "p is", wants, domain=SHARE)


def _interval(column: Column, term: str, how: Reference) -> Iterator[Judged]:
    """Each end of the interval; its middle; its width, from which the error of the estimate drops out."""
    estimate, std_error = (column.span(*key(term, name)) for name in ("estimate", "std_error"))
    low, high = (column.span(*key(term, name)) for name in ("ci_low", "ci_high"))
    if estimate is not None and low is not None and high is not None:
        middle = (low + high) / point(Fraction(2))
        about = tuple(key(term, name) for name in ("estimate", "ci_low", "ci_high"))
        yield judge(
            "interval", term, about, middle, estimate, "the middle of the interval is", "the estimate is"
        )
    if std_error is None or not isinstance(column.model, Estimated):
        return
    level = 1 - column.model.ci_level
    std_error = std_error.not_below(ZERO)
    for name, told, sign in (("ci_low", low, -1), ("ci_high", high, 1)):
        if estimate is not None and told is not None:
            yield _end(term, how, (estimate, std_error, told), name, sign, level)
    if low is not None and high is not None:
        yield _width(term, how, std_error, (high - low) / point(Fraction(2)), level)


def _end(
    term: str, how: Reference, spans: tuple[Span, Span, Span], name: str, sign: int, level: float
) -> Judged:
    estimate, std_error, told = spans

    def end(df: Span) -> Span:
        return estimate + point(Fraction(sign)) * std_error * how.critical(level, df)

    about = tuple(key(term, measure) for measure in ("estimate", "std_error", name))
    what = f"estimate {'+' if sign > 0 else '-'} {_times(how, level)} std_error is"
    unless = how.unless(lambda df: agree(end(df), told))
    return judge("interval", term, about, end(how.df), told, what, f"the {name} printed is", unless)


def _width(term: str, how: Reference, std_error: Span, half: Span, level: float) -> Judged:
    about = tuple(key(term, name) for name in ("std_error", "ci_low", "ci_high"))
    what = f"{_times(how, level)} std_error is"
    unless = how.unless(lambda df: agree(std_error * how.critical(level, df), half))
    wide = std_error * how.critical(level)
    return judge("interval", term, about, wide, half, what, "half the width of the interval is", unless)


def _times(how: Reference, level: float) -> str:
    critical = how.critical(level)
    low, high = f"{float(critical.low):.4g}", f"{float(critical.high):.4g}"
    return low if low == high else f"{low} to {high} times"
