"""The article on virtual agglomeration: its specs against its printed tables and against each other."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from harness import dataset, goldenfile, specfile, stand_in
from harness.cli import main
from harness.engines import engines, python_dpd, python_fsqca
from harness.errors import DataError
from harness.explain import counts_only
from harness.explain.space import merged
from harness.report.claims import claims
from harness.result import Outcome
from harness.run import Choice, from_golden, run
from harness.run import calls as run_calls
from harness.spec import DynamicPanel, FuzzySet, Instruments, Spec

TYPES = ("V1", "V2", "V3", "V4", "V5")
CONTROLS = ("MS", "TI", "CT", "FI", "DI")
TABLES = ("virtual-agglomeration-table-3", "virtual-agglomeration-table-4")
GROUPS = tuple(f"virtual-agglomeration-configurations{group}" for group in ("", "-high", "-low"))
# Lists of the family that have the printed number, column by column (by hand: test_counts_only.py).
COUNTS = {
    TABLES[0]: [3, 9, 9, 9, 9, 9, 3, 19, 3, 45, 3, 9],
    TABLES[1]: [3, 19, 3, 9, 3, 25],
}


@pytest.fixture(scope="module")
def specs() -> dict[str, Spec]:
    paths = sorted((ROOT / "specs").glob("virtual-agglomeration-*.yaml"))
    return {path.stem: specfile.read(path, tuple(engines())) for path in paths}


def printed(name: str) -> dict[tuple[str, str], dict[str, str]]:
    """(term, measure) to column to text."""
    with (ROOT / "golden" / name / "published.csv").open(encoding="utf-8", newline="") as file:
        return {(row["term"], row["measure"]): row for row in csv.DictReader(file)}


def control(model: DynamicPanel) -> str | None:
    return next((name for name in model.regressors if name in CONTROLS), None)


def test_every_spec_stands_on_made_up_data_and_says_how_to_get_the_real_ones(specs: dict[str, Spec]) -> None:
    for name, spec in specs.items():
        assert spec.data.stand_in and "stand_in" in spec.data.file, name
        assert spec.data.obtain and f"--data {spec.data.name}=PATH" in spec.data.obtain, name


def named(instruments: dict[str, object]) -> str:
    """A list of instruments with every default filled in, as text."""
    model = DynamicPanel.model_validate(
        {
            "model": "dynamic-panel",
            "outcome": "NQ",
            "regressors": {"NQ": 1},
            "estimator": "system",
            "steps": 2,
        }
        | {"std_error": "windmeijer", "instruments": instruments}
    )
    return repr((sorted(model.gmm_groups().items()), sorted(model.iv_groups().items())))


@pytest.mark.parametrize("table", TABLES)
def test_every_list_with_the_printed_number_is_open_and_the_one_used_is_among_them(
    specs: dict[str, Spec], table: str
) -> None:
    spec, counted = specs[table], []
    for column in counts_only.found(specs[table], (), None, False):
        assert isinstance(column, counts_only.Counted)
        wanted = [
            named(merged(spec.merged[column.column], one.patch)["instruments"]) for one in column.listed
        ]
        (entry,) = (e for e in spec.open if e.setting == "instruments" and e.columns == (column.column,))
        assert sorted(map(named, entry.alternatives)) == sorted(wanted), column.column
        assert f"{column.fitting} lists have it" in entry.because
        assert column.listed[0].patch == {} and len(column.listed) == column.fitting
        counted.append(column.fitting)
    assert counted == COUNTS[table]


@pytest.mark.parametrize("table", TABLES)
def test_each_control_stands_in_the_columns_that_print_it(specs: dict[str, Spec], table: str) -> None:
    cells = printed(table)
    for column, model in specs[table].columns.items():
        assert isinstance(model, DynamicPanel)
        named = [name for name in (*TYPES, *CONTROLS) if cells[name, "estimate"][column]]
        assert named == [*TYPES, *([control(model)] if control(model) else [])]
        assert list(model.regressors) == ["NQ", *named]


def test_the_samples_are_the_high_the_middle_and_the_low_third(specs: dict[str, Spec]) -> None:
    samples = [model.sample for table in TABLES for model in specs[table].columns.values()]
    third = [3] * 6 + [2] * 6 + [1] * 6
    assert samples == [f"quantile_group(NQ, 3) == {k}" for k in third]


def test_the_number_of_printed_coefficients_is_that_of_the_two_tables() -> None:
    counts = [
        sum(bool(row[key]) for row in printed(table).values() if row["measure"] == "estimate" for key in row)
        - 3 * sum(row["measure"] == "estimate" for row in printed(table).values())
        for table in TABLES
    ]
    assert counts == [82, 41]


@pytest.mark.parametrize("table", TABLES)
def test_a_number_that_the_text_quotes_stands_in_the_table(specs: dict[str, Spec], table: str) -> None:
    cells = printed(table)
    quoted = [claim for claim in specs[table].claims if claim.value is not None]
    assert len(quoted) == {TABLES[0]: 13, TABLES[1]: 10}[table]
    for claim in quoted:
        assert Decimal(cells[claim.term, "estimate"][claim.column]) == Decimal(str(claim.value)), claim.text
        assert claim.value in claim.text
        assert claim.p_below in (0.01, 0.05, 0.1)


def test_the_sentences_of_section_four_are_claims(specs: dict[str, Spec]) -> None:
    counts = {name: len(spec.claims) for name, spec in specs.items() if spec.claims}
    assert counts == {
        "virtual-agglomeration-table-3": 33,
        "virtual-agglomeration-table-4": 15,
        "virtual-agglomeration-types": 12,
        "virtual-agglomeration-configurations": 11,
        "virtual-agglomeration-configurations-high": 4,
        "virtual-agglomeration-configurations-low": 10,
        "virtual-agglomeration-robustness-population": 3,
        "virtual-agglomeration-robustness-open-data": 3,
        "virtual-agglomeration-robustness-2013-2021": 3,
    }


GMM = [
    *TABLES,
    *(f"virtual-agglomeration-robustness-{check}" for check in ("population", "open-data", "2013-2021")),
]


@pytest.mark.parametrize("name", GMM)
def test_engines_that_fit_no_column_say_why_in_the_committed_report(
    specs: dict[str, Spec], name: str
) -> None:
    told: dict[str, set[tuple[str, str]]] = {}
    for result in from_golden(specs[name]).results:
        told.setdefault(result.engine, set()).add((result.status, result.message))
    gaps = "on a panel with gaps dpanel differences to the previous row, whatever its period."
    script = f"stata-xtabond2 writes a script and runs nothing: harness show {name} --engine stata-xtabond2"
    assert told["gretl-dpanel"] == {("skipped", gaps)}
    assert told["stata-xtabond2"] == {("skipped", script)}


@pytest.mark.parametrize("name", GMM)
def test_the_stata_script_of_every_column_is_whole(specs: dict[str, Spec], name: str) -> None:
    calls = run_calls(specs[name], Choice(engines=("stata-xtabond2",)))
    assert [call.column for call in calls] == list(specs[name].columns)
    for call in calls:
        assert call.status == "call" and "by hand" not in call.text
        assert "xtile group_1 = NQ, nq(3)\n" in call.text


# ------------------------------------------------------------------------------------------ configurations


@pytest.mark.parametrize("group", GROUPS)
def test_every_configuration_of_the_text_is_in_print_and_a_claim(specs: dict[str, Spec], group: str) -> None:
    spec = specs[group]
    found = goldenfile.read_published(spec)
    assert found is not None
    told = [(column, cell.term, cell.measure) for column, cells in found.columns.items() for cell in cells]
    claimed = [(claim.column, claim.term, claim.measure) for claim in spec.claims]
    assert sorted(told) == sorted(claimed)
    assert {measure for _, _, measure in told} == {"listed"}


@pytest.mark.parametrize("group", GROUPS)
def test_both_engines_have_the_same_rows_terms_and_models_of_every_group(
    specs: dict[str, Spec], group: str
) -> None:
    spec = specs[group]
    ours, theirs = (goldenfile.read_engine(spec, engine) for engine in ("python-fsqca", "r-qca"))
    assert ours is not None and theirs is not None
    for column in spec.columns:
        sets = [
            {(part, term) for part, term, _, _ in one[column].cells if part in ("truth_table", "solution")}
            for one in (ours, theirs)
        ]
        assert sets[0] == sets[1]
        assert any(":model:" in term for _, term in sets[0])


@pytest.mark.parametrize("group", GROUPS[1:])
def test_with_anchors_of_the_whole_sample_a_group_chosen_by_its_outcome_has_no_solution(
    specs: dict[str, Spec], group: str
) -> None:
    spec = specs[group]
    data = dataset.read(spec)
    for column, model in spec.columns.items():
        assert isinstance(model, FuzzySet)
        whole = model.model_copy(update={"percentiles_from": "data"})
        one = spec.model_copy(update={"columns": {column: whole}})
        found = python_fsqca.fit(whole, dataset.prepare(one, data, column))
        outputs = {cell.value for cell in found.cells if cell.measure == "output"}
        assert outputs == {0.0 if group.endswith("low") else 1.0}
        assert [entry.part for entry in found.not_offered] == ["solution"]


# -------------------------------------------------------------------------------------- data given by hand


def real_file(folder: Path, **columns: object) -> Path:
    """A file like the article's: another seed's panel, without the column that marks made-up numbers."""
    frame = stand_in.panel(7).frame.drop(columns="stand_in").assign(**columns)
    frame.to_csv(folder / "cities.csv", index=False)
    return folder / "cities.csv"


def verdicts(outcome: Outcome) -> set[str]:
    """The verdicts on what is printed."""
    compared = [one for one in outcome.comparisons if one.reference == "published"]
    assert compared
    return {pair.verdict for one in compared for pair in one.pairs}


# Nine cities whose types are found by hand: the five shares of 1 are low and the four of 2 high; of nine
# growths three are low and two high (a cut at 0.666667 lies at the seventh of nine).
BY_HAND = {
    "深圳市": (2, 1.9), "长沙市": (2, 1.5), "百色市": (2, 1.1), "elsewhere": (2, 1.4), "孝感市": (1, 1.8),
    "天水市": (1, 1.2), "徐州市": (1, 1.3), "here": (1, 1.6), "there": (1, 1.7),
}  # fmt: skip
TOLD = {"V1@深圳": "exact", "V2@长沙": "exact", "V4@百色": "exact", "V3@孝感": "exact", "V5@天水": "exact",
        "V3@徐州": "outside_rounding", "V5@汉中": "not_offered"}  # fmt: skip


@pytest.mark.parametrize("engine", ["python-index", pytest.param("r-base", marks=pytest.mark.r)])
def test_cities_that_the_text_names_are_held_against_the_types_where_data_are_real(
    specs: dict[str, Spec], tmp_path: Path, engine: str
) -> None:
    rows = [f"{city},{year},0.1,{size * growth ** (year - 2005):.3f},1,0,0,0,0,1,1,1,1,1"
            for city, (size, growth) in BY_HAND.items() for year in (2005, 2006)]  # fmt: skip
    given = tmp_path / "nine.csv"
    given.write_text("\n".join(["city,year,NQ,VA,V1,V2,V3,V4,V5,MS,TI,CT,FI,DI", *rows]), encoding="utf-8")
    spec = specs["virtual-agglomeration-types"]
    outcome = run([spec], Choice((), (engine,), {"panel": given}, 1), lambda total, result: None).outcomes[-1]
    (found,) = (one for one in outcome.comparisons if one.reference == "published")
    verdict = {pair.term: pair.verdict for pair in found.pairs}
    assert {term: verdict[term] for term in TOLD} == TOLD
    said = {view.about.split(", ")[1]: view.stances for view in claims(outcome)}
    assert [stance.support for stance in said["V1@深圳"]] == ["supported", "supported"]
    assert [stance.support for stance in said["V3@徐州"]] == ["supported", "contradicted"]


@pytest.mark.slow
def test_a_file_given_by_hand_takes_the_path_of_real_data(specs: dict[str, Spec], tmp_path: Path) -> None:
    table = specs[TABLES[0]]
    choice = Choice(("I",), ("python-dpd",), {"panel": real_file(tmp_path)}, 1)
    found = run([table], choice, lambda total, result: None)
    moments, estimates = found.outcomes
    assert moments.spec.id == "virtual-agglomeration-table-2" and estimates.spec.id == table.id
    assert not moments.spec.data.stand_in and not estimates.spec.data.stand_in
    pandas = [one for one in moments.comparisons if one.candidate == "python-pandas"]
    assert {pair.verdict for one in pandas for pair in one.pairs if one.reference == "published"} <= {
        "exact",
        "within_rounding",
    }
    assert "not_comparable" not in verdicts(estimates)
    counts = {pair.measure: pair.verdict for one in estimates.comparisons for pair in one.pairs}
    assert counts["n_obs"] == counts["n_groups"] == counts["n_instruments"] == "exact"


@pytest.mark.slow
def test_configurations_are_held_against_the_text_where_data_are_given_by_hand(
    specs: dict[str, Spec], tmp_path: Path
) -> None:
    choice = Choice(("V5",), ("python-fsqca",), {"panel": real_file(tmp_path)}, 1)
    outcome = run([specs[GROUPS[2]]], choice, lambda total, result: None).outcomes[-1]
    assert verdicts(outcome) <= {"exact", "missing"}
    listed = {pair.term: pair.verdict for one in outcome.comparisons for pair in one.pairs}
    for view in claims(outcome):
        column, term, _ = view.about.split(", ")
        if column == "V5":
            told = {stance.source: stance.support for stance in view.stances}
            assert told["python-fsqca"] == {"exact": "supported", "missing": "contradicted"}[listed[term]]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_the_command_reads_a_workbook_and_a_parquet_file_like_the_csv(tmp_path: Path, kind: str) -> None:
    frame = stand_in.panel(7).frame.drop(columns="stand_in")
    given = tmp_path / f"cities.{kind}"
    frame.to_excel(given, index=False) if kind == "xlsx" else frame.to_parquet(given)
    table, out = "virtual-agglomeration-table-2", tmp_path / "out"
    options = ["--data", f"panel={given}", "--engine", "python-pandas", "--out", str(out)]
    told = CliRunner().invoke(main, ["--root", str(ROOT), "run", table, *options])
    assert told.exit_code == 0, told.output
    (outcome,) = json.loads((out / table / "results.json").read_text(encoding="utf-8"))["comparisons"][:1]
    assert outcome["reference"] == "published" and len(outcome["pairs"]) == 60
    assert {pair[6] for pair in outcome["pairs"]} <= {"exact", "within_rounding"}


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_cell_of_a_workbook_that_is_no_number_is_told_with_row_and_column(
    specs: dict[str, Spec], tmp_path: Path, kind: str
) -> None:
    frame = stand_in.panel(7).frame.head(34).astype({"TI": object})
    frame.loc[20, "TI"] = "1,400,186"
    frame["TI"] = frame["TI"].astype(str if kind == "parquet" else object)
    given = tmp_path / f"cities.{kind}"
    frame.to_excel(given, index=False) if kind == "xlsx" else frame.to_parquet(given)
    with pytest.raises(DataError) as raised:
        dataset.read(specs["virtual-agglomeration-table-2"], given)
    assert "column 'TI'" in str(raised.value) and "in data row 21 (city=stand-in 002, year=2008)" in str(
        raised.value
    )
    assert "Write it without separators of thousands: 1400186" in str(raised.value)


def test_a_stand_in_given_by_hand_stays_one(specs: dict[str, Spec], tmp_path: Path) -> None:
    table = specs["virtual-agglomeration-table-2"]
    given = real_file(tmp_path, stand_in=1)
    found = run([table], Choice((), ("python-pandas",), {"panel": given}, 1), lambda total, result: None)
    assert verdicts(found.outcomes[0]) == {"not_comparable"}


def test_without_data_given_the_table_of_moments_is_not_run_along(specs: dict[str, Spec]) -> None:
    choice = Choice(("I",), ("python-dpd",), {}, 1)
    found = run([specs[TABLES[0]]], choice, lambda total, result: None)
    assert [outcome.spec.id for outcome in found.outcomes] == [TABLES[0]]
    assert verdicts(found.outcomes[0]) == {"not_comparable"}


def test_a_system_with_the_types_as_instruments_of_differences_finds_the_truth(
    specs: dict[str, Spec],
) -> None:
    """In levels the types go with the city effects; in differences they do not, and GMM is consistent."""
    for table, column, third in ((TABLES[1], "I", 0), (TABLES[0], "VII", 1), (TABLES[0], "I", 2)):
        spec = specs[table]
        model = spec.columns[column]
        assert isinstance(model, DynamicPanel)
        types = model.instruments.iv["types"].model_copy(update={"equation": "difference"})
        instruments = model.instruments.model_copy(update={"iv": {"types": types}})
        sheet = dataset.prepare(spec, dataset.read(spec), column)
        cells = python_dpd.fit(model.model_copy(update={"instruments": instruments}), sheet).cells
        found = {(cell.term, cell.measure): cell.value for cell in cells if cell.part == "coefficients"}
        for term, truth in stand_in.panel().truth[third].items():
            distance = abs(found[term, "estimate"] - truth) / found[term, "std_error"]
            assert distance < 3, (table, column, term)


def test_every_open_list_of_instruments_has_the_printed_number_when_it_is_fitted(
    specs: dict[str, Spec],
) -> None:
    fitted = 0
    for table in TABLES:
        spec, number = specs[table], printed(table)["model", "n_instruments"]
        data = dataset.read(spec)
        for entry in (entry for entry in spec.open if entry.setting == "instruments"):
            (column,) = entry.columns or ()
            model, sheet = spec.columns[column], dataset.prepare(spec, data, column)
            assert isinstance(model, DynamicPanel)
            for alternative in entry.alternatives:
                instruments = Instruments.model_validate(alternative)
                cells = python_dpd.fit(model.model_copy(update={"instruments": instruments}), sheet).cells
                found = {cell.measure: cell.value for cell in cells if cell.part == "fit"}
                assert found["n_instruments@rank"] == found["n_instruments@columns"] == int(number[column])
                fitted += 1
    assert fitted == sum(map(sum, COUNTS.values())) == 192
