"""A spec that may still be wrong: its tree, its columns merged with `base`, where a fault in it stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.spec import AnyModel
from harness.specfile.yamltree import Node, Place, shown

Path = Sequence[str | int]


class Found(NamedTuple):
    """
    A fault.

    Attributes:
        place: where it stands
        sentence: the fault and the next step, without the column's name
        column: the column it is in; "" at the top level
        inherited: whether the column has it from `base`, so that other columns may have the very same
        is_unread: whether YAML itself is at fault here: the value is then another than the one written
    """

    place: Place
    sentence: str
    column: str = ""
    inherited: bool = False
    is_unread: bool = False


@dataclass(frozen=True)
class Column:
    """
    One column as written and as merged.

    Attributes:
        id: its key
        key: where the key stands
        base: the place of base's key; the column's own where there is no base
        patch: what the column changes
        merged: the patch laid on `base`; every value knows where it was written
        model: the validated model, None where it is not valid
    """

    id: str
    key: Place
    base: Place
    patch: Node
    merged: Node
    model: AnyModel | None = None
    own: frozenset[Place] = field(default=frozenset(), repr=False)

    def found(self, path: Path, sentence: str) -> Found:
        """A fault of what stands at *path*, or of the nearest mapping around it."""
        walked = walk(self.merged, path)
        if not walked:
            return Found(self.key, sentence, self.id, inherited=False)
        place = walked[-1].node.place if len(walked) == len(path) else walked[-1].key
        return Found(place, sentence, self.id, inherited=walked[-1].node.place not in self.own)

    def missing(self, path: Path, sentence: str) -> Found:
        """A fault of a key that is not there; at the null that removed it, where that is why."""
        removed = walk(self.patch, path)
        if len(removed) == len(path):
            sentence = f"null removes '{path[-1]}', which is required. Give it a value."
            return Found(removed[-1].node.place, sentence, self.id)
        walked = walk(self.merged, path)
        if not walked:
            return Found(self.base, sentence, self.id, inherited=True)
        return Found(walked[-1].key, sentence, self.id, walked[-1].node.place not in self.own)


@dataclass(frozen=True)
class Draft:
    """
    A whole spec before it is known to be right.

    Attributes:
        root: the file's tree
        columns: id to column, in order of print
        engines: the ids of all engines there are
    """

    root: Node
    columns: Mapping[str, Column]
    engines: Collection[str]

    def at(self, *path: str | int) -> Node | None:
        """The value at *path* from the top, None where there is none."""
        walked = walk(self.root, path)
        return walked[-1].node if path and len(walked) == len(path) else None

    def listed(self, *path: str | int) -> tuple[Node, ...]:
        """The items of the list at *path*; none where there is no list."""
        node = self.at(*path)
        return node.items if node else ()


class Step(NamedTuple):
    """One step of a walk: where the key stands, and the value under it."""

    key: Place
    node: Node


def walk(node: Node, path: Path) -> list[Step]:
    """The steps along *path*, as far as there is something; shorter than *path* where it ends before."""
    steps: list[Step] = []
    for key in path:
        child = node.child(key)
        if child is None:
            break
        entry = node.entries.get(key) if isinstance(key, str) else None
        steps.append(Step(entry.key if entry else child.place, child))
        node = child
    return steps


def dotted(path: Path) -> str:
    """
    A path for a message. Positions in lists are left out: line and column say them.

    >>> dotted(("instruments", "gmm", "log wage", "lags", 0))
    "instruments.gmm.'log wage'.lags"
    """
    names = (key for key in path if isinstance(key, str))
    return ".".join(name if name.isidentifier() or name.replace("-", "_").isidentifier() else shown(name)
                    for name in names)  # fmt: skip
