"""What the harness adds to its engines, at ten thousand fits: prints SCALE.md."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

from dynamic_panel import REGRESSORS, Case, machine, simulated

ROOT = Path(__file__).resolve().parents[1]
DESIGN = Case(280, 17, "collapsed", ())
MODEL: dict[str, Any] = {
    "model": "dynamic-panel",
    "outcome": "y",
    "regressors": {"y": 1, **dict.fromkeys(REGRESSORS, 0)},
    "estimator": "system",
    "steps": 2,
    "std_error": "windmeijer",
    "instruments": {
        "gmm": {"y": {"lags": [2, 8], "collapse": True}},
        "iv": {"x": {"variables": dict.fromkeys(REGRESSORS, 0)}},
    },
}
SPEC = """\
title: Many columns
source: {{citation: made for the benchmark, read_from: the benchmark}}
data: {{file: panel.csv, sha256: {sha256}, panel: {{entity: id, time: t}}}}
engines: [python-dpd]
base: {base}
columns:
{columns}
"""
INTRODUCTION = """\
# Many fits: seconds and memory

Two-step system GMM with Windmeijer's covariance on 280 entities and 17 periods, 15 instruments, by
`python-dpd`, every test of the glossary included. "Processor" is the time that all processes together spent:
on a machine that does other things besides it says more than the clock. Costs of one fit are differences of
two runs that differ in their number of fits alone, in processor time. Each number is the least of its
repetitions; local and dask take turns.
"""


# ------------------------------------------------------------------------------------------- what is fitted


def task() -> Any:
    """The fit of the design as every part of the harness asks for it."""
    import pandas as pd

    from harness.engines import engines
    from harness.sheet import Sheet
    from harness.spec import MODEL_ADAPTER
    from harness.workers import Task

    model = MODEL_ADAPTER.validate_python(MODEL)
    frame = pd.DataFrame(simulated(DESIGN))
    sheet = Sheet(frame, "y", ("L1.y", *REGRESSORS), constant=True, entity="id", time="t")
    return Task("scale", "1", engines()["python-dpd"], model, sheet)


def project(folder: Path, n_columns: int) -> Path:
    """A project with one spec of so many columns, each a fit of its own."""
    import pandas as pd

    specs = folder / "specs"
    specs.mkdir(parents=True)
    pd.DataFrame(simulated(DESIGN)).to_csv(specs / "panel.csv", index=False)
    sha256 = hashlib.sha256((specs / "panel.csv").read_bytes()).hexdigest()
    columns = "\n".join(f"  c{n}: {{ci_level: {0.5 + n / 10_000}}}" for n in range(n_columns))
    text = SPEC.format(sha256=sha256, base=json.dumps(MODEL), columns=columns)
    (specs / "scale.yaml").write_text(text, encoding="utf-8")
    return folder


# ------------------------------------------------------------------------------------------- what is measured


def engine_seconds() -> float:
    """Processor's seconds of the engine alone, in this process: the least of ten times twenty fits."""
    one = task()
    module, sheet = one.engine.load(), one.drawn()

    def twenty() -> None:
        for _ in range(20):
            module.fit(one.model, sheet)

    return min(_clock(twenty)[1] for _ in range(10)) / 20


def streamed(n_fits: int, executor: str) -> dict[str, float]:
    """So many fits through a stream, in this process and its workers; timed from the first result."""
    from harness.workers.stream import stream

    one = task()
    results = stream((one for _ in range(n_fits)), 2, executor)
    fitted = int(next(results)[1].status == "fitted")
    began = time.perf_counter()
    fitted += sum(result.status == "fitted" for _, result in results)
    seconds = time.perf_counter() - began
    if fitted != n_fits:
        raise SystemExit(f"{n_fits - fitted} of {n_fits} fits failed")
    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": seconds,
        "processor": sum(who.ru_utime + who.ru_stime for who in (own, theirs)),
        "parent_megabytes": own.ru_maxrss / 1024,
        "worker_megabytes": theirs.ru_maxrss / 1024,
    }


def in_a_process(n_fits: int, executor: str = "local") -> dict[str, float]:
    """`streamed` in a process of its own, whose memory nothing else has touched."""
    command = [sys.executable, __file__, "--streamed", str(n_fits), executor]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def harness(root: Path, cache: Path, *options: str) -> tuple[float, float]:
    """(seconds, processor's seconds) of `harness run`."""
    command = [sys.executable, "-m", "harness", "--root", str(root), "run", "--jobs", "1", *options]
    environment = {**os.environ, "HARNESS_CACHE": str(cache)}

    def run() -> None:
        told = subprocess.run(command, capture_output=True, env=environment, cwd=ROOT, check=False)
        if told.returncode not in (0, 1):
            raise SystemExit(told.stderr.decode())

    return _clock(run)


def a_fit(repetitions: int) -> tuple[float, float]:
    """
    Processor's seconds that one more column costs `harness run`, fitted and kept.

    The difference of 200 columns and 20, so that starting and writing what every run writes drops out.
    """
    with tempfile.TemporaryDirectory() as made:
        costs = {n: _costs(project(Path(made, str(n)), n), repetitions) for n in (20, 200)}
    fitted, kept = ((costs[200][i] - costs[20][i]) / 180 for i in (0, 1))
    return fitted, kept


def _costs(root: Path, repetitions: int) -> tuple[float, float]:
    """(fitted, kept): the least processor's seconds of a run."""
    fitted = min(harness(root, root / "cache", "--fresh")[1] for _ in range(repetitions))
    return fitted, min(harness(root, root / "cache")[1] for _ in range(repetitions))


def library(repetitions: int) -> tuple[int, float, float]:
    """(number of specs, seconds, processor's seconds) of a second run of every spec of the library."""
    with tempfile.TemporaryDirectory() as made:
        options = ("--out", f"{made}/out")
        harness(ROOT, Path(made, "cache"), *options)
        times = [harness(ROOT, Path(made, "cache"), *options) for _ in range(repetitions)]
    n_specs = len(list((ROOT / "specs").glob("*.yaml")))
    return n_specs, min(clock for clock, _ in times), min(processor for _, processor in times)


def _clock(run: Callable[[], object]) -> tuple[float, float]:
    """(seconds, processor's seconds of this process and of the children that have ended)."""
    began, spent = time.perf_counter(), sum(os.times()[:4])
    run()
    return time.perf_counter() - began, sum(os.times()[:4]) - spent


# ------------------------------------------------------------------------------------------------ the cluster


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A dask scheduler with two workers of one thread each, on this machine."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        place = Path(folder, "scheduler.json")
        here = ("--host", "127.0.0.1", "--scheduler-file", str(place), "--no-dashboard")
        _started(stack, folder, "dask_scheduler", "--port", "0", *here)
        while not place.exists():
            time.sleep(0.1)
        for _ in range(2):
            _started(stack, folder, "dask_worker", "--nthreads", "1", "--no-nanny", *here)
        host = json.loads(place.read_text())["address"].removeprefix("tcp://")
        yield f"dask://{host}"


def _started(stack: contextlib.ExitStack, folder: str, program: str, *options: str) -> None:
    command = [sys.executable, "-m", f"distributed.cli.{program}", *options]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=folder, env=paths, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def side_by_side(n_fits: int, repetitions: int) -> tuple[float, float]:
    """Least seconds of (local, dask), in turns."""
    times: dict[str, list[float]] = {"local": [], "dask": []}
    with cluster() as executor:
        in_a_process(200, executor)  # its workers import what they need
        for _ in range(repetitions):
            times["local"].append(in_a_process(n_fits)["seconds"])
            times["dask"].append(in_a_process(n_fits, executor)["seconds"])
    return min(times["local"]), min(times["dask"])


# -------------------------------------------------------------------------------------------------- the table


def rows(large: int, repetitions: int) -> Iterator[tuple[str, str, str]]:
    """(what, found, target)."""
    small, engine = large // 10, engine_seconds()
    few, many = (
        min((in_a_process(n) for _ in range(3)), key=lambda found: found["seconds"]) for n in (small, large)
    )
    found = f"{many['seconds']:.1f} s, processor {many['processor']:.1f} s"
    yield f"{large:,} fits by two workers", found, "< 60 s"
    yield "one fit, the engine alone", f"{1000 * engine:.2f} ms", ""
    streamed_fit = (many["processor"] - few["processor"]) / (large - small)
    yield "one fit of a stream, all that is beyond the engine", f"{1000 * (streamed_fit - engine):.2f} ms", ""
    fitted, kept = a_fit(repetitions)
    yield (
        "one fit of `harness run`, all that is beyond the engine",
        f"{1000 * (fitted - engine):.1f} ms",
        "< 15 ms",
    )
    yield "one kept fit of `harness run`", f"{1000 * kept:.1f} ms", "< 2 ms"
    local, dask = side_by_side(large // 5, repetitions)
    yield f"{large // 5:,} fits, dask to local", f"{dask:.1f} s / {local:.1f} s = {dask / local:.2f}", "< 1.3"
    for who in ("parent", "worker"):
        least, most = few[f"{who}_megabytes"], many[f"{who}_megabytes"]
        yield (
            f"peak of the {who} at {small:,} and {large:,} fits",
            f"{least:.0f}, {most:.0f} MB",
            "flat",
        )
    n_specs, seconds, processor = library(repetitions)
    found = f"{seconds:.2f} s, processor {processor:.2f} s"
    yield f"a second `harness run` of all {n_specs} specs", found, "< 1.5 s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streamed", nargs=2, metavar=("FITS", "EXECUTOR"))
    parser.add_argument("--quick", action="store_true", help="a tenth of the fits, each thing once")
    options = parser.parse_args()
    if options.streamed:
        n_fits, executor = options.streamed
        print(json.dumps(streamed(int(n_fits), executor)))
        return
    print(f"{INTRODUCTION}\nMachine: {machine()}.\n\n| what | found | target |\n|---|---:|---:|")
    for row in rows(1_000, 1) if options.quick else rows(10_000, 5):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
