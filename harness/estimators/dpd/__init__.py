"""
Difference and system GMM for dynamic panels: Arellano and Bond, Blundell and Bond, as Stata's xtabond2.

    y_it = x_it' b + effect_i + error_it,      lags of y among x

Quick start
-----------
>>> import numpy as np
>>> from harness.estimators import dpd
>>> rng = np.random.default_rng(0)
>>> firm, year = np.repeat(np.arange(100), 6), np.tile(np.arange(2000, 2006), 100)
>>> data = {"n": rng.normal(size=600), "w": rng.normal(size=600)}
>>> model = dpd.Model(
...     outcome="n",
...     regressors=(("n", 1), ("w", 0)),             # (name, lag)
...     gmm={"n": dpd.Gmm(("n",), lags=(2, None))},  # levels at t-2 and before; differences in levels
...     iv={"w": dpd.Iv((("w", 0),))},
...     estimator="system",
...     steps=2,
...     std_error="windmeijer",
... )
>>> fit = dpd.fit(model, data, firm, year)           # a data frame will do for `data`
>>> fit.terms
('L1.n', 'w', 'constant')
>>> fit.counts.instruments, fit.hansen.df, fit.counts.difference, fit.counts.equation
(16, 13, 400, 500)
>>> sorted(fit.difference_in_hansen())
['level_gmm', 'w']

What is estimated
-----------------
Z_i, X_i, y_i stack the rows of entity i, those of the transformed equation first, those in levels after
them; sums are over entities, e = y - X b.

     (1)  b = (X'Z W Z'X)^-1 X'Z W Z'y
     (2)  one step:   W = (sum Z_i' H Z_i)^-1
     (3)  two steps:  W = S^-1, S = sum Z_i'e_i e_i'Z_i with the residuals of one step
          iterated:   S is made again of the last residuals until b rests
     (4)  H = (M; I)(M; I)' for h=3, M the map of a complete series of levels to transformed rows; h=2 has no
          block between the equations; h=1 is the identity. Rows that an entity lacks are struck out
     (5)  M is first differences; or forward orthogonal deviations, sqrt(m/(m+1)) (x_t - mean of the m
          complete observations after t), each kept one period late, so that lags mean the same in both

Covariance of b
---------------
     (6)  conventional: s2 (X'Z W Z'X)^-1 after one step, (X'Z W Z'X)^-1 after two
     (7)  s2 = sum of squared one-step residuals of the transformed rows / (2 n), or / (2 (n - k)) with
          sigma2="n-k"; not halved for deviations and for h=1
     (8)  robust: Q S Q' with Q = (X'Z W Z'X)^-1 X'Z W
     (9)  windmeijer: V + D V + V D' + D V1 D', V of (6), V1 that of the step before (Windmeijer 2005)
With clusters, S and the derivative in D are sums over clusters. Weights multiply the rows of X and y, their
roots the rows of Z in (2), as aweights or fweights of xtabond2.

Instruments
-----------
`Gmm(variables, lags=(first, last))`: one column for each period t and lag l that holds x_(t-l) in the
transformed row of t and is zero elsewhere, also where x_(t-l) is missing; `collapse` adds them over t.
In levels the column of period t holds the first difference at lag first-1.
`Iv(((name, lag), ...))`: one column over both equations, transformed in the one and as it is in the other;
rows that lack it are not used. `equation` puts either kind into one equation.

Time
----
Lags and differences go by time on the complete grid of entities and periods: gaps, ragged ends and years that
everybody lacks are gaps. The order of rows, the labels of entities and the units of variables change nothing:
every variable is divided by a power of two near its spread, every instrument by its length.

Statistics, by what they are
----------------------------
`fit.hansen`                    (10)  g'S^-1 g, g = Z'e of two steps; given after one step, too
`fit.sargan[variant]`           (11)  g'W g / s2 of one step; s2 over transformed rows (xtabond2), rows in
                                      levels (xtabond2-before-2.8.3), over rows less k (xtabond)
`fit.difference_in_hansen()`    (12)  for each group and all level GMM columns: (10) without them, with the
                                      block of the full S that remains, and the difference
`fit.serial_correlation(m)`     (13)  sum w_i'e_i / sqrt(sum (w_i'e_i)^2 - 2 w'X Q sum(Z_i'e_i e_i'w_i)
                                      + w'X V X'w), e in first differences, w the same m periods before
`fit.wald(terms)`               (14)  b'V^-1 b
`fit.counts`                          observations, groups, instruments as xtabond2, pgmm and gretl count them
`fit.matrices()`                      Z, X, y, W, H, residuals and scores, for any other statistic

What is dropped, what is refused
--------------------------------
Instrument columns that are zero or depend on those before them are not counted: the count is the rank of
sum Z'HZ. A regressor that depends on the others is dropped by name (`fit.dropped`, `fit.warnings`).
With more instruments than entities S is singular: its Moore-Penrose inverse is taken, variables in units of
their standard deviations, and a warning says that programs part here. Whatever makes estimation impossible
raises `DpdError`, a ValueError, with the numbers in its sentence; an explosion of instruments does so before
it is allocated.

Speed
-----
There is no loop over entities. Every sum that GMM needs is one of Z_i'X_i and Z_i'y_i, n x j x (k+1) numbers;
uncollapsed columns are multiplied in the one period in which they live, and meet only neighbours in Z'HZ.
Windmeijer's correction makes no (j x j x k) array.

Sources
-------
Arellano and Bond (1991), Review of Economic Studies 58, 277-297. Arellano and Bover (1995), Journal of
Econometrics 68, 29-51. Blundell and Bond (1998), Journal of Econometrics 87, 115-143. Windmeijer (2005),
Journal of Econometrics 126, 25-51. Roodman (2009), Stata Journal 9, 86-136. Conventions: xtabond2 3.7.2.
"""

from harness.estimators.dpd.counting import Counter
from harness.estimators.dpd.estimate import fit
from harness.estimators.dpd.grid import Grid
from harness.estimators.dpd.matrices import Matrices
from harness.estimators.dpd.model import CONSTANT, DpdError, Gmm, Iv, Model, term
from harness.estimators.dpd.result import Fit
from harness.estimators.dpd.statistics import Chi2, Counts, Normal, Sigma2

__all__ = [
    "CONSTANT",
    "Chi2",
    "Counter",
    "Counts",
    "DpdError",
    "Fit",
    "Gmm",
    "Grid",
    "Iv",
    "Matrices",
    "Model",
    "Normal",
    "Sigma2",
    "fit",
    "term",
]
