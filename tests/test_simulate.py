"""Panels drawn from a table's coefficients in its design, fitted again: `harness simulate`."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from fake_engines import agrees
from scipy import stats

from harness import dataset, specfile
from harness.cli import main
from harness.engines import engines
from harness.errors import UsageError
from harness.estimators.simulated_panel import Process, Regressor, draw
from harness.recovery import Coefficient, Recovery, Truth
from harness.result import Cell
from harness.result import Result as Fit
from harness.sheet import Sheet
from harness.simulate import Asked, Request, assumptions, calibration, simulate
from harness.simulate.equation import Drawn, equation
from harness.simulate.hypotheses import holds
from harness.simulate.preparation import Column, prepare
from harness.simulate.recipe import Recipe
from harness.simulate.tally import Tally
from harness.simulate.truth import of_print, refuse_explosive
from harness.spec import MODEL_ADAPTER, Spec
from harness.workers import Task, fitting

pytestmark = pytest.mark.slow

BOUND = 4.5  # Monte Carlo standard errors

PANEL_SPEC = """\
title: A dynamic panel
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: panel.csv, panel: {entity: firm, time: year}}
engines: [python-dpd]
base:
  model: dynamic-panel
  outcome: y
  regressors: {y: 1, x: 0, k: [0, 1]}
  estimator: difference
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {y: {lags: [2, 3]}, k: {lags: [1, 2]}}, iv: {x: {}}}
columns:
  "1": {}
  "2": {estimator: system}
"""
PANEL_PRINT = """part,term,measure,1,2
coefficients,L1.y,estimate,0.50,1.02
coefficients,L1.y,std_error,0.05,0.05
coefficients,x,estimate,0.30,0.30
coefficients,x,std_error,0.04,0.04
coefficients,L1.k,estimate,-0.20,-0.20
fit,model,n_obs,301,301
fit,model,n_groups,70,70
"""


def harness(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(root), "simulate", *arguments], catch_exceptions=False)


def read(root: Path, identifier: str) -> Spec:
    return specfile.read(root / "specs" / f"{identifier}.yaml", engines())


def silent(total: int, result: object) -> None:
    """No progress."""


def printed(root: Path, text: str, identifier: str) -> None:
    folder = root / "golden" / identifier
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "published.csv").write_text(text)


@pytest.fixture(autouse=True)
def _own_fits_are_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit that a column is made ready with needs no process of its own; those of panels have theirs."""

    def run(tasks: list[Task], jobs: int, executor: str) -> list[Fit]:
        return [fitting.fit(task) for task in tasks]

    monkeypatch.setattr("harness.simulate.preparation.workers", SimpleNamespace(run=run))


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """A project with a dynamic panel of 80 firms and 7 years, with gaps; the root."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/panel.yaml").write_text(PANEL_SPEC)
    printed(tmp_path, PANEL_PRINT, "panel")
    rng = np.random.default_rng(0)
    shape = (80, 7)
    one = Regressor(slopes=(0.4, -0.2), level=np.zeros(shape), persistence=0.6, feedback=0.3, delay=1)
    x = rng.normal(size=shape)
    drawn = draw(
        Process((0.5,), 0.3 * x, 1.0, np.diag([0.5, 0.5]), (one,), np.eye(1)), np.random.default_rng(1)
    )
    frame = pd.DataFrame({"firm": np.repeat(np.arange(80), 7), "year": np.tile(np.arange(1990, 1997), 80)})
    frame = frame.assign(y=drawn.series(None).ravel(), x=x.ravel(), k=drawn.series(0).ravel())
    frame.loc[[3, 40, 41], "y"] = np.nan
    frame.drop(index=[10, 25, 77]).to_csv(tmp_path / "specs/panel.csv", index=False)
    return tmp_path


def ready(root: Path, request: Request | None = None, name: str = "1") -> Column:
    spec = read(root, "panel")
    return prepare(spec, name, request or Request(), dataset.read(spec))


# ------------------------------------------------------------------------------------- against derivations


def straight_line(root: Path, name: str, coefficients: dict[str, float], sigma: float) -> Column:
    spec = read(root, "line")
    request = Request((name,), coefficients=coefficients, asked=Asked(error_sd=sigma))
    return prepare(spec, name, request, dataset.read(spec))


def measured(made: Column, replications: int, seed: int) -> list[Coefficient]:
    """Least squares of numpy on the panels of a linear column, in this process."""
    recipe = Recipe(made.design.sheet, made.design.cell, made.design.process, made.design.written, seed)
    tally = Tally(made.design.equation.terms, replications)
    for r in range(replications):
        cells = agrees.fit(made.model, replace(recipe, replication=r)()).cells
        tally.add(r, Fit("line", made.column, "fake-agrees", "fitted", cells=cells))
    return list(tally.coefficients(made.truths))


def test_least_squares_is_measured_as_its_exact_distribution_says(line) -> None:
    """Normal errors and fixed regressors: estimates are normal, standard errors chi, t noncentral t."""
    sigma, true = 2.0, {"x": 2.0, "z": 0.15, "constant": 0.0}
    made = straight_line(line("fake-agrees"), "1", true, sigma)
    frame = made.design.sheet.frame
    inverse = np.linalg.inv((design := frame[["x", "z"]].assign(one=1.0).to_numpy()).T @ design)
    df = len(frame) - 3
    low, high = stats.t(df).ppf([0.025, 0.975])
    c4 = float(stats.chi(df).mean() / df**0.5)  # mean of s / sigma
    for place, one in enumerate(measured(made, 2000, 7)):
        sd = sigma * inverse[place, place] ** 0.5
        law = stats.nct(df, true[one.term] / sd)
        assert one.truth == Truth(true[one.term], "given")
        for told, expected in (
            (one.bias, 0.0),
            (one.sd, sd),
            (one.rmse, sd),
            (one.std_error, c4 * sd),
            (one.ratio, c4),
            (one.coverage, 0.95),
            (one.power, float(law.cdf(low) + law.sf(high))),
        ):
            assert told is not None
            assert abs(told.value - expected) < BOUND * max(told.std_error, 1e-3), one.term
        assert sum(one.estimates.counts) + one.estimates.outside == 2000


def test_monte_carlo_standard_errors_are_the_spread_of_repeated_simulations(line) -> None:
    made = straight_line(line("fake-agrees"), "2", {"x": 0.3, "constant": 0.0}, 2.0)
    found = [measured(made, 60, seed)[0] for seed in range(40)]
    for name in ("bias", "sd", "rmse", "std_error", "ratio", "coverage", "power"):
        values = [getattr(one, name) for one in found]
        spread = float(np.std([one.value for one in values], ddof=1))
        told = float(np.mean([one.std_error for one in values]))
        # the sd of 40 numbers has a relative standard error of 1 / sqrt(78)
        assert told / spread == pytest.approx(1.0, abs=3.5 / 78**0.5), name


def test_what_moves_a_regressor_is_found_again_in_data_that_were_drawn() -> None:
    n, t, error = 3000, 30, 1.5
    one = Regressor(slopes=(0.0,), level=np.full((n, t), 4.0), persistence=0.7, feedback=0.4, delay=1)
    effects = np.array([[2.0, 0.9], [0.9, 1.0]])
    drawn = draw(
        Process((), np.zeros((n, t)), error, effects, (one,), np.array([[0.8]])), np.random.default_rng(3)
    )
    residual, x = drawn.series(None), drawn.series(0)
    innovation = (0.4**2 * error**2 + 0.8) ** 0.5
    found = calibration.spreads(residual, 0, True)
    assert found.error == pytest.approx(error, rel=0.01)  # 1 / sqrt(2 x 87,000) is 0.0024
    assert found.effect == pytest.approx(2.0**0.5, rel=0.06)  # 1 / sqrt(2 x 3,000) is 0.013
    deviation = x - calibration.level(x, [], by_period=True)
    motion = calibration.motion(deviation, moves=True)
    assert motion.persistence == pytest.approx(0.7, abs=0.02)
    assert motion.innovation == pytest.approx(innovation, rel=0.03)
    assert motion.effect == pytest.approx(1.0, rel=0.1)
    errors = residual - calibration.entity_means(residual)
    fed = calibration.feedback(errors, [deviation], [Drawn("x", "predetermined", (("x", 0),), "")], [motion])
    # deviations from means of 30 periods: biased by the order of 1/30
    assert fed.correlations[0] == pytest.approx(0.4 * error / innovation, abs=0.05)
    assert fed.innovations[0, 0] == pytest.approx(0.8, rel=0.1)
    covariance = calibration.effects(residual, [deviation], [2.0**0.5, 1.0])
    assert covariance[0, 1] == pytest.approx(0.9, abs=0.12)  # the means' noise takes a little of it


def test_a_regressor_with_a_trend_of_its_own_is_drawn_as_persistent_as_can_be_and_it_is_said() -> None:
    """Sums of sums: differences grow with their distance, and g1 - g2 is more than g0 - g1."""
    walk = np.random.default_rng(5).normal(size=(200, 9)).cumsum(1).cumsum(1)
    move = calibration.motion(walk, moves=True)
    assert move.persistence == calibration.MOST_PERSISTENT
    one = Drawn("x", "endogenous", (("x", 0),), "the spec says so")
    assert "0.98, the most that is drawn (the data show more)," in assumptions.of_regressor(one, move, 0.1)
    moderate = replace(move, persistence=0.5)
    assert "the most that is drawn" not in assumptions.of_regressor(one, moderate, 0.1)


@pytest.mark.r
def test_r_finds_in_the_same_panels_what_python_finds(panel: Path) -> None:
    """plm's pgmm is an estimator of other authors: bias, spread and size are no doing of our own core."""
    spec = read(panel, "panel")
    request = Request(("1",), "python-dpd", 6, 3, {"k": 0.4}, jobs=1)
    (ours,) = simulate(spec, request, silent).recoveries
    (theirs,) = simulate(spec, replace(request, engine="r-plm"), silent).recoveries
    for one, other in zip(ours.coefficients, theirs.coefficients, strict=True):
        assert one.truth == other.truth
        for name in ("bias", "sd", "rmse", "std_error"):
            # 1e-6 is the glossary's tolerance between engines for coefficients and standard errors
            assert getattr(other, name).value == pytest.approx(getattr(one, name).value, rel=1e-6), name
    hansen = {test.term: test.p_values for test in theirs.tests}["hansen_j"]
    assert {test.term: test.p_values for test in ours.tests}["hansen_j"] == hansen


# ------------------------------------------------------------------------------------ the panels themselves


def test_a_panel_keeps_rows_gaps_and_what_is_strictly_exogenous_and_no_more(panel: Path) -> None:
    made = ready(panel).design
    sheet = Recipe(made.sheet, made.cell, made.process, made.written, 1)()
    before, after = made.sheet.frame, sheet.frame
    assert list(after.columns) == list(before.columns) and len(after) == 557
    pd.testing.assert_frame_equal(after[["firm", "year", "x"]], before[["firm", "year", "x"]])
    for name in ("y", "k"):
        assert (after[name].isna() == before[name].isna()).all()
        there = before[name].notna()
        assert (after[name][there] != before[name][there]).all()
    assert made.sizes() == {
        "rows": 554,
        "entities": 80,
        "periods": 7,
        "fewest rows of an entity": 5,
        "most rows of an entity": 7,
        "gaps": 3,  # three of the six rows that lack y stand inside their firm's years
    }


def test_the_equation_holds_in_every_row_up_to_its_errors(panel: Path) -> None:
    """With errors and effects of size zero y is what the printed coefficients say of its own regressors."""
    made = ready(panel, Request(coefficients={"k": 0.4}, asked=Asked(0.0, 0.0))).design
    frame = Recipe(made.sheet, made.cell, made.process, made.written, 1)().frame
    late = frame.groupby("firm").shift(1)
    follows = (frame["year"] - late["year"] == 1) & late["y"].notna()
    expected = 0.5 * late["y"] + 0.3 * frame["x"] + 0.4 * frame["k"] - 0.2 * late["k"]
    left = (frame["y"] - expected)[follows].dropna()
    assert len(left) > 400
    np.testing.assert_allclose(left, left.iloc[0], rtol=0, atol=1e-9)  # the level that no constant tells


def test_replications_are_drawn_from_the_children_of_one_seed_in_order(panel: Path) -> None:
    made = ready(panel).design
    recipe = Recipe(made.sheet, made.cell, made.process, made.written, 5)
    for number, child in enumerate(np.random.SeedSequence(5).spawn(3)):
        y = draw(made.process, np.random.default_rng(child)).series(None).reshape(-1)[made.cell]
        frame = replace(recipe, replication=number)().frame
        there = frame["y"].notna()
        np.testing.assert_array_equal(frame["y"][there], y[there])
        other = replace(recipe, replication=number, seed=6)().frame
        assert (frame["y"][there] != other["y"][there]).all()


def test_the_same_seed_gives_the_same_numbers_with_any_number_of_jobs(panel: Path) -> None:
    spec = read(panel, "panel")
    request = Request(("1",), replications=12, coefficients={"k": 0.4}, jobs=1)
    (one,) = simulate(spec, request, silent).recoveries
    (two,) = simulate(spec, replace(request, jobs=2), silent).recoveries
    assert one == two
    assert {test.term: test.holds for test in one.tests if test.term[:2] in ("ar", "ha")}["ar1"] is False


@pytest.mark.parametrize(
    ("instruments", "kind"),
    [
        ({"iv": {"k": {}}}, "exogenous"),
        ({"gmm": {"k": {"lags": [0, 2]}}}, "exogenous"),
        ({"gmm": {"k": {"lags": [1, 2]}}}, "predetermined"),
        ({"gmm": {"k": {"lags": [2, None]}}}, "endogenous"),
        ({"gmm": {"k": {"lags": [2, None]}, "both": {"variables": ["k"], "lags": [1, 1]}}}, "predetermined"),
        ({"iv": {"k": {"lags": [1, 1]}}}, "endogenous"),
        ({}, "endogenous"),
    ],
)
def test_instruments_tell_how_a_regressor_is_drawn(instruments: dict, kind: str) -> None:
    groups = {"gmm": {"y": {"lags": [2, 3]}} | instruments.get("gmm", {}), "iv": instruments.get("iv", {})}
    model = MODEL_ADAPTER.validate_python(
        {
            "model": "dynamic-panel",
            "outcome": "y",
            "regressors": {"y": [1, 1], "k": [0, 0]},
            "estimator": "difference",
            "steps": 1,
            "std_error": "robust",
            "instruments": groups,
        }
    )
    found = equation(model, Sheet(pd.DataFrame({"y": [0.0], "k": [0.0]}), "y", entity="i", time="t"))
    assert [one.kind for one in found.drawn] == ([] if kind == "exogenous" else [kind])
    assert bool(found.fixed) is (kind == "exogenous")


def test_a_linear_model_of_a_lag_that_is_its_own_instrument_is_refused() -> None:
    spec = specfile.read(ROOT / "specs/roodman-2009-ols-lsdv-anderson-hsiao.yaml", engines())
    with pytest.raises(UsageError, match="first-difference"):
        prepare(spec, "anderson_hsiao", Request(), dataset.read(spec))


def test_null_hypotheses_are_judged_by_what_was_drawn(panel: Path) -> None:
    made = ready(panel)
    told = {
        name: holds(name, made.model, made.design.equation, made.design.process, made.truths)
        for name in ("ar1", "ar2", "hansen_j", "sargan@xtabond2", "diff_hansen_y", "wald@slopes", "lm_joint")
    }
    assert told == {"ar1": False, "ar2": True, "hansen_j": True, "sargan@xtabond2": True,
                    "diff_hansen_y": True, "wald@slopes": False, "lm_joint": None}  # fmt: skip
    early = made.model.model_copy(
        update={"instruments": type(made.model.instruments)(gmm={"y": {"lags": [1, 2]}})}
    )
    assert holds("hansen_j", early, made.design.equation, made.design.process, made.truths) is False


@pytest.mark.parametrize(
    ("variable", "lag", "equation", "valid"),
    [
        ("k", 1, "difference", True),  # k is predetermined: free of the error,
        ("k", 1, "both", False),  # not of the entity's effect
        ("y", 2, "difference", True),
        ("y", 2, "level", False),
        ("y", 1, "difference", False),
    ],
)
def test_plain_instruments_are_judged_by_equation_and_lag(
    panel: Path, variable: str, lag: int, equation: str, valid: bool
) -> None:
    made = ready(panel)
    document = made.model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain = {"variables": {variable: [lag, lag]}, "equation": equation}
    document["instruments"]["iv"]["plain"] = plain
    model = MODEL_ADAPTER.validate_python({**document, "estimator": "system"})
    assert made.design.process.effects[0, 0] > 0
    assert holds("hansen_j", model, made.design.equation, made.design.process, made.truths) is valid


# --------------------------------------------------------------------------------------- the coefficients


def test_a_coefficient_is_given_or_printed_or_fitted_and_says_which(panel: Path) -> None:
    made = ready(panel, Request(coefficients={"x": 0.25}))
    assert {term: one.source for term, one in made.truths.items()} == {
        "L1.y": "printed", "x": "given", "k": "fitted", "L1.k": "printed",
    }  # fmt: skip
    assert made.truths["L1.y"] == Truth(0.5, "printed", ("0.50", "0.05"), 0.05)
    assert made.truths["x"] == Truth(0.25, "given", ("0.30", "0.04"), 0.04)
    assert any("Not printed, and taken from python-dpd's fit: k = " in note for note in made.notes)
    assert any("Given by hand: x = 0.25" in note for note in made.notes)


def test_standard_deviations_given_by_hand_are_told_as_such(panel: Path) -> None:
    made = ready(panel, Request(coefficients={"x": 0.25}, asked=Asked(error_sd=2.0, effect_sd=0.0)))
    (note,) = (one for one in made.notes if one.startswith("Given by hand"))
    sizes = "standard deviation of the errors = 2, standard deviation of the entities' effects = 0"
    assert note == f"Given by hand: x = 0.25, {sizes}."
    assert "Entities have no effects, as was asked for." in made.assumptions


def test_a_number_printed_times_a_hundred_is_taken_for_what_it_means(panel: Path) -> None:
    path = panel / "specs/panel.yaml"
    path.write_text(path.read_text() + "print:\n  - {parts: [coefficients], terms: [x], scale: 100}\n")
    assert of_print(read(panel, "panel"), "1")["coefficients", "x", "estimate"] == ("0.30", 0.003)


def test_explosive_processes_are_refused_by_their_roots() -> None:
    own = (("L1.y", 1), ("L2.y", 2))

    def truths(first: float, second: float) -> dict[str, Truth]:
        return {"L1.y": Truth(first, "printed"), "L2.y": Truth(second, "fitted")}

    assert refuse_explosive(own, truths(-0.5, -0.6)) == (-0.5, -0.6)  # roots of modulus sqrt(0.6)
    with pytest.raises(UsageError, match=r"L1.y = 0.7 \(printed\), L2.y = 0.3 \(fitted\)"):
        refuse_explosive(own, truths(0.7, 0.3))
    with pytest.raises(UsageError, match="explodes"):
        refuse_explosive((("L2.y", 2),), {"L2.y": Truth(-1.1, "given")})


# --------------------------------------------------------------------------------- data that are not there


def test_without_data_panels_have_the_printed_rows_and_entities_and_are_fitted(panel: Path) -> None:
    (panel / "specs/panel.csv").unlink()
    request = Request(("1",), replications=4, coefficients={"k": 0.4}, jobs=1)
    (found,) = simulate(read(panel, "panel"), request, silent).recoveries
    assert found.fitted == 4
    assert (found.design["observations"], found.design["entities"]) == (301, 70)  # as printed
    assert found.notes[0].startswith("The data are not there")
    assert any("autocorrelation 0.5" in sentence for sentence in found.assumptions)


def test_without_data_a_model_without_effects_assumes_none(panel: Path) -> None:
    spec = (panel / "specs/panel.yaml").read_text().partition("base:")[0]
    pooled = (
        "base: {model: panel, estimator: pooled, outcome: y, regressors: {x: 0}, std_error: conventional}"
    )
    text = f"{spec.replace('python-dpd', 'python-linearmodels')}{pooled}\ncolumns: {{'1': {{}}, '2': {{}}}}\n"
    (panel / "specs/panel.yaml").write_text(text)
    kept = [row for row in PANEL_PRINT.splitlines(True) if ",L1." not in row]
    printed(panel, "".join(kept), "panel")
    (panel / "specs/panel.csv").unlink()
    made = prepare(read(panel, "panel"), "1", Request(coefficients={"constant": 1.0}), None)
    (motion,) = made.design.parts.motions
    assert (motion.persistence, motion.effect, made.design.parts.spreads.effect) == (0, 0, 0)
    assert not [one for one in made.assumptions if "autocorrelation" in one or "Errors and effects" in one]
    assert any("independent from row to row" in one for one in made.assumptions)


def test_without_data_what_the_print_lacks_is_asked_for(panel: Path) -> None:
    (panel / "specs/panel.csv").unlink()
    found = simulate(read(panel, "panel"), Request(("1",)), silent)
    assert (found.exit_code, found.recoveries) == (2, ())
    assert "the coefficient of k is neither printed nor fitted. Give it: --set k=VALUE" in found.faults[0]
    printed(panel, PANEL_PRINT.replace("fit,model,n_obs,301,301\n", ""), "panel")
    found = simulate(read(panel, "panel"), Request(("1",), coefficients={"k": 0.4}), silent)
    assert "(n_obs, n_groups) are not printed" in found.faults[0]


# ------------------------------------------------------------------------------------------ the command


def test_the_command_writes_a_page_and_tells_each_column(panel: Path) -> None:
    told = harness(panel, "panel", "--column", "1", "--replications", "10", "--set", "k=0.4", "--jobs", "1")
    assert told.exit_code == 0, told.output
    assert "panel (1): 10 panels, seed 1, by python-dpd" in told.stdout
    assert all(len(row) <= 80 for row in told.stdout.splitlines()[:-1])
    folder = panel / "reports/simulated/panel"
    names = {path.name for path in folder.iterdir()}
    assert names == {"index.html", "report.md", "results.json", "run.json"}
    page = (folder / "index.html").read_text()
    assert "What this assumes" in page
    assert page.count('<svg viewBox="0 0 320') == 4 + page.count("<title>p-values of")
    again = harness(panel, "panel", "--column", "1", "--replications", "10", "--set", "k=0.4", "--json")
    document = json.loads(again.stdout)
    assert document == json.loads((folder / "results.json").read_text())
    (one,) = document["columns"]
    assert [c["term"] for c in one["coefficients"]] == ["L1.y", "x", "k", "L1.k"]


def test_a_column_that_cannot_be_simulated_takes_no_other_with_it(panel: Path) -> None:
    told = harness(panel, "panel", "--replications", "4", "--set", "k=0.4", "--jobs", "1")
    assert told.exit_code == 2
    assert "panel (2): the process explodes: L1.y = 1.02 (printed)" in told.stderr
    assert "panel (1): 4 panels" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--column", "3"], "--column 3: panel has no such column"),
        (["--engine", "python-dpt"], "--engine python-dpt: there is no such engine"),
        (["--engine", "r-stats", "--column", "1"], "r-stats: does not estimate model 'dynamic-panel'"),
        (["--set", "L1.y"], "--set L1.y: write TERM=VALUE"),
        (["--set", "L1.y=high"], "write TERM=VALUE"),
        (["--set", "=1"], "write TERM=VALUE"),
        (["--set", "L1.y=inf"], "write TERM=VALUE"),
        (
            ["--set", "w=1", "--column", "1"],
            "--set w: the equation has no such term. It has L1.y, x, k, L1.k",
        ),
        (["--set", "k=1", "--set", "k=2"], "--set k=2: k has the value 1 already. Give one"),
        (["--error-sd", "-1"], "--error-sd -1: a standard deviation is a number from 0"),
        (["--effect-sd", "nan"], "--effect-sd nan: a standard deviation is a number from 0"),
        (["--data", "other=specs/panel.csv"], "other"),
        (["--data", "data=a.csv", "--data", "data=b.csv"], "--data data=b.csv: data is a.csv already"),
        (["--column", "1", "--set", "L1.y=1"], "its largest root is 1, and 1 is the limit"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_2(panel: Path, arguments: list[str], sentence: str) -> None:
    told = harness(panel, "panel", *arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("identifier", ["lipset-fuzzy", "empl-uk-descriptives"])
def test_models_without_errors_are_refused(identifier: str) -> None:
    told = harness(ROOT, identifier)
    assert told.exit_code == 2
    assert "has no errors to draw" in told.stderr


def test_a_folder_with_other_things_in_it_is_not_replaced(panel: Path) -> None:
    told = harness(panel, "panel", "--out", str(panel / "specs"))
    assert told.exit_code == 2
    assert (panel / "specs/panel.yaml").is_file()


def test_a_place_where_nothing_can_be_written_is_told_before_any_fit(panel: Path) -> None:
    told = harness(panel, "panel", "--out", str(panel / "specs/panel.csv/out"))
    assert (told.exit_code, told.stdout) == (2, "")
    assert "panel.csv/out cannot be made (Not a directory). Give another: --out DIR" in told.stderr
    assert "fits" not in told.stderr


def test_a_column_asked_for_twice_is_simulated_once(panel: Path) -> None:
    asked = ["--column", "1", "--column", "1", "--replications", "2", "--set", "k=0.4", "--jobs", "1"]
    told = harness(panel, "panel", *asked, "--json")
    assert len(json.loads(told.stdout)["columns"]) == 1


def test_an_engine_that_fits_nothing_is_3(line) -> None:
    told = harness(line("fake-missing"), "line", "--jobs", "1")
    assert told.exit_code == 3
    assert "fake-missing does not fit the data, whose residuals are needed: the fake package" in told.stderr


def test_an_interrupted_simulation_gives_what_is_known(panel: Path) -> None:
    seen: list[object] = []

    def after_five(total: int, result: object) -> None:
        seen.append(result)
        if len(seen) == 1 + 5:  # the first call only tells the number of fits
            raise KeyboardInterrupt

    request = Request(("1",), replications=50, coefficients={"k": 0.4}, jobs=1)
    found = simulate(read(panel, "panel"), request, after_five)
    (one,) = found.recoveries
    assert isinstance(one, Recovery) and (one.drawn, one.asked, found.is_interrupted) == (5, 50, True)
    assert len(one.coefficients) == 4


def test_it_makes_no_difference_which_fit_ends_first() -> None:
    def fit(number: int) -> Fit:
        if number % 5 == 3:
            return Fit("s", "1", "e", "errored", "singular" if number < 9 else "a hang")
        cells = [Cell("coefficients", "x", name, 1 / (number + 3)) for name in ("estimate", "std_error")]
        cells += [Cell("tests", "ar2", "p_value", number / 20)] if number % 2 else []
        cells += [Cell("tests", "hansen_j", "p_value", 1 / (number + 2))]
        return Fit("s", "1", "e", "fitted", cells=(*cells, Cell("fit", "model", "n_obs@equation", number)))

    def told(order: list[int]) -> object:
        tally = Tally(("x",), 20)
        for number in order:
            tally.add(number, fit(number))
        true = {"x": Truth(0.1, "printed")}
        found = [*tally.coefficients(true)], [*tally.tests(lambda name: None)], tally.counts
        return found, list(tally.failures.items())

    forward = told([*range(20)])
    assert forward == told([*reversed(range(20))]) == told([*range(1, 20, 2), *range(0, 20, 2)])


def test_fits_that_fail_are_counted_and_left_out() -> None:
    tally = Tally(("x",), 4)
    for r, value in enumerate((1.0, 2.0, 6.0)):
        tally.add(r, Fit("s", "1", "e", "fitted", cells=(Cell("coefficients", "x", "estimate", value),)))
    tally.add(3, Fit("s", "1", "e", "errored", "singular"))
    (one,) = tally.coefficients({"x": Truth(2.0, "given")})
    assert (tally.drawn, tally.fitted, tally.failures) == (4, 3, {"singular": 1})
    assert one.bias.value == pytest.approx(1.0)
    assert one.sd.value == pytest.approx(7.0**0.5)  # squares about 3: 4 + 1 + 9, over 2
    assert one.rmse.value == pytest.approx((17 / 3) ** 0.5)  # squares about 2: 1 + 0 + 16
    assert (one.std_error, one.ratio, one.coverage, one.power) == (None, None, None, None)
