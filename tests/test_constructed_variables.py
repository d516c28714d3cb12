"""Index, agglomeration, types: numbers derived by hand, and pymcdm's where it is installed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.dataset.evaluation import quantile_groups
from harness.estimators import agglomeration as distances
from harness.estimators import quantile_type
from harness.estimators.fingerprint import fingerprint
from harness.estimators.index import closeness, entropy_weights, index, normalised

LN = math.log
NEITHER = np.array([False, False])


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


# -------------------------------------------------------------------------------------------------- index


def test_entropy_of_equally_spaced_values_is_the_one_of_the_proportions_0_1_2_thirds() -> None:
    # p = 0, 1/3, 2/3: -(1/3 ln 1/3 + 2/3 ln 2/3) / ln 3 = 1 - (2/3) ln 2 / ln 3; p ln p is 0 at 0.
    matrix = normalised(column(10, 20, 30), np.array([False]), "min-max")
    assert matrix[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert entropy_weights(matrix).entropy == pytest.approx([1 - 2 / 3 * LN(2) / LN(3)], rel=1e-15)


def test_a_negative_indicator_is_turned_round() -> None:
    # (4 - x) / 3 is 1, 2/3, 0, so p is .6, .4, 0.
    matrix = normalised(column(1, 2, 4), np.array([True]), "min-max")
    assert matrix[:, 0] == pytest.approx([1, 2 / 3, 0])
    wanted = (0.6 * LN(5 / 3) + 0.4 * LN(5 / 2)) / LN(3)
    assert entropy_weights(matrix).entropy == pytest.approx([wanted], rel=1e-15)


def test_vector_normalisation_divides_by_the_length_of_the_column() -> None:
    # 3, 4, 12 has the length 13.
    assert normalised(column(3, 4, 12), np.array([False]), "vector")[:, 0] == pytest.approx(
        [3 / 13, 4 / 13, 12 / 13]
    )
    assert normalised(column(3, 4, 12), np.array([True]), "vector")[:, 0] == pytest.approx(
        [10 / 13, 9 / 13, 1 / 13]
    )


def test_the_shift_is_added_before_the_proportions_are_taken() -> None:
    # 0 and 1 with a shift of 1 are 1/3 and 2/3.
    found = entropy_weights(column(0, 1), shift=1.0)
    assert found.entropy == pytest.approx([(LN(3) / 3 + 2 / 3 * LN(1.5)) / LN(2)], rel=1e-15)


def test_weights_are_proportional_to_one_minus_entropy() -> None:
    # One city has all of the first indicator (entropy 0); the second has entropy 1 - 2/3 ln 2 / ln 3.
    matrix = np.array([[0, 0], [0, 0.5], [1, 1.0]])
    rest = 2 / 3 * LN(2) / LN(3)
    assert entropy_weights(matrix).weight == pytest.approx([1 / (1 + rest), rest / (1 + rest)], rel=1e-15)


def test_closeness_of_the_corners_of_a_square() -> None:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]])
    assert closeness(corners, np.array([0.5, 0.5])) == pytest.approx([0, 0.5, 0.5, 1])


def test_closeness_of_the_example_in_the_docstring_of_pymcdm() -> None:
    # pymcdm 1.4.0, methods/topsis.py, Examples: 0.500, 0.617, 0.500
    values = np.array([[1, 3000], [2, 3750], [5, 4500.0]])
    matrix = normalised(values, np.array([True, False]), "min-max")
    assert closeness(matrix, np.array([0.5, 0.5])).round(3).tolist() == [0.5, 0.617, 0.5]


def test_closeness_does_not_see_a_shift() -> None:
    matrix = np.random.default_rng(1).random((9, 3))
    weight = np.array([0.2, 0.3, 0.5])
    assert closeness(matrix + 0.01, weight) == pytest.approx(closeness(matrix, weight), rel=1e-12)


def test_by_time_each_period_is_an_index_of_its_own() -> None:
    values = np.random.default_rng(2).random((12, 2))
    time = np.array([2005, 2006] * 6)
    found = index(values, NEITHER, "min-max", 0.0, time)
    assert found.periods == (2005, 2006)
    for at, period in enumerate(found.periods):
        alone = index(values[time == period], NEITHER, "min-max")
        assert found.score[time == period] == pytest.approx(alone.score, rel=1e-15)
        assert found.weights[at].weight == pytest.approx(alone.weights[0].weight, rel=1e-15)


def test_the_index_does_not_see_the_unit_of_an_indicator() -> None:
    values = np.random.default_rng(3).random((20, 2))
    once, twice = (index(values * unit, NEITHER, "min-max") for unit in (1.0, np.array([1e6, 1e-6])))
    assert once.score == pytest.approx(twice.score, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (column(1), "two cases"),
        (column(1, np.nan), "every value"),
        (column(2, 2), "indicator 1 is the same"),
    ],
)
def test_an_index_refuses_what_it_cannot_rank(values: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        index(values, np.array([False]), "min-max")


def test_a_negative_normalised_value_has_no_logarithm() -> None:
    with pytest.raises(ValueError, match="negative"):
        index(column(-1, 1, 2), np.array([False]), "vector")


@pytest.mark.parametrize("normalise", ["min-max", "vector"])
def test_weights_and_closeness_are_those_of_pymcdm(normalise: str) -> None:
    pytest.importorskip("pymcdm", reason="pymcdm is not installed")
    from pymcdm import normalizations
    from pymcdm.helpers import normalize_matrix
    from pymcdm.methods import TOPSIS
    from pymcdm.weights import entropy_weights as weights_of_pymcdm

    values = np.random.default_rng(4).lognormal(size=(50, 4))
    negative = np.array([False, True, False, True])
    method = {"min-max": normalizations.minmax_normalization, "vector": normalizations.vector_normalization}
    signs = np.where(negative, -1, 1)
    shift = 1e-4
    theirs = weights_of_pymcdm(normalize_matrix(values, method[normalise], signs) + shift)
    ours = index(values, negative, normalise, shift)  # type: ignore[arg-type]
    assert ours.weights[0].weight == pytest.approx(theirs, rel=1e-12)
    assert ours.score == pytest.approx(TOPSIS(method[normalise])(values, theirs, signs), rel=1e-12)


# ------------------------------------------------------------------------------------------ agglomeration


def test_distances_of_a_quarter_and_of_half_the_globe() -> None:
    quarter = math.pi / 2 * distances.EARTH_RADIUS_KM
    found = distances.great_circle(np.array([0, 0, 90, 0.0]), np.array([0, 90, 0, 180.0]))
    assert found[0] == pytest.approx([0, quarter, quarter, 2 * quarter])
    assert np.array_equal(found, found.T)


def test_distances_are_those_of_the_spherical_law_of_cosines() -> None:
    rng = np.random.default_rng(5)
    latitude, longitude = rng.uniform(18, 54, 30), rng.uniform(73, 135, 30)
    phi, lam = np.radians(latitude), np.radians(longitude)
    cosine = np.sin(phi)[:, None] * np.sin(phi) + np.cos(phi)[:, None] * np.cos(phi) * np.cos(
        lam[:, None] - lam
    )
    wanted = distances.EARTH_RADIUS_KM * np.arccos(np.clip(cosine, -1, 1))
    assert distances.great_circle(latitude, longitude) == pytest.approx(wanted, rel=1e-6, abs=1e-3)


def test_a_location_quotient_is_the_share_over_the_share_of_all() -> None:
    # 10 and 30 of 100 each: shares .1 and .3, together 40 / 200 = .2
    found = distances.location_quotient(np.array([10, 30.0]), np.array([100, 100.0]))
    assert found == pytest.approx([0.5, 1.5])


def test_two_places_two_kilometres_apart() -> None:
    quotient, apart = np.array([0.5, 1.5]), np.array([[0, 2], [2, 0.0]])
    omitted = distances.agglomeration(quotient, distances.distance_weights(apart))
    assert omitted == pytest.approx([1.5 / 2, 0.5 / 2])
    own = distances.agglomeration(quotient, distances.distance_weights(apart, self_distance=1.0))
    assert own == pytest.approx([0.5 + 1.5 / 2, 1.5 + 0.5 / 2])
    steep = distances.agglomeration(quotient, distances.distance_weights(apart, 1.0, decay=2.0))
    assert steep == pytest.approx([0.5 + 1.5 / 4, 1.5 + 0.5 / 4])
    relative = distances.agglomeration(quotient, distances.distance_weights(apart, None, 1.0, True))
    assert relative == pytest.approx([1.5, 0.5])


def test_the_double_sum_gives_every_place_the_same() -> None:
    quotient, apart = np.array([0.5, 1.5]), np.array([[0, 2], [2, 0.0]])
    weights = distances.distance_weights(apart)
    assert distances.agglomeration(quotient, weights, double_sum=True).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("part", "total", "words"),
    [
        ([1, 1], [2, 0], "not positive"),
        ([-1, 1], [2, 2], "negative, or larger"),
        ([3, 1], [2, 2], "negative, or larger"),
        ([0, 0], [2, 2], "zero everywhere"),
    ],
)
def test_a_location_quotient_refuses_impossible_headcounts(
    part: list[float], total: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        distances.location_quotient(np.array(part, float), np.array(total, float))


def test_two_places_at_the_same_spot_have_no_inverse_distance() -> None:
    with pytest.raises(ValueError, match="same spot"):
        distances.distance_weights(np.zeros((2, 2)))


# -------------------------------------------------------------------------------------------------- types


def test_share_and_growth_by_hand() -> None:
    values = np.array([[1, 2, 4], [3, 2, 4.0]])
    assert quantile_type.share(values) == pytest.approx(
        [(1 / 4 + 1 / 2 + 1 / 2) / 3, (3 / 4 + 1 / 2 + 1 / 2) / 3]
    )
    assert quantile_type.growth(values) == pytest.approx([1.0, math.sqrt(4 / 3) - 1])
    assert quantile_type.growth(values, "mean") == pytest.approx([1.0, (-1 / 3 + 1) / 2])


def test_cut_points_are_the_second_type_of_hyndman_and_fan() -> None:
    # 4 * .5 is whole: the mean of the second and third; 4 / 3 is not: the second.
    four = np.array([4, 2, 1, 3.0])
    assert quantile_type.cut_points(four, [1 / 3, 0.5]).tolist() == [2.0, 2.5]
    # .35 * 280 is 97.99999999999999 in doubles; it is 98.
    places = np.arange(1.0, 281.0)
    assert quantile_type.cut_points(places, [0.35]).tolist() == [98.5]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(2, 6))
def test_levels_are_the_groups_of_quantile_group(numbers: list[int], k: int) -> None:
    values = np.array(numbers, dtype=float)
    cuts = quantile_type.cut_points(values, [i / k for i in range(1, k)])
    wanted = quantile_groups(values, np.zeros(len(values), dtype=np.int64), k)
    assert (quantile_type.levels(values, cuts) + 1).tolist() == wanted.tolist()


def test_types_are_named_by_the_level_of_both_criteria() -> None:
    names = [["stagnant", "stagnant", "potential"], ["adjusting", "stable", "frontier"]]
    first, second = np.array([0, 0, 1, 1, 1]), np.array([1, 2, 0, 1, 2])
    assert quantile_type.types(first, second, names) == [
        "stagnant", "potential", "adjusting", "stable", "frontier",
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[[1.0]], [[1.0, 0.0]]])
def test_growth_refuses_one_period_and_zeros(values: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="growth needs"):
        quantile_type.growth(np.array(values))


def test_shares_need_something_to_share() -> None:
    with pytest.raises(ValueError, match="not all zero"):
        quantile_type.share(np.zeros((2, 2)))


# ------------------------------------------------------------------------------------------- fingerprints


def test_a_fingerprint_is_a_polynomial_modulo_a_prime() -> None:
    text = b"0.000000000e+00\n1.250000000e+01\n"
    powers = [pow(1000003, len(text) - 1 - at, 2**31 - 1) for at in range(len(text))]
    wanted = sum(byte * power for byte, power in zip(text, powers, strict=True)) % (2**31 - 1)
    assert fingerprint(np.array([-0.0, 12.5])) == wanted


def test_a_fingerprint_sees_ten_digits_and_the_order() -> None:
    values = np.array([1.0, 2.0])
    assert fingerprint(values * (1 + 1e-13)) == fingerprint(values)
    assert fingerprint(values * (1 + 1e-8)) != fingerprint(values)
    assert fingerprint(values[::-1]) != fingerprint(values)
    with pytest.raises(ValueError, match="finite"):
        fingerprint(np.array([np.nan]))
