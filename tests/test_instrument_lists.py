"""Numbers of instruments: printed ones of published tables, and lists counted by hand."""

import csv

import pytest
from conftest import ROOT

from harness.estimators.instrument_lists import InstrumentList, Treatment, gmm_columns, lists, settings

# The article's tables 3 and 4: column to number of instruments, and whether it has a control.
PRINTED = {
    ("3", "I"): (13, False),
    **{("3", column): (13, True) for column in ("II", "III", "IV", "V", "VI")},
    ("3", "VII"): (13, False),
    ("3", "VIII"): (15, True),
    ("3", "IX"): (10, True),
    ("3", "X"): (19, True),
    ("3", "XI"): (10, True),
    ("3", "XII"): (13, True),
    ("4", "I"): (13, False),
    ("4", "II"): (15, True),
    ("4", "III"): (10, True),
    ("4", "IV"): (13, True),
    ("4", "V"): (10, True),
    ("4", "VI"): (16, True),
}


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
    assert gmm_columns((2, 4), 9, collapse=True, equation="level") == 1


def test_uncollapsed_lists_and_year_dummies_are_beyond_the_printed_numbers() -> None:
    # 19 is the largest. One lag of the outcome uncollapsed alone, or a dummy for each year with a lag:
    assert gmm_columns((2, 2), 17, collapse=False) == 15 + 15
    least = InstrumentList(Treatment("gmm", (2, 2)), Treatment("iv")).columns(5, 17)
    assert least == 1 + 2 + 5 and least + 15 > 19


def test_thirteen_without_a_control_fits_three_lists() -> None:
    # 1 + (6 + 1) + 5, or 1 + (1 + 1) + 5 * (1 + 1) with V1 to V5 predetermined or endogenous.
    assert list(lists(13, 5, 17, control=False)) == [
        InstrumentList(Treatment("gmm", (2, 7)), Treatment("iv")),
        InstrumentList(Treatment("gmm", (2, 2)), Treatment("gmm", (1, 1))),
        InstrumentList(Treatment("gmm", (2, 2)), Treatment("gmm", (2, 2))),
    ]


def test_ten_with_a_control_leaves_only_exogenous_types() -> None:
    # Five types by two instruments each are 10, and the outcome and the constant need three more.
    found = list(lists(10, 5, 17, control=True))
    assert len(found) == 3 and {one.alike for one in found} == {Treatment("iv")}


@pytest.mark.parametrize(
    ("total", "control", "count"),
    [(13, False, 3), (13, True, 9), (10, True, 3), (15, True, 19), (16, True, 25), (19, True, 45)],
)
def test_the_lists_of_a_number_are_as_many_as_counted_by_hand(total: int, control: bool, count: int) -> None:
    # With n = instruments of the outcome (from 2 on) and c of the control (1, or 2 and more in two ways):
    # n + c = total - 6 with exogenous types, total - 11 (two ways) with one lag, total - 16 with two, ...
    def ways(rest: int) -> int:
        return sum(1 if c == 1 else 2 for c in range(1, rest - 1)) if control else int(rest >= 2)

    by_hand = ways(total - 6) + sum(2 * ways(total - 1 - 5 * (k + 1)) for k in range(1, 4))
    found = list(lists(total, 5, 17, control=control))
    assert len(found) == len(set(found)) == count == by_hand
    assert all(one.columns(5, 17) == total for one in found)


def test_every_printed_number_has_a_list_with_exogenous_types() -> None:
    for total, control in PRINTED.values():
        assert any(one.alike.style == "iv" for one in lists(total, 5, 17, control=control))


def test_a_list_in_the_words_of_a_spec() -> None:
    exogenous = InstrumentList(Treatment("gmm", (2, 6)), Treatment("iv"), Treatment("iv"))
    both = {"collapse": True, "equation": "both"}
    assert settings(exogenous, "y", ("a", "b"), "types", "x") == {
        "gmm": {"y": {"lags": [2, 6], **both}},
        "iv": {"types": {"variables": {"a": 0, "b": 0}, "equation": "both"}, "x": {"equation": "both"}},
    }
    lagged = InstrumentList(Treatment("gmm", (2, 2)), Treatment("gmm", (1, 1)), Treatment("gmm", (2, 3)))
    assert settings(lagged, "y", ("a", "b"), "types", "x") == {
        "gmm": {
            "y": {"lags": [2, 2], **both},
            "types": {"variables": ["a", "b"], "lags": [1, 1], **both},
            "x": {"lags": [2, 3], **both},
        }
    }
