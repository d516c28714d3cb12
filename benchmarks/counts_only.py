"""
Times count-only candidates: instrument sets whose counts are summed, and not one of which is estimated.

    python benchmarks/counts_only.py > benchmarks/COUNTS.md
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import TypeVar

from dynamic_panel import machine

from harness import specfile
from harness.engines import engines
from harness.explain import counts_only
from harness.explain.counts_only import Counted

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
CASES = (
    ("virtual-agglomeration-table-3", "I", False),
    ("virtual-agglomeration-table-3", "X", False),
    ("xtabond2-help-system", "twostep_robust_small", False),
    ("arellano-bond-1991-table-4-stata", "ex1_onestep", True),
    ("virtual-agglomeration-table-3", "X", True),
)
MADE = 1_000_000  # spaces up to this size are also gone through one by one
INTRODUCTION = """# Instrument sets by their counts

Seconds until the sets that have a column's printed counts are known, the faster of two runs. `arithmetic` is
`harness explain --counts-only` without reading the spec: how many sets fit, and the first thousand of them
with their patches; tables on the same data are read for the number of periods. `one by one` makes every set
and adds up its counts, and makes no patch. To reach: 100,000 candidates in under 10 s. `apart` instruments
each variable by itself.
"""


def rows() -> Iterator[str]:
    """The table, case by case as they are measured."""
    yield "| column | candidates | fit | arithmetic | one by one | ratio |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, column, apart in CASES:
        spec = specfile.read(ROOT / "specs" / f"{name}.yaml", tuple(engines()))
        seconds, (found,) = timed(lambda spec=spec, c=column, a=apart: counts_only.found(spec, (c,), None, a))
        assert isinstance(found, Counted)
        slow, ratio = "-", "-"
        if found.size <= MADE:
            alone, fitting = timed(lambda found=found: one_by_one(found))
            assert fitting == found.fitting
            slow, ratio = f"{alone:.3f} s", f"{alone / seconds:.1f}"
        title = f"{name} ({column}){', apart' if apart else ''}"
        yield f"| {title} | {found.size:,} | {found.fitting:,} | {seconds:.3f} s | {slow} | {ratio} |"


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """The seconds of the faster of two calls, and what it returned."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - start)
    return min(seconds), answer


def one_by_one(found: Counted) -> int:
    """How many of all sets have every printed count, each made and added up."""
    wanted = tuple(fact.wanted for fact in found.facts)
    adds = [[tuple(fact.of(way.tally) for fact in found.facts) for way in unit.ways] for unit in found.units]
    return sum(tuple(map(sum, zip(*chosen, strict=True))) == wanted for chosen in product(*adds))


def main() -> None:
    print(INTRODUCTION)
    print(f"Machine: {machine()}.\n")
    for line in rows():
        print(line, flush=True)


if __name__ == "__main__":
    main()
