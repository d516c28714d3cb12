"""One page a paper: its display items in the order of print, and a summary that a referee could quote."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from harness.report import audit, between, claims, table
from harness.report.summary import Summary
from harness.report.table import PrintedView, Section
from harness.report.verdicts import STATUS, Group
from harness.result import Finding
from harness.spec import OpenSetting

_LISTS = "instruments"  # the setting of dynamic panels whose alternatives are whole lists of instruments


@dataclass(frozen=True)
class Numbers:
    """A printed cell on the page of a paper: `told` are an engine's number and its look, engine by engine."""

    cell: PrintedView
    told: tuple[table.Found, ...]
    impossible: bool


@dataclass(frozen=True)
class Item:
    """One display item: a table, a figure, a check that is only talked about."""

    summary: Summary

    @property
    def id(self) -> str:
        return self.summary.outcome.spec.id

    @property
    def title(self) -> str:
        return self.summary.outcome.spec.title

    @property
    def stand_in(self) -> bool:
        return self.summary.outcome.spec.data.stand_in

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The table as printed."""
        return table.sections(self.summary.cells, self.summary.outcome.spec.labels)

    @cached_property
    def impossible(self) -> tuple[Finding, ...]:
        """What the audit says cannot be."""
        return tuple(one for one in self.summary.outcome.findings if one.verdict == "impossible")

    @cached_property
    def notable(self) -> tuple[Finding, ...]:
        """What the audit says is possible, and worth a reader's look."""
        remarkable = audit.remarkable(self.summary.outcome.findings)
        return tuple(one for one in remarkable if one.verdict == "possible")

    @property
    def printed(self) -> str:
        """What was printed, in words."""
        columns = _count(len(self.summary.outcome.spec.columns), "column")
        if not self.summary.printed:
            return f"No number is printed; {columns} estimated here."
        return f"{_count(self.summary.printed, 'printed cell')} in {columns}."

    @property
    def verdict(self) -> str:
        """Whether the item was reproduced, in a sentence."""
        if not self.summary.printed:
            return "Nothing to reproduce: the engines are held against one another alone."
        if self.stand_in:
            return "Not attempted: the data stand in for the paper's, and no cell is compared with the print."
        if not self.summary.compared:
            return "Not attempted: no engine gives a number to compare."
        told = _told_counts(self.summary.counts)
        return f"Reproduced: {self.summary.outcome.reproduced}. Of {self.summary.printed} cells {told}."

    @cached_property
    def duels(self) -> tuple[between.Duel, ...]:
        """Every pair of engines."""
        return between.duels(self.summary.outcome)

    @property
    def engines(self) -> tuple[str, ...]:
        """Every pair of engines, in words."""
        return tuple(_duel(duel) for duel in self.duels)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Engines that fitted not every column, in words."""
        short = [tally for tally in self.summary.engines if tally.skipped or tally.errored]
        return tuple(f"{tally.engine}: {tally.words}" for tally in short)

    @cached_property
    def stances(self) -> Counter[str]:
        """The sentences of the text by what the print says to them, where it is more than the sentence."""
        told = (view.stances for view in self._claims if not view.is_print)
        return Counter(one.support for stances in told for one in stances if one.source == "print")

    @property
    def named(self) -> int:
        """How many sentences are themselves all that is printed of what they name."""
        return sum(view.is_print for view in self._claims)

    @cached_property
    def _claims(self) -> tuple[claims.ClaimView, ...]:
        return claims.claims(self.summary.outcome)

    @cached_property
    def checks(self) -> tuple[Finding, ...]:
        """What the audit looked at, without the sentences that it can only hold against themselves."""
        spec, findings = self.summary.outcome.spec, self.summary.outcome.findings
        named = {(claim.column, claim.term) for claim in spec.claims if claim.measure in claims.NAMED}
        idle = ("claim_value", "possible")
        return tuple(
            one for one in findings if (one.check, one.verdict) != idle or (one.column, one.term) not in named
        )

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """Settings that the paper leaves open, with the number of alternatives in words."""
        grouped: dict[str, list[OpenSetting]] = {}
        for entry in self.summary.outcome.spec.open:
            grouped.setdefault(entry.setting, []).append(entry)
        return tuple((setting, _alternatives(entries)) for setting, entries in grouped.items())

    @property
    def lists(self) -> Mapping[str, int]:
        """Column to the number of lists of instruments that fit what is printed."""
        entries = (entry for entry in self.summary.outcome.spec.open if entry.setting == _LISTS)
        return {
            column: len(entry.alternatives)
            for entry in entries
            for column in entry.columns or self.summary.outcome.spec.columns
        }

    @property
    def beside(self) -> tuple[str, ...]:
        """The engines whose numbers stand under the printed ones."""
        told = (one.engine for cell in self.summary.cells for one in self.numbers(cell).told)
        return tuple(dict.fromkeys(told))

    def numbers(self, cell: PrintedView) -> Numbers:
        """What stands at a printed cell: nothing beside the print where the data stand in."""
        told = () if self.stand_in else tuple(_told(cell.found))
        blamed = any((one.column, one.term) == (cell.column, cell.term) for one in self.impossible)
        return Numbers(cell, told, blamed)


@dataclass(frozen=True)
class Paper:
    """
    Several display items of one paper, in the order of the paper.

    Attributes:
        id: as the specs have it in source.paper
        citation: what the citations of the items begin with
    """

    id: str
    citation: str
    items: tuple[Item, ...]

    @property
    def impossible(self) -> tuple[tuple[Item, Finding], ...]:
        """Every impossible finding, with its item."""
        return tuple((item, one) for item in self.items for one in item.impossible)

    @cached_property
    def summary(self) -> tuple[str, ...]:
        """Sentences that a referee could quote, one a subject."""
        subjects = (_printed, _reproduced, _engines, _audited, _said, _left_open, _lists)
        return tuple(sentence for subject in subjects if (sentence := subject(self.items)))


def papers(found: Sequence[Summary]) -> tuple[Paper, ...]:
    """The papers that two specs or more name in source.paper; items by source.item, then by id."""
    grouped: dict[str, list[Summary]] = {}
    for one in found:
        if one.outcome.spec.source.paper:
            grouped.setdefault(one.outcome.spec.source.paper, []).append(one)
    return tuple(_paper(name, summaries) for name, summaries in grouped.items() if len(summaries) > 1)


def _paper(name: str, found: list[Summary]) -> Paper:
    ordered = sorted(found, key=_place)
    citations = [one.outcome.spec.source.citation for one in ordered]
    return Paper(name, _common(citations), tuple(map(Item, ordered)))


def _common(citations: Sequence[str]) -> str:
    """
    The citation of the paper as a whole: without the section or table at its end.

    >>> _common(["Roodman (2009), section 3.3", "Roodman (2009), section 3.4"])
    'Roodman (2009)'
    """
    alike = takewhile(
        lambda parts: len(set(parts)) == 1, zip(*(c.split(", ") for c in citations), strict=False)
    )
    return ", ".join(parts[0] for parts in alike) or citations[0]


def _place(one: Summary) -> tuple[bool, int, str]:
    spec = one.outcome.spec
    return spec.source.item is None, spec.source.item or 0, spec.id


def _told(found: Sequence[table.Found]) -> Iterator[table.Found]:
    """One engine a language: the first that was fitted."""
    unfitted = set(STATUS.values())
    seen: set[str] = set()
    for one in found:
        language = one.engine.partition("-")[0]
        if one.look not in unfitted and one.number.text and language not in seen:
            seen.add(language)
            yield one


def _duel(duel: between.Duel) -> str:
    """How two engines compare, in words."""
    lowest = f"; {duel.lowest} digits or more agree" if duel.lowest else ""
    told = _told_counts(duel.counts)
    return f"{duel.reference} and {duel.candidate}, {_count(duel.columns, 'column')}: {told}{lowest}"


def _alternatives(entries: Sequence[OpenSetting]) -> str:
    """How many values fit the paper's words: one number, or the least and the most over the columns."""
    counts = sorted(len(entry.alternatives) for entry in entries)
    return str(counts[0]) if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"


# ---------------------------------------------------------------------------------------- the summary


def _printed(items: Sequence[Item]) -> str:
    silent = sum(not item.summary.printed for item in items)
    cells = sum(item.summary.printed for item in items)
    told = f"{_count(len(items), 'display item')} with {_count(cells, 'printed cell')}"
    return f"{told}; {_count(silent, 'item')} without a number." if silent else f"{told}."


def _reproduced(items: Sequence[Item]) -> str:
    stand_ins = sum(item.stand_in for item in items)
    real = [item.summary for item in items if not item.stand_in and item.summary.printed]
    sentences = []
    if real:
        compared = _count(sum(one.compared for one in real), "cell")
        sentences.append(
            f"Of {compared} compared with estimates {_told_counts(_added(s.counts for s in real))}."
        )
    if stand_ins:
        which = "all" if stand_ins == len(items) else str(stand_ins)
        sentences.append(
            f"Made-up data stand in for the paper's in {which} items: no cell of them is compared with the "
            "print, and nothing here says whether they reproduce."
        )
    return " ".join(sentences)


def _engines(items: Sequence[Item]) -> str:
    duels = [duel for item in items for duel in item.duels]
    if not duels:
        return ""
    engines = {name for duel in duels for name in (duel.reference, duel.candidate)}
    columns = _count(sum(len(item.summary.outcome.spec.columns) for item in items), "column")
    told = _told_counts(_added(duel.counts for duel in duels))
    pairs = sum(duel.total for duel in duels)
    return f"{len(engines)} engines, {columns}: of {pairs} pairs of their numbers {told}."


def _audited(items: Sequence[Item]) -> str:
    counts = Counter(one.verdict for item in items for one in item.checks)
    if not counts:
        return ""
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in audit.LOOKS)
    places = {(item.id, one.column, one.term) for item in items for one in item.impossible}
    notable = sum(len(item.notable) for item in items)
    told += f" ({notable} of them notable)" if notable else ""
    about = f" The impossible ones are about {_count(len(places), 'printed term')}." if places else ""
    return f"{_count(counts.total(), 'check')} of the print against itself and the text: {told}.{about}"


def _said(items: Sequence[Item]) -> str:
    counts: Counter[str] = Counter()
    for item in items:
        counts += item.stances
    told = []
    if counts:
        support = f"{counts['supported']}, contradicts {counts['contradicted']}"
        more = f", leaves {counts['not decided']} undecided" if counts["not decided"] else ""
        sentences = _count(counts.total(), "sentence")
        told.append(f"{sentences} of the text about the print: it supports {support}{more}.")
    if named := sum(item.named for item in items):
        told.append(f"Sentences that are all that is printed of what they name: {named}.")
    return " ".join(told)


def _left_open(items: Sequence[Item]) -> str:
    settings = [setting for item in items for setting, _ in item.open]
    if not settings:
        return ""
    told = f"{_count(len(set(settings)), 'setting')} left open by the paper"
    return f"{told}, {len(settings)} times over the items."


def _lists(items: Sequence[Item]) -> str:
    counts = [count for item in items for count in item.lists.values()]
    if not counts:
        return ""
    told = f"{min(counts)} to {max(counts)} lists of instruments fit what is printed of them"
    return f"In {_count(len(counts), 'column')} {told}, {sum(counts)} in all: the print identifies none."


def _added(counts: Iterable[Mapping[Group, int]]) -> Mapping[Group, int]:
    found: Counter[Group] = Counter()
    for one in counts:
        found.update(one)
    return found


def _told_counts(counts: Mapping[Group, int]) -> str:
    """Agreeing and differing numbers, and the others where there are any."""
    words: Mapping[Group, str] = {
        "agrees": "agree",
        "differs": "differ",
        "explained": "are explained",
        "open": "are open",
        "absent": "not offered by one engine",
    }
    always = ("agrees", "differs")
    return ", ".join(
        f"{counts.get(group, 0) or 'none'} {text}"
        for group, text in words.items()
        if group in always or counts.get(group)
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
