"""Tests of over-identification and of serial correlation, and counts, by what they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.inverse import inverse, inverse_of_outer
from harness.estimators.dpd.model import CONSTANT, LEVEL_GMM, DpdError
from harness.estimators.dpd.rows import Rows
from harness.estimators.dpd.steps import Path, step

EXACT = 1e-24  # residual squares below this share of the outcome's are rounding


@dataclass(frozen=True)
class Chi2:
    """
    A statistic that is chi-squared under the hypothesis.

    Attributes:
        statistic, df: p_value is the upper tail; NaN without degrees of freedom
    """

    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        return float(chdtrc(self.df, max(self.statistic, 0.0))) if self.df > 0 else float("nan")


@dataclass(frozen=True)
class Normal:
    """A statistic that is standard normal under the hypothesis; p_value is two-sided."""

    statistic: float

    @property
    def p_value(self) -> float:
        return float(2 * ndtr(-abs(self.statistic)))


@dataclass(frozen=True)
class Counts:
    """
    Observations, groups and instruments as different programs count them.

    Attributes:
        equation: rows in levels in a system, else transformed rows (xtabond2's "number of obs")
        difference: transformed rows
        both: transformed rows and rows in levels (pgmm)
        gretl: rows in levels of entities that have a transformed row
        groups: entities with a row of `equation`
        groups_in_data: entities in the data
        t_min, t_avg, t_max: rows of `equation` an entity, over `groups`
        instruments: rank of the first-step matrix (xtabond2)
        columns: of Z, zero and collinear ones included
        clusters: what is taken as independent: entities with any row, or clusters
    """

    equation: int
    difference: int
    both: int
    gretl: int
    groups: int
    groups_in_data: int
    t_min: int
    t_avg: float
    t_max: int
    instruments: int
    columns: int
    clusters: int


def counts(
    rows: Rows, total_weight: float | None, in_data: int, instruments: int, columns: int, clusters: int
) -> Counts:
    """All counts. total_weight : sum of frequency weights, which then is the number of observations."""
    differenced = rows.used[:, : rows.n_difference].sum(axis=1)
    main = rows.used[:, rows.n_difference :].sum(axis=1) if rows.n_level else differenced
    present = main[main > 0]
    n_obs = int(main.sum()) if total_weight is None else round(total_weight)
    return Counts(
        equation=n_obs,
        difference=int(differenced.sum()),
        both=int(rows.used.sum()),
        gretl=int(main[differenced > 0].sum()),
        groups=len(present),
        groups_in_data=in_data,
        t_min=int(present.min()),
        t_avg=n_obs / len(present),
        t_max=int(present.max()),
        instruments=instruments,
        columns=columns,
        clusters=clusters,
    )


class Sigma2(NamedTuple):
    """
    The error variance from one-step residuals, under each program's denominator.

    Residuals are those of the transformed rows (of the rows in levels for h=1 in a system). Differencing
    doubles the variance of white noise, so differences are halved; with h=1 and for orthogonal deviations
    they are not.

    Attributes:
        n: sum of squares / rows of that equation (xtabond2 since 2.8.3)
        observations: / number of observations (xtabond2 before 2.8.3)
        n_k: / (rows of that equation - k) (Stata's xtabond)
    """

    n: float
    observations: float
    n_k: float


def sigma2(rows: Rows, residual: Array, h: int, is_orthogonal: bool, n_obs: float, frequency: bool) -> Sigma2:
    """residual : (n, r), of the first step, times the weight."""
    width = rows.n_difference
    part = slice(width, None) if h == 1 and rows.n_level else slice(0, width)
    e, used = residual[:, part], rows.used[:, part]
    weight = None if rows.weight is None else rows.weight[:, part]
    squares = float(np.vdot(e, e)) if weight is None else float(np.sum(e[used] ** 2 / weight[used]))
    squares /= 1.0 if is_orthogonal or h == 1 else 2.0
    n = float(weight[used].sum()) if weight is not None and frequency else float(used.sum())
    k = len(rows.terms)
    if not squares > EXACT * float(np.sum(rows.Xy[:, part, -1] ** 2)):
        raise DpdError("the regressors explain the outcome exactly: all residuals are zero")
    return Sigma2(squares / n, squares / n_obs, squares / (n - k) if n > k else float("nan"))


def difference_in_hansen(
    path: Path,
    cross: Array,
    terms: tuple[str, ...],
    groups: NDArray[np.object_],
    level_gmm: NDArray[np.bool_],
    metric: Array,
    independent: NDArray[np.bool_],
) -> Mapping[str, tuple[Chi2, Chi2]]:
    """
    (Hansen's test without the group, the difference) of every group of instruments.

    The restricted criterion takes the block of the *full* model's S that belongs to the remaining moments, so
    the difference is not negative (Hayashi 2000); eq. 12. A group is left out where the remaining instruments
    do not identify the coefficients.

    cross : (c, j, k+1)
    groups, level_gmm, metric, independent : (j,) of the columns; only independent ones are counted
    """
    if path.second is None:
        return {}
    total = cross.sum(axis=0)
    names = [name for name in dict.fromkeys(groups) if name != CONSTANT]
    inside = {name: groups == name for name in names}
    if level_gmm.any():
        inside = {LEVEL_GMM: level_gmm, **inside}
    found = {
        name: _without(path, total, terms, ~members, metric, independent) for name, members in inside.items()
    }
    return {name: tests for name, tests in found.items() if tests is not None}


def _without(
    path: Path,
    total: Array,
    terms: tuple[str, ...],
    rest: NDArray[np.bool_],
    metric: Array,
    independent: NDArray[np.bool_],
) -> tuple[Chi2, Chi2] | None:
    j, k, others = int(independent.sum()), len(terms), int(independent[rest].sum())
    if not k <= others < j:
        return None
    scores = path.last_scores[:, rest]
    try:
        alone = step(inverse_of_outer(scores, metric[rest]), total[rest], terms).criterion
    except DpdError:
        return None
    excluding = Chi2(alone, others - k)
    return excluding, Chi2(_hansen_criterion(path) - alone, j - others)


def _hansen_criterion(path: Path) -> float:
    """g'Wg of the reported step, or of the second where one step is reported; NaN where there is none."""
    at = path.second if path.n_steps == 1 else path.last
    return float("nan") if at is None else at.criterion


def hansen(path: Path, instruments: int, k: int) -> Chi2:
    """The two-step criterion, chi-squared with (instruments - coefficients) degrees of freedom."""
    return Chi2(_hansen_criterion(path), instruments - k)


def sargans(path: Path, variance: Sigma2, instruments: int, k: int) -> Mapping[str, Chi2]:
    """The one-step criterion over sigma²; by the program whose denominator sigma² has."""
    one, df = path.first.criterion, instruments - k
    return {
        "xtabond2": Chi2(one / variance.n, df),
        "xtabond2-before-2.8.3": Chi2(one / variance.observations, df),
        "xtabond": Chi2(one / variance.n_k, df),
        "two-step": Chi2(_hansen_criterion(path), df),
    }


def arellano_bond(
    residual: Array, before: Array, X: Array, scores: Array, influence: Array, covariance: Array
) -> Normal | None:
    """
    The test of serial correlation, robust (Arellano and Bond 1991); eq. 13.

    residual : (n, d), first differences, zero where not used, times the weight
    before : (n, d), the same some periods before, without the weight
    X : (n, d, k), first differences
    scores : (n, j), Z_i'e_i of each entity at the reported estimate, moments in levels included
    influence : (k, j), (X'Z W Z'X)⁻¹ X'Z W of the reported step
    covariance : (k, k), V as reported, before any small-sample factor
    Returns None where no residual has a predecessor.
    """
    products = np.einsum("nd,nd->n", before, residual)
    spread, moment = float(products @ products), scores.T @ products
    return _serial(products, before, X, moment, spread, influence, covariance)


def arellano_bond_conventional(
    residual: Array,
    before: Array,
    X: Array,
    moment: Array,
    spread: float,
    influence: Array,
    covariance: Array,
) -> Normal | None:
    """
    The same after one-step estimation with conventional standard errors: E(ee') is sigma² H, not e e'.

    moment : (j,), sum of Z_i' sigma²H w_i, w being *before*
    spread : sum of w_i' sigma²H w_i
    """
    products = np.einsum("nd,nd->n", before, residual)
    return _serial(products, before, X, moment, spread, influence, covariance)


def _serial(
    products: Array,
    before: Array,
    X: Array,
    moment: Array,
    spread: float,
    influence: Array,
    covariance: Array,
) -> Normal | None:
    if not products.any():
        return None
    slope = np.einsum("nd,ndk->k", before, X)
    variance = spread + float(slope @ (-2 * influence @ moment + covariance @ slope))
    return Normal(float(products.sum()) / variance**0.5) if variance > 0 else None


def lagged(values: Array, order: int) -> Array:
    """(n, d), moved *order* columns to the right."""
    moved = np.zeros_like(values)
    if order < values.shape[1]:
        moved[:, order:] = values[:, :-order]
    return moved


def wald(estimate: Array, covariance: Array) -> Chi2:
    """b'V⁻¹b, chi-squared with rank(V) degrees of freedom. estimate : (m,); covariance : (m, m)."""
    size = np.sqrt(np.diag(covariance))
    size = np.where(size > 0, size, 1.0)
    root = inverse(covariance / np.outer(size, size))
    half = root.half(estimate / size)
    return Chi2(float(half @ half), root.rank)
