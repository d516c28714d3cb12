"""Reads spec files: every fault at once, each with its line and column."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness import yamltree
from harness.draft import Column, Draft, Found, walk
from harness.errors import Problem, SpecError, UsageError
from harness.rules import broken
from harness.sentences import did_you_mean, unknown_key, wrong_value
from harness.spec import ID, LATER_MODELS, MODEL_ADAPTER, MODELS, AnyModel, Fault, Head, Spec
from harness.yamltree import Node, Place, shown

MAX_BYTES = 1_000_000
MAX_COLUMNS = 200
MAX_PROBLEMS = 100  # listed; what is beyond is counted
CSV_HEADER = ("part", "term", "measure")  # of published.csv, whose other columns are the spec's


# ----------------------------------------------------------------------------------------------- the files


def all_paths(root: Path) -> list[Path]:
    """The specs of a project, sorted by id."""
    return sorted((root / "specs").glob("*.yaml"))


def find(name: str, root: Path) -> Path:
    """
    The file of a spec: an id in `specs/`, or the path of any YAML file.

    Raises UsageError where there is neither.
    """
    known = {path.stem: path for path in all_paths(root)}
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        if path.is_file():
            return path
        fault = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"{shown(name)} {fault}. Give the path of a YAML file, or an id: harness list")
    raise UsageError(f"there is no spec {shown(name)} in {root / 'specs'}{did_you_mean(name, known)}")


def read(path: Path, known_engines: Collection[str]) -> Spec:
    """
    The spec in *path*, whose engines must be among *known_engines*.

    Raises SpecError with every fault of the file; whatever the file holds, nothing else.
    """
    content = _content(path)
    tree, faults = _tree(content)
    if tree is None:
        raise SpecError(_problems(path, faults, ()))
    head, head_faults = _validated(Head, tree)
    columns, column_faults = _columns(tree)
    draft = Draft(tree, columns, known_engines)
    faults += [*_name_faults(path), *head_faults, *column_faults, *broken(draft)]
    if faults or head is None:
        raise SpecError(_problems(path, faults, columns))
    return _spec(path, content, head, columns)


def _spec(path: Path, content: bytes, head: Head, columns: Mapping[str, Column]) -> Spec:
    return Spec(
        **{name: getattr(head, name) for name in Head.model_fields if name in head.model_fields_set},
        id=path.stem,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        columns={column.id: cast(AnyModel, column.model) for column in columns.values()},
        merged={column.id: column.merged.plain() for column in columns.values()},
    )


def _content(path: Path) -> bytes:
    """The file's bytes, no more than a spec may have."""
    try:
        if path.exists() and not path.is_file():
            raise _whole(path, "this is no file. Give the path of a YAML file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise _whole(path, f"the file cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise _whole(path, f"the file is larger than {MAX_BYTES // 1000} kB; a spec is one printed table")
    return content


def _whole(path: Path, sentence: str) -> SpecError:
    return SpecError([Problem(_shown_path(path), 0, 0, f"{sentence}.")])


def _shown_path(path: Path) -> str:
    """The path as people know it: from the current folder where it lies beneath."""
    here = Path.cwd()
    shortened = path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
    return "".join(character if character.isprintable() else "?" for character in str(shortened))


def _tree(content: bytes) -> tuple[Node | None, list[Found]]:
    """The tree of the file, if its top is a mapping, with the faults of its YAML."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, [Found(Place(line, 0), "the file is not in UTF-8. Save it as UTF-8.")]
    tree, faults = yamltree.read(text)
    found = [Found(fault.place, f"{fault.sentence.rstrip('.')}.") for fault in faults]
    if tree is not None and isinstance(tree.value, Mapping):
        return tree, found
    if not found:
        kind = "is empty" if tree is None or tree.value is None else "is no mapping of keys at its top"
        found = [Found(tree.place if tree else Place(1, 1), f"the file {kind}. Begin with title: ...")]
    return None, found


def _name_faults(path: Path) -> Iterator[Found]:
    if not re.fullmatch(ID, path.stem):
        fitting = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "my-table"
        sentence = f"the file's name is the spec's id and has a-z, 0-9 and - only. Call it {fitting}.yaml."
        yield Found(Place(0, 0), sentence)


# ----------------------------------------------------------------------------------------------- validation


def _validated(model: type[Head], tree: Node) -> tuple[Head | None, list[Found]]:
    plain = {key: node.plain() for key, (_, node) in tree.entries.items() if key not in ("base", "columns")}
    try:
        return model.model_validate(plain), []
    except ValidationError as error:
        return None, [found for one in _first(error) for found in _head_faults(one, tree, model)]


def _first(error: ValidationError) -> Iterable[ErrorDetails]:
    return islice(error.errors(include_url=False), 2 * MAX_PROBLEMS)


def _head_faults(error: ErrorDetails, tree: Node, model: type[Head]) -> Iterator[Found]:
    path = error["loc"]
    steps = walk(tree, path)
    key = steps[-1].key if steps else Place(1, 1)
    node = steps[-1].node if len(steps) == len(path) and steps else None
    match error["type"]:
        case "faults":
            for fault in error["ctx"]["faults"]:
                inner = walk(tree, (*path, *fault.path))
                yield Found(inner[-1].node.place if inner else key, f"{fault.sentence}{_stop(fault)}")
        case "missing":
            yield Found(key, _missing(path, "at the top of the file"))
        case "extra_forbidden":
            yield Found(key, unknown_key(path, model, ("base", "columns")))
        case _:
            yield Found(node.place if node else key, wrong_value(error, path, node))


def _stop(fault: Fault) -> str:
    return "" if fault.sentence.endswith((".", "?")) else "."


def _missing(path: tuple[str | int, ...], top: str) -> str:
    from harness.draft import dotted

    where = f"to {dotted(path[:-1])}" if len(path) > 1 else top
    return f"the required key '{path[-1]}' is missing. Add it {where}."


# -------------------------------------------------------------------------------------------------- columns


def _columns(tree: Node) -> tuple[dict[str, Column], list[Found]]:
    """Every column merged with `base` and validated."""
    faults = list(_shape(tree))
    if faults:
        return {}, faults
    columns: dict[str, Column] = {}
    for column in _merged(tree):
        faults += _id_faults(column)
        model, found = _model(column)
        columns[column.id] = replace(column, model=model)
        faults += found
        if len(faults) > 10 * MAX_PROBLEMS:  # enough to mend; a stranger's file shall not take minutes
            break
    return columns, faults


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
    ground = yamltree.merge(None, base.node) if base else None
    for name, (key, patch) in tree.entries["columns"].node.entries.items():
        merged = yamltree.merge(ground, patch)
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
        if node.value in LATER_MODELS:
            return column.found(("model",), f"model '{node.value}' is not part of this version.")
        ends = did_you_mean(str(node.value), MODELS)
        return column.found(("model",), f"there is no model {shown(node.plain())}{ends}")
    return None


def _column_faults(error: ErrorDetails, column: Column) -> Iterator[Found]:
    path = error["loc"][1:]  # the first is the model's name
    match error["type"]:
        case "faults":
            for fault in error["ctx"]["faults"]:
                yield column.found((*path, *fault.path), f"{fault.sentence}{_stop(fault)}")
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


# ------------------------------------------------------------------------------------------------- problems


def _problems(path: Path, faults: Iterable[Found], columns: Collection[str]) -> list[Problem]:
    """The faults in the order of the file; what columns have from `base` alike is said once."""
    file = _shown_path(path)
    unique: dict[tuple[Any, ...], list[Found]] = {}
    for fault in faults:
        own = "" if fault.inherited else fault.column
        unique.setdefault((fault.place, fault.sentence, own), []).append(fault)
    problems = sorted(
        {
            Problem(file, *group[0].place, _prefix(group, columns) + group[0].sentence)
            for group in unique.values()
        }
    )
    if len(problems) > MAX_PROBLEMS:
        more = f"there are {len(problems) - MAX_PROBLEMS} faults more. Mend these first."
        last = problems[MAX_PROBLEMS]
        problems = [*problems[:MAX_PROBLEMS], Problem(file, last.line, last.column, more)]
    return problems


def _prefix(group: list[Found], columns: Collection[str]) -> str:
    """Whose fault it is: a column's, base's, or nobody's in particular."""
    if not group[0].column:
        return ""
    affected = list(dict.fromkeys(fault.column for fault in group))
    if group[0].inherited and len(affected) == len(columns):
        return "base: "
    if len(affected) > 3:
        return f"column {_quoted(affected[0])} and {len(affected) - 1} more: "
    return f"column{'s' if len(affected) > 1 else ''} {', '.join(map(_quoted, affected))}: "


def _quoted(name: str) -> str:
    import json

    return json.dumps(name, ensure_ascii=False)
