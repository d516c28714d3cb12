"""From the label of a coefficient to a variable and its lag."""

import re
from typing import NamedTuple

_LAGS = (
    re.compile(r"(?i:l)(?P<lag>\d*)\.(?P<name>.+)"),  # Stata, and the language of specs
    re.compile(r"(?P<name>.+?),? (?i:lag) (?P<lag>\d+)"),
    re.compile(r"(?P<name>.+?)(?:[ _]+[(\[{]?|[(\[{])(?:i, ?|i)?t ?[-−–] ?(?P<lag>\d+)[)\]}]?"),
    re.compile(r"(?i:lag(?:ged)?)(?P<lag>)(?: of)? (?P<name>.+)"),
)
_CONSTANT = re.compile(r"_?cons(?:t|tant)?|\(?intercept\)?|constant term|常数项?|截距项?", re.IGNORECASE)
_DUMMY = (
    re.compile(r"(?P<name>[^\W\d]\w*) ?= ?(?P<value>-?\w+)"),
    re.compile(r"(?P<value>\d+)b?n?\.(?P<name>[^\W\d]\w*)"),  # Stata's factor variables
)


LONGEST = 200  # letters of a label that mean something; what is longer is a note, and slow to search


class Term(NamedTuple):
    """
    A coefficient.

    Attributes:
        label: as printed
        variable: the name that the spec gives it
        lag: 0 for the variable itself
        value: of a dummy, the value it stands for, else ""
    """

    label: str
    variable: str
    lag: int = 0
    value: str = ""

    @property
    def name(self) -> str:
        """As the spec calls it: x, L1.x, year=1980, constant."""
        if self.value:
            return f"{self.variable}={self.value}"
        return f"L{self.lag}.{self.variable}" if self.lag else self.variable


def term(label: str) -> Term:
    """
    The term that a label names.

    >>> term("L.n").name, term("Wage (t-2)").name, term("1980.year").name, term("_cons").name
    ('L1.n', 'L2.Wage', 'year=1980', 'constant')
    """
    if len(label) > LONGEST:
        return Term(label, variable(label[:LONGEST]))
    if _CONSTANT.fullmatch(label):
        return Term(label, "constant")
    for shape in _DUMMY:
        found = shape.fullmatch(label)
        if found:
            return Term(label, found["name"], 0, found["value"])
    for shape in _LAGS:
        found = shape.fullmatch(label)
        if found and 0 < int(found["lag"] or 1) < 100:
            return Term(label, variable(found["name"]), int(found["lag"] or 1))
    return Term(label, variable(label))


def variable(label: str) -> str:
    """
    A name for what is called *label*: letters, digits and _, of any alphabet.

    >>> variable("log wage"), variable("新质生产力"), variable("R&D (%)"), variable("2nd")
    ('log_wage', '新质生产力', 'R_D', 'v_2nd')
    """
    name = re.sub(r"\W+", "_", label).strip("_") if not re.fullmatch(r"\w+", label) else label
    return f"v_{name}" if not name or name[0].isdigit() else name
