"""What a simulation finds: how well a design recovers the coefficients that its panels are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Source = Literal["printed", "given", "fitted"]


@dataclass(frozen=True)
class Measured:
    """
    A property of an estimator or a test, measured on simulated panels.

    Attributes:
        value: the number
        std_error: its Monte Carlo standard error
    """

    value: float
    std_error: float


@dataclass(frozen=True)
class Histogram:
    """Counts between *edges*; one edge more than counts. `outside` are those beyond either end."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    outside: int = 0


@dataclass(frozen=True)
class Truth:
    """
    A coefficient that panels are drawn from.

    Attributes:
        value: in units of the data
        source: the printed table, the command line, or a fit
        printed: estimate and standard error as printed, "" where they are not
        printed_std_error: in units of the data
    """

    value: float
    source: Source
    printed: tuple[str, str] = ("", "")
    printed_std_error: float | None = None


@dataclass(frozen=True)
class Coefficient:
    """
    How well one coefficient is recovered. What the engine does not give is None.

    Attributes:
        bias: mean of the estimates less the truth
        sd: standard deviation of the estimates
        rmse: root of the mean squared distance from the truth
        std_error: mean of the standard errors that are reported
        ratio: `std_error` over `sd`; below 1 standard errors are too small
        coverage: share of the confidence intervals that hold the truth
        power: share of the panels in which zero is rejected at 5 %
        estimates: over five standard deviations about their median
    """

    term: str
    truth: Truth
    bias: Measured
    sd: Measured
    rmse: Measured
    std_error: Measured | None
    ratio: Measured | None
    coverage: Measured | None
    power: Measured | None
    estimates: Histogram


@dataclass(frozen=True)
class TestRate:
    """
    How often a test rejects at 5 %.

    Attributes:
        holds: whether its null hypothesis is true of the panels; None where that is not known
        rejects: share of the panels; where the null is true this is the size of the test, else its power
        n: panels in which the engine gave the test
        p_values: twenty steps from 0 to 1
    """

    term: str
    holds: bool | None
    rejects: Measured
    n: int
    p_values: Histogram


@dataclass(frozen=True)
class Recovery:
    """
    One column, simulated.

    Attributes:
        engine: who estimated
        seed: the panel of replication r is drawn with the r-th child of this seed
        asked, drawn: replications asked for, and those that ended; they part where the run was interrupted
        fitted: those of them that gave estimates
        failures: message to number of fits that gave none
        ci_level: nominal coverage
        design: name to number: rows, entities, periods, ...
        notes: sentences a reader must not miss: made-up data, coefficients that are not the printed ones
        assumptions: sentences
    """

    spec: str
    title: str
    column: str
    engine: str
    seed: int
    asked: int
    drawn: int
    fitted: int
    failures: Mapping[str, int]
    ci_level: float
    design: Mapping[str, float]
    coefficients: tuple[Coefficient, ...]
    tests: tuple[TestRate, ...]
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]
    labels: Mapping[str, str]

    @property
    def is_interrupted(self) -> bool:
        return self.drawn < self.asked
