"""A table as rows of texts, before anybody asks what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import TableError


@dataclass(frozen=True)
class Row:
    """
    A line of a table.

    Attributes:
        line: of the file, 1-based
        cells: one a column, "" where nothing stands; a text over several columns stands in each of them
        alone: one text over the whole width: a heading or a note
    """

    line: int
    cells: tuple[str, ...]
    alone: bool = False


@dataclass(frozen=True)
class Grid:
    """
    A table.

    Attributes:
        rows: all of the same width
        notes: texts outside of it: a caption, what stands beneath
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def grid(rows: Sequence[Row], notes: Sequence[str], name: str, short_is_fault: bool) -> Grid:
    """
    The rows, brought to one width.

    short_is_fault : whether a row that ends early is a fault; LaTeX fills it with empty cells
    Raises TableError where a row is longer than the others, or where there is no table at all.
    """
    told = [row for row in rows if any(row.cells)]
    widths = [len(row.cells) for row in told if not row.alone]
    if not widths or max(widths) < 2:
        raise TableError(f"{name}: this is no table: no line has two cells or more. {WHAT_IS_READ}")
    if max(widths) > WIDEST:
        raise TableError(f"{name}: {max(widths)} columns, and a printed table has at most {WIDEST}")
    if len(told) > TALLEST:
        raise TableError(f"{name}: {len(told)} lines with cells, and a printed table has at most {TALLEST}")
    width = max(set(widths), key=lambda one: (widths.count(one), one))
    for row in told:
        if not row.alone and (len(row.cells) > width or (short_is_fault and len(row.cells) < width)):
            fault = f"the line has {len(row.cells)} cells, most have {width}"
            raise TableError(f"{name}:{row.line}: {fault}. An empty cell keeps its separator: mend the line")
    return Grid(tuple(_widened(row, width) for row in told), tuple(note for note in notes if note))


WIDEST = 200  # columns
TALLEST = 5000  # lines
WHAT_IS_READ = "Give a LaTeX tabular, a csv file, or the text that esttab or outreg writes"


def _widened(row: Row, width: int) -> Row:
    return row if row.alone else Row(row.line, (*row.cells, *[""] * (width - len(row.cells))))
