"""Do golden files still belong to their specs?"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import GoldenError, Problem
from harness.goldenfile.engine_file import bless, engine_path, model_sha256, read_engine
from harness.goldenfile.place import folder
from harness.goldenfile.printed_table import read_published
from harness.result import Provenance, Result
from harness.spec import Spec


def check(spec: Spec) -> list[Problem]:
    """
    Every fault of the spec's golden folder: unreadable, stale, incomplete or of an engine it does not have.

    An engine without a golden file is no fault.
    """
    found: list[Problem] = []
    try:
        read_published(spec)
    except GoldenError as error:
        found += error.problems
    place = folder(spec)
    for path in sorted(place.iterdir()) if place.is_dir() else []:
        if path.name != "published.csv":
            found += _of_file(spec, path)
    return found


def check_orphans(root: Path) -> list[Problem]:
    """Entries of root/golden that belong to no spec of root/specs."""
    golden = root / "golden"
    ids = {path.stem for path in (root / "specs").glob("*.yaml")}
    return [
        Problem(str(path), 0, 0, f"there is no spec specs/{path.name}.yaml. Rename the folder, or remove it")
        for path in (sorted(golden.iterdir()) if golden.is_dir() else [])
        if path.name not in ids and not path.name.startswith(".")
    ]


def _of_file(spec: Spec, path: Path) -> Iterator[Problem]:
    engine = path.stem
    if path.suffix != ".json" or engine not in spec.engines:
        names = ", ".join(["published.csv", *(f"{name}.json" for name in spec.engines)])
        yield Problem(
            str(path), 0, 0, f"the spec knows no such file, only {names}. Remove it, or add the engine"
        )
        return
    try:
        columns = read_engine(spec, engine) or {}
    except GoldenError as error:
        yield from error.problems
        return
    for message in _stale(spec, engine, columns):
        yield Problem(str(engine_path(spec, engine)), 0, 0, message)


def _stale(spec: Spec, engine: str, columns: Mapping[str, Result]) -> Iterator[str]:
    missing = [column for column in spec.columns if column not in columns]
    gone = [column for column in columns if column not in spec.columns]
    if missing:
        yield f"lacks {_columns(missing)}. Add: {bless(spec, engine)}"
    if gone:
        yield f"has {_columns(gone)}, which the spec does not have. Mend: {bless(spec, engine)}"
    fitted = [result for result in columns.values() if result.status == "fitted"]
    if fitted:
        yield from _from_another(spec, engine, fitted[0].provenance)


def _from_another(spec: Spec, engine: str, made: Provenance) -> Iterator[str]:
    """The sentences on a file made from other data, or for another model."""
    data = spec.data.sha256
    if data is not None and made.data_sha256 != data:
        yield (
            f"made from other data ({_short(made.data_sha256)}, now {_short(data)}). "
            f"If the new data are right: {bless(spec, engine)}"
        )
    model = model_sha256(spec)
    if made.spec_sha256 != model:
        yield (
            f"made for another model ({_short(made.spec_sha256)}, now {_short(model)}). "
            f"If the spec is right: {bless(spec, engine)}"
        )


def _columns(names: list[str]) -> str:
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _short(digest: str) -> str:
    return f"{digest[:4]}…" if digest else "none"
