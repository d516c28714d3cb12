"""The tabular of a LaTeX file as a grid of texts."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.errors import TableError
from harness.tables.grid import Grid, Row, grid

_TOKEN = re.compile(r"\\(?:[a-zA-Z]+\*?|.)|[{}&$^_~#]|%[^\n]*\n?[ \t]*|[^\\{}&$^_~#%]+|\\", re.DOTALL)
_DEEPEST = 60  # levels of braces
_TABULARS = {"tabular": 1, "tabular*": 2, "tabularx": 2, "tabulary": 2, "longtable": 1}  # and their arguments


class Command(NamedTuple):
    r"""A control sequence (`\hline`, `\\`, `\&`), or a character with a meaning (`&`, `^`, `~`, ...)."""

    name: str
    line: int


class Group(NamedTuple):
    """What stands in braces."""

    nodes: tuple["Node", ...]


Node = Command | Group | str


def looks_like(text: str) -> bool:
    """Whether *text* is LaTeX: a tabular, or rows of one."""
    return "\\begin{" in text or ("&" in text and "\\\\" in text)


def read(text: str, name: str) -> Grid:
    """
    The first tabular in *text*; all of it where it has none, as esttab writes fragments.

    Raises TableError where braces do not close or a row has too many cells.
    """
    nodes = _Parser(text, name).all()
    before, inside, after = _tabular(nodes) or ((), nodes, ())
    rows = list(_rows(inside))
    return grid(rows, [*_paragraphs(before), *_paragraphs(after)], name, short_is_fault=False)


# ------------------------------------------------------------------------------------------------- the tree


class _Parser:
    """Tokens to nodes; braces make groups, comments go."""

    def __init__(self, text: str, name: str) -> None:
        self.tokens = _TOKEN.finditer(text)
        self.name = name
        self.line = 1

    def all(self) -> tuple[Node, ...]:
        return tuple(self._until("", 0))

    def _until(self, end: str, level: int) -> Iterator[Node]:
        if level > _DEEPEST:
            raise self._fault(f"more than {_DEEPEST} braces are open")
        for found in self.tokens:
            token, line = found.group(), self.line
            self.line += token.count("\n")
            if token == "{":
                yield Group(tuple(self._until("}", level + 1)))
            elif token == "}":
                if not end:
                    raise self._fault("a brace closes that was never opened")
                return
            elif not token.startswith("%"):
                yield token if token[0] not in "\\&$^_~#" else Command(token, line)
        if end:
            raise self._fault("a brace is not closed")

    def _fault(self, fault: str) -> TableError:
        return TableError(f"{self.name}:{self.line}: {fault}. Mend the LaTeX")


Parts = tuple[tuple[Node, ...], tuple[Node, ...], tuple[Node, ...]]


def _tabular(nodes: tuple[Node, ...]) -> Parts | None:
    """What stands before, in and after the first tabular, wherever in braces it is."""
    for place, node in enumerate(nodes):
        if isinstance(node, Group):
            found = _tabular(node.nodes)
            if found:
                before, inside, after = found
                return (*nodes[:place], *before), inside, (*after, *nodes[place + 1 :])
        elif isinstance(node, Command) and node.name == "\\begin":
            arguments = _TABULARS.get(_argument(nodes, place + 1))
            if arguments is not None:
                start = _after_groups(nodes, place + 1, 1 + arguments)
                end = _end(nodes, start)
                return nodes[:place], nodes[start:end], nodes[end + 2 :]
    return None


def _argument(nodes: Sequence[Node], place: int) -> str:
    node = nodes[place] if place < len(nodes) else ""
    return plain(node.nodes) if isinstance(node, Group) else ""


def _after_groups(nodes: Sequence[Node], place: int, count: int) -> int:
    """The place after *count* groups, what stands between them ([t], blanks) passed over."""
    while place < len(nodes) and count:
        count -= isinstance(nodes[place], Group)
        place += 1
    return place


def _end(nodes: Sequence[Node], start: int) -> int:
    """The place of the \\end that belongs to the \\begin before *start*."""
    level = 1
    for place in range(start, len(nodes)):
        level += _level(nodes[place])
        if level == 0:
            return place
    return len(nodes)


def _level(node: Node) -> int:
    return {"\\begin": 1, "\\end": -1}.get(node.name, 0) if isinstance(node, Command) else 0


# ------------------------------------------------------------------------------------------ rows and cells


_ENDS = ("\\\\", "\\tabularnewline", "\\cr")
_PLACES = ("&", "\\multicolumn", "\\item", *_ENDS)  # what stands in a row's own line; rules stand above it


@dataclass
class _Cut:
    """A row that is being read: its cells so far, and its line."""

    cells: list[list[Node]]
    line: int = 0


def _rows(nodes: Sequence[Node]) -> Iterator[Row]:
    for cut in _cuts(nodes):
        cells = [_cell(cell) for cell in cut.cells]
        told = [text for text, _ in cells if text]
        alone = len(told) == 1 and cells[0][0] == told[0] and (cells[0][1] > 1 or len(cells) == 1)
        spread = [text for text, span in cells for _ in range(span)]
        yield Row(cut.line, tuple(spread), alone)


def _cuts(nodes: Sequence[Node]) -> Iterator[_Cut]:
    """Rows end at \\\\, cells at &; those of an environment inside a cell are its own."""
    cut, level, ended = _Cut([[]]), 0, False
    for node in nodes:
        level += _level(node)
        name = node.name if isinstance(node, Command) and level == 0 else ""
        if isinstance(node, Command) and not cut.line and name in _PLACES:
            cut.line = node.line
        if name in _ENDS:
            yield cut
            cut = _Cut([[]])
        elif name == "&":
            cut.cells.append([])
        else:  # \\[2pt] ends a row too
            cut.cells[-1].append(_OPTIONAL.sub("", node) if ended and isinstance(node, str) else node)
        ended = name == "\\\\"
    yield cut


def _cell(nodes: Sequence[Node]) -> tuple[str, int]:
    """A cell's text and how many columns it covers."""
    for place, node in enumerate(nodes):
        if isinstance(node, Command) and node.name == "\\multicolumn":
            span = _argument(nodes, place + 1)
            return plain(nodes), int(span) if span.isdigit() and 0 < int(span) < 100 else 1
    return plain(nodes), 1


def _paragraphs(nodes: Sequence[Node]) -> Iterator[str]:
    """The texts outside of a table: cut at empty lines and line ends."""
    for cut in _cuts(nodes):
        yield from (" ".join(part.split()) for part in _flat(cut.cells[0]).split("\n\n"))


# ---------------------------------------------------------------------------------------------- plain text

_DROPPED = {  # command to how many of its arguments go with it
    "\\begin": 1, "\\end": 1, "\\cmidrule": 1, "\\cline": 1, "\\label": 1, "\\hspace": 1, "\\hspace*": 1,
    "\\vspace": 1, "\\vspace*": 1, "\\phantom": 1, "\\hphantom": 1, "\\vphantom": 1, "\\rowcolor": 1,
    "\\cellcolor": 1, "\\color": 1, "\\textcolor": 1, "\\def": 1, "\\newcommand": 2, "\\renewcommand": 2,
    "\\setlength": 2, "\\usepackage": 1, "\\documentclass": 1, "\\multicolumn": 2, "\\multirow": 2,
    "\\includegraphics": 1, "\\input": 1, "\\cite": 1, "\\citep": 1, "\\resizebox": 2, "\\rule": 2,
    "\\fontsize": 2,
}  # fmt: skip
_SYMBOLS = {
    "~": " ", "\\ ": " ", "\\,": "", "\\!": "", "\\;": " ", "\\:": " ", "\\quad": " ", "\\qquad": " ",
    "\\%": "%", "\\&": "&", "\\$": "$", "\\#": "#", "\\_": "_", "\\{": "{", "\\}": "}", "\\-": "",
    "\\textbackslash": "\\", "\\textasciitilde": "~", "\\textasciicircum": "^", "\\ast": "*", "\\star": "*",
    "\\textasteriskcentered": "*", "\\dagger": "†", "\\dag": "†", "\\ddagger": "‡", "\\times": "×",
    "\\textminus": "-", "\\textless": "<", "\\textgreater": ">", "\\textbar": "|", "\\cdot": "·", "\\pm": "±",
    "\\lt": "<", "\\gt": ">", "\\leq": "≤", "\\geq": "≥", "\\ldots": "...", "\\dots": "...", "\\ss": "ß",
    "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\delta": "δ", "\\Delta": "Δ", "\\epsilon": "ε",
    "\\lambda": "λ", "\\mu": "μ", "\\rho": "ρ", "\\sigma": "σ", "\\tau": "τ", "\\theta": "θ", "\\chi": "χ",
    "\\textemdash": "—", "\\textendash": "–", "\\newline": " ", "\\\\": " ", "\\tabularnewline": " ",
    "\\o": "ø", "\\O": "Ø", "\\ae": "æ", "\\l": "ł", "\\i": "ı", "&": " ", "\\par": "\n\n",
}  # fmt: skip
_ACCENTS = {
    "\\'": "\u0301", "\\`": "\u0300", '\\"': "\u0308", "\\^": "\u0302", "\\~": "\u0303", "\\c": "\u0327",
    "\\=": "\u0304", "\\v": "\u030c", "\\H": "\u030b", "\\.": "\u0307", "\\u": "\u0306",
}  # fmt: skip
_OPTIONAL = re.compile(r"\A\s*(?:\*?\[[^\]]*\]|\((?:lr?|rl?)\))")


def plain(nodes: Sequence[Node]) -> str:
    """The words of *nodes* on one line; raised text after a ^, lowered text after a _."""
    return re.sub(r"(?<!-)--(?=[\d.])", "-", " ".join(_flat(nodes).split()))


def _flat(nodes: Sequence[Node]) -> str:
    return "".join(_Flat(list(nodes)).pieces())


class _Flat:
    """Walks over nodes; a command takes from them what belongs to it."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.place = 0

    def pieces(self) -> Iterator[str]:
        while self.place < len(self.nodes):
            node = self.nodes[self.place]
            self.place += 1
            if isinstance(node, Group):
                yield _flat(node.nodes)
            elif isinstance(node, Command):
                yield self._command(node.name)
            else:
                yield node

    def _command(self, name: str) -> str:
        if name in _DROPPED:
            inner = _TABULARS.get(_argument(self.nodes, self.place), 0) if name == "\\begin" else 0
            self.place = _after_groups(self.nodes, self.place, _DROPPED[name] + inner)
            if name == "\\begin":
                self._drop_option()
            return ""
        if name in _ACCENTS:
            letter = self._taken()
            return unicodedata.normalize("NFC", letter[:1] + _ACCENTS[name] + letter[1:])
        if name in _RAISED:
            return _RAISED[name](self._taken())
        if name[0] == "\\":
            self._drop_option()
        return _SYMBOLS.get(name, "")

    def _drop_option(self) -> None:
        if self.place < len(self.nodes):
            node = self.nodes[self.place]
            if isinstance(node, str):
                self.nodes[self.place] = _OPTIONAL.sub("", node)

    def _taken(self) -> str:
        """The argument of a command: a group, a command, or the next character."""
        if self.place >= len(self.nodes):
            return ""
        node = self.nodes[self.place]
        if isinstance(node, str) and len(node) > 1:
            self.nodes[self.place] = node[1:]
            return node[0]
        self.place += 1
        return node if isinstance(node, str) else _flat([node])


def _raised(text: str) -> str:
    """Stars stand by themselves, whatever raises them."""
    bare = text.strip()
    return bare if not bare or set(bare) <= set("*†‡+") else f"^{bare}"


_RAISED: dict[str, Callable[[str], str]] = {
    "^": _raised,
    "\\sym": _raised,
    "\\textsuperscript": _raised,
    "\\tnote": _raised,
    "_": lambda text: f"_{text}",
}
