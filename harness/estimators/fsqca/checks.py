"""What should stand beside every fsQCA table: skewed sets, low PRI, ambiguity."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.estimators.fsqca.data import Array, Sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.solution import Solution, conservative, intermediate, parsimonious
from harness.estimators.fsqca.table import TruthTable


@dataclass(frozen=True)
class Skew:
    """
    How the cases divide at the crossover of a set.

    Attributes:
        name: the set
        n_in, n_out, n_half: cases above, below and at 0.5
        share: n_in out of all
        is_skewed: less than a fifth of the cases on one side (Oana, Schneider & Thomann 2021, ch. 2)
    """

    name: str
    n_in: int
    n_out: int
    n_half: int
    share: float
    is_skewed: bool


def skewness(data: Sets, least: float = 0.2) -> tuple[Skew, ...]:
    """Skew of every condition, then of the outcome; *least* is the share that either side should have."""
    rows = [*zip(data.conditions, data.memberships, strict=True), (data.outcome, data.membership)]
    return tuple(_skew(name, values, least) for name, values in rows)


def _skew(name: str, values: Array, least: float) -> Skew:
    n_in, n_out = int((values > 0.5).sum()), int((values < 0.5).sum())
    n = len(values)
    return Skew(name, n_in, n_out, n - n_in - n_out, n_in / n, min(n_in, n_out) < least * n)


def ambiguity(
    table: TruthTable, expectations: Mapping[str, int | None] | None = None, most: int = 1000
) -> dict[str, tuple[int, bool]]:
    """
    Number of models of each kind of solution, and whether it is exact rather than a lower bound.

    A paper that prints one of several models has chosen (Baumgartner & Thiem 2017). A kind without solution
    is left out; intermediate is counted where expectations are given.
    """
    kinds = {"conservative": conservative, "parsimonious": parsimonious}
    found: dict[str, Solution] = {}
    for kind, solve in kinds.items():
        try:
            found[kind] = solve(table, most)
        except FsqcaError:
            continue
    if expectations is not None and len(found) == 2:
        pair = (found["conservative"], found["parsimonious"])
        found["intermediate"] = intermediate(table, expectations, most, between=pair)
    return {kind: (solution.n_models, solution.count_is_exact) for kind, solution in found.items()}
