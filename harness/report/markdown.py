"""report.md: the report as text that reads well in a terminal and on a forge."""

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.glossary import word
from harness.report import audit
from harness.report.claims import claims
from harness.report.configurations import charts
from harness.report.digits import NOTHING, shown
from harness.report.paper import Item, Paper
from harness.report.summary import Summary, totals
from harness.report.table import PrintedView, first_line
from harness.report.verdicts import GROUP_WORDS, LOOKS
from harness.result import PUBLISHED, Finding, Outcome, Pair

_LIMIT = 100  # rows of a list of discrepancies; all of them stand in results.json
_TOTALS = ("printed", "compared", "agrees", "explained", "differs", "between", "known", "open_settings",
           "impossible")  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def spec_text(found: Summary) -> str:
    """The report of one spec."""
    outcome = found.outcome
    blocks = [
        f"# {safe(outcome.spec.title)}",
        safe(outcome.spec.source.citation),
        f"**Reproduced: {safe(outcome.reproduced)}.** {_counts(found)}",
        *(safe(note) for note in outcome.notes),
        *(["**Stand-in data**: not the paper's."] if outcome.spec.data.stand_in else []),
        "## Columns",
        _columns(found),
        "## The table as printed",
        _printed(found),
        "## Engines against one another",
        _between(outcome),
        *_rest(outcome),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def index_text(found: Sequence[Summary], title: str, aea_class: str, faults: Sequence[str]) -> str:
    """The report over all specs."""
    rows = [_index_row(one) for one in found]
    total = totals(found)
    rows.append(["All tables", "", *(str(total[name]) for name in _TOTALS)])
    head = ["Table", "Reproduced", "Printed", "Compared", "Agree", "Explained", "Differ"]
    blocks = [
        f"# {safe(title)}",
        f"AEA replication class: **{safe(aea_class)}**" if aea_class else "",
        *(f"**Not read:** {safe(fault)}" for fault in faults),
        table([*head, "Between engines", "Known differences", "Left open", "Impossible in print"], rows),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def paper_text(paper: Paper) -> str:
    """The page of one paper: the summary, then item by item what was found."""
    blocks = [
        f"# {safe(paper.citation)}",
        *_list("Summary", paper.summary),
        *_list(
            "Impossible in print",
            (f"{item.title}, {one.column} {one.term}: {_finding(one)}" for item, one in paper.impossible),
        ),
        *(block for item in paper.items for block in _item(item)),
    ]
    return "\n\n".join(blocks) + "\n"


def _item(item: Item) -> Iterator[str]:
    yield f"## [{safe(item.title)}](../../{item.id}/report.md)"
    yield f"**{safe(item.verdict)}** {safe(item.printed)}"
    lines = [*item.engines]
    if item.open:
        left = ", ".join(f"{setting} {count}" for setting, count in item.open)
        lines.append(f"Left open, and how many values fit the paper's words: {left}")
    if item.lists:
        counts = ", ".join(f"{column} {count}" for column, count in item.lists.items())
        lines.append(f"Lists of instruments that fit what is printed: {counts}")
    if lines:
        yield "\n".join(f"- {safe(line)}" for line in lines)


def _index_row(one: Summary) -> list[str]:
    spec = one.outcome.spec
    numbers = (one.printed, one.compared, *(one.counts[g] for g in ("agrees", "explained", "differs")))
    more = (one.between, len(spec.known_differences), len(spec.open), one.impossible)
    link = f"[{safe(spec.title)}]({spec.id}/report.md)"
    return [link, safe(one.outcome.reproduced), *(str(number) for number in (*numbers, *more))]


def _counts(found: Summary) -> str:
    told = [f"{count} {GROUP_WORDS[group]}" for group, count in found.counts.items() if count]
    return f"{found.printed} printed cells: {', '.join(told)}." if found.printed else "No numbers printed."


def _columns(found: Summary) -> str:
    outcome = found.outcome
    fits = {(result.column, result.engine): result for result in outcome.results}
    rows = []
    for column in outcome.spec.columns:
        ended = [fits.get((column, tally.engine)) for tally in found.engines]
        words = ["" if fit is None else f"{fit.status} {first_line(fit.message)}".strip() for fit in ended]
        rows.append([safe(column), safe(outcome.headlines.get(column, "")), *(safe(w) for w in words)])
    return table(["Column", "What was found", *(tally.engine for tally in found.engines)], rows)


def _printed(found: Summary) -> str:
    if not found.cells:
        return "No numbers printed."
    engines = [tally.engine for tally in found.engines]
    rows = [_printed_row(cell, engines) for cell in found.cells]
    return table(["Column", "Cell", "Printed", *engines, "Verdict"], rows)


def _printed_row(cell: PrintedView, engines: Sequence[str]) -> list[str]:
    numbers = {f.engine: f.number.text or f.look.words for f in cell.found}
    name = f"{cell.term} {cell.measure}"
    reasons = dict.fromkeys(f.reason for f in cell.found if f.reason and f.look.group == cell.look.group)
    verdict = f"{cell.look.mark} {cell.look.words}"
    told = [*(numbers.get(engine, NOTHING) for engine in engines), ": ".join([verdict, *reasons][:2])]
    return [safe(text) for text in (cell.column, name, cell.text or NOTHING, *told)]


def _between(outcome: Outcome) -> str:
    rows = [
        [
            *(comparison.column, comparison.reference, comparison.candidate, f"{pair.term} {pair.measure}"),
            *(_told(pair, pair.reference), _told(pair, pair.candidate), LOOKS[pair.verdict].words),
        ]
        for comparison in outcome.comparisons
        if comparison.reference != PUBLISHED
        for pair in comparison.discrepancies
    ]
    if not rows:
        return "No discrepancies."
    head = ["Column", "Reference", "Candidate", "Cell", "Reference's number", "Candidate's number", "Verdict"]
    text = table(head, ([safe(cell) for cell in row] for row in rows[:_LIMIT]))
    more = len(rows) - _LIMIT
    return text + (f"\n\n{more} more in results.json." if more > 0 else "")


def _told(pair: Pair, value: float | str | None) -> str:
    told = None if isinstance(value, str) else word(pair.part, pair.measure, value)
    return shown(value) if told is None else told


def _rest(outcome: Outcome) -> Iterator[str]:
    """Known differences, open settings, claims and data; a heading only where something follows."""
    spec = outcome.spec
    yield from _list(
        "Models",
        (
            f"{chart.column}, {chart.solution}, model {chart.number} of {chart.of}"
            f"{f' ({chart.standing})' if chart.standing else ''}: {' + '.join(chart.terms)}"
            for chart in charts(outcome)
        ),
    )
    yield from _list(
        "Known differences",
        (f"{' and '.join(k.between)}: {k.reason} Evidence: {k.evidence}" for k in spec.known_differences),
    )
    yield from _list("Left open by the paper", (f"{item.setting}: {item.because}" for item in spec.open))
    yield from _audit(outcome)
    yield from _list(
        "Claims",
        (
            f"{claim.text} – " + ", ".join(f"{s.source}: {s.support}" for s in claim.stances)
            for claim in claims(outcome)
        ),
    )
    yield from _list("Data", [f"{spec.data.file}", *([spec.data.obtain] if spec.data.obtain else [])])


def _audit(outcome: Outcome) -> Iterator[str]:
    found = audit.view(outcome)
    if not found.tallies:
        return
    counts = ", ".join(f"{found.counts[name]} {name}" for name in audit.LOOKS)
    yield "## The print against itself"
    yield f"{sum(found.counts.values())} checks: {counts}."
    rows = [
        [one.column, f"{one.check} {one.term}", one.printed, audit.word(one), _finding(one)]
        for one in found.remarkable
    ]
    if rows:
        head = ["Column", "About", "As printed", "Verdict", "Finding"]
        yield table(head, ([safe(cell) or NOTHING for cell in row] for row in rows))


def _finding(one: Finding) -> str:
    return ". ".join(text for text in (one.sentence, audit.at_real_digits(one)) if text)


def _list(heading: str, items: Iterable[str]) -> Iterator[str]:
    text = bullets(items)
    if text:
        yield f"## {heading}"
        yield text


def bullets(items: Iterable[str]) -> str:
    """A list of Markdown, "" where there are no items."""
    return "\n".join(f"- {safe(item)}" for item in items)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; the cells of *rows* are safe already."""
    lines = [[safe(name) for name in head], ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def safe(text: str) -> str:
    """Text in one line that Markdown and HTML leave as it is."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _SPECIAL.sub(r"\\\1", words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
