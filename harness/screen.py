"""What commands show in the terminal: progress while they run, findings when they have ended."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness import compare
from harness.explain import between, between_words
from harness.report import recovery
from harness.result import AGREEMENTS, DISCREPANCIES, GOLDEN, PUBLISHED, Outcome, Pair, Result
from harness.run import Run
from harness.scaffold import Made

if TYPE_CHECKING:
    from harness import simulate
    from harness.explain import search

Progressing = Callable[[int, Result | None], None]
_LABEL = 24  # characters of a printed label
_SHOWN = 12  # discrepancies a spec; the report has them all
_PARTED = 3  # columns and pairs of engines that differ
_COLOURS = {"yes": "green", "minor": "yellow", "no": "red"}


@contextmanager
def progress(quiet: bool) -> Iterator[Progressing]:
    """A bar on a terminal, plain lines elsewhere, nothing where *quiet*. All on stderr."""
    if quiet:
        yield lambda total, result: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _bar() -> Iterator[Progressing]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("fits"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(total: int, result: Result | None) -> None:
            name = f"{result.spec} ({result.column}) {result.engine}" if result else ""
            bar.update(task, total=total, advance=result is not None, description=name)

        yield advance


def _lines() -> Progressing:
    ended = Counter[str]()

    def say(total: int, result: Result | None) -> None:
        if result is None:
            click.echo(f"{total} fits", err=True)
            return
        ended["all"] += 1
        step = max(10, total // 20)
        if result.status == "errored" or ended["all"] % step == 0 or ended["all"] == total:
            text = f"{ended['all']}/{total} {result.spec} ({result.column}) {result.engine}: {result.status}"
            click.echo(text, err=True)

    return say


@contextmanager
def searching(quiet: bool) -> Iterator[Callable[[str, search.Found], None]]:
    """
    A search's running best, on stderr.

    A line that changes on a terminal; elsewhere one line where a better setting, or another that fits, was
    found.
    """
    if quiet:
        yield lambda column, found: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("reading") as status:
            yield lambda column, found: status.update(_so_far(column, found))
    else:
        yield _at_news()


def _at_news() -> Callable[[str, search.Found], None]:
    told: set[tuple[str, int, int]] = set()

    def say(column: str, found: search.Found) -> None:
        news = column, found.best.misses, len(found.fitting)
        if news not in told:
            told.add(news)
            click.echo(_so_far(column, found), err=True)

    return say


def _so_far(column: str, found: search.Found) -> str:
    best, changes = found.best, len(found.best.setting)
    counted = f", {found.excluded} excluded" if found.excluded else ""
    told = f"({column}) {len(found.judged)}/{found.budget} fits{counted}; the best misses {best.misses} of "
    told += f"{len(best.reached)} cells with {changes} change{'' if changes == 1 else 's'}"
    return f"{told}; settings that give all: {len(found.fitting)}" if best.fits else told


def show(found: Run, page: Path) -> None:
    """The findings, spec by spec, then the whole, then where to look, then what is missing here."""
    for outcome in found.outcomes:
        _spec(outcome, found.faults)
    _whole(found)
    if found.kept:
        click.echo(f"{found.kept} fits were kept from an earlier run; --fresh makes them anew.")
    click.echo(f"Report: {page}")
    for sentence in _not_run(found):
        click.echo(sentence)


def _spec(outcome: Outcome, faults: Collection[str]) -> None:
    """*faults* are said once, at the end."""
    word = click.style(outcome.reproduced, fg=_COLOURS.get(outcome.reproduced), bold=True)
    click.echo(f"{click.style(outcome.spec.id, bold=True)}  reproduced: {word}")
    for note in outcome.notes:
        if note not in faults:
            click.echo(f"  note: {note}")
    width = max(map(len, outcome.headlines), default=0)
    for column, headline in outcome.headlines.items():
        click.echo(f"  {column:{width}}  {headline}  {_counts(outcome, column)}")
    _errored(outcome, faults)
    _discrepancies(outcome)
    _partings(outcome)


def _counts(outcome: Outcome, column: str) -> str:
    pairs = [
        pair for comparison in outcome.comparisons if comparison.column == column for pair in comparison.pairs
    ]
    counted = Counter(_kind(pair) for pair in pairs)
    return click.style(", ".join(f"{number} {kind}" for kind, number in counted.most_common()), dim=True)


def _kind(pair: Pair) -> str:
    if pair.verdict in AGREEMENTS:
        return "agree"
    return "differ" if pair.verdict in DISCREPANCIES else pair.verdict.replace("_", " ")


def _errored(outcome: Outcome, faults: Collection[str]) -> None:
    for result in outcome.results:
        if result.status == "errored" and result.message not in faults:
            head = click.style(f"({result.column}) {result.engine} errored", fg="red")
            click.echo(f"  {head}: {result.message}")


def _discrepancies(outcome: Outcome) -> None:
    """One line a verdict on a cell, worst first, with all the engines that it is passed on."""
    found: dict[tuple[str, ...], list[tuple[str, Pair]]] = defaultdict(list)
    for comparison in outcome.comparisons:
        for pair in comparison.discrepancies:
            cell = (pair.part, pair.term, pair.measure)
            found[pair.verdict, comparison.column, comparison.reference, *cell].append(
                (comparison.candidate, pair)
            )
    worst_first = sorted(found.items(), key=lambda one: compare.severity(one[1][0][1].verdict))
    for (verdict, column, reference, *_), sides in worst_first[:_SHOWN]:
        click.echo(f"  {click.style(f'{verdict:17}', fg='red')} ({column}) {_line(reference, sides)}")
    if len(found) > _SHOWN:
        click.echo(f"  ... and {len(found) - _SHOWN} more in the report")


def _partings(outcome: Outcome) -> None:
    """Where two engines differ: the first thing in which they do."""
    differing = dict.fromkeys(
        (comparison.reference, comparison.candidate)
        for comparison in outcome.comparisons
        if comparison.discrepancies and comparison.reference not in (PUBLISHED, GOLDEN)
    )
    found = [one for names in differing for one in between.partings(outcome, *names)]
    parted = [one for one in found if one.pairs and not one.is_agreement]
    for parting in parted[:_PARTED]:
        head, sentence, *_ = between_words.lines(parting)
        click.echo(f"  {head}\n  {sentence}")
    if len(parted) > _PARTED:
        click.echo(f"  harness explain {outcome.spec.id} --between A B has all {len(parted)}")


def _line(reference: str, sides: Sequence[tuple[str, Pair]]) -> str:
    """The cell, what the reference has, and what each candidate has; equal numbers are told once."""
    engines: dict[str, list[str]] = defaultdict(list)
    for candidate, pair in sides:
        engines[_number(pair.candidate)].append(candidate)
    told = [f"{' and '.join(names)} {number}" for number, names in engines.items()]
    pair = sides[0][1]
    return f"{pair.term} {pair.measure}: " + ", ".join([f"{reference} {_number(pair.reference)}", *told])


def _number(value: float | str | None) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:.10g}"


def _whole(found: Run) -> None:
    words = Counter(outcome.reproduced for outcome in found.outcomes)
    told = ", ".join(f"{word} {number}" for word, number in words.most_common())
    click.echo(f"\n{len(found.outcomes)} specs, reproduced: {told}.")
    click.echo(f"AEA replication class: {compare.aea_class(found.outcomes)}")


def show_recoveries(found: simulate.Found, page: Path) -> None:
    """What a simulation found, column by column, then where to look."""
    for one in found.recoveries:
        for line in recovery.lines(one):
            click.echo(line)
        click.echo("")
    click.echo(f"Report: {page}")


def _not_run(found: Run) -> Iterator[str]:
    """Engines that fitted nothing, by the first reason given; what was said as a note is not repeated."""
    results = [result for outcome in found.outcomes for result in outcome.results]
    said = {*found.faults, *(note for outcome in found.outcomes for note in outcome.notes)}
    fitted = {result.engine for result in results if result.status == "fitted"}
    reasons: dict[str, str] = {}
    for result in results:
        if result.engine not in fitted and result.message not in said:
            reasons.setdefault(result.engine, result.message)
    for reason in dict.fromkeys(reasons.values()):
        engines = ", ".join(engine for engine, its in reasons.items() if its == reason)
        yield f"Not run: {engines}: {reason}"


def show_made(made: Made) -> None:
    """What `harness new` understood of a table, line by line, and what is left to a person."""
    for remark in made.remarks:
        mark = click.style("ok", fg="green") if remark.understood else click.style("??", fg="yellow")
        label = remark.label if len(remark.label) <= _LABEL else f"{remark.label[: _LABEL - 1]}…"
        click.echo(f"{mark} {remark.line:4}  {label:{_LABEL}}  {remark.meaning}")
    lost = sum(not remark.understood for remark in made.remarks)
    click.echo(f"\nmade {made.spec}\nmade {made.printed}")
    click.echo(f"Model {made.model}. Lines to look at (??): {lost}.")
    told = f"To be filled in or decided in the spec: {', '.join(made.unsaid)}."
    click.echo(textwrap.fill(told, 80, break_on_hyphens=False))
    for fault in made.faults:
        click.echo(fault, err=True)
