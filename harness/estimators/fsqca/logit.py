"""A logit of shares on regressors by iteratively reweighted least squares."""

import numpy as np

from harness.estimators.fsqca.data import Array


def fractional_logit(X: Array, share: Array, most: int = 25, tolerance: float = 1e-8) -> Array:
    """
    Fitted shares of a quasi-binomial regression with logit link (McCullagh & Nelder 1989, ch. 2 and 4).

    X : (n, p); share : (n,) in [0, 1]
    most, tolerance : iterations, and the change of the deviance relative to it that ends them (R's glm)
    Returns (n,) fitted shares.
    """
    mean = (share + 0.5) / 2
    eta = np.log(mean / (1 - mean))
    before = _deviance(share, mean)
    for _ in range(most):
        weight = mean * (1 - mean)
        usable = weight > 0
        root = np.sqrt(weight[usable])
        target = eta[usable] + (share - mean)[usable] / weight[usable]
        beta = np.linalg.lstsq(X[usable] * root[:, None], target * root, rcond=None)[0]
        eta = X @ beta
        mean = 1 / (1 + np.exp(-np.clip(eta, -36, 36)))
        now = _deviance(share, mean)
        if abs(now - before) / (abs(now) + 0.1) < tolerance:
            break
        before = now
    return mean


def _deviance(share: Array, mean: Array) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(share > 0, share * np.log(share / mean), 0.0)
        no = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - mean)), 0.0)
    return float(2 * (yes + no).sum())
