"""Which number of an engine stands where in a table, and with how many digits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import NamedTuple

from harness import glossary, printed
from harness.compare import significance
from harness.compare.print_rules import Style, address, style
from harness.compare.sides import Key
from harness.errors import UsageError
from harness.export import labels
from harness.report.digits import short
from harness.result import GOLDEN, PUBLISHED, Outcome, Result

NOT_OFFERED = "--"
_BENEATH = ("std_error", "statistic", "p_value")  # the first that is printed stands in parentheses
_SHOWN = 8  # numbers of another engine that a note tells


class Entry(NamedTuple):
    """A cell of the table: its number as text, how many stars, the letters of its footnotes."""

    text: str = ""
    stars: int = 0
    marks: str = ""


@dataclass(frozen=True)
class Line:
    """A row: in parentheses what stands beneath an estimate."""

    label: str
    entries: tuple[Entry, ...]
    in_parentheses: bool = False


@dataclass(frozen=True)
class Agreed:
    """
    A table to be printed.

    Attributes:
        heads: of the columns
        blocks: rows, a rule between blocks
        notes: what stands beneath
    """

    title: str
    heads: tuple[str, ...]
    blocks: tuple[tuple[Line, ...], ...]
    notes: tuple[str, ...]


def agreed(outcome: Outcome, engine: str | None = None, decimals: int = 3, terms: bool = False) -> Agreed:
    """
    The table of *outcome* by its reference engine.

    engine : its id; None: in each column the first of the spec's engines that fitted it
    decimals : where nothing is printed yet that shows how many
    terms : the spec's own names of variables, not its labels
    Raises UsageError where the engine is none of the spec's, or fitted nothing, or where no table is printed
    and none is usual for what was fitted.
    """
    results = _results(outcome, engine)
    found = _Page(outcome, results, decimals, terms).table()
    if not found.blocks:
        name = outcome.spec.id
        raise UsageError(
            f"{name}: no table of it is printed, and none is usual for what it fits. "
            f"Say which numbers belong in it: golden/{name}/published.csv"
        )
    return found


def _results(outcome: Outcome, asked: str | None) -> dict[str, Result]:
    """Column to the result that stands in it."""
    spec = outcome.spec
    if asked is not None and asked not in spec.engines:
        raise UsageError(f"--engine {asked}: {spec.id} has it not. Known: {', '.join(spec.engines)}")
    wanted = [asked] if asked else list(spec.engines)
    mine = [r for name in wanted for r in outcome.results if r.engine == name]
    found: dict[str, Result] = {}
    for result in mine:
        if result.status == "fitted":
            found.setdefault(result.column, result)
    if not found:
        reason = next((result.message for result in mine if result.message), "it was not run")
        raise UsageError(f"{spec.id}: {wanted[0]} fitted no column, so there is nothing to export: {reason}")
    return found


@dataclass(frozen=True)
class _Page:
    """A table that is being set."""

    outcome: Outcome
    results: Mapping[str, Result]
    decimals: int
    terms: bool

    def table(self) -> Agreed:
        columns = tuple(self.outcome.spec.columns)
        blocks = [tuple(self._coefficients()), tuple(self._others())]
        if len(columns) == 1 and {part for part, _, _ in self._texts} == {"descriptives"}:
            columns = tuple(dict.fromkeys(measure for _, _, measure in self._texts))
            blocks = [tuple(self._moments(columns))]
        return Agreed(
            self.outcome.spec.title,
            columns,
            tuple(block for block in blocks if block),
            tuple(self._notes()),
        )

    # ------------------------------------------------------------ what stands

    @cached_property
    def _texts(self) -> Mapping[Key, dict[str, str]]:
        """Each printed row, in order of print: column to text; of a table not printed yet what is usual."""
        published = self.outcome.published
        if published is None:
            return self._usual()
        cells = [(cell, column) for column, found in published.columns.items() for cell in found]
        rows: dict[Key, dict[str, str]] = {}
        for cell, column in sorted(cells, key=lambda both: both[0].line):
            rows.setdefault((cell.part, cell.term, cell.measure), {})[column] = cell.text
        return rows

    def _usual(self) -> dict[Key, dict[str, str]]:
        """Coefficients and standard errors, stars where the spec has limits, then counts and tests."""
        rows: dict[Key, dict[str, str]] = {}
        like = f"0.{'0' * self.decimals}" if self.decimals else "0"
        for column, result in self.results.items():
            for cell in result.cells:
                key = _plain(cell.part, cell.term, cell.measure)
                is_meant = (cell.part, cell.term, cell.measure) == address(self.outcome.spec, column, *key)
                if is_meant and labels.is_usual(key):
                    known = glossary.measure(cell.part, key[2])
                    is_count = known is not None and known.rtol == 0
                    rows.setdefault(key, {})[column] = "0" if is_count else like
                    if key[2] == "std_error" and self.outcome.spec.stars:
                        rows.setdefault((key[0], key[1], "stars"), {})[column] = "0"
        return rows

    @cached_property
    def _values(self) -> Mapping[tuple[str, Key], float]:
        return {
            (column, (cell.part, cell.term, cell.measure)): cell.value
            for column, result in self.results.items()
            for cell in result.cells
        }

    # ------------------------------------------------------------ rows

    def _coefficients(self) -> Iterator[Line]:
        named = ""
        for key in self._texts:
            part, term, measure = key
            if part != "coefficients" or measure == "stars":
                continue
            label = self._label(term)
            if measure == "estimate":
                yield Line(label, self._entries(key))
            elif measure == self._beneath and named == term:
                yield Line("", self._entries(key), in_parentheses=True)
            else:
                words = labels.measure(measure)
                yield Line(words if named == term else f"{label}, {words}", self._entries(key))
            named = term if measure == "estimate" else named

    @cached_property
    def _beneath(self) -> str:
        shown = {measure for part, _, measure in self._texts if part == "coefficients"}
        return next((measure for measure in _BENEATH if measure in shown), "")

    def _others(self) -> Iterator[Line]:
        for key in self._texts:
            if key[0] != "coefficients":
                yield Line(labels.row(key, self._label(key[1])), self._entries(key))

    def _moments(self, measures: Sequence[str]) -> Iterator[Line]:
        """A variable a row, a measure a column."""
        for term in dict.fromkeys(term for _, term, _ in self._texts):
            keys = [("descriptives", term, measure) for measure in measures]
            entries = (self._entries(key)[0] if key in self._texts else Entry() for key in keys)
            yield Line(self._label(term), tuple(entries))

    def _label(self, term: str) -> str:
        return term if self.terms else labels.of_term(term, self.outcome.spec.labels)

    def _entries(self, key: Key) -> tuple[Entry, ...]:
        row = self._texts[key]
        return tuple(
            self._entry(column, key, row[column]) if row.get(column) else Entry()
            for column in self.outcome.spec.columns
        )

    def _entry(self, column: str, key: Key, text: str) -> Entry:
        if column not in self.results or key[0] == "as_printed":
            return Entry(NOT_OFFERED)
        value = self._values.get((column, address(self.outcome.spec, column, *key)))
        if value is None or not math.isfinite(value):
            return Entry(NOT_OFFERED)
        word = glossary.word(key[0], key[2], value)
        how = style(self.outcome.spec, column, *key)
        shown = word if word is not None else rounded(how.in_print(value), text, how)
        return Entry(shown, self._stars(column, key), self._marks(column, key))

    def _stars(self, column: str, key: Key) -> int:
        """As many as the spec's limits give, where the table has stars."""
        part, term, measure = key
        if measure != "estimate" or not self._texts.get((part, term, "stars"), {}).get(column):
            return 0
        p = self._values.get((column, (part, term, "p_value")))
        return 0 if p is None else significance.stars(p, self.outcome.spec.stars)[1]

    # ------------------------------------------------------------ footnotes

    @cached_property
    def _differing(self) -> Mapping[str, Mapping[tuple[str, Key], float | None]]:
        """Other engine to the numbers at which it parts from this table, with its own number."""
        found: dict[str, dict[tuple[str, Key], float | None]] = {}
        for comparison in self.outcome.comparisons:
            sides = (comparison.reference, comparison.candidate)
            mine = self.results.get(comparison.column)
            if mine is None or mine.engine not in sides or {PUBLISHED, GOLDEN} & set(sides):
                continue
            other = sides[1 - sides.index(mine.engine)]
            for pair in comparison.discrepancies:
                theirs = pair.candidate if other == comparison.candidate else pair.reference
                place = (comparison.column, (pair.part, pair.term, pair.measure))
                found.setdefault(other, {})[place] = None if isinstance(theirs, str) else theirs
        return found

    @cached_property
    def _noted(self) -> Mapping[str, Sequence[tuple[str, Key, float | None]]]:
        """Other engine to what it says otherwise of the cells of this table, in order of print."""
        shown = {
            (column, address(self.outcome.spec, column, *key)): key
            for key, row in self._texts.items()
            for column in row
        }
        noted = {
            engine: [
                (column, shown[column, key], cells[column, key])
                for column, key in shown
                if (column, key) in cells
            ]
            for engine, cells in self._differing.items()
        }
        return {engine: cells for engine, cells in noted.items() if cells}

    def _marks(self, column: str, key: Key) -> str:
        letters = (
            chr(ord("a") + place)
            for place, cells in enumerate(self._noted.values())
            if any((column, key) == cell[:2] for cell in cells)
        )
        return ",".join(letters)

    def _notes(self) -> Iterator[str]:
        spec = self.outcome.spec
        if self._beneath:
            yield f"{labels.BENEATH[self._beneath]} in parentheses"
        if any(measure == "stars" for _, _, measure in self._texts):
            yield ", ".join(f"{'*' * n} p<{limit:g}" for n, limit in enumerate(spec.stars, start=1))
        yield from self._engines()
        if spec.data.stand_in:
            yield "The data are a stand-in for those of the paper"
        for letter, (engine, cells) in zip("abcdefghij", self._noted.items(), strict=False):
            yield f"[{letter}] {engine} gives {'; '.join(self._told(*cell) for cell in cells[:_SHOWN])}" + (
                f"; {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
            )

    def _told(self, column: str, key: Key, value: float | None) -> str:
        number = "nothing" if value is None else short(value, 6)
        return f"{column}, {self._label(key[1])} {labels.measure(key[2])}: {number}"

    def _engines(self) -> Iterator[str]:
        """Who estimated which columns, and who else was asked."""
        spec = self.outcome.spec
        fitted = {r.engine for r in self.outcome.results if r.status == "fitted"}
        for name in dict.fromkeys(result.engine for result in self.results.values()):
            mine = [column for column, result in self.results.items() if result.engine == name]
            version = self.results[mine[0]].provenance.engine_version
            told = f"Estimated by {name}" + (f" ({version})" if version else "")
            told += "" if len(mine) == len(self.results) else f": {', '.join(mine)}"
            others = [other for other in spec.engines if other in fitted and other != name]
            yield told + (f"; compared with {', '.join(others)}" if others else "")


def _plain(part: str, term: str, measure: str) -> Key:
    return part, glossary.plain(term) if part == "tests" else term, glossary.plain(measure)


def rounded(value: Decimal, like: str, how: Style) -> str:
    """
    *value*, in the unit of the print, with the digits of the printed text *like*.

    What agrees with the print is the print: its text shows one of the values that *value* rounds to.

    >>> rounded(Decimal("0.68622614"), ".686", Style()), rounded(Decimal("1234.56"), "9,999.0", Style())
    ('.686', '1,234.6')
    """
    number = printed.read(like)
    if how.interval(like).holds(value):
        return like
    place = max(number.places, printed.last_place(number, how.decimals, how.significant))
    exponent = like.lower().partition("e")[2]
    shift = value.adjusted() if exponent and value else 0
    place = place - number.value.adjusted() + shift if exponent and number.value else place
    cut = value.quantize(Decimal(1).scaleb(place), ROUND_DOWN if how.truncated else ROUND_HALF_UP)
    if exponent:
        return f"{cut.scaleb(-shift):f}e{shift}"
    return _dressed(cut, like)


def _dressed(cut: Decimal, like: str) -> str:
    """Commas, and no zero before the point, as the print has it."""
    text = f"{cut:,f}" if "," in like else f"{cut:f}"
    bare = like.lstrip("+-−–<> ")
    return text.replace("0.", ".", 1) if bare.startswith(".") and abs(cut) < 1 else text
