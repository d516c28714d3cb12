"""The top level of a spec: source, data, how the numbers were printed, what is known about them."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
)

from harness.glossary import VARIANTS, measure
from harness.spec.fields import (
    Beneath,
    Distinct,
    Fault,
    Label,
    Listed,
    MeasureName,
    Part,
    Sha256,
    Strict,
    Text,
    no_bool,
    variant_faults,
)
from harness.spec.models import AnyModel

ID = r"[a-z0-9-]+"


def _paper(name: str) -> str:
    if not re.fullmatch(ID, name):
        raise ValueError("an id has small letters, digits and - only")
    return name


class Source(Strict):
    """Where the numbers were printed, and where they were read."""

    citation: Text = Field(description="Where the numbers were printed")
    doi: Text | None = Field(default=None, description="e.g. 10.2307/2297968")
    url: Text | None = Field(default=None, description="Where the paper or the manual is found")
    page: Label | None = Field(default=None, description="The page of the table")
    table: Label | None = Field(default=None, description="The number of the table")
    read_from: Text = Field(description="What the numbers were read from: the page itself, a manual, a log")
    paper: Annotated[str, AfterValidator(_paper)] | None = Field(
        default=None, description="An id that the specs of one paper share: the report has a page of them all"
    )
    item: Annotated[int, BeforeValidator(no_bool), Field(ge=1)] | None = Field(
        default=None, description="The place among the display items of the paper, from 1"
    )
    strength: Literal["strong", "weak"] = Field(
        default="strong", description="weak where the numbers were read at second hand"
    )


class PanelKeys(Strict):
    """The columns that identify a row."""

    entity: Text = Field(description="The column that names the firm, the country, the person")
    time: Text = Field(description="The column of time, whole numbers")
    step: Annotated[int, Field(ge=1)] = Field(default=1, description="From one period to the next")
    group: Text | None = Field(default=None, description="A column in which entities are nested")

    def faults(self) -> Iterator[Fault]:
        if self.entity == self.time:
            yield Fault(("time",), f"'{self.time}' is the entity and the time. Name two columns")


def _data_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError("a data set's name has letters, digits, _ and - only")
    return name


class Check(Strict):
    """What must be true of a column, wherever it has a value."""

    min: float | None = Field(default=None, description="The smallest value that is possible")
    max: float | None = Field(default=None, description="The largest value that is possible")
    unit: Literal["percent", "fraction", "count"] | None = Field(
        default=None,
        description="percent: 0 to 100, and not all within 1; fraction: 0 to 1; count: whole, not negative",
    )
    fixed: bool = Field(default=False, description="The same in every period of an entity")

    def faults(self) -> Iterator[Fault]:
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Fault(("max",), f"max is {self.max:g}, less than min, {self.min:g}. Exchange them")


class Data(Strict):
    """The data file."""

    name: Annotated[str, AfterValidator(_data_name)] = Field(
        default="data", description="The NAME of --data NAME=PATH"
    )
    file: Beneath = Field(description="A file beside the spec, or in data/ beside it")
    sha256: Sha256 | None = Field(default=None, description="Of the file's bytes, as sha256sum prints it")
    panel: PanelKeys | None = Field(default=None, description="The columns that identify a row")
    columns: dict[Text, Text] = Field(default={}, description="name here: header in the file")
    stand_in: bool = Field(
        default=False, description="true where these are not the paper's data: numbers are not compared"
    )
    obtain: Text | None = Field(default=None, description="How to get data that cannot be shared")
    checks: dict[Text, Check] = Field(
        default={}, description="column: {min, max, unit, fixed}; a row that breaks one is refused"
    )
    balanced: bool = Field(
        default=False, description="true where every entity has a row in every period; a gap is refused"
    )
    one_of: Listed[Distinct[Text]] = Field(
        default=(),
        description="Lists of columns: each entity has one of them that is not 0, the same in every period",
    )
    checked_by: Text | None = Field(
        default=None,
        description="The id of a spec beside this one, of the same data, that a file of --data is held "
        "against as well: a table of moments",
    )

    def faults(self) -> Iterator[Fault]:
        needs = {"balanced": self.balanced, "one_of": bool(self.one_of)}
        needs |= {f"checks.{name}.fixed": check.fixed for name, check in self.checks.items()}
        for key, asked in needs.items():
            if asked and self.panel is None:
                sentence = f"{key} goes by entity: it needs panel"
                yield Fault((key.split(".")[0],), f"{sentence}. Write panel: {{entity: ..., time: ...}}")


class Limits(Strict):
    """Bounds of one fit."""

    seconds: Annotated[int, Field(ge=1, le=604800)] = Field(default=300, description="Time limit of a fit")
    memory_mb: Annotated[int, Field(ge=256, le=1048576)] = Field(
        default=4096, description="Memory limit of a fit"
    )


class _Filter(Strict):
    """Which cells a rule is about; an omitted filter means all."""

    columns: Distinct[str] | None = Field(default=None, description="Column ids; omitted: all")
    parts: Distinct[Part] | None = Field(default=None, description="Parts of the glossary; omitted: all")
    terms: Distinct[Text] | None = Field(default=None, description="Terms or tests; omitted: all")
    measures: Distinct[MeasureName] | None = Field(
        default=None, description="Measures of the glossary; omitted: all"
    )

    def faults(self) -> Iterator[Fault]:
        for part in self.parts or ():
            for name in self.measures or ():
                if len(self.parts or ()) == 1 and measure(part, name) is None:
                    yield Fault(("measures",), f"part '{part}' has no measure '{name}'")

    def covers(self, column: str, part: str, term: str, measure: str) -> bool:
        """Whether the cell is meant; variants in names are ignored."""
        wanted = (
            (self.columns, column),
            (self.parts, part),
            (self.terms, term.partition("@")[0]),
            (self.measures, measure.partition("@")[0]),
        )
        return all(allowed is None or value in allowed for allowed, value in wanted)


class PrintRule(_Filter):
    """How cells were printed where the text does not show it. Later rules win."""

    scale: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="What was printed is the value times this, e.g. 100 for per cent"
    )
    decimals: Annotated[int, Field(ge=0, le=30)] | None = Field(
        default=None, description="Decimals shown, where the text does not tell"
    )
    significant: Annotated[int, Field(ge=1, le=30)] | None = Field(
        default=None, description="Significant digits shown: 11900000 with significant: 3"
    )
    rounding: Literal["half", "truncated"] = Field(
        default="half", description="Rounded to the nearest, or cut off"
    )
    complete: bool = Field(default=False, description="The part prints every term the column has")

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.decimals is not None and self.significant is not None:
            yield Fault(("significant",), "'decimals' and 'significant' stand in one rule. Keep one")


class Bound(Strict):
    """How far two numbers may part: |a - b| <= the widest of the bounds given."""

    rtol: Annotated[float, Field(gt=0)] | None = Field(default=None, description="Times |reference|")
    atol: Annotated[float, Field(gt=0)] | None = Field(default=None, description="In the number's own unit")
    std_errors: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Times the coefficient's standard error"
    )

    def faults(self) -> Iterator[Fault]:
        if self.rtol is self.atol is self.std_errors is None:
            yield Fault((), "'within' has no bound. Give at least one of rtol, atol, std_errors")


class KnownDifference(_Filter):
    """A difference with a cause, a bound and evidence."""

    between: Listed[str] = Field(description="Two engines; published is the printed table")
    within: Bound = Field(description="The widest bound counts; no wider than twice what is observed")
    reason: Text = Field(description="A cause. Where the cause is unknown, the difference is a discrepancy")
    evidence: Text = Field(description="Where a reader can see the cause: a file and line, a page, a run")

    @field_validator("between")
    @classmethod
    def _a_pair(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) != 2 or value[0] == value[1]:
            raise ValueError("write two different engines, e.g. [published, r-plm]")
        return value

    @field_validator("reason")
    @classmethod
    def _a_cause(cls, value: str) -> str:
        if value.strip().rstrip(".").lower() in {"", "unknown", "not known", "unclear", "?"}:
            raise ValueError(
                "a reason is a cause; where the cause is unknown the difference stays a discrepancy"
            )
        return value


class OpenSetting(Strict):
    """What the paper leaves unsaid."""

    setting: Text = Field(description="Dotted path into a merged column, e.g. instruments.gmm.y.collapse")
    columns: Distinct[str] | None = Field(default=None, description="Column ids; omitted: all")
    because: Text = Field(description="What the paper says, and what it leaves out")
    alternatives: Annotated[Listed[Any], Field(min_length=2)] = Field(
        description="The values that fit the paper's words, the one used among them"
    )


def _number_as_printed(text: str) -> str:
    try:
        finite = Decimal(text).is_finite()
    except InvalidOperation:
        finite = False
    if not finite or not re.fullmatch(r"[-+]?[0-9.]+", text):
        raise ValueError('write the number as it is printed, e.g. "0.110"')
    return text


class Claim(Strict):
    """A sentence of the paper about one number."""

    text: Text = Field(description="The sentence, as printed")
    column: str = Field(description="The column id it is about")
    term: Text = Field(description="The term or test it is about")
    measure: MeasureName = Field(default="estimate", description="The measure it is about")
    sign: Literal["positive", "negative"] | None = Field(default=None, description="The sign it claims")
    value: Annotated[str, AfterValidator(_number_as_printed)] | None = Field(
        default=None, description="The number it claims, text as printed"
    )
    p_below: Annotated[float, Field(gt=0, le=1)] | None = Field(default=None, description="p is below this")
    p_above: Annotated[float, Field(ge=0, lt=1)] | None = Field(default=None, description="p is above this")

    def faults(self) -> Iterator[Fault]:
        if (self.sign, self.value, self.p_below, self.p_above) == (None, None, None, None):
            yield Fault((), "the claim claims nothing. Give at least one of sign, value, p_below, p_above")


class Identity(Strict):
    """What `audit` may assume of printed numbers."""

    expression: Text = Field(
        description="VA == V1 + V2: a sum of variables; x == round(x, 0): whole numbers; x in [0, 1]: zeros "
        "and ones; n_obs == 280 * 17 (entities by periods), n_obs <= 16 * n_groups: counts"
    )
    disjoint: Distinct[Text] = Field(
        default=(), description="Parts of a sum that never differ from zero together, e.g. [V1, V2]"
    )


def _identity(value: object) -> object:
    return {"expression": value} if isinstance(value, str) else value


def _decreasing(limits: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 < limit < 1 for limit in limits):
        raise ValueError("limits of p lie between 0 and 1")
    if any(later >= earlier for earlier, later in pairwise(limits)):
        in_order = ", ".join(str(limit) for limit in sorted(set(limits), reverse=True))
        raise ValueError(f"one star comes first, so the limits decrease. Write [{in_order}]")
    return limits


class Head(Strict):
    """Everything in a spec but `base` and `columns`."""

    title: Text = Field(description="The table's title, as printed")
    source: Source = Field(description="Where the numbers were printed, and where they were read")
    data: Data = Field(description="The data file and what identifies its rows")
    derive: dict[Text, Text] = Field(
        default={},
        description="name: expression; new columns, computed in order on all rows, before sample",
    )
    engines: Annotated[Distinct[str], Field(min_length=1)] = Field(
        description="The engines; all are required"
    )
    limits: Limits = Field(default=Limits(), description="Time and memory of one fit")
    print: Listed[PrintRule] = Field(
        default=(), description="How cells were printed where the text does not show it. Later rules win"
    )
    variants: dict[str, str] = Field(
        default={}, description="Which variant the print's plain name means, e.g. {sargan: xtabond}"
    )
    stars: Annotated[Listed[float], AfterValidator(_decreasing)] = Field(
        default=(), description="p limits of one star, two, three: [0.10, 0.05, 0.01]; compared with <"
    )
    open: Listed[OpenSetting] = Field(default=(), description="What the paper leaves unsaid")
    known_differences: Listed[KnownDifference] = Field(
        default=(), description="Differences with a cause, a bound and evidence"
    )
    claims: Listed[Claim] = Field(default=(), description="Sentences of the paper about one number")
    identities: Listed[
        Annotated[Identity, BeforeValidator(_identity, json_schema_input_type=str | Identity)]
    ] = Field(default=(), description="Relations between printed numbers that audit may assume")
    labels: dict[Text, Text] = Field(default={}, description="name: text shown beside the symbol")

    def faults(self) -> Iterator[Fault]:
        yield from variant_faults(self.variants)


class Spec(Head):
    """
    One published table, every column merged with `base`.

    Attributes:
        id: the file's stem
        path: the file; golden files and data are found from here
        columns: column id to merged, validated model, in order of print
        merged: the same before validation, as written (what `open` and `explain` point into)
        sha256: of the file's bytes
    """

    id: str
    path: Path
    sha256: str
    columns: Mapping[str, AnyModel]
    merged: Mapping[str, Mapping[str, Any]]

    def variant(self, column: str, name: str) -> str | None:
        """Which variant the print's plain *name* means in *column*, None where it has no variants."""
        if name not in VARIANTS:
            return None
        return self.columns[column].variants.get(name) or self.variants.get(name) or VARIANTS[name][0]
