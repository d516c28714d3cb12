"""Tables of real numbers raise no alarm; a contradiction is found where the digits show it."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
import simulated_tables
from scipy import stats
from simulated_tables import STARS, Row, Table

from harness.result import Finding

pytestmark = pytest.mark.slow

TABLES = 200
Span = tuple[float, float]


def test_200_regressions_and_200_tables_of_moments_raise_no_false_alarm() -> None:
    verdicts = Counter[str]()
    tables = [*simulated_tables.regressions(TABLES, seed=1), *simulated_tables.moments(TABLES, seed=2)]
    for table in tables:
        found = table.found()
        assert not [one for one in found if one.verdict == "impossible"], table.cells
        verdicts.update(one.verdict for one in found)
    assert len(tables) == 2 * TABLES
    assert verdicts["possible"] > 10_000  # the checks did look


# ------------------------------------------------------------------------------------------------ oracles
# Each says by brute force what a doctored cell could be, from the cells that it depends on: every corner and
# some points between of what rounds to these, through scipy. None of it is code of the audit.


def box(table: Table, row: Row) -> Span:
    """Ends of what could have been printed so."""
    text = table.cells[row]
    value = Decimal(text)
    unit = Decimal(1).scaleb(int(value.as_tuple().exponent))
    if row[2] in ("n_obs", "df", "df2", "df_resid", "stars", "n_groups"):
        return float(value), float(value)
    if table.head["print"]:  # truncated: from the print away from zero
        ends = {value, value + unit if value >= 0 else value - unit} | ({-unit} if value == 0 else set())
        return float(min(ends)), float(max(ends))
    return float(value - unit / 2), float(value + unit / 2)


def reach(table: Table, rows: Sequence[Row], formula: Callable[..., float]) -> Span:
    """The smallest and the largest that *formula* becomes."""
    points = [np.linspace(*box(table, row), 5).tolist() for row in rows]
    values = [formula(*point) for point in itertools.product(*points)]
    return min(values), max(values)


def apart(one: Span, other: Span) -> bool:
    """Whether the two part, by more than the grid of an oracle could miss."""
    gap = max(one[0] - other[1], other[0] - one[1])
    scale = max(abs(end) for end in (*one, *other) if math.isfinite(end))
    return gap > 1e-6 * scale


def _z(table: Table, term: str) -> Span | None:
    """|t| by estimate and standard error, None where the standard error may be zero."""
    rows = [("coefficients", term, name) for name in ("estimate", "std_error")]
    if box(table, rows[1])[0] <= 0:
        return None
    low, high = reach(table, rows, lambda b, s: b / s)
    return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))


def _p_range(table: Table, term: str) -> Span | None:
    z = _z(table, term)
    return (
        None if z is None else (simulated_tables.p_of(z[1], table.df), simulated_tables.p_of(z[0], table.df))
    )


def stars_show(table: Table, row: Row) -> bool:
    p, count = _p_range(table, row[1]), int(table.cells[row])
    limits = (1.0, *STARS, 0.0)
    return p is not None and apart(p, (limits[count + 1], limits[count]))


def p_shows(table: Table, row: Row) -> bool:
    p = _p_range(table, row[1])
    return p is not None and apart(p, box(table, row))


def statistic_shows(table: Table, row: Row) -> bool:
    rows = [("coefficients", row[1], name) for name in ("estimate", "std_error")]
    return box(table, rows[1])[0] > 0 and apart(reach(table, rows, lambda b, s: b / s), box(table, row))


def interval_shows(table: Table, row: Row) -> bool:
    law = stats.norm if math.isinf(table.df) else stats.t(table.df)
    half = law.ppf(0.975) * (1 if row[2] == "ci_high" else -1)
    rows = [("coefficients", row[1], name) for name in ("estimate", "std_error")]
    return apart(reach(table, rows, lambda b, s: b + half * max(s, 0)), box(table, row))


def joint_shows(table: Table, row: Row) -> bool:
    term = row[1]
    rows = [
        ("tests", term, name) for name in ("statistic", "df", "df2") if ("tests", term, name) in table.cells
    ]
    tail = (lambda f, a, b: stats.f.sf(f, a, b)) if len(rows) == 3 else (lambda w, a: stats.chi2.sf(w, a))
    return apart(reach(table, rows, tail), box(table, ("tests", term, "p_value")))


def fit_shows(table: Table, row: Row) -> bool:
    keys = [("fit", "model", name) for name in ("ssr", "mss", "tss")]
    return apart(reach(table, keys[:2], lambda a, b: a + b), box(table, keys[2]))


def grim_shows(table: Table, row: Row) -> bool:
    n = int(table.cells[row[0], row[1], "n_obs"])
    low, high = (Decimal(repr(end)) * n for end in box(table, row))
    return not any(low <= k <= high for k in range(math.floor(low) - 1, math.ceil(high) + 2))


def debit_shows(table: Table, row: Row) -> bool:
    n = int(table.cells[row[0], row[1], "n_obs"])
    mean, sd = box(table, (row[0], row[1], "mean")), box(table, row)
    fits = [k for k in range(n + 1) if mean[0] - 1e-9 <= k / n <= mean[1] + 1e-9]
    sds = [float(np.std([1.0] * k + [0.0] * (n - k), ddof=ddof)) for k in fits for ddof in (0, 1)]
    return bool(sds) and not any(sd[0] - 1e-9 <= one <= sd[1] + 1e-9 for one in sds)


def sd_shows(table: Table, row: Row) -> bool:
    """Wider than half the range times sqrt(n / (n - 1)) (Popoviciu), or narrower than the ends alone."""
    n = int(table.cells[row[0], row[1], "n_obs"])
    low, high = box(table, (row[0], row[1], "min")), box(table, (row[0], row[1], "max"))
    most = (high[1] - low[0]) / 2 * math.sqrt(n / (n - 1))
    least = (high[0] - low[1]) / math.sqrt(2 * (n - 1))
    return apart(box(table, row), (least, most))


def sum_shows(table: Table, row: Row) -> bool:
    parts = [("descriptives", f"part{i}", "mean") for i in range(3)]
    return apart(reach(table, parts, lambda *m: sum(m)), box(table, ("descriptives", "total", "mean")))


def max_shows(table: Table, row: Row) -> bool:
    parts = [box(table, ("descriptives", f"part{i}", "max")) for i in range(3)]
    largest = (max(part[0] for part in parts), max(part[1] for part in parts))
    return apart(largest, box(table, ("descriptives", "total", "max")))


# ----------------------------------------------------------------------------------------- contradictions


def _scaled(text: str, factor: float) -> str:
    """Another number with as many digits."""
    value = Decimal(text)
    return f"{(value * Decimal(repr(factor))).quantize(Decimal(1).scaleb(int(value.as_tuple().exponent))):f}"


def _moved(text: str, units: int) -> str:
    value = Decimal(text)
    return f"{value + units * Decimal(1).scaleb(int(value.as_tuple().exponent)):f}"


@dataclass(frozen=True)
class Contradiction:
    """
    One way to doctor a table.

    Attributes:
        part, terms, measures: which cells; no terms means all
        change: the new text
        shows: whether the digits show it
    """

    name: str
    part: str
    terms: tuple[str, ...]
    measures: tuple[str, ...]
    change: Callable[[str, np.random.Generator], str]
    shows: Callable[[Table, Row], bool]

    def rows(self, table: Table) -> list[Row]:
        return [
            row
            for row in table.cells
            if row[0] == self.part and row[2] in self.measures and (not self.terms or row[1] in self.terms)
        ]


def times(*factors: float) -> Callable[[str, np.random.Generator], str]:
    return lambda text, rng: _scaled(text, float(rng.choice(factors)))


def plus(*units: int) -> Callable[[str, np.random.Generator], str]:
    return lambda text, rng: _moved(text, int(rng.choice(units)))


def other_stars(text: str, rng: np.random.Generator) -> str:
    return str((int(text) + int(rng.integers(1, 4))) % 4)


def any_p(text: str, rng: np.random.Generator) -> str:
    return f"{rng.random():.{-int(Decimal(text).as_tuple().exponent)}f}"


COEFFICIENTS = (
    Contradiction("stars", "coefficients", (), ("stars",), other_stars, stars_show),
    Contradiction("p", "coefficients", (), ("p_value",), any_p, p_shows),
    Contradiction("t", "coefficients", (), ("statistic",), times(-1, 0.8, 1.3), statistic_shows),
    Contradiction("ends", "coefficients", (), ("ci_low", "ci_high"), plus(-30, 4, 25), interval_shows),
)
REGRESSION = (
    *COEFFICIENTS,
    Contradiction("joint", "tests", (), ("p_value",), any_p, joint_shows),
    Contradiction("fit", "fit", (), ("ssr", "mss", "tss"), plus(-9, 3, 40), fit_shows),
)
MOMENTS = (
    Contradiction("grim", "descriptives", ("children",), ("mean",), plus(-1, 1, 2), grim_shows),
    Contradiction("debit", "descriptives", ("urban",), ("sd",), plus(-5, 3, 9), debit_shows),
    Contradiction("sd", "descriptives", ("income", "total"), ("sd",), times(0.02, 9.0), sd_shows),
    Contradiction("sum", "descriptives", ("total", "part0"), ("mean",), plus(-8, 5), sum_shows),
    Contradiction("max", "descriptives", ("total",), ("max",), plus(-6, 2), max_shows),
)


def _doctored(
    tables: Iterator[Table], kinds: Sequence[Contradiction], seed: int
) -> Iterator[tuple[Contradiction, Table, Row]]:
    """One contradiction, or what may be none, in each table."""
    for i, table in enumerate(tables):
        rng = np.random.default_rng([seed, i])
        able = [kind for kind in kinds if kind.rows(table)]
        kind = able[i % len(able)]
        rows = kind.rows(table)
        row = rows[int(rng.integers(len(rows)))]
        yield kind, table.doctored(row, kind.change(table.cells[row], rng)), row


def _impossible(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.verdict == "impossible"]


@pytest.mark.parametrize(
    ("tables", "kinds", "seed", "at_least"),
    [(simulated_tables.regressions, REGRESSION, 3, 100), (simulated_tables.moments, MOMENTS, 4, 100)],
    ids=["regressions", "moments"],
)
def test_one_contradiction_in_each_of_200_tables_is_found_whenever_the_digits_show_it(
    tables, kinds: Sequence[Contradiction], seed: int, at_least: int
) -> None:
    shown = Counter[str]()
    for kind, table, row in _doctored(tables(TABLES, seed), kinds, seed):
        if kind.shows(table, row):
            shown[kind.name] += 1
            assert _impossible(table.found()), (kind.name, row, table.cells)
    assert shown.total() >= at_least, shown
    assert set(shown) == {kind.name for kind in kinds}


def test_a_contradiction_in_one_coefficient_accuses_no_other() -> None:
    for kind, table, row in _doctored(simulated_tables.regressions(60, 5), COEFFICIENTS, 5):
        accused = {one.term for one in _impossible(table.found())}
        assert accused <= {row[1]}, (kind.name, row)
