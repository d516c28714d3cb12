"""Which regressors follow from the others."""

import numpy as np

from harness.estimators.dpd.grid import Array
from harness.estimators.dpd.inverse import independent
from harness.estimators.dpd.rows import Rows

# Partialling out the constant from sums of squares loses as many digits as the mean exceeds the spread.
FEW_DIGITS_LOST = 1e-4
CHUNK = 4096


def dependent(rows: Rows, has_constant: bool, drop_first: tuple[str, ...]) -> tuple[str, ...]:
    """
    Terms that are combinations of others in the stacked rows, in order of print.

    Terms are taken up in order of print and kept while they add something; the constant comes before all,
    *drop_first* after all, the last of them before the first.
    """
    k = len(rows.terms)
    flat = rows.Xy.reshape(-1, k + 1)
    second = (flat.T @ flat)[:k, :k]
    if has_constant:
        second = _about_constant(rows, second)
    late = [rows.terms.index(name) for name in reversed(drop_first) if name in rows.terms]
    early = [place for place in range(k) if place not in late]
    if has_constant:
        early = [k - 1, *early[:-1]]
    kept = set(independent(second, [*early, *late]).tolist())
    return tuple(name for place, name in enumerate(rows.terms) if place not in kept)


def _about_constant(rows: Rows, second: Array) -> Array:
    """Second moments of the regressors less their projection on the constant, which is the last."""
    slope = second[-1] / second[-1, -1]
    rest = second - np.outer(slope, second[-1])
    if np.any(np.diag(rest)[:-1] < FEW_DIGITS_LOST * np.diag(second)[:-1]):
        rest = np.zeros_like(second)
        for start in range(0, len(rows.Xy), CHUNK):
            X = rows.Xy[start : start + CHUNK, :, :-1]
            centred = (X - X[:, :, -1:] * slope).reshape(-1, len(second))
            rest += centred.T @ centred
    rest[-1] = rest[:, -1] = 0.0
    rest[-1, -1] = second[-1, -1]
    return rest
