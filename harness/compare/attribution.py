"""What the comparisons of a column, a table and a collection say in a few words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from harness import printed as text_of
from harness.compare.sides import Key
from harness.result import (
    AGREEMENTS,
    GOLDEN,
    PUBLISHED,
    Comparison,
    Outcome,
    Pair,
    Published,
    Result,
)
from harness.spec import Spec

Reproduced = Literal["yes", "minor", "no", "not printed", "not attempted"]
AeaClass = Literal["full", "full with minor issues", "partial", "none", "not attempted"]
Grade = Literal["reproduced", "minor", "major", "not attempted"]
_BEST_FIRST: tuple[Grade, ...] = ("reproduced", "minor", "major", "not attempted")

MINOR_SHARE = Decimal("0.01")  # a number within 1 % of the print says the same to a reader
FEW = 0.05  # share of the printed cells that may be off by more before a table is not reproduced


# ------------------------------------------------------------------------------------------ one column


def headline(spec: Spec, column: str, results: Iterable[Result], comparisons: Iterable[Comparison]) -> str:
    """
    Who agrees with whom in one column: "all agree", "engines agree and the paper differs", ...

    A comparison agrees where it has no discrepancy; explained differences are no discrepancies and are
    counted at the end. One without a comparable pair says nothing about either side. Results and
    comparisons of other columns are passed over.
    """
    here = [result for result in results if result.column == column]
    mine = [comparison for comparison in comparisons if comparison.column == column]
    fitted = [result.engine for result in here if result.status == "fitted"]
    words = _nobody(here) if not fitted else _who_agrees(spec, fitted, mine)
    return "; ".join([words, *_remarks(here, mine, bool(fitted))])


def _nobody(results: Sequence[Result]) -> str:
    if any(result.status == "errored" for result in results):
        return "could not run"
    return "skipped by every engine" if results else "not run"


def _who_agrees(spec: Spec, fitted: list[str], comparisons: Sequence[Comparison]) -> str:
    printed = {c.candidate: _agrees(c) for c in comparisons if c.reference == PUBLISHED}
    with_paper = {engine: agrees for engine, agrees in printed.items() if agrees is not None}
    pairs = [_agrees(c) for c in comparisons if c.reference not in (PUBLISHED, GOLDEN)]
    engines_agree = False not in pairs
    if not with_paper:
        nothing = "stand-in data" if spec.data.stand_in else "nothing printed"
        if printed and not spec.data.stand_in:
            nothing = "nothing printed that an engine offers"
        return f"{_engines(fitted, engines_agree)}, {nothing}"
    return _against_paper(with_paper, engines_agree)


def _engines(fitted: list[str], agree: bool) -> str:
    if len(fitted) == 1:
        return f"{fitted[0]} only"
    return "engines agree" if agree else "engines differ"


def _against_paper(with_paper: Mapping[str, bool], engines_agree: bool) -> str:
    """The nine cases of: which engines agree with the paper, and do the engines agree with each other."""
    agreeing = [engine for engine, agrees in with_paper.items() if agrees]
    if len(with_paper) == 1:
        (engine,) = with_paper
        return f"{engine} and the paper {'agree' if agreeing else 'differ'}, no second engine"
    if len(agreeing) == len(with_paper):
        return "all agree" if engines_agree else "all agree with the paper, engines differ beyond its digits"
    if not agreeing:
        return "engines agree and the paper differs" if engines_agree else "everything differs"
    if len(agreeing) == 1:
        return f"the paper agrees with {agreeing[0]} only"
    others = [engine for engine in with_paper if engine not in agreeing]
    return f"the paper agrees with {' and '.join(agreeing)}, not with {' and '.join(others)}"


def _remarks(results: Sequence[Result], comparisons: Sequence[Comparison], fitted: bool) -> list[str]:
    drifted = [c.candidate for c in comparisons if c.reference == GOLDEN and c.discrepancies]
    lost = [result.engine for result in results if result.status == "errored"]
    explained = sum(pair.verdict == "explained" for c in comparisons for pair in c.pairs)
    remarks = [f"drift since golden ({', '.join(drifted)})"] if drifted else []
    remarks += [f"{', '.join(lost)} could not run"] if lost and fitted else []
    shown = [pair for c in comparisons for pair in c.pairs if pair.verdict == "ambiguous_in_print"]
    remarks += sorted({pair.reason for pair in shown})
    if explained:
        remarks.append(f"{explained} difference{'s' if explained > 1 else ''} explained")
    return remarks


def _agrees(comparison: Comparison) -> bool | None:
    """None where nothing could be compared."""
    if comparison.discrepancies:
        return False
    counted = {*AGREEMENTS, "explained", "undecided"}
    return True if any(pair.verdict in counted for pair in comparison.pairs) else None


# ------------------------------------------------------------------------------------------- one table


@dataclass(frozen=True)
class Grades:
    """
    How many printed cells were reproduced by the engine that came closest.

    Attributes:
        reproduced: an engine's value rounds to the print
        minor: off by at most one unit of the last digit more than rounding allows, or by at most 1 %, with
            sign, significance and stars as printed; or explained by a known difference
        major: everything else that was tried
        not_attempted: no engine was fitted, none offers the statistic, or the data are a stand-in
    """

    reproduced: int = 0
    minor: int = 0
    major: int = 0
    not_attempted: int = 0

    @property
    def attempted(self) -> int:
        return self.reproduced + self.minor + self.major


def grades(published: Published | None, comparisons: Iterable[Comparison]) -> Grades:
    """Every printed cell (part `as_printed` apart), graded by the engine that came closest."""
    best = _best(comparisons)
    counts: dict[Grade, int] = dict.fromkeys(_BEST_FIRST, 0)
    for column, cells in ({} if published is None else published.columns).items():
        for cell in cells:
            if cell.part != "as_printed":
                counts[best[column].get((cell.part, cell.term, cell.measure), "not attempted")] += 1
    return Grades(counts["reproduced"], counts["minor"], counts["major"], counts["not attempted"])


def reproduced(published: Published | None, comparisons: Sequence[Comparison]) -> Reproduced:
    """
    Whether the printed table was reproduced, as a data editor would say it.

    yes: every printed cell that was attempted rounds to the print in at least one engine. minor: some do
    not, but are off in the last digit or by at most 1 %, or have an explanation; or at most 5 % are off by
    more and none of these turns sign or significance. no: anything else. What could not be attempted does
    not count here (`grades` says how much it is, `aea_class` minds it).
    """
    count = grades(published, comparisons)
    if not count.attempted:
        return "not attempted" if count.not_attempted else "not printed"
    if not count.major:
        return "minor" if count.minor else "yes"
    few = count.major <= FEW * count.attempted and not _turned(comparisons)
    return "minor" if few else "no"


def _best(comparisons: Iterable[Comparison]) -> Mapping[str, dict[Key, Grade]]:
    best: dict[str, dict[Key, Grade]] = defaultdict(dict)
    for comparison in comparisons:
        if comparison.reference != PUBLISHED:
            continue
        for pair in comparison.pairs:
            key = (pair.part, pair.term, pair.measure)
            seen = best[comparison.column].get(key, "not attempted")
            best[comparison.column][key] = min(seen, _grade(pair), key=_BEST_FIRST.index)
    return best


def _grade(pair: Pair) -> Grade:
    if pair.verdict in (*AGREEMENTS, "undecided"):
        return "reproduced"
    if pair.verdict == "explained" or (pair.verdict == "outside_rounding" and _is_close(pair)):
        return "minor"
    return "not attempted" if pair.verdict in ("not_offered", "not_comparable") else "major"


def _is_close(pair: Pair) -> bool:
    """One unit of the last digit beyond rounding, or 1 %."""
    if not isinstance(pair.reference, str) or pair.candidate is None or pair.tolerance is None:
        return False
    printed = text_of.read(pair.reference).value
    allowed = max(3 * Decimal(repr(pair.tolerance)), MINOR_SHARE * abs(printed))
    return abs(Decimal(repr(pair.candidate)) - printed) <= allowed


def _turned(comparisons: Iterable[Comparison]) -> bool:
    """Whether a printed cell has its sign or its significance turned in every engine that tried it."""
    verdicts: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for c in comparisons:
        for pair in c.pairs if c.reference == PUBLISHED else ():
            if _grade(pair) != "not attempted":
                verdicts[c.column, pair.part, pair.term, pair.measure].add(pair.verdict)
    turns = {"sign_flip", "significance_flip", "stars_differ"}
    return any(found <= turns for found in verdicts.values())


# ------------------------------------------------------------------------------------------ all tables


def aea_class(outcomes: Iterable[Outcome]) -> AeaClass:
    """
    The replication class of the whole, in the words of the AEA data editor's reports.

    full: every printed cell of every table was attempted and reproduced. full with minor issues: every table
    is reproduced, some of them with minor differences or with cells that no engine offers. partial: some
    tables are reproduced. none: no table is. Tables without printed numbers do not count.
    """
    tables = [(o.reproduced, grades(o.published, o.comparisons).not_attempted) for o in outcomes]
    printed = [(word, left) for word, left in tables if word != "not printed"]
    good = [word in ("yes", "minor") for word, _ in printed]
    if not any(word != "not attempted" for word, _ in printed):
        return "not attempted"
    if not any(good):
        return "none"
    if not all(good):
        return "partial"
    return "full" if all(word == "yes" and not left for word, left in printed) else "full with minor issues"
