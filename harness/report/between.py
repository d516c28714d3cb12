"""Engines beside one another, and beside their golden files."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.glossary import word
from harness.report.digits import Parted, against_number, short
from harness.report.verdicts import LOOKS, Group, Look, group
from harness.result import GOLDEN, PUBLISHED, Comparison, Outcome, Pair, Result

LIMIT = 300  # rows of all lists together, for the page's size; all of them stand in results.json


@dataclass(frozen=True)
class PairView:
    """One pair that is worth a line: both numbers with the digits at which they part."""

    column: str
    part: str
    term: str
    measure: str
    reference: Parted
    candidate: Parted
    lre: str
    tolerance: str
    look: Look
    reason: str


@dataclass(frozen=True)
class Duel:
    """
    One reference and one candidate over all columns.

    Attributes:
        counts: pairs of each group
        columns: how many columns were compared
        lowest: the lowest log relative error of a pair, "" where there is none
        listed: discrepancies first, then what is explained or open, as many as there is room for
        left_off: how many more there are
    """

    reference: str
    candidate: str
    columns: int
    counts: Mapping[Group, int]
    total: int
    lowest: str
    listed: tuple[PairView, ...]
    left_off: int


@dataclass(frozen=True)
class NumberRow:
    """One cell and every engine's number, in the order of the engines of the table."""

    part: str
    term: str
    measure: str
    numbers: tuple[Parted, ...]
    differs: bool


@dataclass(frozen=True)
class NumberTable:
    """Every engine's numbers of one column; `left_off` that are too many are not listed."""

    column: str
    engines: tuple[str, ...]
    rows: tuple[NumberRow, ...]
    left_off: int


def duels(outcome: Outcome, golden: bool = False) -> tuple[Duel, ...]:
    """Every pair of engines that was compared; with *golden* every engine against its golden file."""
    grouped: dict[tuple[str, str], list[Comparison]] = {}
    for comparison in outcome.comparisons:
        if comparison.reference != PUBLISHED and (comparison.reference == GOLDEN) == golden:
            grouped.setdefault((comparison.reference, comparison.candidate), []).append(comparison)
    limit = LIMIT // max(1, len(grouped))
    return tuple(_duel(*names, comparisons, limit) for names, comparisons in grouped.items())


def number_tables(outcome: Outcome) -> tuple[NumberTable, ...]:
    """For every column with two fitted engines or more: their numbers side by side."""
    tables = (_number_table(outcome, column) for column in outcome.spec.columns)
    return tuple(table for table in tables if len(table.engines) > 1)


def _duel(reference: str, candidate: str, comparisons: list[Comparison], limit: int) -> Duel:
    placed = [(c.column, pair) for c in comparisons for pair in c.pairs]
    worth = [item for item in placed if group(item[1].verdict) in ("differs", "open", "explained")]
    order = list(LOOKS)
    worth.sort(key=lambda item: order.index(item[1].verdict))
    lres = [pair.lre for _, pair in placed if pair.lre is not None]
    return Duel(
        reference=reference,
        candidate=candidate,
        columns=len(comparisons),
        counts=Counter(group(pair.verdict) for _, pair in placed),
        total=len(placed),
        lowest=f"{min(lres):.1f}" if lres else "",
        listed=tuple(_view(column, pair) for column, pair in worth[:limit]),
        left_off=max(0, len(worth) - limit),
    )


def _view(column: str, pair: Pair) -> PairView:
    return PairView(
        column=column,
        part=pair.part,
        term=pair.term,
        measure=pair.measure,
        reference=_parted(pair.part, pair.measure, pair.reference, pair.candidate),
        candidate=_parted(pair.part, pair.measure, pair.candidate, pair.reference),
        lre="" if pair.lre is None else f"{pair.lre:.1f}",
        tolerance="" if pair.tolerance is None else short(pair.tolerance, 2),
        look=LOOKS[pair.verdict],
        reason=pair.reason,
    )


def _parted(part: str, measure: str, value: float | str | None, other: float | str | None) -> Parted:
    """The number cut where it parts from the other; a word as a whole."""
    told = None if isinstance(value, str) else word(part, measure, value)
    if told is None:
        return against_number(value, other)
    return Parted(told) if value == other else Parted("", told)


def _is_wide(part: str, term: str) -> bool:
    """Whether there are too many such numbers to list; those that differ are listed all the same."""
    return part == "covariance" or (part == "panel" and "|" in term)


def _number_table(outcome: Outcome, column: str) -> NumberTable:
    fitted = [r for r in outcome.results if r.column == column and r.status == "fitted"]
    bad = _differing(outcome.comparisons, column)
    rows = list(_number_rows(fitted, bad))
    keys = {cell[:3] for result in fitted for cell in result.cells if _is_wide(cell.part, cell.term)}
    listed = sum(_is_wide(row.part, row.term) for row in rows)
    return NumberTable(column, tuple(r.engine for r in fitted), tuple(rows), len(keys) - listed)


def _differing(comparisons: Iterable[Comparison], column: str) -> set[tuple[str, str, str]]:
    return {
        (pair.part, pair.term, pair.measure)
        for comparison in comparisons
        if comparison.column == column and comparison.reference not in (PUBLISHED, GOLDEN)
        for pair in comparison.pairs
        if group(pair.verdict) == "differs"
    }


def _number_rows(fitted: list[Result], bad: set[tuple[str, str, str]]) -> Iterator[NumberRow]:
    values = [{cell[:3]: cell.value for cell in result.cells} for result in fitted]
    wide = 0
    for key in dict.fromkeys(key for mapping in values for key in mapping):
        if key[0] in ("as_printed", "cases") or (_is_wide(*key[:2]) and (key not in bad or wide >= LIMIT)):
            continue
        wide += _is_wide(*key[:2])
        numbers = [mapping.get(key) for mapping in values]
        first = next(number for number in numbers if number is not None)
        yield NumberRow(*key, tuple(_parted(key[0], key[2], number, first) for number in numbers), key in bad)
