"""A spec's sheets, and the cells of its printed table beside those of an engine."""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from conftest import ROOT

from harness import dataset, specfile
from harness.engines import engines
from harness.result import Estimates
from harness.sheet import Sheet
from harness.spec import AnyModel, Spec


class Reading(NamedTuple):
    """A printed number and what an engine gives for it: None where it gives nothing."""

    part: str
    term: str
    measure: str
    text: str
    value: float | None


@cache
def _read(identifier: str) -> tuple[Spec, dataset.Dataset]:
    spec = specfile.read(ROOT / "specs" / f"{identifier}.yaml", engines().keys())
    return spec, dataset.read(spec)


def prepared(identifier: str, column: str) -> tuple[AnyModel, Sheet]:
    """The model and the sheet of one column of a committed spec."""
    spec, data = _read(identifier)
    return spec.columns[column], dataset.prepare(spec, data, column)


def fitted(engine: ModuleType, identifier: str, column: str) -> Estimates:
    return engine.fit(*prepared(identifier, column))


def readings(engine: ModuleType, identifier: str, column: str) -> list[Reading]:
    """Every printed cell of the column, the print's plain names under the spec's variants."""
    spec, _ = _read(identifier)
    found = {(c.part, c.term, c.measure): c.value for c in fitted(engine, identifier, column).cells}

    def name(plain: str) -> str:
        variant = spec.variant(column, plain)
        return f"{plain}@{variant}" if variant else plain

    return [
        Reading(part, term, measure, text, found.get((part, name(term), name(measure))))
        for part, term, measure, text in _printed(ROOT / "golden" / identifier / "published.csv", column)
    ]


def _printed(path: Path, column: str) -> list[tuple[str, str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["part"], row["term"], row["measure"], row[column]) for row in rows if row[column]]


def rounds_to(value: float, text: str, scale: float = 1.0) -> bool:
    """Whether *value* times *scale* could have been printed as *text*: half a unit of the last digit."""
    printed = Decimal(text)
    half = Decimal(1).scaleb(int(printed.as_tuple().exponent)) / 2
    return abs(Decimal(repr(value * scale)) - printed) <= half
