"""Arithmetic of intervals in exact fractions: what rounding leaves open, carried through a formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from harness.printed import Interval

Number = Fraction | float  # a float only where it is infinite, or comes from a distribution


@dataclass(frozen=True)
class Span:
    """
    All values from `low` to `high`, both ends included (which can only make more things possible).

    Results of arithmetic hold every value that the operands allow; where an operand occurs twice in a formula
    they may hold more.
    """

    low: Number
    high: Number

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def meets(self, other: Span) -> bool:
        """Whether the two have a value in common."""
        return self.low <= other.high and other.low <= self.high

    def within(self, other: Span) -> bool:
        return other.low <= self.low and self.high <= other.high

    def common(self, other: Span) -> Span | None:
        """The values in both, None where there are none."""
        return Span(max(self.low, other.low), min(self.high, other.high)) if self.meets(other) else None

    def hull(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.low, other.low), max(self.high, other.high))

    def not_below(self, floor: Number) -> Span:
        """The part of it that is at least *floor*; the point *floor* where all of it lies below."""
        return Span(max(self.low, floor), max(self.high, floor))

    def absolute(self) -> Span:
        ends = (_size(self.low), _size(self.high))
        return Span(Fraction(0) if self.low <= 0 <= self.high else min(ends), max(ends))

    def square(self) -> Span:
        positive = self.absolute()
        return Span(_times(positive.low, positive.low), _times(positive.high, positive.high))

    def __neg__(self) -> Span:
        return Span(-self.high, -self.low)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Span) -> Span:
        return self + -other

    def __mul__(self, other: Span) -> Span:
        products = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(min(products), max(products))

    def __truediv__(self, other: Span) -> Span:
        """The quotient; everything where the divisor may be zero."""
        if other.low < 0 < other.high or (other.exact and other.low == 0):
            return EVERYTHING
        quotients = [_over(a, b, other) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(min(quotients), max(quotients))

    def monotone(self, function: Callable[[float], float]) -> Span:
        """What a monotone function, rising or falling, makes of it."""
        ends = (function(float(self.low)), function(float(self.high)))
        return Span(min(ends), max(ends))


EVERYTHING = Span(-math.inf, math.inf)


def point(value: Number) -> Span:
    """One value."""
    return Span(value, value)


def of_print(interval: Interval, scale: Decimal) -> Span:
    """A printed interval in the unit of the value; print = value * *scale*."""
    return Span(_exact(interval.low, scale), _exact(interval.high, scale))


def _exact(value: Decimal, scale: Decimal) -> Number:
    if not value.is_finite():
        return float(value)
    return Fraction(value) if scale == 1 else Fraction(value) / Fraction(scale)


def _size(value: Number) -> Number:
    return value if value >= 0 else -value


def _times(a: Number, b: Number) -> Number:
    return Fraction(0) if a == 0 or b == 0 else a * b


def _over(a: Number, b: Number, divisor: Span) -> Number:
    """a / b, where b is an end of *divisor*, which does not change its sign."""
    if b == 0:
        towards = 1 if divisor.high > 0 else -1
        return Fraction(0) if a == 0 else math.inf * towards * (1 if a > 0 else -1)
    if math.isinf(b):
        return Fraction(0)
    return Fraction(0) if a == 0 else a / b
