"""How close two numbers are: tolerance between programs and the log relative error."""

import math

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


def between_engines(measure: Measure, key: Key, reference: Side) -> float:
    """The bound on |candidate - reference| for two programs that do the same: the widest in the glossary."""
    value = reference.values[key]
    return max(
        measure.rtol * abs(value),
        measure.std_errors * reference.std_error(key[1]),
        measure.atol,
        measure.rtol * covariance_scale(key, reference),
    )


def since_golden(measure: Measure, key: Key, golden: Side) -> float:
    """
    The bound for one program against itself: 1e-8 of the number, counts exactly.

    What lies near zero is measured as between engines (standard errors, absolute), a hundred times finer.
    """
    if measure.rtol == 0:
        return 0.0
    return max(
        1e-8 * abs(golden.values[key]),
        1e-2 * measure.std_errors * golden.std_error(key[1]),
        1e-2 * measure.atol,
        1e-8 * covariance_scale(key, golden),
    )


def covariance_scale(key: Key, side: Side) -> float:
    """
    For the covariance of x and y the product of their standard errors, else 0.

    No covariance exceeds it (Cauchy and Schwarz), and it is what an element near zero was computed from.
    """
    part, term, _ = key
    if part != "covariance":
        return 0.0
    first, _, second = term.partition("~")
    return side.std_error(first) * side.std_error(second)
