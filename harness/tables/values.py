"""What stands in one cell of a printed table: a number, stars, a second number in brackets."""

import re
from dataclasses import dataclass

from harness import printed

_NUMBER = r"[<>]?[ ]?[+\-−–]?[ ]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eEdD][+\-−–]?\d{1,3})?"
_STARS = r"(?:[*∗⋆†‡+][ ]?)*"
_MARK = r"(?:\^?[a-z]{1,2}(?:,[a-z])*)?"
_CELL = re.compile(
    rf"(?:(?P<main>{_NUMBER})[ ]?(?P<stars>{_STARS}){_MARK})?[ ]?"
    rf"(?:(?P<open>[(\[{{|])[ ]?(?P<below>{_NUMBER})(?:[ ]?(?:,|;|to|~)[ ]?(?P<high>{_NUMBER}))?[ ]?[)\]}}|]"
    rf"[ ]?(?P<after>{_STARS}){_MARK})?"
)
_DF = re.compile(r" ?\(d\.?f\.? ?= ?(\d+)(?:[;,] ?(\d+))?\)")
_NOTHING = {"", "-", "–", "—", "--", "---", ".", "..", "...", "…", "/", "na", "n.a.", "n/a", "nan", "none"}
_DIGITS = re.compile(r"(?<=\d)[ \u2009\u202f](?=\d{3}\b)")
_LONGEST = 200  # letters of a cell with numbers; in longer ones the search for them takes its time
_MINUS = str.maketrans({"−": "-", "–": "-", "∗": "*", "⋆": "*", "．": ".", "（": "(", "）": ")", "，": ","})


@dataclass(frozen=True)
class Value:
    """
    The numbers of a cell, as printed.

    Attributes:
        main: the number that stands free, "" where none does
        stars: beside it, or beside the one in brackets
        bracket: "(", "[", "{" or "|" around the second number
        below: the number in brackets
        high: a third one, where two stand in the brackets: the ends of an interval
        df: degrees of freedom, where the cell tells them: (df = 1; 734)
    """

    main: str = ""
    stars: str = ""
    bracket: str = ""
    below: str = ""
    high: str = ""
    df: tuple[str, ...] = ()


def is_nothing(text: str) -> bool:
    """Whether the cell shows that nothing is printed here."""
    return text.strip().lower() in _NOTHING


def value(text: str) -> Value | None:
    """
    The numbers of a cell, None where it is a word.

    >>> value("-0.12***"), value("31.38 [0.177]").below, value("4.5 (df = 1; 3)").df, value("Yes")
    (Value(main='-0.12', stars='***', bracket='', below='', high='', df=()), '0.177', ('1', '3'), None)
    """
    if len(text) > _LONGEST:
        return None
    degrees = _DF.search(text)
    bare = _DF.sub("", text).strip().translate(_MINUS)
    found = _CELL.fullmatch(_DIGITS.sub("", bare))
    if found is None or not (found["main"] or found["below"]):
        return None
    numbers = [(found[name] or "").replace(" ", "") for name in ("main", "below", "high")]
    if not all(number == "" or _is_number(number) for number in numbers):
        return None
    stars = ((found["stars"] or "") + (found["after"] or "")).replace(" ", "")
    df = tuple(number for number in degrees.groups() if number) if degrees else ()
    return Value(numbers[0], stars, found["open"] or "", numbers[1], numbers[2], df)


def _is_number(text: str) -> bool:
    try:
        printed.read(text)
    except printed.NotANumber:
        return False
    return True
