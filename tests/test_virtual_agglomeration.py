"""The article on virtual agglomeration: its specs against its printed tables and against each other."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT

from harness import dataset, specfile, stand_in
from harness.engines import engines, python_dpd
from harness.explain import counts_only
from harness.explain.space import merged
from harness.result import Outcome
from harness.run import Choice, run
from harness.spec import DynamicPanel, Instruments, Spec

TYPES = ("V1", "V2", "V3", "V4", "V5")
CONTROLS = ("MS", "TI", "CT", "FI", "DI")
TABLES = ("virtual-agglomeration-table-3", "virtual-agglomeration-table-4")
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
        "virtual-agglomeration-robustness-population": 3,
        "virtual-agglomeration-robustness-open-data": 3,
        "virtual-agglomeration-robustness-2013-2021": 3,
    }


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
