"""An answer as text for a person, and as a document for a program."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.explain.answer import Answer, Candidate, Change, Miss
from harness.result import PrintedCell
from harness.specfile.yamltree import resolve

WIDTH = 74  # of a line, before it is moved in
SHOWN = 8  # settings, or cells, of a kind on the screen; the document has them all


def lines(answer: Answer) -> Iterator[str]:
    """The answer for one column, from what was searched to what is to be written into the spec."""
    yield f"{answer.spec} ({answer.column}), {answer.engine}"
    if answer.fitted and answer.message:
        yield f"  no setting could be fitted; the nearest: {answer.message}"
        return
    yield f"  {_as_in_spec(answer)}"
    yield f"  {_searched(answer)}"
    found = _fitting(answer) if answer.fitting else _nearest(answer)
    yield from (f"  {line}" for line in found)
    yield from (f"  {line}" for line in _aside(answer))
    yield from (f"  {sentence}" for sentence in (*answer.notes, *_ended(answer)))


def _as_in_spec(answer: Answer) -> str:
    given = answer.n_cells - answer.missed_in_spec
    told = "all of them" if not answer.missed_in_spec else f"{given}"
    return f"{_number(answer.n_cells, 'printed cell')}; the spec's setting gives {told}"


def _aside(answer: Answer) -> Iterator[str]:
    """Cells that no setting is held against, those with one reason together."""
    reasons: dict[str, list[PrintedCell]] = {}
    for cell, reason in answer.aside:
        reasons.setdefault(reason, []).append(cell)
    for reason, cells in reasons.items():
        yield from _folded(f"left out, since {reason}: {_summary(cells)}")


def _searched(answer: Answer) -> str:
    by_counts = f", {answer.excluded:,} excluded by their counts" if answer.excluded else ""
    return f"{answer.size:,} settings in the space: {answer.fitted:,} fitted{by_counts}"


# --------------------------------------------------------------------------------------------- what fits


def _fitting(answer: Answer) -> Iterator[str]:
    first = answer.fitting[0]
    if first.changes:
        yield f"this gives every printed cell, with {_number(len(first.changes), 'change')}:"
        yield from (f"  {line}" for change in first.changes for line in _change(change))
        yield "write into the spec:"
        yield from (f"  {line}" for line in yaml(_in_spec(answer, first)))
    yield from _alike(first, answer.fitting[1:])


def _in_spec(answer: Answer, one: Candidate) -> dict[str, Any]:
    return {"columns": {answer.column: one.patch}}


def _alike(first: Candidate, others: Sequence[Candidate]) -> Iterator[str]:
    """What the print cannot tell from the first setting that fits."""
    named = [
        f"{axis.removeprefix('variants.')}: {', '.join(names)}" for axis, names in first.undecided.items()
    ]
    if named:
        yield from _folded(f"variants that give the same cells: {'; '.join(named)}")
    told = [_difference(first, other) for other in others]
    single = [parts[0] for parts in told if len(parts) == 1]
    mixed = [parts for parts in told if len(parts) > 1]
    combined = [parts for parts in mixed if set(parts) <= set(single)]
    shown = [*single, *("; ".join(parts) for parts in mixed if parts not in combined)]
    if shown:
        yield "the print cannot tell from it (each was fitted):"
        yield from (f"  {one}" for one in shown[:SHOWN])
    if len(shown) > SHOWN:
        yield f"  and {len(shown) - SHOWN} more: --json has them all"
    if combined:
        yield f"  and {_number(len(combined), 'combination')} of these"


def _difference(first: Candidate, other: Candidate) -> list[str]:
    """How another setting differs from the first, axis by axis."""
    here, there = _choices(first.changes), _choices(other.changes)
    found = [f"{axis}: {after}" for axis, after in there.items() if here.get(axis) != after]
    found += [f"{change.axis}: {change.before}" for change in first.changes if change.axis not in there]
    return found


def _choices(changes: Iterable[Change]) -> dict[str, str]:
    return {change.axis: change.after for change in changes}


def _change(change: Change) -> Iterator[str]:
    yield f"{change.axis}: {change.before} -> {change.after}"
    if change.moves is not None:
        yield from _folded(
            f"  without it differ: {_summary(change.moves) if change.moves else 'no printed cell'}"
        )


def _summary(cells: Sequence[PrintedCell]) -> str:
    """Cells in few words: those of coefficients by measure, the others by name."""
    names = (cell.measure if cell.part == "coefficients" else f"{cell.term} {cell.measure}" for cell in cells)
    counted = [f"{name}{f' ({count})' if count > 1 else ''}" for name, count in Counter(names).items()]
    more = f" and {len(counted) - SHOWN} more" if len(counted) > SHOWN else ""
    return f"{', '.join(counted[:SHOWN])}{more}"


# --------------------------------------------------------------------------------------- what does not fit


def _nearest(answer: Answer) -> Iterator[str]:
    nearest = answer.nearest
    assert nearest is not None
    misses = len(nearest.misses) + nearest.beyond
    yield f"no setting gives every printed cell; the nearest misses {misses}:"
    if not nearest.changes:
        yield "  the spec's own"
    yield from (f"  {line}" for change in nearest.changes for line in _change(change))
    if nearest.changes:
        yield "as a patch of the spec:"
        yield from (f"  {line}" for line in yaml(_in_spec(answer, nearest)))
    yield "it misses:"
    yield from (f"  {_miss(miss)}" for miss in nearest.misses[:SHOWN])
    if len(nearest.misses) > SHOWN:
        yield f"  and {len(nearest.misses) - SHOWN} more: --json has them all"
    if nearest.beyond:
        yield f"  {_number(nearest.beyond, 'term')} that the complete print has not"
    if answer.unreached:
        yield from _folded(f"no setting that was fitted reaches: {_summary(answer.unreached)}")


def _miss(miss: Miss) -> str:
    given = "nothing" if math.isnan(miss.value) else f"{miss.value:.7g}"
    return f"{_cell(miss.cell)}: printed {miss.cell.text}, here {given}"


def _cell(cell: PrintedCell) -> str:
    return f"{cell.term} {cell.measure}"


# ------------------------------------------------------------------------------------------------- the end


def _ended(answer: Answer) -> Iterator[str]:
    if answer.interrupted:
        yield "Interrupted: this is what is known so far."
    elif answer.exhausted:
        what = "change" if answer.depth == 1 else f"combination of up to {answer.depth} changes"
        yield f"Every {what} that moves estimates was fitted, or excluded by its counts."
    elif answer.fitted >= answer.budget:
        yield f"The budget of {answer.budget} fits ended the search; --budget N allows more."
    else:
        yield f"The search ended after {answer.excluded:,} settings that counts exclude."


def _folded(line: str) -> list[str]:
    """A long line as several, those after the first further in."""
    further = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, WIDTH, subsequent_indent=further, break_long_words=False)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def yaml(patch: Mapping[str, Any]) -> Iterator[str]:
    """
    The lines of a patch as a person writes it into a spec.

    >>> print(*yaml({"h": 2, "instruments": {"gmm": {"n": {"lags": [2, None]}}}}), sep="; ")
    h: 2; instruments:;   gmm:;     n:;       lags: [2, null]
    """
    for key, value in patch.items():
        if isinstance(value, Mapping) and value:
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in yaml(value))
        else:
            yield f"{_scalar(key)}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    """Plain where YAML reads it back the same; else as JSON, which YAML is a superset of."""
    if isinstance(value, str) and re.fullmatch(r"[\w.-]+", value) and resolve(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------ document


def document(answers: Sequence[Answer]) -> dict[str, Any]:
    """Everything as plain values; a number that is not there is null."""
    return {"schema": 1, "answers": [_answer(answer) for answer in answers]}


def _answer(answer: Answer) -> dict[str, Any]:
    plain = (
        "spec",
        "column",
        "engine",
        "size",
        "fitted",
        "excluded",
        "budget",
        "depth",
        "exhausted",
        "interrupted",
    )
    return {
        **{name: getattr(answer, name) for name in plain},
        "message": answer.message,
        "cells": answer.n_cells,
        "missed_in_spec": answer.missed_in_spec,
        "notes": list(answer.notes),
        "aside": [[*cell[:3], reason] for cell, reason in answer.aside],
        "fitting": [_candidate(one) for one in answer.fitting],
        "nearest": None if answer.nearest is None else _candidate(answer.nearest),
        "unreached": [[*cell[:3]] for cell in answer.unreached],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "changes": [
            {
                "axis": change.axis,
                "before": change.before,
                "after": change.after,
                "moves": None if change.moves is None else [[*cell[:3]] for cell in change.moves],
            }
            for change in one.changes
        ],
        "patch": one.patch,
        "misses": [[*miss.cell[:4], None if math.isnan(miss.value) else miss.value] for miss in one.misses],
        "beyond": one.beyond,
        "undecided": {axis: list(alternatives) for axis, alternatives in one.undecided.items()},
    }


def exit_code(answers: Sequence[Answer]) -> int:
    """0 where every column has a setting that gives its print; 1 where one has none; 3 where nothing fits."""
    if any(answer.message for answer in answers):
        return 3
    return int(not all(answer.fitting for answer in answers))
