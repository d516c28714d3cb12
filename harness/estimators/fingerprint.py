"""One whole number for a list of numbers: equal lists have equal ones, in any language."""

import numpy as np
from numpy.typing import NDArray

PRIME = 2147483647  # 2^31 - 1
BASE = 1000003  # below 2^22, so that BASE * PRIME is exact in a double: R has no longer integers


def fingerprint(values: NDArray[np.float64]) -> int:
    """
    The polynomial hash modulo 2^31 - 1 of the values' texts at ten significant digits (C's `%.9e`).

    values : (n,); their order counts
    Each text ends with a line feed; a byte b turns the hash h, at first 0, to (1000003 h + b) mod (2^31 - 1)
    (Karp and Rabin 1987, IBM Journal of Research and Development 31(2), 249-260).
    Raises ValueError where a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("only finite numbers have a fingerprint")
    text = "".join(f"{value + 0.0:.9e}\n" for value in values.tolist())  # + 0.0: no negative zero
    found = 0
    for byte in text.encode("ascii"):
        found = (found * BASE + byte) % PRIME
    return found
