"""A number as printed, read as the interval of values that could have been printed so."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_MINUS_SIGNS = str.maketrans({"−": "-", "–": "-"})  # typesetters use U+2212 and the en dash
_NUMBER = re.compile(
    r"(?P<bound>[<>]?) ?"
    r"(?P<digits>[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+))"
    r"(?:[eEdD](?P<exponent>[+-]?\d{1,3}))?"
)
_INFINITE = Decimal("Infinity")


class NotANumber(ValueError):  # noqa: N818 - what the text is, not a fault of the program
    """The text is no printed number."""


@dataclass(frozen=True)
class Interval:
    """
    All values from `low` to `high`; an open end does not itself belong to them.

    Attributes:
        low, high: in the unit of the print
        low_open, high_open: whether the end is left out
    """

    low: Decimal
    high: Decimal
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Decimal) -> bool:
        """Whether *value*, a finite number, lies in the interval."""
        above = value > self.low or (value == self.low and not self.low_open)
        return above and (value < self.high or (value == self.high and not self.high_open))

    def below(self, limit: Decimal) -> bool | None:
        """Whether every value is below *limit* (True) or none is (False); None where some are."""
        if self.high < limit or (self.high == limit and self.high_open):
            return True
        return False if self.low >= limit else None


@dataclass(frozen=True)
class Printed:
    """
    A printed number.

    Attributes:
        value: exactly what the digits say
        places: exponent of ten of the last digit shown (-3 for "0.110" and "1.5e-02", 0 for "611")
        bound: "<" or ">" where the print is only a limit ("<0.001"), else ""
    """

    value: Decimal
    places: int
    bound: str = ""

    @property
    def sign(self) -> int:
        """-1, 0 or 1; "-0.00" shows that the value was negative, "0.00" shows no sign."""
        if self.value == 0:
            return -1 if self.value.is_signed() else 0
        return -1 if self.value < 0 else 1


@lru_cache(maxsize=65536)
def read(text: str) -> Printed:
    """
    The number that *text* shows. Raises NotANumber.

    Understood: ".686", "+0.5", "-3.89e-6", "0.334D-01", "1,234.5", "<0.001", and the typesetter's minus sign.

    >>> read(".110").value, read(".110").places, read("<0.001").bound
    (Decimal('0.110'), -3, '<')
    """
    found = _NUMBER.fullmatch(text.translate(_MINUS_SIGNS))
    if found is None:
        raise NotANumber(f"'{text}' is no printed number")
    value = Decimal(found["digits"].replace(",", "") + "E" + (found["exponent"] or "0"))
    return Printed(value, int(value.as_tuple().exponent), found["bound"])


def last_place(printed: Printed, decimals: int | None, significant: int | None) -> int:
    """
    The exponent of ten to which the value was rounded.

    It is the last digit shown, unless *decimals* or *significant* say how the table was printed; where both
    do, the coarser. 11900000 with three significant digits was rounded to 100000.

    >>> last_place(read("11900000"), None, 3), last_place(read(".075978"), 7, None)
    (5, -7)
    """
    told = [-decimals] if decimals is not None else []
    if significant is not None and printed.value != 0:
        told.append(printed.value.adjusted() - significant + 1)
    return max(told, default=printed.places)


def half_unit(text: str) -> Decimal:
    """
    Half a unit of the last digit shown. Raises NotANumber.

    >>> half_unit("0.034"), half_unit("611")
    (Decimal('0.0005'), Decimal('0.5'))
    """
    return Decimal(1).scaleb(read(text).places) / 2


@lru_cache(maxsize=65536)
def interval(
    text: str, decimals: int | None = None, significant: int | None = None, truncated: bool = False
) -> Interval:
    """
    The values that could have been printed as *text*: half a unit of the last digit to either side.

    Both ends belong to it, since programs differ in how they round a five. A truncated number lies between
    the print and one unit further from zero. A zero with a sign, "-0.000", has all its values on that side.
    Raises NotANumber.

    >>> interval("0.034").holds(Decimal("0.0345")), interval("0.034").holds(Decimal("0.0346"))
    (True, False)
    """
    printed = read(text)
    if printed.bound == "<":
        return Interval(-_INFINITE, printed.value, high_open=True)
    if printed.bound == ">":
        return Interval(printed.value, _INFINITE, low_open=True)
    unit = Decimal(1).scaleb(last_place(printed, decimals, significant))
    if truncated:
        return _truncated(printed, unit)
    low, high = printed.value - unit / 2, printed.value + unit / 2
    if printed.value == 0 and printed.sign:
        return Interval(low, printed.value) if printed.sign < 0 else Interval(printed.value, high)
    return Interval(low, high)


def _truncated(printed: Printed, unit: Decimal) -> Interval:
    """Digits were cut off: the value is at least as far from zero as the print, by less than one unit."""
    down, up = printed.sign <= 0, printed.sign >= 0
    low = printed.value - unit if down else printed.value
    high = printed.value + unit if up else printed.value
    return Interval(low, high, low_open=down, high_open=up)
