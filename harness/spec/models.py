"""The models of a column: its keys, their meaning, what must hold between them."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    field_validator,
)

from harness.spec.common import Model
from harness.spec.constructed import Agglomeration, Index, QuantileType
from harness.spec.fields import (
    LONGEST_LAG,
    Beneath,
    Distinct,
    Fault,
    Kept,
    Label,
    Lagged,
    Lags,
    Listed,
    OpenLags,
    Sha256,
    Strict,
    Text,
    Times,
    did_you_mean,
    no_bool,
    terms,
)
from harness.spec.fuzzy_set import FuzzySet


class StataLog(Strict):
    """Where Stata has printed this column already: engine stata-log reads it."""

    file: Beneath = Field(
        description="A log of Stata, or esttab's table, beside the spec or in data/ beside it"
    )
    sha256: Sha256 = Field(description="Of the file's bytes, as sha256sum prints it")
    regression: Label | None = Field(
        default=None,
        description="Where the file has several: the number, from 1, or the head of esttab's column",
    )
    names: dict[Text, Text] = Field(
        default={}, description="name in the log: the term here, e.g. {n: log_emp, yr1980: year=1980}"
    )


class _Estimated(Model):
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
    log: StataLog | None = Field(
        default=None, description="Where Stata has printed this column already, for the engine stata-log"
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
        yield from self._names_that_clash()

    def _lagged(self) -> Iterator[tuple[str, str, int]]:
        """(term, variable, lag) of everything that stands in the equation or instruments it."""
        yield self.outcome, self.outcome, 0
        yield from terms(self.regressors)

    def _names_that_clash(self) -> Iterator[Fault]:
        """Two columns under one name: an engine would take the one for the other."""
        made: dict[str, tuple[str, int]] = {}
        for name, variable, lag in self._lagged():
            if variable == "constant":
                sentence = "'constant' is the name of the intercept. Call the column otherwise (data.columns)"
                yield Fault(("regressors",), sentence)
                return
            if made.setdefault(name, (variable, lag)) != (variable, lag):
                sentence = f"'{name}' is a column and a lag of another one. Call the column otherwise"
                yield Fault(("regressors",), f"{sentence} (data.columns, derive)")
                return

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
    steps: Annotated[Literal[1, 2, "iterated"], BeforeValidator(no_bool)] = Field(
        description="Steps of GMM: 1, 2 or iterated"
    )
    h: Annotated[Literal[1, 2, 3], BeforeValidator(no_bool)] = Field(
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

    def _lagged(self) -> Iterator[tuple[str, str, int]]:
        yield from super()._lagged()
        yield from ((name, name, 0) for group in self.gmm_groups().values() for name in group.variables)
        for iv in self.iv_groups().values():
            yield from terms(iv.variables)

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

    def _lagged(self) -> Iterator[tuple[str, str, int]]:
        yield from super()._lagged()
        yield from terms(self.endogenous)
        yield from terms({name: one.lags for name, one in self.instruments.items()})

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

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        without_effects = self.estimator in ("pooled", "first-difference")
        without_say = (
            ("effects", without_effects, f"estimator: {self.estimator} has no effects"),
            ("variance_components", self.estimator != "random", "only estimator: random has them"),
            ("gaps", self.estimator != "first-difference", "only estimator: first-difference minds them"),
            ("bandwidth", self.std_error != "driscoll-kraay", "only std_error: driscoll-kraay has one"),
        )
        for key, ignored, reason in without_say:
            if ignored and getattr(self, key) != type(self).model_fields[key].default:
                yield Fault((key,), f"'{key}' would change nothing here: {reason}. Remove it ({key}: null)")

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

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        for name, one in self.instruments.items():
            if one.level:
                sentence = "'level' is of model: panel; a linear model transforms no instrument. Remove it"
                yield Fault(("instruments", name, "level"), sentence)

    @property
    def reference_distribution(self) -> Literal["normal", "t-residual", "t-groups"]:
        return self.distribution or ("normal" if self.endogenous else "t-residual")


DESCRIPTIVE_MEASURES = ("n_obs", "mean", "sd", "min", "max", "variance", "median", "missing")


def _descriptive_measure(name: str) -> str:
    if name not in DESCRIPTIVE_MEASURES and not re.fullmatch(r"p\d{1,2}(\.\d+)?", name):
        raise ValueError(f"there is no such measure{did_you_mean(name, (*DESCRIPTIVE_MEASURES, 'p25'))}")
    return name


class Descriptive(Model):
    """Moments, variable by variable."""

    model: Literal["descriptive"] = Field(description="Which model: moments, variable by variable")
    variables: Annotated[Distinct[Text], Field(min_length=1)] = Field(
        description="The variables, in order of print"
    )
    measures: Annotated[
        Distinct[Annotated[str, AfterValidator(_descriptive_measure)]], Field(min_length=1)
    ] = Field(
        default=("n_obs", "mean", "sd", "min", "max"),
        description="Out of n_obs, mean, sd, min, max, variance, median, p<percent>, missing",
    )
    by: Text | None = Field(default=None, description="A column: moments within each of its values")
    quantile_type: Annotated[int, Field(ge=1, le=9)] = Field(
        default=7, description="R's types of quantiles, 1 to 9"
    )
    sd_denominator: Literal["n", "n-1"] = Field(
        default="n-1", description="Denominator of variance and sd: n-1 is a sample's, n a population's"
    )


AnyModel = DynamicPanel | StaticPanel | Linear | Descriptive | Index | Agglomeration | QuantileType | FuzzySet
Estimated = DynamicPanel | StaticPanel | Linear
Constructed = Index | Agglomeration | QuantileType
MODELS: Mapping[str, type[AnyModel]] = {
    "dynamic-panel": DynamicPanel,
    "panel": StaticPanel,
    "linear": Linear,
    "descriptive": Descriptive,
    "index": Index,
    "agglomeration": Agglomeration,
    "quantile-type": QuantileType,
    "fuzzy-set": FuzzySet,
}
MODEL_ADAPTER: TypeAdapter[AnyModel] = TypeAdapter(Annotated[AnyModel, Field(discriminator="model")])
