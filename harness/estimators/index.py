"""An index of many indicators: weights by entropy, then closeness to the ideal case, or the weighted sum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Signs = NDArray[np.bool_]
Normalisation = Literal["min-max", "vector"]
Method = Literal["entropy-topsis", "entropy-sum"]


@dataclass(frozen=True)
class Weights:
    """
    What entropy says of k indicators.

    Attributes:
        entropy: (k,) in [0, 1]; 1 where an indicator is the same for every case
        weight: (k,) sums to 1
    """

    entropy: Array
    weight: Array


@dataclass(frozen=True)
class Index:
    """
    An index of n cases.

    Attributes:
        weights: of the indicators; one where all cases are pooled, else one a period in order of time
        score: (n,) in [0, 1]; of TOPSIS, 1 is the ideal case
        periods: the values of time that `weights` belong to; empty where all cases are pooled
    """

    weights: tuple[Weights, ...]
    score: Array
    periods: tuple[int, ...] = ()


def index(
    values: Array,
    negative: Signs,
    normalise: Normalisation,
    shift: float = 0.0,
    time: NDArray[np.int64] | None = None,
    method: Method = "entropy-topsis",
) -> Index:
    """
    Entropy weights, then TOPSIS or the weighted sum of the normalised values.

    values : (n, k) cases by indicators
    negative : (k,) whether less of an indicator is better
    shift : added to the normalised values before proportions and logarithms are taken
    time : (n,) where each period is normalised, weighted and ranked by itself; None pools all cases
    Raises ValueError where there are fewer than two cases, a value is not finite, an indicator does not
    vary, or a normalised value is negative.
    """
    if time is None:
        pooled, score_of_all = _one_index(values, negative, normalise, shift, method)
        return Index((pooled,), score_of_all)
    periods = tuple(int(period) for period in np.unique(time))
    score = np.empty(len(values))
    weights = []
    for period in periods:
        cases = time == period
        found, score[cases] = _one_index(values[cases], negative, normalise, shift, method)
        weights.append(found)
    return Index(tuple(weights), score, periods)


def _one_index(
    values: Array, negative: Signs, normalise: Normalisation, shift: float, method: Method
) -> tuple[Weights, Array]:
    matrix = normalised(values, negative, normalise)
    weights = entropy_weights(matrix, shift)
    score: Array = matrix @ weights.weight if method == "entropy-sum" else closeness(matrix, weights.weight)
    return weights, score


def normalised(values: Array, negative: Signs, normalise: Normalisation) -> Array:
    """
    The indicators without unit, more of each being better: (n, k).

    min-max : (x - min) / (max - min), and (max - x) / (max - min) for a negative indicator
    vector : x / sqrt(sum of x^2) (Hwang and Yoon 1981), and one minus that for a negative indicator
    """
    _need_variation(values)
    column = _NORMALISATIONS[normalise]
    pairs = zip(values.T, negative, strict=True)
    return np.column_stack([column(x, bool(is_negative)) for x, is_negative in pairs])


def _need_variation(values: Array) -> None:
    if len(values) < 2:
        raise ValueError("an index needs two cases")
    if not np.isfinite(values).all():
        raise ValueError("an index needs every value")
    constant = np.flatnonzero(values.min(axis=0) == values.max(axis=0))
    if len(constant):
        raise ValueError(f"indicator {int(constant[0]) + 1} is the same for every case")


def _min_max(x: Array, negative: bool) -> Array:
    span = x.max() - x.min()
    scaled: Array = (x.max() - x) / span if negative else (x - x.min()) / span
    return scaled


def _vector(x: Array, negative: bool) -> Array:
    scaled: Array = x / np.sqrt((x**2).sum())
    return 1.0 - scaled if negative else scaled


_NORMALISATIONS: Mapping[str, Callable[[Array, bool], Array]] = {"min-max": _min_max, "vector": _vector}


def entropy_weights(matrix: Array, shift: float = 0.0) -> Weights:
    """
    Weights of indicators by how unequally they are spread over the cases.

    matrix : (n, k), not negative
    shift : added to every value; with 0, a proportion of 0 adds 0, the limit of p ln p
    p_ij = y_ij / sum_i y_ij; e_j = -sum_i p_ij ln p_ij / ln n (Shannon 1948, normed to [0, 1]);
    w_j = (1 - e_j) / sum_j (1 - e_j) (Hwang and Yoon 1981, the entropy method of assessing weights).
    Raises ValueError where a value is negative, or no indicator tells the cases apart.
    """
    shifted = matrix + shift
    if (shifted < 0).any():
        raise ValueError("a value is negative and has no logarithm")
    proportion = shifted / shifted.sum(axis=0)
    logarithm = np.log(np.where(proportion > 0, proportion, 1.0))
    entropy = -(proportion * logarithm).sum(axis=0) / np.log(len(matrix))
    diversity = 1.0 - entropy
    if not diversity.sum() > 0:
        raise ValueError("no indicator tells the cases apart")
    return Weights(entropy, diversity / diversity.sum())


def closeness(matrix: Array, weight: Array) -> Array:
    """
    TOPSIS: how near each case is to the best of every indicator, and how far from the worst.

    matrix : (n, k) normalised, more is better; weight : (k,)
    Returns (n,): D- / (D+ + D-), Euclidean distances of w_j y_ij to the largest and the smallest w_j y_ij of
    each indicator (Hwang and Yoon 1981, ch. 3). A shift of the matrix changes nothing.
    """
    weighted = matrix * weight
    to_best = _distance(weighted, weighted.max(axis=0))
    to_worst = _distance(weighted, weighted.min(axis=0))
    found: Array = to_worst / (to_best + to_worst)
    return found


def _distance(points: Array, goal: Array) -> Any:
    return np.sqrt(((points - goal) ** 2).sum(axis=1))
