"""Numbers as text, with the digits at which two of them part."""

import math
from decimal import Decimal
from typing import NamedTuple

NOTHING = "–"
_BEYOND = 4  # digits shown after the last one that matters


class Parted(NamedTuple):
    """
    A number cut in three.

    Attributes:
        same: the digits shared with the other number
        differs: the digits that part from it, as far as the other number goes
        beyond: what follows
    """

    same: str
    differs: str = ""
    beyond: str = ""

    @property
    def text(self) -> str:
        return self.same + self.differs + self.beyond


def shown(value: float | str | None) -> str:
    """
    A number in full, whole numbers without a point.

    >>> shown(140.0), shown(0.1), shown(None), shown(float("nan")), shown(".500")
    ('140', '0.1', '–', 'NaN', '.500')
    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def short(value: float | None, digits: int = 4) -> str:
    """
    A number for a label or an axis, to *digits* significant digits.

    >>> short(0.686226145, 3), short(1234567.0), short(None)
    ('0.686', '1.235e+06', '–')
    """
    if value is None or not math.isfinite(value):
        return shown(value)
    return f"{value:.{digits}g}"


def decimal(value: Decimal) -> str:
    """
    A decimal in fixed notation, without trailing zeros.

    >>> decimal(Decimal("100.0"))
    '100'
    """
    return f"{value.normalize():f}"


def against_print(value: Decimal, printed: Decimal, place: int, agrees: bool) -> Parted:
    """
    *value*, in the unit of the print, cut where it parts from the printed number.

    *place* is the exponent of ten of the last printed digit. A value that agrees shares all printed digits
    by definition, even where rounding changed one.

    >>> against_print(Decimal("0.68622614"), Decimal(".6862"), -4, agrees=True)
    Parted(same='0.6862', differs='', beyond='2614')
    >>> against_print(Decimal("0.68512614"), Decimal(".6862"), -4, agrees=False)
    Parted(same='0.68', differs='51', beyond='2614')
    """
    power = _power(printed, value)
    text = f"{value.scaleb(-power):f}"
    other = f"{printed.scaleb(-power):f}"
    text, end = _padded(text, place - power)
    cut = end if agrees else min(end, _common(text, other))
    rest = text[end:]
    beyond = rest[:_BEYOND] + ("…" if len(rest) > _BEYOND else "")
    return Parted(text[:cut], text[cut:end], beyond + (f"e{power}" if power else ""))


def against_number(value: float | str | None, other: float | str | None) -> Parted:
    """
    *value* cut where it parts from *other*; all of it shared where the two are equal.

    >>> against_number(0.12345678, 0.12349999)
    Parted(same='0.1234', differs='5678', beyond='')
    """
    if not isinstance(value, float | int) or not isinstance(other, float | int) or value == other:
        return Parted(shown(value))
    if not (math.isfinite(value) and math.isfinite(other)):
        return Parted("", shown(value))
    number, reference = Decimal(repr(float(value))), Decimal(repr(float(other)))
    power = _power(reference, number)
    text = f"{number.scaleb(-power):f}"
    cut = _common(text, f"{reference.scaleb(-power):f}")
    end = min(len(text), cut + _BEYOND)
    rest = "…" if end < len(text) else ""
    return Parted(text[:cut], text[cut:end] + rest, f"e{power}" if power else "")


def _power(reference: Decimal, number: Decimal) -> int:
    """The power of ten that both are shown as multiples of; 0 for numbers of everyday size."""
    found = (reference or number).adjusted() if reference or number else 0
    return 0 if -10 <= found <= 15 and number.adjusted() <= 20 else found


def _padded(text: str, place: int) -> tuple[str, int]:
    """*text* with at least as many decimals as *place* asks for, and where its last digit of note ends."""
    whole, _, decimals = text.partition(".")
    if place >= 0:
        return text, max(0, len(whole) - place)
    decimals = decimals.ljust(-place, "0")
    return f"{whole}.{decimals}", len(whole) + 1 - place


def _common(text: str, other: str) -> int:
    """How many leading characters are shared; none where the whole parts differ in length."""
    if len(text.partition(".")[0]) != len(other.partition(".")[0]):
        return 0
    pairs = zip(text, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(text), len(other)))
