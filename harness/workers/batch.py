"""What goes to a worker and what comes back: tasks, batches of them, and how a batch ended."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from harness.engines import Engine
from harness.result import Provenance, Result

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel

Recipe: TypeAlias = "Callable[[], Sheet]"
SECONDS = 0.25  # of work in a batch: so long may a result wait for its neighbours


@dataclass(frozen=True)
class Task:
    """
    One fit to be made.

    Attributes:
        spec, column: ids
        engine: who fits
        model, sheet: what is fitted, on which rows; the sheet, or a recipe that can be pickled and is called
            in the worker, within the limits of the fit
        seconds, memory_mb: beyond them the fit is `errored`
        provenance: what the parent knows already (hashes); versions are added by the worker
    """

    spec: str
    column: str
    engine: Engine
    model: AnyModel
    sheet: Sheet | Recipe
    seconds: int = 300
    memory_mb: int = 4096
    provenance: Provenance = field(default_factory=Provenance)

    def drawn(self) -> Sheet:
        """The sheet; a recipe is called for it."""
        return self.sheet() if callable(self.sheet) else self.sheet

    def ended(self, status: str, message: str) -> Result:
        """The result of a fit that gave no numbers."""
        return Result(
            self.spec,
            self.column,
            self.engine.id,
            status,  # type: ignore[arg-type]
            message,
            provenance=self.provenance,
        )


@dataclass(frozen=True)
class Batch:
    """
    Tasks that go to one worker together: one engine, one sheet, or a recipe each.

    Attributes:
        tasks: (place in the stream, task)
        died: whether a worker has died of its only task
    """

    tasks: tuple[tuple[int, Task], ...]
    died: bool = False

    @property
    def seconds(self) -> float:
        """
        The limit of the whole: that of one fit, and what a batch may take before its last fit begins.

        A fit that does not end ends its batch, and then, by itself, is held to its own limit.
        """
        limit = self.tasks[0][1].seconds
        return limit if len(self.tasks) == 1 else limit + SECONDS

    def packed(self) -> Parcel:
        """The batch, ready to travel. Raises what pickle raises, of a recipe that cannot."""
        tasks = [task for _, task in self.tasks]
        sheet = tasks[0].sheet
        if callable(sheet):
            return Parcel(pickle.dumps(tasks), None, self.seconds)
        return Parcel(pickle.dumps([replace(task, sheet=_left_out) for task in tasks]), sheet, self.seconds)


def _left_out() -> Sheet:
    raise AssertionError("a sheet that is shared was not put back")


@dataclass(frozen=True)
class Parcel:
    """
    A batch on its way.

    Attributes:
        tasks: pickled; without their sheet where they share one
        sheet: the one that they share, which travels by itself, once
        seconds: the limit of the whole
    """

    tasks: bytes
    sheet: Sheet | None
    seconds: float


@dataclass(frozen=True)
class Ended:
    """The results of the first tasks of a batch, as many as began in time, and the seconds they took."""

    results: tuple[Result, ...]
    seconds: float


@dataclass(frozen=True)
class Lost:
    """A batch without results, and why. `died`: of a worker's death, which may have come from outside."""

    message: str
    died: bool = False


@dataclass(frozen=True)
class Gone:
    """Whoever should have made the fits is no longer there."""

    message: str


Told: TypeAlias = Ended | Lost | Gone
