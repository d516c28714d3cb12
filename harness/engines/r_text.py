"""Pieces of R code as a person would type them, for `translate`; nothing here is ever run."""

import re
from collections.abc import Iterable

_RESERVED = frozenset(
    {"if", "else", "repeat", "while", "function", "for", "next", "break", "in"}
    | {"TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"}
)

_FACTORS = {
    "none": "",
    "n-k": "N/(N-K)",
    "groups": "G/(G-1)",
    "stata": "(N-1)/(N-K) * G/(G-1)",
    "stata-absorbed": "(N-1)/(N-K-absorbed) * G/(G-1)",
    "xtabond2-2009": "N/(N-K+1) * G/(G-1)",
}


def name(column: str) -> str:
    """
    A column as `read.csv` names it: plm's formulas take no other names, not even between backticks.

    >>> name("log_emp"), name("year=1980"), name("2nd"), name("next")
    ('log_emp', 'year.1980', 'X2nd', 'next.')
    """
    found = re.sub(r"[^\w.]", ".", column)
    if re.match(r"\d|_|\.\d", found):
        found = f"X{found}"
    return f"{found}." if found in _RESERVED else found


def sum_of(columns: Iterable[str], constant: bool = True) -> str:
    """
    The right side of a formula.

    >>> sum_of(["x", "L1.x"]), sum_of([], True), sum_of(["x"], False)
    ('x + L1.x', '1', '0 + x')
    """
    names = [name(column) for column in columns]
    if not constant:
        names = ["0", *names]
    return " + ".join(names) or "1"


def lags(variable: str, first: int, last: int | None) -> str:
    """
    A variable at its lags, as plm writes it; an open end is 99.

    >>> lags("x", 0, 0), lags("x", 2, 2), lags("x", 2, None)
    ('x', 'lag(x, 2)', 'lag(x, 2:99)')
    """
    if first == last == 0:
        return name(variable)
    until = 99 if last is None else last
    return f"lag({name(variable)}, {first if first == until else f'{first}:{until}'})"


def factor(small_sample: str) -> str:
    """The factor on a covariance, with the sign before it; "" for none."""
    return f", times {_FACTORS[small_sample]}" if _FACTORS[small_sample] else ""
