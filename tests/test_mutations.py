"""The comparator is itself tested: every committed number is spoilt in nine ways, and each must be seen."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from statistics import NormalDist

import pytest
from conftest import ROOT

from harness import compare, glossary, goldenfile, specfile
from harness.compare.print_rules import Style, style
from harness.compare.significance import stars
from harness.engines import engines
from harness.result import DISCREPANCIES, Cell, Comparison, PrintedCell, Result
from harness.spec import PrintRule, Spec

pytestmark = pytest.mark.slow

Values = dict[tuple[str, str, str], float]
STARS = (0.10, 0.05, 0.01)
# Caught means: for the right reason. Mutations that are not named here may show as any discrepancy.
EXPECTED: Mapping[str, set[str]] = {
    "sign": {"sign_flip"},
    "dropped term": {"missing"},
    "extra term": {"extra"},
    "a star too many": {"stars_differ", "significance_flip"},
    "N off by one": {"outside_rounding", "outside_tolerance", "significance_flip"},
    "NaN": {"outside_rounding", "outside_tolerance"},
}
COUNTS = {name for (part, name), m in glossary.MEASURES.items() if part in ("fit", "tests") and m.rtol == 0}
# Shares of what rounding allows by which a value may lie beside the print: its very ends included.
ROUNDINGS = (Decimal(-1), Decimal("-0.5"), Decimal(0), Decimal("0.3"), Decimal(1))


@dataclass
class Score:
    """What became of the mutations of one kind of file, by mutation."""

    caught: Counter[str] = field(default_factory=Counter)
    none: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    harmless: int = 0
    alarms: list[str] = field(default_factory=list)

    def mutate(self, name: str, where: str, comparison: Comparison, *, is_one: bool = True) -> None:
        """Count a mutation; `is_one` is False where it changed nothing that could be seen."""
        if not is_one:
            self.none[name] += 1
        elif {pair.verdict for pair in comparison.discrepancies} & EXPECTED.get(name, set(DISCREPANCIES)):
            self.caught[name] += 1
        else:
            self.missed.append(f"{name}: {where}")

    def leave(self, where: str, comparison: Comparison, cells: int) -> None:
        """Count *cells* values that must raise nothing."""
        self.harmless += cells
        self.alarms += [f"{where}: {pair}" for pair in comparison.discrepancies]

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(self.caught.items()))
        none = ", ".join(f"{name} {count:,}" for name, count in sorted(self.none.items()))
        total = self.caught.total() + len(self.missed)
        return (
            f"{self.caught.total():,} of {total:,} mutations caught ({kinds}); "
            f"{self.none.total():,} that change nothing left out ({none or 'none'}); "
            f"{self.harmless:,} harmless values, {len(self.alarms)} false alarms"
        )


@cache
def _specs() -> tuple[Spec, ...]:
    """
    Every spec of the repository, without what would explain a mutation away.

    That is its known differences, and that its data stand in for others.
    """
    found = [specfile.read(path, engines()) for path in sorted((ROOT / "specs").glob("*.yaml"))]
    return tuple(
        spec.model_copy(
            update={"known_differences": (), "data": spec.data.model_copy(update={"stand_in": False})}
        )
        for spec in found
    )


def _told(
    capsys: pytest.CaptureFixture[str], record: Callable[[str, object], None], what: str, s: Score
) -> None:
    record(what, str(s))
    with capsys.disabled():
        print(f"\n{what}: {s}")


# ---------------------------------------------------------------------------------------- printed tables


@dataclass(frozen=True)
class Term:
    """The printed cells of one term of one column, and values that round to them."""

    spec: Spec
    column: str
    cells: tuple[PrintedCell, ...]

    @property
    def name(self) -> str:
        return f"{self.spec.id} {self.column} {self.cells[0].part} {self.cells[0].term}"

    def style(self, cell: PrintedCell) -> Style:
        return style(self.spec, self.column, cell.part, cell.term, cell.measure)

    def key(self, cell: PrintedCell) -> tuple[str, str, str]:
        term = self.spec.variant(self.column, cell.term) if cell.part == "tests" else None
        measure = self.spec.variant(self.column, cell.measure) if cell.part == "fit" else None
        return (
            cell.part,
            f"{cell.term}@{term}" if term else cell.term,
            f"{cell.measure}@{measure}" if measure else cell.measure,
        )

    def value(self, cell: PrintedCell, share: Decimal = Decimal("0.3"), units: int = 0) -> float:
        """A value beside the print by *share* of what rounding allows, and by *units* of the last digit."""
        word = glossary.code(cell.part, cell.measure, cell.text)
        if word is not None:
            return word + units
        how = self.style(cell)
        allowed = how.interval(cell.text)
        middle, half = (allowed.low + allowed.high) / 2, (allowed.high - allowed.low) / 2
        unit = how.half_unit(cell.text) * (1 if how.truncated else 2)
        shown = middle + share * half + units * unit
        if len(shown.as_tuple().digits) > 15 or not (units or allowed.holds(shown)):
            shown = middle + share * half * Decimal("0.8") + units * unit  # an open end; no double so exact
        return float(shown / how.scale)

    def values(self, share: Decimal = Decimal("0.3")) -> Values:
        return {self.key(cell): self.value(cell, share) for cell in self.cells}

    def against(self, values: Mapping[tuple[str, str, str], float]) -> Comparison:
        return _against(self.spec, self.column, self.cells, values)

    def could_print(self, cell: PrintedCell, value: float) -> bool:
        """Whether *value* would have been printed as the cell, digit by digit."""
        word = glossary.code(cell.part, cell.measure, cell.text)
        if word is not None:
            return value == word
        how = self.style(cell)
        return how.interval(cell.text).holds(how.in_print(value))


def _against(
    spec: Spec, column: str, cells: Sequence[PrintedCell], values: Mapping[tuple[str, str, str], float]
) -> Comparison:
    result = Result(
        spec.id, column, "candidate", "fitted", cells=tuple(Cell(*k, v) for k, v in values.items())
    )
    return compare.against_print(spec, column, cells, result)


def _terms() -> Iterator[Term]:
    for spec in _specs():
        published = goldenfile.read_published(spec)
        for column, cells in ({} if published is None else published.columns).items():
            by_term: dict[tuple[str, str], list[PrintedCell]] = defaultdict(list)
            for cell in cells:
                if cell.measure not in ("stars", "listed") and cell.text[0] not in "<>":
                    by_term[cell.part, cell.term].append(cell)
            yield from (Term(spec, column, tuple(found)) for found in by_term.values())


def _spoil_cells(term: Term, score: Score) -> None:
    """Sign, one unit, NaN, a count off by one: one cell at a time."""
    right = term.values()
    for cell in term.cells:
        key, where = term.key(cell), f"{term.name} {cell.measure} {cell.text}"
        opposite = {**right, key: -right[key]}
        is_one = not term.could_print(cell, -right[key]) and (cell.part, cell.measure) not in glossary.CODES
        score.mutate("sign", where, term.against(opposite), is_one=is_one)
        for units in (-1, 1):
            moved = {**right, key: term.value(cell, units=units)}
            score.mutate("one unit of the last digit", where, term.against(moved))
        score.mutate("NaN", where, term.against({**right, key: math.nan}))
        if cell.measure in COUNTS:
            for other in (-1, 1):
                score.mutate("N off by one", where, term.against({**right, key: round(right[key]) + other}))


def _spoil_term(term: Term, score: Score) -> None:
    """The term dropped, an extra one, a standard error for a statistic, a star too many."""
    right = term.values()
    score.mutate("dropped term", term.name, term.against({}))
    complete = term.spec.model_copy(update={"print": (*term.spec.print, PrintRule(complete=True))})
    more = {**right, (term.cells[0].part, "a term of its own", "estimate"): 1.0}
    score.mutate("extra term", term.name, _against(complete, term.column, term.cells, more))
    if not term.style(term.cells[0]).complete:
        score.leave(term.name, term.against(more), 1)  # an incomplete print does not mind
    _spoil_statistic(term, right, score)
    _spoil_stars(term, right, score)


def _spoil_statistic(term: Term, right: Values, score: Score) -> None:
    by_measure = {cell.measure: cell for cell in term.cells}
    if term.cells[0].part != "coefficients" or not {"estimate", "std_error"} <= by_measure.keys():
        return
    cell = by_measure["std_error"]
    key = term.key(cell)
    if right[key] == 0:
        return
    statistic = right[term.key(by_measure["estimate"])] / right[key]
    is_one = not term.could_print(cell, statistic)
    score.mutate("SE for t", term.name, term.against({**right, key: statistic}), is_one=is_one)


def _p(term: Term, right: Values) -> float | None:
    part, name = term.cells[0].part, term.cells[0].term
    if part != "coefficients":
        return None
    if (part, name, "p_value") in right:
        return abs(right[part, name, "p_value"])
    estimate, std_error = (right.get((part, name, measure)) for measure in ("estimate", "std_error"))
    if estimate is None or not std_error:
        return None
    return 2 * NormalDist().cdf(-abs(estimate / std_error))


def _spoil_stars(term: Term, right: Values, score: Score) -> None:
    """No table in the collection prints stars: they are put beside the coefficient as its p earns them."""
    p = _p(term, right)
    if p is None:
        return
    part, name = term.cells[0].part, term.cells[0].term
    starred = term.spec.model_copy(update={"stars": STARS})
    fewest, most = stars(p, STARS)
    for count in (fewest, most + 1):
        cell = PrintedCell(part, name, "stars", str(count), term.cells[0].line)
        values = {**right, (part, name, "p_value"): p}
        found = _against(starred, term.column, (*term.cells, cell), values)
        if count == fewest:
            score.leave(f"{term.name} stars", found, 1)
        else:
            score.mutate("a star too many", term.name, found)


def _swap(first: Term, second: Term, score: Score) -> None:
    """Two neighbours of one part change places, in the measures that both have."""
    right = {**first.values(), **second.values()}
    by_measure = {cell.measure: cell for cell in second.cells}
    both = [(cell, by_measure[cell.measure]) for cell in first.cells if cell.measure in by_measure]
    swapped, is_one = dict(right), False
    for one, other in both:
        a, b = first.key(one), second.key(other)
        swapped[a], swapped[b] = right[b], right[a]
        fits = first.could_print(one, right[b]) and second.could_print(other, right[a])
        is_one = is_one or not fits
    cells = (*first.cells, *second.cells)
    comparison = _against(first.spec, first.column, cells, swapped)
    score.mutate("two terms swapped", f"{first.name} and {second.name}", comparison, is_one=is_one)


def _neighbours(first: Term, second: Term) -> bool:
    return (
        first.spec is second.spec
        and first.column == second.column
        and first.cells[0].part == second.cells[0].part
        and bool({c.measure for c in first.cells} & {c.measure for c in second.cells})
    )


def test_every_mutation_of_every_printed_cell_is_caught_and_no_rounding_is(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    score = Score()
    found = list(_terms())
    for term in found:
        for share in ROUNDINGS:
            score.leave(term.name, term.against(term.values(share)), len(term.cells))
        _spoil_cells(term, score)
        _spoil_term(term, score)
    for first, second in pairwise(found):
        if _neighbours(first, second):
            _swap(first, second, score)
    cells = sum(len(term.cells) for term in found)
    _told(capsys, record_property, f"{cells:,} printed cells", score)
    assert cells > 0, "no golden/*/published.csv was found"
    assert not score.alarms
    assert not score.missed


# ---------------------------------------------------------------------------------------- golden numbers


def test_a_configuration_told_without_a_number_is_missed_with_any_literal_off_or_turned() -> None:
    told = [
        (spec, column, cell)
        for spec in _specs()
        if (published := goldenfile.read_published(spec)) is not None
        for column, cells in published.columns.items()
        for cell in cells
        if cell.measure == "listed"
    ]
    assert len(told) == 25  # the configurations of the article on virtual agglomeration
    for spec, column, cell in told:
        solution, _, term = cell.term.partition(":")
        assert _verdict_on_model(spec, column, cell, f"{solution}:model:{term}") == "exact"
        literals = term.split("*")
        for at, literal in enumerate(literals):
            turned = literal.removeprefix("~") if literal.startswith("~") else f"~{literal}"
            for other in ([turned], []):
                rest = "*".join([*literals[:at], *other, *literals[at + 1 :]])
                assert _verdict_on_model(spec, column, cell, f"{solution}:model:{rest}") == "missing"


def _verdict_on_model(spec: Spec, column: str, cell: PrintedCell, model: str) -> str:
    """On the printed cell, of an engine with this one model."""
    (pair,) = (
        pair
        for pair in _against(spec, column, [cell], {("solution", model, "inclusion"): 1.0}).pairs
        if pair.measure == "listed"
    )
    return pair.verdict


def _goldens() -> Iterator[tuple[Spec, Result]]:
    for spec in _specs():
        for path in sorted(goldenfile.folder(spec).glob("*.json")):
            columns = goldenfile.read_engine(spec, path.stem) or {}
            yield from ((spec, r) for r in columns.values() if r.status == "fitted" and r.cells)


@dataclass(frozen=True)
class GoldenTerm:
    """
    The golden cells of one term, and beside them the standard errors by which a covariance is measured.

    A comparison looks no further than that, so it need not see the whole column each time.
    """

    spec: Spec
    result: Result
    cells: tuple[Cell, ...]
    beside: tuple[Cell, ...]

    @property
    def name(self) -> str:
        cell = self.cells[0]
        return f"{self.spec.id} {self.result.engine} {self.result.column} {cell.part} {cell.term}"

    def against(self, spoilt: Sequence[Cell]) -> Iterator[Comparison]:
        """The golden cells against *spoilt*: as drift of one engine, and as a difference between two."""
        today = replace(self.golden, engine="candidate", cells=(*spoilt, *self.beside))
        yield compare.against_golden(self.spec, today.column, self.golden, today)
        yield compare.engines(self.spec, today.column, self.golden, today)

    @cached_property
    def golden(self) -> Result:
        return replace(self.result, cells=(*self.cells, *self.beside))

    def noise(self, cell: Cell) -> float:
        """Up to where the glossary lets a number near zero move, whatever its size."""
        measure = glossary.measure(cell.part, cell.measure)
        assert measure is not None, cell
        errors = {c.term: c.value for c in (*self.cells, *self.beside) if c.measure == "std_error"}
        first, _, second = cell.term.partition("~")
        covariance = errors.get(first, 0.0) * errors.get(second, 0.0) if cell.part == "covariance" else 0.0
        own = errors.get(cell.term, 0.0)
        return max(measure.atol, measure.std_errors * own, measure.rtol * covariance)

    def seen(self, cell: Cell, value: float) -> bool:
        """Whether *value* in the place of *cell* is a mutation: more than noise or rounding."""
        measure = glossary.measure(cell.part, cell.measure)
        assert measure is not None, cell
        change = abs(value - cell.value)
        return not change <= max(self.noise(cell), measure.rtol * abs(cell.value))


def _golden_terms(spec: Spec, result: Result) -> list[GoldenTerm]:
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in result.cells:
        if cell.part != "as_printed":
            found[cell.part, cell.term].append(cell)
    errors = {c.term: c for c in result.cells if (c.part, c.measure) == ("coefficients", "std_error")}
    terms = []
    for (part, term), cells in found.items():
        names = dict.fromkeys(term.split("~")) if part == "covariance" else {}
        beside = tuple(errors[name] for name in names if name in errors)
        terms.append(GoldenTerm(spec, result, tuple(cells), beside))
    return terms


def _spoil_golden_cells(term: GoldenTerm, score: Score) -> None:
    for at, cell in enumerate(term.cells):
        if not math.isfinite(cell.value):
            continue
        wrong = {"sign": -cell.value, "one part in a thousand": cell.value * 1.001, "NaN": math.nan}
        if cell.measure in COUNTS:
            wrong["N off by one"] = cell.value + 1
        for name, value in wrong.items():
            spoilt = (*term.cells[:at], cell._replace(value=value), *term.cells[at + 1 :])
            for comparison in term.against(spoilt):
                where = f"{term.name} {cell.measure} {cell.value!r}"
                score.mutate(name, where, comparison, is_one=term.seen(cell, value))


def _spoil_golden_term(term: GoldenTerm, score: Score) -> None:
    by_measure = {cell.measure: cell for cell in term.cells}
    extra = term.cells[0]._replace(term="a term of its own", value=1.0)
    wrong: dict[str, tuple[Cell, ...]] = {"dropped term": (), "extra term": (*term.cells, extra)}
    if {"std_error", "statistic"} <= by_measure.keys():
        statistic = by_measure["std_error"]._replace(value=by_measure["statistic"].value)
        wrong["SE for t"] = tuple(statistic if c.measure == "std_error" else c for c in term.cells)
    for name, spoilt in wrong.items():
        for comparison in term.against(spoilt):
            score.mutate(name, term.name, comparison)
    for comparison in term.against(term.cells):
        score.leave(term.name, comparison, len(term.cells))


def _swap_golden(first: GoldenTerm, second: GoldenTerm, score: Score) -> None:
    a, b = ({cell.measure: cell for cell in one.cells} for one in (first, second))
    swapped = [c._replace(value=b[m].value) if m in b else c for m, c in a.items()]
    swapped += [c._replace(value=a[m].value) if m in a else c for m, c in b.items()]
    beside = tuple(dict.fromkeys((*first.beside, *second.beside)))
    both = replace(first, cells=(*first.cells, *second.cells), beside=beside)
    is_one = any(both.seen(cell, other.value) for cell, other in zip(both.cells, swapped, strict=True))
    for comparison in both.against(swapped):
        score.mutate("two terms swapped", f"{first.name} and {second.name}", comparison, is_one=is_one)


def test_every_mutation_of_every_golden_number_is_caught(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    score, cells = Score(), 0
    for spec, result in _goldens():
        cells += len(result.cells)
        terms = _golden_terms(spec, result)
        for term in terms:
            _spoil_golden_cells(term, score)
            _spoil_golden_term(term, score)
        for first, second in pairwise(terms):
            if first.cells[0].part == second.cells[0].part:
                _swap_golden(first, second, score)
    _told(capsys, record_property, f"{cells:,} golden cells", score)
    assert cells > 0, "no golden/*/<engine>.json was found"
    assert not score.alarms
    assert not score.missed
