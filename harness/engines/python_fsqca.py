"""Tables of configurations by our own core, `harness.estimators.fsqca`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from harness import __version__, glossary
from harness.engines.configuration_cells import case_cells, cells_of
from harness.engines.configuration_panel import panel_cells
from harness.errors import EstimationError, Unsupported
from harness.estimators import fsqca
from harness.estimators.fsqca.terms import bit
from harness.memberships import memberships
from harness.result import Cell, Estimates, NotOffered
from harness.spec import FuzzySet
from harness.spec.configuration_terms import of_model, of_solution, of_term

if TYPE_CHECKING:
    from harness.estimators.fsqca.data import Array
    from harness.sheet import Sheet
    from harness.spec import AnyModel

MOST_MODELS = 100  # listed; all are counted


def versions() -> tuple[str, str]:
    """("harness 0.3.0", "Python 3.11.2")."""
    return f"harness {__version__}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls of `harness.estimators.fsqca` on a mapping `columns` of calibrated sets."""
    model = _accepted(model)
    lines = [f"data = sets(columns, {model.outcome!r}, {list(model.conditions)!r}, cases)"]
    if model.necessity is not None:
        cuts = model.necessity
        levels = f"{cuts.incl_cut:g}, {cuts.ron_cut:g}, {cuts.cov_cut:g}"
        lines.append(f"necessary_sets(data, {levels}, {cuts.disjunctions})")
    lines.append(f"table = truth_table(data, {model.incl_cut!r}, {model.pri_cut:g}, {model.n_cut})")
    if model.exclude == "untenable":
        lines.append(f"table = truth_table(data, {model.incl_cut!r}, ..., exclude=untenable(table))")
    elif model.exclude:
        codes = f"matching_rows(table, {' + '.join(model.exclude)!r}, observed=True)"
        lines.append(f"table = truth_table(data, {model.incl_cut!r}, ..., exclude={codes})")
    expectations = f", {dict(model.directional_expectations)!r}"
    lines += [f"{kind}(table{expectations if kind == 'intermediate' else ''})" for kind in model.solution]
    if model.panel is not None:
        lines.append(f"panel_fit(data.in_model(...), data.membership, {sheet.entity}, {sheet.time})")
    return "\n".join(lines)


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Truth table, necessary sets, and every solution with all of its minimal models.

    Raises EstimationError with the core's sentence where the sets cannot be analysed. Where no row is
    positive, or none is negative, the solutions are not offered and the truth table is.
    """
    model = _accepted(model)
    try:
        analysis = _Analysis(model, memberships(model, sheet), sheet)
        return analysis.estimates()
    except fsqca.FsqcaError as error:
        raise EstimationError(str(error)) from None


def _accepted(model: AnyModel) -> FuzzySet:
    if not isinstance(model, FuzzySet):
        raise Unsupported(f"python-fsqca analyses sets, not a model of the kind '{model.model}'.")
    return model


@dataclass(frozen=True)
class _Analysis:
    """One column: the model, its calibrated data, and the sheet that these were made from."""

    model: FuzzySet
    data: fsqca.Sets
    sheet: Sheet

    def estimates(self) -> Estimates:
        cells = [*self._rows(), *self._necessity(), *self._outcome()]
        not_offered: list[NotOffered] = []
        for kind in self.model.solution:
            try:
                cells += self._solved(kind)
            except fsqca.FsqcaError as error:
                not_offered.append(NotOffered("solution", "*", "*", str(error).rstrip(".")))
                break  # what one solution cannot explain, none can
        return Estimates(tuple(cells), tuple(not_offered), warnings=tuple(self._warnings()))

    @cached_property
    def table(self) -> fsqca.TruthTable:
        model = self.model
        plain = fsqca.truth_table(self.data, model.incl_cut, model.pri_cut, model.n_cut)
        if not model.exclude:
            return plain
        excluded = (
            fsqca.untenable(plain)
            if model.exclude == "untenable"
            else map(int, fsqca.matching_rows(plain, " + ".join(model.exclude), observed=True))
        )
        return fsqca.truth_table(self.data, model.incl_cut, model.pri_cut, model.n_cut, excluded)

    @cached_property
    def conservative(self) -> fsqca.Solution:
        return fsqca.conservative(self.table, MOST_MODELS)

    @cached_property
    def parsimonious(self) -> fsqca.Solution:
        return fsqca.parsimonious(self.table, MOST_MODELS)

    @cached_property
    def intermediate(self) -> fsqca.Solution:
        expectations = dict(self.model.directional_expectations)
        between = (self.conservative, self.parsimonious)
        return fsqca.intermediate(self.table, expectations, MOST_MODELS, between=between)

    # ------------------------------------------------------------------------------------- truth table

    def _rows(self) -> Iterator[Cell]:
        table = self.table
        for i, code in enumerate(table.codes):
            output = glossary.code("truth_table", "output", str(table.output[i]))
            yield from cells_of(
                "truth_table",
                self._written(fsqca.configuration(int(code), self.data.k)),
                output=np.nan if output is None else output,
                n_cases=float(table.n_cases[i]),
                inclusion=float(table.inclusion[i]),
                pri=float(table.pri[i]),
            )

    def _written(self, term: fsqca.Term) -> str:
        return fsqca.write(term, self.data.conditions)

    def _warnings(self) -> Iterator[str]:
        undecided = self.table.undecided
        if undecided:
            names = ", ".join(undecided[:5]) + (", ..." if len(undecided) > 5 else "")
            yield f"{len(undecided)} cases are 0.5 in a condition and belong to no row: {names}"
        if set(self.model.solution) - {"conservative"} and not self.table.n_remainders:
            yield "every configuration is observed: conservative, parsimonious and intermediate are the same"

    # --------------------------------------------------------------------------------------- necessity

    def _necessity(self) -> Iterator[Cell]:
        cuts = self.model.necessity
        if cuts is None:
            return
        found = fsqca.necessary_sets(
            self.data, cuts.incl_cut, cuts.ron_cut, cuts.cov_cut, disjunctions=cuts.disjunctions
        )
        combined = [item for item in found if item.term.n_literals > 1]
        for item in (*fsqca.single_sets(self.data), *combined):
            fits = {"inclusion": item.inclusion, "ron": item.ron, "coverage": item.coverage}
            yield from cells_of("necessity", item.text, **fits)
            yield from self._panel(
                item.text, self.data.in_model(fsqca.parse(item.text, self.data.conditions)), "necessity"
            )

    def _outcome(self) -> list[Cell]:
        return case_cells(self.data.cases, "outcome", self.data.membership)

    # ---------------------------------------------------------------------------------------- solutions

    def _solved(self, kind: str) -> Iterator[Cell]:
        solution: fsqca.Solution = getattr(self, kind)
        fits = fsqca.fit_solution(solution, MOST_MODELS)
        whole = of_solution(kind)
        yield Cell("solution", whole, "n_models", float(solution.n_models))
        if not solution.is_ambiguous:
            yield from cells_of("solution", whole, **_fit(fits.overall))
        for one in fits.overall.terms:
            own = {**_fit(one), "unique_coverage": one.unique_coverage}
            yield from cells_of("solution", of_term(kind, self._written(one.term)), **own)
        for model in fits.models:
            yield from self._model(kind, model, solution.is_ambiguous)
        if kind == "intermediate":
            yield from self._roles(solution)
        union = [one.term for one in fits.overall.terms]
        yield from self._over_panel(kind, union, solution)
        yield from case_cells(self.data.cases, kind, self.data.in_model(union))

    def _model(self, kind: str, model: fsqca.ModelFit, ambiguous: bool) -> Iterator[Cell]:
        terms = [self._written(term) for term in model.model]
        yield from cells_of("solution", of_model(kind, terms), **_fit(model))
        for one in model.terms if ambiguous else ():
            address = of_model(kind, terms, self._written(one.term))
            yield from cells_of("solution", address, unique_coverage=one.unique_coverage)

    def _over_panel(self, kind: str, union: Iterable[fsqca.Term], solution: fsqca.Solution) -> Iterator[Cell]:
        """Every term, then the whole solution; where there are several models, every model."""
        for term in union:
            yield from self._panel(of_term(kind, self._written(term)), self.data.in_term(term))
        for model in solution.models:
            terms = [self._written(term) for term in model]
            address = of_model(kind, terms) if solution.is_ambiguous else of_solution(kind)
            yield from self._panel(address, self.data.in_model(model))

    def _panel(self, term: str, x: Array, relation: str = "sufficiency") -> Iterator[Cell]:
        if self.model.panel is not None:
            yield from panel_cells(term, x, self.data, self.sheet, self.model.panel.each, relation)

    def _roles(self, solution: fsqca.Solution) -> Iterator[Cell]:
        """Core is what a parsimonious term has as well, in any pair of models that gives the term."""
        core: dict[fsqca.Term, int] = {}
        for pair in solution.pairs:
            for term in {term for model in pair.models for term in model}:
                (found,) = fsqca.roles((term,), pair.parsimonious)
                core[term] = core.get(term, 0) | found.core.care
        for term in sorted(core):
            for j, name in enumerate(self.data.conditions):
                flag = bit(j, self.data.k)
                if term.care & flag:
                    literal = name if term.value & flag else f"~{name}"
                    role = glossary.CODES["solution", "role"]["core" if core[term] & flag else "peripheral"]
                    yield Cell(
                        "solution", of_term("intermediate", self._written(term), literal), "role", role
                    )


def _fit(found: fsqca.ModelFit | fsqca.TermFit) -> dict[str, float]:
    return {"inclusion": found.inclusion, "pri": found.pri, "coverage": found.coverage}
