"""Mean and standard deviation of whole numbers and of dummies: only some values can come from n of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from harness.audit.judging import Judged
from harness.audit.moments import ONE, ZERO, by_denominator, key, n_obs, squares_about_mean
from harness.audit.page import Column
from harness.audit.spans import Span, point

MOST_SUMS = 2000  # so many sums round to one mean only where the digits are too few to show anything


def whole_numbers(column: Column, term: str, unit: Fraction) -> Iterator[Judged]:
    """
    GRIM (Brown and Heathers 2017) and GRIMMER (Anaya 2016), for values that are multiples of *unit*.

    The sum is a multiple of the unit, so the mean is one of unit / n. The sum of squares is a whole number of
    squared units, and odd just where the sum is.
    """
    mean, sd, n = column.span(*key(term, "mean")), column.span(*key(term, "sd")), n_obs(column, term)
    if mean is None or n is None:
        return
    sums = _multiples(mean * point(n / unit))
    name = "whole numbers" if unit == 1 else f"multiples of {float(unit):g}"
    about = (key(term, "n_obs"), key(term, "mean"))
    near = _nearest(mean, unit / n)
    words = f"the mean of {n} {name} is a multiple of {float(unit / n):.4g}, the nearest {float(near):.6g}"
    if not sums:
        yield Judged("grim", term, about, "impossible", mean, point(near), words)
        return
    yield Judged("grim", term, about, "possible", mean, point(near), words)
    if sd is not None and n > 1:
        yield _both(term, sd, sums, unit, n, name)


def _both(term: str, sd: Span, sums: range, unit: Fraction, n: int, name: str) -> Judged:
    """GRIMMER: whether one of the sums has a sum of squares that fits."""

    def possible(denominator: int) -> bool:
        squares = squares_about_mean(sd, denominator) / point(unit**2)
        return len(sums) > MOST_SUMS or any(_has_squares(total, squares, n) for total in sums)

    verdict, more = by_denominator(possible, n)
    can = "cannot" if verdict == "impossible" else "can"
    about = tuple(key(term, measure) for measure in ("n_obs", "mean", "sd"))
    sentence = f"{n} {name} {can} have this mean and this standard deviation together{more}"
    return Judged("grimmer", term, about, verdict, sd, sd, sentence)


def dummy(column: Column, term: str) -> Iterator[Judged]:
    """DEBIT (Heathers and Brown 2019): the mean of zeros and ones tells their standard deviation."""
    mean, sd, n = column.span(*key(term, "mean")), column.span(*key(term, "sd")), n_obs(column, term)
    if mean is None or sd is None or n is None or n < 2:
        return
    ones = _multiples((mean * point(Fraction(n))).common(Span(ZERO, Fraction(n))) or Span(ONE, ZERO))
    if not ones:
        return  # GRIM, or the bounds of the mean, have said so
    roots = [math.sqrt(k * (n - k) / (n * (n - 1))) for k in _corners(ones, n)]
    needed = Span(min(roots), max(roots))
    about = tuple(key(term, name) for name in ("n_obs", "mean", "sd"))
    low, high = f"{needed.low:.6g}", f"{needed.high:.6g}"
    words = f"{n} zeros and ones with this mean have an sd of {low if low == high else f'{low} to {high}'}"
    verdict, more = by_denominator(lambda denominator: _some(ones, sd, n, denominator), n)
    yield Judged("debit", term, about, verdict, sd, needed, words + more)


def _multiples(span: Span) -> range:
    return range(math.ceil(span.low), math.floor(span.high) + 1) if span.low <= span.high else range(0)


def _nearest(mean: Span, step: Fraction) -> Fraction:
    middle = (Fraction(mean.low) + Fraction(mean.high)) / 2
    return round(middle / step) * step


def _has_squares(total: int, squares: Span, n: int) -> bool:
    """Whether some whole sum of squares, odd where *total* is, gives squared deviations in *squares*."""
    shift = Fraction(total * total, n)
    first = math.ceil(max(squares.low + shift, shift, abs(total)))
    first += (first - total) % 2
    return first <= squares.high + shift


def _corners(ones: range, n: int) -> list[int]:
    """Where k(n - k) is smallest and largest over the range."""
    middle = [k for k in (n // 2, (n + 1) // 2) if k in ones]
    return [ones[0], ones[-1], *middle]


def _some(ones: range, sd: Span, n: int, denominator: int) -> bool:
    """Whether some number of ones has a standard deviation that rounds to the print."""
    scaled = squares_about_mean(sd, denominator) * point(Fraction(n))
    low, high = scaled.low, scaled.high
    if len(ones) > MOST_SUMS:
        values = [k * (n - k) for k in _corners(ones, n)]
        return min(values) <= high and low <= max(values)
    return any(low <= k * (n - k) <= high for k in ones)
