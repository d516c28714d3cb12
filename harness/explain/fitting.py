"""A setting's rows of data, and its fit in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.engines import Engine
from harness.errors import DataError
from harness.explain.space import Setting, Space
from harness.result import Provenance, Result
from harness.spec import Spec
from harness.store import Store
from harness.workers import Task
from harness.workers.stream import opened

if TYPE_CHECKING:
    from harness.dataset import Dataset
    from harness.sheet import Sheet


def read(space: Space, override: Path | None) -> Dataset:
    """The data with every column that some single change asks for. Raises DataError."""
    from harness import dataset

    asked = {space.column: space.spec.columns[space.column]}
    for at, change in enumerate(space.changes):
        model = space.model((change,))
        if model is not None:
            asked[f"{space.column} with change {at}"] = model
    return dataset.read(space.spec.model_copy(update={"columns": asked}), override)


def periods(spec: Spec, data: Dataset) -> int | None:
    """From the first to the last period of the panel; None where the data are none."""
    panel = spec.data.panel
    if panel is None:
        return None
    time = data.frame[panel.time]
    return int(time.max() - time.min()) // panel.step + 1


@dataclass
class Sheets:
    """
    The rows of each setting, prepared once for all that share them.

    Attributes:
        space, data: whose settings, of which file
    """

    space: Space
    data: Dataset
    _kept: dict[Setting, Any] = field(default_factory=dict)

    def __call__(self, setting: Setting) -> Sheet:
        """Raises DataError where the data do not allow the setting."""
        from harness import dataset

        own = tuple(change for change in setting if not self.space.axes[change[0]].keeps_sheet)
        if own not in self._kept:
            try:
                self._kept[own] = dataset.prepare(self._spec(setting), self.data, self.space.column)
            except DataError as fault:
                self._kept[own] = fault
        if isinstance(self._kept[own], DataError):
            raise self._kept[own]
        sheet: Sheet = self._kept[own]
        return sheet

    def _spec(self, setting: Setting) -> Spec:
        spec, column = self.space.spec, self.space.column
        return spec.model_copy(update={"columns": {**spec.columns, column: self.space.model(setting)}})


@dataclass(frozen=True)
class Fits:
    """
    Makes fits of settings.

    Attributes:
        sheets: their rows
        engine: who fits
        store: what an earlier search has fitted is taken from there
    """

    sheets: Sheets
    engine: Engine
    store: Store = field(default_factory=Store)

    def task(self, setting: Setting) -> Task | Result:
        """The fit of a setting, its result where that is kept, or why there is none."""
        space = self.sheets.space
        model, limits = space.model(setting), space.spec.limits
        assert model is not None  # the search asks for valid settings only
        about = (space.spec.id, space.column, self.engine)
        try:
            sheet = self.sheets(setting)
        except DataError as fault:
            return Result(space.spec.id, space.column, self.engine.id, "errored", str(fault))
        key = self.store.key_of(self.engine, model, sheet)
        kept = self.store.get(key, space.spec.id, space.column, Provenance())
        return kept or Task(*about, model, sheet, limits.seconds, limits.memory_mb)

    def keep(self, task: Task, result: Result) -> None:
        """For the next search."""
        assert not callable(task.sheet)  # `task` makes none of recipes
        self.store.put(self.store.key_of(self.engine, task.model, task.sheet), result)


@contextmanager
def pool(
    fits: Fits, jobs: int, executor: str = "local"
) -> Iterator[Callable[[Sequence[Setting]], list[Result]]]:
    """
    Gives a function from settings to their results, in their order; its workers live until the end.

    jobs, executor : as in `harness.workers.stream`. After Ctrl-C within the function they end at once.
    """
    interrupted: list[KeyboardInterrupt] = []
    with suppress(_Interrupted), opened(jobs, executor) as streams:

        def run(settings: Sequence[Setting]) -> list[Result]:
            steps = [fits.task(setting) for setting in settings]
            tasks = [step for step in steps if isinstance(step, Task)]
            try:
                ended = dict(streams(tasks))
            except KeyboardInterrupt as fault:
                interrupted.append(fault)
                raise
            made = (ended[at] for at in range(len(tasks)))
            if executor == "local":  # the machines of a cluster may be others than the key says
                for at, task in enumerate(tasks):
                    fits.keep(task, ended[at])
            return [next(made) if isinstance(step, Task) else step for step in steps]

        yield run
        if interrupted:
            raise _Interrupted


class _Interrupted(Exception):  # noqa: N818 - tells the workers to end without ending the search's answer
    pass
