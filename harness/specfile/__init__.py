"""Reads spec files: every fault at once, each with its line and column."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import cast

from harness.errors import Problem, SpecError, UsageError
from harness.spec import ID, AnyModel, Head, Spec, did_you_mean
from harness.specfile import known_trees, validation
from harness.specfile.draft import Column, Draft, Found
from harness.specfile.problems import problems
from harness.specfile.rules import broken
from harness.specfile.sentences import ended
from harness.specfile.yamltree import Node, Place, shown

__all__ = ["all_paths", "column_lines", "find", "read"]

MAX_BYTES = 1_000_000
MAX_BROKEN = 1000  # broken rules that are looked at; bounds the time


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
    return _read(path, _content(path), tuple(known_engines))


@lru_cache(maxsize=256)
def _read(path: Path, content: bytes, known_engines: tuple[str, ...]) -> Spec:
    """The spec of a file's *content*: parsed once, since a run and its audit ask for the same files."""
    tree, faults = _tree(content)
    if tree is None:
        raise SpecError(problems(_shown_path(path), faults, ()))
    head, head_faults = validation.head(tree)
    columns, column_faults = validation.columns(tree)
    draft = Draft(tree, columns, known_engines)
    faults += [*_name_faults(path), *head_faults, *column_faults, *islice(broken(draft), MAX_BROKEN)]
    if faults or head is None:
        raise SpecError(problems(_shown_path(path), faults, columns))
    return _spec(path, content, head, columns)


def column_lines(path: Path) -> dict[str, int]:
    """The line of each column's key in a spec that has been read; {} where the file is no longer that."""
    try:
        tree, _ = _tree(_content(path))
    except SpecError:
        return {}
    columns = tree.child("columns") if tree else None
    return {name: entry.key.line for name, entry in columns.entries.items()} if columns else {}


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
    tree, faults = known_trees.read(text)
    found = [Found(fault.place, ended(fault.sentence), is_unread=True) for fault in faults]
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
