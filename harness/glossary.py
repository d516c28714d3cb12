"""Every part, term of a test, measure and variant: its meaning and its tolerance between two engines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "coefficients": "what stands beside a regressor",
        "covariance": "elements of the coefficients' covariance matrix, term x~y",
        "tests": "test statistics with degrees of freedom and p",
        "fit": "counts, sums of squares, variance components",
        "descriptives": "moments of a variable",
        "truth_table": "configurations with their output and parameters of fit",
        "solution": "terms and models of an fsQCA solution",
        "necessity": "necessary conditions",
        "panel": "fit of terms, models and necessary sets over periods and entities",
        "robustness": "how far solutions withstand other cut-offs and anchors",
        "checks": "skewed sets and simultaneous subsets",
        "cases": "memberships of the cases of an fsQCA, for its plots",
        "index": "weights and moments of an index",
        "as_printed": "what an engine prints under a label that is not trusted: shown, never compared",
    }
)


@dataclass(frozen=True)
class Measure:
    """
    One kind of number.

    Attributes:
        part: one of PARTS
        name: lower_snake_case
        meaning: a phrase
        rtol: two engines agree within rtol * |reference|; 0 means equal, as for counts
        std_errors: ... or within this many of the coefficient's standard errors
        atol: ... or within this (p-values, shares; for numbers near zero)
    """

    part: str
    name: str
    meaning: str
    rtol: float
    std_errors: float = 0.0
    atol: float = 0.0


# Two correct programs part at 1e-10 to 1e-14 on well-scaled data, and at up to 1e-8 where one inverts a
# matrix that the other factors; a different convention moves a number by 1e-4 or more. 1e-6 lies between.
_NUMBER = 1e-6


def _measures(part: str, rtol: float, atol: float = 0.0, **meanings: str) -> list[Measure]:
    return [Measure(part, name, meaning, rtol, atol=atol) for name, meaning in meanings.items()]


_ALL = [
    Measure("coefficients", "estimate", "the coefficient", _NUMBER, std_errors=1e-6),
    Measure("coefficients", "std_error", "its standard error", _NUMBER),
    # A statistic is measured in standard errors already: an absolute 1e-6 is the estimate's tolerance.
    Measure("coefficients", "statistic", "estimate / std_error: t or z", _NUMBER, atol=1e-6),
    Measure("coefficients", "p_value", "two-sided p", _NUMBER, atol=1e-7),
    Measure("coefficients", "ci_low", "lower confidence limit", _NUMBER, std_errors=1e-6),
    Measure("coefficients", "ci_high", "upper confidence limit", _NUMBER, std_errors=1e-6),
    Measure("coefficients", "stars", "number of stars", 0.0),
    Measure("covariance", "estimate", "covariance of two coefficients", _NUMBER),
    Measure("tests", "statistic", "the statistic", _NUMBER, atol=1e-6),
    Measure("tests", "df", "degrees of freedom (numerator)", 0.0),
    Measure("tests", "df2", "degrees of freedom of the denominator", 0.0),
    Measure("tests", "p_value", "p", _NUMBER, atol=1e-7),
    *_measures(
        "fit",
        0.0,
        n_obs="observations",
        n_groups="groups",
        n_instruments="instruments",
        t_min="fewest observations of a group",
        t_max="most observations of a group",
        df_resid="residual degrees of freedom",
    ),
    *_measures(
        "fit",
        _NUMBER,
        t_avg="observations a group, mean",
        r_squared="R squared of the estimated (transformed) equation",
        adj_r_squared="R squared adjusted for degrees of freedom",
        r_squared_within="squared correlation of fit and outcome, deviations from group means",
        r_squared_between="squared correlation of fit and outcome, group means",
        r_squared_overall="squared correlation of fit and outcome",
        rmse="root of the residual sum of squares / df_resid",
        ssr="residual sum of squares",
        mss="model sum of squares",
        mss_mean="model sum of squares / its degrees of freedom",
        tss="total sum of squares",
        sigma_u="standard deviation of the entity effects",
        sigma_e="standard deviation of the idiosyncratic error",
        rho="share of sigma_u^2 in sigma_u^2 + sigma_e^2",
        theta="weight of the entity mean in the quasi-demeaned data",
        variance="variance component",
    ),
    *_measures("descriptives", 0.0, n_obs="values present", missing="values missing"),
    *_measures(
        "descriptives",
        1e-9,
        mean="arithmetic mean",
        sd="standard deviation, denominator as sd_denominator says",
        min="smallest value",
        max="largest value",
        variance="variance, denominator as sd_denominator says",
        median="median",
    ),
    *_measures(
        "truth_table",
        0.0,
        n_cases="cases in the configuration",
        output="whether the configuration leads to the outcome: 1, 0, C (contradiction) or ? (remainder)",
    ),
    *_measures(
        "truth_table", _NUMBER, inclusion="consistency", pri="proportional reduction in inconsistency"
    ),
    *_measures(
        "solution",
        _NUMBER,
        inclusion="consistency",
        pri="proportional reduction in inconsistency",
        coverage="raw coverage",
        unique_coverage="unique coverage",
    ),
    *_measures(
        "solution",
        0.0,
        n_models="minimal models of the solution",
        role="whether the literal stands in a parsimonious term too: core or peripheral (Fiss 2011)",
        listed="1 of a term that is told without numbers: it stands in one of the minimal models",
    ),
    *_measures(
        "index",
        0.0,
        n_obs="values of the constructed variable",
        n_cases="entities of the type",
        member="1 where the entity after @ has the type before it, else 0",
        fingerprint="hash of the values at ten digits, modulo 2^31 - 1",
    ),
    *_measures(
        "index",
        1e-9,
        weight="weight of the indicator",
        entropy="entropy of the indicator, 0 to 1",
        mean="arithmetic mean",
        sd="standard deviation, denominator N-1",
        min="smallest value",
        max="largest value",
        cut_point="quantile that parts two levels",
    ),
    *_measures(
        "necessity", _NUMBER, inclusion="consistency", ron="relevance of necessity", coverage="coverage"
    ),
    *_measures(
        "panel",
        _NUMBER,
        inclusion="consistency: pooled, of a period, of an entity",
        coverage="coverage, likewise",
    ),
    *_measures(
        "panel",
        _NUMBER,
        1e-9,  # groups that are alike are at a distance of 0, or of rounding
        between_distance="distance of the periods' consistencies from equal ones",
        within_distance="distance of the entities' consistencies from equal ones",
        coverage_between_distance="distance of the periods' coverages from equal ones",
        coverage_within_distance="distance of the entities' coverages from equal ones",
    ),
    *_measures(
        "robustness",
        _NUMBER,
        rf_cov="coverage of the robust core, in all solutions / that of the initial solution",
        rf_cons="consistency of the initial solution / that of the robust core",
        rf_sc_min_ts="coincidence of the initial solution with the intersection of the test solutions",
        rf_sc_max_ts="coincidence of the initial solution with the union of the test solutions",
        core_inclusion="consistency of the robust core",
        core_coverage="coverage of the robust core",
        rcr_typ="typical cases: robust / (robust + shaky + possible)",
        rcr_dev="deviant cases: robust / (robust + shaky + possible)",
        value="the setting whose range is sought",
        range_low="the solution is the same above this (n_cut: from this on)",
        range_high="the solution is the same up to this",
    ),
    *_measures(
        "robustness",
        0.0,
        rcc_rank="1 no shaky and no possible cases, 2 possible ones only, 3 shaky ones only, 4 both",
        robust_typical="cases of the outcome in the initial solution and in all test solutions",
        robust_deviant="cases outside the outcome in the initial solution and in all test solutions",
        shaky_typical="cases of the outcome that some test solution loses",
        shaky_deviant="cases outside the outcome that some test solution loses",
        possible_typical="cases of the outcome that only test solutions have",
        possible_deviant="cases outside the outcome that only test solutions have",
    ),
    *_measures(
        "checks",
        0.0,
        n_in="cases above the crossover of the set",
        n_out="cases below the crossover of the set",
        n_half="cases at the crossover of the set",
        simultaneous_subset="whether a positive configuration is positive for the negated outcome too",
    ),
    *_measures(
        "cases",
        _NUMBER,
        1e-9,
        outcome="membership in the outcome",
        conservative="membership in the conservative solution: the largest of the terms of all its models",
        parsimonious="membership in the parsimonious solution",
        intermediate="membership in the intermediate solution",
    ),
]

MEASURES: Mapping[tuple[str, str], Measure] = MappingProxyType({(m.part, m.name): m for m in _ALL})

# A cell's value is a number. These words are kept as codes; print and report show the words.
CODES: Mapping[tuple[str, str], Mapping[str, float]] = MappingProxyType(
    {
        ("truth_table", "output"): MappingProxyType({"0": 0.0, "1": 1.0, "C": 2.0, "?": 3.0}),
        ("checks", "simultaneous_subset"): MappingProxyType({"no": 0.0, "yes": 1.0}),
        ("solution", "role"): MappingProxyType({"peripheral": 1.0, "core": 2.0}),
    }
)
_SIGNS = {"●": "core", "•": "peripheral"}  # of configuration charts (Fiss 2011)

_PERCENTILE = re.compile(r"p\d{1,2}(\.\d+)?")

TESTS: Mapping[str, str] = MappingProxyType(
    {
        "ar<m>": "Arellano-Bond test of serial correlation of order m in the differenced residuals",
        "hansen_j": "Hansen test of over-identifying restrictions: two-step criterion",
        "sargan": "Sargan test: one-step criterion over the error variance",
        "wald": "joint significance, chi-squared",
        "f": "joint significance, F",
        "f_effects": "F test that all entity effects are zero",
        "hausman": "Hausman test, within against random effects",
        "hausman_m1": "Hausman statistic, within against GLS (Baltagi 2013, sec. 4.3)",
        "hausman_m2": "Hausman statistic, between against GLS (Baltagi 2013, sec. 4.3)",
        "hausman_m3": "Hausman statistic, within against between (Baltagi 2013, sec. 4.3)",
        "breusch_pagan_lm": "Lagrange multiplier test of entity effects",
        "lm_rho": "LM test of first-order serial correlation, no random effects assumed",
        "lm_star_mu": "LM test of random effects, robust to local serial correlation (Bera et al. 2001)",
        "lm_star_rho": "LM test of serial correlation, robust to local random effects (Bera et al. 2001)",
        "lm_joint": "joint LM test of random effects and serial correlation",
        "poolability_entity": "F test, one equation an entity against pooled",
        "poolability_entity_slopes": "F test, one equation an entity against within",
        "poolability_time": "F test, one equation a period against pooled",
        "diff_hansen_<group>": "difference-in-Hansen test of the group's instruments",
        "hansen_excl_<group>": "Hansen test without the group's instruments",
    }
)

# The first is the default: what a plain name in print means.
VARIANTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sargan": ("xtabond2", "xtabond2-before-2.8.3", "xtabond", "two-step"),
        "wald": ("slopes", "all", "slopes-without-dummies"),
        "n_obs": ("equation", "difference-rows", "both", "gretl"),
        "n_groups": ("used", "in-data"),
        "n_instruments": ("rank", "columns"),
    }
)


def plain(name: str) -> str:
    """
    The name without its variant.

    >>> plain("sargan@xtabond2"), plain("ar1")
    ('sargan', 'ar1')
    """
    return name.partition("@")[0]


def measure(part: str, name: str) -> Measure | None:
    """The glossary's entry for *name* (a variant is allowed), or None where it has none."""
    found = MEASURES.get((part, plain(name)))
    if found is None and part == "descriptives" and _PERCENTILE.fullmatch(name):
        return Measure(part, name, "percentile", 1e-9)
    return found


def code(part: str, name: str, text: str) -> float | None:
    """
    The number that stands for a printed word, None where the measure has no words, or not this one.

    >>> code("truth_table", "output", "C"), code("solution", "role", "●"), code("fit", "n_obs", "12")
    (2.0, 2.0, None)
    """
    return CODES.get((part, name), {}).get(_SIGNS.get(text, text))


def word(part: str, name: str, value: float | None) -> str | None:
    """
    The word that *value* stands for, None where it is a number.

    >>> word("truth_table", "output", 2.0), word("fit", "n_obs", 2.0)
    ('C', None)
    """
    words = (text for text, number in CODES.get((part, name), {}).items() if number == value)
    return next(words, None)


def is_test(term: str) -> bool:
    """
    Whether *term* (a variant is allowed) names a test.

    >>> is_test("ar2"), is_test("sargan@two-step"), is_test("chow")
    (True, True, False)
    """
    name = plain(term)
    return (
        name in TESTS
        or re.fullmatch(r"ar[1-9]\d*", name) is not None
        or re.fullmatch(r"(diff_hansen|hansen_excl)_.+", name) is not None
    )
