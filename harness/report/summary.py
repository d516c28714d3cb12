"""What the top of a page and a line of the index say about one spec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.forest import engines_of
from harness.report.table import PrintedView, counts, views
from harness.report.verdicts import GROUPS, LOOKS, Group
from harness.result import Outcome


@dataclass(frozen=True)
class EngineTally:
    """In how many columns an engine was fitted, skipped and errored."""

    engine: str
    fitted: int
    skipped: int
    errored: int

    @property
    def words(self) -> str:
        parts = [(self.fitted, "fitted"), (self.skipped, "skipped"), (self.errored, "errored")]
        return ", ".join(f"{count} {word}" for count, word in parts if count) or "not run"

    @property
    def worst(self) -> str:
        return "errored" if self.errored else "fitted" if self.fitted else "skipped"


@dataclass(frozen=True)
class Summary:
    """
    One spec in numbers.

    Attributes:
        counts: printed cells of each group, each cell with its worst verdict
        between: discrepancies between engines, and with golden files
    """

    outcome: Outcome
    cells: tuple[PrintedView, ...]
    counts: Mapping[Group, int]
    between: int
    engines: tuple[EngineTally, ...]

    @property
    def printed(self) -> int:
        return len(self.cells)

    @property
    def compared(self) -> int:
        """Printed cells that some engine's number was held against; on stand-in data none."""
        incomparable = sum(cell.look == LOOKS["not_comparable"] for cell in self.cells)
        return self.printed - self.counts["unfitted"] - self.counts["absent"] - incomparable

    @property
    def impossible(self) -> int:
        """Findings of the audit that no numbers which round to the print can agree with."""
        return sum(one.verdict == "impossible" for one in self.outcome.findings)

    @property
    def badge(self) -> str:
        """The word of `reproduced`, fit for a class name: yes, minor, no, or other."""
        return self.outcome.reproduced if self.outcome.reproduced in ("yes", "minor", "no") else "other"


def summary(outcome: Outcome) -> Summary:
    """The numbers of one spec."""
    cells = views(outcome)
    others = [c for c in outcome.comparisons if c.reference != "published"]
    return Summary(
        outcome=outcome,
        cells=cells,
        counts=counts(cells),
        between=sum(len(comparison.discrepancies) for comparison in others),
        engines=tuple(_tally(outcome, engine) for engine in engines_of(outcome)),
    )


def totals(summaries: Sequence[Summary]) -> dict[str, int]:
    """
    Sums over all specs: every group, `printed`, `compared`, `between`, `known`, `open_settings`,
    `impossible`.
    """
    found = {str(group): sum(s.counts[group] for s in summaries) for group in GROUPS}
    return found | {
        "printed": sum(s.printed for s in summaries),
        "compared": sum(s.compared for s in summaries),
        "between": sum(s.between for s in summaries),
        "known": sum(len(s.outcome.spec.known_differences) for s in summaries),
        "open_settings": sum(len(s.outcome.spec.open) for s in summaries),
        "impossible": sum(s.impossible for s in summaries),
    }


def _tally(outcome: Outcome, engine: str) -> EngineTally:
    found = [result.status for result in outcome.results if result.engine == engine]
    return EngineTally(engine, found.count("fitted"), found.count("skipped"), found.count("errored"))
