"""One-step, two-step and iterated GMM, and the covariances of their estimates."""

from dataclasses import dataclass, replace

import numpy as np

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.inverse import Inverse, inverse, inverse_of_outer
from harness.estimators.dpd.model import DpdError

MOST_ITERATIONS = 500
CONVERGED = 1e-10  # of a standard error


@dataclass(frozen=True)
class Step:
    """
    One step of GMM.

    Attributes:
        estimate: (k,), b = (X'Z W Z'X)⁻¹ X'Z W Z'y
        weight: W, (j, j) as a factor
        bread: (k, k), (X'Z W Z'X)⁻¹
        influence: (k, j), (X'Z W Z'X)⁻¹ X'Z W
        criterion: g'W g with g = Z'(y - X b)
    """

    estimate: Array
    weight: Inverse
    bread: Array
    influence: Array
    criterion: float


def step(weight: Inverse, total: Array, terms: tuple[str, ...]) -> Step:
    """
    Minimises g'W g: eq. 1.

    total : (j, k+1), Z'[X y]
    Raises DpdError where the moments do not identify the coefficients.
    """
    half = weight.half(total)
    X, y = half[:, :-1], half[:, -1]
    Q, R = np.linalg.qr(X)
    _check_identified(R, X, terms)
    solved = np.linalg.inv(R)
    estimate = solved @ (Q.T @ y)
    rest = y - X @ estimate
    influence = solved @ weight.back(Q).T
    return Step(estimate, weight, solved @ solved.T, influence, float(rest @ rest))


def _check_identified(R: Array, X: Array, terms: tuple[str, ...]) -> None:
    if len(R) < X.shape[1]:
        raise DpdError(
            f"the two-step weight matrix has rank {len(R)}, as many as there are groups; that does not "
            f"identify {X.shape[1]} coefficients"
        )
    weak = np.flatnonzero(np.abs(np.diag(R)) <= 1e-9 * np.sqrt(np.sum(X * X, axis=0)))
    if len(weak):
        names = ", ".join(terms[place] for place in weak)
        raise DpdError(f"the instruments do not identify the coefficient of {names}; give more instruments")


def scores_at(cross: Array, estimate: Array) -> Array:
    """
    (c, j), sums of Z'(y - X b) over each entity or cluster.

    cross : (c, j, k+1), sums of Z'[X y]
    estimate : (k,), b
    """
    c, j, k1 = cross.shape
    return np.asarray(cross.reshape(c * j, k1) @ np.append(-estimate, 1.0)).reshape(c, j)


def sandwich(at: Step, scores: Array) -> Array:
    """(k, k), the robust covariance of a one-step estimate , eq. 8. scores : (c, j) at it."""
    half = at.influence @ scores.T
    return np.asarray(half @ half.T)


def windmeijer(at: Step, scores: Array, covariance: Array, cross: Array, total: Array) -> Array:
    """
    The corrected covariance of a two-step estimate (Windmeijer 2005), eq. 9.

    V + DV + VD' + D V1 D', where column k of D is -V X'Z W (dS/db_k) W Z'e with the residuals e of this step,
    dS/db_k = -sum (Z_i'x_ik e_i'Z_i + Z_i'e_i x_ik'Z_i) with those of the step before. As W Z'e is one
    vector, all columns of D come from two products with it; no matrix of (j, j, k) is made.

    scores : (c, j), at the estimate of the step before
    covariance : (k, k), of that estimate, robust
    cross, total : (c, j, k+1), sums of Z'[X y] over entities or clusters, and (j, k+1) over all
    """
    c, j, k1 = cross.shape
    v = at.weight.times(total @ np.append(-at.estimate, 1.0))
    along = scores @ v
    moved = np.einsum("cjk,j->ck", cross, v)
    slopes = (along @ cross.reshape(c, j * k1)).reshape(j, k1) + scores.T @ moved
    D = at.influence @ slopes[:, :-1]
    half = D @ at.bread
    return np.asarray(at.bread + half + half.T + D @ covariance @ D.T)


@dataclass(frozen=True)
class Path:
    """
    The steps taken.

    Attributes:
        first: the one-step estimate
        second: the two-step one, which Hansen's test needs in any case; None where S has too small a rank
        last: the step that is reported
        last_scores: (c, j), Z'e at the estimate that the last weight is made of
        robust: (k, k), of the first estimate
        corrected: (k, k), Windmeijer's covariance of `last`; for one step the robust one
        n_steps: how many were taken
    """

    first: Step
    second: Step | None
    last: Step
    last_scores: Array
    robust: Array
    corrected: Array
    n_steps: int


def path(first_step: Array, cross: Array, terms: tuple[str, ...], steps: object, metric: Array) -> Path:
    """
    Takes the steps that *steps* (1, 2 or "iterated") asks for.

    first_step : (j, j), sum of Z'HZ
    cross : (c, j, k+1), sums of Z'[X y] over entities or clusters
    metric : (j,), units in which the inverse of a singular weight matrix is the smallest

    Iterated GMM repeats the second step until no coefficient moves by more than 1e-10 standard errors; its
    corrected covariance takes each step's as "covariance of the step before" of the next.
    Raises DpdError where that does not converge in 500 steps.
    """
    total = cross.sum(axis=0)
    first = step(inverse(first_step, metric), total, terms)
    scores = scores_at(cross, first.estimate)
    robust = sandwich(first, scores)
    weight = inverse_of_outer(scores, metric)
    if steps == 1:
        second = step(weight, total, terms) if weight.rank >= len(terms) else None
        return Path(first, second, first, scores, robust, robust, 1)
    second = step(weight, total, terms)
    corrected = windmeijer(second, scores, robust, cross, total)
    two = Path(first, second, second, scores, robust, corrected, 2)
    return two if steps == 2 else _iterated(two, total, cross, terms, metric)


def _iterated(start: Path, total: Array, cross: Array, terms: tuple[str, ...], metric: Array) -> Path:
    before, at = start.first, start
    while not _settled(before.estimate, at.last):
        if at.n_steps >= MOST_ITERATIONS:
            raise DpdError(f"iterated GMM has not converged after {at.n_steps} steps; use two steps")
        before = at.last
        scores = scores_at(cross, before.estimate)
        last = step(inverse_of_outer(scores, metric), total, terms)
        corrected = windmeijer(last, scores, at.corrected, cross, total)
        at = replace(at, last=last, last_scores=scores, corrected=corrected, n_steps=at.n_steps + 1)
    return at


def _settled(before: Array, at: Step) -> bool:
    return bool(np.all(np.abs(at.estimate - before) <= CONVERGED * np.sqrt(np.diag(at.bread))))
