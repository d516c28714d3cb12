"""Identities that are sums: a total, and the weights of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from harness import expression

CONSTANT = ""
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Sum:
    """total == sum of weight times part; the weight of CONSTANT is a number added."""

    total: str
    weights: Mapping[str, Fraction]


def total_of(left: expression.Node, right: expression.Node) -> Sum | None:
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
