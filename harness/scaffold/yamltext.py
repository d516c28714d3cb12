"""Plain values as one line of YAML that reads back as the same values."""

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.specfile.yamltree import resolve

_PLAIN = re.compile(r"[^\W\d][\w.()/-]*(?: [\w.()/-]+)*")


def flow(value: Any, quoted: bool = False) -> str:
    """
    *value* (texts, numbers, None, lists, mappings) in YAML's flow style.

    quoted : whether a text stands in quotes in any case
    >>> flow({"lags": [2, None], "x": "no: yes", "12": True})
    '{lags: [2, null], x: "no: yes", "12": true}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, str) and not quoted and _PLAIN.fullmatch(value) and resolve(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
