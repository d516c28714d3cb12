"""What `harness check` looks at: specs, printed tables, data files and golden files, without fitting."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from harness import compare, datafile, goldenfile, logs
from harness.errors import DataError, DataMissingError, GoldenError, Problem
from harness.run import from_golden
from harness.spec import Spec


def problems(root: Path, specs: Sequence[Spec], everything: bool, prepare: bool = False) -> list[Problem]:
    """
    Every fault found, in order of file.

    everything : look for what belongs to no spec, too
    prepare : read the data, and prepare the rows of every column as a fit would; this needs pandas
    """
    found = [problem for spec in specs for problem in _of(spec, prepare)]
    if everything:
        found += goldenfile.check_orphans(root)
        found += _strays(root)
        found += _stray_papers(root, {spec.source.paper for spec in specs})
    return sorted(found)


def _strays(root: Path) -> list[Problem]:
    """Files that look like specs and are not read as such; reports of specs that are gone."""
    misnamed = sorted((root / "specs").glob("*.yml"))
    reported = sorted(path.parent for path in (root / "reports").glob("*/results.json"))
    ids = {path.stem for path in (root / "specs").glob("*.yaml")}
    return [
        *(
            Problem(str(path), 0, 0, "specs end in .yaml; this one is not read. Rename it")
            for path in misnamed
        ),
        *(
            Problem(str(path), 0, 0, f"there is no spec specs/{path.name}.yaml. Remove this report")
            for path in reported
            if path.name not in ids
        ),
    ]


def _stray_papers(root: Path, papers: Collection[str | None]) -> list[Problem]:
    """Pages of papers that no spec names any more."""
    pages = sorted(path.parent for path in (root / "reports" / "papers").glob("*/report.md"))
    sentence = "no spec has this source.paper. Remove this report"
    return [Problem(str(path), 0, 0, sentence) for path in pages if path.name not in papers]


def _of(spec: Spec, prepare: bool) -> list[Problem]:
    data = _data(spec, prepare)
    try:
        goldenfile.read_published(spec)
        golden = goldenfile.check(spec)
        loose = compare.loose_bounds(from_golden(spec)) if spec.known_differences else []
    except GoldenError as fault:
        return [*data, *fault.problems]
    loose_bounds = (Problem(str(spec.path), 0, 0, sentence) for sentence in loose)
    return [*data, *_logs(spec), *golden, *loose_bounds]


def _data(spec: Spec, prepare: bool) -> list[Problem]:
    """A data file that is there must be the one that the spec names; one that is not must be obtainable."""
    faults: list[DataError] = []
    try:
        datafile.find(spec, None)
        if prepare:
            faults = _unprepared(spec)
    except DataMissingError as fault:
        faults = [] if spec.data.obtain else [fault]
    except DataError as fault:
        faults = [fault]
    return _told_once(spec, faults)


def _unprepared(spec: Spec) -> list[DataError]:
    """Why columns cannot have their rows. Raises DataError where the file cannot be read at all."""
    from harness import dataset

    data = dataset.read(spec)
    return _refusals(spec, lambda column: dataset.prepare(spec, data, column))


def _logs(spec: Spec) -> list[Problem]:
    """A log that a column names must be there, be the one that is meant, and have its regression."""
    return _told_once(spec, _refusals(spec, lambda column: logs.logged(spec, column)))


def _refusals(spec: Spec, look: Callable[[str], object]) -> list[DataError]:
    """What *look* raises of each column."""
    found = []
    for column in spec.columns:
        try:
            look(column)
        except DataError as fault:
            found.append(fault)
    return found


def _told_once(spec: Spec, faults: Iterable[DataError]) -> list[Problem]:
    return list(dict.fromkeys(_problem(spec, fault) for fault in faults))


def _problem(spec: Spec, fault: DataError) -> Problem:
    return Problem(str(spec.path), 0, 0, str(fault).removeprefix(f"{spec.path}: "))
