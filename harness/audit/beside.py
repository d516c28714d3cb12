"""The other printed tables on the same data: specs in the same folder."""

from __future__ import annotations

from collections.abc import Iterator

from harness import goldenfile, specfile
from harness.engines import engines
from harness.errors import GoldenError, SpecError
from harness.result import Published
from harness.spec import Estimated, Spec


def tables(spec: Spec) -> tuple[tuple[Spec, Published], ...]:
    """
    Other tables whose sub-samples and counts belong to those of *spec*; none where it has no sub-sample.

    A file that is not valid is left out: reading it is where its faults are told.
    """
    if not any(isinstance(model, Estimated) and model.sample for model in spec.columns.values()):
        return ()
    return tuple(on_the_same_data(spec))


def on_the_same_data(spec: Spec) -> Iterator[tuple[Spec, Published]]:
    """Other printed tables on the same data file. What is not valid is left out, as in `tables`."""
    for path in sorted(spec.path.parent.glob("*.yaml")):
        if path.name == spec.path.name or spec.data.file not in path.read_text(
            encoding="utf-8", errors="replace"
        ):
            continue
        try:
            other = specfile.read(path, engines())
            published = goldenfile.read_published(other)
        except (SpecError, GoldenError):
            continue
        if published is not None and (other.data.file, other.data.panel) == (spec.data.file, spec.data.panel):
            yield other, published
