"""One fuzzy-set column solved by our own core: its sets, its truth table, its solutions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from harness.estimators import fsqca
from harness.memberships import memberships, recalibrated

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import FuzzySet
    from harness.spec.robustness import Variation

MOST_MODELS = 100  # listed; all are counted


@dataclass(frozen=True)
class Analysis:
    """
    A model and its sheet, everything else on demand and once.

    Whatever is wrong with data or settings is an fsqca.FsqcaError.
    """

    model: FuzzySet
    sheet: Sheet

    @cached_property
    def data(self) -> fsqca.Sets:
        return memberships(self.model, self.sheet)

    @cached_property
    def table(self) -> fsqca.TruthTable:
        return self._table(self.data)

    def with_anchors(self, name: str, anchors: tuple[float, ...]) -> fsqca.TruthTable:
        """The truth table with other anchors of one set."""
        sheet = replace(self.sheet, anchors={**self.sheet.anchors, name: anchors})
        return self._table(recalibrated(self.data, self.model, sheet, name))

    def _table(self, data: fsqca.Sets) -> fsqca.TruthTable:
        model = self.model
        plain = fsqca.truth_table(data, model.incl_cut, model.pri_cut, model.n_cut)
        if not model.exclude:
            return plain
        excluded = (
            fsqca.untenable(plain)
            if model.exclude == "untenable"
            else map(int, fsqca.matching_rows(plain, " + ".join(model.exclude), observed=True))
        )
        return fsqca.truth_table(data, model.incl_cut, model.pri_cut, model.n_cut, excluded)

    @cached_property
    def _solutions(self) -> dict[str, fsqca.Solution]:
        return {}

    def solution(self, kind: str) -> fsqca.Solution:
        """Conservative, parsimonious or intermediate."""
        if kind not in self._solutions:
            self._solutions[kind] = self._solved(kind)
        return self._solutions[kind]

    def _solved(self, kind: str) -> fsqca.Solution:
        if kind != "intermediate":
            return self.solve(kind, self.table)
        between = (self.solution("conservative"), self.solution("parsimonious"))
        expectations = dict(self.model.directional_expectations)
        return fsqca.intermediate(self.table, expectations, MOST_MODELS, between=between)

    def solve(self, kind: str, table: fsqca.TruthTable) -> fsqca.Solution:
        """The solution of another table with the same expectations."""
        if kind == "intermediate":
            return fsqca.intermediate(table, dict(self.model.directional_expectations), MOST_MODELS)
        return {"conservative": fsqca.conservative, "parsimonious": fsqca.parsimonious}[kind](
            table, MOST_MODELS
        )

    def varied(self, test: Variation) -> Self:
        """The analysis with the settings of a test."""
        sheet = replace(self.sheet, anchors={**self.sheet.anchors, **test.anchors})
        return replace(self, model=self.model.varied(test), sheet=sheet)
