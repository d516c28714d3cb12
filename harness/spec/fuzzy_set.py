"""The model `fuzzy-set`: a table of configurations, its sets, its cut-offs and its solutions."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from harness.spec.common import Model
from harness.spec.fields import (
    Distinct,
    Fault,
    Listed,
    Strict,
    Text,
    did_you_mean,
    no_bool,
)

MOST_CONDITIONS = 24  # prime implicants take 8 bytes for each of 2^k configurations
Solution = Literal["conservative", "parsimonious", "intermediate"]
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
_MARKS = "*+~:|@"  # they have a meaning in terms


# ------------------------------------------------------------------------------------------------ the keys


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _anchor(value: object) -> object:
    if _is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, str) and _PERCENTILE.fullmatch(value):
        return value
    raise ValueError("write a number in the unit of the column, or a percentile of the sample, e.g. p95")


def _cuts(value: object) -> object:
    """One cut as two equal ones."""
    if _is_number(value):
        value = [value, value]
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_number, value)):
        raise ValueError("write one number, or [one, zero], e.g. [0.8, 0.6]")
    one, zero = map(float, value)
    if not (0 < one <= 1 and 0 <= zero <= one):
        raise ValueError("cut-offs lie between 0 and 1, and the one for 1 is not below the one for 0")
    return one, zero


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
Anchor = Annotated[float | str, BeforeValidator(_anchor, json_schema_input_type=float | str)]
Cuts = Annotated[
    tuple[float, float],
    BeforeValidator(_cuts, json_schema_input_type=float | tuple[float, float]),
]
Share = Annotated[float, Field(ge=0, le=1)]
Excluded = Annotated[
    Literal["untenable"] | tuple[str, ...],
    BeforeValidator(_excluded, json_schema_input_type=Literal["untenable"] | list[str]),
]


_KEYS = {  # method: what it must have, what it may have beside
    "direct": (("out", "crossover", "in"), ("logistic", "idm", "below", "above")),
    "bell": (("anchors",), ("below", "above")),
    "indirect": (("thresholds",), ()),
    "tfr": ((), ()),
    "crisp": (("thresholds",), ()),
    "none": ((), ()),
}


class Calibration(Strict):
    """How a column becomes a set."""

    column: Text | None = Field(default=None, description="The raw column. Default: the set's own name")
    method: Literal["direct", "bell", "indirect", "tfr", "crisp", "none"] = Field(
        description="direct (Ragin 2008), bell (six anchors), indirect, tfr (totally fuzzy and relative), "
        "crisp, or none (memberships already)"
    )
    out: Anchor | None = Field(
        default=None, description="direct: full non-membership; a number, or a percentile such as p5"
    )
    crossover: Anchor | None = Field(default=None, description="direct: membership 0.5")
    in_: Anchor | None = Field(
        default=None, alias="in", description="direct: full membership; below `out` the set is decreasing"
    )
    logistic: bool = Field(default=True, description="direct: log odds, or straight lines between anchors")
    idm: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.95, description="direct, logistic: membership at `in`"
    )
    below: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="Not logistic: bend below the crossover, 1 is straight"
    )
    above: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="Not logistic: bend above the crossover, 1 is straight"
    )
    anchors: Listed[Anchor] = Field(
        default=(), description="bell: out, crossover, in on the left, in, crossover, out on the right"
    )
    thresholds: Listed[Anchor] = Field(
        default=(), description="crisp: one cut, reached from the cut on; indirect: cuts between groups"
    )

    @property
    def numbers(self) -> tuple[float | str, ...]:
        """The anchors in their order: out, crossover, in; the six of a bell; thresholds."""
        direct = (self.out, self.crossover, self.in_)
        found = {"direct": direct, "bell": self.anchors}.get(self.method, self.thresholds)
        return tuple(anchor for anchor in found if anchor is not None)

    def faults(self) -> Iterator[Fault]:
        given = {name.rstrip("_") for name in self.model_fields_set if getattr(self, name) not in (None, ())}
        required, allowed = _KEYS[self.method]
        for key in required:
            if key not in given:
                yield Fault((), f"method: {self.method} needs '{key}'. Add {key}: ...")
        for key in sorted(given - {"column", "method", *required, *allowed}):
            yield Fault((key,), f"'{key}' has no meaning with method: {self.method}. Remove it")
        if not set(required) - given:
            yield from self._anchor_faults()
        if self.method == "direct" and self.logistic and given & {"below", "above"}:
            yield Fault((), "'below' and 'above' bend straight lines. Write logistic: false, or remove them")

    def _anchor_faults(self) -> Iterator[Fault]:
        count = {"bell": 6, "crisp": 1}.get(self.method)
        key = {"bell": "anchors", "direct": "crossover"}.get(self.method, "thresholds")
        if count and len(self.numbers) != count:
            what = (
                "six: out, crossover, in, in, crossover, out" if count == 6 else "one: sets have two values"
            )
            yield Fault((key,), f"{len(self.numbers)} {key}; method: {self.method} takes {what}")
        elif all(isinstance(anchor, float) for anchor in self.numbers):
            fault = order_fault(self.method, [float(anchor) for anchor in self.numbers])
            if fault:
                yield Fault((key,), fault)


def order_fault(method: str, anchors: Sequence[float]) -> str:
    """What is wrong with the order of anchors, in their unit; "" where nothing is."""
    shown = ", ".join(f"{anchor:g}" for anchor in anchors)
    if method == "direct" and not (_ascends(anchors) or _ascends(anchors[::-1])):
        return f"the anchors out, crossover, in are {shown}: the crossover lies strictly between the others"
    if method in ("crisp", "indirect") and not _ascends(anchors):
        return f"the thresholds are {shown}: write each once, the smallest first"
    return _bell_fault(anchors, shown) if method == "bell" else ""


def _ascends(anchors: Sequence[float]) -> bool:
    return all(first < second for first, second in pairwise(anchors))


def _bell_fault(anchors: Sequence[float], shown: str) -> str:
    e1, c1, i1, i2, c2, e2 = anchors
    if e1 < c1 < i1 <= i2 < c2 < e2 or i1 < c1 < e1 <= e2 < c2 < i2:
        return ""
    forms = "e1 < c1 < i1 <= i2 < c2 < e2, or i1 < c1 < e1 <= e2 < c2 < i2"
    return f"the anchors are {shown}: write them as {forms}"


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
    n_cut: Annotated[int, BeforeValidator(no_bool), Field(ge=1)] = Field(
        default=1, description="Cases below which a row is a remainder"
    )
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
        for term in self.exclude if self.exclude != "untenable" else ():
            if fault := term_fault(term, self.conditions):
                yield Fault(("exclude",), f"exclude: {fault}")

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
