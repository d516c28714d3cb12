"""The printed table as rows of cells, each with what every engine found for it."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from harness import printed
from harness.compare.print_rules import Style, style
from harness.glossary import measure as glossary_measure
from harness.glossary import plain, word
from harness.report.digits import Parted, against_print, decimal, short, shown
from harness.report.verdicts import GROUPS, LOOKS, STATUS, UNFITTED, Group, Look, worst
from harness.result import AGREEMENTS, PUBLISHED, Outcome, Pair, Result, Verdict
from harness.spec.configuration_terms import CONFIGURATION_PARTS

Key = tuple[str, str, str]  # part, term, measure

MEASURE_WORDS: Mapping[str, str] = {
    "estimate": "estimate",
    "std_error": "std. error",
    "statistic": "statistic",
    "p_value": "p",
    "ci_low": "interval from",
    "ci_high": "to",
    "df": "df",
    "df2": "df 2",
    "n_obs": "n",
}
PART_WORDS: Mapping[str, str] = {
    "coefficients": "Coefficients",
    "covariance": "Covariance of the coefficients",
    "tests": "Tests",
    "fit": "Fit and counts",
    "descriptives": "Descriptives",
    "truth_table": "Truth table",
    "solution": "Solution",
    "necessity": "Necessary conditions",
    "panel": "Periods and entities",
    "robustness": "Robustness",
    "checks": "Checks",
    "cases": "Memberships of the cases",
    "index": "Index",
}
_NOT_PRINTED = 10**9  # the line of a cell that no line prints


@dataclass(frozen=True)
class Found:
    """
    One engine's number for a printed cell.

    Attributes:
        number: in the print's unit, cut where it parts from the print
        look: of the verdict, or of the engine's status where it was not fitted
        recomputed: by our code from the engine's matrices: agreement is not independent
    """

    engine: str
    number: Parted
    look: Look
    lre: str = ""
    tolerance: str = ""
    reason: str = ""
    recomputed: bool = False


@dataclass(frozen=True)
class PrintedView:
    """
    One printed cell.

    Attributes:
        anchor: its id in the page
        line: of published.csv; beyond the last where the cell is not printed
        scale: print / value
        look: of the worst verdict over the fitted engines
    """

    anchor: str
    column: str
    part: str
    term: str
    measure: str
    text: str
    line: int
    scale: Decimal
    look: Look
    found: tuple[Found, ...]

    @property
    def face(self) -> str:
        """What stands on the page: stars as stars, all else as printed; a dash for no star and no print."""
        if self.measure == "stars" and self.text.isdigit():
            return "*" * int(self.text) or "–"
        return self.text or "—"

    @property
    def codes(self) -> str:
        """One letter an engine."""
        return "".join(found.look.code for found in self.found)


@dataclass(frozen=True)
class Row:
    """One line of a printed table: for each head the cells that stand there."""

    words: str
    cells: tuple[tuple[PrintedView, ...], ...]


@dataclass(frozen=True)
class Term:
    """The rows of one term."""

    name: str
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """
    One part of the printed table.

    Attributes:
        column: the only column that prints this part, "" where there are several
        heads: measures where the part is `wide`, else columns
    """

    part: str
    words: str
    column: str
    heads: tuple[str, ...]
    wide: bool
    terms: tuple[Term, ...]


def views(outcome: Outcome) -> tuple[PrintedView, ...]:
    """Every printed cell in order of print, column by column, then cells that the print should have."""
    names = _Anchors()
    return tuple(view for column in outcome.spec.columns for view in _column(outcome, column, names))


def sections(cells: tuple[PrintedView, ...], labels: Mapping[str, str]) -> tuple[Section, ...]:
    """The cells laid out as a table a part."""
    ordered = sorted(cells, key=lambda cell: cell.line)
    parts = dict.fromkeys(cell.part for cell in ordered if cell.part in PART_WORDS)
    columns = list(dict.fromkeys(cell.column for cell in cells))
    return tuple(_section(part, [c for c in ordered if c.part == part], columns, labels) for part in parts)


def counts(cells: tuple[PrintedView, ...]) -> dict[Group, int]:
    """How many printed cells there are of each group; a cell counts with its worst verdict."""
    found = Counter(cell.look.group for cell in cells)
    return {group: found[group] for group in GROUPS}


# ------------------------------------------------------------------------------------------------- cells


class _Anchors:
    """Ids that are unique in a page and the same for the same cells."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def name(self, *words: str) -> str:
        anchor = "c-" + "-".join(re.sub(r"[^A-Za-z0-9._=]", "_", word) for word in words)
        self._seen[anchor] += 1
        return anchor if self._seen[anchor] == 1 else f"{anchor}-{self._seen[anchor]}"


def _column(outcome: Outcome, column: str, names: _Anchors) -> Iterator[PrintedView]:
    results = {result.engine: result for result in outcome.results if result.column == column}
    pairs = {
        comparison.candidate: _Pairs(comparison.pairs)
        for comparison in outcome.comparisons
        if comparison.column == column and comparison.reference == PUBLISHED
    }
    for key, (text, line) in _texts(outcome, column, pairs).items():
        manner = style(outcome.spec, column, *key)
        found = tuple(
            _found(result, pairs.get(engine), key, text, manner) for engine, result in results.items()
        )
        verdicts = [pair.verdict for engine in pairs.values() if (pair := engine.get(key)) is not None]
        yield PrintedView(
            names.name(column, *key), column, *key, text, line, manner.scale, worst(verdicts), found
        )


def _texts(outcome: Outcome, column: str, pairs: Mapping[str, "_Pairs"]) -> dict[Key, tuple[str, int]]:
    """The printed cells, text and line; then, with no text, those that only the engines have."""
    cells = outcome.published.columns.get(column, ()) if outcome.published else ()
    texts = {(cell.part, cell.term, cell.measure): (cell.text, cell.line) for cell in cells}
    for engine in pairs.values():
        for pair in engine.extra:
            texts.setdefault((pair.part, pair.term, pair.measure), ("", _NOT_PRINTED))
    return texts


class _Pairs:
    """Pairs by address; a printed plain name finds the variant that was meant."""

    def __init__(self, pairs: tuple[Pair, ...]) -> None:
        self._exact = {(p.part, p.term, p.measure): p for p in pairs}
        self._plain = {_plain(key): pair for key, pair in reversed(self._exact.items())}
        self.extra = [pair for pair in pairs if pair.verdict == "extra"]

    def get(self, key: Key) -> Pair | None:
        return self._exact.get(key) or self._plain.get(key)


def _plain(key: Key) -> Key:
    part, term, measure = key
    return (part, plain(term), plain(measure)) if part in ("tests", "fit") else key


def _found(result: Result, pairs: _Pairs | None, key: Key, text: str, manner: Style) -> Found:
    if result.status != "fitted":
        return Found(result.engine, Parted(""), STATUS[result.status], reason=first_line(result.message))
    pair = pairs.get(key) if pairs else None
    if pair is None:
        return Found(result.engine, Parted(""), UNFITTED)
    as_shown = {_plain((c.part, c.term, c.measure)): c.text for c in result.printed}.get(_plain(key))
    whole = as_shown is None or manner.scale != 1
    return Found(
        engine=result.engine,
        number=_number(pair, text, manner) if whole else _as_shown(pair, str(as_shown)),
        look=LOOKS[pair.verdict],
        lre="" if pair.lre is None else f"{pair.lre:.1f}",
        tolerance="" if pair.tolerance is None else short(pair.tolerance, 2),
        reason=pair.reason,
        recomputed=(pair.part, pair.term, pair.measure) in result.recomputed,
    )


def _number(pair: Pair, text: str, manner: Style) -> Parted:
    """The engine's number, which a pair holds in the unit of the print, cut where it parts from it."""
    value = pair.candidate
    if value is None or not math.isfinite(value):
        return Parted("", shown(value)) if value is not None else Parted(shown(value))
    told = word(pair.part, pair.measure, value)
    if told is not None:
        return Parted("", told) if pair.verdict == "outside_rounding" else Parted(told)
    try:
        target = printed.read(text)
    except printed.NotANumber:
        return Parted(shown(value))
    place = printed.last_place(target, manner.decimals, manner.significant)
    return against_print(Decimal(repr(float(value))), target.value, place, _shares_digits(pair.verdict))


def _as_shown(pair: Pair, text: str) -> Parted:
    """A number that is known by its text: no digit is shown that the engine does not show."""
    return Parted(text) if _shares_digits(pair.verdict) else Parted("", text)


def _shares_digits(verdict: Verdict) -> bool:
    return verdict in AGREEMENTS or verdict in ("stale", "undecided")


def first_line(text: str, limit: int = 160) -> str:
    """The first line, cut at *limit* characters."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


# ------------------------------------------------------------------------------------------------ layout


def _section(
    part: str, cells: list[PrintedView], all_columns: list[str], labels: Mapping[str, str]
) -> Section:
    columns = [column for column in all_columns if any(cell.column == column for cell in cells)]
    wide = len(columns) == 1 and part != "fit" and len({_slot(c, True) for c in cells}) > 1
    heads = list(dict.fromkeys(_slot(cell, True) for cell in cells)) if wide else columns
    terms = dict.fromkeys(cell.term for cell in cells)
    return Section(
        part=part,
        words=PART_WORDS[part],
        column=columns[0] if len(columns) == 1 else "",
        heads=tuple(_measure_words(part, head, cells, True) for head in heads) if wide else tuple(heads),
        wide=wide,
        terms=tuple(
            _term(part, name, [c for c in cells if c.term == name], heads, wide, labels) for name in terms
        ),
    )


def _term(
    part: str, name: str, cells: list[PrintedView], heads: list[str], wide: bool, labels: Mapping[str, str]
) -> Term:
    slots = [""] if wide else list(dict.fromkeys(_slot(cell, wide) for cell in cells))
    rows = tuple(_row(part, slot, cells, heads, wide) for slot in slots)
    return Term(name, label_of(part, name, labels), rows)


def _row(part: str, slot: str, cells: list[PrintedView], heads: list[str], wide: bool) -> Row:
    def at(head: str) -> tuple[PrintedView, ...]:
        wanted = (head, None) if wide else (slot, head)
        return tuple(c for c in cells if (_slot(c, wide), None if wide else c.column) == wanted)

    words = "" if wide else _measure_words(part, slot, cells, wide)
    return Row(words, tuple(at(head) for head in heads))


def _slot(cell: PrintedView, wide: bool) -> str:
    """The measure under or beside which the cell is printed: stars, and across also the upper limit."""
    if cell.measure == "stars":
        return "estimate"
    return "ci_low" if wide and cell.measure == "ci_high" else cell.measure


def _measure_words(part: str, slot: str, cells: list[PrintedView], wide: bool) -> str:
    """What a row or a head is called; in `fit` the meaning of the measure."""
    found = glossary_measure(part, slot)
    if part == "fit" and found:
        words = found.meaning if plain(slot) == slot else f"{found.meaning} ({slot.partition('@')[2]})"
    else:
        words = MEASURE_WORDS.get(slot, slot.replace("_", " "))
    if wide and slot == "ci_low":
        words = "interval"
    scales = {cell.scale for cell in cells if _slot(cell, wide) == slot}
    return words if scales <= {1} else f"{words} × {', '.join(decimal(scale) for scale in sorted(scales))}"


def label_of(part: str, term: str, labels: Mapping[str, str]) -> str:
    """
    The label beside a symbol: of the term itself, else of its variable with the lag in words.

    >>> label_of("coefficients", "L2.w", {"w": "log wage"}), label_of("coefficients", "x", {})
    ('log wage, lag 2', '')
    """
    if term in labels:
        return labels[term]
    if part in CONFIGURATION_PARTS:
        return _configuration_label(term.rpartition(":")[2], labels)
    name, at, which = term.partition("@")
    if at and part == "index" and name in labels:
        return f"{labels[name]}, {which}"
    lag = re.fullmatch(r"L(\d+)\.(.+)", term)
    if lag and lag[2] in labels:
        return f"{labels[lag[2]]}, lag {lag[1]}"
    return "" if part != "tests" else _TEST_WORDS.get(plain(term), "")


def _configuration_label(term: str, labels: Mapping[str, str]) -> str:
    """
    A configuration with the labels of its conditions, "" where one has none.

    >>> _configuration_label("A*~B", {"A": "trade", "B": "war"})
    'trade * not war'
    """
    literals = term.split("*")
    if any(literal.removeprefix("~") not in labels for literal in literals):
        return ""
    return " * ".join(
        f"{'not ' if literal.startswith('~') else ''}{labels[literal.removeprefix('~')]}"
        for literal in literals
    )


_TEST_WORDS = {
    "hansen_j": "Hansen J",
    "sargan": "Sargan",
    "wald": "joint significance, χ²",
    "f": "joint significance, F",
    "f_effects": "F, no entity effects",
    "hausman": "Hausman, within against random",
    "breusch_pagan_lm": "Breusch-Pagan LM",
    "ar1": "Arellano-Bond, order 1",
    "ar2": "Arellano-Bond, order 2",
}
