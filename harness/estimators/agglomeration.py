"""Agglomeration over distance: location quotients of all places, weighted by how near they are."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0088  # mean radius R1 of the ellipsoid WGS 84 (Moritz 2000, Journal of Geodesy 74)


def great_circle(latitude: Array, longitude: Array) -> Array:
    """
    Distances on the sphere in kilometres, (n, n), zero on the diagonal.

    latitude, longitude : (n,) in degrees
    By haversines, which keep their digits for near places (Sinnott 1984, Sky and Telescope 68, 159).
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    half_phi = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    half_lam = np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    haversine = half_phi + np.cos(phi)[:, None] * np.cos(phi)[None, :] * half_lam
    distance: Array = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))
    return distance


def location_quotient(part: Array, total: Array) -> Array:
    """
    The part's share in each place over its share in all places together, (n,).

    Above 1 where a place has more of it than the whole (Florence 1939, Journal of the Royal Statistical
    Society 102(4)). Raises ValueError where a total is not positive, a part is negative or larger than its
    total, or all parts are zero.
    """
    if not (total > 0).all():
        raise ValueError("a total is not positive")
    if (part < 0).any() or (part > total).any():
        raise ValueError("a part is negative, or larger than its total")
    if not part.sum() > 0:
        raise ValueError("the part is zero everywhere")
    quotient: Array = (part / total) / (part.sum() / total.sum())
    return quotient


def distance_weights(
    distance: Array, self_distance: float | None = None, decay: float = 1.0, row_standardised: bool = False
) -> Array:
    """
    d^-decay, (n, n).

    distance : (n, n) in kilometres
    self_distance : of a place to itself, in kilometres; None leaves the place itself out (weight 0)
    row_standardised : weights of each place sum to 1
    Raises ValueError where two places are at the same spot.
    """
    off_diagonal = ~np.eye(len(distance), dtype=bool)
    if not (distance[off_diagonal] > 0).all():
        raise ValueError("two places are at the same spot")
    own = np.inf if self_distance is None else self_distance
    weights: Array = np.where(off_diagonal, distance, own) ** -decay
    return weights / weights.sum(axis=1, keepdims=True) if row_standardised else weights


def agglomeration(quotient: Array, weights: Array, double_sum: bool = False) -> Array:
    """
    sum_j quotient_j w_cj for every place c, (n,).

    double_sum : the sum over c as well, as some papers print the formula: then every place has the same
    value, the sum of all
    """
    found: Array = weights @ quotient
    return np.full(len(found), found.sum()) if double_sum else found
