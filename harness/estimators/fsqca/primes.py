"""Prime implicants: the shortest conjunctions that cover a positive row and no negative one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.estimators.fsqca.table import Codes
from harness.estimators.fsqca.terms import Term

Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Primes:
    """
    Prime implicants with the chart that says which covers what.

    Attributes:
        terms: (p,) sorted by number of literals, then by their masks
        rows: codes of the positive rows
        chart: (cells, 2) pairs (position in *rows*, position in *terms*)
    """

    terms: tuple[Term, ...]
    rows: Codes
    chart: Codes


def prime_implicants(positive: Codes, negative: Codes | NDArray[np.bool_], k: int) -> Primes:
    """
    All prime implicants that cover a positive row, and the rows that each covers.

    A set S of conditions, fixed to their values in row p, makes an implicant exactly where it tells p
    from every
    negative row q: S meets {conditions in which p and q differ}. So the primes that cover p are the minimal
        such
    S (the transversals of Quine 1955 and McCluskey 1956 read row by row). Whether S fails is a subset
    question: it does where S lies within the conditions in which p and some q agree. For 64 rows at a time,
        one bit each,
    that is one pass over 2^k words for every condition.

    positive : (r,) codes
    negative : codes, or (2^k,) true for every code that may not be covered
    """
    cells = [
        _minimal(positive[start : start + 64], negative, k) + np.array([[start, 0]])
        for start in range(0, len(positive), 64)
    ]
    row, care = np.concatenate(cells).T
    value = positive[row] & care
    keys = (np.bitwise_count(care).astype(np.int64) << (2 * k)) | (care << k) | value
    unique, number = np.unique(keys, return_inverse=True)
    full = 2**k - 1
    terms = tuple(Term(int(key >> k) & full, int(key) & full) for key in unique)
    return Primes(terms, positive, np.stack((row, number), axis=1))


def _minimal(rows: Codes, negative: Codes | NDArray[np.bool_], k: int) -> Codes:
    """(cells, 2): position in *rows* and mask of each minimal set of conditions that makes an implicant."""
    failing = _failing(rows, negative, k)
    for j in range(k):
        halves = failing.reshape(-1, 2, 1 << j)
        halves[:, 0] |= halves[:, 1]
    minimal = ~failing
    for j in range(k):
        minimal.reshape(-1, 2, 1 << j)[:, 1] &= failing.reshape(-1, 2, 1 << j)[:, 0]
    minimal &= np.uint64((1 << len(rows)) - 1)
    masks = np.flatnonzero(minimal)
    which = (minimal[masks, None] >> np.arange(len(rows), dtype=np.uint64)) & np.uint64(1)
    position, row = np.nonzero(which)
    return np.stack((row, masks[position]), axis=1)


def _failing(rows: Codes, negative: Codes | NDArray[np.bool_], k: int) -> Words:
    """(2^k,) bit i of word S is set where S is all that row i shares with some negative row."""
    full = 2**k - 1
    words = np.zeros(2**k, dtype=np.uint64)
    everything = np.arange(2**k, dtype=np.int64)
    for i, row in enumerate(rows):
        if negative.dtype == np.bool_:
            words |= negative[everything ^ (full ^ row)].astype(np.uint64) << np.uint64(i)
        else:
            words[full ^ (row ^ negative)] |= np.uint64(1 << i)
    return words
