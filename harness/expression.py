"""The expression language of `derive` and `sample`: text to a tree, without running anything."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Literal, NamedTuple, NoReturn, TypeAlias

MAX_LEVELS = 64
MAX_CHARACTERS = 2000


class ExpressionError(ValueError):
    """
    The text is not an expression.

    Attributes:
        message: what is wrong and the next step
        position: 0-based index into the text
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Number:
    """A literal number; negative only inside a list or where a function asks for a plain number."""

    value: float


@dataclass(frozen=True)
class Text:
    """A literal text. It can only be compared, with ==, != or in."""

    value: str


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """A function of columns; `by` is the column after `by=`, None where there is none."""

    function: str
    arguments: tuple["Node", ...]
    by: Name | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Negative:
    """Unary minus."""

    operand: "Node"


@dataclass(frozen=True)
class Arithmetic:
    """
    A sum or a product, from left to right: first, then (operator, operand) pairs.

    One node holds the whole chain, so that a long sum is no deep tree.
    """

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True)
class Comparison:
    """== != < <= > >= of two operands."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Member:
    """`in` a list of literals; `negated` for `not in`."""

    operand: "Node"
    values: tuple[Number | Text, ...]
    negated: bool


@dataclass(frozen=True)
class Not:
    """Logical not."""

    operand: "Node"


@dataclass(frozen=True)
class Logic:
    """All operands (`and`), or at least one (`or`)."""

    operator: Literal["and", "or"]
    operands: tuple["Node", ...]


Node: TypeAlias = Number | Text | Name | Call | Negative | Arithmetic | Comparison | Member | Not | Logic


def parse(text: str) -> Node:
    """
    The tree of *text*.

    Raises ExpressionError where *text* is not in the language; nothing else.

    >>> parse("emp > 3 and year in [1980, 1981]").operator
    'and'
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            f"the expression has {len(text)} characters, at most {MAX_CHARACTERS} are allowed. "
            "Build it in steps, in 'derive'",
            MAX_CHARACTERS,
        )
    return _Parser(text).whole()


def names(node: Node) -> set[str]:
    """
    The columns that *node* refers to, `by=` included.

    >>> sorted(names(parse("quantile_group(log(emp), 3, by=year)")))
    ['emp', 'year']
    """
    return {inner.name for inner in walk(node) if isinstance(inner, Name)}


def needs_panel(node: Node) -> bool:
    """Whether *node* goes by time within the entity (`lag`, `diff`), so that data.panel is needed."""
    return any(isinstance(inner, Call) and inner.function in {"lag", "diff"} for inner in walk(node))


def walk(node: Node) -> Iterator[Node]:
    """*node* and everything under it, itself first."""
    yield node
    for child in _children(node):
        yield from walk(child)


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Call(arguments=arguments, by=by):
            return arguments if by is None else (*arguments, by)
        case Negative(operand=operand) | Not(operand=operand):
            return (operand,)
        case Arithmetic(first=first, rest=rest):
            return (first, *(operand for _, operand in rest))
        case Comparison(left=left, right=right):
            return (left, right)
        case Member(operand=operand, values=values):
            return (operand, *values)
        case Logic(operands=operands):
            return operands
        case _:
            return ()


# ------------------------------------------------------------------------------------------- the functions


class _Signature(NamedTuple):
    """How a function is called: an example for messages, and what its second argument is."""

    usage: str
    second: str = ""  # "" where there is none
    smallest: int = 0
    largest: int = 0


FUNCTIONS: Mapping[str, _Signature] = MappingProxyType(
    {
        "log": _Signature("log(x)"),
        "exp": _Signature("exp(x)"),
        "sqrt": _Signature("sqrt(x)"),
        "abs": _Signature("abs(x)"),
        "round": _Signature("round(x, digits)", "digits", -15, 15),
        "float32": _Signature("float32(x)"),
        "lag": _Signature("lag(x, k)", "k", 1, 1000),
        "diff": _Signature("diff(x)"),
        "is_missing": _Signature("is_missing(x)"),
        "quantile_group": _Signature("quantile_group(x, k, by=column)", "k", 2, 1000),
    }
)

# ---------------------------------------------------------------------------------------------- the tokens


class _Token(NamedTuple):
    kind: str  # number, text, name, quoted, word (and or not in), mark, end
    text: str
    position: int


_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<text>'[^']*')
      | (?P<quoted>`[^`]+`)
      | (?P<name>[^\W\d]\w*)
      | (?P<mark>==|!=|<=|>=|[<>+\-*/(),=\[\]])""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in"})
_FOREIGN = {
    '"': "a text stands in single quotes, 'text'",
    "'": "the text is not closed. Add the second '",
    "`": "the name in backticks is empty or not closed. Write `name with blanks`",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or != for unequal",
    "~": "write 'not'",
    "^": "there is no power. Write x * x",
    "%": "there is no remainder; compute the column in the data file",
    ".": "a name with a dot stands in backticks, `a.b`",
}


def _tokens(text: str) -> list[_Token]:
    """The tokens of *text*, `end` last."""
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _foreign(text, position)
        kind, word = str(match.lastgroup), match.group()
        if kind != "blank":
            found.append(_Token("word" if kind == "name" and word in _WORDS else kind, word, position))
        position = match.end()
    return [*found, _Token("end", "", len(text))]


def _foreign(text: str, position: int) -> ExpressionError:
    character = text[position]
    advice = _FOREIGN.get(character, "a name with other characters than letters, digits and _ needs `...`")
    return ExpressionError(f"{character!r} is not part of the language: {advice}", position)


# ---------------------------------------------------------------------------------------------- the parser

# How strongly an operator binds; an operand is read with the power of its operator plus one.
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _MINUS = range(1, 8)
_POWERS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not"), _COMPARISON),
    **{"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT},
}


class _Parser:
    """
    Reads tokens from left to right by the power of the operators (Pratt 1973).

    Every operand is read one level deeper than its operator, which bounds the recursion.
    """

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._level = -1

    def whole(self) -> Node:
        if self._next.kind == "end":
            self._fail("the expression is empty. Write for instance log(x)")
        node = _numeric(self._expression(_OR), 0)
        if self._next.kind != "end":
            self._fail(f"{self._shown} was not expected here; an operator or the end was{self._advice()}")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    @property
    def _after_next(self) -> _Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def _shown(self) -> str:
        token = self._next
        quote = "" if token.kind in {"text", "quoted"} else "'"
        return f"{quote}{token.text}{quote}" if token.kind != "end" else "the end"

    def _advice(self) -> str:
        """What the writer may have meant by a token that stands where none can."""
        before = self._tokens[self._at - 1] if self._at else self._next
        if self._next.text == "=":
            return ". Write == to compare"
        if before.kind == "name" and self._next.text == "(":
            return _suggest(before.text)
        return ""

    def _fail(self, message: str, token: _Token | None = None) -> NoReturn:
        raise ExpressionError(message, (token or self._next).position)

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _accept(self, text: str) -> bool:
        """Whether the next token is the mark or word *text*; it is taken if so."""
        found = self._next.kind in {"mark", "word"} and self._next.text == text
        self._at += found
        return found

    def _expect(self, text: str, where: str) -> None:
        if not self._accept(text):
            self._fail(f"'{text}' was expected {where}, not {self._shown}")

    def _expression(self, power: int) -> Node:
        """An operand, and every operator after it that binds at least as strongly as *power*."""
        self._level += 1
        if self._level > MAX_LEVELS:
            self._fail(
                f"the expression is nested more than {MAX_LEVELS} levels deep. Build it in steps, in 'derive'"
            )
        start = self._next.position
        node = self._operand(power)
        compared = False
        while (found := self._infix_power()) >= power:
            if found == _COMPARISON and compared:
                self._fail("comparisons are not chained. Write 1 < x and x < 3 for 1 < x < 3")
            node = self._infix(node, found, start)
            compared = found == _COMPARISON
        self._level -= 1
        return node

    def _infix_power(self) -> int:
        """How strongly the next token binds as an operator; 0 where it is none."""
        token = self._next
        if token.kind not in {"mark", "word"}:
            return 0
        if token.text == "not" and self._after_next.text != "in":
            return 0
        return _POWERS.get(token.text, 0)

    def _infix(self, left: Node, power: int, start: int) -> Node:
        if power in (_OR, _AND):
            return self._logic(left, power, start)
        if power == _COMPARISON:
            return self._comparison(left, start)
        return self._arithmetic(left, power, start)

    def _logic(self, left: Node, power: int, start: int) -> Node:
        operator: Literal["and", "or"] = "or" if power == _OR else "and"
        operands = [_numeric(left, start)]
        while self._accept(operator):
            operands.append(self._number_like(power + 1))
        return Logic(operator, tuple(operands))

    def _arithmetic(self, left: Node, power: int, start: int) -> Node:
        first, rest = _numeric(left, start), []
        while self._infix_power() == power:
            operator = self._take().text
            rest.append((operator, self._number_like(power + 1)))
        return Arithmetic(first, tuple(rest))

    def _comparison(self, left: Node, start: int) -> Node:
        token = self._take()
        if token.text in ("in", "not"):
            if token.text == "not":
                self._take()
            return Member(left, self._list(), negated=token.text == "not")
        right_start = self._next.position
        right = self._expression(_SUM)
        if token.text not in ("==", "!="):
            _numeric(left, start)
            _numeric(right, right_start)
        return Comparison(token.text, left, right)

    def _number_like(self, power: int) -> Node:
        start = self._next.position
        return _numeric(self._expression(power), start)

    def _operand(self, power: int) -> Node:
        """What stands before an operator: a literal, a name, a call, a sign, `not` or parentheses."""
        token = self._take()
        if token.kind == "number":
            return Number(self._number(token))
        if token.kind == "text":
            return Text(token.text[1:-1])
        if token.kind == "quoted":
            return Name(token.text[1:-1], token.position)
        if token.kind == "name":
            return self._call(token) if self._next.text == "(" else Name(token.text, token.position)
        return self._prefixed(token, power)

    def _prefixed(self, token: _Token, power: int) -> Node:
        if token.text == "-":
            return Negative(self._number_like(_MINUS))
        if token.text == "not":
            if power > _NOT:
                self._fail("'not' needs parentheses here. Write (not x)", token)
            return Not(self._number_like(_NOT))
        if token.text == "(":
            node = self._expression(_OR)
            self._expect(")", "to close the parenthesis")
            return node
        self._at -= 1
        self._fail(f"a number, a name or '(' was expected, not {self._shown}{self._advice()}")

    def _number(self, token: _Token) -> float:
        value = float(token.text)
        if not isfinite(value):
            self._fail(f"{token.text} is too large for a double (at most 1.8e308)", token)
        if self._next.kind == "name" and self._next.position == token.position + len(token.text):
            self._fail(
                f"'{token.text}{self._next.text}' is neither a number nor a name. "
                f"Write {token.text} * {self._next.text}, or `{token.text}{self._next.text}` for a column",
                token,
            )
        return value

    def _list(self) -> tuple[Number | Text, ...]:
        self._expect("[", "after 'in'")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect("]", "to close the list")
        return tuple(values)

    def _literal(self) -> Number | Text:
        sign = -1 if self._accept("-") else 1
        token = self._next
        if token.kind == "number":
            self._take()
            return Number(sign * self._number(token))
        if token.kind == "text" and sign == 1:
            return Text(self._take().text[1:-1])
        self._fail(f"a number or a 'text' was expected in the list, not {self._shown}")

    def _call(self, name: _Token) -> Call:
        if name.text not in FUNCTIONS:
            self._fail(f"there is no function '{name.text}'{_suggest(name.text)}", name)
        self._take()
        arguments = [self._argument(name)]
        by = None
        while self._accept(","):
            if self._after_next.text == "=":
                by = self._by(name)
                break
            arguments.append(self._second(name, len(arguments)))
        self._expect(")", f"to close {FUNCTIONS[name.text].usage}")
        if len(arguments) < (2 if FUNCTIONS[name.text].second else 1):
            self._misused(name, f"'{FUNCTIONS[name.text].second}' is missing")
        return Call(name.text, tuple(arguments), by, name.position)

    def _argument(self, name: _Token) -> Node:
        if self._next.text == ")":
            self._misused(name, "the argument is missing")
        return self._number_like(_OR)

    def _second(self, name: _Token, count: int) -> Number:
        """The second argument of a function: a plain whole number inside its bounds."""
        signature = FUNCTIONS[name.text]
        if not signature.second or count > 1:
            self._misused(name, f"{count + 1} arguments are too many")
        start = self._next
        value = self._literal()
        if not isinstance(value, Number) or not value.value.is_integer():
            self._misused(name, f"{signature.second} is a whole number", start)
        if not signature.smallest <= value.value <= signature.largest:
            bounds = f"{signature.second} is from {signature.smallest} to {signature.largest}"
            self._misused(name, f"{bounds}, not {value.value:.0f}", start)
        return value

    def _by(self, name: _Token) -> Name:
        option = self._take()
        if option.text != "by" or name.text != "quantile_group":
            self._misused(name, f"'{option.text}=' is no option of it", option)
        self._take()
        column = self._take()
        if column.kind not in ("name", "quoted"):
            self._misused(name, "after by= stands the name of a column", column)
        return Name(column.text.strip("`"), column.position)

    def _misused(self, name: _Token, fault: str, at: _Token | None = None) -> NoReturn:
        self._fail(f"{name.text}: {fault}. Write {FUNCTIONS[name.text].usage}", at or name)


def _numeric(node: Node, position: int) -> Node:
    """*node*, unless it is a literal text: text is compared, never computed with."""
    if isinstance(node, Text):
        raise ExpressionError(
            f"the text '{node.value}' can only be compared, with ==, != or in. "
            "A name with blanks stands in backticks, `name with blanks`",
            position,
        )
    return node


def _suggest(name: str) -> str:
    close = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.5)
    return f". Did you mean '{close[0]}'?" if close else f". There are {', '.join(FUNCTIONS)}"
