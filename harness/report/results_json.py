"""results.json: everything that was fitted and compared for one spec, as plain values."""

import json
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from harness.result import Comparison, Finding, Outcome, Result

SCHEMA = 1


def content(outcome: Outcome) -> dict[str, Any]:
    """
    The content of results.json; `harness/results.schema.json` says its shape.

    NaN and the infinities are the strings "nan", "inf", "-inf": JSON has no numbers for them.
    """
    return {
        "schema": SCHEMA,
        "spec": outcome.spec.id,
        "title": outcome.spec.title,
        "spec_sha256": outcome.spec.sha256,
        "published_sha256": outcome.published.sha256 if outcome.published else "",
        "reproduced": outcome.reproduced,
        "headlines": dict(outcome.headlines),
        "notes": list(outcome.notes),
        "findings": [finding(one) for one in outcome.findings],
        "results": [_result(result) for result in outcome.results],
        "comparisons": [_comparison(comparison) for comparison in outcome.comparisons],
    }


def text(document: dict[str, Any]) -> str:
    """A document as JSON, one cell and one pair per line: a changed number is a one-line change."""
    listed = ("findings", "results", "comparisons")
    head = {key: value for key, value in document.items() if key not in listed}
    lines = [f" {_json(key)}: {_json(value)}" for key, value in head.items()]
    lines.append(f' "findings": {_lines(document["findings"])}')
    lines.append(f' "results": {_items(document["results"], "cells")}')
    lines.append(f' "comparisons": {_items(document["comparisons"], "pairs")}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def finding(one: Finding) -> dict[str, Any]:
    """A finding of the audit as plain values."""
    return vars(one) | {"found": [_plain(x) for x in one.found], "needed": [_plain(x) for x in one.needed]}


def _result(result: Result) -> dict[str, Any]:
    return {
        "engine": result.engine,
        "column": result.column,
        "status": result.status,
        "message": result.message,
        "call": result.call,
        "warnings": list(result.warnings),
        "not_offered": [list(item) for item in result.not_offered],
        "recomputed": [list(item) for item in result.recomputed],
        **({"printed": [list(item) for item in result.printed]} if result.printed else {}),
        "provenance": result.provenance.filled(),
        "cells": [[part, term, measure, _plain(value)] for part, term, measure, value in result.cells],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "column": comparison.column,
        "reference": comparison.reference,
        "candidate": comparison.candidate,
        "pairs": [
            [
                pair.part,
                pair.term,
                pair.measure,
                _plain(pair.reference),
                _plain(pair.candidate),
                _plain(pair.tolerance),
                pair.verdict,
                _plain(pair.lre),
                pair.reason,
            ]
            for pair in comparison.pairs
        ],
    }


def _plain(value: float | str | None) -> float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _items(items: Sequence[dict[str, Any]], last: str) -> str:
    """Objects whose list *last* has one element per line."""
    return "[" + ",".join("\n  " + _item(item, last) for item in items) + ("\n ]" if items else "]")


def _item(item: dict[str, Any], last: str) -> str:
    head = ", ".join(f"{_json(key)}: {_json(value)}" for key, value in item.items() if key != last)
    return f"{{{head}, {_json(last)}: {_lines(item[last])}}}"


def _lines(rows: Iterable[object]) -> str:
    text = ",\n".join("   " + (_row(row) if isinstance(row, list) else _json(row)) for row in rows)
    return f"[\n{text}\n  ]" if text else "[]"


def _row(values: list[float | str | None]) -> str:
    """A list of plain values: as `_json` writes it, in half the time, which is that of most of a report."""
    return "[" + ", ".join(map(_scalar, values)) + "]"


def _scalar(value: float | str | None) -> str:
    if type(value) is float:
        return repr(value)
    return _word(value) if isinstance(value, str) else _json(value)


_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_word = lru_cache(maxsize=2**14)(_json)
