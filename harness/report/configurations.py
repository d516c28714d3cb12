"""Charts of configurations (Fiss 2011), and XY plots of cases against solutions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness import glossary
from harness.compare.models import Models
from harness.compare.sides import Side, side
from harness.report.digits import NOTHING, short
from harness.result import Outcome, PrintedCell, Result
from harness.spec import FuzzySet
from harness.spec.configuration_terms import of_model, of_solution, of_term

SIZE = 200.0  # user units of a plot's square
_MARGIN = 26.0
_LIMIT = 12  # models drawn a solution
_LARGEST = 11.0
MEASURES = ("inclusion", "pri", "coverage", "unique_coverage")
WORDS = {"inclusion": "consistency", "pri": "PRI", "coverage": "raw coverage",
         "unique_coverage": "unique coverage"}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A sign of a chart: `kind` is `core`, `peripheral` or `any` (no roles told), with its words."""

    sign: str
    kind: str
    words: str


NO_MARK = Mark("", "", "")


@dataclass(frozen=True)
class Chart:
    """
    One model: a column for each term.

    Attributes:
        solution: conservative, parsimonious or intermediate
        standing: printed, not printed; "" where the paper shows no model of the solution, or data stand in
        number, of: which of how many minimal models
        source: who the numbers are from
        rows: condition, label, a mark for each term
        fits: measure, its text for each term, its text for the whole model
    """

    column: str
    solution: str
    standing: str
    number: int
    of: int
    source: str
    terms: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Mark, ...]], ...]
    fits: tuple[tuple[str, tuple[str, ...], str], ...]


@dataclass(frozen=True)
class Point:
    """Cases at one place of an XY plot."""

    x: float
    y: float
    radius: float
    count: int
    names: str


@dataclass(frozen=True)
class Plot:
    """Membership in the outcome (y) against membership in a solution (x); on or above the diagonal x <= y."""

    column: str
    solution: str
    outcome: str
    source: str
    points: tuple[Point, ...]
    above: int
    below: int


def charts(outcome: Outcome) -> tuple[Chart, ...]:
    """Every minimal model of every solution; the printed ones first."""
    return tuple(
        chart for column, result in fitted_columns(outcome) for chart in _charts(outcome, column, result)
    )


def model_counts(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """How many minimal models there are of every solution: ("wnp", "conservative 1, parsimonious 2")."""
    return tuple((column, _counts(result)) for column, result in fitted_columns(outcome))


def _counts(result: Result) -> str:
    counts = {cell.term: cell.value for cell in result.cells if cell.measure == "n_models"}
    return ", ".join(f"{term.partition(':')[0]} {count:.0f}" for term, count in counts.items())


def plots(outcome: Outcome) -> tuple[Plot, ...]:
    """A plot a solution, from the first engine that tells the cases' memberships."""
    return tuple(
        plot for column, result in fitted_columns(outcome) for plot in _plots(outcome, column, result)
    )


def fitted_columns(outcome: Outcome) -> Iterator[tuple[str, Result]]:
    """Fuzzy-set columns with the first engine that was fitted."""
    for column, model in outcome.spec.columns.items():
        fitted = [r for r in outcome.results if r.column == column and r.status == "fitted"]
        if isinstance(model, FuzzySet) and fitted:
            yield column, fitted[0]


# ------------------------------------------------------------------------------------------------- charts


def _charts(outcome: Outcome, column: str, result: Result) -> Iterator[Chart]:
    cells = outcome.published.columns.get(column, ()) if outcome.published else ()
    drawer = _Drawer(outcome, column, side(result), cells)
    for solution in _solutions(outcome, column):
        yield from drawer.solution(solution)


def _solutions(outcome: Outcome, column: str) -> tuple[str, ...]:
    """The solutions of a column, in the order of the spec."""
    model = outcome.spec.columns[column]
    return model.solution if isinstance(model, FuzzySet) else ()


@dataclass(frozen=True)
class _Drawer:
    """One column: an engine's cells and what the paper prints."""

    outcome: Outcome
    column: str
    engine: Side
    cells: Sequence[PrintedCell]

    def solution(self, solution: str) -> Iterator[Chart]:
        models = Models.of(self.cells, self.engine)
        found = sorted(models.found.get(solution, ()), key=sorted)
        comparable = not self.outcome.spec.data.stand_in
        shown = models.printed.get(solution, frozenset()) if comparable else frozenset()
        ordered = [model for model in found if model in shown] + [m for m in found if m not in shown]
        for number, terms in enumerate(ordered[:_LIMIT], start=1):
            standing = ("printed" if terms in shown else "not printed") if shown else ""
            yield self._chart(solution, tuple(sorted(terms)), standing, number, len(found))

    def _chart(self, solution: str, terms: tuple[str, ...], standing: str, number: int, of: int) -> Chart:
        model = self.outcome.spec.columns[self.column]
        assert isinstance(model, FuzzySet)
        labels = self.outcome.spec.labels
        rows = tuple(
            (name, labels.get(name, ""), tuple(self._mark(solution, term, name) for term in terms))
            for name in model.conditions
        )
        fits = tuple(
            (
                WORDS[measure],
                tuple(self._fit(solution, terms, term, measure) for term in terms),
                self._whole(solution, terms, measure),
            )
            for measure in MEASURES
        )
        return Chart(self.column, solution, standing, number, of, self.engine.engine, terms, rows, fits)

    def _mark(self, solution: str, term: str, condition: str) -> Mark:
        literals = term.split("*")
        if condition not in literals and f"~{condition}" not in literals:
            return NO_MARK
        present = condition in literals
        role = self._role(solution, term, condition if present else f"~{condition}")
        words = f"{role + ' ' if role else ''}{'present' if present else 'absent'}"
        sign = "⊗" if not present else "•" if role == "peripheral" else "●"
        return Mark(sign, role or "any", words)

    def _role(self, solution: str, term: str, literal: str) -> str:
        """As printed, else as the engine says; "" where nobody does."""
        address = ("solution", of_term(solution, term, literal), "role")
        for cell in self.cells:
            if cell[:3] == address:
                return glossary.word("solution", "role", glossary.code("solution", "role", cell.text)) or ""
        return glossary.word("solution", "role", self.engine.values.get(address)) or ""

    def _fit(self, solution: str, model: tuple[str, ...], term: str, measure: str) -> str:
        inside = self.engine.values.get(("solution", of_model(solution, model, term), measure))
        value = self.engine.values.get(("solution", of_term(solution, term), measure))
        return _text(value if inside is None else inside)

    def _whole(self, solution: str, model: tuple[str, ...], measure: str) -> str:
        value = self.engine.values.get(("solution", of_model(solution, model), measure))
        if value is None and measure != "unique_coverage":
            value = self.engine.values.get(("solution", of_solution(solution), measure))
        return "" if measure == "unique_coverage" else _text(value)


def _text(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


# -------------------------------------------------------------------------------------------------- plots


def _plots(outcome: Outcome, column: str, result: Result) -> Iterator[Plot]:
    told: dict[str, dict[str, float]] = {}
    for part, case, measure, value in result.cells:
        if part == "cases":
            told.setdefault(measure, {})[case] = value
    model = outcome.spec.columns[column]
    for solution in _solutions(outcome, column):
        if isinstance(model, FuzzySet) and solution in told and "outcome" in told:
            yield _plot(column, solution, model.outcome, result.engine, told)


def _plot(
    column: str, solution: str, outcome: str, engine: str, told: Mapping[str, Mapping[str, float]]
) -> Plot:
    y = told["outcome"]
    placed: dict[tuple[float, float], list[str]] = {}
    for case, x in told[solution].items():
        placed.setdefault((x, y[case]), []).append(case)
    most = max(Counter(map(len, placed.values())), default=1)
    points = tuple(
        Point(
            x=round(_MARGIN + at_x * SIZE, 1),
            y=round(_MARGIN + (1 - at_y) * SIZE, 1),
            radius=round(3 + (_LARGEST - 3) * ((len(cases) - 1) / max(1, most - 1)) ** 0.5, 1),
            count=len(cases),
            names=f"{', '.join(cases)}: {short(at_x, 3)}, {short(at_y, 3)}",
        )
        for (at_x, at_y), cases in sorted(placed.items())
    )
    above = sum(x <= y[case] for case, x in told[solution].items())
    return Plot(column, solution, outcome, engine, points, above, len(y) - above)
