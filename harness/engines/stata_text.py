"""Pieces of a Stata do-file as a person would type them, for `translate`; nothing here is ever run."""

import re
from collections.abc import Iterator
from dataclasses import replace

from harness import expression
from harness.expression import (
    Arithmetic,
    Call,
    Comparison,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Text,
)

_LONGEST_NAME = 32


def name(column: str) -> str:
    """
    A column as `import delimited` can name it: letters, digits and _, 32 characters at most.

    >>> name("log_emp"), name("year=1980"), name("2nd"), name("GDP per head")
    ('log_emp', 'year_1980', '_2nd', 'GDP_per_head')
    """
    found = re.sub(r"\W", "_", column, flags=re.ASCII)
    return (f"_{found}" if found[:1].isdigit() else found)[:_LONGEST_NAME]


def lags(variable: str, first: int, last: int) -> str:
    """
    A variable at its lags.

    >>> lags("x", 0, 0), lags("x", 1, 1), lags("x", 2, 2), lags("x", 0, 2)
    ('x', 'L.x', 'L2.x', 'L(0/2).x')
    """
    if first == last:
        return f"{'' if first == 0 else 'L.' if first == 1 else f'L{first}.'}{name(variable)}"
    return f"L({first}/{last}).{name(variable)}"


class _Untranslatable(Exception):  # noqa: N818 - no fault: the line stays a comment
    """Stata has no expression for it."""


def derived(column: str, text: str) -> Iterator[str]:
    """
    A line of `derive`: a `generate`, or a comment where Stata has no expression for it.

    >>> list(derived("log_emp", "float32(log(float32(emp)))"))
    ['generate double log_emp = float(ln(float(emp)))']
    >>> list(derived("third", "quantile_group(x, 3)"))
    ['xtile third = x, nq(3)']
    """
    tree = expression.parse(text)
    try:
        yield _xtile(name(column), tree) or f"generate double {name(column)} = {_written(tree)}"
    except _Untranslatable as reason:
        yield f"// make {name(column)} = {text} by hand: {reason}"


def sample(text: str | None) -> tuple[str, list[str]]:
    """
    The condition after `if`, and what comes before it: commands, or a comment where Stata has no words.

    A missing value is larger than any number in Stata, while a row whose condition is missing is no row of
    the sample: columns are asked for.

    >>> sample("year >= 1978 and sector in [1, 2]")
    ('year >= 1978 & inlist(sector, 1, 2) & !missing(sector, year)', [])
    >>> sample("quantile_group(x, 3) == 3")
    ('group_1 == 3 & !missing(group_1)', ['xtile group_1 = x, nq(3)'])
    """
    if text is None:
        return "", []
    commands: list[str] = []
    tree = _grouped(expression.parse(text), commands)
    try:
        written = _written(tree)
    except _Untranslatable as reason:
        return "", [f"// keep by hand where {text}: {reason}"]
    if isinstance(tree, Logic) and tree.operator == "or":
        written = f"({written})"
    columns = sorted(name(column) for column in expression.names(tree))
    return (f"{written} & !missing({', '.join(columns)})" if columns else written), commands


def _xtile(column: str, node: Node) -> str | None:
    """The command that makes a quantile group; None where the node is none, or one within groups."""
    match node:
        case Call(function="quantile_group", arguments=(Name(name=variable), Number(value=count)), by=None):
            return f"xtile {column} = {name(variable)}, nq({count:.0f})"
    return None


def _grouped(node: Node, commands: list[str]) -> Node:
    """The condition with a column in the place of each quantile group; what makes it joins *commands*."""
    column = f"group_{len(commands) + 1}"
    if command := _xtile(column, node):
        commands.append(command)
        return Name(column)
    match node:
        case Comparison(left=left, right=right):
            return replace(node, left=_grouped(left, commands), right=_grouped(right, commands))
        case Logic(operands=operands):
            return replace(node, operands=tuple(_grouped(operand, commands) for operand in operands))
        case Not(operand=operand) | Member(operand=operand):
            return replace(node, operand=_grouped(operand, commands))
    return node


def _written(node: Node) -> str:
    match node:
        case Number(value=value):
            return f"{value:.17g}"
        case Text(value=value):
            return f'"{value}"'
        case Name(name=column):
            return name(column)
        case Call():
            return _call(node)
        case Member(operand=operand, values=values, negated=negated):
            listed = ", ".join(_written(value) for value in values)
            return f"{'!' if negated else ''}inlist({_written(operand)}, {listed})"
        case _:
            return _operation(node)


def _operation(node: Node) -> str:
    match node:
        case Negative(operand=operand):
            return f"-{_inner(operand)}"
        case Not(operand=operand):
            return f"!({_written(operand)})"
        case Arithmetic(first=first, rest=rest):
            return _inner(first) + "".join(f" {sign} {_inner(operand)}" for sign, operand in rest)
        case Comparison(operator=sign, left=left, right=right):
            return f"{_inner(left)} {sign} {_inner(right)}"
        case Logic(operator=word, operands=operands):
            return {"and": " & ", "or": " | "}[word].join(map(_inner, operands))
    raise _Untranslatable("Stata has no such expression")


def _inner(node: Node) -> str:
    """An operand, in brackets where it is a sum, a comparison or a chain of and and or itself."""
    text = _written(node)
    bare = isinstance(node, Number | Text | Name | Call | Member)
    return text if bare or isinstance(node, Comparison) else f"({text})"


_SAME = {"log": "ln", "exp": "exp", "sqrt": "sqrt", "abs": "abs", "float32": "float", "is_missing": "missing"}


def _call(node: Call) -> str:
    first = node.arguments[0]
    if node.function in _SAME:
        return f"{_SAME[node.function]}({_written(first)})"
    if node.function == "round":
        return f"round({_written(first)}, 1e-{_written(node.arguments[1])})"
    if node.function in ("lag", "diff") and isinstance(first, Name):
        steps = _written(node.arguments[1]) if node.function == "lag" else ""
        return f"{'L' if node.function == 'lag' else 'D'}{steps}.{name(first.name)}"
    if node.function in ("lag", "diff"):
        raise _Untranslatable(f"Stata takes the {node.function} of a variable, not of an expression")
    raise _Untranslatable(f"Stata has {node.function} as a command only (xtile), without groups of its own")
