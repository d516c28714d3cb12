"""The engines written in R: printed tables, the Python engines' numbers, refusals, and calls that run."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from published_cells import prepared, readings, rounds_to

from harness import dataset, glossary, specfile
from harness.engines import (
    engines,
    python_dpd,
    python_linearmodels,
    python_pydynpd,
    r_base,
    r_plm,
    r_stats,
)
from harness.errors import EstimationError, Unsupported
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import AnyModel

# ------------------------------------------------------------------------------------------- printed tables

# Table, column, and how many of its printed cells the engine has; all of these round to the print. What is
# not counted are difference-in-Hansen tests.
ALL_ROUND = [
    (r_plm, "arellano-bond-1991-table-4-stata", "ex1_onestep", 39),
    (r_plm, "arellano-bond-1991-table-4-stata", "ex2_onestep_robust", 39),
    (r_plm, "arellano-bond-1991-table-4-stata", "ex4_twostep_wc", 39),
    (r_plm, "roodman-2009-difference-gmm", "exog_robust", 115),
    (r_plm, "roodman-2009-difference-gmm", "endog_robust_small", 116),
    (r_plm, "roodman-2009-system-gmm", "onestep_robust_small", 98),
    (r_plm, "pydynpd-benchmark-1", "twostep_robust", 40),
    (r_plm, "stata-xtdpdsys", "onestep_robust", 81),
    (r_plm, "xtabond2-help-system", "twostep_robust_small", 106),
    (r_plm, "wooldridge-wage-panel", "pols_cluster", 97),
    (r_plm, "wooldridge-wage-panel", "fe_cluster", 78),
    (r_plm, "wooldridge-wage-panel", "re_cluster", 102),
    (r_plm, "wooldridge-wage-panel", "re4_default", 10),
    (r_plm, "wooldridge-2010-job-training", "re", 6),
    (r_plm, "plm-manual-produc", "nested_swar", 33),
    (r_plm, "plm-manual-grunfeld", "re_twoways_swar", 18),
    (r_stats, "roodman-2009-ols-lsdv-anderson-hsiao", "ols", 113),
    (r_stats, "roodman-2009-ols-lsdv-anderson-hsiao", "lsdv", 125),
    (r_stats, "roodman-2009-ols-lsdv-anderson-hsiao", "anderson_hsiao", 101),
]


@pytest.mark.r
@pytest.mark.parametrize(("engine", "table", "column", "count"), ALL_ROUND)
def test_a_printed_table_rounds_to_what_r_gives(
    engine: ModuleType, table: str, column: str, count: int
) -> None:
    found = [cell for cell in readings(engine, table, column) if cell.value is not None]
    assert [cell for cell in found if not rounds_to(cell.value or 0.0, cell.text)] == []
    assert len(found) == count


@pytest.mark.r
def test_the_certified_values_of_longley_hold_to_eleven_digits() -> None:
    for cell in readings(r_stats, "nist-longley", "ols"):
        assert cell.value == pytest.approx(float(cell.text), rel=1e-11)


@pytest.mark.r
@pytest.mark.parametrize("engine", [r_plm, r_base])
def test_every_cell_is_a_finite_number_under_a_name_of_the_glossary(engine: ModuleType) -> None:
    table, column = {
        r_plm: ("roodman-2009-system-gmm", "onestep_robust_small"),
        r_base: ("empl-uk-descriptives", "by_year"),
    }[engine]
    cells = engine.fit(*prepared(table, column)).cells
    assert len({cell[:3] for cell in cells}) == len(cells)
    for cell in cells:
        assert np.isfinite(cell.value)
        assert cell.part == "as_printed" or glossary.measure(cell.part, cell.measure)
        assert cell.part != "tests" or glossary.is_test(cell.term)


@pytest.mark.r
def test_what_pgmm_prints_for_a_system_is_shown_beside_what_is_compared() -> None:
    found = values(r_plm.fit(*prepared("roodman-2009-system-gmm", "onestep_robust_small")))
    # Roodman (2009) prints -5.46; plm 2.6-2 leaves the level residuals out and prints -4.81.
    assert rounds_to(found["tests", "ar1", "statistic"], "-5.46")
    assert rounds_to(found["as_printed", "plm: Autocorrelation test (1)", "statistic"], "-4.81")
    # 186.90 is xtabond2's of 2009, 157.535 today's (Roodman's source, since 2.8.3).
    assert rounds_to(found["tests", "sargan@xtabond2-before-2.8.3", "statistic"], "186.90")
    assert rounds_to(found["tests", "sargan@xtabond2", "statistic"], "157.535")


@pytest.mark.r
def test_difference_in_hansen_tests_are_not_offered_by_group() -> None:
    lacking = r_plm.fit(*prepared("roodman-2009-system-gmm", "onestep_robust_small")).not_offered
    assert {item.term for item in lacking} == {
        f"{test}_{group}" for test in ("diff_hansen", "hansen_excl") for group in ("gmm", "iv", "level_gmm")
    }


# ------------------------------------------------------------------------- against the engines in Python


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, tuple[AnyModel, Sheet]]]:
    """Columns of a spec on an unbalanced panel with gaps, in random order: id to model and sheet."""
    folder = tmp_path_factory.mktemp("panel")
    rng = np.random.default_rng(20_06)
    rows = []
    for entity in range(60):
        effect, x, y = rng.normal(size=3)
        for year in range(2000, 2009):
            x = 0.6 * x + 0.3 * effect + rng.normal()
            y = 0.5 * y + 0.5 * effect + 0.7 * x + rng.normal()
            rows.append((f"entity {entity}", year, y, x, rng.normal(), 1 + rng.random()))
    frame = pd.DataFrame(rows, columns=["id", "year", "y", "x", "z", "w"])
    frame = frame[rng.random(len(frame)) > 0.1].sample(frac=1, random_state=1)
    frame["holes"] = frame["w"].where(rng.random(len(frame)) > 0.05)
    frame.to_csv(folder / "panel.csv", index=False)

    def columns(text: str) -> dict[str, tuple[AnyModel, Sheet]]:
        path = folder / "panel.yaml"
        path.write_text(HEAD + text)
        spec = specfile.read(path, engines().keys())
        data = dataset.read(spec)
        return {name: (spec.columns[name], dataset.prepare(spec, data, name)) for name in spec.columns}

    return columns


HEAD = """\
title: A panel with gaps
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: panel.csv, panel: {entity: id, time: year}}
engines: [r-plm]
"""
DYNAMIC = """\
base:
  model: dynamic-panel
  outcome: y
  regressors: {y: 1, x: 0, z: 0}
  estimator: difference
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {y: {lags: [2, 4]}, x: {lags: [1, 3]}}, iv: {z: {}}}
columns:
  two_steps: {}
  one_step: {steps: 1, std_error: robust}
  collapsed: {instruments: {gmm: {y: {lags: [2, null], collapse: true}, x: {collapse: true}}}}
  time_dummies: {time_dummies: all, instruments: {iv: {t: {variables: {time_dummies: 0}}}}}
  small: {small_sample: stata, distribution: t-groups, ci_level: 0.9, ar_order: 3}
  contemporary: {instruments: {gmm: {x: {lags: [0, 2]}}}}
  system:
    estimator: system
    regressors: {z: null}
    instruments: {gmm: {x: {lags: [2, 3]}}, iv: null}
"""
SYSTEMS = """\
base:
  model: dynamic-panel
  outcome: y
  regressors: {y: 1, x: 0, z: 0}
  estimator: system
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {y: {lags: [2, 4], collapse: true}, x: {lags: [2, 3], collapse: true}}, iv: {z: {}}}
columns:
  two_steps: {}
  one_step: {steps: 1, std_error: robust}
  time_dummies: {time_dummies: all, instruments: {iv: {t: {variables: {time_dummies: 0}}}}}
  small: {small_sample: stata, distribution: t-groups, ci_level: 0.9, ar_order: 3}
  three_lags: {regressors: {y: [1, 3]}}
"""
BEYOND_PYDYNPD = """\
  dummies_in_levels: {time_dummies: all,
    instruments: {iv: {t: {variables: {time_dummies: 0}, equation: level}}}}
  conventional: {steps: 1, std_error: conventional}
  conventional_n_k: {steps: 1, std_error: conventional, sigma2: n-k}
  uncorrected: {std_error: conventional}
  h_1: {h: 1}
  h_2: {h: 2, steps: 1, std_error: robust}
  h_1_conventional: {h: 1, steps: 1, std_error: conventional}
  h_2_conventional: {h: 2, steps: 1, std_error: conventional}
  gmm_of_differences: {instruments: {gmm: {x: {equation: difference, lags: [1, 3]}}}}
  gmm_of_levels: {instruments: {gmm: {x: {equation: level, lags: [2, 3]}}}}
  gmm_of_levels_open: {instruments: {gmm: {x: {equation: level, lags: [1, null], collapse: false}}}}
  iv_of_differences: {instruments: {iv: {z: {equation: difference}}}}
  iv_of_levels: {instruments: {iv: {z: {equation: level}}}}
  iv_at_scattered_lags: {instruments: {iv: {z: null, zs: {variables: {z: 0}}, zt: {variables: {z: 2}}}}}
  missing_in_both: {instruments: {iv: {holes: {}}}}
  missing_in_levels: {instruments: {iv: {holes: {equation: level}}}}
  no_constant: {constant: false}
  no_lag: {regressors: {y: null}}
  later: {instruments: {gmm: {y: {lags: [3, 4]}, x: {lags: [4, null], collapse: false}}}}
  twice: {instruments: {gmm: {again: {variables: [y], lags: [5, 6]}}}}
  sampled: {sample: "year >= 2004"}
  in_differences: {estimator: difference, constant: false, steps: 1, std_error: conventional}
  in_differences_h_1: {estimator: difference, constant: false, h: 1}
  in_differences_twice: {estimator: difference, constant: false,
    instruments: {gmm: {again: {variables: [y], lags: [5, 6]}}}}
  in_differences_from_lag_0: {estimator: difference, constant: false, h: 1,
    instruments: {gmm: {x: {lags: [0, 2]}}}}
  in_differences_no_iv: {estimator: difference, constant: false, regressors: {z: null},
    instruments: {iv: null}}
  in_differences_no_instrument_of_its_own: {estimator: difference, constant: false, instruments: {iv: null}}
"""
STATIC = """\
base: {model: panel, outcome: y, regressors: {x: 0, z: 0}, estimator: within, std_error: conventional}
columns:
  pooled: {estimator: pooled, std_error: robust, small_sample: n-k}
  within: {constant: true, std_error: cluster, cluster: [entity], small_sample: stata}
  twoways: {effects: [entity, time], std_error: cluster, cluster: [time]}
  both: {std_error: cluster, cluster: [entity, time]}
  absorbed: {std_error: cluster, cluster: [entity], small_sample: stata-absorbed, distribution: t-groups}
  driscoll_kraay: {std_error: driscoll-kraay, bandwidth: 3}
  between: {estimator: between}
  two_stages: {endogenous: {x: 0}, instruments: {y: {lags: 2}}}
  tests: {tests: [f_effects, hausman_m1, hausman_m2, hausman_m3, poolability_entity_slopes]}
"""


def values(estimates: Estimates) -> dict[tuple[str, str, str], float]:
    return {cell[:3]: cell.value for cell in estimates.cells if cell.measure != "n_instruments@columns"}


def assert_same(one: Estimates, other: Estimates) -> None:
    """The same cells, each to 1e-8 of its size, what the engines print under own labels apart."""
    mine, theirs = (
        {key: value for key, value in values(found).items() if key[0] != "as_printed"}
        for found in (one, other)
    )
    assert mine.keys() == theirs.keys()
    for key, value in mine.items():
        assert value == pytest.approx(theirs[key], rel=1e-8, abs=1e-10), key


@pytest.mark.r
def test_pgmm_and_pydynpd_agree_on_a_panel_with_gaps(panel: Callable[..., Any]) -> None:
    for model, sheet in panel(DYNAMIC).values():
        assert_same(r_plm.fit(model, sheet), python_pydynpd.fit(model, sheet))


@pytest.mark.r
def test_a_system_from_pgmm_s_matrices_is_that_of_pydynpd(panel: Callable[..., Any]) -> None:
    for model, sheet in panel(SYSTEMS).values():
        mine, theirs = r_plm.fit(model, sheet), python_pydynpd.fit(model, sheet)
        assert_same(mine, theirs)
        compared = {cell[:3] for cell in mine.cells if cell.part != "as_printed"}
        assert compared == set(mine.recomputed)


@pytest.mark.r
def test_what_pgmm_s_matrices_give_is_that_of_python_dpd(panel: Callable[..., Any]) -> None:
    for model, sheet in panel(SYSTEMS + BEYOND_PYDYNPD).values():
        theirs = python_dpd.fit(model, sheet)
        kept = tuple(
            cell for cell in theirs.cells if not cell.term.startswith(("diff_hansen", "hansen_excl"))
        )
        assert_same(r_plm.fit(model, sheet), replace(theirs, cells=kept))


EMPLOYMENT = """\
title: The system of Blundell and Bond (1998) without time dummies
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: empl_uk.csv, panel: {entity: firm, time: year}}
derive: {n: log(emp), w: log(wage), k: log(capital)}
engines: [r-plm]
base:
  model: dynamic-panel
  outcome: n
  regressors: {n: 1, w: [0, 1], k: [0, 1]}
  estimator: system
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {g: {variables: [n, w, k], lags: [2, null]}}}
columns:
  constant: {}
  none: {constant: false}
  collapsed: {instruments: {gmm: {g: {lags: [2, 4], collapse: true}}}}
"""


@pytest.fixture(scope="module")
def employment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[AnyModel, Sheet]]:
    folder = tmp_path_factory.mktemp("employment")
    shutil.copy(ROOT / "specs" / "data" / "empl_uk.csv", folder)
    (folder / "employment.yaml").write_text(EMPLOYMENT)
    spec = specfile.read(folder / "employment.yaml", engines().keys())
    data = dataset.read(spec)
    return {name: (spec.columns[name], dataset.prepare(spec, data, name)) for name in spec.columns}


# gretl 2022c's dpanel, pydynpd 0.2.2 and, but for the constant, plm 2.6-2 print these alike. With a constant
# pgmm itself gives .8877: its general inverse drops instruments that are not collinear, only small.
SYSTEMS_OF_EMPLOYMENT = [
    ("constant", 106, ".8790035", ".0400808"),
    ("none", 105, ".9210378", ".0359149"),
    ("collapsed", 13, ".8702535", ".1833849"),
]


@pytest.mark.r
@pytest.mark.parametrize(("column", "rank", "estimate", "std_error"), SYSTEMS_OF_EMPLOYMENT)
def test_a_system_has_the_estimate_that_gretl_and_pydynpd_print(
    employment: dict[str, tuple[AnyModel, Sheet]], column: str, rank: int, estimate: str, std_error: str
) -> None:
    found = values(r_plm.fit(*employment[column]))
    assert found["fit", "model", "n_instruments@rank"] == rank
    assert rounds_to(found["coefficients", "L1.n", "estimate"], estimate)
    assert rounds_to(found["coefficients", "L1.n", "std_error"], std_error)


@pytest.mark.r
def test_plm_and_linearmodels_agree_on_a_panel_with_gaps(panel: Callable[..., Any]) -> None:
    for model, sheet in panel(STATIC).values():
        assert_same(r_plm.fit(model, sheet), python_linearmodels.fit(model, sheet))


@pytest.mark.r
def test_units_of_measurement_change_nothing_but_units(panel: Callable[..., Any]) -> None:
    model, sheet = panel(DYNAMIC)["two_steps"]
    scaled = Sheet(**{**vars(sheet), "frame": sheet.frame.assign(x=sheet.frame["x"] * 1e8)})
    plain, large = values(r_plm.fit(model, sheet)), values(r_plm.fit(model, scaled))
    for measure, factor in (("estimate", 1e-8), ("std_error", 1e-8), ("statistic", 1.0)):
        key = "coefficients", "x", measure
        assert large[key] == pytest.approx(plain[key] * factor, rel=1e-9)


@pytest.mark.r
def test_a_gmm_group_that_starts_later_loses_no_row(panel: Callable[..., Any]) -> None:
    columns = panel(DYNAMIC + "  later: {instruments: {gmm: {x: {lags: [4, 5]}}}}\n")
    plain, later = (values(r_plm.fit(*columns[name])) for name in ("two_steps", "later"))
    assert later["fit", "model", "n_obs@equation"] == plain["fit", "model", "n_obs@equation"]


@pytest.mark.r
def test_rows_outside_the_sample_still_lend_their_past(panel: Callable[..., Any]) -> None:
    columns = panel(DYNAMIC + '  late: {sample: "year >= 2004"}\n')
    _, sheet = columns["late"]
    frame = sheet.completed().frame
    inside = (frame[str(sheet.sampled)] == 1).to_numpy().reshape(-1, 9)
    lag = frame.groupby(sheet.entity)["y"].shift().notna()
    complete = (frame[["y", "x", "z"]].notna().all(axis=1) & lag).to_numpy().reshape(-1, 9)
    expected = int((inside[:, 1:] & complete[:, 1:] & complete[:, :-1]).sum())
    assert values(r_plm.fit(*columns["late"]))["fit", "model", "n_obs@equation"] == expected


@pytest.mark.r
def test_a_trend_survives_first_differences_without_a_constant(panel: Callable[..., Any]) -> None:
    column = "{estimator: first-difference, gaps: by-row, regressors: {year: 0, z: null}, constant: false}"
    model, sheet = panel(STATIC + f"  trend: {column}\n")["trend"]
    found = values(r_plm.fit(model, sheet))
    frame = sheet.frame
    change = frame.groupby(sheet.entity)[["y", "x", "year"]].diff().dropna().to_numpy()
    by_hand = np.linalg.lstsq(change[:, 1:], change[:, 0], rcond=None)[0]
    assert found["coefficients", "x", "estimate"] == pytest.approx(by_hand[0])
    assert found["coefficients", "year", "estimate"] == pytest.approx(by_hand[1])


@pytest.mark.r
def test_lm_tests_are_left_out_where_plm_miscounts_the_entities(panel: Callable[..., Any]) -> None:
    """pbsytest takes the entities of the fullest period for all; here no period has all sixty."""
    model, sheet = panel(STATIC + "  lm: {estimator: pooled, tests: [lm_star_mu, lm_joint]}\n")["lm"]
    assert sheet.frame.groupby(sheet.time).size().max() < 60
    found = r_plm.fit(model, sheet)
    assert {(item.term, "miscounts" in item.reason) for item in found.not_offered} == {
        ("lm_star_mu", True),
        ("lm_joint", True),
    }


# ---------------------------------------------------------------------------------------------- refusals


REFUSED = [
    ("{transformation: forward-orthogonal-deviations}", "not forward orthogonal deviations"),
    ("{steps: iterated}", "does not iterate"),
    ("{principal_components: 3}", "no principal components"),
    ("{weights: w}", "takes no weights"),
    ("{std_error: cluster, cluster: [entity]}", "clustered by entity, not by a column"),
    ("{constant: true}", "no constant in the differenced equation"),
    ("{instruments: {gmm: null}}", "at least one GMM group"),
    ("{estimator: system, instruments: {gmm: {x: {lags: [0, 2]}}}}", "takes no leads as instruments"),
]


@pytest.mark.parametrize(("setting", "sentence"), REFUSED)
def test_what_pgmm_cannot_do_it_says_before_r_is_called(
    panel: Callable[..., Any], setting: str, sentence: str
) -> None:
    model, sheet = panel(DYNAMIC + f"  refused: {setting}\n")["refused"]
    with pytest.raises(Unsupported, match=sentence):
        r_plm.translate(model, sheet)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("{weights: w}", "weights are not offered"),
        ("{estimator: between, std_error: robust}", "no robust covariance for the between estimator"),
        ("{estimator: first-difference}", "also across gaps in time; write gaps: by-row"),
        ("{estimator: random, constant: false}", "random effects without a constant"),
        ("{std_error: cluster, cluster: [z]}", "not by another column"),
        ("{std_error: cluster, cluster: [entity, time], small_sample: groups}", "which of them G counts"),
    ],
)
def test_what_plm_cannot_do_it_says_before_r_is_called(
    panel: Callable[..., Any], setting: str, sentence: str
) -> None:
    model, sheet = panel(STATIC + f"  refused: {setting}\n")["refused"]
    with pytest.raises(Unsupported, match=sentence):
        r_plm.translate(model, sheet)


@pytest.mark.parametrize("engine", [r_base, r_stats])
def test_an_engine_refuses_a_model_that_is_not_its_own(engine: ModuleType, panel: Callable[..., Any]) -> None:
    model, sheet = panel(STATIC)["within"]
    with pytest.raises(Unsupported, match="no model of the kind 'panel'"):
        engine.fit(model, sheet)


@pytest.mark.r
def test_what_is_collinear_in_the_sample_alone_is_named(panel: Callable[..., Any]) -> None:
    model, sheet = panel(SYSTEMS + '  late: {sample: "year >= 2004"}\n')["late"]
    changed = sheet.frame.assign(z=sheet.frame["z"].where(sheet.frame["year"] < 2003, 1.0))
    with pytest.raises(EstimationError, match="singular: constant follows from the other regressors"):
        r_plm.fit(model, replace(sheet, frame=changed))


@pytest.mark.r
def test_too_few_instruments_are_told(panel: Callable[..., Any]) -> None:
    few = "{iv: null, gmm: {x: null, y: {lags: [2, 2]}}}"
    model, sheet = panel(SYSTEMS + f"  few: {{instruments: {few}, constant: false}}\n")["few"]
    with pytest.raises(EstimationError, match="singular"):
        r_plm.fit(model, sheet)


@pytest.mark.r
def test_a_singular_dynamic_panel_names_the_regressor(panel: Callable[..., Any]) -> None:
    model, sheet = panel(DYNAMIC)["two_steps"]
    singular = Sheet(**{**vars(sheet), "frame": sheet.frame.assign(z=sheet.frame["x"] * 2)})
    with pytest.raises(EstimationError, match="singular"):
        r_plm.fit(model, singular)


# ------------------------------------------------------------------------------------- the call as text


def test_the_call_of_pgmm_is_what_a_person_would_type() -> None:
    assert r_plm.translate(*prepared("pydynpd-benchmark-1", "twostep_robust")) == (
        "m <- pgmm(log_emp ~ lag(log_emp, 1:2) + log_wage + log_capital | "
        "lag(log_emp, 2:4) + lag(log_wage, 1:3) | log_capital,\n"
        '  data = d, index = c("firm", "year"),\n'
        '  effect = "individual", model = "twosteps",\n'
        '  transformation = "d")\n'
        "vcovHC(m)\n"
        "summary(m, robust = TRUE)"
    )


def test_the_call_says_what_is_made_from_the_matrices_of_pgmm() -> None:
    text = r_plm.translate(*prepared("xtabond2-help-system", "twostep_robust_small"))
    years = ["year.1980", "year.1981", "year.1982", "year.1983", "year.1984"]
    shifts = [f"d$z{n} <- d${year}\n" for n, year in enumerate(years, start=1)]
    assert text == (
        "# pgmm's matrices, our algebra: in a system pgmm's level instrument is always the difference at lag "
        "1; GMM group 'log_wage' starts at lag 1\n"
        "# d: with 1 empty period(s) before the first, so that no row is lost\n"
        'd <- pdata.frame(d, index = c("firm", "year"))\n'
        "d$g1 <- d$log_emp\nd$g2 <- lead(d$log_wage, 1)\nd$g3 <- lead(d$log_capital, 1)\n"
        + "".join(shifts)
        + "m <- pgmm(log_emp ~ lag(log_emp, 1:2) + lag(log_wage, 0:1) + lag(log_capital, 0:2) + "
        f"lag(log_output, 0:2) + {' + '.join(years)} | "
        "lag(g1, 2:99) + lag(g2, 2:99) + lag(g3, 2:99) | z1 + z2 + z3 + z4 + z5,\n"
        '  data = d, index = c("firm", "year"),\n'
        '  effect = "individual", model = "onestep",\n'
        '  transformation = "ld", lost.ts = 2)\n'
        "# Z, X, y: m$W and m$model by entity (r_scripts/dynamic_panel_matrices.R), rows not in use zero\n"
        "# Z: a plain instrument's columns of the two equations are added up to one\n"
        "# Z, X: a column more, 1 in the rows in levels\n"
        "# A1 = (sum Z'HZ)^-1 with H of h: 3, b1 = (X'Z A1 Z'X)^-1 X'Z A1 Z'y\n"
        "# A2 = (sum Z'e1e1'Z)^-1, b2 = (X'Z A2 Z'X)^-1 X'Z A2 Z'y\n"
        "# covariance: (X'Z A2 Z'X)^-1 with Windmeijer's (2005) correction, times N/(N-K+1) * G/(G-1)"
    )


def test_the_call_of_plm_is_what_a_person_would_type() -> None:
    assert r_plm.translate(*prepared("grunfeld-stata", "ols_cluster")) == (
        'm <- plm(inv ~ value + capital, data = d, index = c("firm", "year"), '
        'model = "pooling", effect = "individual")\n'
        'vcovHC(m, method = "arellano", type = "HC0", cluster = "group")  # times (N-1)/(N-K) * G/(G-1)'
    )


def test_the_call_of_base_r_is_what_a_person_would_type() -> None:
    assert r_base.translate(*prepared("empl-uk-descriptives", "by_year")) == (
        'lapply(split(d[c("emp", "wage", "capital", "output")], d[["year"]]), sapply, '
        "function(x) c(n_obs = sum(!is.na(x)), mean = mean(x, na.rm = TRUE), sd = sd(x, na.rm = TRUE)))"
    )


@pytest.mark.r
@pytest.mark.parametrize(
    ("engine", "table", "column", "term"),
    [
        (r_plm, "roodman-2009-system-gmm", "onestep_robust_small", "L1.log_emp"),
        (r_plm, "roodman-2009-difference-gmm", "exog_robust", "L1.log_emp"),
        (r_plm, "wooldridge-wage-panel", "fe_cluster", "exper_sq"),
        (r_plm, "plm-manual-produc", "nested_swar", "log_pc"),
        (r_stats, "roodman-2009-ols-lsdv-anderson-hsiao", "ols", "L1.log_emp"),
        (r_stats, "roodman-2009-ols-lsdv-anderson-hsiao", "anderson_hsiao", "L1.d_log_emp"),
    ],
)
def test_the_printed_call_gives_the_printed_coefficient(
    engine: ModuleType, table: str, column: str, term: str, tmp_path: Path
) -> None:
    """The text that `harness show` prints, run by R on the sheet's own columns."""
    model, sheet = prepared(table, column)
    sheet.frame.to_csv(tmp_path / "d.csv", index=False)
    program = (
        f'suppressPackageStartupMessages(library(plm)); d <- read.csv("{tmp_path}/d.csv")\n'
        f"{engine.translate(model, sheet)}\n"
        "b <- coef(m); cat('\\n', format(b[grep(commandArgs(TRUE), names(b), fixed = TRUE)[1]], digits = 17))"
    )
    names = {"L1.log_emp": "log_emp", "L1.d_log_emp": "fitted_1"}
    (tmp_path / "call.R").write_text(program)
    told = subprocess.run(
        ["Rscript", str(tmp_path / "call.R"), names.get(term, term)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = values(engine.fit(model, sheet))["coefficients", term, "estimate"]
    assert float(told.stdout.split()[-1]) == pytest.approx(found, rel=1e-8)


def test_translating_starts_no_r() -> None:
    program = (
        "import sys; sys.path[:0] = ['tests']\n"
        "from published_cells import prepared\n"
        "from harness.engines import r_plm\n"
        "r_plm.translate(*prepared('grunfeld-stata', 'fe'))\n"
        "sys.exit(any(name.startswith('rpy2') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
