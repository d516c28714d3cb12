"""Which columns of a matrix are combinations of the columns before them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# A column is a combination of others where less than this share of its length is left beside them. Real
# data come nowhere near: of Longley's columns, the most collinear of textbooks, 4e-4 is left at least.
_SHARE = 1e-10
# A transformed column has no variation where less than this share of its original length is left.
_VARIATION = 1e-12


@dataclass
class Basis:
    """
    Columns that are independent of each other, and an orthonormal basis of them.

    Attributes:
        n_rows: length of a column
        names: of the columns taken in, in order
        columns: the columns themselves, scaled to length 1
        lengths: what they were divided by
    """

    n_rows: int
    names: list[str] = field(default_factory=list)
    columns: list[Floats] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    _orthonormal: list[Floats] = field(default_factory=list)

    def add(self, name: str, column: Floats) -> bool:
        """Takes *column*, (n_rows,), in where it is independent of those before; whether it was."""
        length = float(np.linalg.norm(column))
        if length == 0:
            return False
        rest = column / length
        for _ in range(2):  # twice is enough (Giraud, Langou and Rozloznik 2005)
            for direction in self._orthonormal:
                rest = rest - direction * (direction @ rest)
        left = float(np.linalg.norm(rest))
        if left <= _SHARE:
            return False
        self.names.append(name)
        self.columns.append(column / length)
        self.lengths.append(length)
        self._orthonormal.append(rest / left)
        return True

    def combination(self, column: Floats) -> str:
        """
        How *column* is made of those before it: `2*x1 + x2`, or in words where that is no simple sum.

        column : (n_rows,), one that `add` refused
        """
        length = float(np.linalg.norm(column))
        if length == 0:
            return "0"
        weights = np.linalg.lstsq(np.column_stack(self.columns), column / length, rcond=None)[0]
        parts = [
            (name, float(weight * length / own))
            for name, weight, own in zip(self.names, weights, self.lengths, strict=True)
            if abs(weight) > 1e-8
        ]
        if len(parts) > 4:
            return f"a combination of {len(parts)} terms, among them {', '.join(n for n, _ in parts[:3])}"
        return " + ".join(_summand(name, factor) for name, factor in parts).replace("+ -", "- ")


def varies(transformed: Floats, original: Floats) -> bool:
    """Whether anything but rounding is left of a column, (n,), after its transformation, (m,)."""
    return bool(np.linalg.norm(transformed) > _VARIATION * np.linalg.norm(original))


def _summand(name: str, factor: float) -> str:
    rounded = float(f"{factor:.6g}")
    if abs(rounded) == 1:
        return name if rounded > 0 else f"-{name}"
    return f"{rounded:.6g}*{name}"
