"""What the printed counts of a dynamic-panel column say about its instruments, and how long its panel is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness import expression, glossary, printed
from harness.audit import samples
from harness.explain.instrument_space import Tally
from harness.glossary import plain
from harness.result import PrintedCell, Published
from harness.spec import DynamicPanel, Spec, terms

Table = tuple[Spec, Published]
Cells = Mapping[tuple[str, str], int]  # (term, measure) of `fit` and `tests`, without variants, to the count
_COUNTS = {"n_obs", "n_groups", "n_instruments", "t_min", "t_max", "df", "df2"}


@dataclass(frozen=True)
class Fact:
    """
    A printed number that a column's instruments must add up to.

    Attributes:
        name: of the measure or the test
        words: what it is, with the number as printed
        wanted: the sum
        of: what one way of instrumenting adds to it
    """

    name: str
    words: str
    wanted: int
    of: Callable[[Tally], int]


@dataclass(frozen=True)
class Periods:
    """How many periods the panel has, and who says so."""

    number: int
    because: str


def counts(cells: Iterable[PrintedCell]) -> Cells:
    """The whole numbers of a printed column that count something."""
    found = {}
    for cell in cells:
        value = printed.read(cell.text).value if (cell.part, cell.measure) not in glossary.CODES else None
        if plain(cell.measure) in _COUNTS and value is not None and value == int(value):
            found[plain(cell.term), plain(cell.measure)] = int(value)
    return found


# ------------------------------------------------------------------------------------------------ the facts


def facts(model: DynamicPanel, variant: str | None, found: Cells) -> Iterator[Fact]:
    """
    Every fact, those that count instruments first.

    variant : what the print's `wald` means (glossary)
    """
    if ("model", "n_instruments") in found:
        number = found["model", "n_instruments"]
        yield Fact("n_instruments", f"{number} instruments", number, lambda tally: tally.instruments)
    for (term, measure), number in found.items():
        of = _degrees(term, variant) if measure == "df" else None
        if of is not None:
            yield Fact(term, f"{term} with {number} df", number, of)
    f, groups = found.get(("f", "df2")), found.get(("model", "n_groups"))
    if f is not None and groups is not None and model.reference_distribution == "t-groups":
        words = f"f with {f} df of the denominator, of {groups} groups"
        yield Fact("f", words, groups - f, lambda tally: tally.constant)


def _degrees(term: str, variant: str | None) -> Callable[[Tally], int] | None:
    """
    What the degrees of freedom of a test count.

    Of over-identifying restrictions: instruments less coefficients; without a group, less its columns too; of
    the difference that the group makes, these (Roodman 2009). Of Wald and F tests: the slopes.
    """
    name, is_without = term.removeprefix("hansen_excl_"), term.startswith("hansen_excl_")
    if term in ("hansen_j", "sargan"):
        return lambda tally: tally.instruments - tally.coefficients
    if is_without:
        return lambda tally: tally.instruments - tally.coefficients - _columns(tally, name)
    if term.startswith("diff_hansen_"):
        return lambda tally: _columns(tally, term.removeprefix("diff_hansen_"))
    if term == "wald" and variant == "slopes-without-dummies":
        return lambda tally: tally.coefficients - tally.constant - tally.dummies
    if term in ("wald", "f"):
        return lambda tally: tally.coefficients - tally.constant
    return None


def _columns(tally: Tally, group: str) -> int:
    if group == "level_gmm":
        return tally.level_gmm
    return tally.in_group if tally.group == group else 0


def counts_instruments(fact: Fact) -> bool:
    """Whether the fact says anything of instruments, and not of coefficients alone."""
    return fact.name not in ("wald", "f")


# ---------------------------------------------------------------------------------------------- the periods


def periods(table: Table, column: str, beside: Sequence[Table], given: int | None) -> Periods | None:
    """
    How many periods the panel has: as *given*, by an identity, or by the longest row of a group in print.

    beside : other tables on the same data. None where nothing says it. A sample that is chosen by time is
    heard for itself alone.
    """
    if given is not None:
        return Periods(given, "as given")
    spec, _ = table
    heard = [table, *beside] if not _by_time(spec, column) else []
    for its, _ in heard:
        size = samples.panel([its])
        if size.periods is not None:
            return Periods(size.periods, f"an identity of {its.id}")
    for its, its_print in [*([] if heard else [table]), *heard]:
        names = [column] if its is spec else [name for name in its.columns if not _by_time(its, name)]
        for name in names:
            longest = _longest(its, its_print, name)
            if longest is not None:
                return longest
    return None


def _by_time(spec: Spec, column: str) -> bool:
    sample, panel = spec.columns[column].sample, spec.data.panel
    return (
        panel is not None and sample is not None and panel.time in expression.names(expression.parse(sample))
    )


def _longest(spec: Spec, published: Published, column: str) -> Periods | None:
    """The most rows of a group and those that lags and differences take from it."""
    model, most = spec.columns[column], counts(published.columns.get(column, ())).get(("model", "t_max"))
    if most is None or not isinstance(model, DynamicPanel):
        return None
    lost = max((lag for _, _, lag in terms(model.regressors)), default=0)
    differenced = model.estimator == "difference" or spec.variant(column, "n_obs") == "difference-rows"
    lost += differenced
    because = f"t_max {most} of {spec.id} and {lost} lost to lags{' and differences' if differenced else ''}"
    return Periods(most + lost, because)


# ---------------------------------------------------------------------------------------- the observations


def rows(model: DynamicPanel, found: Cells, number: int, balanced: bool) -> str:
    """
    What the printed observations can be rows of, "" where they are not printed.

    number : periods of the panel
    """
    n_obs, n_groups = found.get(("model", "n_obs")), found.get(("model", "n_groups"))
    if n_obs is None or n_groups is None:
        return ""
    lost = max((lag for _, _, lag in terms(model.regressors)), default=0)
    each = {"differences": number - lost - 1}
    if model.estimator == "system":
        each = {"levels": number - lost, **each, "both": 2 * (number - lost) - 1}
    exactly = balanced and model.sample is None
    told = []
    for name, most in ((name, n_groups * rows_each) for name, rows_each in each.items()):
        fits = n_obs == most if exactly else n_obs <= most
        told.append(f"{'' if exactly else 'at most '}{most:,} in {name}{'' if fits else ' (impossible)'}")
    return f"{n_obs:,} observations of {n_groups:,} groups, which have {', '.join(told)}"
