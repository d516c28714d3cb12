"""
Panels drawn from a linear dynamic equation with entity effects.

    y_t = a_1 y_(t-1) + ... + a_p y_(t-p) + systematic_t + sum_jl b_jl x_j(t-l) + effect + error_t
    x_jt = level_jt + effect_j + w_jt,   w_jt = r_j w_j(t-1) + f_j error_(t-d_j) + u_jt

for every entity. What is kept fixed from draw to draw is in `systematic` and `level`; a regressor x_j is
endogenous where its delay d_j is 0, predetermined where it is 1, and strictly exogenous where f_j is 0.
Errors, innovations u and effects are normal and independent of each other.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHORTEST_BURN_IN = 50
LONGEST_BURN_IN = 2000
_LEFT = 1e-3  # of the start, at the end of the burn-in


@dataclass(frozen=True)
class Regressor:
    """
    A regressor that is drawn.

    Attributes:
        slopes: coefficients of x_t, x_(t-1), ... in the equation of y
        level: (n, t) what is the same in every draw
        persistence: r, at least 0 and below 1
        feedback: f, what an error of y does to x
        delay: d, after so many periods; 0 or 1
    """

    slopes: tuple[float, ...]
    level: Array
    persistence: float = 0.0
    feedback: float = 0.0
    delay: int = 0


@dataclass(frozen=True)
class Process:
    """
    What a panel is drawn from.

    Attributes:
        autoregression: a_1, ..., a_p
        systematic: (n, t) what fixed regressors and the constant add to y
        error_sd: standard deviation of the errors of y
        effects: (1 + k, 1 + k) covariance of the effects of y, x_1, ..., x_k
        regressors: k of them
        innovations: (k, k) covariance of the u
        reach: lags of any series that will be asked for beyond those of the equation
        centred: (n,) weights by which the effects of y average to zero in every panel, as where a constant is
            estimated beside them; None where they only have the mean zero
    """

    autoregression: tuple[float, ...]
    systematic: Array
    error_sd: float
    effects: Array
    regressors: tuple[Regressor, ...]
    innovations: Array
    reach: int = 0
    centred: Array | None = None

    @property
    def lags(self) -> int:
        """The most periods that y or an x is looked back upon."""
        return max([self.reach, len(self.autoregression), *(len(one.slopes) - 1 for one in self.regressors)])

    @property
    def burn_in(self) -> int:
        """
        Periods before the first one, over which the start is forgotten to a thousandth.

        None but the lags where nothing persists; at least 50 otherwise, and at most 2000.
        """
        if not self.is_stirred:
            return self.lags + max([0, *(one.delay for one in self.regressors)])
        needed = (
            math.ceil(math.log(_LEFT) / math.log(self._slowest)) if self._slowest < 1 else LONGEST_BURN_IN
        )
        return self.lags + min(max(needed, SHORTEST_BURN_IN), LONGEST_BURN_IN)

    @property
    def is_stirred(self) -> bool:
        """Whether anything persists from one period to the next."""
        return self._slowest > 0

    @property
    def _slowest(self) -> float:
        return max([largest_root(self.autoregression), *(one.persistence for one in self.regressors)])


@dataclass(frozen=True)
class Panel:
    """
    One draw.

    Attributes:
        outcome: (n, b + t), the b periods of the burn-in first
        regressors: (k, n, b + t)
        burn_in: b
    """

    outcome: Array
    regressors: Array
    burn_in: int

    def series(self, which: int | None, lag: int = 0) -> Array:
        """(n, t) the outcome (None) or regressor *which*, *lag* periods earlier; lag up to the burn-in."""
        whole = self.outcome if which is None else self.regressors[which]
        found: Array = whole[:, self.burn_in - lag : whole.shape[1] - lag]
        return found


def largest_root(autoregression: tuple[float, ...]) -> float:
    """
    Modulus of the largest root of z^p - a_1 z^(p-1) - ... - a_p; a process explodes from 1 on.

    >>> largest_root((0.5,)), round(largest_root((0.5, 0.3)), 4), largest_root(())
    (0.5, 0.852, 0.0)
    """
    if not any(autoregression):
        return 0.0
    return float(np.abs(np.roots([1.0, *(-a for a in autoregression)])).max())


def draw(process: Process, rng: np.random.Generator) -> Panel:
    """
    One panel. The same generator in the same state gives the same panel.

    y starts where it would rest, given the entity's effects and the first values of what is fixed. Before the
    first period what is fixed keeps its first value. Raises ValueError where the process explodes.
    """
    if largest_root(process.autoregression) >= 1:
        raise ValueError(f"the autoregression {process.autoregression} explodes")
    n, t = process.systematic.shape
    burn_in = process.burn_in
    effects = _normal(rng, (n,), process.effects)
    if process.centred is not None:
        effects[:, 0] -= np.average(effects[:, 0], weights=process.centred)
    errors = rng.normal(scale=process.error_sd, size=(n, burn_in + t))
    regressors = _regressors(process, effects[:, 1:], errors, rng)
    pushed = _held(process.systematic, burn_in) + effects[:, :1]
    for one, values in zip(process.regressors, regressors, strict=True):
        for lag, slope in enumerate(one.slopes):
            pushed = pushed + slope * _late(values, lag)
    return Panel(_recursion(process.autoregression, pushed, errors), regressors, burn_in)


def _regressors(process: Process, effects: Array, errors: Array, rng: np.random.Generator) -> Array:
    """(k, n, b + t)."""
    n, periods = errors.shape
    innovations = _normal(rng, (n, periods), process.innovations)
    found = np.empty((len(process.regressors), n, periods))
    for j, one in enumerate(process.regressors):
        pushed = one.feedback * _late(errors, one.delay) + innovations[:, :, j]
        moving = _recursion((one.persistence,), np.zeros((n, periods)), pushed)
        found[j] = _held(one.level, periods - one.level.shape[1]) + effects[:, j : j + 1] + moving
    return found


def _recursion(autoregression: tuple[float, ...], pushed: Array, errors: Array) -> Array:
    """(n, periods) of z_t = sum_l a_l z_(t-l) + pushed_t + error_t, from where it would rest at pushed_0."""
    rest = pushed[:, 0] / (1 - sum(autoregression))
    found = pushed + errors
    for period in range(found.shape[1]):
        for lag, coefficient in enumerate(autoregression, start=1):
            found[:, period] += coefficient * (found[:, period - lag] if period >= lag else rest)
    return found


def _held(fixed: Array, burn_in: int) -> Array:
    """(n, b + t): the first value through the burn-in."""
    return np.concatenate([np.repeat(fixed[:, :1], burn_in, axis=1), fixed], axis=1)


def _late(values: Array, lag: int) -> Array:
    """*values* moved *lag* periods later; the first ones, which come before all use, stand still."""
    if lag == 0:
        return values
    return np.concatenate([np.repeat(values[:, :1], lag, axis=1), values[:, :-lag]], axis=1)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], covariance: Array) -> Array:
    """(*shape, k) normal numbers with a covariance that may be singular."""
    size, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(size, 0.0, None))
    found: Array = rng.normal(size=(*shape, len(covariance))) @ root.T
    return found
