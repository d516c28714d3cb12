"""Dynamic-panel GMM a second time: slow, obvious, unit by unit, in the notation of Roodman (2009)."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.estimators.dpd import Gmm, Model

Array = NDArray[np.float64]
Panel = Mapping[int, Mapping[int, Mapping[str, float]]]  # unit, period, variable: value


class Unit(NamedTuple):
    """
    The rows of one unit: Z_i as {column: value} a row, X_i, y_i, H_i; period and equation of each row.

    After orthogonal deviations serial correlation is tested in first differences all the same:
    `.._differenced` are these rows, and `h_differenced` the covariance of their errors with those of the rows
    and among themselves.
    """

    z: list[dict[Hashable, float]]
    X: Array
    y: Array
    H: Array
    periods: list[int]
    is_level: list[bool]
    weight: Array
    t_differenced: list[int]
    x_differenced: Array
    y_differenced: Array
    w_differenced: Array
    h_differenced: tuple[Array, Array]


@dataclass
class Reference:
    """Everything that is compared with the fast estimator."""

    estimate: Array
    one_step: Array
    covariance: dict[str, Array]
    hansen: float
    sargan: dict[str, float]
    ar: dict[int, float]
    subsets: dict[str, tuple[float, float]]
    n_instruments: int
    n_level: int
    n_difference: int
    worst_condition: float


class Series:
    """One unit's variables over the periods first .. last; NaN where there is none."""

    def __init__(self, rows: Mapping[int, Mapping[str, float]], model: Model, first: int, last: int) -> None:
        self.rows, self.model, self.first, self.last = rows, model, first, last

    def value(self, name: str, t: int) -> float:
        return self.rows.get(t, {}).get(name, np.nan)

    def change(self, name: str, t: int) -> float:
        return self.value(name, t) - self.value(name, t - 1)

    def complete(self, t: int) -> bool:
        needed = [(self.model.outcome, 0), *self.model.regressors]
        return all(np.isfinite(self.value(name, t - lag)) for name, lag in needed)

    def has_iv(self, t: int, equation: str | None) -> bool:
        return all(
            np.isfinite(self.value(name, t - lag))
            for group in self.model.iv.values()
            if equation is None or self.model.equation(group) in ("both", equation)
            for name, lag in group.variables
        )

    def later(self, t: int) -> list[int]:
        return [s for s in range(t + 1, self.last + 1) if self.complete(s) and self.has_iv(s, None)]

    def is_used(self, t: int, is_level: bool) -> bool:
        if is_level:
            return self.complete(t) and self.has_iv(t, "level")
        if self.model.is_orthogonal:
            return self.complete(t - 1) and self.has_iv(t - 1, "difference") and bool(self.later(t - 1))
        return all(self.complete(s) and self.has_iv(s, "difference") for s in (t, t - 1))

    def transformed(self, level: Callable[[int], float], t: int) -> float:
        if not self.model.is_orthogonal:
            return level(t) - level(t - 1)
        later = self.later(t - 1)
        n = len(later)
        return float(np.sqrt(n / (n + 1)) * (level(t - 1) - sum(map(level, later)) / n))


def unit(rows: Mapping[int, Mapping[str, float]], model: Model, first: int, last: int) -> Unit:
    series = Series(rows, model, first, last)
    everything = [(t, False) for t in range(first + 1, last + 1)]
    everything += [(t, True) for t in range(first, last + 1)] if model.is_system else []
    used = [(t, is_level) for t, is_level in everything if series.is_used(t, is_level)]
    M = transformation(model, first, last)
    C = {}
    for t, is_level in everything:
        C[t, is_level] = error_weights(model, M, t, is_level, first, last)
    H = np.array([[C[a] @ C[b] for b in used] for a in used]).reshape(len(used), len(used))
    plain = Series(rows, replace(model, transformation="first-difference", iv={}), first, last)
    differenced = [t for t in range(first + 1, last + 1) if plain.is_used(t, False)]
    if not model.is_orthogonal:
        plain, differenced = series, [t for t, is_level in used if not is_level]
    D = transformation(plain.model, first, last)
    own = {t: error_weights(model, D, t, False, first, last) for t in differenced}
    return Unit(
        z=[z_row(series, t, lev) for t, lev in used],
        X=design(series, used),
        y=np.array([x_row(series, model.outcome, 0, t, lev) for t, lev in used]),
        H=H,
        periods=[t for t, _ in used],
        is_level=[lev for _, lev in used],
        weight=np.array([rows[observed(model, t, lev)].get("weight", 1.0) for t, lev in used]),
        t_differenced=differenced,
        x_differenced=design(plain, [(t, False) for t in differenced]),
        y_differenced=np.array([x_row(plain, model.outcome, 0, t, False) for t in differenced]),
        w_differenced=np.array([rows[t].get("weight", 1.0) for t in differenced]),
        h_differenced=(
            np.array([[0.0 if a[1] else C[a] @ own[t] for t in differenced] for a in used]).reshape(
                len(used), len(differenced)
            ),
            np.array([[own[s] @ own[t] for t in differenced] for s in differenced]).reshape(
                len(differenced), len(differenced)
            ),
        ),
    )


def design(series: Series, used: list[tuple[int, bool]]) -> Array:
    """X of the rows *used*."""
    columns = regressors(series.model)
    X = [[x_row(series, name, lag, t, lev) for name, lag in columns] for t, lev in used]
    return np.array(X).reshape(len(used), len(columns))


def observed(model: Model, t: int, is_level: bool) -> int:
    """The period whose weight a row has: a deviation kept at t is that of t-1."""
    return t - 1 if model.is_orthogonal and not is_level else t


def regressors(model: Model) -> list[tuple[str | None, int]]:
    return [*model.regressors, *([(None, 0)] if model.has_constant else [])]


def x_row(series: Series, name: str | None, lag: int, t: int, is_level: bool) -> float:
    if name is None:
        return float(is_level)
    if is_level:
        return series.value(name, t - lag)
    return series.transformed(lambda s: series.value(name, s - lag), t)


def transformation(model: Model, first: int, last: int) -> Array:
    """The complete series' transformation, row of period t at t - first - 1."""
    periods = last - first + 1
    M = np.zeros((periods - 1, periods))
    for row in range(periods - 1):
        if model.is_orthogonal:
            n = periods - 1 - row
            M[row, row] = np.sqrt(n / (n + 1))
            M[row, row + 1 :] = -np.sqrt(n / (n + 1)) / n
        else:
            M[row, row : row + 2] = -1.0, 1.0
    return M


def error_weights(model: Model, M: Array, t: int, is_level: bool, first: int, last: int) -> Array:
    """How a row's error is made of white noise: H is the product of two rows' weights."""
    periods = last - first + 1
    own = np.zeros(4 * periods)  # errors in levels, a second set of them, and each row's own
    if model.h == 1:
        own[(3 if is_level else 2) * periods + t - first] = 1.0
    elif is_level:
        own[(0 if model.h == 3 else periods) + t - first] = 1.0
    else:
        own[:periods] = M[t - first - 1]
    return own


def z_row(series: Series, t: int, is_level: bool) -> dict[Hashable, float]:
    found: dict[Hashable, float] = {}
    model = series.model
    if model.has_constant:
        found["constant", "", ""] = float(is_level)
    for name, iv in model.iv.items():
        for variable, lag in iv.variables:
            inside = model.equation(iv) in ("both", "level" if is_level else "difference")
            found["iv", name, variable, lag] = x_row(series, variable, lag, t, is_level) if inside else 0.0
    for name, gmm in model.gmm.items():
        inside = model.equation(gmm) in ("both", "level" if is_level else "difference")
        for variable in gmm.variables if inside else ():
            found |= gmm_row(series, name, gmm, variable, t, is_level)
    return found


def gmm_row(
    series: Series, name: str, gmm: Gmm, variable: str, t: int, is_level: bool
) -> dict[Hashable, float]:
    first, last = gmm.lags
    deepest = series.last - series.first if last is None else last
    lags = list(range(first, deepest + 1))
    if is_level:
        both = series.model.equation(gmm) == "both"
        lags = [first - 1] if both else [lag - 1 for lag in lags]
    found: dict[Hashable, float] = {}
    for lag in lags:
        value = series.change(variable, t - lag) if is_level else series.value(variable, t - lag)
        key = ("level" if is_level else "gmm", name, variable, lag, 0 if gmm.collapse else t)
        found[key] = value if np.isfinite(value) else 0.0
    return found


def reference(model: Model, panel: Panel, clusters: Mapping[int, int] | None = None) -> Reference:
    """clusters : unit to cluster."""
    first = min(t for rows in panel.values() for t in rows)
    last = max(t for rows in panel.values() for t in rows)
    units = [unit(rows, model, first, last) for rows in panel.values()]
    keys = sorted({key for u in units for row in u.z for key in row}, key=str)
    Z = [np.array([[row.get(key, 0.0) for key in keys] for row in u.z]).reshape(-1, len(keys)) for u in units]
    scaled_weights(model, units)
    A = sum_of(z.T @ (np.sqrt(np.outer(u.weight, u.weight)) * u.H) @ z for z, u in zip(Z, units, strict=True))
    alive = np.diag(A) > 0
    scale = np.sqrt(np.diag(A)[alive])
    Z = [z[:, alive] / scale for z in Z]
    keys = [key for key, is_alive in zip(keys, alive, strict=True) if is_alive]
    A = A[np.ix_(alive, alive)] / np.outer(scale, scale)
    metric = scale / np.array([spread(panel, key[2]) for key in keys])  # type: ignore[index]
    return Estimation(
        model, units, Z, keys, A, clusters or {i: i for i in range(len(units))}, metric
    ).result()


def spread(panel: Panel, variable: str) -> float:
    """Standard deviation of all values; 1 of the constant."""
    found = [row[variable] for rows in panel.values() for row in rows.values() if variable]
    return float(np.nanstd(found)) if found else 1.0


def scaled_weights(model: Model, units: list[Unit]) -> None:
    counted = [
        w for u in units for w, lev in zip(u.weight, u.is_level, strict=True) if lev == model.is_system
    ]
    for u in units:
        u.weight[:] = u.weight * (len(counted) / sum(counted))
        u.w_differenced[:] = u.w_differenced * (len(counted) / sum(counted))


def sum_of(matrices: object) -> Array:
    return np.sum(list(matrices), axis=0)  # type: ignore[call-overload, no-any-return]


def g_inverse(matrix: Array, metric: Array | float = 1.0) -> Array:
    """Moore-Penrose in units of *metric*."""
    D = np.diag(metric * np.ones(len(matrix)))
    return D @ np.linalg.pinv(D @ matrix @ D, rcond=1e-11, hermitian=True) @ D


class Estimation:
    """Sums over units, written out."""

    def __init__(
        self,
        model: Model,
        units: list[Unit],
        Z: list[Array],
        keys: list[Hashable],
        A: Array,
        clusters: Mapping[int, int],
        metric: Array,
    ) -> None:
        self.metric = metric
        self.model, self.units, self.Z, self.keys, self.A, self.clusters = model, units, Z, keys, A, clusters
        self.ZX = sum_of(z.T @ (u.weight[:, None] * u.X) for z, u in zip(Z, units, strict=True))
        self.Zy = sum_of(z.T @ (u.weight * u.y) for z, u in zip(Z, units, strict=True))
        self.rank = int(np.linalg.matrix_rank(A, hermitian=True, tol=1e-11 * len(A)))
        self.k = self.ZX.shape[1]

    def solve(self, W: Array) -> Array:
        return np.linalg.solve(self.ZX.T @ W @ self.ZX, self.ZX.T @ W @ self.Zy)

    def residuals(self, b: Array) -> list[Array]:
        """Times the weight."""
        return [u.weight * (u.y - u.X @ b) for u in self.units]

    def grouped(self, vectors: list[Array]) -> list[Array]:
        found: dict[int, Array] = {}
        for i, vector in enumerate(vectors):
            found[self.clusters[i]] = found.get(self.clusters[i], 0.0) + vector  # type: ignore[operator]
        return list(found.values())

    def scores(self, b: Array) -> list[Array]:
        return [z.T @ e for z, e in zip(self.Z, self.residuals(b), strict=True)]

    def outer(self, b: Array) -> Array:
        return sum_of(np.outer(g, g) for g in self.grouped(self.scores(b)))

    def criterion(self, b: Array, W: Array) -> float:
        g = self.Zy - self.ZX @ b
        return float(g @ W @ g)

    def windmeijer(self, b1: Array, b2: Array, W: Array, V1: Array) -> Array:
        """Windmeijer (2005), one derivative at a time."""
        V = np.linalg.inv(self.ZX.T @ W @ self.ZX)
        D = np.zeros((self.k, self.k))
        gs = self.grouped(self.scores(b1))
        for column in range(self.k):
            xs = self.grouped(
                [z.T @ (u.weight * u.X[:, column]) for z, u in zip(self.Z, self.units, strict=True)]
            )
            dS = -sum_of(np.outer(x, g) + np.outer(g, x) for x, g in zip(xs, gs, strict=True))
            D[:, column] = -V @ self.ZX.T @ W @ dS @ W @ (self.Zy - self.ZX @ b2)
        return V + D @ V + V @ D.T + D @ V1 @ D.T

    def result(self) -> Reference:
        model = self.model
        W1 = g_inverse(self.A, self.metric)
        b1 = self.solve(W1)
        bread = np.linalg.inv(self.ZX.T @ W1 @ self.ZX)
        robust = bread @ self.ZX.T @ W1 @ self.outer(b1) @ W1 @ self.ZX @ bread
        W2 = g_inverse(self.outer(b1), self.metric)
        b2 = self.solve(W2)
        sigma2 = self.sigma2(b1)
        variance = sigma2["xtabond2" if model.sigma2 == "n" else "xtabond"]
        covariance = {
            "one-step conventional": variance * bread,
            "one-step robust": robust,
            "two-step conventional": np.linalg.inv(self.ZX.T @ W2 @ self.ZX),
            "two-step windmeijer": self.windmeijer(b1, b2, W2, robust),
        }
        b, W = (b1, W1) if model.steps == 1 else (b2, W2)
        kind = f"{'one' if model.steps == 1 else 'two'}-step {model.std_error}"
        V = covariance[kind]
        hansen = self.criterion(b2, W2)
        singular = np.linalg.eigvalsh(self.outer(b1))
        return Reference(
            estimate=b,
            one_step=b1,
            covariance={**covariance, "asked": V},
            hansen=hansen,
            sargan={name: self.criterion(b1, W1) / value for name, value in sigma2.items()},
            ar={m: self.serial_correlation(m, b, W, V, variance) for m in (1, 2)},
            subsets=self.subsets(hansen, self.outer(b1)),
            n_instruments=self.rank,
            n_level=sum(sum(u.is_level) for u in self.units),
            n_difference=sum(len(u.y) - sum(u.is_level) for u in self.units),
            worst_condition=float(singular[-1] / singular[0]) if singular[0] > 0 else np.inf,
        )

    def sigma2(self, b: Array) -> dict[str, float]:
        wanted = self.model.h == 1 and self.model.is_system
        squares = [
            e * e / w
            for u, es in zip(self.units, self.residuals(b), strict=True)
            for e, w, lev in zip(es, u.weight, u.is_level, strict=True)
            if lev == wanted
        ]
        half = 1.0 if self.model.is_orthogonal or self.model.h == 1 else 2.0
        n_obs = sum(lev == self.model.is_system for u in self.units for lev in u.is_level)
        total = sum(squares) / half
        return {
            "xtabond2": total / len(squares),
            "xtabond2-before-2.8.3": total / n_obs,
            "xtabond": total / (len(squares) - self.k),
        }

    def serial_correlation(self, m: int, b: Array, W: Array, V: Array, variance: float) -> float:
        """Arellano and Bond (1991), in first differences whatever the transformation."""
        bread = np.linalg.inv(self.ZX.T @ W @ self.ZX)
        covered, spread = 0.0, 0.0
        wX, cross = np.zeros(self.k), np.zeros(len(self.Zy))
        homoskedastic = self.model.steps == 1 and self.model.std_error == "conventional"
        for z, u, e in zip(self.Z, self.units, self.residuals(b), strict=True):
            plain = dict(zip(u.t_differenced, u.y_differenced - u.x_differenced @ b, strict=True))
            w = np.array([plain.get(t - m, 0.0) for t in u.t_differenced])
            product = float(w @ (u.w_differenced * np.array(list(plain.values()))))
            covered += product
            wX += w @ (u.w_differenced[:, None] * u.x_differenced)
            if homoskedastic:
                spread += variance * float(w @ u.h_differenced[1] @ (u.w_differenced * w))
                cross += variance * z.T @ u.h_differenced[0] @ (u.w_differenced * w)
            else:
                spread += product**2
                cross += (z.T @ e) * product
        total = spread - 2 * wX @ bread @ self.ZX.T @ W @ cross + wX @ V @ wX
        return covered / float(np.sqrt(total)) if total > 0 else np.nan

    def subsets(self, hansen: float, S: Array) -> dict[str, tuple[float, float]]:
        groups: dict[str, list[bool]] = {
            name: [key[1] != name for key in self.keys]  # type: ignore[index]
            for name in (*self.model.gmm, *self.model.iv)
        }
        groups["level_gmm"] = [key[0] != "level" for key in self.keys]  # type: ignore[index]
        found = {}
        for name, rest in groups.items():
            if all(rest) or sum(rest) < self.k:
                continue
            ZX, Zy, W = self.ZX[rest], self.Zy[rest], g_inverse(S[np.ix_(rest, rest)], self.metric[rest])
            if np.linalg.matrix_rank(ZX.T @ W @ ZX, hermitian=True) < self.k:
                continue
            g = Zy - ZX @ np.linalg.solve(ZX.T @ W @ ZX, ZX.T @ W @ Zy)
            found[name] = (float(g @ W @ g), hansen - float(g @ W @ g))
        return found
