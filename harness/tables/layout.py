"""From a grid of texts to the cells of a printed table: which row is what, and what was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from harness.errors import TableError
from harness.tables import terms, words
from harness.tables.grid import WHAT_IS_READ, Grid, Row
from harness.tables.terms import Term
from harness.tables.values import Value, is_nothing, value
from harness.tables.words import Address, Below

Texts = tuple[str, ...]  # one a column, "" where nothing is printed
_LEFT_OUT = "left out"  # the part of a row that stands already


@dataclass(frozen=True)
class TableRow:
    """
    One row of published.csv.

    Attributes:
        line: of the file it was read from
        texts: the numbers as printed, one a column
    """

    line: int
    part: str
    term: str
    measure: str
    texts: Texts


@dataclass(frozen=True)
class Remark:
    """
    What was made of a line, for the person who has to check it.

    Attributes:
        line: of the file
        label: as it stands there
        meaning: in words of the glossary, or why it has none
        understood: False where a person has to look
    """

    line: int
    label: str
    meaning: str
    understood: bool = True


@dataclass(frozen=True)
class Table:
    """
    A printed table, read.

    Attributes:
        columns: the heads, or 1, 2, ... where there are none
        outcomes: the dependent variable that each column's head names, "" where it names none
        rows: in order of print
        terms: name to what was read of it, in order of print
        stars: p limits of one star, two, ...: from the notes; () where they say nothing
        has_stars: whether stars are printed
        words: notes, headings and the rows of words (Year effects: Yes), as told
        remarks: line by line
    """

    columns: Texts
    outcomes: Texts
    rows: tuple[TableRow, ...]
    terms: Mapping[str, Term]
    stars: tuple[float, ...]
    has_stars: bool
    words: tuple[str, ...]
    remarks: tuple[Remark, ...]


def table(grid: Grid, name: str, below: Below | None = None) -> Table:
    """
    The cells of *grid*.

    name : of the file, for messages
    below : what stands in parentheses beneath the coefficients; None: as the notes say, else std_error,
        which is then remarked
    Raises TableError where no row has a label and numbers.
    """
    reading = _Reading(grid, below)
    reading.read()
    if not any(row.part != "as_printed" for row in reading.rows):
        raise TableError(f"{name}: no line has a name and numbers beside it. {WHAT_IS_READ}")
    return Table(
        columns=reading.columns,
        outcomes=reading.outcomes,
        rows=tuple(_with_stars(reading)),
        terms=reading.terms,
        stars=tuple(sorted(reading.legend.values(), reverse=True)),
        has_stars=any(any(texts) for texts in reading.stars.values()),
        words=(*reading.notes, *reading.told),
        remarks=tuple(sorted(reading.remarks, key=lambda remark: remark.line)),
    )


@dataclass
class _Reading:
    """A table while it is read, from top to bottom."""

    grid: Grid
    asked: Below | None
    rows: list[TableRow] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    terms: dict[str, Term] = field(default_factory=dict)
    stars: dict[str, Texts] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    outcomes: Texts = ()
    columns: Texts = ()
    body: Sequence[_Line] = ()
    last: Address | None = None
    in_footer: bool = False

    def __post_init__(self) -> None:
        beneath = [row for row in self.grid.rows if row.alone or words.is_note(row.cells[0])]
        said = [" ".join(dict.fromkeys(filter(None, row.cells))) for row in beneath]
        self.notes = (*self.grid.notes, *said)
        self.legend = words.stars(self.notes)
        self.kinds = words.below(self.notes)
        self.remarks += [
            Remark(row.line, text, "a note or a heading") for row, text in zip(beneath, said, strict=True)
        ]
        if self.asked:
            self.kinds["("] = self.asked

    def read(self) -> None:
        rows = [row for row in self.grid.rows if not (row.alone or words.is_note(row.cells[0]))]
        lines = [_Line.of(row) for row in rows]
        start = _first_of_body(lines)
        self._heads(lines[:start])
        self.body = lines[start:]
        if self._is_wide(lines[:start]):
            self._wide(lines[start - 1], self.body)
            return
        for line, following in zip_longest(self.body, self.body[1:]):
            self._line(line, following)

    # ------------------------------------------------------------------------------------------------ heads

    def _heads(self, heads: Sequence[_Line]) -> None:
        """The numbers of the columns, their dependent variables, and what else stands above them."""
        width = len(next(row.cells for row in self.grid.rows if not row.alone)) - 1
        named = [line for line in heads if any(line.texts)]
        names = _names([line.texts for line in named])
        dependent = _dependent([line for line in named if line.texts is not names])
        self.columns = names or tuple(str(i) for i in range(1, width + 1))
        self.outcomes = _outcomes(dependent) if dependent else ("",) * width
        for line in heads:
            told = " ".join(dict.fromkeys(filter(None, [line.label, *line.texts])))
            meaning = "heads of the columns" if line.texts is names else "a heading"
            meaning = "dependent variables" if line is dependent else meaning
            self.told += [told] if meaning == "a heading" else []
            self.remarks.append(Remark(line.line, told, meaning))

    def _is_wide(self, heads: Sequence[_Line]) -> bool:
        """Whether the heads are measures: one regression, a number a column."""
        found = {words.measure(text) for text in heads[-1].texts} if heads else set()
        return len(found) > 1 and bool(found & {"estimate", "mean"})

    def _wide(self, head: _Line, body: Sequence[_Line]) -> None:
        measures = [words.measure(text) for text in head.texts]
        moments = not {"estimate", "std_error"} & set(measures)
        part = "descriptives" if moments and set(measures) & words.MOMENTS else "coefficients"
        self.columns, self.outcomes = ("1",), ("",)
        for line in body:
            if not self._footer_of_one(line):
                self._wide_row(line, part, measures)

    def _footer_of_one(self, line: _Line) -> bool:
        """A row of one number beneath a table of one regression."""
        address = words.footer(line.label)
        numbers = [one for one in line.values if one]
        if address is None or len(numbers) != 1:
            return False
        self._footer(replace(line, texts=(numbers[0].main,), values=(numbers[0],)), address)
        return True

    def _wide_row(self, line: _Line, part: str, measures: Sequence[str]) -> None:
        term = self._term(line.label)
        if self._is_left_out(line, part, term, next(filter(None, measures))):
            return
        for measure, one in zip(measures, line.values, strict=True):
            if one and measure:
                self._add(line.line, part, term, measure, (one.main or one.below,))
                if one.stars:
                    self.stars[term] = (one.stars,)
        self._understood(line, f"{part} {term}: {', '.join(filter(None, measures))}")
        for text, measure in zip(line.texts, measures, strict=True):
            if text and not is_nothing(text) and not (measure and value(text)):
                self._lost(line, f"'{text}' stands under no measure that is known")

    # ------------------------------------------------------------------------------------------------- body

    def _line(self, line: _Line, following: _Line | None) -> None:
        if not line.has_numbers:
            self._of_words(line)
        elif not line.label or (self.last and words.beneath(line.label)):
            self._beneath(line)
        elif (address := self._as_footer(line, following)) is not None:
            self._footer(line, address)
        elif self.in_footer and not _is_beneath(following):
            self._unknown(line)
        else:
            self._coefficient(line)
        self._words_among(line)

    def _as_footer(self, line: _Line, following: _Line | None) -> Address | None:
        """A variable called n has a standard error; the number of observations has none."""
        address = words.footer(line.label)
        has_second = _is_beneath(following) or any(one and one.below for one in line.values)
        if address is None or (not address.certain and has_second and not self.in_footer):
            return None
        return None if any(one and one.stars for one in line.values) and address.part == "fit" else address

    def _coefficient(self, line: _Line) -> None:
        term = self._term(line.label)
        if self._is_left_out(line, "coefficients", term, "estimate"):
            return
        self.last = Address("coefficients", term, "estimate")
        self._understood(line, f"coefficients {term}: estimate")
        self._add(line.line, *self.last[:3], tuple(one.main if one else "" for one in line.values))
        self.stars[term] = tuple(one.stars if one else "" for one in line.values)
        if any(
            one and one.below for one in line.values
        ):  # no label: it is the coefficient's, not a measure's
            self._beneath(replace(line, label="", values=tuple(_bracketed(one) for one in line.values)))

    def _beneath(self, line: _Line) -> None:
        """Numbers that belong to the row above: its standard errors, its p, its degrees of freedom."""
        if self.last is None:
            self._lost(line, "numbers without a label, and no row above them")
            return
        if self.last.part == _LEFT_OUT:
            self._lost(line, "beneath a row that is left out")
            return
        measures = self._measures(line)
        numbers = [(one.below or one.main) if one else "" for one in line.values]
        self._understood(line, f"{self.last.part} {self.last.term}: {' and '.join(measures)}")
        self._add(line.line, self.last.part, self.last.term, measures[0], tuple(numbers))
        if len(measures) > 1:
            highs = tuple(one.high if one else "" for one in line.values)
            self._add(line.line, self.last.part, self.last.term, measures[1], highs)
        if self.last.part == "coefficients":
            earlier = self.stars.get(self.last.term, ("",) * len(line.values))
            own = [one.stars if one else "" for one in line.values]
            self.stars[self.last.term] = tuple(a or b for a, b in zip(earlier, own, strict=True))

    def _measures(self, line: _Line) -> Sequence[str]:
        """What the numbers beneath a row are: said by their label, by the notes, or by nobody."""
        if line.label:
            return (words.beneath(line.label),)
        if any(one and one.high for one in line.values):
            return ("ci_low", "ci_high")
        if self.last and self.last.part == "tests":
            return ("p_value",)
        bracket = next((one.bracket for one in line.values if one and one.bracket), "(")
        kind = self.kinds.get(bracket) or self._guessed(line, bracket)
        return ("ci_low", "ci_high") if kind == "ci" else (kind,)

    def _guessed(self, line: _Line, bracket: str) -> Below:
        """No note says it. Said once, since every further row follows."""
        others = set(self.kinds.values())
        if len(self.kinds) == 1 and not self._has_both():
            kind: Below = others.pop()  # "in brackets" of whatever shape, where there is one shape only
        else:
            kind = "p_value" if "std_error" in others else "std_error"
            self._lost(line, f"no note on {bracket} {_CLOSING[bracket]}: taken for {kind}. Or say --below")
        self.kinds[bracket] = kind
        return kind

    def _has_both(self) -> bool:
        found = {one.bracket for line in self.body for one in line.values if one and one.below}
        return len(found) > 1

    def _footer(self, line: _Line, address: Address) -> None:
        self.in_footer = True
        measure = address.measure or self._of_test(line, address)
        if self._is_left_out(line, address.part, address.term, measure):
            return
        self.last = Address(address.part, address.term, measure)
        self._understood(line, f"{address.part} {address.term}: {measure}")
        self._add(
            line.line, *self.last[:3], tuple(one.main or one.below if one else "" for one in line.values)
        )
        for place, name in enumerate(("df", "df2") if address.part == "tests" else ("df_resid",)):
            degrees = tuple(one.df[place] if one and len(one.df) > place else "" for one in line.values)
            if any(degrees):
                self._add(line.line, address.part, address.term, name, degrees)
        seconds = tuple(one.below if one and one.main else "" for one in line.values)
        if any(seconds):
            self._add(line.line, address.part, address.term, "p_value", seconds)

    def _of_test(self, line: _Line, address: Address) -> str:
        """The label names a test, and not whether its statistic or its p is printed."""
        numbers = [one.main or one.below for one in line.values if one]
        looks_like_p = all(re.fullmatch(r"[<>]?[01]?\.\d+|[01]", number) for number in numbers)
        has_second = any(one and one.main and one.below for one in line.values)
        if address.term in ("wald", "f") or has_second or not looks_like_p:
            return "statistic"
        self._lost(line, "the label says not whether this is p or the statistic: taken for p")
        return "p_value"

    def _unknown(self, line: _Line) -> None:
        self.last = Address("as_printed", line.label, "value")
        self._lost(line, "not in the glossary: kept as as_printed, never compared")
        numbers = tuple(one.main or one.below if one else "" for one in line.values)
        self._add(line.line, *self.last[:3], numbers)

    def _of_words(self, line: _Line) -> None:
        told = ", ".join(dict.fromkeys(text for text in line.texts if not is_nothing(text)))
        self.told.append(f"{line.label}: {told}" if told else line.label)
        if told:
            self.last = None
            self._lost(line, f"words, no numbers ({told}): a setting of the model, perhaps")
        else:
            self.remarks.append(Remark(line.line, line.label, "a heading"))

    def _words_among(self, line: _Line) -> None:
        if not line.has_numbers:
            return
        for text, one in zip(line.texts, line.values, strict=True):
            if one is None and not is_nothing(text):
                self._lost(line, f"'{text}' is no number as printed: left out")

    # ---------------------------------------------------------------------------------------------- records

    def _term(self, label: str) -> str:
        found = terms.term(label)
        known = self.terms.get(found.name)
        if known is not None and known.label != label:  # two labels, one name
            found = found._replace(variable=f"{found.variable}_{len(self.terms) + 1}")
        self.terms.setdefault(found.name, found)
        return found.name

    def _is_left_out(self, line: _Line, part: str, term: str, measure: str) -> bool:
        """A second panel names its rows as the first does; what stands beneath them goes with them."""
        twin = self._twin(part, term, measure)
        if twin is None:
            return False
        self.last = Address(_LEFT_OUT, term, measure)
        told = f"{term} {measure} stands already in line {twin.line}: left out"
        self._lost(line, f"{told}. Give each panel a table of its own")
        return True

    def _twin(self, part: str, term: str, measure: str) -> TableRow | None:
        return next((r for r in self.rows if (r.part, r.term, r.measure) == (part, term, measure)), None)

    def _add(self, line: int, part: str, term: str, measure: str, texts: Texts) -> None:
        twin = self._twin(part, term, measure)
        if twin is not None:
            told = f"{term} {measure} stands already in line {twin.line}: left out"
            self.remarks.append(Remark(line, term, told, understood=False))
        else:
            self.rows.append(TableRow(line, part, term, measure, texts))

    def _understood(self, line: _Line, meaning: str) -> None:
        self.remarks.append(Remark(line.line, line.label, meaning))

    def _lost(self, line: _Line, why: str) -> None:
        self.remarks.append(Remark(line.line, line.label, why, understood=False))


_NUMBER_OF_COLUMN = r"\(?(?:\d{1,2}|[IVX]{1,5}|[ivx]{1,5}|[a-z]?\d{1,2}|[A-Za-z])\)|\d{1,2}|[IVX]{1,5}"
_COUNTED = re.compile(r"\A[nN] ?= ?(?=\d)")
_CLOSING = {"(": ")", "[": "]", "{": "}", "|": "|"}


@dataclass(frozen=True)
class _Line:
    """A row: its label, the texts beside it, and their numbers."""

    line: int
    label: str
    texts: Texts
    values: tuple[Value | None, ...]

    @classmethod
    def of(cls, row: Row) -> _Line:
        label, texts = row.cells[0].strip(" :："), row.cells[1:]
        address = words.footer(label)
        if address and address.measure == "n_obs":
            texts = tuple(_COUNTED.sub("", text) for text in texts)
        values = tuple(None if is_nothing(text) else value(text) for text in texts)
        return cls(row.line, label, texts, values)

    @property
    def has_numbers(self) -> bool:
        return any(self.values)

    @property
    def is_in_brackets(self) -> bool:
        return any(one and one.below and not one.main for one in self.values)


def _names(heads: Sequence[Texts]) -> Texts | None:
    """The heads that number the columns; else the last that call each of them otherwise."""
    numbered = (texts for texts in heads if all(re.fullmatch(_NUMBER_OF_COLUMN, text) for text in texts))
    named = (texts for texts in reversed(heads) if len(set(texts)) == len(texts) and all(texts))
    return next(numbered, None) or next(named, None)


_DEPENDENT = re.compile(
    r"(?:dependent variables?|dep\. ?vars?\.?|被解释变量|因变量)\s*[:：]?\s*", re.IGNORECASE
)


def _outcomes(head: _Line) -> Texts:
    said = (_DEPENDENT.sub("", text) for text in head.texts)
    return tuple(terms.variable(text) if text else "" for text in said)


def _dependent(heads: Sequence[_Line]) -> _Line | None:
    """The head that names the dependent variables: as its words or those above it say, else the last."""
    for place, line in enumerate(heads):
        if any(_DEPENDENT.match(text) for text in (line.label, *line.texts)):
            return line if any(_outcomes(line)) else next(iter(heads[place + 1 :]), None)
    return heads[-1] if heads else None


def _first_of_body(lines: Sequence[_Line]) -> int:
    """The first row with a label and numbers that do not merely number the columns."""
    for place, line in enumerate(lines):
        counted = [one.main or one.below for one in line.values if one]
        numbers_columns = counted == [str(i) for i in range(1, len(line.values) + 1)]
        if line.label and line.has_numbers and not numbers_columns:
            return place
    return len(lines)


def _is_beneath(line: _Line | None) -> bool:
    return line is not None and not line.label and line.is_in_brackets


def _bracketed(one: Value | None) -> Value | None:
    return None if one is None else replace(one, main="", stars="")


def _with_stars(reading: _Reading) -> Iterator[TableRow]:
    """The rows, the number of stars after the other measures of each coefficient."""
    starred = any(any(texts) for texts in reading.stars.values())
    for place, row in enumerate(reading.rows):
        yield row
        following = reading.rows[place + 1 : place + 2]
        ends = not following or (following[0].part, following[0].term) != (row.part, row.term)
        if starred and ends and row.part == "coefficients" and row.term in reading.stars:
            yield TableRow(row.line, row.part, row.term, "stars", tuple(_counts(reading, row.term)))


def _counts(reading: _Reading, term: str) -> Iterator[str]:
    """How many stars stand for each printed estimate; a dagger counts as the legend has it."""
    levels = sorted(reading.legend.values(), reverse=True)
    estimates = next(r.texts for r in reading.rows if (r.term, r.measure) == (term, "estimate"))
    for estimate, symbol in zip(estimates, reading.stars[term], strict=True):
        known = reading.legend.get(symbol)
        count = levels.index(known) + 1 if known is not None else len(symbol)
        yield str(count) if estimate else ""
