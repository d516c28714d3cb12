"""Reads what Stata wrote: the regressions of a log, or the columns of esttab's table, as text."""

from harness.statalog.regressions import Logged, Regression, choose, read

__all__ = ["Logged", "Regression", "choose", "read"]
