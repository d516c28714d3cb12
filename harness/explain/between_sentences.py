"""In which order two engines can part, and what it means where they do, in a sentence with the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from harness.compare.sides import Key, Side
from harness.explain import factors
from harness.result import Pair
from harness.spec import AnyModel, DynamicPanel, StaticPanel

Stage = Literal[
    "fitted",  # one of the two has no fit
    "sample",
    "memberships",
    "truth table",
    "solution",
    "instruments",
    "degrees of freedom",
    "weights",
    "coefficients",
    "standard errors",
    "distribution",
    "definition",
    "none",
]
ORDER: tuple[Stage, ...] = tuple(stage for stage in get_args(Stage) if stage not in ("fitted", "none"))
_NAMED = 3  # numbers told in a sentence
_ALIKE = 1e-6
_OTHER_LIST = "or the instruments are others of the same number"


def sentence(model: AnyModel, stage: Stage, pairs: Sequence[Pair], left: Side, right: Side) -> str:
    """
    The numbers in which two engines part at *stage*, and what that says.

    pairs : of this stage, at least one; the reference is *left*
    """
    two = _Two(model, left, right)
    say: dict[Stage, Callable[[Sequence[Pair]], str]] = {
        "weights": two.weights,
        "coefficients": two.coefficients,
        "standard errors": two.standard_errors,
        "distribution": two.distribution,
        "truth table": lambda _: "the memberships are the same, so cut-offs or the rule of the output differ",
        "solution": lambda _: "the truth table is the same, so it is minimised in another way",
        "definition": two.definition,
    }
    conclusion = f": {say[stage](pairs)}" if stage in say else ""
    return f"{two.numbers(pairs)}{conclusion}"


@dataclass(frozen=True)
class _Two:
    """Two engines' cells of one column, and its model."""

    model: AnyModel
    left: Side
    right: Side

    def numbers(self, pairs: Sequence[Pair]) -> str:
        """The first few, both engines' each."""
        told = ", ".join(_number(pair) for pair in pairs[:_NAMED])
        more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        return f"{told}{more} ({self.left.engine} against {self.right.engine})"

    def weights(self, pairs: Sequence[Pair]) -> str:
        if isinstance(self.model, StaticPanel):
            return "the variance components differ, and with them the weights of the entity means"
        return f"after the same rows and counts the first-step matrix differs (h), {_OTHER_LIST}"

    def coefficients(self, pairs: Sequence[Pair]) -> str:
        alone = [pair.term for pair in pairs if pair.reference is None or pair.candidate is None]
        if alone:
            return f"only one of them has {', '.join(alone[:_NAMED])}: the regressors are not the same"
        if not isinstance(self.model, DynamicPanel):
            return "rows and degrees of freedom are the same, so the transformation or the regressors differ"
        one_step = ("tests", "sargan@xtabond2", "statistic")
        if one_step in self.left.values and one_step in self.right.values:
            return "the criterion of one step is the same, so the weights of the second step differ"
        return f"after the same rows and counts the weights differ (h, steps), {_OTHER_LIST}"

    def standard_errors(self, pairs: Sequence[Pair]) -> str:
        keys = list(self._shared("coefficients", "std_error"))
        squared = factors.ratio({key: (self.left.values[key], self.right.values[key]) for key in keys})
        if squared is None:
            return "by no common factor, so the covariance is estimated in another way"
        names = factors.named(1 / squared, factors.counts(self.left))
        which = names or "no factor known here"
        return f"all by one factor, {squared:.8g} of the variance, which is {which}"

    def distribution(self, pairs: Sequence[Pair]) -> str:
        told = [factors.distribution(one, factors.counts(one)) for one in (self.left, self.right)]
        if all(told) and told[0] != told[1]:
            return f"estimates and errors are the same, p and intervals are from {' against '.join(told)}"
        return "estimates and errors are the same, the distribution or the level of the intervals is another"

    def definition(self, pairs: Sequence[Pair]) -> str:
        defined = "what it is made of is the same, so it is defined in another way"
        elsewhere = (self._elsewhere(pair) or self._divisor(pair) for pair in pairs)
        return f"{defined}{next(filter(None, elsewhere), '')}"

    def _divisor(self, pair: Pair) -> str:
        """Whether two standard deviations divide by N and by N-1."""
        rows = self.left.values.get((pair.part, pair.term, "n_obs"))
        if pair.measure != "sd" or rows is None or not (pair.reference and pair.candidate):
            return ""
        squared = (float(pair.reference) / pair.candidate) ** 2
        names = factors.named(squared, factors.Counts(rows, 0, None))
        return f"; its square has the factor {names}" if names else ""

    def _elsewhere(self, pair: Pair) -> str:
        """Under which other name the one engine has the other's number."""
        for one, value in ((self.left, pair.candidate), (self.right, pair.reference)):
            if not isinstance(value, float):
                continue
            for (part, term, measure), its in one.values.items():
                same = (part, measure) == (pair.part, pair.measure) and term != pair.term
                if same and abs(its - value) <= _ALIKE * abs(value):
                    return f"; the number is what {one.engine} calls {term}"
        return ""

    def _shared(self, part: str, measure: str) -> Iterator[Key]:
        return (key for key in self.left.values if key[::2] == (part, measure) and key in self.right.values)


def _number(pair: Pair) -> str:
    name = pair.measure if pair.term == "model" else f"{pair.term} {pair.measure}"
    numbers = (pair.reference, pair.candidate)
    return f"{name} {' against '.join(f'{n:.7g}' if isinstance(n, float) else 'none' for n in numbers)}"
