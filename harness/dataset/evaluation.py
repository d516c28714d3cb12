"""What an expression is worth, row by row: the tree of `expression` evaluated with numpy."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from harness.dataset.rows import Floats, Mask, Rows
from harness.errors import DataError
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


def evaluate(node: Node, rows: Rows) -> Floats:
    """
    The value of *node* in every row: (n_rows,) float64, NaN where missing; true is 1, false is 0.

    All is double arithmetic. Missing spreads, but for `and` and `or`, where it is "unknown" (Kleene 1952):
    false and missing is false, true or missing is true. Any number but 0 counts as true.
    Raises DataError, naming the row: log of a value <= 0, root of a value < 0, division by 0, a result
    that is too large for a double, text where a number is needed.
    """
    with np.errstate(all="ignore"):
        return _RULES[type(node)](node, rows)


def is_true(values: Floats) -> Mask:
    """Where an evaluated condition holds: neither false nor missing."""
    holds: Mask = (values != 0) & ~np.isnan(values)
    return holds


def _number(node: Number, rows: Rows) -> Floats:
    return np.full(len(rows), node.value)


def _text(node: Text, rows: Rows) -> Floats:
    raise DataError(f"the text '{node.value}' can only be compared")


def _name(node: Name, rows: Rows) -> Floats:
    return rows.numbers(node.name)


def _negative(node: Negative, rows: Rows) -> Floats:
    return -evaluate(node.operand, rows)


def _arithmetic(node: Arithmetic, rows: Rows) -> Floats:
    value = evaluate(node.first, rows)
    for operator, operand in node.rest:
        other = evaluate(operand, rows)
        if operator == "/":
            _need(~((other == 0) & ~np.isnan(value)), rows, "a division by 0")
        value = _finite(_ARITHMETIC[operator](value, other), rows, f"a result of {operator}")
    return value


_ARITHMETIC: Mapping[str, Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
)


def _need(fine: Mask, rows: Rows, fault: str) -> None:
    if not fine.all():
        raise DataError(
            f"{fault} in {rows.first(~fine)} of {rows.source}. "
            "Correct the cell, or leave it empty for missing"
        )


def _finite(value: Floats, rows: Rows, what: str) -> Floats:
    _need(~np.isinf(value), rows, f"{what} is too large")
    return value


# ------------------------------------------------------------------------------------- logic and comparisons


def _not(node: Not, rows: Rows) -> Floats:
    value = evaluate(node.operand, rows)
    return np.where(np.isnan(value), np.nan, value == 0)


def _logic(node: Logic, rows: Rows) -> Floats:
    """`or` is the dual of `and`: a deciding operand decides, else a missing one leaves it open."""
    deciding = 1.0 if node.operator == "or" else 0.0
    decided, unknown = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    for operand in node.operands:
        value = evaluate(operand, rows)
        unknown |= np.isnan(value)
        decided |= is_true(value) if deciding else value == 0
    return np.where(decided, deciding, np.where(unknown, np.nan, 1.0 - deciding))


def _comparison(node: Comparison, rows: Rows) -> Floats:
    if _is_text(node.left, rows) or _is_text(node.right, rows):
        if node.operator not in ("==", "!="):
            raise DataError("texts have no order here; compare them with ==, != or in")
        left, right = _words(node.left, rows), _words(node.right, rows)
        answer = _COMPARISONS[node.operator](left, right)
        return np.where(left.isna() | right.isna(), np.nan, answer)
    a, b = evaluate(node.left, rows), evaluate(node.right, rows)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, _COMPARISONS[node.operator](a, b))


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
)


def _member(node: Member, rows: Rows) -> Floats:
    words = [value.value for value in node.values if isinstance(value, Text)]
    if words and len(words) < len(node.values):
        raise DataError("a list after 'in' holds either numbers or texts, not both")
    if words or _is_text(node.operand, rows):
        if not words:
            raise _holds_text(node.operand, rows)
        cells = _words(node.operand, rows)
        inside, missing = cells.isin(words).to_numpy(), cells.isna().to_numpy()
    else:
        values = evaluate(node.operand, rows)
        inside, missing = np.isin(values, [value.value for value in node.values]), np.isnan(values)
    return np.where(missing, np.nan, inside != node.negated)


def _is_text(node: Node, rows: Rows) -> bool:
    return isinstance(node, Text) or (isinstance(node, Name) and rows.is_text(node.name))


def _words(node: Node, rows: Rows) -> "pd.Series[Any]":
    """A literal text or a column of text. Raises DataError where *node* is a number."""
    if isinstance(node, Text):
        return pd.Series([node.value] * len(rows), dtype=object)
    if isinstance(node, Name):
        cells = rows.column(node.name).reset_index(drop=True)
        if rows.is_text(node.name) or cells.isna().all():
            return cells.astype(object)
        raise DataError(f"column '{node.name}' holds numbers. Compare it with a number, without quotes")
    raise DataError("a column of text can only be compared with a text in single quotes, or with another")


def _holds_text(node: Node, rows: Rows) -> DataError:
    name = node.name if isinstance(node, Name) else "?"
    return DataError(f"column '{name}' holds text. Compare it with texts in single quotes, ['a', 'b']")


# -------------------------------------------------------------------------------------------- the functions


def _call(node: Call, rows: Rows) -> Floats:
    return _FUNCTIONS[node.function](node, rows)


def _first(node: Call, rows: Rows) -> Floats:
    return evaluate(node.arguments[0], rows)


def _whole(node: Call) -> int:
    """The second argument, which the parser has seen to be a whole number."""
    number = node.arguments[1]
    assert isinstance(number, Number)
    return int(number.value)


def _log(node: Call, rows: Rows) -> Floats:
    x = _first(node, rows)
    _need(~(x <= 0), rows, "the logarithm of a value that is not positive")
    return np.log(x)


def _exp(node: Call, rows: Rows) -> Floats:
    return _finite(np.exp(_first(node, rows)), rows, "exp(x)")


def _sqrt(node: Call, rows: Rows) -> Floats:
    x = _first(node, rows)
    _need(~(x < 0), rows, "the square root of a negative value")
    return np.sqrt(x)


def _abs(node: Call, rows: Rows) -> Floats:
    return np.abs(_first(node, rows))


def _round(node: Call, rows: Rows) -> Floats:
    """
    To the nearest decimal of the exact binary value; of two equally near ones to the even digit.

    So round(2.5, 0) is 2 and round(2.675, 2) is 2.67, since the double 2.675 lies below it: Python's rule.
    """
    digits = _whole(node)
    rounded = [round(value, digits) for value in _first(node, rows).tolist()]
    return np.array(rounded, dtype=np.float64)


def _float32(node: Call, rows: Rows) -> Floats:
    """Rounded once to single precision, as Stata stores a float."""
    single = _first(node, rows).astype(np.float32).astype(np.float64)
    return _finite(single, rows, "float32(x)")


def _lag(node: Call, rows: Rows) -> Floats:
    return rows.index.lag(_first(node, rows), _whole(node))


def _diff(node: Call, rows: Rows) -> Floats:
    x = _first(node, rows)
    return _finite(x - rows.index.lag(x, 1), rows, "diff(x)")


def _is_missing(node: Call, rows: Rows) -> Floats:
    argument = node.arguments[0]
    if isinstance(argument, Name):
        return np.asarray(rows.column(argument.name).isna(), dtype=np.float64)
    return np.isnan(evaluate(argument, rows)).astype(np.float64)


def _quantile_group(node: Call, rows: Rows) -> Floats:
    x = _first(node, rows)
    groups = np.zeros(len(rows), dtype=np.int64)
    if node.by is not None:
        groups = pd.factorize(rows.column(node.by.name))[0].astype(np.int64)
    present = ~np.isnan(x) & (groups >= 0)
    answer = np.full(len(rows), np.nan)
    if present.any():
        _, compact = np.unique(groups[present], return_inverse=True)
        answer[present] = quantile_groups(x[present], compact, _whole(node))
    return answer


def quantile_groups(x: Floats, groups: np.ndarray[Any, Any], k: int) -> Floats:
    """
    Quantile group, 1 to k, of each value among those of its own group, as Stata's xtile has it.

    x : (n,) without NaN; groups : (n,) codes 0, 1, ... without gaps
    The i-th cut point among n values is the type-2 quantile i/k (Hyndman and Fan 1996): the mean of the
    values ranked ni/k and ni/k + 1 where ni/k is whole, else the value ranked next above. A value is in
    group 1 + the number of cut points below it. Ranks are found in whole numbers, never in floating point.
    """
    order = np.lexsort((x, groups))
    ranked, counts = x[order], np.bincount(groups)
    starts = np.cumsum(counts) - counts
    answer = np.ones(len(x))
    for i in range(1, k):
        upper, remainder = np.divmod(counts * i, k)
        above = ranked[starts + upper]
        below = ranked[starts + np.maximum(upper - 1, 0)]
        cut = np.where(remainder == 0, (below + above) / 2, above)
        answer += cut[groups] < x
    return answer


_FUNCTIONS: Mapping[str, Callable[[Call, Rows], Floats]] = MappingProxyType(
    {
        "log": _log,
        "exp": _exp,
        "sqrt": _sqrt,
        "abs": _abs,
        "round": _round,
        "float32": _float32,
        "lag": _lag,
        "diff": _diff,
        "is_missing": _is_missing,
        "quantile_group": _quantile_group,
    }
)

_RULES: Mapping[type, Callable[[Any, Rows], Floats]] = MappingProxyType(
    {
        Number: _number,
        Text: _text,
        Name: _name,
        Call: _call,
        Negative: _negative,
        Arithmetic: _arithmetic,
        Comparison: _comparison,
        Member: _member,
        Not: _not,
        Logic: _logic,
    }
)
