"""The stand-in panel: 280 cities in 17 years with the moments of Table 2 and a declared truth a third."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.stand_in.moments import Array, Printed, moving, standardised, with_moments
from harness.stand_in.outcome import outcome
from harness.stand_in.printed import CITIES, SIZES, TABLE_2, TRUTH, TYPE_SD_SHIFT, TYPE_SIZES, TYPES, YEARS
from harness.stand_in.thirds import Integers, paths

SEED = 2005
# Standard deviation of a city's virtual agglomeration over the years, by type: small where the printed
# coefficient is large, so that NQ stays inside its third.
_WITHIN = {"V1": 0.06, "V2": 0.05, "V3": 0.025, "V4": 0.025, "V5": 0.025}
_SMALLEST_VA = 0.19  # but for the one smallest value


@dataclass(frozen=True)
class Panel:
    """
    The panel, and what is true of it.

    Attributes:
        frame: one row a city and year, as in the file
        truth: of each third, lowest first: coefficients, and the constant that the cities' levels give
        effects: (cities, 3), each city's effect in each third; NaN where it has no usable row there
        noise: (cities, years), the disturbance of the usable rows; NaN elsewhere
        third: (cities, years), 0 to 2
    """

    frame: pd.DataFrame
    truth: tuple[Mapping[str, float], ...]
    effects: Array
    noise: Array
    third: Integers


def panel(seed: int = SEED) -> Panel:
    """
    A stand-in for the data of the article, which cannot be shared: moments as printed, values made up.

    The same seed gives the same numbers. Raises RuntimeError where a seed's draws cannot be given the sizes.
    """
    rng = np.random.default_rng(seed)
    third = paths(CITIES, len(YEARS), SIZES, rng)
    types = _types(third, rng)
    agglomeration = _agglomeration(types, third, rng)
    by_type = {name: np.where((types == name)[:, None], agglomeration, 0.0) for name in TYPES}
    nq = outcome(third, [_systematic(truth, by_type) for truth in TRUTH], TRUTH, TABLE_2["NQ"], rng)
    columns = {"NQ": nq.values, "VA": agglomeration, **by_type, **_controls(nq.values, rng)}
    truth = tuple({**one, "constant": float(c)} for one, c in zip(TRUTH, nq.constants, strict=True))
    return Panel(_frame(types, columns, rng), truth, nq.effects, nq.noise, third)


def _types(third: Integers, rng: np.random.Generator) -> NDArray[np.str_]:
    """One type a city; the better a city stands, the sooner it has one of the first types, but often not."""
    standing = standardised(third.mean(axis=1)) + 3.0 * rng.normal(size=len(third))
    order = np.argsort(-standing, kind="stable")
    names = np.repeat(list(TYPE_SIZES), list(TYPE_SIZES.values()))
    types = np.empty(len(third), dtype=names.dtype)
    types[order] = rng.permuted(names.reshape(-1, 1), axis=1).ravel()
    return types


def _agglomeration(types: NDArray[np.str_], third: Integers, rng: np.random.Generator) -> Array:
    """Virtual agglomeration of each city and year, type by type: (cities, years)."""
    values = np.empty(third.shape)
    for name in TYPES:
        cities = np.flatnonzero(types == name)
        values[cities] = _of_type(name, third[cities], rng)
    return values


def _of_type(name: str, third: Integers, rng: np.random.Generator) -> Array:
    """The values of one type's cities, whose moments with zeros elsewhere are the printed ones."""
    printed = TABLE_2[name]
    share = len(third) / CITIES
    mean = printed.mean / share
    n_all, n = CITIES * len(YEARS), third.size
    second = ((printed.sd + TYPE_SD_SHIFT) ** 2 * (n_all - 1) / n_all + printed.mean**2) / share
    sd = np.sqrt((second - mean**2) * n / (n - 1))
    base = standardised(rng.normal(size=len(third)))
    within = _WITHIN[name] * moving(len(third), third.shape[1], 0.5, rng)
    fixed = _extremes(name, base, third)
    score = np.repeat(base, third.shape[1])
    target = Printed(mean, float(sd), 0.0, printed.largest, printed.decimals)

    def link(x: Array) -> Array:
        levels: Array = np.exp(x) + within.ravel()
        return levels

    inner = (_SMALLEST_VA, 0.9 * printed.largest)
    return with_moments(score, target, link, inner, fixed).reshape(third.shape)


def _extremes(name: str, base: Array, third: Integers) -> dict[int, float]:
    """
    Where the type's largest value stands, and in type 5 the smallest of all.

    Both stand where a city enters a third, so that no equation has to explain a leap.
    """
    top, bottom = int(base.argmax()), int(base.argmin())
    fixed = {top * third.shape[1] + _entry(third[top]): TABLE_2[name].largest}
    if name == "V5":
        fixed[bottom * third.shape[1] + _entry(third[bottom])] = TABLE_2["VA"].smallest
    return fixed


def _entry(row: Integers) -> int:
    """The last year whose third is not that of the year before, else the first year."""
    changes = [year for year, (before, now) in enumerate(pairwise(row.tolist()), start=1) if before != now]
    return changes[-1] if changes else 0


def _systematic(truth: Mapping[str, float], by_type: Mapping[str, Array]) -> Array:
    """The part of NQ that V1 to V5 explain: (cities, years)."""
    found: Array = np.sum([truth[name] * by_type[name] for name in TYPES], axis=0)
    return found


# ---------------------------------------------------------------------------------------------- controls


def _controls(nq: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The five controls: between cities persistent, related to the outcome's level."""
    standing = standardised(nq.mean(axis=1)) * 0.6
    made = {}
    for name, trend in (("MS", -0.05), ("TI", 0.9), ("CT", 0.2), ("FI", 0.5), ("DI", -0.8)):
        city = standing + 0.8 * rng.normal(size=CITIES)
        over_time = 0.25 * moving(CITIES, len(YEARS), 0.8, rng)
        if name == "DI":
            city, over_time = 0.4 * city, 0.8 * moving(CITIES, len(YEARS), 0.3, rng)
        years = trend * np.linspace(-1, 1, len(YEARS))
        score = standardised((city[:, None] + over_time + years).ravel())
        made[name] = _control(name, score).reshape(nq.shape)
    return made


def _control(name: str, score: Array) -> Array:
    """One control from its score: lognormal, growth normal; the smallest and the largest as printed."""
    printed = TABLE_2[name]
    order = np.argsort(score, kind="stable")
    fixed = {int(order[0]): printed.smallest, int(order[-1]): printed.largest}
    if name == "FI":  # cities without foreign firms
        fixed |= dict.fromkeys((int(at) for at in order[:90]), 0.0)
    if name == "DI":
        return with_moments(score, printed, lambda x: x, (0.1, 35.0), fixed)
    return with_moments(score, printed, np.exp, (printed.smallest + 1.0, 0.8 * printed.largest), fixed)


# ------------------------------------------------------------------------------------------------- frame


def _frame(types: NDArray[np.str_], columns: Mapping[str, Array], rng: np.random.Generator) -> pd.DataFrame:
    n_years = len(YEARS)
    frame = pd.DataFrame(
        {
            "city": np.repeat([f"stand-in {i:03d}" for i in range(1, CITIES + 1)], n_years),
            "year": np.tile(list(YEARS), CITIES),
            "stand_in": 1,
            "type": np.repeat(types, n_years),
        }
    )
    for name, values in columns.items():
        frame[name] = values.ravel()
    for name, decimals in (("TI", 0), ("FI", 0)):
        frame[name] = frame[name].round(decimals).astype(np.int64)
    frame["population"], frame["open_data"] = _robustness(columns["NQ"], rng)
    return frame


def _robustness(nq: Array, rng: np.random.Generator) -> tuple[Array, Integers]:
    """Population in 10,000 persons, and a policy that cities adopt from 2012 on; no moments are printed."""
    size = np.exp(5.9 + 0.6 * rng.normal(size=CITIES))
    growth = 1 + 0.004 * np.arange(len(YEARS)) + 0.002 * rng.normal(size=nq.shape)
    adopted = rng.integers(2012, 2030, size=CITIES)
    policy = (np.array(YEARS)[None, :] >= adopted[:, None]).astype(np.int64)
    return np.round(size[:, None] * growth, 2).ravel(), policy.ravel()
