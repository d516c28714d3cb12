"""Which conventions make the numbers agree with the print."""

from harness.explain.space import Alternative, Axes, Axis, Space

__all__ = ["Alternative", "Axes", "Axis", "Space"]
