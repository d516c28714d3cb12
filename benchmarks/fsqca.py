"""
How long fsQCA takes, here and in R's package QCA, side by side; writes a Markdown table to stdout.

    python benchmarks/fsqca.py [--r-seconds 120] [--only NAME]...

Every case runs in a process of its own, so that its peak memory is its own. R is left out where the package
QCA is not installed (install.packages("QCA"); R_LIBS_USER is honoured), and called off after --r-seconds.
Seconds are those of the processor, which other work on the machine does not lengthen.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

N_CASES = 4760


@dataclass(frozen=True)
class Case:
    """
    One analysis of n = 4760 generated cases.

    Attributes:
        name: in the table
        k: conditions
        noise: standard deviation of what is added to the outcome
        incl_cut, pri_cut, n_cut: of the truth table
        kinds: solutions asked for; `grid` stands for 1,000 analyses over cut-offs, `proof` for a proof of
            the size, however long it takes
        target: seconds to reach, None where there is no target
        seed: of the data, with k added
    """

    name: str
    k: int
    noise: float
    incl_cut: float
    pri_cut: float
    n_cut: int
    kinds: tuple[str, ...]
    target: float | None
    seed: int = 20260101


NOISY, CLEAN = (0.25, 0.85, 0.5), (0.02, 0.9, 0.8)
THREE = ("conservative", "parsimonious", "intermediate")
TWO = ("conservative", "parsimonious")
CASES = [
    Case("k=5 noisy, whole analysis with fits", 5, *NOISY, 3, (*THREE, "fit"), 0.010),
    Case("k=8 noisy, n_cut 1, two solutions", 8, *NOISY, 1, TWO, 0.05),
    Case("k=8 noisy, n_cut 3, conservative", 8, *NOISY, 3, ("conservative",), 0.05),
    Case("k=8 noisy, n_cut 3, parsimonious", 8, *NOISY, 3, ("parsimonious",), 0.05),
    Case("k=8 clean, n_cut 5, two solutions", 8, *CLEAN, 5, TWO, 0.05),
    Case("k=10 noisy, n_cut 3, conservative", 10, *NOISY, 3, ("conservative",), 0.5),
    Case("k=10 noisy, harder data, conservative", 10, *NOISY, 3, ("conservative",), 0.5, -7),
    Case("k=10 noisy, harder data, size proved", 10, *NOISY, 3, ("conservative", "proof"), None, -7),
    Case("k=10 noisy, n_cut 3, parsimonious", 10, *NOISY, 3, ("parsimonious",), 0.5),
    Case("k=10 clean, n_cut 5, conservative", 10, *CLEAN, 5, ("conservative",), 0.5),
    Case("k=10 clean, n_cut 5, parsimonious", 10, *CLEAN, 5, ("parsimonious",), 0.5),
    Case("k=12 noisy, n_cut 3, conservative", 12, *NOISY, 3, ("conservative",), 0.5),
    Case("k=12 noisy, n_cut 3, parsimonious", 12, *NOISY, 3, ("parsimonious",), 0.5),
    Case("k=12 clean, n_cut 3, conservative", 12, *CLEAN, 3, ("conservative",), 0.5),
    Case("k=15 clean, n_cut 2, conservative", 15, *CLEAN, 2, ("conservative",), 1.2),
    Case("k=15 clean, n_cut 2, parsimonious", 15, *CLEAN, 2, ("parsimonious",), 1.2),
    Case("k=18 clean, n_cut 2, two solutions", 18, *CLEAN, 2, TWO, None),
    Case("k=5 noisy, 1,000 analyses over cut-offs", 5, *NOISY, 3, ("grid",), 15.0),
]


def generated(case: Case) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """U-shaped memberships in three digits; Y from three paths over five conditions, with noise."""
    random = np.random.default_rng(case.seed + case.k)
    X = random.beta(0.6, 0.6, (case.k, N_CASES))
    paths = (np.minimum(X[0], 1 - X[1]), np.minimum(X[2], X[3]), np.minimum(1 - X[2], np.minimum(X[1], X[4])))
    y = np.maximum.reduce(paths) + random.normal(0, case.noise, N_CASES)
    rounded = np.round(np.clip(np.vstack((X, y)), 0, 1), 3)
    rounded[rounded == 0.5] = 0.501
    names = [*(f"X{j}" for j in range(case.k)), "Y"]
    return dict(zip(names, rounded, strict=True))


def measured(case: Case) -> dict[str, Any]:
    """Processor seconds (the best of three), what was found, and the peak memory of this process."""
    from harness.estimators import fsqca

    columns = generated(case)
    data = fsqca.sets(columns, "Y", list(columns)[:-1])
    best, found = float("inf"), ""
    for _ in range(3 if case.k < 15 and "proof" not in case.kinds else 1):
        start = time.process_time()
        found = analysed(fsqca, data, case)
        best = min(best, time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": best, "found": found, "megabytes": peak}


def analysed(fsqca: Any, data: Any, case: Case) -> str:
    """One analysis as text: rows positive/negative, then models of each solution."""
    table = fsqca.truth_table(data, case.incl_cut, case.pri_cut, case.n_cut)
    if "grid" in case.kinds:
        return _grid(fsqca, data, case)
    effort = fsqca.Effort(cells=inf) if "proof" in case.kinds else fsqca.Effort()
    solutions = {kind: getattr(fsqca, kind)(table, effort=effort) for kind in TWO if kind in case.kinds}
    if "intermediate" in case.kinds:
        expected = dict.fromkeys(data.conditions, 1)
        pair = (solutions["conservative"], solutions["parsimonious"])
        solutions["intermediate"] = fsqca.intermediate(table, expected, between=pair)
    if "fit" in case.kinds:
        for solution in solutions.values():
            fsqca.fit_solution(solution)
    counts = [
        f"{kind[0].upper()} {'' if found.count_is_exact else '>= '}{found.n_models:,} x {found.size}"
        + (f" (proved: >= {found.size_at_least})" if found.size > found.size_at_least else "")
        for kind, found in solutions.items()
    ]
    return f"{len(table.positive)}/{len(table.negative)} rows; " + ", ".join(counts)


def _grid(fsqca: Any, data: Any, case: Case) -> str:
    """1,000 whole analyses, from the data on, over ten values of each cut-off."""
    solved = 0
    for incl_cut in np.linspace(0.75, 0.93, 10):
        for pri_cut in np.linspace(0.3, 0.75, 10):
            for n_cut in range(1, 11):
                try:
                    table = fsqca.truth_table(data, float(incl_cut), float(pri_cut), n_cut)
                    fsqca.intermediate(table, dict.fromkeys(data.conditions, 1))
                    solved += 1
                except fsqca.FsqcaError:
                    continue
    return f"{solved} of 1,000 with a solution"


R_SCRIPT = """
suppressMessages(library(QCA))
a <- commandArgs(TRUE); d <- read.csv(a[1]); kinds <- strsplit(a[5], ",")[[1]]
start <- sum(proc.time()[1:2])
cuts <- as.numeric(a[2:4])
t <- truthTable(d, outcome = "Y", incl.cut = cuts[1], pri.cut = cuts[2], n.cut = cuts[3])
fits <- "fit" %in% kinds
found <- c()
if ("conservative" %in% kinds) found <- c(found, length(minimize(t, details = fits)$solution))
if ("parsimonious" %in% kinds) found <- c(found, length(minimize(t, include = "?", details = fits)$solution))
if ("intermediate" %in% kinds)
    invisible(minimize(t, include = "?", dir.exp = rep(1, ncol(d) - 1), details = fits))
cat(sum(proc.time()[1:2]) - start, paste(found, collapse = ","))
"""


def in_r(case: Case, seconds: float) -> str:
    """Seconds that R's QCA takes for the same, or how it ends."""
    if "grid" in case.kinds:
        return "-"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        columns = generated(case)
        with path.open("w", newline="", encoding="ascii") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
        numbers = [str(number) for number in (case.incl_cut, case.pri_cut, case.n_cut)]
        call = ["Rscript", "-e", R_SCRIPT, str(path), *numbers, ",".join(case.kinds)]
        try:
            told = subprocess.run(call, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return f"> {seconds:.0f} s"
    if told.returncode:
        return "error: " + " ".join(told.stderr.split())[:90].replace("|", "/")
    taken, _, found = told.stdout.partition(" ")
    return f"{float(taken):.2f} s ({found} models)"


def rows(only: list[str], seconds: float) -> Iterator[str]:
    """Lines of the table, each as soon as it is measured."""
    with_r = (
        shutil.which("Rscript")
        and not subprocess.run(["Rscript", "-e", "library(QCA)"], capture_output=True, check=False).returncode
    )
    yield "| case, n = 4760 | found | python-fsqca | to reach | peak memory | R's QCA |"
    yield "|---|---|---|---|---|---|"
    for number, case in enumerate(CASES):
        if only and not any(part in case.name for part in only):
            continue
        call = [sys.executable, __file__, "--case", str(number)]
        told = subprocess.run(call, capture_output=True, text=True, check=True)
        found = json.loads(told.stdout)
        target = "finishes, < 2 GB" if case.target is None else f"{case.target:g} s"
        other = in_r(case, seconds) if with_r else "not installed"
        yield (
            f"| {case.name} | {found['found']} | {found['seconds']:.4f} s | {target} "
            f"| {found['megabytes']} MB | {other} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time fsQCA here and in R's package QCA.")
    parser.add_argument("--r-seconds", type=float, default=120.0)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case is not None:
        print(json.dumps(measured(CASES[asked.case])))
        return
    for row in rows(asked.only, asked.r_seconds):
        print(row, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
