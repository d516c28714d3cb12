"""How a cell was printed: the spec's `print` rules applied to one cell."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import Any

from harness import printed
from harness.compare.sides import Key
from harness.spec import PrintRule, Spec

COMPLETE_BY_NATURE = ("truth_table", "solution")  # parts that print all they have unless the spec says no


@dataclass(frozen=True)
class Style:
    """
    How one cell was printed.

    Attributes:
        scale: print = value * scale
        decimals, significant: where the text does not show to what it was rounded; at most one is set,
            unless one rule set both
        truncated: digits were cut off
        complete: every term that the column has stands in print
    """

    scale: Decimal = Decimal(1)
    decimals: int | None = None
    significant: int | None = None
    truncated: bool = False
    complete: bool = False

    def interval(self, text: str) -> printed.Interval:
        """The values, in the unit of the print, that could have been printed as *text*."""
        return printed.interval(text, self.decimals, self.significant, self.truncated)

    def in_print(self, value: float) -> Decimal:
        """*value*, finite, in the unit of the print; its shortest decimal form, never its binary digits."""
        exact = Decimal(repr(float(value)))
        return exact if self.scale == 1 else exact * self.scale

    def half_unit(self, text: str) -> Decimal:
        """Half a unit of the last printed place (a whole one where digits were cut off)."""
        place = printed.last_place(printed.read(text), self.decimals, self.significant)
        return Decimal(1).scaleb(place) / (1 if self.truncated else 2)


def style(spec: Spec, column: str, part: str, term: str, measure: str) -> Style:
    """The rules that cover the cell, laid over each other; what a later rule sets, wins."""
    covering = [rule for rule in spec.print if rule.covers(column, part, term, measure)]
    by_nature = Style(complete=part in COMPLETE_BY_NATURE)
    return reduce(_laid_over, covering, by_nature)


def address(spec: Spec, column: str, part: str, term: str, measure: str) -> Key:
    """Where an engine keeps what the print calls by a plain name: under the spec's variant of it."""
    in_term = spec.variant(column, term) if part == "tests" else None
    in_measure = spec.variant(column, measure) if part == "fit" else None
    return (
        part,
        f"{term}@{in_term}" if in_term else term,
        f"{measure}@{in_measure}" if in_measure else measure,
    )


def _laid_over(under: Style, rule: PrintRule) -> Style:
    told = rule.model_fields_set
    settings: dict[str, Any] = {}
    if told & {"decimals", "significant"}:  # two ways to say the same: the later replaces the earlier
        settings |= {"decimals": rule.decimals, "significant": rule.significant}
    if "scale" in told:
        settings["scale"] = Decimal(repr(rule.scale))
    if "rounding" in told:
        settings["truncated"] = rule.rounding == "truncated"
    if "complete" in told:
        settings["complete"] = rule.complete
    return replace(under, **settings)
