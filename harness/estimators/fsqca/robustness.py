"""How much of a solution withstands other choices of the analyst: by fit and by cases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.estimators.fsqca.data import Array, Sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import Sufficiency, ratio, sufficiency
from harness.estimators.fsqca.terms import Model

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class FitRobustness:
    """
    Fit-oriented robustness (Oana & Schneider 2021). minTS is the intersection of all test solutions, maxTS
    their union, the robust core the intersection of the initial solution IS with minTS.

    Attributes:
        coverage: coverage of the robust core / coverage of IS (RF_cov)
        inclusion: inclusion of IS / inclusion of the robust core (RF_cons)
        coincidence_min: Σ min(IS, minTS) / Σ max(IS, minTS) (RF_SC_minTS)
        coincidence_max: Σ min(IS, maxTS) / Σ max(IS, maxTS) (RF_SC_maxTS), over all test solutions
        core: fit of the robust core
    """

    coverage: float
    inclusion: float
    coincidence_min: float
    coincidence_max: float
    core: Sufficiency


@dataclass(frozen=True)
class CaseRobustness:
    """
    Case-oriented robustness (Oana & Schneider 2021). Typical cases are in the outcome, deviant ones are not.

    Attributes:
        robust_typical, robust_deviant: in IS and in minTS
        shaky_typical, shaky_deviant: in IS, not in minTS
        possible_typical, possible_deviant: not in IS, but in maxTS
        typical_ratio: robust / (robust + shaky + possible) typical cases (RCR_typ)
        deviant_ratio: the same of deviant cases (RCR_dev)
        rank: 1 no shaky and no possible cases, 2 possible ones only, 3 shaky ones only, 4 both (RCC_Rank)
    """

    robust_typical: tuple[str, ...]
    robust_deviant: tuple[str, ...]
    shaky_typical: tuple[str, ...]
    shaky_deviant: tuple[str, ...]
    possible_typical: tuple[str, ...]
    possible_deviant: tuple[str, ...]
    typical_ratio: float
    deviant_ratio: float
    rank: int


def robust_fit(data: Sets, initial: Model, tests: Sequence[Model | Array]) -> FitRobustness:
    """
    Fit of what the initial model shares with all test models.

    tests : models of the analyses with other cut-offs, over the conditions of *data*; of those with other
        anchors the (n,) membership in the model by their own sets. Their order does not matter
    Raises FsqcaError without test models.
    """
    start, least, most = _sets(data, initial, tests)
    core = sufficiency(np.minimum(start, least), data.membership)
    whole = sufficiency(start, data.membership)
    return FitRobustness(
        coverage=float(ratio(core.coverage, whole.coverage)),
        inclusion=float(ratio(whole.inclusion, core.inclusion)),
        coincidence_min=_coincidence(start, least),
        coincidence_max=_coincidence(start, most),
        core=core,
    )


def robust_cases(data: Sets, initial: Model, tests: Sequence[Model | Array]) -> CaseRobustness:
    """
    Which cases keep their place in the solution, which may lose it or gain one.

    tests : as in `robust_fit`; with a single test model it is that test's own rank
    A case at exactly 0.5 is in neither set.
    """
    start, least, most = _sets(data, initial, tests)
    kinds = (
        (start > 0.5) & (least > 0.5),
        (start > 0.5) & (least < 0.5),
        (start < 0.5) & (most > 0.5),
    )
    typical = [_names(data, kind & (data.membership > 0.5)) for kind in kinds]
    deviant = [_names(data, kind & (data.membership < 0.5)) for kind in kinds]
    shaky, possible = bool(kinds[1].any()), bool(kinds[2].any())
    return CaseRobustness(
        typical[0],
        deviant[0],
        typical[1],
        deviant[1],
        typical[2],
        deviant[2],
        float(ratio(len(typical[0]), sum(map(len, typical)))),
        float(ratio(len(deviant[0]), sum(map(len, deviant)))),
        1 + 2 * shaky + possible,
    )


def _sets(data: Sets, initial: Model, tests: Sequence[Model | Array]) -> tuple[Array, Array, Array]:
    if not tests:
        raise FsqcaError("robustness: there is no test solution; vary a cut-off or an anchor first.")
    X = np.array([test if isinstance(test, np.ndarray) else data.in_model(test) for test in tests])
    return data.in_model(initial), X.min(axis=0), X.max(axis=0)


def _coincidence(x: Array, y: Array) -> float:
    return float(ratio(np.minimum(x, y).sum(), np.maximum(x, y).sum()))


def _names(data: Sets, rows: Flags) -> tuple[str, ...]:
    return tuple(data.cases[i] for i in np.flatnonzero(rows))
