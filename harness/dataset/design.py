"""The design of a model: which dummies are kept, and whether its columns are independent of each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.dataset.collinear import Basis, varies
from harness.dataset.rows import Floats
from harness.errors import DataError

Transform = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Family:
    """
    Dummies of one column.

    Attributes:
        place: the key of the model that asks for them
        column: what the terms begin with: `year` in `year=1980`
        values: as in terms, sorted
        codes: (n,) index into `values`
        asked: the values kept, or all
    """

    place: str
    column: str
    values: tuple[str, ...]
    codes: NDArray[np.int64]
    asked: Literal["all"] | tuple[str, ...]

    @classmethod
    def of(
        cls, place: str, column: str, labels: NDArray[Any], asked: Literal["all"] | Sequence[int | str]
    ) -> "Family":
        """labels : (n,) the value of every row. Raises DataError where a value asked for does not occur."""
        found, codes = np.unique(labels, return_inverse=True)
        values = tuple(str(value) for value in found)
        if asked == "all":
            return cls(place, column, values, codes.astype(np.int64), "all")
        wanted = tuple(str(value) for value in asked)
        absent = [value for value in wanted if value not in values]
        if absent:
            raise DataError(
                f"{place}: {', '.join(absent)} does not occur in '{column}' among the rows used, "
                f"which have {_listed(values)}. Leave it out, or widen the sample"
            )
        return cls(place, column, values, codes.astype(np.int64), wanted)

    def term(self, value: str) -> str:
        return f"{self.column}={value}"

    def dummy(self, value: str) -> Floats:
        """(n,) 1.0 where the row has *value*."""
        return np.asarray(self.codes == self.values.index(value), dtype=np.float64)


@dataclass(frozen=True)
class Equation:
    """
    The regressors of a model, and what its estimator makes of them.

    Attributes:
        n_rows: n, rows in levels
        columns: term to (n,) values in levels, in order of print
        transform: (n, k) levels to (m, k), what is regressed on what
        constant: whether a column of ones stands beside the transformed columns
        absorbed: coefficients that the transformation takes care of (fixed effects)
        lost: how a column is called that the transformation leaves nothing of
    """

    n_rows: int
    columns: dict[str, Floats]
    transform: Transform
    constant: bool
    absorbed: int
    lost: str

    def matrix(self) -> Floats:
        """(m, k) the transformed columns."""
        return self.transform(np.column_stack([np.empty((self.n_rows, 0)), *self.columns.values()]))

    def basis(self) -> Basis:
        """Of the constant alone, or empty."""
        n_rows = len(self.transform(np.empty((self.n_rows, 0))))
        basis = Basis(n_rows)
        if self.constant:
            basis.add("constant", np.ones(n_rows))
        return basis


def choose_dummies(equation: Equation, families: Sequence[Family]) -> dict[str, Floats]:
    """
    The dummies that are kept, term to (n,) values, in order of print.

    Those listed are kept. Of `all`, those that are no combination of the other columns are kept, the last
    value first, so that the first values are the ones that go.
    """
    if all(family.asked != "all" for family in families):
        return {f.term(value): f.dummy(value) for f in families for value in f.asked}
    basis = _basis(equation)
    for family in families:
        for value in family.asked if family.asked != "all" else ():
            _add(basis, family.term(value), family.dummy(value), equation)
    kept = {family.column: _kept(family, basis, equation) for family in families}
    return {f.term(value): f.dummy(value) for f in families for value in kept[f.column]}


def _basis(equation: Equation) -> Basis:
    """The constant and the regressors; what is dependent is left out."""
    basis = equation.basis()
    for term, column in equation.columns.items():
        _add(basis, term, column, equation)
    return basis


def _add(basis: Basis, term: str, column: Floats, equation: Equation) -> bool:
    transformed = equation.transform(column[:, None])[:, 0]
    return varies(transformed, column) and basis.add(term, transformed)


def _kept(family: Family, basis: Basis, equation: Equation) -> tuple[str, ...]:
    if family.asked != "all":
        return family.asked
    kept = [
        value
        for value in reversed(family.values)
        if _add(basis, family.term(value), family.dummy(value), equation)
    ]
    return tuple(reversed(kept))


def need_full_rank(equation: Equation) -> None:
    """
    Raises DataError where the regressors cannot all be estimated.

    That is: fewer rows than coefficients, a column without variation, a column that is a combination of
    others (the message says of which).
    """
    matrix = equation.matrix()
    _need_rows(len(matrix), equation)
    lost = [
        term
        for at, (term, column) in enumerate(equation.columns.items())
        if not varies(matrix[:, at], column)
    ]
    if lost:
        verb = "has" if len(lost) == 1 else "have"
        raise DataError(f"{', '.join(lost)} {verb} {equation.lost}. Leave {_it(lost)} out")
    basis = equation.basis()
    for at, term in enumerate(equation.columns):
        need_independent(basis, term, matrix[:, at], "regressors")


def need_independent(basis: Basis, term: str, column: Floats, place: str) -> None:
    """Takes *column* into *basis*. Raises DataError where it is a combination of those before it."""
    if not basis.add(term, column):
        raise DataError(
            f"{place}: the design is singular, {term} = {basis.combination(column)} in every row used. "
            "Leave one of them out"
        )


def _need_rows(n_rows: int, equation: Equation) -> None:
    n_coefficients = len(equation.columns) + equation.constant
    if n_rows - equation.absorbed > n_coefficients:
        return
    absorbed = f" and {equation.absorbed} absorbed effects" if equation.absorbed else ""
    raise DataError(
        f"{n_rows} observations for {n_coefficients} coefficients{absorbed}. "
        "Widen the sample, or leave regressors out"
    )


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _listed(values: Sequence[str]) -> str:
    if len(values) <= 12:
        return ", ".join(values)
    return f"{values[0]}, {values[1]}, ... {values[-1]} ({len(values)} values)"
