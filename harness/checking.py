"""What `harness check` looks at: specs, printed tables, data files and golden files, without fitting."""

from collections.abc import Sequence
from pathlib import Path

from harness import compare, datafile, goldenfile
from harness.errors import DataError, DataMissingError, GoldenError, Problem
from harness.run import from_golden
from harness.spec import Spec


def problems(root: Path, specs: Sequence[Spec], everything: bool) -> list[Problem]:
    """Every fault found, in order of file; orphans only where *everything* is looked at."""
    found = [problem for spec in specs for problem in _of(spec)]
    if everything:
        found += goldenfile.check_orphans(root)
    return sorted(found)


def _of(spec: Spec) -> list[Problem]:
    try:
        goldenfile.read_published(spec)
        golden = goldenfile.check(spec)
        loose = compare.loose_bounds(from_golden(spec)) if spec.known_differences else []
    except GoldenError as fault:
        return [*_data(spec), *fault.problems]
    return [*_data(spec), *golden, *(Problem(str(spec.path), 0, 0, sentence) for sentence in loose)]


def _data(spec: Spec) -> list[Problem]:
    """A data file that is there must be the one that the spec names; one that is not must be obtainable."""
    try:
        datafile.find(spec, None)
    except DataMissingError as fault:
        return [] if spec.data.obtain else [_problem(spec, fault)]
    except DataError as fault:
        return [_problem(spec, fault)]
    return []


def _problem(spec: Spec, fault: DataError) -> Problem:
    return Problem(str(spec.path), 0, 0, str(fault).removeprefix(f"{spec.path}: "))
