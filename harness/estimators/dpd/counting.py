"""Observations, groups and instruments of many models of the same data, without an estimate of any."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from harness.estimators.dpd import statistics
from harness.estimators.dpd.data import Table, problem
from harness.estimators.dpd.instruments import dense_values, instruments, slot_values
from harness.estimators.dpd.model import Gmm, Iv, Model, check
from harness.estimators.dpd.regressors import dependent
from harness.estimators.dpd.rows import Rows, Variables, stacked
from harness.estimators.dpd.statistics import Counts
from harness.estimators.dpd.sums import first_step_factor, moments


@dataclass(frozen=True)
class _Equation:
    """What models of one equation share, whatever their GMM-style instruments."""

    variables: Variables
    rows: Rows
    in_data: int
    n_coefficients: int


class Counter:
    """
    Counts models of one table.

    Models that share their equation share its rows, and each group of instruments is laid out once, so that
    the counts of one more combination are a sum.
    """

    def __init__(
        self,
        columns: Mapping[str, ArrayLike],
        entity: ArrayLike,
        time: ArrayLike,
        *,
        step: int = 1,
        sample: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        """The arguments of `fit`."""
        self._table = Table(columns, np.asarray(entity), np.asarray(time), step, sample, weights, None)
        self._equations: dict[Hashable, _Equation] = {}
        self._columns: dict[Hashable, tuple[int, int]] = {}
        self._ranks: dict[Hashable, int] = {}

    def counts(self, model: Model) -> Counts:
        """
        As `fit` counts, but `instruments` are the columns of Z that are not zero: the rank is no higher.

        Raises DpdError where no row is complete.
        """
        on = self._equation(model)
        groups: dict[str, Gmm | Iv] = {**model.iv, **model.gmm}
        found = [self._of_group(model, on, name, group) for name, group in groups.items()]
        constant = int(model.has_constant)
        present = constant + sum(present for present, _ in found)
        laid_out = constant + sum(laid_out for _, laid_out in found)
        return statistics.counts(on.rows, None, on.in_data, present, laid_out, 0)

    def coefficients(self, model: Model) -> int:
        """Regressors that do not follow from others, the constant included."""
        return self._equation(model).n_coefficients

    def rank(self, model: Model) -> int:
        """Instruments as `fit` counts them: the rank of the first-step matrix, which is made for it."""
        key = (_equation_key(model), model.h == 1, repr(sorted(model.gmm.items())))
        if key not in self._ranks:
            on = self._equation(model)
            factor = first_step_factor(model, on.rows)
            found = moments(on.rows, instruments(model, on.rows), on.variables, factor)
            self._ranks[key] = found.n_instruments
        return self._ranks[key]

    def _equation(self, model: Model) -> _Equation:
        key = _equation_key(model)
        if key not in self._equations:
            check(model)
            on = problem(model, self._table)
            rows = stacked(model, on.variables, on.usable, on.weight)
            dropped = dependent(rows, model.has_constant, model.drop_first)
            rows = rows.without(set(dropped))
            self._equations[key] = _Equation(on.variables, rows, on.in_data, len(rows.terms))
        return self._equations[key]

    def _of_group(self, model: Model, on: _Equation, name: str, group: Gmm | Iv) -> tuple[int, int]:
        """Columns that one group gives: those that are not zero, and all."""
        key = (_equation_key(model), name, repr(group))
        if key not in self._columns:
            alone = (
                {"gmm": {name: group}, "iv": {}}
                if isinstance(group, Gmm)
                else {"gmm": {}, "iv": {name: group}}
            )
            self._columns[key] = _columns(replace(model, constant=False, **alone), on)
        return self._columns[key]


def _equation_key(model: Model) -> Hashable:
    """What the rows hang on: an instrument of the iv kind takes those away in which it is missing."""
    iv = tuple((name, group.variables, model.equation(group)) for name, group in model.iv.items())
    transformed = (model.estimator, model.transformation)
    return model.columns, model.regressors, transformed, model.has_constant, model.drop_first, iv


def _columns(model: Model, on: _Equation) -> tuple[int, int]:
    design, everybody = instruments(model, on.rows), slice(0, len(on.rows.used))
    dense = dense_values(design.dense, on.variables, on.rows, everybody)
    present = int(np.any(dense, axis=(1, 2)).sum())
    for slot in design.slots:
        values = slot_values(slot, on.variables, on.rows, everybody)
        present += int(np.any(values, axis=0).sum())
    return present, design.n_columns
