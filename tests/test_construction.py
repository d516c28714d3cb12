"""Constructed variables from spec to cells: sheets, engines in Python and R, refusals in one sentence."""

import importlib.util
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from harness import construct, dataset, rsession, specfile
from harness.cli import main
from harness.engines import engines, python_index, python_pymcdm, r_base
from harness.errors import DataError, NotInstalled, SpecError, Unsupported, UsageError
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, AnyModel, Spec

HEAD = """\
title: Constructed
source: {{citation: "made for the tests", read_from: "the tests"}}
data: {{file: d.csv, panel: {{entity: city, time: year}}}}
engines: [python-index, r-base]
base: {base}
columns: {{"1": {{}}}}
"""
INDEX = "{model: index, name: NQ, indicators: {gdp: positive, waste: negative, patents: positive}"
NESTED = (
    "{model: index, name: NQ, indicators: {gdp: positive, pollution: negative}, "
    "composites: {pollution: {indicators: {waste: positive, patents: negative}}}"
)
PLACES = "{model: agglomeration, name: VA, share: [it, staff], coordinates: [lat, lon], self_distance: omit"
TYPES = (
    "{model: quantile-type, of: it, cuts: {share: [0.5], growth: [0.25, 0.5]}, "
    "names: [[stagnant, stagnant, potential], [adjusting, stable, frontier]]"
)
SETTINGS = {
    "index pooled": f"{INDEX}}}",
    "index by time": f"{INDEX}, pooled: by-time, shift: 0.001}}",
    "index by vectors": f"{INDEX}, normalise: vector, shift: 0.0001}}",
    "index by the weighted sum": f"{INDEX}, method: entropy-sum, shift: 0.0001}}",
    "index within an index": f"{NESTED}, pooled: by-time, shift: 0.0001}}",
    "agglomeration": f"{PLACES}}}",
    "agglomeration, all settings": PLACES.replace("omit", "2.5")
    + ", decay: 1.5, row_standardised: true, reference: pooled}",
    "agglomeration, double sum": f"{PLACES}, double_sum: true}}",
    "types": f"{TYPES}}}",
    "types by mean growth": f"{TYPES}, growth: mean}}",
}


def table() -> pd.DataFrame:
    """Nine cities in four years; every number is positive."""
    rng = np.random.default_rng(7)
    city, year = np.repeat([f"c{i}" for i in range(9)], 4), np.tile(range(2005, 2009), 9)
    frame = pd.DataFrame({"city": city, "year": year})
    frame["gdp"], frame["waste"], frame["patents"] = rng.lognormal(1, 1, (3, 36)).round(4)
    frame["staff"] = rng.integers(1000, 9000, 36)
    frame["it"] = (frame["staff"] * rng.uniform(0.01, 0.1, 36)).round()
    frame["lat"], frame["lon"] = np.repeat(rng.uniform(20, 50, 9), 4), np.repeat(rng.uniform(80, 130, 9), 4)
    return frame


def written(folder: Path, base: str, frame: pd.DataFrame) -> Spec:
    frame.to_csv(folder / "d.csv", index=False)
    (folder / "s.yaml").write_text(HEAD.format(base=base))
    return specfile.read(folder / "s.yaml", tuple(engines()))


def prepared(folder: Path, base: str, frame: pd.DataFrame | None = None) -> tuple[AnyModel, Sheet]:
    spec = written(folder, base, table() if frame is None else frame)
    return spec.columns["1"], dataset.prepare(spec, dataset.read(spec), "1")


def cells(found: Estimates) -> dict[tuple[str, str], float]:
    return {(cell.term, cell.measure): cell.value for cell in found.cells}


def test_an_index_by_the_engine_is_the_one_of_three_cases_by_hand(tmp_path: Path) -> None:
    # Indicators 0, 1/2, 1 and, turned round, 1, 1/2, 0: the weights are equal, the middle case is half-way.
    frame = pd.DataFrame({"city": [1, 2, 3], "year": 2005, "gdp": [10, 20, 30], "waste": [1, 2, 3]})
    base = "{model: index, indicators: {gdp: positive, waste: negative}}"
    model, sheet = prepared(tmp_path, base, frame)
    found = cells(python_index.fit(model, sheet))
    assert found["gdp", "weight"] == pytest.approx(0.5)
    assert found["gdp", "entropy"] == pytest.approx(1 - 2 / 3 * np.log(2) / np.log(3))
    assert python_index.by_case(model, sheet) == pytest.approx([0.5, 0.5, 0.5])
    assert found["index", "n_obs"] == 3


def test_a_weighted_sum_is_the_one_of_three_cases_by_hand(tmp_path: Path) -> None:
    # Indicators 0, 1/2, 1 and 1, 0, 1/2 have equal entropies: the sums are their means.
    frame = pd.DataFrame({"city": [1, 2, 3], "year": 2005, "soot": [1, 2, 3], "waste": [30, 10, 20]})
    base = "{model: index, method: entropy-sum, indicators: {soot: positive, waste: positive}}"
    assert python_index.by_case(*prepared(tmp_path, base, frame)) == pytest.approx([0.5, 0.25, 0.75])


def test_an_indicator_may_be_an_index_of_others(tmp_path: Path) -> None:
    frame = pd.DataFrame({"city": [1, 2, 3], "year": 2005, "gdp": [1, 2, 9], "soot": [1, 2, 3]})
    frame["waste"] = [30, 10, 20]  # the weighted sums of the test above
    parts = "{pollution: {indicators: {soot: positive, waste: positive}}}"
    base = f"{{model: index, indicators: {{gdp: positive, pollution: negative}}, composites: {parts}}}"
    _, sheet = prepared(tmp_path, base, frame)
    assert list(sheet.frame)[:2] == ["gdp", "pollution"]
    assert sheet.frame["pollution"].to_numpy() == pytest.approx([0.5, 0.25, 0.75])


def test_by_time_a_weight_stands_behind_the_year(tmp_path: Path) -> None:
    found = cells(python_index.fit(*prepared(tmp_path, SETTINGS["index by time"])))
    weights = [found[f"{name}@2007", "weight"] for name in ("gdp", "waste", "patents")]
    assert sum(weights) == pytest.approx(1)
    assert ("gdp@2004", "weight") not in found and ("gdp", "weight") not in found


def test_each_entity_has_one_type_and_all_are_counted(tmp_path: Path) -> None:
    model, sheet = prepared(tmp_path, SETTINGS["types"])
    found = cells(python_index.fit(model, sheet))
    names = ["stagnant", "potential", "adjusting", "stable", "frontier"]
    assert sum(found[name, "n_cases"] for name in names) == 9
    by_case = python_index.by_case(model, sheet).reshape(9, 4)
    assert (by_case == by_case[:, :1]).all()


def test_the_order_of_rows_in_the_file_does_not_matter(tmp_path: Path) -> None:
    for base in SETTINGS.values():
        straight = python_index.fit(*prepared(tmp_path, base))
        shuffled = python_index.fit(*prepared(tmp_path, base, table().sample(frac=1, random_state=1)))
        assert cells(straight) == pytest.approx(cells(shuffled), rel=1e-12)


@pytest.mark.r
@pytest.mark.parametrize("case", SETTINGS)
def test_r_constructs_the_same_to_twelve_digits(tmp_path: Path, case: str) -> None:
    model, sheet = prepared(tmp_path, SETTINGS[case])
    ours, theirs = cells(python_index.fit(model, sheet)), cells(r_base.fit(model, sheet))
    assert list(ours) == list(theirs)
    assert theirs == pytest.approx(ours, rel=1e-12)
    prints = [name for name in ours if name[1] == "fingerprint"]
    assert len(prints) == 1 and ours[prints[0]] == theirs[prints[0]]


@pytest.mark.parametrize("case", ["index by time", "index by vectors", "index by the weighted sum"])
def test_pymcdm_constructs_the_same_index(tmp_path: Path, case: str) -> None:
    if importlib.util.find_spec("pymcdm") is None:
        pytest.skip("pymcdm is not installed")
    model, sheet = prepared(tmp_path, SETTINGS[case])
    theirs = python_pymcdm.fit(model, sheet)
    ours = cells(python_index.fit(model, sheet))
    assert cells(theirs) == pytest.approx({key: ours[key] for key in cells(theirs)}, rel=1e-12)
    lacking = {(entry.term, entry.measure) for entry in theirs.not_offered}
    assert lacking == ours.keys() - cells(theirs).keys()


def test_pymcdm_says_that_it_refuses_zeros(tmp_path: Path) -> None:
    if importlib.util.find_spec("pymcdm") is None:
        pytest.skip("pymcdm is not installed")
    with pytest.raises(Unsupported, match=r"refuse a normalised value of 0\. Write a shift"):
        python_pymcdm.fit(*prepared(tmp_path, SETTINGS["index pooled"]))


def test_pymcdm_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise python_pymcdm.PackageNotFoundError(name)

    monkeypatch.setattr(python_pymcdm, "version", absent)
    with pytest.raises(NotInstalled, match=r"Install it: pip install 'replication-harness\[mcdm\]'"):
        python_pymcdm.fit(*prepared(tmp_path, SETTINGS["index by time"]))


@pytest.mark.parametrize("case", SETTINGS)
def test_every_engine_shows_its_call_without_running_it(tmp_path: Path, case: str) -> None:
    model, sheet = prepared(tmp_path, SETTINGS[case])
    assert "entropy_weights" not in python_index.translate(model, sheet)
    assert r_base.translate(model, sheet).startswith("fit_")
    if model.model == "index":
        assert "entropy_weights(normalize_matrix(x, " in python_pymcdm.translate(model, sheet)
    else:
        with pytest.raises(Unsupported, match="no model of the kind"):
            python_pymcdm.translate(model, sheet)


def test_engines_of_constructions_refuse_other_models() -> None:
    model = MODEL_ADAPTER.validate_python({"model": "descriptive", "variables": ["x"]})
    with pytest.raises(Unsupported, match="python-index constructs variables"):
        python_index.fit(model, Sheet(frame=pd.DataFrame({"x": [1.0]})))


# ------------------------------------------------------------------------------------------- refusals of data


def changed(row: int, **cells: float) -> pd.DataFrame:
    frame = table().astype({"it": float, "staff": float})
    for name, value in cells.items():
        frame.loc[row, name] = value
    return frame


FAULTS = {
    "a missing indicator": (
        "index pooled", changed(2, gdp=np.nan),
        "'gdp' is missing in data row 3 (city=c0, year=2007) of d.csv. "
        "Write sample: not is_missing(gdp)"),
    "a missing city-year": (
        "agglomeration", table().drop(index=5),
        "model: agglomeration needs every entity in every period; the entity of data row 5 "
        "(city=c1, year=2005) has no row in 2006 of d.csv. "
        "Add the row, or leave the period or the entity out"),
    "a city-year twice": (
        "agglomeration", pd.concat([table(), table().iloc[[3]]]),
        "city=c0, year=2008 stands twice in d.csv, in data rows 4 and 37. "
        "Keep one of them, or correct data.panel"),
    "a negative headcount": (
        "agglomeration", changed(4, it=-3),
        "share: 'it' is negative in data row 5 (city=c1, year=2005) of d.csv. Correct the cell"),
    "nobody at work": (
        "agglomeration", changed(4, staff=0),
        "share: 'staff' is not positive in data row 5 (city=c1, year=2005) of d.csv. Correct the cell"),
    "more in a part than in all": (
        "agglomeration", changed(4, it=10**6),
        "share: 'it' is larger than 'staff' in data row 5 (city=c1, year=2005) of d.csv. "
        "Correct the cell"),
    "a latitude off the globe": (
        "agglomeration", changed(4, lat=113.5),
        "coordinates: 'lat' is not within 90 degrees of 0 in data row 5 (city=c1, year=2005) of "
        "d.csv. Correct the cell"),
    "a city that moves": (
        "agglomeration", changed(5, lon=100),
        "coordinates: 'lon' is not what it was the period before in data row 6 (city=c1, year=2006) "
        "and 1 more of d.csv. Correct the cell"),
    "two cities at one spot": (
        "agglomeration", pd.concat([table().iloc[:4], table().iloc[:4].assign(city="x")]),
        "coordinates: data row 5 (city=x, year=2005) and data row 1 (city=c0, year=2005) of d.csv are at "
        "the same spot, so that their distance has no inverse. Correct one of them"),
    "an indicator that never changes": (
        "index by time", table().assign(waste=1.0),
        "indicators: 'waste' is the same in every row in 2005, so it tells no case from another. "
        "Leave it out"),
    "a negative value under vector": (
        "index by vectors", changed(0, gdp=-1),
        "normalise: vector: 'gdp' is negative in data row 1 (city=c0, year=2005) of d.csv. "
        "Write normalise: min-max"),
    "growth from nothing": (
        "types", changed(0, it=0),
        "'it' is not positive in data row 1 (city=c0, year=2005) of d.csv. Its growth has no meaning"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_data_that_cannot_be_constructed_from_are_refused_in_one_sentence(tmp_path: Path, fault: str) -> None:
    case, frame, sentence = FAULTS[fault]
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, SETTINGS[case], frame)
    message = str(caught.value).replace(f"{tmp_path}/", "").removeprefix("s.yaml: ")
    assert message.removeprefix('column "1": ') == sentence


# ------------------------------------------------------------------------------------------ refusals of specs

SPEC_FAULTS = {
    f"{INDEX}, pooled: false}}": "pooled is false; write true, or by-time.",
    f"{INDEX}, shift: 1}}": "shift is 1; it must be less than 1.",
    PLACES.replace("omit", "0") + "}": "self_distance is 0; write omit, or kilometres above 0.",
    PLACES.replace("[it, staff]", "[it]") + "}": (
        "share is [it]; write two columns, [part, total] or [latitude, longitude]."
    ),
    TYPES.replace("[0.25, 0.5]", "[0.5, 0.25]") + "}": (
        "cuts.growth is [0.5, 0.25]; the cuts rise. Write [0.25, 0.5]."
    ),
    TYPES.replace("share: [0.5], ", "") + "}": (
        "cuts of share are missing. Write for instance share: [0.5]."
    ),
    TYPES.replace("[0.25, 0.5]", "[0.5]") + "}": (
        "the cuts make 2 levels of share and 2 of growth: names has 2 rows of 2 names."
    ),
    NESTED.replace("pollution: {", "waste_: {") + "}": (
        "composites.waste_ is no indicator. There are gdp, pollution."
    ),
    NESTED.replace("patents: negative", "pollution: negative") + "}": (
        "composites.pollution: pollution is a composite itself. Name its indicators."
    ),
    f"{TYPES}, by: [share]}}": "two criteria make a type. Write [share, growth] or [growth, share].",
}


@pytest.mark.parametrize("base", SPEC_FAULTS)
def test_a_construction_that_makes_no_sense_is_refused_in_one_sentence(tmp_path: Path, base: str) -> None:
    with pytest.raises(SpecError) as caught:
        written(tmp_path, base, table())
    assert [problem.message.removeprefix('column "1": ') for problem in caught.value.problems] == [
        SPEC_FAULTS[base]
    ]


def test_agglomeration_and_types_need_a_panel(tmp_path: Path) -> None:
    for base in (SETTINGS["agglomeration"], SETTINGS["types"], SETTINGS["index by time"]):
        text = HEAD.format(base=base).replace(", panel: {entity: city, time: year}", "")
        (tmp_path / "s.yaml").write_text(text)
        with pytest.raises(SpecError, match=r"needs data\.panel"):
            specfile.read(tmp_path / "s.yaml", tuple(engines()))


# --------------------------------------------------------------------------------------- values to a file


def test_the_values_of_an_index_are_written_row_by_row(tmp_path: Path) -> None:
    spec = written(
        tmp_path, SETTINGS["index by time"].replace("{model", "{sample: year > 2005, model"), table()
    )
    assert construct.write(spec, "1", None, tmp_path / "nq.csv") == 27
    there = pd.read_csv(tmp_path / "nq.csv")
    assert list(there.columns) == ["city", "year", "NQ"]
    sheet = dataset.prepare(spec, dataset.read(spec), "1")
    assert there["NQ"].tolist() == python_index.by_case(spec.columns["1"], sheet).tolist()
    gdp = table().set_index(["city", "year"])["gdp"]
    assert [gdp[city, year] for city, year in zip(there["city"], there["year"], strict=True)] == sheet.frame[
        "gdp"
    ].tolist()


def test_made_up_data_mark_what_is_constructed_from_them(tmp_path: Path) -> None:
    spec = written(tmp_path, SETTINGS["types"], table())
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"stand_in": True})})
    construct.write(spec, "1", None, tmp_path / "types.csv")
    there = pd.read_csv(tmp_path / "types.csv")
    assert list(there.columns) == ["city", "year", "stand_in", "type"]
    assert (there["stand_in"] == 1).all() and (there.groupby("city")["type"].nunique() == 1).all()


def test_a_column_that_constructs_nothing_is_refused(tmp_path: Path) -> None:
    spec = written(tmp_path, "{model: descriptive, variables: [gdp]}", table())
    with pytest.raises(UsageError, match="s 1 constructs no variable: its model is descriptive"):
        construct.write(spec, "1", None, tmp_path / "x.csv")
    with pytest.raises(UsageError, match=r"s has no column 2\. Known: 1"):
        construct.write(spec, "2", None, tmp_path / "x.csv")


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    written(tmp_path, SETTINGS["agglomeration"], table())
    arguments = ["construct", str(tmp_path / "s.yaml"), "--column", "1", "--out", str(tmp_path / "va.csv")]
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 0 and told.output == f"{tmp_path / 'va.csv'}: 36 rows\n"
    assert (tmp_path / "va.csv").read_text().startswith("city,year,VA\nc0,2005,")


# --------------------------------------------------------------------------------------- R without Python

PROGRAM = r"""
local({
  scripts <- commandArgs(trailingOnly = TRUE)[1]
  scope <- new.env()
  for (file in c("common.R", "index.R")) sys.source(file.path(scripts, file), scope)
  before <- options()
  data <- data.frame(gdp = c(10, 20, 30), waste = c(1, 2, 3))
  settings <- list(
    name = "NQ", indicators = c("gdp", "waste"), negative = c(FALSE, TRUE), normalise = "min-max", shift = 0,
    time = NULL
  )
  said <- utils::capture.output(found <- scope$fit_index(data, settings)$cells)
  stopifnot(identical(before, options()), length(ls(globalenv())) == 0, length(said) == 0)
  cell <- function(term, measure) found$value[found$term == term & found$measure == measure]
  cat(format(c(cell("gdp", "weight"), cell("gdp", "entropy"), cell("NQ", "mean")), digits = 17))
})
"""


@pytest.mark.r
def test_the_r_functions_work_under_rscript_alone_and_leave_nothing_behind(tmp_path: Path) -> None:
    """The three cases by hand again: equal weights, entropy 1 - (2/3) ln 2 / ln 3, all half-way."""
    (tmp_path / "program.R").write_text(PROGRAM)
    told = subprocess.run(
        ["Rscript", "--vanilla", tmp_path / "program.R", rsession.scripts()],
        capture_output=True,
        text=True,
        check=True,
    )
    weight, entropy, mean = (float(text) for text in told.stdout.split())
    assert (weight, mean) == pytest.approx((0.5, 0.5), rel=1e-15)
    assert entropy == pytest.approx(1 - 2 / 3 * np.log(2) / np.log(3), rel=1e-15)
