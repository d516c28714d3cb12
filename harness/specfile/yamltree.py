"""YAML text to a tree in which every key and every value knows its line and column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

MAX_LEVELS = 24  # a spec needs eight
MAX_NODES = 20_000  # a long spec has some hundred; bounds the time a stranger's file can take
LONGEST_KEY = 200
MAX_DIGITS = 15  # whole numbers that a double holds

Scalar = str | int | float | bool | None


class Place(NamedTuple):
    """Where something stands; both 1-based."""

    line: int
    column: int


class YamlFault(NamedTuple):
    """One fault of the file, with its place."""

    place: Place
    sentence: str


class Entry(NamedTuple):
    """A key's place and its value."""

    key: Place
    node: Node


@dataclass(frozen=True)
class Node:
    """
    A value and its place.

    Attributes:
        value: a scalar, a tuple of nodes, or a mapping of key to Entry
        place: its first character
        text: a scalar as it is written, without quotes
        text_column: the column of the text's first character where text and file run in step, else 0
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]
    place: Place
    text: str = ""
    text_column: int = 0

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries of a mapping; empty where it is none."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a list; empty where it is none."""
        return self.value if isinstance(self.value, tuple) else ()

    def child(self, key: str | int) -> Node | None:
        """The value under a key, or the item at a 0-based position; None where there is none."""
        if isinstance(key, int):
            return self.items[key] if key < len(self.items) else None
        entry = self.entries.get(key)
        return entry.node if entry else None

    def plain(self) -> Any:
        """The value as Python's dict, list, str, int, float, bool or None."""
        if isinstance(self.value, Mapping):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        return [item.plain() for item in self.value] if isinstance(self.value, tuple) else self.value

    def walk(self) -> Iterator[Node]:
        """This node and everything under it."""
        yield self
        for child in (*self.items, *(entry.node for entry in self.entries.values())):
            yield from child.walk()


def merge(target: Node | None, patch: Node) -> Node:
    """
    *patch* laid on *target* as RFC 7396 has it; every value keeps its place.

    Mappings merge, lists and scalars replace, null removes a key; the order of the target's keys stays.
    """
    if not isinstance(patch.value, Mapping):
        return patch
    merged = dict(target.entries) if target else {}
    for key, entry in patch.value.items():
        if entry.node.value is None:
            merged.pop(key, None)
        else:
            before = merged.get(key)
            merged[key] = Entry(entry.key, merge(before.node if before else None, entry.node))
    return Node(merged, patch.place)


def read(text: str) -> tuple[Node | None, list[YamlFault]]:
    """
    The tree of *text* with all faults; the tree is None where no reading is possible.

    Refused are anchors, aliases, tags, directives, repeated keys, keys that are no strings, a second
    document, control characters, numbers beyond a double, too deep a nesting and too many values.
    """
    builder = _Builder()
    try:
        return builder.document(_events(text)), builder.faults
    except _Stop as stop:
        return None, [*builder.faults, stop.fault]


class _Stop(Exception):  # noqa: N818 - ends the reading
    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = YamlFault(place, sentence)


# -------------------------------------------------------------------------------------------- the events


def _events(text: str) -> Iterator[Any]:
    """ruamel.yaml's events: its scanner and parser only, which build no objects and follow no alias."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    place = Place(1, 1)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            place = _place(event.start_mark)
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _Stop(_place(mark) if mark else place, _syntax(error)) from None
    except ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, error.position - before.rfind("\n"))
        raise _Stop(place, "this character is not allowed in YAML. Remove it") from None
    except _Stop:
        raise
    except Exception as error:
        # The scanner meets some texts with ValueError and others: chr() of "\UFFFFFFFF", for one.
        raise _Stop(place, f"this cannot be read as YAML ({type(error).__name__}) from here on") from None


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


_ADVICE = (
    ("cannot start any token", "this character begins no value. Put the text in quotes; indent with blanks"),
    ("mapping values are not allowed", "a second ': ' on this line. Put the text in quotes, or indent it"),
    ("could not find expected ':'", "the ':' after the key is missing"),
    ("expected <block end>", "this does not fit what stands above. Indent like the line above; put a text in "
     "quotes where it begins with [ { ' or \""),
    ("expected ',' or", "the list or mapping is not closed here. Write , or the closing bracket"),
    ("expected the node content", "a value is missing here"),
    ("found unexpected end of stream", "the quotes are not closed"),
    ("undefined alias", "aliases (*) are not allowed. Write the value out"),
    ("tag", "tags (!) are not allowed. Put a text that begins with ! in quotes"),
    ("anchor", "anchors (&) are not allowed. Write the value out; a column inherits from base"),
    ("alias", "aliases (*) are not allowed. Write the value out; put a text that begins with * in quotes"),
    ("document start", "one file is one document of YAML. Remove what stands outside of it"),
)  # fmt: skip


def _syntax(error: Any) -> str:
    problem = f"{error.problem or ''} {error.context or ''}"
    for words, advice in _ADVICE:
        if words in problem:
            return advice
    return f"this is not YAML: {(error.problem or error.context or 'it cannot be read').splitlines()[0]}"


# ---------------------------------------------------------------------------------------------- the tree


@dataclass
class _Builder:
    """Builds the tree from the events, one look at each."""

    faults: list[YamlFault] = field(default_factory=list)
    nodes: int = 0

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        for event in events:
            name = _kind(event)
            if name == "DocumentStart":
                if event.version or event.tags:
                    self._fault(event, "directives (%) are not allowed. Remove the line")
            elif name not in ("StreamStart", "DocumentEnd", "StreamEnd"):
                if root is not None:
                    raise _Stop(_place(event.start_mark), "a second document begins. One file is one table")
                root = self._node(event, events, 1)
        return root

    def _node(self, event: Any, events: Iterator[Any], level: int) -> Node:
        self.nodes += 1
        place = _place(event.start_mark)
        if level > MAX_LEVELS:
            raise _Stop(place, f"the file is nested more than {MAX_LEVELS} levels deep")
        if self.nodes > MAX_NODES:
            raise _Stop(place, f"the file has more than {MAX_NODES} values; a spec is one printed table")
        self._refuse_references(event)
        match _kind(event):
            case "Scalar":
                return self._scalar(event, place)
            case "SequenceStart":
                items = self._until("SequenceEnd", events)
                return Node(tuple(self._node(item, events, level + 1) for item in items), place)
            case "MappingStart":
                return Node(self._mapping(events, level), place)
            case _:
                return Node(None, place)  # an alias, refused above

    def _until(self, end: str, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            if _kind(event) == end:
                return
            yield event

    def _mapping(self, events: Iterator[Any], level: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for event in self._until("MappingEnd", events):
            key = self._node(event, events, level + 1)
            node = self._node(next(events), events, level + 1)
            name = self._key(event, key)
            if name in entries:
                first = entries[name].key.line
                self._fault(
                    event, f"the key {shown(name)} stands here again, first in line {first}. Keep one"
                )
            elif name is not None:
                entries[name] = Entry(key.place, node)
        return entries

    def _key(self, event: Any, key: Node) -> str | None:
        """The key's text; also where it is a fault to write it so, to find the faults beneath it too."""
        if _kind(event) == "Alias":
            return None
        if not key.text:
            self._fault(event, "a key is a text on one line, not empty, no list and no mapping")
        elif not isinstance(key.value, str):
            self._fault(event, f'a key is a text, and {shown(key.value)} is none. Write "{key.text}"')
        elif "\n" in key.text or len(key.text) > LONGEST_KEY:
            self._fault(event, f"a key is one line of at most {LONGEST_KEY} characters")
        return key.text or None

    def _scalar(self, event: Any, place: Place) -> Node:
        text = event.value
        for character in text:
            if _invisible(character):
                code = f"U+{ord(character):04X}"
                self._fault(event, f"the text has the invisible character {code}. Remove it")
                return Node("?", place)
        value = self._resolved(event) if event.style is None else text
        return Node(value, place, text, _text_column(event))

    def _resolved(self, event: Any) -> Scalar:
        value = resolve(event.value)
        if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
            self._fault(
                event, f"the number has more than {MAX_DIGITS} digits. Put it in quotes if it is a text"
            )
            return 0
        if isinstance(value, float) and not isfinite(value):
            self._fault(event, f"{event.value} is no finite number. Put it in quotes if it is a text")
            return 0.0
        return value

    def _refuse_references(self, event: Any) -> None:
        if _kind(event) == "Alias":
            self._fault(event, "aliases (*) are not allowed. Write the value out")
        elif event.anchor is not None:
            self._fault(
                event, "anchors (&) are not allowed. Write the value out; a column inherits from base"
            )
        elif event.tag is not None:
            self._fault(event, "tags (!) are not allowed. Remove it; put a text that begins with ! in quotes")

    def _fault(self, event: Any, sentence: str) -> None:
        self.faults.append(YamlFault(_place(event.start_mark), sentence))


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _invisible(character: str) -> bool:
    """Control characters, halves of pairs, and marks that turn the direction of writing."""
    if character in "\n\t" or character.isprintable():
        return False
    return unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp")


def _text_column(event: Any) -> int:
    """Where a position in the text can be counted off in the file: one line, no escapes."""
    start, end = event.start_mark, event.end_mark
    quotes = 0 if event.style is None else 1
    if start.line != end.line or end.column - start.column != len(event.value) + 2 * quotes:
        return 0
    return int(start.column) + 1 + quotes


# YAML 1.2.2, section 10.3.2: the core schema.
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")


def resolve(text: str) -> Scalar:
    """
    What a plain (unquoted) scalar means in YAML 1.2; an over-long whole number comes back as 10^15.

    >>> resolve("null"), resolve("12"), resolve("0.05"), resolve("yes"), resolve("1e-3")
    (None, 12, 0.05, 'yes', 0.001)
    """
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _WHOLE.fullmatch(text) or _BASED.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10) if len(text) < 40 else 10**MAX_DIGITS
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "").lower()) if _SPECIAL.fullmatch(text) else text


# ------------------------------------------------------------------------------------------------ shown

_LONGEST = 60


def shown(value: Any) -> str:
    """
    A value for a message: short, on one line, nothing invisible.

    >>> shown([4, None]), shown("robst"), shown({"lags": [1, 2]})
    ('[4, null]', "'robst'", '{lags: [1, 2]}')
    """
    text = repr(value) if isinstance(value, str) else _flow(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flow(item) for item in value)}]"
    if isinstance(value, str):
        return value if re.fullmatch(r"[\w.~=+@-]+", value) and resolve(value) == value else repr(value)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
