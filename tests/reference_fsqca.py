"""
fsQCA a second time, slow and obvious: every implicant out of 3^k, every subset of the chart; for k <=
4.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

Pattern = tuple[int | None, ...]  # one entry a condition: 1 present, 0 absent, None not in the term
Row = tuple[int, ...]


def memberships(X: Sequence[Sequence[float]], pattern: Pattern) -> list[float]:
    """Of each case in a conjunction; X holds one list of conditions a case."""
    return [
        min([1.0, *(x if want else 1 - x for x, want in zip(case, pattern, strict=True) if want is not None)])
        for case in X
    ]


def fit(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Inclusion, PRI and coverage, straight from their definitions; NaN for 0/0."""
    both = sum(min(a, b) for a, b in zip(x, y, strict=True))
    in_both = sum(min(a, b, 1 - b) for a, b in zip(x, y, strict=True))
    return _ratio(both, sum(x)), _ratio(both - in_both, sum(x) - in_both), _ratio(both, sum(y))


def necessity(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Inclusion, relevance and coverage of X as a superset of Y."""
    both = sum(min(a, b) for a, b in zip(x, y, strict=True))
    relevance = _ratio(sum(1 - a for a in x), sum(1 - min(a, b) for a, b in zip(x, y, strict=True)))
    return _ratio(both, sum(y)), relevance, _ratio(both, sum(x))


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def table(
    X: Sequence[Sequence[float]],
    y: Sequence[float],
    incl_cut: tuple[float, float],
    pri_cut: float,
    n_cut: int,
) -> dict[Row, tuple[str, int, float, float]]:
    """Output, number of cases, inclusion and PRI of all 2^k rows."""
    return {row: _row(X, y, row, incl_cut, pri_cut, n_cut) for row in product((0, 1), repeat=len(X[0]))}


def _row(
    X: Sequence[Sequence[float]],
    y: Sequence[float],
    row: Row,
    incl_cut: tuple[float, float],
    pri_cut: float,
    n_cut: int,
) -> tuple[str, int, float, float]:
    tolerance = 2.0**-26
    members = memberships(X, row)
    inclusion, pri, _ = fit(members, y)
    n = sum(member > 0.5 for member in members)
    if n < n_cut:
        return "?", n, inclusion, pri
    if inclusion + tolerance > incl_cut[0]:
        return "1" if pri + tolerance > pri_cut or pri_cut == 0 else "0", n, inclusion, pri
    return "C" if inclusion + tolerance > incl_cut[1] else "0", n, inclusion, pri


def belongs(row: Row, pattern: Pattern) -> bool:
    return all(want is None or have == want for have, want in zip(row, pattern, strict=True))


def primes(positive: Iterable[Row], allowed: Iterable[Row], k: int) -> set[Pattern]:
    """
    Patterns that lie within *allowed*, meet *positive*, and cease to lie within when any literal is
    dropped.
    """
    allowed, positive = set(allowed), set(positive)
    rows = list(product((0, 1), repeat=k))

    def within(pattern: Pattern) -> bool:
        return all(row in allowed for row in rows if belongs(row, pattern))

    found = set()
    for pattern in product((0, 1, None), repeat=k):
        shorter = [
            (*pattern[:j], None, *pattern[j + 1 :])
            for j, literal in enumerate(pattern)
            if literal is not None
        ]
        if (
            within(pattern)
            and not any(map(within, shorter))
            and any(belongs(row, pattern) for row in positive)
        ):
            found.add(pattern)
    return found


def models(positive: Iterable[Row], terms: Iterable[Pattern]) -> set[frozenset[Pattern]]:
    """
    Smallest sets of terms that cover all of *positive*: subsets of growing size, all of the first that
    do.
    """
    positive, terms = list(positive), sorted(terms, key=str)
    for size in range(1, len(terms) + 1):
        found = {
            frozenset(chosen)
            for chosen in combinations(terms, size)
            if all(any(belongs(row, term) for term in chosen) for row in positive)
        }
        if found:
            return found
    return set()


def solution(kind: str, outputs: Mapping[Row, str], k: int) -> tuple[set[Pattern], set[frozenset[Pattern]]]:
    """Prime implicants and minimal models of the conservative or the parsimonious solution."""
    positive = [row for row, output in outputs.items() if output == "1"]
    remainders = [row for row, output in outputs.items() if output == "?"]
    terms = primes(positive, positive + (remainders if kind == "parsimonious" else []), k)
    return terms, models(positive, terms)


def intermediate(
    outputs: Mapping[Row, str], expected: Sequence[int | None], k: int
) -> dict[tuple[frozenset[Pattern], frozenset[Pattern]], tuple[set[Row], set[frozenset[Pattern]]]]:
    """For each conservative and parsimonious model: easy counterfactuals and intermediate models."""
    found = {}
    positive = [row for row, output in outputs.items() if output == "1"]
    for long, short in product(
        solution("conservative", outputs, k)[1], solution("parsimonious", outputs, k)[1]
    ):
        assumed = [r for r, out in outputs.items() if out == "?" and any(belongs(r, term) for term in short)]
        reduced = [
            tuple(
                None if have is not None and wide[j] is None and expected[j] == 1 - have else have
                for j, have in enumerate(narrow)
            )
            for narrow in long
            for wide in short
            if all(want is None or want == have for have, want in zip(narrow, wide, strict=True))
        ]
        easy = {row for row in assumed if any(belongs(row, term) for term in reduced)}
        found[long, short] = easy, models(positive, primes(positive, [*positive, *easy], k))
    return found


def necessary_disjunctions(X: Sequence[Sequence[float]], y: Sequence[float], incl_cut: float) -> set[Pattern]:
    """Disjunctions of literals that reach the cut-off while no part of them does."""
    k = len(X[0])
    reaching = {
        pattern
        for pattern in product((0, 1, None), repeat=k)
        if any(literal is not None for literal in pattern)
        and necessity([max(m) for m in _literals(X, pattern)], y)[0] + 2.0**-26 > incl_cut
    }
    return {pattern for pattern in reaching if not any(part in reaching for part in _parts(pattern))}


def _literals(X: Sequence[Sequence[float]], pattern: Pattern) -> list[list[float]]:
    return [
        [x if want else 1 - x for x, want in zip(case, pattern, strict=True) if want is not None]
        for case in X
    ]


def _parts(pattern: Pattern) -> list[Pattern]:
    choices = [(None,) if literal is None else (None, literal) for literal in pattern]
    return [part for part in product(*choices) if part != pattern and any(v is not None for v in part)]
