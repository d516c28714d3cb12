"""Columns of data as arguments, checked and laid on the grid."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.estimators.dpd.grid import Array, Grid, Integers, Mask, at_lag, grid, numbers
from harness.estimators.dpd.model import DpdError, Model
from harness.estimators.dpd.rows import Usable, Variables, complete_rows, usable


@dataclass(frozen=True)
class Table:
    """The arguments of `fit`; n_rows rows in any order."""

    columns: Mapping[str, ArrayLike]
    entity: NDArray[np.generic]
    time: NDArray[np.generic]
    step: int
    sample: ArrayLike | None
    weights: ArrayLike | None
    cluster: ArrayLike | None

    @property
    def n_rows(self) -> int:
        return len(self.entity)

    def where(self, kept: Mask, names: tuple[str, ...]) -> "Table":
        """The rows where *kept*."""

        def part(values: ArrayLike | None) -> ArrayLike | None:
            return None if values is None else np.asarray(values)[kept]

        return Table(
            {name: numbers(self.columns, name, self.n_rows)[kept] for name in names},
            self.entity[kept],
            self.time[kept],
            self.step,
            part(self.sample),
            part(self.weights),
            part(self.cluster),
        )


@dataclass(frozen=True)
class Problem:
    """
    Data on the grid.

    Attributes:
        weight: (n, t), analytic ones with mean one, or None
        cluster: (n, t) codes, or None
        in_data: entities before those without a complete row were left out
    """

    model: Model
    grid: Grid
    variables: Variables
    usable: Usable
    weight: Array | None
    cluster: Integers | None
    in_data: int


def problem(model: Model, table: Table) -> Problem:
    """The grid holds the entities that have a complete row in the sample, as xtabond2's does."""
    on, variables, sampled = _on_grid(model, table)
    useful: Mask = np.any(complete_rows(model, variables) & sampled, axis=1)
    in_data = on.n_entities
    if useful.sum() < 2:
        raise DpdError(_too_few(model, on, variables, useful))
    if not useful.all():
        table = table.where(useful[on.cell // on.n_periods], model.columns)
        spreads = {name: variable.sd * variable.scale for name, variable in variables.items()}
        on, variables, sampled = _on_grid(model, table)
        variables = {name: replace(v, sd=spreads[name] / v.scale) for name, v in variables.items()}
    rows = usable(model, variables, sampled)
    weight = None if table.weights is None else on.spread(_positive(table.weights, table.n_rows))
    return Problem(
        model,
        on,
        variables,
        rows,
        weight if weight is None or model.weight_kind == "frequency" else _to_mean_one(weight, rows),
        None if table.cluster is None else _cluster_codes(on, table.cluster, table.n_rows),
        in_data,
    )


def _on_grid(model: Model, table: Table) -> tuple[Grid, Variables, Mask]:
    on = grid(table.entity, table.time, table.step)
    variables = {
        name: on.variable(name, numbers(table.columns, name, table.n_rows)) for name in model.columns
    }
    sampled = np.ones(table.n_rows, dtype=bool)
    if table.sample is not None:
        sampled = np.asarray(table.sample).astype(bool)
        if sampled.shape != (table.n_rows,):
            raise DpdError(f"sample has shape {sampled.shape}; entity has {table.n_rows} rows")
    if table.weights is not None:
        sampled = sampled & ~np.isnan(np.asarray(table.weights, dtype=np.float64))
    return on, variables, on.spread(sampled.astype(np.float64), 0.0) > 0


def _too_few(model: Model, on: Grid, variables: Variables, useful: Mask) -> str:
    deepest = max([lag for _, lag in model.regressors], default=0)
    present = ", ".join(
        f"{name} has {int(variables[name].present.sum())}"
        for name in dict.fromkeys([model.outcome, *(name for name, _ in model.regressors)])
    )
    return (
        f"{int(useful.sum())} of {on.n_entities} entities have a row with the outcome and every regressor "
        f"up to lag {deepest}, over {on.n_periods} periods; two or more are needed. Of the values, {present}"
    )


def _positive(weights: ArrayLike, n_rows: int) -> Array:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n_rows,):
        raise DpdError(f"weights has shape {values.shape}; entity has {n_rows} rows")
    wrong = int(np.sum(~(values > 0) & ~np.isnan(values)) + np.isinf(values).sum())
    if wrong:
        raise DpdError(f"{wrong} weights are not positive; leave these rows out")
    return values


def _to_mean_one(weight: Array, rows: Usable) -> Array:
    """Analytic weights sum to the number of observations over the rows that count as such."""
    if rows.level.any():
        counted = weight[rows.level]
    else:
        counted = at_lag(weight, int(rows.deviations is not None))[rows.difference]
    return weight * (len(counted) / counted.sum()) if len(counted) else weight


def _cluster_codes(on: Grid, cluster: ArrayLike, n_rows: int) -> Integers:
    labels = np.asarray(cluster)
    if labels.shape != (n_rows,):
        raise DpdError(f"cluster has shape {labels.shape}; entity has {n_rows} rows")
    _, codes = np.unique(labels, return_inverse=True)
    return on.spread(codes.astype(np.float64), -1.0).astype(np.int64)
