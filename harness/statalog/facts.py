"""What Stata prints around a table of coefficients: counts, fit, tests."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.result import PrintedCell

_N = r"([-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)"
_FIT = (
    ("n_obs", rf"Number of obs\s*=\s*{_N}"),
    ("n_groups", rf"Number of groups\s*=\s*{_N}"),
    ("n_instruments", rf"Number of instruments\s*=\s*{_N}"),
    ("t_min", rf"\bmin\s*=\s*{_N}"),
    ("t_avg", rf"\bavg\s*=\s*{_N}"),
    ("t_max", rf"\bmax\s*=\s*{_N}"),
    ("r_squared", rf"(?<!Adj )R-squared\s*=\s*{_N}"),
    ("adj_r_squared", rf"Adj R-squared\s*=\s*{_N}"),
    ("rmse", rf"Root MSE\s*=\s*{_N}"),
    ("r_squared_within", rf"\b[Ww]ithin\s*=\s*{_N}"),
    ("r_squared_between", rf"\b[Bb]etween\s*=\s*{_N}"),
    ("r_squared_overall", rf"\b[Oo]verall\s*=\s*{_N}"),
)
_SUMS = re.compile(rf"\s*(Model|Residual|Total)\s*\|\s*{_N}\s+{_N}\s+{_N}")
_SUM_MEASURES = {
    "Model": ("mss", "", "mss_mean"),
    "Residual": ("ssr", "df_resid", ""),
    "Total": ("tss", "", ""),
}
_BENEATH = re.compile(rf"\s*(sigma_u|sigma_e|rho)\s*\|\s*{_N}")
_SERIAL = re.compile(rf"Arellano-Bond test for AR\((\d+)\).*?z\s*=\s*{_N}\s+Pr > z\s*=\s*{_N}")
_SERIAL_ROW = re.compile(rf"\s*\|\s*(\d+)\s*\|\s*{_N}\s+{_N}\s*\|")
_SUBJECTS = (  # what the next chi2(...), F(...) and Prob > ... belong to
    ("f_effects", r"F test that all u_i\s*=\s*0|F test of absorbed indicators|\|\s+F\(.*categories"),
    ("sargan", r"Sargan test of over"),
    ("hansen_j", r"Hansen test of over"),
    ("hansen_excl_{group}", r"Hansen test excluding group"),
    ("diff_hansen_{group}", r"Difference \(null H"),
    ("wald", r"Wald chi2\("),
    ("f", r"\bF\(\s*\d+\s*,\s*\d+\s*\)"),
)
_GROUPS = (("gmm", r"\s*gmm(?:style)?\("), ("iv", r"\s*iv(?:style)?\("))
_CHI2 = re.compile(rf"chi2\(\s*(\d+)\s*\)\s*=\s*(?:{_N}|\.)")
_F = re.compile(rf"\bF\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*=\s*(?:{_N}|\.)")
_P = re.compile(rf"Prob > (?:chi2|F)\s*=\s*{_N}")

_STATISTICS = ((_CHI2, ("df", "statistic")), (_F, ("df", "df2", "statistic")), (_P, ("p_value",)))


class Line(NamedTuple):
    """A line of the log, 1-based."""

    number: int
    text: str


def facts(lines: Iterable[Line]) -> Iterator[PrintedCell]:
    """
    The cells that *lines* show, by the plain names of the glossary.

    The k-th group of instruments whose test is shown is called gmm#k or iv#k, xtabond2's "GMM instruments for
    levels" level_gmm.
    """
    reader = _Tests()
    for line in lines:
        yield from _fit(line)
        yield from _sums(line)
        yield from _serial(line)
        yield from reader.cells(line)


def _fit(line: Line) -> Iterator[PrintedCell]:
    for measure, pattern in _FIT:
        for found in re.finditer(pattern, line.text):
            yield _cell("fit", "model", measure, found[1], line)
    found_beneath = _BENEATH.match(line.text)
    if found_beneath:
        yield _cell("fit", "model", found_beneath[1], found_beneath[2], line)


def _sums(line: Line) -> Iterator[PrintedCell]:
    """The sums of squares that regress prints at the left."""
    found = _SUMS.match(line.text)
    for measure, text in zip(_SUM_MEASURES[found[1]], found.groups()[1:], strict=True) if found else ():
        if measure:
            yield _cell("fit", "model", measure, text, line)


def _serial(line: Line) -> Iterator[PrintedCell]:
    """xtabond2's lines, and the rows of estat abond."""
    found = _SERIAL.search(line.text) or _SERIAL_ROW.match(line.text)
    if found:
        yield _cell("tests", f"ar{found[1]}", "statistic", found[2], line)
        yield _cell("tests", f"ar{found[1]}", "p_value", found[3], line)


class _Tests:
    """Statistics stand beside or beneath the name of their test: the last name counts."""

    def __init__(self) -> None:
        self.subject = ""
        self.group = ""
        self.counts = {"gmm": 0, "iv": 0}

    def cells(self, line: Line) -> Iterator[PrintedCell]:
        self._group(line.text)
        named = next((name for name, words in _SUBJECTS if re.search(words, line.text)), None)
        self.subject = named.format(group=self.group) if named else self.subject
        if not self.subject:
            return
        for pattern, measures in _STATISTICS:
            for found in pattern.finditer(line.text):
                for measure, text in zip(measures, found.groups(), strict=True):
                    if text:
                        yield _cell("tests", self.subject, measure, text, line)

    def _group(self, text: str) -> None:
        if "GMM instruments for levels" in text:
            self.group = "level_gmm"
        for kind, pattern in _GROUPS:
            if re.match(pattern, text):
                self.counts[kind] += 1
                self.group = f"{kind}#{self.counts[kind]}"


def _cell(part: str, term: str, measure: str, text: str, line: Line) -> PrintedCell:
    return PrintedCell(part, term, measure, text, line.number)
