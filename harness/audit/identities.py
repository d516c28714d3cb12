"""What the spec declares to hold between printed numbers, held against them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from harness import expression
from harness.audit import granularity
from harness.audit.judging import Judged, judge
from harness.audit.moments import ONE, ZERO, key, n_obs
from harness.audit.page import Column, Key
from harness.audit.spans import Span, point
from harness.spec import Identity, Spec

CONSTANT = ""
_RELATIONS = ("==", "<=", ">=", "<", ">")


@dataclass(frozen=True)
class Sum:
    """total == sum of weight times part; the weight of CONSTANT is a number added."""

    total: str
    weights: Mapping[str, Fraction]


def checks(column: Column) -> Iterator[Judged]:
    """Every identity of the spec, as far as the column prints what it is about; dummies from `derive` too."""
    for identity in column.spec.identities:
        yield from _identity(column, identity, expression.parse(identity.expression))
    for name in _derived_dummies(column.spec):
        if name in column.terms("descriptives"):
            yield from _dummy(column, name)


def _identity(column: Column, identity: Identity, tree: expression.Node) -> Iterator[Judged]:
    variables = set(column.terms("descriptives"))
    match tree:
        case expression.Comparison("==", expression.Name(name), expression.Call("round", arguments)) if (
            arguments[0] == expression.Name(name) and name in variables
        ):
            digits = arguments[1].value if isinstance(arguments[1], expression.Number) else 0.0
            yield from granularity.whole_numbers(column, name, Fraction(10) ** -int(digits))
        case expression.Member(expression.Name(name), values, False) if name in variables and {
            getattr(v, "value", None) for v in values
        } == {0.0, 1.0}:
            yield from _dummy(column, name)
        case expression.Comparison(operator, left, right) if operator in _RELATIONS:
            found = _sum(left, right) if operator == "==" else None
            if found is not None and {found.total, *found.weights} - {CONSTANT} <= variables:
                yield from _moments(column, identity, found)
            else:
                yield from _counts(column, identity, operator, left, right)


def _dummy(column: Column, name: str) -> Iterator[Judged]:
    yield from granularity.whole_numbers(column, name, ONE)
    yield from granularity.dummy(column, name)


def _derived_dummies(spec: Spec) -> Iterator[str]:
    """Columns that a comparison defines: zeros and ones."""
    truths = (expression.Comparison, expression.Member, expression.Not, expression.Logic)
    for name, text in spec.derive.items():
        if isinstance(expression.parse(text), truths):
            yield name


# ----------------------------------------------------------------------------------------- linear forms


def _sum(left: expression.Node, right: expression.Node) -> Sum | None:
    """The identity as a sum, where one side is a single name and the other is linear."""
    for one, other in ((left, right), (right, left)):
        weights = linear(other)
        if isinstance(one, expression.Name) and weights is not None and one.name not in weights:
            return Sum(one.name, weights)
    return None


def linear(node: expression.Node) -> dict[str, Fraction] | None:
    """
    Name to weight, where the expression is linear; None where it is not.

    >>> linear(expression.parse("a + 2 * b - 3"))
    {'a': Fraction(1, 1), 'b': Fraction(2, 1), '': Fraction(-3, 1)}
    """
    match node:
        case expression.Number(value):
            return {CONSTANT: Fraction(str(value))}
        case expression.Name(name):
            return {name: ONE}
        case expression.Negative(operand):
            return _scaled(linear(operand), Fraction(-1))
        case expression.Arithmetic(first, rest):
            found = linear(first)
            for operator, operand in rest:
                found = _combined(found, operator, linear(operand))
            return found
    return None


def _combined(
    left: dict[str, Fraction] | None, operator: str, right: dict[str, Fraction] | None
) -> dict[str, Fraction] | None:
    if left is None or right is None:
        return None
    if operator in "+-":
        signed = _scaled(right, ONE if operator == "+" else -ONE) or {}
        return {name: left.get(name, ZERO) + signed.get(name, ZERO) for name in {**left, **signed}}
    for one, other in ((left, right), (right, left)):
        if set(other) == {CONSTANT} and (operator == "*" or other is right):
            factor = other[CONSTANT]
            return None if operator == "/" and factor == 0 else _scaled(one, _factor(operator, factor))
    return None


def _factor(operator: str, factor: Fraction) -> Fraction:
    return factor if operator == "*" else 1 / factor


def _scaled(weights: dict[str, Fraction] | None, factor: Fraction) -> dict[str, Fraction] | None:
    return None if weights is None else {name: weight * factor for name, weight in weights.items()}


# --------------------------------------------------------------------------------- moments of variables


def _moments(column: Column, identity: Identity, found: Sum) -> Iterator[Judged]:
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


# --------------------------------------------------------------------------------------------- counts


def _counts(
    column: Column, identity: Identity, operator: str, left: expression.Node, right: expression.Node
) -> Iterator[Judged]:
    """Any relation between counts of the column: n_obs == 280 * 17, n_obs <= 16 * n_groups."""
    about: list[Key] = []
    first, second = evaluated(column, left, about), evaluated(column, right, about)
    if first is None or second is None or not about:
        return
    allowed = {
        "==": second,
        "<": Span(-math.inf, second.high),
        ">": Span(second.low, math.inf),
    }[operator.removesuffix("=") if operator != "==" else operator]
    one = judge("identity", "", about, first, allowed, "the left side is", "the right side allows")
    yield replace(one, sentence=f"{identity.expression}: {one.sentence}")


def evaluated(column: Column, node: expression.Node, about: list[Key]) -> Span | None:
    """The values of an expression of printed counts; what is used is added to *about*."""
    match node:
        case expression.Number(value):
            return point(Fraction(str(value)))
        case expression.Name(name):
            return _count(column, name, about)
        case expression.Negative(operand):
            inner = evaluated(column, operand, about)
            return None if inner is None else -inner
        case expression.Arithmetic(first, rest):
            found = evaluated(column, first, about)
            for operator, operand in rest:
                other = evaluated(column, operand, about)
                if found is None or other is None:
                    return None
                found = {"+": Span.__add__, "-": Span.__sub__, "*": Span.__mul__, "/": Span.__truediv__}[
                    operator
                ](found, other)
            return found
    return None


def _count(column: Column, name: str, about: list[Key]) -> Span | None:
    """A number of the part `fit`; `n_obs` in a table of descriptives is that of every variable."""
    keys = [k for k in column.readings if k[0] == "fit" and k[2].partition("@")[0] == name]
    keys += [k for k in column.readings if k[0] == "descriptives" and k[2] == name == "n_obs"]
    found: Span | None = None
    for one in keys:
        span = column.span(*one)
        if span is not None:
            found = span if found is None else found.hull(span)
    about += keys
    return found
