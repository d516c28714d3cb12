"""The expression language: what it says, what it refuses, and that nothing surprises it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.expression import (
    Arithmetic,
    Call,
    Comparison,
    ExpressionError,
    Logic,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Text,
    names,
    needs_panel,
    parse,
)

a, b, c, x = (Name(letter) for letter in "abcx")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1.5e3", Number(1500.0)),
        (".5", Number(0.5)),
        ("a + b * c", Arithmetic(a, (("+", Arithmetic(b, (("*", c),))),))),
        ("a - b + c", Arithmetic(a, (("-", b), ("+", c)))),
        ("a / b * c", Arithmetic(a, (("/", b), ("*", c)))),
        ("(a + b) * c", Arithmetic(Arithmetic(a, (("+", b),)), (("*", c),))),
        ("-a * b", Arithmetic(Negative(a), (("*", b),))),
        ("a - -b", Arithmetic(a, (("-", Negative(b)),))),
        ("a or b and c", Logic("or", (a, Logic("and", (b, c))))),
        ("a and b and c", Logic("and", (a, b, c))),
        ("not a == b", Not(Comparison("==", a, b))),
        ("not a and b", Logic("and", (Not(a), b))),
        ("a < b + c", Comparison("<", a, Arithmetic(b, (("+", c),)))),
        ("(a < b) == c", Comparison("==", Comparison("<", a, b), c)),
        ("a in [1, -2, 'b']", Member(a, (Number(1.0), Number(-2.0), Text("b")), negated=False)),
        ("not a not in ['b']", Not(Member(a, (Text("b"),), negated=True))),
        ("a == 'two words'", Comparison("==", a, Text("two words"))),
        ("`emp per firm` / x", Arithmetic(Name("emp per firm"), (("/", x),))),
        ("lag(log(x), 2)", Call("lag", (Call("log", (x,)), Number(2.0)))),
        ("round(x, -2)", Call("round", (x, Number(-2.0)))),
        ("quantile_group(x, 3)", Call("quantile_group", (x, Number(3.0)))),
        ("quantile_group(x, 3, by=a)", Call("quantile_group", (x, Number(3.0)), Name("a"))),
        ("log + 1", Arithmetic(Name("log"), (("+", Number(1.0)),))),
        ("就业 > 0", Comparison(">", Name("就业"), Number(0.0))),
    ],
)
def test_the_grammar_of_the_language_gives_this_tree(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "the expression is empty. Write for instance log(x)"),
        ("lgo(x)", 0, "there is no function 'lgo'. Did you mean 'log'?"),
        ("1 + flaot32(x)", 4, "there is no function 'flaot32'. Did you mean 'float32'?"),
        ("1 < x < 3", 6, "comparisons are not chained. Write 1 < x and x < 3 for 1 < x < 3"),
        ("x = 3", 2, "'=' was not expected here; an operator or the end was. Write == to compare"),
        ("x and", 5, "a number, a name or '(' was expected, not the end"),
        ("(x", 2, "')' was expected to close the parenthesis, not the end"),
        ("x == not a", 5, "'not' needs parentheses here. Write (not x)"),
        ("x ^ 2", 2, "'^' is not part of the language: there is no power. Write x * x"),
        ('x == "a"', 5, "'\"' is not part of the language: a text stands in single quotes, 'text'"),
        ("log.emp", 3, "'.' is not part of the language: a name with a dot stands in backticks, `a.b`"),
        ("2x", 0, "'2x' is neither a number nor a name. Write 2 * x, or `2x` for a column"),
        ("lag(x)", 0, "lag: 'k' is missing. Write lag(x, k)"),
        ("lag(x, -1)", 7, "lag: k is from 1 to 1000, not -1. Write lag(x, k)"),
        ("lag(x, 1.5)", 7, "lag: k is a whole number. Write lag(x, k)"),
        ("log(x, 2)", 0, "log: 2 arguments are too many. Write log(x)"),
        ("log(x, by=a)", 7, "log: 'by=' is no option of it. Write log(x)"),
        ("log()", 0, "log: the argument is missing. Write log(x)"),
        ("x in a", 5, "'[' was expected after 'in', not 'a'"),
        ("1e999", 0, "1e999 is too large for a double (at most 1.8e308)"),
        (
            "x + 'a'",
            4,
            "the text 'a' can only be compared, with ==, != or in. "
            "A name with blanks stands in backticks, `name with blanks`",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_the_next_step(text: str, position: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.position, caught.value.message) == (position, message)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "x.y",
        "x[0]",
        "lambda: 1",
        "x; y",
        "f'{x}'",
        "x if a else b",
        "open('a')",
        "x ** 2",
    ],
)
def test_what_python_would_run_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_sixty_four_levels_are_read_and_sixty_five_are_not() -> None:
    assert parse("(" * 64 + "x" + ")" * 64) == x
    with pytest.raises(ExpressionError, match="more than 64 levels deep"):
        parse("(" * 65 + "x" + ")" * 65)


def test_two_thousand_characters_are_read_and_one_more_is_not() -> None:
    assert parse("x" + " " * 1999) == x
    with pytest.raises(ExpressionError, match="2001 characters, at most 2000"):
        parse("x" + " " * 2000)


def test_a_long_sum_is_not_a_deep_tree() -> None:
    tree = parse("+".join("x" * 1000))
    assert isinstance(tree, Arithmetic)
    assert len(tree.rest) == 999


def test_names_are_the_columns_referred_to_once_each_and_no_functions() -> None:
    text = "log(a) + quantile_group(b, 3, by=`c d`) > a and e in ['x']"
    assert names(parse(text)) == {"a", "b", "c d", "e"}


def test_only_lags_and_differences_need_a_panel() -> None:
    assert needs_panel(parse("1 + diff(x)"))
    assert needs_panel(parse("not lag(x, 1) > 2"))
    assert not needs_panel(parse("quantile_group(x, 3, by=a)"))


_MARKS = "( ) [ ] , = == != < <= > >= + - * / and or not in"
_WORDS = "1 2.5 1e9 'a' ` `b c` x year log lag quantile_group by"
_pieces = st.sampled_from(f"{_MARKS} {_WORDS}".split())


@given(st.one_of(st.text(), st.lists(_pieces, max_size=60).map(" ".join), st.lists(_pieces).map("".join)))
@example("lag(x,")
@example("not")
@example("quantile_group(x, 3, by=")
@example("-" * 1999 + "x")
@example("(" * 2000)
@example("not " * 499 + "x")
@example("log(" * 500)
@example("'" * 1999)
@example("٣ + x")
@example("x not")
def test_any_text_is_a_tree_or_an_expression_error(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)
        assert error.message
    else:
        assert all(isinstance(name, str) for name in names(tree))
        assert isinstance(hash(tree), int)
