"""Tables of simulated panels, printed under a hidden setting: what `explain` has to find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.dataset import Dataset
from harness.engines import engines, python_dpd
from harness.errors import EstimationError
from harness.explain import conventions
from harness.explain.counting import Counts
from harness.explain.fitting import Fits, Sheets
from harness.explain.judging import Goal
from harness.explain.search import Found, Search
from harness.explain.space import Setting, Space
from harness.glossary import VARIANTS
from harness.result import PrintedCell, Result
from harness.spec import MODEL_ADAPTER, Head, Spec

FIRMS, YEARS = 40, 6
_TESTS = ("ar1", "ar2", "hansen_j")
_COUNTS = ("n_obs", "n_groups", "n_instruments")


@dataclass(frozen=True)
class Hidden:
    """
    A table and what its reader does not know.

    Attributes:
        seed: makes it again
        spec: the setting that a reader takes for granted
        space: what the reader can change
        setting: the one that made the table, names included
        goal: the printed cells
        sheets: rows of the panel
    """

    seed: int
    spec: Spec
    space: Space
    setting: Setting
    goal: Goal
    sheets: Sheets

    def searched(self, budget: int) -> Found:
        """What the search knows at the end, its fits made here."""
        fits = Fits(self.sheets, engines()["python-dpd"])
        counts = Counts(self.space, self.goal, self.sheets)

        def run(settings: Any) -> list[Result]:
            return [_fitted(fits, setting) for setting in settings]

        return Search(self.space, self.goal, run, counts.possible, budget).run()

    def words(self, setting: Setting) -> str:
        """A setting for a message."""
        return "; ".join(f"{axis.name}: {chosen.label}" for axis, chosen in self.space.chosen(setting))


def _fitted(fits: Fits, setting: Setting) -> Result:
    """Without a worker and without its provenance, which would take as long as so small a fit."""
    step = fits.task(setting)
    if isinstance(step, Result):
        return step
    try:
        found = python_dpd.fit(step.model, step.sheet)
    except EstimationError as fault:
        return step.ended("errored", str(fault))
    return replace(step.ended("fitted", ""), cells=found.cells, not_offered=found.not_offered)


def tables(count: int, seed: int, first: int = 0) -> Iterator[Hidden]:
    """
    *count* tables, of the seeds from *seed* on.

    first : whose turn it is among the axes: each table changes the next one, so that all are used
    """
    for at in range(count):
        yield _table(seed + at, first + at)


def _table(seed: int, at: int) -> Hidden:
    """Draws again where the hidden setting cannot be estimated: a journal would not have printed it."""
    draw = random.Random(seed)
    data = _data(seed)
    while True:
        space = _space(draw)
        sheets = Sheets(space, data)
        setting = _setting(space, draw, at)
        if space.model(setting) is None:
            continue
        result = _fitted(Fits(sheets, engines()["python-dpd"]), setting)
        cells = _printed(space, setting, result, draw) if result.status == "fitted" else ()
        if len(cells) > 10:
            goal = Goal(space.spec, "1", cells)
            return Hidden(seed, space.spec, space, setting, goal, sheets)


def _setting(space: Space, draw: random.Random, at: int) -> Setting:
    """A change on the axis whose turn it is, and none to two on others."""
    axes = list(range(len(space.axes)))
    first = axes[at % len(axes)]
    others = draw.sample([axis for axis in axes if axis != first], draw.randint(0, 2))
    changed = {axis: draw.randrange(1, len(space.axes[axis].alternatives)) for axis in (first, *others)}
    return tuple(sorted(changed.items()))


# ------------------------------------------------------------------------------------------------ the panel


@cache
def _data(seed: int) -> Dataset:
    """A dynamic panel with an endogenous and an exogenous variable, some rows missing."""
    random_numbers = np.random.default_rng(seed)
    firms, burn = FIRMS, 10
    effect = random_numbers.normal(size=firms)
    y, w, x = (np.zeros((firms, YEARS + burn)) for _ in range(3))
    for year in range(1, YEARS + burn):
        error = random_numbers.normal(size=firms)
        x[:, year] = 0.5 * x[:, year - 1] + random_numbers.normal(size=firms)
        w[:, year] = 0.4 * w[:, year - 1] + 0.3 * error + 0.3 * effect + random_numbers.normal(size=firms)
        y[:, year] = 0.5 * y[:, year - 1] + 0.4 * w[:, year] + 0.3 * x[:, year] + effect + error
    frame = pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), YEARS),
            "year": np.tile(np.arange(2001, 2001 + YEARS), firms),
            **{name: values[:, burn:].ravel() for name, values in (("y", y), ("w", w), ("x", x))},
            "z": random_numbers.normal(size=firms * YEARS),
            "size": np.repeat(np.argsort(np.argsort(effect)), YEARS) + 0.0,
        }
    )
    kept = random_numbers.random(len(frame)) > 0.04
    return Dataset(frame[kept].reset_index(drop=True), "", Path("simulated.csv"))


# ---------------------------------------------------------------------------------- what is taken for granted


def _space(draw: random.Random) -> Space:
    system = draw.random() < 0.6
    model: dict[str, Any] = {
        "model": "dynamic-panel",
        "outcome": "y",
        "regressors": {"y": 1, "w": 0, "x": 0},
        "estimator": "system" if system else "difference",
        "steps": draw.choice([1, 2]),
        "instruments": {"gmm": {"y": {"lags": [2, None]}, "w": {"lags": [2, None]}}, "iv": {"x": {}}},
    }
    model["std_error"] = "robust" if model["steps"] == 1 else "windmeijer"
    if draw.random() < 0.5:
        model["instruments"]["gmm"] = {"y": {"lags": [2, 4], "collapse": True}, "w": {"lags": [2, 3]}}
    if draw.random() < 0.4:
        model["time_dummies"] = "all"
        equation = "level" if system else "difference"
        model["instruments"]["iv"]["time_dummies"] = {"equation": equation}
    if draw.random() < 0.5:
        model["sample"] = "size >= 12 and year != 2005"
    spec = _spec(model)
    return Space(spec, "1", conventions.axes(spec, "1", YEARS))


def _spec(model: dict[str, Any]) -> Spec:
    head = Head.model_validate(
        {
            "title": "simulated",
            "source": {"citation": "made for a test", "read_from": "a test"},
            "data": {"file": "simulated.csv", "panel": {"entity": "firm", "time": "year"}},
            "engines": ["python-dpd"],
            "open": [
                {
                    "setting": "regressors",
                    "because": "a control that the text names only once",
                    "alternatives": [model["regressors"], {**model["regressors"], "z": 0}],
                }
            ],
        }
    )
    return Spec(
        **{name: getattr(head, name) for name in Head.model_fields},
        id="simulated",
        path=Path("nowhere/specs/simulated.yaml"),
        sha256="",
        columns={"1": MODEL_ADAPTER.validate_python(model)},
        merged={"1": model},
    )


# ------------------------------------------------------------------------------------------------ the print


def _printed(space: Space, setting: Setting, result: Result, draw: random.Random) -> tuple[PrintedCell, ...]:
    """What a table shows: coefficients of the variables with their errors, some tests, some counts."""
    model = space.model(setting)
    assert model is not None
    named = space.spec.model_copy(update={"columns": {"1": model}})
    decimals, with_p = draw.choice([3, 4, 5]), draw.random() < 0.5
    tests = {*_TESTS, *(name for name in ("sargan", "wald", "f") if draw.random() < 0.6)}
    counts = {name for name in _COUNTS if draw.random() < 0.8}
    if any(space.axes[at].moves == "names" for at, _ in setting):
        tests, counts = {*_TESTS, "sargan", "wald"}, {*_COUNTS}
    found = []
    for cell in result.cells:
        term, measure = _plain(named, cell.term), _plain(named, cell.measure)
        if term is None or measure is None:
            continue
        places = 0 if cell.part == "fit" or measure in ("df", "df2") else decimals
        is_shown = {
            "coefficients": "=" not in term and (measure in ("estimate", "std_error") or
                            (with_p and measure in ("statistic", "p_value"))),
            "tests": term in tests and measure in ("statistic", "p_value", "df", "df2"),
            "fit": measure in counts,
        }.get(cell.part, False)  # fmt: skip
        if is_shown and np.isfinite(cell.value):
            text = f"{Decimal(repr(float(cell.value))).quantize(Decimal(1).scaleb(-places)):f}"
            found.append(PrintedCell(cell.part, term, measure, text, len(found) + 2))
    return tuple(found)


def _plain(named: Spec, name: str) -> str | None:
    """The name that a table prints; None of a variant that the paper does not mean."""
    plain, _, variant = name.partition("@")
    if not variant or plain not in VARIANTS:
        return name
    return plain if named.variant("1", plain) == variant else None
