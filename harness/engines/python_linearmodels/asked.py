"""The tests that a column asks for, each from its own regressions on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.engines.cells import addresses, statistic_cells
from harness.engines.python_linearmodels.equation import Equation, equation_of
from harness.engines.python_linearmodels.units import Units
from harness.estimators import panel_tests
from harness.estimators.panel_tests import Statistic
from harness.result import Cell, Estimates, NotOffered
from harness.spec import StaticPanel

if TYPE_CHECKING:
    from harness.sheet import Sheet

Array = NDArray[np.float64]


def tests(model: StaticPanel, sheet: Sheet) -> Estimates:
    """
    The terms of `tests`, each from its own regressions on the same rows.

    `f_effects` and `hausman` are linearmodels' own; what it lacks is computed from its estimates and
    residuals by `panel_tests` and listed as recomputed.
    """
    if not model.tests:
        return Estimates(cells=())
    bench = _Bench.of(model, sheet)
    cells: list[Cell] = []
    not_offered: list[NotOffered] = []
    recomputed: list[tuple[str, str, str]] = []
    for name in model.tests:
        try:
            outcome = _statistic(name, bench)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            not_offered.append(NotOffered("tests", name, "*", f"cannot be computed here: {error}"))
            continue
        found = statistic_cells(name, *outcome)
        cells += found
        recomputed += [] if name in ("f_effects", "hausman", "hausman_m1") else addresses(found)
    return Estimates(cells=tuple(cells), not_offered=tuple(not_offered), recomputed=tuple(recomputed))


@dataclass(frozen=True)
class _Bench:
    """The regressions that the tests compare, on one sheet's rows: with a constant, conventional."""

    equation: Equation

    @classmethod
    def of(cls, model: StaticPanel, sheet: Sheet) -> _Bench:
        levels = model.model_copy(update={"estimator": "pooled"})
        own = equation_of(levels, replace(sheet, constant=True, cluster=()))
        return cls(Units.of(own, centred=True).apply(own))

    @property
    def data(self) -> tuple[Any, Any]:
        """Outcome (n,) and regressors (n, k), the constant last."""
        frame = self.equation.frame
        return frame[self.equation.outcome], frame[list(self.equation.regressors)]

    def pooled(self) -> Any:
        from linearmodels.panel import PooledOLS

        return PooledOLS(*self.data).fit()

    def within(self) -> Any:
        from linearmodels.panel import PanelOLS

        return PanelOLS(*self.data, entity_effects=True, drop_absorbed=True).fit()

    def between(self) -> Any:
        from linearmodels.panel import BetweenOLS

        return BetweenOLS(*self.data).fit()

    def random(self) -> Any:
        from linearmodels.panel import RandomEffects

        return RandomEffects(*self.data).fit(small_sample=True)


def _statistic(name: str, bench: _Bench) -> Statistic:
    if name in _BY_NAME:
        return _BY_NAME[name](bench)
    on_residuals: Callable[..., Statistic] = getattr(panel_tests, name)
    return on_residuals(bench.pooled().resids.to_numpy(), bench.equation.entity)


def _f_effects(bench: _Bench) -> Statistic:
    f = bench.within().f_pooled
    return Statistic(float(f.stat), int(f.df), int(f.df_denom), float(f.pval))


def _hausman(bench: _Bench) -> Statistic:
    found = bench.random().hausman(bench.within()).statistic
    if not np.isfinite(found.stat):
        raise ValueError("the difference of the covariances is not positive definite")
    return Statistic(float(found.stat), int(found.df), None, float(found.pval))


def _between_against_random(bench: _Bench) -> Statistic:
    between, random = bench.between(), bench.random()
    slopes = list(bench.equation.slopes)
    return _difference(between, random, slopes, between.cov - random.cov)


def _within_against_between(bench: _Bench) -> Statistic:
    within, between = bench.within(), bench.between()
    slopes = [name for name in bench.equation.slopes if name in within.params.index]
    return _difference(within, between, slopes, within.cov + between.cov)


def _difference(first: Any, second: Any, slopes: list[str], variance: Any) -> Statistic:
    ones, others = (np.asarray(results.params[slopes], dtype=float) for results in (first, second))
    return panel_tests.hausman(ones, others, np.asarray(variance.loc[slopes, slopes], dtype=float))


def _poolability(bench: _Bench, restricted: Any, level: int) -> Statistic:
    codes = np.asarray(bench.equation.frame.index.get_level_values(level))
    y, X = (part.to_numpy() for part in bench.data)
    groups = [_sum_of_squares(y[codes == code], X[codes == code]) for code in np.unique(codes)]
    ssr, df = zip(*groups, strict=True)
    return panel_tests.poolability(float(restricted.resid_ss), int(restricted.df_resid), ssr, df)


def _sum_of_squares(y: Array, X: Array) -> tuple[float, int]:
    """Residual sum of squares and degrees of freedom of one group's own regression."""
    estimate = np.linalg.lstsq(X, y, rcond=None)[0]
    residual = y - X @ estimate
    return float(residual @ residual), len(y) - X.shape[1]


_BY_NAME: Mapping[str, Callable[[_Bench], Statistic]] = {
    "f_effects": _f_effects,
    "hausman": _hausman,
    "hausman_m1": _hausman,
    "hausman_m2": _between_against_random,
    "hausman_m3": _within_against_between,
    "poolability_entity": lambda bench: _poolability(bench, bench.pooled(), 0),
    "poolability_entity_slopes": lambda bench: _poolability(bench, bench.within(), 0),
    "poolability_time": lambda bench: _poolability(bench, bench.pooled(), 1),
}
