"""gretl's dpanel: its script, what it refuses, and that its numbers are those of python-dpd and of print."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from published_cells import prepared, readings, rounds_to

from harness import dataset, specfile
from harness.engines import engines, gretl_dpanel, gretl_text, python_dpd
from harness.errors import EstimationError, NotInstalled, Unsupported
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import AnyModel

pytestmark = pytest.mark.slow

gretl = pytest.mark.skipif(shutil.which("gretlcli") is None, reason="gretl is not installed (no gretlcli)")

HEAD = """\
title: A panel with ragged ends
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: panel.csv, panel: {entity: id, time: year}}
engines: [gretl-dpanel]
base:
  model: dynamic-panel
  outcome: y
  regressors: {y: 1, x: 0, z: 0}
  estimator: system
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {y: {lags: [2, 4], collapse: true}, x: {lags: [2, 3], collapse: true}}, iv: {z: {}}}
columns:
"""
COLUMNS = """\
  two_steps: {}
  one_step: {steps: 1, std_error: robust}
  uncorrected: {std_error: conventional}
  no_constant: {constant: false}
  time_dummies: {time_dummies: all, instruments: {iv: {t: {variables: {time_dummies: 0}}}}}
  small: {small_sample: stata, distribution: t-groups, ci_level: 0.9, ar_order: 3}
  three_lags: {regressors: {y: [1, 3]}}
  h_2: {h: 2}
  predetermined: {instruments: {gmm: {x: {lags: [1, 3]}}}}
  separate: {instruments: {gmm: {y: {collapse: false}, x: {lags: [1, 3], collapse: false}}}}
  gmm_of_differences: {instruments: {gmm: {x: {equation: difference}}}}
  gmm_of_levels: {instruments: {gmm: {x: {equation: level}}}}
  differences: {estimator: difference, constant: false}
  differences_one_step: {estimator: difference, constant: false, steps: 1, std_error: robust}
  differences_open: {estimator: difference, constant: false,
    instruments: {gmm: {y: {lags: [2, null], collapse: false}, x: {collapse: false}}}}
  differences_second_lag: {estimator: difference, constant: false, regressors: {y: [2, 3], x: [0, 2]}}
"""
Columns = Callable[[str], dict[str, tuple[AnyModel, Sheet]]]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Columns on 60 entities of 6 to 9 consecutive years; x is in another unit."""
    folder = tmp_path_factory.mktemp("panel")
    rng = np.random.default_rng(20_06)
    rows = []
    for entity in range(60):
        effect, x, y = rng.normal(size=3)
        for year in range(2000, 2009):
            x = 0.6 * x + 0.3 * effect + rng.normal()
            y = 0.5 * y + 0.5 * effect + 0.7 * x + rng.normal()
            if 2000 + entity % 3 <= year < 2009 - entity % 2:
                rows.append((f"entity {entity}", year, y, 1000 * x, rng.normal()))
    frame = pd.DataFrame(rows, columns=["id", "year", "y", "x", "z"]).sample(frac=1, random_state=1)
    frame.to_csv(folder / "panel.csv", index=False)

    def columns(text: str) -> dict[str, tuple[AnyModel, Sheet]]:
        path = folder / "panel.yaml"
        path.write_text(HEAD + text)
        spec = specfile.read(path, engines().keys())
        data = dataset.read(spec)
        return {name: (spec.columns[name], dataset.prepare(spec, data, name)) for name in spec.columns}

    return columns


def values(estimates: Estimates) -> dict[tuple[str, str, str], float]:
    return {cell[:3]: cell.value for cell in estimates.cells if cell.part != "as_printed"}


@gretl
def test_gretl_and_python_dpd_agree_on_a_panel_without_gaps(panel: Columns) -> None:
    for column, (model, sheet) in panel(COLUMNS).items():
        mine, theirs = values(gretl_dpanel.fit(model, sheet)), values(python_dpd.fit(model, sheet))
        assert len(mine) > 40
        for key, value in mine.items():
            assert value == pytest.approx(theirs[key], rel=1e-8, abs=1e-10), (column, key)


@gretl
@pytest.mark.parametrize(
    ("table", "column", "count"),  # count: all printed cells that gretl has
    [
        ("pydynpd-benchmark-1", "twostep_robust", 40),
        ("arellano-bond-1991-table-4-stata", "ex2_onestep_robust", 39),
        ("arellano-bond-1991-table-4-stata", "ex4_twostep_wc", 39),
        ("roodman-2009-difference-gmm", "exog_robust", 112),
        ("xtabond2-help-system", "twostep_robust_small", 104),
    ],
)
def test_a_printed_table_rounds_to_what_gretl_gives(table: str, column: str, count: int) -> None:
    found = [cell for cell in readings(gretl_dpanel, table, column) if cell.value is not None]
    assert [cell for cell in found if not rounds_to(cell.value or 0.0, cell.text)] == []
    assert len(found) == count


@gretl
def test_what_gretl_cannot_estimate_is_told_in_its_words_without_paths(panel: Columns) -> None:
    twice = "{iv: {z: null, zs: {variables: {z: 0}}, zt: {variables: {z: 0}}}}"
    model, sheet = panel(f"  twice: {{instruments: {twice}}}\n")["twice"]
    with pytest.raises(EstimationError, match=r"^gretl stopped: [^/]+$"):
        gretl_dpanel.fit(model, sheet)


@gretl
def test_the_version_is_gretls_own() -> None:
    engine, language = gretl_dpanel.versions()
    assert engine.startswith("gretl 20")
    assert language.startswith("Python 3.")


def test_a_panel_with_a_hole_is_refused(panel: Columns) -> None:
    model, sheet = panel(COLUMNS)["two_steps"]
    holed = replace(sheet, frame=sheet.frame.drop(index=[12]).reset_index(drop=True))
    with pytest.raises(Unsupported, match="on a panel with gaps dpanel differences to the previous row"):
        gretl_dpanel.fit(model, holed)


def test_a_panel_without_a_year_is_refused(panel: Columns) -> None:
    model, sheet = panel(COLUMNS)["differences"]
    kept = sheet.frame[sheet.frame["year"] != 2004].reset_index(drop=True)
    with pytest.raises(Unsupported, match="on a panel with gaps"):
        gretl_dpanel.fit(model, replace(sheet, frame=kept))


def test_a_system_with_an_entity_of_one_usable_row_is_refused(panel: Columns) -> None:
    model, sheet = panel(COLUMNS)["two_steps"]
    first = sheet.frame["id"] == 0
    kept = sheet.frame[~first | (sheet.frame["year"] < 2002)].reset_index(drop=True)
    with pytest.raises(Unsupported, match="entities with a single usable row"):
        gretl_dpanel.fit(model, replace(sheet, frame=kept))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("{h: 1}", "that of h: 3"),
        ("{steps: 1, std_error: conventional}", "an error variance of another definition"),
        ("{transformation: forward-orthogonal-deviations}", "not forward orthogonal deviations"),
        ("{regressors: {y: null}}", "without a lag of the outcome"),
        ("{instruments: {gmm: {y: {equation: level}}}}", "always has the outcome's lags from 2"),
        ("{instruments: {gmm: {x: {collapse: false}}}}", "collapses all GMM instruments or none"),
        ("{instruments: {iv: {z: {equation: level}}}}", "plain instruments in both equations only"),
        ('{sample: "year > 2003"}', "takes no sample"),
    ],
)
def test_what_dpanel_cannot_do_it_says_before_gretl_is_called(
    panel: Columns, setting: str, sentence: str
) -> None:
    model, sheet = panel(f"  refused: {setting}\n")["refused"]
    with pytest.raises(Unsupported, match=sentence):
        gretl_dpanel.translate(model, sheet)


def test_without_gretl_the_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NotInstalled, match="apt-get install gretl"):
        gretl_dpanel.versions()


def test_the_script_is_what_a_person_would_type() -> None:
    assert gretl_dpanel.translate(*prepared("pydynpd-benchmark-1", "twostep_robust")) == (
        "set verbose off\n"
        'open "d.csv" --quiet\n'
        "setobs entity_ time_ --panel-vars\n"
        "dpanel 2 ; log_emp_ log_wage_ log_capital_ ; GMM(log_emp_,2,4) GMM(log_wage_,1,3) log_capital_ "
        "--two-step"
    )
    assert gretl_dpanel.translate(*prepared("xtabond2-help-system", "twostep_robust_small")).endswith(
        "dpanel 2 ; log_emp_ log_wage_(0 to -1) log_capital_(0 to -2) log_output_(0 to -2) year_1980_ "
        "year_1981_ year_1982_ year_1983_ year_1984_ const ; GMM(log_emp_,2,99) GMMlevel(log_emp_,1,1) "
        "GMM(log_wage_,1,99) GMMlevel(log_wage_,0,0) GMM(log_capital_,1,99) GMMlevel(log_capital_,0,0) "
        "year_1980_ year_1981_ year_1982_ year_1983_ year_1984_ --system --two-step"
    )


def test_names_that_gretl_would_confuse_stay_apart(panel: Columns) -> None:
    model, sheet = panel(COLUMNS)["time_dummies"]
    names: list[Any] = [gretl_text.name(column) for column in gretl_text.variables(model, sheet)]
    assert len(set(names)) == len(names)
