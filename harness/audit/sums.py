"""Moments of a variable that is declared to be a sum of others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from harness.audit.judging import Judged, judge
from harness.audit.linear import CONSTANT, Sum
from harness.audit.moments import ONE, ZERO, key, n_obs
from harness.audit.page import Column
from harness.audit.spans import Span, point
from harness.spec import Identity


def checks(column: Column, identity: Identity, found: Sum) -> Iterator[Judged]:
    """First moments of any sum; second moments, extremes and supports where the parts do not overlap."""
    rows = {n_obs(column, name) for name in (found.total, *found.weights) if name}
    if len(rows) > 1 or rows == {None}:
        return  # other rows, other sums
    yield from _means(column, identity, found)
    parts = [name for name in found.weights if name]
    disjoint = set(identity.disjoint) >= set(parts) and CONSTANT not in found.weights
    if disjoint and all(found.weights[name] == 1 for name in parts):
        yield from _second_moments(column, identity, found, parts)
        yield from _largest(column, identity, found, parts)
        yield from _supports(column, identity, found, parts)
    else:
        yield from _bounds(column, identity, found)


def _means(column: Column, identity: Identity, found: Sum) -> Iterator[Judged]:
    told, total = column.span(*key(found.total, "mean")), point(found.weights.get(CONSTANT, ZERO))
    for name, weight in found.weights.items():
        mean = column.span(*key(name, "mean")) if name else point(ZERO)
        if mean is None:
            return
        total += mean * point(weight) if name else mean
    if told is not None:
        yield _judge(column, identity, found, "mean", total, told, "the means add up to", "the mean is")


def _judge(
    column: Column,
    identity: Identity,
    found: Sum,
    measure: str,
    by_parts: Span,
    told: Span,
    what: str,
    wants: str,
) -> Judged:
    measures = ("mean", "sd") if measure == "second moment" else (measure,)
    names = [found.total, *(name for name in found.weights if name)]
    about = [key(name, one) for name in names for one in measures]
    one = judge("identity", found.total, about, by_parts, told, what, wants)
    return replace(one, sentence=f"{identity.expression}, {measure}: {one.sentence}")


def _second_moment(column: Column, name: str) -> Span | None:
    """The mean of the squares, with n or n - 1 in the denominator of the standard deviation."""
    mean, sd, n = column.span(*key(name, "mean")), column.span(*key(name, "sd")), n_obs(column, name)
    if mean is None or sd is None or n is None:
        return None
    return mean.square() + sd.not_below(ZERO).square() * Span(Fraction(n - 1, n), ONE)


def _second_moments(column: Column, identity: Identity, found: Sum, parts: list[str]) -> Iterator[Judged]:
    """Where never two parts differ from zero together, the square of the sum is the sum of the squares."""
    told, total = _second_moment(column, found.total), point(ZERO)
    for name in parts:
        one = _second_moment(column, name)
        if one is None:
            return
        total += one
    if told is not None:
        words = ("the parts' mean squares add up to", "the mean square is")
        yield _judge(column, identity, found, "second moment", total, told, *words)


def _largest(column: Column, identity: Identity, found: Sum, parts: list[str]) -> Iterator[Judged]:
    """The sum is one of its parts, or zero: its largest value is the largest of theirs."""
    told = column.span(*key(found.total, "max"))
    tops = [column.span(*key(name, "max")) for name in parts]
    if told is None or any(top is None for top in tops):
        return
    known = [top for top in tops if top is not None]
    largest = Span(max(top.low for top in known), max(top.high for top in known))
    if largest.low > 0:
        yield _judge(column, identity, found, "max", largest, told, "the largest part is", "the max is")


def _supports(column: Column, identity: Identity, found: Sum, parts: list[str]) -> Iterator[Judged]:
    """
    Each part differs from zero in at least mean^2 / mean square of the rows (Cauchy-Schwarz), or mean / max.

    Where the parts do not overlap, these shares add up to one at most.
    """
    total, n = ZERO, n_obs(column, parts[0]) or 0
    for name in parts:
        square, mean = _second_moment(column, name), column.span(*key(name, "mean"))
        if square is None or mean is None or square.high <= 0:
            return
        total += Fraction(mean.absolute().low) ** 2 / Fraction(square.high)
    about = [key(name, measure) for name in parts for measure in ("mean", "sd")]
    words = f"{identity.expression}, rows: the parts need at least {math.ceil(total * n)} of {n} rows"
    verdict = judge("identity", found.total, about, Span(total, math.inf), Span(ZERO, ONE), "", "").verdict
    yield Judged(
        "identity", found.total, tuple(about), verdict, Span(total, math.inf), Span(ZERO, ONE), words
    )


def _bounds(column: Column, identity: Identity, found: Sum) -> Iterator[Judged]:
    """A standard deviation is at most the sum of those of the parts (Minkowski)."""
    told, widest = column.span(*key(found.total, "sd")), point(ZERO)
    for name, weight in found.weights.items():
        sd = column.span(*key(name, "sd")) if name else point(ZERO)
        if sd is None:
            return
        widest += sd.not_below(ZERO) * point(abs(weight))
    if told is not None:
        allowed = Span(ZERO, widest.high)
        words = ("the parts allow an sd", "the sd is")
        yield _judge(column, identity, found, "sd", allowed, told, *words)
