"""The dynamic-panel core: against a slow reference, invariances, printed numbers, bad input."""

import doctest
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reference_dpd import Panel, Reference, reference

from harness.estimators import dpd
from harness.estimators.dpd import Gmm, Iv, Model

Array = NDArray[np.float64]
QUIET = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # a smaller panel is no simpler to read
)


class Data(NamedTuple):
    """A long table."""

    columns: dict[str, Array]
    entity: NDArray[np.int64]
    time: NDArray[np.int64]

    def where(self, kept: NDArray[Any]) -> "Data":
        columns = {name: values[kept] for name, values in self.columns.items()}
        return Data(columns, self.entity[kept], self.time[kept])

    def with_(self, **columns: Array) -> "Data":
        return self._replace(columns={**self.columns, **columns})

    def fit(self, model: Model, **options: Any) -> dpd.Fit:
        return dpd.fit(model, self.columns, self.entity, self.time, **options)

    def panel(self) -> Panel:
        """For the reference."""
        found: dict[int, dict[int, dict[str, float]]] = {}
        for row, (who, when) in enumerate(zip(self.entity, self.time, strict=True)):
            values = {name: float(column[row]) for name, column in self.columns.items()}
            found.setdefault(int(who), {})[int(when)] = values
        return found


def simulated(seed: int, n: int, t: int, gaps: float = 0.0, holes: float = 0.0) -> Data:
    """An autoregression with effects; *gaps* is the share of rows lacking, *holes* of values missing."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=n)
    x, z = rng.normal(size=(n, t)).cumsum(axis=1) / 2, rng.normal(size=(n, t))
    y = np.empty((n, t))
    y[:, 0] = effect + rng.normal(size=n)
    for s in range(1, t):
        y[:, s] = 0.4 * y[:, s - 1] + 0.5 * x[:, s] + 0.3 * z[:, s] + effect + rng.normal(size=n)
    who, when = np.repeat(np.arange(n), t), np.tile(np.arange(2000, 2000 + t), n)
    columns = {"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}
    for values in columns.values():
        values[rng.random(n * t) < holes] = np.nan
    table = Data(columns, who, when)
    return table.where(rng.random(n * t) >= gaps)


DIFFERENCE = Model(
    outcome="y",
    regressors=(("y", 1), ("x", 0), ("z", 0)),
    gmm={"y": Gmm(("y",), (2, None)), "x": Gmm(("x",), (2, 3), collapse=True)},
    iv={"z": Iv((("z", 0),))},
)
SYSTEM = replace(DIFFERENCE, estimator="system")


# ------------------------------------------------------------------------------- against the slow reference


@st.composite
def models(draw: st.DrawFn) -> Model:
    estimator = draw(st.sampled_from(["difference", "system"]))
    equations = ["difference"] if estimator == "difference" else ["both", "difference", "level", None]
    lags = st.integers(1, 3).flatmap(
        lambda low: st.tuples(st.just(low), st.one_of(st.none(), st.integers(low, low + 2)))
    )
    groups = {
        name: Gmm((name,), draw(lags), draw(st.sampled_from(equations)), draw(st.booleans()))
        for name in draw(st.sampled_from([["y"], ["y", "x"]]))
    }
    groups["y"] = replace(groups["y"], equation=None)  # else nothing may identify the coefficients
    iv = {
        "z": Iv((("z", 0),), draw(st.sampled_from(equations))),
        "xz": Iv((("x", 0), ("z", 1)), draw(st.sampled_from(equations))),
    }
    steps = draw(st.sampled_from([1, 2]))
    return Model(
        outcome="y",
        regressors=draw(st.sampled_from([(("y", 1), ("x", 0), ("z", 0)), (("y", 1), ("y", 2), ("x", 1))])),
        gmm=groups,
        iv={name: iv[name] for name in draw(st.sampled_from([["z", "xz"], ["xz"]]))},
        estimator=estimator,
        transformation=draw(st.sampled_from(["first-difference", "forward-orthogonal-deviations"])),
        steps=steps,
        h=draw(st.sampled_from([1, 2, 3])),
        std_error=draw(st.sampled_from(["conventional", "robust" if steps == 1 else "windmeijer"])),
        sigma2=draw(st.sampled_from(["n", "n-k"])),
        constant=draw(st.booleans()) if estimator == "system" else None,
    )


def close(found: Array | float, wanted: Array | float, size: Array | float = 0.0) -> bool:
    """Equal to 1e-10 of themselves or of *size*."""
    return bool(
        np.all(np.abs(np.asarray(found) - wanted) <= 1e-10 * np.maximum(np.abs(wanted), size) + 1e-13)
    )


def agrees(found: dpd.Fit, slow: Reference) -> None:
    error = np.sqrt(np.diag(slow.covariance["asked"]))
    assert close(found.estimate, slow.estimate, error)
    assert close(found.covariance, slow.covariance["asked"], np.outer(error, error))
    assert found.counts.instruments == slow.n_instruments
    assert found.counts.difference == slow.n_difference
    assert found.counts.equation == (slow.n_level if found.model.is_system else slow.n_difference)
    assert close(found.hansen.statistic, slow.hansen)
    for variant, value in slow.sargan.items():
        assert close(found.sargan[variant].statistic, value)
    subsets = found.difference_in_hansen()
    assert subsets.keys() == slow.subsets.keys()
    for name, (excluding, difference) in subsets.items():
        assert close(excluding.statistic, slow.subsets[name][0], slow.hansen)
        assert close(difference.statistic, slow.subsets[name][1], slow.hansen)

    for order, value in slow.ar.items():
        test = found.serial_correlation(order)
        assert (test is None) == bool(np.isnan(value))
        assert test is None or close(test.statistic, value, 1.0)


@settings(QUIET, max_examples=50)
@given(models(), st.integers(0, 10_000), st.integers(30, 60), st.integers(6, 8), st.sampled_from([0.0, 0.1]))
def test_the_fast_estimator_is_the_slow_one(model: Model, seed: int, n: int, t: int, holes: float) -> None:
    data = simulated(seed, n, t, gaps=0.1, holes=holes)
    slow = reference(model, data.panel())
    assume(slow.worst_condition < 1e5)
    agrees(data.fit(model), slow)


@settings(QUIET, max_examples=12)
@given(models(), st.integers(0, 10_000))
def test_weights_are_those_of_the_slow_one(model: Model, seed: int) -> None:
    data = simulated(seed, 40, 7, gaps=0.1)
    weight = np.random.default_rng(seed).uniform(0.5, 2.0, size=len(data.time))
    slow = reference(model, data.with_(weight=weight).panel())
    assume(slow.worst_condition < 1e5)
    agrees(data.fit(model, weights=weight), slow)


@settings(QUIET, max_examples=12)
@given(models(), st.integers(0, 10_000))
def test_clusters_of_entities_are_those_of_the_slow_one(model: Model, seed: int) -> None:
    data = simulated(seed, 120, 6, gaps=0.1)
    units = sorted(set(data.entity.tolist()))
    slow = reference(model, data.panel(), {i: unit // 2 for i, unit in enumerate(units)})
    assume(slow.worst_condition < 1e5)
    agrees(data.fit(model, cluster=data.entity // 2), slow)


def test_more_instruments_than_groups_take_the_moore_penrose_inverse() -> None:
    model = replace(SYSTEM, gmm={"all": Gmm(("y", "x", "z"), (2, None))}, iv={"z": Iv((("z", 0),))})
    data = simulated(1, 25, 8)
    found = data.fit(model)
    assert found.counts.instruments > 25
    agrees(found, reference(model, data.panel()))
    assert any("not reproducible across implementations" in sentence for sentence in found.warnings)


def test_a_cluster_may_cut_through_entities() -> None:
    """Every row its own cluster is White's estimator, by hand from the matrices."""
    data = simulated(3, 60, 6, gaps=0.1)
    model = replace(DIFFERENCE, steps=1, std_error="robust")
    found = data.fit(model, cluster=np.arange(len(data.time)))
    m = data.fit(model).matrices()
    used = m.used
    Z, X, e = m.Z[used], m.X[used], m.residual[used]
    influence = np.linalg.solve(X.T @ Z @ m.W @ Z.T @ X, X.T @ Z @ m.W)
    scores = influence @ (Z * e[:, None]).T
    assert close(found.covariance, scores @ scores.T, np.abs(found.covariance).max())


# ------------------------------------------------------------------------------------------ against gretl

LEVELS = Model(
    outcome="n",
    regressors=(("n", 1), ("w", 0), ("w", 1), ("k", 0), ("k", 1)),
    gmm={"all": Gmm(("n", "w", "k"), (2, None))},
    estimator="system",
)
CHANGES = Model(
    outcome="n",
    regressors=(("n", 1), ("n", 2), ("w", 0), ("w", 1), ("k", 0)),
    gmm={"n": Gmm(("n",), (2, None))},
    iv={"x": Iv((("w", 0), ("w", 1), ("k", 0)))},
)
ROBUST: dict[str, Any] = {"steps": 1, "std_error": "robust"}
COLLAPSED = {"all": Gmm(("n", "w", "k"), (2, 4), collapse=True)}
# gretl 2022c, dpanel, on logs of EmplUK; instruments, first lag with its standard error, AR(1), AR(2), Wald.
# LEVELS: `dpanel 1 ; n w w(-1) k k(-1) const ; GMM(n,2,99) GMM(w,2,99) GMM(k,2,99) GMMlevel(n,1,1)
# GMMlevel(w,1,1) GMMlevel(k,1,1) const --system`; CHANGES: `dpanel 2 ; n w w(-1) k ; GMM(n,2,99) w w(-1) k`
GRETL: dict[str, tuple[Model, int, float, float, float, float, float]] = {
    "system --two-step": (
        LEVELS, 106, 0.879003525972256, 0.0400808389053979, -5.5155223708, -0.607798468203, 6616.08612228
    ),
    "system": (
        replace(LEVELS, **ROBUST),
        106, 0.883493618259569, 0.0363013944317137, -5.71076801872, -0.598781549141, 6088.6606193
    ),
    "system --dpdstyle": (
        replace(LEVELS, **ROBUST, h=2),
        106, 0.755733503533953, 0.0743024024301023, -6.09529838276, -0.485225124466, 2536.09113143
    ),
    "system --dpdstyle --two-step": (
        replace(LEVELS, h=2),
        106, 0.749254125378891, 0.0786833919651431, -5.43394912368, -0.493337223992, 2769.73780505
    ),
    "system --collapse --two-step, lags 2 to 4": (
        replace(LEVELS, gmm=COLLAPSED),
        13, 0.870253527556074, 0.183384864222825, -3.79411146947, -1.29380681084, 1195.31181154
    ),
    "system --two-step --asymptotic": (
        replace(LEVELS, std_error="conventional"),
        106, 0.879003525972256, 0.0105353667462595, -5.70486761714, -0.6139382907, 442396.232159
    ),
    "--two-step": (
        CHANGES, 30, 0.635485363659623, 0.1633567800853, -2.51608221122, 0.146897963294, 401.289342316
    ),
    "": (
        replace(CHANGES, **ROBUST),
        30, 0.665202551060929, 0.138597651966474, -4.46715737501, 0.370062694793, 822.661702202
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def empl_uk() -> Data:
    path = ROOT / "specs" / "data" / "empl_uk.csv"
    firm, year, _, emp, wage, capital, _ = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    columns = {"n": np.log(emp), "w": np.log(wage), "k": np.log(capital)}
    return Data(columns, firm.astype(np.int64), year.astype(np.int64))


@pytest.mark.parametrize("options", GRETL)
def test_gretl_gives_the_same_numbers(empl_uk: Data, options: str) -> None:
    model, instruments, *numbers = GRETL[options]
    found = empl_uk.fit(model)
    tests = [found.serial_correlation(order) for order in (1, 2)]
    ours = [found.estimate[0], found.std_error[0], *(test.statistic for test in tests if test)]
    assert found.counts.instruments == instruments
    assert np.allclose([*ours, found.wald().statistic], numbers, rtol=2e-9, atol=0)


@pytest.mark.parametrize(
    ("options", "sargan", "hansen", "df"),
    [  # gretl's Sargan divides as xtabond2 did before 2.8.3
        ("system --two-step", 188.143239054, 114.698674058, 100),
        ("system --collapse --two-step, lags 2 to 4", 10.1952828157, 8.54228400506, 7),
        ("--two-step", 94.380432764, 54.0929285685, 25),
    ],
)
def test_gretl_gives_the_same_over_identification(
    empl_uk: Data, options: str, sargan: float, hansen: float, df: int
) -> None:
    found = empl_uk.fit(GRETL[options][0])
    assert found.sargan["xtabond2-before-2.8.3"].statistic == pytest.approx(sargan, rel=2e-9)
    assert found.hansen.statistic == pytest.approx(hansen, rel=2e-9)
    assert found.hansen.df == df


# --------------------------------------------------------------------------------------------- invariances


def same(one: dpd.Fit, other: dpd.Fit, tolerance: float = 1e-10) -> None:
    assert one.terms == other.terms
    assert np.allclose(one.estimate, other.estimate, rtol=tolerance, atol=1e-13)
    assert np.allclose(one.covariance, other.covariance, rtol=100 * tolerance, atol=1e-13)
    assert one.hansen.statistic == pytest.approx(other.hansen.statistic, rel=100 * tolerance)
    assert one.hansen.df == other.hansen.df
    assert one.counts == other.counts


@pytest.fixture(scope="module")
def data() -> Data:
    return simulated(11, 80, 7, gaps=0.1, holes=0.03)


@pytest.mark.parametrize("model", [DIFFERENCE, SYSTEM], ids=["difference", "system"])
class TestInvariance:
    def test_the_order_of_rows(self, data: Data, model: Model) -> None:
        order = np.random.default_rng(0).permutation(len(data.time))
        shuffled = data.where(order).fit(model)
        plain = data.fit(model)
        assert np.array_equal(shuffled.estimate, plain.estimate)
        assert np.array_equal(shuffled.covariance, plain.covariance)

    def test_labels_of_entities(self, data: Data, model: Model) -> None:
        named = np.array([f"firm {code:03d}" for code in data.entity])
        same(dpd.fit(model, data.columns, named, data.time), data.fit(model))
        reversed_codes = 10**12 - 7 * data.entity
        same(dpd.fit(model, data.columns, reversed_codes, data.time), data.fit(model))

    def test_the_coding_of_time(self, data: Data, model: Model) -> None:
        wide = dpd.fit(model, data.columns, data.entity, 5 * data.time - 3, step=5)
        same(wide, data.fit(model), 0.0)

    def test_units_of_a_regressor(self, data: Data, model: Model) -> None:
        plain = data.fit(model)
        large = data.with_(x=data.columns["x"] * 1e8).fit(model)
        size = np.where(np.array(plain.terms) == "x", 1e-8, 1.0)
        assert np.allclose(large.estimate, plain.estimate * size, rtol=1e-10, atol=0)
        assert np.allclose(large.std_error, plain.std_error * size, rtol=1e-10, atol=0)
        assert large.counts == plain.counts
        assert large.hansen.statistic == pytest.approx(plain.hansen.statistic, rel=1e-10)
        for order in (1, 2):
            one, other = large.serial_correlation(order), plain.serial_correlation(order)
            assert one and other and one.statistic == pytest.approx(other.statistic, rel=1e-9)

    def test_units_of_the_outcome(self, data: Data, model: Model) -> None:
        plain = data.fit(model)
        large = data.with_(y=data.columns["y"] * 1e6).fit(model)
        size = np.where(np.array(plain.terms) == "L1.y", 1.0, 1e6)
        assert np.allclose(large.estimate, plain.estimate * size, rtol=1e-10, atol=0)
        assert large.sigma2 == pytest.approx(plain.sigma2 * 1e12, rel=1e-10)

    def test_entities_without_a_complete_row(self, data: Data, model: Model) -> None:
        empty = {name: np.append(values, [np.nan, 1.0]) for name, values in data.columns.items()}
        more = dpd.fit(model, empty, np.append(data.entity, [900, 901]), np.append(data.time, [2000, 2001]))
        plain = data.fit(model)
        assert np.array_equal(more.estimate, plain.estimate)
        assert more.counts.groups_in_data == plain.counts.groups_in_data + 2

    def test_columns_of_zeros_among_the_instruments(self, data: Data, model: Model) -> None:
        zeros = data.with_(nothing=np.zeros(len(data.time)))
        more = zeros.fit(replace(model, gmm={**model.gmm, "nothing": Gmm(("nothing",), (1, None))}))
        plain = data.fit(model)
        assert more.counts.columns > plain.counts.columns
        same(
            replace(more, counts=replace(more.counts, columns=plain.counts.columns)),
            plain,
        )

    def test_an_instrument_that_stands_twice(self, data: Data, model: Model) -> None:
        again = replace(model, gmm={**model.gmm, "again": model.gmm["y"]})
        plain, twice = data.fit(model), data.fit(again)
        assert twice.counts.instruments == plain.counts.instruments
        same(replace(twice, counts=plain.counts), plain, 1e-9)

    def test_rows_outside_the_sample_serve_lags_only(self, data: Data, model: Model) -> None:
        """The same rows are used whether the first years' rows are there for lags or the sample is all."""
        early = data.time < 2003
        found = data.fit(model, sample=~early)
        assert found.counts.difference < data.fit(model).counts.difference
        used = found.matrices()
        assert used.period[used.used.any(axis=0)].min() == 2003


def test_deviations_equal_differences_after_one_step_in_a_balanced_panel() -> None:
    """Arellano and Bover (1995): with all lags as instruments, either transformation is GLS."""
    data = simulated(5, 60, 7)
    model = replace(
        DIFFERENCE, gmm={"all": Gmm(("y", "x", "z"), (2, None))}, iv={}, steps=1, std_error="robust"
    )
    deviations = data.fit(replace(model, transformation="forward-orthogonal-deviations"))
    assert np.allclose(data.fit(model).estimate, deviations.estimate, rtol=1e-9)


def test_deviations_of_a_series_with_gaps() -> None:
    """Periods 1, 2, 4, 5 of values 1, 2, 4, 5: by hand."""
    from harness.estimators.dpd.rows import Deviations

    complete = np.array([[True, True, False, True, True]])
    found = Deviations(complete)(np.array([[1.0, 2.0, 0.0, 4.0, 5.0]]), slice(1, 5))
    later = [1 - (2 + 4 + 5) / 3, 2 - (4 + 5) / 2, 4 - 5]
    factor = np.sqrt([3 / 4, 2 / 3, 1 / 2])
    assert np.allclose(found[0, [0, 1, 3]], later * factor, rtol=1e-14)
    assert found[0, 1] == pytest.approx(-2.0412414523193148)  # -sqrt(25/6)


def test_deviations_without_two_years_in_a_row_have_no_test_of_serial_correlation() -> None:
    """Every other year only, and no lag among the regressors: deviations exist, first differences do not."""
    data = simulated(2, 60, 9)
    every_other = data.where(data.time % 2 == 0)
    model = Model("y", (("x", 0), ("z", 0)), iv={"xz": Iv((("x", 0), ("z", 0)))})
    found = every_other.fit(replace(model, transformation="forward-orthogonal-deviations"))
    assert found.counts.difference == 60 * 4
    assert found.serial_correlation(1) is None


def test_just_identified_is_instrumental_variables() -> None:
    data = simulated(2, 50, 6)
    model = replace(
        DIFFERENCE,
        gmm={"y": Gmm(("y",), (2, 2), collapse=True)},
        iv={"xz": Iv((("x", 0), ("z", 0)))},
        steps=1,
        std_error="robust",
    )
    y, x, z = (data.columns[name].reshape(50, 6) for name in "yxz")
    D = lambda a: np.diff(a, axis=1)[:, 1:].ravel()  # noqa: E731
    X = np.column_stack([np.diff(y, axis=1)[:, :-1].ravel(), D(x), D(z)])
    Z = np.column_stack([y[:, :-2].ravel(), D(x), D(z)])
    assert np.allclose(data.fit(model).estimate, np.linalg.solve(Z.T @ X, Z.T @ D(y)), rtol=1e-11)


def test_both_equations_are_the_two_equations_apart() -> None:
    both = replace(SYSTEM, gmm={"y": Gmm(("y",), (2, 4))})
    apart = replace(SYSTEM, gmm={"d": Gmm(("y",), (2, 4), "difference"), "l": Gmm(("y",), (2, 2), "level")})
    data = simulated(8, 60, 6)
    one, other = data.fit(both), data.fit(apart)
    same(one, other)
    assert one.difference_in_hansen()["level_gmm"] == other.difference_in_hansen()["l"]


def test_collapsing_one_lag_in_one_period_changes_nothing() -> None:
    data = simulated(9, 60, 3)
    model = replace(DIFFERENCE, gmm={"all": Gmm(("y", "x"), (2, 2))}, iv={"z": Iv((("z", 0),))})
    collapsed = replace(model, gmm={"all": Gmm(("y", "x"), (2, 2), collapse=True)})
    same(data.fit(model), data.fit(collapsed))


def test_entities_that_stand_twice_are_a_frequency_weight_of_two() -> None:
    data = simulated(4, 40, 6)
    model = replace(SYSTEM, steps=1, std_error="conventional", weight_kind="frequency")
    twice = {name: np.append(values, values) for name, values in data.columns.items()}
    stacked = dpd.fit(
        model, twice, np.append(data.entity, data.entity + 100), np.append(data.time, data.time)
    )
    weighted = data.fit(model, weights=np.full(len(data.time), 2.0))
    assert np.allclose(stacked.estimate, weighted.estimate, rtol=1e-11)
    assert np.allclose(stacked.covariance, weighted.covariance, rtol=1e-10)
    assert stacked.counts.equation == weighted.counts.equation


def test_iterated_estimation_ends_where_its_own_residuals_weight_the_moments() -> None:
    data = simulated(6, 80, 6)
    found = data.fit(replace(SYSTEM, steps="iterated"))
    m = found.matrices()
    S = m.scores.T @ m.scores
    Z, X, y = m.Z[m.used], m.X[m.used], m.y[m.used]
    ZX, Zy, W = Z.T @ X, Z.T @ y, np.linalg.inv(S)
    assert np.allclose(found.estimate, np.linalg.solve(ZX.T @ W @ ZX, ZX.T @ W @ Zy), rtol=1e-8)


def test_matrices_give_back_estimate_and_hansen() -> None:
    data = simulated(7, 60, 6, gaps=0.1)
    found = data.fit(SYSTEM)
    m = found.matrices()
    Z, X, y = m.Z[m.used], m.X[m.used], m.y[m.used]
    ZX, Zy = Z.T @ X, Z.T @ y
    b = np.linalg.solve(ZX.T @ m.W @ ZX, ZX.T @ m.W @ Zy)
    g = Zy - ZX @ b
    assert np.allclose(b, found.estimate, rtol=1e-9)
    scale = found.work.scale
    assert float(g @ m.W @ g) / scale**2 == pytest.approx(found.hansen.statistic, rel=1e-9)
    assert np.allclose(m.scores.sum(axis=0), Z.T @ m.residual[m.used], rtol=1e-9, atol=1e-9)


def test_the_manual_page_runs() -> None:
    assert doctest.testmod(dpd).failed == 0


# -------------------------------------------------------------------------------------- principal components


def test_all_principal_components_are_no_reduction() -> None:
    data = simulated(12, 80, 6)
    columns = data.fit(SYSTEM).counts.instruments - 2  # all but constant and iv
    full = data.fit(replace(SYSTEM, principal_components=columns))
    plain = data.fit(SYSTEM)
    assert np.allclose(full.estimate, plain.estimate, rtol=1e-8)
    assert full.counts.instruments == plain.counts.instruments


def test_fewer_principal_components_are_fewer_instruments() -> None:
    data = simulated(12, 80, 6)
    found = data.fit(replace(SYSTEM, principal_components=5))
    assert found.counts.instruments == 5 + 2
    assert found.difference_in_hansen() == {}


def test_components_are_those_of_the_correlation_matrix() -> None:
    """Eigenvectors of numpy's corrcoef of the used rows of the GMM columns, applied to the raw columns."""
    data = simulated(13, 70, 5)
    model = replace(DIFFERENCE, gmm={"y": Gmm(("y",), (2, None))}, steps=1, std_error="robust")
    model = replace(model, regressors=(("y", 1), ("z", 0)))
    m = data.fit(model).matrices()
    raw = m.Z * 1.0
    gmm, iv = raw[m.used][:, m.groups == "y"], raw[m.used][:, m.groups == "z"]
    # columns come back with unit size in Z'HZ; the raw ones have the size of the lags themselves
    sizes = np.array([np.linalg.norm(column) for column in gmm.T])
    names = y_columns(data)
    gmm = gmm / sizes * np.array([np.linalg.norm(names[:, j]) for j in range(names.shape[1])])
    vectors = np.linalg.eigh(np.corrcoef(gmm.T))[1]
    Z = np.column_stack([iv, gmm @ vectors[:, ::-1][:, :2]])
    X, y = m.X[m.used], m.y[m.used]
    H = np.kron(np.eye(70), m.H)
    A = Z.T @ H @ Z
    W = np.linalg.inv(A)
    b = np.linalg.solve(X.T @ Z @ W @ Z.T @ X, X.T @ Z @ W @ Z.T @ y)
    assert np.allclose(data.fit(replace(model, principal_components=2)).estimate, b, rtol=1e-9)


def y_columns(data: Data) -> Array:
    """Lags 2 and deeper of y, one column a period and lag, balanced with five periods, in order."""
    y = data.columns["y"].reshape(-1, 5)
    columns = []
    for period in range(2, 5):
        for past in range(period - 1):
            column = np.zeros((len(y), 3))
            column[:, period - 2] = y[:, past]
            columns.append(column.ravel())
    return np.column_stack(columns)


# ------------------------------------------------------------------------------------- collinear regressors


def test_a_collinear_regressor_is_dropped_by_name() -> None:
    data = simulated(1, 50, 6)
    more = data.with_(x2=3 * data.columns["x"] - data.columns["z"], still=data.entity.astype(float))
    model = replace(DIFFERENCE, regressors=(*DIFFERENCE.regressors, ("x2", 0), ("still", 0)))
    found = more.fit(model)
    assert found.dropped == ("x2", "still")
    assert found.warnings[0] == "x2 is dropped: it follows from the other regressors"
    assert np.allclose(found.estimate, data.fit(DIFFERENCE).estimate, rtol=1e-10)


def test_the_terms_to_drop_first_go_first() -> None:
    data = simulated(1, 50, 6)
    dummies = {f"t={t}": (data.time == t).astype(float) for t in range(2000, 2006)}
    names = tuple((name, 0) for name in dummies)
    model = replace(
        SYSTEM,
        regressors=(*SYSTEM.regressors, *names),
        iv={**SYSTEM.iv, "t": Iv(names)},
        drop_first=tuple(dummies),
    )
    assert data.with_(**dummies).fit(model).dropped == ("t=2000", "t=2001")


# ------------------------------------------------------------------------------------------------- bad input

MODELS: dict[str, tuple[Model, str]] = {
    "no regressor": (replace(DIFFERENCE, regressors=()), "no regressor"),
    "twice": (replace(DIFFERENCE, regressors=(("y", 1), ("y", 1))), "L1.y stands twice"),
    "outcome": (replace(DIFFERENCE, regressors=(("y", 0),)), "its own regressor"),
    "lead": (replace(DIFFERENCE, regressors=(("y", -1),)), "negative lag"),
    "constant": (replace(DIFFERENCE, constant=True), "has no constant"),
    "no instrument": (replace(DIFFERENCE, gmm={}, iv={}), "no instrument"),
    "name twice": (replace(DIFFERENCE, gmm={"z": Gmm(("y",))}), "stands in gmm and in iv"),
    "reserved": (replace(DIFFERENCE, gmm={"level_gmm": Gmm(("y",))}), "taken: level_gmm"),
    "level": (replace(DIFFERENCE, gmm={"y": Gmm(("y",), equation="both")}), "has no levels"),
    "empty": (replace(DIFFERENCE, gmm={"y": Gmm(())}), "names no variable"),
    "lags": (replace(DIFFERENCE, gmm={"y": Gmm(("y",), (4, 2))}), r"lags \(4, 2\)"),
    "iv lead": (replace(DIFFERENCE, iv={"z": Iv((("z", -1),))}), "negative lag"),
    "steps": (replace(DIFFERENCE, steps=3), "steps is 1, 2"),  # type: ignore[arg-type]
    "robust": (replace(DIFFERENCE, std_error="robust"), "does not go with steps 2"),
    "windmeijer": (replace(DIFFERENCE, steps=1), "does not go with steps 1"),
    "components": (replace(DIFFERENCE, gmm={}, principal_components=2), "there are none"),
    "factor": (replace(DIFFERENCE, small_sample="huge"), "no small-sample factor"),
    "column": (replace(DIFFERENCE, outcome="nowhere"), "no column 'nowhere'"),
    "few": (replace(DIFFERENCE, gmm={}, iv={"z": Iv((("z", 0),))}), "1 independent instruments"),
    "deep": (replace(DIFFERENCE, gmm={"y": Gmm(("y",), (9, None))}, iv={}), "no lag that the groups ask for"),
    "many": (replace(DIFFERENCE, principal_components=500), "500 principal components"),
    "long": (
        replace(DIFFERENCE, regressors=(("y", 6),)),
        "lag 6 and a difference need 8 consecutive periods",
    ),
    "longer": (replace(DIFFERENCE, regressors=(("y", 60),)), "0 of 40 entities have a row .* lag 60, over 7"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_cannot_be_says_so(name: str) -> None:
    model, sentence = MODELS[name]
    with pytest.raises(dpd.DpdError, match=sentence):
        simulated(1, 40, 7).fit(model)


def test_bad_data_say_what_and_how_many() -> None:
    data = simulated(1, 40, 7)
    rows = len(data.time)

    def refused(sentence: str, changed: Data, **options: Any) -> None:
        with pytest.raises(dpd.DpdError, match=sentence):
            changed.fit(DIFFERENCE, **options)

    refused("missing in every one of 280 rows", data.with_(x=np.full(rows, np.nan)))
    refused("x is infinite in 1 rows", data.with_(x=np.where(np.arange(rows) == 5, np.inf, 1.0)))
    refused("y does not vary over time", data.with_(y=data.entity.astype(float)))
    refused("1 of 1 entities", data.where(data.entity == 3))
    refused(
        "entity 0 has 2 rows at time 2000", data._replace(time=np.where(data.time == 2001, 2000, data.time))
    )
    refused("time is no whole number in 280 rows", data._replace(time=data.time + 0.5))  # type: ignore[arg-type]
    refused("not 2000 plus a multiple of the step 5", data, step=5)
    refused("grid of .* cells", data._replace(time=data.time * 10**7))
    refused("2 weights are not positive", data, weights=np.where(np.arange(rows) < 2, -1.0, 1.0))
    refused("there is 1 cluster", data, cluster=np.zeros(rows))
    refused("sample has shape", data, sample=np.ones(3))
    named = data._replace(time=np.array(["2000Q1"] * rows))  # type: ignore[arg-type]
    refused("time holds something that is no number", named)
    mixed = data._replace(entity=np.array([1, "a"] * (rows // 2), dtype=object))  # type: ignore[arg-type]
    refused("labels of several kinds", mixed)
    refused("explain the outcome exactly", data.with_(y=data.columns["x"] * 2))
    refused("has rank 2, as many as there are groups", data, cluster=data.entity % 2)
    refused("no rows", data.where(np.zeros(rows, dtype=bool)))
    refused("holds something that is no number", data.with_(x=np.full(rows, "a")))  # type: ignore[arg-type]


def test_fewer_clusters_than_coefficients_leave_one_step_without_hansen() -> None:
    data = simulated(1, 40, 7)
    found = data.fit(replace(DIFFERENCE, steps=1, std_error="robust"), cluster=data.entity % 2)
    assert np.isnan(found.hansen.statistic)
    assert found.difference_in_hansen() == {}
    assert np.isfinite(found.std_error).all()


def test_an_explosion_of_instruments_is_refused_before_it_is_built() -> None:
    """400 periods: 79,401 columns of lags 2 and deeper of one variable."""
    data = simulated(1, 3, 400)
    model = replace(DIFFERENCE, gmm={"y": Gmm(("y",), (2, None))})
    with pytest.raises(
        dpd.DpdError, match=r"79,402 instruments .* over 400 periods.* GB; the limit is 2.0 GB"
    ):
        data.fit(model, memory_limit=2_000_000_000)


def test_instruments_that_identify_nothing_name_the_coefficient() -> None:
    """x moves in the first entities only, and the instrument q is there in the others only."""
    data = simulated(1, 40, 7)
    first = data.entity < 20
    split = data.with_(x=np.where(first, data.columns["x"], 1.0), q=np.where(first, 0.0, data.columns["z"]))
    model = replace(
        DIFFERENCE, regressors=(("x", 0), ("z", 0)), gmm={"q": Gmm(("q",), (0, 3), collapse=True)}, iv={}
    )
    with pytest.raises(dpd.DpdError, match="do not identify the coefficient of x"):
        split.fit(model)
