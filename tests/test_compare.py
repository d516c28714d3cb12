"""What every verdict means: each test is one clause of the definition."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import compare, printed
from harness.result import (
    DISCREPANCIES,
    Cell,
    Comparison,
    NotOffered,
    Outcome,
    Pair,
    PrintedCell,
    Provenance,
    Published,
    Result,
    Verdict,
)
from harness.spec import (
    Bound,
    Data,
    DynamicPanel,
    GmmGroup,
    Instruments,
    KnownDifference,
    Linear,
    PrintRule,
    Source,
    Spec,
)

LINE = Linear(model="linear", outcome="y", regressors={"x": (0, 0)}, std_error="conventional")
PANEL = DynamicPanel(
    model="dynamic-panel",
    outcome="y",
    regressors={"y": (1, 1)},
    estimator="difference",
    steps=1,
    std_error="robust",
    instruments=Instruments(gmm={"y": GmmGroup(lags=(2, None))}),
)
SOURCE = Source(citation="made up for the tests", read_from="the tests")
X = ("coefficients", "x")
B = (*X, "estimate")
Text = Mapping[tuple[str, str, str], str]
Numbers = Mapping[tuple[str, str, str], float]


def a_spec(model: Any = LINE, columns: tuple[str, ...] = ("1",), **head: Any) -> Spec:
    known: dict[str, Any] = {"data": Data(file="line.csv"), "engines": ("a", "b"), **head}
    return Spec(
        title="A line",
        source=SOURCE,
        id="line",
        path=Path("specs/line.yaml"),
        sha256="",
        columns=dict.fromkeys(columns, model),
        merged={column: {} for column in columns},
        **known,
    )


def a_result(numbers: Numbers, engine: str = "a", column: str = "1", **more: Any) -> Result:
    cells = tuple(Cell(*key, value) for key, value in numbers.items())
    return Result("line", column, engine, "fitted", cells=cells, **more)


def cells_of(text: Text) -> tuple[PrintedCell, ...]:
    return tuple(PrintedCell(*key, value, line) for line, (key, value) in enumerate(text.items(), start=2))


def against_print(text: Text, numbers: Numbers, spec: Spec | None = None, **more: Any) -> list[Pair]:
    spec = spec or a_spec()
    return list(compare.against_print(spec, "1", cells_of(text), a_result(numbers, **more)).pairs)


def one(text: str, value: float, *rules: PrintRule, key: tuple[str, str, str] = (*X, "estimate")) -> Pair:
    """The pair of one printed cell and one value."""
    (pair,) = against_print({key: text}, {key: value}, a_spec(print=rules))
    return pair


def between(reference: Numbers, candidate: Numbers, spec: Spec | None = None, **more: Any) -> list[Pair]:
    spec = spec or a_spec()
    found = compare.engines(spec, "1", a_result(reference), a_result(candidate, "b", **more))
    return list(found.pairs)


def coefficient(estimate: float, std_error: float, p_value: float, term: str = "x") -> dict[Any, float]:
    values = {"estimate": estimate, "std_error": std_error, "p_value": p_value}
    values["statistic"] = estimate / std_error
    return {("coefficients", term, measure): value for measure, value in values.items()}


# --------------------------------------------------------------------------------------------- printed text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".6862261", "0.6862261"),  # Stata
        ("-.0853582", "-0.0853582"),
        ("-3.89e-6", "-0.00000389"),
        ("1.114e-07", "0.0000001114"),  # R
        ("-0.358191792925910E-01", "-0.0358191792925910"),  # NIST, Longley
        ("0.5D+02", "50"),  # Fortran
        ("+0.548", "0.548"),  # Wooldridge (2010), p. 297
        ("\u2212.5", "-0.5"),  # a typeset minus sign
        ("12,345.6", "12345.6"),
        ("611", "611"),
    ],
)
def test_a_number_is_read_in_every_notation_that_tables_use(text: str, value: str) -> None:
    assert printed.read(text).value == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", ".", "abc", "0,5", "0,110", "1,23", "1 234", "(0.5)", "0.5*", "nan", "inf", "1e9999"]
)
def test_what_is_no_printed_number_is_refused(text: str) -> None:
    with pytest.raises(printed.NotANumber):
        printed.read(text)


@given(st.floats(-1e6, 1e6), st.integers(0, 9))
def test_a_value_rounds_to_its_own_print_whatever_the_number_of_decimals(value: float, decimals: int) -> None:
    assert printed.interval(f"{value:.{decimals}f}").holds(Decimal(repr(value)))


@given(st.floats(1e-9, 1e9), st.integers(1, 12))
def test_a_value_rounds_to_its_own_print_whatever_the_number_of_digits(value: float, digits: int) -> None:
    assert printed.interval(f"{value:.{digits - 1}e}").holds(Decimal(repr(value)))


# ------------------------------------------------------------------------------------ a print and an engine


@pytest.mark.parametrize("value", [0.03445, 0.0345, 0.0336, 0.0335])
def test_a_value_within_half_a_unit_of_the_last_digit_agrees(value: float) -> None:
    assert one("0.034", value).verdict == "within_rounding"


@pytest.mark.parametrize("value", [0.0346, 0.03450001, 0.03349999, 0.033])
def test_a_value_further_off_does_not(value: float) -> None:
    assert one("0.034", value).verdict == "outside_rounding"


@pytest.mark.parametrize("text", ["0.034", "0.035", "1.00", "1.01"])
def test_a_five_at_the_end_may_have_been_rounded_either_way(text: str) -> None:
    # The doubles nearest to 0.0345 and 1.005 lie above and below them; their printed form decides.
    assert one(text, 0.0345 if text.startswith("0") else 1.005).verdict == "within_rounding"


def test_a_trailing_zero_promises_more() -> None:
    assert one("0.11", 0.1140).verdict == "within_rounding"
    assert one("0.110", 0.1140).verdict == "outside_rounding"


def test_a_value_that_is_the_printed_number_is_exact() -> None:
    pair = one("611", 611.0, key=("fit", "model", "ssr"))
    assert (pair.verdict, pair.lre) == ("exact", 15.0)


def test_significant_digits_tell_how_a_large_number_was_rounded() -> None:
    # plm's manual prints the Grunfeld pooling residual sum of squares with five digits; it is 1755850.484.
    ssr = ("fit", "model", "ssr")
    assert one("1755900", 1755850.484, key=ssr).verdict == "outside_rounding"
    assert one("1755900", 1755850.484, PrintRule(significant=5), key=ssr).verdict == "within_rounding"
    assert one("1755900", 1755849.9, PrintRule(significant=5), key=ssr).verdict == "outside_rounding"


def test_fewer_significant_digits_than_shown_bound_a_certified_value() -> None:
    # NIST certifies 15 digits of Longley; statsmodels' deflator, 15.06187227 to ten, has an LRE near 10.9.
    close, certified = 15.0618722713733 * (1 + 1e-10), "15.0618722713733"
    assert one(certified, close).verdict == "outside_rounding"
    assert one(certified, close, PrintRule(significant=9)).verdict == "within_rounding"


def test_decimals_tell_of_zeros_that_the_print_dropped() -> None:
    # Stata prints .0759780 as .075978
    assert one(".075978", 0.0759783).verdict == "within_rounding"
    assert one(".075978", 0.0759783, PrintRule(decimals=7)).verdict == "outside_rounding"


def test_a_truncated_print_is_below_its_value() -> None:
    # Baltagi (2013), sec. 4.3.1 prints 36.4572431 (times 1000) for 36.45724315
    scale, cut = PrintRule(scale=1000.0), PrintRule(rounding="truncated")
    key = ("covariance", "x~x", "estimate")
    assert one("36.4572431", 0.036457243159, scale, key=key).verdict == "outside_rounding"
    assert one("36.4572431", 0.036457243159, scale, cut, key=key).verdict == "within_rounding"
    assert one("36.4572431", 0.036457243059, scale, cut, key=key).verdict == "outside_rounding"
    assert one("36.4572431", 0.0364572432, scale, cut, key=key).verdict == "outside_rounding"
    assert one("-0.5", -0.59, cut).verdict == "within_rounding"
    assert one("-0.5", -0.49, cut).verdict == "outside_rounding"


def test_a_scaled_print_is_compared_in_its_own_unit() -> None:
    pair = one("0.539", 0.00539, PrintRule(scale=100.0), key=("covariance", "x~x", "estimate"))
    assert (pair.reference, pair.candidate, pair.tolerance, pair.verdict) == ("0.539", 0.539, 0.0005, "exact")


def test_of_two_print_rules_the_later_wins() -> None:
    first, later = PrintRule(significant=2), PrintRule(decimals=4, terms=("x",))
    assert one("0.5312", 0.53, first).verdict == "within_rounding"
    assert one("0.5312", 0.53, first, later).verdict == "outside_rounding"


def test_a_bound_in_print_is_a_bound() -> None:
    p = (*X, "p_value")
    assert one("<0.001", 0.0004, key=p).verdict == "within_rounding"
    assert one("<0.001", 0.001, key=p).verdict == "outside_rounding"
    assert one(">0.9", 0.95, key=p).verdict == "within_rounding"
    assert one("<0.001", 0.0004, key=p).lre is None


# -- sign


def test_an_opposite_sign_is_a_sign_flip_however_close() -> None:
    assert one("-0.5", 0.5).verdict == "sign_flip"
    assert one("0.1", -0.06).verdict == "sign_flip"


def test_what_rounds_to_zero_has_no_sign_to_flip() -> None:
    assert one("0.1", -0.04).verdict == "outside_rounding"


def test_a_zero_in_print_leaves_the_sign_undecided() -> None:
    pair = one("0.000", -0.0003)
    assert pair.verdict == "undecided"
    assert pair.reason == "the print is zero and shows no sign"
    assert one("0.00", -0.003, key=("tests", "ar2", "statistic")).verdict == "undecided"


def test_a_zero_that_cannot_have_a_sign_is_rounding() -> None:
    assert one("0.000", 0.0003, key=(*X, "p_value")).verdict == "within_rounding"
    assert one("0.00", 0.003, key=("tests", "f", "statistic")).verdict == "within_rounding"


def test_a_negative_zero_in_print_shows_its_sign() -> None:
    assert one("-0.00", -0.003).verdict == "within_rounding"
    assert one("-0.00", 0.003).verdict == "sign_flip"


# -- significance


def test_a_p_on_the_other_side_of_five_percent_is_a_significance_flip() -> None:
    assert one("0.041", 0.062, key=(*X, "p_value")).verdict == "significance_flip"
    assert one("0.041", 0.048, key=(*X, "p_value")).verdict == "outside_rounding"


def test_a_p_that_rounding_leaves_on_either_side_turns_nothing() -> None:
    assert one("0.05", 0.0562, key=(*X, "p_value")).verdict == "outside_rounding"


def test_the_limit_of_the_first_star_counts_as_five_percent_does() -> None:
    spec = a_spec(stars=(0.10, 0.05))
    p = (*X, "p_value")
    (pair,) = against_print({p: "0.08"}, {p: 0.12}, spec)
    assert pair.verdict == "significance_flip"
    (pair,) = against_print({p: "0.08"}, {p: 0.12})
    assert pair.verdict == "outside_rounding"


def test_an_estimate_and_its_standard_error_tell_significance_where_no_p_is_printed() -> None:
    text = {(*X, "estimate"): "0.50", (*X, "std_error"): "0.10"}
    numbers = {**coefficient(0.5, 0.4, 0.211), **coefficient(1.0, 0.4, 0.0124, "z")}
    assert [p.verdict for p in against_print(text, numbers)] == ["exact", "significance_flip"]


def test_t_is_compared_with_what_the_engines_own_terms_teach_of_its_distribution() -> None:
    # t = 5 is significant for certain only if the engine found some smaller t significant, or p is normal.
    text = {(*X, "estimate"): "0.50", (*X, "std_error"): "0.10"}
    assert against_print(text, coefficient(0.5, 0.4, 0.30))[1].verdict == "outside_rounding"
    found = against_print(text, coefficient(0.5, 0.4, 0.211), a_spec(PANEL))
    assert found[1].verdict == "significance_flip"


def test_a_t_below_the_normal_limit_is_insignificant_under_every_distribution() -> None:
    text = {(*X, "estimate"): "0.50", (*X, "std_error"): "0.40"}
    found = against_print(text, coefficient(0.5, 0.1, 0.004))
    assert [p.verdict for p in found] == ["exact", "significance_flip"]


def test_a_standard_error_printed_as_zero_tells_no_significance() -> None:
    text = {(*X, "estimate"): "0.01", (*X, "std_error"): "0.00"}
    assert against_print(text, coefficient(0.03, 0.1, 0.76))[0].verdict == "outside_rounding"


# -- stars


def starred(count: str, p: float, **more: Any) -> Pair:
    spec = a_spec(stars=(0.10, 0.05, 0.01))
    (pair,) = against_print({(*X, "stars"): count}, {(*X, "p_value"): p}, spec, **more)
    return pair


@pytest.mark.parametrize(("p", "count"), [(0.2, "0"), (0.07, "1"), (0.03, "2"), (0.001, "3")])
def test_stars_follow_from_the_engines_p(p: float, count: str) -> None:
    assert starred(count, p).verdict == "exact"


def test_another_number_of_stars_on_the_same_side_is_stars_differ() -> None:
    pair = starred("3", 0.03)
    assert (pair.verdict, pair.candidate) == ("stars_differ", 2.0)


def test_stars_that_make_or_break_a_finding_are_a_significance_flip() -> None:
    assert starred("0", 0.07).verdict == "significance_flip"  # none against one
    assert starred("2", 0.07).verdict == "significance_flip"  # 5 % against 10 %


def test_a_p_on_the_limit_of_a_star_is_undecided() -> None:
    assert starred("2", 0.05).verdict == "undecided"
    assert starred("1", 0.05).verdict == "undecided"
    assert starred("3", 0.05).verdict != "undecided"


def test_stars_need_a_legend_and_a_p() -> None:
    key, p = (*X, "stars"), (*X, "p_value")
    (pair,) = against_print({key: "1"}, {p: 0.07})
    assert pair.verdict == "not_comparable"
    (pair,) = against_print({key: "1"}, {}, a_spec(stars=(0.1,)))
    assert pair.verdict == "missing"
    assert starred("1", math.nan).verdict == "stars_differ"


# -- missing, extra, not offered


def test_a_printed_cell_that_the_engine_does_not_have_is_missing() -> None:
    (pair,) = against_print({(*X, "estimate"): "0.5"}, {})
    assert (pair.verdict, pair.reference, pair.candidate) == ("missing", "0.5", None)


@pytest.mark.parametrize("entry", [(*X, "estimate"), (*X, "*"), ("coefficients", "*", "*")])
def test_what_the_engine_says_it_lacks_is_not_offered(entry: tuple[str, str, str]) -> None:
    lacks = (NotOffered(*entry, "x is not estimated"),)
    (pair,) = against_print({(*X, "estimate"): "0.5"}, {}, not_offered=lacks)
    assert (pair.verdict, pair.reason) == ("not_offered", "x is not estimated")


@pytest.mark.parametrize(
    "entry", [("coefficients", "z", "*"), (*X, "std_error"), ("covariance", "*", "*"), ("tests", "x", "*")]
)
def test_what_the_engine_says_of_other_cells_excuses_nothing(entry: tuple[str, str, str]) -> None:
    (pair,) = against_print({B: "0.5"}, {}, not_offered=(NotOffered(*entry, "it lacks that"),))
    assert pair.verdict == "missing"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_never_agrees_with_a_print(value: float) -> None:
    for text in ("0.5", "0.000", "<0.001"):
        assert one(text, value).verdict == "outside_rounding"


def test_an_extra_term_counts_only_where_the_print_is_complete() -> None:
    text = {(*X, "estimate"): "0.5"}
    numbers = {**coefficient(0.5, 0.1, 1e-4), ("coefficients", "z", "estimate"): 1.0}
    assert [p.verdict for p in against_print(text, numbers)] == ["exact"]
    complete = a_spec(print=(PrintRule(parts=("coefficients",), complete=True),))
    pairs = against_print(text, numbers, complete)
    assert [(p.term, p.verdict) for p in pairs] == [("x", "exact"), ("z", "extra")]


def test_a_truth_table_is_complete_unless_the_spec_says_no() -> None:
    rows = {("truth_table", "A*B", "inclusion"): "0.9"}
    numbers = {("truth_table", "A*B", "inclusion"): 0.9, ("truth_table", "A*~B", "inclusion"): 0.7}
    assert [p.verdict for p in against_print(rows, numbers)] == ["exact", "extra"]
    partly = a_spec(print=(PrintRule(parts=("truth_table",), complete=False),))
    assert [p.verdict for p in against_print(rows, numbers, partly)] == ["exact"]


# -- variants


SARGAN = ("tests", "sargan", "statistic")


def test_a_plain_name_means_the_default_variant() -> None:
    numbers = {
        ("tests", "sargan@xtabond2", "statistic"): 91.61,
        ("tests", "sargan@xtabond", "statistic"): 90.0,
    }
    (pair,) = against_print({SARGAN: "91.61"}, numbers)
    assert (pair.term, pair.verdict) == ("sargan", "exact")


def test_the_spec_and_before_it_the_column_say_which_variant_is_meant() -> None:
    numbers = {("tests", f"sargan@{v}", "statistic"): x for v, x in (("xtabond2", 1.0), ("xtabond", 2.0))}
    numbers |= {("tests", "sargan@two-step", "statistic"): 3.0}
    spec = a_spec(variants={"sargan": "xtabond"})
    assert against_print({SARGAN: "2"}, numbers, spec)[0].verdict == "exact"
    column = LINE.model_copy(update={"variants": {"sargan": "two-step"}})
    spec = a_spec(column, variants={"sargan": "xtabond"})
    assert against_print({SARGAN: "3"}, numbers, spec)[0].verdict == "exact"


def test_a_variant_is_carried_by_the_measure_in_fit() -> None:
    numbers = {("fit", "model", "n_obs@equation"): 751.0, ("fit", "model", "n_obs@difference-rows"): 611.0}
    text = {("fit", "model", "n_obs"): "611"}
    assert against_print(text, numbers)[0].verdict == "outside_rounding"
    spec = a_spec(variants={"n_obs": "difference-rows"})
    assert against_print(text, numbers, spec)[0].verdict == "exact"


def test_an_engine_that_has_another_variant_only_does_not_offer_this_one() -> None:
    (pair,) = against_print({SARGAN: "2"}, {("tests", "sargan@two-step", "statistic"): 2.0})
    assert (pair.verdict, pair.reason) == ("not_offered", "a gives sargan@two-step, not sargan@xtabond2")


def test_a_variant_that_lost_one_measure_misses_it() -> None:
    numbers = {("tests", "sargan@xtabond2", "p_value"): 0.5, ("tests", "sargan@two-step", "statistic"): 2.0}
    assert against_print({SARGAN: "2"}, numbers)[0].verdict == "missing"


# -- not comparable


def test_stand_in_data_make_everything_not_comparable_with_the_print() -> None:
    spec = a_spec(data=Data(file="line.csv", stand_in=True))
    (pair,) = against_print({(*X, "estimate"): "0.5"}, {(*X, "estimate"): 7.0}, spec)
    assert (pair.verdict, pair.candidate, pair.reason) == ("not_comparable", 7.0, compare.STAND_IN)


def test_as_printed_is_shown_and_never_compared() -> None:
    key = ("as_printed", "Sargan", "statistic")
    assert one("1.0", 2.0, key=key).verdict == "not_comparable"
    assert between({key: 1.0}, {key: 2.0}) == []


# ---------------------------------------------------------------------------------------------- two engines


def test_engines_that_give_the_same_number_are_exact() -> None:
    assert between({B: 0.5}, {B: 0.5})[0].verdict == "exact"


def test_engines_agree_within_a_millionth() -> None:
    assert between({B: 0.5}, {B: 0.5 * (1 + 9e-7)})[0].verdict == "within_tolerance"
    pair = between({B: 0.5}, {B: 0.5 * (1 + 2e-6)})[0]
    assert (pair.verdict, pair.tolerance) == ("outside_tolerance", 5e-7)


def test_counts_agree_exactly_or_not_at_all() -> None:
    n = ("fit", "model", "n_obs@equation")
    assert between({n: 611.0}, {n: 612.0})[0].verdict == "outside_tolerance"


def test_the_sign_of_a_tiny_coefficient_is_seen() -> None:
    # numpy.isclose's absolute 1e-8 would let 4e-9 and -4e-9 agree.
    assert (
        between(coefficient(4e-9, 1e-9, 0.0001), coefficient(-4e-9, 1e-9, 0.0001))[0].verdict == "sign_flip"
    )


def test_noise_around_zero_is_measured_in_standard_errors() -> None:
    found = between(coefficient(1e-17, 0.1, 1.0), coefficient(-2e-17, 0.1, 1.0))
    assert found[0].verdict == "within_tolerance"


def test_a_covariance_near_zero_is_measured_by_the_standard_errors_of_both() -> None:
    errors = {("coefficients", "x", "std_error"): 0.1, ("coefficients", "z", "std_error"): 2.0}
    key = ("covariance", "x~z", "estimate")
    pairs = between({**errors, key: 1e-17}, {**errors, key: -1e-12})
    assert (pairs[-1].verdict, pairs[-1].tolerance) == ("within_tolerance", pytest.approx(2e-7))


def test_engines_on_two_sides_of_five_percent_are_a_significance_flip() -> None:
    found = between(coefficient(0.5, 0.25, 0.0455), coefficient(0.5, 0.26, 0.0545))
    assert {p.measure: p.verdict for p in found} == {
        "estimate": "exact",
        "std_error": "significance_flip",
        "p_value": "significance_flip",
        "statistic": "significance_flip",
    }


@pytest.mark.parametrize(
    ("a", "b"), [(0.5, math.nan), (math.nan, 0.5), (0.5, math.inf), (math.inf, -math.inf)]
)
def test_nan_and_infinity_agree_with_no_number(a: float, b: float) -> None:
    assert between({B: a}, {B: b})[0].verdict == "outside_tolerance"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_twice_nan_or_the_same_infinity_confirms_nothing(value: float) -> None:
    pair = between({B: value}, {B: value})[0]
    assert (pair.verdict, pair.lre) == ("not_comparable", None)
    assert pair.reason


def test_a_cell_of_one_engine_only_is_missing_or_extra() -> None:
    assert between({B: 0.5}, {})[0].verdict == "missing"
    assert between({}, {B: 0.5})[0].verdict == "extra"


def test_a_cell_that_the_other_engine_lists_as_not_offered_is_no_discrepancy() -> None:
    pair = between({B: 0.5}, {}, not_offered=(NotOffered(*B, "it has no x"),))[0]
    assert (pair.verdict, pair.reason) == ("not_offered", "it has no x")


def test_engines_are_compared_variant_by_variant() -> None:
    one_step, two_step = (("tests", f"sargan@{v}", "statistic") for v in ("xtabond2", "two-step"))
    pairs = between({one_step: 65.8}, {two_step: 31.4})
    assert [p.verdict for p in pairs] == ["not_offered", "not_offered"]
    assert between({one_step: 65.8, two_step: 1.0}, {one_step: 65.8, two_step: 31.4})[1].verdict == (
        "outside_tolerance"
    )


@pytest.mark.parametrize(
    ("candidate", "reference", "digits"),
    [(1.0001, 1.0, 4.0), (3.0, 1.0, 0.0), (1.0, 1.0, 15.0), (1e-3, 0.0, 3.0), (0.0, 0.0, 15.0)],
)
def test_lre_counts_the_digits_that_agree(candidate: float, reference: float, digits: float) -> None:
    # By its definition: -log10(|q - c| / |c|), for c = 0 -log10(|q|) (McCullough 1998), from 0 to 15.
    assert compare.lre(candidate, reference) == digits


# -------------------------------------------------------------------------------------------- since golden


def drift(
    golden: Numbers, today: Numbers, was: str = "plm 2.6-2", now: str = "plm 2.6-2", **more: Any
) -> Pair:
    old = a_result(golden, provenance=Provenance(engine_version=was))
    new = a_result(today, provenance=Provenance(engine_version=now), **more)
    return compare.against_golden(a_spec(), "1", old, new).pairs[0]


def test_an_engine_drifts_at_a_hundred_millionth() -> None:
    assert drift({B: 0.5}, {B: 0.5 * (1 + 9e-9)}).verdict == "within_tolerance"
    assert drift({B: 0.5}, {B: 0.5 * (1 + 2e-8)}).verdict == "outside_tolerance"


def test_drift_under_another_version_is_told_but_no_discrepancy() -> None:
    pair = drift({B: 0.5}, {B: 0.6}, now="plm 2.6-4")
    assert pair.verdict == "not_comparable"
    assert pair.reason == f"{compare.OTHER_VERSION}: golden plm 2.6-2, today plm 2.6-4 (outside_tolerance)"


def test_a_golden_cell_that_is_gone_is_missing_even_where_the_engine_excuses_itself() -> None:
    assert drift({B: 0.5}, {}, not_offered=(NotOffered(*B, "not any more"),)).verdict == "missing"
    assert drift({}, {B: 0.5}).verdict == "extra"


# -------------------------------------------------------------------------------------- known differences


def a_rule(within: Bound, *pair: str, **filters: Any) -> KnownDifference:
    return KnownDifference(
        between=pair or ("a", "b"), within=within, reason="a cause", evidence="e", **filters
    )


@pytest.mark.parametrize("pair", [("a", "b"), ("b", "a")])
def test_a_known_difference_explains_what_is_inside_its_bound(pair: tuple[str, str]) -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.05), *pair),))
    found = between({B: 1.0}, {B: 1.04}, spec)[0]
    assert (found.verdict, found.reason, found.tolerance) == ("explained", "a cause", 0.05)


def test_outside_the_bound_it_stays_a_discrepancy() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.05)),))
    assert between({B: 1.0}, {B: 1.06}, spec)[0].verdict == "outside_tolerance"


def test_the_widest_of_several_bounds_counts() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=1e-9, atol=0.001, std_errors=0.5)),))
    pairs = between(coefficient(1.0, 0.1, 0.001), coefficient(1.04, 0.1, 0.001), spec)
    assert (pairs[0].verdict, pairs[0].tolerance) == ("explained", 0.05)


def test_a_known_difference_may_name_the_print() -> None:
    # Baltagi (2013), p. 68 prints 129.38; plm and linearmodels give 129.3166 alike.
    chow = ("tests", "poolability_entity", "statistic")
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.001), "published", "a", terms=(chow[1],)),))
    (pair,) = against_print({chow: "129.38"}, {chow: 129.3165789}, spec)
    assert pair.verdict == "explained"


def test_it_explains_only_the_cells_that_it_names() -> None:
    rule = a_rule(Bound(rtol=0.05), terms=("z",))
    assert between({B: 1.0}, {B: 1.04}, a_spec(known_differences=(rule,)))[0].verdict == "outside_tolerance"


def test_it_explains_no_lost_cell_and_no_nan() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(atol=1e9)),))
    assert between({B: 1.0}, {}, spec)[0].verdict == "missing"
    assert between({B: 1.0}, {B: math.nan}, spec)[0].verdict == "outside_tolerance"


def verdicts(comparisons: tuple[Comparison, ...]) -> list[str]:
    return [pair.verdict for comparison in comparisons for pair in comparison.pairs]


def test_a_known_difference_that_no_longer_occurs_is_stale() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.05)),))
    found = compare.table(spec, None, [a_result({B: 1.0}), a_result({B: 1.0}, "b")], {})
    assert verdicts(found) == ["exact", "stale"]
    assert found[0].pairs[1].part == "*"
    assert "a cause" in found[0].pairs[1].reason


def test_a_known_difference_whose_cells_differ_by_more_is_not_stale() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.05)),))
    found = compare.table(spec, None, [a_result({B: 1.0}), a_result({B: 2.0}, "b")], {})
    assert verdicts(found) == ["outside_tolerance"]


def test_a_known_difference_needed_in_one_column_is_not_stale_in_another() -> None:
    spec = a_spec(columns=("1", "2"), known_differences=(a_rule(Bound(rtol=0.05)),))
    results = [a_result({B: 1.0}), a_result({B: 1.0}, "b")]
    results += [a_result({B: 1.0}, "a", "2"), a_result({B: 1.04}, "b", "2")]
    assert verdicts(compare.table(spec, None, results, {})) == ["exact", "explained"]


def test_nothing_is_called_stale_before_every_column_was_tried() -> None:
    spec = a_spec(columns=("1", "2"), known_differences=(a_rule(Bound(rtol=0.05)),))
    here = [a_result({B: 1.0}), a_result({B: 1.0}, "b")]
    assert verdicts(compare.table(spec, None, here, {})) == ["exact"]
    broken = [Result("line", "2", engine, "errored") for engine in ("a", "b")]
    assert verdicts(compare.table(spec, None, [*here, *broken], {})) == ["exact"]
    skipped = [Result("line", "2", engine, "skipped") for engine in ("a", "b")]
    assert verdicts(compare.table(spec, None, [*here, *skipped], {})) == ["exact", "stale"]


def outcome(spec: Spec, published: Published | None, *results: Result) -> Outcome:
    found = compare.table(spec, published, results, {})
    return Outcome(spec, published, results, found, {}, compare.reproduced(published, found))


def test_a_bound_wider_than_twice_what_is_observed_is_too_loose() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.04)),))
    (told,) = compare.loose_bounds(outcome(spec, None, a_result({B: 1.0}), a_result({B: 1.0078125}, "b")))
    assert "known_differences[0] (a and b)" in told
    assert "Write within: {rtol: 0.016}" in told
    assert compare.loose_bounds(outcome(spec, None, a_result({B: 1.0}), a_result({B: 1.03}, "b"))) == []


# ---------------------------------------------------------------------------------------- a table, in words


PRINT = {B: "0.50"}


def a_print(text: Text = PRINT, columns: tuple[str, ...] = ("1",)) -> Published:
    return Published("golden/line/published.csv", "", dict.fromkeys(columns, cells_of(text)))


def test_a_table_compares_print_then_engines_then_golden_in_the_specs_order() -> None:
    results = [a_result({B: 0.5}, "b"), a_result({B: 0.5}, "a"), Result("line", "1", "c", "skipped")]
    goldens = {"a": {"1": a_result({B: 0.5})}}
    found = compare.table(a_spec(engines=("a", "b", "c")), a_print(), results, goldens)
    assert [(c.reference, c.candidate) for c in found] == [
        ("published", "a"),
        ("published", "b"),
        ("a", "b"),
        ("golden", "a"),
    ]


ERRORED = Result("line", "1", "b", "errored", "it crashed")
SKIPPED = Result("line", "1", "b", "skipped", "it cannot")


def headline(
    results: list[Result], published: Published | None, spec: Spec | None = None, **more: Any
) -> str:
    spec = spec or a_spec()
    return compare.headline(spec, "1", results, compare.table(spec, published, results, more))


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (0.5, 0.5, "all agree"),
        (0.5, 0.501, "all agree with the paper, engines differ beyond its digits"),
        (0.6, 0.6, "engines agree and the paper differs"),
        (0.6, 0.7, "everything differs"),
        (0.5, 0.7, "the paper agrees with a only"),
    ],
)
def test_a_headline_says_who_agrees_with_whom(a: float, b: float, words: str) -> None:
    assert headline([a_result({B: a}), a_result({B: b}, "b")], a_print()) == words


def test_a_headline_where_nothing_is_printed_speaks_of_the_engines() -> None:
    same, other = a_result({B: 0.5}, "b"), a_result({B: 0.6}, "b")
    assert headline([a_result({B: 0.5}), same], None) == "engines agree, nothing printed"
    assert headline([a_result({B: 0.5}), other], None) == "engines differ, nothing printed"
    assert headline([a_result({B: 0.5})], None) == "a only, nothing printed"
    stand_in = a_spec(data=Data(file="line.csv", stand_in=True))
    assert headline([a_result({B: 0.5}), same], a_print(), stand_in) == "engines agree, stand-in data"


def test_a_headline_names_who_could_not_run() -> None:
    assert headline([a_result({B: 0.5}), ERRORED], a_print()) == (
        "a and the paper agree, no second engine; b could not run"
    )
    assert headline([ERRORED], a_print()) == "could not run"
    assert headline([SKIPPED], a_print()) == "skipped by every engine"


def test_a_headline_tells_drift_and_explained_differences() -> None:
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.05)),))
    goldens = {"a": {"1": a_result({B: 0.7})}}
    results = [a_result({B: 0.5}), a_result({B: 0.504}, "b")]
    assert headline(results, a_print(), spec, **goldens) == (
        "all agree; drift since golden (a); 1 difference explained"
    )


def word(*values: float, text: Text = PRINT, spec: Spec | None = None) -> str:
    results = [a_result({B: value}, engine) for value, engine in zip(values, "ab", strict=False)]
    return compare.reproduced(a_print(text), compare.table(spec or a_spec(), a_print(text), results, {}))


def test_a_table_is_reproduced_where_some_engine_rounds_to_every_printed_cell() -> None:
    assert word(0.5, 0.5) == "yes"
    assert word(0.5, 0.9) == "yes"


def test_the_last_digit_one_percent_or_an_explanation_make_it_minor() -> None:
    assert word(0.515) == "minor"  # one unit of the last digit beyond rounding
    assert word(0.516) == "no"
    assert word(50.4, text={B: "50.00"}) == "minor"  # within 1 %
    spec = a_spec(known_differences=(a_rule(Bound(rtol=0.5), "published", "a"),))
    assert word(0.6, spec=spec) == "minor"


def test_a_turned_sign_or_a_large_difference_make_it_no() -> None:
    assert word(-0.5) == "no"
    assert word(0.9, 0.8) == "no"


def test_what_is_not_printed_or_not_attempted_is_said() -> None:
    assert compare.reproduced(None, ()) == "not printed"
    assert compare.reproduced(a_print(), ()) == "not attempted"


def many(wrong: Mapping[int, float]) -> str:
    """A table of forty printed cells of 0.50, some of which come out otherwise."""
    keys = [("coefficients", f"x{i}", "estimate") for i in range(40)]
    published = a_print(dict.fromkeys(keys, "0.50"))
    numbers = {key: wrong.get(i, 0.5) for i, key in enumerate(keys)}
    return compare.reproduced(published, compare.table(a_spec(), published, [a_result(numbers)], {}))


def test_a_few_larger_differences_are_minor_unless_they_turn_a_finding() -> None:
    assert many({}) == "yes"
    assert many({3: 0.9, 5: 0.9}) == "minor"  # 5 %
    assert many({3: 0.9, 5: 0.9, 7: 0.9}) == "no"
    assert many({3: -0.5}) == "no"


def test_the_class_of_the_whole_follows_from_its_tables() -> None:
    yes, minor = (outcome(a_spec(), a_print(), a_result({B: value})) for value in (0.5, 0.51))
    no = outcome(a_spec(), a_print(), a_result({B: 0.9}))
    partly = outcome(a_spec(), a_print({B: "0.50", (*X, "std_error"): "0.1"}), a_result(
        {B: 0.5}, not_offered=(NotOffered(*X, "std_error", "none"),)
    ))  # fmt: skip
    unprinted = outcome(a_spec(), None, a_result({B: 0.5}))
    untried = outcome(a_spec(), a_print(), SKIPPED)
    assert compare.aea_class([yes, unprinted]) == "full"
    assert compare.aea_class([yes, partly]) == "full with minor issues"
    assert compare.aea_class([yes, minor]) == "full with minor issues"
    assert compare.aea_class([yes, no]) == "partial"
    assert compare.aea_class([yes, untried]) == "partial"
    assert compare.aea_class([no]) == "none"
    assert compare.aea_class([untried]) == "not attempted"


def test_severity_orders_every_verdict_discrepancies_first() -> None:
    assert set(compare.WORST_FIRST) == set(get_args(Verdict))
    assert tuple(compare.WORST_FIRST[: len(DISCREPANCIES)]) == DISCREPANCIES
    assert compare.severity("missing") < compare.severity("explained") < compare.severity("exact")


def test_an_engine_that_declines_what_it_had_golden_numbers_for_has_lost_them() -> None:
    spec = a_spec()
    golden = a_result({B: 1.0})
    declined = replace(golden, status="skipped", message="no longer", cells=())
    here = replace(declined, provenance=Provenance(engine_version="a 2"))
    lost = compare.table(spec, None, [here], {"a": {"1": golden}})
    assert [pair.verdict for comparison in lost for pair in comparison.pairs] == ["missing"]
    assert compare.table(spec, None, [declined], {"a": {"1": golden}}) == ()


def test_golden_numbers_stand_in_for_an_engine_that_is_not_installed_on_the_same_data_only() -> None:
    spec = a_spec()
    golden = a_result({B: 1.0}, provenance=Provenance(data_sha256="d"))
    absent = replace(golden, status="skipped", message="not installed", cells=(), provenance=Provenance())
    other = a_result({B: 2.0}, "b", provenance=Provenance(data_sha256="d"))
    (found,) = compare.table(spec, None, [absent, other], {"a": {"1": golden}})
    assert (found.reference, found.candidate) == ("a", "b")
    assert [pair.verdict for pair in found.pairs] == ["outside_tolerance"]
    elsewhere = replace(other, provenance=Provenance(data_sha256="e"))
    assert compare.table(spec, None, [absent, elsewhere], {"a": {"1": golden}}) == ()
