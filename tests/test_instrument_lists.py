"""Numbers of instruments: printed ones of published tables, and what the estimator lays out."""

import csv

import numpy as np
import pytest
from conftest import ROOT

from harness.estimators import dpd
from harness.estimators.instrument_lists import Equation, Treatment, gmm_columns, level_columns, treatments


def printed_number(table: str, column: str) -> int:
    with (ROOT / "golden" / table / "published.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "n_instruments"]
    assert len(rows) == 1
    return int(rows[0][column])


def test_roodmans_system_has_the_printed_113_instruments() -> None:
    # Nine years, n, w and k from lag 2 in both equations, seven year dummies, a constant; L.w and L.k.
    three = 3 * gmm_columns((2, None), 9, collapse=False, first_row=2)
    wanted = printed_number("roodman-2009-system-gmm", "onestep_robust_small")
    assert three + 7 + 1 == wanted == 113


def test_arellano_and_bonds_difference_estimator_has_the_printed_41() -> None:
    # n from lag 2 in differences, two lags of n among the regressors; 8 regressors and 6 dummies besides.
    of_n = gmm_columns((2, None), 9, collapse=False, equation="difference", first_row=3)
    assert of_n == 2 + 3 + 4 + 5 + 6 + 7
    assert of_n + 8 + 6 == printed_number("roodman-2009-difference-gmm", "exog_robust") == 41


def test_collapsed_there_is_one_column_a_lag_and_one_for_the_levels() -> None:
    assert gmm_columns((2, 4), 9, collapse=True) == 3 + 1
    assert gmm_columns((2, None), 17, collapse=True) == 15 + 1
    assert gmm_columns((2, 4), 9, collapse=True, equation="difference") == 3


def test_in_levels_alone_every_lag_of_the_difference_counts() -> None:
    # With both equations the deeper ones follow from those in differences (Roodman 2009, sec. 2.4).
    assert level_columns((2, 4), 9, collapse=True) == 1
    assert level_columns((2, 4), 9, collapse=True, equation="level") == 3
    assert level_columns((2, 4), 9, collapse=True, equation="difference") == 0


@pytest.mark.parametrize("equation", ["both", "difference", "level"])
def test_the_formula_counts_what_the_estimator_lays_out(equation: Equation) -> None:
    periods = 6
    for longest in (1, 2):
        for lags in ((1, 1), (1, 3), (2, 2), (2, 4), (2, None), (3, 9), (1, None)):
            for collapse in (True, False):
                laid = laid_out(lags, periods, longest, collapse, equation)
                how = {"collapse": collapse, "equation": equation, "first_row": 1 + longest}
                wanted = (gmm_columns(lags, periods, **how), level_columns(lags, periods, **how))
                assert laid == wanted, (lags, longest, collapse)


def laid_out(
    lags: tuple[int, int | None], periods: int, longest: int, collapse: bool, equation: Equation
) -> tuple[int, int]:
    """Independent GMM columns of w, and those of them in levels, on 60 entities with noise."""
    noise = np.random.default_rng(0).standard_normal((4, 60 * periods))
    columns = dict(zip(("y", "x", "w", "z"), noise, strict=True))
    entity, time = np.repeat(np.arange(60), periods), np.tile(np.arange(periods), 60)
    model = dpd.Model(
        "y",
        (("y", longest), ("x", 0)),
        {"w": dpd.Gmm(("w",), lags, equation, collapse)},
        {"x": dpd.Iv((("x", 0), ("z", 0)))},  # enough without w, so that w can be tested
        "system",
    )
    found = dpd.fit(model, columns, entity, time)
    tested = found.difference_in_hansen()
    in_levels = tested["level_gmm"][1].df if "level_gmm" in tested else 0
    return found.counts.instruments - 3, in_levels  # without the constant, x and z


def test_the_ways_beside_an_own_window_are_windows_and_the_variable_itself() -> None:
    own = Treatment("gmm", (2, 3), True)
    of_outcome = list(treatments(own, (2,), 5))
    assert of_outcome[0] == own and len(set(of_outcome)) == len(of_outcome)
    # From lag 2 to 2, to 3 and to the end, collapsed and not.
    assert {(one.lags, one.collapse) for one in of_outcome} == {
        ((2, last), collapse) for last in (2, 3, None) for collapse in (True, False)
    }
    others = list(treatments(Treatment("iv"), (1, 2), 5))
    assert others[0] == Treatment("iv") and len(set(others)) == len(others) == 1 + 2 * (4 + 3)


def test_a_window_that_reaches_the_first_period_is_the_open_one() -> None:
    (first, *_) = treatments(Treatment("gmm", (2, 16), True), (2,), 17)
    assert first == Treatment("gmm", (2, None), True)
