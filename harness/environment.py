"""What a fit's numbers depend on beside model and data, found without starting R or importing a library."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from harness.kept import Kept

_PACKAGE = Path(__file__).resolve().parent
_R_PACKAGES = ("plm", "QCA")  # with all that they import
_R_VARIABLES = ("R_HOME", "R_LIBS", "R_LIBS_USER", "R_LIBS_SITE", "HOME", "LD_LIBRARY_PATH")
_KERNEL_VARIABLES = ("OPENBLAS_CORETYPE", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES")
_ASK_R = """
paths <- unlist(strsplit(Sys.getenv(c("R_LIBS", "R_LIBS_USER", "R_LIBS_SITE")), .Platform$path.sep))
cat(R.home(), unname(extSoftVersion()["BLAS"]), path.expand(paths), .libPaths(), sep = "\\n")
"""
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(harness[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+(harness[\w.]+))",
    re.MULTILINE,
)


def python_facts() -> dict[str, str]:
    """
    Name to version: the interpreter, the processor, every installed distribution.

    All of them, since any may be imported by another; an upgrade costs one fit anew, a missed one a lie.
    """
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    found["machine"] = f"{platform.system()} {platform.machine()}"
    found["cpu"] = cpu()
    found |= {name: os.environ[name] for name in _KERNEL_VARIABLES if os.environ.get(name)}
    return found | dict(_distributions())


def r_facts(kept: Kept) -> dict[str, str]:
    """
    Name to version: R, its BLAS, and the packages that engines attach, with all that these import.

    {} where there is no R. R is started once for a given installation, to say where its libraries are;
    *kept* remembers the answer.
    """
    answer = _r_places(kept)
    if answer is None:
        return {}
    home, blas, *paths = answer
    libraries = [Path(path) for path in dict.fromkeys([*paths, f"{home}/library"]) if path]
    base = _description(libraries, "base")
    return {"R": base["text"], "BLAS of R": _file(blas)} | {
        f"R package {name}": text for name, text in sorted(_r_packages(libraries).items())
    }


def program(name: str) -> str:
    """A program on the path by its file's name, size and time; its name alone where there is none."""
    return _file(shutil.which(name) or name)


@cache
def cpu() -> str:
    """The processor's name: a BLAS chooses its kernels, and so the last digits, by it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    found = re.search(r"^(?:model name|CPU part)\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor()


def _distributions() -> Iterator[tuple[str, str]]:
    """(name, version) of what is installed, from the names of its metadata: nothing of it is opened."""
    seen = set()
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        for entry in names:
            stem, _, suffix = entry.rpartition(".")
            name, _, version = stem.partition("-")
            if suffix in ("dist-info", "egg-info") and version and name not in seen:
                seen.add(name)
                yield name, version + _build(Path(folder, entry), name)


def _build(metadata: Path, name: str) -> str:
    """numpy and scipy bring their own BLAS: RECORD lists the hash of every file of a build."""
    record = metadata / "RECORD"
    if name not in ("numpy", "scipy") or not record.is_file():
        return ""
    return f" (build {hashlib.sha256(record.read_bytes()).hexdigest()[:12]})"


# ------------------------------------------------------------------------------------------------------ R


def _r_places(kept: Kept) -> list[str] | None:
    """R's home, its BLAS and its library paths, those named in variables too, whether they exist or not."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    named = [f"{name}={os.environ.get(name, '')}" for name in _R_VARIABLES]
    name = f"r-{_digest([_file(program), os.path.realpath(program), *named])[:20]}.json"
    known = kept.read(name)
    if known is not None:
        return list(known)
    told = subprocess.run(
        [program, "--vanilla", "-e", _ASK_R], capture_output=True, text=True, timeout=60, check=False
    )
    answer = told.stdout.splitlines()
    if told.returncode or len(answer) < 3:
        return None
    kept.write(name, answer)
    return answer


def _r_packages(libraries: Sequence[Path]) -> dict[str, str]:
    """Package to version and build, followed through what each one imports."""
    found: dict[str, str] = {}
    asked = list(_R_PACKAGES)
    while asked:
        name = asked.pop()
        described = {} if name in found else _description(libraries, name)
        if described:
            found[name] = described["text"]
            asked += described["needs"]
    return found


def _description(libraries: Sequence[Path], package: str) -> dict[str, Any]:
    """What the first library that has *package* says of it; {} where none has."""
    for library in libraries:
        path = library / package / "DESCRIPTION"
        if path.is_file():
            fields = _fields(path.read_text(encoding="latin-1"))
            needs = re.findall(r"[A-Za-z][\w.]*", re.sub(r"\([^)]*\)", "", _needs(fields)))
            built = "; ".join(part.strip() for part in fields.get("Built", "").split(";")[:3:2])
            return {"text": f"{fields.get('Version', '')} ({built})", "needs": needs}
    return {}


def _needs(fields: Mapping[str, str]) -> str:
    return ",".join(fields.get(name, "") for name in ("Depends", "Imports", "LinkingTo"))


def _fields(text: str) -> dict[str, str]:
    """A Debian control file: `Name: value`, continued by indented lines."""
    return dict(re.findall(r"^([\w@.-]+):[ \t]*((?:.*)(?:\n[ \t].*)*)", text, re.MULTILINE))


def _file(path: str) -> str:
    """A program or library by name, size and time: reading 30 MB for each run would be too slow."""
    try:
        found = os.stat(path)
    except OSError:
        return path
    return f"{os.path.basename(os.path.realpath(path))} ({found.st_size} bytes, {int(found.st_mtime)})"


# ------------------------------------------------------------------------------------------------- sources


@cache
def sources_sha256(*modules: str) -> str:
    """
    The hash of the modules' bytes, and of all modules of the harness that they import, directly or not.

    Of a module from another package: of every Python file of that package.
    """
    files = sorted({path for module in modules for path in _files(module)})
    return _digest([text for path in files for text in (path.name, _content(path)[1])])


def _files(module: str) -> set[Path]:
    if module.split(".")[0] != "harness":
        return _foreign(module.split(".")[0])
    found: set[Path] = set()
    asked = [module]
    while asked:
        path = _path(asked.pop())
        if path is not None and path not in found:
            found.add(path)
            asked += _content(path)[0]
    return found


def _foreign(top: str) -> set[Path]:
    spec = PathFinder.find_spec(top)
    if spec is None or spec.origin is None:
        return set()
    origin = Path(spec.origin)
    return set(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else {origin}


@cache
def _path(module: str) -> Path | None:
    """The file of a module of the harness. The table of engines is left out: it decides no number."""
    stem = _PACKAGE.joinpath(*module.split(".")[1:])
    for path in (stem / "__init__.py", stem.with_suffix(".py")):
        if path.is_file() and module not in ("harness", "harness.engines"):
            return path
    return None


@cache
def _content(path: Path) -> tuple[list[str], str]:
    """The modules of the harness that a file imports, and its text."""
    text = path.read_text(encoding="utf-8", errors="replace")
    imported: list[str] = []
    for start, names, whole in _IMPORT.findall(text):
        imported += [whole] if whole else [start, *(f"{start}.{name}" for name in re.findall(r"\w+", names))]
    return imported, text


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()
