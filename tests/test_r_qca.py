"""R's QCA beside the own core: the same cells of every analysis, and what is said where it is missing."""

import functools
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from fsqca_cases import generated

from harness import compare, dataset, goldenfile, specfile
from harness.dataset import configurations
from harness.dataset.rows import Rows
from harness.engines import engines, python_fsqca, r_qca
from harness.errors import NotInstalled, Unsupported
from harness.result import Estimates, Result
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, FuzzySet, PanelKeys

SPECS = (
    "dusa-2021-pri",
    "lipset-fuzzy",
    "oana-schneider-2018-high-tech-exports",
    "produc-configurations",
    "qca-two-cuts-and-n-cut",
    "thiem-dusa-2013-krook",
)
PANELS = tuple(f"virtual-agglomeration-configurations{group}" for group in ("", "-high", "-low"))


@functools.cache
def _no_qca() -> str:
    try:
        r_qca.versions()
    except NotInstalled as reason:
        return str(reason)
    return ""


needs_qca = pytest.mark.usefixtures("qca")


@pytest.fixture
def qca() -> None:
    """Skips, with the reason, where R's QCA is not installed."""
    if _no_qca():
        pytest.skip(_no_qca())


ALL = ["conservative", "parsimonious", "intermediate"]
PRESENT = {"A": 1, "B": 1, "C": 0}
RAW = {"A": {"method": "direct", "out": 20, "crossover": 50.05, "in": 80}}

# What is asked of the generated data (three conditions, 40 cases): every setting that an engine translates.
ANALYSES: dict[str, dict[str, Any]] = {
    "plain": {},
    "negated": {"outcome": "~Y"},
    "pri_cut": {"pri_cut": 0.6},
    "n_cut": {"n_cut": 3},
    "two_cuts": {"incl_cut": [0.9, 0.7]},
    "excluded": {"exclude": ["A*~B"]},
    "untenable": {"exclude": "untenable"},
    "necessity": {"necessity": {"incl_cut": 0.8, "disjunctions": True}},
    "panel_necessity": {
        "outcome": "~Y",
        "necessity": {"incl_cut": 0.8, "disjunctions": True},
        "panel": {},
    },
    "tests": {
        "panel": {"each": ["time", "entity"]},
        "robustness": {"tests": {"a": {"incl_cut": 0.9}, "b": {"n_cut": 2}}},
        "checks": True,
    },
    "tests_with_anchors": {
        "calibration": RAW,
        "solution": ["parsimonious"],
        "robustness": {"tests": {"a": {"anchors": {"A": [25, 50.05, 75]}}}},
    },
    "tests_without_solution": {
        "solution": ["parsimonious"],
        "directional_expectations": {},
        "robustness": {"tests": {"a": {"incl_cut": 1, "pri_cut": 1}}},
    },
    "conjunctions": {"necessity": {"incl_cut": 0.6}},
    "nothing_positive": {"incl_cut": 1, "pri_cut": 1},
    "everything_positive": {"incl_cut": 0.01},
    "direct": {"calibration": RAW},
    "percentiles": {"calibration": {"A": {**RAW["A"], "out": "p5", "in": "p95"}}},
    "decreasing": {"calibration": {"A": {**RAW["A"], "out": 80, "in": 20}}},
    "lines": {"calibration": {"A": {**RAW["A"], "logistic": False, "below": 2.0, "above": 0.5}}},
    "ecdf": {"calibration": {"A": {**RAW["A"], "method": "ecdf"}}},
    "ecdf_decreasing": {"calibration": {"A": {"method": "ecdf", "out": 80, "crossover": 50.05, "in": 20}}},
    "bell": {"calibration": {"A": {"method": "bell", "anchors": [5, 25.05, 45, 55, 75.05, 95]}}},
    "indirect": {"calibration": {"A": {"method": "indirect", "thresholds": [20.05, 40.05, 60.05, 80.05]}}},
    "tfr": {"calibration": {"A": {"method": "tfr"}}},
    "crisp": {"calibration": {"A": {"method": "crisp", "thresholds": [50.05]}}},
}


def analysis(settings: dict[str, Any]) -> tuple[FuzzySet, Sheet]:
    frame = pd.DataFrame(generated(seed=11, n=40, k=3, noise=0.4))
    if "calibration" in settings:
        frame["A"] = (frame["A"] * 97 + 2).round(1)
    is_solved = "calibration" not in settings and "necessity" not in settings  # R takes 2 s for solutions
    made = {
        "model": "fuzzy-set",
        "outcome": "Y",
        "conditions": ["A", "B", "C"],
        "solution": ALL if is_solved else [],
        "directional_expectations": PRESENT if is_solved else {},
        **settings,
    }
    model = MODEL_ADAPTER.validate_python(made)
    assert isinstance(model, FuzzySet)
    keys = frame.assign(city=[f"c{i % 8}" for i in range(40)], year=[2001 + i // 8 for i in range(40)])
    rows = Rows(keys, "generated", PanelKeys(entity="city", time="year"))
    return model, configurations.sheet(model, rows, np.full(len(keys), True))


def numbers(found: Estimates) -> dict[tuple[str, str, str], float]:
    return {cell[:3]: cell.value for cell in found.cells}


@pytest.mark.r
@needs_qca
@pytest.mark.parametrize("name", ANALYSES)
def test_both_engines_give_the_same_cells(name: str) -> None:
    model, sheet = analysis(ANALYSES[name])
    ours, theirs = python_fsqca.fit(model, sheet), r_qca.fit(model, sheet)
    assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-10, abs=1e-12)
    assert len(ours.not_offered) == len(theirs.not_offered)


@pytest.mark.r
@needs_qca
def test_a_calibration_on_which_r_fails_is_a_skip_with_its_reason() -> None:
    """QCA 3.25.1: x[-which(x < 0)] is empty where no x is below 0, and ecdf() of nothing is an error."""
    model, sheet = analysis(
        {"calibration": {"A": {"method": "ecdf", "out": 0, "crossover": 50.05, "in": 80}}}
    )
    with pytest.raises(Unsupported, match="needs values beyond either outer anchor"):
        r_qca.fit(model, sheet)
    assert python_fsqca.fit(model, sheet).cells


@pytest.mark.r
@needs_qca
def test_each_of_several_models_is_held_against_the_tests() -> None:
    """Krook's data: two parsimonious models, and others where a configuration needs two cases."""
    spec = specfile.read(ROOT / "specs" / "thiem-dusa-2013-krook.yaml", tuple(engines()))
    settings = {"solution": ["parsimonious"], "robustness": {"tests": {"two_cases": {"n_cut": 2}}}}
    dropped = {"directional_expectations": {}, "necessity": None}
    model = MODEL_ADAPTER.validate_python({**spec.merged["wnp"], **settings, **dropped})
    assert isinstance(model, FuzzySet)
    sheet = dataset.prepare(spec, dataset.read(spec), "wnp")
    ours, theirs = numbers(python_fsqca.fit(model, sheet)), numbers(r_qca.fit(model, sheet))
    assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-12)
    assert len([key for key in ours if key[2] == "rf_cov"]) == 2


@pytest.mark.r
@needs_qca
def test_a_condition_called_like_a_column_of_rs_truth_table_is_not_mistaken() -> None:
    model, sheet = analysis({})
    renamed = {"A": "n", "B": "PRI", "C": "OUT", "Y": "cases"}
    settings = model.model_copy(
        update={
            "conditions": ("n", "PRI", "OUT"),
            "outcome": "cases",
            "directional_expectations": {"n": 1, "PRI": 1, "OUT": 0},
        }
    )
    other = Sheet(sheet.frame.rename(columns=renamed), "cases", ("n", "PRI", "OUT"), cases=sheet.cases)
    assert numbers(r_qca.fit(settings, other)) == pytest.approx(numbers(python_fsqca.fit(settings, other)))


@pytest.mark.r
@needs_qca
@pytest.mark.parametrize("name", ["negated", "untenable", "lines", "necessity"])
def test_the_call_is_r_that_a_person_can_run(name: str) -> None:
    model, sheet = analysis(ANALYSES[name])
    columns = ", ".join(
        f"{column} = c({', '.join(map(repr, map(float, values)))})" for column, values in sheet.frame.items()
    )
    script = f"suppressMessages(library(QCA)); d <- data.frame({columns})\n{r_qca.translate(model, sheet)}"
    told = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count(f"-> {model.outcome}") == len(model.solution)


def test_the_call_has_every_digit_of_cut_offs_and_anchors() -> None:
    """As the end of a sensitivity range or a percentile has them: six digits would be another analysis."""
    cut = 0.7241637102798321
    model, sheet = analysis({**ANALYSES["percentiles"], "incl_cut": cut, "pri_cut": cut})
    anchors = "c({}, 50.05, {})".format(*(repr(sheet.anchors["A"][i]) for i in (0, 2)))
    theirs, ours = r_qca.translate(model, sheet), python_fsqca.translate(model, sheet)
    assert (
        f"incl.cut = {cut!r}, n.cut = 1, pri.cut = {cut!r}" in theirs and f"thresholds = {anchors}" in theirs
    )
    assert f"truth_table(data, ({cut!r}, {cut!r}), {cut!r}, 1)" in ours


@pytest.mark.r
def test_where_qca_is_not_installed_the_column_is_skipped_with_the_sentence_that_mends_it() -> None:
    code = (
        "from harness.engines import r_qca\nfrom harness.errors import NotInstalled\n"
        "try: r_qca.versions()\nexcept NotInstalled as reason: print(reason)\n"
        "else: print('installed')"
    )
    environment = {**os.environ, "R_LIBS_USER": "/nowhere", "HARNESS_R_BRIDGE": "rscript"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT, check=True
    )
    if told.stdout.strip() == "installed":
        pytest.skip("QCA is installed for everybody on this machine")
    mend = "R has no package QCA. Install it: Rscript -e 'install.packages(\"QCA\")'"
    assert told.stdout.strip() == mend


@pytest.mark.parametrize("name", [*SPECS, *PANELS])
def test_the_recorded_numbers_of_r_and_of_the_core_agree_but_for_known_defects(name: str) -> None:
    spec = specfile.read(ROOT / "specs" / f"{name}.yaml", tuple(engines()))
    ours, theirs = (goldenfile.read_engine(spec, engine) for engine in ("python-fsqca", "r-qca"))
    assert ours is not None and theirs is not None
    for column in spec.columns:
        found = compare.engines(spec, column, ours[column], theirs[column])
        assert not found.discrepancies, (name, column)
        assert found.pairs


def test_the_core_today_gives_what_r_gave() -> None:
    """Without R: Krook's golden file of r-qca against python-fsqca here and now."""
    spec = specfile.read(ROOT / "specs" / "thiem-dusa-2013-krook.yaml", tuple(engines()))
    recorded = goldenfile.read_engine(spec, "r-qca")
    assert recorded is not None
    model = spec.columns["wnp"]
    cells = python_fsqca.fit(model, dataset.prepare(spec, dataset.read(spec), "wnp")).cells
    today = Result(spec.id, "wnp", "python-fsqca", "fitted", cells=cells)
    pairs = compare.engines(spec, "wnp", recorded["wnp"], today).pairs
    assert len(pairs) > 300
    assert {pair.verdict for pair in pairs} <= {"exact", "within_tolerance"}


def test_ranges_end_where_r_says_that_a_configuration_changes_its_output() -> None:
    """The ends that python-fsqca finds are in R's truth table: inclusions, PRI, cases (n, or n + 1)."""
    spec = specfile.read(ROOT / "specs" / "produc-configurations.yaml", tuple(engines()))
    ours, theirs = (goldenfile.read_engine(spec, engine) for engine in ("python-fsqca", "r-qca"))
    assert ours is not None and theirs is not None
    table: dict[str, set[float]] = {}
    for cell in theirs["productive"].cells:
        if cell.part == "truth_table":
            table.setdefault(cell.measure, set()).add(round(cell.value, 10))
    ends = {cell[1:3]: cell.value for cell in ours["productive"].cells if cell.part == "robustness"}
    for solution in ("parsimonious", "intermediate"):
        low, high = (
            {name: ends[f"{solution}:solution|{name}", end] for name in ("incl_cut", "pri_cut", "n_cut")}
            for end in ("range_low", "range_high")
        )
        assert low["incl_cut"] == 0 and round(high["incl_cut"], 10) in table["inclusion"]
        assert {round(low["pri_cut"], 10), round(high["pri_cut"], 10)} <= table["pri"]
        assert {low["n_cut"] - 1, high["n_cut"]} <= table["n_cases"] | {0}


def test_rs_defect_moves_the_marks_of_contradictions_and_is_registered() -> None:
    """QCA 3.25.1, truthTable(incl.cut = c(0.8, 0.6), n.cut = 2): FI and IE, inclusion 0.804, become "C"."""
    spec = specfile.read(ROOT / "specs" / "qca-two-cuts-and-n-cut.yaml", tuple(engines()))
    ours, theirs = (goldenfile.read_engine(spec, engine) for engine in ("python-fsqca", "r-qca"))
    assert ours is not None and theirs is not None
    found = compare.engines(spec, "n_cut_2", ours["n_cut_2"], theirs["n_cut_2"])
    moved = {(p.term, p.reference, p.candidate) for p in found.pairs if p.verdict == "explained"}
    assert moved == {("DEV*~URB*LIT*~IND*STB", 1.0, 2.0), ("DEV*~URB*LIT*IND*STB", 2.0, 0.0)}
