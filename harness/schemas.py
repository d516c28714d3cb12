"""The two JSON Schemas as text: of a spec, and of results.json."""

import json
from importlib.resources import files


def text(what: str) -> str:
    """The committed schema file; *what* is `spec` or `results`."""
    return (files("harness") / f"{what}.schema.json").read_text(encoding="utf-8")


def loads(what: str) -> dict[str, object]:
    """The same, read."""
    document: dict[str, object] = json.loads(text(what))
    return document
