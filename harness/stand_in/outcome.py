"""The outcome of the stand-in panel: inside each third a dynamic equation, over all the printed moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from harness.stand_in.moments import Array, Printed
from harness.stand_in.thirds import Integers

Mask = NDArray[np.bool_]
Truth = Sequence[Mapping[str, float]]

CUTS = (0.0640, 0.0850)  # between the thirds
GAP = 0.0001  # on either side of a cut no value lies
NOISE = (0.0007, 0.0012, 0.0040)  # standard deviation of the disturbance, lowest third first
WIDEST = 3.2  # what the disturbances pile up to is kept within so many of its standard deviations


@dataclass(frozen=True)
class Outcome:
    """
    The outcome and what made it.

    Attributes:
        values: (cities, years), rounded
        effects: (cities, 3) city effects of mean 0 over the usable rows; NaN without such a row
        noise: (cities, years), NaN but for usable rows
        constants: one a third
    """

    values: Array
    effects: Array
    noise: Array
    constants: tuple[float, ...]


def outcome(
    third: Integers, systematic: Sequence[Array], truth: Truth, printed: Printed, rng: np.random.Generator
) -> Outcome:
    """
    Values that stay in their third and there follow its equation wherever a city stays.

    systematic : of each third, what the regressors explain, (cities, years)
    In third g, y_t = constant_g + rho_g y_{t-1} + s_t + effect + noise. A city moves about a level of its own
    in each third; the effect is what that level needs. Levels leave room for all that the regressors and the
    noise may add, so that no value leaves its third, and do not depend on the noise drawn. Those of the
    highest third give all values the *printed* mean and standard deviation.
    """
    usable = np.zeros(third.shape, dtype=bool)
    usable[:, 1:] = third[:, 1:] == third[:, :-1]
    rho = np.array([one["L1.NQ"] for one in truth])
    means = _city_means(systematic, usable, third)
    explained = _piled(_centred(systematic, means, third), np.zeros(third.shape), usable, rho[third])
    noise, piled = _disturbances(third, usable, rho, rng)
    levels = _levels(third, explained, piled, rho, printed, rng)
    values = np.round(np.take_along_axis(levels, third, axis=1) + explained + piled, printed.decimals)
    need = (1 - rho) * levels - means
    rows = np.column_stack([(usable & (third == g)).sum(axis=1) for g in range(3)])
    constants = np.where(rows > 0, need * rows, 0.0).sum(axis=0) / rows.sum(axis=0)
    effects = np.where(rows > 0, need - constants, np.nan)
    return Outcome(values, effects, np.where(usable, noise, np.nan), tuple(constants.tolist()))


def _city_means(systematic: Sequence[Array], usable: Mask, third: Integers) -> Array:
    """Mean of the explained part over a city's usable rows in each third, (cities, 3); 0 without any."""
    means = []
    for g, explained in enumerate(systematic):
        rows = usable & (third == g)
        means.append(np.where(rows, explained, 0.0).sum(axis=1) / np.maximum(rows.sum(axis=1), 1))
    return np.column_stack(means)


def _centred(systematic: Sequence[Array], means: Array, third: Integers) -> Array:
    """The explained part in the third where a city is, less the city's mean there: (cities, years)."""
    here = np.choose(third, list(systematic))
    centred: Array = here - np.take_along_axis(means, third, axis=1)
    return centred


def _piled(pushed: Array, start: Array, usable: Mask, rho: Array) -> Array:
    """d_t = rho d_{t-1} + pushed_t on usable rows, *start* on the others: (cities, years)."""
    found = start.copy()
    for year in range(1, pushed.shape[1]):
        stays = usable[:, year]
        found[stays, year] = rho[stays, year] * found[stays, year - 1] + pushed[stays, year]
    return found


def _disturbances(third: Integers, usable: Mask, rho: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Noise, and what it piles up to; a city whose pile grows too wide draws anew."""
    sd, limit = np.array(NOISE)[third], _limits(rho)[third]
    drawn = rng.normal(size=(2, *third.shape)) * sd
    while True:
        piled = _piled(drawn[0], drawn[1], usable, rho[third])
        wide = (np.abs(piled) > limit).any(axis=1)
        if not wide.any():
            return drawn[0], piled
        drawn[:, wide] = rng.normal(size=(2, int(wide.sum()), third.shape[1])) * sd[wide]


def _limits(rho: Array) -> Array:
    """How far from its level the noise may carry a value, one number a third."""
    limits: Array = WIDEST * np.array(NOISE) / np.sqrt(1 - rho**2)
    return limits


# ------------------------------------------------------------------------------------------------ levels


def _levels(
    third: Integers,
    explained: Array,
    piled: Array,
    rho: Array,
    printed: Printed,
    rng: np.random.Generator,
) -> Array:
    """Each city's level in each third: (cities, 3)."""
    place = rng.uniform(0.0, 1.0, size=len(third))
    limits = _limits(rho)
    edges = (printed.smallest, *CUTS, printed.largest)
    rooms = [_room(third == g, explained, edges[g], edges[g + 1], float(limits[g])) for g in range(3)]
    lower = [bottom + place * (top - bottom) for bottom, top in rooms[:2]]
    lower[0] = _with_smallest(lower[0], third == 0, explained + piled, printed)
    highest = _highest(
        third, explained + piled, np.column_stack(lower), rooms[2], printed, rng.normal(size=len(third))
    )
    return np.column_stack([*lower, highest])


def _room(here: Mask, explained: Array, low: float, high: float, limit: float) -> tuple[Array, Array]:
    """The lowest and highest level at which a city stays between *low* and *high* whatever the noise."""
    present = here.any(axis=1)
    down = np.where(present, np.where(here, explained, np.inf).min(axis=1), 0.0)
    up = np.where(present, np.where(here, explained, -np.inf).max(axis=1), 0.0)
    bottom, top = low + GAP + limit - down, high - GAP - limit - up
    if (bottom > top).any():
        raise RuntimeError("a city moves more than its third is wide. Give another seed")
    return bottom, top


def _with_smallest(level: Array, here: Mask, deviation: Array, printed: Printed) -> Array:
    """The levels, one city's moved down so that its smallest value is the printed one."""
    down = np.where(here, deviation, np.inf).min(axis=1)
    city = int(np.where(here.any(axis=1), level + down, np.inf).argmin())
    moved = level.copy()
    moved[city] = printed.smallest - down[city]
    return moved


def _highest(
    third: Integers,
    deviation: Array,
    lower: Array,
    room: tuple[Array, Array],
    printed: Printed,
    score: Array,
) -> Array:
    """Levels in the highest third, skewed; one city's largest value is the printed one."""
    here = third == 2
    others = np.take_along_axis(np.column_stack([lower, np.zeros(len(third))]), third, axis=1)
    first = int(np.where(here.any(axis=1), score, -np.inf).argmax())
    peak = float(deviation[first][here[first]].max())

    def level(scale: float, spread: float) -> Array:
        made = np.minimum(room[0] + scale * np.exp(spread * score), room[1])
        made[first] = printed.largest - peak
        return made

    def values(scale: float, spread: float) -> Array:
        found: Array = np.where(here, level(scale, spread)[:, None], others) + deviation
        return found

    def scale_of(spread: float) -> float:
        return float(brentq(lambda a: values(a, spread).mean() - printed.mean, 1e-9, 1.0, xtol=1e-15))

    def excess(spread: float) -> float:
        return float(values(scale_of(spread), spread).std(ddof=1) - printed.sd)

    spread = float(brentq(excess, 0.05, 3.0, xtol=1e-13))
    return level(scale_of(spread), spread)
