"""Forest plots: coefficient and confidence interval, engine by engine, against the printed interval."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness import printed
from harness.compare.print_rules import style
from harness.report.digits import short
from harness.report.table import first_line, label_of
from harness.result import Cell, Outcome

WIDTH = 320.0  # user units of a row's drawing
_EDGE = 12.0
_LANE = 12.0
_TOP = 8.0
_HALF_WIDTH = 1.96  # standard errors, where no interval is given
_LIMIT = 60  # rows a column

Interval = tuple[float, float, float]  # estimate, low, high


@dataclass(frozen=True)
class Lane:
    """
    One line of a row: the print or one engine.

    Attributes:
        index: 0 the print, then the engines in the order of the spec
        at: place of the estimate, in user units
        low, high: ends of the interval, in user units; equal where there is none
        beyond: -1 or 1 where the estimate lies outside the drawing on that side, else 0
        words: the numbers
    """

    name: str
    index: int
    y: float
    at: float
    low: float
    high: float
    beyond: int
    words: str


@dataclass(frozen=True)
class ForestRow:
    """One coefficient, on a scale of its own. `zero` is the place of 0, None outside the drawing."""

    term: str
    label: str
    height: float
    zero: float | None
    left: str
    right: str
    lanes: tuple[Lane, ...]
    approximate: bool


@dataclass(frozen=True)
class Forest:
    """The coefficients of one column."""

    column: str
    rows: tuple[ForestRow, ...]
    left_off: int


def forests(outcome: Outcome) -> tuple[Forest, ...]:
    """A plot for every column that has coefficients in print or from an engine."""
    plots = (_forest(outcome, column) for column in outcome.spec.columns)
    return tuple(plot for plot in plots if plot.rows)


def _forest(outcome: Outcome, column: str) -> Forest:
    sources = dict(_sources(outcome, column))
    terms = list(dict.fromkeys(term for source in sources.values() for term in source))
    wanted = [term for term in terms if term in sources.get("print", {})] or terms
    rows = (_row(outcome, column, term, sources) for term in wanted[:_LIMIT])
    return Forest(column, tuple(row for row in rows if row), max(0, len(wanted) - _LIMIT))


def _sources(outcome: Outcome, column: str) -> Iterator[tuple[str, Mapping[str, Mapping[str, float]]]]:
    """
    `print` and every fitted engine: term to measure to number, in units of the data.

    Where the data stand in for the paper's, no print: what may not be compared is not drawn side by side.
    """
    if outcome.published and column in outcome.published.columns and not outcome.spec.data.stand_in:
        yield "print", _by_term(_printed_cells(outcome, column))
    for result in outcome.results:
        if result.column == column and result.status == "fitted":
            yield result.engine, _by_term(result.cells)


def _printed_cells(outcome: Outcome, column: str) -> Iterator[Cell]:
    for cell in outcome.published.columns[column] if outcome.published else ():
        try:
            value = printed.read(cell.text).value
        except printed.NotANumber:
            continue
        scale = style(outcome.spec, column, cell.part, cell.term, cell.measure).scale
        yield Cell(cell.part, cell.term, cell.measure, float(value / scale))


def _by_term(cells: Iterable[Cell]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for part, term, measure, value in cells:
        if part == "coefficients" and math.isfinite(value):
            found.setdefault(term, {})[measure] = value
    return {term: measures for term, measures in found.items() if "estimate" in measures}


def _interval(measures: Mapping[str, float]) -> tuple[Interval, bool]:
    """Estimate and interval, and whether the interval is 1.96 standard errors for want of a given one."""
    estimate = measures["estimate"]
    if "ci_low" in measures and "ci_high" in measures:
        return (estimate, measures["ci_low"], measures["ci_high"]), False
    half = _HALF_WIDTH * abs(measures.get("std_error", 0.0))
    return (estimate, estimate - half, estimate + half), "std_error" in measures


def _row(
    outcome: Outcome, column: str, term: str, sources: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> ForestRow | None:
    found = {name: _interval(source[term]) for name, source in sources.items() if term in source}
    if not found:
        return None
    scale = _Scale([interval for interval, _ in found.values()])
    numbers = {name: 0 if name == "print" else index for index, name in _numbered(outcome)}
    names = [name for name in sources if name in found]
    first = 0 if names[0] != "print" else -1  # the print is a band, and needs no lane
    lanes = tuple(_lane(name, numbers[name], i, *found[name], scale) for i, name in enumerate(names, first))
    return ForestRow(
        term=term,
        label=first_line(label_of("coefficients", term, outcome.spec.labels), 60),
        height=_TOP * 2 + _LANE * max(1, len(lanes) + first),
        zero=scale.place(0.0) if scale.low <= 0.0 <= scale.high else None,
        left=short(scale.low, 3),
        right=short(scale.high, 3),
        lanes=lanes,
        approximate=any(approximate for _, approximate in found.values()),
    )


def _numbered(outcome: Outcome) -> Iterator[tuple[int, str]]:
    yield 0, "print"
    yield from enumerate(engines_of(outcome), start=1)


def drawn(plots: tuple[Forest, ...]) -> tuple[tuple[int, str], ...]:
    """Index and name of everything that has a lane, the print first, then the engines in order."""
    lanes = {(lane.index, lane.name) for plot in plots for row in plot.rows for lane in row.lanes}
    return tuple(sorted(lanes))


def engines_of(outcome: Outcome) -> tuple[str, ...]:
    """The engines in the order of the spec, then others that were run."""
    return tuple(dict.fromkeys([*outcome.spec.engines, *(result.engine for result in outcome.results)]))


class _Scale:
    """From numbers to user units: what the first source spans and half as much again on either side."""

    def __init__(self, intervals: list[Interval]) -> None:
        low, high = min(intervals[0]), max(intervals[0])
        width = (high - low) or max(abs(low), 1e-300) * 0.1
        self.low = max(min(min(i) for i in intervals), low - 1.5 * width)
        self.high = min(max(max(i) for i in intervals), high + 1.5 * width)
        margin = (self.high - self.low or width) * 0.04
        self.low, self.high = self.low - margin, self.high + margin

    def place(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    def beyond(self, value: float) -> int:
        return (value > self.high) - (value < self.low)


def _lane(name: str, index: int, i: int, interval: Interval, approximate: bool, scale: _Scale) -> Lane:
    estimate, low, high = interval
    words = f"{name} {short(estimate)}"
    if low != high:
        words += f" [{short(low)}, {short(high)}]" + (" from ±1.96 std. errors" if approximate else "")
    left, right = sorted((scale.place(low), scale.place(high)))
    y = _TOP + _LANE * i + _LANE / 2
    return Lane(name, index, y, scale.place(estimate), left, right, scale.beyond(estimate), words)
