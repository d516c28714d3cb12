"""The matrices that a run of pydynpd leaves, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.engines.python_pydynpd.command import iv_variables
from harness.engines.python_pydynpd.running import Run
from harness.errors import EstimationError, Unsupported
from harness.estimators import moments
from harness.spec import DynamicPanel, terms

if TYPE_CHECKING:
    from harness.sheet import Sheet

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Matrices:
    """
    pydynpd's matrices of the step that is reported, group by group.

    Attributes:
        stack: instruments, regressors, rows used
        first_residual, residual: (g, r), of the first and of the reported step
        first_weight: (j, j), inverse of the sum of Z'HZ
        first_step: (j, j), the sum of Z'HZ
        influence: (k, j), (X'Z W Z'X)⁻¹ X'Z W of the reported step
        differenced, differenced_x: (g, t) and (g, t, k), for the test of serial correlation
    """

    stack: moments.Stack
    first_residual: Array
    residual: Array
    first_weight: Array
    first_step: Array
    influence: Array
    differenced: Array
    differenced_x: Array


def matrices_of(model: DynamicPanel, sheet: Sheet, run: Run) -> Matrices:
    """pydynpd stacks groups under each other, Z transposed: (g·j, r) and (g·r, k)."""
    found = run.model
    steps = found.step_results
    reported = steps[0] if model.steps == 1 else steps[-1]
    groups, width = found.N, found.z_information.diff_width
    X = found.final_xy_tables["Cx"].reshape(groups, -1, len(run.terms))
    Z = found.z_list.reshape(groups, -1, X.shape[1]).transpose(0, 2, 1)
    stack = moments.Stack(Z, X, _checked(_used(model, sheet, run), X), width)
    residual = reported.residual.reshape(groups, -1)
    differenced, differenced_x = residual[:, :width], X[:, :width]
    if model.transformation != "first-difference":
        differenced_x = found.final_xy_tables["Diff_x"].reshape(groups, width, -1)
        change = found.final_xy_tables["Diff_y"].reshape(groups, width)
        differenced = change - differenced_x @ reported.beta[:, 0]
    return Matrices(
        stack=stack,
        first_residual=steps[0].residual.reshape(groups, -1),
        residual=residual,
        first_weight=steps[0].W_inv,
        first_step=steps[0].W,
        influence=reported._M_XZ_W,
        differenced=differenced,
        differenced_x=differenced_x,
    )


def _checked(used: NDArray[np.bool_], X: Array) -> NDArray[np.bool_]:
    """*used*, which must be the rows that pydynpd has not set to zero."""
    if used.shape != X.shape[:2] or bool(X[~used].any()):
        raise EstimationError(
            "pydynpd has estimated on other rows than its rules say; is this another version?"
        )
    return used


def _used(model: DynamicPanel, sheet: Sheet, run: Run) -> NDArray[np.bool_]:
    """
    (g, r), the rows that pydynpd estimates on, from the data.

    A row in levels needs the outcome and every regressor at its lag, a difference two such rows in a row.
    Raises Unsupported where such a row lacks an instrument of `iv`: pydynpd puts a zero there and keeps it.
    """
    regressors = [(variable, lag) for _, variable, lag in terms(model.regressors)]
    used = _rows(model, run, [(model.outcome, 0), *regressors])
    for variable, (first, last) in iv_variables(model, sheet):
        lagged = [(variable, lag) for lag in range(first, last + 1)]
        if bool((used & ~_rows(model, run, lagged)).any()):
            raise Unsupported(
                f"pydynpd keeps a row whose instrument {variable} is missing, with a zero there; others "
                "leave the row out."
            )
    return used


def _rows(model: DynamicPanel, run: Run, lagged: list[tuple[str, int]]) -> NDArray[np.bool_]:
    """(g, r), the rows in which every (variable, lag) has a value."""
    have = np.logical_and.reduce([_shifted(_grid(run, variable), lag) for variable, lag in lagged])
    info = run.model.df_information
    first = info.first_diff_index
    difference = have[:, first:] & have[:, first - 1 : -1]
    levels = have[:, info.first_level_index :]
    return np.hstack([difference, levels]) if model.estimator == "system" else difference


def _grid(run: Run, name: str) -> NDArray[np.bool_]:
    """(g, t), whether a column has a value."""
    return run.frame[run.names[name]].notna().to_numpy().reshape(run.model.N, run.model.T)


def _shifted(have: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    moved = np.zeros_like(have)
    moved[:, lag:] = have[:, : have.shape[1] - lag]
    return moved
