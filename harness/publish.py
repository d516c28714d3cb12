"""Outcomes to a folder of reports, whole or not at all."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__, compare, report
from harness.errors import UsageError
from harness.report import recovery
from harness.result import Outcome
from harness.run import Run, from_golden
from harness.spec import Spec

if TYPE_CHECKING:
    from harness.simulate import Found


def write(found: Run, folder: Path, exit_code: int, beside: Mapping[str, str] | None = None) -> Path:
    """
    Write the report of a run to *folder*, replacing what is there; returns the page to open.

    beside : further files of the folder, name to text

    The folder is made beside its place and moved there when it is whole.
    """
    about = _about(found.faults, exit_code)
    with _replaced(folder) as fresh:
        _write(found.outcomes, fresh, about)
        _write_texts(fresh, beside or {})
    return folder / "index.html"


def write_recoveries(found: Found, folder: Path) -> Path:
    """Write what a simulation found to *folder*, replacing what is there; returns the page to open."""
    texts = {
        "results.json": json.dumps(recoveries_document(found), indent=1, ensure_ascii=False) + "\n",
        "report.md": recovery.text(found.recoveries),
        "run.json": json.dumps(_about(found.faults, found.exit_code), indent=1, ensure_ascii=False) + "\n",
        "index.html": recovery.page(found.recoveries),
    }
    with _replaced(folder) as fresh:
        fresh.mkdir()
        _write_texts(fresh, texts)
    return folder / "index.html"


def recoveries_document(found: Found) -> dict[str, Any]:
    """What `harness simulate --json` prints, and results.json holds."""
    return recovery.document(found.recoveries)


def _about(faults: Sequence[str], exit_code: int) -> dict[str, Any]:
    """What changes from run to run."""
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "exit_code": exit_code,
        "faults": list(faults),
    }


def _write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n", errors="replace")


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """A place beside *folder* to be filled; it takes the folder's place when it is whole."""
    _refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        fresh = Path(made) / "report"
        yield fresh
        if folder.exists():
            folder.rename(Path(made) / "before")
        fresh.rename(folder)


def need_place(folder: Path) -> None:
    """
    See that a report can be written to *folder*, before hours of fits; nothing is left behind.

    Raises UsageError where it cannot.
    """
    _refuse_foreign(folder)
    nearest = next(place for place in folder.absolute().parents if place.exists())
    try:
        tempfile.TemporaryDirectory(dir=nearest).cleanup()
    except OSError as fault:
        raise UsageError(f"{folder} cannot be made ({fault.strerror}). Give another: --out DIR") from None


def _refuse_foreign(folder: Path) -> None:
    """Raises UsageError where *folder* holds anything but the report of an earlier run: it is replaced."""
    if not folder.exists() or (folder / "run.json").is_file():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give another folder: --out DIR")
    if any(folder.iterdir()):
        raise UsageError(
            f"{folder} holds other things than a run's report, and would be replaced. "
            "Give a new folder: --out DIR"
        )


def document(found: Run) -> dict[str, Any]:
    """What `harness run --json` prints: one document a spec, as in results.json."""
    return {"schema": 1, "specs": [report.document(outcome) for outcome in found.outcomes]}


def index_text(found: Run) -> str:
    """The report's table of tables, in Markdown."""
    return report.index_text(found.outcomes, compare.aea_class(found.outcomes), found.faults)


def render(specs: Sequence[Spec], folder: Path) -> int:
    """Write the pages that the golden files give into *folder*; returns how many files."""
    return len(_write([from_golden(spec) for spec in specs], folder, None))


def stale(specs: Sequence[Spec], folder: Path) -> list[Path]:
    """The files in *folder* that the golden files do not give byte for byte, missing ones too."""
    with tempfile.TemporaryDirectory() as made:
        fresh = Path(made)
        paths = _write([from_golden(spec) for spec in specs], fresh, None)
        pairs = [(path, folder / path.relative_to(fresh)) for path in paths]
        return [here for path, here in pairs if not here.is_file() or here.read_bytes() != path.read_bytes()]


def _write(outcomes: Sequence[Outcome], folder: Path, about: dict[str, Any] | None) -> list[Path]:
    aea_class, of_a_run = compare.aea_class(outcomes), about is not None
    return report.write(outcomes, folder, aea_class=aea_class, run=about, keep=of_a_run)
