"""What a spec says of its data: read right, or refused in one sentence with row and column."""

import importlib.util
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from harness import dataset, specfile
from harness.errors import DataError, SpecError

HEAD = """\
title: Checks
source: {{citation: "made for the tests", read_from: "the tests"}}
data: {{file: d.csv, {panel}{checks}}}
engines: [python-pandas]
base: {{model: descriptive, variables: [x]}}
columns: {{"1": {{}}}}
"""
PANEL = "panel: {entity: city, time: year}, "
TABLE = pd.DataFrame(
    {
        "city": ["a", "a", "b", "b"],
        "year": [2005, 2006, 2005, 2006],
        "x": [1.0, 2.0, 3.0, 4.0],
        "share": [12.5, 0.4, 3.0, 99.0],
        "lat": [30.0, 30.0, 40.0, 40.0],
        "V1": [1.0, 2.0, 0.0, 0.0],
        "V2": [0.0, 0.0, 5.0, 6.0],
    }
)
SAID = (
    "balanced: true, one_of: [[V1, V2]], checks: {lat: {min: 18, max: 54, fixed: true}, "
    "share: {unit: percent}, x: {unit: count}}"
)


def read(folder: Path, checks: str, panel: str = PANEL, **cells: tuple[int, float]) -> dataset.Dataset:
    frame = TABLE.copy()
    for name, (row, value) in cells.items():
        frame.loc[row, name] = value
    return written(folder, frame, checks, panel)


def written(folder: Path, frame: pd.DataFrame, checks: str, panel: str = PANEL) -> dataset.Dataset:
    frame.to_csv(folder / "d.csv", index=False)
    (folder / "s.yaml").write_text(HEAD.format(panel=panel, checks=checks))
    return dataset.read(specfile.read(folder / "s.yaml", ("python-pandas",)))


def refusal(folder: Path, frame: pd.DataFrame, checks: str) -> str:
    with pytest.raises(DataError) as caught:
        written(folder, frame, checks)
    return str(caught.value).replace(f"{folder}/", "").removeprefix("s.yaml: ")


def test_data_that_are_as_the_spec_says_are_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, SAID).frame) == 4


def test_a_missing_value_breaks_no_check(tmp_path: Path) -> None:
    assert len(read(tmp_path, SAID, x=(1, float("nan")), share=(0, float("nan"))).frame) == 4


FAULTS = {
    "a coordinate outside the bounds": (
        TABLE.assign(lat=[30, 30, 113.5, 113.5]),
        "data.checks: 'lat' is more than 54 in data row 3 (city=b, year=2005) and 1 more of d.csv. "
        "Correct the cell",
    ),
    "a latitude below": (
        TABLE.assign(lat=[3, 3, 40, 40.0]),
        "data.checks: 'lat' is less than 18 in data row 1 (city=a, year=2005) and 1 more of d.csv. "
        "Correct the cell",
    ),
    "a place that moves": (
        TABLE.assign(lat=[30, 31, 40, 40.0]),
        "data.checks: 'lat' is not what it was the period before in data row 2 (city=a, year=2006) of d.csv. "
        "Correct the cell",
    ),
    "percentages given as fractions": (
        TABLE.assign(share=[0.125, 0.4, 0.03, 0.99]),
        "data.checks: 'share' is a percentage, but no value of d.csv is above 1: these look like fractions. "
        "Multiply them by 100",
    ),
    "more than all": (
        TABLE.assign(share=[12.5, 140.0, 3, 99]),
        "data.checks: 'share' is a percentage, and more than 100 in data row 2 (city=a, year=2006) of d.csv. "
        "Correct the cell",
    ),
    "a negative headcount": (
        TABLE.assign(x=[1, 2, -3.0, 4]),
        "data.checks: 'x' is negative in data row 3 (city=b, year=2005) of d.csv. Correct the cell",
    ),
    "half a head": (
        TABLE.assign(x=[1, 2.5, 3, 4]),
        "data.checks: 'x' is no whole number in data row 2 (city=a, year=2006) of d.csv. Correct the cell",
    ),
    "a missing city-year": (
        TABLE.iloc[:3],
        "data.balanced needs every entity in every period; the entity of data row 3 (city=b, year=2005) has "
        "no row in 2006 of d.csv. Add the row, or leave the period or the entity out",
    ),
    "a city-year twice": (
        TABLE.iloc[[0, 1, 2, 2]],
        "city=b, year=2005 stands twice in d.csv, in data rows 3 and 4. "
        "Keep one of them, or correct data.panel",
    ),
    "a type that changes": (
        TABLE.assign(V1=[1, 0, 0, 0.0], V2=[0, 2, 5, 6.0]),
        "data.one_of: which of V1, V2 is not 0 is not what it was the period before in data row 2 "
        "(city=a, year=2006) of d.csv. Correct the cell",
    ),
    "two types at once": (
        TABLE.assign(V2=[1, 0, 5, 6.0]),
        "data.one_of: more than one of V1, V2 is not 0 in data row 1 (city=a, year=2005) of d.csv. "
        "Correct the row",
    ),
    "no type": (
        TABLE.assign(V1=[0, 2, 0, 0.0]),
        "data.one_of: all of V1, V2 are 0 in data row 1 (city=a, year=2005) of d.csv. Correct the row",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_data_that_break_a_check_are_refused_in_one_sentence(tmp_path: Path, fault: str) -> None:
    frame, sentence = FAULTS[fault]
    assert refusal(tmp_path, frame, SAID) == sentence


def test_a_fraction_is_not_above_one(tmp_path: Path) -> None:
    said = "checks: {share: {unit: fraction}}"
    assert "'share' is a fraction, and more than 1 in data row 1" in refusal(tmp_path, TABLE, said)


def test_a_check_of_what_derive_makes_is_made_afterwards(tmp_path: Path) -> None:
    text = HEAD.format(panel=PANEL, checks="checks: {double: {max: 7}}")
    (tmp_path / "s.yaml").write_text(text + "derive: {double: 2 * x}\n")
    TABLE.to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(DataError, match="'double' is more than 7 in data row 4"):
        dataset.read(specfile.read(tmp_path / "s.yaml", ("python-pandas",)))


@pytest.mark.parametrize(
    ("checks", "sentence"),
    [
        ("balanced: true", "balanced goes by entity: it needs panel."),
        ("one_of: [[x, y]]", "one_of goes by entity: it needs panel."),
        ("checks: {x: {fixed: true}}", "checks.x.fixed goes by entity: it needs panel."),
    ],
)
def test_checks_by_entity_need_a_panel(tmp_path: Path, checks: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        read(tmp_path, checks, panel="")


def test_bounds_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"max is 1, less than min, 2\. Exchange them"):
        read(tmp_path, "checks: {x: {min: 2, max: 1}}")


# ------------------------------------------------------------------------------------------ kinds of files

CHINESE = "城市,年份,总人口\n北京,2005,1538\n天津,2005,1043\n"
MAPPED = """\
title: Kinds
source: {{citation: "made for the tests", read_from: "the tests"}}
data:
  file: {file}
  panel: {{entity: city, time: year}}
  columns: {{city: 城市, year: 年份, population: 总人口}}
engines: [python-pandas]
base: {{model: descriptive, variables: [population]}}
columns: {{"1": {{}}}}
"""


def mapped(folder: Path, file: str, content: bytes) -> pd.DataFrame:
    (folder / file).write_bytes(content)
    (folder / "s.yaml").write_text(MAPPED.format(file=file), encoding="utf-8")
    spec = specfile.read(folder / "s.yaml", ("python-pandas",))
    found = dataset.read(spec)
    assert len(dataset.prepare(spec, found, "1").frame) == 2
    return found.frame


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "gb2312"])
def test_chinese_text_is_read_in_the_encodings_it_comes_in(tmp_path: Path, encoding: str) -> None:
    frame = mapped(tmp_path, "d.csv", CHINESE.encode(encoding))
    assert frame["city"].tolist() == ["北京", "天津"]
    assert frame["population"].tolist() == [1538, 1043]


def test_two_encodings_in_one_file_are_refused_with_the_line(tmp_path: Path) -> None:
    first, second, third = CHINESE.splitlines(keepends=True)
    content = (first + second).encode("utf-8") + third.encode("gbk")
    with pytest.raises(DataError, match=r"d\.csv: line 3 is not UTF-8 \(byte 0xcc\)\. Save it as UTF-8 csv"):
        mapped(tmp_path, "d.csv", content)


def test_a_western_encoding_is_not_taken_for_chinese(tmp_path: Path) -> None:
    content = CHINESE.replace("北京", "K\xf6ln").encode("utf-8").replace("ö".encode(), b"\xf6")
    with pytest.raises(DataError, match="line 2 is not UTF-8"):
        mapped(tmp_path, "d.csv", content)


def test_separators_of_thousands_are_refused_with_row_and_column(tmp_path: Path) -> None:
    content = CHINESE.replace("1043", '"1,043"').encode("utf-8")
    with pytest.raises(DataError) as caught:
        mapped(tmp_path, "d.csv", content)
    assert str(caught.value).endswith(
        "holds the text '1,043' in data row 2 (city=天津, year=2005), and numbers are needed. "
        "Write it without separators of thousands: 1043"
    )


def test_a_stata_file_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"城市": ["北京", "天津"], "年份": [2005, 2005], "总人口": [1538.0, 1043.0]})
    frame.to_stata(tmp_path / "made.dta", write_index=False, version=118)
    found = mapped(tmp_path, "d.dta", (tmp_path / "made.dta").read_bytes())
    assert found["city"].tolist() == ["北京", "天津"] and found["population"].tolist() == [1538.0, 1043.0]
    frame.iloc[:0].to_stata(tmp_path / "made.dta", write_index=False, version=118)
    with pytest.raises(DataError, match=r"d\.dta has a header and no rows\. Get the file anew"):
        mapped(tmp_path, "d.dta", (tmp_path / "made.dta").read_bytes())


def workbook() -> bytes:
    """As much of a workbook as shows its kind."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("xl/workbook.xml", "")
    return packed.getvalue()


@pytest.mark.parametrize(("kind", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_a_parquet_file_or_a_sheet_is_read_or_refused_in_one_sentence(
    tmp_path: Path, kind: str, package: str
) -> None:
    frame = pd.DataFrame({"城市": ["北京", "天津"], "年份": [2005, 2005], "总人口": [1538.0, 1043.0]})
    if importlib.util.find_spec(package) is None:
        with pytest.raises(DataError, match=package):
            mapped(tmp_path, f"d.{kind}", workbook())
        return
    made = tmp_path / f"made.{kind}"
    frame.to_parquet(made) if kind == "parquet" else frame.to_excel(made, index=False)
    found = mapped(tmp_path, f"d.{kind}", made.read_bytes())
    assert found["city"].tolist() == ["北京", "天津"] and found["population"].tolist() == [1538.0, 1043.0]
    with pytest.raises(DataError, match=r"cannot be read as [^\n]*[^.]\. Save it as csv$"):
        mapped(tmp_path, f"d.{kind}", b"broken")
    none = frame.iloc[:0]
    none.to_parquet(made) if kind == "parquet" else none.to_excel(made, index=False)
    with pytest.raises(DataError, match=f"d.{kind} has a header and no rows. Get the file anew"):
        mapped(tmp_path, f"d.{kind}", made.read_bytes())
