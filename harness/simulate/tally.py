"""Estimates of many panels to bias, spread, coverage, power and size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.recovery import Coefficient, Histogram, Measured, TestRate, Truth
from harness.result import Result

Array = NDArray[np.float64]
LEVEL = 0.05  # of tests
_MEASURES = ("estimate", "std_error", "p_value", "ci_low", "ci_high")
_COUNTS = {"n_obs@equation": "observations", "n_instruments@rank": "instruments"}
_BINS = 40
_WIDTH = 5.0  # standard deviations on either side of the median that are drawn
_STEPS = 20  # of p


class Tally:
    """
    What is kept of each replication: five numbers a coefficient, one a test.

    All is kept by replication, so that everything is the same whichever fit ends first.
    """

    def __init__(self, terms: Sequence[str], replications: int) -> None:
        self.drawn = 0
        self.fitted = 0
        self.engine_version = ""
        self.counts: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._first = replications  # of the replications that were fitted
        self._terms = {term: place for place, term in enumerate(terms)}
        self._numbers = np.full((len(_MEASURES), len(terms), replications), np.nan)
        self._p_values: dict[str, Array] = {}
        self._order: dict[str, tuple[int, int]] = {}  # of the tests: first replication, place in it

    def add(self, replication: int, result: Result) -> None:
        """Keep what is needed of a fit that has ended."""
        self.drawn += 1
        if result.status != "fitted":
            self._failures[result.message] += 1
            return
        self.fitted += 1
        if replication < self._first:
            self._first = replication
            self.engine_version = result.provenance.engine_version
            fit = {cell.measure: cell.value for cell in result.cells if cell.part == "fit"}
            self.counts = {name: fit[measure] for measure, name in _COUNTS.items() if measure in fit}
        for place, (part, term, measure, value) in enumerate(result.cells):
            if part == "coefficients" and term in self._terms and measure in _MEASURES:
                self._numbers[_MEASURES.index(measure), self._terms[term], replication] = value
            elif part == "tests" and measure == "p_value":
                self._test(term, (replication, place))[replication] = value

    def _test(self, term: str, at: tuple[int, int]) -> Array:
        self._order[term] = min(at, self._order.get(term, at))
        return self._p_values.setdefault(term, np.full(self._numbers.shape[2], np.nan))

    @property
    def failures(self) -> dict[str, int]:
        """Message to how many fits gave no numbers for it, the most frequent first."""
        return dict(sorted(self._failures.items(), key=lambda item: (-item[1], item[0])))

    def coefficients(self, truths: Mapping[str, Truth]) -> Iterator[Coefficient]:
        """One a term that has estimates."""
        for term, place in self._terms.items():
            numbers = self._numbers[:, place]
            there = np.isfinite(numbers[0])
            if there.sum() > 1:
                yield _coefficient(term, truths[term], numbers[:, there])

    def tests(self, holds: Callable[[str], bool | None]) -> Iterator[TestRate]:
        """One a test, in the order of the first replication that has it."""
        edges = np.linspace(0.0, 1.0, _STEPS + 1)
        for term in sorted(self._order, key=lambda name: self._order[name]):
            p = self._p_values[term]
            p = p[np.isfinite(p)]
            if len(p) > 1:
                yield TestRate(term, holds(term), _share(p < LEVEL), len(p), _histogram(p, edges))


def _coefficient(term: str, truth: Truth, numbers: Array) -> Coefficient:
    """
    numbers : (5, n) estimate, standard error, p and both ends of the interval

    Monte Carlo standard errors as in Morris, White and Crowther (2019), Statistics in Medicine 38, 2074-2102,
    table 6; that of the root of a mean by the delta method.
    """
    estimate, std_error, p, low, high = numbers
    n, deviation = len(estimate), float(estimate.std(ddof=1))
    sd = Measured(deviation, deviation / (2 * (n - 1)) ** 0.5)
    error = estimate - truth.value
    mse = float(np.mean(error**2))
    rmse = mse**0.5
    spread = float(np.std(error**2, ddof=1)) / n**0.5
    reported = _mean(std_error)
    return Coefficient(
        term=term,
        truth=truth,
        bias=Measured(float(error.mean()), deviation / n**0.5),
        sd=sd,
        rmse=Measured(rmse, spread / (2 * rmse) if rmse > 0 else 0.0),
        std_error=reported,
        ratio=_ratio(reported, sd),
        coverage=_share_of((low <= truth.value) & (truth.value <= high), np.isfinite(low + high)),
        power=_share_of(p < LEVEL, np.isfinite(p)),
        estimates=_about(estimate, truth.value),
    )


def _mean(values: Array) -> Measured | None:
    there = values[np.isfinite(values)]
    if len(there) < 2:
        return None
    return Measured(float(there.mean()), float(there.std(ddof=1)) / len(there) ** 0.5)


def _ratio(above: Measured | None, below: Measured) -> Measured | None:
    if above is None or above.value <= 0 or below.value <= 0:
        return None
    value = above.value / below.value
    relative = math.hypot(above.std_error / above.value, below.std_error / below.value)
    return Measured(value, value * relative)


def _share_of(hits: NDArray[np.bool_], there: NDArray[np.bool_]) -> Measured | None:
    return _share(hits[there]) if there.sum() > 1 else None


def _share(hits: NDArray[np.bool_]) -> Measured:
    share = float(hits.mean())
    return Measured(share, (share * (1 - share) / len(hits)) ** 0.5)


def _about(estimate: Array, truth: float) -> Histogram:
    """Over what five quartile-based standard deviations about the median span, and the truth in any case."""
    low, middle, high = np.quantile(estimate, [0.25, 0.5, 0.75])
    reach = _WIDTH * (high - low) / 1.349  # a normal distribution's quartiles are so many of its sd apart
    first, last = max(middle - reach, estimate.min()), min(middle + reach, estimate.max())
    margin = 1e-9 * (max(abs(first), abs(last)) or 1.0)
    first, last = min(first, truth) - margin, max(last, truth) + margin
    return _histogram(estimate, np.linspace(first, last, _BINS + 1))


def _histogram(values: Array, edges: Array) -> Histogram:
    counts = np.histogram(values, edges)[0]
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)), int(len(values) - counts.sum()))
