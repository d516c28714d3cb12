"""Panels drawn from a dynamic equation, against moments and biases that are derived."""

import numpy as np
import pytest

from harness.estimators import dpd
from harness.estimators.simulated_panel import Process, Regressor, draw, largest_root

BOUND = 4.5  # standard errors: one draw in 150,000 lies beyond
NO_REGRESSORS = {"regressors": (), "innovations": np.zeros((0, 0))}


def process(autoregression=(0.5,), n=2000, t=8, error_sd=1.0, effect=0.0, **others) -> Process:
    given = {"systematic": np.zeros((n, t)), "effects": np.array([[effect**2]]), **NO_REGRESSORS, **others}
    return Process(tuple(autoregression), error_sd=error_sd, **given)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def near(value: float, expected: float, std_error: float) -> bool:
    return abs(value - expected) < BOUND * std_error


def autocovariances(autoregression: tuple[float, ...], count: int) -> np.ndarray:
    """Of an AR(p) with unit errors, from its moving-average weights: another way than the recursion's."""
    weights = [1.0]
    for _ in range(3000):
        weights.append(
            sum(a * weights[-lag] for lag, a in enumerate(autoregression, 1) if lag <= len(weights))
        )
    psi = np.array(weights)
    return np.array([psi[: len(psi) - lag] @ psi[lag:] for lag in range(count)])


@pytest.mark.parametrize("autoregression", [(0.5,), (-0.6,), (0.5, 0.3), (1.2, -0.5)])
def test_autocovariances_are_those_of_the_moving_average_from_the_first_period_on(autoregression) -> None:
    panel = draw(process(autoregression, n=20_000), rng(1))
    expected = autocovariances(autoregression, 3)
    for lag in range(3):
        for period in (0, 4):
            product = panel.series(None)[:, period] * panel.series(None, lag)[:, period]
            assert near(product.mean(), expected[lag], product.std() / len(product) ** 0.5), (lag, period)


def test_the_variance_of_a_second_order_process_is_hamiltons() -> None:
    """Hamilton (1994), Time Series Analysis, eq. 3.4.30; checks the weights that the test above goes by."""
    a, b = 0.5, 0.3
    assert autocovariances((a, b), 1)[0] == pytest.approx((1 - b) / ((1 + b) * ((1 - b) ** 2 - a**2)))


def test_what_is_fixed_and_the_effect_move_the_outcome_by_their_long_run_multiple() -> None:
    panel = draw(process((0.5,), systematic=np.full((20_000, 3), 2.0), effect=0.7), rng(2))
    first = panel.series(None)[:, 0]
    variance = 0.7**2 / (1 - 0.5) ** 2 + 1 / (1 - 0.5**2)  # effect / (1 - a), and the errors'
    assert near(first.mean(), 2.0 / (1 - 0.5), (variance / 20_000) ** 0.5)
    assert near(first.var(), variance, variance * (2 / 20_000) ** 0.5)


@pytest.mark.parametrize("delay", [0, 1])
def test_an_error_reaches_a_regressor_when_its_treatment_says(delay: int) -> None:
    """cov(x_t, error_(t-s)) is f r^(s-d) from s = d on, and zero before; predetermined is d = 1."""
    n, f, r = 40_000, 0.6, 0.5
    one = Regressor(slopes=(0.4,), level=np.zeros((n, 4)), persistence=r, feedback=f, delay=delay)
    drawn = draw(
        process((0.3,), n=n, t=4, effects=np.zeros((2, 2)), regressors=(one,), innovations=np.eye(1)), rng(3)
    )
    x = drawn.series(0)

    def errors(s: int) -> np.ndarray:
        own = drawn.series(None, s) - 0.3 * drawn.series(None, s + 1) - 0.4 * drawn.series(0, s)
        return own[:, 3]

    for s in range(3):
        expected = f * r ** (s - delay) if s >= delay else 0.0
        product = x[:, 3] * errors(s)
        assert near(product.mean(), expected, product.std() / n**0.5), s
    ahead = x[:, 2] * errors(0)
    assert near(ahead.mean(), 0.0, ahead.std() / n**0.5)


def test_variance_and_persistence_of_a_regressor_are_those_asked_for() -> None:
    """Variance of the moving part: (f^2 s^2 + u) / (1 - r^2), here (0.25 x 4 + 2) / (1 - 0.64)."""
    n = 40_000
    one = Regressor(slopes=(0.0, 1.0), level=np.full((n, 3), 5.0), persistence=0.8, feedback=0.5)
    effects = np.array([[1.0, 0.5], [0.5, 4.0]])
    drawn = draw(
        process(
            (0.2,), n=n, t=3, error_sd=2.0, effects=effects, regressors=(one,), innovations=np.array([[2.0]])
        ),
        rng(4),
    )
    x = drawn.series(0) - 5.0
    moving = (0.5**2 * 2.0**2 + 2.0) / (1 - 0.8**2)
    for lag, expected in ((0, 4.0 + moving), (1, 4.0 + 0.8 * moving)):
        product = x[:, 2] * x[:, 2 - lag]
        assert near(product.mean(), expected, product.std() / n**0.5)


def test_lags_of_a_drawn_regressor_enter_with_their_slopes() -> None:
    n = 3
    one = Regressor(slopes=(0.5, -0.25), level=np.zeros((n, 5)), persistence=0.4)
    drawn = draw(
        process(
            (0.3,), n=n, t=5, error_sd=0.0, effects=np.zeros((2, 2)), regressors=(one,), innovations=np.eye(1)
        ),
        rng(5),
    )
    expected = 0.3 * drawn.series(None, 1) + 0.5 * drawn.series(0) - 0.25 * drawn.series(0, 1)
    np.testing.assert_allclose(
        drawn.series(None), expected, rtol=0, atol=1e-12
    )  # sums of a few numbers near 1


def test_an_explosive_process_is_not_drawn() -> None:
    assert largest_root((0.5, 0.5)) == pytest.approx(1.0)
    assert largest_root((-0.5, -0.6)) == pytest.approx(0.6**0.5)  # their sum is -1.1, and it does not explode
    with pytest.raises(ValueError, match="explodes"):
        draw(process((0.7, 0.4)), rng(6))


def nickell(rho: float, t: int) -> float:
    """
    Limit of the within estimator's bias in an AR(1), Nickell (1981), Econometrica 49, eq. 18.

    t : rows of an entity, the first of which has a lag
    """
    a = 1 - (1 - rho**t) / (t * (1 - rho))
    return -(1 + rho) / (t - 1) * a / (1 - 2 * rho * a / ((1 - rho) * (t - 1)))


@pytest.mark.parametrize(("rho", "t"), [(0.3, 4), (0.5, 8), (0.8, 5)])
def test_nickells_formula_is_what_the_moments_of_a_stationary_process_give(rho: float, t: int) -> None:
    """E[y_-1' M e] / E[y_-1' M y_-1], M = I - 11'/t: the derivation that stands behind the next test."""
    late = np.subtract.outer(np.arange(t), np.arange(t)) - 1
    felt = np.where(late >= 0, float(rho) ** np.maximum(late, 0), 0.0)  # cov(y_(r-1), e_s)
    moments = rho ** np.abs(np.subtract.outer(np.arange(t), np.arange(t))) / (1 - rho**2)
    within = np.eye(t) - 1 / t
    assert np.trace(within @ felt) / np.trace(within @ moments) == pytest.approx(nickell(rho, t))


@pytest.mark.parametrize(("rho", "t"), [(0.3, 4), (0.5, 8), (0.8, 5)])
def test_the_within_estimator_is_biased_as_nickell_says(rho: float, t: int) -> None:
    found = []
    for seed in range(60):
        panel = draw(process((rho,), n=500, t=t, effect=1.0), rng(seed))
        y, lagged = (
            values - values.mean(1, keepdims=True) for values in (panel.series(None), panel.series(None, 1))
        )
        found.append(float((y * lagged).sum() / (lagged**2).sum()) - rho)
    # 500 entities: what is left of the limit is of the order of 1/500 of it, far below the error of 60 panels
    assert near(float(np.mean(found)), nickell(rho, t), float(np.std(found, ddof=1)) / 60**0.5)


def asymptotic_sd(rho: float, effect: float, t: int, n: int) -> float:
    """
    Standard deviation of one-step difference GMM, all lags from 2 on, in a stationary AR(1) with unit errors.

    From population moments: variance (D' S^-1 D)^-1 / n with D = E[z dy_-1] and S = E[z z' x H], which for
    errors that are alike is the variance of the moments (Arellano and Bond 1991, sec. 2).
    """

    def gamma(lag: int) -> float:
        return rho ** abs(lag) / (1 - rho**2) + effect**2 / (1 - rho) ** 2

    columns = [(period, source) for period in range(2, t) for source in range(period - 1)]
    d = np.array([gamma(p - 1 - s) - gamma(p - 2 - s) for p, s in columns])
    h = {0: 2.0, 1: -1.0}
    s = np.array([[gamma(s - r) * h.get(abs(p - q), 0.0) for q, r in columns] for p, s in columns])
    return float((1 / (d @ np.linalg.solve(s, d))) ** 0.5 / n**0.5)


def test_difference_gmm_scatters_as_the_moments_of_the_process_say() -> None:
    """The panels are those that Arellano and Bond's estimator is made for: its sd, z and tests show it."""
    rho, n, t, replications = 0.4, 600, 6, 500
    model = dpd.Model("y", (("y", 1),), {"y": dpd.Gmm(("y",))}, steps=1, std_error="robust")
    entity, time = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    estimates, z, tests = [], [], []
    for seed in range(replications):
        panel = draw(process((rho,), n=n, t=t, effect=1.0), rng(1000 + seed))
        fit = dpd.fit(model, {"y": panel.series(None).ravel()}, entity, time)
        estimates.append(fit.estimate[0])
        z.append((fit.estimate[0] - rho) / fit.covariance[0, 0] ** 0.5)
        tests.append((fit.hansen.p_value, fit.serial_correlation(2).p_value))
    sd, expected = float(np.std(estimates, ddof=1)), asymptotic_sd(rho, 1.0, t, n)
    assert sd / expected == pytest.approx(1.0, abs=BOUND / (2 * replications) ** 0.5)
    assert np.mean(np.abs(z) < 1.959964) == pytest.approx(
        0.95, abs=BOUND * (0.95 * 0.05 / replications) ** 0.5
    )
    for p in np.array(tests).T:
        assert np.mean(p < 0.05) == pytest.approx(0.05, abs=BOUND * (0.95 * 0.05 / replications) ** 0.5)
