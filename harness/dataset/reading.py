"""A data file to a frame: decoded, every fault of it named."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.datafile import DataFile
from harness.dataset.rows import MISSING, suggest, typed
from harness.errors import DataError
from harness.spec import Spec

_READABLE = "csv, csv.gz, dta, parquet and xlsx can be read"
# From 3.1 on pandas reads numbers to the nearest double by itself; before, it is off by an ulp now and then.
_EXACT: dict[str, Any] = {} if pd.__version__ >= "3.1" else {"float_precision": "round_trip"}


_HIGH = re.compile(rb"[\x80-\xff]+")


def table(file: DataFile, spec: Spec) -> pd.DataFrame:
    """
    The cells of *file*: one column a header, numbers as int64 or float64, text as it is.

    Empty cells, NA, NaN and `.` are missing. Numbers are read to the nearest double. Text is UTF-8, with or
    without a mark at its beginning, or Chinese in GBK.
    Raises DataError where the file is not what its name says, has no rows, or rows that do not fit
    its header.
    """
    cells = _cells(file, spec)
    if len(cells) == 0:
        raise DataError(f"{file.path} has a header and no rows. Get the file anew")
    return cells


def _cells(file: DataFile, spec: Spec) -> pd.DataFrame:
    name = file.path.name.lower()
    if name.endswith(".csv.gz"):
        return _csv(_text(file, _unpacked(file, spec.limits.memory_mb)), file.path)
    if name.endswith(".csv"):
        return _csv(_text(file, file.content), file.path)
    if name.endswith(".dta"):
        return _stata(file)
    if name.endswith((".xlsx", ".xls", ".ods")):
        return _excel(file)
    if name.endswith(".parquet"):
        return _parquet(file)
    raise DataError(f"{file.path}: this kind of file is not known; {_READABLE}. Save the data as csv")


def _unpacked(file: DataFile, memory_mb: int) -> bytes:
    """The gzip's content; a file that unpacks to more than the fit's memory is refused."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(file.content)) as packed:
            content = packed.read(memory_mb * 2**20 + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file.path} is no whole gzip file ({error}). Get the file anew") from None
    if len(content) > memory_mb * 2**20:
        raise DataError(f"{file.path} unpacks to more than {memory_mb} MB. Raise limits.memory_mb")
    return content


def _text(file: DataFile, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        chinese = _chinese(content)
        if chinese is not None:
            return chinese
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file.path}: line {line} is not UTF-8 (byte 0x{content[error.start]:02x}). Save it as UTF-8 csv"
        ) from None


def _chinese(content: bytes) -> str | None:
    """
    The text of a file in GBK, as Chinese programs save it; None where it is another encoding, or two mixed.

    Every non-ASCII byte belongs to a pair of two bytes of GB 2312's plane (0xA1 to 0xFE). A letter with an
    accent in a Western encoding stands alone, and UTF-8 has three bytes for a Chinese character.
    """
    runs = _HIGH.findall(content)
    if any(len(run) % 2 or min(run) < 0xA1 for run in runs):
        return None
    try:
        text = content.decode("gbk")
    except UnicodeDecodeError:
        return None
    return text


def _csv(text: str, path: Path) -> pd.DataFrame:
    header = _header(text, path)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            keep_default_na=False,
            na_values=list(MISSING),
            low_memory=False,
            **_EXACT,
        )
    except (ValueError, OverflowError) as error:
        raise DataError(f"{path} cannot be read as csv: {str(error).strip()}. Correct that line") from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(
            f"{path}: the rows have more cells than the header, which has {len(header)}. "
            "Name every column in the first line"
        )
    _need_full_rows(frame, header, text, path)
    return _named(frame, header, path)


def _header(text: str, path: Path) -> list[str]:
    try:
        rows = csv.reader(io.StringIO(text))
        return next((row for row in rows if row), []) or _fail(path)
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as csv: {error}. Save the data as csv anew") from None


def _fail(path: Path) -> list[str]:
    raise DataError(f"{path} is empty. Get the file anew")


def _need_full_rows(frame: pd.DataFrame, header: list[str], text: str, path: Path) -> None:
    """pandas fills short rows up in silence; a short row always lacks its last cell."""
    if len(header) < 2 or not frame.iloc[:, -1].isna().any():
        return
    rows = csv.reader(io.StringIO(text))
    try:
        short = next((row for row in rows if row and len(row) < len(header)), None)
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num} cannot be read: {error}. Correct that line") from None
    if short is not None:
        raise DataError(
            f"{path}: line {rows.line_num} has {len(short)} cells, the header has {len(header)}. "
            "Correct that line"
        )


def _stata(file: DataFile) -> pd.DataFrame:
    try:
        with np.errstate(all="ignore"):  # the reader computes with the bytes of broken files
            frame = pd.read_stata(io.BytesIO(file.content), convert_dates=False, convert_categoricals=False)
    except Exception as error:  # a broken file can fail anywhere in the reader
        raise DataError(f"{file.path} cannot be read as Stata data: {_told(error)}. Save it as csv") from None
    return _named(frame, [str(name) for name in frame.columns], file.path)


def _parquet(file: DataFile) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(file.content))
    except ImportError:
        raise DataError(
            f"{file.path}: reading parquet needs pyarrow. Install it: pip install pyarrow. Or save it as csv"
        ) from None
    except Exception as error:  # a broken file can fail anywhere in the reader
        raise DataError(f"{file.path} cannot be read as parquet: {_told(error)}. Save it as csv") from None
    return _named(frame.reset_index(drop=True), [str(name) for name in frame.columns], file.path)


def _excel(file: DataFile) -> pd.DataFrame:
    try:
        frame = pd.read_excel(
            io.BytesIO(file.content), dtype=object, keep_default_na=False, na_values=list(MISSING)
        )
    except ImportError as error:
        raise DataError(f"{file.path}: {error} Or save the first sheet as csv") from None
    except Exception as error:  # a broken file can fail anywhere in the reader
        raise DataError(f"{file.path} cannot be read as Excel: {_told(error)}. Save it as csv") from None
    return _named(frame, [str(name) for name in frame.columns], file.path)


def _told(error: Exception) -> str:
    """What a reader says, on one line and without full stop."""
    return " ".join(str(error).split()).rstrip(".")


def _named(frame: pd.DataFrame, header: list[str], path: Path) -> pd.DataFrame:
    """The columns under their headers as written, typed; a header that stands twice is refused."""
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path}: the header '{twice[0]}' stands twice. Rename one of the columns")
    columns: dict[str, pd.Series[Any]] = {
        name: frame.iloc[:, at].reset_index(drop=True) for at, name in enumerate(header) if name
    }
    return pd.DataFrame(columns)


def choose(frame: pd.DataFrame, wanted: dict[str, str], file: DataFile, spec: Spec) -> pd.DataFrame:
    """
    The columns that the spec needs, under the spec's names.

    wanted : name to the place in the spec that asks for it. Every column that is not there is named, in one
    DataError of several lines.
    """
    renamed = spec.data.columns
    asked = {name: f"data.columns.{name}" for name in renamed}
    asked |= {name: place for name, place in wanted.items() if name not in renamed}
    faults = [
        f"{spec.path}: {place}: {_absent(renamed.get(name, name), name, file.path)}"
        f"{suggest(renamed.get(name, name), [*frame.columns, *renamed])}{_separator(frame)}"
        for name, place in asked.items()
        if renamed.get(name, name) not in frame
    ]
    if faults:
        raise DataError("\n".join(faults))
    return pd.DataFrame({name: typed(frame[renamed.get(name, name)]) for name in asked})


def _absent(header: str, name: str, path: Path) -> str:
    called = "" if header == name else f" (for '{name}')"
    return f"{path} has no column '{header}'{called}"


def _separator(frame: pd.DataFrame) -> str:
    """A hint where the whole header is one cell."""
    only = str(frame.columns[0]) if len(frame.columns) == 1 else ""
    found = next((mark for mark in (";", "\t", "|") if mark in only), None)
    return f". The cells seem to be parted by {found!r}; save the file with commas" if found else ""
