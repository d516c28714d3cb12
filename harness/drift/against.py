"""Where the other day's results come from: golden files, golden files of a revision, or a results.json."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness import goldenfile, resultsfile
from harness.drift import Address
from harness.errors import UsageError
from harness.result import Result
from harness.spec import Spec


def read(against: str | None, specs: Sequence[Spec]) -> tuple[str, dict[Address, Result]]:
    """
    What today is measured against, in words, and its results.

    against : None for the golden files as they are, a path that exists, or a revision of git
    Raises UsageError where it is none of these, GoldenError where a golden file cannot be read.
    """
    if against is None:
        return "the golden files", _addressed(
            result
            for spec in specs
            for engine in spec.engines
            for result in (goldenfile.read_engine(spec, engine) or {}).values()
        )
    if Path(against).exists():
        return against, _addressed(resultsfile.read(Path(against)))
    return f"the golden files of {against}", _addressed(_of_revision(against, specs))


def _addressed(results: Iterable[Result]) -> dict[Address, Result]:
    return {(result.spec, result.column, result.engine): result for result in results}


def _of_revision(revision: str, specs: Sequence[Spec]) -> Iterable[Result]:
    for folder in {spec.path.parent for spec in specs}:
        named = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if named is None:
            raise UsageError(
                f"--against {revision}: neither a file nor a revision of git in {folder}. "
                "Name a results.json, a report's folder, or a commit, tag or branch"
            )
        for spec in specs:
            if spec.path.parent == folder:
                yield from _of_commit(named.decode().strip(), spec, folder)


def _of_commit(commit: str, spec: Spec, folder: Path) -> Iterable[Result]:
    for engine in spec.engines:
        path = os.path.relpath(goldenfile.engine_path(spec, engine), folder)
        if not path.startswith(os.pardir):
            path = os.path.join(os.curdir, path)
        text = _git(folder, "show", f"{commit}:{path}")
        if text is not None:
            yield from goldenfile.parse_engine(spec, engine, text, f"{commit[:12]}:{path}").values()


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git says, None where it fails or is not here."""
    try:
        told = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return told.stdout if told.returncode == 0 else None
