"""Static panels and linear models by linearmodels: printed tables, plm's numbers, refusals."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from published_cells import prepared, readings, rounds_to

from harness.engines import python_linearmodels
from harness.errors import EstimationError, Unsupported
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, StaticPanel

KEYS = {"entity": "firm", "time": "year"}


def data(name: str) -> pd.DataFrame:
    frame = pd.read_csv(ROOT / "specs" / "data" / f"{name}.csv")
    return frame.assign(firm=pd.factorize(frame["firm"], sort=True)[0])


def panel(
    frame: pd.DataFrame,
    outcome: str,
    regressors: tuple[str, ...],
    **settings: Any,
) -> tuple[StaticPanel, Sheet]:
    model = MODEL_ADAPTER.validate_python(
        {
            "model": "panel",
            "outcome": outcome,
            "regressors": {name: 0 for name in regressors},
            "estimator": "within",
            "std_error": "conventional",
            **settings,
        }
    )
    assert isinstance(model, StaticPanel)
    sheet = Sheet(
        frame=frame.reset_index(drop=True),
        outcome=outcome,
        regressors=regressors,
        constant=model.has_constant,
        endogenous=tuple(model.endogenous),
        instruments={name: one.level for name, one in model.instruments.items()},
        weights=model.weights,
        cluster=tuple(KEYS.get(name, name) for name in model.cluster),
        entity="firm",
        time="year",
    )
    return model, sheet


def unbalanced(**settings: Any) -> tuple[StaticPanel, Sheet]:
    """emp on wage and capital in EmplUK, 140 firms, 7 to 9 years each."""
    return panel(data("empl_uk"), "emp", ("wage", "capital"), **settings)


def cells(found: Estimates) -> dict[tuple[str, str, str], float]:
    return {(cell.part, cell.term, cell.measure): cell.value for cell in found.cells}


def column(found: Estimates, measure: str) -> list[float]:
    return [c.value for c in found.cells if c.part == "coefficients" and c.measure == measure]


# ------------------------------------------------------------------------------------- printed tables


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("wooldridge-wage-panel", "pols_cluster"),
        ("wooldridge-wage-panel", "fe_cluster"),
        ("wooldridge-wage-panel", "re_cluster"),
        ("wooldridge-wage-panel", "re4_cluster"),
        ("wooldridge-wage-panel", "fe4_default"),
        ("wooldridge-wage-panel", "re4_default"),
        ("wooldridge-2010-job-training", "re"),
        ("roodman-2009-ols-lsdv-anderson-hsiao", "ols"),
        ("roodman-2009-ols-lsdv-anderson-hsiao", "lsdv"),
        ("roodman-2009-ols-lsdv-anderson-hsiao", "anderson_hsiao"),
        ("grunfeld-stata", "fe"),
        ("grunfeld-stata", "fe_robust"),
        ("grunfeld-stata", "ols"),
        ("grunfeld-stata", "ols_robust"),
        ("grunfeld-stata", "ols_cluster"),
        ("baltagi-2013-grunfeld-tests", "tests"),
        ("plm-manual-produc", "within"),
    ],
)
def test_every_printed_cell_is_reproduced(spec: str, name: str) -> None:
    found = readings(python_linearmodels, spec, name)
    off = [one for one in found if one.value is None or not rounds_to(one.value, one.text)]
    assert found and not off


def test_certified_values_of_longley_come_to_twelve_digits() -> None:
    for one in readings(python_linearmodels, "nist-longley", "ols"):
        assert one.value == pytest.approx(float(one.text), rel=1e-12), one


def test_poolability_on_gasoline_is_that_of_plm() -> None:
    # plm 2.6-2, pooltest(); the book prints 129.38 and 27.33, see the spec's note.
    found = cells(python_linearmodels.fit(*prepared("baltagi-2013-gasoline-tests", "tests")))
    entity, slopes = ("poolability_entity", "poolability_entity_slopes")
    assert found["tests", entity, "statistic"] == pytest.approx(129.3165789, rel=1e-8)
    assert found["tests", slopes, "statistic"] == pytest.approx(27.33518627, rel=1e-8)
    assert [found["tests", entity, measure] for measure in ("df", "df2")] == [68, 270]


# -------------------------------------------------------------- plm 2.6-2 on an unbalanced panel, EmplUK

CLUSTER = {"std_error": "cluster"}
TWOWAYS = {"effects": ["entity", "time"]}
ON_EMPL_UK = {
    # settings, coefficients and standard errors of wage and capital (and the constant)
    "vcovHC white1": (
        {"std_error": "robust"},
        (-0.143626243122724, 0.801494975491371),
        (0.0454605075961252, 0.3248037004771712),
    ),
    "vcovHC arellano": (
        {**CLUSTER, "cluster": ["entity"]},
        (-0.143626243122724, 0.801494975491371),
        (0.0714621114421623, 0.5652031272317503),
    ),
    "vcovHC sss": (
        {**CLUSTER, "cluster": ["entity"], "small_sample": "stata"},
        (-0.143626243122724, 0.801494975491371),
        (0.0717535489965053, 0.5675081447268004),
    ),
    "vcovHC by time": (
        {**CLUSTER, "cluster": ["time"]},
        (-0.143626243122724, 0.801494975491371),
        (0.0722755489564058, 0.3349618820863067),
    ),
    "vcovDC": (
        {**CLUSTER, "cluster": ["entity", "time"]},
        (-0.143626243122724, 0.801494975491371),
        (0.0909061636954529, 0.5711012113799856),
    ),
    "vcovSCC maxlag 2": (
        {"std_error": "driscoll-kraay", "bandwidth": 2},
        (-0.143626243122724, 0.801494975491371),
        (0.0786492345644486, 0.3748489572513307),
    ),
    "twoways": (
        TWOWAYS,
        (-0.0930994272441178, 0.7865615141618374),
        (0.0358286106683020, 0.0623610520046844),
    ),
    "twoways arellano": (
        {**TWOWAYS, **CLUSTER, "cluster": ["entity"]},
        (-0.0930994272441178, 0.7865615141618374),
        (0.0609385316119757, 0.5391708326883958),
    ),
    "time": (
        {"effects": ["time"]},
        (-0.33343377095272, 2.09989095933311),
        (0.0492154537723392, 0.0439143503196806),
    ),
    "random": (
        {"estimator": "random"},
        (-0.157677184714807, 1.132021823900994, 9.072268770923740),
        (0.0335264463911462, 0.0592477484343946, 1.1162816133095923),
    ),
    "random arellano": (
        {"estimator": "random", **CLUSTER, "cluster": ["entity"]},
        (-0.157677184714807, 1.132021823900994, 9.072268770923740),
        (0.0780382087807851, 0.5915953376317044, 2.9613601009263411),
    ),
    "between": (
        {"estimator": "between"},
        (-0.337068851798479, 2.267291751640632, 10.505963478144320),
        (0.133752414005464, 0.113579261452665, 3.305522049843483),
    ),
    "pooling white1": (
        {"estimator": "pooled", "std_error": "robust"},
        (-0.323845350365145, 2.104882929175995, 10.359818499621834),
        (0.0711155963544212, 0.2117425023174605, 1.9400633012804791),
    ),
}


@pytest.mark.parametrize("name", ON_EMPL_UK)
def test_an_unbalanced_panel_gives_what_plm_gives(name: str) -> None:
    settings, estimate, std_error = ON_EMPL_UK[name]
    found = python_linearmodels.fit(*unbalanced(**settings))
    assert column(found, "estimate") == pytest.approx(estimate, rel=1e-12)
    assert column(found, "std_error") == pytest.approx(std_error, rel=1e-12)


def test_variance_components_of_an_unbalanced_panel_are_those_of_plm() -> None:
    found = python_linearmodels.fit(*unbalanced(estimator="random"))
    values = cells(found)
    assert values["fit", "entity", "variance"] == pytest.approx(72.65538527620600, rel=1e-12)
    assert values["fit", "idiosyncratic", "variance"] == pytest.approx(4.73319631362314, rel=1e-12)
    assert [item.measure for item in found.not_offered] == ["theta"]


def test_specification_tests_of_an_unbalanced_panel_are_those_of_plm() -> None:
    plm = {  # pFtest, phtest, plmtest(type = "bp"), pbsytest(test = "ar", "re", "j")
        "f_effects": 115.613081125,
        "hausman": 181.6796547168,
        "breusch_pagan_lm": 3335.206668797,
        "lm_star_rho": 14.15017690046,
        "lm_star_mu": 2248.810222423,
        "lm_joint": 3349.356845698,
    }
    values = cells(python_linearmodels.fit(*unbalanced(estimator="pooled", tests=list(plm))))
    for name, statistic in plm.items():
        assert values["tests", name, "statistic"] == pytest.approx(statistic, rel=1e-11), name


# value instrumented by its lag, 1936 to 1954: plm(inv ~ value + capital | capital + lag(value))
GRUNFELD = {
    "within": (
        (0.257371380632803, 0.253045098369033),
        (0.0653576847872887, 0.0369552930897120),
    ),
    "pooled": (
        (0.119159057876475, 0.225868998249615, -46.311678119168242),
        (0.00641702365755758, 0.02687916318382319, 10.11358528316583261),
    ),
    "between": (
        (0.1364675958305228, 0.0300456586590658, -9.1217217591794455),
        (0.0294191897905252, 0.1899503331660585, 48.7342845674031793),
    ),
    "first-difference": (
        (-0.0656400502473764, 0.1416910615909836, 6.3784815353175421),
        (0.0761706013077356, 0.1173020205447265, 7.2354420510741120),
    ),
}


@pytest.mark.parametrize("estimator", GRUNFELD)
def test_two_stage_least_squares_is_that_of_plm(estimator: str) -> None:
    frame = data("grunfeld")
    frame = frame.assign(before=frame.groupby("firm")["value"].shift()).dropna()
    found = python_linearmodels.fit(
        *panel(
            frame,
            "inv",
            ("value", "capital"),
            estimator=estimator,
            endogenous={"value": 0},
            instruments={"before": {}},
        )
    )
    estimate, std_error = GRUNFELD[estimator]
    assert column(found, "estimate") == pytest.approx(estimate, rel=1e-10)
    assert column(found, "std_error") == pytest.approx(std_error, rel=1e-10)


def test_differences_are_taken_between_neighbours_in_time_only() -> None:
    frame = data("grunfeld")
    whole = python_linearmodels.fit(*panel(frame, "inv", ("value",), estimator="first-difference"))
    holed = frame[~((frame["firm"] == 0) & (frame["year"] == 1940))]
    found = python_linearmodels.fit(*panel(holed, "inv", ("value",), estimator="first-difference"))
    assert cells(whole)["fit", "model", "n_obs@equation"] == 190
    assert cells(found)["fit", "model", "n_obs@equation"] == 188


def test_a_row_that_only_lends_its_past_has_no_difference_of_its_own() -> None:
    """Least squares on the differences that are meant, taken by hand."""
    frame = data("grunfeld").assign(used=lambda rows: (rows["year"] != 1940).astype(float))
    model, sheet = panel(frame, "inv", ("value",), estimator="first-difference", constant=False)
    found = python_linearmodels.fit(model, replace(sheet, sampled="used"))
    change = frame.groupby("firm")[["inv", "value"]].diff()[frame["used"] == 1].dropna()
    by_hand = change["inv"] @ change["value"] / (change["value"] @ change["value"])
    assert cells(found)["coefficients", "value", "estimate"] == pytest.approx(by_hand, rel=1e-12)
    assert cells(found)["fit", "model", "n_obs@equation"] == len(change) == 180


def test_an_instrument_in_levels_is_not_differenced() -> None:
    """Anderson and Hsiao by the panel model: Roodman's (2009) printed coefficients."""
    model, sheet = prepared("roodman-2009-ols-lsdv-anderson-hsiao", "ols")
    frame = sheet.frame
    panel_model = MODEL_ADAPTER.validate_python(
        {
            "model": "panel",
            "outcome": sheet.outcome,
            "regressors": {name: list(lags) for name, lags in model.regressors.items()},  # type: ignore[union-attr]
            "estimator": "first-difference",
            "std_error": "conventional",
            "endogenous": {"log_emp": 1},
            "instruments": {"log_emp": {"lags": 2, "level": True}},
        }
    )
    terms = tuple(name for name in sheet.regressors if name != "year=1984")
    found = python_linearmodels.fit(
        panel_model,
        Sheet(
            frame=frame,
            outcome=sheet.outcome,
            regressors=terms,
            constant=True,
            endogenous=("L1.log_emp",),
            instruments={"L2.log_emp": True},
            entity="firm",
            time="year",
        ),
    )
    values = cells(found)
    assert rounds_to(values["coefficients", "L1.log_emp", "estimate"], "2.307626")
    assert rounds_to(values["coefficients", "L1.log_wage", "estimate"], "1.422246")
    assert values["fit", "model", "n_obs@equation"] == 611


# ----------------------------------------------------------------------------------------- its manners


def test_units_of_the_data_change_nothing_but_units() -> None:
    frame = data("empl_uk")
    huge = frame.assign(capital=frame["capital"] * 1e9 + 1e12, emp=frame["emp"] * 1e-6)
    plain = python_linearmodels.fit(*panel(frame, "emp", ("wage", "capital"), estimator="random"))
    scaled = python_linearmodels.fit(*panel(huge, "emp", ("wage", "capital"), estimator="random"))
    assert column(scaled, "statistic")[:2] == pytest.approx(column(plain, "statistic")[:2], rel=1e-9)
    assert column(scaled, "estimate")[1] == pytest.approx(column(plain, "estimate")[1] * 1e-15, rel=1e-9)


def test_weights_are_those_of_lm() -> None:
    # R 4.2.2: lm(inv ~ value, grunfeld, weights = capital)
    model = MODEL_ADAPTER.validate_python(
        {
            "model": "linear",
            "outcome": "inv",
            "regressors": {"value": 0},
            "std_error": "conventional",
            "weights": "capital",
        }
    )
    sheet = Sheet(
        frame=data("grunfeld"), outcome="inv", regressors=("value",), constant=True, weights="capital"
    )
    found = python_linearmodels.fit(model, sheet)
    assert column(found, "estimate") == pytest.approx((0.19161021664327, -38.93671090657119), rel=1e-12)
    assert column(found, "std_error") == pytest.approx((0.00619879403874908, 15.82385981137191), rel=1e-12)
    assert cells(found)["fit", "model", "ssr"] == pytest.approx(5100161.06512593, rel=1e-13)


def test_few_clusters_leave_no_joint_test_and_say_so() -> None:
    frame = data("grunfeld").query("firm < 2")
    settings = {"std_error": "cluster", "cluster": ["entity"], "estimator": "pooled"}
    found = python_linearmodels.fit(*panel(frame, "inv", ("value", "capital"), **settings))
    assert [(item.term, item.measure) for item in found.not_offered] == [("f", "*")]


def test_a_singular_design_names_its_columns() -> None:
    frame = data("empl_uk").assign(twice=lambda d: 2 * d["wage"])
    with pytest.raises(EstimationError, match=r"wage, twice follow from each other"):
        python_linearmodels.fit(*panel(frame, "emp", ("wage", "capital", "twice"), estimator="pooled"))


def test_a_regressor_that_the_effects_absorb_is_an_error_with_its_name() -> None:
    frame = data("empl_uk").assign(industry=lambda d: d["sector"].astype(float))
    with pytest.raises(EstimationError, match="industry"):
        python_linearmodels.fit(*panel(frame, "emp", ("wage", "industry")))


def test_an_outcome_that_does_not_vary_is_an_error() -> None:
    with pytest.raises(EstimationError, match="does not vary"):
        python_linearmodels.fit(*panel(data("empl_uk").assign(emp=1.0), "emp", ("wage",), estimator="pooled"))


def test_as_many_coefficients_as_rows_is_an_error() -> None:
    with pytest.raises(EstimationError, match="2 rows"):
        python_linearmodels.fit(*panel(data("empl_uk")[:2], "emp", ("wage",), estimator="pooled"))


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"estimator": "random", "variance_components": "amemiya"}, "amemiya"),
        ({"estimator": "random", "effects": ["entity", "time"]}, "entity alone"),
        ({"effects": ["group", "entity"]}, "nested"),
        ({"estimator": "first-difference", "gaps": "by-row"}, "by time"),
        ({"estimator": "between", "std_error": "driscoll-kraay"}, "driscoll-kraay"),
        ({"estimator": "first-difference", "weights": "wage"}, "weights"),
    ],
)
def test_what_it_cannot_do_it_says(settings: dict[str, Any], word: str) -> None:
    model, sheet = unbalanced(**settings)
    for function in (python_linearmodels.fit, python_linearmodels.translate):
        with pytest.raises(Unsupported, match=word):
            function(model, sheet)


def test_the_call_is_one_that_a_person_could_run() -> None:
    text = python_linearmodels.translate(
        *unbalanced(std_error="cluster", cluster=["entity"], small_sample="stata", constant=True)
    )
    assert text.splitlines() == [
        "from linearmodels.panel import PanelOLS",
        'df["constant"] = 1.0',
        'PanelOLS(df["emp"], df[["wage", "capital", "constant"]], entity_effects=True)'
        '.fit(cov_type="clustered", debiased=False, clusters=df[["firm"]], auto_df=False, '
        "count_effects=False)  # covariance times (N-1)/(N-K) * G/(G-1)",
    ]


def test_translating_imports_no_estimation_library() -> None:
    code = (
        "import sys; from harness.engines import python_linearmodels, python_pydynpd; "
        "assert not {'linearmodels', 'pydynpd'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_its_own_numbers_are_not_called_recomputed() -> None:
    found = python_linearmodels.fit(*unbalanced(tests=["f_effects", "breusch_pagan_lm"]))
    ours = {(part, term) for part, term, _ in found.recomputed}
    assert ("tests", "breusch_pagan_lm") in ours
    assert ("tests", "f_effects") not in ours
    assert ("tests", "f") in ours  # of the slopes, on linearmodels' covariance
    assert not any(part in ("coefficients", "covariance") for part, _ in ours)


def test_the_frame_that_it_was_given_is_left_alone() -> None:
    model, sheet = unbalanced(estimator="random", tests=["hausman"])
    before = sheet.frame.copy()
    python_linearmodels.fit(model, sheet)
    pd.testing.assert_frame_equal(sheet.frame, before)
    assert np.array_equal(sheet.frame.columns, before.columns)


def test_the_total_sum_of_squares_of_unbalanced_random_effects_is_that_of_plm() -> None:
    # plm 2.6-2: y <- pmodel.response(plm(emp ~ wage + lag(wage) + capital, model = "random")), EmplUK
    frame = data("empl_uk")
    frame = frame.assign(before=frame.groupby("firm")["wage"].shift()).dropna()
    found = cells(
        python_linearmodels.fit(*panel(frame, "emp", ("wage", "before", "capital"), estimator="random"))
    )
    assert found["fit", "model", "tss"] == pytest.approx(5539.23890902008, rel=1e-12)


def test_two_cluster_columns_have_a_group_factor_each() -> None:
    """As linearmodels itself does with debiased=True, group_debias=True."""
    from linearmodels.panel import PooledOLS

    model, sheet = unbalanced(
        estimator="pooled", std_error="cluster", cluster=["entity", "time"], small_sample="stata"
    )
    frame = sheet.frame.assign(constant=1.0).set_index(["firm", "year"])
    own = PooledOLS(frame["emp"], frame[["wage", "capital", "constant"]]).fit(
        cov_type="clustered", cluster_entity=True, cluster_time=True, debiased=True, group_debias=True
    )
    found = python_linearmodels.fit(model, sheet)
    assert column(found, "std_error") == pytest.approx(own.std_errors.to_numpy(), rel=1e-9)
