"""Data files, expressions on rows, and the sheets that engines receive."""

import gzip
import hashlib
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import dataset, specfile
from harness.dataset.evaluation import evaluate, is_true, quantile_groups
from harness.dataset.rows import Rows
from harness.dataset.transformation import dense, twice_demeaned
from harness.errors import DataError
from harness.expression import ExpressionError, parse
from harness.sheet import Sheet
from harness.spec import PanelKeys, Spec

HEAD = """\
title: T
source: {{citation: "made for the tests", read_from: "the tests"}}
data: {{file: d.csv, {data}}}
{top}
engines: [python-linearmodels]
base:
{base}
columns:
  "1": {{}}
"""
PANEL = "panel: {entity: firm, time: year}"
POOLED = "{model: panel, estimator: pooled, std_error: conventional, outcome: y, regressors: {x: 0}}"


def dynamic(regressors: str = "{y: 1, x: 0}", more: str = "") -> str:
    return (
        "{model: dynamic-panel, estimator: difference, steps: 1, std_error: robust, outcome: y, "
        f"regressors: {regressors}, instruments: {{gmm: {{y: {{lags: [2, null]}}}}, iv: {{x: {{}}}}}}"
        f"{', ' + more if more else ''}}}"
    )


# Two firms, four years; no regressor is a combination of the others.
SMALL = "firm,year,y,x\n" + "".join(
    f"{firm},{year},{firm * 10 + (year - 2000) ** 2},{(year - 1999) * firm + year % 3}\n"
    for firm in (1, 2)
    for year in (2000, 2001, 2002, 2003)
)


def written(folder: Path, text: str, base: str = POOLED, data: str = PANEL, top: str = "") -> Spec:
    """A spec beside a data file with *text*; *base* is a YAML mapping in one line."""
    folder.mkdir(exist_ok=True)
    (folder / "d.csv").write_bytes(text.encode("utf-8"))
    spec = folder / "s.yaml"
    lines = base.strip("{}") if not base.startswith("{") else base
    spec.write_text(HEAD.format(data=data, top=top, base=f"  {lines}"))
    return specfile.read(spec, {"python-linearmodels"})


def sheet_of(folder: Path, text: str, base: str = POOLED, data: str = PANEL, top: str = "") -> Sheet:
    spec = written(folder, text, base, data, top)
    return dataset.prepare(spec, dataset.read(spec), "1")


def fault(folder: Path, text: str, base: str = POOLED, data: str = PANEL, top: str = "") -> str:
    """The message of the DataError, with the temporary folder taken out."""
    with pytest.raises(DataError) as caught:
        sheet_of(folder, text, base, data, top)
    return str(caught.value).replace(f"{folder}/", "")


def rows(panel: bool = False, **columns: Any) -> Rows:
    keys = PanelKeys(entity="firm", time="year") if panel else None
    return Rows(pd.DataFrame(columns), "d.csv", keys)


def value(text: str, of: Rows) -> list[float]:
    return evaluate(parse(text), of).tolist()


def same(found: list[float], expected: list[float]) -> bool:
    return bool(np.array_equal(np.array(found), np.array(expected), equal_nan=True))


NAN = math.nan

# -------------------------------------------------------------------------------------------- expressions


def test_float32_rounds_once_to_the_nearest_single_and_ties_go_to_even() -> None:
    # IEEE 754 binary32 has 24 significant bits: the neighbours of 2^24 are 2 apart, so the odd 2^24 + 1 is a
    # tie that goes to the even significand 2^24, and 2^24 + 3 to 2^24 + 4; 0.1 is 13421773 * 2^-27.
    x = [2.0**24 + 1, 2.0**24 + 3, 0.1, 1.5]
    assert value("float32(x)", rows(x=x)) == [2.0**24, 2.0**24 + 4, 13421773 * 2.0**-27, 1.5]


def test_float32_refuses_what_a_single_cannot_hold() -> None:
    # The largest binary32 is (2 - 2^-23) * 2^127, about 3.4e38.
    with pytest.raises(DataError, match=r"float32\(x\) is too large in data row 2"):
        value("float32(x)", rows(x=[3.4e38, 3.5e38]))


def test_round_takes_the_nearest_decimal_of_the_binary_value_and_ties_to_even() -> None:
    # 0.5, 1.5, 2.5 and 0.125 are binary fractions, hence ties; 2.675 is stored a little below itself.
    assert value("round(x, 0)", rows(x=[0.5, 1.5, 2.5, -1.5])) == [0.0, 2.0, 2.0, -2.0]
    assert value("round(x, 2)", rows(x=[0.125, 2.675])) == [0.12, 2.67]
    assert value("round(x, -2)", rows(x=[1250.0, 1251.0])) == [1200.0, 1300.0]


def test_missing_spreads_through_arithmetic_and_comparisons() -> None:
    of = rows(x=[1.0, NAN])
    for text in ("x + 1", "2 * x", "-x", "x / 1", "log(x) + 1", "float32(x)", "round(x, 0)", "abs(x)"):
        assert math.isnan(value(text, of)[1]), text
    assert same(value("x < 2", of), [1.0, NAN])
    assert same(value("x in [1, 2]", of), [1.0, NAN])
    assert same(value("x not in [1, 2]", of), [0.0, NAN])


def test_and_or_not_follow_kleenes_three_valued_tables() -> None:
    # Kleene (1952), Introduction to Metamathematics, par. 64, with missing for "unknown".
    t, f, u = 1.0, 0.0, NAN
    pairs = list(itertools.product((t, f, u), repeat=2))
    of = rows(a=[a for a, _ in pairs], b=[b for _, b in pairs])
    assert same(value("a and b", of), [t, f, u, f, f, f, u, f, u])
    assert same(value("a or b", of), [t, t, t, t, f, u, t, u, u])
    assert same(value("not a", of), [f, f, f, t, t, t, u, u, u])


def test_a_sample_keeps_what_is_true_and_not_what_is_missing() -> None:
    assert is_true(np.array([1.0, 0.0, NAN, 2.0])).tolist() == [True, False, False, True]


def test_arithmetic_runs_from_left_to_right() -> None:
    assert value("x - 3 - 2", rows(x=[10.0])) == [5.0]
    assert value("x / 5 / 2 * 3", rows(x=[10.0])) == [3.0]
    assert value("-x * 2 + 1", rows(x=[10.0])) == [-19.0]


def test_text_is_compared_with_text() -> None:
    of = rows(c=["a", None, "b"], d=["a", "b", "c"])
    assert same(value("c == 'a'", of), [1.0, NAN, 0.0])
    assert same(value("c != d", of), [0.0, NAN, 1.0])
    assert same(value("c not in ['a', 'z']", of), [0.0, NAN, 1.0])
    assert value("is_missing(c)", of) == [0.0, 1.0, 0.0]


def test_a_column_without_any_value_may_be_compared_with_text() -> None:
    assert same(value("c == 'a'", rows(c=[NAN, NAN])), [NAN, NAN])


def test_lags_go_by_time_and_a_gap_gives_missing() -> None:
    of = rows(panel=True, firm=[1, 1, 1, 2, 2], year=[2000, 2001, 2003, 2001, 2002], x=[1.0, 2, 4, 5, 7])
    assert same(value("lag(x, 1)", of), [NAN, 1, NAN, NAN, 5])
    assert same(value("lag(x, 2)", of), [NAN, NAN, 2, NAN, NAN])
    assert same(value("lag(x, 3)", of), [NAN, NAN, 1, NAN, NAN])
    assert same(value("diff(x)", of), [NAN, 1, NAN, NAN, 2])


def test_a_lag_is_a_number_of_steps() -> None:
    frame = pd.DataFrame({"firm": [1, 1, 1], "year": [2000, 2005, 2015], "x": [1.0, 2.0, 3.0]})
    of = Rows(frame, "d.csv", PanelKeys(entity="firm", time="year", step=5))
    assert same(value("lag(x, 1)", of), [NAN, 1.0, NAN])
    assert same(value("lag(x, 2)", of), [NAN, NAN, 2.0])


def test_a_lag_never_reaches_into_another_entity() -> None:
    of = rows(panel=True, firm=[1, 1, 2, 2], year=[1, 2, 1, 2], x=[1.0, 2, 3, 4])
    assert same(value("lag(x, 1)", of), [NAN, 1, NAN, 3])
    assert same(value("lag(x, 1000)", of), [NAN] * 4)


def test_lags_do_not_ask_for_sorted_rows() -> None:
    of = rows(panel=True, firm=[2, 1, 2, 1], year=[2, 2, 1, 1], x=[4.0, 2, 3, 1])
    assert same(value("lag(x, 1)", of), [3, 1, NAN, NAN])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 6)), unique=True, min_size=1, max_size=25),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_fast_lags_are_those_of_a_lookup_by_time(keys: list[tuple[int, int]], k: int, step: int) -> None:
    frame = pd.DataFrame({"firm": [f for f, _ in keys], "year": [t * step for _, t in keys]})
    of = Rows(frame.assign(x=range(len(keys))), "d.csv", PanelKeys(entity="firm", time="year", step=step))
    at = {key: float(position) for position, key in enumerate(keys)}
    assert same(value(f"lag(x, {k})", of), [at.get((f, t - k), NAN) for f, t in keys])


def test_a_quantile_group_is_one_plus_the_cut_points_below() -> None:
    # By hand from the definition. Terciles of 1..6: ni/k = 2 and 4, whole, so the cuts are (2+3)/2 = 2.5 and
    # (4+5)/2 = 4.5. Of 1..7: 7/3 and 14/3, so the cuts are the values ranked 3 and 5, not above them.
    assert value("quantile_group(x, 3)", rows(x=[1.0, 2, 3, 4, 5, 6])) == [1, 1, 2, 2, 3, 3]
    assert value("quantile_group(x, 3)", rows(x=[7.0, 6, 5, 4, 3, 2, 1])) == [3, 3, 2, 2, 1, 1, 1]
    # Ties stay together: of 1 1 1 2 the median is (1+1)/2 = 1, no 1 lies above it.
    assert value("quantile_group(x, 2)", rows(x=[1.0, 1, 1, 2])) == [1, 1, 1, 2]
    # Fewer values than groups: of 5 and 8 in quarters the cuts are 5, 6.5, 8.
    assert value("quantile_group(x, 4)", rows(x=[8.0, 5.0])) == [3, 1]


def test_quantile_groups_leave_missing_values_out() -> None:
    assert same(value("quantile_group(x, 2)", rows(x=[NAN, 1.0, 2.0, NAN])), [NAN, 1, 2, NAN])


def test_quantile_groups_are_formed_within_the_values_of_by() -> None:
    of = rows(x=[1.0, 2, 30, 40, 5], g=["a", "a", "b", "b", None])
    assert same(value("quantile_group(x, 2, by=g)", of), [1, 2, 1, 2, NAN])


def _by_definition(x: list[float], k: int) -> list[int]:
    ranked, n = sorted(x), len(x)
    cuts = []
    for i in range(1, k):
        whole, rest = divmod(n * i, k)
        cuts.append(ranked[whole] if rest else (ranked[whole - 1] + ranked[whole]) / 2)
    return [1 + sum(cut < one for cut in cuts) for one in x]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 5)), min_size=1, max_size=30), st.integers(2, 9))
def test_fast_quantile_groups_are_those_of_the_definition(pairs: list[tuple[int, int]], k: int) -> None:
    codes = np.unique([g for g, _ in pairs], return_inverse=True)[1]
    x = np.array([float(v) for _, v in pairs])
    found = quantile_groups(x, codes, k)
    for group in range(codes.max() + 1):
        mine = codes == group
        assert found[mine].tolist() == _by_definition(x[mine].tolist(), k)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(x)", "the logarithm of a value that is not positive in data row 2 and 1 more of d.csv."),
        ("1 / x", "a division by 0 in data row 2 of d.csv."),
        ("sqrt(x)", "the square root of a negative value in data row 3 of d.csv."),
        ("exp(1000 * x)", "exp(x) is too large in data row 1 of d.csv."),
        ("x * 1e308 * 10", "a result of * is too large in data row 1 and 1 more of d.csv."),
        ("c + 1", "column 'c' of d.csv holds the text 'a' in data row 1, and numbers are needed."),
        ("xx + 1", "there is no column 'xx'. Did you mean 'x'?"),
        ("x == 'a'", "column 'x' holds numbers. Compare it with a number, without quotes"),
        ("c == 1", "a column of text can only be compared with a text in single quotes, or with another"),
        ("c < c", "texts have no order here; compare them with ==, != or in"),
        ("c in [1]", "column 'c' holds text. Compare it with texts in single quotes, ['a', 'b']"),
        ("x in [1, 'a']", "a list after 'in' holds either numbers or texts, not both"),
        ("lag(x, 1)", "lags, time and entities need data.panel. Write panel: {entity: ..., time: ...}"),
    ],
)
def test_what_cannot_be_computed_names_the_row(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        value(text, rows(x=[1.0, 0.0, -1.0, NAN], c=["a", "b", None, "c"]))
    assert str(caught.value).startswith(message)


_atoms = st.sampled_from(["x", "c", "firm", "'a'", "0", "2.5", "1e308", "nothing"])
_operators = st.sampled_from(["+", "-", "*", "/", "==", "!=", "<", ">=", "and", "or"])
_expressions = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(inner, _operators, inner).map(" ".join),
        st.tuples(
            st.sampled_from(["log", "exp", "sqrt", "abs", "float32", "diff", "is_missing", "not ", "-"]),
            inner,
        ).map(lambda parts: f"{parts[0]}({parts[1]})"),
        inner.map(lambda part: f"quantile_group({part}, 3, by=c)"),
        inner.map(lambda part: f"round(lag({part}, 1), 2)"),
        inner.map(lambda part: f"({part}) not in [1, 2.5]"),
        inner.map(lambda part: f"{part} in ['a']"),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(_expressions)
def test_any_expression_is_numbers_or_one_error_and_never_infinite(text: str) -> None:
    of = rows(panel=True, firm=[1, 1, 2], year=[1, 2, 1], x=[0.5, NAN, -3.0], c=["a", None, "b"])
    try:
        found = evaluate(parse(text), of)
    except (DataError, ExpressionError) as error:
        assert str(error)
    else:
        assert found.shape == (3,)
        assert not np.isinf(found).any()


def test_long_and_deep_expressions_are_evaluated() -> None:
    assert value("+".join("x" * 1000), rows(x=[1.0])) == [1000.0]
    assert value("-" * 64 + "x", rows(x=[1.0])) == [1.0]


# ---------------------------------------------------------------------------------------------- the file


def test_numbers_are_read_to_the_nearest_double(tmp_path: Path) -> None:
    # Python's float() rounds correctly (Gay 1990); a fast parser is off by an ulp on such texts.
    texts = ["0.1234567890123456789", "8.988465674311579e+307", "5e-324", "1234567.8901234567", "-1e-17"]
    csv = "firm,year,y,x\n" + "".join(f"1,{2000 + i},{i * i},{t}\n" for i, t in enumerate(texts))
    spec = written(tmp_path, csv)
    assert dataset.read(spec).frame["x"].tolist() == [float(text) for text in texts]


def test_empty_cells_na_nan_and_a_dot_are_missing(tmp_path: Path) -> None:
    cells = ["", "NA", "NaN", ".", "1", " 2", " NA"]
    csv = "firm,year,y,x,z\n" + "".join(f"1,{i},{i * i},{cell},0\n" for i, cell in enumerate(cells))
    frame = dataset.read(written(tmp_path, csv)).frame
    assert same(frame["x"].tolist(), [NAN, NAN, NAN, NAN, 1.0, 2.0, NAN])


def test_a_byte_order_mark_and_gzip_change_nothing(tmp_path: Path) -> None:
    plain = dataset.read(written(tmp_path, SMALL)).frame
    marked = dataset.read(written(tmp_path, "\ufeff" + SMALL)).frame
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(SMALL.encode()))
    packed = dataset.read(written(tmp_path, SMALL), tmp_path / "e.csv.gz").frame
    pd.testing.assert_frame_equal(plain, marked)
    pd.testing.assert_frame_equal(plain, packed)


def test_stata_files_are_read_with_their_single_precision(tmp_path: Path) -> None:
    frame = pd.DataFrame({"firm": [1, 1, 2], "year": [1, 2, 1], "y": [1.0, 2, 4], "x": [0.1, 0.5, 0.3]})
    frame["x"] = frame["x"].astype("float32")
    frame.to_stata(tmp_path / "e.dta", write_index=False)
    found = dataset.read(written(tmp_path, SMALL), tmp_path / "e.dta").frame
    # 0.1 in binary32 is 13421773 * 2^-27
    assert found["x"].iloc[0] == 13421773 * 2.0**-27
    assert found["firm"].tolist() == [1, 1, 2]


def test_the_file_is_found_beside_the_spec_or_in_data(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL)
    assert dataset.read(spec).path == tmp_path / "d.csv"
    (tmp_path / "data").mkdir()
    (tmp_path / "d.csv").rename(tmp_path / "data" / "d.csv")
    assert dataset.read(spec).path == tmp_path / "data" / "d.csv"


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL, data=f'{PANEL}, obtain: "Ask the statistical office."')
    (tmp_path / "d.csv").unlink()
    with pytest.raises(DataError) as caught:
        dataset.read(spec)
    assert str(caught.value) == (
        f"{tmp_path}/s.yaml: data.file: d.csv is neither in {tmp_path} nor in {tmp_path}/data. "
        "How to get it: Ask the statistical office. Put it there, or give it by --data data=PATH"
    )


@pytest.mark.parametrize("place", ["d.csv", "data/d.csv"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, place: str) -> None:
    spec = written(tmp_path / "specs", SMALL)
    (tmp_path / "specs" / "data").mkdir()
    (tmp_path / "specs" / "d.csv").rename(tmp_path / "secret.csv")
    (tmp_path / "specs" / place).symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match=r"data\.file: d\.csv leads out of the spec's folder"):
        dataset.read(spec)


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL)
    (tmp_path / "d.csv").rename(tmp_path / "other.csv")
    (tmp_path / "d.csv").symlink_to(tmp_path / "other.csv")
    assert len(dataset.read(spec).frame) == 8


def test_another_file_than_the_spec_means_is_refused_with_both_hashes(tmp_path: Path) -> None:
    old, new = hashlib.sha256(b"old").hexdigest(), hashlib.sha256(SMALL.encode()).hexdigest()
    assert fault(tmp_path, SMALL, data=f"{PANEL}, sha256: {old}") == (
        f"s.yaml: data.sha256 is {old[:12]}..., but d.csv has {new[:12]}... Bring back the file that was "
        f"meant, or, if this one is right, write sha256: {new}"
    )


def test_a_file_given_by_hand_suspends_the_hash_and_says_so(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL, data=f"{PANEL}, sha256: {'a' * 64}")
    other = tmp_path / "other.csv"
    other.write_text(SMALL)
    found = dataset.read(spec, other)
    assert found.sha256 == hashlib.sha256(SMALL.encode()).hexdigest()
    assert found.notes == (
        f"--data data={other}: data given by hand ({found.sha256[:12]}...); the spec's hash is suspended",
    )


def test_a_file_given_by_hand_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--data data=nowhere\.csv: there is no such file"):
        dataset.read(written(tmp_path, SMALL), Path("nowhere.csv"))


def test_columns_bear_the_names_of_the_spec(tmp_path: Path) -> None:
    text = SMALL.replace("firm,year,y,x", "Firm ID,year,y,x.1")
    frame = dataset.read(written(tmp_path, text, data=PANEL + ', columns: {firm: "Firm ID", x: x.1}')).frame
    assert list(frame.columns) == ["firm", "x", "year", "y"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "d.csv is empty. Get the file anew"),
        ("firm,year,y,x\n", "d.csv has a header and no rows. Get the file anew"),
        ("firm,year,y,x\n1,2\n", "d.csv: line 2 has 2 cells, the header has 4. Correct that line"),
        (
            "firm,year,y,x\n1,2000,1,2,3\n",
            "d.csv: the rows have more cells than the header, which has 4. "
            "Name every column in the first line",
        ),
        ("firm,year,y,x,x\n1,2,3,4,5\n", "d.csv: the header 'x' stands twice. Rename one of the columns"),
    ],
)
def test_a_file_whose_rows_do_not_fit_its_header_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text) == message


def test_a_row_with_too_many_cells_further_down_is_refused(tmp_path: Path) -> None:
    message = fault(tmp_path, SMALL + "1,2,3,4,5\n")
    assert message.startswith("d.csv cannot be read as csv: ")
    assert "line 10" in message


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL)
    (tmp_path / "d.csv").write_bytes(b"firm,year,y,x\nCaf\xe9,2000,1,2\n")
    with pytest.raises(DataError, match=r"line 2 is not UTF-8 \(byte 0xe9\)\. Save it as UTF-8 csv"):
        dataset.read(spec)


@pytest.mark.parametrize("name", ["d.csv.gz", "d.dta", "d.xlsx", "d.sav"])
def test_a_file_that_is_not_what_its_name_says_is_one_sentence(tmp_path: Path, name: str) -> None:
    spec = written(tmp_path, SMALL)
    (tmp_path / name).write_text(SMALL)
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        dataset.read(spec, tmp_path / name)


def test_a_column_that_is_not_there_is_named_with_place_and_guess(tmp_path: Path) -> None:
    base = POOLED.replace("{x: 0}", "{xx: 0, log_y: 0}")
    assert fault(tmp_path, SMALL, base, top="derive: {log_y: log(why)}") == (
        "s.yaml: derive.log_y: d.csv has no column 'why'. There are firm, year, y, x\n"
        "s.yaml: column \"1\": regressors: d.csv has no column 'xx'. Did you mean 'x'?"
    )


def test_a_header_that_is_not_there_is_named_with_its_name_here(tmp_path: Path) -> None:
    assert fault(tmp_path, SMALL, data=PANEL + ", columns: {x: X1}") == (
        "s.yaml: data.columns.x: d.csv has no column 'X1' (for 'x'). Did you mean 'x'?"
    )


def test_semicolons_are_noticed(tmp_path: Path) -> None:
    message = fault(tmp_path, SMALL.replace(",", ";"))
    assert "The cells seem to be parted by ';'; save the file with commas" in message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    "firm",
                    "year",
                    "y",
                    "x",
                    ",",
                    "\n",
                    "1",
                    "2000",
                    ".",
                    "NA",
                    '"',
                    "\r",
                    "\0",
                    "inf",
                    "1e999",
                    " ",
                ]
            ),
            max_size=60,
        ).map(lambda parts: ("firm,year,y,x\n" + "".join(parts)).encode()),
    ),
    st.sampled_from(["d.csv", "d.csv.gz", "d.dta"]),
)
def test_any_bytes_are_data_or_one_data_error(tmp_path: Path, content: bytes, name: str) -> None:
    spec = written(tmp_path, SMALL)
    (tmp_path / name).write_bytes(content)
    try:
        dataset.prepare(spec, dataset.read(spec, tmp_path / name), "1")
    except DataError as error:
        assert str(error)


# ---------------------------------------------------------------------------------------------- the cells


def test_text_among_numbers_names_column_row_and_value(tmp_path: Path) -> None:
    assert fault(tmp_path, SMALL.replace("1,2002,14", "1,2002,n/a")) == (
        "s.yaml: column \"1\": outcome: y: column 'y' of d.csv holds the text 'n/a' in data row 3 (firm=1, "
        "year=2002), and numbers are needed. Correct the cell, or leave it empty for missing"
    )


@pytest.mark.parametrize("cell", ["inf", "-Inf", "1e999"])
def test_an_infinite_value_names_the_row(tmp_path: Path, cell: str) -> None:
    assert fault(tmp_path, SMALL.replace("1,2002,14", f"1,2002,{cell}")) == (
        "s.yaml: column \"1\": outcome: y: column 'y' of d.csv is infinite in data row 3 "
        "(firm=1, year=2002). Correct the cell, or leave it empty for missing"
    )


def test_columns_that_the_spec_does_not_use_are_not_looked_at(tmp_path: Path) -> None:
    lines = SMALL.splitlines()
    text = "\n".join([lines[0] + ",note", *(f"{line},inf or text" for line in lines[1:])])
    assert len(sheet_of(tmp_path, text).frame) == 8


def test_true_and_false_are_text(tmp_path: Path) -> None:
    text = "firm,year,y,x\n1,1,2,True\n1,2,3,False\n"
    assert "holds the text 'True' in data row 1 (firm=1, year=1)" in fault(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SMALL + "1,2001,5,5\n",
            "s.yaml: firm=1, year=2001 stands twice in d.csv, in data rows 2 and 9. "
            "Keep one of them, or correct data.panel",
        ),
        (
            SMALL + ",2001,5,5\n",
            "s.yaml: entity 'firm' is missing in data row 9 (firm=missing, year=2001) of d.csv. "
            "Fill it in, or remove the row",
        ),
        (
            SMALL + "3,2001.5,5,5\n",
            "s.yaml: time 'year' of d.csv is no whole number in data row 9 (firm=3, year=2001.5). "
            "Number the periods 1, 2, ... in the data file",
        ),
        (
            SMALL + "3,2001Q1,5,5\n",
            "s.yaml: column 'year' of d.csv holds the text '2001Q1' in data row 9 (firm=3, year=2001Q1), "
            "and numbers are needed. Correct the cell, or leave it empty for missing",
        ),
    ],
)
def test_keys_that_do_not_identify_a_row_are_named(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text) == message


def test_time_off_the_step_is_named(tmp_path: Path) -> None:
    panel = "panel: {entity: firm, time: year, step: 2}"
    assert fault(tmp_path, SMALL, data=panel) == (
        "s.yaml: time 'year' of d.csv is not 2000 plus a multiple of 2 in data row 2 (firm=1, year=2001) and "
        "3 more. Correct data.panel.step or the row"
    )


def test_derive_runs_in_order_and_may_redefine_a_column(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL, top="derive: {x: x + 1, z: x * 10}")
    frame = dataset.read(spec).frame
    assert frame["x"].iloc[0] == 4.0  # (2000 - 1999) * 1 + 2000 % 3, plus 1
    assert frame["z"].iloc[0] == 40.0


def test_a_derived_column_that_fails_names_its_place_and_row(tmp_path: Path) -> None:
    text = SMALL.replace("2,2003,29", "2,2003,0")
    assert fault(tmp_path, text, top="derive: {log_y: log(y)}") == (
        "s.yaml: derive.log_y: the logarithm of a value that is not positive in data row 8 "
        "(firm=2, year=2003) of d.csv. Correct the cell, or leave it empty for missing"
    )


# -------------------------------------------------------------------------------------------- the sheets


def frames(folder: Path, text: str, base: str = POOLED, **more: str) -> pd.DataFrame:
    return sheet_of(folder, text, base, **more).frame


def pooled(regressors: str, more: str = "", estimator: str = "pooled") -> str:
    return (
        f"{{model: panel, estimator: {estimator}, std_error: conventional, outcome: y, "
        f"regressors: {regressors}{', ' + more if more else ''}}}"
    )


def test_a_static_sheet_has_complete_rows_sorted_by_keys_and_terms_as_columns(tmp_path: Path) -> None:
    text = "firm,year,y,x\nb,2,1,1\na,3,9,7\na,1,5,2\na,2,6,\nb,1,2,3\nb,3,4,9\na,4,7,1\na,5,3,2\n"
    made = sheet_of(tmp_path, text, pooled("{x: [0, 1]}"))
    # a: x is missing in 2, so its lag is missing in 3; complete are a 4, 5 and b 2, 3
    assert made.frame["firm"].tolist() == [0, 0, 1, 1]
    assert made.frame["year"].tolist() == [4, 5, 2, 3]
    assert made.frame["L1.x"].tolist() == [7.0, 1.0, 3.0, 1.0]
    assert (made.outcome, made.regressors, made.constant) == ("y", ("x", "L1.x"), True)
    assert (made.entity, made.time, made.step, made.sampled) == ("firm", "year", 1, None)


def test_lags_are_taken_before_or_within_the_sample(tmp_path: Path) -> None:
    text = "firm,year,y,x\n" + "".join(f"{f},{t},{f + t * t},{t * f}\n" for f in (1, 2) for t in range(1, 6))
    before = frames(tmp_path, text, pooled("{x: 1}", "sample: year >= 3"))
    within = frames(tmp_path, text, pooled("{x: 1}", "sample: year >= 3, lags_from: sample"))
    assert before["year"].tolist() == [3, 4, 5, 3, 4, 5]
    assert within["year"].tolist() == [4, 5, 4, 5]


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (
            pooled("{x: 0}", "sample: year > 2010"),
            "sample: 'year > 2010' is true in none of 8 rows. Widen the sample",
        ),
        (
            pooled("{x: 5}"),
            "'L5.x' has no value in the 8 rows of the sample. Leave it out, or widen the sample",
        ),
        (
            pooled("{x: 0, two_x: 0}"),
            "regressors: the design is singular, two_x = 2*x in every row used. Leave one of them out",
        ),
        (
            pooled("{x: 0, shifted: 0}"),
            "regressors: the design is singular, shifted = 3*constant - x in every row used. "
            "Leave one of them out",
        ),
        (
            pooled("{x: 0, zero: 0}"),
            "zero has the value 0 in every row used. Leave it out",
        ),
        (
            pooled("{x: 0, year: 0}", "time_dummies: [2000, 2001, 2002]"),
            "regressors: the design is singular, year=2002 = 2003*constant - year - 3*year=2000 - "
            "2*year=2001 in every row used. Leave one of them out",
        ),
        (
            pooled("{x: 0}", "time_dummies: [2001, 2009]"),
            "time_dummies: 2009 does not occur in 'year' among the rows used, which have 2000, 2001, 2002, "
            "2003. Leave it out, or widen the sample",
        ),
        (
            pooled("{x: 0, firm: 0}", estimator="within"),
            "firm has no variation inside any entity, so that the within estimator cannot see it. "
            "Leave it out",
        ),
        (
            pooled("{x: 0, firm: 0}", "constant: false", estimator="first-difference"),
            "firm has no change from one period to the next, so that first differences cannot see it. "
            "Leave it out",
        ),
        (
            pooled("{x: 0}", "sample: year == 2001"),
            "2 observations for 2 coefficients. Widen the sample, or leave regressors out",
        ),
        (
            pooled("{x: 0}", "sample: year == 2001", estimator="within"),
            "outcome: 'y' does not vary in the rows used. Correct outcome or sample",
        ),
        (
            pooled("{x: 0}", "lags_from: sample, sample: year == 2001", "first-difference"),
            "no two consecutive periods of any entity are complete. Widen the sample",
        ),
        (
            pooled("{x: 0}", "weights: wrong"),
            "weights: 'wrong' is not positive in data row 1 (firm=1, year=2000) and 3 more. "
            "Write sample: wrong > 0",
        ),
    ],
)
def test_a_model_that_these_rows_cannot_give_is_named(tmp_path: Path, base: str, message: str) -> None:
    derive = "derive: {two_x: 2 * x, shifted: 3 - x, zero: 0 * x, wrong: firm - 1}"
    assert fault(tmp_path, SMALL, base, top=derive).removeprefix('s.yaml: column "1": ') == message


def test_a_row_without_a_cluster_is_named(tmp_path: Path) -> None:
    lines = SMALL.splitlines()
    regions = ["region", "N", "", "S", "N", "S", "N", "", "S"]
    text = "\n".join(f"{line},{region}" for line, region in zip(lines, regions, strict=True))
    base = pooled("{x: 0}", "cluster: [region]").replace("conventional", "cluster")
    assert fault(tmp_path, text, base) == (
        "s.yaml: column \"1\": cluster: 'region' is missing in data row 2 (firm=1, year=2001) and 1 more. "
        "Write sample: not is_missing(region)"
    )


def test_clusters_are_codes_and_the_keys_stand_for_themselves(tmp_path: Path) -> None:
    lines = SMALL.splitlines()
    text = "\n".join(f"{line},{r}" for line, r in zip(lines, ["r", *"SNSNSSNN"], strict=True))
    by_region = sheet_of(tmp_path, text, pooled("{x: 0}", "cluster: [r]").replace("conventional", "cluster"))
    assert by_region.cluster == ("r",)
    assert by_region.frame["r"].tolist() == [1, 0, 1, 0, 1, 1, 0, 0]
    base = pooled("{x: 0}", "cluster: [entity, time]").replace("conventional", "cluster")
    assert sheet_of(tmp_path, text, base).cluster == ("firm", "year")


def test_a_trend_in_the_time_column_leaves_the_key_alone(tmp_path: Path) -> None:
    made = sheet_of(tmp_path, SMALL, pooled("{x: 0, year: 0}"))
    assert made.time == "year.key"
    assert made.frame["year"].dtype == np.float64
    assert made.frame["year.key"].dtype == np.int64


def test_instruments_and_endogenous_terms_have_columns(tmp_path: Path) -> None:
    base = pooled("{x: 0, y: 1}", "endogenous: {x: 0}, instruments: {x: {lags: 1}}")
    made = sheet_of(tmp_path, SMALL, base)
    assert made.regressors == ("x", "L1.y")
    assert (made.endogenous, made.instruments) == (("x",), {"L1.x": False})
    assert len(made.frame) == 6


def test_an_instrument_that_is_an_exogenous_term_is_named(tmp_path: Path) -> None:
    base = pooled("{x: 0, y: 1}", "endogenous: {x: 0}, instruments: {z: {lags: 1}}")
    message = fault(tmp_path, SMALL, base, top="derive: {z: 3 * y}")
    assert message.endswith(
        "instruments: the design is singular, L1.z = 3*L1.y in every row used. Leave one of them out"
    )


# ---------------------------------------------------------------------------------------------- dummies


@pytest.mark.parametrize(
    ("base", "kept"),
    [
        # With a constant one period goes, the first; with a trend beside it two; without a constant none.
        (pooled("{x: 0}", "time_dummies: all"), [2001, 2002, 2003]),
        (pooled("{x: 0, year: 0}", "time_dummies: all"), [2002, 2003]),
        (pooled("{x: 0}", "time_dummies: all, constant: false"), [2000, 2001, 2002, 2003]),
        # Entity means leave nothing of the constant, the dummies' sum: one goes. Time means leave nothing.
        (pooled("{x: 0}", "time_dummies: all", "within"), [2001, 2002, 2003]),
        (pooled("{x: 0}", "time_dummies: all, effects: [entity, time]", "within"), []),
        # The differences of four dummies sum to zero, and span the constant: D1 + 2 D2 + 3 D3 = 1.
        (pooled("{x: 0}", "time_dummies: all, constant: false", "first-difference"), [2001, 2002, 2003]),
        (pooled("{x: 0}", "time_dummies: all", "first-difference"), [2002, 2003]),
        (pooled("{x: 0}", "time_dummies: [2003, 2001]"), [2003, 2001]),
        # With a lag 2001 to 2003 are left in levels; the differences of their dummies sum to zero.
        (dynamic("{y: 1}", "time_dummies: all"), [2002, 2003]),
    ],
)
def test_of_all_dummies_the_first_that_are_collinear_go(tmp_path: Path, base: str, kept: list[int]) -> None:
    text = "firm,year,y,x\n" + "".join(
        f"{f},{t},{(f * 7 + t * t * f) % 11},{(f * f + t * 3) % 7}\n"
        for f in range(1, 7)
        for t in range(2000, 2004)
    )
    made = sheet_of(tmp_path, text, base)
    assert made.dummies == tuple(f"year={year}" for year in kept)
    assert made.regressors[-len(kept) or len(made.regressors) :] == made.dummies
    for year in kept:
        assert (made.frame[f"year={year}"] == (made.frame[str(made.time)] == year)).all()


def test_dummies_of_a_linear_model_are_terms_and_absorb_what_is_collinear(tmp_path: Path) -> None:
    base = "{model: linear, std_error: conventional, outcome: y, regressors: {x: 0}, dummies: {c: all}}"
    text = "c,y,x\nb,1,5\na,2,3\nb,4,1\nc,3,3\nc,9,2\na,5,2\n"
    made = sheet_of(tmp_path, text, base, data="name: data")
    assert made.regressors == ("x", "c=b", "c=c")
    assert made.frame["c=b"].tolist() == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    listed = sheet_of(tmp_path, text, base.replace("all", "[c, a]"), data="name: data")
    assert listed.dummies == ("c=c", "c=a")


def test_a_dummy_and_a_column_have_two_names(tmp_path: Path) -> None:
    base = POOLED.replace("{x: 0}", "{x: 0, year=2002: 0}, time_dummies: [2002]")
    spec = written(tmp_path, SMALL, base=base, top="derive: {year=2002: x * x}")
    with pytest.raises(DataError, match="'year=2002' is a column and a dummy"):
        dataset.prepare(spec, dataset.read(spec), "1")


def test_more_dummies_than_memory_holds_are_refused(tmp_path: Path) -> None:
    base = "{model: linear, std_error: conventional, outcome: y, regressors: {}, dummies: {c: all}}"
    text = "c,y\n" + "".join(f"{i},{i * i}\n" for i in range(6000))
    message = fault(tmp_path, text, base, data="name: data", top="limits: {memory_mb: 256}")
    assert "dummies: c: 6000 dummies on 6000 rows need more than 256 MB" in message


def test_two_way_deviations_are_the_residuals_of_a_regression_on_all_dummies() -> None:
    # Frisch and Waugh (1933), on an unbalanced panel.
    generator = np.random.default_rng(7)
    entity, time_ = (codes.ravel() for codes in np.meshgrid(np.arange(6), np.arange(5), indexing="ij"))
    kept = generator.random(30) < 0.7
    entity, time_, x = dense(entity[kept]), dense(time_[kept]), generator.normal(size=(int(kept.sum()), 2))
    dummies = np.hstack([np.eye(entity.max() + 1)[entity], np.eye(time_.max() + 1)[time_]])
    expected = x - dummies @ np.linalg.lstsq(dummies, x, rcond=None)[0]
    assert np.allclose(twice_demeaned(x, entity, time_), expected, atol=1e-12)


# ------------------------------------------------------------------------------------- first differences


def test_differences_may_start_outside_the_sample(tmp_path: Path) -> None:
    base = pooled("{x: 0}", "constant: false, sample: year != 2001", "first-difference")
    made = sheet_of(tmp_path, SMALL, base)
    # 2002 - 2001 is used though 2001 is not in the sample; 2001 - 2000 is not.
    assert made.frame["year"].tolist() == [2000, 2001, 2002, 2003] * 2
    assert made.frame[str(made.sampled)].tolist() == [0.0, 0.0, 1.0, 1.0] * 2
    within = sheet_of(tmp_path, SMALL, base.replace("sample:", "lags_from: sample, sample:"))
    assert within.frame["year"].tolist() == [2000, 2002, 2003] * 2
    assert within.sampled is None


def test_an_instrument_in_levels_is_needed_only_where_a_difference_is_used(tmp_path: Path) -> None:
    base = pooled(
        "{x: 0}",
        "constant: false, endogenous: {x: 0}, instruments: {x: {lags: 2, level: true}}",
        "first-difference",
    )
    made = sheet_of(tmp_path, SMALL, base)
    # Anderson and Hsiao (1981): D.x_t needs x_t, x_t-1 and the instrument x_t-2, so 2002 and 2003 are used
    # and 2001 only lends its level, though it has no x two years earlier.
    assert made.frame["year"].tolist() == [2000, 2001, 2002, 2003] * 2
    assert made.frame[str(made.sampled)].tolist() == [0.0, 0.0, 1.0, 1.0] * 2
    assert same(made.frame["L2.x"].tolist()[:4], [NAN, NAN, *made.frame["x"].tolist()[:2]])


# ----------------------------------------------------------------------------------------- dynamic panels


def test_a_dynamic_sheet_has_all_rows_and_the_variables_themselves(tmp_path: Path) -> None:
    base = dynamic(more="time_dummies: [2002], sample: year > 2000")
    made = sheet_of(tmp_path, SMALL, base)
    assert made.regressors == ("L1.y", "x", "year=2002")
    assert set(made.frame) == {"firm", "year", "y", "x", "sampled", "year=2002"}
    assert made.frame["sampled"].tolist() == [0.0, 1.0, 1.0, 1.0] * 2
    assert made.constant is False
    within = sheet_of(tmp_path, SMALL, base.replace("sample:", "lags_from: sample, sample:"))
    assert len(within.frame) == 6
    assert within.sampled is None


def test_a_completed_sheet_has_every_entity_in_every_period_and_keeps_the_numbers(tmp_path: Path) -> None:
    lines = [line for line in SMALL.splitlines(True) if "2001" not in line]  # a year that is missing for all
    text = "".join(lines[:-1]) + "7,2003,1,2\n"
    base = dynamic("{x: 0}", "time_dummies: [2003]")
    made = sheet_of(tmp_path, text, base)
    grid = made.completed()
    assert grid.periods == (2000, 2001, 2002, 2003)
    assert grid.frame["firm"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert grid.frame["year"].tolist() == [1, 2, 3, 4] * 3
    assert grid.frame["year=2003"].tolist() == [0.0, 0.0, 0.0, 1.0] * 3
    assert same(grid.frame["x"].tolist()[8:], [NAN, NAN, NAN, 2.0])
    assert list(grid.frame.columns) == list(made.frame.columns)
    present = grid.frame.dropna().reset_index(drop=True)
    assert (present["x"] == made.frame["x"]).all()
    assert [grid.periods[t - 1] for t in present["year"]] == made.frame["year"].tolist()


def test_completing_goes_in_steps_and_keeps_flags(tmp_path: Path) -> None:
    text = "firm,year,y,x\n" + "".join(
        f"{f},{t},{f + t % 7},{(f * t) % 5}\n" for f in (1, 2) for t in (1990, 1995, 2005, 2010)
    )
    base = dynamic("{x: 0}", "sample: year > 1990")
    grid = sheet_of(tmp_path, text, base, data="panel: {entity: firm, time: year, step: 5}").completed()
    assert grid.periods == (1990, 1995, 2000, 2005, 2010)
    assert grid.step == 1
    assert grid.frame["sampled"].tolist() == [0.0, 1.0, 0.0, 1.0, 1.0] * 2


def test_a_grid_that_is_too_large_is_refused(tmp_path: Path) -> None:
    text = "firm,year,y,x\n" + "".join(
        f"{f},{t},{f + t % 7},{(f * t) % 5}\n" for f in (1, 2) for t in (1, 2, 20_000_000)
    )
    made = sheet_of(tmp_path, text, dynamic("{x: 0}"))
    with pytest.raises(DataError, match="the grid of 2 entities and 20000000 periods") as caught:
        made.completed()
    assert "data.panel.step" in str(caught.value)


# ---------------------------------------------------------------------------------------------- descriptive


def test_descriptives_keep_missing_values_and_the_labels_of_by(tmp_path: Path) -> None:
    base = "{model: descriptive, variables: [x, y], by: year, sample: year < 2003}"
    made = sheet_of(tmp_path, SMALL.replace("1,2000,10", "1,2000,"), base)
    assert list(made.frame.columns) == ["x", "y", "year"]
    assert made.frame["year"].tolist() == [2000, 2001, 2002] * 2
    assert made.frame["y"].isna().sum() == 1


# -------------------------------------------------------------------------------------------- invariances

ESTIMATORS = [
    pooled("{x: [0, 1]}", "time_dummies: all, sample: x > -5"),
    pooled("{x: 0}", "time_dummies: all", "within"),
    pooled("{x: 0}", "constant: false", "first-difference"),
    dynamic(more="time_dummies: all"),
    "{model: descriptive, variables: [x, y], by: year}",
]
WIDE = [
    f"{f},{t},{(f * 7 + t * t) % 13},{(f * f + t * f) % 9}" for f in range(1, 8) for t in range(2000, 2006)
]
HOLES = [line for at, line in enumerate(WIDE) if at % 5 != 2]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(HOLES), st.sampled_from(ESTIMATORS))
def test_shuffled_rows_give_the_same_sheet(tmp_path: Path, lines: list[str], base: str) -> None:
    head = "firm,year,y,x\n"
    top = "derive: {g: 'quantile_group(x, 3, by=year)', d: diff(y)}"
    sorted_ = sheet_of(tmp_path, head + "\n".join(HOLES), base, top=top)
    shuffled = sheet_of(tmp_path, head + "\n".join(lines), base, top=top)
    pd.testing.assert_frame_equal(sorted_.frame, shuffled.frame, check_exact=True)
    assert (sorted_.regressors, sorted_.dummies) == (shuffled.regressors, shuffled.dummies)


@pytest.mark.parametrize("base", ESTIMATORS)
def test_relabelled_entities_give_the_same_numbers(tmp_path: Path, base: str) -> None:
    head = "firm,year,y,x\n"
    named = [f"firm {chr(96 + int(line[0]))}{line[1:]}" for line in HOLES]
    numbers, texts = (sheet_of(tmp_path, head + "\n".join(lines), base).frame for lines in (HOLES, named))
    pd.testing.assert_frame_equal(numbers, texts, check_exact=True)


def test_a_year_that_is_missing_for_all_is_a_gap_and_no_neighbour(tmp_path: Path) -> None:
    text = "firm,year,y,x\n" + "\n".join(line for line in WIDE if ",2002," not in line)
    made = sheet_of(tmp_path, text, pooled("{x: 1}"))
    assert sorted(set(made.frame["year"])) == [2001, 2004, 2005]


def test_two_hundred_thousand_rows_are_prepared_whole(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    n_firms = 10_000
    frame = pd.DataFrame({"firm": np.repeat(np.arange(n_firms), 20), "year": np.tile(np.arange(20), n_firms)})
    frame = frame.assign(**{name: generator.normal(size=len(frame)) for name in "yx"})
    base = pooled("{x: [0, 2], g: 0}", "time_dummies: all", "within")
    spec = written(
        tmp_path, frame.to_csv(index=False), base, top="derive: {g: 'quantile_group(x, 4, by=firm)'}"
    )
    made = dataset.prepare(spec, dataset.read(spec), "1")
    assert len(made.frame) == n_firms * 18
