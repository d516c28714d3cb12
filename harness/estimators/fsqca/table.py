"""The truth table: which configurations the cases show, and which of them are subsets of the outcome."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.estimators.fsqca.data import Array, Sets
from harness.estimators.fsqca.errors import FsqcaError
from harness.estimators.fsqca.fit import ratio
from harness.estimators.fsqca.rules import R, Rules
from harness.estimators.fsqca.terms import Term, bit

Codes = NDArray[np.int64]
Outputs = NDArray[np.str_]
POSITIVE, NEGATIVE, CONTRADICTION, UNDER_N_CUT = "1", "0", "C", "?"
_CELLS_AT_ONCE = 1 << 15  # memberships in a block of the truth table, which fits the cache


@dataclass(frozen=True)
class TruthTable:
    """
    One row for every configuration that at least one case shows, by code.

    Attributes:
        data: the cases
        codes: (r,) ascending; 1 + code is the row number in R's QCA
        n_cases: (r,) cases with a membership above 0.5
        inclusion, pri: (r,) of the row as a sufficient set; NaN for what no case belongs to at all
        output: (r,) `1` positive, `0` negative, `C` contradiction, `?` fewer cases than n_cut
        incl_cut: (one, zero): at or above *one* positive, below *zero* negative, a contradiction in between
        pri_cut: a positive row below it becomes negative
        n_cut: rows with fewer cases are remainders
        excluded: codes set to `0` by hand, remainders among them
        row_of_case: (n,) code; -1 for a case that is 0.5 in a condition and so belongs to no row
        rules: conventions
    """

    data: Sets
    codes: Codes
    n_cases: Codes
    inclusion: Array
    pri: Array
    output: Outputs
    incl_cut: tuple[float, float]
    pri_cut: float
    n_cut: int
    excluded: tuple[int, ...]
    row_of_case: Codes
    rules: Rules

    @property
    def positive(self) -> Codes:
        """Codes of the rows to be explained."""
        codes: Codes = self.codes[self.output == POSITIVE]
        return codes

    @property
    def negative(self) -> Codes:
        """Codes that no term may cover: negative rows, contradictions, and what was excluded."""
        seen = self.codes[(self.output == NEGATIVE) | (self.output == CONTRADICTION)]
        return np.union1d(seen, np.array(self.excluded, dtype=np.int64))

    @property
    def n_remainders(self) -> int:
        """Configurations without (enough) cases and not excluded."""
        return int(2**self.data.k - len(self.positive) - len(self.negative))

    def cases(self, code: int) -> tuple[str, ...]:
        """Names of the cases that belong to the row."""
        return tuple(self.data.cases[i] for i in np.flatnonzero(self.row_of_case == code))

    def deviant(self, code: int) -> tuple[str, ...]:
        """Cases of the row whose membership in the outcome is below 0.5: deviant in consistency."""
        member = (self.row_of_case == code) & (self.data.membership < 0.5)
        return tuple(self.data.cases[i] for i in np.flatnonzero(member))

    @property
    def undecided(self) -> tuple[str, ...]:
        """Cases that are exactly 0.5 in a condition: in no row, yet in every sum."""
        return tuple(self.data.cases[i] for i in np.flatnonzero(self.row_of_case < 0))


def truth_table(
    data: Sets,
    incl_cut: float | tuple[float, float] = 0.8,
    pri_cut: float = 0.0,
    n_cut: int = 1,
    exclude: Iterable[int] = (),
    rules: Rules = R,
) -> TruthTable:
    """
    The truth table of fuzzy or crisp data (Ragin 2008, ch. 7).

    A case belongs to the one configuration in which its membership is above 0.5. A row's inclusion and PRI
    are those of the configuration as a sufficient set, over all cases.

    incl_cut : one number, or (one, zero) with zero <= one; rows in between are contradictions
    pri_cut : least PRI of a positive row
    n_cut : least number of cases of a row; with fewer it is a remainder
    exclude : codes set to `0`: the enhanced standard analysis (Schneider & Wagemann 2012, ch. 8)
    Raises FsqcaError for cut-offs outside their range or that leave no row.
    """
    row_of_case = _rows(data)
    codes, n_cases = np.unique(row_of_case[row_of_case >= 0], return_counts=True)
    inclusion, pri = _row_fits(data, codes)
    uncut = TruthTable(
        data=data,
        codes=codes,
        n_cases=n_cases,
        inclusion=inclusion,
        pri=pri,
        output=np.full(len(codes), UNDER_N_CUT),
        incl_cut=(1.0, 1.0),
        pri_cut=0.0,
        n_cut=1,
        excluded=(),
        row_of_case=row_of_case,
        rules=rules,
    )
    return cut_anew(uncut, incl_cut, pri_cut, n_cut, exclude)


def cut_anew(
    table: TruthTable,
    incl_cut: float | tuple[float, float] | None = None,
    pri_cut: float | None = None,
    n_cut: int | None = None,
    exclude: Iterable[int] | None = None,
) -> TruthTable:
    """
    The same rows under other cut-offs, those omitted unchanged; arguments and errors as of
    `truth_table`.
    """
    one, zero = _pair(table.incl_cut if incl_cut is None else incl_cut)
    pri_cut = table.pri_cut if pri_cut is None else pri_cut
    n_cut = table.n_cut if n_cut is None else n_cut
    excluded = table.excluded if exclude is None else _excluded(exclude, table.data.k)
    _check_cuts(one, zero, pri_cut, n_cut)
    most = int(table.n_cases.max(initial=0))
    if most < n_cut:
        raise FsqcaError(f"n_cut: no configuration has {n_cut} cases; the fullest has {most}. Lower n_cut.")
    output = _outputs(table.inclusion, table.pri, (one, zero), pri_cut, table.rules)
    output[table.n_cases < n_cut] = UNDER_N_CUT
    output[np.isin(table.codes, excluded)] = NEGATIVE
    return replace(
        table,
        output=output,
        incl_cut=(one, zero),
        pri_cut=float(pri_cut),
        n_cut=int(n_cut),
        excluded=excluded,
    )


def _pair(incl_cut: float | tuple[float, float]) -> tuple[float, float]:
    one, zero = incl_cut if isinstance(incl_cut, tuple) else (incl_cut, incl_cut)
    return float(one), float(zero)


def _check_cuts(one: float, zero: float, pri_cut: float, n_cut: int) -> None:
    if not (0 < one <= 1 and 0 <= zero <= one):
        raise FsqcaError(f"incl_cut is ({one:g}, {zero:g}); write 0 <= zero <= one <= 1, with one above 0.")
    if not 0 <= pri_cut <= 1:
        raise FsqcaError(f"pri_cut is {pri_cut:g}; it must lie in 0..1.")
    if n_cut < 1 or n_cut != int(n_cut):
        raise FsqcaError(f"n_cut is {n_cut:g}; it is a number of cases: 1, 2, ...")


def _rows(data: Sets) -> Codes:
    weights = np.array([bit(j, data.k) for j in range(data.k)], dtype=np.int64)
    codes = weights @ (data.memberships > 0.5).astype(np.int64)
    return np.where((data.memberships == 0.5).any(axis=0), -1, codes)


def _excluded(exclude: Iterable[int], k: int) -> tuple[int, ...]:
    codes = tuple(sorted({int(code) for code in exclude}))
    if codes and not 0 <= codes[0] <= codes[-1] < 2**k:
        wrong = codes[0] if codes[0] < 0 else codes[-1]
        raise FsqcaError(
            f"exclude: there is no configuration with code {wrong}; codes go from 0 to {2**k - 1}."
        )
    return codes


def _row_fits(data: Sets, codes: Codes) -> tuple[Array, Array]:
    """Inclusion and PRI of every row, a block of cases at a time so that the block stays in the cache."""
    y = data.membership
    total = np.zeros((3, len(codes)))
    steps = _steps(codes, data.k)
    block = max(16, _CELLS_AT_ONCE // max(1, len(codes)))
    for start in range(0, data.n, block):
        part = slice(start, start + block)
        both = _grown(data.memberships[:, part], steps)
        total[1] += both.sum(axis=1)
        np.minimum(both, y[part], out=both)
        total[0] += both.sum(axis=1)
        np.minimum(both, 1 - y[part], out=both)
        total[2] += both.sum(axis=1)
    both_sum, x_sum, both_not = total
    return ratio(both_sum, x_sum), ratio(both_sum - both_not, x_sum - both_not)


def _steps(codes: Codes, k: int) -> list[tuple[Codes, Codes]]:
    """
    How rows grow, condition by condition: for each prefix of the codes the number of the one that it extends,
    and whether it adds the condition (1) or its negation (0). Each shared prefix is computed once.
    """
    steps = []
    prefixes = np.zeros(1, dtype=np.int64)
    for j in range(k):
        longer = np.unique(codes >> (k - 1 - j))
        steps.append((np.searchsorted(prefixes, longer >> 1), longer & 1))
        prefixes = longer
    return steps


def _grown(X: Array, steps: list[tuple[Codes, Codes]]) -> Array:
    """(r, n) membership of every case in every row; X : (k, n)."""
    result = np.ones((1, X.shape[1]))
    for row, (parents, positive) in zip(X, steps, strict=True):
        result = np.minimum(result[parents], np.stack((1 - row, row))[positive])
    return result


def _outputs(
    inclusion: Array, pri: Array, incl_cut: tuple[float, float], pri_cut: float, rules: Rules
) -> Outputs:
    one, zero = incl_cut
    high = reaches(inclusion, one, rules)
    positive = high & reaches(pri, pri_cut, rules)
    between = ~high & reaches(inclusion, zero, rules)
    return np.where(positive, POSITIVE, np.where(between, CONTRADICTION, NEGATIVE))


def reaches(value: Array, cut: float, rules: Rules) -> NDArray[np.bool_]:
    """Whether a value counts as at or above a cut-off; NaN reaches nothing."""
    if cut <= 0:
        return np.ones(np.shape(value), dtype=np.bool_)
    return np.asarray(value + rules.tolerance > cut if rules.tolerance else value >= cut)


def configuration(code: int, k: int) -> Term:
    """The row with this code as a term over all *k* conditions."""
    return Term(2**k - 1, code)
