"""The R scripts: where they are, and the hash of what they say."""

import hashlib
from functools import cache
from pathlib import Path


def folder() -> Path:
    """Inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "r_scripts"
    return inside if inside.is_dir() else package.parent / "r_scripts"


@cache
def sha256() -> str:
    """Of all scripts' bytes, in the order of their names."""
    text = b"".join(path.read_bytes() for path in sorted(folder().glob("*.R")))
    return hashlib.sha256(text).hexdigest()
