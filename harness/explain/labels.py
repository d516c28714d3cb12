"""What a program prints under a name of its own that means something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.glossary import VARIANTS, plain
from harness.result import Result

_ALIKE = 1e-6

# Engine, label, and why its number is no statistic of the glossary.
_LABELS: tuple[tuple[str, str, str], ...] = (
    (
        "python-pydynpd",
        r"ar\d+",
        "after one step its test takes the moments of the second: pydynpd 0.2.2, regression.py, _zs_list",
    ),
    (
        "r-plm",
        r"plm: Autocorrelation test .*",
        "in a system its test has the differenced residuals alone in Z'e: plm 2.6-2, mtest",
    ),
)


# What a program's label is taken to mean by its reader.
_MEANT = (
    (r"hansen", "hansen_j"),
    (r"(ar\d+)", r"\1"),
    (r"plm: Autocorrelation test \((\d+)\)", r"ar\1"),
    (r"plm: Sargan test", "sargan"),
    (r"plm: Wald test for coefficients|gretl: Wald \(joint\) test", "wald"),
)


def labels(result: Result) -> Iterator[str]:
    """Sentences on numbers that the engine's cells have under another name, or not at all."""
    own = {
        (cell.term if cell.part == "tests" else cell.measure): cell.value
        for cell in result.cells
        if (cell.part, cell.measure) == ("tests", "statistic") or cell.part == "fit"
    }
    for cell in result.cells:
        if cell.part != "as_printed" or cell.measure in ("df", "p_value"):
            continue
        label = cell.measure if cell.term == "model" else cell.term
        meant = _meant(label)
        right = {meant, *(f"{meant}@{variant}" for variant in VARIANTS.get(meant, ())[:1])}
        names = [name for name, value in own.items() if abs(value - cell.value) <= _ALIKE * abs(cell.value)]
        if right & set(names):
            continue
        means = f"is its {names[0]}" if names else f"is no statistic of the glossary{_why(result, cell.term)}"
        its = ", ".join(f"{name} is {value:.7g}" for name, value in own.items() if plain(name) == meant)
        yield f"{result.engine} prints {cell.value:.7g} as '{label}': that {means}{its and f'; {its}'}"


def _meant(label: str) -> str:
    found = (re.sub(pattern, name, label) for pattern, name in _MEANT if re.fullmatch(pattern, label))
    return next(found, label)


def _why(result: Result, label: str) -> str:
    known = (why for its, pattern, why in _LABELS if its == result.engine and re.fullmatch(pattern, label))
    found = next(known, "")
    return f" ({found})" if found else ""
