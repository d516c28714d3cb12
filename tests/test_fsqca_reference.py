"""The fast fsQCA equals the slow and obvious one, and does not care how the question is put."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import reference_fsqca as reference
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.estimators import fsqca

NAMES = ("A", "B", "C", "D")
GRID = [i / 20 for i in range(21)]


@st.composite
def fuzzy_data(draw: Any) -> tuple[list[list[float]], list[float]]:
    """Cases with two to four conditions, memberships in twentieths, so that ties and 0.5 are common."""
    k = draw(st.integers(2, 4))
    n = draw(st.integers(3, 14))
    value = st.sampled_from(GRID)
    X = draw(st.lists(st.lists(value, min_size=k, max_size=k), min_size=n, max_size=n))
    return X, draw(st.lists(value, min_size=n, max_size=n))


@st.composite
def outputs(draw: Any) -> dict[tuple[int, ...], str]:
    """A truth table as such: any output for each of the 2^k rows, at least one positive and one negative."""
    k = draw(st.integers(2, 4))
    rows = list(product((0, 1), repeat=k))
    drawn = draw(st.lists(st.sampled_from("10?1?C"), min_size=len(rows), max_size=len(rows)))
    assume("1" in drawn and ("0" in drawn or "C" in drawn))
    return dict(zip(rows, drawn, strict=True))


def _sets(X: list[list[float]], y: list[float]) -> fsqca.Sets:
    columns = {name: [case[j] for case in X] for j, name in enumerate(NAMES[: len(X[0])])}
    return fsqca.sets({**columns, "Y": y}, "Y", list(columns), strict=False)


def _table(outputs: dict[tuple[int, ...], str]) -> fsqca.TruthTable:
    """Crisp data that give just these outputs: two cases a row; `C` by one case of each kind."""
    shown = {"1": (1, 1), "0": (0, 0), "C": (1, 0)}
    cases = [(row, y) for row, output in outputs.items() if output != "?" for y in shown[output]]
    data = _sets([list(map(float, row)) for row, _ in cases], [float(y) for _, y in cases])
    return fsqca.truth_table(data, incl_cut=(0.8, 0.4))


def _pattern(term: fsqca.Term, k: int) -> tuple[int | None, ...]:
    return tuple(
        (term.value >> (k - 1 - j)) & 1 if (term.care >> (k - 1 - j)) & 1 else None for j in range(k)
    )


def _patterns(models: tuple[tuple[fsqca.Term, ...], ...], k: int) -> set[frozenset[Any]]:
    return {frozenset(_pattern(term, k) for term in model) for model in models}


def _row(code: int, k: int) -> tuple[int, ...]:
    return tuple((code >> (k - 1 - j)) & 1 for j in range(k))


@given(
    fuzzy_data(), st.sampled_from([0.5, 0.75, 0.8, 0.9, 1.0]), st.sampled_from([0.0, 0.5]), st.integers(1, 2)
)
def test_the_truth_table_is_that_of_the_definitions(
    data: tuple[list[list[float]], list[float]], incl_cut: float, pri_cut: float, n_cut: int
) -> None:
    expected = reference.table(*data, (incl_cut, incl_cut / 2), pri_cut, n_cut)
    shown = {row: cell for row, cell in expected.items() if cell[1] > 0}
    assume(any(cell[1] >= n_cut for cell in shown.values()))
    table = fsqca.truth_table(_sets(*data), (incl_cut, incl_cut / 2), pri_cut, n_cut)
    assert [_row(int(code), table.data.k) for code in table.codes] == list(shown)
    assert table.output.tolist() == [cell[0] for cell in shown.values()]
    assert table.n_cases.tolist() == [cell[1] for cell in shown.values()]
    assert table.inclusion == pytest.approx([cell[2] for cell in shown.values()], abs=1e-12, nan_ok=True)
    assert table.pri == pytest.approx([cell[3] for cell in shown.values()], abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", ["conservative", "parsimonious"])
@settings(max_examples=200, deadline=None)
@given(outputs())
def test_primes_and_all_minimal_models_are_those_of_brute_force(
    kind: str, outputs: dict[tuple[int, ...], str]
) -> None:
    table = _table(outputs)
    k = table.data.k
    terms, models = reference.solution(kind, outputs, k)
    solution = getattr(fsqca, kind)(table)
    assert solution.primes is not None
    assert {_pattern(term, k) for term in solution.primes.terms} == terms
    assert _patterns(solution.models, k) == models
    assert solution.n_models == len(models) == len(solution.models)
    assert solution.count_is_exact and solution.size == solution.size_at_least
    assert _patterns((solution.common,), k) == {frozenset.intersection(*models)}
    assert _patterns((solution.used,), k) == {frozenset().union(*models)}


@settings(max_examples=150, deadline=None)
@given(outputs(), st.lists(st.sampled_from([0, 1, None]), min_size=4, max_size=4))
def test_intermediate_models_and_easy_counterfactuals_are_those_of_brute_force(
    outputs: dict[tuple[int, ...], str], expected: list[int | None]
) -> None:
    table = _table(outputs)
    k = table.data.k
    solution = fsqca.intermediate(table, dict(zip(table.data.conditions, expected, strict=False)))
    found = {
        (
            frozenset(_pattern(t, k) for t in pair.conservative),
            frozenset(_pattern(t, k) for t in pair.parsimonious),
        ): (
            {_row(code, k) for code in pair.easy},
            _patterns(pair.models, k),
        )
        for pair in solution.pairs
    }
    assert found == reference.intermediate(outputs, expected[:k], k)


@settings(max_examples=60, deadline=None)
@given(fuzzy_data(), st.permutations(range(4)))
def test_the_order_of_conditions_changes_nothing(
    data: tuple[list[list[float]], list[float]], order: list[int]
) -> None:
    original = _sets(*data)
    names = [original.conditions[j] for j in order if j < original.k]
    columns = dict(zip(original.conditions, original.memberships, strict=True))
    turned = fsqca.sets({**columns, "Y": original.membership}, "Y", names, strict=False)
    assert _as_sets(original) == _as_sets(turned)


@settings(max_examples=60, deadline=None)
@given(fuzzy_data(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_negating_a_condition_swaps_its_literals_and_nothing_else(
    data: tuple[list[list[float]], list[float]], flips: list[bool]
) -> None:
    original = _sets(*data)
    flipped = [1 - x if flip else x for x, flip in zip(original.memberships, flips, strict=False)]
    columns = dict(zip(original.conditions, flipped, strict=True))
    turned = fsqca.sets({**columns, "Y": original.membership}, "Y", original.conditions, strict=False)
    names = {name for name, flip in zip(NAMES, flips, strict=True) if flip}
    assert _as_sets(original) == _as_sets(turned, names)


def _as_sets(data: fsqca.Sets, flipped: set[str] | None = None) -> Any:
    """Solutions as sets of sets of sets of literals, or the sentence that says why there are none."""
    flipped = flipped or set()

    def literal(text: str) -> str:
        name = text.removeprefix("~")
        return name if (name == text) != (name in flipped) else f"~{name}"

    try:
        table = fsqca.truth_table(data, 0.8)
        return [
            {
                frozenset(frozenset(map(literal, term.split("*"))) for term in text.split(" + "))
                for text in s.written
            }
            for s in (fsqca.conservative(table), fsqca.parsimonious(table))
        ]
    except fsqca.FsqcaError:
        return None


@given(fuzzy_data())
def test_negating_the_outcome_is_one_minus_the_outcome(data: tuple[list[list[float]], list[float]]) -> None:
    X, y = data
    columns = {name: [case[j] for case in X] for j, name in enumerate(NAMES[: len(X[0])])}
    negated = fsqca.sets({**columns, "Y": y}, "~Y", list(columns), strict=False)
    by_hand = fsqca.sets({**columns, "Z": [1 - v for v in y]}, "Z", list(columns), strict=False)
    assert np.array_equal(negated.membership, by_hand.membership)
    assert np.array_equal(fsqca.negate(negated).membership, 1 - negated.membership)
