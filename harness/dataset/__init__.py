"""The data of a spec: read from its file, and made into the sheet of one column."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness import datafile
from harness.dataset import checks, preparation, reading
from harness.dataset.evaluation import evaluate
from harness.dataset.needs import needed
from harness.dataset.rows import Rows, located
from harness.errors import DataError
from harness.expression import ExpressionError, parse
from harness.sheet import Sheet
from harness.spec import Spec

STAND_IN = "stand_in"  # the column that a file of made-up numbers has


@dataclass(frozen=True)
class Dataset:
    """
    A data file, read.

    Attributes:
        frame: the columns that the spec needs, under its names, and those of `derive`; int64, float64 or
            text, in the order of the file (index from 0)
        sha256: of the file's bytes
        path: the file
        notes: sentences for the report (data given by hand, no hash to check)
        stand_in: whether the numbers are made up: the spec says so of its own file; of a file given by hand
            its column `stand_in` does
    """

    frame: pd.DataFrame
    sha256: str
    path: Path
    notes: tuple[str, ...] = ()
    stand_in: bool = False


def read(spec: Spec, override: Path | None = None) -> Dataset:
    """
    The data of *spec*, its `derive` computed in order on all rows.

    override : a file that stands in for the spec's, from `--data`; its hash is not checked.
    Raises DataError, one sentence: no such file, another file than the spec means, a column that is not
    there, keys missing or twice, an expression that fails in some row.
    """
    file = datafile.find(spec, override)
    cells = reading.table(file, spec)
    frame = _derived(reading.choose(cells, needed(spec), file, spec), file.path, spec)
    with located(str(spec.path)):
        rows = Rows(frame, str(file.path), spec.data.panel)
        if spec.data.panel is not None:
            _ = rows.index
        checks.need(spec.data, rows)
    stand_in = spec.data.stand_in and (override is None or STAND_IN in cells)
    return Dataset(frame, file.sha256, file.path, file.notes, stand_in)


def _derived(frame: pd.DataFrame, path: Path, spec: Spec) -> pd.DataFrame:
    for name, text in spec.derive.items():
        with located(f"{spec.path}: derive.{name}"):
            rows = Rows(frame, str(path), spec.data.panel)
            try:
                frame = frame.assign(**{name: evaluate(parse(text), rows)})
            except ExpressionError as error:
                raise DataError(f"{error.message} (character {error.position + 1})") from None
    return frame


def prepare(spec: Spec, dataset: Dataset, column_id: str) -> Sheet:
    """
    The rows and columns that the table's column *column_id* is estimated on.

    Raises DataError, one sentence: an empty sample, text or infinite values where numbers are needed, a
    dummy's value that does not occur, a term that is a combination of others (static models), ...
    """
    with located(f'{spec.path}: column "{column_id}"'):
        rows = Rows(dataset.frame, str(dataset.path), spec.data.panel)
        return preparation.sheet(spec.columns[column_id], rows, spec.limits.memory_mb)


def keys(spec: Spec, dataset: Dataset, column_id: str) -> pd.DataFrame:
    """
    Entity and time, as they are called in the data, of the rows that a constructed variable has.

    Sorted by entity and time, as the sheet of `prepare`; no columns where the data are no panel.
    """
    panel = spec.data.panel
    if panel is None:
        return pd.DataFrame(index=dataset.frame.index)
    rows = Rows(dataset.frame, str(dataset.path), panel)
    sampled = rows.where(preparation.in_sample(spec.columns[column_id], rows))
    return sampled.frame[[panel.entity, panel.time]].iloc[sampled.index.order]


__all__ = ["Dataset", "keys", "prepare", "read"]
