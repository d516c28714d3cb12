"""Which columns of a matrix follow from each other."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def collinear(X: Array, tolerance: float = 1e-10) -> list[int]:
    """
    Numbers of the columns that take part in a linear dependence, [] where the columns are independent.

    X : (n, k); columns are brought to length one first, so that units of measurement decide nothing
    tolerance : singular values below this share of the largest one are zero
    A column of zeros depends on nothing but itself, and is listed.

    >>> collinear(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0], [2.0, 4.0, 5.0]]))
    [0, 1]
    """
    length = np.linalg.norm(X, axis=0)
    triangle = np.linalg.qr(X / np.where(length > 0, length, 1.0), mode="r")
    _, singular, rows = np.linalg.svd(triangle)
    values = np.zeros(X.shape[1])
    values[: len(singular)] = singular
    null = rows[values <= tolerance * max(float(values.max()), 1.0)]
    return [int(column) for column in np.flatnonzero(np.abs(null).max(axis=0, initial=0.0) > 1e-6)]
