"""The specs of the library: each valid, each with its source, its data and every number of its table."""

import csv
import hashlib
import re
from collections import Counter
from decimal import Decimal
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from harness import glossary, specfile
from harness.engines import engines
from harness.result import PrintedCell
from harness.spec import AnyModel, DynamicPanel, Estimated, Linear, Spec, terms

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "specs").glob("*.yaml"))

# The number of printed cells of each table, as its transcription counted them. A row split in two (regressors
# in levels and in differences) or a column split in three (within, between, tests) keeps its cells: each
# printed number stands once. The two specs of plm's manual share one table of 169 cells.
PRINTED = {
    "arellano-bond-1991-table-4-stata": 117,
    "baltagi-2013-gasoline-tests": 24,
    "baltagi-2013-grunfeld-tests": 14,
    "dusa-2021-pri": 4,
    "grunfeld-stata": 27,
    "lipset-fuzzy": 221,
    "nist-longley": 20,
    "oana-schneider-2018-high-tech-exports": 268,
    "plm-manual-grunfeld": 83,
    "plm-manual-produc": 86,
    "pydynpd-benchmark-1": 58,
    "roodman-2009-difference-gmm": 243,
    "roodman-2009-ols-lsdv-anderson-hsiao": 339,
    "roodman-2009-system-gmm": 110,
    "stata-xtdpdsys": 81,
    "thiem-dusa-2013-krook": 148,
    "virtual-agglomeration-configurations": 11,
    "virtual-agglomeration-configurations-high": 4,
    "virtual-agglomeration-configurations-low": 10,
    "virtual-agglomeration-table-2": 60,
    "virtual-agglomeration-table-3": 330,
    "virtual-agglomeration-table-4": 165,
    "virtual-agglomeration-types": 12,
    "windmeijer-2005-table-2": 10,
    "wooldridge-2010-job-training": 6,
    "wooldridge-wage-panel": 374,
    "xtabond2-help-system": 106,
}
WEAK = {"dusa-2021-pri", "grunfeld-stata", "lipset-fuzzy", "stata-xtdpdsys", "xtabond2-help-system"}
NOT_PRINTED = {
    "empl-uk-descriptives",
    "produc-configurations",
    "qca-two-cuts-and-n-cut",
    "virtual-agglomeration-formula-2",
    "virtual-agglomeration-robustness-2013-2021",
    "virtual-agglomeration-robustness-open-data",
    "virtual-agglomeration-robustness-population",
    "virtual-agglomeration-table-1",
}


@pytest.fixture(scope="module")
def specs() -> dict[str, Spec]:
    """Every spec, read once."""
    return {path.stem: specfile.read(path, tuple(engines())) for path in PATHS}


def printed(name: str) -> dict[str, list[PrintedCell]]:
    """Column id to its printed cells."""
    with (ROOT / "golden" / name / "published.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:3] == ["part", "term", "measure"]
    return {
        column: [PrintedCell(*row[:3], row[at], line) for line, row in enumerate(rows, start=2) if row[at]]
        for at, column in enumerate(header[3:], start=3)
    }


def coefficient_terms(model: AnyModel) -> tuple[str, ...]:
    """Patterns of the model's terms, in order of print."""
    if not isinstance(model, Estimated):
        return ()
    dummies = [f"year={value}" for value in model.time_dummies]
    if isinstance(model, Linear):
        dummies += [f"{column}=.+" for column in model.dummies]
    named = [re.escape(name) for name, _, _ in terms(model.regressors)]
    return (*named, *dummies, *(["constant"] if model.has_constant else []))


def test_every_spec_is_valid(specs: dict[str, Spec]) -> None:
    assert set(specs) == set(PRINTED) | NOT_PRINTED


def test_all_2931_printed_cells_are_there() -> None:
    found = {name: sum(map(len, printed(name).values())) for name in PRINTED}
    assert found == PRINTED
    assert sum(found.values()) == 2931


def test_a_printed_table_belongs_to_a_spec_and_a_spec_without_one_says_so(specs: dict[str, Spec]) -> None:
    with_numbers = {path.parent.name for path in (ROOT / "golden").glob("*/published.csv")}
    assert with_numbers == set(PRINTED)
    for name in NOT_PRINTED:
        assert re.search(r"No (moments|estimates|numbers) are printed", specs[name].source.read_from), name


def test_the_columns_in_print_are_those_of_the_spec(specs: dict[str, Spec]) -> None:
    for name in PRINTED:
        assert list(printed(name)) == list(specs[name].columns), name
        assert all(printed(name).values()), f"{name} has a column without a number"


def test_every_printed_text_is_a_number_and_stands_once() -> None:
    for name in PRINTED:
        for column, cells in printed(name).items():
            numbers = [cell.text for cell in cells if (cell.part, cell.measure) not in glossary.CODES]
            assert all(Decimal(text).is_finite() for text in numbers), (name, column)
            addresses = Counter((cell.part, cell.term, cell.measure) for cell in cells)
            assert max(addresses.values()) == 1, (name, column, addresses.most_common(1))


def test_every_printed_measure_is_in_the_glossary() -> None:
    for name in PRINTED:
        for cells in printed(name).values():
            unknown = [cell for cell in cells if glossary.measure(cell.part, cell.measure) is None]
            assert not unknown, (name, unknown)


def test_every_printed_coefficient_belongs_to_the_model(specs: dict[str, Spec]) -> None:
    for name in PRINTED:
        for column, cells in printed(name).items():
            known = coefficient_terms(specs[name].columns[column])
            strangers = {
                cell.term
                for cell in cells
                if cell.part == "coefficients"
                and not any(re.fullmatch(pattern, cell.term) for pattern in known)
            }
            assert not strangers, (name, column, strangers)


def test_every_printed_covariance_is_a_pair_in_order_of_print(specs: dict[str, Spec]) -> None:
    for name in PRINTED:
        for column, cells in printed(name).items():
            known = coefficient_terms(specs[name].columns[column])
            pairs = {f"{first}~{second}" for first, second in combinations_with_replacement(known, 2)}
            assert {cell.term for cell in cells if cell.part == "covariance"} <= pairs, (name, column)


def test_every_printed_test_is_known_and_names_a_group_of_the_model(specs: dict[str, Spec]) -> None:
    for name in PRINTED:
        for column, cells in printed(name).items():
            model = specs[name].columns[column]
            for cell in (cell for cell in cells if cell.part == "tests"):
                assert glossary.is_test(cell.term), (name, cell)
                group = re.fullmatch(r"(?:diff_hansen|hansen_excl)_(.+)", cell.term)
                if group is not None:
                    assert isinstance(model, DynamicPanel)
                    groups = {*model.instruments.gmm, *model.instruments.iv, "level_gmm"}
                    assert group[1] in groups, (name, column, cell)


def test_every_setting_that_a_source_leaves_open_has_the_value_in_use_among_its_alternatives(
    specs: dict[str, Spec],
) -> None:
    for name, spec in specs.items():
        for setting in spec.open:
            for column in setting.columns or spec.columns:
                used = spec.merged[column]
                for key in setting.setting.split("."):
                    used = used[key]
                assert used in setting.alternatives, (name, setting.setting)


def test_the_data_file_has_the_sha256_of_the_spec(specs: dict[str, Spec]) -> None:
    for name, spec in specs.items():
        if spec.data.obtain:
            continue  # not in the repository
        data = (ROOT / "specs" / "data" / spec.data.file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == spec.data.sha256, name


def test_every_source_says_where_its_numbers_were_read_and_how_strong_it_is(specs: dict[str, Spec]) -> None:
    assert {name for name, spec in specs.items() if spec.source.strength == "weak"} == WEAK
    for name, spec in specs.items():
        assert len(spec.source.citation) > 40 and len(spec.source.read_from) > 20, name
        assert "/home" not in spec.source.read_from and "/tmp" not in spec.source.read_from, name


def test_every_printed_number_has_two_engines_that_may_estimate_it(specs: dict[str, Spec]) -> None:
    known = engines()
    for name, spec in specs.items():
        for column, model in spec.columns.items():
            able = [engine for engine in spec.engines if model.model in known[engine].models]
            assert len(able) >= 2, (name, column, able)
