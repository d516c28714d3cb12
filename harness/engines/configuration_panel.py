"""From one membership in panel data to its cells: pooled, between periods and within entities."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from harness.engines.configuration_cells import cells_of
from harness.estimators.fsqca import PanelFit, Sets, Spread, panel_fit
from harness.result import Cell
from harness.spec.configuration_terms import of_group

if TYPE_CHECKING:
    from harness.estimators.fsqca.data import Array
    from harness.sheet import Sheet


def panel_cells(
    term: str,
    x: Array,
    data: Sets,
    sheet: Sheet,
    each: Collection[str],
    relation: str = "sufficiency",
) -> Iterator[Cell]:
    """
    Consistency and coverage of *x* and the outcome, with the distances of their periods and entities.

    term : how the cells are addressed
    x : (n,) membership
    each : time and entity, whose own values have cells too
    relation : as of `fsqca.panel_fit`
    """
    times, entities = sheet.labels[str(sheet.time)], sheet.labels[str(sheet.entity)]
    found = panel_fit(x, data.membership, entities, times, relation)
    yield from _distances(term, found)
    if "time" in each:
        yield from _each(term, str(sheet.time), found.consistency_between, found.coverage_between)
    if "entity" in each:
        yield from _each(term, str(sheet.entity), found.consistency_within, found.coverage_within)


def _distances(term: str, found: PanelFit) -> list[Cell]:
    return cells_of(
        "panel",
        term,
        inclusion=found.consistency_between.pooled,
        coverage=found.coverage_between.pooled,
        between_distance=found.consistency_between.distance,
        within_distance=found.consistency_within.distance,
        coverage_between_distance=found.coverage_between.distance,
        coverage_within_distance=found.coverage_within.distance,
    )


def _each(term: str, key: str, consistency: Spread, coverage: Spread) -> Iterator[Cell]:
    for label, inclusion, covered in zip(
        consistency.groups, consistency.by_group, coverage.by_group, strict=True
    ):
        fits = {"inclusion": float(inclusion), "coverage": float(covered)}
        yield from cells_of("panel", of_group(term, key, label), **fits)
