"""Documents kept between runs: a folder of checksummed JSON files, each written whole or not at all."""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

VARIABLE = "HARNESS_CACHE"


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

    Attributes:
        folder: where they are, None to keep nothing
        remarks: sentences on what could not be read or written, each once
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.remarks: dict[str, None] = {}
        self._writable = folder is not None

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
        return json.loads(body) if head == _digest(body) else None

    def write(self, name: str, document: Any) -> None:
        """Keep a document of plain values, NaN and infinities among them; two writers do not meet."""
        if self.folder is None or not self._writable:
            return
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            _write(self.folder / name, _digest(body) + b"\n" + body)
        except OSError as fault:
            self._writable = False
            self._remark(
                f"{self.folder} cannot be written ({fault.strerror}): results are not kept for the next run. "
                f"Mend it, or name another folder in {VARIABLE}."
            )

    def _remark(self, sentence: str) -> None:
        self.remarks[sentence] = None


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _write(path: Path, content: bytes) -> None:
    """Beside its place first, then moved: a reader meets all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise
