"""The first regressor is missing from the answer."""

from dataclasses import replace

from fake_engines import agrees
from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    estimates = agrees.fit(model, sheet)
    return replace(
        estimates, cells=tuple(cell for cell in estimates.cells if cell.term != sheet.regressors[0])
    )
