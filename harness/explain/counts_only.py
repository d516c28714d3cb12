"""The instrument sets that give a table's printed counts, without data and without estimation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from harness import goldenfile
from harness.audit import beside
from harness.errors import UsageError
from harness.estimators.instrument_lists import Treatment
from harness.explain import printed_counts
from harness.explain.instrument_space import Known, Unit, Way, patch, units
from harness.explain.picks import Option, Picks
from harness.explain.printed_counts import Fact, Periods, Table
from harness.result import PrintedCell
from harness.spec import DynamicPanel, Spec

SHOWN = 6  # lists a column on the screen
KEPT = 1000  # lists a column in the JSON document
MANY = 1_000_000  # from here on a reader is told that the lists were counted and not made
IDENTIFIES_NOTHING = (
    "A count identifies nothing by itself: the lists that have it are other models with other estimates."
)


@dataclass(frozen=True)
class Listed:
    """One instrument set: how many settings it changes, the way of each unit, the patch of the column."""

    changes: int
    ways: tuple[Way, ...]
    patch: dict[str, Any]


@dataclass(frozen=True)
class Counted:
    """
    What the counts of one column allow.

    Attributes:
        periods: of the panel
        facts: what is printed
        units: what is instrumented, each with its ways
        size: lists in the space; `fitting` of them agree with every fact
        possible: of each unit the ways that stand in a list that fits
        listed: the first that fit, fewest changes from the spec first
        rows: a sentence on observations and groups, "" where nothing is to be said
    """

    column: str
    periods: Periods
    facts: tuple[Fact, ...]
    units: tuple[Unit, ...]
    size: int
    fitting: int
    possible: tuple[tuple[Way, ...], ...]
    listed: tuple[Listed, ...]
    rows: str


@dataclass(frozen=True)
class NotCounted:
    """A column of which nothing can be counted, and why."""

    column: str
    reason: str


Found = Counted | NotCounted


def found(spec: Spec, columns: Sequence[str], periods: int | None, apart: bool) -> tuple[Found, ...]:
    """
    Column by column; *columns* empty means all.

    periods : of the panel, where neither a print nor an identity on the same data says it
    apart : each variable by itself, even where the spec treats a group alike
    Raises UsageError where the spec has no such column, no dynamic panel, or no printed table.
    """
    for name in columns:
        if name not in spec.columns:
            raise UsageError(f"--column {name}: {spec.id} has it not. Known: {', '.join(spec.columns)}")
    published = goldenfile.read_published(spec)
    if published is None:
        raise UsageError(f"{spec.id}: no printed table, so there are no counts. Fill in published.csv")
    if not any(isinstance(model, DynamicPanel) for model in spec.columns.values()):
        raise UsageError(f"{spec.id} has no dynamic panel, and only these have counts of instruments")
    others = tuple(beside.on_the_same_data(spec))
    return tuple(
        _column((spec, published), name, others, periods, apart)
        for name in spec.columns
        if not columns or name in columns
    )


def _column(table: Table, name: str, others: Sequence[Table], periods: int | None, apart: bool) -> Found:
    spec, published = table
    model, cells = spec.columns[name], published.columns.get(name, ())
    if not isinstance(model, DynamicPanel) or spec.data.panel is None:
        return NotCounted(name, "no dynamic panel")
    if model.principal_components is not None:
        return NotCounted(
            name, "principal components take the place of instruments, as many as are asked for"
        )
    numbers = printed_counts.counts(cells)
    facts = tuple(printed_counts.facts(model, spec.variant(name, "wald"), numbers))
    if not any(map(printed_counts.counts_instruments, facts)):
        return NotCounted(name, "no printed number counts its instruments")
    long = printed_counts.periods(table, name, others, periods)
    if long is None:
        return NotCounted(name, "nothing says how many periods the panel has. Give --periods T")
    rows = printed_counts.rows(model, numbers, long.number, spec.data.balanced)
    own = units(model, _known(long, spec.data.panel.time, cells, apart))
    return _counted(spec, name, long, facts, own, rows)


def _known(periods: Periods, time: str, cells: Sequence[PrintedCell], apart: bool) -> Known:
    shown = {cell.term for cell in cells if cell.part == "coefficients"}
    dummies = any(term.startswith(f"{time}=") for term in shown)
    return Known(periods.number, time, "constant" in shown, dummies, apart)


def _counted(
    spec: Spec,
    name: str,
    periods: Periods,
    facts: tuple[Fact, ...],
    own: tuple[Unit, ...],
    rows: str,
) -> Counted:
    open_ways = [*(unit.ways for unit in own[:-1]), _estimable(own, facts)]
    lists = [[_option(way, facts) for way in ways] for ways in open_ways]
    picks = Picks(lists, tuple(fact.wanted for fact in facts))
    possible = tuple(
        tuple(ways[at] for at in sorted(places))
        for ways, places in zip(open_ways, picks.possible(), strict=True)
    )
    listed = []
    for changes, pick in islice(picks.by_changes(), KEPT):
        chosen = tuple(ways[at] for ways, at in zip(open_ways, pick, strict=True))
        listed.append(Listed(changes, chosen, patch(spec.merged[name], own, chosen)))
    size = math.prod(len(unit.ways) for unit in own)
    return Counted(name, periods, facts, own, size, picks.fitting, possible, tuple(listed), rows)


def _estimable(own: Sequence[Unit], facts: Sequence[Fact]) -> tuple[Way, ...]:
    """The ways of constant and dummies with no more coefficients than the instruments in print."""
    told = [fact.wanted for fact in facts if fact.name == "n_instruments"]
    others = sum(unit.ways[0].tally.coefficients for unit in own[:-1])
    return tuple(
        way for way in own[-1].ways if all(others + way.tally.coefficients <= number for number in told)
    )


def _option(way: Way, facts: Sequence[Fact]) -> Option:
    return Option(tuple(fact.of(way.tally) for fact in facts), way.changes)


def exit_code(columns: Sequence[Found]) -> int:
    """1 where a column's counts fit no list of the space."""
    return int(any(isinstance(one, Counted) and not one.fitting for one in columns))


# --------------------------------------------------------------------------------------------- for a reader


def lines(spec: Spec, columns: Sequence[Found]) -> Iterator[str]:
    """What a reader sees, column by column."""
    for one in columns:
        yield f"{spec.id} ({one.column})"
        if isinstance(one, NotCounted):
            yield f"  {one.reason}"
        else:
            yield from (f"  {line}" for line in _column_lines(one))
    if any(isinstance(one, Counted) for one in columns):
        yield IDENTIFIES_NOTHING


def _column_lines(one: Counted) -> Iterator[str]:
    yield f"printed: {'; '.join(fact.words for fact in one.facts)}"
    yield f"{one.periods.number} periods, by {one.periods.because}"
    yield from ([one.rows] if one.rows else [])
    counted = ", counted without being made" if one.size >= MANY else ""
    yield f"{one.size:,} lists in the space{counted}; {one.fitting:,} have the printed counts"
    if not one.fitting:
        yield "so the paper's instruments are outside this space, or a count is misprinted"
        return
    for unit, ways in zip(one.units, one.possible, strict=True):
        yield f"  {unit.name}: {'any way' if len(ways) == len(unit.ways) > 1 else _possible(ways)}"
    for listed in one.listed[:SHOWN]:
        yield f"- {_changes(listed.changes)}: {_set(one.units, listed.ways)}"
    if one.fitting > SHOWN:
        yield f"- and {one.fitting - SHOWN:,} more; --json has the first {KEPT:,}"


def _changes(number: int) -> str:
    return {0: "as the spec has it", 1: "1 change"}.get(number, f"{number} changes")


def _set(own: Sequence[Unit], ways: Sequence[Way]) -> str:
    """The ways that are not the spec's; all where none is."""
    told = [(unit, way) for unit, way in zip(own, ways, strict=True) if way.changes]
    told = told or list(zip(own[:-1], ways[:-1], strict=True))
    return "; ".join(f"{unit.name} {way.words}" for unit, way in told)


def _possible(ways: Sequence[Way]) -> str:
    """The ways in few words, windows with the same first lag together."""
    told = [way.words for way in ways if way.treatment.style != "gmm"]
    windows = sorted((way.treatment for way in ways if way.treatment.style == "gmm"), key=_window)
    for (first, collapse), alike in groupby(windows, key=lambda one: (one.lags[0], one.collapse)):
        lasts = ", ".join(_runs([one.lags[1] for one in alike]))
        told.append(f"lags {first} to {lasts} {'collapsed' if collapse else 'not collapsed'}")
    return "; or ".join(told)


def _runs(lasts: Sequence[int | None]) -> Iterator[str]:
    """Neighbours as one: 2, 3, 4, 7, None gives 2..4, 7, end."""
    numbers = [last for last in lasts if last is not None]
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        ends = [number for _, number in run]
        yield str(ends[0]) if len(ends) == 1 else f"{ends[0]}..{ends[-1]}"
    if len(numbers) < len(lasts):
        yield "end"


def _window(treatment: Treatment) -> tuple[int, bool, float]:
    first, last = treatment.lags
    return first, not treatment.collapse, float("inf") if last is None else last


# ------------------------------------------------------------------------------------------------ as JSON


def document(spec: Spec, columns: Sequence[Found]) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "schema": 1,
        "spec": spec.id,
        "note": IDENTIFIES_NOTHING,
        "columns": [_plain(one) for one in columns],
    }


def _plain(one: Found) -> dict[str, Any]:
    if isinstance(one, NotCounted):
        return {"column": one.column, "reason": one.reason}
    return {
        "column": one.column,
        "periods": one.periods.number,
        "periods_by": one.periods.because,
        "printed": [fact.words for fact in one.facts],
        "rows": one.rows,
        "space": one.size,
        "fitting": one.fitting,
        "possible": {
            unit.name: [way.words for way in ways] for unit, ways in zip(one.units, one.possible, strict=True)
        },
        "lists": [
            {
                "changes": listed.changes,
                "units": {unit.name: way.words for unit, way in zip(one.units, listed.ways, strict=True)},
                "patch": listed.patch,
            }
            for listed in one.listed
        ],
    }
