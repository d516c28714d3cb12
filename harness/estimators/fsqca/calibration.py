"""From raw values to memberships: direct, along the data, bell-shaped, indirect, by categories, crisp."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from harness.estimators.fsqca.data import Array, refuse_missing
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import ratio
from harness.estimators.fsqca.logit import fractional_logit
from harness.estimators.fsqca.rules import R, Rules


def direct(
    raw: ArrayLike, out: float, crossover: float, in_: float, idm: float = 0.95, rules: Rules = R
) -> Array:
    """
    Fuzzy membership by the direct method with log odds (Ragin 2008, ch. 5).

    1 / (1 + exp(-(x - c) ln(idm / (1 - idm)) / (a - c))), where c is the crossover and a the anchor on
    the side
    of x: 1 - idm at *out*, 0.5 at *crossover*, idm at *in_*.

    raw : (n,) in the unit of the anchors; a decreasing set has in_ < out
    idm : membership at *in_*
    Returns (n,) in [0, 1]; with R's rules what is within 1e-4 of 0 or 1 is moved onto it.
    Raises FsqcaError where the anchors are not strictly monotone, a value is missing, or idm is not in
    (0.5, 1).

    >>> direct([1000, 5000, 20000], out=1000, crossover=5000, in_=20000).round(2).tolist()
    [0.05, 0.5, 0.95]
    """
    x = _raw(raw)
    _monotone(out, crossover, in_)
    if not 0.5 < idm < 1:
        raise FsqcaError(f"idm is {idm}; the membership at the upper anchor lies between 0.5 and 1.")
    rising = in_ > out
    above = x >= crossover if rising else x <= crossover
    reach = np.where(above, in_ - crossover, crossover - out)
    with np.errstate(over="ignore"):
        membership = 1 / (1 + np.exp(-(x - crossover) * (np.log(idm / (1 - idm)) / reach)))
    membership = np.where(membership < rules.snap, 0.0, membership)
    return np.where(membership > 1 - rules.snap, 1.0, membership)


def piecewise(
    raw: ArrayLike, out: float, crossover: float, in_: float, below: float = 1.0, above: float = 1.0
) -> Array:
    """
    Fuzzy membership by straight or bent lines between the anchors (Dusa 2019, ch. 4).

    0 up to *out*, then ((x - out) / (crossover - out))^below / 2, from the crossover on
    1 - ((in_ - x) / (in_ - crossover))^above / 2, and 1 from *in_* on.

    raw : (n,); a decreasing set has in_ < out
    below, above : bend of the part with memberships below, above 0.5: 1 straight, more convex, less concave
    Raises FsqcaError as `direct`, or where a bend is not positive.
    """
    x = _raw(raw)
    _monotone(out, crossover, in_)
    _bends(below, above)
    low = np.clip((x - out) / (crossover - out), 0, 1)
    high = np.clip((in_ - x) / (in_ - crossover), 0, 1)
    reached = x >= crossover if in_ > out else x <= crossover
    return np.where(reached, 1 - high**above / 2, low**below / 2)


def ecdf(raw: ArrayLike, out: float, crossover: float, in_: float) -> Array:
    """
    Fuzzy membership along the distribution of the data themselves (Dusa 2019, ch. 4).

    0 up to *out*, then F(x) / F(c) / 2, from the crossover c on 1 - (1 - F(x)) / (1 - F(c)) / 2, and 1 from
    *in_* on, where F(x) is the share of values at or below x among those between *out* and *in_*.

    raw : (n,); a decreasing set has in_ < out and is 1 less the increasing one
    Raises FsqcaError as `direct`.

    >>> ecdf([1, 2, 4, 5, 8, 9, 12], out=1.5, crossover=5, in_=10).round(3).tolist()
    [0.0, 0.167, 0.333, 0.5, 0.75, 1.0, 1.0]
    """
    x = _raw(raw)
    _monotone(out, crossover, in_)
    low, high = sorted((out, in_))
    inside = np.sort(x[(x >= low) & (x <= high)])
    share = np.searchsorted(inside, x, side="right") / max(1, len(inside))
    half = np.searchsorted(inside, crossover, side="right") / max(1, len(inside))
    lower, upper = ratio(share, half) / 2, 1 - ratio(1 - share, 1 - half) / 2
    rising = np.where(x <= low, 0.0, np.where(x >= high, 1.0, np.where(x <= crossover, lower, upper)))
    return rising if in_ > out else 1 - rising


def bell(raw: ArrayLike, anchors: Sequence[float], below: float = 1.0, above: float = 1.0) -> Array:
    """
    Fuzzy membership that rises and falls, or falls and rises (Dusa 2019, ch. 4).

    anchors : e1, c1, i1, i2, c2, e2: out, crossover and in on the left, in, crossover and out on the right;
        e1 < c1 < i1 <= i2 < c2 < e2 is a set of middling values, i1 < c1 < e1 <= e2 < c2 < i2 one of extremes
    below, above : as in `piecewise`
    Raises FsqcaError where there are not six anchors in such an order.
    """
    if len(anchors) != 6:
        raise FsqcaError(f"bell: {len(anchors)} anchors; write six: e1, c1, i1, i2, c2, e2.")
    e1, c1, i1, i2, c2, e2 = map(float, anchors)
    left = piecewise(raw, e1, c1, i1, below, above)
    right = piecewise(raw, e2, c2, i2, below, above)
    if e1 < c1 < i1 <= i2 < c2 < e2:
        return np.minimum(left, right)
    if i1 < c1 < e1 <= e2 < c2 < i2:
        return np.maximum(left, right)
    raise FsqcaError(
        f"bell: the anchors {', '.join(f'{a:g}' for a in anchors)} are out of order; they are e1 < c1 < i1 "
        "<= i2 < c2 < e2 for a set of middling values, i1 < c1 < e1 <= e2 < c2 < i2 for one of extremes."
    )


def indirect(raw: ArrayLike, cuts: Sequence[float], digits: int = 6) -> Array:
    """
    Fuzzy membership by the indirect method: grouped by hand, then smoothed (Ragin 2008, ch. 5).

    The m cuts make m + 1 groups with preliminary memberships 0, 1/m, .. 1, a value at a cut in the group
    below; a fractional logit of these on log x, root x, x and x squared (Royston & Altman 1994) gives the
    memberships, rounded as R's QCA rounds.

    raw : (n,) positive numbers
    Raises FsqcaError where a value is not positive or the cuts do not ascend.
    """
    x = _raw(raw)
    if x.min() <= 0:
        raise FsqcaError(
            f"indirect: the raw value {x.min():g} is not positive and has no logarithm; shift the scale."
        )
    group = len(cuts) - crisp(-x, [-cut for cut in reversed(cuts)])
    design = np.column_stack((np.ones_like(x), np.log(x), np.sqrt(x), x, x**2))
    return np.round(fractional_logit(design, group / len(cuts)), digits)


def tfr(raw: ArrayLike) -> Array:
    """
    Totally fuzzy and relative membership of ordered categories (Cheli & Lemmi 1995).

    (F(x) - F(lowest)) / (1 - F(lowest)), with F the share of cases at or below x.

    >>> tfr([1, 1, 2, 3]).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    x = _raw(raw)
    if x.min() == x.max():
        raise FsqcaError(f"tfr: all {len(x)} values are {x[0]:g}; one category has no order.")
    share = np.searchsorted(np.sort(x), x, side="right") / len(x)
    lowest = share.min()
    return np.asarray((share - lowest) / (1 - lowest), dtype=np.float64)


def crisp(raw: ArrayLike, cuts: Sequence[float]) -> Array:
    """
    Crisp membership, or the value of a multi-value set: how many of the cuts a value reaches.

    >>> crisp([1, 5, 9], [5]).tolist(), crisp([1, 5, 9], [2, 6]).tolist()
    ([0.0, 1.0, 1.0], [0.0, 1.0, 2.0])

    Raises FsqcaError where the cuts do not ascend or a value is missing.
    """
    x = _raw(raw)
    if not len(cuts) or any(b <= a for a, b in pairwise(cuts)):
        raise FsqcaError(
            f"The cuts {list(map(float, cuts))} do not ascend; write each once, the smallest first."
        )
    reached = np.searchsorted(np.asarray(cuts, dtype=np.float64), x, side="right")
    return reached.astype(np.float64)


def _raw(raw: ArrayLike) -> Array:
    x = np.asarray(raw, dtype=np.float64)
    if x.ndim != 1 or not len(x):
        raise FsqcaError("There are no raw values to calibrate, or they are no plain list.")
    refuse_missing(x, "The raw variable")
    return x


def _monotone(out: float, crossover: float, in_: float) -> None:
    if not (out < crossover < in_ or out > crossover > in_):
        raise FsqcaError(
            f"The anchors out {out:g}, crossover {crossover:g}, in {in_:g} are out of order; the crossover "
            "lies strictly between the other two."
        )


def _bends(below: float, above: float) -> None:
    if below <= 0 or above <= 0:
        raise FsqcaError(f"below is {below:g} and above {above:g}; both bends must be above 0.")
