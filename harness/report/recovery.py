"""How well a design recovers its truth: for a terminal, in Markdown, as a page, as a document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.recovery import Coefficient, Measured, Recovery, TestRate
from harness.report.digits import NOTHING, short
from harness.report.histogram import Drawn, drawn
from harness.report.markdown import bullets, safe, table
from harness.report.page import render
from harness.report.table import label_of

HEADS = ("truth", "bias", "RMSE", "SD", "mean SE", "SE/SD", "coverage", "power")
_RATIO = "SE/SD"
_ON_THE_PAGE = ("hansen_excl_", "wald")  # tests that a terminal leaves out
_NULL = {True: "size", False: "power", None: NOTHING}


def document(found: Sequence[Recovery]) -> dict[str, Any]:
    """All that was found, as plain values."""
    return {"schema": 1, "columns": [asdict(one) for one in found]}


def lines(one: Recovery) -> Iterator[str]:
    """For a terminal of 80 columns; under each number its Monte Carlo standard error."""
    yield f"{one.spec} ({one.column}): {_panels(one)}"
    for sentence in (_size(one), *one.notes):
        yield from _wrapped(sentence, "  ")
    yield from _row("", [head for head in HEADS if head != _RATIO])
    for coefficient in one.coefficients:
        yield from _row(coefficient.term, [text for head, text in _numbers(coefficient, 2) if head != _RATIO])
        yield from _row("", [text for head, text in _errors(coefficient, 1) if head != _RATIO])
    for rate in one.tests:
        if rate.term.startswith(_ON_THE_PAGE):
            continue
        told = f"{percent(rate.rejects)} ({percent_error(rate.rejects)})"
        yield f"  {rate.term:36} rejects at 5 %: {told:>14}  {_NULL[rate.holds]}"
    for message, count in one.failures.items():
        yield from _wrapped(f"{count} of {one.drawn} panels gave no estimate: {message}", "  ")
    for sentence in one.assumptions:
        yield from _wrapped(sentence, "  - ")


def _row(term: str, texts: Iterable[str]) -> Iterator[str]:
    name = term if len(term) <= 14 else term[:13] + "…"
    yield f"  {name:14}" + "".join(f"{text:>9}" for text in texts)


def _wrapped(sentence: str, first: str) -> list[str]:
    return textwrap.wrap(sentence, 80, initial_indent=first, subsequent_indent=" " * len(first))


def _panels(one: Recovery) -> str:
    ended = f"{one.drawn} of {one.asked}" if one.is_interrupted else str(one.drawn)
    return f"{ended} panels, seed {one.seed}, by {one.engine}"


def _size(one: Recovery) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in one.design.items())


def heading(one: Recovery) -> str:
    """How many panels of which size, by whom."""
    return f"{_panels(one)}; {_size(one)}"


def _numbers(one: Coefficient, digits: int = 3) -> list[tuple[str, str]]:
    """The numbers under HEADS; the bias with so many *digits*."""
    found = [short(value.value, 3) if value else NOTHING for value in _values(one)]
    found[0] = short(one.bias.value, digits)
    return list(
        zip(
            HEADS, [short(one.truth.value, 3), *found, percent(one.coverage), percent(one.power)], strict=True
        )
    )


def _errors(one: Coefficient, digits: int = 2) -> list[tuple[str, str]]:
    """Under the truth where it is from, if not from print; under the others Monte Carlo standard errors."""
    source = "" if one.truth.source == "printed" else one.truth.source
    found = [f"({short(value.std_error, digits)})" if value else "" for value in _values(one)]
    found += [f"({percent_error(value)})" if value else "" for value in (one.coverage, one.power)]
    return list(zip(HEADS, [source, *found], strict=True))


def _values(one: Coefficient) -> tuple[Measured | None, ...]:
    return one.bias, one.rmse, one.sd, one.std_error, one.ratio


def percent(value: Measured | None) -> str:
    """A share, per cent."""
    return NOTHING if value is None else f"{100 * value.value:.1f}%"


def percent_error(value: Measured) -> str:
    """Its Monte Carlo standard error, in points."""
    return f"{100 * value.std_error:.1f}"


# ------------------------------------------------------------------------------------------ Markdown, a page


def text(found: Sequence[Recovery]) -> str:
    """report.md."""
    blocks = [f"# {safe(found[0].title)}: what the design can recover"]
    for one in found:
        blocks += [f"## {safe(one.column)}", safe(heading(one)), bullets(one.notes)]
        blocks += [_coefficients(one), _tests(one)]
        blocks += [f"- {count} panels gave no estimate: {safe(m)}" for m, count in one.failures.items()]
        blocks += ["What this assumes:", bullets(one.assumptions)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _coefficients(one: Recovery) -> str:
    rows = []
    for coefficient in one.coefficients:
        cells = [safe(f"{number} {error}".strip()) for number, error in _pairs(coefficient)]
        rows.append([safe(coefficient.term), *cells])
    return table(["Term", *HEADS], rows)


def _pairs(one: Coefficient) -> list[tuple[str, str]]:
    """Number and Monte Carlo standard error."""
    return [(text, error) for (_, text), (_, error) in zip(_numbers(one), _errors(one), strict=True)]


def _tests(one: Recovery) -> str:
    rows = [
        [safe(rate.term), f"{percent(rate.rejects)} ({percent_error(rate.rejects)})", _NULL[rate.holds]]
        for rate in one.tests
    ]
    return table(["Test", "Rejects at 5 %", "Which is its"], rows) if rows else ""


@dataclass(frozen=True)
class CoefficientView:
    """A coefficient on the page."""

    found: Coefficient
    label: str
    numbers: tuple[tuple[str, str], ...]
    plot: Drawn


@dataclass(frozen=True)
class TestView:
    """A test on the page."""

    found: TestRate
    label: str
    rejects: tuple[str, str]
    null: str
    plot: Drawn


@dataclass(frozen=True)
class ColumnView:
    """A column on the page."""

    found: Recovery
    heading: str
    coefficients: tuple[CoefficientView, ...]
    tests: tuple[TestView, ...]


def page(found: Sequence[Recovery]) -> str:
    """index.html."""
    return render("recovery.html", columns=[_view(one) for one in found], heads=HEADS, title=found[0].title)


def _view(one: Recovery) -> ColumnView:
    return ColumnView(
        one,
        heading(one),
        tuple(_coefficient_view(one, coefficient) for coefficient in one.coefficients),
        tuple(_test_view(rate) for rate in one.tests),
    )


def _coefficient_view(one: Recovery, found: Coefficient) -> CoefficientView:
    mean = found.truth.value + found.bias.value
    return CoefficientView(
        found,
        label_of("coefficients", found.term, one.labels),
        tuple(_pairs(found)),
        drawn(found.estimates, found.truth.value, mean),
    )


def _test_view(rate: TestRate) -> TestView:
    return TestView(
        rate,
        label_of("tests", rate.term, {}),
        (percent(rate.rejects), percent_error(rate.rejects)),
        _NULL[rate.holds],
        drawn(rate.p_values),
    )
