"""Which trailing zeros of a printed table look like padding, by how often they stand there."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from harness import printed
from harness.result import PrintedCell, Published

CHANCE = Fraction(
    1, 1000
)  # a run of zeros that honest last digits give less often than this looks like padding
PLACEHOLDERS = 3  # as many zeros before the decimal point: one number in a thousand ends so by chance
_ALIKE = {"std_error": "estimate", "ci_low": "interval", "ci_high": "interval"}
# Not looked at. Parameters of fit of sets are shares, and often exactly 1: zeros say nothing there.
_SHARES = ("as_printed", "truth_table", "solution", "necessity", "panel", "robustness", "checks")
_LEFT_OUT = frozenset({"stars", "n_obs", "missing", "df", "df2", "n_groups", "n_instruments"})

Family = tuple[str, str, bool, int]  # part, measure, with an exponent, digits after the point


@dataclass(frozen=True)
class Zeros:
    """
    Numbers printed alike whose zeros look like padding.

    Attributes:
        digits: real ones after the point
        ending, told: how many end in zero, of how many that are not zero
    """

    digits: int
    ending: int
    told: int


@dataclass(frozen=True)
class Padding:
    """What the last digits of a table show, by cells printed alike; only what looks padded."""

    families: Mapping[Family, Zeros]

    def real_places(self, cell: PrintedCell) -> int | None:
        """The exponent of ten of the last real digit, None where all digits printed look real."""
        number = printed.read(cell.text)
        if number.value == 0 or number.bound or cell.measure in _LEFT_OUT or cell.part in _SHARES:
            return None
        zeros = _trailing_zeros(cell.text)
        family = _family(cell)
        if family in self.families and zeros:
            return number.places + family[3] - self.families[family].digits
        if number.places >= 0 and not family[2] and zeros >= PLACEHOLDERS:
            return number.places + zeros
        return None

    def evidence(self, cell: PrintedCell) -> str:
        """Why the zeros of a cell look like padding."""
        family = self.families.get(_family(cell))
        if family is None:
            return f"{_trailing_zeros(cell.text)} zeros before the point"
        return f"{family.ending} of {family.told} numbers printed like this end in 0"


def detect(published: Published) -> Padding:
    """The families of cells in which more last digits are zero than chance gives."""
    families: dict[Family, list[str]] = defaultdict(list)
    for cells in published.columns.values():
        for cell in cells:
            if cell.part not in _SHARES and cell.measure not in _LEFT_OUT and _digits_after_point(cell.text):
                families[_family(cell)].append(cell.text)
    counted = {family: _zeros(texts) for family, texts in families.items()}
    return Padding({family: zeros for family, zeros in counted.items() if _looks_padded(zeros)})


def _zeros(texts: Iterable[str]) -> Zeros:
    """The real digits are those that some number ending in zero still needs."""
    told = [text for text in texts if printed.read(text).value != 0]
    ending = [text for text in told if _trailing_zeros(text)]
    digits = (max(_digits_after_point(text) - _trailing_zeros(text), 0) for text in ending)
    return Zeros(max(digits, default=0), len(ending), len(told))


def _looks_padded(zeros: Zeros) -> bool:
    """Whether so many zeros at the end are rarer than CHANCE where a last digit is 0 one time in ten."""
    n = zeros.told
    ways = sum(math.comb(n, k) * 9 ** (n - k) for k in range(zeros.ending, n + 1))
    return zeros.ending > 0 and Fraction(ways, 10**n) < CHANCE


def _family(cell: PrintedCell) -> Family:
    has_exponent = re.search("[eEdD]", cell.text) is not None
    return cell.part, _ALIKE.get(cell.measure, cell.measure), has_exponent, _digits_after_point(cell.text)


def _mantissa(text: str) -> str:
    return re.split("[eEdD]", text)[0]


def _digits_after_point(text: str) -> int:
    return len(_mantissa(text).partition(".")[2])


def _trailing_zeros(text: str) -> int:
    digits = re.sub(r"[^0-9]", "", _mantissa(text))
    return len(digits) - len(digits.rstrip("0"))
