"""The audit's findings as a reader meets them: what is impossible first, then counts, then all the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from harness.report.verdicts import Group
from harness.result import Finding, Outcome, Possibility

# What each check holds against what, for the list of counts.
CHECK_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "stars": "stars against coefficient and standard error",
        "statistic": "statistic against coefficient and standard error",
        "p_value": "p against statistic and degrees of freedom",
        "interval": "interval against coefficient and standard error",
        "joint_test": "joint test against the squared z of each term in it",
        "instruments": "instruments against coefficients",
        "restrictions": "degrees of freedom against instruments and coefficients",
        "parts_of_hansen": "parts of a Hansen test against the whole",
        "rows": "observations against groups and periods",
        "sums_of_squares": "sums of squares, R squared and rmse",
        "components": "variance components",
        "order": "order of minimum, percentiles and maximum",
        "mean": "mean against extremes",
        "sd": "standard deviation against mean, extremes and n",
        "variance": "variance against standard deviation",
        "grim": "mean of whole numbers against n",
        "grimmer": "standard deviation of whole numbers against mean and n",
        "debit": "standard deviation of zeros and ones against mean and n",
        "identity": "identities between numbers",
        "samples": "sub-samples against the panel",
        "opposites": "configurations of an outcome against those of its absence",
        "claim_sign": "signs in the text against the table",
        "claim_value": "numbers in the text against the table",
        "claim_p": "significance in the text against the table",
    }
)
LOOKS: Mapping[Possibility, tuple[Group, str]] = MappingProxyType(
    {"impossible": ("differs", "≠"), "undecided": ("open", "?"), "possible": ("agrees", "✓")}
)
_MOST = 200  # possible ones that a page lists; all of them stand in results.json


@dataclass(frozen=True)
class Tally:
    """How often one check came to each verdict."""

    words: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class AuditView:
    """
    The section of a page.

    Attributes:
        remarkable: impossible, undecided, then possible and notable
        rest: possible, at most as many as a page bears; `left_off` are not listed
    """

    remarkable: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    counts: Mapping[str, int]
    rest: tuple[Finding, ...]
    left_off: int


def view(outcome: Outcome) -> AuditView:
    """Everything that the audit of one table says."""
    found = outcome.findings
    rest = [one for one in found if one.verdict == "possible" and not one.notable]
    names = dict.fromkeys(one.check for one in found)
    tallies = (
        Tally(CHECK_WORDS[name], Counter(o.verdict for o in found if o.check == name)) for name in names
    )
    return AuditView(
        tuple(remarkable(found)),
        tuple(tallies),
        Counter(one.verdict for one in found),
        tuple(rest[:_MOST]),
        max(len(rest) - _MOST, 0),
    )


def remarkable(found: Sequence[Finding]) -> list[Finding]:
    """The impossible ones, then the undecided, then those that are possible and notable."""
    order = tuple(LOOKS)
    chosen = [one for one in found if one.verdict != "possible" or one.notable]
    return sorted(chosen, key=lambda one: order.index(one.verdict))


def word(one: Finding) -> str:
    """The verdict in a word."""
    return "notable" if one.notable and one.verdict == "possible" else one.verdict


def at_real_digits(one: Finding) -> str:
    """What is to be said of padding, "" where it changes nothing."""
    if one.at_real_digits in (None, one.verdict):
        return ""
    return f"If the trailing zeros are padding: {one.at_real_digits}. {one.real_sentence}"
