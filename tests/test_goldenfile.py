"""Golden files: what is refused in a printed table, and when an engine's file is written or stale."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from harness import goldenfile
from harness.errors import GoldenError
from harness.result import Cell, NotOffered, Provenance, Result
from harness.spec import (
    Data,
    Descriptive,
    DynamicPanel,
    GmmGroup,
    Instruments,
    KnownDifference,
    Linear,
    PanelKeys,
    Source,
    Spec,
)

GMM = DynamicPanel(
    model="dynamic-panel",
    outcome="emp",
    regressors={"emp": (1, 2), "wage": (0, 0)},
    time_dummies=(1980, 1981),
    estimator="difference",
    steps=1,
    std_error="robust",
    instruments=Instruments(gmm={"emp": GmmGroup(lags=(2, None))}),
)
DATA = Data(file="emp.csv", sha256="77ab" + 60 * "0", panel=PanelKeys(entity="firm", time="year"))
SOURCE = Source(citation="made up for the tests", read_from="the tests")
HEADER = "part,term,measure,a,b"
BECAUSE = "first numbers"


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """A spec of two columns in specs/, with a golden folder beside it."""
    (tmp_path / "golden" / "empl-uk").mkdir(parents=True)
    return Spec(
        title="Employment",
        source=SOURCE,
        data=DATA,
        engines=("r-plm", "python-pydynpd"),
        stars=(0.05, 0.01),
        id="empl-uk",
        path=tmp_path / "specs" / "empl-uk.yaml",
        sha256="",
        columns={"a": GMM, "b": GMM},
        merged={"a": {}, "b": {}},
    )


def the_print(spec: Spec, *rows: str, header: str = HEADER) -> Path:
    path = goldenfile.folder(spec) / "published.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def faults(spec: Spec) -> list[str]:
    """What reading the print complains of, without the folder."""
    with pytest.raises(GoldenError) as caught:
        goldenfile.read_published(spec)
    return [str(problem).rpartition("published.csv:")[2] for problem in caught.value.problems]


# ------------------------------------------------------------------------------------------ where they are


def test_golden_stands_beside_the_folder_specs_or_else_beside_the_spec(spec: Spec) -> None:
    root = spec.path.parents[1]
    assert goldenfile.folder(spec) == root / "golden" / "empl-uk"
    elsewhere = spec.model_copy(update={"path": root / "mine" / "empl-uk.yaml"})
    assert goldenfile.folder(elsewhere) == root / "mine" / "golden" / "empl-uk"


# ---------------------------------------------------------------------------------------- the printed table


def test_a_printed_table_is_read_column_by_column_as_text(spec: Spec) -> None:
    the_print(spec, "coefficients,L1.emp,estimate,.6862261,", "fit,model,n_obs,611,0611")
    published = goldenfile.read_published(spec)
    assert published is not None
    assert published.path == "golden/empl-uk/published.csv"
    assert {c: [cell.text for cell in cells] for c, cells in published.columns.items()} == {
        "a": [".6862261", "611"],
        "b": ["0611"],
    }
    assert published.columns["a"][1].line == 3


def test_a_spec_without_a_printed_table_has_none(spec: Spec) -> None:
    assert goldenfile.read_published(spec) is None


def test_quotes_commas_and_windows_line_ends_are_understood(spec: Spec) -> None:
    path = the_print(spec)
    path.write_bytes(b'part,term,measure,a,b\r\n"fit",model,n_obs,"1,031",611\r\n')
    published = goldenfile.read_published(spec)
    assert published is not None
    assert [cells[0].text for cells in published.columns.values()] == ["1,031", "611"]


def test_every_part_of_a_model_may_be_printed(spec: Spec) -> None:
    the_print(
        spec,
        "coefficients,year=1980,estimate,1,",
        "coefficients,wage,stars,2,",
        "covariance,L1.emp~wage,estimate,1,",
        "tests,ar3,statistic,1,",
        "tests,sargan@two-step,p_value,1,",
        "tests,diff_hansen_emp,df,1,",
        "fit,model,n_obs@equation,1,",
        "as_printed,whatever it says,anything,1,",
    )
    published = goldenfile.read_published(spec)
    assert published is not None
    assert len(published.columns["a"]) == 8


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("coeficients,wage,estimate,1,", "2:1: 'coeficients' is no part; did you mean 'coefficients'?"),
        ("coefficients,wge,estimate,1,", "2:14: no column of the spec has a coefficient 'wge'; did you mean"),
        ("coefficients,constant,estimate,1,", "2:14: no column of the spec has a coefficient 'constant'"),
        ("coefficients,wage,estimat,1,", "2:19: 'estimat' is no measure of coefficients; did you mean 'est"),
        ("covariance,wage,estimate,1,", "2:12: 'wage' names no pair of coefficients. Write x~y"),
        ("covariance,wage~wge,estimate,1,", "2:12: no column of the spec has a coefficient 'wge'"),
        ("tests,chow,statistic,1,", "2:7: 'chow' is no test"),
        ("tests,sargan@mine,statistic,1,", "2:7: 'sargan' has no variant 'mine'; it has: xtabond2"),
        ("tests,diff_hansen_wage,df,1,", "2:7: the spec has no instrument group 'wage'"),
        ("fit,modell,n_obs,1,", "2:5: the term of fit n_obs is model, not 'modell'"),
        ("fit,model,n_obs@mine,1,", "2:11: 'n_obs' has no variant 'mine'; it has: equation"),
        ("fit,model,n_obs,1;5,", "2:17: '1;5' is no number as printed. What was not printed stays empty"),
        ("fit,model,n_obs, 611,", "2:17: ' 611' begins or ends with a blank. Take it out"),
        ("fit,model,n_obs,611", "2: 4 fields, the header has 5. Not printed is an empty field"),
        ('fit,model,n_obs,"611,', "2:17: a quote stands alone"),
        ("coefficients,wage,stars,1.5,", "2:25: stars is a count, and '1.5' is none"),
        ("coefficients,wage,stars,3,", "2:25: 3 stars, but the spec's legend has only 2"),
        ("", "2: the line is empty. Take it out"),
    ],
)
def test_a_fault_in_a_row_is_named_with_its_line_and_column(spec: Spec, row: str, fault: str) -> None:
    the_print(spec, row)
    assert any(found.startswith(fault) for found in faults(spec)), faults(spec)


@pytest.mark.parametrize(
    ("header", "place"), [("part,term,measure,b,a", "1:19"), ("part,term,measure,a", "1"), ("", "2:1")]
)
def test_the_header_must_name_the_specs_columns_in_its_order(spec: Spec, header: str, place: str) -> None:
    the_print(spec, "fit,model,n_obs,611,611", header=header)
    assert any(f.startswith(f"{place}: the header must name the spec's columns") for f in faults(spec))


def test_a_row_given_twice_is_a_fault(spec: Spec) -> None:
    the_print(spec, "fit,model,n_obs,611,", "fit,model,n_obs,,611")
    assert faults(spec) == ["3:1: fit model n_obs stands already in line 2. Keep one of them"]


def test_stars_without_a_legend_are_a_fault(spec: Spec) -> None:
    bare = spec.model_copy(update={"stars": ()})
    the_print(bare, "coefficients,wage,stars,1,")
    assert "the spec does not say for which p" in faults(bare)[0]


def test_all_faults_of_a_file_are_told_at_once(spec: Spec) -> None:
    the_print(spec, "fit,model,n_obs,x,y", "tests,chow,statistic,1,", "fit,modl,n_obs,1,")
    assert [found.partition(":")[0] for found in faults(spec)] == ["2", "2", "3", "4"]


def test_a_file_that_is_not_utf8_is_refused_with_its_line(spec: Spec) -> None:
    the_print(spec).write_bytes(b"part,term,measure,a,b\nfit,model,n_obs,\xff,\n")
    assert faults(spec) == ["2: this is not UTF-8. Save the file as UTF-8"]


def test_a_dummy_for_every_value_may_take_any_value(spec: Spec) -> None:
    model = Linear(
        model="linear",
        outcome="emp",
        regressors={"wage": (0, 0)},
        std_error="conventional",
        time_dummies="all",
        dummies={"firm": "all"},
    )
    every = spec.model_copy(update={"columns": {"a": model, "b": model}})
    rows = [f"coefficients,{term},estimate,1," for term in ("year=1999", "firm=7", "constant")]
    the_print(every, *rows)
    assert goldenfile.read_published(every) is not None


def test_a_descriptive_table_prints_variables_whole_or_by_group(spec: Spec) -> None:
    model = Descriptive(model="descriptive", variables=("wage",), by="year")
    table = spec.model_copy(update={"columns": {"a": model, "b": model}})
    the_print(table, "descriptives,wage@1980,p25,1,", "descriptives,wage,mean,1,")
    assert goldenfile.read_published(table) is not None
    the_print(table, "descriptives,wge,mean,1,")
    assert faults(table) == ["2:14: 'wge' is no variable of the spec; did you mean 'wage'?"]


# ---------------------------------------------------------------------------------------- an engine's file

MADE = Provenance(engine_version="plm 2.6-2", data_sha256="77ab" + 60 * "0", platform="linux")
NUMBERS = (
    Cell("fit", "model", "n_obs@equation", 611.0),
    Cell("coefficients", "wage", "estimate", 0.1 + 0.2),
    Cell("coefficients", "wage", "p_value", 1.5e-300),
    Cell("tests", "ar1", "statistic", math.nan),
    Cell("tests", "ar2", "statistic", -math.inf),
)


def results(*cells: Cell, provenance: Provenance = MADE) -> list[Result]:
    """Column a fitted, column b skipped."""
    a = Result(
        "empl-uk",
        "a",
        "r-plm",
        "fitted",
        call='pgmm("é")\nsummary()',
        cells=cells or NUMBERS,
        not_offered=(NotOffered("tests", "hansen_j", "*", "plm has none"),),
        recomputed=(("tests", "ar1", "statistic"),),
        warnings=("a warning",),
        provenance=provenance,
    )
    return [a, Result("empl-uk", "b", "r-plm", "skipped", "plm cannot do this")]


def write(spec: Spec, found: list[Result], because: str = BECAUSE) -> bool:
    return goldenfile.write_engine(spec, "r-plm", found, because)


def content(spec: Spec) -> str:
    return goldenfile.engine_path(spec, "r-plm").read_text(encoding="utf-8")


def test_what_is_written_is_read_back_bit_by_bit(spec: Spec) -> None:
    assert write(spec, results())
    back = goldenfile.read_engine(spec, "r-plm")
    assert back is not None
    a, b = results()
    assert [repr(c) for c in back["a"].cells] == [repr(c) for c in sorted(a.cells)]
    assert (back["a"].call, back["a"].not_offered, back["a"].recomputed) == (
        a.call,
        a.not_offered,
        a.recomputed,
    )
    assert (back["b"].status, back["b"].message, back["b"].cells) == ("skipped", b.message, ())
    assert back["a"].provenance == replace(MADE, because=BECAUSE, spec_sha256=goldenfile.model_sha256(spec))


def test_an_engine_without_a_file_has_no_golden_numbers(spec: Spec) -> None:
    assert goldenfile.read_engine(spec, "r-plm") is None


def test_the_file_is_json_with_one_cell_a_line_sorted(spec: Spec) -> None:
    write(spec, results())
    document = json.loads(content(spec))
    assert (document["schema"], list(document)) == (1, ["schema", "provenance", "columns"])
    cells = document["columns"]["a"]["cells"]
    assert cells == sorted(cells)
    lines = content(spec).splitlines()
    assert '        ["coefficients", "wage", "estimate", 0.30000000000000004],' in lines
    assert '        ["tests", "ar1", "statistic", "nan"],' in lines


def test_a_changed_number_is_a_diff_of_one_line(spec: Spec) -> None:
    write(spec, results())
    before = content(spec).splitlines()
    assert write(spec, results(NUMBERS[0]._replace(value=612.0), *NUMBERS[1:]))
    after = content(spec).splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        '        ["fit", "model", "n_obs@equation", 612.0],'
    ]


def test_unchanged_numbers_leave_the_file_untouched(spec: Spec) -> None:
    write(spec, results())
    before = goldenfile.engine_path(spec, "r-plm").stat()
    elsewhere = replace(MADE, platform="another machine")
    assert not write(spec, results(provenance=elsewhere), "once more")
    after = goldenfile.engine_path(spec, "r-plm").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_the_last_bits_of_another_machine_are_no_change(spec: Spec) -> None:
    write(spec, results())
    moved = [cell._replace(value=cell.value * (1 + 1e-14)) for cell in NUMBERS]
    assert not write(spec, results(*moved))
    assert write(spec, results(*(cell._replace(value=cell.value * (1 + 1e-8)) for cell in NUMBERS)))


def test_the_same_numbers_from_other_data_or_another_version_are_written_again(spec: Spec) -> None:
    write(spec, results())
    assert write(spec, results(provenance=replace(MADE, data_sha256="00")))
    assert write(spec, results(provenance=replace(MADE, engine_version="plm 2.6-4")))


@pytest.mark.parametrize("because", ["", "  "])
def test_a_reason_is_required(spec: Spec, because: str) -> None:
    with pytest.raises(GoldenError, match="say why these numbers are right"):
        write(spec, results(), because)


def test_nothing_is_written_from_a_fit_that_errored_or_is_lacking(spec: Spec) -> None:
    a, b = results()
    with pytest.raises(GoldenError, match="column 'b' errored: it crashed"):
        write(spec, [a, replace(b, status="errored", message="it crashed")])
    with pytest.raises(GoldenError, match="column 'b' has no result"):
        write(spec, [a])
    with pytest.raises(GoldenError, match="fit model n_obs@equation is there twice"):
        write(spec, results(NUMBERS[0], NUMBERS[0]))
    assert not goldenfile.engine_path(spec, "r-plm").exists()
    assert list(goldenfile.folder(spec).iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 2, "provenance": {}, "columns": {}}', '{"schema": 1}']
)
def test_a_file_that_cannot_be_read_says_how_to_make_it_anew(spec: Spec, text: str) -> None:
    goldenfile.engine_path(spec, "r-plm").write_text(text, encoding="utf-8")
    with pytest.raises(GoldenError, match="harness bless empl-uk --engine r-plm --because"):
        goldenfile.read_engine(spec, "r-plm")
    assert write(spec, results())
    assert goldenfile.check(spec) == []


# --------------------------------------------------------------------------------------------------- checks


def complaints(spec: Spec) -> list[str]:
    return [problem.message for problem in goldenfile.check(spec)]


def test_a_fresh_golden_file_has_no_faults(spec: Spec) -> None:
    write(spec, results())
    assert complaints(spec) == []


def test_a_golden_file_from_other_data_is_stale(spec: Spec) -> None:
    write(spec, results(provenance=replace(MADE, data_sha256="0f3c" + 60 * "0")))
    assert complaints(spec) == [
        "made from other data (0f3c…, now 77ab…). "
        'If the new data are right: harness bless empl-uk --engine r-plm --because "…"'
    ]


def test_a_golden_file_for_another_model_is_stale(spec: Spec) -> None:
    write(spec, results())
    changed = spec.model_copy(update={"columns": {"a": GMM, "b": GMM.model_copy(update={"steps": 2})}})
    assert [message[:22] for message in complaints(changed)] == ["made for another model"]
    derived = spec.model_copy(update={"derive": {"log_emp": "log(emp)"}})
    assert [message[:22] for message in complaints(derived)] == ["made for another model"]


def test_a_title_a_variant_or_a_known_difference_makes_nothing_stale(spec: Spec) -> None:
    write(spec, results())
    rule = KnownDifference.model_validate(
        {"between": ["r-plm", "published"], "within": {"rtol": 0.1}, "reason": "a cause", "evidence": "e"}
    )
    model = GMM.model_copy(update={"variants": {"sargan": "xtabond"}})
    changed = {"title": "Another", "known_differences": (rule,), "columns": {"a": model, "b": model}}
    assert complaints(spec.model_copy(update=changed)) == []


def test_columns_that_came_or_went_are_named(spec: Spec) -> None:
    write(spec, results())
    changed = spec.model_copy(update={"columns": {"a": GMM, "c": GMM}})
    assert [message.partition(".")[0] for message in complaints(changed)][:2] == [
        "lacks column c",
        "has column b, which the spec does not have",
    ]


def test_a_file_of_an_engine_that_the_spec_does_not_have_is_a_fault(spec: Spec) -> None:
    (goldenfile.folder(spec) / "r-stats.json").write_text("{}", encoding="utf-8")
    (goldenfile.folder(spec) / "notes.txt").write_text("", encoding="utf-8")
    assert [message[:26] for message in complaints(spec)] == ["the spec knows no such fil"] * 2


def test_a_faulty_print_is_among_the_complaints(spec: Spec) -> None:
    the_print(spec, "fit,model,n_obs,x,")
    assert complaints(spec) == ["'x' is no number as printed. What was not printed stays empty"]


def test_a_golden_folder_without_a_spec_is_an_orphan(spec: Spec) -> None:
    root = spec.path.parents[1]
    (root / "specs").mkdir()
    (root / "specs" / "empl-uk.yaml").touch()
    assert goldenfile.check_orphans(root) == []
    (root / "golden" / "gone").mkdir()
    (problem,) = goldenfile.check_orphans(root)
    assert problem.file.endswith("golden/gone")
    assert problem.message.startswith("there is no spec specs/gone.yaml")
