"""`published.csv`: a printed table in its own shape, numbers as text, checked word by word."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import glossary, printed
from harness.errors import GoldenError, Problem
from harness.goldenfile.place import folder
from harness.goldenfile.words import Words, did_you_mean, words
from harness.result import PrintedCell, Published
from harness.spec import Spec

ADDRESS = ("part", "term", "measure")
_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",]*))(?P<end>,|$)')


@dataclass(frozen=True)
class _Field:
    """A field of the file and where it starts, 1-based."""

    text: str
    line: int
    column: int


class _Faults:
    """The faults found so far in one file."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.found: list[Problem] = []

    def add(self, field: _Field, message: str) -> None:
        self.found.append(Problem(self.path, field.line, field.column, message))

    def raise_any(self) -> None:
        if self.found:
            raise GoldenError(self.found)


def read_published(spec: Spec) -> Published | None:
    """
    The printed table of a spec, None where nothing is printed (no such file).

    Each row is part, term, measure and one number as printed for each column of the spec, in its order; an
    empty field was not printed. Raises GoldenError with every fault of the file: a header that does not name
    the spec's columns, words that the glossary or the spec does not have, a row given twice, text that is no
    number, blanks at the ends of a field.
    """
    path = folder(spec) / "published.csv"
    faults = _Faults(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        faults.add(_Field("", 0, 0), f"cannot be read: {error.strerror}. It is a csv file that you can read")
        faults.raise_any()
        raise
    rows = list(_rows(_lines(content, faults), faults))
    columns = tuple(spec.columns)
    _check_header(rows, columns, faults)
    faults.raise_any()
    found = _cells(rows[1:], columns, words(spec), faults)
    faults.raise_any()
    shown_as = f"golden/{spec.id}/published.csv"
    return Published(shown_as, hashlib.sha256(content).hexdigest(), found)


def _lines(content: bytes, faults: _Faults) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.add(_Field("", line, 0), "this is not UTF-8. Save the file as UTF-8")
        faults.raise_any()
        raise
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _rows(lines: list[str], faults: _Faults) -> Iterator[list[_Field]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            faults.add(_Field("", number, 0), "the line is empty. Take it out")
            continue
        yield list(_fields(line, number, faults))


def _fields(line: str, number: int, faults: _Faults) -> Iterator[_Field]:
    start, ended = 0, False
    while not ended:
        found = _FIELD.match(line, start)
        if found is None:
            faults.add(
                _Field("", number, start + 1), 'a quote stands alone. Write "..." around the whole field'
            )
            return
        text = found["plain"] if found["quoted"] is None else found["quoted"].replace('""', '"')
        field = _Field(text, number, start + 1)
        if text != text.strip():
            faults.add(field, f"'{text}' begins or ends with a blank. Take it out")
        yield field
        start, ended = found.end(), found["end"] == ""


def _check_header(rows: list[list[_Field]], columns: tuple[str, ...], faults: _Faults) -> None:
    header = [field.text for field in rows[0]] if rows else []
    wanted = [*ADDRESS, *columns]
    if header != wanted:
        place = next(
            (f for row in rows[:1] for f, name in zip(row, wanted, strict=False) if f.text != name), None
        )
        message = (
            f"the header must name the spec's columns in its order: {','.join(wanted)} "
            f"(found: {','.join(header)})"
        )
        faults.add(place or _Field("", 1, 0), message)


def _cells(
    rows: list[list[_Field]], columns: tuple[str, ...], known: Words, faults: _Faults
) -> dict[str, tuple[PrintedCell, ...]]:
    """Column to its printed cells; faults are added as they are met."""
    found: dict[str, list[PrintedCell]] = {column: [] for column in columns}
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if len(row) != len(columns) + 3:
            message = f"{len(row)} fields, the header has {len(columns) + 3}. Not printed is an empty field"
            faults.add(_Field("", row[0].line, 0), message)
            continue
        _check_address(row, known, seen, faults)
        part, term, measure = (field.text for field in row[:3])
        for column, field in zip(columns, row[3:], strict=True):
            if field.text:
                _check_number(field, part, measure, known, faults)
                found[column].append(PrintedCell(part, term, measure, field.text, field.line))
    return {column: tuple(cells) for column, cells in found.items() if cells}


def _check_address(
    row: list[_Field], known: Words, seen: dict[tuple[str, ...], int], faults: _Faults
) -> None:
    part, term, measure = row[:3]
    address = (part.text, term.text, measure.text)
    if address in seen:
        faults.add(part, f"{' '.join(address)} stands already in line {seen[address]}. Keep one of them")
    seen.setdefault(address, part.line)
    if part.text not in glossary.PARTS:
        faults.add(part, f"'{part.text}' is no part{did_you_mean(part.text, glossary.PARTS)}")
    elif part.text != "as_printed":
        _check_measure(part.text, measure, faults)
        fault = known.fault_of_term(part.text, term.text, measure.text)
        if fault:
            faults.add(term, fault)


def _check_measure(part: str, measure: _Field, faults: _Faults) -> None:
    if glossary.measure(part, measure.text) is None:
        known = [name for its_part, name in glossary.MEASURES if its_part == part]
        faults.add(measure, f"'{measure.text}' is no measure of {part}{did_you_mean(measure.text, known)}")
        return
    name, _, variant = measure.text.partition("@")
    if variant and variant not in glossary.VARIANTS.get(name, ()):
        faults.add(measure, _no_variant(name, variant))


def _check_number(field: _Field, part: str, measure: str, known: Words, faults: _Faults) -> None:
    if (part, measure) in glossary.CODES:
        if glossary.code(part, measure, field.text) is None:
            words = ", ".join(glossary.CODES[part, measure])
            faults.add(field, f"{measure} is '{field.text}'; it can be {words}")
        return
    try:
        number = printed.read(field.text)
    except printed.NotANumber:
        message = f"'{field.text}' is no number as printed. What was not printed stays empty"
        faults.add(field, message)
        return
    if measure != "stars" or part != "coefficients":
        return
    if number.bound or not 0 <= number.value <= 9 or number.value != int(number.value):
        faults.add(field, f"stars is a count, and '{field.text}' is none")
    elif not known.stars:
        faults.add(field, "stars are printed, but the spec does not say for which p: add stars: [0.10, ...]")
    elif number.value > known.stars:
        faults.add(field, f"{field.text} stars, but the spec's legend has only {known.stars}")


def _no_variant(name: str, variant: str) -> str:
    variants = ", ".join(glossary.VARIANTS.get(name, ())) or "none"
    return f"'{name}' has no variant '{variant}'; it has: {variants}"
