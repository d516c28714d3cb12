"""What `harness check` looks at: specs, printed tables, data files and golden files, without fitting."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from harness import compare, goldenfile
from harness.errors import GoldenError, Problem
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
    folder = spec.path.parent
    places = [folder / spec.data.file, folder / "data" / spec.data.file]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        if spec.data.obtain:
            return []
        message = f"data.file: {spec.data.file} is neither beside the spec nor in its data/"
        return [Problem(str(spec.path), 0, 0, message)]
    told = hashlib.sha256(found.read_bytes()).hexdigest()
    if spec.data.sha256 in (None, told):
        return []
    message = f"data.sha256 is {str(spec.data.sha256)[:8]}…, the file has {told[:8]}…. Take the right one."
    return [Problem(str(found), 0, 0, message)]
