"""Times dynamic-panel GMM of several engines side by side; writes its part of RESULTS.md, and growth.svg."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
HERE = Path(__file__).resolve().parent
REGRESSORS = tuple(f"x{number}" for number in range(1, 7))
Columns = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Case:
    """
    One model on one simulated panel.

    Attributes:
        n, t: entities and periods
        instruments: collapsed (15 columns), outcome (142 at t = 17), all (946 at t = 17)
        engines: who is timed
        target: seconds to be reached, None where there is none
    """

    n: int
    t: int
    instruments: str
    engines: tuple[str, ...]
    target: float | None = None

    def __str__(self) -> str:
        return f"{self.n:,} x {self.t}, {self.instruments}"


EVERY = ("dpd", "pydynpd", "pgmm", "gretl")
CASES = (
    Case(280, 17, "collapsed", EVERY, 0.005),
    Case(280, 17, "outcome", EVERY, 0.040),
    Case(280, 17, "all", EVERY, 1.5),
    Case(28_000, 17, "collapsed", EVERY, 0.8),
    Case(1_000_000, 10, "collapsed", ("dpd",)),
)
GROWTH = {
    "entities (17 periods, 15 instruments)": [
        Case(n, 17, "collapsed", ("dpd",)) for n in (280, 2_800, 28_000, 280_000)
    ],
    "periods (280 entities, 15 instruments)": [
        Case(280, t, "collapsed", ("dpd",)) for t in (9, 17, 34, 68, 136)
    ],
    "instruments (280 entities, all uncollapsed)": [
        Case(280, t, "all", ("dpd",)) for t in (5, 7, 9, 12, 17, 24)
    ],
}


@dataclass(frozen=True)
class Timing:
    """
    What a child process reports.

    Attributes:
        seconds: the fastest of its repetitions, from columns of data to tests
        cpu: processor seconds of the cheapest repetition; of the whole process where the engine does not tell
        megabytes: the most memory the whole process held
        instruments: number of them
        estimate, std_error: of the first lag of the outcome
    """

    seconds: float
    cpu: float
    megabytes: float
    instruments: int
    estimate: float
    std_error: float


# ---------------------------------------------------------------------------------------------- the panel


def simulated(case: Case) -> Columns:
    """y on its lag (0.5), six autoregressive regressors (0.3 each) and an effect; all of unit variance."""
    random = np.random.default_rng(0)
    shape = (case.n, case.t)
    x = random.standard_normal((6, *shape))
    for s in range(1, case.t):
        x[:, :, s] += 0.6 * x[:, :, s - 1]
    effect, noise = random.standard_normal((case.n, 1)), random.standard_normal(shape)
    y = effect + noise
    y[:, 0] += effect[:, 0]
    y[:, 1:] += 0.3 * x[:, :, 1:].sum(axis=0)
    for s in range(1, case.t):
        y[:, s] += 0.5 * y[:, s - 1]
    columns = {"y": y.ravel(), **{name: x[number].ravel() for number, name in enumerate(REGRESSORS)}}
    columns = {name: values / values.std() for name, values in columns.items()}
    columns["id"] = np.repeat(np.arange(case.n), case.t)
    columns["t"] = np.tile(np.arange(case.t), case.n)
    return columns


# -------------------------------------------------------------------------------- what a child process does


def child(engine: str, case: Case, repetitions: int) -> None:
    """Runs one engine on one case and prints its timing."""
    run = {"dpd": _dpd, "pydynpd": _pydynpd}[engine](case)
    seconds, cpu, answer = [], [], (0, 0.0, 0.0)
    for _ in range(repetitions):
        start, began = time.perf_counter(), time.process_time()
        answer = run()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - began)
    print(json.dumps([min(seconds), min(cpu), *answer]))


def _dpd(case: Case) -> Callable[[], tuple[int, float, float]]:
    from harness.estimators import dpd

    columns = simulated(case)
    gmm = {
        "collapsed": dpd.Gmm(("y",), (2, 8), collapse=True),
        "outcome": dpd.Gmm(("y",), (2, None)),
        "all": dpd.Gmm(("y", *REGRESSORS), (2, None)),
    }[case.instruments]
    exogenous = tuple((name, 0) for name in REGRESSORS)
    iv = {} if case.instruments == "all" else {"x": dpd.Iv(exogenous)}
    model = dpd.Model("y", (("y", 1), *exogenous), {"gmm": gmm}, iv, "system")

    def run() -> tuple[int, float, float]:
        found = dpd.fit(model, columns, columns["id"], columns["t"])
        found.serial_correlation(1)
        found.serial_correlation(2)
        found.wald()
        return found.counts.instruments, float(found.estimate[0]), float(found.std_error[0])

    return run


def _pydynpd(case: Case) -> Callable[[], tuple[int, float, float]]:
    import pandas as pd
    from pydynpd.regression import abond

    frame = pd.DataFrame(simulated(case))
    x = " ".join(REGRESSORS)
    instruments = {
        "collapsed": f"gmm(y, 2:8) iv({x}) | collapse",
        "outcome": f"gmm(y, 2:.) iv({x})",
        "all": f"gmm(y {x}, 2:.)",
    }[case.instruments]

    def run() -> tuple[int, float, float]:
        found = abond(f"y L1.y {x} | {instruments}", frame.copy(), ["id", "t"]).models[0]
        first = found.regression_table.iloc[0]
        return int(found.z_information.num_instr), float(first["coefficient"]), float(first["std_err"])

    return run


# ----------------------------------------------------------------------------------- what the parent does


def timed(engine: str, case: Case) -> Timing | None:
    """One engine in a process of its own; None where it is not installed or fails."""
    repetitions = 20 if case.n * case.t < 10_000 and case.instruments != "all" else 2
    own = [engine, str(case.n), str(case.t), case.instruments, str(repetitions)]
    command = [sys.executable, str(Path(__file__)), "--child", *own]
    if engine not in ("pgmm", "gretl"):
        return _measured(command)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.csv"
        # in a process of its own: what the parent holds would count as its children's memory
        subprocess.run([sys.executable, __file__, "--write", str(path), str(case.n), str(case.t)], check=True)
        if engine == "pgmm":
            return _measured(["Rscript", str(HERE / "pgmm.R"), str(path), case.instruments])
        return _gretl_timed(path, case.instruments, repetitions)


def _gretl_timed(path: Path, instruments: str, repetitions: int) -> Timing | None:
    """gretl tells no processor seconds: what so many repetitions more cost the process."""
    once = _measured(["gretlcli", "-b", str(_gretl(path, instruments, 1))])
    many = _measured(["gretlcli", "-b", str(_gretl(path, instruments, 1 + repetitions))])
    if once is None or many is None:
        return None
    return replace(many, cpu=(many.cpu - once.cpu) / repetitions)


def _gretl(data: Path, instruments: str, repetitions: int) -> Path:
    """A script of gretl that prints the same line as the other engines."""
    x = " ".join(REGRESSORS)
    block = {
        "collapsed": f"{x} const GMM(y,2,8) GMMlevel(y,1,1)",
        "outcome": f"{x} const GMM(y,2,99) GMMlevel(y,1,1)",
        "all": "const " + " ".join(f"GMM({v},2,99) GMMlevel({v},1,1)" for v in ("y", *REGRESSORS)),
    }[instruments]
    options = "--system --two-step" + (" --collapse" if instruments == "collapsed" else "")
    script = data.with_suffix(".inp")
    script.write_text(
        "set verbose off\nset omp_num_threads 1\n"
        f"open {data} --quiet\nsetobs id t --panel-vars\nscalar fastest = 1e9\n"
        f"loop {repetitions}\nset stopwatch\ndpanel 1 ; y {x} const ; {block} {options} --quiet\n"
        "scalar taken = $stopwatch\nfastest = taken < fastest ? taken : fastest\nendloop\nbundle b = $model\n"
        'printf "[%.6f, null, %d, %.15g, %.15g]\\n", fastest, b.ninst, $coeff[1], $stderr[1]\n',
        encoding="utf-8",
    )
    return script


def _write(path: Path, columns: Columns) -> None:
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, delimiter=",", header=",".join(columns), comments="", fmt="%.17g")


def _measured(command: list[str]) -> Timing | None:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    with tempfile.TemporaryFile("w+") as told:
        try:
            process = subprocess.Popen(command, stdout=told, stderr=told, env=environment)
        except FileNotFoundError:
            return None
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = told.read().splitlines()
    if process.returncode != 0:
        print(*lines[-3:], sep="\n", file=sys.stderr)
        return None
    answers = [line for line in lines if line.startswith("[") and line.endswith("]") and line.count(",") == 4]
    seconds, cpu, instruments, estimate, std_error = json.loads(answers[-1])
    cpu = usage.ru_utime + usage.ru_stime if cpu is None else cpu
    return Timing(seconds, cpu, usage.ru_maxrss / 1024, int(instruments), estimate, std_error)


def table(cases: Iterable[Case]) -> Iterable[str]:
    """The rows of the results, case by case, as they are measured."""
    names = ("case", "engine", "seconds", "to dpd", "cpu s", "to dpd", "peak MB", "instruments", "L1.y", "se")
    yield f"| {' | '.join(names)} | target |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for case in cases:
        own: Timing | None = None
        for engine in case.engines:
            found = timed(engine, case)
            own = own or found
            yield _row(case, engine, found, own)


def _row(case: Case, engine: str, found: Timing | None, own: Timing | None) -> str:
    if found is None:
        return f"| {case} | {engine} | did not run | | | | | | | | |"
    ratio = found.seconds / own.seconds if own else float("nan")
    cpu = f"{found.cpu:.4f} | {found.cpu / own.cpu:.1f}" if own else f"{found.cpu:.4f} |"
    target = "" if engine != "dpd" or case.target is None else f"<= {case.target:g}"
    return (
        f"| {case} | {engine} | {found.seconds:.4f} | {ratio:.1f} | {cpu} | {found.megabytes:.0f} | "
        f"{found.instruments} | {found.estimate:.12f} | {found.std_error:.12f} | {target} |"
    )


def machine() -> str:
    """Processor, memory, versions: what the figures hold for."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()}; Python "
        f"{platform.python_version()}, numpy {np.__version__}; one BLAS thread; load {busy:.1f} "
        f"when it began; {datetime.now(UTC).strftime('%Y-%m-%d')}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


INTRODUCTION = """# Dynamic-panel GMM: seconds and memory

Two-step system GMM with Windmeijer's covariance, seven regressors and a constant, tests included, from
columns of data to results: the grid, the instruments and everything else are in the time. Each engine runs in
a process of its own, one after the other in one run. The time is its fastest repetition (20 of the small
cases, 2 of the others; pgmm once, after a small fit that loads everything); the memory is what the process
held at most, data and libraries included. On a machine that does other things besides, the
processor's seconds say more than the clock's.

`collapsed` is gmm(y, 2:8) collapsed and iv(x1 .. x6); `outcome` is gmm(y, 2:.) and iv; `all` is
gmm(y x1 .. x6, 2:.). pgmm has no constant and makes two columns of each iv in a system, so its model is
another one, of about the same size. With more instruments than entities (`all`) the two-step weight matrix is
singular: columns have unit variance here, so that dpd, pydynpd and gretl take the same Moore-Penrose inverse.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", nargs=5, metavar=("ENGINE", "N", "T", "INSTRUMENTS", "REPETITIONS"))
    parser.add_argument("--write", nargs=3, metavar=("PATH", "N", "T"))
    parser.add_argument("--quick", action="store_true", help="the small cases only, printed, no file written")
    options = parser.parse_args()
    if options.child:
        engine, n, t, instruments, repetitions = options.child
        child(engine, Case(int(n), int(t), instruments, (engine,)), int(repetitions))
    elif options.write:
        path, n, t = options.write
        _write(Path(path), simulated(Case(int(n), int(t), "", ())))
    elif options.quick:
        print(*table(case for case in CASES if case.n == 280 and case.instruments != "all"), sep="\n")
    else:
        _full()


def _full() -> None:
    lines, where = [], machine()
    for line in table(CASES):
        print(line, flush=True)
        lines.append(line)
    growth = {title: [(case, timed("dpd", case)) for case in cases] for title, cases in GROWTH.items()}
    text = [
        INTRODUCTION,
        f"Machine: {where}.",
        "",
        *lines,
        "",
        "## Growth of dpd",
        "",
        "![Growth](growth.svg)",
        "",
    ]
    for title, points in growth.items():
        text += [f"| {title} | seconds | peak MB |", "|---:|---:|---:|"]
        text += [
            f"| {_size(title, case, found)} | {found.seconds:.4f} | {found.megabytes:.0f} |"
            for case, found in points
            if found
        ] + [""]
    _write_part(HERE / "RESULTS.md", "dynamic-panel", "\n".join(text))
    curves = {
        title: [(_size(title, case, found), found.seconds) for case, found in points if found]
        for title, points in growth.items()
    }
    (HERE / "growth.svg").write_text(plot(curves), encoding="utf-8")


def _write_part(path: Path, name: str, text: str) -> None:
    """Replaces the part of *path* between two marks, and leaves what other benchmarks have written."""
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    head, found, rest = before.partition(first)
    tail = rest.partition(last)[2] if found else ""
    path.write_text(f"{head}{first}\n{text.strip()}\n{last}{tail or chr(10)}", encoding="utf-8")


def _size(title: str, case: Case, found: Timing) -> int:
    return {"entities": case.n, "periods": case.t, "instruments": found.instruments}[title.split()[0]]


# --------------------------------------------------------------------------------------------------- the plot

WIDTH, HEIGHT, LEFT, BOTTOM = 300, 240, 52, 40


def plot(curves: dict[str, list[tuple[int, float]]]) -> str:
    """Seconds against size, one panel a curve, both axes logarithmic, with a line of slope one."""
    panels = "".join(
        f'<g transform="translate({number * WIDTH},0)">{_panel(title, points)}</g>'
        for number, (title, points) in enumerate(curves.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(curves)} {HEIGHT}" '
        f'font-family="sans-serif" font-size="10">{panels}</svg>\n'
    )


def _panel(title: str, points: list[tuple[int, float]]) -> str:
    x, y = np.log10([p[0] for p in points]), np.log10([p[1] for p in points])
    low_x, high_x, low_y, high_y = x.min(), x.max(), np.floor(y.min()), np.ceil(y.max())

    def place(a: float, b: float) -> str:
        across = LEFT + (a - low_x) / (high_x - low_x) * (WIDTH - LEFT - 20)
        up = HEIGHT - BOTTOM - (b - low_y) / (high_y - low_y) * (HEIGHT - BOTTOM - 30)
        return f"{across:.1f},{up:.1f}"

    line = " ".join(place(a, b) for a, b in zip(x, y, strict=True))
    reach = min(high_x, x[0] + high_y - y[0])
    unit = f"{place(x[0], y[0])} {place(reach, y[0] + reach - x[0])}"
    dots = "".join(
        '<circle cx="{}" cy="{}" r="2.5"/>'.format(*place(a, b).split(",")) for a, b in zip(x, y, strict=True)
    )
    ticks = "".join(
        f'<text x="{place(a, low_y).split(",")[0]}" y="{HEIGHT - BOTTOM + 14}" '
        f'text-anchor="middle">{p[0]:,}</text>'
        for a, p in zip(x, points, strict=True)
    )
    marks = "".join(
        f'<text x="{LEFT - 6}" y="{place(low_x, b).split(",")[1]}" text-anchor="end">{10.0**b:g} s</text>'
        for b in np.arange(low_y, high_y + 1)
    )
    return (
        f'<text x="{LEFT}" y="16">{title}</text>{marks}{ticks}'
        f'<polyline points="{unit}" fill="none" stroke="#bbb" stroke-dasharray="4 3"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>'
        f'<g fill="#1f5fa8">{dots}</g>'
    )


if __name__ == "__main__":
    main()
