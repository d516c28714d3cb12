"""Tables of configurations by our own core, `harness.estimators.fsqca`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from harness import __version__, glossary
from harness.engines.configuration_analysis import MOST_MODELS, Analysis
from harness.engines.configuration_cells import case_cells, cells_of, exact
from harness.engines.configuration_panel import panel_cells
from harness.engines.configuration_robustness import range_cells, robustness_cells, test_solutions
from harness.errors import EstimationError, Unsupported
from harness.estimators import fsqca
from harness.estimators.fsqca.terms import bit
from harness.result import Cell, Estimates, NotOffered
from harness.spec import FuzzySet
from harness.spec.configuration_terms import of_model, of_solution, of_term

if TYPE_CHECKING:
    from harness.estimators.fsqca.data import Array
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def versions() -> tuple[str, str]:
    """("harness 0.3.0", "Python 3.11.2")."""
    return f"harness {__version__}", f"Python {platform.python_version()}"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The calls of `harness.estimators.fsqca` on a mapping `columns` of calibrated sets."""
    model = _accepted(model)
    lines = [f"data = sets(columns, {model.outcome!r}, {list(model.conditions)!r}, cases)"]
    if model.necessity is not None:
        cuts = model.necessity
        levels = ", ".join(map(exact, (cuts.incl_cut, cuts.ron_cut, cuts.cov_cut)))
        lines.append(f"necessary_sets(data, {levels}, {cuts.disjunctions})")
    lines.append(f"table = truth_table(data, {model.incl_cut!r}, {exact(model.pri_cut)}, {model.n_cut})")
    if model.exclude == "untenable":
        lines.append(f"table = truth_table(data, {model.incl_cut!r}, ..., exclude=untenable(table))")
    elif model.exclude:
        codes = f"matching_rows(table, {' + '.join(model.exclude)!r}, observed=True)"
        lines.append(f"table = truth_table(data, {model.incl_cut!r}, ..., exclude={codes})")
    expectations = f", {dict(model.directional_expectations)!r}"
    lines += [f"{kind}(table{expectations if kind == 'intermediate' else ''})" for kind in model.solution]
    return "\n".join([*lines, *_diagnostics(model, sheet)])


def _diagnostics(model: FuzzySet, sheet: Sheet) -> Iterator[str]:
    if model.checks:
        yield "skewness(data)\nsimultaneous_subsets(table)"
    if model.panel is not None:
        yield f"panel_fit(data.in_model(model), data.membership, {sheet.entity}, {sheet.time})"
    if model.robustness is not None and model.robustness.tests:
        names = ", ".join(model.robustness.tests)
        yield f"robust_fit(data, model, [{names}])\nrobust_cases(data, model, [{names}])"
    for name in model.robustness.ranges if model.robustness is not None else ():
        yield "anchor_range(build, value, raw, solve)" if name == "anchors" else f"{name}_range(table, solve)"


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Truth table, necessary sets, and every solution with all of its minimal models.

    Raises EstimationError with the core's sentence where the sets cannot be analysed. Where no row is
    positive, or none is negative, the solutions are not offered and the truth table is.
    """
    model = _accepted(model)
    try:
        return _Column(model, sheet).estimates()
    except fsqca.FsqcaError as error:
        raise EstimationError(str(error)) from None


def _accepted(model: AnyModel) -> FuzzySet:
    if not isinstance(model, FuzzySet):
        raise Unsupported(f"python-fsqca analyses sets, not a model of the kind '{model.model}'.")
    return model


class _Column(Analysis):
    """One column as cells."""

    def estimates(self) -> Estimates:
        cells = [*self._rows(), *self._necessity(), *self._outcome(), *self._checks()]
        lacking: list[NotOffered] = []
        warnings = list(self._warnings())
        for kind in self.model.solution:
            try:
                cells += self._solution(kind)
            except fsqca.FsqcaError as error:
                lacking.append(NotOffered("solution", "*", "*", str(error).rstrip(".")))
                break  # what one solution cannot explain, none can
            warnings += _left_off(self.solution(kind))
            try:
                cells += self._tests(kind)
            except fsqca.FsqcaError as error:
                lacking.append(NotOffered("robustness", "*", "*", f"{kind}: {str(error).rstrip('.')}"))
            cells += range_cells(self, kind, of_solution(kind))
        return Estimates(tuple(cells), tuple(lacking), warnings=tuple(warnings))

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

    def _checks(self) -> Iterator[Cell]:
        if not self.model.checks:
            return
        for skew in fsqca.skewness(self.data):
            counts = {"n_in": skew.n_in, "n_out": skew.n_out, "n_half": skew.n_half}
            yield from cells_of("checks", skew.name, **{name: float(n) for name, n in counts.items()})
        both = fsqca.simultaneous_subsets(self.table)
        for code in self.table.positive:
            row = self._written(fsqca.configuration(int(code), self.data.k))
            yield Cell("checks", row, "simultaneous_subset", float(code in both))

    # ---------------------------------------------------------------------------------------- solutions

    def _solution(self, kind: str) -> Iterator[Cell]:
        solution = self.solution(kind)
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
        yield from self._over_panel(kind, union, solution.models)
        yield from case_cells(self.data.cases, kind, self.data.in_model(union))

    def _model(self, kind: str, model: fsqca.ModelFit, ambiguous: bool) -> Iterator[Cell]:
        terms = [self._written(term) for term in model.model]
        yield from cells_of("solution", of_model(kind, terms), **_fit(model))
        for one in model.terms if ambiguous else ():
            address = of_model(kind, terms, self._written(one.term))
            yield from cells_of("solution", address, unique_coverage=one.unique_coverage)

    def _over_panel(
        self, kind: str, union: Iterable[fsqca.Term], models: Iterable[fsqca.Model]
    ) -> Iterator[Cell]:
        """Every term, then the whole solution; where there are several models, every model."""
        for term in union:
            yield from self._panel(of_term(kind, self._written(term)), self.data.in_term(term))
        for model in models:
            yield from self._panel(self._address(kind, model), self.data.in_model(model))

    def _address(self, kind: str, model: fsqca.Model) -> str:
        """Of a model; the only one is the solution."""
        if self.solution(kind).is_ambiguous:
            return of_model(kind, [self._written(term) for term in model])
        return of_solution(kind)

    def _panel(self, term: str, x: Array, relation: str = "sufficiency") -> Iterator[Cell]:
        if self.model.panel is not None:
            yield from panel_cells(term, x, self.data, self.sheet, self.model.panel.each, relation)

    def _tests(self, kind: str) -> Iterator[Cell]:
        tests = test_solutions(self, kind)
        for model in self.solution(kind).models if tests else ():
            yield from robustness_cells(self._address(kind, model), model, self.data, tests)

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


def _left_off(solution: fsqca.Solution) -> Iterator[str]:
    """That there are more models than are listed, or than were counted, or perhaps smaller ones."""
    if not solution.is_proved:
        yield (
            f"the {solution.kind} solution has {solution.size} terms a model; proved is that none has fewer "
            f"than {solution.size_at_least}: there may be smaller models"
        )
    if solution.n_models > len(solution.models) or not solution.count_is_exact:
        least = "" if solution.count_is_exact else "at least "
        listed = f"{len(solution.models)} are listed"
        yield f"the {solution.kind} solution has {least}{solution.n_models} models, of which {listed}"
