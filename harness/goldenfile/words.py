"""The terms that a printed table of a spec may name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from harness import glossary
from harness.glossary import plain
from harness.spec import AnyModel, Constructed, Descriptive, DynamicPanel, FuzzySet, Linear, Spec, terms
from harness.spec.configuration_terms import CONFIGURATION_PARTS, configuration_fault

_COMPONENTS = ("entity", "time", "group", "idiosyncratic")
_OF_A_GROUP = ("diff_hansen_", "hansen_excl_")


@dataclass(frozen=True)
class Words:
    """
    What stands in any column of a spec.

    Attributes:
        coefficients: terms
        prefixes: `year=` where a column has a dummy for every year: any value may follow
        variables: of descriptive columns
        constructed: indicators, types and names of constructed variables
        groups: names of instrument groups
        stars: how many limits the spec's legend has
        conditions: of fuzzy-set columns, each column's in their order
    """

    coefficients: frozenset[str]
    prefixes: tuple[str, ...]
    variables: frozenset[str]
    constructed: frozenset[str]
    groups: frozenset[str]
    stars: int
    conditions: tuple[tuple[str, ...], ...] = ()

    def fault_of_term(self, part: str, term: str, measure: str) -> str:
        """What is wrong with a term of *part*, "" where nothing is."""
        if part == "coefficients":
            return self._coefficient(term)
        if part == "covariance":
            return self._covariance(term)
        if part == "tests":
            return self._test(term)
        if part == "fit":
            return _fit(term, measure)
        if part in CONFIGURATION_PARTS:
            return self._configuration(part, term)
        if part == "descriptives" and term not in self.variables and plain(term) not in self.variables:
            return f"'{term}' is no variable of the spec{did_you_mean(term, self.variables)}"
        if part == "index" and plain(term) not in self.constructed:
            return f"'{term}' is nothing that the spec constructs{did_you_mean(term, self.constructed)}"
        return ""

    def _configuration(self, part: str, term: str) -> str:
        if not self.conditions:
            return f"no column of the spec is a fuzzy-set model, so that nothing has a {part}"
        faults = [configuration_fault(part, term, conditions) for conditions in self.conditions]
        return "" if "" in faults else faults[0]

    def _coefficient(self, term: str) -> str:
        if term in self.coefficients or term.startswith(self.prefixes):
            return ""
        return f"no column of the spec has a coefficient '{term}'{did_you_mean(term, self.coefficients)}"

    def _covariance(self, term: str) -> str:
        first, tilde, second = term.partition("~")
        if not tilde:
            return f"'{term}' names no pair of coefficients. Write x~y"
        return self._coefficient(first) or self._coefficient(second)

    def _test(self, term: str) -> str:
        if not glossary.is_test(term):
            return f"'{term}' is no test{did_you_mean(term, glossary.TESTS)}"
        name, _, variant = term.partition("@")
        if variant and variant not in glossary.VARIANTS.get(name, ()):
            has = ", ".join(glossary.VARIANTS.get(name, ())) or "none"
            return f"'{name}' has no variant '{variant}'; it has: {has}"
        group = next((name.removeprefix(start) for start in _OF_A_GROUP if name.startswith(start)), None)
        if group is None or group in self.groups:
            return ""
        return f"the spec has no instrument group '{group}'{did_you_mean(group, self.groups)}"


def words(spec: Spec) -> Words:
    """The words of all columns together."""
    models = list(spec.columns.values())
    time = spec.data.panel.time if spec.data.panel else ""
    named = {term for model in models for term in _named(model, time)}
    return Words(
        frozenset(term for term in named if not term.endswith("=")),
        tuple(sorted(term for term in named if term.endswith("="))),
        frozenset(v for model in models if isinstance(model, Descriptive) for v in model.variables),
        frozenset(term for model in models if isinstance(model, Constructed) for term in model.terms),
        frozenset(group for model in models for group in _groups(model)),
        len(spec.stars),
        tuple(dict.fromkeys(model.conditions for model in models if isinstance(model, FuzzySet))),
    )


def _named(model: AnyModel, time: str) -> Iterator[str]:
    """Terms of the coefficients; `year=` stands for a dummy of every year."""
    if isinstance(model, Descriptive | Constructed | FuzzySet):
        return
    yield from (term for term, _, _ in terms(model.regressors))
    if model.has_constant:
        yield "constant"
    yield from _dummies(time, model.time_dummies)
    if not isinstance(model, DynamicPanel):
        yield from (term for term, _, _ in terms(model.endogenous))
    if isinstance(model, Linear):
        for column, values in model.dummies.items():
            yield from _dummies(column, values)


def _dummies(column: str, values: str | Iterable[int | str]) -> list[str]:
    return [f"{column}="] if values == "all" else [f"{column}={value}" for value in values]


def _groups(model: AnyModel) -> tuple[str, ...]:
    if not isinstance(model, DynamicPanel):
        return ()
    return (*model.instruments.gmm, *model.instruments.iv, "level_gmm")


def _fit(term: str, measure: str) -> str:
    wanted = _COMPONENTS if measure == "variance" else ("model",)
    return "" if term in wanted else f"the term of fit {measure} is {' or '.join(wanted)}, not '{term}'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that names a wrong word: the nearest right one, or all of them."""
    close = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else f". Known: {', '.join(sorted(known))}"
