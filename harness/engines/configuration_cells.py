"""From sets of terms to the cells of a table of configurations: the words of the QCA engines."""

from collections.abc import Iterable, Sequence

from harness.result import Cell

MOST_CASES = 200  # beyond, the plot of a solution is a cloud and its cells are left out


def cells_of(part: str, term: str, **values: float) -> list[Cell]:
    """One cell a measure, in the order given; what is NaN (R's "-") has no cell."""
    return [Cell(part, term, measure, value) for measure, value in values.items() if value == value]


def exact(number: float) -> str:
    """
    The shortest text that is read as the same double, for a call that can be made again.

    >>> exact(0.8), exact(1.0), exact(0.7241637102798321)
    ('0.8', '1', '0.7241637102798321')
    """
    return repr(float(number)).removesuffix(".0")


def literals(term: str) -> list[str]:
    """
    >>> literals("A*~B")
    ['A', '~B']
    """
    return term.split("*")


def case_cells(cases: Sequence[str], measure: str, memberships: Iterable[float]) -> list[Cell]:
    """Membership of every case, none where there are too many of them."""
    if len(cases) > MOST_CASES:
        return []
    return [Cell("cases", case, measure, float(x)) for case, x in zip(cases, memberships, strict=True)]
