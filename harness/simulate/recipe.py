"""A sheet that is drawn where it is fitted, so that no panel has to be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.estimators.simulated_panel import Panel, Process, draw
from harness.sheet import Sheet


@dataclass(frozen=True)
class Written:
    """
    Which series a column of the sheet takes.

    Attributes:
        column: of the sheet
        series: None the outcome, else the number of a drawn regressor
        lag: periods back
    """

    column: str
    series: int | None
    lag: int = 0


@dataclass(frozen=True)
class Recipe:
    """
    The panel of one replication.

    Attributes:
        template: the sheet whose rows and fixed columns the panel has; what is missing there is missing
        cell: (n_rows,) places of its rows in the process's grid
        process: what is drawn from
        written: the columns that are drawn over
        seed, replication: of the generator, `numpy.random.SeedSequence(seed).spawn` in order
    """

    template: Sheet
    cell: NDArray[np.int64]
    process: Process
    written: tuple[Written, ...]
    seed: int
    replication: int = 0

    def __call__(self) -> Sheet:
        """The sheet; the same seed and replication give the same, anywhere."""
        child = np.random.SeedSequence(self.seed, spawn_key=(self.replication,))
        panel = draw(self.process, np.random.default_rng(child))
        made = {one.column: self._column(panel, one) for one in self.written}
        return replace(self.template, frame=self.template.frame.assign(**made))

    def _column(self, panel: Panel, one: Written) -> NDArray[np.float64]:
        values = panel.series(one.series, one.lag).reshape(-1)[self.cell]
        absent = np.isnan(self.template.frame[one.column].to_numpy(dtype=np.float64))
        return np.where(absent, np.nan, values)
