"""The evidence behind known differences, from the data file and textbook formulas alone."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float64]
DATA = Path(__file__).parent.parent / "specs" / "data" / "empl_uk.csv"
YEARS = range(1979, 1985)  # periods of the differenced equation
REGRESSORS = [("emp", 1), ("emp", 2), ("wage", 0), ("wage", 1), ("capital", 0), ("output", 0), ("output", 1)]


class Firm(NamedTuple):
    """One firm's rows of the differenced equation: outcome (t,), regressors (t, k), instruments (t, j)."""

    y: Array
    x: Array
    z: Array
    years: Array


@pytest.fixture(scope="module")
def firms() -> list[Firm]:
    """Arellano and Bond (1991), Table 4, column (b)."""
    logs: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in ("emp", "wage", "capital", "output"):
                logs[row["firm"]][name, int(row["year"])] = np.log(float(row[name]))
    return [firm for levels in logs.values() if len((firm := differenced(levels)).y)]


def differenced(levels: dict[tuple[str, int], float]) -> Firm:
    def change(name: str, year: int) -> float:
        return levels.get((name, year), np.nan) - levels.get((name, year - 1), np.nan)

    rows = []
    for year in YEARS:
        x = [change(name, year - lag) for name, lag in REGRESSORS]
        dummies = [float(year == t) - float(year - 1 == t) for t in YEARS]
        gmm = [
            levels.get(("emp", past), 0.0) * (year == t) for t in YEARS for past in range(1976, t - 1)
        ]  # all levels of two years ago and before, one column a period and level
        rows.append([change("emp", year), *x, *dummies, *gmm, *x[2:], *dummies, year])
    table = np.array([row for row in rows if np.isfinite(row).all()]).reshape(-1, len(rows[0]))
    y, x, z, years = np.split(table, [1, 14, table.shape[1] - 1], axis=1)
    return Firm(y[:, 0], x, z, years[:, 0])


class Fit(NamedTuple):
    """One- and two-step estimates: residuals by firm, weights (j, j), covariances (k, k) of the two steps."""

    one_step: list[Array]
    two_step: list[Array]
    weight: Array
    zx: Array
    plain: Array
    corrected: Array


def fit(firms: list[Firm]) -> Fit:
    zx, zy = sum(f.z.T @ f.x for f in firms), sum(f.z.T @ f.y for f in firms)
    first = np.linalg.pinv(sum(f.z.T @ differenced_noise(f.years) @ f.z for f in firms))

    def estimate(weight: Array) -> list[Array]:
        beta = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)
        return [f.y - f.x @ beta for f in firms]

    one_step = estimate(first)
    moments = outer_moments(firms, one_step)
    weight = np.linalg.pinv(moments)
    two_step = estimate(weight)
    bread = np.linalg.inv(zx.T @ first @ zx)
    robust = bread @ zx.T @ first @ moments @ first @ zx @ bread
    plain = np.linalg.inv(zx.T @ weight @ zx)
    corrected = windmeijer(firms, one_step, two_step, weight, zx, plain, robust)
    return Fit(one_step, two_step, weight, zx, plain, corrected)


def differenced_noise(years: Array) -> Array:
    """Covariance of first differences of white noise: 2 on the diagonal, -1 for neighbouring years."""
    distance = np.abs(years[:, None] - years[None, :])
    return np.where(distance == 0, 2.0, np.where(distance == 1, -1.0, 0.0))


def outer_moments(firms: list[Firm], residuals: list[Array]) -> Array:
    moments = np.array([f.z.T @ e for f, e in zip(firms, residuals, strict=True)])
    return moments.T @ moments


def windmeijer(
    firms: list[Firm],
    one_step: list[Array],
    two_step: list[Array],
    weight: Array,
    zx: Array,
    plain: Array,
    robust: Array,
) -> Array:
    """Windmeijer (2005), the corrected covariance of two-step estimates."""
    g = sum(f.z.T @ e for f, e in zip(firms, two_step, strict=True))
    columns = []
    for k in range(zx.shape[1]):
        half = sum(np.outer(f.z.T @ f.x[:, k], f.z.T @ e) for f, e in zip(firms, one_step, strict=True))
        columns.append(plain @ zx.T @ weight @ (half + half.T) @ weight @ g)
    d = np.column_stack(columns)
    return plain + d @ plain + plain @ d.T + d @ robust @ d.T


def serial_correlation(
    firms: list[Firm], fitted: Fit, order: int, variance_from: list[Array], cross: Array, covariance: Array
) -> float:
    """
    m1 or m2 of Arellano and Bond (1991), eq. 8, after two steps.

    variance_from : the residuals that the variance is made of
    cross, covariance : (k, k) of the coefficients, in the cross term and in the last term
    """
    covered = sum(
        e @ lagged(e, f.years, order) for f, e in zip(firms, fitted.two_step, strict=True)
    )  # the numerator is always of the second step
    lags = [lagged(e, f.years, order) for f, e in zip(firms, variance_from, strict=True)]
    products = [e @ w for e, w in zip(variance_from, lags, strict=True)]
    wx = sum(w @ f.x for f, w in zip(firms, lags, strict=True))
    zew = sum(f.z.T @ e * p for f, e, p in zip(firms, variance_from, products, strict=True))
    crossed = wx @ cross @ fitted.zx.T @ fitted.weight @ zew
    variance = sum(p * p for p in products) - 2 * crossed + wx @ covariance @ wx
    return float(covered / np.sqrt(variance))


def lagged(residuals: Array, years: Array, order: int) -> Array:
    past = dict(zip(years, residuals, strict=True))
    return np.array([past.get(year - order, 0.0) for year in years])


@pytest.fixture(scope="module")
def fitted(firms: list[Firm]) -> Fit:
    return fit(firms)


def test_the_papers_serial_correlation_after_two_steps_takes_the_residuals_of_the_first(
    firms: list[Firm], fitted: Fit
) -> None:
    """Printed: -2.826 and -.327 (Arellano and Bond 1991), -1.999 and -.316 (Windmeijer 2005, Table 2)."""
    for covariance, m1, m2 in ((fitted.plain, -2.826, -0.327), (fitted.corrected, -1.999, -0.316)):
        found = [
            serial_correlation(firms, fitted, m, fitted.one_step, covariance, covariance) for m in (1, 2)
        ]
        assert found == pytest.approx([m1, m2], abs=5e-4)


def test_todays_serial_correlation_after_two_steps_takes_the_residuals_of_the_second(
    firms: list[Firm], fitted: Fit
) -> None:
    """DPD for Ox: -2.428, -.3325; xtabond2: -1.54, -.28 (comments in the tests of plm and of xtabond2)."""
    for covariance, m1, m2, unit in (
        (fitted.plain, -2.428, -0.3325, 5e-4),
        (fitted.corrected, -1.54, -0.28, 5e-3),
    ):
        found = [
            serial_correlation(firms, fitted, m, fitted.two_step, fitted.plain, covariance) for m in (1, 2)
        ]
        assert found == pytest.approx([m1, m2], abs=unit)
