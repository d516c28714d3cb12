"""What the rows of an exported table are called; `tables` reads the same words."""

import re
from collections.abc import Mapping

from harness.compare.sides import Key
from harness.report.table import label_of

BENEATH = {"std_error": "Standard errors", "statistic": "t statistics", "p_value": "p-values"}
_MEASURES = {
    "estimate": "estimate",
    "std_error": "std. error",
    "p_value": "p-value",
    "ci_low": "interval from",
    "ci_high": "interval to",
}
_FIT = {
    "n_obs": "Observations",
    "n_groups": "Groups",
    "n_instruments": "Instruments",
    "r_squared": "R-squared",
    "adj_r_squared": "Adjusted R-squared",
    "r_squared_within": "Within R-squared",
    "r_squared_between": "Between R-squared",
    "r_squared_overall": "Overall R-squared",
    "rmse": "Root MSE",
}
_TESTS = {
    "hansen_j": "Hansen",
    "sargan": "Sargan",
    "wald": "Wald",
    "f": "F",
    "hausman": "Hausman",
    "breusch_pagan_lm": "Breusch-Pagan LM",
}
_USUAL_TESTS = re.compile(r"ar[12]|hansen_j|sargan|wald|f")


def is_usual(key: Key) -> bool:
    """Whether a table shows the cell where nobody has said which it shows."""
    part, term, name = key
    if part == "coefficients":
        return name in ("estimate", "std_error")
    if part == "tests":
        return name == "p_value" and _USUAL_TESTS.fullmatch(term) is not None
    counts = ("n_obs", "n_groups", "n_instruments", "r_squared")
    return part == "descriptives" or (part == "fit" and name in counts)


def of_term(term: str, labels: Mapping[str, str]) -> str:
    """The label of a coefficient, its name where it has none."""
    return label_of("coefficients", term, labels) or term


def measure(name: str) -> str:
    """
    A measure in words.

    >>> measure("std_error"), measure("df")
    ('std. error', 'df')
    """
    return _MEASURES.get(name, name)


def row(key: Key, label: str) -> str:
    """
    What a row that is no coefficient is called.

    >>> row(("fit", "model", "n_obs"), ""), row(("tests", "ar2", "p_value"), "")
    ('Observations', 'AR(2), p-value')
    """
    part, term, name = key
    if part == "fit":
        return _FIT.get(name, name) if term == "model" else f"{name}, {term}"
    if part == "tests":
        return f"{_test(term)}, {measure(name)}"
    if part == "covariance":
        return f"covariance, {term}"
    return term if part == "as_printed" else f"{label}, {measure(name)}"


def _test(term: str) -> str:
    order = re.fullmatch(r"ar(\d+)", term)
    return f"AR({order[1]})" if order else _TESTS.get(term, term)
