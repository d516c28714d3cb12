"""A drift as text for a person, and as a document for a program."""

import math
from collections.abc import Iterator
from typing import Any

from harness.drift import MOVED, Change, Drift, Move


def lines(drift: Drift, against: str, shown: int = 40) -> Iterator[str]:
    """
    The moves by table and engine, the worst first, each group with what changed around it; then the count.

    shown : moves a group; the document has them all
    """
    groups: dict[tuple[str, str], list[Move]] = {}
    for move in drift.moves:
        groups.setdefault((move.spec, move.engine), []).append(move)
    for (spec, engine), moves in groups.items():
        yield f"{spec} {engine}: {_cells(len(moves))} moved"
        changes = drift.changes[spec, engine]
        yield from (f"  {_change(change)}" for change in changes)
        if not changes:
            yield "  no change of version, data or model is known"
        yield from (f"  {_move(move)}" for move in moves[:shown])
        if len(moves) > shown:
            yield f"  ... and {len(moves) - shown} more: --json has them all"
    yield from drift.untold
    worse = sum(move.kind != MOVED for move in drift.moves)
    yield (
        f"{_cells(drift.cells)} of {drift.fits} fits against {against}: {len(drift.moves)} moved, "
        f"{worse} of them by more than their tolerance."
    )


def document(drift: Drift, against: str) -> dict[str, Any]:
    """The same as plain values; NaN and infinities are text."""
    return {
        "schema": 1,
        "against": against,
        "fits": drift.fits,
        "cells": drift.cells,
        "moves": [_plain(move) for move in drift.moves],
        "changes": [
            {"spec": spec, "engine": engine, "changed": [change._asdict() for change in changes]}
            for (spec, engine), changes in drift.changes.items()
        ],
        "untold": list(drift.untold),
    }


def _cells(number: int) -> str:
    return f"{number} cell{'' if number == 1 else 's'}"


def _change(change: Change) -> str:
    return f"{change.what}: {change.before} -> {change.now}"


def _move(move: Move) -> str:
    pair = move.pair
    digits = "" if pair.lre is None else f", {pair.lre:g} digits stayed"
    place = f"({move.column}) {pair.part} {pair.term} {pair.measure}"
    return f"{move.kind:17} {place}: {_number(pair.reference)} -> {_number(pair.candidate)}{digits}"


def _number(value: float | str | None) -> str:
    return "none" if value is None else str(value)


def _plain(move: Move) -> dict[str, Any]:
    pair = move.pair
    values = [_finite(value) for value in (pair.reference, pair.candidate, pair.tolerance)]
    return {
        "spec": move.spec, "column": move.column, "engine": move.engine, "kind": move.kind,
        "part": pair.part, "term": pair.term, "measure": pair.measure,
        "before": values[0], "now": values[1], "tolerance": values[2], "digits": pair.lre,
    }  # fmt: skip


def _finite(value: float | str | None) -> float | str | None:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
