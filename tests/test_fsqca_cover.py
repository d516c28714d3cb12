"""The smallest cover of a chart: found, and proved to be the smallest."""

from collections.abc import Sequence
from itertools import combinations
from math import inf
from typing import Any

import numpy as np
import pytest
from fsqca_cases import generated
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse

from harness.estimators import fsqca
from harness.estimators.fsqca.chart import solve_chart
from harness.estimators.fsqca.local import LocalSearch
from harness.estimators.fsqca.proof import Undecided, cover_within
from harness.estimators.fsqca.smallest import Effort, in_fractions, smallest_cover
from harness.estimators.fsqca.tableau import Tableau, tableau

pytestmark = pytest.mark.slow

Rows = Sequence[Sequence[int]]


@st.composite
def charts(draw: Any, least_rows: int = 1) -> Rows:
    """Rows of two to four of at most ten columns: odd cycles abound, so that fractions beat whole columns."""
    n_columns = draw(st.integers(4, 10))
    row = st.sets(st.integers(0, n_columns - 1), min_size=2, max_size=4).map(sorted)
    rows: list[list[int]] = draw(st.lists(row, min_size=least_rows, max_size=24))
    used = sorted({column for row in rows for column in row})
    return [[used.index(column) for column in row] for row in rows]


def _covers(rows: Rows) -> set[tuple[int, ...]]:
    """All minimum covers, by trying all sets of columns, the small ones first."""
    columns = sorted({column for row in rows for column in row})
    for size in range(1, len(columns) + 1):
        found = {
            chosen for chosen in combinations(columns, size) if all(set(row) & set(chosen) for row in rows)
        }
        if found:
            return found
    raise AssertionError


@settings(max_examples=100, deadline=None)
@given(charts())
def test_a_minimum_cover_is_found_and_none_below_it(rows: Rows) -> None:
    size = len(min(_covers(rows)))
    relaxed = in_fractions(rows)
    found, _ = cover_within(relaxed.chart, relaxed.shares, relaxed.prices, size, inf)
    assert found in _covers(rows)
    assert cover_within(relaxed.chart, relaxed.shares, relaxed.prices, size - 1, inf)[0] is None


@settings(max_examples=60, deadline=None)
@given(charts(least_rows=13))
def test_all_minimum_covers_of_charts_that_are_solved_in_fractions_first_are_those_of_brute_force(
    rows: Rows,
) -> None:
    cells = np.array([(i, column) for i, row in enumerate(rows) for column in row])
    solved = solve_chart(cells, len(rows), 1 + max(map(max, rows)))
    assert set(solved.listed) == _covers(rows)
    assert (solved.size, solved.count) == (solved.size_at_least, len(_covers(rows)))


@settings(max_examples=60, deadline=None)
@given(charts(), st.data())
def test_a_tableau_follows_what_is_barred_and_added(rows: Rows, data: Any) -> None:
    """Each value against a linear programme solved anew by HiGHS."""
    relaxed = in_fractions(rows)
    chart = relaxed.chart.toarray()
    here = tableau(chart, relaxed.shares, relaxed.prices)
    barred = np.zeros(chart.shape[1], dtype=np.bool_)
    for step in range(4):
        columns = np.array(data.draw(st.lists(st.booleans(), min_size=len(barred), max_size=len(barred))))
        if step % 2:
            barred |= columns
            here = here.without(columns)
        else:
            chart = np.vstack((chart, columns))
            here = here.with_row(columns)
        here.solve(above=50.0, most=inf)
        _check_tableau(here, chart, barred)


def _check_tableau(here: Tableau, chart: Any, barred: Any) -> None:
    ends = [(0, 0) if flag else (0, None) for flag in barred]
    anew = optimize.linprog(np.ones(len(barred)), -chart, -np.ones(len(chart)), bounds=ends)
    if anew.status == 2:  # a row that no column covers any more
        assert here.value > 50
        return
    assert here.value == pytest.approx(anew.fun, abs=1e-9)
    assert here.shares.sum() == pytest.approx(anew.fun, abs=1e-9)
    assert (chart @ here.shares >= 1 - 1e-7).all() and np.abs(here.shares[barred]).max(initial=0.0) < 1e-7
    assert here.prices.sum() == pytest.approx(anew.fun, abs=1e-9)
    assert ((here.prices @ chart)[~barred] <= 1 + 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(charts(), st.integers(1, 30))
def test_local_search_keeps_its_books_and_ends_with_a_cover(rows: Rows, moves: int) -> None:
    assume(not set.intersection(*map(set, rows)))  # a column alone is no cover: there is one to exchange
    chosen = LocalSearch(rows, ())
    for _ in range(moves):
        cover = chosen.run(1, 1)
        assert all(set(row) & set(cover) for row in rows)
        _check_books(chosen, rows)


def _check_books(chosen: LocalSearch, rows: Rows) -> None:
    assert chosen.uncovered == {i for i, row in enumerate(rows) if not chosen.columns & set(row)}
    for column, gain in enumerate(chosen.gain):
        others = chosen.columns - {column}
        alone = sum(chosen.weight[i] for i, row in enumerate(rows) if column in row and not others & set(row))
        sign = -1 if column in chosen.columns else 1
        assert gain + chosen.moved[column] == pytest.approx(sign * alone, abs=1e-9)


def _lines(dimension: int) -> Rows:
    """The lines of the projective space of this dimension over two elements: points a, b and a + b."""
    points = range(1, 2 ** (dimension + 1))
    return [[a - 1, b - 1, (a ^ b) - 1] for a, b in combinations(points, 2) if a ^ b > b]


@pytest.mark.parametrize(("dimension", "fractions"), [(2, 3), (3, 5), (4, 11)])
def test_every_line_of_a_projective_space_is_met_by_a_plane_and_by_no_fewer_points(
    dimension: int, fractions: int
) -> None:
    """
    The smallest set of points that meets all lines is a hyperplane (Bose and Burton 1966): 3, 7, 15 points.
    A third of every point covers the lines as well: far fewer, and nothing else to prune by.
    """
    rows = _lines(dimension)
    relaxed = in_fractions(rows)
    found = smallest_cover(rows, relaxed, Effort())
    assert relaxed.at_least == fractions
    assert (found.size, found.at_least) == (2**dimension - 1, 2**dimension - 1)


def _sparse_chart(seed: int, n_rows: int, n_columns: int, share: float) -> Any:
    random = np.random.default_rng(seed)
    chart = random.random((n_rows, n_columns)) < share
    chart[np.arange(n_rows), random.integers(0, n_columns, n_rows)] = True
    return chart


@pytest.mark.parametrize("seed", [3, 6])
def test_the_size_of_a_larger_chart_is_that_of_highs(seed: int) -> None:
    """HiGHS proves it by its own branch and cut; fractions need 15.9 and 19.9 columns."""
    chart = _sparse_chart(seed, 100, 80, 0.05)
    alone = optimize.milp(
        np.ones(80),
        constraints=optimize.LinearConstraint(sparse.csr_matrix(chart.astype(float)), lb=1),
        integrality=np.ones(80),
        bounds=optimize.Bounds(0, 1),
    )
    solved = solve_chart(np.argwhere(chart), 100, 80)
    assert alone.status == 0
    assert (solved.size, solved.size_at_least) == (round(alone.fun), round(alone.mip_dual_bound))
    assert all(chart[:, list(cover)].any(axis=1).all() for cover in solved.listed)
    assert {len(cover) for cover in solved.listed} == {solved.size}


def test_what_is_not_proved_is_called_a_lower_bound() -> None:
    rows = _lines(4)
    cells = np.array([(i, column) for i, row in enumerate(rows) for column in row])
    short = solve_chart(cells, len(rows), 31, effort=Effort(steps=10, cells=0))
    assert (short.size, short.size_at_least, short.count_is_exact) == (15, 11, False)
    relaxed = in_fractions(rows)
    with pytest.raises(Undecided):
        cover_within(relaxed.chart, relaxed.shares, relaxed.prices, 14, 1e6)


def _hard(effort: Effort) -> fsqca.Solution:
    """105 positive rows of 128, so that the chart is one large component."""
    columns = generated(10, 300, 7, 1.5)
    data = fsqca.sets(columns, "Y", [name for name in columns if name != "Y"])
    return fsqca.conservative(fsqca.truth_table(data, 0.7), effort=effort)


def test_a_solution_says_what_is_not_proved_of_it() -> None:
    short, proved = _hard(Effort(steps=10, moves=0, cells=0)), _hard(Effort(cells=inf))
    assert not short.is_proved and proved.is_proved
    assert short.size_at_least <= proved.size <= short.size
    assert f" models of {short.size} terms (proved: at least {short.size_at_least}):" in str(short)
    assert "proved" not in str(proved)


def test_the_same_rows_give_the_same_cover_every_time() -> None:
    assert _hard(Effort(steps=10)).models == _hard(Effort(steps=10)).models
