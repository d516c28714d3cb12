"""Faults as problems for people: in the order of the file, what many columns share said once."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from harness.errors import Problem
from harness.specfile.draft import Found
from harness.specfile.yamltree import Place

MAX_PROBLEMS = 100  # listed; what is beyond is counted


def problems(file: str, faults: Iterable[Found], columns: Collection[str]) -> list[Problem]:
    """The faults in the order of the file; what columns have from `base` alike is said once."""
    unique: dict[tuple[Any, ...], list[Found]] = {}
    for fault in _first_causes(faults):
        own = "" if fault.inherited else fault.column
        unique.setdefault((fault.place, fault.sentence, own), []).append(fault)
    listed = sorted(
        {
            Problem(file, *group[0].place, _prefix(group, columns) + group[0].sentence)
            for group in unique.values()
        }
    )
    if len(listed) > MAX_PROBLEMS:
        more = f"there are {len(listed) - MAX_PROBLEMS} faults more. Mend these first."
        last = listed[MAX_PROBLEMS]
        listed = [*listed[:MAX_PROBLEMS], Problem(file, last.line, last.column, more)]
    return listed


def _first_causes(faults: Iterable[Found]) -> Iterator[Found]:
    """Without the faults of a value that could not be read: what it was read as says nothing."""
    unread: set[Place] = set()
    for fault in faults:
        unread |= {fault.place} if fault.is_unread else set()
        if fault.is_unread or fault.place not in unread:
            yield fault


def _prefix(group: list[Found], columns: Collection[str]) -> str:
    """Whose fault it is: a column's, base's, or nobody's in particular."""
    if not group[0].column:
        return ""
    affected = list(dict.fromkeys(fault.column for fault in group))
    if group[0].inherited and len(affected) == len(columns) > 1:
        return "every column: "
    if len(affected) > 3:
        return f"column {_quoted(affected[0])} and {len(affected) - 1} more: "
    return f"column{'s' if len(affected) > 1 else ''} {', '.join(map(_quoted, affected))}: "


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
