"""What is open in a column: the known conventions of its model, and what the spec's `open` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from harness.errors import UsageError
from harness.explain import configurations, descriptives, dynamic_panel, least_squares
from harness.explain.space import Alternative, Axes, Axis, Space, exactly, patch_between, word
from harness.spec import Spec

FAMILIES: Mapping[str, Axes] = {
    "dynamic-panel": dynamic_panel.axes,
    "panel": least_squares.axes,
    "linear": least_squares.axes,
    "descriptive": descriptives.axes,
    "fuzzy-set": configurations.axes,
}


def axes(spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
    """
    Every axis of the column that has a choice.

    What only `open` names comes first; of a known convention the alternatives of `open` do.

    periods : of the panel, where they are known
    Raises UsageError where two entries of `open` contradict each other, or nothing is open at all.
    """
    family = FAMILIES.get(spec.columns[column].model)
    known = {axis.name: axis for axis in (family(spec, column, periods) if family else ())}
    told = {name: _joined(known.get(name), name, own) for name, own in _open(spec, column).items()}
    only_told = {name: axis for name, axis in told.items() if name not in known}
    every = {**only_told, **known, **told}
    found = tuple(axis for axis in every.values() if len(axis.alternatives) > 1)
    if not found:
        model = spec.columns[column].model
        raise UsageError(
            f'{spec.path}: column "{column}": there is nothing to search. No convention of model: {model} is '
            "known to vary, and `open` names none; write there what the paper leaves unsaid"
        )
    return found


def contradictions(space: Space) -> Iterator[str]:
    """A sentence on each alternative of `open` that makes no valid model, alone or with another change."""
    told = {entry.setting for entry in space.spec.open}
    for at, chosen in space.changes:
        alone = ((at, chosen),)
        beside = (tuple(sorted((*alone, change))) for change in space.changes if change[0] != at)
        axis = space.axes[at]
        if axis.name in told and all(space.model(one) is None for one in chain((alone,), beside)):
            yield f"open: {axis.name}: {axis.alternatives[chosen].label} goes with no other setting here"


def _joined(axis: Axis | None, name: str, own: tuple[Alternative, ...]) -> Axis:
    if axis is None:
        return Axis(name, own)
    patches = [exactly(alternative.patch) for alternative in own]
    more = [other for other in axis.alternatives[1:] if exactly(other.patch) not in patches]
    return replace(axis, alternatives=(*own, *more))


# ----------------------------------------------------------------------------------------------- `open`


def _open(spec: Spec, column: str) -> dict[str, tuple[Alternative, ...]]:
    """Setting to its alternatives, the one used first."""
    values: dict[str, list[Any]] = {}
    for entry in spec.open:
        if entry.columns is None or column in entry.columns:
            before = values.get(entry.setting)
            values[entry.setting] = (
                list(entry.alternatives)
                if before is None
                else _shared(spec, entry.setting, before, entry.alternatives)
            )
    return {
        setting: tuple(_alternatives(spec.merged[column], setting, found))
        for setting, found in values.items()
    }


def _shared(spec: Spec, setting: str, first: list[Any], second: tuple[Any, ...]) -> list[Any]:
    also = [exactly(value) for value in second]
    found = [value for value in first if exactly(value) in also]
    if len(found) < 2:
        raise UsageError(
            f"{spec.path}: open: two entries speak of {setting}, and only {word(found)[1:-1]} stands in "
            "both, so that nothing is left open. Keep one of them"
        )
    return found


def _alternatives(column: Mapping[str, Any], setting: str, values: list[Any]) -> Iterator[Alternative]:
    keys = _keys(column, setting)
    used = _at(column, keys)
    yield Alternative(word(used), {})
    for value in values:
        if exactly(value) != exactly(used):
            change = patch_between(used, value)
            yield Alternative(word(change), _nested(keys, change))


def _keys(column: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """The keys of a dotted path; one that has dots itself is found in the column."""
    for key in sorted(column, key=len, reverse=True):
        if path == key:
            return (key,)
        if path.startswith(f"{key}.") and isinstance(column[key], Mapping):
            return (key, *_keys(column[key], path[len(key) + 1 :]))
    return tuple(path.split("."))


def _at(column: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = column
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _nested(keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {keys[0]: _nested(keys[1:], value) if keys[1:] else value}
