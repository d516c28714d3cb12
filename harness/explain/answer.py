"""What a search found out: which settings give the print, what each change moves, what no setting reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.explain.judging import Goal, Judged
from harness.explain.search import Found
from harness.explain.space import AS_IN_SPEC, Setting, Space, joined
from harness.result import PrintedCell


@dataclass(frozen=True)
class Change:
    """
    One change of the spec's setting.

    Attributes:
        axis, before, after: in words
        moves: the printed cells that differ without it; None where that was not fitted
    """

    axis: str
    before: str
    after: str
    moves: tuple[PrintedCell, ...] | None = None


@dataclass(frozen=True)
class Miss:
    """A printed cell that a setting does not give, and what it gives instead (NaN: nothing)."""

    cell: PrintedCell
    value: float


@dataclass(frozen=True)
class Candidate:
    """
    A setting and what it gives of the print.

    Attributes:
        changes: from the spec's setting
        patch: of the column (RFC 7396), all changes together
        misses: printed cells that it does not give, in order of print
        beyond: terms that a complete print has not
        undecided: other names of statistics under which it gives the same cells: axis to alternatives
    """

    changes: tuple[Change, ...]
    patch: Mapping[str, Any]
    misses: tuple[Miss, ...]
    beyond: int
    undecided: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Answer:
    """
    What is known of one column.

    Attributes:
        spec, column, engine: ids
        n_cells: printed cells that settings are held against
        aside: cells that they are not held against, and why
        size: settings in the space; `fitted` of them were fitted, `excluded` by their counts
        budget: fits that were allowed
        exhausted: whether every combination of `depth` changes was fitted or excluded
        interrupted: whether Ctrl-C ended the search
        missed_in_spec: cells that the spec's setting misses, under the names that the spec gives
        fitting: every setting that gives all cells, fewest changes first
        nearest: where none does, the one that misses fewest
        unreached: cells that no setting gives
        notes: sentences on alternatives of `open` that contradict the rest
        message: why nothing could be fitted at all; "" where something was
    """

    spec: str
    column: str
    engine: str
    n_cells: int
    aside: tuple[tuple[PrintedCell, str], ...]
    size: int
    fitted: int
    excluded: int
    budget: int
    depth: int
    exhausted: bool
    interrupted: bool
    missed_in_spec: int
    fitting: tuple[Candidate, ...]
    nearest: Candidate | None
    unreached: tuple[PrintedCell, ...]
    notes: tuple[str, ...]
    message: str = ""


def answer(space: Space, goal: Goal, found: Found, engine: str, notes: tuple[str, ...] = ()) -> Answer:
    """Everything that *found* tells."""
    report = _Report(space, goal, found)
    judged = list(found.judged.values())
    reached = [any(one.reached[at] for one in judged) for at in range(len(goal.cells))]
    fitting = sorted(map(report.candidate, found.fitting), key=lambda one: len(one.changes))
    return Answer(
        space.spec.id,
        space.column,
        engine,
        len(goal.cells),
        goal.aside,
        space.size,
        len(judged),
        found.excluded,
        found.budget,
        found.depth,
        found.exhausted,
        found.interrupted,
        _missed(found.judged[AS_IN_SPEC]),
        tuple(fitting),
        None if fitting else report.candidate(found.best),
        tuple(cell for cell, is_reached in zip(goal.cells, reached, strict=True) if not is_reached),
        notes,
        found.best.message,
    )


def _missed(judged: Judged) -> int:
    return judged.misses + sum(len(won) for won in judged.won.values())


@dataclass(frozen=True)
class _Report:
    space: Space
    goal: Goal
    found: Found

    def candidate(self, judged: Judged) -> Candidate:
        named = tuple((at, best[0]) for at, best in judged.names.items() if best[0])
        setting = tuple(sorted((*judged.setting, *named)))
        changes = tuple(self._change(judged, change) for change in setting)
        return Candidate(
            changes,
            joined(alternative.patch for _, alternative in self.space.chosen(setting)),
            tuple(self._misses(judged)),
            judged.beyond,
            dict(self._undecided(judged)),
        )

    def _change(self, judged: Judged, change: tuple[int, int]) -> Change:
        axis = self.space.axes[change[0]]
        before, after = axis.alternatives[0].label, axis.alternatives[change[1]].label
        return Change(axis.name, before, after, self._moved(judged, change))

    def _moved(self, judged: Judged, change: tuple[int, int]) -> tuple[PrintedCell, ...] | None:
        """The cells that *judged* gives and that differ without the change."""
        at, _ = change
        if at in judged.names:
            return tuple(self.goal.cells[place] for place in judged.won.get(at, ()))
        without = self.found.judged.get(_without(judged.setting, change))
        if without is None or without.message:
            return None
        both = zip(self.goal.cells, judged.reached, without.reached, strict=True)
        return tuple(cell for cell, now, before in both if now and not before)

    def _misses(self, judged: Judged) -> Iterator[Miss]:
        for cell, reached, value in zip(self.goal.cells, judged.reached, judged.values, strict=True):
            if not reached:
                yield Miss(cell, value)

    def _undecided(self, judged: Judged) -> Iterator[tuple[str, tuple[str, ...]]]:
        for at, best in judged.names.items():
            if len(best) > 1:
                axis = self.space.axes[at]
                yield axis.name, tuple(axis.alternatives[chosen].label for chosen in best[1:])


def _without(setting: Setting, change: tuple[int, int]) -> Setting:
    return tuple(one for one in setting if one != change)
