"""The engine python-dpd: printed tables, agreement with pydynpd and pgmm, its cells, its refusals."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from published_cells import prepared, readings, rounds_to

from harness.engines import python_dpd, python_pydynpd
from harness.errors import EstimationError, Unsupported
from harness.glossary import VARIANTS, is_test, measure, plain
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, DynamicPanel, terms

DIFFERENCE: dict[str, Any] = {
    "estimator": "difference",
    "regressors": {"n": 1, "w": 0, "k": 0},
    "instruments": {"gmm": {"n": {"lags": [2, None]}}, "iv": {"x": {"variables": {"w": 0, "k": 0}}}},
}
SYSTEM: dict[str, Any] = {
    "estimator": "system",
    "regressors": {"n": 1, "w": [0, 1], "k": 0},
    "instruments": {"gmm": {"all": {"variables": ["n", "w", "k"], "lags": [2, None]}}},
}


def model(**settings: Any) -> DynamicPanel:
    common = {"model": "dynamic-panel", "outcome": "n", "steps": 2}
    default = "windmeijer" if settings.get("steps", 2) != 1 else "robust"
    found = MODEL_ADAPTER.validate_python({**common, "std_error": default, **settings})
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


def fit(frame: pd.DataFrame, **settings: Any) -> Estimates:
    column = model(**settings)
    return python_dpd.fit(column, sheet(frame, column))


def values(found: Estimates) -> dict[tuple[str, str, str], float]:
    return {(cell.part, cell.term, cell.measure): cell.value for cell in found.cells}


# ------------------------------------------------------------------------------------- printed numbers

PRINTED = {
    ("arellano-bond-1991-table-4-stata", "ex1_onestep"): 39,
    ("arellano-bond-1991-table-4-stata", "ex2_onestep_robust"): 39,
    ("arellano-bond-1991-table-4-stata", "ex4_twostep_wc"): 39,
    ("roodman-2009-difference-gmm", "exog_robust"): 121,
    ("roodman-2009-difference-gmm", "endog_robust_small"): 122,
    ("roodman-2009-system-gmm", "onestep_robust_small"): 110,
    ("stata-xtdpdsys", "onestep_robust"): 81,
    ("xtabond2-help-system", "twostep_robust_small"): 106,
    ("pydynpd-benchmark-1", "twostep_robust"): 58,
    ("windmeijer-2005-table-2", "onestep_robust"): 2,
}


@pytest.mark.parametrize(("spec", "column"), PRINTED)
def test_every_printed_number_is_reproduced(spec: str, column: str) -> None:
    found = readings(python_dpd, spec, column)
    assert [one for one in found if one.value is None or not rounds_to(one.value, one.text)] == []
    assert len(found) == PRINTED[spec, column]


@pytest.mark.parametrize(
    ("column", "ar1", "ar2"), [("twostep", "-2.428", "-.3325"), ("twostep_corrected", "-1.54", "-.280")]
)
def test_serial_correlation_after_two_steps_is_that_of_todays_programs(
    column: str, ar1: str, ar2: str
) -> None:
    """DPD for Ox (manual, footnote 7) and xtabond2 (abest.do) on Windmeijer's model; he prints others."""
    spec = "windmeijer-2005-table-2"
    found = {one.term: one.value for one in readings(python_dpd, spec, column) if one.part == "tests"}
    assert rounds_to(found["ar1"] or 0.0, ar1)
    assert rounds_to(found["ar2"] or 0.0, ar2)


# -------------------------------------------------------------------------------- agreement with others


class Case(NamedTuple):
    """One model on one form of the data."""

    data: str
    settings: dict[str, Any]

    def __str__(self) -> str:
        group = next(iter(self.settings["instruments"]["gmm"].values()))
        kind = "collapsed" if group["collapse"] else "full"
        words = (self.settings["estimator"], self.settings["steps"], group["lags"], kind)
        return f"{self.data} {words}"


def cases(estimators: tuple[str, ...], forms: tuple[str, ...], constant: bool) -> Iterator[Case]:
    """Instruments stay well below groups: near them S is all but singular, and digits go in any program."""
    for data, estimator, steps, deep, collapse in product(
        forms, estimators, (1, 2), (False, True), (False, True)
    ):
        open_end = None if collapse or estimator == "difference" else 4
        shape = {"lags": [2, open_end if deep else 3], "collapse": collapse}
        if estimator == "difference":
            gmm = {"n": shape, "wk": {"variables": ["w"], **shape}}
            settings: dict[str, Any] = {**DIFFERENCE, "instruments": {"gmm": gmm, "iv": {"k": {}}}}
        else:
            gmm = {"all": {"variables": ["n", "w", "k"], **shape}}
            settings = {**SYSTEM, "instruments": {"gmm": gmm}, "constant": constant}
        yield Case(data, {**settings, "steps": steps})


def shaped(frame: pd.DataFrame, form: str) -> pd.DataFrame:
    """The data as they are, or without one row in twelve."""
    return frame[np.random.default_rng(5).random(len(frame)) > 0.08] if form == "gaps" else frame


def least_digits(engine: ModuleType, frame: pd.DataFrame, settings: dict[str, Any]) -> float:
    """The log relative error of the worst coefficient or standard error, ours being the reference."""
    column = model(**settings)
    ours = values(python_dpd.fit(column, sheet(frame, column)))
    theirs = values(engine.fit(column, sheet(frame, column)))
    compared = [key for key in ours if key[0] == "coefficients" and key[2] in ("estimate", "std_error")]
    return min(-np.log10(max(abs(theirs[key] / ours[key] - 1), 1e-15)) for key in compared)


FOR_PYDYNPD = list(cases(("difference", "system"), ("plain", "gaps"), constant=True))
FOR_PGMM = list(cases(("difference", "system"), ("plain", "gaps"), constant=False))


def test_agreement_is_tried_on_forty_models_and_more() -> None:
    assert len(FOR_PYDYNPD) + len(FOR_PGMM) >= 40


@pytest.mark.parametrize("case", FOR_PYDYNPD, ids=str)
def test_pydynpd_gives_the_same_nine_digits(empl_uk: pd.DataFrame, case: Case) -> None:
    assert least_digits(python_pydynpd, shaped(empl_uk, case.data), case.settings) >= 9


@pytest.mark.r
@pytest.mark.parametrize("case", FOR_PGMM, ids=str)
def test_pgmm_gives_the_same_nine_digits(empl_uk: pd.DataFrame, case: Case) -> None:
    from harness.engines import r_plm

    assert least_digits(r_plm, shaped(empl_uk, case.data), case.settings) >= 9


def test_pydynpd_agrees_on_deviations_in_a_balanced_panel(empl_uk: pd.DataFrame) -> None:
    years = empl_uk[empl_uk["year"].between(1978, 1982)]
    balanced = years[years.groupby("firm")["year"].transform("size") == 5]
    deviations = {**DIFFERENCE, "transformation": "forward-orthogonal-deviations"}
    for steps in (1, 2):
        assert least_digits(python_pydynpd, balanced, {**deviations, "steps": steps}) >= 9


@pytest.mark.parametrize("steps", [1, 2])
def test_pydynpd_agrees_where_instruments_outnumber_groups(empl_uk: pd.DataFrame, steps: int) -> None:
    """Both take the Moore-Penrose inverse in units of standard deviations: a convention, not a law."""
    few = empl_uk[empl_uk["firm"] < 60]
    assert least_digits(python_pydynpd, few, {**SYSTEM, "steps": steps}) >= 6
    found = fit(few, **SYSTEM, steps=steps)
    assert any("not reproducible across implementations" in sentence for sentence in found.warnings)


# -------------------------------------------------------------------------------------------- its cells


@pytest.mark.parametrize("settings", [DIFFERENCE, SYSTEM], ids=["difference", "system"])
def test_every_cell_is_a_word_of_the_glossary(empl_uk: pd.DataFrame, settings: dict[str, Any]) -> None:
    found = fit(empl_uk, **settings)
    for cell in found.cells:
        assert measure(cell.part, cell.measure) is not None
        assert cell.part != "tests" or is_test(cell.term)
        for name in (cell.term, cell.measure):
            assert (plain(name) in VARIANTS) == ("@" in name)
        assert np.isfinite(cell.value), cell
    assert len({cell[:3] for cell in found.cells}) == len(found.cells)


def test_t_statistics_come_with_f_and_normal_ones_with_wald(empl_uk: pd.DataFrame) -> None:
    normal, t = fit(empl_uk, **SYSTEM), fit(empl_uk, **SYSTEM, distribution="t-groups")
    assert {"wald@slopes", "wald@all", "wald@slopes-without-dummies"} <= {c.term for c in normal.cells}
    found = values(t)
    assert found["tests", "f", "df2"] == found["fit", "model", "n_groups@used"] - 1
    assert not any(cell.term.startswith("wald") for cell in t.cells)


def test_an_exactly_identified_model_has_no_test_of_restrictions(empl_uk: pd.DataFrame) -> None:
    just = {"gmm": {"n": {"lags": [2, 2], "collapse": True}}, "iv": {"x": {"variables": {"w": 0, "k": 0}}}}
    found = fit(empl_uk, **{**DIFFERENCE, "instruments": just})
    assert ("tests", "hansen_j", "statistic") not in values(found)
    assert {"hansen_j", "diff_hansen_x"} <= {item.term for item in found.not_offered}


def test_a_dropped_regressor_is_not_missing(empl_uk: pd.DataFrame) -> None:
    frame = empl_uk.assign(w2=2 * empl_uk["w"])
    found = fit(frame, **{**DIFFERENCE, "regressors": {"n": 1, "w": 0, "w2": 0, "k": 0}})
    assert [item.term for item in found.not_offered if item.part == "coefficients"] == ["w2"]
    assert found.warnings == ("w2 is dropped: it follows from the other regressors",)


def test_settings_of_the_sheet_reach_the_estimator(empl_uk: pd.DataFrame) -> None:
    """Sample, weights, clusters and step, each moving what it should."""
    column = model(**DIFFERENCE, steps=1)
    frame = empl_uk.assign(
        late=(empl_uk["year"] > 1979).astype(float),
        weight=1 + empl_uk["firm"] % 3,
        sector=empl_uk["firm"] // 4,
    )
    given = sheet(frame, column)
    plain_fit = values(python_dpd.fit(column, given))
    n_obs, first = ("fit", "model", "n_obs@equation"), ("coefficients", "L1.n", "estimate")
    late = values(python_dpd.fit(column, replace(given, sampled="late")))
    assert late[n_obs] == (frame["year"] >= 1980).sum()
    weighted = values(python_dpd.fit(column, replace(given, weights="weight")))
    assert weighted[n_obs] == plain_fit[n_obs]
    assert weighted[first] != plain_fit[first]
    clustered = model(**{**DIFFERENCE, "steps": 1, "std_error": "cluster"}, cluster=["sector"])
    found = values(python_dpd.fit(clustered, replace(given, cluster=("sector",))))
    assert found[first] == pytest.approx(plain_fit[first], rel=1e-12)
    assert found["coefficients", "L1.n", "std_error"] != plain_fit["coefficients", "L1.n", "std_error"]
    wide = replace(given, frame=frame.assign(year=frame["year"] * 5), step=5)
    assert values(python_dpd.fit(column, wide)) == plain_fit


@pytest.mark.parametrize(
    ("spec", "column"),
    [("roodman-2009-system-gmm", "onestep_robust_small"), ("stata-xtdpdsys", "onestep_robust")],
)
def test_the_call_that_is_shown_gives_the_estimate(spec: str, column: str) -> None:
    settings, given = prepared(spec, column)
    scope: dict[str, Any] = {"df": given.frame}
    *lines, last = python_dpd.translate(settings, given).splitlines()
    exec("\n".join([*lines, f"found = {last}"]), scope)
    cells = values(python_dpd.fit(settings, given))
    for term, estimate in zip(scope["found"].terms, scope["found"].estimate, strict=True):
        assert cells["coefficients", term, "estimate"] == estimate


# -------------------------------------------------------------------------------------------- refusals


def test_what_it_cannot_do_it_says(empl_uk: pd.DataFrame) -> None:
    column = model(**{**DIFFERENCE, "constant": True})
    with pytest.raises(Unsupported, match="has no constant"):
        python_dpd.fit(column, sheet(empl_uk, column))
    clustered = model(**DIFFERENCE)
    with pytest.raises(Unsupported, match="by one column, not by 2"):
        python_dpd.fit(clustered, replace(sheet(empl_uk, clustered), cluster=("firm", "year")))
    with pytest.raises(Unsupported, match="needs an entity"):
        python_dpd.translate(clustered, replace(sheet(empl_uk, clustered), entity=None))


def test_data_that_do_not_allow_it_are_an_error_with_the_numbers(empl_uk: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="need 3 consecutive periods"):
        fit(empl_uk[empl_uk["year"] < 1978], **DIFFERENCE)
