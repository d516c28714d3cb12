"""How a verdict looks and reads: its word, its mark, its group, its rank."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from harness.result import Verdict

Group = Literal["differs", "open", "explained", "agrees", "absent", "unfitted", "errored"]


class Look(NamedTuple):
    """
    What a reader sees of a verdict. The mark carries the meaning where there is no colour.

    Attributes:
        code: one letter, as it is kept in the page for filtering
        group: decides the colour
        mark: one sign
        words: a phrase
    """

    code: str
    group: Group
    mark: str
    words: str


# Worst first. `not_offered` stands last: where one engine agrees and another lacks the number, it agrees.
LOOKS: Mapping[Verdict, Look] = MappingProxyType(
    {
        "missing": Look("m", "differs", "∅", "missing"),
        "extra": Look("x", "differs", "+", "not in the print"),
        "sign_flip": Look("f", "differs", "±", "sign differs"),
        "significance_flip": Look("g", "differs", "*", "significance differs"),
        "stars_differ": Look("t", "differs", "*", "stars differ"),
        "outside_rounding": Look("r", "differs", "≠", "outside rounding"),
        "outside_tolerance": Look("o", "differs", "≠", "outside tolerance"),
        "stale": Look("s", "open", "!", "known difference no longer occurs"),
        "ambiguous_in_print": Look("b", "open", "?", "ambiguous in print"),
        "undecided": Look("u", "open", "?", "undecided"),
        "not_comparable": Look("n", "open", "∥", "not comparable"),
        "explained": Look("e", "explained", "≈", "explained"),
        "within_tolerance": Look("w", "agrees", "✓", "within tolerance"),
        "within_rounding": Look("a", "agrees", "✓", "within rounding"),
        "exact": Look("q", "agrees", "✓", "exact"),
        "not_offered": Look("z", "absent", "○", "not offered"),
    }
)
UNFITTED = Look("-", "unfitted", "–", "not compared")
SKIPPED = Look("k", "unfitted", "–", "skipped")
ERRORED = Look("!", "errored", "✕", "errored")
STATUS: Mapping[str, Look] = MappingProxyType({"skipped": SKIPPED, "errored": ERRORED})

GROUP_WORDS: Mapping[Group, str] = MappingProxyType(
    {
        "agrees": "agree",
        "explained": "explained",
        "differs": "differ",
        "open": "open",
        "absent": "not offered",
        "unfitted": "not compared",
    }
)
MARKS: Mapping[Group, str] = MappingProxyType(
    {"agrees": "✓", "explained": "≈", "differs": "≠", "open": "?", "absent": "○", "unfitted": "–"}
)
GROUPS: tuple[Group, ...] = tuple(GROUP_WORDS)

_RANK = {verdict: rank for rank, verdict in enumerate(LOOKS)}


def worst(verdicts: Iterable[Verdict]) -> Look:
    """The look of the worst verdict; UNFITTED where there is none."""
    ranked = sorted(verdicts, key=_RANK.__getitem__)
    return LOOKS[ranked[0]] if ranked else UNFITTED


def group(verdict: Verdict) -> Group:
    """The group of a verdict."""
    return LOOKS[verdict].group
