"""Printed solutions against an engine's: which of its minimal models the paper shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.sides import Key, Side
from harness.result import PrintedCell
from harness.spec.configuration_terms import Address, of_model, read

Terms = frozenset[str]


@dataclass(frozen=True)
class Models:
    """
    Sets of terms by solution; nothing depends on the order or the labels of models.

    Attributes:
        printed: the models that the paper shows; a paper that lists terms alone shows the model they form
        found: the engine's minimal models
        terms: the terms that the paper shows, in any model
    """

    printed: Mapping[str, frozenset[Terms]]
    found: Mapping[str, frozenset[Terms]]
    terms: Mapping[str, Terms]

    @classmethod
    def of(cls, cells: Sequence[PrintedCell], engine: Side) -> "Models":
        """From a printed column and an engine's cells."""
        shown = list(_addresses(cell.term for cell in cells if cell.part == "solution"))
        given = _addresses(term for part, term, _ in engine.values if part == "solution")
        terms: dict[str, set[str]] = defaultdict(set)
        for address in shown:
            if address.kind != "unique":
                terms[address.solution] |= set(address.terms)
        models = _models(shown)
        alone = {name: frozenset([frozenset(own)]) for name, own in terms.items() if own}
        return cls({**alone, **models}, _models(given), {name: frozenset(own) for name, own in terms.items()})

    def is_told(self, term: str) -> bool:
        """Whether the print would show the term, or the model, if the paper had it."""
        address = read(term)
        if address is None:
            return True  # what no engine of ours writes
        if address.solution not in self.terms or address.kind not in ("term", "model"):
            return False
        if address.kind == "model":
            return frozenset(address.terms) not in self.printed[address.solution]
        return address.terms[0] not in self.terms[address.solution]

    def listed(self, term: str) -> float | None:
        """1.0 where the term stands in one of the engine's minimal models, or the model is one; else None."""
        address = read(term)
        models = self.found.get(address.solution, frozenset()) if address else frozenset()
        if address is None or address.kind not in ("term", "model"):
            return None
        asked = frozenset(address.terms)
        there = asked in models if address.kind == "model" else any(asked <= model for model in models)
        return 1.0 if there else None

    def ambiguity(self, term: str) -> str:
        """Why the paper lacks a term or a model that the engine has: it chose. "" where it did not."""
        address = read(term)
        if address is None or not self._chose(address.solution):
            return ""
        shown, there = len(self.printed[address.solution]), len(self.found[address.solution])
        return f"the paper shows {shown} of the {there} minimal models of the {address.solution} solution"

    def _chose(self, solution: str) -> bool:
        """Whether the printed models are some of the engine's, and not all."""
        return self.printed.get(solution, frozenset()) < self.found.get(solution, frozenset())

    def address(self, key: Key) -> Key:
        """
        Where the engine keeps what the paper prints of the one model that it shows.

        With one model of several, the solution's own fit is that model's, and so is a unique coverage.
        """
        part, term, measure = key
        address = read(term)
        if address is None or not self._chose(address.solution) or len(self.printed[address.solution]) != 1:
            return key
        (model,) = self.printed[address.solution]
        if address.kind == "solution" and measure != "n_models":
            return part, of_model(address.solution, model), measure
        if address.kind == "term" and measure == "unique_coverage":
            return part, of_model(address.solution, model, address.terms[0]), measure
        return key


def _addresses(terms: Iterable[str]) -> Iterable[Address]:
    return (address for term in dict.fromkeys(terms) if (address := read(term)) is not None)


def _models(addresses: Iterable[Address]) -> dict[str, frozenset[Terms]]:
    found: dict[str, set[Terms]] = defaultdict(set)
    for address in addresses:
        if address.kind in ("model", "unique"):
            found[address.solution].add(frozenset(address.terms))
    return {name: frozenset(models) for name, models in found.items()}
