"""Small tables of what stands beside a table of configurations: periods and entities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.report.configurations import fitted_columns
from harness.report.digits import NOTHING
from harness.result import Outcome, Result

_DISTANCES = {
    "inclusion": ("between_distance", "within_distance"),
    "coverage": ("coverage_between_distance", "coverage_within_distance"),
}
_WORDS = {"inclusion": "consistency", "coverage": "coverage"}


@dataclass(frozen=True)
class Diagnostic:
    """
    One small table of one column.

    Attributes:
        title: what it shows
        heads: of all columns but the first
        rows: the name of each, then its texts
        folded: a table of every period or entity is long and not open at first
    """

    column: str
    title: str
    source: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    folded: bool = False


def diagnostics(outcome: Outcome) -> tuple[Diagnostic, ...]:
    """Of every fuzzy-set column that asks for them, with the numbers of the first engine fitted."""
    return tuple(
        table for column, result in fitted_columns(outcome) for table in _panel(outcome, column, result)
    )


# -------------------------------------------------------------------------------------------------- panel

Values = Mapping[tuple[str, str], float]  # by term and measure


def _panel(outcome: Outcome, column: str, result: Result) -> Iterator[Diagnostic]:
    values = {(cell.term, cell.measure): cell.value for cell in result.cells if cell.part == "panel"}
    keys = outcome.spec.data.panel
    families: dict[str, list[str]] = {}
    for term in dict.fromkeys(term.partition("|")[0] for term, _ in values):
        families.setdefault(_family(term), []).append(term)
    for family, terms in families.items():
        assert keys is not None
        heads = tuple(
            head
            for word in _WORDS.values()
            for head in (word, f"between {keys.time}", f"within {keys.entity}")
        )
        measures = [name for measure, found in _DISTANCES.items() for name in (measure, *found)]
        rows = tuple((_name(term), tuple(_text(values, term, m) for m in measures)) for term in terms)
        yield Diagnostic(column, f"{family}: pooled, and distances", result.engine, heads, rows)
        for key in (keys.time, keys.entity):
            for measure, word in _WORDS.items():
                yield from _each(
                    column, result.engine, f"{family}: {word} by {key}", values, terms, key, measure
                )


def _each(
    column: str, engine: str, title: str, values: Values, terms: Sequence[str], key: str, measure: str
) -> Iterator[Diagnostic]:
    """A row for each period or entity; nothing where these have no cells."""
    start = f"{terms[0]}|{key}="
    labels = [term.removeprefix(start) for term, name in values if term.startswith(start) and name == measure]
    rows = tuple(
        (label, tuple(_text(values, f"{term}|{key}={label}", measure) for term in terms)) for label in labels
    )
    if rows:
        yield Diagnostic(column, title, engine, tuple(map(_name, terms)), rows, folded=True)


def _family(term: str) -> str:
    """The solution that a term is of, else that it is a necessary set."""
    solution, colon, _ = term.partition(":")
    return solution if colon else "necessary sets"


def _name(term: str) -> str:
    """
    >>> _name("intermediate:model:A + B"), _name("intermediate:solution"), _name("~A")
    ('A + B', 'solution', '~A')
    """
    return term.rpartition(":")[2]


def _text(values: Values, term: str, measure: str) -> str:
    value = values.get((term, measure))
    return NOTHING if value is None else f"{value:.3f}"
