"""From plain arrays to cells: the words every engine written in Python uses for its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.estimators.inference import Inference, chi2_p, f_p, wald
from harness.result import Cell, Estimates, NotOffered


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


def joint_test(
    estimate: Any, covariance: Any, df: float | None, name_of_wald: str = "wald@slopes"
) -> Estimates:
    """
    That all of *estimate* is zero: `f` where the reference distribution is t, chi-squared where it is normal.

    estimate : (k,) array
    covariance : (k, k) array
    df : of the t distribution; None is the normal one
    """
    k = len(estimate)
    if k == 0:
        return Estimates(cells=())
    statistic = wald(estimate, covariance)
    if statistic is None:
        reason = "the covariance of the slopes is singular: fewer clusters or groups than coefficients"
        term = name_of_wald if df is None else "f"
        return Estimates(cells=(), not_offered=(NotOffered("tests", term, "*", reason),))
    if df is None:
        cells = statistic_cells(name_of_wald, statistic, k, p=chi2_p(statistic, k))
    else:
        cells = statistic_cells("f", statistic / k, k, df, f_p(statistic / k, k, df))
    return Estimates(cells=tuple(cells))


def fit_cells(values: Mapping[str, float]) -> list[Cell]:
    """Cells of the model as a whole: measure (with its variant) to value."""
    return [Cell("fit", "model", name, float(value)) for name, value in values.items()]


def addresses(cells: Iterable[Cell]) -> tuple[tuple[str, str, str], ...]:
    """(part, term, measure) of each cell, for `recomputed`."""
    return tuple((cell.part, cell.term, cell.measure) for cell in cells)
