"""On which side of a significance limit a term stands, in print and in an engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from harness.compare.sides import Side
from harness.printed import Interval
from harness.spec import Spec

CONVENTIONAL = 0.05
P_NOISE = 1e-7  # the glossary's absolute tolerance of p between engines


def limits(spec: Spec) -> tuple[float, ...]:
    """The p at which a finding appears or is lost: 5 %, and the paper's limit of the first star."""
    return tuple(sorted({CONVENTIONAL, max(spec.stars, default=CONVENTIONAL)}))


def of_p(p: float | None, limit: float, slack: float = 0.0) -> bool | None:
    """
    Whether *p* is significant; None where there is no p, or none that noise could not turn.

    slack : how far *p* may lie from the true one, where it is known to a few digits only
    """
    if p is None or not abs(p - limit) > P_NOISE + 1e-6 * limit + slack:  # also None where p is NaN
        return None
    return p < limit


def stars(p: float, spec_stars: tuple[float, ...], slack: float = 0.0) -> tuple[int, int]:
    """
    Fewest and most stars that *p* can be given; they differ only where p lies on a limit up to noise.

    slack : how far *p* may lie from the true one

    >>> stars(0.03, (0.10, 0.05, 0.01)), stars(0.05, (0.10, 0.05, 0.01))
    ((2, 2), (1, 2))
    """
    noise = P_NOISE + 1e-6 * abs(p) + slack
    return sum(p + noise < limit for limit in spec_stars), sum(p - noise < limit for limit in spec_stars)


def p_of_stars(count: int, spec_stars: tuple[float, ...]) -> Interval | None:
    """The p that *count* stars stand for, None where the paper's legend has not so many."""
    falling = sorted((Decimal(str(limit)) for limit in spec_stars), reverse=True)
    if not 0 <= count <= len(falling):
        return None
    ends = [Decimal("Infinity"), *falling, Decimal(0)]
    return Interval(ends[count + 1], ends[count], high_open=True)


@dataclass(frozen=True)
class Distribution:
    """
    What an engine's own terms teach about |t| and p, without knowing its distribution.

    Within one column p falls as |t| rises. So whatever is larger than the |t| of a significant term is
    significant, and what is smaller than the |t| of an insignificant one is not. No t distribution has
    thinner tails than the normal, which bounds the critical value from below.

    Attributes:
        known: (|t|, p) of the coefficients
        normal: whether p is taken from the normal distribution
    """

    known: tuple[tuple[float, float], ...]
    normal: bool = False

    def significant(self, statistic: Interval, limit: float) -> bool | None:
        """Whether |t| in *statistic* (at least 0) is significant at *limit*; None where that is not sure."""
        critical = NormalDist().inv_cdf(1 - limit / 2)
        certain = [t for t, p in self.known if of_p(p, limit) is True] + [critical] * self.normal
        certainly_not = [t for t, p in self.known if of_p(p, limit) is False] + [critical]
        if certain and statistic.low > Decimal(min(certain)):
            return True
        return False if statistic.high < Decimal(max(certainly_not)) else None


def distribution(side: Side, normal: bool) -> Distribution:
    """From the coefficients of one engine in one column."""
    known = []
    for (part, term, measure), value in side.values.items():
        if (part, term, measure) in side.printed:
            continue  # rounded, it teaches nothing about what lies close to it
        if (part, measure) == ("coefficients", "p_value"):
            statistic = side.values.get((part, term, "statistic"))
            known += [(abs(statistic), value)] if statistic is not None and statistic == statistic else []
    return Distribution(tuple(known), normal)


def absolute_statistic(printed: Mapping[str, Interval]) -> Interval | None:
    """
    The interval of |t| that a term's print allows, from the statistic or from estimate / std_error.

    printed : measure to interval, in units of the estimate
    """
    if "statistic" in printed:
        return _absolute(printed["statistic"])
    if "estimate" not in printed or "std_error" not in printed:
        return None
    estimate, std_error = _absolute(printed["estimate"]), printed["std_error"]
    if std_error.low <= 0:
        return None  # a standard error that rounds to zero allows any t
    return Interval(estimate.low / std_error.high, estimate.high / std_error.low)


def _absolute(interval: Interval) -> Interval:
    ends = (abs(interval.low), abs(interval.high))
    crosses = interval.low <= 0 <= interval.high
    return Interval(Decimal(0) if crosses else min(ends), max(ends))
