"""Results kept: a fit whose model, data, code and versions are those of an earlier fit is not made again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness import environment, rscripts
from harness.engines import engines
from harness.kept import Kept, place
from harness.result import Cell, NotOffered, PrintedCell, Provenance, Result

if TYPE_CHECKING:
    from harness.engines import Engine
    from harness.sheet import Sheet
    from harness.spec import AnyModel, Spec

SCHEMA = 1  # of an entry; part of every key
_FROM_SHEET = ("harness.workers.fitting",)  # what is on the way from a sheet to the cells that are kept
_FROM_FILE = ("harness.dataset", *_FROM_SHEET)  # from a data file


class Store:
    """
    Fitted results by content. Verdicts are never kept: comparing is quick, and its rules change.

    Attributes:
        kept: the folder of entries, with the sentences on what went wrong there
        reads: False to make every fit anew, and to keep it
    """

    def __init__(self, kept: Kept | None = None, reads: bool = True) -> None:
        self.kept = Kept(place()) if kept is None else kept
        self.reads = reads
        self._hashes: dict[str, str] = {}

    def key(self, spec: Spec, column: str, engine: Engine, data_sha256: str, scripts_sha256: str) -> str:
        """
        The address of one fit: everything that its numbers depend on, and nothing else.

        data_sha256 : of the data file's bytes
        scripts_sha256 : of the R scripts
        Returns "" where the engine's language is not here, so that nothing can be known of its version.
        """
        about = {
            "derive": list(spec.derive.items()),
            "data": spec.data.model_dump(mode="json", exclude={"name", "file", "sha256", "obtain"}),
            "data_sha256": data_sha256,
            "scripts_sha256": scripts_sha256,
        }
        return self._key(engine, spec.columns[column], about, _FROM_FILE)

    def key_of(self, engine: Engine, model: AnyModel, sheet: Sheet) -> str:
        """
        The address of a fit that no spec has: by the content of its sheet, wherever that comes from.

        Returns "" as `key` does.
        """
        scripts = rscripts.sha256() if engine.language == "r" else ""
        about = {"sheet_sha256": sheet.sha256, "scripts_sha256": scripts}
        return self._key(engine, model, about, _FROM_SHEET)

    def _key(self, engine: Engine, model: AnyModel, about: Mapping[str, Any], way: Sequence[str]) -> str:
        facts = self._facts_sha256(engine.language)
        if not facts:
            return ""
        depends = {
            "schema": SCHEMA,
            "engine": engine.id,
            "program": environment.program(engine.program) if engine.program else "",
            "model": model_text(model, engine.reads_log),
            "about": about,
            "sources": environment.sources_sha256(engine.module, *way),
            "facts": facts,
        }
        return _digest(depends)

    def get(self, key: str, spec: str, column: str, provenance: Provenance) -> Result | None:
        """
        What is kept under *key*, as if it had just been fitted for this column; None where nothing is.

        provenance : what the run knows before a fit; the versions are those of the fit that was kept
        """
        document = self.kept.read(_name(key)) if key and self.reads else None
        if document is None:
            return None
        made = document["provenance"]
        return Result(
            spec,
            column,
            document["engine"],
            document["status"],
            document["message"],
            call=document["call"],
            cells=tuple(map(Cell._make, document["cells"])),
            not_offered=tuple(NotOffered(*row) for row in document["not_offered"]),
            recomputed=tuple((part, term, measure) for part, term, measure in document["recomputed"]),
            warnings=tuple(document["warnings"]),
            printed=tuple(PrintedCell(*row) for row in document["printed"]),
            provenance=replace(provenance, **made),
        )

    def put(self, key: str, result: Result) -> None:
        """
        Keep what was fitted, and what an engine that is here refuses; anything else may end otherwise.

        A worker tells the version of an engine that is here; one that is not installed has none.
        """
        refused = result.status == "skipped" and result.provenance.engine_version
        if key and (result.status == "fitted" or refused):
            self.kept.write(_name(key), _document(result))

    def absent(self, engine: Engine) -> str:
        """Why an engine cannot run here, "" where nothing is known of that; starts nothing to find out."""
        if engine.program and not shutil.which(engine.program):
            return f"there is no {engine.program} on the path. Install it: {engine.mend}"
        facts = self.facts(engine.language)
        if not facts or not engine.needs:
            return ""
        if engine.language == "r":
            there, fault = f"R package {engine.needs}" in facts, f"R has no package {engine.needs}"
        else:
            there, fault = engine.needs in facts, f"{engine.needs} is not installed"
        return "" if there else f"{fault}. Install it: {engine.mend}"

    def facts(self, language: str) -> Mapping[str, str]:
        """What an engine of *language* runs on, name to version; {} where the language is not here."""
        return self._python if language == "python" else self._r

    def _facts_sha256(self, language: str) -> str:
        """Of `facts`, "" where there are none."""
        if language not in self._hashes:
            facts = self.facts(language)
            self._hashes[language] = _digest(facts) if facts else ""
        return self._hashes[language]

    @cached_property
    def _python(self) -> dict[str, str]:
        return environment.python_facts()

    @cached_property
    def _r(self) -> dict[str, str]:
        found = environment.r_facts(self.kept)
        return self._python | found if found else {}


def cache_key() -> str:
    """One line that changes with anything that engines run on: for the cache of a continuous integration."""
    store = Store()
    sources = environment.sources_sha256(*(e.module for e in engines().values() if e.module), *_FROM_FILE)
    facts = [store.facts(language) for language in ("python", "r")]
    return f"harness-{_digest([SCHEMA, sources, rscripts.sha256(), facts])[:32]}"


def model_text(model: AnyModel, with_log: bool = False) -> str:
    """The merged model; `variants` choose among cells that are there anyway, and do not count."""
    left_out = {"variants"} if with_log else {"variants", "log"}
    return model.model_dump_json(exclude=left_out, exclude_defaults=True)


def _digest(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _name(key: str) -> str:
    return f"results/{key[:2]}/{key[2:]}.json"


def _document(result: Result) -> dict[str, Any]:
    made = ("engine_version", "language_version", "platform", "blas", "numpy", "cpu")
    return {
        "engine": result.engine,
        "status": result.status,
        "message": result.message,
        "call": result.call,
        "cells": result.cells,
        "not_offered": result.not_offered,
        "recomputed": result.recomputed,
        "warnings": result.warnings,
        "printed": result.printed,
        "provenance": {name: value for name, value in asdict(result.provenance).items() if name in made},
    }
