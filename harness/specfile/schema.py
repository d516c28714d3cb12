"""The JSON Schema of a spec as it is written: `base` is a part of a model, a column a patch on it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from harness.spec import MODELS, Head

Schema = dict[str, Any]


def spec_schema() -> Schema:
    """
    The schema (draft 2020-12) by which editors complete and check a spec.

    It sees one file without its data and before the merge, so it is content with what `specfile.read`
    may still refuse: a required key may stand in `base` or in the column.
    """
    head = _plain(Head.model_json_schema())
    definitions = {**head.pop("$defs"), **_patches()}
    columns = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/Patch"}}
    head["properties"] |= {
        "base": {"$ref": "#/$defs/Patch", "description": "What all columns share: a model and its settings"},
        "columns": {
            **columns,
            "description": "Column id: what the column changes in base; null removes a key",
        },
    }
    head["required"] = [*head["required"], "columns"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **head,
        "title": "A spec: one printed table",
        "description": "Its source, its data, its model, and its columns. One column is one fit",
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """The schema as the committed file `harness/spec.schema.json` has it."""
    return json.dumps(spec_schema(), indent=2, ensure_ascii=False) + "\n"


def _patches() -> Schema:
    """A definition for every mapping of a model in which any key may be missing, and any value null."""
    _, schemas = TypeAdapter.json_schemas(
        [(name, "validation", TypeAdapter(model)) for name, model in MODELS.items()]
    )
    found = {f"{name}Patch": _patch(_plain(one)) for name, one in schemas["$defs"].items()}
    models = [{"$ref": f"#/$defs/{model.__name__}Patch"} for model in MODELS.values()]
    return {**found, "Patch": {"anyOf": models}}


def _patch(schema: Schema) -> Schema:
    """A mapping's schema as a merge patch (RFC 7396); whatever is no mapping replaces, and stays as it is."""
    if "$ref" in schema:
        return {**schema, "$ref": f"{schema['$ref']}Patch"}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_patch(choice) for choice in schema["anyOf"]]}
    if schema.get("type") != "object":
        return schema
    patch = {key: value for key, value in schema.items() if key not in ("required", "default")}
    if "properties" in schema:
        patch["properties"] = {
            name: value if "const" in value else _nullable(_patch(value))
            for name, value in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), Mapping):
        patch["additionalProperties"] = _nullable(_patch(schema["additionalProperties"]))
    return patch


def _nullable(schema: Schema) -> Schema:
    """The schema or null, what editors show kept outermost."""
    outer: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in outer}
    choices = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    if {"type": "null"} in choices:
        return schema
    return {**outer, "anyOf": [*choices, {"type": "null"}]}


def _plain(schema: Any, *, names: bool = False) -> Any:
    """Without the titles that pydantic makes of the keys' names; *names*: the keys are the spec's own."""
    if isinstance(schema, dict):
        return {
            key: _plain(value, names=not names and key in ("properties", "$defs"))
            for key, value in schema.items()
            if names or (key != "title" and (key, value) != ("default", None))
        }
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    print(text(), end="")
