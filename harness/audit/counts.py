"""Counts and sums of squares of one column: what follows from their definitions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from harness.audit.judging import Judged, judge
from harness.audit.page import Column, Key
from harness.audit.spans import Span, point
from harness.spec import Estimated

ONE = point(Fraction(1))
_SAME_ROWS = ("equation", "difference-rows")  # variants of n_obs of which t_avg is the mean a group


def checks(column: Column) -> Iterator[Judged]:
    """Every check of the part `fit`."""
    if not isinstance(column.model, Estimated):
        return
    yield from _rows(column)
    yield from _sums_of_squares(column)
    yield from _components(column)


def _keys(column: Column, *measures: str) -> tuple[Key, ...]:
    return tuple(k for k in column.readings if k[0] == "fit" and k[2].partition("@")[0] in measures)


def _rows(column: Column) -> Iterator[Judged]:
    """Rows are groups times the rows of a group."""
    if column.spec.variant(column.name, "n_obs") not in _SAME_ROWS:
        return
    rows, groups = column.fit("n_obs"), column.fit("n_groups")
    least, mean, most = (column.fit(name) for name in ("t_min", "t_avg", "t_max"))
    if rows is None or groups is None or groups.low <= 0:
        return
    by_group = rows / groups
    about = _keys(column, "n_obs", "n_groups")
    if mean is not None:
        what = "n_obs / n_groups is"
        yield judge("rows", "t_avg", (*about, *_keys(column, "t_avg")), by_group, mean, what, "t_avg is")
    low = least or ONE
    high = Span(low.low, most.high if most else math.inf)
    what, wants = "n_obs / n_groups is", "the rows of a group are"
    yield judge("rows", "n_obs", (*about, *_keys(column, "t_min", "t_max")), by_group, high, what, wants)


def _sums_of_squares(column: Column) -> Iterator[Judged]:
    """tss = mss + ssr, R squared = 1 - ssr / tss, rmse squared = ssr / df_resid."""
    ssr, mss, tss = (column.fit(name) for name in ("ssr", "mss", "tss"))
    if ssr is None:
        return
    if mss is not None and tss is not None:
        about = _keys(column, "ssr", "mss", "tss")
        yield judge("sums_of_squares", "tss", about, ssr + mss, tss, "mss + ssr is", "tss is")
    r_squared, rmse, df = (column.fit(name) for name in ("r_squared", "rmse", "df_resid"))
    if r_squared is not None and tss is not None:
        about, what = _keys(column, "ssr", "tss", "r_squared"), "1 - ssr / tss is"
        yield judge("sums_of_squares", "r_squared", about, ONE - ssr / tss, r_squared, what, "r_squared is")
    if rmse is not None and df is not None:
        about, what = _keys(column, "ssr", "df_resid", "rmse"), "ssr / df_resid is"
        yield judge("sums_of_squares", "rmse", about, ssr / df, rmse.square(), what, "rmse squared is")


def _components(column: Column) -> Iterator[Judged]:
    """rho is the share of sigma_u squared."""
    between, within, rho = (column.fit(name) for name in ("sigma_u", "sigma_e", "rho"))
    if between is None or within is None or rho is None or within.low <= 0:
        return
    relative = (between.not_below(Fraction(0)) / within).square()
    share = relative.monotone(lambda q: 1.0 if math.isinf(q) else q / (1 + q))
    about, what = _keys(column, "sigma_u", "sigma_e", "rho"), "sigma_u^2 / (sigma_u^2 + sigma_e^2) is"
    yield judge("components", "rho", about, share, rho, what, "rho is")
