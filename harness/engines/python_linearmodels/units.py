"""Exact changes of units, so that linearmodels keeps its digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.engines.python_linearmodels.equation import Equation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Units:
    """
    Exact changes of units: x = centre + scale * x', scales powers of two, centres short binary numbers.

    linearmodels inverts X'X, which squares the condition number: on Longley's data in their own units it
    keeps 7 digits of a standard error, in these units 13. Nothing is rounded on the way in.
    """

    centre: Mapping[str, float]
    scale: Mapping[str, float]

    @classmethod
    def of(cls, equation: Equation, centred: bool) -> Units:
        """centred : whether a constant or the effects take up what is subtracted."""
        names = (equation.outcome, *equation.slopes, *equation.instruments)
        spread = {name: float(equation.frame[name].std(ddof=0)) for name in names}
        scale = {name: 2.0 ** round(np.log2(sd)) if sd > 0 else 1.0 for name, sd in spread.items()}
        means = {name: float(equation.frame[name].mean()) for name in names}
        grid = {name: scale[name] / 8 for name in names}
        centre = {name: round(means[name] / grid[name]) * grid[name] if centred else 0.0 for name in names}
        # The outcome keeps its origin: its sum of squares counts, and theta differs by entity.
        return cls({**centre, equation.outcome: 0.0}, scale)

    def apply(self, equation: Equation) -> Equation:
        changed = {name: (equation.frame[name] - self.centre[name]) / self.scale[name] for name in self.scale}
        return replace(equation, frame=equation.frame.assign(**changed))

    def undo(self, equation: Equation, estimate: Array, covariance: Array) -> tuple[Array, Array]:
        """Coefficients and covariance in the data's own units."""
        names, unit = equation.regressors, self.scale[equation.outcome]
        back = np.diag([unit / self.scale.get(name, 1.0) for name in names])
        if equation.constant:
            last = len(names) - 1
            for column, name in enumerate(equation.slopes):
                back[last, column] = -back[column, column] * self.centre[name]
        return back @ estimate, back @ covariance @ back.T
