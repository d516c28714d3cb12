"""From plain arrays to cells: the words every engine written in Python uses for its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.result import Cell

if TYPE_CHECKING:
    from harness.estimators.inference import Inference


def coefficient_cells(terms: Sequence[str], inference: Inference) -> list[Cell]:
    """Six cells a term, terms in order of print."""
    measures = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
    return [
        Cell("coefficients", term, measure, float(getattr(inference, measure)[row]))
        for row, term in enumerate(terms)
        for measure in measures
    ]


def covariance_cells(terms: Sequence[str], covariance: Any) -> list[Cell]:
    """
    One cell a pair, the diagonal included: x~x, x~y, ... in order of print.

    covariance : (k, k) array
    """
    return [
        Cell("covariance", f"{first}~{second}", "estimate", float(covariance[i, j]))
        for i, first in enumerate(terms)
        for j, second in enumerate(terms[i:], start=i)
    ]


def statistic_cells(
    term: str, statistic: float, df: float | None = None, df2: float | None = None, p: float | None = None
) -> list[Cell]:
    """The cells of one test; what is None is not a property of the test and has no cell."""
    values = {"statistic": statistic, "df": df, "df2": df2, "p_value": p}
    return [
        Cell("tests", term, measure, float(value)) for measure, value in values.items() if value is not None
    ]


def fit_cells(values: Mapping[str, float]) -> list[Cell]:
    """Cells of the model as a whole: measure (with its variant) to value."""
    return [Cell("fit", "model", name, float(value)) for name, value in values.items()]


def addresses(cells: Iterable[Cell]) -> tuple[tuple[str, str, str], ...]:
    """(part, term, measure) of each cell, for `recomputed`."""
    return tuple((cell.part, cell.term, cell.measure) for cell in cells)
