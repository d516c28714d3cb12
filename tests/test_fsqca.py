"""fsQCA as a library: its sentences, its ranges, its robustness, and charts with known answers."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import reference_fsqca as reference
from fsqca_cases import generated
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.estimators import fsqca
from harness.estimators.fsqca.chart import solve_chart
from harness.estimators.fsqca.smallest import Effort

GOOD: dict[str, Any] = {"A": [0.9, 0.2, 0.6, 0.1], "B": [0.3, 0.8, 0.7, 0.4], "Y": [0.8, 0.4, 0.7, 0.2]}


def _fuzzy(seed: int = 12, n: int = 30, k: int = 4, noise: float = 0.7) -> fsqca.Sets:
    columns = generated(seed, n, k, noise)
    return fsqca.sets(columns, "Y", [name for name in columns if name != "Y"])


# Bad input: one sentence each, with the place and the next step.


@pytest.mark.parametrize(
    ("changed", "settings", "sentence"),
    [
        ({"A": [0.9, 1.2, 0.6, 0.1]}, {}, r"A is 1\.2 in row 2, outside 0\.\.1: calibrate it first\."),
        ({"B": [0.3, 0.8, -0.1, 0.4]}, {}, r"B is -0\.1 in row 3, outside 0\.\.1: calibrate it first\."),
        ({"Y": [0.8, 0.4, float("nan"), 0.2]}, {}, r"Y has no number in row 3: drop the case"),
        ({"A": ["x", "y", "z", "w"]}, {}, r"A holds text; calibrate it"),
        ({"A": [0.7, 0.7, 0.7, 0.7]}, {}, r"A is 0\.7 in all 4 cases: what does not vary explains nothing"),
        ({"Y": [1, 1, 1, 1]}, {}, r"Y is 1 in all 4 cases"),
        (
            {"A": [0.9, 0.2]},
            {},
            r"The outcome has 4 cases; the conditions A, B and the case names must have as",
        ),
        ({}, {"outcome": "Z"}, r"There is no column Z; the data have A, B, Y\."),
        ({}, {"conditions": ["A", "Q"]}, r"There is no column Q; the data have A, B, Y\."),
        ({}, {"conditions": ["A", "Y"]}, r"The outcome Y is also a condition; take it out"),
        ({}, {"conditions": ["A", "A"]}, r"A is named twice among the conditions; name it once\."),
        ({}, {"conditions": []}, r"There are no conditions; name at least one\."),
        (
            {"A B": [1, 0, 1, 0]},
            {"conditions": ["A B"]},
            r"'A B' cannot be the name of a set.*rename the column",
        ),
        ({"A*B": [1, 0, 1, 0]}, {"conditions": ["A*B"]}, r"'A\*B' cannot be the name of a set"),
        (
            {},
            {"cases": ["a", "b", "a", "c"]},
            r"Case a occurs twice and would count twice: give every case a name",
        ),
        ({}, {"conditions": [f"C{i}" for i in range(30)]}, r"There are 30 conditions; at most 24"),
    ],
)
def test_data_that_are_no_sets_are_refused_in_one_sentence(
    changed: dict[str, Any], settings: dict[str, Any], sentence: str
) -> None:
    call: dict[str, Any] = {"outcome": "Y", "conditions": ["A", "B"], **settings}
    with pytest.raises(fsqca.FsqcaError, match=sentence):
        fsqca.sets({**GOOD, **changed}, **call)


@pytest.mark.parametrize(
    ("cuts", "sentence"),
    [
        ({"incl_cut": 1.1}, r"incl_cut is \(1\.1, 1\.1\); write 0 <= zero <= one <= 1"),
        ({"incl_cut": 0.0}, r"incl_cut is \(0, 0\)"),
        ({"incl_cut": (0.7, 0.8)}, r"incl_cut is \(0\.7, 0\.8\)"),
        ({"pri_cut": -0.1}, r"pri_cut is -0\.1; it must lie in 0\.\.1\."),
        ({"n_cut": 0}, r"n_cut is 0; it is a number of cases: 1, 2, \.\.\."),
        ({"n_cut": 5}, r"n_cut: no configuration has 5 cases; the fullest has 1\. Lower n_cut\."),
        ({"exclude": [4]}, r"exclude: there is no configuration with code 4; codes go from 0 to 3\."),
    ],
)
def test_cut_offs_that_cannot_be_are_refused_in_one_sentence(cuts: dict[str, Any], sentence: str) -> None:
    data = fsqca.sets({**GOOD, "B": [0.3, 0.8, 0.7, 0.4]}, "Y", ["A", "B"])
    with pytest.raises(fsqca.FsqcaError, match=sentence):
        fsqca.truth_table(data, **cuts)


def test_nothing_positive_and_nothing_negative_are_said() -> None:
    data = fsqca.sets(GOOD, "Y", ["A", "B"])
    rare = fsqca.sets({**GOOD, "Y": [0.5, 0.4, 0.3, 0.2]}, "Y", ["A"])
    with pytest.raises(fsqca.FsqcaError, match=r"No configuration is positive at incl_cut 0\.9, .*lower one"):
        fsqca.conservative(fsqca.truth_table(rare, 0.9))
    with pytest.raises(fsqca.FsqcaError, match=r"No configuration is negative, .*raise incl_cut"):
        fsqca.parsimonious(fsqca.truth_table(data, 0.01))


@pytest.mark.parametrize(
    ("expectations", "sentence"),
    [
        ({"Q": 1}, r"directional_expectations: Q is not a condition; they are A, B\."),
        ({"A": 2}, r"A is 2; write 1, 0"),
    ],
)
def test_expectations_on_nothing_are_refused(expectations: dict[str, int | None], sentence: str) -> None:
    table = fsqca.truth_table(fsqca.sets(GOOD, "Y", ["A", "B"]), 0.9)
    with pytest.raises(fsqca.FsqcaError, match=sentence):
        fsqca.intermediate(table, expectations)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fsqca.direct([1, 2], 5, 3, 8), r"The anchors out 5, crossover 3, in 8 are out of order"),
        (lambda: fsqca.direct([1, 2], 1, 1, 2), r"out of order; the crossover lies strictly between"),
        (lambda: fsqca.direct([1, np.nan], 1, 2, 3), r"The raw variable has no number in row 2"),
        (lambda: fsqca.direct([1], 1, 2, 3, idm=0.4), r"idm is 0\.4; the membership at the upper anchor"),
        (
            lambda: fsqca.piecewise([1], 1, 2, 3, below=0),
            r"below is 0 and above 1; both bends must be above 0",
        ),
        (lambda: fsqca.bell([1], [1, 2, 3]), r"bell: 3 anchors; write six"),
        (
            lambda: fsqca.bell([1], [1, 2, 3, 9, 8, 10]),
            r"The anchors out 10, crossover 8, in 9 are out of order",
        ),
        (
            lambda: fsqca.bell([1], [1, 2, 6, 5, 8, 10]),
            r"bell: the anchors 1, 2, 6, 5, 8, 10 are out of order",
        ),
        (lambda: fsqca.indirect([0, 1], [1, 2]), r"indirect: the raw value 0 is not positive"),
        (lambda: fsqca.crisp([1], [2, 1]), r"The cuts \[2\.0, 1\.0\] do not ascend"),
        (lambda: fsqca.tfr([3, 3]), r"tfr: all 2 values are 3; one category has no order"),
        (lambda: fsqca.crisp([], [1]), r"There are no raw values"),
        (
            lambda: fsqca.parse("A*Q", ("A", "B")),
            r"'A\*Q': 'Q' is not a condition; the conditions are A, B\.",
        ),
        (lambda: fsqca.parse("A*~A", ("A", "B")), r"'A\*~A': A\*~A holds A and ~A; write one of them\."),
        (lambda: fsqca.parse("A + ", ("A", "B")), r"'' is not a condition"),
        (
            lambda: fsqca.necessary_sets(_fuzzy(), 1.5),
            r"necessity: incl_cut is 1\.5; it must lie in 0\.\.1\.",
        ),
        (lambda: fsqca.robust_fit(_fuzzy(), (), []), r"robustness: there is no test solution"),
        (
            lambda: fsqca.panel_fit(np.ones(2), np.ones(2), ["a", "a"], [1, 1]),
            r"Unit a occurs twice in period 1; keep one row of them\.",
        ),
        (
            lambda: fsqca.panel_fit(np.ones(2), np.ones(2), ["a", "a"], [1, 2], "both"),
            r"relation is 'both'; write sufficiency or necessity\.",
        ),
    ],
)
def test_every_other_wrong_call_has_its_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(fsqca.FsqcaError, match=sentence):
        call()


def test_what_r_lets_through_is_let_through_on_request() -> None:
    odd = {"A": [0.9, -0.2, 0.6], "B": [0.7, 0.7, 0.7], "Y": [0.8, 0.1, 0.9]}
    data = fsqca.sets(odd, "Y", ["A", "B"], cases=["a", "b", "a"], strict=False)
    assert fsqca.truth_table(data, 0.8).n_cases.tolist() == [1, 2]


# The chart.


def test_a_cyclic_chart_has_its_two_covers_and_no_essential_prime() -> None:
    """The textbook cycle of six rows, each prime covering two neighbours (McCluskey 1956)."""
    cells = np.array([(row, prime) for prime in range(6) for row in (prime, (prime + 1) % 6)])
    solved = solve_chart(cells, 6, 6)
    assert solved.listed == ((0, 2, 4), (1, 3, 5))
    assert (solved.count, solved.essential, solved.in_all) == (2, (), ())


def test_independent_cycles_multiply_and_are_counted_beyond_the_list() -> None:
    """Twelve cycles of six rows: two covers each, so 2^12 in all, of which a thousand are listed."""
    cells = np.array(
        [
            (6 * c + row, 6 * c + prime)
            for c in range(12)
            for prime in range(6)
            for row in (prime, (prime + 1) % 6)
        ]
    )
    solved = solve_chart(cells, 72, 72)
    assert (solved.count, solved.count_is_exact, len(solved.listed)) == (4096, True, 1000)
    assert (solved.size, solved.n_components) == (36, 12)


def test_where_the_search_is_cut_short_the_count_is_called_a_lower_bound() -> None:
    random = np.random.default_rng(5)
    cells = np.argwhere(random.random((30, 40)) < 0.1)
    cells = np.concatenate((cells, [(row, row) for row in range(30)]))
    short = solve_chart(cells, 30, 40, effort=Effort(steps=20))
    full = solve_chart(cells, 30, 40)
    assert not short.count_is_exact and full.count_is_exact
    assert short.size == full.size and 1 <= short.count <= full.count
    assert set(short.listed) <= set(full.listed) or full.count > 1000


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_all_minimum_covers_of_random_charts_are_found(data: Any) -> None:
    n_rows, n_columns = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 10))
    chart = data.draw(
        st.lists(
            st.lists(st.booleans(), min_size=n_columns, max_size=n_columns), min_size=n_rows, max_size=n_rows
        )
    )
    for i, row in enumerate(chart):
        row[i % n_columns] = True
    solved = solve_chart(np.argwhere(np.array(chart)), n_rows, n_columns)
    covers = [
        chosen
        for chosen in product((0, 1), repeat=n_columns)
        if all(any(a and b for a, b in zip(row, chosen, strict=True)) for row in chart)
    ]
    size = min(map(sum, covers))
    smallest = {tuple(j for j, taken in enumerate(c) if taken) for c in covers if sum(c) == size}
    assert set(solved.listed) == smallest
    assert (solved.size, solved.count) == (size, len(smallest))
    assert set(solved.in_all) == set.intersection(*map(set, smallest))
    assert set(solved.used) == set().union(*smallest)


# Necessity.


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=4, max_size=10),
    st.sampled_from([0.7, 0.8, 0.9]),
)
def test_necessary_disjunctions_are_those_of_brute_force(cases: list[list[int]], incl_cut: float) -> None:
    X, y = [[v / 20 for v in case[:3]] for case in cases], [case[3] / 20 for case in cases]
    if not sum(y):
        return
    columns = {name: [case[j] for case in X] for j, name in enumerate("ABC")}
    data = fsqca.sets({**columns, "Y": y}, "Y", ["A", "B", "C"], strict=False)
    found = {item.term for item in fsqca.necessary_sets(data, incl_cut) if item.is_disjunction}
    expected = reference.necessary_disjunctions(X, y, incl_cut)
    assert {_pattern(term) for term in found} == {p for p in expected if sum(v is not None for v in p) > 1}


def _pattern(term: fsqca.Term) -> tuple[int | None, ...]:
    return tuple((term.value >> j) & 1 if (term.care >> j) & 1 else None for j in (2, 1, 0))


# Core conditions.


def test_core_conditions_are_those_of_the_parsimonious_terms_around_a_term() -> None:
    """Fiss (2011): A*B*~C within A, beside B*D: A is core; B and ~C are peripheral."""
    names = ("A", "B", "C", "D")
    roles = fsqca.roles(fsqca.parse("A*B*~C", names), fsqca.parse("A + B*D", names))
    assert fsqca.marks(roles[0], names) == {
        "A": "core present",
        "B": "peripheral present",
        "C": "peripheral absent",
        "D": "",
    }


def test_untenable_rows_are_left_out_of_the_enhanced_standard_analysis() -> None:
    """If A is necessary, no remainder with ~A may be assumed; the excluded rows become negative."""
    data = _fuzzy()
    table = fsqca.truth_table(data, 0.8)
    rows = fsqca.untenable(table, necessary=["A"])
    again = fsqca.cut_anew(table, exclude=rows)
    assert set(rows) <= set(again.negative.tolist())
    for model in fsqca.parsimonious(again).models:
        assert not set(rows) & set(fsqca.assumptions(again, model).tolist())
    remainders = set(range(16)) - set(table.positive.tolist()) - set(table.negative.tolist())
    assert {code for code in remainders if not code & 8} <= set(rows)


# Sensitivity: the exact ends against a fine grid.


@pytest.mark.parametrize("seed", [12, 13, 15, 19])
def test_the_range_of_the_inclusion_cut_is_where_a_fine_grid_sees_no_change(seed: int) -> None:
    table = fsqca.truth_table(_fuzzy(seed), 0.8)
    found = fsqca.incl_cut_range(table)
    start = set(fsqca.parsimonious(table).written)
    for cut in np.arange(0.02, 1.0, 0.01):
        if abs(cut - found.low) < 1e-6 or abs(cut - found.high) < 1e-6:
            continue
        inside = found.low < cut <= found.high
        if inside:
            assert set(_written(fsqca.cut_anew(table, float(cut)))) == start
    assert found.low in table.inclusion or found.low == 0
    for edge in (found.low - 1e-6, found.high + 1e-6):
        if 0 < edge < 1:
            assert set(_written(fsqca.cut_anew(table, edge))) != start


def _written(table: fsqca.TruthTable) -> tuple[str, ...]:
    try:
        return fsqca.parsimonious(table).written
    except fsqca.FsqcaError as error:
        return (str(error),)


def test_the_range_of_the_number_of_cases_is_where_no_number_changes_the_solution() -> None:
    table = fsqca.truth_table(_fuzzy(16, 90, 4, 0.9), 0.75, n_cut=2)
    found = fsqca.n_cut_range(table)
    same = [
        n
        for n in range(1, int(table.n_cases.max()) + 1)
        if _written(fsqca.cut_anew(table, n_cut=n)) == _written(table)
    ]
    low, high = int(found.low), int(found.high)
    assert set(range(low, high + 1)) <= set(same)
    assert low - 1 not in same and high + 1 not in same


def test_the_range_of_the_pri_cut_starts_below_any_pri() -> None:
    table = fsqca.truth_table(_fuzzy(14, 50, 4, 1.0), 0.75)
    found = fsqca.pri_cut_range(table)
    assert found.low == 0.0
    assert _written(fsqca.cut_anew(table, pri_cut=found.high)) == _written(table)
    assert _written(fsqca.cut_anew(table, pri_cut=found.high + 1e-6)) != _written(table)


def test_the_range_of_an_anchor_ends_at_the_last_double_with_the_same_solution() -> None:
    columns = generated(12, 40, 3, 0.5)
    raw = np.array(columns["A"]) * 100

    def build(crossover: float) -> fsqca.TruthTable:
        calibrated = {**columns, "A": fsqca.direct(raw, -20, crossover, 120)}
        return fsqca.truth_table(fsqca.sets(calibrated, "Y", ["A", "B", "C"]), 0.8)

    found = fsqca.anchor_range(build, 50.5, raw)
    assert found.low <= 50.5 <= found.high
    start = _written(build(50.5))
    assert _written(build(found.low)) == start == _written(build(found.high))
    assert found.below == () or _written(build(np.nextafter(found.low, -np.inf))) == found.below != start
    assert found.above == () or _written(build(np.nextafter(found.high, np.inf))) == found.above != start
    assert found.below or found.above


# Robustness.


def _robust() -> tuple[fsqca.Sets, Any, list[Any]]:
    columns = generated(7, 60, 3, 0.9)
    columns["Y"] = np.minimum(1, np.round(0.7 * np.array(columns["Y"]) + 0.3, 2)).tolist()
    data = fsqca.sets(columns, "Y", ["A", "B", "C"])
    models = [fsqca.parse(text, data.conditions) for text in ("C + A*~B", "A*C + B*C", "~A + ~B + C")]
    return data, models[0], [*models[1:], models[0]]


def test_robustness_is_that_of_setmethods_to_the_digits_it_prints() -> None:
    """SetMethods 4.1, rob.fit, rob.corefit, rob.singletest; it divides what it has rounded to 3 digits."""
    data, initial, tests = _robust()
    fit = fsqca.robust_fit(data, initial, tests)
    assert (fit.coverage, fit.inclusion) == pytest.approx((0.779, 0.920), abs=1e-3)
    assert fit.coincidence_min == pytest.approx(0.716, abs=5e-4)
    assert (fit.core.inclusion, fit.core.coverage, fit.core.pri) == pytest.approx(
        (0.928, 0.602, 0.844), abs=5e-4
    )
    single = [fsqca.robust_cases(data, initial, [test]).rank for test in tests]
    assert single == [3, 2, 1]
    coincidence = [fsqca.robust_fit(data, initial, [test]).coincidence_min for test in tests]
    assert coincidence == pytest.approx([0.716, 0.797, 1.0], abs=5e-4)


def test_the_order_of_test_solutions_does_not_matter() -> None:
    """SetMethods 4.1 looks at the last one only for maxTS; over all three it is that of ~A + ~B + C here."""
    data, initial, tests = _robust()
    found = {fsqca.robust_fit(data, initial, order) for order in (tests, tests[::-1], [*tests[1:], tests[0]])}
    assert len(found) == 1
    assert found.pop().coincidence_max == pytest.approx(0.797, abs=5e-4)


def test_cases_are_robust_shaky_or_possible_and_counted_in_the_ratios() -> None:
    columns = {"A": [0.9, 0.8, 0.7, 0.2, 0.1], "B": [0.9, 0.2, 0.8, 0.9, 0.1], "Y": [1, 0.9, 0.1, 0.8, 0]}
    data = fsqca.sets(columns, "Y", ["A", "B"], cases=["a", "b", "c", "d", "e"])
    model = {text: fsqca.parse(text, data.conditions) for text in ("A", "B", "A*B")}
    found = fsqca.robust_cases(data, model["A"], [model["A*B"], model["B"]])
    assert (found.robust_typical, found.robust_deviant) == (("a",), ("c",))
    assert (found.shaky_typical, found.possible_typical) == (("b",), ("d",))
    assert (found.typical_ratio, found.deviant_ratio, found.rank) == (1 / 3, 1.0, 4)


# Panels, skewness, ambiguity, rules.


def test_equal_groups_are_at_no_distance_and_an_empty_group_is_consistent() -> None:
    x, y = np.array([0.8, 0.6, 0.8, 0.6]), np.array([0.4, 0.3, 0.4, 0.3])
    found = fsqca.panel_fit(x, y, ["a", "b", "a", "b"], [1, 1, 2, 2])
    assert found.consistency_between.distance == 0
    empty = fsqca.panel_fit(np.array([0.8, 0.6, 0, 0]), y, ["a", "b", "a", "b"], [1, 1, 2, 2])
    assert empty.consistency_between.by_group.tolist() == [0.5, 1.0]
    assert empty.consistency_between.pooled == 0.5


def test_a_set_with_few_cases_on_one_side_is_skewed() -> None:
    data = fsqca.sets({"A": [0.9] + [0.1] * 9, "Y": [0.9, 0.8, 0.5] + [0.1] * 7}, "Y", ["A"])
    skew = {item.name: (item.n_in, item.n_half, item.share, item.is_skewed) for item in fsqca.skewness(data)}
    assert skew == {"A": (1, 0, 0.1, True), "Y": (2, 1, 0.2, False)}


def test_the_number_of_models_is_told_for_every_kind() -> None:
    """R's QCA 3.25.1 prints 2 conservative and 6 parsimonious models (recorded as fuzzy-four-negated)."""
    table = fsqca.truth_table(fsqca.negate(_fuzzy(12, 30, 4, 0.7)), 0.8)
    found = fsqca.ambiguity(table, {"A": 0, "B": 0, "C": 1, "D": 1})
    assert found["conservative"] == (2, True) and found["parsimonious"] == (6, True)
    assert found["intermediate"][0] >= 1


def test_textbook_rules_differ_from_r_only_where_they_say_so() -> None:
    data = fsqca.sets({"A": [0.9, 0.1, 0.3], "Y": [0.7, 0.2, 0.1]}, "Y", ["A"])
    for rules in (fsqca.R, fsqca.TEXTBOOK):
        table = fsqca.truth_table(data, float(fsqca.truth_table(data).inclusion[1]) + 1e-9, rules=rules)
        assert table.output.tolist() == (["0", "1"] if rules is fsqca.R else ["0", "0"])
    lone = [
        fsqca.fit_model(data, fsqca.parse("A", ("A",)), rules).terms[0] for rules in (fsqca.R, fsqca.TEXTBOOK)
    ]
    assert np.isnan(lone[0].unique_coverage) and lone[1].unique_coverage == lone[1].coverage


def test_cases_are_named_by_row_and_by_what_makes_them_odd() -> None:
    data = fsqca.sets(
        {"A": [0.9, 0.8, 0.5, 0.1], "Y": [0.9, 0.3, 0.7, 0.1]},
        "Y",
        ["A"],
        cases=["in", "deviant", "half", "out"],
    )
    table = fsqca.truth_table(data, 0.6)
    assert (table.cases(1), table.deviant(1), table.undecided) == (("in", "deviant"), ("deviant",), ("half",))


def test_the_manual_names_every_public_function_and_its_sources() -> None:
    manual = fsqca.__doc__ or ""
    assert [name for name in fsqca.__all__ if f"`{name}`" not in manual] == []
    for source in ("Ragin", "Schneider", "Fiss", "Oana", "Dusa"):
        assert source in manual
