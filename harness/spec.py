"""The types of a spec: one published table, its data, its model, its columns."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.glossary import MEASURES, PARTS, VARIANTS, measure

ID = r"[a-z0-9-]+"
LONGEST_LAG = 999  # no panel is longer, and a typing error must not become a design of 10^9 columns
MOST_TERMS = 1000


class Fault(NamedTuple):
    """
    What is wrong with settings that are each right by themselves.

    Attributes:
        path: the keys that lead to the setting, from the model downwards
        sentence: the fault and the next step, without full stop
    """

    path: tuple[str, ...]
    sentence: str


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def faults(self) -> Iterator[Fault]:
        """Settings that do not go together. Every key has its type already."""
        yield from ()

    @model_validator(mode="after")
    def _no_faults(self) -> Self:
        """Raises one error that carries every fault, so that all of them are listed at once."""
        found = list(self.faults())
        if found:
            sentences = "; ".join(fault.sentence for fault in found)
            raise PydanticCustomError("faults", "{sentences}", {"sentences": sentences, "faults": found})
        return self


# ------------------------------------------------------------------------------------------ texts and lists

Item = TypeVar("Item")
Text = Annotated[str, Field(min_length=1)]
Listed = Annotated[tuple[Item, ...], Field(strict=False)]  # a YAML list, kept as a tuple


def _distinct(values: tuple[Item, ...]) -> tuple[Item, ...]:
    seen: set[Item] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value} stands there twice. Write it once")
        seen.add(value)
    return values


Distinct = Annotated[tuple[Item, ...], Field(strict=False), AfterValidator(_distinct)]


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_bool(value: object) -> object:
    """Python takes True for 1; a spec does not."""
    if isinstance(value, bool | float):
        raise ValueError("a whole number stands here")
    return value


def _label(value: object) -> object:
    if not _is_int(value) and not (isinstance(value, str) and value):
        raise ValueError("a text or a whole number stands here")
    return value


Label = Annotated[str | int, BeforeValidator(_label, json_schema_input_type=str | int)]


def _all_or(legal: Callable[[object], bool], what: str) -> Callable[[object], object]:
    """`all`, or a list of distinct values that are *legal*; one sentence where it is neither."""

    def check(value: object) -> object:
        if value == "all":
            return value
        if not isinstance(value, list | tuple) or not all(map(legal, value)):
            raise ValueError(f"write all, or a list of {what}")
        return _distinct(tuple(value))

    return check


Times = Annotated[
    Literal["all"] | tuple[int, ...],
    BeforeValidator(
        _all_or(_is_int, "whole numbers, e.g. [1980, 1981]"),
        json_schema_input_type=Literal["all"] | list[int],
    ),
]
Kept = Annotated[
    Literal["all"] | tuple[int | str, ...],
    BeforeValidator(
        _all_or(lambda value: _is_int(value) or isinstance(value, str), "the values kept, e.g. [2, 3]"),
        json_schema_input_type=Literal["all"] | list[int | str],
    ),
]


# ---------------------------------------------------------------------------------------------------- lags


def _pair(*, is_open: bool) -> Callable[[object], object]:
    """[1, 2] as a tuple; an integer n as (n, n). One sentence for whatever else is written."""
    form = "[first, last], two whole numbers (last may be null: open end)"
    form = form if is_open else "[first, last], two whole numbers"

    def check(value: object) -> object:
        if _is_int(value):
            return (value, value)
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(f"write {form}, or one whole number")
        if not _is_int(value[0]) or not (_is_int(value[1]) or (is_open and value[1] is None)):
            raise ValueError(f"write {form}, or one whole number")
        return tuple(value)

    return check


AnyLags = TypeVar("AnyLags", bound=tuple[int, int | None])


def _in_order(lags: AnyLags) -> AnyLags:
    first, last = lags
    if first < 0:
        raise ValueError("leads (negative lags) are not offered; the first lag is 0 or more")
    if last is not None and last < first:
        raise ValueError(f"the last lag comes before the first. Write [{last}, {first}]")
    if max(first, last or 0) > LONGEST_LAG:
        raise ValueError(f"the longest lag is {LONGEST_LAG}")
    return lags


_Lag = Annotated[int, Field(ge=0, le=LONGEST_LAG)]
Lags = Annotated[
    tuple[int, int],
    BeforeValidator(_pair(is_open=False), json_schema_input_type=_Lag | tuple[_Lag, _Lag]),
    AfterValidator(_in_order),
]
OpenLags = Annotated[
    tuple[int, int | None],
    BeforeValidator(_pair(is_open=True), json_schema_input_type=_Lag | tuple[_Lag, _Lag | None]),
    AfterValidator(_in_order),
]


def _printable(lagged: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    count = sum(last - first + 1 for first, last in lagged.values())
    if count > MOST_TERMS:
        raise ValueError(f"that makes {count} terms; a table prints at most {MOST_TERMS}")
    return lagged


Lagged = Annotated[dict[Text, Lags], AfterValidator(_printable)]


# ------------------------------------------------------------------------------------ words of the glossary


def _part(name: str) -> str:
    if name not in PARTS:
        raise ValueError(f"there is no such part{did_you_mean(name, PARTS)}")
    return name


def _measure(name: str) -> str:
    if "@" in name:
        raise ValueError(f"a variant does not stand here. Write {name.partition('@')[0]}")
    if not any(measure(part, name) for part in PARTS):
        raise ValueError(
            f"there is no such measure{did_you_mean(name, sorted({known for _, known in MEASURES}))}"
        )
    return name


def _variants(chosen: dict[str, str]) -> Iterator[Fault]:
    for name, variant in chosen.items():
        if name not in VARIANTS:
            sentence = f"'{name}' has no variants{did_you_mean(name, VARIANTS)}"
            yield Fault(("variants", name), sentence)
        elif variant not in VARIANTS[name]:
            sentence = f"'{name}' has no variant '{variant}'{did_you_mean(variant, VARIANTS[name])}"
            yield Fault(("variants", name), sentence)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """
    The nearest known word as the end of a sentence; all of them where none is near.

    >>> did_you_mean("r-plmm", ["r-plm", "r-stats"]), did_you_mean("x", ["a", "b"])
    ("; did you mean 'r-plm'?", '. There are a, b.')
    """
    import difflib  # a millisecond that only a faulty spec pays

    words = list(known)
    close = difflib.get_close_matches(word[:60], words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    listing = ", ".join(words[:40]) + (", ..." if len(words) > 40 else "")
    return f". There are {listing}." if words else "."


Part = Annotated[str, AfterValidator(_part), WithJsonSchema({"type": "string", "enum": list(PARTS)})]
MeasureName = Annotated[str, AfterValidator(_measure)]


# ----------------------------------------------------------------------------------------------- the models


class _Model(Strict):
    """Keys that every model may carry in a column."""

    variants: dict[str, str] = Field(
        default={}, description="Which variant the print's plain name means here, e.g. {sargan: xtabond}"
    )
    sample: Text | None = Field(
        default=None, description="Expression; the rows used, e.g. year >= 1978 and sector == 3"
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from _variants(self.variants)


class _Estimated(_Model):
    """Keys of every estimated model."""

    outcome: Text = Field(description="The dependent variable: a column of the data, or of derive")
    regressors: Lagged = Field(
        description="variable: [first lag, last lag], or one lag. The order is the order of print"
    )
    time_dummies: Times = Field(
        default=(),
        description="The time values whose dummies are kept, e.g. [1980, 1981], or all (drops what is "
        "collinear, first period first)",
    )
    constant: bool | None = Field(
        default=None,
        description="Whether a constant is estimated. Default: true, false where the estimator has none",
    )
    lags_from: Literal["data", "sample"] = Field(
        default="data",
        description="Whether lags and differences are taken before `sample` (Stata's if) or in it (keep if)",
    )
    weights: Text | None = Field(default=None, description="A column of weights")
    std_error: Literal["conventional", "robust", "cluster", "driscoll-kraay", "windmeijer"] = Field(
        description="Which variance the standard errors come from"
    )
    cluster: Distinct[Text] = Field(
        default=(),
        description="What to cluster by: columns, entity or time. Only and always with std_error: cluster",
    )
    small_sample: Literal["none", "n-k", "groups", "stata", "stata-absorbed", "xtabond2-2009"] = Field(
        default="none",
        description="Factor on the covariance. none: 1; n-k: N/(N-K); groups: G/(G-1); "
        "stata: (N-1)/(N-K) G/(G-1); stata-absorbed: the same, K counts absorbed effects; "
        "xtabond2-2009: N/(N-K+1) G/(G-1)",
    )
    distribution: Literal["normal", "t-residual", "t-groups"] | None = Field(
        default=None,
        description="Of statistics, p and intervals: normal, t with N-K, or t with G-1 degrees of freedom",
    )
    ci_level: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.95, description="Level of the confidence intervals"
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.std_error == "cluster" and not self.cluster:
            yield Fault(
                ("std_error",), "std_error: cluster needs 'cluster'. Write for instance cluster: [entity]"
            )
        if self.cluster and self.std_error != "cluster":
            sentence = f"'cluster' stands only with std_error: cluster, not with {self.std_error}. Remove one"
            yield Fault(("cluster",), sentence)
        if self.regressors.get(self.outcome, (1, 1))[0] == 0:
            sentence = (
                f"the outcome {self.outcome} explains itself. Write {self.outcome}: [1, ...] for its lags"
            )
            yield Fault(("regressors", self.outcome), sentence)
        if not (self.regressors or self.has_constant or self.time_dummies):
            yield Fault(("regressors",), "there is nothing to estimate: no regressor and no constant")

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

    variables: Distinct[Text] = Field(default=(), description="Default: the group's name is the variable")
    lags: OpenLags = Field(
        description="[first, last], last null is open. Lag 1 is t-1 of the level; the level equation uses "
        "the difference at lag first-1"
    )
    equation: Literal["both", "difference", "level"] | None = Field(
        default=None, description="Default: both in a system, difference in a difference estimator"
    )
    collapse: bool = Field(default=False, description="One column a lag instead of one a period and lag")


class IvGroup(Strict):
    """Instruments that enter as one column each."""

    variables: Lagged = Field(
        default={},
        description="variable: [first lag, last lag]; time_dummies is a legal variable. "
        "Default: the group's name is the variable, at `lags`",
    )
    lags: Lags = Field(default=(0, 0), description="Lags of the variable that the group's name names")
    equation: Literal["both", "difference", "level"] | None = Field(
        default=None, description="Default: both in a system, difference in a difference estimator"
    )

    def faults(self) -> Iterator[Fault]:
        if self.variables and "lags" in self.model_fields_set:
            sentence = "'lags' has no meaning beside 'variables', where each variable has its own. Remove it"
            yield Fault(("lags",), sentence)


class Instruments(Strict):
    """The instruments of a dynamic panel; a group's name names its tests."""

    gmm: dict[Text, GmmGroup] = Field(
        default={}, description="group: {variables, lags, equation, collapse}; one column a period and lag"
    )
    iv: dict[Text, IvGroup] = Field(
        default={}, description="group: {variables, equation}; one column a variable and lag"
    )

    def faults(self) -> Iterator[Fault]:
        if not self.gmm and not self.iv:
            yield Fault((), "no instrument is given. Write for instance gmm: {y: {lags: [2, null]}}")
        for kind, groups in (("gmm", self.gmm), ("iv", self.iv)):
            if "level_gmm" in groups:
                sentence = "the group name 'level_gmm' is reserved for all level GMM columns. Choose another"
                yield Fault((kind, "level_gmm"), sentence)
        for name in self.gmm.keys() & self.iv.keys():
            sentence = f"the group name '{name}' stands in gmm and in iv; a group's name names its tests"
            yield Fault(("iv", name), f"{sentence}. Rename one and name its variable in 'variables'")
        for name, group in self.gmm.items():
            if "time_dummies" in (group.variables or (name,)):
                sentence = "time_dummies stands in a gmm group. Put it into an iv group"
                yield Fault(("gmm", name, "variables"), sentence)


class DynamicPanel(_Estimated):
    """Difference or system GMM."""

    model: Literal["dynamic-panel"] = Field(description="Which model: difference or system GMM")
    std_error: Literal["conventional", "robust", "cluster", "windmeijer"] = Field(
        description="One step: conventional or robust; two steps: conventional or windmeijer"
    )
    estimator: Literal["difference", "system"] = Field(
        description="Equations in differences (Arellano and Bond), or with the levels too (Blundell and Bond)"
    )
    transformation: Literal["first-difference", "forward-orthogonal-deviations"] = Field(
        default="first-difference", description="What removes the entity effects"
    )
    steps: Annotated[Literal[1, 2, "iterated"], BeforeValidator(_no_bool)] = Field(
        description="Steps of GMM: 1, 2 or iterated"
    )
    h: Annotated[Literal[1, 2, 3], BeforeValidator(_no_bool)] = Field(
        default=3, description="First-step matrix, as xtabond2's h()"
    )
    sigma2: Literal["n", "n-k"] = Field(
        default="n",
        description="Denominator of the conventional variance and of Sargan: n is xtabond2's, n-k xtabond's",
    )
    instruments: Instruments = Field(description="gmm and iv groups")
    ar_order: Annotated[int, Field(ge=1, le=LONGEST_LAG)] = Field(
        default=2, description="Tests of serial correlation ar1 up to this order"
    )
    principal_components: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Instruments replaced by this many principal components"
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self._steps_and_std_error()
        if self.estimator == "difference":
            yield from self._level_equations()

    def _steps_and_std_error(self) -> Iterator[Fault]:
        legal = ("conventional", "robust") if self.steps == 1 else ("conventional", "windmeijer")
        if self.std_error not in (*legal, "cluster"):
            sentence = f"std_error: {self.std_error} does not go with steps: {self.steps}"
            hint = "" if self.steps == 1 else " (the robust variance of two steps is windmeijer)"
            yield Fault(("std_error",), f"{sentence}. Use {' or '.join(legal)}{hint}")

    def _level_equations(self) -> Iterator[Fault]:
        for kind, groups in (("gmm", self.instruments.gmm), ("iv", self.instruments.iv)):
            for name, group in groups.items():
                if group.equation in ("both", "level"):
                    sentence = f"equation: {group.equation} needs estimator: system; a difference estimator"
                    path = ("instruments", kind, name, "equation")
                    yield Fault(path, f"{sentence} has no level equation")

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

    lags: Lags = Field(default=(0, 0), description="[first lag, last lag], or one lag")
    level: bool = Field(default=False, description="true leaves it untransformed (Anderson and Hsiao)")


class _Instrumented(_Estimated):
    """Two-stage least squares, where something is endogenous."""

    endogenous: Lagged = Field(
        default={}, description="Which of the regressors are endogenous: variable: [first lag, last lag]"
    )
    instruments: dict[Text, LevelInstrument] = Field(
        default={}, description="Excluded instruments only: variable: {lags: [first, last], level: false}"
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self._not_regressors()
        endogenous = len(terms(self.endogenous))
        excluded = len(terms({name: one.lags for name, one in self.instruments.items()}))
        if excluded and not endogenous:
            sentence = "'instruments' stands only with 'endogenous'. Name the regressors that are endogenous"
            yield Fault(("instruments",), sentence)
        if excluded < endogenous:
            sentence = (
                f"{endogenous} endogenous terms need as many excluded instruments; there are {excluded}"
            )
            yield Fault(("endogenous",), f"{sentence}. Add to 'instruments'")

    def _not_regressors(self) -> Iterator[Fault]:
        known = {name for name, _, _ in terms(self.regressors)}
        for variable, lags in self.endogenous.items():
            unknown = [name for name, _, _ in terms({variable: lags}) if name not in known]
            if unknown:
                sentence = f"{', '.join(unknown)} is endogenous and not among the regressors"
                yield Fault(("endogenous", variable), f"{sentence}. Add {variable} to 'regressors' too")
        exogenous = known - {name for name, _, _ in terms(self.endogenous)}
        for variable, one in self.instruments.items():
            own = [name for name, _, _ in terms({variable: one.lags}) if name in exogenous]
            if own and not one.level:
                sentence = f"{', '.join(own)} is an exogenous regressor and so its own instrument"
                yield Fault(("instruments", variable), f"{sentence}. List excluded instruments only")


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


class StaticPanel(_Instrumented):
    """Pooled, within, between, random effects or first differences."""

    model: Literal["panel"] = Field(description="Which model: a static panel")
    std_error: Literal["conventional", "robust", "cluster", "driscoll-kraay"] = Field(
        description="Which variance the standard errors come from; conventional divides by N-K"
    )
    estimator: Literal["pooled", "within", "between", "random", "first-difference"] = Field(
        description="How the entity effects are treated"
    )
    effects: Listed[Literal["entity", "time", "group"]] = Field(
        default=("entity",), description="[entity], [time], [entity, time], or nested [group, entity]"
    )
    variance_components: Literal["swamy-arora", "wallace-hussain", "amemiya", "nerlove"] = Field(
        default="swamy-arora", description="Of random effects: whose estimator of the variances"
    )
    gaps: Literal["by-time", "by-row"] = Field(
        default="by-time",
        description="first-difference: whether a difference over a gap is missing, or taken between rows",
    )
    tests: Distinct[PANEL_TESTS] = Field(default=(), description="Tests beyond f or wald on all slopes")
    bandwidth: Annotated[int, Field(ge=0, le=LONGEST_LAG)] = Field(
        default=2, description="Lags of driscoll-kraay"
    )

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


class Linear(_Instrumented):
    """Least squares and two-stage least squares on a cross-section (or rows treated as one)."""

    model: Literal["linear"] = Field(description="Which model: least squares, two-stage least squares")
    std_error: Literal["conventional", "robust", "cluster"] = Field(
        description="conventional, robust (HC0 times small_sample) or cluster"
    )
    dummies: dict[Text, Kept] = Field(
        default={}, description="column: the values whose dummies are kept, or all"
    )
    sigma2: Literal["n", "n-k"] = Field(default="n-k", description="Denominator of the conventional variance")

    @property
    def reference_distribution(self) -> Literal["normal", "t-residual", "t-groups"]:
        return self.distribution or ("normal" if self.endogenous else "t-residual")


DESCRIPTIVE_MEASURES = ("n_obs", "mean", "sd", "min", "max", "variance", "median", "missing")


def _descriptive_measure(name: str) -> str:
    if name not in DESCRIPTIVE_MEASURES and not re.fullmatch(r"p\d{1,2}(\.\d+)?", name):
        raise ValueError(f"there is no such measure{did_you_mean(name, (*DESCRIPTIVE_MEASURES, 'p25'))}")
    return name


class Descriptive(_Model):
    """Moments, variable by variable."""

    model: Literal["descriptive"] = Field(description="Which model: moments, variable by variable")
    variables: Annotated[Distinct[Text], Field(min_length=1)] = Field(
        description="The variables, in order of print"
    )
    measures: Annotated[
        Distinct[Annotated[str, AfterValidator(_descriptive_measure)]], Field(min_length=1)
    ] = Field(
        default=("n_obs", "mean", "sd", "min", "max"),
        description="Out of n_obs, mean, sd (N-1), min, max, variance, median, p<percent>, missing",
    )
    by: Text | None = Field(default=None, description="A column: moments within each of its values")
    quantile_type: Annotated[int, Field(ge=1, le=9)] = Field(
        default=7, description="R's types of quantiles, 1 to 9"
    )


AnyModel = DynamicPanel | StaticPanel | Linear | Descriptive
Estimated = DynamicPanel | StaticPanel | Linear
MODELS: Mapping[str, type[AnyModel]] = {
    "dynamic-panel": DynamicPanel,
    "panel": StaticPanel,
    "linear": Linear,
    "descriptive": Descriptive,
}
LATER_MODELS = ("fuzzy-set", "index", "agglomeration", "quantile-type")  # words of later versions
MODEL_ADAPTER: TypeAdapter[AnyModel] = TypeAdapter(Annotated[AnyModel, Field(discriminator="model")])

# --------------------------------------------------------------------------------------------- the top level


class Source(Strict):
    """Where the numbers were printed, and where they were read."""

    citation: Text = Field(description="Where the numbers were printed")
    doi: Text | None = Field(default=None, description="e.g. 10.2307/2297968")
    url: Text | None = Field(default=None, description="Where the paper or the manual is found")
    page: Label | None = Field(default=None, description="The page of the table")
    table: Label | None = Field(default=None, description="The number of the table")
    read_from: Text = Field(description="What the numbers were read from: the page itself, a manual, a log")
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


def _beneath(file: str) -> str:
    """A path that can only lead to a file beneath the spec's own folder, on any system."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", file):
        raise ValueError("nothing is read from the network. Download the file and put it beside the spec")
    for path in (PurePosixPath(file), PureWindowsPath(file)):
        if path.is_absolute() or path.drive or path.root or ".." in path.parts:
            raise ValueError(
                "a spec reads beneath its own folder only. Put the file there, or give --data NAME=PATH"
            )
    return file


def _sha256(digits: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("a sha256 has 64 hexadecimal digits in lower case. Write what sha256sum prints")
    return digits


def _data_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError("a data set's name has letters, digits, _ and - only")
    return name


class Data(Strict):
    """The data file."""

    name: Annotated[str, AfterValidator(_data_name)] = Field(
        default="data", description="The NAME of --data NAME=PATH"
    )
    file: Annotated[Text, AfterValidator(_beneath)] = Field(
        description="A file beside the spec, or in data/ beside it"
    )
    sha256: Annotated[str, AfterValidator(_sha256)] | None = Field(
        default=None, description="Of the file's bytes, as sha256sum prints it"
    )
    panel: PanelKeys | None = Field(default=None, description="The columns that identify a row")
    columns: dict[Text, Text] = Field(default={}, description="name here: header in the file")
    stand_in: bool = Field(
        default=False, description="true where these are not the paper's data: numbers are not compared"
    )
    obtain: Text | None = Field(default=None, description="How to get data that cannot be shared")


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
    """An expression between descriptives that `audit` may assume."""

    expression: Text = Field(description="e.g. VA == V1 + V2")
    disjoint: Distinct[Text] = Field(default=(), description="Parts that do not overlap, e.g. [V1, V2]")


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
    ] = Field(default=(), description="Expressions between descriptives that audit may assume")
    labels: dict[Text, Text] = Field(default={}, description="name: text shown beside the symbol")

    def faults(self) -> Iterator[Fault]:
        yield from _variants(self.variants)


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
