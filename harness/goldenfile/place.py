"""Where the golden files of a spec are."""

from pathlib import Path

from harness.spec import Spec


def folder(spec: Spec) -> Path:
    """`golden/<id>` beside the folder `specs`, or, for a spec that stands elsewhere, beside the spec."""
    beside = spec.path.parent
    root = beside.parent if beside.name == "specs" else beside
    return root / "golden" / spec.id
