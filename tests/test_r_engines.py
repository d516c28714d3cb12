"""The engines written in R: printed tables, the Python engines' numbers, refusals, and calls that run."""

import subprocess
import sys
from collections.abc import Callable
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
    (r_plm, "arellano-bond-1991-table-4-stata", "ex2_onestep_robust", 39),
    (r_plm, "arellano-bond-1991-table-4-stata", "ex4_twostep_wc", 39),
    (r_plm, "roodman-2009-difference-gmm", "exog_robust", 115),
    (r_plm, "roodman-2009-difference-gmm", "endog_robust_small", 116),
    (r_plm, "roodman-2009-system-gmm", "onestep_robust_small", 98),
    (r_plm, "pydynpd-benchmark-1", "twostep_robust", 40),
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
    inside = (frame[str(sheet.sampled)] == 1) & frame[["y", "x", "z"]].notna().all(axis=1)
    lag = frame.groupby(sheet.entity)["y"].shift().notna()
    level = (inside & lag).to_numpy().reshape(-1, 9)
    expected = int((level[:, 1:] & level[:, :-1]).sum())
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
    ("{h: 1}", "it has no h: 1"),
    ("{steps: 1, std_error: conventional}", "not scaled by the error variance"),
    ("{sigma2: n-k}", "sigma2 has no meaning"),
    ("{principal_components: 3}", "no principal components"),
    ("{std_error: cluster, cluster: [entity]}", "clustered by entity, not by a column"),
    ("{constant: true}", "no constant in the differenced equation"),
    ("{estimator: system, instruments: {iv: null}}", "always the difference at lag 1"),
    ("{estimator: system, instruments: {gmm: {x: null}}}", "one column over both, as z would need"),
    (
        "{estimator: system, regressors: {y: [1, 3], z: null}, instruments: {gmm: {x: null}, iv: null}}",
        "lags of 3 or more",
    ),
    (
        "{estimator: system, instruments: {gmm: {x: null, y: {equation: level}}, iv: null}}",
        "in both equations, not in one",
    ),
    (
        "{estimator: system, time_dummies: all, instruments: {gmm: {x: null}, iv: null}}",
        "time dummies as instruments of the level equation only",
    ),
    ("{instruments: {gmm: {again: {variables: [y], lags: [5, 6]}}}}", "in one GMM group only; y stand"),
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
