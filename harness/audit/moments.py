"""Mean and standard deviation of a variable against its extremes and its number of values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from harness.audit.judging import Judged, agree, judge
from harness.audit.page import Column, Key
from harness.audit.spans import Number, Span, point
from harness.result import Possibility

ONE = Fraction(1)
ZERO = Fraction(0)
WITH_N = "with n, not n - 1, in the denominator"
SHARE_OF_ONE = Fraction(1, 2)  # of the variance: a single value that carries as much is worth a look


def checks(column: Column) -> Iterator[Judged]:
    """Every check of every variable."""
    for term in column.terms("descriptives"):
        yield from _order(column, term)
        yield from _mean(column, term)
        yield from _sd(column, term)
        yield from _variance(column, term)


def key(term: str, measure: str) -> Key:
    return "descriptives", term, measure


def n_obs(column: Column, term: str) -> int | None:
    """Number of values: printed with the variable, or with the column as a whole."""
    found = column.span(*key(term, "n_obs")) or column.fit("n_obs")
    if found is None or not found.exact or found.low < 1:
        return None
    return int(found.low)


def squares_about_mean(sd: Span, denominator: int) -> Span:
    """The sum of squared deviations that a standard deviation stands for."""
    return sd.not_below(ZERO).square() * point(Fraction(denominator))


def by_denominator(possible: Callable[[int], bool], n: int) -> tuple[Possibility, str]:
    """Possible with n - 1 in the denominator of the sd; undecided, in words, where only with n."""
    if possible(n - 1):
        return "possible", ""
    return ("undecided", f"; {WITH_N}") if possible(n) else ("impossible", "")


def _rank(measure: str) -> Fraction | None:
    """Where an order statistic stands: 0 the smallest value, 100 the largest; None for other measures."""
    if measure in ("min", "median", "max"):
        return {"min": ZERO, "median": Fraction(50), "max": Fraction(100)}[measure]
    return Fraction(measure[1:]) if re.fullmatch(r"p\d{1,2}(\.\d+)?", measure) else None


def _order(column: Column, term: str) -> Iterator[Judged]:
    """min <= percentiles <= max."""
    ranked = [
        (rank, measure)
        for part, its_term, measure in column.readings
        if part == "descriptives" and its_term == term and (rank := _rank(measure)) is not None
    ]
    for (_, lower), (_, upper) in pairwise(sorted(ranked)):
        low, high = column.span(*key(term, lower)), column.span(*key(term, upper))
        if low is not None and high is not None:
            needed, about = Span(low.low, math.inf), (key(term, lower), key(term, upper))
            yield judge("order", term, about, high, needed, f"{upper} is", f"{lower} or more is")


def _four(column: Column, term: str) -> tuple[Span, Span, Span] | None:
    """Mean, min and max, where all are printed."""
    mean, low, high = (column.span(*key(term, name)) for name in ("mean", "min", "max"))
    return None if mean is None or low is None or high is None else (mean, low, high)


def _mean(column: Column, term: str) -> Iterator[Judged]:
    """One value is the smallest and one the largest, so the mean keeps its distance from both."""
    known = _four(column, term)
    if known is None:
        return
    mean, low, high = known
    n = n_obs(column, term)
    share = Fraction(1, n) if n else ZERO
    needed = Span(
        low.low + share * (high.low - low.low) if n else low.low,
        high.high - share * (high.high - low.high) if n else high.high,
    )
    about = tuple(key(term, name) for name in ("n_obs", "mean", "min", "max"))
    yield judge("mean", term, about, mean, needed, "the mean is", "min and max allow a mean")


def _sd(column: Column, term: str) -> Iterator[Judged]:
    """The sum of squares between the least and the most that n, mean, min and max allow."""
    known, sd, n = _four(column, term), column.span(*key(term, "sd")), n_obs(column, term)
    if known is None or sd is None or n is None or n < 2:
        return
    mean, low, high = known
    most = _most(mean, low.low, high.high, n)
    least = _least(mean, low, high, n)
    if most is None or least > most:
        return  # the mean is outside its bounds, which is a finding of its own
    needed = Span(_root(least / (n - 1)), _root(most / (n - 1)))
    about = tuple(key(term, name) for name in ("n_obs", "mean", "sd", "min", "max"))
    with_n = Span(_root(least / n), _root(most / n))
    unless = "" if agree(sd, needed) or not agree(sd, with_n) else WITH_N
    one = judge("sd", term, about, sd, needed, "sd is", "n, mean, min and max allow an sd", unless)
    share = _carried_by_one(mean, low, high, squares_about_mean(sd, n - 1), n)
    if one.verdict == "possible" and share > SHARE_OF_ONE:
        words = f"; one value alone carries {float(100 * min(share, ONE)):.0f} % of the variance"
        one = replace(one, sentence=one.sentence + words, notable=True)
    yield one


def _most(mean: Span, low: Number, high: Number, n: int) -> Fraction | None:
    """
    The largest sum of squares about the mean of n values in [low, high] (Bhatia and Davis 2000).

    Their bound n (high - mean)(mean - low) is reached where all values stand at the ends. Where n does not
    divide so, all but one do. At least one value stands at each end.
    """
    if not low < high:
        return ZERO
    unit = high - low
    share = Span((mean.low - low) / unit * n, (mean.high - low) / unit * n).common(Span(ONE, Fraction(n - 1)))
    if share is None:
        return None
    # Between two whole numbers of values at the upper end the sum of squares is convex: look at the ends.
    ends = {Fraction(share.low), Fraction(share.high)}
    ends |= {Fraction(k) for k in (math.floor(n / 2), math.ceil(n / 2), *_whole(share)) if _in(share, k)}
    return max(_squares(total, n) for total in ends) * Fraction(unit) ** 2


def _whole(share: Span) -> tuple[int, int]:
    return math.ceil(share.low), math.floor(share.high)


def _in(share: Span, k: int) -> bool:
    return share.low <= k <= share.high


def _squares(total: Fraction, n: int) -> Fraction:
    """Sum of squares about the mean of n values in [0, 1] with this sum, all but one at the ends."""
    full = math.floor(total)
    return full + (total - full) ** 2 - total**2 / n


def _least(mean: Span, low: Span, high: Span, n: int) -> Fraction:
    """
    The smallest sum of squares: one value at each end, all others together where they balance them.

    It is convex in the two distances p and q from the mean, (1 + c)(p^2 + q^2) - 2cpq with c = 1 / (n - 2).
    """
    p, q = ((mean - low).not_below(ZERO), (high - mean).not_below(ZERO))
    if n == 2:
        return Fraction(p.low) ** 2 + Fraction(q.low) ** 2
    first, second = Fraction(p.low), Fraction(q.low)
    c = Fraction(1, n - 2)
    first = min(max(first, second * c / (1 + c)), Fraction(p.high))
    second = min(max(second, first * c / (1 + c)), Fraction(q.high))
    return (1 + c) * (first**2 + second**2) - 2 * c * first * second


def _carried_by_one(mean: Span, low: Span, high: Span, squares: Span, n: int) -> Number:
    """The least share of the sum of squares that the value farthest from the mean carries by itself."""
    distance = max((high - mean).not_below(ZERO).low, (mean - low).not_below(ZERO).low)
    if squares.high <= 0 or n < 3:
        return ZERO
    return distance**2 * Fraction(n, n - 1) / squares.high


def _root(value: Number) -> float:
    return math.sqrt(max(value, ZERO))


def _variance(column: Column, term: str) -> Iterator[Judged]:
    sd, variance = column.span(*key(term, "sd")), column.span(*key(term, "variance"))
    if sd is not None and variance is not None:
        about = (key(term, "sd"), key(term, "variance"))
        square = sd.not_below(ZERO).square()
        yield judge("variance", term, about, square, variance, "sd squared is", "the variance is")
