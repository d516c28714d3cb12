"""The model `fuzzy-set`: a table of configurations, its sets, its cut-offs and its solutions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field

from harness.spec.calibration import Calibration, order_fault
from harness.spec.common import Model
from harness.spec.fields import (
    Count,
    Cuts,
    Distinct,
    Fault,
    Share,
    Strict,
    Text,
    did_you_mean,
    no_bool,
)
from harness.spec.robustness import Robustness, Variation

MOST_CONDITIONS = 24  # prime implicants take 8 bytes for each of 2^k configurations
Solution = Literal["conservative", "parsimonious", "intermediate"]
_MARKS = "*+~:|@"  # they have a meaning in terms


# ------------------------------------------------------------------------------------------------ the keys


def _excluded(value: object) -> object:
    if value == "untenable":
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise ValueError('write untenable, or a list of configurations, e.g. ["A*~B*C"]')
    return tuple(value)


def _set_name(name: str) -> str:
    if any(mark.isspace() or mark in _MARKS for mark in name):
        raise ValueError(
            f"a set's name has no blank and none of {' '.join(_MARKS)}, which have a meaning in terms. "
            "Rename it: data.columns gives a column another name"
        )
    return name


def _outcome(name: str) -> str:
    _set_name(name.removeprefix("~"))
    return name


SetName = Annotated[Text, AfterValidator(_set_name)]
Excluded = Annotated[
    Literal["untenable"] | tuple[str, ...],
    BeforeValidator(_excluded, json_schema_input_type=Literal["untenable"] | list[str]),
]


class Necessity(Strict):
    """Which sets are reported as necessary for the outcome: every single set, and what passes the cuts."""

    incl_cut: Share = Field(default=0.9, description="Least inclusion of a combination of sets")
    ron_cut: Share = Field(default=0.0, description="Least relevance of necessity of a combination")
    cov_cut: Share = Field(default=0.0, description="Least coverage of a combination")
    disjunctions: bool = Field(
        default=False, description="Whether disjunctions (A+~B) are searched beside conjunctions (A*~B)"
    )


class PanelDiagnostics(Strict):
    """Whether the relations to the outcome hold alike in every period and for every entity."""

    each: Distinct[Literal["time", "entity"]] = Field(
        default=("time",),
        description="Whose own consistency and coverage are kept beside the pooled ones and their distances: "
        "time (between), entity (within); [] is nobody's",
    )


class FuzzySet(Model):
    """Qualitative comparative analysis of crisp or fuzzy sets."""

    model: Literal["fuzzy-set"] = Field(description="Which model: qualitative comparative analysis")
    outcome: Annotated[Text, AfterValidator(_outcome)] = Field(description="A set, or ~SET for its negation")
    conditions: Annotated[Distinct[SetName], Field(min_length=1, max_length=MOST_CONDITIONS)] = Field(
        description="Sets, in the order in which terms are written"
    )
    case: Text | None = Field(
        default=None,
        description="The column that names the cases. Default: entity and time (entity-means: entity), else "
        "the number of the row",
    )
    unit: Literal["rows", "entity-means"] = Field(
        default="rows",
        description="What a case is: a row, or an entity, with the mean of each raw column over its rows of "
        "the sample",
    )
    calibration: dict[Text, Calibration] = Field(
        default={}, description="SET: {column, method, ...}; a set without entry is a column of memberships"
    )
    percentiles_from: Literal["sample", "data"] = Field(
        default="sample",
        description="Anchors such as p5: percentiles of the cases of the sample, or of all the data",
    )
    incl_cut: Cuts = Field(
        default=(0.8, 0.8),
        description="Inclusion from which a row is positive, or [one, zero]: below the second it is "
        "negative, in between a contradiction",
    )
    pri_cut: Share = Field(default=0.0, description="PRI below which a row is not positive")
    n_cut: Count = Field(default=1, description="Cases below which a row is a remainder")
    solution: Distinct[Solution] = Field(
        description="Out of conservative, parsimonious, intermediate; [] is the truth table alone"
    )
    directional_expectations: dict[Text, Annotated[Literal[0, 1], BeforeValidator(no_bool)]] = Field(
        default={},
        description="SET: 1 (its presence leads to the outcome) or 0 (its absence); a set left out has none. "
        "Only and always with intermediate",
    )
    exclude: Excluded = Field(
        default=(),
        description="Enhanced standard analysis: configurations on which nothing is assumed, e.g. [A*~B], or "
        "untenable (contradictory assumptions and simultaneous subsets)",
    )
    necessity: Necessity | None = Field(default=None, description="Analysis of necessity; default: none")
    panel: PanelDiagnostics | None = Field(
        default=None,
        description="Consistency and coverage pooled, between periods and within entities (Garcia-Castro and "
        "Arino 2016; cluster of R's SetMethods) of every term, model and necessary set; {} is enough. "
        "Default: none. Needs data.panel",
    )
    robustness: Robustness | None = Field(
        default=None,
        description="Test solutions and sensitivity ranges of every solution; they cost time. Default: none",
    )
    checks: bool = Field(
        default=False,
        description="Cases on either side of every set's crossover (skewness), and whether a positive "
        "configuration is positive for the negated outcome too (simultaneous subset)",
    )

    @property
    def outcome_set(self) -> str:
        """The outcome without its negation."""
        return self.outcome.removeprefix("~")

    @property
    def sets(self) -> tuple[str, ...]:
        """Conditions, then the outcome's set."""
        return (*self.conditions, self.outcome_set)

    def calibrated(self, name: str) -> Calibration:
        """The calibration of a set, `none` where the spec has no entry; its column filled in."""
        found = self.calibration.get(name) or Calibration(method="none")
        return found.model_copy(update={"column": found.column or name})

    def varied(self, test: Variation) -> Self:
        """The model with the cut-offs of a test; its anchors are the sheet's matter."""
        return self.model_copy(update=test.cuts)

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.outcome_set in self.conditions:
            sentence = f"the outcome {self.outcome_set} is also a condition. Take it out of 'conditions'"
            yield Fault(("conditions",), sentence)
        if self.case is not None and self.unit == "entity-means":
            yield Fault(("case",), "with unit: entity-means the entities name the cases. Remove 'case'")
        if self.panel is not None and self.unit == "entity-means":
            yield Fault(("panel",), "the means of entities have no periods. Remove 'panel'")
        for name in self.calibration:
            if name not in self.sets:
                sentence = f"calibration.{name} is neither a condition nor the outcome"
                yield Fault(("calibration", name), sentence + did_you_mean(name, self.sets))
        yield from self._expectation_faults()
        yield from self._robustness_faults()
        for term in self.exclude if self.exclude != "untenable" else ():
            if fault := term_fault(term, self.conditions):
                yield Fault(("exclude",), f"exclude: {fault}")

    def _robustness_faults(self) -> Iterator[Fault]:
        if self.robustness is None:
            return
        if not self.solution:
            yield Fault(("robustness",), "robustness is that of a solution, and 'solution' names none")
        for test, variation in self.robustness.tests.items():
            for name, anchors in variation.anchors.items():
                if fault := self._anchor_fault(name, anchors):
                    path = ("robustness", "tests", test, "anchors", name)
                    yield Fault(path, f"robustness.tests.{test}.anchors: {fault}")

    def _anchor_fault(self, name: str, anchors: Sequence[float]) -> str:
        own = self.calibration.get(name)
        if own is None or not own.numbers:
            return f"{name} has no anchors{did_you_mean(name, self._with_anchors)}"
        if len(anchors) != len(own.numbers):
            return f"{name} has {len(own.numbers)} anchors, not {len(anchors)}"
        return order_fault(own.method, anchors)

    @property
    def _with_anchors(self) -> tuple[str, ...]:
        return tuple(name for name, how in self.calibration.items() if how.numbers)

    def _expectation_faults(self) -> Iterator[Fault]:
        expectations, wanted = self.directional_expectations, "intermediate" in self.solution
        if wanted and not expectations:
            sentence = "the intermediate solution needs directional_expectations. Write for instance"
            example = ", ".join(f"{name}: 1" for name in self.conditions[:2])
            yield Fault(("solution",), f"{sentence} directional_expectations: {{{example}}}")
        if expectations and not wanted:
            sentence = "directional_expectations stand only with solution: [..., intermediate]. Remove them"
            yield Fault(("directional_expectations",), sentence)
        for name in expectations:
            if name not in self.conditions:
                sentence = f"directional_expectations: {name} is no condition"
                yield Fault(
                    ("directional_expectations", name), sentence + did_you_mean(name, self.conditions)
                )


def term_fault(term: str, conditions: Sequence[str], join: str = "*") -> str:
    """
    What is wrong with a term such as `A*~B`, "" where nothing is.

    >>> term_fault("B*A", ("A", "B")), term_fault("A*~B", ("A", "B"))
    ("'B*A' is not in the order of the conditions. Write A*B", '')
    """
    literals = term.split(join)
    names = [literal.removeprefix("~") for literal in literals]
    for name in names:
        if name not in conditions:
            return f"'{term}': '{name}' is no condition{did_you_mean(name, conditions)}"
    if len(set(names)) < len(names):
        return f"'{term}' names a condition twice. Write each once"
    ordered = sorted(literals, key=lambda literal: conditions.index(literal.removeprefix("~")))
    return (
        ""
        if ordered == literals
        else (f"'{term}' is not in the order of the conditions. Write {join.join(ordered)}")
    )
