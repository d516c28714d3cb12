"""The models that construct a variable: an index, agglomeration over distance, types by quantiles."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from harness.spec.common import Model
from harness.spec.fields import Distinct, Fault, Listed, Text


class Index(Model):
    """Indicators weighted by entropy and made into one number by TOPSIS."""

    model: Literal["index"] = Field(description="Which model: an index of several indicators")
    name: Text = Field(default="index", description="What the index is called, e.g. NQ")
    indicators: Annotated[dict[Text, Literal["positive", "negative"]], Field(min_length=1)] = Field(
        description="indicator: positive where more is better, else negative; the order is the order of print"
    )
    method: Literal["entropy-topsis"] = Field(
        default="entropy-topsis", description="Entropy weights, then closeness to the ideal case (TOPSIS)"
    )
    normalise: Literal["min-max", "vector"] = Field(
        default="min-max", description="(x - min) / (max - min), or x over the length of its column"
    )
    shift: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Added to the normalised values before logarithms are taken"
    )
    pooled: bool | Literal["by-time"] = Field(
        default=True, description="true: all rows together; by-time: each period by itself"
    )

    @field_validator("pooled")
    @classmethod
    def _pooled_or_by_time(cls, value: bool | str) -> bool | str:
        if value is False:
            raise ValueError("write true, or by-time")
        return value

    @property
    def terms(self) -> tuple[str, ...]:
        """What a table of it may name."""
        return (*self.indicators, self.name)

    @property
    def by_time(self) -> bool:
        """Whether each period is normalised and weighted by itself."""
        return self.pooled == "by-time"


def _self_distance(value: object) -> object:
    if value == "omit":
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("write omit, or kilometres above 0")
    return float(value)


class Agglomeration(Model):
    """Location quotients of all places, weighted by inverse distance."""

    model: Literal["agglomeration"] = Field(description="Which model: agglomeration over distance")
    name: Text = Field(default="agglomeration", description="What the variable is called, e.g. VA")
    share: Distinct[Text] = Field(description="[part, total]: two columns whose ratio is the share")
    coordinates: Distinct[Text] = Field(description="[latitude, longitude]: two columns, in degrees")
    self_distance: Annotated[
        Literal["omit"] | float,
        BeforeValidator(_self_distance, json_schema_input_type=Literal["omit"] | float),
    ] = Field(description="Of a place to itself: omit leaves it out, a number is kilometres")
    decay: Annotated[float, Field(gt=0, le=10)] = Field(
        default=1.0, description="The weight is distance to the power of minus this"
    )
    row_standardised: bool = Field(
        default=False, description="Whether the weights of each place are divided by their sum"
    )
    reference: Literal["by-time", "pooled"] = Field(
        default="by-time", description="Whether the share of all places is taken period by period"
    )
    double_sum: bool = Field(
        default=False, description="Whether the sum over the other places is summed over all places again"
    )

    @field_validator("share", "coordinates")
    @classmethod
    def _two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) != 2:
            raise ValueError("write two columns, [part, total] or [latitude, longitude]")
        return value

    @property
    def terms(self) -> tuple[str, ...]:
        """What a table of it may name."""
        return (self.name,)


Share = Annotated[float, Field(gt=0, lt=1)]


def _rising(cuts: tuple[float, ...]) -> tuple[float, ...]:
    if any(later <= earlier for earlier, later in pairwise(cuts)):
        raise ValueError(f"the cuts rise. Write {sorted(set(cuts))}")
    return cuts


class QuantileType(Model):
    """Types of entities by quantiles of their share of the whole and of its growth."""

    model: Literal["quantile-type"] = Field(description="Which model: types of entities by quantiles")
    name: Text = Field(default="type", description="What the variable is called")
    of: Text = Field(description="The column whose share and growth are meant")
    by: Distinct[Literal["share", "growth"]] = Field(
        default=("share", "growth"),
        description="The two criteria, in the order of the rows and columns of names",
    )
    growth: Literal["compound", "mean"] = Field(
        default="compound", description="From the first to the last period, or the mean of all rates"
    )
    cuts: dict[
        Literal["share", "growth"], Annotated[Listed[Share], Field(min_length=1), AfterValidator(_rising)]
    ] = Field(description="criterion: the quantiles that part its levels, e.g. [0.5]")
    names: Listed[Listed[Text]] = Field(
        description="One row a level of the first criterion, from low to high, one name a level of the second"
    )
    examples: dict[Text, Distinct[Text]] = Field(
        default={},
        description="Entities whose type is told one by one, as TYPE@entity: entity: other names it may have "
        "in the data, e.g. {Bonn: [Bonn am Rhein]}",
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if len(self.by) != 2:
            yield Fault(("by",), "two criteria make a type. Write [share, growth] or [growth, share]")
            return
        lacking = [name for name in self.by if name not in self.cuts]
        if lacking:
            yield Fault(
                ("cuts",), f"cuts of {lacking[0]} are missing. Write for instance {lacking[0]}: [0.5]"
            )
            return
        rows, columns = (len(self.cuts[name]) + 1 for name in self.by)
        if len(self.names) != rows or any(len(row) != columns for row in self.names):
            sentence = f"the cuts make {rows} levels of {self.by[0]} and {columns} of {self.by[1]}"
            yield Fault(("names",), f"{sentence}: names has {rows} rows of {columns} names")

    @property
    def type_names(self) -> tuple[str, ...]:
        """The names of all types, each once."""
        return tuple(dict.fromkeys(name for row in self.names for name in row))

    @property
    def terms(self) -> tuple[str, ...]:
        """What a table of it may name."""
        return (*self.by, *self.type_names, self.name)
