"""What a single key of a spec may hold: texts, lists, lags, words of the glossary."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.glossary import MEASURES, PARTS, VARIANTS, measure

LONGEST_LAG = 999  # no panel is longer, and a typing error must not become a design of 10^9 columns
MOST_TERMS = 1000


class Fault(NamedTuple):
    """
    What is wrong with settings that are each right by themselves.

    Attributes:
        path: the keys that lead to the setting, from the model downwards
        sentence: the fault and the next step, without full stop
    """

    path: tuple[str, ...]
    sentence: str


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def faults(self) -> Iterator[Fault]:
        """Settings that do not go together. Every key has its type already."""
        yield from ()

    @model_validator(mode="after")
    def _no_faults(self) -> Self:
        """Raises one error that carries every fault, so that all of them are listed at once."""
        found = list(self.faults())
        if found:
            sentences = "; ".join(fault.sentence for fault in found)
            raise PydanticCustomError("faults", "{sentences}", {"sentences": sentences, "faults": found})
        return self


# ------------------------------------------------------------------------------------------ texts and lists

Item = TypeVar("Item")
Text = Annotated[str, Field(min_length=1)]
Listed = Annotated[tuple[Item, ...], Field(strict=False)]  # a YAML list, kept as a tuple


def _distinct(values: tuple[Item, ...]) -> tuple[Item, ...]:
    seen: set[Item] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value} stands there twice. Write it once")
        seen.add(value)
    return values


Distinct = Annotated[tuple[Item, ...], Field(strict=False), AfterValidator(_distinct)]


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def no_bool(value: object) -> object:
    """Python takes True for 1; a spec does not."""
    if isinstance(value, bool | float):
        raise ValueError("a whole number stands here")
    return value


def _label(value: object) -> object:
    if not _is_int(value) and not (isinstance(value, str) and value):
        raise ValueError("a text or a whole number stands here")
    return value


Label = Annotated[str | int, BeforeValidator(_label, json_schema_input_type=str | int)]


def _all_or(legal: Callable[[object], bool], what: str) -> Callable[[object], object]:
    """`all`, or a list of distinct values that are *legal*; one sentence where it is neither."""

    def check(value: object) -> object:
        if value == "all":
            return value
        if not isinstance(value, list | tuple) or not all(map(legal, value)):
            raise ValueError(f"write all, or a list of {what}")
        return _distinct(tuple(value))

    return check


Times = Annotated[
    Literal["all"] | tuple[int, ...],
    BeforeValidator(
        _all_or(_is_int, "whole numbers, e.g. [1980, 1981]"),
        json_schema_input_type=Literal["all"] | list[int],
    ),
]
Kept = Annotated[
    Literal["all"] | tuple[int | str, ...],
    BeforeValidator(
        _all_or(lambda value: _is_int(value) or isinstance(value, str), "the values kept, e.g. [2, 3]"),
        json_schema_input_type=Literal["all"] | list[int | str],
    ),
]


# ------------------------------------------------------------------------------------------- cut-offs of sets


def is_number(value: object) -> bool:
    """Whether it is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cuts(value: object) -> object:
    """One cut as two equal ones."""
    if is_number(value):
        value = [value, value]
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(is_number, value)):
        raise ValueError("write one number, or [one, zero], e.g. [0.8, 0.6]")
    one, zero = map(float, value)
    if not (0 < one <= 1 and 0 <= zero <= one):
        raise ValueError("cut-offs lie between 0 and 1, and the one for 1 is not below the one for 0")
    return one, zero


Cuts = Annotated[
    tuple[float, float],
    BeforeValidator(_cuts, json_schema_input_type=float | tuple[float, float]),
]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, BeforeValidator(no_bool), Field(ge=1)]


# --------------------------------------------------------------------------------------------------- files


def _beneath(file: str) -> str:
    """A path that can only lead to a file beneath the spec's own folder, on any system."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", file):
        raise ValueError("nothing is read from the network. Download the file and put it beside the spec")
    for path in (PurePosixPath(file), PureWindowsPath(file)):
        if path.is_absolute() or path.drive or path.root or ".." in path.parts:
            raise ValueError(
                "a spec reads beneath its own folder only. Put the file there, or give --data NAME=PATH"
            )
    return file


def _sha256(digits: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("a sha256 has 64 hexadecimal digits in lower case. Write what sha256sum prints")
    return digits


Beneath = Annotated[Text, AfterValidator(_beneath)]
Sha256 = Annotated[str, AfterValidator(_sha256)]


# ---------------------------------------------------------------------------------------------------- lags


def _pair(*, is_open: bool) -> Callable[[object], object]:
    """[1, 2] as a tuple; an integer n as (n, n). One sentence for whatever else is written."""
    form = "[first, last], two whole numbers (last may be null: open end)"
    form = form if is_open else "[first, last], two whole numbers"

    def check(value: object) -> object:
        if _is_int(value):
            return (value, value)
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(f"write {form}, or one whole number")
        if not _is_int(value[0]) or not (_is_int(value[1]) or (is_open and value[1] is None)):
            raise ValueError(f"write {form}, or one whole number")
        return tuple(value)

    return check


AnyLags = TypeVar("AnyLags", bound=tuple[int, int | None])


def _in_order(lags: AnyLags) -> AnyLags:
    first, last = lags
    if first < 0:
        raise ValueError("leads (negative lags) are not offered; the first lag is 0 or more")
    if last is not None and last < first:
        raise ValueError(f"the last lag comes before the first. Write [{last}, {first}]")
    if max(first, last or 0) > LONGEST_LAG:
        raise ValueError(f"the longest lag is {LONGEST_LAG}")
    return lags


_Lag = Annotated[int, Field(ge=0, le=LONGEST_LAG)]
Lags = Annotated[
    tuple[int, int],
    BeforeValidator(_pair(is_open=False), json_schema_input_type=_Lag | tuple[_Lag, _Lag]),
    AfterValidator(_in_order),
]
OpenLags = Annotated[
    tuple[int, int | None],
    BeforeValidator(_pair(is_open=True), json_schema_input_type=_Lag | tuple[_Lag, _Lag | None]),
    AfterValidator(_in_order),
]


def _printable(lagged: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    count = sum(last - first + 1 for first, last in lagged.values())
    if count > MOST_TERMS:
        raise ValueError(f"that makes {count} terms; a table prints at most {MOST_TERMS}")
    return lagged


Lagged = Annotated[dict[Text, Lags], AfterValidator(_printable)]


# ------------------------------------------------------------------------------------ words of the glossary


def _part(name: str) -> str:
    if name not in PARTS:
        raise ValueError(f"there is no such part{did_you_mean(name, PARTS)}")
    return name


def _measure(name: str) -> str:
    if "@" in name:
        raise ValueError(f"a variant does not stand here. Write {name.partition('@')[0]}")
    if not any(measure(part, name) for part in PARTS):
        raise ValueError(
            f"there is no such measure{did_you_mean(name, sorted({known for _, known in MEASURES}))}"
        )
    return name


def variant_faults(chosen: dict[str, str]) -> Iterator[Fault]:
    for name, variant in chosen.items():
        if name not in VARIANTS:
            sentence = f"'{name}' has no variants{did_you_mean(name, VARIANTS)}"
            yield Fault(("variants", name), sentence)
        elif variant not in VARIANTS[name]:
            sentence = f"'{name}' has no variant '{variant}'{did_you_mean(variant, VARIANTS[name])}"
            yield Fault(("variants", name), sentence)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """
    The nearest known word as the end of a sentence; all of them where none is near.

    >>> did_you_mean("r-plmm", ["r-plm", "r-stats"]), did_you_mean("x", ["a", "b"])
    ("; did you mean 'r-plm'?", '. There are a, b.')
    """
    import difflib  # a millisecond that only a faulty spec pays

    words = list(known)
    close = difflib.get_close_matches(word[:60], words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    listing = ", ".join(words[:40]) + (", ..." if len(words) > 40 else "")
    return f". There are {listing}." if words else "."


Part = Annotated[str, AfterValidator(_part), WithJsonSchema({"type": "string", "enum": list(PARTS)})]
MeasureName = Annotated[str, AfterValidator(_measure)]


# --------------------------------------------------------------------------------------------------- terms


def term(variable: str, lag: int) -> str:
    """
    The term of a variable at a lag.

    >>> term("x", 0), term("x", 2)
    ('x', 'L2.x')
    """
    return variable if lag == 0 else f"L{lag}.{variable}"


def terms(lagged: Mapping[str, tuple[int, int]]) -> list[tuple[str, str, int]]:
    """(term, variable, lag) in order of print."""
    return [
        (term(variable, lag), variable, lag)
        for variable, (first, last) in lagged.items()
        for lag in range(first, last + 1)
    ]
