"""Inference, panel tests, collinearity and GMM moments: printed numbers, and plm's."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from numpy.typing import NDArray

from harness.estimators import moments, panel_tests
from harness.estimators.collinearity import collinear
from harness.estimators.inference import f_p, infer, normal_p, small_sample_factor, wald

Array = NDArray[np.float64]


# ------------------------------------------------------------------------------------------ inference


def test_intervals_and_statistics_are_those_xtabond2_prints() -> None:
    # Roodman (2009), section 3.3, second listing: t with 140 degrees of freedom
    estimate, std_error = np.array([0.8179867, -0.1122756]), np.array([0.0859761, 0.0502366])
    found = infer(estimate, np.diag(std_error**2), df=140)
    assert found.statistic.round(2).tolist() == [9.51, -2.23]
    assert found.p_value.round(3).tolist() == [0.0, 0.027]
    assert found.ci_low == pytest.approx([0.6480073, -0.211596], abs=2e-7)
    assert found.ci_high == pytest.approx([0.987966, -0.0129552], abs=2e-7)


def test_the_normal_distribution_is_the_one_without_degrees_of_freedom() -> None:
    # Roodman (2009), section 3.3, first listing
    found = infer(np.array([0.6862261]), np.array([[0.1445943**2]]))
    assert found.ci_low[0] == pytest.approx(0.4028266, abs=2e-7)
    assert found.ci_high[0] == pytest.approx(0.9696257, abs=2e-7)


def test_a_coefficient_without_a_variance_has_no_standard_error() -> None:
    found = infer(np.array([1.0]), np.array([[0.0]]))
    assert np.isnan(found.std_error[0]) and np.isnan(found.p_value[0])


def test_tails_are_those_in_print() -> None:
    assert round(normal_p(-0.51603), 4) == 0.6058  # [XT] xtabond, example 2
    assert round(f_p(0.276, 72, 266), 6) == 1.0


def test_the_small_factor_of_stata_turns_plm_hc0_into_plm_sss() -> None:
    # plm 2.6-2, within, EmplUK, 1031 rows, 140 firms, 2 slopes: vcovHC type = "sss" and "HC0"
    factor = small_sample_factor("stata", 1031, 2, 140)
    assert factor == pytest.approx((0.0717535489965053 / 0.0714621114421623) ** 2, rel=1e-12)


def test_the_small_factor_of_xtabond2_in_2009_counts_one_coefficient_less() -> None:
    factor = small_sample_factor("xtabond2-2009", 611, 16, 140)
    assert factor == pytest.approx(611 / 596 * 140 / 139, rel=1e-15)


def test_absorbed_effects_count_in_the_factor_of_areg_alone() -> None:
    with_effects = small_sample_factor("stata-absorbed", 100, 3, 10, n_absorbed=9)
    assert with_effects == pytest.approx(99 / 88 * 10 / 9, rel=1e-15)
    assert small_sample_factor("stata", 100, 3, 10, n_absorbed=9) == pytest.approx(99 / 97 * 10 / 9)


@pytest.mark.parametrize(("name", "n", "k", "g"), [("n-k", 3, 3, 2), ("groups", 10, 2, 1)])
def test_a_factor_that_divides_by_nothing_is_refused(name: str, n: int, k: int, g: int) -> None:
    with pytest.raises(ValueError, match="too few"):
        small_sample_factor(name, n, k, g)


def test_wald_does_not_depend_on_units() -> None:
    estimate, covariance = np.array([1.0, 2.0]), np.array([[0.5, 0.1], [0.1, 0.25]])
    units = np.array([1e-9, 1e9])
    plain = wald(estimate, covariance)
    assert plain == pytest.approx(estimate @ np.linalg.inv(covariance) @ estimate, rel=1e-14)
    assert wald(estimate * units, covariance * np.outer(units, units)) == pytest.approx(plain, rel=1e-12)


def test_a_singular_covariance_has_no_wald_statistic() -> None:
    assert wald(np.array([1.0, 2.0]), np.ones((2, 2))) is None


# ----------------------------------------------------------------------------------------- collinearity


def test_columns_that_follow_from_each_other_are_named_whatever_their_units() -> None:
    x = np.random.default_rng(1).normal(size=(50, 4))
    x[:, 3] = 1e8 * (x[:, 0] - 2 * x[:, 1])
    assert collinear(x) == [0, 1, 3]
    assert collinear(x[:, :3]) == []


def test_more_columns_than_rows_are_collinear() -> None:
    assert collinear(np.eye(3)[:2]) == [2]


# ----------------------------------------------------------------------------------------- panel tests


def pooled(name: str, outcome: str, regressors: list[str], entity: str) -> tuple[Array, NDArray[np.int64]]:
    """Residuals of pooled least squares, sorted by entity and time, and the entity's codes."""
    frame = pd.read_csv(ROOT / "specs" / "data" / f"{name}.csv").sort_values([entity, "year"])
    X = np.column_stack([np.ones(len(frame)), frame[regressors]])
    y = frame[outcome].to_numpy(dtype=float)
    return y - X @ np.linalg.lstsq(X, y, rcond=None)[0], pd.factorize(frame[entity])[0].astype(np.int64)


BY_NAME: dict[str, Callable[[Array, NDArray[np.int64]], panel_tests.Statistic]] = {
    "breusch_pagan_lm": panel_tests.breusch_pagan_lm,
    "lm_rho": panel_tests.lm_rho,
    "lm_star_mu": panel_tests.lm_star_mu,
    "lm_star_rho": panel_tests.lm_star_rho,
    "lm_joint": panel_tests.lm_joint,
}


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("breusch_pagan_lm", 798.162),
        ("lm_rho", 143.523),
        ("lm_star_mu", 664.948),
        ("lm_star_rho", 10.310),
        ("lm_joint", 808.471),
    ],
)
def test_lm_tests_on_grunfeld_are_those_baltagi_prints(name: str, printed: float) -> None:
    found = BY_NAME[name](*pooled("grunfeld", "inv", ["value", "capital"], "firm"))
    assert round(found.statistic, 3) == printed  # Baltagi (2013), p. 108


@pytest.mark.parametrize(
    ("name", "plm"),
    [  # plm 2.6-2: plmtest(type = "bp"), pbsytest(test = "re", "ar", "j")
        ("breusch_pagan_lm", 3335.206668797),
        ("lm_star_mu", 2248.810222423),
        ("lm_star_rho", 14.15017690046),
        ("lm_joint", 3349.356845698),
    ],
)
def test_lm_tests_on_an_unbalanced_panel_are_those_of_plm(name: str, plm: float) -> None:
    found = BY_NAME[name](*pooled("empl_uk", "emp", ["wage", "capital"], "firm"))
    assert found.statistic == pytest.approx(plm, rel=1e-11)


def test_a_group_without_a_degree_of_freedom_has_no_poolability_test() -> None:
    with pytest.raises(ValueError, match="fewer rows than coefficients"):
        panel_tests.poolability(10.0, 5, [1.0, 0.0], [3, -1])


# ---------------------------------------------------------------------------------------------- moments


class System(NamedTuple):
    """One-step system GMM, and what its tests need."""

    stack: moments.Stack
    estimate: Array
    first_step: Array
    weight: Array
    influence: Array
    covariance: Array
    residual: Array


@pytest.fixture(scope="module")
def blundell_bond() -> System:
    """Roodman (2009), section 3.4: n L.n L(0/1).(w k) yr*, gmm(L.(n w k)) iv(yr*, eq(level))."""
    firms = [_firm(levels) for levels in _levels()]
    X, Z, used = (np.array(part) for part in zip(*firms, strict=True))
    y, X = X[:, :, 0], X[:, :, 1:]
    M = np.vstack([np.diff(np.eye(9), axis=0)[1:], np.eye(9)[1:]])
    first_step = np.einsum("grj,rs,gsk->jk", Z, M @ M.T, Z)
    weight = np.linalg.inv(first_step)
    cross, moment = np.einsum("grj,grk->jk", Z, X), np.einsum("grj,gr->j", Z, y)
    influence = np.linalg.solve(cross.T @ weight @ cross, cross.T @ weight)
    estimate = influence @ moment
    residual = y - X @ estimate
    scores = np.einsum("grj,gr->gj", Z, residual)
    covariance = influence @ scores.T @ scores @ influence.T
    return System(moments.Stack(Z, X, used, 7), estimate, first_step, weight, influence, covariance, residual)


def _levels() -> list[Array]:
    """n, w, k in single precision, (9, 3) a firm, NaN where missing."""
    frame = pd.read_csv(ROOT / "specs" / "data" / "empl_uk.csv")
    columns = frame[["emp", "wage", "capital"]].astype("float32").astype(float)
    frame[["n", "w", "k"]] = np.log(columns).astype("float32").astype(float)
    years = range(1976, 1985)
    return [
        firm.set_index("year")[["n", "w", "k"]].reindex(years).to_numpy() for _, firm in frame.groupby("firm")
    ]


def _firm(levels: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Outcome and regressors (15, 14), instruments (15, 113), rows used: 7 differenced, 8 in levels."""
    before = np.vstack([np.full(3, np.nan), levels[:-1]])
    n, w, k = levels.T
    dummies = np.eye(9)[:, 1:8]
    rows = np.column_stack([n, before[:, 0], w, before[:, 1], k, before[:, 2], dummies, np.ones(9)])
    rows = np.vstack([np.diff(rows, axis=0)[1:], rows[1:]])
    differenced = [_column(t - 2, x[past]) for x in levels.T for t in range(2, 9) for past in range(t - 1)]
    in_levels = [_column(7 + t - 1, x[t - 1] - x[t - 2]) for x in levels.T for t in range(2, 9)]
    standard = np.vstack([np.zeros((7, 8)), np.column_stack([dummies, np.ones(9)])[1:]])
    Z = np.nan_to_num(np.column_stack([*differenced, *in_levels, standard]))
    used = np.isfinite(rows).all(axis=1)
    rows[~used], Z[~used] = 0, 0
    return rows, Z, used


def _column(row: int, value: float) -> Array:
    column = np.zeros(15)
    column[row] = value
    return column


def test_the_system_of_the_test_is_the_printed_one(blundell_bond: System) -> None:
    assert blundell_bond.estimate[:5].round(7).tolist() == [
        0.9356053,
        -0.6309761,
        0.4826203,
        0.4839299,
        -0.4243928,
    ]


def test_counts_are_those_xtabond2_prints(blundell_bond: System) -> None:
    found = moments.counts(blundell_bond.stack)
    assert (found.equation, found.groups) == (891, 140)
    assert (found.t_min, round(found.t_avg, 2), found.t_max) == (6, 6.36, 8)
    assert (found.difference, found.both) == (751, 1642)  # what pydynpd and plm call the number of rows
    assert moments.rank(blundell_bond.first_step) == 113


def test_an_instrument_that_is_zero_or_double_is_not_counted(blundell_bond: System) -> None:
    S = blundell_bond.first_step
    padded = np.zeros((115, 115))
    padded[:113, :113] = S
    padded[113, :113], padded[:113, 113], padded[113, 113] = S[0], S[0], S[0, 0]
    assert moments.rank(padded) == 113


def test_sargan_depends_on_the_version_of_xtabond2(blundell_bond: System) -> None:
    found = moments.sargan(blundell_bond.stack, blundell_bond.residual, blundell_bond.weight)
    assert round(found.before, 2) == 186.90  # the article's
    assert found.xtabond2 == pytest.approx(found.before * 751 / 891, rel=1e-12)


def test_serial_correlation_in_a_system_is_the_printed_one(blundell_bond: System) -> None:
    one = blundell_bond
    scores = moments.scores(one.stack, one.residual)
    found = [
        moments.arellano_bond(
            order, one.residual[:, :7], one.stack.X[:, :7], scores, one.influence, one.covariance
        )
        for order in (1, 2)
    ]
    assert [round(value, 2) for value in found] == [-5.46, -0.25]
    assert round(normal_p(found[1]), 3) == 0.804


def test_an_order_that_no_residual_reaches_has_no_statistic(blundell_bond: System) -> None:
    one = blundell_bond
    scores = moments.scores(one.stack, one.residual)
    far = moments.arellano_bond(
        7, one.residual[:, :7], one.stack.X[:, :7], scores, one.influence, one.covariance
    )
    assert np.isnan(far)


def test_no_usable_row_is_an_error() -> None:
    empty = moments.Stack(np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), np.zeros((2, 3), dtype=bool), 3)
    with pytest.raises(ValueError, match="no row"):
        moments.counts(empty)
