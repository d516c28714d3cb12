"""A printed column against an engine: does each value round to what was printed?"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from harness import glossary
from harness import printed as text_of
from harness.compare import known, significance
from harness.compare.models import Models
from harness.compare.numbers import lre, shown_digits
from harness.compare.print_rules import COMPLETE_BY_NATURE, Style, address, style
from harness.compare.sides import Key, Side, side
from harness.glossary import plain
from harness.printed import Interval
from harness.result import DISCREPANCIES, PUBLISHED, Comparison, Pair, PrintedCell, Result, Verdict
from harness.spec import Spec

STAND_IN = "the data are a stand-in for those of the paper"
_SIGNED = {
    "coefficients": {"estimate", "statistic", "ci_low", "ci_high"},
    "covariance": {"estimate"},
    "descriptives": {"mean", "min", "max", "median"},
}


def against_print(spec: Spec, column: str, printed: Sequence[PrintedCell], result: Result) -> Comparison:
    """
    One pair a printed cell, in order of print, then what the engine has beyond a complete print.

    Names are those of the print; a plain name means the spec's variant. `candidate` and `tolerance` are in
    the unit of the print (scale). Verdicts, the first that holds:

    - not_comparable: stand-in data; part `as_printed`
    - missing / not_offered: the engine has no such cell / and says why
    - sign_flip: what the value rounds to has the opposite sign of the print
    - significance_flip: the value does not round to the print, and print and engine stand for certain on
      two sides of 5 % or of the first star
    - stars_differ: the engine's p earns another number of stars
    - outside_rounding: the value does not round to the print
    - ambiguous_in_print: a term or a model that the engine has and the paper has not, where the paper shows
      some of the minimal models that there are
    - undecided: it does, but the print is zero and shows no sign; or p lies on the limit of a star
    - exact: the value is the printed number; within_rounding: it rounds to it
    """
    page = _Page(spec, column, tuple(printed), side(result))
    pairs = [page.pair(cell) for cell in printed] + page.extra()
    scales = {(p.part, p.term, p.measure): float(page.style(p).scale) for p in pairs} if spec.print else {}
    explained = known.explain(spec, column, (PUBLISHED, result.engine), pairs, page.candidate, scales)
    return Comparison(spec.id, column, PUBLISHED, result.engine, explained)


@dataclass(frozen=True)
class _Page:
    """A printed column beside an engine's cells."""

    spec: Spec
    column: str
    cells: tuple[PrintedCell, ...]
    candidate: Side

    @property
    def _is_stand_in(self) -> bool:
        """Whether the candidate saw other data than the paper's; a log is of the paper's own."""
        return self.spec.data.stand_in and not self.candidate.printed

    def style(self, cell: PrintedCell | Pair) -> Style:
        return style(self.spec, self.column, cell.part, cell.term, cell.measure)

    def address(self, cell: PrintedCell) -> Key:
        """Where an engine keeps what the print calls by a plain name."""
        if cell.part == "solution":
            return self._models.address((cell.part, cell.term, cell.measure))
        return address(self.spec, self.column, cell.part, cell.term, cell.measure)

    def pair(self, cell: PrintedCell) -> Pair:
        if cell.part == "as_printed":
            return _pair(cell, None, "not_comparable", reason="printed under a label that is not trusted")
        if self._is_stand_in:
            return self._stand_in(cell)
        key = self.address(cell)
        if cell.measure == "stars":
            return self._stars(cell, (key[0], key[1], "p_value"))
        value = self._found(key)
        if value is not None and (cell.part, cell.measure) in glossary.CODES:
            return self._word(cell, value)
        return self._lacking(cell, key) if value is None else self._judged(cell, key, value)

    def _found(self, key: Key) -> float | None:
        """The engine's number; that it lists a term is told by its models, not by a number of its own."""
        if key[0] == "solution" and key[2] == "listed":
            return self._models.listed(key[1])
        return self.candidate.values.get(key)

    def extra(self) -> list[Pair]:
        """Cells of a part that the print shows completely, for terms that it does not show."""
        if self._is_stand_in:
            return []
        shown = {self.address(cell)[:2] for cell in self.cells} | {cell[:2] for cell in self.cells}
        return [
            self._beyond(key, value)
            for key, value in self.candidate.values.items()
            if key[:2] not in shown and style(self.spec, self.column, *key).complete and self._is_told(key)
        ]

    def _is_told(self, key: Key) -> bool:
        """Whether the print speaks of the cell's subject: it shows a truth table, or that solution."""
        if key[0] == "solution":
            return self._models.is_told(key[1])
        return key[0] not in COMPLETE_BY_NATURE or any(cell.part == key[0] for cell in self.cells)

    def _beyond(self, key: Key, value: float) -> Pair:
        reason = self._models.ambiguity(key[1]) if key[0] == "solution" else ""
        return Pair(*key, None, value, None, "ambiguous_in_print" if reason else "extra", reason=reason)

    @cached_property
    def _models(self) -> Models:
        return Models.of(self.cells, self.candidate)

    def _word(self, cell: PrintedCell, value: float) -> Pair:
        """A word is the printed one or it is not; its code has no digits to compare."""
        agrees = value == glossary.code(cell.part, cell.measure, cell.text)
        given = glossary.word(cell.part, cell.measure, value)
        reason = "" if agrees else f"{self.candidate.engine} gives {given}"
        return _pair(cell, value, "exact" if agrees else "outside_rounding", reason=reason)

    def _stand_in(self, cell: PrintedCell) -> Pair:
        value = self._found(self.address(cell))
        in_print = None
        if value is not None:
            in_print = float(self.style(cell).in_print(value)) if math.isfinite(value) else value
        return _pair(cell, in_print, "not_comparable", reason=STAND_IN)

    def _lacking(self, cell: PrintedCell, key: Key) -> Pair:
        reason = self.candidate.why_not(key)
        return _pair(cell, None, "missing" if reason is None else "not_offered", reason=reason or "")

    def _judged(self, cell: PrintedCell, key: Key, value: float) -> Pair:
        if not math.isfinite(value):
            reason = f"{self.candidate.engine} gives {value}, which cannot have been printed so"
            return _pair(cell, value, "outside_rounding", reason=reason)
        how = self.style(cell)
        shown = how.in_print(value)
        verdict = _verdict(cell, how, shown)
        log = self.candidate.printed.get(key)
        if log is not None and verdict in DISCREPANCIES and _overlap(how, cell.text, log):
            verdict = "within_rounding"
        if verdict == "outside_rounding" and self._turns_significance(cell):
            verdict = "significance_flip"
        number = text_of.read(cell.text)
        digits = None if number.bound else lre(float(shown), float(number.value))
        if digits is not None and log is not None:
            digits = min(digits, round(shown_digits(log), 2))
        return _pair(
            cell,
            float(shown),
            verdict,
            tolerance=None if number.bound else float(how.half_unit(cell.text)),
            digits=digits,
            reason="the print is zero and shows no sign" if verdict == "undecided" else "",
        )

    def _stars(self, cell: PrintedCell, key: Key) -> Pair:
        if not self.spec.stars:
            return _pair(cell, None, "not_comparable", reason="the spec does not say what a star stands for")
        p = self.candidate.values.get(key)
        if p is None:
            return self._lacking(cell, key)
        if not math.isfinite(p):
            return _pair(cell, p, "stars_differ", reason=f"{self.candidate.engine} gives p = {p}")
        fewest, most = significance.stars(p, self.spec.stars, self.candidate.slack(key))
        printed = text_of.read(cell.text).value
        if fewest <= printed <= most:
            if fewest == most:
                return _pair(cell, float(most), "exact")
            return _pair(cell, float(printed), "undecided", reason=f"p = {p:.6g} lies on the limit of a star")
        verdict: Verdict = "significance_flip" if self._turns_significance(cell) else "stars_differ"
        return _pair(cell, float(most), verdict, reason=f"p = {p:.6g}")

    def _turns_significance(self, cell: PrintedCell) -> bool:
        """Whether print and engine stand for certain on two sides of a limit."""
        if cell.part not in ("coefficients", "tests"):
            return False
        part, term, _ = self.address(cell)
        p_key = (part, term, "p_value")
        p, slack = self.candidate.values.get(p_key), self.candidate.slack(p_key)
        for limit in significance.limits(self.spec):
            engine = significance.of_p(p, limit, slack)
            print_ = self._print_significant(cell, limit)
            if engine is not None and print_ is not None and engine != print_:
                return True
        return False

    def _print_significant(self, cell: PrintedCell, limit: float) -> bool | None:
        """Whether the print says for certain that the cell's term is significant, or that it is not."""
        shown = self._shown[cell.part, cell.term]
        p_ranges = [shown[measure] for measure in ("p_value", "stars") if measure in shown]
        for p_range in p_ranges:
            decided = p_range.below(Decimal(str(limit)))
            if decided is not None:
                return decided
        statistic = significance.absolute_statistic(shown) if cell.part == "coefficients" else None
        if p_ranges or statistic is None:
            return None
        return self._distribution.significant(statistic, limit)

    @cached_property
    def _shown(self) -> Mapping[tuple[str, str], dict[str, Interval]]:
        """What is printed for each term, in the engine's unit; stars as the p that they stand for."""
        found: dict[tuple[str, str], dict[str, Interval]] = defaultdict(dict)
        for cell in self.cells:
            interval = self._in_engines_unit(cell)
            if interval is not None:
                found[cell.part, cell.term][cell.measure] = interval
        return found

    def _in_engines_unit(self, cell: PrintedCell) -> Interval | None:
        if cell.part not in ("coefficients", "tests"):
            return None
        if cell.measure == "stars":
            return significance.p_of_stars(int(text_of.read(cell.text).value), self.spec.stars)
        how = self.style(cell)
        found = how.interval(cell.text)
        if how.scale == 1:
            return found
        return Interval(found.low / how.scale, found.high / how.scale, found.low_open, found.high_open)

    @cached_property
    def _distribution(self) -> significance.Distribution:
        model = self.spec.columns[self.column]
        normal = getattr(model, "reference_distribution", "normal") == "normal"
        return significance.distribution(self.candidate, normal)


def _verdict(cell: PrintedCell, how: Style, shown: Decimal) -> Verdict:
    """The verdict on a number, significance apart. *shown* is the value in the unit of the print."""
    printed = text_of.read(cell.text)
    if not printed.bound:
        if shown == printed.value and not (printed.value == 0 and printed.sign):
            return "exact"
        if _opposite(printed.sign, how, cell.text, shown):
            return "sign_flip"
    if not how.interval(cell.text).holds(shown):
        return "outside_rounding"
    if printed.value == 0 and printed.sign == 0 and shown != 0 and _has_sign(cell):
        return "undecided"
    return "within_rounding"


def _overlap(how: Style, text: str, log: str) -> bool:
    """Whether one number could have been printed as *text* and shown as *log*."""
    page, other = how.interval(text), text_of.interval(log)
    return page.low <= other.high * how.scale and other.low * how.scale <= page.high


def _opposite(sign: int, how: Style, text: str, shown: Decimal) -> bool:
    """
    Whether *shown* rounds to something of the opposite sign.

    What rounds to zero shows no sign, unless the print itself is a "-0.00": then any positive value differs.
    """
    if sign * shown >= 0:
        return False
    prints_zero = text_of.read(text).value == 0
    return prints_zero or abs(shown) >= how.half_unit(text)


def _has_sign(cell: PrintedCell) -> bool:
    if cell.part == "tests":
        return plain(cell.term).startswith("ar") and cell.measure == "statistic"
    return cell.measure in _SIGNED.get(cell.part, ())


def _pair(
    cell: PrintedCell,
    value: float | None,
    verdict: Verdict,
    *,
    tolerance: float | None = None,
    digits: float | None = None,
    reason: str = "",
) -> Pair:
    return Pair(cell.part, cell.term, cell.measure, cell.text, value, tolerance, verdict, digits, reason)
