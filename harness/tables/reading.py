"""Finds out what kind of file a table stands in, and reads it as a grid."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import TableError
from harness.tables import latex
from harness.tables.grid import WHAT_IS_READ, WIDEST, Grid, Row, grid

MAX_BYTES = 20_000_000  # a printed table has some thousand, a day's log some million
_OTHER = {
    ".rtf": "Word's text", ".doc": "Word's", ".docx": "Word's", ".xls": "a workbook", ".xlsx": "a workbook",
    ".ods": "a workbook", ".pdf": "a page", ".html": "a web page", ".htm": "a web page", ".png": "a picture",
}  # fmt: skip


def read(path: Path) -> Grid:
    """
    The table in *path*: a LaTeX tabular or a fragment of one, csv (, or ;), tabs, or esttab's columns.

    Raises TableError, one sentence with the next step, where the file is none of these.
    """
    kind = _OTHER.get(path.suffix.lower())
    if kind:
        raise TableError(
            f"{path}: {kind}, {path.suffix.lower()}, is not read. Save the table as csv or LaTeX"
        )
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}. Check the path") from None
    return read_text(decoded(content, str(path)), str(path), path.suffix.lower())


def decoded(content: bytes, name: str) -> str:
    """The text of a file. Raises TableError where it is too large, no text, or not in UTF-8."""
    if len(content) > MAX_BYTES:
        raise TableError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB. Cut out what is meant")
    if b"\0" in content:
        raise TableError(f"{name}: this is no text. {WHAT_IS_READ}")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TableError(f"{name}:{line}: this is not UTF-8. Save the file as UTF-8") from None


def read_text(text: str, name: str, suffix: str = "") -> Grid:
    """The table in *text*; *name* is how messages call it. Raises TableError."""
    if suffix == ".tex" or latex.looks_like(text):
        return latex.read(text, name)
    if suffix in (".csv", ".tsv", ".tab") or "\t" in text:
        return _separated(text, name)
    found = _columns(text, name)
    if found is not None:
        return found
    return _separated(text, name)


# ----------------------------------------------------------------------------------------- separated by ,


def _separated(text: str, name: str) -> Grid:
    """csv, its separator taken from the text; esttab writes ="0.12" to keep a spreadsheet from rounding."""
    separator = max("\t;,", key=lambda one: sum(one in line for line in text.splitlines()))
    bare = re.sub(rf'(?m)(^|{separator})="', r'\1"', text)
    reader = csv.reader(io.StringIO(bare), delimiter=separator, strict=True)
    rows = []
    try:
        for cells in reader:
            words = tuple(" ".join(cell.split()) for cell in cells)
            while len(words) > 1 and not any(words[1:]) and _is_note(words[0]):
                words = words[:1]
            rows.append(Row(reader.line_num, words, len(words) == 1))
    except csv.Error as error:
        raise TableError(f"{name}:{reader.line_num}: this is not csv: {error}. {WHAT_IS_READ}") from None
    return grid(rows, (), name, short_is_fault=True)


def _is_note(text: str) -> bool:
    """Whether a text alone on its line speaks of the table: it has several words, or stars to explain."""
    return len(text.split()) > 3 or "*" in text


# -------------------------------------------------------------------------------------- columns of blanks

_RULE = re.compile(r"(?=.*[-=_]{3})[\s\-=_+|]*")


class _Field(NamedTuple):
    start: int
    end: int
    text: str


def _columns(text: str, name: str) -> Grid | None:
    """esttab's text: fields stand two blanks apart, those of one column above each other."""
    lines = list(enumerate(text.expandtabs().splitlines(), start=1))
    fields = {number: list(_fields(line)) for number, line in lines if not _RULE.fullmatch(line)}
    spans = _spans([field for found in fields.values() if len(found) > 1 for field in found])
    if len(spans) < 2:
        return None
    if len(spans) > WIDEST:
        raise TableError(f"{name}: {len(spans)} columns, and a printed table has at most {WIDEST}")
    return grid([_row(n, found, spans) for n, found in fields.items() if found], (), name, True)


def _fields(line: str) -> Iterator[_Field]:
    for found in re.finditer(r"\S+(?: \S+)*", line):
        yield _Field(found.start(), found.end(), found.group())


def _spans(fields: Sequence[_Field]) -> list[tuple[int, int]]:
    """From where to where each column reaches: fields that lie above one another are of one column."""
    spans: list[tuple[int, int]] = []
    for start, end, _ in sorted(fields):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _row(line: int, fields: Sequence[_Field], spans: Sequence[tuple[int, int]]) -> Row:
    """A field belongs to the nearest column; one alone at the left is a note or a name."""
    first = fields[0]
    reaches = first.end > spans[1][0] or _is_note(first.text)
    if len(fields) == 1 and first.start < spans[0][1] and reaches:
        return Row(line, (first.text,), alone=True)
    cells = [""] * len(spans)
    for start, end, text in fields:
        place = min(range(len(spans)), key=lambda i: max(spans[i][0] - end, start - spans[i][1]))
        cells[place] = f"{cells[place]} {text}".strip()
    return Row(line, tuple(cells))
