"""What a printed table seldom says of its model: the settings that a new spec leaves open."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """
    A setting of a model.

    Attributes:
        name: the key
        alternatives: what may have been meant; the first stands in the spec until somebody knows
        because: what is left out
        told: words of a table to the value that they settle
    """

    name: str
    alternatives: tuple[Any, ...]
    because: str
    told: tuple[tuple[str, Any], ...] = ()

    def settled(self, words: Iterable[str]) -> Any | None:
        """The value that the table's own words name, None where none does, or several do."""
        said = " ".join(words).lower()
        found = {value for pattern, value in self.told if re.search(pattern, said)}
        return found.pop() if len(found) == 1 else None


_ROBUST = (r"robust|heteroske?a?dasticity|huber|white|稳健", "robust")
_STD_ERROR = Setting(
    "std_error", ("conventional", "robust"), "Which variance the standard errors come from.", (_ROBUST,)
)
_SMALL_SAMPLE = Setting(
    "small_sample",
    ("none", "n-k", "groups", "stata"),
    "Whether the covariance carries a factor for few rows.",
)
_CONSTANT = Setting("constant", (None, True, False), "Whether there is a constant that is not printed.")
_DISTRIBUTION = Setting("distribution", (None, "normal"), "Whether p is taken from t or from the normal.")
_DUMMIES = Setting(
    "time_dummies",
    ([], "all"),
    "Whether there are dummies for the periods that are not printed.",
)

_OF_ONE_STEP = _STD_ERROR._replace(alternatives=("robust", "conventional"))

SETTINGS: Mapping[str, tuple[Setting, ...]] = {
    "linear": (_STD_ERROR, _SMALL_SAMPLE, _DISTRIBUTION, _CONSTANT),
    "panel": (
        Setting(
            "estimator",
            ("within", "random", "pooled", "first-difference", "between"),
            "How the entity effects are treated.",
            (
                (r"fixed[- ]effects|\bfe\b|within|固定效应", "within"),
                (r"random[- ]effects|\bre\b|随机效应", "random"),
                (r"pooled|混合", "pooled"),
            ),
        ),
        _STD_ERROR,
        _SMALL_SAMPLE,
        _DISTRIBUTION,
        _DUMMIES,
        _CONSTANT,
    ),
    "dynamic-panel": (
        Setting(
            "estimator",
            ("system", "difference"),
            "Whether equations in levels are added.",
            (
                (r"system|sys-?gmm|blundell|系统", "system"),
                (r"diff(?:erenced?)?[- ]?gmm|difference|arellano (?:and|&) bond \(1991|差分", "difference"),
            ),
        ),
        Setting(
            "steps",
            (2, 1),
            "One step or two.",
            ((r"two[- ]?step|2[- ]?step|两步|二步", 2), (r"one[- ]?step|1[- ]?step|一步", 1)),
        ),
        Setting(
            "std_error",
            ("windmeijer", "conventional"),
            "Whether two-step standard errors carry Windmeijer's correction.",
            ((r"windmeijer|corrected|robust|稳健", "windmeijer"),),
        ),
        Setting(
            "transformation",
            ("first-difference", "forward-orthogonal-deviations"),
            "What removes the entity effects.",
            ((r"orthogonal|helmert|正交", "forward-orthogonal-deviations"),),
        ),
        Setting("h", (3, 2, 1), "The first-step matrix; 3 is xtabond2's, 2 is xtdpdsys's."),
        Setting(
            "small_sample",
            ("none", "groups", "stata", "xtabond2-2009"),
            "Whether the covariance carries a factor for few rows.",
        ),
        Setting("distribution", (None, "t-groups"), "Whether p is taken from t or from the normal."),
        _DUMMIES,
        _CONSTANT,
    ),
    "descriptive": (),
}

_HINTS = (
    ("dynamic-panel", r"gmm|arellano|blundell|windmeijer"),
    ("panel", r"fixed[- ]effects|random[- ]effects|\bfe\b|within|panel|固定效应|随机效应"),
)
_TESTS_OF_GMM = re.compile(r"ar\d+|hansen_j|sargan|diff_hansen_.*|hansen_excl_.*")
_OF_PANELS = frozenset({"n_groups", "r_squared_within", "sigma_u", "rho", "t_avg", "t_min", "variance"})


def model(addresses: Iterable[tuple[str, str, str]], words: Iterable[str]) -> str:
    """The model that a table with cells at *addresses* and these words most likely shows."""
    found = list(addresses)
    if found and all(part == "descriptives" for part, _, _ in found):
        return "descriptive"
    measures = {measure for _, _, measure in found}
    if "n_instruments" in measures or any(_TESTS_OF_GMM.fullmatch(term) for _, term, _ in found):
        return "dynamic-panel"
    said = " ".join(words).lower()
    hinted = next((name for name, pattern in _HINTS if re.search(pattern, said)), None)
    return hinted or ("panel" if measures & _OF_PANELS else "linear")


def values(name: str, words: Iterable[str]) -> Iterator[tuple[Setting, Any, bool]]:
    """(setting, value, whether the table settles it) of the model *name*."""
    said = tuple(words)
    steps: Any = None
    for setting in SETTINGS[name]:
        chosen = _OF_ONE_STEP if setting.name == "std_error" and steps == 1 else setting
        settled = chosen.settled(said)
        value = chosen.alternatives[0] if settled is None else settled
        steps = value if setting.name == "steps" else steps
        yield chosen, value, settled is not None
