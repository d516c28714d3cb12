"""Trees of spec files kept between runs: a file whose bytes were read before is not parsed again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.kept import Kept, place
from harness.specfile import yamltree
from harness.specfile.yamltree import Entry, Node, Place, YamlFault


def read(text: str) -> tuple[Node | None, list[YamlFault]]:
    """What `yamltree.read` gives, from what is kept where it can be; a text with faults is not kept."""
    kept, name = Kept(place()), _name(text)
    document = kept.read(name)
    if document is not None:
        return _tree(document), []
    tree, faults = yamltree.read(text)
    if tree is not None and not faults:
        kept.write(name, _document(tree))
    return tree, faults


def _name(text: str) -> str:
    digest = hashlib.sha256(_reader() + text.encode("utf-8")).hexdigest()
    return f"specs/{digest[:2]}/{digest[2:]}.json"


@cache
def _reader() -> bytes:
    """Whatever decides what a text is read as."""
    sources = b"".join(Path(str(path)).read_bytes() for path in (yamltree.__file__, __file__))
    return hashlib.sha256(sources).digest() + version("ruamel.yaml").encode()


def _document(node: Node) -> list[Any]:
    """A node as [line, column, value], a scalar with its text and where it begins."""
    if isinstance(node.value, Mapping):
        return [*node.place, {k: [*entry.key, _document(entry.node)] for k, entry in node.value.items()}]
    if isinstance(node.value, tuple):
        return [*node.place, [_document(item) for item in node.value]]
    return [*node.place, node.value, node.text, node.text_column]


def _tree(document: list[Any]) -> Node:
    line, column, value, *text = document
    if isinstance(value, dict):
        value = {k: Entry(Place(line, column), _tree(node)) for k, (line, column, node) in value.items()}
    elif isinstance(value, list):
        value = tuple(_tree(item) for item in value)
    return Node(value, Place(line, column), *text)
