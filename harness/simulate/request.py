"""What a person asks to be simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.simulate.design import Asked


@dataclass(frozen=True)
class Request:
    """
    What is to be simulated, and how often.

    Attributes:
        columns: ids; empty means all
        engine: id; None is the first of the spec that estimates the model
        replications, seed: panels a column; the same seed gives the same numbers with any jobs and executor
        coefficients: term to value, in place of what is printed
        asked: standard deviations that are fixed
        data: a file in place of the spec's
        jobs, executor: where fits are made
    """

    columns: tuple[str, ...] = ()
    engine: str | None = None
    replications: int = 1000
    seed: int = 1
    coefficients: Mapping[str, float] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    data: Path | None = None
    jobs: int = 2
    executor: str = "local"
