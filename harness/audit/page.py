"""A printed column as intervals: at the digits printed, and at those that are real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from harness import glossary, printed
from harness.audit import padding
from harness.audit.spans import Span, of_print
from harness.compare.print_rules import Style, style
from harness.result import PrintedCell, Published
from harness.spec import AnyModel, Spec

Key = tuple[str, str, str]  # part, term, measure
_COUNTS = frozenset(
    {"n_obs", "n_groups", "n_instruments", "t_min", "t_max", "df", "df2", "df_resid", "stars"}
)


@dataclass(frozen=True)
class Reading:
    """
    A printed number.

    Attributes:
        text: as printed
        shown: the values that round to all digits printed
        real: the same where trailing zeros are padding; `shown` where none look like it
        placeholder: the zeros in question stand before the decimal point, where they promise nothing
        sign: -1, 0 or 1; 0 where the print shows none
        evidence: why zeros look like padding, "" where none do
    """

    text: str
    shown: Span
    real: Span
    placeholder: bool
    sign: int
    evidence: str = ""


@dataclass(frozen=True)
class Column:
    """
    One printed column, read at one kind of digits.

    Attributes:
        readings: in order of print; `as_printed` is left out
        at_real_digits: whether trailing zeros that look like padding are taken for it
    """

    spec: Spec
    name: str
    readings: Mapping[Key, Reading]
    at_real_digits: bool = False

    @property
    def model(self) -> AnyModel:
        return self.spec.columns[self.name]

    def span(self, part: str, term: str, measure: str) -> Span | None:
        """What the print leaves open for a number, None where it is not printed."""
        found = self.readings.get((part, term, measure))
        if found is None:
            return None
        return found.real if self.at_real_digits else found.shown

    def fit(self, measure: str) -> Span | None:
        """A number of the part `fit` about the model as a whole; a variant in its name is ignored."""
        keys = (k for k in self.readings if k[:2] == ("fit", "model") and k[2].partition("@")[0] == measure)
        key = next(keys, None)
        return None if key is None else self.span(*key)

    def text(self, *keys: Key) -> str:
        """The numbers as printed, those that are."""
        told = [key for key in keys if key in self.readings]
        named = len({key[1] for key in told}) > 1
        texts = (f"{f'{k[1]} ' if named else ''}{k[2]} {self.readings[k].text}" for k in told)
        return ", ".join(texts)

    def terms(self, part: str) -> Iterator[str]:
        """Terms of a part, in order of print."""
        yield from dict.fromkeys(term for its_part, term, _ in self.readings if its_part == part)


def columns(spec: Spec, published: Published) -> tuple[Column, ...]:
    """Every printed column, read at the digits printed."""
    padded = padding.detect(published)
    return tuple(
        Column(spec, name, {cell[:3]: _reading(spec, name, cell, padded) for cell in cells if _is_read(cell)})
        for name, cells in published.columns.items()
    )


def _is_read(cell: PrintedCell) -> bool:
    """Whether the text is a number: not a word, such as the output of a configuration."""
    return cell.part != "as_printed" and (cell.part, cell.measure) not in glossary.CODES


def _reading(spec: Spec, column: str, cell: PrintedCell, padded: padding.Padding) -> Reading:
    how = style(spec, column, cell.part, cell.term, cell.measure)
    number = printed.read(cell.text)
    if cell.measure in _COUNTS and not number.bound:
        count = of_print(printed.Interval(number.value, number.value), how.scale)
        return Reading(cell.text, count, count, False, number.sign)
    shown = of_print(printed.interval(cell.text, truncated=how.truncated), how.scale)
    real = of_print(_real(cell, how, padded), how.scale)
    placeholder = number.places >= 0 and "e" not in cell.text.lower()
    if placeholder and (how.decimals, how.significant) != (None, None):
        shown = real  # the spec says which zeros before the point hold a place
    evidence = padded.evidence(cell) if padded.real_places(cell) is not None else ""
    return Reading(cell.text, shown, shown.hull(real), placeholder, number.sign, evidence)


def _real(cell: PrintedCell, how: Style, padded: padding.Padding) -> printed.Interval:
    """At the digits that the spec names, or else at those before zeros that look like padding."""
    if how.decimals is not None or how.significant is not None:
        return how.interval(cell.text)
    places = padded.real_places(cell)
    if places is None:
        return printed.interval(cell.text, truncated=how.truncated)
    value, half = printed.read(cell.text).value, Decimal(1).scaleb(places) / 2
    return printed.Interval(value - half, value + half)
