"""Every estimate is too large by 1e-3 of itself."""

from dataclasses import replace

from fake_engines import agrees
from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    estimates = agrees.fit(model, sheet)
    return replace(
        estimates,
        cells=tuple(
            cell._replace(value=cell.value * 1.001) if cell.measure == "estimate" else cell
            for cell in estimates.cells
        ),
    )
