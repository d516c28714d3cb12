"""Stata's table of coefficients, row by row."""

import re
from collections.abc import Iterator, Sequence

from harness.result import PrintedCell
from harness.statalog.facts import Line

_HEAD = re.compile(
    r"(?P<outcome>[^|]*)\|\s*Coef(?:ficient|\.)\s+(?:\w+ )?[Ss]td\. ?[Ee]rr\.\s+[tz]\s+P>\|[tz]\|.*"
)
_END = re.compile(r"-{20,}\s*")
_ROW = re.compile(r"(?P<name>[^|]*)\|(?P<numbers>[^|]*)")
_OPERATOR = re.compile(r"(?:L\d*)?(?:D\d*)?(?:S\d*)?\.")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?")
_MEASURES = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
_BENEATH = {"sigma_u", "sigma_e", "rho"}


def heads(lines: Sequence[Line]) -> list[int]:
    """The places in *lines* where a table of coefficients has its heads."""
    return [place for place, line in enumerate(lines) if _HEAD.fullmatch(line.text)]


def outcome(line: Line) -> str:
    """The dependent variable, from the line of heads."""
    found = _HEAD.fullmatch(line.text)
    return found["outcome"].strip() if found else ""


def coefficients(lines: Sequence[Line]) -> Iterator[PrintedCell]:
    """
    The cells of the table beneath a line of heads, under Stata's own names: L1.n, 1980.year, _cons.

    A coefficient that Stata left out (omitted, base) has no cell.
    """
    block = ""
    for line in lines:
        if _END.fullmatch(line.text):
            return
        found = _ROW.fullmatch(line.text)
        if found is None:
            continue
        name, numbers = found["name"].strip(), found["numbers"].split()
        if not name or not numbers:
            block = name
        elif name not in _BENEATH:
            yield from _row(_named(name, block), numbers, line)


def _named(name: str, block: str) -> str:
    """Rows beneath a variable name its lag (L1., --.) or its value."""
    if name == "--.":
        return block
    if _OPERATOR.fullmatch(name):
        return name.replace("D1.", "D.") + block
    return f"{name}.{block}" if block and name != "_cons" else name


def _row(name: str, numbers: Sequence[str], line: Line) -> Iterator[PrintedCell]:
    if len(numbers) != len(_MEASURES):
        return
    for measure, text in zip(_MEASURES, numbers, strict=True):
        if _NUMBER.fullmatch(text):
            yield PrintedCell("coefficients", name, measure, text, line.number)
