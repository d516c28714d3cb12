"""The types of a spec: one published table, its data, its model, its columns."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

ID = r"[a-z0-9-]+"


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# ---------------------------------------------------------------------------------------------------- lags


def _pair(value: object) -> object:
    """[1, 2] as a tuple; an integer n as (n, n)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return tuple(value) if isinstance(value, list) else value


def _upright(lags: tuple[int, int | None]) -> tuple[int, int | None]:
    first, last = lags
    if last is not None and last < first:
        raise ValueError(f"the last lag comes before the first. Write [{last}, {first}]")
    return lags


def _not_negative(lags: tuple[int, int]) -> tuple[int, int]:
    if lags[0] < 0:
        raise ValueError("leads (negative lags) are not offered; the first lag is 0 or more")
    return lags


Lags = Annotated[
    tuple[int, int],
    BeforeValidator(_pair, json_schema_input_type=int | tuple[int, int]),
    AfterValidator(_upright),
    AfterValidator(_not_negative),
]
OpenLags = Annotated[
    tuple[int, int | None],
    BeforeValidator(_pair, json_schema_input_type=int | tuple[int, int | None]),
    AfterValidator(_upright),
]
Item = TypeVar("Item")
Listed = Annotated[tuple[Item, ...], Field(strict=False)]  # a YAML list, kept as a tuple


# ----------------------------------------------------------------------------------------------- the models


class _Model(Strict):
    """Keys that every model may carry in a column."""

    variants: dict[str, str] = Field(default={}, description="which variant the print's plain name means")
    sample: str | None = Field(default=None, description="expression; rows used")


class _Estimated(_Model):
    """Keys of every estimated model."""

    outcome: str = Field(description="a column")
    regressors: dict[str, Lags] = Field(description="variable: [first lag, last lag], in order of print")
    time_dummies: Literal["all"] | Listed[int] = Field(default=(), description="time values kept, or all")
    constant: bool | None = Field(
        default=None, description="default: true, false where the estimator has none"
    )
    lags_from: Literal["data", "sample"] = "data"
    weights: str | None = None
    std_error: Literal["conventional", "robust", "cluster", "driscoll-kraay", "windmeijer"]
    cluster: Listed[str] = ()
    small_sample: Literal["none", "n-k", "groups", "stata", "stata-absorbed", "xtabond2-2009"] = "none"
    distribution: Literal["normal", "t-residual", "t-groups"] | None = None
    ci_level: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @model_validator(mode="after")
    def _cluster_only_and_always(self) -> Self:
        if (self.std_error == "cluster") != bool(self.cluster):
            raise ValueError("'cluster' stands only and always with std_error: cluster")
        return self

    @property
    def has_constant(self) -> bool:
        """Whether a term `constant` is estimated."""
        return True if self.constant is None else self.constant

    @property
    def reference_distribution(self) -> Literal["normal", "t-residual", "t-groups"]:
        """The distribution of statistics, p and intervals, the default filled in."""
        return self.distribution or "t-residual"


class GmmGroup(Strict):
    """Instruments after Holtz-Eakin, Newey and Rosen: one column a period and lag, or collapsed."""

    variables: Listed[str] = ()
    lags: OpenLags = Field(description="lag 1 is t-1 of the level; null is open")
    equation: Literal["both", "difference", "level"] | None = None
    collapse: bool = False


class IvGroup(Strict):
    """Instruments that enter as one column each."""

    variables: dict[str, Lags] = {}
    lags: Lags = (0, 0)
    equation: Literal["both", "difference", "level"] | None = None


class Instruments(Strict):
    """The instruments of a dynamic panel; a group's name names its tests."""

    gmm: dict[str, GmmGroup] = {}
    iv: dict[str, IvGroup] = {}

    @model_validator(mode="after")
    def _level_gmm_is_reserved(self) -> Self:
        if "level_gmm" in {*self.gmm, *self.iv}:
            raise ValueError(
                "the group name 'level_gmm' is reserved for all level GMM columns; choose another"
            )
        return self


class DynamicPanel(_Estimated):
    """Difference or system GMM."""

    model: Literal["dynamic-panel"]
    std_error: Literal["conventional", "robust", "cluster", "windmeijer"]
    estimator: Literal["difference", "system"]
    transformation: Literal["first-difference", "forward-orthogonal-deviations"] = "first-difference"
    steps: Literal[1, 2, "iterated"]
    h: Literal[1, 2, 3] = 3
    sigma2: Literal["n", "n-k"] = "n"
    instruments: Instruments
    ar_order: Annotated[int, Field(ge=1)] = 2
    principal_components: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _steps_and_std_error_fit(self) -> Self:
        legal = {1: ("conventional", "robust", "cluster")}.get(
            self.steps if isinstance(self.steps, int) else 2, ("conventional", "windmeijer", "cluster")
        )
        if self.std_error not in legal:
            raise ValueError(
                f"std_error: {self.std_error} does not go with steps: {self.steps}; "
                f"use {' or '.join(legal[:2])} (the robust variance of two steps is windmeijer)"
            )
        return self

    @property
    def has_constant(self) -> bool:
        return self.estimator == "system" if self.constant is None else self.constant

    @property
    def reference_distribution(self) -> Literal["normal", "t-residual", "t-groups"]:
        return self.distribution or "normal"

    def gmm_groups(self) -> dict[str, GmmGroup]:
        """The GMM groups with variables and equation filled in."""
        default = "both" if self.estimator == "system" else "difference"
        return {
            name: group.model_copy(
                update={"variables": group.variables or (name,), "equation": group.equation or default}
            )
            for name, group in self.instruments.gmm.items()
        }

    def iv_groups(self) -> dict[str, IvGroup]:
        """The IV groups with variables and equation filled in."""
        default = "both" if self.estimator == "system" else "difference"
        return {
            name: group.model_copy(
                update={
                    "variables": group.variables or {name: group.lags},
                    "equation": group.equation or default,
                }
            )
            for name, group in self.instruments.iv.items()
        }


class LevelInstrument(Strict):
    """An excluded instrument; `level: true` leaves it untransformed (Anderson and Hsiao)."""

    lags: Lags = (0, 0)
    level: bool = False


PANEL_TESTS = Literal[
    "f_effects",
    "hausman",
    "hausman_m1",
    "hausman_m2",
    "hausman_m3",
    "breusch_pagan_lm",
    "lm_rho",
    "lm_star_mu",
    "lm_star_rho",
    "lm_joint",
    "poolability_entity",
    "poolability_entity_slopes",
    "poolability_time",
]


class StaticPanel(_Estimated):
    """Pooled, within, between, random effects or first differences."""

    model: Literal["panel"]
    std_error: Literal["conventional", "robust", "cluster", "driscoll-kraay"]
    estimator: Literal["pooled", "within", "between", "random", "first-difference"]
    effects: Listed[Literal["entity", "time", "group"]] = ("entity",)
    variance_components: Literal["swamy-arora", "wallace-hussain", "amemiya", "nerlove"] = "swamy-arora"
    endogenous: dict[str, Lags] = {}
    instruments: dict[str, LevelInstrument] = {}
    gaps: Literal["by-time", "by-row"] = "by-time"
    tests: Listed[PANEL_TESTS] = ()
    bandwidth: Annotated[int, Field(ge=0)] = 2

    @field_validator("effects")
    @classmethod
    def _effects_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        legal = [("entity",), ("time",), ("entity", "time"), ("group", "entity")]
        if value not in legal:
            raise ValueError("write [entity], [time], [entity, time] or [group, entity]")
        return value

    @property
    def has_constant(self) -> bool:
        return self.estimator != "within" if self.constant is None else self.constant

    @property
    def reference_distribution(self) -> Literal["normal", "t-residual", "t-groups"]:
        return self.distribution or ("normal" if self.estimator == "random" else "t-residual")


class Linear(_Estimated):
    """Least squares and two-stage least squares on a cross-section (or rows treated as one)."""

    model: Literal["linear"]
    std_error: Literal["conventional", "robust", "cluster"]
    endogenous: dict[str, Lags] = {}
    instruments: dict[str, LevelInstrument] = {}
    dummies: dict[str, Literal["all"] | Listed[int | str]] = {}
    sigma2: Literal["n", "n-k"] = "n-k"


DESCRIPTIVE_MEASURES = ("n_obs", "mean", "sd", "min", "max", "variance", "median", "missing")


def _descriptive_measure(name: str) -> str:
    if name not in DESCRIPTIVE_MEASURES and not re.fullmatch(r"p\d{1,2}(\.\d+)?", name):
        raise ValueError(f"'{name}' is no measure; use {', '.join(DESCRIPTIVE_MEASURES)} or p<percent>")
    return name


class Descriptive(_Model):
    """Moments, variable by variable."""

    model: Literal["descriptive"]
    variables: Listed[str]
    measures: Listed[Annotated[str, AfterValidator(_descriptive_measure)]] = (
        "n_obs",
        "mean",
        "sd",
        "min",
        "max",
    )
    by: str | None = None
    quantile_type: Annotated[int, Field(ge=1, le=9)] = 7


AnyModel = DynamicPanel | StaticPanel | Linear | Descriptive
Estimated = DynamicPanel | StaticPanel | Linear
MODEL_ADAPTER: TypeAdapter[AnyModel] = TypeAdapter(Annotated[AnyModel, Field(discriminator="model")])

# --------------------------------------------------------------------------------------------- the top level


class Source(Strict):
    """Where the numbers were printed, and where they were read."""

    citation: str
    doi: str | None = None
    url: str | None = None
    page: str | int | None = None
    table: str | int | None = None
    read_from: str
    strength: Literal["strong", "weak"] = "strong"


class PanelKeys(Strict):
    """The columns that identify a row."""

    entity: str
    time: str
    step: Annotated[int, Field(ge=1)] = 1
    group: str | None = None


class Data(Strict):
    """The data file."""

    name: str = "data"
    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    panel: PanelKeys | None = None
    columns: dict[str, str] = Field(default={}, description="name here: header in the file")
    stand_in: bool = False
    obtain: str | None = Field(default=None, description="how to get data that cannot be shared")


class Limits(Strict):
    """Bounds of one fit."""

    seconds: Annotated[int, Field(ge=1)] = 300
    memory_mb: Annotated[int, Field(ge=256)] = 4096


class _Filter(Strict):
    """Which cells a rule is about; an omitted filter means all."""

    columns: Listed[str] | None = None
    parts: Listed[str] | None = None
    terms: Listed[str] | None = None
    measures: Listed[str] | None = None

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
    """How cells were printed where the text does not show it."""

    scale: float = 1.0
    decimals: Annotated[int, Field(ge=0)] | None = None
    significant: Annotated[int, Field(ge=1)] | None = None
    rounding: Literal["half", "truncated"] = "half"
    complete: bool = Field(default=False, description="the part prints every term the column has")

    @field_validator("scale", mode="before")
    @classmethod
    def _scale_is_a_number(cls, value: object) -> object:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Bound(Strict):
    """How far two numbers may part: |a - b| <= the widest of the bounds given."""

    rtol: Annotated[float, Field(gt=0)] | None = None
    atol: Annotated[float, Field(gt=0)] | None = None
    std_errors: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.rtol is self.atol is self.std_errors is None:
            raise ValueError("give at least one of rtol, atol, std_errors")
        return self


class KnownDifference(_Filter):
    """A difference with a cause, a bound and evidence."""

    between: Listed[str]
    within: Bound
    reason: str
    evidence: str

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

    setting: str = Field(description="dotted path into a merged column")
    columns: Listed[str] | None = None
    because: str
    alternatives: Listed[Any]


class Claim(Strict):
    """A sentence of the paper about one number."""

    text: str
    column: str
    term: str
    measure: str = "estimate"
    sign: Literal["positive", "negative"] | None = None
    value: str | None = None
    p_below: float | None = None
    p_above: float | None = None


class Identity(Strict):
    """An expression between descriptives that `audit` may assume."""

    expression: str
    disjoint: Listed[str] = ()


def _identity(value: object) -> object:
    return {"expression": value} if isinstance(value, str) else value


class Head(Strict):
    """Everything in a spec but `base` and `columns`."""

    title: str
    source: Source
    data: Data
    derive: dict[str, str] = {}
    engines: Annotated[Listed[str], Field(min_length=1)]
    limits: Limits = Limits()
    print: Listed[PrintRule] = ()
    variants: dict[str, str] = {}
    stars: Listed[float] = ()
    open: Listed[OpenSetting] = ()
    known_differences: Listed[KnownDifference] = ()
    claims: Listed[Claim] = ()
    identities: Listed[
        Annotated[Identity, BeforeValidator(_identity, json_schema_input_type=str | Identity)]
    ] = ()
    labels: dict[str, str] = {}


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
        from harness.glossary import VARIANTS

        if name not in VARIANTS:
            return None
        return self.columns[column].variants.get(name) or self.variants.get(name) or VARIANTS[name][0]


def term(variable: str, lag: int) -> str:
    """
    The term of a variable at a lag.

    >>> term("x", 0), term("x", 2)
    ('x', 'L2.x')
    """
    return variable if lag == 0 else f"L{lag}.{variable}"


def terms(lagged: Mapping[str, tuple[int, int]]) -> list[tuple[str, str, int]]:
    """(term, variable, lag) in order of print."""
    return [
        (term(variable, lag), variable, lag)
        for variable, (first, last) in lagged.items()
        for lag in range(first, last + 1)
    ]
