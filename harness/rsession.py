"""One call into R, by rpy2 or by Rscript: the only file that imports rpy2."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from harness import rscripts, rserial
from harness.errors import EstimationError, NotInstalled, Unsupported, UsageError
from harness.result import Cell, Estimates, NotOffered
from harness.subprogram import supervised

Bridge = Literal["rpy2", "rscript"]
ENVIRONMENT_VARIABLE = "HARNESS_R_BRIDGE"
_LIBRARY_PATH = "LD_LIBRARY_PATH"
MEND = "sudo apt-get install r-base-core r-cran-plm"
_NO_R = f"R is not installed: no Rscript on the path. Install it: {MEND}"

# Where no compiled rpy2 fits this R, it tries API mode first and complains on stderr.
os.environ.setdefault("RPY2_CFFI_MODE", "ABI")


@dataclass(frozen=True)
class Answer:
    """
    What a fit function in `r_scripts/` returned.

    Attributes:
        cells: every number
        not_offered: statistics that R lacks, with the reason
        recomputed: (part, term, measure) that our R code computed, not the package
        warnings: sentences, R's own included
    """

    cells: tuple[Cell, ...]
    not_offered: tuple[NotOffered, ...]
    recomputed: tuple[tuple[str, str, str], ...]
    warnings: tuple[str, ...]

    def estimates(self) -> Estimates:
        """The same, as an engine's `fit` returns it."""
        return Estimates(self.cells, self.not_offered, self.recomputed, self.warnings)


@dataclass(frozen=True)
class Versions:
    """R, plm ("" where it is not installed) and the file of the BLAS that R uses."""

    r: str
    plm: str
    blas: str


def call(
    script: str | tuple[str, ...],
    function: str,
    frame: pd.DataFrame,
    settings: Mapping[str, Any],
    packages: tuple[str, ...] = ("plm",),
) -> Answer:
    """
    `function(data, settings)` of *script* in `r_scripts/`, run by the bridge of this process.

    script : a file, or the files of one script in the order they are read
    settings : nested plain values; they reach R as values, never as text of a program
    Raises NotInstalled where R or a package is missing, Unsupported where the package cannot do it,
    EstimationError with R's own words where it failed.
    """
    reply = run(script, function, {"data": frame, "settings": settings}, packages)
    value = reply["value"]
    said = [*_listed(value["warnings"]), *_listed(reply["warnings"]), *_listed(reply["messages"])]
    return Answer(
        cells=_cells(value["cells"]),
        not_offered=tuple(NotOffered(*row) for row in _rows(value["not_offered"])),
        recomputed=tuple((row[0], row[1], row[2]) for row in _rows(value["recomputed"])),
        warnings=tuple(dict.fromkeys(said)),
    )


def run(
    script: str | tuple[str, ...],
    function: str,
    arguments: Mapping[str, Any],
    packages: tuple[str, ...] = (),
) -> dict[str, Any]:
    """
    The whole reply to `function(arguments)`: value, warnings, messages, output; value as `rserial` reads it.

    Raises as `call` does.
    """
    request = {
        "folder": str(scripts()),
        "packages": list(packages),
        "script": [script] if isinstance(script, str) else list(script),
        "fun": function,
        "arguments": arguments,
    }
    reply: dict[str, Any] = rserial.loads(_BRIDGES[bridge()](rserial.dumps(request)))
    error = reply.get("error")
    if error is None:
        return reply
    if error["kind"] == ["package"]:
        raise missing_package(error["message"][0])
    if error["kind"] == ["unsupported"]:
        raise Unsupported(error["message"][0] + ".")
    raise EstimationError(" ".join(["R stopped:", *error["message"][0].split()]))


def missing_package(name: str) -> NotInstalled:
    """The error to raise where R lacks a package."""
    return NotInstalled(f"R has no package {name}. Install it: {MEND}")


@cache
def versions() -> Versions:
    """Versions of the R that `call` uses. Raises NotInstalled."""
    value = run("bridge.R", "session_versions", {})["value"]
    return Versions(*((value[name] or [""])[0] for name in ("r", "plm", "blas")))  # NULL: a broken package


def scripts() -> Path:
    """The folder of R scripts."""
    return rscripts.folder()


def blas() -> str:
    """The BLAS that R uses, by its file's name. Raises NotInstalled."""
    return versions().blas


def bridge() -> Bridge:
    """How this process reaches R. Starts no R in this process."""
    return bridge_and_reason()[0]


@cache
def bridge_and_reason() -> tuple[Bridge, str]:
    """
    The bridge and why it is this one: `HARNESS_R_BRIDGE` where that is set, else rpy2 where a child process
    can start it, else Rscript. Raises UsageError, and NotInstalled where there is no R at all.
    """
    asked = os.environ.get(ENVIRONMENT_VARIABLE, "auto")
    if asked not in ("auto", "rpy2", "rscript"):
        raise UsageError(f"{ENVIRONMENT_VARIABLE} is '{asked}'. It can be auto, rpy2 or rscript.")
    if asked != "auto":
        return ("rpy2" if asked == "rpy2" else "rscript"), f"asked for by {ENVIRONMENT_VARIABLE}"
    if shutil.which("Rscript") is None:
        raise NotInstalled(_NO_R)
    fault = _why_rpy2_fails()
    return ("rscript", f"rpy2 cannot start R here: {fault}") if fault else ("rpy2", "rpy2 starts R here")


def _why_rpy2_fails() -> str:
    """Tried in a child: a wrong pair of R and rpy2 fails in many ways, not all of them exceptions."""
    program = "import rpy2.rinterface as r; r.initr()"
    try:
        probe = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return "it does not answer within 60 s"
    said = probe.stderr.strip().splitlines()
    return "" if probe.returncode == 0 else (said[-1] if said else f"exit code {probe.returncode}")


# --------------------------------------------------------------------------------------------------- by rpy2


def _by_rpy2(request: bytes) -> bytes:
    """Bytes in, bytes out: no conversion rules of rpy2 are involved, and so none of their surprises."""
    session = _session()
    from rpy2 import rinterface
    from rpy2.rinterface_lib.embedded import RRuntimeError

    try:
        reply = session(rinterface.ByteSexpVector.from_memoryview(memoryview(request)))
        return np.asarray(reply).tobytes()
    except RRuntimeError as error:
        raise EstimationError(" ".join(["R stopped:", *str(error).split()])) from error


@cache
def _session() -> Callable[[Any], Any]:
    """R, started once in this process: its function `answer_bytes`. Raises NotInstalled."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("R runs in the main thread of a worker process only")
    with _own_library_path():
        return _started()


@contextmanager
def _own_library_path() -> Iterator[None]:
    """
    Keeps what rpy2 and R write into LD_LIBRARY_PATH from the children of this process.

    It names the system's libraries, and a Python built elsewhere would load the system's libpython by it.
    This process has been linked already and does not need it.
    """
    before = os.environ.get(_LIBRARY_PATH)
    try:
        yield
    finally:
        os.environ[_LIBRARY_PATH] = before or ""  # also where only R's setenv knows of it
        if before is None:
            del os.environ[_LIBRARY_PATH]


def _started() -> Callable[[Any], Any]:
    try:
        import rpy2.rinterface_lib.callbacks as console
        import rpy2.rinterface_lib.embedded as embedded
        from rpy2 import rinterface
    except Exception as error:  # ffi.error and ValueError too, by the pair of R and rpy2
        raise NotInstalled(f"rpy2 cannot load R ({error}). Use --r-bridge rscript, or: {MEND}") from error
    console.consolewrite_print = console.consolewrite_warnerror = lambda text: None
    if not embedded.isinitialized():
        embedded.set_initoptions(("rpy2", "--vanilla", "--quiet"))
    interrupt = signal.getsignal(signal.SIGINT)
    rinterface.initr()
    signal.signal(signal.SIGINT, interrupt)  # R puts its own handler there
    door = rinterface.globalenv.find("new.env")()
    rinterface.globalenv.find("sys.source")(str(scripts() / "bridge.R"), door)
    session: Callable[[Any], Any] = door["answer_bytes"]
    return session


# ------------------------------------------------------------------------------------------------ by Rscript


def _by_rscript(request: bytes) -> bytes:
    program = shutil.which("Rscript")
    if program is None:
        raise NotInstalled(_NO_R)
    with tempfile.TemporaryDirectory(prefix="harness-r-") as folder:
        asked, answered = Path(folder, "request.rds"), Path(folder, "answer.rds")
        asked.write_bytes(request)
        said = supervised([program, "--vanilla", str(scripts() / "bridge.R"), str(asked), str(answered)])
        if not answered.is_file():
            raise EstimationError(f"Rscript ended without an answer: {said}")
        return answered.read_bytes()


_BRIDGES: Mapping[Bridge, Callable[[bytes], bytes]] = {"rpy2": _by_rpy2, "rscript": _by_rscript}


# ------------------------------------------------------------------------------------------------- the answer


def _cells(frame: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    return tuple(Cell(row[0], row[1], row[2], float(row[3])) for row in _rows(frame))


def _rows(frame: Mapping[str, Any] | None) -> list[tuple[Any, ...]]:
    return [] if frame is None else list(zip(*frame.values(), strict=True))


def _listed(texts: list[str] | None) -> list[str]:
    return list(texts or [])
