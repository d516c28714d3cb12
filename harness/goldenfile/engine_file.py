"""`<engine>.json`: an engine's numbers for every column of a spec, one cell a line."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from harness.errors import GoldenError, Problem
from harness.goldenfile.place import folder
from harness.result import Cell, NotOffered, PrintedCell, Provenance, Result
from harness.spec import Spec

SCHEMA = 1
SETTLED = 1e-10  # a number that moves by less keeps its digits: another machine's last bits are no news
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _number(value: object) -> object:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True)
class _Column:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    status: Literal["fitted", "skipped"]
    message: str
    call: str
    warnings: tuple[str, ...]
    not_offered: tuple[tuple[str, str, str, str], ...]
    recomputed: tuple[tuple[str, str, str], ...]
    cells: tuple[tuple[str, str, str, Annotated[float, BeforeValidator(_number)]], ...]
    printed: tuple[tuple[str, str, str, str, int], ...] = ()


@dataclass(frozen=True)
class _File:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    schema: Literal[1]
    provenance: Provenance
    columns: dict[str, _Column]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)


def engine_path(spec: Spec, engine: str) -> Path:
    """The golden file of an engine."""
    return folder(spec) / f"{engine}.json"


def model_sha256(spec: Spec) -> str:
    """
    The hash, in hex, of what decides the numbers: the columns, `derive` and how the data file is read.

    Title, source, print rules, variants, logs, claims and known differences are left out, and so are settings
    that equal their default: changing a comment or a bound does not make golden files stale.
    """
    decides = {
        "columns": {
            column: model.model_dump(mode="json", exclude={"variants", "log"}, exclude_defaults=True)
            for column, model in spec.columns.items()
        },
        "derive": list(spec.derive.items()),
        "data": spec.data.model_dump(mode="json", include={"panel", "columns"}),
    }
    return hashlib.sha256(json.dumps(decides, ensure_ascii=False).encode()).hexdigest()


def read_engine(spec: Spec, engine: str) -> dict[str, Result] | None:
    """Column to golden result, None where the engine has no golden file. Raises GoldenError."""
    path = engine_path(spec, engine)
    return parse_engine(spec, engine, path.read_bytes(), str(path)) if path.is_file() else None


def parse_engine(spec: Spec, engine: str, text: bytes, shown_as: str) -> dict[str, Result]:
    """Column to golden result, from a golden file's bytes. Raises GoldenError on *shown_as*."""
    try:
        content = _FILE.validate_json(text)
    except ValidationError as error:
        raise GoldenError([_unreadable(shown_as, error, spec, engine)]) from error
    return {
        column: Result(
            spec.id,
            column,
            engine,
            found.status,
            found.message,
            found.call,
            tuple(Cell(*cell) for cell in found.cells),
            tuple(NotOffered(*entry) for entry in found.not_offered),
            found.recomputed,
            found.warnings,
            content.provenance,
            tuple(PrintedCell(*cell) for cell in found.printed),
        )
        for column, found in content.columns.items()
    }


def write_engine(spec: Spec, engine: str, results: Sequence[Result], because: str) -> bool:
    """
    Make *results*, one a column of the spec, the golden numbers of *engine*; whether the file changed.

    The file is left untouched where nothing in it would change but the reason and the machine. A number that
    moved by less than 1e-10 of itself keeps its digits. Raises GoldenError where a fit errored, a column has
    no result, a cell is there twice or the reason is empty; then nothing is written.
    """
    path = engine_path(spec, engine)
    _refuse(path, spec, engine, results, because)
    old = _readable(spec, engine)
    by_column = {result.column: result for result in results}
    new = {column: _settled(by_column[column], old.get(column)) for column in spec.columns}
    provenance = replace(_provenance(new), spec_sha256=model_sha256(spec), because=because.strip())
    if list(old) == list(new) and _same_source(_provenance(old), provenance) and _same_text(old, new):
        return False
    _write(path, as_text(provenance, new))
    return True


def as_text(provenance: Provenance, results: Mapping[str, Result]) -> str:
    """The file: JSON, one cell a line, sorted; floats as repr, NaN and infinities as text."""
    columns = ",\n".join(
        f"    {json.dumps(column)}: {{\n{_column_text(result)}\n    }}" for column, result in results.items()
    )
    head = json.dumps(provenance.filled(), ensure_ascii=False, indent=4).replace("\n}", "\n  }")
    return f'{{\n  "schema": {SCHEMA},\n  "provenance": {head},\n  "columns": {{\n{columns}\n  }}\n}}\n'


def _column_text(result: Result) -> str:
    cells = [(cell.part, cell.term, cell.measure, _value(cell.value)) for cell in sorted(result.cells)]
    entries = {
        "status": json.dumps(result.status),
        "message": json.dumps(result.message, ensure_ascii=False),
        "call": json.dumps(result.call, ensure_ascii=False),
        "warnings": _lines(result.warnings),
        "not_offered": _lines(sorted(result.not_offered)),
        "recomputed": _lines(sorted(result.recomputed)),
        "cells": _lines(cells),
        **({"printed": _lines(sorted(result.printed))} if result.printed else {}),
    }
    return ",\n".join(f'      "{name}": {text}' for name, text in entries.items())


def _lines(items: Iterable[Any]) -> str:
    lines = [f"        {json.dumps(item, ensure_ascii=False)}" for item in items]
    return "[\n" + ",\n".join(lines) + "\n      ]" if lines else "[]"


def _value(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(float(value))


def _refuse(path: Path, spec: Spec, engine: str, results: Sequence[Result], because: str) -> None:
    """Raise GoldenError with every reason not to write."""
    given = {result.column for result in results}
    faults = [f"column '{column}' has no result" for column in spec.columns if column not in given]
    faults += [f"column '{r.column}' errored: {r.message}" for r in results if r.status == "errored"]
    faults += [f"column '{r.column}': {fault}" for r in results for fault in _twice(r)]
    faults += [f"a result of {r.engine} is not one of {engine}" for r in results if r.engine != engine]
    if not because.strip():
        faults.append('say why these numbers are right: --because "..."')
    if faults:
        raise GoldenError([Problem(str(path), 0, 0, f"not written: {fault}") for fault in faults])


def _twice(result: Result) -> list[str]:
    addresses = [cell[:3] for cell in result.cells]
    return [f"{' '.join(a)} is there twice" for a in dict.fromkeys(addresses) if addresses.count(a) > 1]


def _readable(spec: Spec, engine: str) -> dict[str, Result]:
    """The golden results so far; none where the file cannot be read, since writing it anew mends it."""
    with suppress(GoldenError):
        return read_engine(spec, engine) or {}
    return {}


def _settled(new: Result, old: Result | None) -> Result:
    """The result in the file's order, with the digits of *old* where a number has not really moved."""
    before = {cell[:3]: cell.value for cell in old.cells} if old is not None else {}
    cells = [
        cell._replace(value=before[cell[:3]])
        if cell[:3] in before and _unmoved(cell.value, before[cell[:3]])
        else cell
        for cell in sorted(new.cells)
    ]
    return replace(
        new,
        cells=tuple(cells),
        not_offered=tuple(sorted(new.not_offered)),
        recomputed=tuple(sorted(new.recomputed)),
    )


def _unmoved(value: float, before: float) -> bool:
    return math.isclose(value, before, rel_tol=SETTLED) or (math.isnan(value) and math.isnan(before))


def _same_source(old: Provenance, new: Provenance) -> bool:
    """Whether model, data and version of the engine are those of the file."""
    return all(
        getattr(old, name) == getattr(new, name) for name in ("spec_sha256", "data_sha256", "engine_version")
    )


def _same_text(old: Mapping[str, Result], new: Mapping[str, Result]) -> bool:
    """Whether the columns would read the same; compared as text, since NaN is not equal to itself."""
    return all(_column_text(old[column]) == _column_text(new[column]) for column in new)


def _provenance(results: Mapping[str, Result]) -> Provenance:
    """That of the first fitted column; all come from one engine on one machine."""
    ordered = sorted(results.values(), key=lambda result: result.status != "fitted")
    return ordered[0].provenance


def _write(path: Path, text: str) -> None:
    """All or nothing: a reader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def _unreadable(path: str, error: ValidationError, spec: Spec, engine: str) -> Problem:
    faults = error.errors(include_url=False)
    newer = next((f["input"] for f in faults if f["loc"] == ("schema",)), None)
    if isinstance(newer, int) and newer > SCHEMA:
        newer_one = f"written by a newer harness (schema {newer}, this one reads {SCHEMA})"
        message = f"{newer_one}. Update the harness, or make it anew: {bless(spec, engine)}"
        return Problem(path, 0, 0, message)
    first = faults[0]
    place = ".".join(str(part) for part in first["loc"])
    message = f"{place + ': ' if place else ''}{first['msg']}. Make it anew: {bless(spec, engine)}"
    return Problem(path, 0, 0, message)


def bless(spec: Spec, engine: str) -> str:
    """The command that writes the file."""
    return f'harness bless {spec.id} --engine {engine} --because "…"'
