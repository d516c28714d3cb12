"""Tables of configurations: their keys, their data, their cells, from a spec file to numbers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from harness import compare, dataset, goldenfile, specfile
from harness.engines import engines, python_fsqca
from harness.errors import DataError, SpecError
from harness.estimators import fsqca
from harness.result import Cell, Estimates, PrintedCell, Result
from harness.spec import Spec
from harness.spec.configuration_terms import configuration_fault, read

KROOK = ROOT / "specs" / "thiem-dusa-2013-krook.yaml"

SPEC = """\
title: Sets
source: {{citation: "made for the tests", read_from: "the tests"}}
data: {{file: sets.csv}}
engines: [python-fsqca]
base:
  model: fuzzy-set
  outcome: Y
  conditions: [A, B]
  case: name
  solution: [conservative]
{more}
columns:
  "1": {{}}
"""
ROWS = "name,A,B,Y,raw\nu,0.9,0.1,0.8,9\nv,0.2,0.8,0.3,4\nw,0.7,0.6,0.9,6\nx,0.1,0.2,0.1,1\n"


def written(folder: Path, rows: str = ROWS, **changes: str) -> Path:
    """A spec and its data; a change replaces a key of `base`, or adds one."""
    text = SPEC.format(more="")
    for key, value in changes.items():
        old = next((line for line in text.splitlines() if line.startswith(f"  {key}:")), None)
        new = f"  {key}: {value}"
        text = text.replace(old, new) if old else text.replace("columns:", f"{new}\ncolumns:", 1)
    (folder / "sets.csv").write_text(rows)
    path = folder / "sets.yaml"
    path.write_text(text)
    return path


def spec_of(path: Path) -> Spec:
    return specfile.read(path, tuple(engines()))


def prepared(path: Path):
    spec = spec_of(path)
    return spec.columns["1"], dataset.prepare(spec, dataset.read(spec), "1")


# ------------------------------------------------------------------------------------------- bad settings

BAD_SETTINGS = [
    ({"outcome": "A"}, "the outcome A is also a condition. Take it out of 'conditions'."),
    ({"conditions": "['A B', B]"}, "a set's name has no blank"),
    ({"conditions": "['A*B', B]"}, "a set's name has no blank and none of"),
    ({"conditions": "[A, A]"}, "A stands there twice. Write it once."),
    ({"incl_cut": "[0.6, 0.8]"}, "the one for 1 is not below the one for 0"),
    ({"incl_cut": "1.2"}, "cut-offs lie between 0 and 1"),
    ({"n_cut": "0"}, "it must be at least 1."),
    ({"solution": "[complex]"}, "possible are conservative, parsimonious, intermediate."),
    (
        {"solution": "[intermediate]"},
        "the intermediate solution needs directional_expectations. Write for instance "
        "directional_expectations: {A: 1, B: 1}.",
    ),
    ({"directional_expectations": "{A: 1}"}, "directional_expectations stand only with solution"),
    (
        {"solution": "[intermediate]", "directional_expectations": "{C: 1}"},
        "directional_expectations: C is no condition",
    ),
    ({"calibration": "{C: {method: none}}"}, "calibration.C is neither a condition nor the outcome"),
    ({"calibration": "{A: {method: direct, out: 1, in: 5}}"}, "method: direct needs 'crossover'."),
    (
        {"calibration": "{A: {method: direct, out: 1, crossover: 9, in: 5}}"},
        "the anchors out, crossover, in are 1, 9, 5: the crossover lies strictly between the others.",
    ),
    (
        {"calibration": "{A: {method: crisp, thresholds: [1, 2]}}"},
        "method: crisp takes one: conditions of more",
    ),
    ({"calibration": "{A: {method: ecdf, out: 1, in: 5}}"}, "method: ecdf needs 'crossover'."),
    (
        {"calibration": "{A: {method: ecdf, out: 1, crossover: 9, in: 5}}"},
        "the anchors out, crossover, in are 1, 9, 5: the crossover lies strictly between the others.",
    ),
    ({"calibration": "{A: {method: bell, anchors: [1, 2, 3]}}"}, "3 anchors; method: bell takes six"),
    ({"calibration": "{A: {method: tfr, idm: 0.9}}"}, "'idm' has no meaning with method: tfr. Remove it."),
    ({"exclude": "[B*A]"}, "exclude: 'B*A' is not in the order of the conditions. Write A*B."),
    ({"exclude": "[C]"}, "exclude: 'C': 'C' is no condition"),
    ({"robustness": "{}"}, "robustness asks for nothing. Write tests: or ranges:, or remove it"),
    ({"robustness": "{tests: {same: {}}}"}, "the test changes nothing. Write for instance incl_cut: 0.85"),
    ({"robustness": "{tests: {a: {n_cut: 0}}}"}, "robustness.tests.a.n_cut is 0"),
    ({"robustness": "{tests: {a: {anchors: {A: [1]}}}}"}, "robustness.tests.a.anchors: A has no anchors"),
    ({"robustness": "{ranges: [cut]}"}, "Possible are incl_cut, pri_cut, n_cut, anchors."),
    (
        {"solution": "[]", "robustness": "{ranges: [n_cut]}"},
        "robustness is that of a solution, and 'solution' names none",
    ),
    (
        {
            "calibration": "{A: {column: raw, method: direct, out: 1, crossover: 3, in: 5}}",
            "robustness": "{tests: {a: {anchors: {A: [1, 5, 3]}}}}",
        },
        "robustness.tests.a.anchors: the anchors out, crossover, in are 1, 5, 3: the crossover lies strictly",
    ),
    (
        {
            "calibration": "{A: {column: raw, method: direct, out: 1, crossover: 3, in: 5}}",
            "robustness": "{tests: {a: {anchors: {A: [1, 5]}}}}",
        },
        "robustness.tests.a.anchors: A has 3 anchors, not 2",
    ),
    ({"panel": "{}"}, "panel goes by time and entity: it needs data.panel."),
    ({"panel": "{each: [year]}"}, "panel.each is 'year'; possible are time, entity."),
]


@pytest.mark.parametrize(("changes", "sentence"), BAD_SETTINGS, ids=[s[:50] for _, s in BAD_SETTINGS])
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(SpecError) as raised:
        spec_of(written(tmp_path, **changes))
    (problem,) = raised.value.problems
    assert sentence in problem.message
    assert problem.line > 0


def test_an_unknown_key_of_a_calibration_is_answered_with_the_key_as_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="did you mean 'in'"):
        spec_of(written(tmp_path, calibration="{A: {method: direct, out: 1, crossover: 2, inn: 3}}"))


# ----------------------------------------------------------------------------------------------- bad data

BAD_DATA = [
    (ROWS.replace("0.9,0.1", "1.9,0.1"), "A is 1.9 in data row 1, and memberships lie between 0 and 1"),
    (ROWS.replace("0.2,0.8,0.3", "-0.2,0.8,0.3"), "A is -0.2 in data row 2"),
    (ROWS.replace("v,0.2", "v,"), "column 'A' is missing in data row 2. Write sample: not is_missing(A)"),
    (ROWS.replace("v,", "u,"), "'u' stands twice in 'name', in data rows 1 and 2, and would count twice"),
    (
        "name,A,B,Y,raw\nu,1,0,1,1\nv,1,1,0,2\n",
        "A is 1 in all 2 cases: what does not vary explains nothing",
    ),
]


@pytest.mark.parametrize(("rows", "sentence"), BAD_DATA, ids=[s[:40] for _, s in BAD_DATA])
def test_wrong_data_are_one_sentence(tmp_path: Path, rows: str, sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        prepared(written(tmp_path, rows))
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_cut_off_that_leaves_no_row_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="n_cut: no configuration has 3 cases; the fullest has 1"):
        prepared(written(tmp_path, n_cut="3"))


def test_percentile_anchors_out_of_order_are_found_with_the_data(tmp_path: Path) -> None:
    calibration = "{A: {column: raw, method: direct, out: p50, crossover: p5, in: p95}}"
    with pytest.raises(
        DataError, match=r"calibration\.A: the anchors out, crossover, in are 5, 1\.45, 8\.55"
    ):
        prepared(written(tmp_path, calibration=calibration))


def test_a_percentile_is_the_quantile_of_the_sample_of_type_7(tmp_path: Path) -> None:
    """R: quantile(c(1, 4, 6, 9), c(.05, .5, .95)) is 1.45, 5, 8.55."""
    calibration = "{A: {column: raw, method: direct, out: p5, crossover: p50, in: p95}}"
    _, sheet = prepared(written(tmp_path, calibration=calibration))
    assert sheet.anchors["A"] == pytest.approx((1.45, 5, 8.55))


def test_where_no_row_is_positive_the_table_is_given_and_the_solutions_say_why(tmp_path: Path) -> None:
    rows = ROWS.replace("0.1,0.8,9", "0.1,0.2,9").replace("0.6,0.9,6", "0.6,0.1,6")
    model, sheet = prepared(written(tmp_path, rows))
    found = python_fsqca.fit(model, sheet)
    assert {cell.part for cell in found.cells} == {"truth_table", "cases"}
    (lacking,) = found.not_offered
    assert lacking[:3] == ("solution", "*", "*")
    assert "No configuration is positive at incl_cut 0.8" in lacking.reason


def test_every_configuration_positive_is_said_too(tmp_path: Path) -> None:
    model, sheet = prepared(written(tmp_path, incl_cut="0.1", solution="[parsimonious]"))
    (lacking,) = python_fsqca.fit(model, sheet).not_offered
    assert "No configuration is negative" in lacking.reason


def test_a_size_that_is_not_proved_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, sheet = prepared(written(tmp_path, solution="[conservative]"))
    assert not any("proved" in sentence for sentence in python_fsqca.fit(model, sheet).warnings)
    solved = fsqca.conservative

    def cut_short(*given: Any) -> fsqca.Solution:
        return replace(solved(*given), size=3, size_at_least=2)

    monkeypatch.setattr(fsqca, "conservative", cut_short)
    (sentence,) = [s for s in python_fsqca.fit(model, sheet).warnings if "proved" in s]
    assert sentence == (
        "the conservative solution has 3 terms a model; proved is that none has fewer than 2: there may be "
        "smaller models"
    )


def test_cases_of_a_panel_are_named_by_entity_and_time(tmp_path: Path) -> None:
    path = written(tmp_path, "city,year,A,B,Y\na,1,0.9,0.1,1\na,2,0.2,0.8,0\nb,1,0.3,0.4,1\n")
    text = path.read_text().replace("sets.csv", "sets.csv, panel: {entity: city, time: year}")
    path.write_text(text.replace("  case: name\n", ""))
    assert prepared(path)[1].cases == ("a 1", "a 2", "b 1")


# ---------------------------------------------------------------------------------------------- the panel

CITIES = "city,year,A,Y\na,1,0.8,0.6\na,2,0.6,0.6\nb,1,0.2,0.1\nb,2,0.4,0.4\n"


def of_panel(folder: Path, rows: str = CITIES, panel: str = "{each: [time, entity]}") -> Path:
    path = written(folder, rows, conditions="[A]", panel=panel)
    text = path.read_text().replace("sets.csv", "sets.csv, panel: {entity: city, time: year}")
    path.write_text(text.replace("  case: name\n", ""))
    return path


def panel_cells(path: Path) -> dict[tuple[str, str], float]:
    cells = python_fsqca.fit(*prepared(path)).cells
    return {cell[1:3]: cell.value for cell in cells if cell.part == "panel"}


def test_panel_cells_are_those_of_the_formulas_by_hand(tmp_path: Path) -> None:
    """Garcia-Castro and Arino (2016): years .7/1 and 1/1, cities 1.2/1.4 and .5/.6; all of Y is covered."""
    found = panel_cells(of_panel(tmp_path))
    term = "conservative:A"
    assert {name: found[term, name] for name in ("inclusion", "coverage")} == pytest.approx(
        {"inclusion": 0.85, "coverage": 1.0}
    )
    assert found[f"{term}|year=1", "inclusion"] == pytest.approx(0.7)
    assert found[f"{term}|city=b", "inclusion"] == pytest.approx(0.5 / 0.6)
    assert found[term, "between_distance"] == pytest.approx(2**0.5 * 3 / 34)
    assert found[term, "within_distance"] == pytest.approx(2**0.5 / 142)
    assert found[term, "coverage_between_distance"] == pytest.approx(0, abs=1e-15)
    assert found["conservative:solution", "between_distance"] == found[term, "between_distance"]


def test_single_periods_and_entities_have_cells_where_they_are_asked_for(tmp_path: Path) -> None:
    groups = {term.partition("|")[2] for term, _ in panel_cells(of_panel(tmp_path, panel="{}"))}
    assert groups == {"", "year=1", "year=2"}
    assert {term for term, _ in panel_cells(of_panel(tmp_path, panel="{each: []}"))} == {
        "conservative:A", "conservative:solution",
    }  # fmt: skip


def of_cities(folder: Path, **changes: str) -> Path:
    """A spec on three cities in two years, without the last one's first."""
    rows = "city,year,A,B,Y,raw\nb,1,0.9,0.1,1,10\nb,2,0.3,0.4,1,20\n"
    rows += "a,1,0.2,0.8,0,2\na,2,0.4,0.6,0,4\nc,2,0.7,0.3,1,7\n"
    path = written(folder, rows, **changes)
    text = path.read_text().replace("sets.csv", "sets.csv, panel: {entity: city, time: year}")
    path.write_text(text.replace("  case: name\n", ""))
    return path


def test_a_case_may_be_an_entity_with_its_means(tmp_path: Path) -> None:
    """By hand: a has (0.2 + 0.4) / 2, b (0.9 + 0.3) / 2, c one row."""
    _, sheet = prepared(of_cities(tmp_path, unit="entity-means"))
    assert sheet.cases == ("a", "b", "c")
    assert sheet.frame["A"].tolist() == pytest.approx([0.3, 0.6, 0.7])
    assert sheet.frame["Y"].tolist() == [0, 1, 1]


def test_percentiles_are_those_of_the_sample_or_of_all_the_data(tmp_path: Path) -> None:
    """By hand: the median of the first year's 2 and 10; of 2, 4, 7, 10 and 20."""
    calibration = "{A: {column: raw, method: direct, out: 0, crossover: p50, in: 30}}"
    anchors = {}
    for source in ("sample", "data"):
        changes = {"sample": "year == 1", "calibration": calibration, "percentiles_from": source}
        anchors[source] = prepared(of_cities(tmp_path, **changes))[1].anchors["A"][1]
    assert anchors == {"sample": 6, "data": 7}


def test_percentiles_of_entities_are_percentiles_of_means(tmp_path: Path) -> None:
    """By hand: the means are 3, 15 and 7."""
    calibration = "{A: {column: raw, method: direct, out: 0, crossover: p50, in: 30}}"
    _, sheet = prepared(of_cities(tmp_path, unit="entity-means", calibration=calibration))
    assert sheet.anchors["A"] == (0, 7, 30)


def test_entities_as_cases_need_a_panel_and_no_names(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        spec_of(written(tmp_path, unit="entity-means"))
    found = " ".join(problem.message for problem in raised.value.problems)
    assert "with unit: entity-means the entities name the cases. Remove 'case'" in found


# ------------------------------------------------------------------------------------ robustness and checks

LINES = "A: {column: raw, method: direct, logistic: false, out: 0, crossover: 5, in: 10}"
HEIGHTS = "name,raw,Y\nu,9,1\nv,7,0.7\nw,3,0.3\nx,1,0.1\n"


def tried(folder: Path, robustness: str) -> Estimates:
    """Of A = raw / 10 alone: inclusion of A 1, of ~A .8 / 2."""
    calibration = f"{{{LINES}}}"
    path = written(folder, HEIGHTS, conditions="[A]", calibration=calibration, robustness=robustness)
    return python_fsqca.fit(*prepared(path))


def robustness_cells(found: Estimates) -> dict[tuple[str, str], float]:
    return {cell[1:3]: cell.value for cell in found.cells if cell.part == "robustness"}


def test_a_test_with_other_anchors_counts_with_its_own_memberships(tmp_path: Path) -> None:
    """By hand: with anchors 0, 4, 8 A is min(1, raw / 8), so that 2 of 2.375 coincide; the core is A."""
    found = robustness_cells(tried(tmp_path, "{tests: {wider: {anchors: {A: [0, 4, 8]}}}}"))
    solution = "conservative:solution"
    assert found[solution, "rf_sc_min_ts"] == pytest.approx(2 / 2.375)
    assert found[f"{solution}|wider", "rf_sc_min_ts"] == pytest.approx(2 / 2.375)
    assert (found[solution, "rf_cov"], found[solution, "rf_cons"]) == (1, 1)
    assert [found[solution, f"robust_{side}"] for side in ("typical", "deviant")] == [2, 0]
    assert found[solution, "rcc_rank"] == 1


def test_ranges_end_at_the_inclusions_of_the_configurations(tmp_path: Path) -> None:
    found = robustness_cells(tried(tmp_path, "{ranges: [incl_cut, n_cut, anchors]}"))
    ends = {
        term.partition("|")[2]: [found[term, name] for name in ("range_low", "value", "range_high")]
        for term, measure in found if measure == "value"
    }  # fmt: skip
    assert ends["incl_cut"] == pytest.approx([0.4, 0.8, 1])
    assert ends["n_cut"] == [1, 1, 2]
    assert set(ends) == {"incl_cut", "n_cut", *(f"calibration.A.{x}" for x in ("out", "crossover", "in"))}
    assert all(low <= value <= high for low, value, high in ends.values())


def test_a_test_without_solution_is_said_and_the_solution_stays(tmp_path: Path) -> None:
    found = tried(tmp_path, "{tests: {strict: {incl_cut: 1, anchors: {A: [0, 4, 8]}}}}")
    assert not robustness_cells(found)
    (lacking,) = found.not_offered
    assert lacking[:3] == ("robustness", "*", "*")
    assert "conservative: robustness.tests.strict: No configuration is positive" in lacking.reason
    assert any(cell.part == "solution" for cell in found.cells)


def test_checks_count_the_sides_of_every_set_and_the_simultaneous_subsets(tmp_path: Path) -> None:
    """By hand: A is as much in ~Y (1.3 of 1.7) as in Y (1.6 of 1.7), beyond a cut-off of .7."""
    rows = "name,A,Y\nu,0.8,0.7\nv,0.6,0.4\nw,0.2,0.5\nx,0.1,0.1\n"
    cells = python_fsqca.fit(
        *prepared(written(tmp_path, rows, conditions="[A]", checks="true", incl_cut="0.7"))
    )
    found = {cell[1:3]: cell.value for cell in cells.cells if cell.part == "checks"}
    assert [found["Y", name] for name in ("n_in", "n_out", "n_half")] == [1, 2, 1]
    assert found["A", "simultaneous_subset"] == 1
    assert ("~A", "simultaneous_subset") not in found


# --------------------------------------------------------------------------------------- terms and addresses


@pytest.mark.parametrize(
    ("part", "term", "fault"),
    [
        ("truth_table", "A*~B", ""),
        ("truth_table", "A", "is no whole configuration"),
        ("necessity", "A+~B", ""),
        ("necessity", "B+A", "Write A+B"),
        ("solution", "parsimonious:model:A + ~B|~B", ""),
        ("solution", "parsimonious:model:~B + A", "Write parsimonious:model:A + ~B"),
        ("solution", "complex:A", "names nothing of a solution"),
        ("solution", "intermediate:A*~B|~B", ""),
        ("solution", "intermediate:A|~B", "does not stand before the |"),
        ("panel", "intermediate:model:A + ~B|year=2005", ""),
        ("robustness", "parsimonious:model:A + ~B|stricter", ""),
        ("robustness", "parsimonious:A*C|n_cut", "'C' is no condition"),
        ("panel", "A+~B", ""),
        ("panel", "intermediate:A*~B|~B", "'~B' is no period and no entity"),
        ("panel", "intermediate:B*A|year=2005", "Write A*B"),
    ],
)
def test_a_term_is_written_in_one_way(part: str, term: str, fault: str) -> None:
    found = configuration_fault(part, term, ("A", "B"))
    assert fault in found and bool(fault) == bool(found)


def test_a_name_is_no_part_of_another() -> None:
    assert read("parsimonious:model:A*~B + C|C") is not None
    assert "'AB' is no condition" in configuration_fault("necessity", "AB", ("A", "B"))


# -------------------------------------------------------------------------------- what the paper shows of it


def result(*terms: tuple[str, str, float]) -> Result:
    cells = tuple(Cell("solution", term, measure, value) for term, measure, value in terms)
    return Result("thiem-dusa-2013-krook", "wnp", "python-fsqca", "fitted", cells=cells)


TWO_MODELS = result(
    ("parsimonious:solution", "n_models", 2),
    ("parsimonious:WS", "coverage", 0.4),
    ("parsimonious:WS", "unique_coverage", 0.05),
    ("parsimonious:LP", "coverage", 0.3),
    ("parsimonious:QU", "coverage", 0.2),
    ("parsimonious:model:LP + WS", "coverage", 0.6),
    ("parsimonious:model:LP + WS|WS", "unique_coverage", 0.3),
    ("parsimonious:model:QU + WS", "coverage", 0.5),
)


def verdicts(printed: list[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    cells = tuple(PrintedCell("solution", *cell, line) for line, cell in enumerate(printed, start=2))
    found = compare.against_print(spec_of(KROOK), "wnp", cells, TWO_MODELS)
    return {(pair.term, pair.measure): pair.verdict for pair in found.pairs}


def test_one_of_two_models_in_print_is_ambiguous_and_no_discrepancy() -> None:
    found = verdicts([("parsimonious:LP", "coverage", "0.30"), ("parsimonious:WS", "coverage", "0.40")])
    assert found["parsimonious:QU", "coverage"] == "ambiguous_in_print"
    assert found["parsimonious:model:QU + WS", "coverage"] == "ambiguous_in_print"
    assert found["parsimonious:WS", "coverage"] == "exact"


def test_what_the_paper_prints_of_its_one_model_is_held_against_that_model() -> None:
    printed = [
        ("parsimonious:LP", "coverage", "0.30"),
        ("parsimonious:WS", "unique_coverage", "0.30"),
        ("parsimonious:solution", "coverage", "0.60"),
    ]
    found = verdicts(printed)
    assert found["parsimonious:WS", "unique_coverage"] == "exact"
    assert found["parsimonious:solution", "coverage"] == "exact"


def test_a_printed_model_that_is_none_of_the_minimal_ones_leaves_extra_terms() -> None:
    found = verdicts([("parsimonious:LP", "coverage", "0.30")])
    assert found["parsimonious:WS", "coverage"] == "extra"


def test_all_models_in_print_in_any_order_are_no_ambiguity() -> None:
    found = verdicts(
        [
            ("parsimonious:model:QU + WS", "coverage", "0.50"),
            ("parsimonious:model:LP + WS", "coverage", "0.60"),
            *((f"parsimonious:{term}", "coverage", text) for term, text in
              (("QU", "0.20"), ("WS", "0.40"), ("LP", "0.30"))),
        ]
    )  # fmt: skip
    assert set(found.values()) == {"exact"}


def test_a_solution_that_the_paper_does_not_show_is_not_extra() -> None:
    found = compare.against_print(
        spec_of(KROOK), "wnp", (PrintedCell("necessity", "ES", "inclusion", "0.8", 2),), TWO_MODELS
    )
    assert [pair.verdict for pair in found.pairs] == ["missing"]


def test_a_term_that_is_told_without_numbers_is_listed_or_missing() -> None:
    printed = [("parsimonious:WS", "listed", "1"), ("parsimonious:ES", "listed", "1")]
    found = verdicts(printed)
    assert found["parsimonious:WS", "listed"] == "exact"
    assert found["parsimonious:ES", "listed"] == "missing"


def test_an_output_is_a_word_in_print_and_in_the_report() -> None:
    row = "~ES*~QU*~WS*WM*~LP"
    cells = (PrintedCell("truth_table", row, "output", "C", 2),)
    engine = Result(
        "thiem-dusa-2013-krook", "wnp", "r-qca", "fitted", cells=(Cell("truth_table", row, "output", 0.0),)
    )
    (pair,) = compare.against_print(spec_of(KROOK), "wnp", cells, engine).pairs
    assert (pair.verdict, pair.reason) == ("outside_rounding", "r-qca gives 0")


def test_a_word_that_the_measure_does_not_have_is_a_fault_of_the_printed_table(tmp_path: Path) -> None:
    path = written(tmp_path)
    place = goldenfile.folder(spec_of(path))
    place.mkdir(parents=True)
    (place / "published.csv").write_text("part,term,measure,1\ntruth_table,A*B,output,D\n")
    with pytest.raises(Exception, match="output is 'D'; it can be 0, 1, C, "):
        goldenfile.read_published(spec_of(path))


# -------------------------------------------------------------------------------------------- real numbers


def test_krooks_truth_table_printed_whole_is_the_data() -> None:
    """22 cases, 11 of them positive, in 14 configurations: Thiem and Dusa (2013), the truth table."""
    spec = spec_of(KROOK)
    frame = dataset.read(spec).frame
    assert (len(frame), int(frame["WNP"].sum())) == (22, 11)
    assert len(frame.drop_duplicates(["ES", "QU", "WS", "WM", "LP"])) == 14


def test_krook_is_reproduced_cell_by_cell_and_two_of_its_three_solutions_are_ambiguous() -> None:
    spec = spec_of(KROOK)
    model, sheet = spec.columns["wnp"], dataset.prepare(spec, dataset.read(spec), "wnp")
    found = python_fsqca.fit(model, sheet)
    counts = {cell.term: cell.value for cell in found.cells if cell.measure == "n_models"}
    assert counts == {
        "conservative:solution": 1, "parsimonious:solution": 2, "intermediate:solution": 2,
    }  # fmt: skip
    printed = goldenfile.read_published(spec)
    assert printed is not None
    today = Result(spec.id, "wnp", "python-fsqca", "fitted", cells=found.cells)
    comparison = compare.against_print(spec, "wnp", printed.columns["wnp"], today)
    assert not comparison.discrepancies
    assert sum(pair.verdict in ("exact", "within_rounding") for pair in comparison.pairs) == 148


def test_the_committed_report_of_a_panel_shows_its_diagnostics_in_the_order_of_the_spec() -> None:
    page = (ROOT / "reports" / "produc-configurations" / "index.html").read_text(encoding="utf-8")
    shown = page[page.index('<section id="diagnostics">') : page.index('<section id="engines">')]
    places = [
        shown.index(words)
        for words in (
            "<h3>Periods and entities</h3>",
            "productive, necessary sets: pooled",
            "productive, parsimonious: pooled",
            "productive, intermediate: pooled",
            "unproductive, parsimonious: consistency by state",
            "<h3>Robustness</h3>",
            ">stricter<",
            ">unemployment_lower<",
            "<h3>Sensitivity ranges</h3>",
            ">incl_cut<",
            ">calibration.EMPL.crossover<",
            "<h3>Checks</h3>",
        )
    ]
    assert places == sorted(places)
    assert shown.count("<details>") == 2 * (3 + 1)  # consistency and coverage, by year and by state


def test_the_committed_report_of_krook_draws_every_model_and_three_plots() -> None:
    page = (ROOT / "reports" / "thiem-dusa-2013-krook" / "index.html").read_text(encoding="utf-8")
    assert page.count('<table class="chart') == 5
    assert page.count('<figure class="xy">') == 3
    assert page.count("not printed</span>") == 1
    document = json.loads((ROOT / "reports" / "thiem-dusa-2013-krook" / "results.json").read_text())
    assert {result["engine"] for result in document["results"]} == {"python-fsqca", "r-qca"}
