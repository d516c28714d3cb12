"""`explain` on specs that are wrong on purpose: static panels, least squares, moments, configurations."""

import csv
import shutil
import statistics
from pathlib import Path

import pytest
from conftest import ROOT
from wrong_specs import in_this_process

from harness import specfile
from harness.engines import engines
from harness.explain import conventions, explaining, fitting
from harness.explain.answer import Answer
from harness.explain.space import Space
from harness.spec import Spec

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "pool", in_this_process)


def wrong(folder: Path, name: str, *changes: tuple[str, str]) -> Spec:
    """A committed spec, its data and its print, each of *changes* made once in the spec's text."""
    text = (ROOT / "specs" / f"{name}.yaml").read_text()
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / "specs" / "data").mkdir(parents=True)
    path = folder / "specs" / f"{name}.yaml"
    path.write_text(text)
    spec = specfile.read(path, tuple(engines()))
    shutil.copy(ROOT / "specs" / "data" / spec.data.file, folder / "specs" / "data")
    shutil.copytree(ROOT / "golden" / name, folder / "golden" / name)
    return spec


def explained(spec: Spec, column: str, budget: int) -> Answer:
    (found,) = explaining.explain(spec, explaining.Choice(budget, (column,)))
    assert found.missed_in_spec and found.fitting
    return found


def changes(found: Answer) -> dict[str, str]:
    """Axis to what the answer with the fewest changes sets it to."""
    return {change.axis: change.after for change in found.fitting[0].changes}


# ------------------------------------------------------------------------------------------- static panels


def test_the_small_sample_factor_of_entity_clustered_errors_is_found(tmp_path: Path) -> None:
    # [XT] xtreg, fe vce(cluster firm): (N-1)/(N-K) G/(G-1).
    told = ("    small_sample: stata\n    distribution: t-groups\n", "    distribution: t-groups\n")
    found = explained(wrong(tmp_path, "grunfeld-stata", told), "fe_robust", 30)
    assert changes(found) == {"small_sample": "stata"}
    assert found.fitting[0].patch == {"small_sample": "stata"}
    (change,) = found.fitting[0].changes
    assert change.moves is not None and {cell.measure for cell in change.moves} == {"std_error"}
    factors = {c.after for one in found.fitting for c in one.changes if c.axis == "small_sample"}
    assert factors == {"stata"}  # no other factor gives the print


def test_what_is_clustered_by_and_the_factor_are_found_together(tmp_path: Path) -> None:
    spec = wrong(
        tmp_path,
        "wooldridge-wage-panel",
        ("  std_error: cluster\n  cluster: [entity]\n  small_sample: stata\n", "  std_error: robust\n"),
        ("    cluster: null\n    small_sample: null\n    tests: [f_effects]", "    tests: [f_effects]"),
        ("    cluster: null\n    small_sample: null\n    tests: [hausman", "    tests: [hausman"),
    )
    found = explained(spec, "fe_cluster", 40)
    assert changes(found) == {"std_error": "cluster by entity", "small_sample": "stata"}


def test_the_denominator_of_least_squares_and_the_distribution_are_found(tmp_path: Path) -> None:
    # ivregress divides by N and takes the normal distribution (Roodman 2009, section 3.2).
    spec = wrong(
        tmp_path,
        "roodman-2009-ols-lsdv-anderson-hsiao",
        ("    sigma2: n  # ivregress divides by N and uses the normal distribution\n", ""),
        ("    distribution: normal\n", "    distribution: t-residual\n"),
    )
    found = explained(spec, "anderson_hsiao", 40)
    assert changes(found)["sigma2"] == "n"


# --------------------------------------------------------------------------------------------- descriptives

MOMENTS = """\
title: Moments of the unit
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: values.csv}
engines: [python-pandas]
base: {model: descriptive, variables: [x, z], measures: [n_obs, mean, sd, p25]}
columns: {all: {}}
"""
X = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1, 18.4]
Z = [3.0, 1.0, 4.0, None, 5.0, 9.0, 2.0, 6.0, 7.0]


def moments(folder: Path, print_: dict[tuple[str, str], float]) -> Spec:
    """A spec of moments with a table that prints *print_* to four decimals."""
    (folder / "specs").mkdir()
    (folder / "golden" / "moments").mkdir(parents=True)
    (folder / "specs" / "moments.yaml").write_text(MOMENTS)
    with (folder / "specs" / "values.csv").open("w", newline="") as file:
        rows = [("" if value is None else value for value in row) for row in zip(X, Z, strict=True)]
        csv.writer(file).writerows([("x", "z"), *rows])
    lines = [f"descriptives,{term},{measure},{value:.4f}" for (term, measure), value in print_.items()]
    table = folder / "golden" / "moments" / "published.csv"
    table.write_text("\n".join(["part,term,measure,all", *lines]) + "\n")
    return specfile.read(folder / "specs" / "moments.yaml", tuple(engines()))


def test_a_standard_deviation_that_divides_by_n_is_found(tmp_path: Path) -> None:
    spec = moments(tmp_path, {("x", "mean"): statistics.mean(X), ("x", "sd"): statistics.pstdev(X)})
    assert changes(explained(spec, "all", 20)) == {"sd_denominator": "n"}


def test_a_quantile_of_another_type_is_found(tmp_path: Path) -> None:
    # Python's own "exclusive" quantiles are R's type 6 (Hyndman and Fan 1996), its "inclusive" ones type 7.
    exclusive = statistics.quantiles(X, n=4, method="exclusive")[0]
    found = explained(moments(tmp_path, {("x", "p25"): exclusive}), "all", 20)
    assert changes(found) == {"quantile_type": "6"}


def test_rows_that_are_complete_in_all_variables_are_found(tmp_path: Path) -> None:
    complete = [x for x, z in zip(X, Z, strict=True) if z is not None]
    spec = moments(tmp_path, {("x", "n_obs"): len(complete), ("x", "sd"): statistics.stdev(complete)})
    found = explained(spec, "all", 20)
    assert changes(found) == {"missing values": "rows without any missing value"}
    assert found.fitting[0].patch == {"sample": "not is_missing(`x`) and not is_missing(`z`)"}


# ------------------------------------------------------------------------------------------ configurations

KROOK = "thiem-dusa-2013-krook"


@pytest.mark.parametrize(
    ("before", "after", "axis", "wanted"),
    [
        ("  incl_cut: 1\n", "  incl_cut: 1\n  n_cut: 2\n", "n_cut", {"1"}),
        ("necessity: {incl_cut: 1,", "necessity: {incl_cut: 0.9,", "necessity.incl_cut", {"0.95", "1.0"}),
        ("WS: 1, WM", "WS: 0, WM", "directional_expectations.WS", {"present"}),
        ("  outcome: WNP\n", '  outcome: "~WNP"\n', "outcome", {"WNP"}),
    ],
)
def test_a_wrong_setting_of_krooks_analysis_is_found(
    tmp_path: Path, before: str, after: str, axis: str, wanted: set[str]
) -> None:
    found = explained(wrong(tmp_path, KROOK, (before, after)), "wnp", 48)
    assert list(changes(found)) == [axis]
    single = {one.changes[0].after for one in found.fitting if len(one.changes) == 1}
    assert wanted <= single  # the sets are crisp: 0.95 and 1 are the same cut-off


def test_the_solution_that_is_printed_and_not_made_is_found(tmp_path: Path) -> None:
    lines = (
        "  solution: [conservative, parsimonious, intermediate]\n"
        "  directional_expectations: {ES: 1, QU: 1, WS: 1, WM: 1, LP: 1}\n"
    )
    spec = wrong(tmp_path, KROOK, (lines, "  solution: [conservative, parsimonious]\n"))
    found = explained(spec, "wnp", 48)
    assert list(changes(found)) == ["solution"]
    assert "intermediate" in found.fitting[0].patch["solution"]


# ------------------------------------------------------------------------------------------ all conventions


def test_every_known_alternative_of_the_committed_specs_is_a_model_and_changes_something() -> None:
    seen = set()
    for path in sorted((ROOT / "specs").glob("*.yaml")):
        spec = specfile.read(path, tuple(engines()))
        for column, model in spec.columns.items():
            if model.model not in ("panel", "linear", "descriptive", "fuzzy-set"):
                continue
            family = conventions.FAMILIES[model.model](spec, column)
            axes = tuple(axis for axis in family if len(axis.alternatives) > 1)
            space = Space(spec, column, axes)
            assert len({axis.name for axis in axes}) == len(axes), path.stem
            for change in space.changes:
                changed = space.model((change,))
                assert changed is not None, (path.stem, column, list(space.chosen((change,))))
                assert changed != model, (path.stem, column, list(space.chosen((change,))))
            seen |= {axis.name for axis in axes}
    assert {"effects", "variance_components", "sigma2", "quantile_type", "incl_cut", "exclude"} <= seen
