"""The first thing in which two engines differ, from rows to the definition of a statistic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import compare
from harness.compare.sides import side
from harness.explain.between_sentences import ORDER, Stage, sentence
from harness.explain.labels import labels
from harness.glossary import plain
from harness.result import DISCREPANCIES, Outcome, Pair, Result
from harness.spec import Spec

_SAMPLE = {"n_obs", "n_groups", "t_min", "t_avg", "t_max", "missing"}
_DEGREES = {"df", "df2", "df_resid"}
_WEIGHTS = {"theta", "sigma_u", "sigma_e", "rho", "variance"}  # of random effects
_COEFFICIENTS: dict[str, Stage] = {"estimate": "coefficients", "std_error": "standard errors"}
_PARTS: dict[str, Stage] = {
    "covariance": "standard errors",
    "truth_table": "truth table",
    "cases": "solution",
    "solution": "solution",
}


@dataclass(frozen=True)
class Parting:
    """
    Where two engines part in one column.

    Attributes:
        stage: the first in which they differ; `none` where they agree, `fitted` where one has no fit
        sentence: it, with the numbers
        pairs: the cells of that stage that differ
        later: (stage, number of cells) of what differs after it
        known: (reason, evidence) of the known differences among the pairs
        labels: what an engine prints under a name of its own and its cells do not bear out
    """

    column: str
    engines: tuple[str, str]
    stage: Stage
    sentence: str
    pairs: tuple[Pair, ...] = ()
    later: tuple[tuple[Stage, int], ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def is_agreement(self) -> bool:
        """Whether nothing differs but what is explained."""
        return all(pair.verdict == "explained" for pair in self.pairs) and self.stage != "fitted"


def partings(outcome: Outcome, left: str, right: str) -> tuple[Parting, ...]:
    """Column by column, where both engines were tried."""
    found = []
    for column in outcome.spec.columns:
        here = {result.engine: result for result in outcome.results if result.column == column}
        if left in here and right in here:
            found.append(parting(outcome.spec, column, here[left], here[right]))
    return tuple(found)


def parting(spec: Spec, column: str, left: Result, right: Result) -> Parting:
    """The first thing in which two results of one column differ; the order is that of ORDER."""
    names = (left.engine, right.engine)
    for one in (left, right):
        if one.status != "fitted":
            return Parting(column, names, "fitted", f"{one.engine} has no fit here: {one.message}")
    compared = compare.engines(spec, column, left, right)
    stages = _stages([pair for pair in compared.pairs if _differs(pair)])
    named = (*labels(left), *labels(right))
    if not stages:
        shared = sum(pair.reference is not None and pair.candidate is not None for pair in compared.pairs)
        return Parting(column, names, "none", f"they agree in all {shared} numbers of both", labels=named)
    first, *rest = stages
    words = sentence(spec.columns[column], first, stages[first], side(left), side(right))
    known = tuple(dict.fromkeys(_known(spec, stages[first], names)))
    later = tuple((stage, len(stages[stage])) for stage in rest)
    return Parting(column, names, first, words, tuple(stages[first]), later, known, named)


def _differs(pair: Pair) -> bool:
    return pair.verdict in DISCREPANCIES or pair.verdict == "explained"


def _known(spec: Spec, pairs: Sequence[Pair], names: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for rule in spec.known_differences:
        if set(rule.between) == set(names) and any(pair.reason == rule.reason for pair in pairs):
            yield rule.reason, rule.evidence


# ----------------------------------------------------------------------------------------------- the stages


def _stages(pairs: Sequence[Pair]) -> dict[Stage, list[Pair]]:
    """The pairs that differ by stage, in order; weights count only where the coefficients differ as well."""
    found: dict[Stage, list[Pair]] = {}
    moved = any(_stage(pair) == "coefficients" for pair in pairs)
    for pair in pairs:
        stage = _stage(pair)
        found.setdefault("definition" if stage == "weights" and not moved else stage, []).append(pair)
    return {stage: found[stage] for stage in ORDER if stage in found}


def _stage(pair: Pair) -> Stage:
    term, measure = plain(pair.term), plain(pair.measure)
    of_a_group = measure == "df" and term.startswith(("diff_hansen_", "hansen_excl_"))
    if pair.part in ("tests", "fit") and None in (pair.reference, pair.candidate):
        return "definition"  # the one has the statistic and the other has not
    if measure in _SAMPLE:
        return "sample"
    if (pair.part, measure) in (("truth_table", "n_cases"), ("cases", "outcome")):
        return "memberships"
    if measure == "n_instruments" or of_a_group:
        return "instruments"
    if measure in _DEGREES:
        return "degrees of freedom"
    if (pair.part == "fit" and measure in _WEIGHTS) or pair.term == "sargan@xtabond2":
        return "weights"
    if pair.part == "coefficients":
        return _COEFFICIENTS.get(measure, "distribution")
    return _PARTS.get(pair.part, "definition")
