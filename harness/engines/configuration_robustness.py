"""How far the solutions of one column withstand other settings: test solutions and sensitivity ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.engines.configuration_analysis import Analysis
from harness.engines.configuration_cells import cells_of
from harness.estimators import fsqca
from harness.result import Cell
from harness.spec.configuration_terms import of_setting

if TYPE_CHECKING:
    from harness.estimators.fsqca.data import Array
    from harness.estimators.fsqca.sensitivity import Solve

Memberships = Sequence["Array"]
_ANCHORS = ("out", "crossover", "in")


# --------------------------------------------------------------------------------------------------- tests


def test_solutions(analysis: Analysis, kind: str) -> dict[str, Memberships]:
    """
    Test to the memberships in each of its models, by the test's own sets.

    Raises fsqca.FsqcaError that names the test where one has no solution.
    """
    asked = analysis.model.robustness
    tests = {} if asked is None else asked.tests
    return {name: _memberships(analysis.varied(test), kind, name) for name, test in tests.items()}


def _memberships(analysis: Analysis, kind: str, name: str) -> Memberships:
    try:
        return [analysis.data.in_model(model) for model in analysis.solution(kind).models]
    except fsqca.FsqcaError as error:
        raise fsqca.FsqcaError(f"robustness.tests.{name}: {error}") from None


def robustness_cells(
    address: str, initial: fsqca.Model, data: fsqca.Sets, tests: Mapping[str, Memberships]
) -> Iterator[Cell]:
    """One initial model against all tests together, then against each."""
    together = [x for memberships in tests.values() for x in memberships]
    fit, cases = fsqca.robust_fit(data, initial, together), fsqca.robust_cases(data, initial, together)
    yield from cells_of(
        "robustness",
        address,
        rf_cov=fit.coverage,
        rf_cons=fit.inclusion,
        rf_sc_min_ts=fit.coincidence_min,
        rf_sc_max_ts=fit.coincidence_max,
        core_inclusion=fit.core.inclusion,
        core_coverage=fit.core.coverage,
        rcr_typ=cases.typical_ratio,
        rcr_dev=cases.deviant_ratio,
        rcc_rank=float(cases.rank),
        **_counts(cases),
    )
    for name, own in tests.items():
        alone = fsqca.robust_fit(data, initial, own).coincidence_min
        rank = float(fsqca.robust_cases(data, initial, own).rank)
        yield from cells_of("robustness", of_setting(address, name), rf_sc_min_ts=alone, rcc_rank=rank)


def _counts(cases: fsqca.CaseRobustness) -> dict[str, float]:
    sides = ("typical", "deviant")
    names = [f"{standing}_{side}" for standing in ("robust", "shaky", "possible") for side in sides]
    return {name: float(len(getattr(cases, name))) for name in names}


# -------------------------------------------------------------------------------------------------- ranges


def range_cells(analysis: Analysis, kind: str, address: str) -> Iterator[Cell]:
    """The settings asked for, each with the ends between which it changes none of the models."""
    asked = analysis.model.robustness
    for name in () if asked is None else asked.ranges:
        for setting, found in _ranges(analysis, kind, name):
            ends = {"value": found.value, "range_low": found.low, "range_high": found.high}
            yield from cells_of("robustness", of_setting(address, setting), **ends)


def _ranges(analysis: Analysis, kind: str, name: str) -> Iterator[tuple[str, fsqca.Range]]:
    def solve(table: fsqca.TruthTable) -> fsqca.Solution:
        return analysis.solve(kind, table)

    if name == "anchors":
        for set_name, anchors in analysis.sheet.anchors.items():
            for i in range(len(anchors)):
                found = _anchor_range(analysis, solve, set_name, i)
                yield f"calibration.{set_name}.{_anchor_name(analysis, set_name, i)}", found
        return
    of = {
        "incl_cut": fsqca.incl_cut_range,
        "pri_cut": fsqca.pri_cut_range,
        "n_cut": fsqca.n_cut_range,
    }
    yield name, of[name](analysis.table, solve)


def _anchor_range(analysis: Analysis, solve: Solve, name: str, i: int) -> fsqca.Range:
    anchors = analysis.sheet.anchors[name]

    def build(value: float) -> fsqca.TruthTable:
        return analysis.with_anchors(name, (*anchors[:i], value, *anchors[i + 1 :]))

    return fsqca.anchor_range(build, anchors[i], analysis.sheet.frame[name].to_numpy(dtype=float), solve)


def _anchor_name(analysis: Analysis, name: str, i: int) -> str:
    """`crossover`, or the number, from 1, of a threshold or of an anchor of a bell."""
    own = analysis.model.calibrated(name)
    return _ANCHORS[i] if own.crossover is not None else str(i + 1)
