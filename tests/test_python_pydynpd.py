"""Dynamic panels by pydynpd: printed tables, gretl's numbers, its traps, refusals."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from published_cells import fitted, readings, rounds_to

from harness.engines import python_pydynpd
from harness.errors import EstimationError, Unsupported
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, DynamicPanel, terms

DEEP = {"variables": ["n", "w", "k"], "lags": [2, None]}
SYSTEM: dict[str, Any] = {
    "estimator": "system",
    "regressors": {"n": 1, "w": [0, 1], "k": [0, 1]},
    "instruments": {"gmm": {"all": DEEP}},
}
DIFFERENCE: dict[str, Any] = {
    "estimator": "difference",
    "regressors": {"n": 1, "w": 0, "k": 0},
    "instruments": {"gmm": {"n": {"lags": [2, None]}}, "iv": {"w": {}, "k": {}}},
}


def model(**settings: Any) -> DynamicPanel:
    common = {"model": "dynamic-panel", "outcome": "n", "steps": 2, "std_error": "windmeijer"}
    found = MODEL_ADAPTER.validate_python({**common, **settings})
    assert isinstance(found, DynamicPanel)
    return found


@pytest.fixture(scope="module")
def empl_uk() -> pd.DataFrame:
    frame = pd.read_csv(ROOT / "specs" / "data" / "empl_uk.csv")
    logs = {short: np.log(frame[name]) for name, short in (("emp", "n"), ("wage", "w"), ("capital", "k"))}
    return pd.DataFrame({"firm": frame["firm"] - 1, "year": frame["year"], **logs})


def sheet(frame: pd.DataFrame, column: DynamicPanel) -> Sheet:
    return Sheet(
        frame=frame.reset_index(drop=True),
        outcome="n",
        regressors=tuple(label for label, _, _ in terms(column.regressors)),
        constant=column.has_constant,
        entity="firm",
        time="year",
    )


def fit(frame: pd.DataFrame, **settings: Any) -> dict[tuple[str, str, str], float]:
    column = model(**settings)
    return cells(python_pydynpd.fit(column, sheet(frame, column)))


def cells(found: Estimates) -> dict[tuple[str, str, str], float]:
    return {(cell.part, cell.term, cell.measure): cell.value for cell in found.cells}


def first_lag(found: dict[tuple[str, str, str], float]) -> tuple[float, float]:
    return found["coefficients", "L1.n", "estimate"], found["coefficients", "L1.n", "std_error"]


# ------------------------------------------------------------------------------------- printed numbers


@pytest.mark.parametrize(
    ("spec", "column", "lacking"),
    [
        ("arellano-bond-1991-table-4-stata", "ex2_onestep_robust", 0),
        ("arellano-bond-1991-table-4-stata", "ex4_twostep_wc", 0),
        ("roodman-2009-difference-gmm", "exog_robust", 6),
        ("roodman-2009-difference-gmm", "endog_robust_small", 6),
        ("pydynpd-benchmark-1", "twostep_robust", 18),
        ("windmeijer-2005-table-2", "onestep_robust", 0),
    ],
)
def test_every_printed_cell_but_difference_in_hansen_is_reproduced(
    spec: str, column: str, lacking: int
) -> None:
    found = readings(python_pydynpd, spec, column)
    absent = [one for one in found if one.value is None]
    off = [one for one in found if one.value is not None and not rounds_to(one.value, one.text)]
    assert not off
    assert len(absent) == lacking
    offered = {item.term for item in fitted(python_pydynpd, spec, column).not_offered}
    assert {one.term for one in absent} <= offered


def test_a_system_is_that_of_gretl(empl_uk: pd.DataFrame) -> None:
    # gretl 2022c, dpanel --system --two-step: .8790035 (.0400808), 106 instruments
    found = fit(empl_uk, **SYSTEM)
    estimate, std_error = first_lag(found)
    assert (round(estimate, 7), round(std_error, 7)) == (0.8790035, 0.0400808)
    assert found["fit", "model", "n_instruments@rank"] == 106
    assert found["fit", "model", "n_obs@equation"] == 891


def test_a_collapsed_system_is_that_of_gretl(empl_uk: pd.DataFrame) -> None:
    # gretl 2022c: .8702535 (.1833849), 13 instruments, Hansen(7) 8.5423
    collapsed = {"gmm": {"all": {**DEEP, "lags": [2, 4], "collapse": True}}}
    found = fit(empl_uk, **{**SYSTEM, "instruments": collapsed})
    estimate, std_error = first_lag(found)
    assert (round(estimate, 7), round(std_error, 7)) == (0.8702535, 0.1833849)
    assert round(found["tests", "hansen_j", "statistic"], 4) == 8.5423
    assert found["tests", "hansen_j", "df"] == 7


def test_the_serial_correlation_it_prints_after_one_step_is_kept_apart() -> None:
    found = cells(fitted(python_pydynpd, "arellano-bond-1991-table-4-stata", "ex2_onestep_robust"))
    assert round(found["as_printed", "ar1", "statistic"], 4) == -3.4929  # that of the second step's moments
    assert round(found["tests", "ar1", "statistic"], 4) == -3.5996  # the manual's


def test_what_our_code_computed_is_listed() -> None:
    found = fitted(python_pydynpd, "roodman-2009-difference-gmm", "exog_robust")
    ours = set(found.recomputed)
    assert ("tests", "ar1", "statistic") in ours
    assert ("fit", "model", "n_obs@equation") in ours
    assert ("tests", "hansen_j", "statistic") not in ours
    assert not any(part == "coefficients" for part, _, _ in ours)


@pytest.mark.parametrize("steps", [1, 2])
def test_deviations_and_differences_agree_on_a_balanced_panel(empl_uk: pd.DataFrame, steps: int) -> None:
    """With every lag an instrument both transformations span the same moments (Arellano and Bover 1995)."""
    years = empl_uk[empl_uk["year"].between(1978, 1982)]
    balanced = years[years.groupby("firm")["year"].transform("size") == 5]
    settings = {
        **DIFFERENCE,
        "steps": steps,
        "std_error": "robust" if steps == 1 else "windmeijer",
        "instruments": {"gmm": {"n": {"lags": [2, None]}, "x": {"variables": ["w", "k"], "lags": [1, None]}}},
    }
    differences = fit(balanced, **settings)
    deviations = fit(balanced, **settings, transformation="forward-orthogonal-deviations")
    same = [key for key in differences if key[0] in ("coefficients", "covariance") or key[1][:2] == "ar"]
    assert [deviations[key] for key in same] == pytest.approx([differences[key] for key in same], rel=1e-8)


# ----------------------------------------------------------------------------------------------- traps


def test_the_order_of_rows_does_not_matter(empl_uk: pd.DataFrame) -> None:
    shuffled = empl_uk.sample(frac=1, random_state=3)
    assert first_lag(fit(shuffled, **SYSTEM)) == first_lag(fit(empl_uk, **SYSTEM))


def test_units_of_the_data_do_not_matter(empl_uk: pd.DataFrame) -> None:
    plain = fit(empl_uk, **SYSTEM)
    large = fit(empl_uk.assign(w=empl_uk["w"] * 1.5e8, n=empl_uk["n"] * 1e-3), **SYSTEM)
    assert first_lag(large) == pytest.approx(first_lag(plain), rel=1e-8)
    wage = ("coefficients", "w", "estimate")
    assert large[wage] == pytest.approx(plain[wage] * 1e-3 / 1.5e8, rel=1e-8)
    assert large["tests", "ar2", "statistic"] == pytest.approx(plain["tests", "ar2", "statistic"], rel=1e-7)


def test_a_year_that_everybody_lacks_is_a_gap_and_not_a_step(empl_uk: pd.DataFrame) -> None:
    """Rows without values and no rows at all are the same data."""
    without = empl_uk[empl_uk["year"] != 1980]
    empty = empl_uk.assign(**{name: empl_uk[name].where(empl_uk["year"] != 1980) for name in "nwk"})
    found = fit(without, **SYSTEM)
    assert found == fit(empty, **SYSTEM)
    assert found["fit", "model", "n_instruments@rank"] < found["fit", "model", "n_instruments@columns"]
    assert found["tests", "hansen_j", "df"] < found["as_printed", "hansen", "df"]


def test_a_step_of_five_years_is_a_step(empl_uk: pd.DataFrame) -> None:
    column = model(**SYSTEM)
    wide = replace(sheet(empl_uk.assign(year=empl_uk["year"] * 5), column), step=5)
    assert first_lag(cells(python_pydynpd.fit(column, wide))) == first_lag(fit(empl_uk, **SYSTEM))


def test_it_prints_nothing_and_leaves_frame_and_filters_alone(
    empl_uk: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    column = model(**DIFFERENCE)
    given = sheet(empl_uk, column)
    before, filters = given.frame.copy(), list(warnings.filters)
    python_pydynpd.fit(column, given)
    assert capsys.readouterr() == ("", "")
    assert warnings.filters == filters
    pd.testing.assert_frame_equal(given.frame, before)


def test_its_own_words_stand_in_the_error(empl_uk: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="pydynpd stopped: Not enough periods to run the model"):
        fit(empl_uk[empl_uk["year"] < 1979], **DIFFERENCE)


def test_its_exit_is_an_error_with_the_words_it_printed(
    empl_uk: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pydynpd.regression

    def leave(*_: object) -> None:
        print("variable x9 does not exist")
        raise SystemExit

    monkeypatch.setattr(pydynpd.regression, "abond", leave)
    with pytest.raises(EstimationError, match="pydynpd stopped: variable x9 does not exist"):
        fit(empl_uk, **DIFFERENCE)


def test_a_singular_design_names_its_columns(empl_uk: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="w, k follow from each other"):
        fit(empl_uk.assign(k=2 * empl_uk["w"]), **DIFFERENCE)


def test_too_few_instruments_are_an_error(empl_uk: pd.DataFrame) -> None:
    few = {"gmm": {"n": {"lags": [2, 2], "collapse": True}}, "iv": {"w": {}}}
    with pytest.raises(EstimationError, match="do not identify"):
        fit(empl_uk, estimator="difference", regressors={"n": [1, 2], "w": 0}, instruments=few)


def test_an_exactly_identified_model_has_no_test_of_restrictions(empl_uk: pd.DataFrame) -> None:
    just = {"gmm": {"n": {"lags": [2, 2], "collapse": True}}, "iv": {"w": {}}}
    column = model(estimator="difference", regressors={"n": 1, "w": 0}, instruments=just)
    found = python_pydynpd.fit(column, sheet(empl_uk, column))
    assert ("tests", "hansen_j", "statistic") not in cells(found)
    assert "hansen_j" in {item.term for item in found.not_offered}


def test_more_instruments_than_groups_are_warned_of(empl_uk: pd.DataFrame) -> None:
    column = model(**SYSTEM)
    found = python_pydynpd.fit(column, sheet(empl_uk[empl_uk["firm"] < 80], column))
    assert any("singular" in sentence for sentence in found.warnings)


# -------------------------------------------------------------------------------------------- refusals

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "conventional": ({**DIFFERENCE, "std_error": "conventional"}, "no conventional"),
    "h": ({**SYSTEM, "h": 2}, "h: 3 only"),
    "no constant": ({**SYSTEM, "constant": False}, "always has a constant"),
    "constant": ({**DIFFERENCE, "constant": True}, "has no constant"),
    "outcome": ({**DIFFERENCE, "regressors": {"w": 0, "k": 0}}, "first lag of the outcome"),
    "equation": (
        {**SYSTEM, "instruments": {"gmm": {"all": {**DEEP, "equation": "difference"}}}},
        "equation: difference",
    ),
    "no instrument of its own": (
        {**DIFFERENCE, "instruments": {"gmm": {"n": {"lags": [2, None]}}, "iv": {"w": {}}}},
        "none: k",
    ),
    "gmm and iv": (
        {**DIFFERENCE, "instruments": {"gmm": {"all": DEEP}, "iv": {"w": {}}}},
        "not in both: w",
    ),
    "twice": (
        {**DIFFERENCE, "instruments": {"gmm": {"all": DEEP, "k": {"lags": [1, 1]}}}},
        "in several: k",
    ),
    "collapse": (
        {
            **DIFFERENCE,
            "instruments": {
                "gmm": {
                    "n": {"lags": [2, None], "collapse": True},
                    "x": {"variables": ["w", "k"], "lags": [1, None]},
                }
            },
        },
        "all GMM groups or none",
    ),
    "outcome's lag": (
        {**DIFFERENCE, "instruments": {"gmm": {"n": {"lags": [1, None]}}, "iv": {"w": {}, "k": {}}}},
        "from 2 on",
    ),
    "sample": (
        {**DIFFERENCE, "instruments": {"gmm": {"n": {"lags": [3, 5]}}, "iv": {"w": {}, "k": {}}}},
        "fewer rows",
    ),
    "components": ({**DIFFERENCE, "principal_components": 5}, "principal components"),
    "weights": ({**DIFFERENCE, "weights": "w"}, "no weights"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_it_cannot_do_it_says(empl_uk: pd.DataFrame, name: str) -> None:
    settings, sentence = REFUSALS[name]
    column = model(**settings)
    for function in (python_pydynpd.fit, python_pydynpd.translate):
        with pytest.raises(Unsupported, match=sentence):
            function(column, sheet(empl_uk, column))


def test_a_row_left_out_of_the_sample_and_kept_for_lags_is_refused(empl_uk: pd.DataFrame) -> None:
    column = model(**DIFFERENCE)
    frame = empl_uk.assign(chosen=(empl_uk["year"] > 1979).astype(float))
    with pytest.raises(Unsupported, match="lags_from"):
        python_pydynpd.fit(column, replace(sheet(frame, column), sampled="chosen"))


def test_gaps_are_refused_with_forward_orthogonal_deviations(empl_uk: pd.DataFrame) -> None:
    holed = empl_uk[~((empl_uk["firm"] == 3) & (empl_uk["year"] == 1980))]
    with pytest.raises(Unsupported, match="gaps"):
        fit(holed, **DIFFERENCE, transformation="forward-orthogonal-deviations")


def test_an_instrument_that_is_missing_where_the_row_is_not_is_refused(empl_uk: pd.DataFrame) -> None:
    frame = empl_uk.assign(z=empl_uk["w"].where(empl_uk["firm"] != 5))
    iv = {**DIFFERENCE["instruments"], "iv": {"w": {}, "k": {}, "z": {}}}
    with pytest.raises(Unsupported, match="instrument z is missing"):
        fit(frame, **{**DIFFERENCE, "instruments": iv})


# -------------------------------------------------------------------------------------------- the call


def test_the_call_is_in_the_names_of_the_data(empl_uk: pd.DataFrame) -> None:
    settings = {
        "estimator": "difference",
        "regressors": {"n": [1, 2], "w": [0, 1], "k": 0},
        "time_dummies": [1980],
        "instruments": {
            "gmm": {"n": {"lags": [2, None]}, "w": {"lags": [1, 3]}},
            "iv": {"x": {"variables": {"k": 0, "time_dummies": 0}}},
        },
        "steps": 1,
        "std_error": "robust",
    }
    column = model(**settings)
    given = replace(sheet(empl_uk, column), dummies=("year=1980",))
    assert python_pydynpd.translate(column, given).splitlines() == [
        "from pydynpd.regression import abond",
        'abond("n L(1:2).n L(0:1).w k year_1980 | gmm(n, 2:.) gmm(w, 1:3) iv(k year_1980) '
        '| onestep nolevel", df, ["firm", "year"])',
    ]
