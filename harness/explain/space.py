"""The settings among which `explain` looks: axes, their alternatives, a choice of one on each."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from harness.spec import MODEL_ADAPTER, AnyModel, Spec
from harness.specfile.yamltree import shown

Moves = Literal["estimates", "errors", "names"]
Setting = tuple[tuple[int, int], ...]  # (axis, alternative) of each change; () is as the spec has it
AS_IN_SPEC: Setting = ()


@dataclass(frozen=True)
class Alternative:
    """
    One way to set an axis.

    Attributes:
        label: in words, e.g. "two steps"
        patch: what it changes in the merged column (RFC 7396); {} is as the spec has it
    """

    label: str
    patch: Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """
    One convention that a table leaves open.

    Attributes:
        name: of the convention, e.g. "steps" or "instruments.gmm.log_emp.lags"; no two axes share one
        alternatives: the first is as the spec has it
        moves: what a choice can move at most: any number; all but estimates, counts and moments (`errors`);
            or no number at all, only which of an engine's variants a printed name means (`names`)
        keeps_sheet: whether rows and columns of the data stay the same under every choice
    """

    name: str
    alternatives: tuple[Alternative, ...]
    moves: Moves = "estimates"
    keeps_sheet: bool = False


class Axes(Protocol):
    """What each family of models has: its known conventions in a column."""

    def __call__(self, spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
        """periods : of the panel, where they are known."""


@dataclass(frozen=True)
class Space:
    """
    Every combination of alternatives, as models of one column.

    Attributes:
        spec, column: whose model is changed
        axes: in the order in which their patches are laid on each other
    """

    spec: Spec
    column: str
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        """How many combinations there are, those that make no valid model included."""
        return math.prod(len(axis.alternatives) for axis in self.axes)

    @cached_property
    def changes(self) -> tuple[tuple[int, int], ...]:
        """Every single change, in the order of axes and alternatives."""
        return tuple(
            (at, chosen) for at, axis in enumerate(self.axes) for chosen in range(1, len(axis.alternatives))
        )

    def chosen(self, setting: Setting) -> Iterator[tuple[Axis, Alternative]]:
        """What *setting* changes, axis by axis."""
        return ((self.axes[at], self.axes[at].alternatives[chosen]) for at, chosen in setting)

    def merged(self, setting: Setting) -> dict[str, Any]:
        """The column's mapping under *setting*."""
        patches = (alternative.patch for _, alternative in self.chosen(setting))
        return reduce(merged, patches, dict(self.spec.merged[self.column]))

    def model(self, setting: Setting) -> AnyModel | None:
        """The column's model under *setting*; None where its settings do not go together."""
        return self._models(setting)

    @cached_property
    def _models(self) -> Callable[[Setting], AnyModel | None]:
        """Validation; the last few are kept, since each is asked for again until it is judged."""

        @lru_cache(maxsize=256)
        def validated(setting: Setting) -> AnyModel | None:
            try:
                return MODEL_ADAPTER.validate_python(self.merged(setting))
            except ValidationError:
                return None

        return validated


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """
    *patch* laid on *target* as RFC 7396 has it: mappings merge, null removes, all else replaces.

    >>> merged({"h": 3, "iv": {"x": 0}}, {"h": 2, "iv": {"x": None, "w": 1}})
    {'h': 2, 'iv': {'w': 1}}
    """
    found = dict(target)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            before = found.get(key)
            found[key] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            found[key] = value
    return found


def joined(patches: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Several patches as one, their nulls kept: what is written into a spec's column.

    >>> joined([{"iv": {"x": None}}, {"iv": {"w": 1}, "h": 2}])
    {'iv': {'x': None, 'w': 1}, 'h': 2}
    """
    found: dict[str, Any] = {}
    for patch in patches:
        for key, value in patch.items():
            before = found.get(key)
            if isinstance(value, Mapping) and isinstance(before, Mapping):
                value = joined([before, value])
            found[key] = value
    return found


def patch_between(before: Any, after: Any) -> Any:
    """
    The patch that makes *after* of *before*.

    >>> patch_between({"x": 0, "w": 0}, {"x": 0, "v": 1})
    {'w': None, 'v': 1}
    """
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return after
    gone = {key: None for key in before if key not in after}
    changed = {key: patch_between(before.get(key), value) for key, value in after.items()
               if key not in before or exactly(before[key]) != exactly(value)}  # fmt: skip
    return {**gone, **changed}


def exactly(value: Any) -> str:
    """A value as text, equal for equal values only: true is not 1."""
    return json.dumps(value, sort_keys=True)


def word(value: Any) -> str:
    """
    A value as a spec has it, on one line.

    >>> word((2, None)), word(True), word("n-k")
    ('[2, null]', 'true', 'n-k')
    """
    return value if isinstance(value, str) else shown(value)
