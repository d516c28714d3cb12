"""Fuzzy data that anybody can make again: a linear congruential generator in whole numbers."""

from collections.abc import Iterator

Columns = dict[str, list[float]]


def generated(seed: int, n: int, k: int, noise: float, digits: int = 2, crisp: bool = False) -> Columns:
    """
    n cases with conditions A, B, .. and an outcome Y = max(min(A, 1-B), min(B, C), ..) plus noise, rounded.

    Numerical Recipes' constants: s <- 1664525 s + 1013904223 mod 2^32; a draw is s / 2^32. Memberships of 0.5
    are moved up by one unit of the last digit.
    """
    draw = _draws(seed)
    columns: Columns = {chr(65 + j): [_member(next(draw), digits, crisp) for _ in range(n)] for j in range(k)}
    names = list(columns)
    columns["Y"] = [
        _member(_signal([columns[name][i] for name in names]) + noise * (next(draw) - 0.5), digits, crisp)
        for i in range(n)
    ]
    return columns


def _draws(seed: int) -> Iterator[float]:
    state = seed
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield state / 2**32


def _member(value: float, digits: int, crisp: bool) -> float:
    unit = 10**digits
    whole = int(min(1.0, max(0.0, value)) * unit + 0.5)
    if crisp:
        return float(2 * whole > unit)
    return (whole + (2 * whole == unit)) / unit


def _signal(case: list[float]) -> float:
    one, two, three = (case * 3)[:3]
    return max(min(one, 1 - two), min(two, three))
