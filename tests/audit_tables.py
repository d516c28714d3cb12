"""Printed tables as specs with `published.csv`, made in a folder of the test."""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import printed_paper

from harness import goldenfile, specfile
from harness.audit import audit
from harness.engines import engines
from harness.result import Finding, Published
from harness.spec import Spec

Row = tuple[str, str, str]  # part, term, measure
Table = Mapping[Row, Mapping[str, str]]  # to column and text
_CELL = re.compile(r"(?P<estimate>[^*( ]+)(?P<stars>\**)\((?P<std_error>[^)]+)\)")
_STATISTICS: Mapping[str, Row] = {
    "observations": ("fit", "model", "n_obs"),
    "cities": ("fit", "model", "n_groups"),
    "instruments": ("fit", "model", "n_instruments"),
    "wald_chi2": ("tests", "wald", "statistic"),
    "wald_p": ("tests", "wald", "p_value"),
    "ar2_p": ("tests", "ar2", "p_value"),
    "sargan_p": ("tests", "sargan", "p_value"),
}
_TERCILES = {"3": {"I": 3, "VII": 2}, "4": {"I": 1}}
_CONTROLS = ("MS", "TI", "CT", "FI", "DI")


def write(folder: Path, name: str, settings: Mapping[str, Any], table: Table) -> tuple[Spec, Published]:
    """A spec and its printed table, read as the harness reads them; *settings* is the whole spec."""
    head = {"title": name, "source": {"citation": "a test", "read_from": "a test"}, "engines": ["r-plm"]}
    (folder / "specs").mkdir(exist_ok=True)
    (folder / "golden" / name).mkdir(parents=True, exist_ok=True)
    path = folder / "specs" / f"{name}.yaml"
    path.write_text(json.dumps(head | dict(settings), ensure_ascii=False), encoding="utf-8")
    columns = list(settings["columns"])
    with (folder / "golden" / name / "published.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["part", "term", "measure", *columns])
        lines.writerows([*row, *(texts.get(c, "") for c in columns)] for row, texts in table.items())
    spec = specfile.read(path, engines())
    published = goldenfile.read_published(spec)
    assert published is not None
    return spec, published


def found(folder: Path, name: str, settings: Mapping[str, Any], table: Table) -> tuple[Finding, ...]:
    """What the audit of one table says."""
    return audit(*write(folder, name, settings, table))


def worst(findings: Iterable[Finding]) -> list[Finding]:
    """The impossible ones."""
    return [finding for finding in findings if finding.verdict == "impossible"]


# ---------------------------------------------------------------------------------------- the paper's tables


def regression_table(text: str) -> dict[Row, dict[str, str]]:
    """One of the printed tables 3 and 4 as cells."""
    found: dict[Row, dict[str, str]] = {}
    columns = _columns(text)
    for line in text.strip().splitlines():
        name, *cells = line.split("|")
        term, first = name.split(" @ ")
        for column, cell in zip(columns[columns.index(first) :], cells, strict=False):
            for row, shown in _cell("constant" if term == "const" else term, cell):
                found.setdefault(row, {})[column] = shown
    return found


def _columns(text: str) -> list[str]:
    every = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    return every[: 12 if "@ VII" in text else 6]


def _cell(term: str, cell: str) -> list[tuple[Row, str]]:
    if term in _STATISTICS:
        return [(_STATISTICS[term], cell)]
    match = _CELL.fullmatch(cell)
    if match is None:
        return []
    shown = {
        "estimate": match["estimate"],
        "std_error": match["std_error"],
        "stars": str(len(match["stars"])),
    }
    return [(("coefficients", term, measure), text) for measure, text in shown.items()]


def regression_spec(table: str, columns: Sequence[str]) -> dict[str, Any]:
    """The models of table 3 or 4, as far as the audit needs them."""
    regressors: dict[str, Any] = {"NQ": 1, **{f"V{i}": 0 for i in range(1, 6)}}
    models = {}
    for i, name in enumerate(columns):
        half = _TERCILES[table]["VII" if i >= 6 else "I"]
        control = {} if i % 6 == 0 else {_CONTROLS[i % 6 - 1]: 0}
        models[name] = {"regressors": control, "sample": f"quantile_group(NQ, 3) == {half}"}
    return {
        "data": {"file": "cities.csv", "panel": {"entity": "city", "time": "year"}},
        "stars": [0.1, 0.05, 0.01],
        "identities": ["n_obs <= 280 * 17"],
        "claims": list(_claims(table)),
        "base": {
            "model": "dynamic-panel",
            "outcome": "NQ",
            "regressors": regressors,
            "estimator": "system",
            "steps": 2,
            "std_error": "windmeijer",
            "instruments": {"gmm": {"NQ": {"lags": [2, None], "collapse": True}}},
        },
        "columns": models,
    }


def _claims(table: str) -> Iterable[dict[str, Any]]:
    for line in printed_paper.CLAIMS.strip().splitlines():
        of, column, term, value, below, above, sign, text = line.split("|")
        if of == table:
            given = {"value": value, "sign": sign, "p_below": below and float(below)}
            given["p_above"] = above and float(above)
            told = {name: what for name, what in given.items() if what}
            yield {"text": text, "column": column, "term": term, **told}


def table_3(folder: Path) -> tuple[Spec, Published]:
    cells = regression_table(printed_paper.TABLE_3)
    return write(folder, "table-3", regression_spec("3", _columns(printed_paper.TABLE_3)), cells)


def table_4(folder: Path) -> tuple[Spec, Published]:
    cells = regression_table(printed_paper.TABLE_4)
    return write(folder, "table-4", regression_spec("4", _columns(printed_paper.TABLE_4)), cells)


def descriptive_table(text: str) -> dict[Row, dict[str, str]]:
    """Table 2 as cells of one column, `all`."""
    measures = ("n_obs", "mean", "sd", "min", "max")
    lines = [line.split("|") for line in text.strip().splitlines()]
    return {
        ("descriptives", name, measure): {"all": shown}
        for name, *cells in lines
        for measure, shown in zip(measures, cells, strict=True)
    }


def descriptive_spec(variables: Sequence[str], identities: Sequence[Any]) -> dict[str, Any]:
    return {
        "data": {"file": "cities.csv", "panel": {"entity": "city", "time": "year"}},
        "identities": list(identities),
        "base": {"model": "descriptive", "variables": list(variables)},
        "columns": {"all": {}},
    }


def table_2(folder: Path) -> tuple[Spec, Published]:
    cells = descriptive_table(printed_paper.TABLE_2)
    variables = list(dict.fromkeys(term for _, term, _ in cells))
    parts = ["V1", "V2", "V3", "V4", "V5"]
    identities = [
        {"expression": "VA == V1 + V2 + V3 + V4 + V5", "disjoint": parts},
        "n_obs == 280 * 17",
    ]
    return write(folder, "table-2", descriptive_spec(variables, identities), cells)
