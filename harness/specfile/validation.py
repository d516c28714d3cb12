"""Holds the head and every merged column against their models; errors become faults with their place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.spec import MODEL_ADAPTER, MODELS, AnyModel, Head, did_you_mean
from harness.specfile.draft import Column, Found, dotted, walk
from harness.specfile.sentences import ended, unknown_key, wrong_value
from harness.specfile.yamltree import Node, Place, merge, shown

MAX_COLUMNS = 200
MOST = 200  # faults of one column that are looked at; bounds the time
CSV_HEADER = ("part", "term", "measure")  # of published.csv, whose other columns are the spec's


def head(tree: Node) -> tuple[Head | None, list[Found]]:
    """Everything but `base` and `columns`; None where it is not valid."""
    plain = {key: node.plain() for key, (_, node) in tree.entries.items() if key not in ("base", "columns")}
    try:
        return Head.model_validate(plain), []
    except ValidationError as error:
        return None, [found for one in _first(error) for found in _head_faults(one, tree)]


def _first(error: ValidationError) -> Iterable[ErrorDetails]:
    return islice(error.errors(include_url=False), MOST)


def _head_faults(error: ErrorDetails, tree: Node) -> Iterator[Found]:
    path = error["loc"]
    steps = walk(tree, path)
    key = steps[-1].key if steps else Place(1, 1)
    node = steps[-1].node if len(steps) == len(path) and steps else None
    match error["type"]:
        case "faults":
            for fault in error["ctx"]["faults"]:
                inner = walk(tree, (*path, *fault.path))
                yield Found(inner[-1].node.place if inner else key, ended(fault.sentence))
        case "missing":
            yield Found(key, _missing(path, "at the top of the file"))
        case "extra_forbidden":
            yield Found(key, unknown_key(path, Head, ("base", "columns")))
        case _:
            yield Found(node.place if node else key, wrong_value(error, path, node))


def _missing(path: tuple[str | int, ...], top: str) -> str:
    where = f"to {dotted(path[:-1])}" if len(path) > 1 else top
    return f"the required key '{path[-1]}' is missing. Add it {where}."


# -------------------------------------------------------------------------------------------------- columns


def columns(tree: Node) -> tuple[dict[str, Column], list[Found]]:
    """Every column merged with `base`, its model where it is valid, and the faults of all."""
    faults = list(_shape(tree))
    if faults:
        return {}, faults
    found = {column.id: column for column in _merged(tree)}
    for column in found.values():
        model, wrong = _model(column)
        found[column.id] = replace(column, model=model)
        faults += [*_id_faults(column), *wrong]
        if len(faults) > 20 * MOST:  # enough to mend; a stranger's file shall not take minutes
            break
    return found, faults


def _shape(tree: Node) -> Iterator[Found]:
    base, columns = tree.entries.get("base"), tree.entries.get("columns")
    if base and not isinstance(base.node.value, Mapping):
        yield Found(base.key, "'base' must be a mapping: the model, its outcome, its regressors.")
    if columns is None:
        yield Found(
            Place(1, 1), "the required key 'columns' is missing. Add columns: {\"(1)\": {}} at the end."
        )
    elif not columns.node.entries:
        yield Found(
            columns.key, "'columns' must be a mapping with one column at least: columns: {\"(1)\": {}}."
        )
    elif len(columns.node.entries) > MAX_COLUMNS:
        yield Found(columns.key, f"there are more than {MAX_COLUMNS} columns; a spec is one printed table.")


def _merged(tree: Node) -> Iterator[Column]:
    base = tree.entries.get("base")
    # Nulls in `base` remove nothing but themselves: base is a patch on an empty mapping.
    ground = merge(None, base.node) if base else None
    for name, (key, patch) in tree.entries["columns"].node.entries.items():
        merged = merge(ground, patch)
        own = frozenset(node.place for node in patch.walk())
        yield Column(name, key, base.key if base else key, patch, merged, own=own)


def _id_faults(column: Column) -> Iterator[Found]:
    if column.id in CSV_HEADER:
        yield Found(
            column.key, f"a column cannot be called '{column.id}': published.csv has that name taken."
        )
    if column.id != column.id.strip():
        yield Found(column.key, "the column's id begins or ends with a blank. Remove it.")


def _model(column: Column) -> tuple[AnyModel | None, list[Found]]:
    if not isinstance(column.patch.value, Mapping):
        is_empty = column.patch.value is None
        fault = "is empty; write {} where it changes nothing" if is_empty else "must be a mapping"
        return None, [Found(column.key, f"the column {fault}.", column.id)]
    unknown = _unknown_model(column)
    if unknown:
        return None, [unknown]
    try:
        return MODEL_ADAPTER.validate_python(column.merged.plain()), []
    except ValidationError as error:
        return None, [found for one in _first(error) for found in _column_faults(one, column)]


def _unknown_model(column: Column) -> Found | None:
    node = column.merged.child("model")
    if node is None:
        sentence = f"the required key 'model' is missing. Add it to base: one of {', '.join(MODELS)}."
        return column.missing(("model",), sentence)
    if not isinstance(node.value, str) or node.value not in MODELS:
        ends = did_you_mean(str(node.value), MODELS)
        return column.found(("model",), f"there is no model {shown(node.plain())}{ends}")
    return None


def _column_faults(error: ErrorDetails, column: Column) -> Iterator[Found]:
    path = error["loc"][1:]  # the first is the model's name
    match error["type"]:
        case "faults":
            for fault in error["ctx"]["faults"]:
                yield column.found((*path, *fault.path), ended(fault.sentence))
        case "missing":
            yield column.missing(path, _missing(path, "to base"))
        case "extra_forbidden":
            top = MODELS[str(column.merged.plain()["model"])]
            steps = walk(column.merged, path)
            found = column.found(path, unknown_key(path, cast(type[BaseModel], top)))
            yield found._replace(place=steps[-1].key)
        case _:
            steps = walk(column.merged, path)
            node = steps[-1].node if steps and len(steps) == len(path) else None
            yield column.found(path, wrong_value(error, path, node))
