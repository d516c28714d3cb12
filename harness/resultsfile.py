"""Reads results.json, as a report folder holds it or `harness run --json` prints it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.result import Cell, NotOffered, PrintedCell, Provenance, Result

SCHEMA = 1
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def _number(value: object) -> object:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


class _Result(BaseModel):
    engine: str
    column: str
    status: Literal["fitted", "skipped", "errored"]
    message: str
    call: str
    warnings: tuple[str, ...]
    not_offered: tuple[tuple[str, str, str, str], ...]
    recomputed: tuple[tuple[str, str, str], ...]
    provenance: Provenance
    printed: tuple[tuple[str, str, str, str, int], ...] = ()
    cells: tuple[tuple[str, str, str, Annotated[float, BeforeValidator(_number)]], ...]


class _Document(BaseModel):
    version: Literal[1] = Field(alias="schema")
    spec: str
    results: tuple[_Result, ...]


class _Documents(BaseModel):
    specs: tuple[_Document, ...]


_EITHER: TypeAdapter[_Document | _Documents] = TypeAdapter(_Document | _Documents)


def read(path: Path) -> tuple[Result, ...]:
    """
    Every result in *path*: a results.json, what `--json` printed, or a folder of a report.

    Raises UsageError, one sentence, where it holds none or was written by a newer harness.
    """
    paths = sorted(path.glob("*/results.json")) if path.is_dir() else [path]
    if not paths:
        raise UsageError(f"{path}: no results.json in it. Name a report's folder, or a results.json")
    return tuple(result for one in paths for result in _read(one))


def _read(path: Path) -> Iterator[Result]:
    try:
        found = _EITHER.validate_json(path.read_bytes())
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}") from None
    except ValidationError as error:
        raise UsageError(f"{path} {_why(error)}") from None
    for document in found.specs if isinstance(found, _Documents) else (found,):
        for one in document.results:
            yield _result(document.spec, one)


def _result(spec: str, one: _Result) -> Result:
    fields: dict[str, Any] = {name: getattr(one, name) for name in _Result.model_fields}
    fields["cells"] = tuple(Cell(*cell) for cell in one.cells)
    fields["printed"] = tuple(PrintedCell(*cell) for cell in one.printed)
    fields["not_offered"] = tuple(NotOffered(*entry) for entry in one.not_offered)
    return Result(spec, **fields)


def _why(error: ValidationError) -> str:
    for fault in error.errors(include_url=False):
        if fault["loc"][-1:] == ("schema",) and isinstance(fault["input"], int) and fault["input"] > SCHEMA:
            newer = f"(schema {fault['input']}, this one reads {SCHEMA})"
            return f"was written by a newer harness {newer}. Update the harness"
    return "is no results.json. Name one that `harness run` has written, or its folder"
