"""The stand-in for what indexes and agglomeration are made of: statistics and places of 60 cities."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from harness.stand_in.moments import Array, moving

SEED = 2021
CITIES, YEARS = 60, range(2016, 2022)
LATITUDE, LONGITUDE = (18.2, 50.2), (80.0, 131.0)  # inside China's bounds

# Statistics that grow with a city: median a head (of 10,000 persons where the unit is one), spread of the
# logarithm between cities, growth a year, decimals.
_PER_HEAD: Mapping[str, tuple[float, float, float, int]] = MappingProxyType(
    {
        "gdp": (52000.0, 0.5, 0.06, 0),  # 10,000 yuan
        "staff": (1400.0, 0.3, 0.01, 0),
        "graduates": (600.0, 0.5, 0.05, 0),
        "budget": (9000.0, 0.3, 0.05, 0),  # 10,000 yuan
        "enrolled": (190.0, 0.7, 0.03, 0),
        "new_firms": (60.0, 0.5, 0.08, 0),
        "green_area": (16.0, 0.5, 0.03, 0),  # hectares
        "patent_applications": (14.0, 0.9, 0.1, 0),
        "roads": (35.0, 0.4, 0.01, 0),  # kilometres
        "broadband_ports": (6500.0, 0.3, 0.07, 0),
        "telecom_revenue": (900.0, 0.3, 0.05, 0),  # 10,000 yuan
        "mobile_users": (11000.0, 0.2, 0.02, 0),
        "internet_users": (3000.0, 0.3, 0.06, 0),
        "industrial_wastewater": (12.0, 0.6, -0.03, 2),  # 10,000 tonnes
        "industrial_so2": (25.0, 0.8, -0.09, 2),  # tonnes
        "industrial_dust": (22.0, 0.8, -0.07, 2),  # tonnes
        "energy": (3.2, 0.4, 0.02, 2),  # 10,000 tonnes of standard coal
    }
)
# Parts of a whole: the whole, the median share, the spread of its logarithm, growth a year, decimals.
_SHARES: Mapping[str, tuple[str, float, float, float, int]] = MappingProxyType(
    {
        "it_staff": ("staff", 0.015, 0.6, 0.04, 0),
        "tertiary_staff": ("staff", 0.5, 0.15, 0.01, 0),
        "science_staff": ("staff", 0.02, 0.6, 0.03, 0),
        "industry_staff": ("staff", 0.3, 0.25, -0.01, 0),
        "education_spending": ("budget", 0.18, 0.15, 0.0, 0),
        "environment_spending": ("budget", 0.028, 0.4, 0.0, 0),
        "green_patents": ("patent_applications", 0.11, 0.3, 0.02, 0),
        "patents_granted": ("patent_applications", 0.6, 0.15, 0.0, 0),
        "rd_spending": ("gdp", 0.016, 0.5, 0.03, 0),
    }
)
# Numbers that do not grow with a city: median, spread, growth a year, decimals.
_LEVELS: Mapping[str, tuple[float, float, float, int]] = MappingProxyType(
    {
        "wage": (61000.0, 0.2, 0.08, 0),  # yuan
        "fibre_density": (0.11, 0.6, 0.01, 4),  # kilometres a square kilometre
        "carbon_cut": (120.0, 0.7, 0.04, 2),  # 10,000 tonnes
        "digital_economy": (0.11, 0.5, 0.1, 4),
    }
)


def sources(seed: int = SEED) -> pd.DataFrame:
    """One row a city and year: raw statistics, employment, coordinates. Every number is made up."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Array] = {"population": _grown(rng, 430.0, 0.5, 0.004, 2)}
    size = columns["population"]
    for name, (median, spread, growth, decimals) in _PER_HEAD.items():
        columns[name] = _grown(rng, median, spread, growth, decimals, size)
    for name, (whole, share, spread, growth, decimals) in _SHARES.items():
        of = columns[whole]
        columns[name] = np.minimum(_grown(rng, share, spread, growth, decimals, of), np.floor(0.95 * of))
    for name, (median, spread, growth, decimals) in _LEVELS.items():
        columns[name] = _grown(rng, median, spread, growth, decimals)
    nation = np.arange(len(YEARS))
    columns["national_staff"] = np.tile(77_640_000.0 * 0.995**nation, (CITIES, 1)).round()
    columns["national_robots"] = np.tile(340_000.0 * 1.2**nation, (CITIES, 1)).round()
    return _frame(columns, rng)


def _grown(
    rng: np.random.Generator,
    median: float,
    spread: float,
    growth: float,
    decimals: int,
    size: Array | None = None,
) -> Array:
    """A lognormal statistic, (cities, years), times *size* where it grows with a city; never zero."""
    city = spread * rng.normal(size=(CITIES, 1))
    years = growth * np.arange(len(YEARS)) + 0.04 * moving(CITIES, len(YEARS), 0.5, rng)
    values = median * np.exp(city + years) * (1.0 if size is None else size)
    return np.maximum(np.round(values, decimals), 10.0**-decimals)


def _frame(columns: Mapping[str, Array], rng: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "city": np.repeat([f"stand-in {i:02d}" for i in range(1, CITIES + 1)], len(YEARS)),
            "year": np.tile(list(YEARS), CITIES),
            "stand_in": 1,
        }
    )
    for name, bounds in (("latitude", LATITUDE), ("longitude", LONGITUDE)):
        frame[name] = np.repeat(rng.uniform(*bounds, size=CITIES).round(4), len(YEARS))
    for name, values in columns.items():
        whole = bool((values == np.floor(values)).all())
        frame[name] = values.ravel().astype(np.int64) if whole else values.ravel()
    return frame
