"""Two engines, or an engine today and its golden file, cell by cell and variant by variant."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from harness import glossary, printed
from harness.compare import known, significance
from harness.compare.against_print import STAND_IN
from harness.compare.numbers import between_engines, lre, shown_digits, since_golden
from harness.compare.sides import Key, Side, side
from harness.glossary import Measure
from harness.result import DISCREPANCIES, GOLDEN, Comparison, Pair, Result, Verdict
from harness.spec import Spec

OTHER_VERSION = "drift, other version"  # how the reason starts where a golden is of another engine version
_UNEQUAL = "not a number in either; nothing is confirmed by that"


def engines(spec: Spec, column: str, reference: Result, candidate: Result) -> Comparison:
    """
    Every cell that either engine has, in the reference's order; a variant meets the same variant only.

    - missing / extra: only the reference / only the candidate has the cell
    - not_offered: ... and the other one says why it has not
    - sign_flip, significance_flip: beyond the tolerance, and the sign differs, or p lies for certain on
      the other side of 5 % or of the first star
    - outside_tolerance: beyond the glossary's tolerance; so is a number against NaN
    - not_comparable: NaN or the same infinity on both sides, which is no agreement
    - exact, within_tolerance
    - where one engine knows the number only to the digits that it shows, as a log does: within_rounding,
      outside_rounding, and no more digits of agreement than are shown
    """
    left, right = side(reference), side(candidate)
    pairs = _Join(spec, left, right, between_engines).pairs()
    explained = known.explain(spec, column, (reference.engine, candidate.engine), pairs, left, {})
    return Comparison(spec.id, column, reference.engine, candidate.engine, explained)


def against_golden(spec: Spec, column: str, golden: Result, today: Result) -> Comparison:
    """
    An engine today against its golden file: 1e-8 of each number, counts exactly; see `engines`.

    A cell that is gone is missing whatever the engine says about it. Where the golden was made with another
    version of the engine a discrepancy becomes `not_comparable`, its reason starting with OTHER_VERSION.
    """
    pairs = _Join(spec, side(golden), side(today), since_golden, lenient=False).pairs()
    versions = golden.provenance.engine_version, today.provenance.engine_version
    if all(versions) and versions[0] != versions[1]:
        pairs = [_other_version(pair, *versions) for pair in pairs]
    return Comparison(spec.id, column, GOLDEN, today.engine, tuple(pairs))


@dataclass(frozen=True)
class _Join:
    """
    The outer join of two engines' cells.

    Attributes:
        tolerance: the bound for a cell, from its measure and the reference
        lenient: whether `not_offered` excuses an absent cell
    """

    spec: Spec
    reference: Side
    candidate: Side
    tolerance: Callable[[Measure, Key, Side], float]
    lenient: bool = True

    def pairs(self) -> list[Pair]:
        keys = dict.fromkeys([*self.reference.values, *self.candidate.values])
        return [self.pair(key) for key in keys]

    def pair(self, key: Key) -> Pair:
        reference, candidate = self.reference.values.get(key), self.candidate.values.get(key)
        if reference is None or candidate is None:
            return self._one_sided(key, reference, candidate)
        measure = _measure(key[0], key[2])
        if self.spec.data.stand_in and bool(self.reference.printed) != bool(self.candidate.printed):
            # a log is of the paper's data, what is fitted here of others
            return Pair(*key, reference, candidate, None, "not_comparable", reason=STAND_IN)
        if measure is None:
            reason = "the glossary has no such measure, hence no tolerance"
            return Pair(*key, reference, candidate, None, "not_comparable", reason=reason)
        if not (math.isfinite(reference) and math.isfinite(candidate)):
            return _not_finite(key, reference, candidate)
        if measure.rtol and (key in self.reference.printed) != (key in self.candidate.printed):
            return self._rounded(key, reference, candidate)
        tolerance = self.tolerance(measure, key, self.reference)
        verdict = self._verdict(key, reference, candidate, tolerance)
        return Pair(*key, reference, candidate, tolerance, verdict, lre(candidate, reference))

    def _rounded(self, key: Key, reference: float, candidate: float) -> Pair:
        """One side is known to the digits it shows: the other one must round to it."""
        text = self.reference.printed.get(key) or self.candidate.printed[key]
        exact = candidate if key in self.reference.printed else reference
        agrees = printed.interval(text).holds(Decimal(repr(float(exact))))
        verdict: Verdict = "within_rounding" if candidate != reference else "exact"
        if not agrees:
            verdict = self._verdict(key, reference, candidate, 0.0)
            verdict = "outside_rounding" if verdict == "outside_tolerance" else verdict
        digits = lre(candidate, reference)
        digits = None if digits is None else min(digits, round(shown_digits(text), 2))
        return Pair(*key, reference, candidate, float(printed.half_unit(text)), verdict, digits)

    def _one_sided(self, key: Key, reference: float | None, candidate: float | None) -> Pair:
        lacking = self.candidate if candidate is None else self.reference
        reason = lacking.why_not(key)
        verdict: Verdict = "missing" if candidate is None else "extra"
        if reason is not None and self.lenient:
            verdict = "not_offered"
        return Pair(*key, reference, candidate, None, verdict, reason=reason or "")

    def _verdict(self, key: Key, reference: float, candidate: float, tolerance: float) -> Verdict:
        if candidate == reference:
            return "exact"
        if abs(candidate - reference) <= tolerance:
            return "within_tolerance"
        if (candidate < 0 < reference) or (reference < 0 < candidate):
            return "sign_flip"
        return "significance_flip" if self._turns_significance(key) else "outside_tolerance"

    def _turns_significance(self, key: Key) -> bool:
        part, term, _ = key
        if part not in ("coefficients", "tests"):
            return False
        for limit in significance.limits(self.spec):
            reference, candidate = (
                significance.of_p(one.values.get(p := (part, term, "p_value")), limit, one.slack(p))
                for one in (self.reference, self.candidate)
            )
            if reference is not None and candidate is not None and reference != candidate:
                return True
        return False


_measure = cache(glossary.measure)


def _not_finite(key: Key, reference: float, candidate: float) -> Pair:
    """NaN agrees with nothing; two NaN, or twice the same infinity, confirm nothing either."""
    same = reference == candidate or (math.isnan(reference) and math.isnan(candidate))
    verdict: Verdict = "not_comparable" if same else "outside_tolerance"
    reason = _UNEQUAL if same else f"{reference} against {candidate}"
    return Pair(*key, reference, candidate, None, verdict, reason=reason)


def _other_version(pair: Pair, golden: str, today: str) -> Pair:
    if pair.verdict not in DISCREPANCIES:
        return pair
    reason = f"{OTHER_VERSION}: golden {golden}, today {today} ({pair.verdict})"
    return replace(pair, verdict="not_comparable", reason=reason)
