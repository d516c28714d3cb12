"""Documents kept between runs: a folder of checksummed JSON files of bounded size, each written whole."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

VARIABLE = "HARNESS_CACHE"
MOST = "HARNESS_CACHE_MB"
_MEGABYTES = 1000  # at most, where MOST says nothing
_FOLDERS = 3 * 256  # results, specs and pages share the space alike, by the first byte of a hash
_PART = ".part"  # of a name, while the file is being written
_ABANDONED = 3600  # seconds after which a half-written file has no writer any more


def place() -> Path | None:
    """
    Where documents are kept: HARNESS_CACHE, else `harness` in the user's cache folder (XDG base directories).

    None where HARNESS_CACHE is empty on purpose, or no home folder is known.
    """
    asked = os.environ.get(VARIABLE)
    if asked is not None:
        return Path(asked).expanduser().resolve() if asked else None
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():  # the XDG specification: a relative path is to be ignored
        return named / "harness"
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "harness"
    return None


class Kept:
    """
    A folder of documents by name. Nothing that goes wrong here ends a run.

    A document in `<kind>/<first byte of its hash>/` shares the space of its folder: what was not used for the
    longest time makes room, whoever else reads or writes there now.

    Attributes:
        folder: where they are, None to keep nothing
        most: the bytes that they may have together
        remarks: sentences on what could not be read or written, each once
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.remarks: dict[str, None] = {}
        self._writable = folder is not None
        self.most = self._bytes()

    def read(self, name: str) -> Any | None:
        """The document, None where there is none or what is there is damaged (then it is made anew)."""
        if self.folder is None:
            return None
        try:
            content = (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            self._remark(f"{self.folder} cannot be read ({fault.strerror}): everything is fitted anew.")
            return None
        head, _, body = content.partition(b"\n")
        if head != _digest(body):
            return None
        with suppress(OSError):
            os.utime(self.folder / name)  # it was used now
        return json.loads(body)

    def write(self, name: str, document: Any) -> None:
        """Keep a document of plain values, NaN and infinities among them; two writers do not meet."""
        if self.folder is None or not self._writable:
            return
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        content, path = _digest(body) + b"\n" + body, self.folder / name
        try:
            _write(path, content)
            if path.parent != self.folder:
                _make_room(path, self.most // _FOLDERS - len(content))
        except OSError as fault:
            self._writable = False
            self._remark(
                f"{self.folder} cannot be written ({fault.strerror}): results are not kept for the next run. "
                f"Mend it, or name another folder in {VARIABLE}."
            )

    def size(self) -> tuple[int, int]:
        """How many documents there are, and their bytes."""
        sizes = []
        for path in self.folder.rglob("*.json") if self.folder else ():
            with suppress(FileNotFoundError):  # another run has just removed it
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def _bytes(self) -> int:
        asked = os.environ.get(MOST, "") or str(_MEGABYTES)
        if not asked.isdigit():
            self._remark(f"{MOST} is {asked}, no whole number of megabytes: {_MEGABYTES} are used.")
            asked = str(_MEGABYTES)
        return int(asked) * 1_000_000

    def _remark(self, sentence: str) -> None:
        self.remarks[sentence] = None


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _write(path: Path, content: bytes) -> None:
    """Beside its place first, then moved: a reader meets all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=_PART, delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise


def _make_room(newest: Path, most: int) -> None:
    """Remove what was not used for longest, until there are at most *most* bytes beside *newest*."""
    others = sorted(_others(newest))
    space = sum(size for _, size, _ in others)
    for used, size, name in others:
        abandoned = name.endswith(_PART) and time.time() - used > _ABANDONED
        if abandoned or (space > most and not name.endswith(_PART)):
            space -= size
            (newest.parent / name).unlink(missing_ok=True)


def _others(newest: Path) -> Iterator[tuple[float, int, str]]:
    """(time of its last use, bytes, name) of the files beside *newest*."""
    with os.scandir(newest.parent) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # another run has just removed it
                if entry.name != newest.name:
                    yield entry.stat().st_mtime, entry.stat().st_size, entry.name
