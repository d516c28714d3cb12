"""Where two engines part, for a reader and as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from harness.explain.between import Parting
from harness.spec import Spec


def lines(found: Parting) -> Iterator[str]:
    """What a reader sees."""
    left, right = found.engines
    head = f"({found.column}) {left} and {right}"
    if found.stage in ("none", "fitted"):
        yield f"{head}: {found.sentence}"
    else:
        yield f"{head} differ first in: {found.stage}"
        yield f"  {found.sentence}"
        for reason, evidence in found.known:
            yield f"  known: {reason} ({evidence})"
        if found.later:
            yield f"  then: {', '.join(f'{stage} ({count} numbers)' for stage, count in found.later)}"
    for sentence in found.labels:
        yield f"  {sentence}"


def document(spec: Spec, found: Sequence[Parting]) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "schema": 1,
        "spec": spec.id,
        "columns": [
            {
                "column": one.column,
                "engines": list(one.engines),
                "stage": one.stage,
                "sentence": one.sentence,
                "pairs": [
                    [p.part, p.term, p.measure, _plain(p.reference), _plain(p.candidate)] for p in one.pairs
                ],
                "later": dict(one.later),
                "known": [{"reason": reason, "evidence": evidence} for reason, evidence in one.known],
                "labels": list(one.labels),
            }
            for one in found
        ],
    }


def _plain(value: float | str | None) -> float | str | None:
    """JSON has no NaN and no infinities."""
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)
