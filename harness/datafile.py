"""The bytes of a data file: found beneath the spec's folder, checked against its hash. Imports no pandas."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DataError, DataMissingError
from harness.spec import Spec


@dataclass(frozen=True)
class DataFile:
    """The bytes of a data file, and what there is to say about them."""

    path: Path
    content: bytes
    sha256: str
    notes: tuple[str, ...]


def find(spec: Spec, override: Path | None) -> DataFile:
    """
    The data file of *spec*: beside it, or in `data/` beside it; *override* is read instead where given.

    Raises DataError where there is none, where it lies outside the spec's folder, or where its sha256 is
    not the spec's (an override's is not checked, which is noted).
    """
    path = _beside(spec) if override is None else _given(spec, override)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Check the file's permissions") from None
    digest = hashlib.sha256(content).hexdigest()
    if override is not None:
        given = f"--data {spec.data.name}={path}"
        note = f"{given}: data given by hand ({digest[:12]}...); the spec's hash is suspended"
        return DataFile(path, content, digest, (note,))
    if spec.data.sha256 is None:
        note = f"{spec.path}: data.sha256 is not given; {path} has {digest}"
        return DataFile(path, content, digest, (note,))
    if digest != spec.data.sha256:
        raise DataError(
            f"{spec.path}: data.sha256 is {spec.data.sha256[:12]}..., but {path} has {digest[:12]}... "
            f"Bring back the file that was meant, or, if this one is right, write sha256: {digest}"
        )
    return DataFile(path, content, digest, ())


def beneath(spec: Spec, file: str, key: str, sha256: str) -> bytes:
    """
    The bytes of another file that a spec names under *key*: by the same rules, its hash as given.

    Raises DataError.
    """
    path = _inside(spec, file, key)
    if path is None:
        raise DataError(
            f"{spec.path}: {key}: {file} is neither beside the spec nor in its data/. Put it there"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Check the file's permissions") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise DataError(
            f"{spec.path}: {key}: sha256 is {sha256[:12]}..., but {path} has {digest[:12]}... "
            f"Bring back the file that was meant, or, if this one is right, write sha256: {digest}"
        )
    return content


def _inside(spec: Spec, file: str, key: str) -> Path | None:
    """The file beside the spec, or in `data/` beside it; None where there is none."""
    folder = spec.path.parent
    root = folder.resolve()
    for path in (folder / file, folder / "data" / file):
        if not path.resolve().is_relative_to(root):
            raise DataError(
                f"{spec.path}: {key}: {file} leads out of the spec's folder. Copy the file beneath it"
                + (f", or give it by --data {spec.data.name}=PATH" if key == "data.file" else "")
            )
        if path.is_file():
            return path
    return None


def _given(spec: Spec, override: Path) -> Path:
    if not override.is_file():
        raise DataError(f"--data {spec.data.name}={override}: there is no such file. Correct the path")
    return override


def _beside(spec: Spec) -> Path:
    path = _inside(spec, spec.data.file, "data.file")
    if path is not None:
        return path
    folder = spec.path.parent
    obtain = f" How to get it: {spec.data.obtain.strip().rstrip('.')}." if spec.data.obtain else ""
    raise DataMissingError(
        f"{spec.path}: data.file: {spec.data.file} is neither in {folder} nor in {folder / 'data'}.{obtain} "
        f"Put it there, or give it by --data {spec.data.name}=PATH"
    )
