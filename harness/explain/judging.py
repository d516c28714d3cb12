"""A setting's numbers against the print, cell by cell, by the comparator's own rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness import compare
from harness.errors import UsageError
from harness.explain.space import Axis, Setting, Space
from harness.glossary import plain
from harness.result import AGREEMENTS, PUBLISHED, Pair, PrintedCell, Published, Result
from harness.spec import Spec

_REACHED = (*AGREEMENTS, "undecided")


@dataclass(frozen=True)
class Goal:
    """
    The printed cells that a setting has to give.

    Attributes:
        spec: without its known differences, which hold for the setting in the spec only
        column: whose cells
        cells: in order of print
        aside: printed cells that no setting is held against, and why
    """

    spec: Spec
    column: str
    cells: tuple[PrintedCell, ...]
    aside: tuple[tuple[PrintedCell, str], ...] = ()


@dataclass(frozen=True)
class Judged:
    """
    What a setting gives of the print.

    Attributes:
        setting: the changes
        reached: whether each cell of the goal rounds to what is printed
        values: each cell in the unit of the print, NaN where the engine has none
        beyond: terms that the setting has and a complete print has not
        names: of each axis of names, by its place: the alternatives under which most cells are reached
        won: of each such axis the places of the cells that are reached under these, but not as in the spec
        message: why there are no numbers; "" where there are
    """

    setting: Setting
    reached: tuple[bool, ...]
    values: tuple[float, ...]
    beyond: int = 0
    names: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    won: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    message: str = ""

    @property
    def misses(self) -> int:
        """How many cells differ from the print, terms beyond it included."""
        return self.reached.count(False) + self.beyond

    @property
    def fits(self) -> bool:
        """Whether every printed cell is reached."""
        return not self.misses


def goal(spec: Spec, column: str, published: Published | None, engine: str) -> Goal:
    """
    What is printed in *column* and can be compared with *engine*.

    Raises UsageError, one sentence, where nothing is.
    """
    printed = () if published is None else published.columns.get(column, ())
    aside = [(cell, reason) for cell in printed if (reason := _aside(spec, column, cell, engine))]
    left_out = [cell for cell, _ in aside]
    cells = tuple(cell for cell in printed if cell not in left_out)
    if not cells:
        fault = "nothing is printed" if not printed else f"nothing printed can be compared: {aside[0][1]}"
        raise UsageError(f'{spec.path}: column "{column}": {fault}, so there is nothing to explain')
    alone = spec.model_copy(update={"known_differences": ()})
    return Goal(alone, column, cells, tuple(aside))


def _aside(spec: Spec, column: str, cell: PrintedCell, engine: str) -> str:
    address = (cell.part, cell.term, cell.measure)
    if cell.part == "as_printed":
        return "the label in print is not trusted"
    if cell.measure == "stars" and not spec.stars:
        return "the spec does not say what a star stands for"
    known = (rule for rule in spec.known_differences if {PUBLISHED, engine} == set(rule.between))
    covering = next((rule for rule in known if rule.covers(column, *address)), None)
    return "a known difference covers it" if covering else ""


def is_firm(cell: PrintedCell) -> bool:
    """Whether no choice of standard errors, factor or distribution moves it: estimates, counts, moments."""
    return cell.part not in ("tests", "covariance") and (
        cell.part != "coefficients" or cell.measure == "estimate"
    )


def judge(goal: Goal, space: Space, setting: Setting, result: Result) -> Judged:
    """*result* of *setting* against the print, under the names of statistics that agree with most of it."""
    model = space.model(setting)
    if model is None or result.status != "fitted":
        message = result.message or "its settings do not go together"
        nothing = (math.nan,) * len(goal.cells)
        return Judged(setting, (False,) * len(goal.cells), nothing, message=message)
    columns = {**goal.spec.columns, goal.column: model}
    spec = goal.spec.model_copy(update={"columns": columns})
    parts = {cell.part for cell in goal.cells}
    result = replace(result, cells=tuple(cell for cell in result.cells if cell.part in parts))
    pairs = list(compare.against_print(spec, goal.column, goal.cells, result).pairs)
    asked = tuple(pair.verdict in _REACHED for pair in pairs[: len(goal.cells)])
    names = {
        at: _best_names(spec, goal, axis, result, pairs)
        for at, axis in enumerate(space.axes)
        if axis.moves == "names" and _named(goal, axis)
    }
    told, beyond = pairs[: len(goal.cells)], pairs[len(goal.cells) :]
    reached = tuple(pair.verdict in _REACHED for pair in told)
    won = [place for place, both in enumerate(zip(reached, asked, strict=True)) if both == (True, False)]
    return Judged(
        setting,
        reached,
        tuple(math.nan if pair.candidate is None else pair.candidate for pair in told),
        sum(pair.verdict == "extra" for pair in beyond),
        names,
        {at: tuple(place for place in _named(goal, space.axes[at]) if place in won) for at in names},
    )


def _best_names(spec: Spec, goal: Goal, axis: Axis, result: Result, pairs: list[Pair]) -> tuple[int, ...]:
    """The alternatives that reach most cells; *pairs* becomes what the first of them gives."""
    places = _named(goal, axis)
    cells = [goal.cells[place] for place in places]
    named = {plain(cell.term if cell.part == "tests" else cell.measure) for cell in cells}
    own = tuple(cell for cell in result.cells if named & {plain(cell.term), plain(cell.measure)})
    alone = replace(result, cells=own)
    found = [_under(spec, goal.column, dict(one.patch), cells, alone) for one in axis.alternatives]
    reached = [sum(pair.verdict in _REACHED for pair in pairs) for pairs in found]
    best = [at for at, count in enumerate(reached) if count == max(reached)]
    for place, pair in zip(places, found[best[0]], strict=True):
        pairs[place] = pair
    return tuple(best)


def _under(
    spec: Spec,
    column: str,
    patch: Mapping[str, Mapping[str, str]],
    cells: Sequence[PrintedCell],
    result: Result,
) -> tuple[Pair, ...]:
    model = spec.columns[column]
    variants = {**model.variants, **patch.get("variants", {})}
    columns = {**spec.columns, column: model.model_copy(update={"variants": variants})}
    named = spec.model_copy(update={"columns": columns})
    return compare.against_print(named, column, cells, result).pairs[: len(cells)]


def _named(goal: Goal, axis: Axis) -> list[int]:
    """Places of the cells whose name the axis interprets."""
    names = {name for one in axis.alternatives for name in one.patch.get("variants", {})}
    return [
        place
        for place, cell in enumerate(goal.cells)
        if (cell.part == "tests" and plain(cell.term) in names)
        or (cell.part == "fit" and plain(cell.measure) in names)
    ]
