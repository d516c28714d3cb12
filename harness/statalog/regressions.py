"""A log cut into its regressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness import tables
from harness.errors import TableError
from harness.result import PrintedCell
from harness.statalog.coefficients import coefficients, heads, outcome
from harness.statalog.facts import Line, facts

_COMMAND = re.compile(r"\.\s+(\S.*)")
_CONTINUED = re.compile(r">\s?(.*)")
_AFTERWARDS = re.compile(r"(?:\w+:\s*)*estat\s+(?:abond|sargan)\b")
_WIDEST = 1000  # of Stata's own lines the longest has 255 letters
_WHAT = "xtabond2, xtabond, xtdpdsys, xtreg, areg, ivregress, regress and the like print one"


@dataclass(frozen=True)
class Regression:
    """
    One estimation, as Stata or esttab shows it.

    Attributes:
        number: its place in the file, from 1
        line: of the file, where it begins
        command: as typed, "" where the log does not echo it; of esttab the head of the column
        outcome: the dependent variable as Stata names it
        cells: coefficients under Stata's names, tests and fit under the glossary's plain names
    """

    number: int
    line: int
    command: str
    outcome: str
    cells: tuple[PrintedCell, ...]

    def __str__(self) -> str:
        short = self.command if len(self.command) <= 60 else f"{self.command[:59]}…"
        return f"{self.number}: line {self.line}, {short or self.outcome}"


@dataclass(frozen=True)
class Logged:
    """
    The regression of one column of a spec, with what it takes to read its names.

    Attributes:
        file: as the spec names it
        names: a name in the log to the term that it is
        time: the spec's column of time, whose dummies Stata names in several ways; "" where it has none
        variants: a plain name to the variant that it means in this column, as in print
    """

    regression: Regression
    file: str
    names: Mapping[str, str]
    time: str
    variants: Mapping[str, str]


def read(text: str, name: str) -> tuple[Regression, ...]:
    """
    The regressions in *text*, in its order; *name* is how messages call the file.

    Raises TableError where there is none, where it is in SMCL, or where two stand together with no command
    between them.
    """
    if text.startswith("{smcl}"):
        raise TableError(f"{name} is in SMCL, Stata's own format. Make it text: translate {name} as-text.log")
    lines = [Line(n, line[:_WIDEST]) for n, line in enumerate(text.expandtabs().splitlines(), start=1)]
    found: list[Regression] = []
    for segment in _segments(lines):
        if heads(segment.lines):
            found.append(_regression(segment, len(found) + 1, name))
        elif found and _AFTERWARDS.match(segment.command):
            found[-1] = replace(found[-1], cells=_once([*found[-1].cells, *facts(segment.lines)]))
    return tuple(found) or _columns(text, name)


def choose(regressions: Sequence[Regression], wanted: int | str | None, name: str) -> Regression:
    """
    The one that is meant: by its number from 1, or by the head of its column.

    Raises TableError where it is not there, or where several are and nothing says which.
    """
    if wanted is None and len(regressions) == 1:
        return regressions[0]
    listed = "; ".join(map(str, regressions))
    if wanted is None:
        raise TableError(
            f"{name} has {len(regressions)} regressions, and the spec does not say which is meant. "
            f"Write log.regression: a number of these: {listed}"
        )
    for one in regressions:
        if wanted in (one.number, one.command):
            return one
    raise TableError(f"{name} has no regression {wanted}. It has {listed}")


# ---------------------------------------------------------------------------------------------- Stata's log


@dataclass
class _Segment:
    """A command, and what Stata answered."""

    line: int
    command: str
    lines: list[Line]


def _segments(lines: Sequence[Line]) -> Iterator[_Segment]:
    current = _Segment(1, "", [])
    for line in lines:
        typed, more = _COMMAND.fullmatch(line.text), _CONTINUED.fullmatch(line.text)
        if typed:
            yield current
            current = _Segment(line.number, typed[1].strip(), [])
        elif more and not current.lines:
            current.command += more[1].rstrip()
        else:
            current.lines.append(line)
    yield current


def _regression(segment: _Segment, number: int, name: str) -> Regression:
    places = heads(segment.lines)
    if len(places) > 1:
        second = segment.lines[places[1]].number
        raise TableError(
            f"{name}:{second}: a second regression, and no command (a line that begins with '. ') parts it "
            "from the first. Log the commands too, or give each regression a file of its own"
        )
    cells = [*coefficients(segment.lines[places[0] + 1 :]), *facts(segment.lines)]
    return Regression(number, segment.line, segment.command, outcome(segment.lines[places[0]]), _once(cells))


def _once(cells: Sequence[PrintedCell]) -> tuple[PrintedCell, ...]:
    """The first of each address: what is repeated further down is another command's."""
    found: dict[tuple[str, str, str], PrintedCell] = {}
    for cell in cells:
        found.setdefault((cell.part, cell.term, cell.measure), cell)
    return tuple(found.values())


# ----------------------------------------------------------------------------------------- esttab's columns


def _columns(text: str, name: str) -> tuple[Regression, ...]:
    try:
        table = tables.table(tables.read_text(text, name), name)
    except TableError:
        raise TableError(
            f"{name}: there is no regression in it, neither Stata's table of coefficients nor one of esttab: "
            f"{_WHAT}. Name the right file"
        ) from None
    return tuple(
        Regression(
            place + 1,
            table.rows[0].line,
            head,
            table.outcomes[place],
            tuple(
                PrintedCell(row.part, row.term, row.measure, row.texts[place], row.line)
                for row in table.rows
                if row.texts[place] and row.measure != "stars"
            ),
        )
        for place, head in enumerate(table.columns)
    )
