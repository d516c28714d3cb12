"""Known differences: what they explain, what no longer occurs, what is bounded too widely."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness import glossary, printed
from harness.compare.sides import Key, Side
from harness.result import DISCREPANCIES, PUBLISHED, Comparison, Outcome, Pair, Result
from harness.spec import Bound, KnownDifference, Spec

_EXPLAINABLE = frozenset(DISCREPANCIES) - {"missing", "extra"}  # a bound needs two numbers
_NOT_TRIED = {"not_offered", "not_comparable"}


def explain(
    spec: Spec,
    column: str,
    between: tuple[str, str],
    pairs: Iterable[Pair],
    measured_by: Side,
    scales: Mapping[Key, float],
) -> tuple[Pair, ...]:
    """
    The pairs, those that a known difference covers and bounds turned into `explained` with its reason.

    between : reference and candidate, in either order of the rule
    measured_by : whose standard errors a bound in standard errors means
    scales : address to the print's scale where it is not 1, for standard errors
    """
    rules = [rule for rule in spec.known_differences if set(rule.between) == set(between)]
    if not rules:
        return tuple(pairs)
    return tuple(
        _explained(pair, [rule for rule in rules if _covers(rule, column, pair)], measured_by, scales)
        for pair in pairs
    )


def with_stale(
    spec: Spec, comparisons: Sequence[Comparison], results: Sequence[Result]
) -> tuple[Comparison, ...]:
    """
    The comparisons, with one pair `stale` for each known difference that no longer occurs.

    A rule is stale where both its engines were tried in every column that it covers, at least one comparison
    came of it, and none of its cells differs any more. The pair stands in the first of these comparisons;
    its part, term and measure are those of the rule, "*" for all.
    """
    found = list(comparisons)
    for rule in spec.known_differences:
        mine = [i for i, comparison in enumerate(comparisons) if _is_between(rule, comparison)]
        if mine and _all_tried(spec, rule, results) and _is_stale(rule, [comparisons[i] for i in mine]):
            first = found[mine[0]]
            found[mine[0]] = replace(first, pairs=(*first.pairs, _stale_pair(rule)))
    return tuple(found)


def loose_bounds(outcome: Outcome) -> list[str]:
    """
    A sentence for each known difference whose bound is wider than twice what is observed.

    Says by how much the bound can shrink. A rule that explains nothing has no sentence: it is stale.
    """
    sentences = []
    for number, rule in enumerate(outcome.spec.known_differences):
        used = [
            abs(_number(pair, pair.candidate) - _number(pair, pair.reference)) / pair.tolerance
            for comparison in outcome.comparisons
            if _is_between(rule, comparison)
            for pair in comparison.pairs
            if _explained_by(rule, comparison.column, pair) and pair.tolerance
        ]
        if used and max(used) < 0.5:
            sentences.append(_loose(number, rule, max(used)))
    return sentences


def _explained(
    pair: Pair, rules: Sequence[KnownDifference], measured_by: Side, scales: Mapping[Key, float]
) -> Pair:
    if pair.verdict not in _EXPLAINABLE:
        return pair
    scale = scales.get((pair.part, pair.term, pair.measure), 1.0)
    std_error = abs(scale) * measured_by.std_error(pair.term)
    distance = abs(_number(pair, pair.candidate) - _number(pair, pair.reference))
    for rule in rules:
        bound = _bound(rule.within, _number(pair, pair.reference), std_error)
        if distance <= bound:
            return replace(pair, verdict="explained", tolerance=bound, reason=rule.reason)
    return pair


def _bound(within: Bound, reference: float, std_error: float) -> float:
    """The widest of the bounds given."""
    return max(
        (within.rtol or 0.0) * abs(reference), within.atol or 0.0, (within.std_errors or 0.0) * std_error
    )


def _number(pair: Pair, value: float | str | None) -> float:
    """NaN where there is none, so that no bound holds; a word's code."""
    if isinstance(value, str):
        found = glossary.code(pair.part, pair.measure, value)
        return float(printed.read(value).value) if found is None else found
    return math.nan if value is None else value


def _covers(rule: KnownDifference, column: str, pair: Pair) -> bool:
    return rule.covers(column, pair.part, pair.term, pair.measure)


def _explained_by(rule: KnownDifference, column: str, pair: Pair) -> bool:
    return pair.verdict == "explained" and pair.reason == rule.reason and _covers(rule, column, pair)


def _is_between(rule: KnownDifference, comparison: Comparison) -> bool:
    return {comparison.reference, comparison.candidate} == set(rule.between) and (
        rule.columns is None or comparison.column in rule.columns
    )


def _all_tried(spec: Spec, rule: KnownDifference, results: Sequence[Result]) -> bool:
    """Whether each engine of the rule was fitted or skipped, in every column that the rule covers."""
    tried = {(r.engine, r.column) for r in results if r.status != "errored"}
    engines = [engine for engine in rule.between if engine != PUBLISHED]
    return all((engine, column) in tried for engine in engines for column in rule.columns or spec.columns)


def _is_stale(rule: KnownDifference, comparisons: Sequence[Comparison]) -> bool:
    covered = [(c.column, pair) for c in comparisons for pair in c.pairs if _covers(rule, c.column, pair)]
    if covered and all(pair.verdict in _NOT_TRIED for _, pair in covered):
        return False
    return not any(
        pair.verdict in DISCREPANCIES or _explained_by(rule, column, pair) for column, pair in covered
    )


def _stale_pair(rule: KnownDifference) -> Pair:
    part, term, measure = (
        "*" if names is None else ", ".join(names) for names in (rule.parts, rule.terms, rule.measures)
    )
    reason = f"this known difference no longer occurs; take it out of the spec: {rule.reason}"
    return Pair(part, term, measure, None, None, None, "stale", reason=reason)


def _loose(number: int, rule: KnownDifference, used: float) -> str:
    """The sentence for one rule, of whose bound the share *used* was needed at most."""
    given = {name: value for name, value in rule.within.model_dump().items() if value is not None}
    now = ", ".join(f"{name}: {value:g}" for name, value in given.items())
    needed = ", ".join(f"{name}: {_up(2 * used * value):g}" for name, value in given.items())
    return (
        f"known_differences[{number}] ({' and '.join(rule.between)}): the bound {{{now}}} is wider than "
        f"twice what is observed. Write within: {{{needed}}}"
    )


def _up(value: float) -> float:
    """Rounded up to two significant digits."""
    place = math.floor(math.log10(value)) - 1
    return math.ceil(value / 10.0**place) * 10.0**place
