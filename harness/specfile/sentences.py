"""pydantic's errors as sentences of a person who knows the spec language."""

import re
from collections.abc import Collection, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from harness.spec import MODELS, Head, did_you_mean
from harness.specfile.draft import Path, dotted
from harness.specfile.yamltree import Node, shown


def ended(sentence: str) -> str:
    """The sentence with its full stop."""
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def unknown_key(path: Path, top: type[BaseModel], more: Collection[str] = ()) -> str:
    """The last key of *path* is none of the keys that the models under *top* have there."""
    key, parent = str(path[-1]), path[:-1]
    here = _model_at(top, parent)
    fields = here.model_fields if here else {}
    known = [*(field.alias or name for name, field in fields.items()), *(more if not parent else ())]
    inside = f" in {dotted(parent)}" if parent else ""
    misplaced = "" if parent else _misplaced(key, top)
    if misplaced:
        return f"{misplaced}."
    return f"unknown key {shown(key)}{inside}{did_you_mean(key, known)}"


def _misplaced(key: str, top: type[BaseModel]) -> str:
    """Where a key belongs that is right elsewhere; "" where it is right nowhere."""
    models = {name: model.model_fields for name, model in MODELS.items()}
    fitting = [name for name, keys in models.items() if key in keys]
    if top is Head:
        return f"'{key}' is a key of a column, not of the top level. Put it under base" if fitting else ""
    if key in Head.model_fields or key in ("base", "columns"):
        return f"'{key}' is a key of the top level, not of a column. Indent it less"
    own = next((name for name, model in MODELS.items() if model is top), "")
    if fitting and own:
        return f"'{key}' is a key of model {' and '.join(fitting)}, not of model {own}. Remove it"
    return ""


def wrong_value(error: ErrorDetails, path: Path, node: Node | None) -> str:
    """What is wrong with the value at *path*."""
    name = dotted(path) or "the value"
    value = shown(node.plain()) if node and (node.value is not None or node.text) else "empty"
    return f"{name} is {value}; {_reason(error, node)}"


def _reason(error: ErrorDetails, node: Node | None) -> str:
    context, kind = error.get("ctx", {}), error["type"]
    if kind == "value_error":
        return ended(str(context["error"]))
    if kind == "literal_error":
        return _choice(error, node)
    if kind == "string_type":
        quoted = node and node.text and not node.items and not node.entries
        return f'it must be a text. Write "{node.text}".' if quoted and node else "it must be a text."
    for key, words in _LIMITS.items():
        if key in context and kind != "too_short":
            return f"it must be {words} {context[key]:g}."
    return _KINDS.get(kind, ended(error["msg"]))


_LIMITS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
_WHOLE = "it must be a whole number."
_LIST = "it must be a list. Write it in brackets, [ ]."
_MAPPING = "it must be a mapping, key: value."
_KINDS: Mapping[str, str] = {
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": "it must be a number.",
    "bool_type": "it must be true or false.",
    "string_too_short": "write something, or remove the key.",
    "too_short": "the list needs more items.",
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
}


def _choice(error: ErrorDetails, node: Node | None) -> str:
    expected = str(error.get("ctx", {}).get("expected", ""))
    words = [text or number for text, number in re.findall(r"'([^']*)'|(\d+)", expected)]
    if node and isinstance(node.value, str):
        import difflib

        close = difflib.get_close_matches(node.value[:60], words, n=1, cutoff=0.6)
        if close:
            return f"did you mean '{close[0]}'? Possible are {', '.join(words)}."
    return f"possible are {', '.join(words)}."


def _model_at(top: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose keys stand at *path* beneath *top*."""
    current: Any = top
    for key in path:
        current = _bare(current)
        if isinstance(current, type) and issubclass(current, BaseModel):
            found = current.model_fields.get(str(key))
            current = found.annotation if found else None
        else:
            arguments = get_args(current)
            current = arguments[-1] if get_origin(current) is dict else arguments[0] if arguments else None
    current = _bare(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """The type itself, without Annotated and without `| None`."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return annotation
