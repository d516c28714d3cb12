"""Conservative, parsimonious and intermediate solutions, each with all of its minimal models."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.estimators.fsqca.chart import Solved, solve_chart
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.primes import Primes, prime_implicants
from harness.estimators.fsqca.smallest import Effort
from harness.estimators.fsqca.table import Codes, TruthTable
from harness.estimators.fsqca.terms import Model, Term, bit, write, write_model

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Solution:
    """
    All minimal models of a truth table: the disjunctions with the fewest terms that cover every positive row.

    Attributes:
        kind: conservative, parsimonious or intermediate
        table: what was minimised
        models: each a sorted tuple of terms; sorted; all of them unless *n_models* says more
        n_models: how many there are; above 1 the solution is ambiguous
        count_is_exact: False where *n_models* is a lower bound
        size, size_at_least: terms in a model, and what is proved (different only where Effort ran out)
        primes: prime implicants with their chart; None in an intermediate solution, whose pairs have them
        essential: terms that alone cover some row
        common: terms in all models
        used: terms in at least one model
        pairs: of an intermediate solution, what each pair of conservative and parsimonious models gives
    """

    kind: str
    table: TruthTable
    models: tuple[Model, ...]
    n_models: int
    count_is_exact: bool
    size: int
    size_at_least: int
    primes: Primes | None
    essential: Model
    common: Model
    used: Model
    pairs: tuple["Pair", ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The models as text, terms sorted as text: `A*~B + C`."""
        return tuple(write_model(model, self.table.data.conditions) for model in self.models)

    @property
    def is_ambiguous(self) -> bool:
        return self.n_models > 1

    @property
    def is_proved(self) -> bool:
        """Whether no model has fewer terms; False only where `Effort` ran out."""
        return self.size == self.size_at_least

    def __str__(self) -> str:
        count = (
            f"{'' if self.count_is_exact else 'at least '}{self.n_models} model{'s'[: self.n_models != 1]}"
        )
        if not self.is_proved:
            count += f" of {self.size} terms (proved: at least {self.size_at_least})"
        lines = [
            f"{self.kind}, {count}:",
            *(f"  {model} -> {self.table.data.outcome}" for model in self.written),
        ]
        if len(self.models) < self.n_models:
            lines.append(f"  ... {len(self.models)} listed")
        return "\n".join(lines)


@dataclass(frozen=True)
class Pair:
    """
    One intermediate result: from one conservative and one parsimonious model.

    Attributes:
        conservative, parsimonious: the models between which it lies
        easy: codes of remainders that the parsimonious model assumes and the expectations support
        difficult: those that it assumes and the expectations do not support
        primes: of the positive rows and the easy counterfactuals
        models: minimal models (as *Solution.models*); *n_models* of them
    """

    conservative: Model
    parsimonious: Model
    easy: tuple[int, ...]
    difficult: tuple[int, ...]
    primes: Primes
    models: tuple[Model, ...]
    n_models: int
    count_is_exact: bool
    common: Model


def conservative(table: TruthTable, most: int = 1000, effort: Effort | None = None) -> Solution:
    """
    Without assumptions on remainders (R's "complex"): no term covers a row that is not positive.

    most : models listed at most; all are counted
    Raises FsqcaError where no row, or every configuration, is positive.
    """
    _check(table)
    negative = np.ones(2**table.data.k, dtype=np.bool_)
    negative[table.positive] = False
    if not negative.any():
        raise FsqcaError(_EVERYTHING)
    primes = prime_implicants(table.positive, negative, table.data.k)
    return _solution("conservative", table, primes, most, effort)


def parsimonious(table: TruthTable, most: int = 1000, effort: Effort | None = None) -> Solution:
    """
    With every remainder that makes it shorter: terms may cover any row that is not negative.

    most : models listed at most; all are counted
    Raises FsqcaError where no row is positive, or none is negative.
    """
    _check(table)
    if not len(table.negative):
        raise FsqcaError(_EVERYTHING)
    primes = prime_implicants(table.positive, table.negative, table.data.k)
    return _solution("parsimonious", table, primes, most, effort)


_EVERYTHING = (
    "No configuration is negative, so every condition would be minimised away: raise incl_cut or pri_cut, "
    "or lower n_cut."
)


def _check(table: TruthTable) -> None:
    if not len(table.positive):
        highest = float(np.nanmax(table.inclusion, initial=0.0))
        raise FsqcaError(
            f"No configuration is positive at incl_cut {table.incl_cut[0]:g}, pri_cut {table.pri_cut:g} and "
            f"n_cut {table.n_cut} (highest inclusion {highest:.3f}), so nothing is explained: lower one."
        )


def _solution(kind: str, table: TruthTable, primes: Primes, most: int, effort: Effort | None) -> Solution:
    solved = solve_chart(primes.chart, len(primes.rows), len(primes.terms), most, effort)
    return Solution(
        kind=kind,
        table=table,
        models=_models(primes, solved),
        n_models=solved.count,
        count_is_exact=solved.count_is_exact,
        size=solved.size,
        size_at_least=solved.size_at_least,
        primes=primes,
        essential=_terms(primes, solved.essential),
        common=_terms(primes, solved.in_all),
        used=_terms(primes, solved.used),
    )


def _terms(primes: Primes, columns: tuple[int, ...]) -> Model:
    return tuple(sorted(primes.terms[column] for column in columns))


def _models(primes: Primes, solved: Solved) -> tuple[Model, ...]:
    """Models of sorted terms, sorted; terms are compared once, and then by their places."""
    in_order = sorted(range(len(primes.terms)), key=primes.terms.__getitem__)
    place = {column: i for i, column in enumerate(in_order)}
    models = sorted(sorted(place[column] for column in cover) for cover in solved.listed)
    return tuple(tuple(primes.terms[in_order[i]] for i in model) for model in models)


def intermediate(
    table: TruthTable,
    expectations: Mapping[str, int | None],
    most: int = 1000,
    effort: Effort | None = None,
    between: tuple[Solution, Solution] | None = None,
) -> Solution:
    """
    With those remainders only that theory supports (Ragin & Sonnett 2005; Ragin 2008, ch. 9).

    Each conservative term is shortened towards each parsimonious term that contains it: a literal that the
    parsimonious term lacks is dropped where the expectation says the opposite (so A*~B towards A, with B
    expected to be present, becomes A); without expectation it stays. Remainders that the parsimonious model
    assumes and a shortened term covers are the easy counterfactuals. Positive rows and easy counterfactuals
    are minimised together, and the positive rows covered. There is one result for every pair of models; the
    models of all pairs together are the solution, and `pairs` holds them apart.

    expectations : condition to 1 (present), 0 (absent) or None (no expectation); conditions may be left out
    most : models of either kind that are paired at most, and models listed at most
    between : the conservative and the parsimonious solution, if they are at hand
    Raises FsqcaError for an expectation on something that is not a condition, or that is not 1, 0 or None.
    """
    expected = _expected(table, expectations)
    poor, rich = between or (conservative(table, most, effort), parsimonious(table, most, effort))
    known: dict[tuple[int, ...], tuple[Primes, Solved]] = {}
    pairs = []
    assumed = {model: assumptions(table, model) for model in rich.models[:most]}
    for long in poor.models:
        for short in rich.models[: max(1, most // len(poor.models))]:
            easy = _easy(long, short, assumed[short], expected)
            if easy not in known:
                known[easy] = _minimise_with(table, easy, most, effort)
            pairs.append(_pair(long, short, easy, assumed[short], *known[easy]))
    paired = poor.count_is_exact and rich.count_is_exact and len(pairs) == poor.n_models * rich.n_models
    return _united(table, tuple(pairs), known, paired, most)


def _expected(table: TruthTable, expectations: Mapping[str, int | None]) -> tuple[int, int]:
    """Masks: of the conditions expected present, of those expected absent."""
    conditions = table.data.conditions
    masks = [0, 0]
    for name, value in expectations.items():
        if name not in conditions:
            raise FsqcaError(
                f"directional_expectations: {name} is not a condition; they are {', '.join(conditions)}."
            )
        if value not in (0, 1, None):
            raise FsqcaError(f"directional_expectations: {name} is {value}; write 1, 0 or None.")
        if value is not None:
            masks[0 if value else 1] |= bit(conditions.index(name), len(conditions))
    return masks[0], masks[1]


def assumptions(table: TruthTable, model: Model) -> Codes:
    """Codes of the remainders that a model covers: its simplifying assumptions."""
    free = covered_by(model, table.data.k)
    free[table.positive] = False
    free[table.negative] = False
    return np.flatnonzero(free).astype(np.int64)


def covered_by(model: Model, k: int) -> Flags:
    """(2^k,) true for the configurations that belong to one of the terms."""
    codes = np.arange(2**k, dtype=np.int64)
    result = np.zeros(2**k, dtype=np.bool_)
    for term in model:
        result |= codes & term.care == term.value
    return result


def _easy(long: Model, short: Model, assumed: Codes, expected: tuple[int, int]) -> tuple[int, ...]:
    easy = np.zeros(len(assumed), dtype=np.bool_)
    for narrow in long:
        for wide in short:
            if narrow in wide:
                term = _shortened(narrow, wide, expected)
                easy |= assumed & term.care == term.value
    return tuple(map(int, assumed[easy]))


def _shortened(narrow: Term, wide: Term, expected: tuple[int, int]) -> Term:
    """*narrow* without the literals that *wide* lacks and that say the opposite of what is expected."""
    present, absent = expected
    against = (present & ~narrow.value) | (absent & narrow.value)
    care = narrow.care & ~(against & ~wide.care)
    return Term(care, narrow.value & care)


def _minimise_with(
    table: TruthTable, easy: tuple[int, ...], most: int, effort: Effort | None
) -> tuple[Primes, Solved]:
    allowed = np.zeros(2**table.data.k, dtype=np.bool_)
    allowed[table.positive] = True
    allowed[list(easy)] = True
    primes = prime_implicants(table.positive, ~allowed, table.data.k)
    return primes, solve_chart(primes.chart, len(primes.rows), len(primes.terms), most, effort)


def _pair(
    long: Model, short: Model, easy: tuple[int, ...], assumed: Codes, primes: Primes, solved: Solved
) -> Pair:
    return Pair(
        conservative=long,
        parsimonious=short,
        easy=easy,
        difficult=tuple(sorted(set(map(int, assumed)) - set(easy))),
        primes=primes,
        models=_models(primes, solved),
        n_models=solved.count,
        count_is_exact=solved.count_is_exact,
        common=_terms(primes, solved.in_all),
    )


def _united(
    table: TruthTable,
    pairs: tuple[Pair, ...],
    known: Mapping[tuple[int, ...], tuple[Primes, Solved]],
    paired: bool,
    most: int,
) -> Solution:
    models = sorted({model for pair in pairs for model in pair.models})
    listed_all = all(len(pair.models) == pair.n_models and pair.count_is_exact for pair in pairs)
    solved = list(known.values())
    used = {term for primes, answer in solved for term in _terms(primes, answer.used)}
    common = set.intersection(*(set(pair.common) for pair in pairs))
    essential = set.intersection(*(set(_terms(primes, answer.essential)) for primes, answer in solved))
    return Solution(
        kind="intermediate",
        table=table,
        models=tuple(models[:most]),
        n_models=max(len(models), *(pair.n_models for pair in pairs)) if pairs else 0,
        count_is_exact=paired and listed_all,
        size=min(answer.size for _, answer in solved),
        size_at_least=min(answer.size_at_least for _, answer in solved),
        primes=None,
        essential=tuple(sorted(essential)),
        common=tuple(sorted(common)),
        used=tuple(sorted(used)),
        pairs=pairs,
    )


def of_pair(solution: Solution, pair: Pair) -> Solution:
    """One pair of an intermediate solution as a solution of its own."""
    return replace(
        solution,
        models=pair.models,
        n_models=pair.n_models,
        count_is_exact=pair.count_is_exact,
        primes=pair.primes,
        common=pair.common,
        used=tuple(sorted({term for model in pair.models for term in model})),
        pairs=(pair,),
    )


def chart_written(solution: Solution) -> dict[str, tuple[int, ...]]:
    """
    Of a conservative or parsimonious solution: each prime implicant with the codes of the rows it
    covers.
    """
    if solution.primes is None:
        raise FsqcaError(
            "An intermediate solution has one chart for every pair of models: look at its pairs."
        )
    primes = solution.primes
    names = [write(term, solution.table.data.conditions) for term in primes.terms]
    rows: dict[str, tuple[int, ...]] = dict.fromkeys(names, ())
    for row, column in primes.chart[np.lexsort(primes.chart.T)]:
        rows[names[column]] += (int(primes.rows[row]),)
    return rows
