"""What one engine multiplies and another does not: a ratio of variances, a distribution of p."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from harness.audit.distributions import two_sided
from harness.compare.sides import Key, Side
from harness.glossary import plain

ALIKE = 1e-6  # two factors are one within this: on 1,000 rows N/(N-1) is 1e-3 from 1


@dataclass(frozen=True)
class Counts:
    """Rows, coefficients and groups of a fit; None where the engine does not tell them."""

    rows: float | None
    coefficients: int
    groups: float | None


def counts(side: Side) -> Counts:
    """Those of one engine's fit; rows are those of the estimated equation."""

    def first(measure: str) -> float | None:
        return next((v for (p, _, m), v in side.values.items() if p == "fit" and plain(m) == measure), None)

    terms = sum(key[0] == "coefficients" and key[2] == "estimate" for key in side.values)
    return Counts(first("n_obs"), terms, first("n_groups"))


def ratio(pairs: Mapping[Key, tuple[float, float]]) -> float | None:
    """The square of candidate over reference where it is the same for all, None where it is not."""
    squares = [(b / a) ** 2 for a, b in pairs.values() if a != 0]
    if not squares or max(squares) - min(squares) > ALIKE * max(squares):
        return None
    return sum(squares) / len(squares)


def named(squared: float, known: Counts) -> str:
    """
    Which factors, the first over the second, make the ratio of two variances, "" where none known does.

    What both have cancels out: the plainest two are named.

    >>> named(100 / 97 * 10 / 9, Counts(100, 3, 10))
    'N/(N-K) G/(G-1) against none'
    """
    pairs = permutations(_factors(known), 2)
    plainest_first = sorted(pairs, key=lambda pair: [name == "none" for name, _ in pair], reverse=True)
    for (name, value), (other, its) in plainest_first:
        if abs(value / its / squared - 1) < ALIKE:
            return f"{name} against {other}"
    return ""


def _factors(known: Counts) -> Iterator[tuple[str, float]]:
    """Name and value; K is the number of coefficients, with the groups' effects where these are absorbed."""
    n, k, g = known.rows, known.coefficients, known.groups
    by_rows = {"none": 1.0}
    if n is not None:
        by_rows["N/(N-1)"] = _over(n, n - 1)
    if n is not None and k:
        by_rows["N/(N-K)"] = _over(n, n - k)
        by_rows |= {"(N-1)/(N-K)": _over(n - 1, n - k), "N/(N-K+1)": _over(n, n - k + 1)}
    if n is not None and k and g is not None:
        by_rows |= {"N/(N-K-G)": _over(n, n - k - g), "N/(N-K-G+1)": _over(n, n - k - g + 1)}
        by_rows |= {"(N-1)/(N-K-G+1)": _over(n - 1, n - k - g + 1), "(N-1)/(N-K-G)": _over(n - 1, n - k - g)}
    for name, value in by_rows.items():
        if math.isfinite(value):
            yield name, value
            if g is not None and g > 1:
                yield ("G/(G-1)" if name == "none" else f"{name} G/(G-1)"), value * g / (g - 1)


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else math.inf


def distribution(side: Side, known: Counts) -> str:
    """The distribution that gives every p of the engine's coefficients, "" where none known does."""
    told = [
        (abs(statistic), side.values["coefficients", term, "p_value"])
        for (part, term, measure), statistic in side.values.items()
        if (part, measure) == ("coefficients", "statistic")
        and ("coefficients", term, "p_value") in side.values
    ]
    for name, df in _degrees(known):
        if told and all(abs(two_sided(t, df) - p) < 1e-9 + ALIKE * p for t, p in told):
            return name
    return ""


def _degrees(known: Counts) -> Iterator[tuple[str, float]]:
    yield "the normal distribution", math.inf
    n, k, g = known.rows, known.coefficients, known.groups
    found = {"G-1": g and g - 1, "G": g, "N-K": n and n - k}
    if n is not None and g is not None:
        found |= {"N-K-G+1": n - k - g + 1, "N-K-G": n - k - g}
    for name, df in found.items():
        if df is not None and df > 0:
            yield f"t with {name} = {df:g} degrees of freedom", df
