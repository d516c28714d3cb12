"""Specs in, results and comparisons out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness import (
    __version__,
    audit,
    compare,
    datafile,
    goldenfile,
    logs,
    rscripts,
    specfile,
    workers,
)
from harness.audit import beside
from harness.engines import Engine, engines
from harness.errors import (
    DataError,
    DataMissingError,
    GoldenError,
    NotInstalled,
    Problem,
    Unsupported,
    UsageError,
)
from harness.result import DISCREPANCIES, GOLDEN, PUBLISHED, Outcome, Pair, Provenance, Result
from harness.spec import AnyModel, Spec, did_you_mean
from harness.store import Store
from harness.workers import Task

if TYPE_CHECKING:
    from harness.sheet import Sheet

Step = Task | Result  # what is still to be fitted, or the reason why it is not


@dataclass(frozen=True)
class Choice:
    """
    What the command line narrows down; empty means all.

    Attributes:
        columns, engines: ids
        data: a spec's data name to the file to read instead
        jobs: worker processes at once
        fresh: fit anew what an earlier run has kept
        executor: `local`, or `dask://HOST:PORT`
    """

    columns: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    data: Mapping[str, Path] = field(default_factory=dict)
    jobs: int = 2
    fresh: bool = False
    executor: str = "local"


@dataclass(frozen=True)
class Run:
    """
    Everything a run found.

    Attributes:
        faults: sentences on data that could not be used
        kept: how many results an earlier run had kept
        remarks: sentences on what hindered the run and changes none of its numbers
    """

    outcomes: tuple[Outcome, ...]
    faults: tuple[str, ...] = ()
    kept: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """What is to be done for a spec; `keys` are the addresses in the store of the fits that it can keep."""

    spec: Spec
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    faults: tuple[str, ...]
    keys: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """(column, engine) of each step."""
        return tuple(
            (step.column, step.engine if isinstance(step, Result) else step.engine.id) for step in self.steps
        )


def run(
    specs: Sequence[Spec],
    choice: Choice,
    progress: Callable[[int, Result | None], None],
    with_golden: bool = True,
) -> Run:
    """
    Fit every column of every spec with every engine chosen, and compare.

    *progress* is called with the number of fits to be made and the one that has just ended (None at first).
    What an earlier run has fitted under the very same conditions is taken from the store.
    with_golden : whether today is compared with the golden files
    Raises UsageError where the choice names what no spec has or two specs have one id, GoldenError where a
    printed table or a golden file cannot be read: all before anything is fitted.
    """
    _refuse_strangers(specs, choice)
    _refuse_namesakes(specs)
    first = _held_against(specs, choice)
    goldens = _read_before([*first, *specs], with_golden)
    store = Store(reads=not choice.fresh)
    plans = [_plan(spec, replace(choice, columns=(), engines=()), store) for spec in first]
    plans += [_plan(spec, choice, store) for spec in specs if _has_fits(spec, choice)]
    tasks = [step for plan in plans for step in plan.steps if isinstance(step, Task)]
    spoken = _settle_bridge(tasks)
    fitted = iter(_fit(plans, tasks, choice, store, progress))
    outcomes = []
    for plan in plans:
        results = [next(fitted) if isinstance(step, Task) else step for step in plan.steps]
        results = [_shareable(plan.spec, result) for result in results]
        notes = plan.notes + (spoken if any(engines()[r.engine].language == "r" for r in results) else ())
        outcomes.append(assemble(plan.spec, results, notes, goldens=goldens[plan.spec.id]))
    faults = tuple(fault for plan in plans for fault in plan.faults)
    return Run(tuple(outcomes), faults, _kept(plans), tuple(store.kept.remarks))


def _fit(
    plans: Sequence[_Plan],
    tasks: Sequence[Task],
    choice: Choice,
    store: Store,
    progress: Callable[[int, Result | None], None],
) -> list[Result]:
    """The results of *tasks*, in their order; each is kept as it ends, so that Ctrl-C loses none of them."""
    keys = {(plan.spec.id, *address): key for plan in plans for address, key in plan.keys.items()}
    keeps = choice.executor == "local" or not tasks or _is_alike(tasks, choice.executor)

    def ended(result: Result) -> None:
        if keeps:
            store.put(keys.get((result.spec, result.column, result.engine), ""), result)
        progress(len(tasks), result)

    progress(len(tasks), None)
    return workers.run(tasks, choice.jobs, ended, choice.executor)


def _is_alike(tasks: Sequence[Task], executor: str) -> bool:
    from harness.workers import cluster

    return cluster.is_alike(executor, sorted({task.engine.language for task in tasks}))


def _kept(plans: Iterable[_Plan]) -> int:
    steps = [step for plan in plans for step in plan.steps if isinstance(step, Result)]
    return sum(step.status == "fitted" for step in steps)


def _shareable(spec: Spec, result: Result) -> Result:
    """The result without what it says of single cases, where the data cannot be shared."""
    if not spec.data.obtain:
        return result
    kept = tuple(cell for cell in result.cells if cell.part != "cases")
    return replace(result, cells=kept, recomputed=tuple(a for a in result.recomputed if a[0] != "cases"))


def _held_against(specs: Sequence[Spec], choice: Choice) -> list[Spec]:
    """The tables of moments that files given by hand are held against, where they are not chosen anyway."""
    given = [spec for spec in specs if spec.data.name in choice.data and spec.data.checked_by]
    paths = {spec.path.parent / f"{spec.data.checked_by}.yaml" for spec in given}
    chosen = {spec.id for spec in specs}
    return [specfile.read(path, tuple(engines())) for path in sorted(paths) if path.stem not in chosen]


def _read_before(specs: Iterable[Spec], with_golden: bool) -> dict[str, dict[str, Mapping[str, Result]]]:
    """Spec to its golden results. Raises GoldenError with every fault of printed tables and golden files."""
    found: dict[str, dict[str, Mapping[str, Result]]] = {}
    problems: list[Problem] = []
    for spec in specs:
        try:
            goldenfile.read_published(spec)
            found[spec.id] = _goldens(spec) if with_golden else {}
        except GoldenError as fault:
            problems += fault.problems
    if problems:
        raise GoldenError(problems)
    return found


def _settle_bridge(tasks: Iterable[Task]) -> tuple[str, ...]:
    """Choose once, for all workers, how R is reached; what is to be said about it where it is not rpy2."""
    if not any(task.engine.language == "r" for task in tasks):
        return ()
    from harness import rsession

    try:
        name, reason = rsession.bridge_and_reason()
    except NotInstalled:  # every fit will say so itself
        return ()
    os.environ["HARNESS_R_BRIDGE"] = name
    return () if name == "rpy2" else (f"R was reached through Rscript: {reason}",)


def _refuse_strangers(specs: Sequence[Spec], choice: Choice) -> None:
    known = {
        "--column": ({column for spec in specs for column in spec.columns}, choice.columns),
        "--engine": ({engine for spec in specs for engine in spec.engines}, choice.engines),
        "--data": ({spec.data.name for spec in specs}, tuple(choice.data)),
    }
    for option, (names, asked) in known.items():
        for name in asked:
            if name not in names:
                raise UsageError(f"{option} {name}: no chosen spec has it. Known: {', '.join(sorted(names))}")


def _refuse_namesakes(specs: Sequence[Spec]) -> None:
    """One page would hide the other, and one kept result."""
    ids = [spec.id for spec in specs]
    for spec in specs:
        if ids.count(spec.id) > 1:
            raise UsageError(f"two specs are called '{spec.id}': rename one of the files, or run them apart")


def _plan(spec: Spec, choice: Choice, store: Store | None = None) -> _Plan:
    """What is to be fitted: from the data, and, by engines that read one, from logs, which need no data."""
    columns = _chosen(spec.columns, choice.columns)
    names = _chosen(spec.engines, choice.engines)
    readers = [name for name in names if engines()[name].reads_log]
    others = [name for name in names if name not in readers]
    if not readers:
        return _plan_of_data(spec, columns, names, choice, store)
    read = _plan_of_logs(spec, columns, readers, store)
    if not others:
        return read
    fitted = _plan_of_data(spec, columns, others, choice, store)
    both = {
        address: step
        for plan in (fitted, read)
        for address, step in zip(plan.addresses, plan.steps, strict=True)
    }
    steps = tuple(both[column, name] for column in columns for name in names)
    return _Plan(
        fitted.spec, steps, fitted.notes, (*fitted.faults, *read.faults), {**fitted.keys, **read.keys}
    )


def _plan_of_logs(spec: Spec, columns: Sequence[str], names: Sequence[str], store: Store | None) -> _Plan:
    """A fault of a log ends its column."""
    known = _Known(spec, store, spec.data.sha256 or "", {})
    found: dict[tuple[str, str], Any] = {}
    faults: list[str] = []
    for column in columns:
        try:
            log = logs.logged(spec, column)
        except DataError as fault:
            faults.append(str(fault))
            found |= {(column, name): _no_fit(spec, column, name, "errored", str(fault)) for name in names}
        else:
            for name in names:
                engine = engines()[name]
                step = known.step(column, engine)
                found[column, name] = step or _task(known, column, engine, logs.sheet(log))
    return _Plan(spec, tuple(found.values()), (), tuple(faults), known.keys)


def _plan_of_data(
    spec: Spec, columns: Sequence[str], names: Sequence[str], choice: Choice, store: Store | None
) -> _Plan:
    """A fault of the data ends the columns it concerns, and no other spec."""
    override = choice.data.get(spec.data.name)
    try:
        file = datafile.find(spec, override)
        spec = _as_given(spec, override)
        known = _Known(spec, store, file.sha256, {})
        found = {(column, name): known.step(column, engines()[name]) for column in columns for name in names}
        faults = _fill(spec, found, override, known)
    except DataError as fault:
        return _unread(spec, columns, names, fault)
    return _Plan(spec, tuple(step for step in found.values() if step), file.notes, faults, known.keys)


def _as_given(spec: Spec, override: Path | None) -> Spec:
    """The spec; no longer one of stand-in data where the file given by hand is not made up."""
    if not spec.data.stand_in or override is None:
        return spec
    from harness import dataset

    if dataset.read(spec, override).stand_in:
        return spec
    return spec.model_copy(update={"data": spec.data.model_copy(update={"stand_in": False})})


@dataclass(frozen=True)
class _Known:
    """What can be said of a spec's fits without its data being read; `keys` is filled in on the way."""

    spec: Spec
    store: Store | None
    data_sha256: str
    keys: dict[tuple[str, str], str]

    def step(self, column: str, engine: Engine) -> Result | None:
        """Why there is no fit, or its result from the store; None where it is to be fitted."""
        reason = _cannot(engine, self.spec.columns[column])
        if reason:
            return _no_fit(self.spec, column, engine.id, "skipped", reason)
        if self.store is None:
            return None
        reason = _script_of(self.spec, engine) or self.store.absent(engine)
        if reason:
            return _no_fit(self.spec, column, engine.id, "skipped", reason)
        known = self.provenance(column, engine)
        key = self.store.key(self.spec, column, engine, self.data_sha256, known.script_sha256)
        self.keys[column, engine.id] = key
        return self.store.get(key, self.spec.id, column, known)

    def provenance(self, column: str, engine: Engine) -> Provenance:
        """What is known of a fit before it is made."""
        return Provenance(
            spec_sha256=self._spec_sha256,
            data_sha256=self.data_sha256,
            script_sha256=_script_sha256(self.spec, column, engine),
            harness_version=__version__,
        )

    @cached_property
    def _spec_sha256(self) -> str:
        return goldenfile.model_sha256(self.spec)


def _fill(
    spec: Spec, found: dict[tuple[str, str], Any], override: Path | None, known: _Known
) -> tuple[str, ...]:
    """
    Put a task, or the reason for none, where *found* has None. Returns the faults of the data.

    Without such a place the data are not even read: a second run imports no pandas.
    """
    columns = dict.fromkeys(column for (column, _), step in found.items() if step is None)
    if not columns:
        return ()
    from harness import dataset

    data = dataset.read(spec, override)
    faults: list[str] = []
    for column in columns:
        names = [name for (its, name), step in found.items() if its == column and step is None]
        try:
            sheet = dataset.prepare(spec, data, column)
        except DataError as fault:
            faults.append(str(fault))
            found |= {(column, name): _no_fit(spec, column, name, "errored", str(fault)) for name in names}
        else:
            found |= {(column, name): _task(known, column, engines()[name], sheet) for name in names}
    return tuple(faults)


def _has_fits(spec: Spec, choice: Choice) -> bool:
    return bool(_chosen(spec.columns, choice.columns) and _chosen(spec.engines, choice.engines))


def _chosen(present: Iterable[str], asked: Sequence[str]) -> list[str]:
    return [name for name in present if not asked or name in asked]


def _task(known: _Known, column: str, engine: Engine, sheet: Sheet) -> Task:
    spec = known.spec
    limits = spec.limits
    about = known.provenance(column, engine)
    return Task(spec.id, column, engine, spec.columns[column], sheet, limits.seconds, limits.memory_mb, about)


def _unread(spec: Spec, columns: Iterable[str], names: Sequence[str], fault: DataError) -> _Plan:
    """
    Data that cannot be shared are no fault of the run where they are missing: the columns end skipped and say
    how to get them. A file that is there and cannot be used always is a fault.
    """
    to_be_had = isinstance(fault, DataMissingError) and spec.data.obtain is not None
    status, told = ("skipped" if to_be_had else "errored"), str(fault)
    steps = tuple(_no_fit(spec, column, name, status, told) for column in columns for name in names)
    return _Plan(spec, steps, (told,), () if to_be_had else (told,))


def _cannot(engine: Engine, model: AnyModel) -> str:
    if not engine.module:
        return f"{engine.id} is not part of this version"
    if engine.models and model.model not in engine.models:
        return f"{engine.id} does not estimate model '{model.model}'"
    if engine.reads_log and getattr(model, "log", None) is None:
        return "the spec names no log for this column. Name one: log: {file: ..., sha256: ...}"
    return ""


def _script_of(spec: Spec, engine: Engine) -> str:
    """Why an engine that only writes scripts fits nothing; "" for the others."""
    told = f"{engine.id} writes a script and runs nothing: harness show {spec.id} --engine {engine.id}"
    return told if engine.writes_only else ""


def _no_fit(spec: Spec, column: str, engine: str, status: str, message: str) -> Result:
    return Result(spec.id, column, engine, status, message)  # type: ignore[arg-type]


def _script_sha256(spec: Spec, column: str, engine: Engine) -> str:
    """Of the R scripts, or of the log that is read."""
    if engine.reads_log:
        log = getattr(spec.columns[column], "log", None)
        return log.sha256 if log else ""
    return rscripts.sha256() if engine.language == "r" else ""


class Call(NamedTuple):
    """What an engine would run: `status` is call, skipped or errored."""

    column: str
    engine: str
    status: str
    text: str


def calls(spec: Spec, choice: Choice) -> list[Call]:
    """
    The exact call of every engine chosen, column by column. Runs nothing.

    Any known engine may be chosen, not only the spec's own: a call is only text.
    """
    strange = next((name for name in choice.engines if name not in engines()), None)
    if strange is not None:
        raise UsageError(f"--engine {strange}: there is no such engine{did_you_mean(strange, engines())}")
    others = [name for name in choice.engines if name not in spec.engines]
    spec = spec.model_copy(update={"engines": (*spec.engines, *others)})
    _refuse_strangers([spec], choice)
    plan = _plan(spec, choice)
    if plan.faults:
        raise DataError("\n".join(plan.faults))
    return [_call(spec, step) for step in plan.steps]


def _call(spec: Spec, step: Step) -> Call:
    """The call; of a program that reads the data itself the whole script, from the data file on."""
    if isinstance(step, Result):
        return Call(step.column, step.engine, step.status, step.message)
    module = step.engine.load()
    whole = getattr(module, "script", None)
    try:
        if whole is None:
            text = module.translate(step.model, step.drawn())
        else:
            text = whole(spec, step.column, step.model, step.drawn())
    except Unsupported as reason:
        return Call(step.column, step.engine.id, "skipped", str(reason))
    return Call(step.column, step.engine.id, "call", text)


def assemble(
    spec: Spec,
    results: Sequence[Result],
    notes: Sequence[str] = (),
    goldens: Mapping[str, Mapping[str, Result]] | None = None,
) -> Outcome:
    """Results compared with print, with each other and with *goldens* (engine to column to result)."""
    published = goldenfile.read_published(spec)
    goldens = goldens or {}
    comparisons = compare.table(spec, published, results, goldens)
    fitted = {result.engine for result in results if result.status == "fitted"}
    absent = dict.fromkeys(
        c.reference for c in comparisons if c.reference not in {PUBLISHED, GOLDEN, *fitted}
    )
    spoken = [f"{engine} is not installed here: its golden numbers stand in for it" for engine in absent]
    return Outcome(
        spec,
        published,
        tuple(results),
        comparisons,
        {column: compare.headline(spec, column, results, comparisons) for column in spec.columns},
        compare.reproduced(published, comparisons),
        (*notes, *spoken),
        audit.audit(spec, published, beside.tables(spec)),
    )


def _goldens(spec: Spec) -> dict[str, Mapping[str, Result]]:
    found = {engine: goldenfile.read_engine(spec, engine) for engine in spec.engines}
    return {engine: columns for engine, columns in found.items() if columns}


def from_golden(spec: Spec) -> Outcome:
    """The outcome that the golden files tell, without fitting anything."""
    goldens = _goldens(spec)
    results = [
        goldens.get(engine, {}).get(column)
        or _no_fit(spec, column, engine, "skipped", _no_golden(spec, engine))
        for column in spec.columns
        for engine in spec.engines
    ]
    return assemble(spec, results)


def _no_golden(spec: Spec, engine: str) -> str:
    known = engines().get(engine)
    if known is not None and not known.module:
        return f"{engine} is not part of this version"
    if known is not None and known.writes_only:
        return _script_of(spec, known)
    return f'no golden file yet. Make it: harness bless {spec.id} --engine {engine} --because "..."'


def bless(specs: Sequence[Spec], because: str, choice: Choice) -> dict[tuple[str, str], bool]:
    """
    Write the golden file of each engine chosen; (spec, engine) to whether its numbers changed.

    Without a choice every engine that fitted a column is written. An engine that is here and refuses every
    column is written with its reasons. Raises GoldenError where a fit errored, UsageError where an engine
    asked for is not here.
    """
    written = {}
    asked = {spec.id for spec in specs}
    found = run(specs, replace(choice, fresh=True), lambda total, result: None, with_golden=False).outcomes
    for outcome in (outcome for outcome in found if outcome.spec.id in asked):
        here = {r.engine for r in outcome.results if r.status != "skipped" or r.provenance.engine_version}
        for name in _chosen(outcome.spec.engines, choice.engines):
            mine = [result for result in outcome.results if result.engine == name]
            if name in here:
                changed = goldenfile.write_engine(outcome.spec, name, mine, because)
                written[outcome.spec.id, name] = changed
            elif choice.engines:
                raise UsageError(f"{outcome.spec.id}: {name} fitted nothing to keep: {mine[0].message}")
    return written


def exit_code(found: Run, choice: Choice, fail_on: str) -> int:
    """
    0 agreed, explained or skipped; 1 discrepancies; 2 unusable data; 3 an engine failed or cannot run.

    3 beats 2 beats 1. *fail_on* is the mildest verdict that counts as a discrepancy, or `never`. An engine
    that was asked for by name and fitted nothing cannot run.
    """
    results = [result for outcome in found.outcomes for result in outcome.results]
    fitted = {result.engine for result in results if result.status == "fitted"}
    lost = [result for result in results if result.status == "errored" and result.message not in found.faults]
    if lost or any(name not in fitted for name in choice.engines):
        return 3
    if found.faults:
        return 2
    return int(next(failures(found.outcomes, fail_on), None) is not None)


def failures(outcomes: Iterable[Outcome], fail_on: str) -> Iterator[Pair]:
    """The pairs that make a run fail; *fail_on* is the mildest verdict that does, or `never`."""
    if fail_on == "never":
        return
    counted = DISCREPANCIES[: DISCREPANCIES.index(fail_on) + 1]
    for outcome in outcomes:
        for comparison in outcome.comparisons:
            yield from (pair for pair in comparison.pairs if pair.verdict in counted)
