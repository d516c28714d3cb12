"""What moved: today's results beside those of another day, and what changed in between."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness import compare
from harness.result import DISCREPANCIES, Pair, Provenance, Result
from harness.spec import Spec

REPORTED = 1e-10  # of the number: what another machine's last bits may do stays silent
MOVED = "moved"  # reported, but within what `harness run` takes for the same

Address = tuple[str, str, str]  # spec, column, engine
_NAMES = {
    "engine_version": "engine",
    "language_version": "language",
    "numpy": "numpy",
    "blas": "BLAS",
    "cpu": "CPU",
    "platform": "platform",
    "data_sha256": "data",
    "spec_sha256": "model",
    "script_sha256": "R scripts",
    "harness_version": "harness",
}


class Change(NamedTuple):
    """Something around a fit that is not what it was; hashes are shortened."""

    what: str
    before: str
    now: str


@dataclass(frozen=True)
class Move:
    """
    One cell that moved.

    Attributes:
        kind: a discrepancy's verdict, or MOVED
        pair: reference and candidate, before and now; its lre is the number of digits that stayed
    """

    spec: str
    column: str
    engine: str
    kind: str
    pair: Pair


@dataclass(frozen=True)
class Drift:
    """
    What a comparison with another day found.

    Attributes:
        moves: the worst first
        changes: (spec, engine) to what changed around its fits, where any of its cells moved
        untold: sentences on fits that only one side has
        fits, cells: how many were compared
    """

    moves: tuple[Move, ...]
    changes: Mapping[tuple[str, str], tuple[Change, ...]]
    untold: tuple[str, ...]
    fits: int
    cells: int

    def fails(self, fail_on: str) -> bool:
        """Whether a move is as bad as *fail_on*: a discrepancy's verdict, MOVED, or `never`."""
        if fail_on == "never":
            return False
        kinds = [*DISCREPANCIES, MOVED]
        counted = kinds[: kinds.index(fail_on) + 1]
        return any(move.kind in counted for move in self.moves)


def since(specs: Sequence[Spec], before: Mapping[Address, Result], today: Sequence[Result]) -> Drift:
    """
    Every fitted cell of *today* beside the same cell of *before*.

    A cell is reported where it moved by more than 1e-10 of itself, came or went; it is a discrepancy by the
    rules of engines against their golden files (1e-8), whatever the versions.
    """
    known = {spec.id: spec for spec in specs}
    moves: list[Move] = []
    untold: list[str] = []
    changes: dict[tuple[str, str], tuple[Change, ...]] = {}
    fits = cells = 0
    for result in today:
        reference = before.get((result.spec, result.column, result.engine))
        if reference is None or "fitted" not in (reference.status, result.status):
            continue
        if reference.status != result.status:
            untold.append(_untold(reference, result))
            continue
        pairs = _pairs(known[result.spec], reference, result)
        found = [_move(result, pair) for pair in pairs if _is_reported(pair)]
        fits, cells = fits + 1, cells + len(pairs)
        moves += found
        if found:
            changes[result.spec, result.engine] = _changes(reference.provenance, result.provenance)
    return Drift(tuple(sorted(moves, key=_severity)), changes, tuple(untold), fits, cells)


def _pairs(spec: Spec, reference: Result, result: Result) -> tuple[Pair, ...]:
    """As since golden; the version is taken off, for which a discrepancy would be excused."""
    blank = replace(reference, provenance=Provenance())
    return compare.against_golden(spec, result.column, blank, result).pairs


def _is_reported(pair: Pair) -> bool:
    if pair.verdict in DISCREPANCIES:
        return True
    before, now = pair.reference, pair.candidate
    if not isinstance(before, float) or not isinstance(now, float) or pair.verdict == "exact":
        return False
    return math.isfinite(before) and abs(now - before) > REPORTED * abs(before)


def _move(result: Result, pair: Pair) -> Move:
    kind = pair.verdict if pair.verdict in DISCREPANCIES else MOVED
    return Move(result.spec, result.column, result.engine, kind, pair)


def _severity(move: Move) -> tuple[int, float]:
    worst = (*DISCREPANCIES, MOVED).index(move.kind)
    return worst, move.pair.lre if move.pair.lre is not None else 0.0


def _untold(before: Result, today: Result) -> str:
    place = f"{today.spec} ({today.column}) {today.engine}"
    if today.status == "fitted":
        return f"{place}: fitted now, {before.status} before: {before.message}"
    return f"{place}: fitted before, {today.status} now: {today.message}"


def _changes(before: Provenance, now: Provenance) -> tuple[Change, ...]:
    """What both sides know and do not agree on."""
    return tuple(_named_changes(before, now))


def _named_changes(before: Provenance, now: Provenance) -> Iterator[Change]:
    for field, name in _NAMES.items():
        old, new = getattr(before, field), getattr(now, field)
        if old and new and old != new:
            short = 12 if field.endswith("sha256") else None
            yield Change(name, old[:short], new[:short])
