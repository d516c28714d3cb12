"""How close two numbers are: tolerance between programs and the log relative error."""

import math

from harness import printed
from harness.compare.sides import Key, Side
from harness.glossary import Measure

MOST_DIGITS = 15.0  # a double carries no more


def lre(candidate: float, reference: float) -> float | None:
    """
    The number of leading digits on which two numbers agree (McCullough 1998, The American Statistician 52).

    -log10(|candidate - reference| / |reference|), from 0 to 15, to two decimals; where the reference is 0,
    -log10(|candidate|). None where one of them is not finite.

    >>> lre(1.0001, 1.0), lre(0.001, 0.0), lre(2.0, 2.0)
    (4.0, 3.0, 15.0)
    """
    if not (math.isfinite(candidate) and math.isfinite(reference)):
        return None
    error = abs(candidate - reference) / (abs(reference) or 1.0)
    if error == 0:
        return MOST_DIGITS
    return round(min(MOST_DIGITS, max(0.0, -math.log10(error))), 2)


def shown_digits(text: str) -> float:
    """
    The log relative error that a printed number cannot exceed: that of half a unit of its last digit.

    >>> round(shown_digits(".6862261"), 2), round(shown_digits("0.000"), 2)
    (7.14, 3.3)
    """
    number = printed.read(text)
    half = float(printed.half_unit(text))
    return min(MOST_DIGITS, max(0.0, -math.log10(half / (abs(float(number.value)) or 1.0))))


def between_engines(measure: Measure, key: Key, reference: Side) -> float:
    """The bound on |candidate - reference| for two programs that do the same: the widest in the glossary."""
    return max(measure.rtol * abs(reference.values[key]), near_zero(measure, key, reference))


def since_golden(measure: Measure, key: Key, golden: Side) -> float:
    """
    The bound for one program against itself: 1e-8 of the number, counts exactly.

    What lies near zero is measured as between engines, a hundred times finer.
    """
    if measure.rtol == 0:
        return 0.0
    return max(1e-8 * abs(golden.values[key]), 1e-2 * near_zero(measure, key, golden))


def near_zero(measure: Measure, key: Key, side: Side) -> float:
    """
    How far a number may move whatever its size: in standard errors, or absolutely.

    For the covariance of x and y that is a share of the product of their standard errors: no covariance
    exceeds it (Cauchy and Schwarz), and it is what an element near zero was computed from.
    """
    part, term, _ = key
    if part == "covariance":
        first, _, second = term.partition("~")
        return measure.rtol * side.std_error(first) * side.std_error(second)
    in_errors = measure.std_errors * side.std_error(term) if measure.std_errors else 0.0
    return max(measure.atol, in_errors)
