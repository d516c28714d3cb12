"""The log that a column names: found like data, held against its hash, its regression chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import datafile
from harness.errors import DataError, TableError
from harness.glossary import VARIANTS
from harness.spec import Spec

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.statalog import Logged


def sheet(log: Logged | None) -> Sheet:
    """What an engine that reads logs receives: no rows."""
    import pandas as pd

    from harness.sheet import Sheet

    return Sheet(frame=pd.DataFrame(), log=log)


def logged(spec: Spec, column: str) -> Logged | None:
    """
    The regression of *column* in its log, None where the spec names no log for it.

    Raises DataError where the file is not there, is another than the spec's sha256 says, is no log, or has
    several regressions of which none is named.
    """
    model = spec.columns[column]
    named = getattr(model, "log", None)
    if named is None:
        return None
    from harness import statalog
    from harness.tables.reading import decoded

    content = datafile.beneath(spec, named.file, f"{column}: log.file", named.sha256)
    try:
        found = statalog.read(decoded(content, named.file), named.file)
        regression = statalog.choose(found, named.regression, named.file)
    except TableError as fault:
        raise DataError(f"{spec.path}: column {column}: {fault}") from None
    time = spec.data.panel.time if spec.data.panel else ""
    variants = {name: spec.variant(column, name) or "" for name in VARIANTS}
    return statalog.Logged(regression, named.file, named.names, time, variants)
