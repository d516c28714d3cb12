"""Outcomes made by hand for the tests of the report: numbers are made up, verdicts given, not computed."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.result import (
    Cell,
    Comparison,
    NotOffered,
    Outcome,
    Pair,
    PrintedCell,
    Provenance,
    Published,
    Result,
    Verdict,
)
from harness.spec import MODEL_ADAPTER, Head, Spec

HASH = "0f" * 32
BASE = {"model": "linear", "outcome": "y", "regressors": {"x": 0, "z": [1, 1]}, "std_error": "conventional"}
HEAD = {
    "title": "Table 1, wages",
    "source": {"citation": "Nobody (2001)", "doi": "10.1000/182", "read_from": "the tests", "table": 1},
    "data": {"file": "wages.csv", "sha256": HASH, "obtain": "Write to the archive."},
    "derive": {"y": "log(wage)"},
    "engines": ["r-plm", "python-linearmodels", "python-dpd"],
    "print": [{"terms": ["x~x"], "scale": 100.0}],
    "open": [
        {"setting": "std_error", "because": "The note is silent.", "alternatives": ["conventional", "robust"]}
    ],
    "known_differences": [
        {
            "between": ["published", "r-plm"],
            "terms": ["z"],
            "within": {"rtol": 0.02},
            "reason": "The paper truncates.",
            "evidence": "Its footnote 3.",
        }
    ],
    "claims": [
        {"text": "x raises wages", "column": "(1)", "term": "x", "sign": "positive", "p_below": 0.05},
        {"text": "x is one half", "column": "(1)", "term": "x", "value": "0.50"},
    ],
    "labels": {"x": "schooling", "z": "experience"},
}
# part, term, measure, text, then of r-plm and of python-linearmodels: number and verdict
PRINTED: Sequence[tuple[str, str, str, str, float | None, Verdict, float | None, Verdict]] = (
    ("coefficients", "x", "estimate", "0.123", 0.12345, "within_rounding", 0.12345, "within_rounding"),
    ("coefficients", "x", "std_error", "0.040", 0.04001, "within_rounding", 0.05112, "outside_rounding"),
    ("coefficients", "x", "p_value", "0.002", 0.0021, "within_rounding", 0.0158, "significance_flip"),
    ("coefficients", "L1.z", "estimate", "-1.5", -1.52, "explained", 1.5, "sign_flip"),
    ("coefficients", "L1.z", "std_error", "0.3", 0.31, "within_rounding", None, "not_offered"),
    ("covariance", "x~x", "estimate", "0.160", 0.0016008, "within_rounding", 0.0016008, "within_rounding"),
    ("tests", "sargan", "statistic", "12.0", 12.03, "within_rounding", None, "not_offered"),
    ("fit", "model", "n_obs", "611", 611.0, "exact", 611.0, "exact"),
)


def spec(identifier: str = "wages", columns: Sequence[str] = ("(1)", "(2)"), **changes: object) -> Spec:
    """A spec with one linear model a column."""
    head = Head.model_validate(HEAD | changes)
    models = {name: MODEL_ADAPTER.validate_python(BASE) for name in columns}
    given = {name: getattr(head, name) for name in Head.model_fields}
    place = Path("specs") / f"{identifier}.yaml"
    merged = {name: BASE for name in columns}
    return Spec(**given, id=identifier, path=place, sha256=HASH, columns=models, merged=merged)


def small(identifier: str = "wages", **changes: object) -> Outcome:
    """Two columns, three engines: one agrees but for a known difference, one is off, one could not run."""
    one = spec(identifier, **changes)
    printed = tuple(PrintedCell(*row[:4], line) for line, row in enumerate(PRINTED, start=2))
    results, comparisons = [], []
    for column in one.columns:
        for engine, at in (("r-plm", 4), ("python-linearmodels", 6)):
            results.append(_result(one, column, engine, at))
            comparisons.append(_against_print(one, column, engine, at))
        comparisons.append(_between(one, column))
    results.append(Result(one.id, "(1)", "python-dpd", "skipped", "It comes later."))
    results.append(Result(one.id, "(2)", "python-dpd", "errored", "The matrix is singular.", call="dpd(y)"))
    published = Published(
        f"golden/{one.id}/published.csv", HASH, {name: printed for name in list(one.columns)[:1]}
    )
    return Outcome(
        spec=one,
        published=published,
        results=tuple(results),
        comparisons=tuple(c for c in comparisons if c.column == "(1)" or c.reference != "published"),
        headlines={"(1)": "the paper agrees with r-plm only", "(2)": "engines differ"},
        reproduced="minor",
        notes=("The data were given by hand.",),
    )


def _result(one: Spec, column: str, engine: str, at: int) -> Result:
    cells = [Cell(*row[:3], row[at]) for row in PRINTED if row[at] is not None]
    return Result(
        spec=one.id,
        column=column,
        engine=engine,
        status="fitted",
        call=f"{engine}: y ~ x + lag(z)",
        cells=(
            *cells,
            Cell("as_printed", "Sargan", "statistic", 11.1),
            Cell("fit", "model", "rmse", math.nan),
        ),
        not_offered=(NotOffered("tests", "hansen_j", "*", "It has no such test."),),
        recomputed=(("fit", "model", "n_obs"),),
        warnings=("Check the rank.",),
        provenance=Provenance(engine_version=f"{engine} 1.0", language_version="3.11", data_sha256=HASH),
    )


def _against_print(one: Spec, column: str, engine: str, at: int) -> Comparison:
    pairs = tuple(
        Pair(*row[:4], _in_print(row, at), 0.0005, row[at + 1], 3.1, _REASONS.get(row[at + 1], ""))
        for row in PRINTED
    )
    return Comparison(one.id, column, "published", engine, pairs)


def _in_print(row: Sequence[object], at: int) -> float | None:
    """The number in the unit of the print: the rule in HEAD says that x~x is printed times 100."""
    value = row[at]
    return value * 100 if row[1] == "x~x" and isinstance(value, float) else value  # type: ignore[return-value]


_REASONS = {"explained": "The paper truncates.", "not_offered": "It has no such test."}


def _between(one: Spec, column: str) -> Comparison:
    pairs = tuple(
        Pair(*row[:3], row[4], row[6], 1e-6, "exact" if row[4] == row[6] else "outside_tolerance", 15.0)
        for row in PRINTED
        if row[6] is not None
    )
    return Comparison(one.id, column, "r-plm", "python-linearmodels", pairs)


def in_paper(found: Outcome, item: int | None) -> Outcome:
    """The outcome as the *item*-th of a paper."""
    source = found.spec.source.model_copy(update={"paper": "article", "item": item})
    return replace(found, spec=found.spec.model_copy(update={"source": source}))


def unprinted() -> Outcome:
    """A table that the paper only talks about: two engines agree, nothing is printed."""
    found = small("unprinted")
    kept = tuple(c for c in found.comparisons if c.reference != "published")
    return Outcome(found.spec, None, found.results, kept, found.headlines, "not printed")


def large(terms: int = 62, engines: int = 5, columns: int = 1) -> Outcome:
    """Six measures a term: 62 terms are 372 printed cells a column."""
    names = [f"engine-{i}" for i in range(engines)]
    one = spec("large", [f"({i})" for i in range(columns)], engines=names, claims=[], known_differences=[])
    measures = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
    values = {
        ("coefficients", f"L{i}.variable_{i}", m): 0.1234567 / (i + 1) - k / 7
        for i in range(terms)
        for k, m in enumerate(measures)
    }
    cells = tuple(Cell(*key, value) for key, value in values.items())
    printed = tuple(
        PrintedCell(*key, f"{value:.7f}", line) for line, (key, value) in enumerate(values.items(), start=2)
    )
    pairs = tuple(Pair(c.part, c.term, c.measure, p.text, c.value, 5e-8, "outside_rounding", 7.1)
                  for c, p in zip(cells, printed, strict=True))  # fmt: skip
    between = tuple(Pair(*cell, cell.value, 1e-6, "outside_tolerance", 12.0) for cell in cells)
    return Outcome(
        spec=one,
        published=Published("golden/large/published.csv", HASH, {name: printed for name in one.columns}),
        results=tuple(Result("large", c, e, "fitted", cells=cells) for c in one.columns for e in names),
        comparisons=tuple(
            Comparison("large", c, a, b, pairs if a == "published" else between)
            for c in one.columns
            for i, a in enumerate(["published", *names])
            for b in names[i:]
        ),
        headlines={},
        reproduced="no",
    )


PAYLOAD = (
    "</td></script><!--\"'><xss onload=alert(1)><script>alert(1)</script>{{ 7 * 191 }}\x1b[31m\x00 | `x` _a_"
)


def hostile() -> Outcome:
    """Every text that comes from a person or an engine tries to break out of its place."""
    bad = PAYLOAD
    known = {"between": ["published", bad], "within": {"atol": 1.0}, "reason": bad, "evidence": bad}
    one = spec(
        "hostile",
        [bad],
        title=bad,
        source={"citation": bad, "doi": bad, "url": bad, "page": bad, "table": bad, "read_from": bad},
        data={"file": bad, "obtain": bad, "panel": {"entity": bad, "time": bad + "2"}},
        derive={bad: bad},
        engines=[bad],
        print=[],
        open=[{"setting": bad, "because": bad, "alternatives": [bad, {bad: bad}]}],
        known_differences=[known | {"columns": [bad], "terms": [bad]}],
        claims=[{"text": bad, "column": bad, "term": bad, "value": "1.0"}],
        labels={bad: bad},
    )
    places = [(part, bad, "estimate") for part in ("coefficients", "tests", "descriptives", "covariance")]
    cells = tuple(Cell(*place, 1.0) for place in places)
    printed = tuple(PrintedCell(*place, bad, 2) for place in places)
    pairs = tuple(Pair(*place, bad, 1.0, 1.0, "outside_rounding", 1.0, bad) for place in places)
    more = {
        "message": bad,
        "call": bad,
        "not_offered": (NotOffered(bad, bad, bad, bad),),
        "recomputed": ((bad, bad, bad),),
        "warnings": (bad,),
        "provenance": Provenance(*[bad] * 4, "", "", "", bad, bad),
    }
    return Outcome(
        spec=one,
        published=Published(bad, HASH, {bad: printed}),
        results=(
            Result("hostile", bad, bad, "fitted", cells=(*cells, Cell("as_printed", bad, bad, 1.0)), **more),
            Result("hostile", bad, bad + "2", "errored", **more),
            Result("hostile", bad, bad + "3", "fitted", cells=cells, **more),
        ),
        comparisons=(
            Comparison("hostile", bad, "published", bad, pairs),
            Comparison(
                "hostile",
                bad,
                bad,
                bad + "3",
                tuple(Pair(*c, 2.0, 0.1, "sign_flip", 0.0, bad) for c in cells),
            ),
            Comparison(
                "hostile", bad, "golden", bad, tuple(Pair(*c, 2.0, 0.1, "stale", 0.0, bad) for c in cells)
            ),
        ),
        headlines={bad: bad},
        reproduced=bad,
        notes=(bad,),
    )
