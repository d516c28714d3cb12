"""Small tables of what stands beside a table of configurations: panel, robustness, checks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from harness.glossary import word
from harness.report.configurations import fitted_columns
from harness.report.digits import NOTHING, short
from harness.result import Outcome, Result
from harness.spec import FuzzySet, PanelKeys

Values = Mapping[tuple[str, str], float]  # by term and measure
Rows = tuple[tuple[str, tuple[str, ...]], ...]  # the name of each, then its texts


class Diagnostic(NamedTuple):
    """
    One small table of one column.

    Attributes:
        title: what it shows
        heads: of all columns but the first
        folded: a table of every period or entity is long and not open at first
    """

    column: str
    title: str
    source: str
    heads: tuple[str, ...]
    rows: Rows
    folded: bool = False


class Group(NamedTuple):
    """Tables of one kind, of all columns, with what a reader must know of them."""

    words: str
    note: str
    tables: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class _Column:
    """A fuzzy-set column, the data's keys, and the first engine that was fitted."""

    name: str
    model: FuzzySet
    keys: PanelKeys | None
    result: Result

    def values(self, part: str) -> Values:
        return {(cell.term, cell.measure): cell.value for cell in self.result.cells if cell.part == part}

    def table(self, title: str, heads: Iterable[str], rows: Rows, folded: bool = False) -> Diagnostic:
        return Diagnostic(self.name, title, self.result.engine, tuple(heads), rows, folded)

    def by_solution(self, terms: Iterable[str]) -> list[str]:
        """In the spec's order of solutions, whatever the order of the cells."""
        return sorted(
            dict.fromkeys(terms), key=lambda term: self.model.solution.index(term.partition(":")[0])
        )


def diagnostics(outcome: Outcome) -> tuple[Group, ...]:
    """What the fuzzy-set columns ask for, with the numbers of the first engine fitted; no empty group."""
    keys = outcome.spec.data.panel
    columns = [_Column(name, model, keys, result) for name, model, result in fitted_columns(outcome)]
    groups = (
        Group(words, note, tuple(table for column in columns for table in made(column)))
        for words, note, made in (
            ("Periods and entities", _PANEL_NOTE, _panel),
            ("Robustness", _ROBUSTNESS_NOTE, _robustness),
            ("Sensitivity ranges", _RANGES_NOTE, _ranges),
            ("Checks", _CHECKS_NOTE, _checks),
        )
    )
    return tuple(group for group in groups if group.tables)


_PANEL_NOTE = (
    "Pooled is over all rows. A distance is how far the periods (between) or the entities (within) lie from "
    "equal values: 0 where the relation to the outcome holds alike everywhere (Garcia-Castro and Arino 2016)."
)
_ROBUSTNESS_NOTE = (
    "The solution against those of other settings, the tests of the spec (Oana and Schneider 2021): 1 where "
    "nothing changes. Of the cases in the outcome (typical) and outside it (deviant) the robust ones stay in "
    "every solution, some test loses the shaky ones, and only tests have the possible ones."
)
_RANGES_NOTE = (
    "From .. used .. to: between the ends no model changes; beyond an end one does, or the data or the order "
    "of the anchors end. Cut-offs have exact ends, the points at which a configuration changes its output. "
    "An anchor moves in steps, over the values of the data and halfway between them, until a model changes, "
    "and that point is exact; a change that undoes itself within a step is not seen."
)
_CHECKS_NOTE = (
    "With less than a fifth of the cases on one side a set is skewed (Oana, Schneider and Thomann 2021). A "
    "configuration that is positive for the outcome and for its negation shows neither."
)


# -------------------------------------------------------------------------------------------------- panel

_WORDS = {"inclusion": "consistency", "coverage": "coverage"}
_DISTANCES = {
    "inclusion": ("between_distance", "within_distance"),
    "coverage": ("coverage_between_distance", "coverage_within_distance"),
}


def _panel(column: _Column) -> Iterator[Diagnostic]:
    values, keys = column.values("panel"), column.keys
    if not values or keys is None:
        return
    ends = (f"between {keys.time}", f"within {keys.entity}")
    heads = [head for words in _WORDS.values() for head in (words, *ends)]
    for family, terms in _families(column, values):
        rows = tuple((_name(term), _pooled(values, term)) for term in terms)
        yield column.table(f"{family}: pooled, and distances", heads, rows)
        for key, (measure, words) in product((keys.time, keys.entity), _WORDS.items()):
            single = _single(values, terms, key, measure)
            if single:
                yield column.table(f"{family}: {words} by {key}", map(_name, terms), single, folded=True)


def _families(column: _Column, values: Values) -> Iterator[tuple[str, list[str]]]:
    """Necessary sets, then every solution: its terms, then the models or the whole."""
    terms = list(dict.fromkeys(term.partition("|")[0] for term, _ in values))
    necessary = [term for term in terms if ":" not in term]
    if necessary:
        yield "necessary sets", necessary
    for solution in column.model.solution:
        its = [term for term in terms if term.startswith(f"{solution}:")]
        whole = (f"{solution}:solution", f"{solution}:model:")
        if its:
            yield solution, sorted(its, key=lambda term: term.startswith(whole))


def _pooled(values: Values, term: str) -> tuple[str, ...]:
    measures = (name for measure, distances in _DISTANCES.items() for name in (measure, *distances))
    return tuple(_text(values, term, measure) for measure in measures)


def _single(values: Values, terms: Sequence[str], key: str, measure: str) -> Rows:
    """A row for each period or entity; none where these have no cells."""
    start = f"{terms[0]}|{key}="
    labels = [term.removeprefix(start) for term, name in values if term.startswith(start) and name == measure]
    return tuple(
        (label, tuple(_text(values, f"{term}|{key}={label}", measure) for term in terms)) for label in labels
    )


# --------------------------------------------------------------------------------------------- robustness

_FIT = {
    "rf_cov": "coverage kept (RF_cov)",
    "rf_cons": "consistency (RF_cons)",
    "rf_sc_min_ts": "coincidence with what all tests have (RF_SC minTS)",
    "rf_sc_max_ts": "coincidence with what any test has (RF_SC maxTS)",
    "rcr_typ": "typical cases kept (RCR_typ)",
    "rcr_dev": "deviant cases kept (RCR_dev)",
}
_STANDING = ("robust", "shaky", "possible")


def _robustness(column: _Column) -> Iterator[Diagnostic]:
    values, asked = column.values("robustness"), column.model.robustness
    terms = column.by_solution(term for term, measure in values if measure == "rf_cov")
    if terms and asked is not None:
        heads = list(map(_subject, terms))
        yield column.table("over all tests", heads, _over_tests(values, terms))
        rows = _rows(values, terms, asked.tests, _single_test)
        yield column.table("test by test: coincidence, rank", heads, rows)


def _ranges(column: _Column) -> Iterator[Diagnostic]:
    values = column.values("robustness")
    found = [term for term, measure in values if measure == "value"]
    if found:
        settings = sorted({term.partition("|")[2] for term in found}, key=lambda name: ("." in name, name))
        terms = column.by_solution(term.partition("|")[0] for term in found)
        rows = _rows(values, terms, settings, _range)
        yield column.table("settings", map(_subject, terms), rows)


def _over_tests(values: Values, terms: Sequence[str]) -> Rows:
    fits = [(words, tuple(_text(values, term, name) for term in terms)) for name, words in _FIT.items()]
    rank = ("rank, 1 to 4 (RCC_Rank)", tuple(f"{values[term, 'rcc_rank']:.0f}" for term in terms))
    counts = [
        (f"{side} cases: {', '.join(_STANDING)}", tuple(_counted(values, term, side) for term in terms))
        for side in ("typical", "deviant")
    ]
    return (*fits, rank, *counts)


def _counted(values: Values, term: str, side: str) -> str:
    return ", ".join(f"{values[term, f'{standing}_{side}']:.0f}" for standing in _STANDING)


def _rows(
    values: Values, terms: Sequence[str], names: Iterable[str], text: Callable[[Values, str], str]
) -> Rows:
    """A row for each test, or each setting."""
    return tuple((name, tuple(text(values, f"{term}|{name}") for term in terms)) for name in names)


def _single_test(values: Values, term: str) -> str:
    return f"{_text(values, term, 'rf_sc_min_ts')}, {values[term, 'rcc_rank']:.0f}"


def _range(values: Values, term: str) -> str:
    """
    >>> _range({("s|x", "range_low"): 0.5, ("s|x", "value"): 0.8, ("s|x", "range_high"): 0.8824}, "s|x")
    '0.5 .. 0.8 .. 0.8824'
    """
    ends = (values.get((term, measure)) for measure in ("range_low", "value", "range_high"))
    return " .. ".join(short(end) for end in ends)


def _subject(term: str) -> str:
    """
    >>> _subject("intermediate:model:A + B"), _subject("intermediate:solution")
    ('intermediate: A + B', 'intermediate')
    """
    solution, _, rest = term.partition(":")
    return solution if rest == "solution" else f"{solution}: {_name(term)}"


# ------------------------------------------------------------------------------------------------- checks


def _checks(column: _Column) -> Iterator[Diagnostic]:
    values = column.values("checks")
    if not values:
        return
    heads = ("above the crossover", "below", "at it", "share above")
    sets = (*column.model.conditions, column.model.outcome)
    yield column.table("cases of every set", heads, tuple((name, _sides(values, name)) for name in sets))
    subsets = tuple(
        (term, (word("checks", measure, value) or "",))
        for (term, measure), value in values.items()
        if measure == "simultaneous_subset"
    )
    if subsets:
        head = ("positive for the negated outcome too",)
        yield column.table("positive configurations", head, subsets)


def _sides(values: Values, name: str) -> tuple[str, ...]:
    counts = [values[name, measure] for measure in ("n_in", "n_out", "n_half")]
    return (*(f"{count:.0f}" for count in counts), f"{counts[0] / sum(counts):.3f}")


def _name(term: str) -> str:
    """
    >>> _name("intermediate:model:A + B"), _name("intermediate:solution"), _name("~A")
    ('A + B', 'solution', '~A')
    """
    return term.rpartition(":")[2]


def _text(values: Values, term: str, measure: str) -> str:
    value = values.get((term, measure))
    return NOTHING if value is None else f"{value:.3f}"
