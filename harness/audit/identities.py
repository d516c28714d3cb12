"""What the spec declares to hold between printed numbers, held against them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from harness import expression
from harness.audit import granularity, sums
from harness.audit.judging import Judged, judge
from harness.audit.linear import CONSTANT, total_of
from harness.audit.moments import ONE
from harness.audit.page import Column, Key
from harness.audit.spans import Span, point
from harness.spec import Identity, Spec

_RELATIONS = ("==", "<=", ">=", "<", ">")


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
            found = total_of(left, right) if operator == "==" else None
            if found is not None and {found.total, *found.weights} - {CONSTANT} <= variables:
                yield from sums.checks(column, identity, found)
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
