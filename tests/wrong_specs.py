"""Committed specs with a setting that is wrong on purpose, as projects of their own."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import ROOT
from ruamel.yaml import YAML

from harness import specfile
from harness.engines import engines
from harness.explain import fitting
from harness.explain.space import Setting
from harness.result import Result
from harness.spec import Spec
from harness.workers.fitting import fit


def document(identifier: str) -> dict[str, Any]:
    """A committed spec as plain values."""
    text = (ROOT / f"specs/{identifier}.yaml").read_text(encoding="utf-8")
    plain: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return plain


def with_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """*patch* written into *target*: mappings merge, all else replaces; null stays, as a person leaves it."""
    found = dict(target)
    for key, value in patch.items():
        inner = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = with_patch(found[key], value) if inner else value
    return found


def written(folder: Path, identifier: str, plain: Mapping[str, Any]) -> Spec:
    """The spec of a project in *folder*, with copies of the committed data and printed table."""
    for name in (f"specs/data/{plain['data']['file']}", f"golden/{identifier}/published.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    path = folder / f"specs/{identifier}.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")  # YAML 1.2 reads JSON
    return specfile.read(path, engines())


def wrong(folder: Path, identifier: str, column: str, patch: Mapping[str, Any]) -> Spec:
    """The committed spec with *patch* in *column*."""
    return written(folder, identifier, with_patch(document(identifier), {"columns": {column: patch}}))


@contextmanager
def in_this_process(fits: fitting.Fits, *_: object) -> Iterator[Any]:
    """In place of worker processes, whose start takes longer than these fits."""

    def run(settings: Sequence[Setting]) -> list[Result]:
        steps = [fits.task(setting) for setting in settings]
        return [step if isinstance(step, Result) else fit(step) for step in steps]

    yield run
