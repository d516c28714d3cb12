"""How an axis is written down: one key and its values, or alternatives with patches of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.explain.space import Alternative, Axis, Moves, word


def of_key(
    name: str, used: Any, legal: Iterable[Any], *, moves: Moves = "estimates", keeps_sheet: bool = True
) -> Axis:
    """The axis of one key of a model and the values that programs and papers give it."""
    others = [Alternative(word(value), {name: value}) for value in legal if value != used]
    return of_patches(name, word(used), others, moves=moves, keeps_sheet=keeps_sheet)


def of_patches(
    name: str,
    used: str,
    others: Iterable[Alternative],
    *,
    moves: Moves = "estimates",
    keeps_sheet: bool = True,
) -> Axis:
    """An axis of alternatives that change more than one key, or deeper ones."""
    return Axis(name, (Alternative(used, {}), *others), moves, keeps_sheet)


def labelled(alternatives: Mapping[str, Mapping[str, Any]], used: str) -> Iterator[Alternative]:
    """Label to patch, without the one that is used."""
    yield from (Alternative(label, patch) for label, patch in alternatives.items() if label != used)
