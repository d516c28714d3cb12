"""What a printed table can be held against: itself, the text, and definitions."""

import itertools
import json
import math
import random
from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import audit_tables
import numpy as np
import printed_paper
import pytest
from audit_tables import Row, found, worst
from click.testing import CliRunner
from conftest import ROOT
from scipy import stats

from harness import goldenfile, specfile
from harness.audit import audit, beside, distributions
from harness.cli import main
from harness.engines import engines
from harness.result import Finding, Published

LINEAR: dict[str, Any] = {
    "data": {"file": "none.csv"},
    "stars": [0.1, 0.05, 0.01],
    "base": {"model": "linear", "outcome": "y", "regressors": {"x": 0, "z": 0}, "std_error": "conventional"},
    "columns": {"a": {}},
}
DYNAMIC: dict[str, Any] = {
    "data": {"file": "none.csv", "panel": {"entity": "firm", "time": "year"}},
    "base": {
        "model": "dynamic-panel",
        "outcome": "y",
        "regressors": {"y": 1, "x": 0},
        "estimator": "difference",
        "steps": 2,
        "std_error": "windmeijer",
        "instruments": {"gmm": {"y": {"lags": [2, None]}, "x": {"lags": [1, None]}}},
    },
    "columns": {"a": {}},
}


def cells(*rows: str) -> dict[Row, dict[str, str]]:
    """`part term measure text` a row, in column a."""
    split = (row.split(" ") for row in rows)
    return {(part, term, measure): {"a": text} for part, term, measure, text in split}


def coefficient(estimate: str, std_error: str, **more: str) -> dict[Row, dict[str, str]]:
    told = {"estimate": estimate, "std_error": std_error, **more}
    return cells(*(f"coefficients x {measure} {text}" for measure, text in told.items()))


def only(findings: tuple[Finding, ...], check: str) -> Finding:
    (one,) = (finding for finding in findings if finding.check == check)
    return one


# ------------------------------------------------------------------------------------------- distributions


@pytest.mark.parametrize("df", [1, 2, 7, 30, 197, 4355])
def test_tails_are_those_of_scipy(df: int) -> None:
    for x in (0.001, 0.3, 1.0, 1.96, 4.0, 13.0):
        assert distributions.two_sided(x, df) == pytest.approx(2 * stats.t(df).sf(x), rel=1e-9)
        assert distributions.two_sided(x, math.inf) == pytest.approx(2 * stats.norm.sf(x), rel=1e-12)
        assert distributions.chi2_tail(x * df, df) == pytest.approx(stats.chi2(df).sf(x * df), rel=1e-9)
        for df2 in (3, 139, 3811):
            assert distributions.f_tail(x, df, df2) == pytest.approx(stats.f(df, df2).sf(x), rel=1e-9)


@pytest.mark.parametrize(("p", "df"), [(0.01, math.inf), (0.05, 7), (0.5, 1), (1e-6, 100)])
def test_critical_values_are_those_of_scipy(p: float, df: float) -> None:
    law = stats.norm if math.isinf(df) else stats.t(df)
    assert distributions.critical(p, df) == pytest.approx(law.isf(p / 2), rel=1e-9)


# --------------------------------------------------------------------------------------------- coefficients


@pytest.mark.parametrize(
    ("estimate", "std_error", "stars", "verdict"),
    [
        ("0.004", "0.002", "3", "possible"),  # z in [1.4, 3.0]
        ("0.007", "0.004", "3", "impossible"),  # z at most 2.14
        ("0.007", "0.004", "1", "possible"),
        ("0.70", "0.10", "0", "impossible"),  # z at least 6.2
        ("0.000", "0.000", "2", "undecided"),  # any z
        ("0.001", "0.000", "3", "possible"),  # z at least 1
        ("0.000", "0.010", "1", "impossible"),  # z at most 0.053
        ("-3.5", "1.0", "3", "possible"),
    ],
)
def test_stars_are_possible_where_some_rounding_allows_them(
    tmp_path: Path, estimate: str, std_error: str, stars: str, verdict: str
) -> None:
    settings = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    table = coefficient(estimate, std_error, stars=stars)
    assert only(found(tmp_path, "t", settings, table), "stars").verdict == verdict


def test_the_interval_that_shows_it_is_told(tmp_path: Path) -> None:
    settings = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    one = only(found(tmp_path, "t", settings, coefficient("0.007", "0.004", stars="3")), "stars")
    assert one.found == pytest.approx((0.0065 / 0.0045, 0.0075 / 0.0035))
    assert one.needed == (pytest.approx(stats.norm.isf(0.005)), math.inf)
    assert one.sentence == "3 stars stand for |z| in [2.5758, inf); |z| is in [1.4444, 2.1429]"
    assert one.printed == "estimate 0.007, std_error 0.004, stars 3"


def test_too_few_stars_are_undecided_where_few_degrees_of_freedom_may_explain_them(tmp_path: Path) -> None:
    """|t| of 5 has p < 0.01 from 4.04 degrees of freedom on; the number of observations is not printed."""
    table = coefficient("5.00", "1.00", stars="0")
    assert only(found(tmp_path, "t", LINEAR, table), "stars").verdict == "possible"
    many = table | cells("fit model n_obs 100")
    assert only(found(tmp_path, "t", LINEAR, many), "stars").verdict == "impossible"
    in_a_panel = DYNAMIC | {"stars": [0.1, 0.05, 0.01]}
    one = only(found(tmp_path, "u", in_a_panel, table), "stars")
    assert one.verdict == "undecided"
    assert "with another distribution than the spec's default" in one.sentence


def test_a_statistic_printed_without_sign_is_no_contradiction(tmp_path: Path) -> None:
    table = coefficient("-2.00", "1.00", statistic="2.00")
    assert only(found(tmp_path, "t", LINEAR, table), "statistic").verdict == "possible"
    other = table | cells(
        "coefficients z estimate 3.00", "coefficients z std_error 1.00", "coefficients z statistic -3.00"
    )
    assert [one.term for one in worst(found(tmp_path, "u", LINEAR, other))] == ["x", "z"]


def test_a_printed_statistic_sharpens_what_two_rounded_numbers_leave_open(tmp_path: Path) -> None:
    """0.01 / 0.01 is anything from 1/3 to 3; with t = 1.10 in print, three stars are impossible."""
    table = coefficient("0.01", "0.01", stars="3")
    assert not worst(found(tmp_path, "t", LINEAR, table))
    (one,) = worst(found(tmp_path, "u", LINEAR, table | cells("coefficients x statistic 1.10")))
    assert one.check == "stars" and one.found == pytest.approx((1.095, 1.105))


def test_p_comes_from_the_degrees_of_freedom_that_are_printed(tmp_path: Path) -> None:
    """Stata's p of t = 2.80 with 139 degrees of freedom is 0.006 (Roodman 2009, section 3.4), of z 0.005."""
    table = cells("coefficients x statistic 2.80", "coefficients x p_value 0.006", "tests f df2 139")
    assert not worst(found(tmp_path, "t", LINEAR, table))
    normal = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    assert [one.check for one in worst(found(tmp_path, "u", normal, table))] == ["p_value"]


def test_the_width_of_an_interval_shows_what_its_ends_hide(tmp_path: Path) -> None:
    """The estimate has one digit, so each end is possible by itself; half the width is 0.49, not 1.96."""
    normal = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    table = coefficient("5", "1.00", ci_low="2.60", ci_high="7.40")
    intervals = [one for one in found(tmp_path, "t", normal, table) if one.check == "interval"]
    assert [one.verdict for one in intervals] == ["possible", "possible", "possible", "impossible"]


def test_a_limit_in_place_of_a_p_is_read_as_a_limit(tmp_path: Path) -> None:
    normal = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    assert not worst(found(tmp_path, "t", normal, coefficient("5.0", "1.0", p_value="<0.001")))
    assert worst(found(tmp_path, "u", normal, coefficient("1.0", "1.0", p_value="<0.001")))


# ---------------------------------------------------------------------------------------------------- padding

PADDED = ("1.10", "2.30", "4.70", "5.20", "3.90")


def test_zeros_that_stand_too_often_look_like_padding(tmp_path: Path) -> None:
    """2.50 / 1.00 is 2.505 / 0.995 = 2.518 at most, too little for three stars; 2.5 / 1.0 is 2.55 / 0.95."""
    names = [f"x{i}" for i in range(len(PADDED))]
    regressors = {"x": 0, **{name: 0 for name in names}}
    settings = LINEAR | {"base": LINEAR["base"] | {"regressors": regressors, "distribution": "normal"}}
    table = coefficient("2.50", "1.00", stars="3")
    alone = only(found(tmp_path, "t", settings, table), "stars")
    assert (alone.verdict, alone.at_real_digits) == ("impossible", None)
    beside = cells(*(f"coefficients {n} estimate {text}" for n, text in zip(names, PADDED, strict=True)))
    one = only(found(tmp_path, "u", settings, table | beside), "stars")
    assert (one.verdict, one.at_real_digits) == ("impossible", "possible")
    assert "[2.4826, 2.5176]" in one.sentence and "[2.3333, 2.6842]" in one.real_sentence


def test_zeros_before_the_point_promise_nothing(tmp_path: Path) -> None:
    """Of 900 values from 0 to 3,800 the sd is 1,901.06 at most; 2000 may stand for anything from 1,500 on."""
    settings = audit_tables.descriptive_spec(["x"], [])
    given = {"n_obs": "900", "mean": "1900", "sd": "2000", "min": "0", "max": "3800"}
    table = {("descriptives", "x", measure): {"all": text} for measure, text in given.items()}
    one = only(found(tmp_path, "t", settings, table), "sd")
    assert (one.verdict, one.at_real_digits) == ("undecided", "possible")
    told = settings | {"print": [{"measures": ["sd"], "significant": 1}]}
    one = only(found(tmp_path, "u", told, table), "sd")
    assert (one.verdict, one.at_real_digits) == ("possible", None)


# ------------------------------------------------------------------------------------------------ model tests


def test_a_wald_statistic_is_not_below_a_squared_z_that_it_contains(tmp_path: Path) -> None:
    table = coefficient("0.80", "0.10") | cells("tests wald statistic 50.00")
    one = only(found(tmp_path, "t", DYNAMIC, table), "joint_test")
    assert one.verdict == "impossible"
    assert one.needed[0] == pytest.approx((0.795 / 0.105) ** 2)
    assert not worst(found(tmp_path, "u", DYNAMIC, table | cells("tests wald statistic 58.00")))


def test_a_constant_counts_only_where_the_test_contains_it(tmp_path: Path) -> None:
    table = coefficient("1.00", "1.00") | cells(
        "coefficients constant estimate 9.00",
        "coefficients constant std_error 1.00",
        "tests wald statistic 5.00",
    )
    with_constant = DYNAMIC | {"base": DYNAMIC["base"] | {"constant": True}}
    assert not worst(found(tmp_path, "t", with_constant, table))
    assert worst(found(tmp_path, "u", with_constant | {"variants": {"wald": "all"}}, table))


def test_fewer_instruments_than_coefficients_are_impossible(tmp_path: Path) -> None:
    printed = coefficient("0.80", "0.10") | cells("coefficients L1.y estimate 0.50")
    one = only(found(tmp_path, "t", DYNAMIC, printed | cells("fit model n_instruments 1")), "instruments")
    assert one.verdict == "impossible"
    less = DYNAMIC | {"base": DYNAMIC["base"] | {"regressors": {"y": 1, "x": [0, 3]}}}
    one = only(found(tmp_path, "u", less, printed | cells("fit model n_instruments 3")), "instruments")
    assert one.verdict == "undecided"  # five by the spec, of which the paper prints two


def test_degrees_of_freedom_are_instruments_less_coefficients(tmp_path: Path) -> None:
    """41 instruments, 16 coefficients, 25 degrees of freedom: Roodman (2009), section 3.3."""
    regressors = {"y": [1, 2], "x": [0, 13]}
    settings = DYNAMIC | {"base": DYNAMIC["base"] | {"regressors": regressors}}
    table = cells("fit model n_instruments 41", "tests hansen_j df 25")
    assert only(found(tmp_path, "t", settings, table), "restrictions").verdict == "possible"
    table = cells("fit model n_instruments 41", "tests hansen_j df 42")
    assert only(found(tmp_path, "u", settings, table), "restrictions").verdict == "impossible"


def test_as_many_instruments_as_coefficients_leave_nothing_to_test(tmp_path: Path) -> None:
    """Exactly identified: the criterion is zero, and no p goes with it."""
    both = coefficient("0.80", "0.10") | cells(
        "coefficients L1.y estimate 0.50", "tests sargan p_value 0.754"
    )
    one = only(found(tmp_path, "t", DYNAMIC, both | cells("fit model n_instruments 2")), "restrictions")
    assert one.verdict == "impossible"
    one = only(found(tmp_path, "u", DYNAMIC, both | cells("fit model n_instruments 3")), "restrictions")
    assert one.verdict == "possible"


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        # Roodman (2009), sections 3.3 and 3.4
        (["sargan statistic 186.90", "sargan df 100", "sargan p_value 0.000"], "possible"),
        (["hansen_j statistic 110.70", "hansen_j df 100", "hansen_j p_value 0.218"], "possible"),
        (["hansen_j statistic 110.70", "hansen_j df 90", "hansen_j p_value 0.218"], "impossible"),
        (["ar2 statistic -0.25", "ar2 p_value 0.804"], "possible"),
        (["ar2 statistic -0.25", "ar2 p_value 0.083"], "impossible"),
        (["f statistic 1154.36", "f df 12", "f df2 139", "f p_value 0.000"], "possible"),
        (["f statistic 1.36", "f df 12", "f df2 139", "f p_value 0.000"], "impossible"),
    ],
)
def test_p_of_a_test_follows_from_its_statistic(tmp_path: Path, rows: list[str], verdict: str) -> None:
    one = only(found(tmp_path, "t", DYNAMIC, cells(*(f"tests {row}" for row in rows))), "p_value")
    assert one.verdict == verdict


def test_a_chi_squared_without_degrees_of_freedom_is_held_against_all_that_it_may_have(
    tmp_path: Path,
) -> None:
    table = cells("fit model n_instruments 9", "tests wald statistic 30.0")
    assert not worst(found(tmp_path, "t", DYNAMIC, table | cells("tests wald p_value 0.000")))
    one = only(found(tmp_path, "u", DYNAMIC, table | cells("tests wald p_value 0.100")), "p_value")
    assert one.verdict == "impossible"  # chi2(9) gives 0.0004
    assert "chi2(1 to 9)" in one.sentence


def test_the_parts_of_a_hansen_test_add_up(tmp_path: Path) -> None:
    """26.37 + 84.33 = 110.70: Roodman (2009), section 3.4."""
    table = cells(
        "tests diff_hansen_level_gmm statistic 26.37",
        "tests hansen_excl_level_gmm statistic 84.33",
        "tests hansen_j statistic 110.70",
    )
    assert only(found(tmp_path, "t", DYNAMIC, table), "parts_of_hansen").verdict == "possible"
    table[("tests", "hansen_j", "statistic")]["a"] = "110.72"
    assert only(found(tmp_path, "u", DYNAMIC, table), "parts_of_hansen").verdict == "impossible"


@pytest.mark.parametrize(
    ("rows", "terms"),
    [
        (
            ["n_obs 891", "n_groups 140", "t_min 6", "t_avg 6.36", "t_max 8"],
            [],
        ),  # Roodman (2009), section 3.4
        (["n_obs 819", "n_groups 140", "t_min 6", "t_avg 6.36", "t_max 8"], ["n_obs", "t_avg"]),
        (["n_obs 1200", "n_groups 140", "t_min 6", "t_max 8"], ["n_obs"]),
        (["n_obs 100", "n_groups 140"], ["n_obs"]),
    ],
)
def test_observations_are_groups_times_their_rows(tmp_path: Path, rows: list[str], terms: list[str]) -> None:
    table = cells(*(f"fit model {row}" for row in rows))
    assert sorted(one.term for one in worst(found(tmp_path, "t", DYNAMIC, table))) == terms


# --------------------------------------------------------------------------------------------------- moments


def moments(
    folder: Path, values: dict[str, str], identities: list[Any], name: str = "t"
) -> tuple[Finding, ...]:
    table = {("descriptives", "x", measure): {"all": text} for measure, text in values.items()}
    return found(folder, name, audit_tables.descriptive_spec(["x"], identities), table)


def rounded(value: float, places: int) -> str:
    return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def printed_moments(values: tuple[int, ...], places: int) -> dict[str, str]:
    return {
        "n_obs": str(len(values)),
        "mean": rounded(float(np.mean(values)), places),
        "sd": rounded(float(np.std(values, ddof=1)), places),
        "min": str(min(values)),
        "max": str(max(values)),
    }


@pytest.fixture(scope="module")
def small_samples() -> set[tuple[tuple[str, str], ...]]:
    """Every printed summary of every sample of two to five whole numbers from 0 to 4."""
    return {
        tuple(printed_moments(values, 2).items())
        for n in (2, 3, 4, 5)
        for values in itertools.combinations_with_replacement(range(5), n)
    }


def test_what_whole_numbers_can_give_is_possible_and_most_else_is_not(tmp_path: Path, small_samples) -> None:
    """No sample is accused; of summaries with another digit in mean or sd that no sample gives, most are."""
    rng = random.Random(1)
    chosen = rng.sample(sorted(small_samples), 60)
    accused = invented = 0
    for summary in chosen:
        given = dict(summary)
        whole = ["x == round(x, 0)"]
        assert not worst(moments(tmp_path, given, whole))
        measure = rng.choice(["mean", "sd"])
        other = given | {measure: rounded(float(given[measure]) + rng.choice([-0.07, 0.03, 0.21]), 2)}
        if tuple(other.items()) not in small_samples and float(other[measure]) >= 0:
            invented += 1
            accused += bool(worst(moments(tmp_path, other, whole)))
    assert accused / invented > 0.9


@pytest.mark.parametrize("n", [5, 12, 40])
def test_zeros_and_ones_have_the_sd_of_their_mean_and_no_other(tmp_path: Path, n: int) -> None:
    """Heathers and Brown (2019): every sample of n is consistent; another last digit of the sd is not."""
    for ones in range(1, n, 3):
        given = printed_moments((1,) * ones + (0,) * (n - ones), 3)
        assert not worst(moments(tmp_path, given, ["x in [0, 1]"]))
        other = given | {"sd": rounded(float(given["sd"]) + 0.003, 3)}
        assert "debit" in {one.check for one in worst(moments(tmp_path, other, ["x in [0, 1]"]))}


def test_a_mean_that_no_sum_of_whole_numbers_gives_is_impossible(tmp_path: Path) -> None:
    """145 / 28 is 5.1786 and 146 / 28 is 5.2143: 28 whole numbers have a mean of 5.18 or 5.21, not 5.19."""
    one = only(moments(tmp_path, {"n_obs": "28", "mean": "5.19"}, ["x == round(x, 0)"]), "grim")
    assert one.verdict == "impossible"
    assert "the nearest 5.17857" in one.sentence
    assert not worst(moments(tmp_path, {"n_obs": "28", "mean": "5.18"}, ["x == round(x, 0)"], "u"))


def test_a_column_that_a_comparison_defines_is_zeros_and_ones_without_being_told(tmp_path: Path) -> None:
    """Five of ten ones: sd 0.527, or 0.500 with n in the denominator."""
    settings = audit_tables.descriptive_spec(["x"], []) | {"derive": {"x": "income > 3"}}
    table = {
        ("descriptives", "x", m): {"all": t} for m, t in (("n_obs", "10"), ("mean", "0.500"), ("sd", "0.510"))
    }
    assert "debit" in {one.check for one in worst(found(tmp_path, "t", settings, table))}


def test_the_widest_and_the_narrowest_spread_are_reached_and_not_passed(tmp_path: Path) -> None:
    """
    Four values in [0, 10] with mean 5: two at each end have sd 5.7735; with one at each end and two at 5 the
    sum of squares is 50 and the sd 4.0825 (3.5355 with n in the denominator).
    """
    given = {"n_obs": "4", "mean": "5.0000", "min": "0.0000", "max": "10.0000"}
    for sd, verdict in (
        ("5.7735", "possible"),
        ("5.7745", "impossible"),
        ("4.0825", "possible"),
        ("4.0815", "undecided"),
        ("3.5345", "impossible"),
    ):
        assert only(moments(tmp_path, given | {"sd": sd}, []), "sd").verdict == verdict


def test_an_odd_number_of_values_cannot_stand_at_the_ends_alone(tmp_path: Path) -> None:
    """Three in [0, 1] with mean 0.5: one lies between, sd 0.5; Bhatia and Davis alone would allow 0.612."""
    given = {"n_obs": "3", "mean": "0.500", "min": "0.000", "max": "1.000"}
    for sd, verdict in (("0.500", "possible"), ("0.510", "impossible")):
        assert only(moments(tmp_path, given | {"sd": sd}, []), "sd").verdict == verdict


def test_three_values_have_one_spread_only(tmp_path: Path) -> None:
    """Of three values with mean 3.667, the smallest 0 and the largest 10, the third is 1: sd 5.508."""
    given = {"n_obs": "3", "mean": "3.667", "min": "0.000", "max": "10.000"}
    for sd, verdict in (("5.508", "possible"), ("5.490", "impossible"), ("5.520", "impossible")):
        assert only(moments(tmp_path, given | {"sd": sd}, []), "sd").verdict == verdict


def test_the_sum_of_squares_of_whole_numbers_is_odd_where_their_sum_is(tmp_path: Path) -> None:
    """Four numbers with sum 2: squares of 2 give sd 0.577, of 4 sd 1.000; 3, sd 0.816, is not even."""
    given, whole = {"n_obs": "4", "mean": "0.50"}, ["x == round(x, 0)"]
    for sd, verdict in (("0.58", "possible"), ("1.00", "possible"), ("0.82", "impossible")):
        assert only(moments(tmp_path, given | {"sd": sd}, whole), "grimmer").verdict == verdict


def test_the_spread_of_every_small_sample_lies_within_its_bounds(tmp_path: Path) -> None:
    for values in itertools.combinations_with_replacement(range(4), 4):
        assert not worst(moments(tmp_path, printed_moments(values, 4), []))


def test_a_spread_with_n_in_the_denominator_is_undecided(tmp_path: Path) -> None:
    """Of 0, 0, 10, 10 the sd is 5.774 with n - 1 and 5.000 with n; of 0, 5, 5, 10 it is 4.082 and 3.536."""
    given = {"n_obs": "4", "mean": "5.000", "min": "0.000", "max": "10.000", "sd": "3.536"}
    one = only(moments(tmp_path, given, []), "sd")
    assert one.verdict == "undecided"
    assert "with n, not n - 1, in the denominator" in one.sentence


def test_the_mean_keeps_its_distance_from_both_ends(tmp_path: Path) -> None:
    """Of ten values from 0 to 10 one is 10, so the mean is at least 1."""
    given = {"n_obs": "10", "min": "0.00", "max": "10.00"}
    assert only(moments(tmp_path, given | {"mean": "1.00"}, []), "mean").verdict == "possible"
    assert only(moments(tmp_path, given | {"mean": "0.97"}, []), "mean").verdict == "impossible"


def test_percentiles_stand_in_order(tmp_path: Path) -> None:
    given = {"min": "1.0", "p25": "2.0", "median": "1.8", "p75": "3.0", "max": "4.0"}
    settings = audit_tables.descriptive_spec(["x"], [])
    settings["base"]["measures"] = list(given)
    table = {("descriptives", "x", measure): {"all": text} for measure, text in given.items()}
    (one,) = worst(found(tmp_path, "t", settings, table))
    assert one.printed == "p25 2.0, median 1.8"


# ---------------------------------------------------------------------------------------- claims, identities


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        ({"sign": "negative"}, ["impossible"]),
        ({"sign": "positive"}, ["possible"]),
        ({"value": "0.007"}, ["possible"]),
        ({"value": "0.01"}, ["possible"]),
        ({"value": "0.070"}, ["impossible"]),
        ({"p_below": 0.1}, ["possible", "possible"]),  # by its star, by z
        ({"p_below": 0.05}, ["impossible", "possible"]),
        ({"p_below": 0.01}, ["impossible", "impossible"]),
        ({"p_above": 0.1}, ["impossible", "possible"]),
    ],
)
def test_a_claim_is_held_against_every_number_that_speaks_of_it(
    tmp_path: Path, claim: dict[str, Any], verdicts: list[str]
) -> None:
    settings = LINEAR | {"base": LINEAR["base"] | {"distribution": "normal"}}
    settings["claims"] = [{"text": "x grows", "column": "a", "term": "x", **claim}]
    findings = found(tmp_path, "t", settings, coefficient("0.007", "0.004", stars="1"))
    assert [one.verdict for one in findings if one.check.startswith("claim_")] == verdicts


def test_a_sentence_may_say_the_sign_in_words_and_the_number_without_it(tmp_path: Path) -> None:
    claim = {"text": "falls by 0.106", "column": "a", "term": "x", "sign": "negative", "value": "0.106"}
    assert not worst(found(tmp_path, "t", LINEAR | {"claims": [claim]}, coefficient("-0.106", "0.055")))
    assert worst(found(tmp_path, "u", LINEAR | {"claims": [claim]}, coefficient("-0.206", "0.055")))


def test_a_claim_about_what_is_not_printed_or_shows_no_sign_is_undecided(tmp_path: Path) -> None:
    about = [{"text": "t", "column": "a", "term": term, "sign": "positive"} for term in ("x", "z")]
    findings = found(tmp_path, "t", LINEAR | {"claims": about}, coefficient("0.000", "0.004"))
    assert [one.verdict for one in findings if one.check.startswith("claim_")] == ["undecided", "undecided"]


@pytest.mark.parametrize(
    ("identity", "verdict"),
    [
        ("n_obs == 280 * 17", "possible"),
        ("n_obs == 280 * 16", "impossible"),
        ("n_obs <= 16 * n_groups", "impossible"),
        ("n_groups < 281", "possible"),
        ("n_obs >= n_groups", "possible"),
    ],
)
def test_counts_obey_the_identities_declared(tmp_path: Path, identity: str, verdict: str) -> None:
    table = cells("fit model n_obs 4760", "fit model n_groups 280")
    one = only(found(tmp_path, "t", DYNAMIC | {"identities": [identity]}, table), "identity")
    assert one.verdict == verdict


@pytest.mark.parametrize(
    ("identity", "verdict"),
    [
        ("c == a - b", "possible"),
        ("c == a + b", "impossible"),
        ("a == 2 * b + 1", "possible"),
        ("a == b / 2 + 4", "possible"),
        ("c + b - 0 == a", "possible"),
        ("c == -a + 8", "possible"),
        ("c == -a - 8", "impossible"),
    ],
)
def test_means_obey_any_linear_identity(tmp_path: Path, identity: str, verdict: str) -> None:
    means = {"a": "5.0", "b": "2.0", "c": "3.0"}
    table = {("descriptives", name, "mean"): {"all": text} for name, text in means.items()}
    table |= {("descriptives", name, "n_obs"): {"all": "10"} for name in means}
    settings = audit_tables.descriptive_spec(list(means), [identity])
    assert only(found(tmp_path, "t", settings, table), "identity").verdict == verdict


def test_an_identity_is_not_held_against_variables_with_other_rows(tmp_path: Path) -> None:
    table = {("descriptives", name, "mean"): {"all": "1.0"} for name in "abc"}
    table |= {
        ("descriptives", name, "n_obs"): {"all": n} for name, n in zip("abc", ("10", "10", "9"), strict=True)
    }
    assert not found(tmp_path, "t", audit_tables.descriptive_spec(list("abc"), ["a == b + c"]), table)


# ------------------------------------------------------------------------------------- a paper, as published


def test_both_impossibilities_of_the_paper_are_found_and_nothing_else_is_accused(tmp_path: Path) -> None:
    tables = [audit_tables.table_2(tmp_path), audit_tables.table_3(tmp_path), audit_tables.table_4(tmp_path)]
    findings = {spec.id: audit(spec, published, tables) for spec, published in tables}
    assert not worst(findings["table-2"]) and not worst(findings["table-4"])
    accused = {(one.check, one.column, one.term) for one in worst(findings["table-3"])}
    assert accused == {("stars", "IX", "TI"), ("claim_p", "V", "V4")}


def test_the_stars_that_only_padding_allows_are_told_at_both_kinds_of_digits(tmp_path: Path) -> None:
    findings = audit(*audit_tables.table_3(tmp_path))
    one = next(one for one in findings if (one.check, one.column, one.term) == ("stars", "IX", "TI"))
    assert (one.verdict, one.at_real_digits) == ("impossible", "possible")
    assert one.found[1] == pytest.approx(6.9505 / 2.6995)
    assert "[2.5675, 2.5807]" in one.real_sentence  # 6.945 / 2.705 to 6.955 / 2.695
    assert one.real_sentence.endswith("(14 of 14 numbers printed like this end in 0)")


def test_the_sentence_that_the_table_contradicts_is_told_with_the_least_p(tmp_path: Path) -> None:
    findings = worst(audit(*audit_tables.table_3(tmp_path)))
    by_z = next(one for one in findings if one.check == "claim_p" and "std_error" in one.printed)
    assert by_z.found[0] == pytest.approx(2 * stats.norm.sf(0.0075 / 0.0035))
    assert "the text says p < 0.01; p by |z| in print is in [0.032" in by_z.sentence


def test_stars_that_look_wrong_at_first_sight_are_possible(tmp_path: Path) -> None:
    findings = audit(*audit_tables.table_4(tmp_path))
    one = next(one for one in findings if (one.check, one.column, one.term) == ("stars", "I", "V1"))
    assert one.verdict == "possible"
    assert one.found == pytest.approx((1.4, 3.0))


def test_the_sum_of_disjoint_parts_fits_in_every_moment(tmp_path: Path) -> None:
    """Mean squares 1.6073 and 1.6063; the parts need mean^2 / mean square of the rows, 234 of 280 cities."""
    findings = audit(*audit_tables.table_2(tmp_path))
    identities = [one for one in findings if one.check == "identity"]
    assert [one.verdict for one in identities] == ["possible"] * 5
    second = next(one for one in identities if "second moment" in one.sentence)
    assert second.found[0] < 1.6063 < second.found[1] and second.needed[0] < 1.6073 < second.needed[1]
    rows = next(one for one in identities if "rows" in one.sentence)
    assert 0.80 < rows.found[0] < 234 / 280


def test_one_value_that_carries_most_of_a_variance_is_notable(tmp_path: Path) -> None:
    findings = audit(*audit_tables.table_2(tmp_path))
    (one,) = (one for one in findings if one.notable)
    assert (one.term, one.verdict) == ("DI", "possible")
    assert "71 % of the variance" in one.sentence


def test_sub_samples_with_gaps_and_entities_in_several_groups_are_notable(tmp_path: Path) -> None:
    tables = [audit_tables.table_3(tmp_path), audit_tables.table_4(tmp_path)]
    rows, entities = (one for one in audit(*tables[0], tables[1:]) if one.check == "samples" and one.notable)
    assert "1289 + 1169 + 1292 = 3750 rows" in rows.sentence and "allow 4480" in rows.sentence
    assert "lags were taken within them" in rows.sentence
    assert "200 + 227 + 186 = 613 entities" in entities.sentence and "of 280" in entities.sentence
    alone = [one for one in audit(*tables[1]) if one.check == "samples" and one.notable]
    assert alone == []  # one sample says nothing about the others


def test_tables_on_the_same_data_are_found_beside_the_spec(tmp_path: Path) -> None:
    """The size of the panel is declared in table 2 alone, a third of its rows stand in table 4."""
    table_2, (table_3, published) = audit_tables.table_2(tmp_path), audit_tables.table_3(tmp_path)
    audit_tables.table_4(tmp_path)
    (tmp_path / "specs" / "broken.yaml").write_text("data: {file: cities.csv}", encoding="utf-8")
    audit_tables.write(tmp_path, "other", DYNAMIC, cells("fit model n_obs 9"))
    assert [spec.id for spec, _ in beside.tables(table_3)] == ["table-2", "table-4"]
    assert beside.tables(table_2[0]) == ()
    without = table_3.model_copy(update={"identities": ()})
    told = [one.sentence for one in audit(without, published, beside.tables(without)) if one.notable]
    assert any("613 entities" in sentence for sentence in told)


SETS: dict[str, Any] = {
    "data": {"file": "none.csv"},
    "base": {
        "model": "fuzzy-set",
        "outcome": "Y",
        "conditions": ["A", "B", "C"],
        "solution": ["conservative"],
    },
    "columns": {
        "yes": {"sample": "B > 0"},
        "no": {"sample": "B > 0", "outcome": "~Y"},
        "else": {"outcome": "~Y"},
    },
}


@pytest.mark.parametrize(
    ("yes", "no", "alarmed"),
    [
        ("A", "A*~B", True),
        ("A*B*C", "A*C", True),
        ("A*B", "A*B", True),
        ("A*B", "A*~B", False),  # no case is in both
        ("A*B", "B*C", False),  # cases may be in both, and none need to be
    ],
)
def test_a_configuration_of_an_outcome_within_one_of_its_absence_is_notable(
    tmp_path: Path, yes: str, no: str, alarmed: bool
) -> None:
    address = ("solution", f"conservative:{yes}", "coverage"), ("solution", f"conservative:{no}", "coverage")
    table: dict[Row, dict[str, str]] = {address[0]: {"yes": "0.3"}}
    for column in ("no", "else"):  # the other sample says nothing about this one
        table.setdefault(address[1], {})[column] = "0.2"
    told = [one for one in found(tmp_path, "sets", SETS, table) if one.check == "opposites"]
    assert [(one.verdict, one.notable) for one in told] == [("possible", True)] * alarmed
    if alarmed:
        assert f"{yes} is told of Y and {no} of ~Y" in told[0].sentence


def test_the_text_of_the_paper_says_of_some_cities_that_nq_rises_and_falls() -> None:
    """“但经济增长不可持续时,所有类型…抑制” lies within three configurations that are said to raise NQ."""
    spec = specfile.read(ROOT / "specs" / "virtual-agglomeration-configurations.yaml", engines())
    published = goldenfile.read_published(spec)
    told = [one.printed for one in audit(spec, published) if one.check == "opposites"]
    assert told == [
        "V1: MS*TI; V1-absent: MS*TI*CT*FI*~DI",
        "V1: MS*CT; V1-absent: MS*TI*CT*FI*~DI",
        "V2: MS*TI*CT*FI; V2-absent: MS*TI*CT*FI*~DI",
    ]


def test_more_rows_than_the_lags_leave_are_impossible(tmp_path: Path) -> None:
    table = audit_tables.regression_table(printed_paper.TABLE_4)
    table[("fit", "model", "n_obs")]["II"] = "2980"  # 186 cities have 16 years left: 2,976
    settings = audit_tables.regression_spec("4", ["I", "II", "III", "IV", "V", "VI"])
    (one,) = worst(found(tmp_path, "t", settings, table))
    assert (one.check, one.column) == ("samples", "II")


def _in_order_of(table: dict[Row, dict[str, str]], columns: dict[str, str]) -> dict[Row, dict[str, str]]:
    return {row: {columns[c]: text for c, text in texts.items()} for row, texts in table.items()}


def test_the_finding_moves_with_its_cells_when_columns_are_permuted(tmp_path: Path) -> None:
    """Nothing about the paper is known to the code: in another column the same cells are accused."""
    names = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    moved = dict(zip(names, names[5:] + names[:5], strict=True))
    settings = audit_tables.regression_spec("3", names)
    models = {moved[name]: model for name, model in settings["columns"].items()}
    settings["columns"] = {name: models[name] for name in names}
    settings["claims"] = [claim | {"column": moved[claim["column"]]} for claim in settings["claims"]]
    table = _in_order_of(audit_tables.regression_table(printed_paper.TABLE_3), moved)
    accused = {(one.check, one.column, one.term) for one in worst(found(tmp_path, "t", settings, table))}
    assert accused == {("stars", moved["IX"], "TI"), ("claim_p", moved["V"], "V4")}


def test_however_cells_are_permuted_the_verdicts_on_stars_are_those_of_the_corners(tmp_path: Path) -> None:
    """|z| is largest and smallest at corners of what rounds to the two numbers; scipy gives their p."""
    spec, published = audit_tables.table_4(tmp_path)
    normal = {
        name: model.model_copy(update={"distribution": "normal"}) for name, model in spec.columns.items()
    }
    spec = spec.model_copy(update={"columns": normal, "claims": ()})
    rng, judged = random.Random(5), Counter[str]()
    for _ in range(25):
        for one in audit(spec, _permuted(published, rng)):
            if one.check == "stars":
                judged[one.verdict] += 1
                assert one.verdict == _by_corners(one.printed), one.printed
    assert min(judged["possible"], judged["impossible"]) > 100


def _permuted(published: Published, rng: random.Random) -> Published:
    """Coefficients, standard errors and stars each dealt out anew over the whole table."""
    texts = {}
    for measure in ("estimate", "std_error", "stars"):
        texts[measure] = [
            c.text for cells_ in published.columns.values() for c in cells_ if c.measure == measure
        ]
        rng.shuffle(texts[measure])
    columns = {
        name: tuple(c._replace(text=texts[c.measure].pop()) if c.measure in texts else c for c in cells_)
        for name, cells_ in published.columns.items()
    }
    return replace(published, columns=columns)


def _by_corners(shown: str) -> str:
    estimate, std_error, stars = (text.split(" ")[1] for text in shown.split(", "))
    ends = []
    for text in (estimate, std_error):
        value = Decimal(text)
        half = Decimal(1).scaleb(int(value.as_tuple().exponent)) / 2
        ends.append((float(value - half), float(value + half)))
    b, s = ends
    largest = max(map(abs, b)) / s[0] if s[0] > 0 else math.inf
    smallest = 0.0 if b[0] <= 0 <= b[1] else min(map(abs, b)) / s[1]
    if smallest == 0 and largest == math.inf:
        return "undecided"
    limits = [1.0, 0.1, 0.05, 0.01, 0.0]
    p = 2 * stats.norm.sf([largest, smallest])
    meets = p[0] < limits[int(stars)] and p[1] >= limits[int(stars) + 1]
    return "possible" if meets else "impossible"


def test_permuted_stars_are_accused_where_two_cells_contradict_theirs(tmp_path: Path) -> None:
    """Stars of V3 and V2 of table 4, VI exchanged: 0.070 (0.042) has z of 1.69 at most; ** needs 1.96."""
    table = audit_tables.regression_table(printed_paper.TABLE_4)
    stars = [table["coefficients", term, "stars"] for term in ("V2", "V3")]
    stars[0]["VI"], stars[1]["VI"] = stars[1]["VI"], stars[0]["VI"]
    settings = audit_tables.regression_spec("4", ["I", "II", "III", "IV", "V", "VI"]) | {"claims": []}
    accused = {(one.check, one.column, one.term) for one in worst(found(tmp_path, "t", settings, table))}
    assert accused == {("stars", "VI", "V2"), ("stars", "VI", "V3")}


@pytest.mark.parametrize(
    ("row", "column", "text", "check"),
    [
        (("coefficients", "V3", "std_error"), "II", "0.210", "stars"),
        (("tests", "wald", "statistic"), "III", "7.970", "joint_test"),
        (("fit", "model", "n_instruments"), "IV", "6", "instruments"),
        (("tests", "wald", "p_value"), "V", "0.500", "p_value"),
        (("coefficients", "V4", "estimate"), "III", "-0.005", "claim_value"),
        (("fit", "model", "n_groups"), "I", "286", "samples"),
    ],
)
def test_a_doctored_cell_is_accused(tmp_path: Path, row: Row, column: str, text: str, check: str) -> None:
    table = audit_tables.regression_table(printed_paper.TABLE_4)
    table[row][column] = text
    settings = audit_tables.regression_spec("4", ["I", "II", "III", "IV", "V", "VI"])
    assert check in {
        one.check for one in worst(found(tmp_path, "t", settings, table)) if one.column == column
    }


@pytest.mark.parametrize(
    ("name", "measure", "text"),
    [
        ("VA", "mean", "1.090"),
        ("V4", "sd", "0.780"),
        ("V1", "max", "9.335"),
        ("NQ", "sd", "0.150"),
        ("DI", "mean", "600"),
    ],
)
def test_a_doctored_moment_is_accused(tmp_path: Path, name: str, measure: str, text: str) -> None:
    spec, published = audit_tables.table_2(tmp_path)
    changed = tuple(
        cell._replace(text=text) if cell[1:3] == (name, measure) else cell
        for cell in published.columns["all"]
    )
    doctored = type(published)(published.path, published.sha256, {"all": changed})
    assert worst(audit(spec, doctored))


# ------------------------------------------------------------------------------------- committed tables, CLI


def test_no_committed_table_is_accused_but_the_one_that_is_known() -> None:
    for path in specfile.all_paths(ROOT):
        spec = specfile.read(path, engines())
        accused = worst(audit(spec, goldenfile.read_published(spec)))
        known = {(one.check, one.column, one.term) for one in accused}
        assert known <= {("stars", "IX", "TI"), ("claim_p", "V", "V4")}, (spec.id, accused)


def _harness(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(main, ["--root", str(folder), "audit", *arguments], catch_exceptions=False)


def test_the_command_ends_with_1_where_something_is_impossible_and_says_it_in_words(tmp_path: Path) -> None:
    audit_tables.table_3(tmp_path)
    told = _harness(tmp_path)
    assert told.exit_code == 1
    assert told.stdout.startswith("table-3: 3 impossible, 1 undecided, ")
    assert "impossible  (IX) stars TI: estimate 6.950e-9, std_error 2.700e-9, stars 3" in told.stdout
    assert "If the trailing zeros are padding: possible." in told.stdout


def test_the_command_ends_with_0_where_nothing_is_impossible_and_with_2_on_wrong_usage(
    tmp_path: Path,
) -> None:
    audit_tables.table_4(tmp_path)
    assert _harness(tmp_path).exit_code == 0
    wrong = _harness(tmp_path, "table-5")
    assert wrong.exit_code == 2 and "did you mean 'table-4'?" in wrong.stderr


def test_the_command_writes_one_json_document_and_nothing_else(tmp_path: Path) -> None:
    audit_tables.table_3(tmp_path)
    document = json.loads(_harness(tmp_path, "--json").stdout)
    (table,) = document["specs"]
    accused = [one for one in table["findings"] if one["verdict"] == "impossible"]
    assert len(accused) == 3
    (stars,) = (one for one in accused if one["check"] == "stars")
    assert stars["needed"] == [pytest.approx(2.5758, abs=1e-4), "inf"]


def test_a_spec_without_a_printed_table_has_nothing_to_audit(tmp_path: Path) -> None:
    spec, _ = audit_tables.table_4(tmp_path)
    assert audit(spec, None) == ()
