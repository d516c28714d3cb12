"""The command `harness`: commands, exit codes, what goes to the screen."""

from __future__ import annotations

import gc
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness import __version__
from harness.errors import HarnessError, SpecError, UsageError
from harness.result import DISCREPANCIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.errors import Problem
    from harness.run import Run
    from harness.simulate import Request
    from harness.spec import Spec

INTERRUPTED = 130  # as a shell counts a process ended by Ctrl-C
_SELDOM = (50_000, 10, 10)  # results and comparisons stay to the end: looking for garbage among them is idle

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else."
)
executor_option = click.option(
    "--executor",
    default="local",
    metavar="local|dask://HOST:PORT",
    help="Where fits are made: in worker processes here, or on a running dask cluster.",
)
specs_argument = click.argument("names", metavar="[SPEC]...", nargs=-1)


class _Commands(click.Group):
    """Turns the harness's own errors into one message on stderr and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        gc.set_threshold(*_SELDOM)
        try:
            return super().invoke(ctx)
        except HarnessError as fault:
            click.echo(str(fault), err=True)
            ctx.exit(fault.exit_code)
        except BrokenPipeError:  # the reader has seen enough, as `head` has; click ends quietly
            raise
        except OSError as fault:
            if fault.strerror is None:  # not the system's, so a fault of ours
                raise
            advice = "Check the path and its permissions, or write elsewhere (--out)"
            click.echo(f"{fault.filename or 'the output'}: {fault.strerror}. {advice}", err=True)
            ctx.exit(HarnessError.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted: every worker was ended, nothing was written.", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that holds specs/. Default: the nearest one upward from here.",
)
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """
    Re-estimate published tables in Python and in R, and compare every printed number.

    SPEC is an id in specs/ or the path of a YAML file. Exit codes: 0 agreed, 1 discrepancies, 2 the spec, the
    data or the usage is wrong, 3 a fit failed or an engine asked for cannot run.
    """
    ctx.obj = root or _root()


def _root() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "specs").is_dir()), here)


def _read(root: Path, names: tuple[str, ...]) -> list[Spec]:
    """The specs named, or all of them. Faults of all files are raised together."""
    from harness import specfile
    from harness.engines import engines

    paths = [specfile.find(name, root) for name in names] or specfile.all_paths(root)
    if not paths:
        raise UsageError(f"{root / 'specs'}: no specs here. Make the first one: harness new my-table")
    _refuse_twins(paths)
    specs: list[Spec] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            specs.append(specfile.read(path, engines()))
        except SpecError as fault:
            problems += fault.problems
    if problems:
        raise SpecError(problems)
    return specs


def _refuse_twins(paths: list[Path]) -> None:
    """One page and one golden folder would be two specs'."""
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem, path)
        if other is not path:
            raise UsageError(
                f"{path} and {other} are both called '{path.stem}'. Rename one, or run them apart"
            )


@contextmanager
def _without_collector() -> Iterator[None]:
    """For short commands: what they read they keep to the end, and the collector would only walk over it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _one(root: Path, name: str) -> Spec:
    return _read(root, (name,))[0]


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


@main.command("list")
@json_option
@click.pass_obj
def list_specs(root: Path, as_json: bool) -> None:
    """The specs: id, columns, engines, title."""
    specs = _read(root, ())
    if as_json:
        _print_json(
            [
                {"id": spec.id, "title": spec.title, "columns": [*spec.columns], "engines": [*spec.engines]}
                for spec in specs
            ]
        )
        return
    width = max(len(spec.id) for spec in specs)
    for spec in specs:
        models = ", ".join(dict.fromkeys(model.model for model in spec.columns.values()))
        click.echo(f"{spec.id:{width}}  {len(spec.columns):2} x {models:14}  {spec.title}")


@main.command()
@click.argument("name", metavar="SPEC")
@click.option("--column", "columns", multiple=True, help="Only this column; may be repeated.")
@click.option("--engine", "engines", multiple=True, help="Only this engine; may be repeated.")
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@json_option
@click.pass_obj
def show(
    root: Path,
    name: str,
    columns: tuple[str, ...],
    engines: tuple[str, ...],
    data: tuple[str, ...],
    as_json: bool,
) -> None:
    """The exact call of each engine, column by column. Runs nothing."""
    from harness import run as runs

    choice = runs.Choice(columns, engines, _data(data))
    calls = runs.calls(_one(root, name), choice)
    if as_json:
        _print_json([call._asdict() for call in calls])
        return
    for column, engine, status, text in calls:
        click.secho(f"({column}) {engine}" + ("" if status == "call" else f": {status}"), bold=True)
        click.echo("    " + text.replace("\n", "\n    ") + "\n")


@main.command()
@click.argument("name", metavar="SPEC")
@click.option("--column", required=True, help="The column that constructs a variable.")
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The csv file to write."
)
@click.pass_obj
def construct(root: Path, name: str, column: str, data: tuple[str, ...], out: Path) -> None:
    """A constructed variable (index, agglomeration, types) to a csv file, one row a case."""
    from harness import construct as constructions

    spec = _one(root, name)
    rows = constructions.write(spec, column, _data_of(spec, data), out)
    click.echo(f"{out}: {rows} rows")


def _data(given: tuple[str, ...]) -> dict[str, Path]:
    pairs: dict[str, str] = {}
    for text in given:
        name, _, path = text.partition("=")
        if pairs.setdefault(name, path) != path:
            raise UsageError(f"--data {text}: {name} is {pairs[name]} already. Give one file")
    for name, path in pairs.items():
        if not path:
            raise UsageError(f"--data {name}: write NAME=PATH, e.g. --data panel=cities.csv")
        if not Path(path).is_file():
            raise UsageError(f"--data {name}={path}: there is no such file")
    return {name: Path(path) for name, path in pairs.items()}


def _data_of(spec: Spec, given: tuple[str, ...]) -> Path | None:
    """The file to read in place of the one data file of *spec*."""
    data = _data(given)
    for unknown in data.keys() - {spec.data.name}:
        raise UsageError(f"--data {unknown}: {spec.id} has it not. Known: {spec.data.name}")
    return data.get(spec.data.name)


@main.command()
@specs_argument
@click.option("--column", "columns", multiple=True, help="Only this column; may be repeated.")
@click.option(
    "--engine", "engines", multiple=True, help="Only this engine, and it must run; may be repeated."
)
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Default: reports/latest.")
@click.option(
    "--fail-on",
    type=click.Choice([*DISCREPANCIES, "never"]),
    default="outside_tolerance",
    help="The mildest verdict that gives exit code 1.",
)
@click.option("--shard", metavar="I/N", help="Only every N-th spec, starting with the I-th: for parallel CI.")
@click.option(
    "--r-bridge",
    type=click.Choice(["auto", "rpy2", "rscript"]),
    default="auto",
    help="How R is reached: in the worker process by rpy2, or by Rscript where rpy2 cannot load.",
)
@click.option("--fresh", is_flag=True, help="Fit anew what an earlier run has kept.")
@executor_option
@click.option(
    "--ci",
    type=click.Choice(["github"]),
    help="Annotations, a step summary, and findings.sarif beside junit.xml in the report's folder.",
)
@json_option
@click.pass_obj
def run(root: Path, /, names: tuple[str, ...], **options: Any) -> None:
    """Estimate, compare, report. Without SPEC: all of specs/."""
    from harness import publish, screen
    from harness import run as runs

    choice = runs.Choice(
        columns=options["columns"],
        engines=options["engines"],
        data=_data(options["data"]),
        jobs=options["jobs"],
        fresh=options["fresh"],
        executor=options["executor"],
    )
    specs = _shard(_read(root, names), options["shard"])
    out = options["out"] or root / "reports" / "latest"
    publish.need_place(out)
    if options["r_bridge"] != "auto":
        os.environ["HARNESS_R_BRIDGE"] = options["r_bridge"]
    with screen.progress(quiet=options["as_json"]) as progress:
        found = runs.run(specs, choice, progress)
    code = runs.exit_code(found, choice, options["fail_on"])
    beside = _tell(root, found, options["as_json"]) if options["ci"] else {}
    folder = publish.write(found, out, code, beside)
    if options["as_json"]:
        _print_json(publish.document(found))
    else:
        screen.show(found, folder)
    for sentence in (*found.faults, *found.remarks):
        click.echo(sentence, err=True)
    sys.exit(code)


def _tell(root: Path, found: Run, as_json: bool) -> Mapping[str, str]:
    """Say to GitHub what was found; returns the files that go into the report. stdout may be taken."""
    from harness import ci, publish

    told = ci.found(found.outcomes, root)
    for line in ci.annotations(told):
        click.echo(line, err=as_json)
    ci.summarize(publish.index_text(found), told)
    return ci.files(told)


def _shard(specs: list[Spec], shard: str | None) -> list[Spec]:
    if shard is None:
        return specs
    try:
        first, every = (int(part) for part in shard.split("/"))
    except ValueError:
        raise UsageError(f"--shard {shard}: write I/N, e.g. 1/4") from None
    if not 1 <= first <= every:
        raise UsageError(f"--shard {shard}: I goes from 1 to N")
    return specs[first - 1 :: every]


@main.command()
@specs_argument
@click.option(
    "--against", metavar="REV|FILE", help="A revision of git, a results.json, or a report's folder."
)
@click.option("--engine", "engines", multiple=True, help="Only this engine; may be repeated.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@click.option(
    "--fail-on",
    type=click.Choice([*DISCREPANCIES, "moved", "never"]),
    default="outside_tolerance",
    help="The mildest kind of move that gives exit code 1.",
)
@click.option("--fresh", is_flag=True, help="Fit anew what an earlier run has kept.")
@executor_option
@json_option
@click.pass_obj
def drift(root: Path, /, names: tuple[str, ...], **options: Any) -> None:
    """What moved since the golden files, or since another run."""
    from harness import run as runs
    from harness import screen
    from harness.drift import against, since, words

    specs = _read(root, names)
    reference, before = against.read(options["against"], specs)
    choice = runs.Choice(
        engines=options["engines"],
        jobs=options["jobs"],
        fresh=options["fresh"],
        executor=options["executor"],
    )
    with screen.progress(quiet=options["as_json"]) as progress:
        found = runs.run(specs, choice, progress)
    moved = since(specs, before, [result for outcome in found.outcomes for result in outcome.results])
    if options["as_json"]:
        _print_json(words.document(moved, reference))
    else:
        for line in words.lines(moved, reference):
            click.echo(line)
    for sentence in (*found.faults, *found.remarks):
        click.echo(sentence, err=True)
    sys.exit(runs.exit_code(found, choice, "never") or int(moved.fails(options["fail_on"])))


@main.command()
@click.argument("name", metavar="SPEC")
@click.option("--column", "columns", multiple=True, help="Only this column; may be repeated.")
@click.option("--engine", help="Who fits the panels. Default: the spec's first that estimates the model.")
@click.option(
    "--replications",
    type=click.IntRange(2, 100_000),
    default=1000,
    show_default=True,
    help="Panels a column.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same numbers."
)
@click.option(
    "--set", "given", multiple=True, metavar="TERM=VALUE", help="A coefficient in place of the printed one."
)
@click.option("--error-sd", type=float, help="Standard deviation of the errors. Default: the data's.")
@click.option("--effect-sd", type=float, help="Standard deviation of entities' effects. Default: the data's.")
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@executor_option
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Default: reports/simulated/SPEC."
)
@json_option
@click.pass_obj
def simulate(root: Path, /, name: str, **options: Any) -> None:
    """
    How well can this design recover these coefficients? Panels drawn from them, and fitted.

    Exit codes: 0 every column was simulated, 2 one cannot be, 3 no panel of one could be fitted.
    """
    from harness import publish, screen, simulate

    spec = _one(root, name)
    request = _request(spec, options)
    out = options["out"] or root / "reports" / "simulated" / spec.id
    publish.need_place(out)
    with screen.progress(quiet=options["as_json"]) as progress:
        found = simulate.simulate(spec, request, progress)
    if found.recoveries:
        page = publish.write_recoveries(found, out)
    if options["as_json"]:
        _print_json(publish.recoveries_document(found))
    elif found.recoveries:
        screen.show_recoveries(found, page)
    for sentence in found.faults:
        click.echo(sentence, err=True)
    if found.is_interrupted:
        click.echo("Interrupted: every worker was ended; told is what was fitted by then.", err=True)
    sys.exit(INTERRUPTED if found.is_interrupted else found.exit_code)


def _request(spec: Spec, options: Mapping[str, Any]) -> Request:
    from harness.simulate import Asked, Request

    for option in ("error_sd", "effect_sd"):
        value = options[option]
        if value is not None and not 0 <= value < float("inf"):
            raise UsageError(
                f"--{option.replace('_', '-')} {value:g}: a standard deviation is a number from 0"
            )
    return Request(
        columns=tuple(dict.fromkeys(options["columns"])),
        engine=options["engine"],
        replications=options["replications"],
        seed=options["seed"],
        coefficients=_coefficients(options["given"]),
        asked=Asked(options["error_sd"], options["effect_sd"]),
        data=_data_of(spec, options["data"]),
        jobs=options["jobs"],
        executor=options["executor"],
    )


def _coefficients(given: tuple[str, ...]) -> dict[str, float]:
    """From TERM=VALUE; a term may hold a sign of equality itself, as year=1980 does."""
    found: dict[str, float] = {}
    for text in given:
        term, _, value = text.rpartition("=")
        if term in found:
            raise UsageError(f"--set {text}: {term} has the value {found[term]:g} already. Give one")
        try:
            found[term] = float(value)
        except ValueError:
            found[term] = float("nan")
        if not term or not math.isfinite(found[term]):
            raise UsageError(f"--set {text}: write TERM=VALUE with a number, e.g. --set L1.y=0.5")
    return found


@main.command()
@specs_argument
@click.option("--prepare", is_flag=True, help="Also read the data and prepare every column's rows.")
@json_option
@click.pass_obj
def check(root: Path, names: tuple[str, ...], prepare: bool, as_json: bool) -> None:
    """Are specs, printed tables, data and golden files valid, and do they fit each other? Fits nothing."""
    from harness import checking

    with _without_collector():
        specs = _read(root, names)
        problems = checking.problems(root, specs, everything=not names, prepare=prepare)
    if as_json:
        _print_json(
            [{"file": p.file, "line": p.line, "column": p.column, "message": p.message} for p in problems]
        )
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{len(specs)} specs, {len(problems)} problems", err=bool(problems))
    sys.exit(2 if problems else 0)


@main.command()
@specs_argument
@json_option
@click.pass_obj
def audit(root: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Printed tables against themselves and the text; needs no data. 1: something is impossible."""
    from harness import auditing

    findings = auditing.found(_read(root, names))
    if as_json:
        _print_json(auditing.document(findings))
    else:
        for line in auditing.lines(findings):
            click.echo(line)
    sys.exit(auditing.exit_code(findings))


@main.command()
@click.argument("name", metavar="SPEC")
@click.option("--column", "columns", multiple=True, help="Only this column; may be repeated.")
@click.option("--budget", type=click.IntRange(1), default=500, show_default=True, help="Fits a column.")
@click.option("--engine", default="", help="Who fits. Default: the first of the spec's engines that can.")
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@click.option(
    "--counts-only", is_flag=True, help="Instrument sets that give the printed counts. Needs no data."
)
@click.option(
    "--periods", type=click.IntRange(3), help="With --counts-only: of the panel, where no print says it."
)
@click.option(
    "--apart", is_flag=True, help="With --counts-only: each variable by itself, also within a group."
)
@click.option(
    "--between", nargs=2, metavar="A B", help="The first thing in which these two engines differ; 1: they do."
)
@executor_option
@json_option
@click.pass_obj
def explain(root: Path, /, name: str, **options: Any) -> None:
    """
    Which conventions reproduce the print: what the spec leaves open, and what programs do by default.

    Every single change of the spec's setting is fitted, then combinations, best first, until the budget ends;
    Ctrl-C gives what is known so far. 0: some setting gives every printed cell of every column. 1: none does.
    """
    _refuse_together(options)
    spec = _one(root, name)
    if options["counts_only"]:
        _explain_counts(spec, options)
    if options["between"]:
        _explain_between(spec, options)
    from harness import screen
    from harness.explain import explaining, words

    wanted = ("budget", "columns", "engine", "jobs", "executor")
    choice = explaining.Choice(**{key: options[key] for key in wanted}, data=_data(options["data"]))
    answers = []
    with screen.searching(quiet=options["as_json"]) as progress:
        for found in explaining.explain(spec, choice, progress):
            answers.append(found)
    if options["as_json"]:
        _print_json(words.document(answers))
    for line in [] if options["as_json"] else [line for one in answers for line in words.lines(one)]:
        click.echo(line)
    sys.exit(INTERRUPTED if answers[-1].interrupted else words.exit_code(answers))


def _refuse_together(options: Mapping[str, Any]) -> None:
    """What another question would leave unread."""
    if options["counts_only"] and options["between"]:
        raise UsageError("--counts-only and --between are two questions. Ask them one after the other")
    if options["between"] and options["engine"]:
        raise UsageError("--between names both engines. Leave --engine out")
    for option in ("periods", "apart"):
        if options[option] and not options["counts_only"]:
            raise UsageError(f"--{option} belongs to --counts-only. Add it, or leave --{option} out")


def _explain_counts(spec: Spec, options: Mapping[str, Any]) -> NoReturn:
    from harness.explain import counts_only

    found = counts_only.found(spec, options["columns"], options["periods"], options["apart"])
    if options["as_json"]:
        _print_json(counts_only.document(spec, found))
    else:
        for line in counts_only.lines(spec, found):
            click.echo(line)
    sys.exit(counts_only.exit_code(found))


def _explain_between(spec: Spec, options: Mapping[str, Any]) -> NoReturn:
    from harness import run as runs
    from harness import screen
    from harness.explain import between, between_words

    if len(set(options["between"])) == 1:
        raise UsageError(f"--between {' '.join(options['between'])}: name two different engines")
    for name in options["between"]:
        if name not in spec.engines:
            raise UsageError(f"--between: {spec.id} has no engine {name}. Known: {', '.join(spec.engines)}")
    choice = runs.Choice(
        columns=options["columns"],
        engines=options["between"],
        data=_data(options["data"]),
        jobs=options["jobs"],
        executor=options["executor"],
    )
    with screen.progress(quiet=options["as_json"]) as progress:
        found = runs.run([spec], choice, progress)
    partings = between.partings(found.outcomes[-1], *options["between"])
    if options["as_json"]:
        _print_json(between_words.document(spec, partings))
    else:
        for line in (line for one in partings for line in between_words.lines(one)):
            click.echo(line)
    for sentence in (*found.faults, *found.remarks):
        click.echo(sentence, err=True)
    code = runs.exit_code(found, choice, "never")
    sys.exit(code or int(not all(one.is_agreement for one in partings)))


@main.command()
@click.argument("names", metavar="SPEC...", nargs=-1, required=True)
@click.option("--engine", "engines", multiple=True, help="Default: every engine of the spec that runs here.")
@click.option("--because", required=True, help="Why the numbers are right now; kept in the golden file.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@click.pass_obj
def bless(root: Path, names: tuple[str, ...], engines: tuple[str, ...], because: str, jobs: int) -> None:
    """Make today's numbers of an engine its golden file."""
    from harness import run as runs

    written = runs.bless(_read(root, names), because, runs.Choice(engines=engines, jobs=jobs))
    for (spec, engine), changed in written.items():
        click.echo(f"{spec}/{engine}: {'written' if changed else 'unchanged'}")


@main.command()
@specs_argument
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Default: reports.")
@click.option("--check", "compare_only", is_flag=True, help="Write nothing; fail if the files would change.")
@click.pass_obj
def report(root: Path, names: tuple[str, ...], out: Path | None, compare_only: bool) -> None:
    """Render the golden files to reports/, byte for byte the same anywhere. Fits nothing."""
    from harness import publish

    if names and out is None:
        raise UsageError("reports/ is over all specs: leave SPEC out, or say where to write: --out DIR")
    folder = out or root / "reports"
    with _without_collector():
        specs = _read(root, names)
        stale = publish.stale(specs, folder) if compare_only else []
        written = 0 if compare_only else publish.render(specs, folder)
    if not compare_only:
        click.echo(f"{written} files in {folder}")
    for path in stale:
        click.echo(f"{path} is not what the golden files give. Renew it: harness report", err=True)
    sys.exit(1 if stale else 0)


@main.command()
@click.argument("name", metavar="SPEC")
@click.option(
    "--latex", "form", flag_value="latex", default="latex", help="LaTeX with booktabs; the default."
)
@click.option("--csv", "form", flag_value="csv")
@click.option("--markdown", "form", flag_value="markdown")
@click.option("--engine", help="Whose numbers; default: the spec's first engine that runs here.")
@click.option("--golden", is_flag=True, help="From the golden files; nothing is fitted.")
@click.option("--terms", is_flag=True, help="The spec's own names of variables, not their labels.")
@click.option(
    "--decimals",
    type=click.IntRange(0, 12),
    default=3,
    help="Where no printed table shows how many.",
)
@click.option("--data", multiple=True, metavar="NAME=PATH", help="Read this file in place of the spec's.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 2, help="Worker processes.")
@click.pass_obj
def export(root: Path, /, name: str, **options: Any) -> None:
    """The agreed table to stdout, in the shape and with the digits of the print."""
    from harness import export as exports
    from harness import run as runs
    from harness import screen

    spec = _one(root, name)
    choice = runs.Choice(data=_data(options["data"]), jobs=options["jobs"])
    if options["golden"]:
        found = runs.Run((runs.from_golden(spec),))
    else:
        with screen.progress(quiet=False) as progress:
            found = runs.run([spec], choice, progress)
    (outcome,) = (one for one in found.outcomes if one.spec.id == spec.id)
    table = exports.agreed(outcome, options["engine"], options["decimals"], options["terms"])
    click.echo(exports.FORMS[options["form"]](table), nl=False)
    for sentence in (*found.faults, *found.remarks):
        click.echo(sentence, err=True)
    sys.exit(runs.exit_code(found, choice, "never"))


@main.command()
@click.option(
    "--cache-key", is_flag=True, help="Only one line that changes with anything that engines run on."
)
@json_option
def doctor(cache_key: bool, as_json: bool) -> None:
    """What is installed, in which version, what is missing and the command that mends it."""
    if cache_key:
        from harness import store

        click.echo(store.cache_key())
        return
    from harness import doctor as examination

    findings = examination.examine()
    if as_json:
        _print_json([finding._asdict() for finding in findings])
        return
    for finding in findings:
        mark = click.style("ok", fg="green") if finding.ok else click.style("--", fg="yellow")
        click.echo(f"{mark}  {finding.what:20} {finding.text}")


@main.command()
@click.argument("what", type=click.Choice(["spec", "results"]), default="spec")
def schema(what: str) -> None:
    """The JSON Schema of a spec (for completion in editors) or of results.json."""
    from harness import schemas

    click.echo(schemas.text(what), nl=False)


@main.command()
@click.argument("identifier", metavar="ID")
@click.argument("table", metavar="[TABLE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--below",
    type=click.Choice(["std_error", "statistic", "p_value", "ci"]),
    help="What stands in parentheses beneath the coefficients, where the table does not say it.",
)
@click.option(
    "--model",
    type=click.Choice(["linear", "panel", "dynamic-panel", "descriptive"]),
    help="The model; by itself it is taken from the rows of the table.",
)
@json_option
@click.pass_obj
def new(root: Path, /, identifier: str, table: Path | None, **options: Any) -> None:
    """
    A commented spec and its printed table, from TABLE or empty to be filled in.

    TABLE is a LaTeX tabular, a csv file, or the text that esttab or outreg writes.
    """
    from harness import scaffold, screen

    if table is None:
        for option in ("below", "model"):
            if options[option]:
                raise UsageError(f"--{option} is about a TABLE. Name its file, or leave --{option} out")
        spec, printed = scaffold.new_spec(root, identifier)
        if options["as_json"]:
            _print_json({"spec": str(spec), "printed": str(printed)})
        else:
            click.echo(f"made {spec}\nmade {printed}")
        return
    made = scaffold.from_table(root, identifier, table, options["below"], options["model"])
    if options["as_json"]:
        _print_json(made.document())
    else:
        screen.show_made(made)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def init(folder: Path) -> None:
    """A project for tables of your own: folders, an example, workflows, a hook. What is there stays."""
    from harness import scaffold

    for path, done, remark in scaffold.new_project(folder):
        click.echo(f"{done:9} {path}" + (f" ({remark})" if remark else ""))
