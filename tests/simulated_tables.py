"""Tables of real regressions and real moments, rounded as a journal prints them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from harness.audit import audit
from harness.result import Finding, PrintedCell, Published
from harness.spec import MODEL_ADAPTER, Head, Spec

Row = tuple[str, str, str]
STARS = (0.10, 0.05, 0.01)


@dataclass(frozen=True)
class Table:
    """
    One column, as printed.

    Attributes:
        cells: part, term and measure to text
        head, model: what the spec says
        df: of t
    """

    cells: dict[Row, str]
    head: dict[str, Any]
    model: dict[str, Any]
    df: float = math.inf

    def found(self) -> tuple[Finding, ...]:
        return audit(*self.as_spec())

    def as_spec(self) -> tuple[Spec, Published]:
        given = {
            "title": "simulated",
            "source": {"citation": "made for a test", "read_from": "a test"},
            "data": {"file": "none.csv"},
            "engines": ["r-stats"],
        }
        head = Head.model_validate(given | self.head)
        fields = {name: getattr(head, name) for name in Head.model_fields}
        model = MODEL_ADAPTER.validate_python(self.model)
        spec = Spec(**fields, id="simulated", path=Path("specs/simulated.yaml"), sha256="0" * 64,
                    columns={"(1)": model}, merged={"(1)": self.model})  # fmt: skip
        printed = tuple(
            PrintedCell(*row, text, line) for line, (row, text) in enumerate(self.cells.items(), 2)
        )
        return spec, Published("golden/simulated/published.csv", "0" * 64, {"(1)": printed})

    def doctored(self, row: Row, text: str) -> "Table":
        return replace(self, cells=self.cells | {row: text})


class Printer:
    """Numbers as one journal prints them: a number of decimals or of significant digits, one way to round."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.decimals = int(rng.integers(2, 6))
        self.significant = int(rng.integers(3, 5)) if rng.random() < 0.3 else None
        self.rounding = [ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN][int(rng.choice(3, p=[0.5, 0.3, 0.2]))]

    @property
    def rules(self) -> list[dict[str, Any]]:
        return [{"rounding": "truncated"}] if self.rounding == ROUND_DOWN else []

    def __call__(self, value: float, decimals: int | None = None) -> str:
        exact = Decimal(repr(float(value)))
        if decimals is None and self.significant is not None and value:
            shown = exact.quantize(Decimal(1).scaleb(exact.adjusted() - self.significant + 1), self.rounding)
            return f"{shown:e}" if abs(value) < 1e-3 else f"{shown:f}"
        return f"{exact.quantize(Decimal(1).scaleb(-(decimals or self.decimals)), self.rounding):f}"


def regressions(count: int, seed: int) -> Iterator[Table]:
    """Least squares on random data: conventional, robust and normal, or by groups."""
    for child in np.random.SeedSequence(seed).spawn(count):
        yield _regression(np.random.default_rng(child))


def _regression(rng: np.random.Generator) -> Table:
    n, k = int(rng.integers(25, 400)), int(rng.integers(2, 6))
    x = np.column_stack([rng.normal(size=(n, k)) * 10.0 ** rng.integers(-2, 3, k), np.ones(n)])
    y = x @ (rng.normal(size=k + 1) / np.abs(x).mean(0) * rng.choice([0, 0.05, 0.2, 1], k + 1)) + rng.normal(
        size=n
    )
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    residuals = y - x @ beta
    kind = str(rng.choice(["conventional", "robust", "cluster"]))
    groups = np.arange(n) // 5
    if kind == "conventional":
        variance = bread * (residuals @ residuals) / (n - k - 1)
    else:
        scores = x * residuals[:, None]
        if kind == "cluster":
            scores = np.array([scores[groups == g].sum(0) for g in np.unique(groups)])
        variance = bread @ scores.T @ scores @ bread
    df = {"conventional": n - k - 1, "robust": math.inf, "cluster": groups[-1]}[kind]
    model = {
        "model": "linear",
        "outcome": "y",
        "regressors": {f"x{i}": 0 for i in range(k)},
        "std_error": kind,
        **({"cluster": ["g"], "distribution": "t-groups"} if kind == "cluster" else {}),
        **({"distribution": "normal"} if kind == "robust" else {}),
    }
    printer = Printer(rng)
    cells = dict(_coefficients(rng, printer, beta, np.sqrt(np.diag(variance)), float(df)))
    cells |= {("fit", "model", "n_obs"): str(n)}
    if kind == "cluster":
        cells |= {("fit", "model", "n_groups"): str(groups[-1] + 1)}
    slopes, inverse = beta[:-1], np.linalg.inv(variance[:-1, :-1])
    f = float(slopes @ inverse @ slopes) / k
    cells |= dict(_test(printer, "f", f, k, None if df == math.inf else float(df)))
    if kind == "conventional":
        cells |= dict(_fit(printer, y, residuals, n - k - 1))
    return Table(cells, {"stars": list(STARS), "print": printer.rules}, model, float(df))


def p_of(statistic: float, df: float) -> float:
    """Two-sided p by scipy."""
    law = stats.norm if math.isinf(df) else stats.t(df)
    return float(2 * law.sf(abs(statistic)))


def _coefficients(
    rng: np.random.Generator, printer: Printer, beta: Any, std_errors: Any, df: float
) -> Iterator[tuple[Row, str]]:
    optional = ("statistic", "p_value", "interval", "stars")
    shown = {name for name in optional if rng.random() < 0.6} or {"stars"}
    names = [*(f"x{i}" for i in range(len(beta) - 1)), "constant"]
    half = -(stats.norm.ppf(0.025) if math.isinf(df) else stats.t(df).ppf(0.025))
    for name, b, se in zip(names, beta, std_errors, strict=True):
        p = p_of(b / se, df)
        values = {"estimate": b, "std_error": se, "statistic": b / se, "p_value": p}
        for measure, value in values.items():
            if measure in ("estimate", "std_error") or measure in shown:
                yield (
                    ("coefficients", name, measure),
                    printer(value, {"statistic": 2, "p_value": 3}.get(measure)),
                )
        if "interval" in shown:
            yield ("coefficients", name, "ci_low"), printer(b - half * se)
            yield ("coefficients", name, "ci_high"), printer(b + half * se)
        if "stars" in shown:
            yield ("coefficients", name, "stars"), str(sum(p < limit for limit in STARS))


def _test(printer: Printer, name: str, f: float, k: int, df2: float | None) -> Iterator[tuple[Row, str]]:
    """An F test, or a Wald test where the normal distribution is used."""
    if df2 is None:
        p = float(stats.chi2(k).sf(f * k))
        found = {"statistic": printer(f * k, 2), "df": str(k), "p_value": printer(p, 4)}
        yield from ((("tests", "wald", measure), text) for measure, text in found.items())
        return
    p = float(stats.f(k, df2).sf(f))
    found = {"statistic": printer(f, 2), "df": str(k), "df2": f"{df2:.0f}", "p_value": printer(p, 4)}
    yield from ((("tests", name, measure), text) for measure, text in found.items())


def _fit(printer: Printer, y: Any, residuals: Any, df: int) -> Iterator[tuple[Row, str]]:
    ssr, tss = float(residuals @ residuals), float(((y - y.mean()) ** 2).sum())
    found = {
        "ssr": ssr,
        "mss": tss - ssr,
        "tss": tss,
        "r_squared": 1 - ssr / tss,
        "rmse": math.sqrt(ssr / df),
    }
    yield from ((("fit", "model", name), printer(value, 4)) for name, value in found.items())
    yield ("fit", "model", "df_resid"), str(df)


def moments(count: int, seed: int) -> Iterator[Table]:
    """Descriptives of whole numbers, zeros and ones, a skewed variable, a sum of disjoint parts."""
    for child in np.random.SeedSequence(seed).spawn(count):
        yield _moments(np.random.default_rng(child))


def _moments(rng: np.random.Generator) -> Table:
    n, parts = int(rng.integers(8, 90)), 3
    whole = np.exp(rng.normal(size=n))
    kind = rng.integers(0, parts, n)
    data = {
        "children": rng.poisson(1.5, n).astype(float),
        "urban": (rng.random(n) < rng.random()).astype(float),
        "income": np.exp(rng.normal(8, 1, n)),
        "total": whole,
        **{f"part{i}": np.where(kind == i, whole, 0.0) for i in range(parts)},
    }
    data["both"] = data["income"] + 2 * data["children"]
    printer = Printer(rng)
    printer.significant = None
    cells = {
        ("descriptives", name, measure): text
        for name, values in data.items()
        for measure, text in _summary(printer, values).items()
    }
    names = [f"part{i}" for i in range(parts)]
    identities = [
        "children == round(children, 0)",
        "urban in [0, 1]",
        {"expression": "total == part0 + part1 + part2", "disjoint": names},
        "both == income + 2 * children",
    ]
    model = {"model": "descriptive", "variables": list(data)}
    return Table(cells, {"identities": identities, "print": printer.rules}, model)


def _summary(printer: Printer, values: Any) -> dict[str, str]:
    return {
        "n_obs": str(len(values)),
        "mean": printer(values.mean()),
        "sd": printer(values.std(ddof=1)),
        "min": printer(values.min()),
        "median": printer(np.median(values)),
        "max": printer(values.max()),
    }
