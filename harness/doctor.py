"""What is installed, in which version, what is missing and the command that mends it."""

from __future__ import annotations

import platform
import shutil
import subprocess
from typing import NamedTuple

from harness import rsession
from harness.engines import engines
from harness.errors import NotInstalled
from harness.kept import MOST, VARIABLE, Kept, place
from harness.workers import probing

_QCA = 'cat(as.character(packageVersion("QCA")))'


class Finding(NamedTuple):
    """One line of the examination."""

    what: str
    ok: bool
    text: str


def examine() -> list[Finding]:
    """Python, R and its bridge, then engine by engine, each asked in a worker process of its own."""
    return [
        Finding("python", True, platform.python_version()),
        _r(),
        _bridge(),
        *_engines(),
        _qca(),
        _browser(),
        _kept(),
    ]


def _r() -> Finding:
    program = shutil.which("Rscript")
    if program is None:
        return Finding("R", False, "not found. Mend: sudo apt-get install r-base-core r-cran-plm")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return Finding("R", True, (told.stdout or told.stderr).strip())


def _bridge() -> Finding:
    try:
        name, reason = rsession.bridge_and_reason()
    except NotInstalled as missing:
        return Finding("bridge to R", False, str(missing))
    return Finding("bridge to R", True, name if name == "rpy2" else f"Rscript: {reason}")


def _engines() -> list[Finding]:
    known = engines().values()
    told = probing.probe_all([engine for engine in known if engine.module])
    return [_engine(engine.id, told.get(engine.id, "not part of this version")) for engine in known]


def _engine(name: str, told: tuple[str, str] | str) -> Finding:
    return Finding(name, True, ", ".join(told)) if isinstance(told, tuple) else Finding(name, False, told)


def _qca() -> Finding:
    mend = "Mend, where CRAN can be reached: Rscript -e 'install.packages(\"QCA\")'"
    program = shutil.which("Rscript")
    if program is None:
        return Finding("R package QCA", False, "needs R")
    told = subprocess.run([program, "-e", _QCA], capture_output=True, text=True, check=False)
    if told.returncode:
        return Finding("R package QCA", False, f"not installed; only engine r-qca needs it. {mend}")
    return Finding("R package QCA", True, told.stdout)


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        return Finding(
            "chromium",
            False,
            "not found; only the report's browser tests need it. Mend: sudo apt-get install chromium",
        )
    return Finding("chromium", True, found)


def _kept() -> Finding:
    kept = Kept(place())
    if kept.folder is None:
        return Finding("results kept", True, f"none: {VARIABLE} is empty, or no home folder is known")
    count, size = kept.size()
    told = (
        f"{count} documents, {size / 1e6:.1f} of at most {kept.most / 1e6:.0f} MB ({MOST}), in {kept.folder}"
    )
    return Finding("results kept", True, told)
