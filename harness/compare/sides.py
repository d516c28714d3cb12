"""One side of a comparison: an engine's cells, looked up by address."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness import printed as text_of
from harness.glossary import VARIANTS, plain
from harness.result import NotOffered, Result

Key = tuple[str, str, str]  # part, term, measure


@dataclass(frozen=True)
class Side:
    """
    What one engine says about one column.

    Attributes:
        engine: its id
        values: address to number, in the engine's order; `as_printed` is left out, it is never compared
        not_offered: what the engine lacks, and why
        printed: address to text, of numbers that the engine knows only to the digits it shows
    """

    engine: str
    values: Mapping[Key, float]
    not_offered: tuple[NotOffered, ...]
    printed: Mapping[Key, str] = field(default_factory=dict)

    def slack(self, key: Key) -> float:
        """How far the true number may lie away: half a unit of the last digit, 0.0 where all are known."""
        text = self.printed.get(key)
        return 0.0 if text is None else float(text_of.half_unit(text))

    def why_not(self, key: Key) -> str | None:
        """Why the engine has no such cell, None where it says nothing about it (the cell is missing)."""
        for entry in self.not_offered:
            if _meant(entry, key):
                return entry.reason
        return self._other_variants(key)

    def std_error(self, term: str) -> float:
        """The standard error of a coefficient, 0.0 where there is none."""
        value = self.values.get(("coefficients", term, "std_error"), 0.0)
        return value if math.isfinite(value) else 0.0

    def _other_variants(self, key: Key) -> str | None:
        """An engine that has the statistic in another variant only does not offer this one."""
        part, term, measure = key
        if not {plain(term), plain(measure)} & VARIANTS.keys():
            return None
        here = [(t, m) for p, t, m in self.values if p == part and plain(t) == plain(term)]
        if any(t == term and "@" in t for t, _ in here):
            return None  # the variant is there and has lost one measure
        others = sorted({t if t != term else m for t, m in here if plain(m) == plain(measure)})
        wanted = term if "@" in term else measure
        return f"{self.engine} gives {', '.join(others)}, not {wanted}" if others else None


def side(result: Result) -> Side:
    """The result, ready to be compared."""
    values = {(c.part, c.term, c.measure): c.value for c in result.cells if c.part != "as_printed"}
    shown = {(c.part, c.term, c.measure): c.text for c in result.printed}
    return Side(result.engine, values, result.not_offered, shown)


def _meant(entry: NotOffered, key: Key) -> bool:
    part, term, measure = key
    return (
        entry.part == part
        and entry.term in ("*", term, plain(term))
        and entry.measure in ("*", measure, plain(measure))
    )
