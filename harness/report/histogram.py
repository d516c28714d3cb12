"""Histograms as bars in a drawing of fixed size."""

from dataclasses import dataclass

from harness.recovery import Histogram

WIDTH = 320.0  # user units
HEIGHT = 84.0
_EDGE = 8.0


@dataclass(frozen=True)
class Bar:
    """A bar in user units, y downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Drawn:
    """
    A histogram and lines across it.

    Attributes:
        lines: place of each value asked for, in user units; None outside the drawing
        level: height at which every bar would stand if all were equal
    """

    bars: tuple[Bar, ...]
    lines: tuple[float | None, ...]
    level: float


def drawn(histogram: Histogram, *values: float) -> Drawn:
    """The bars of *histogram*, the highest as high as the drawing, and where *values* are."""
    low, high = histogram.edges[0], histogram.edges[-1]
    scale = (WIDTH - 2 * _EDGE) / (high - low)
    most = max(*histogram.counts, 1)

    def place(value: float) -> float:
        return round(_EDGE + (value - low) * scale, 1)

    bars = tuple(
        Bar(place(left), round(HEIGHT * (1 - count / most), 1), round((right - left) * scale, 1),
            round(HEIGHT * count / most, 1))
        for left, right, count in zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False)
        if count
    )  # fmt: skip
    lines = tuple(place(value) if low <= value <= high else None for value in values)
    mean = sum(histogram.counts) / len(histogram.counts)
    return Drawn(bars, lines, round(HEIGHT * (1 - mean / most), 1))
