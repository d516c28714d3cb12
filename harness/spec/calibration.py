"""How a raw column becomes a set."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from harness.spec.fields import Fault, Listed, Strict, Text, is_number

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")


def _anchor(value: object) -> object:
    if is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, str) and _PERCENTILE.fullmatch(value):
        return value
    raise ValueError("write a number in the unit of the column, or a percentile of the sample, e.g. p95")


Anchor = Annotated[float | str, BeforeValidator(_anchor, json_schema_input_type=float | str)]

_KEYS = {  # method: what it must have, what it may have beside
    "direct": (("out", "crossover", "in"), ("logistic", "idm", "below", "above")),
    "ecdf": (("out", "crossover", "in"), ()),
    "bell": (("anchors",), ("below", "above")),
    "indirect": (("thresholds",), ()),
    "tfr": ((), ()),
    "crisp": (("thresholds",), ()),
    "none": ((), ()),
}


class Calibration(Strict):
    """How a column becomes a set."""

    column: Text | None = Field(default=None, description="The raw column. Default: the set's own name")
    method: Literal["direct", "ecdf", "bell", "indirect", "tfr", "crisp", "none"] = Field(
        description="direct (Ragin 2008), ecdf (along the distribution of the data), bell (six anchors), "
        "indirect, tfr (totally fuzzy and relative), crisp, or none (memberships already)"
    )
    out: Anchor | None = Field(
        default=None, description="direct, ecdf: full non-membership; a number, or a percentile such as p5"
    )
    crossover: Anchor | None = Field(default=None, description="direct, ecdf: membership 0.5")
    in_: Anchor | None = Field(
        default=None,
        alias="in",
        description="direct, ecdf: full membership; below `out` the set is decreasing",
    )
    logistic: bool = Field(default=True, description="direct: log odds, or straight lines between anchors")
    idm: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.95, description="direct, logistic: membership at `in`"
    )
    below: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="Not logistic: bend below the crossover, 1 is straight"
    )
    above: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="Not logistic: bend above the crossover, 1 is straight"
    )
    anchors: Listed[Anchor] = Field(
        default=(), description="bell: out, crossover, in on the left, in, crossover, out on the right"
    )
    thresholds: Listed[Anchor] = Field(
        default=(), description="crisp: one cut, reached from the cut on; indirect: cuts between groups"
    )

    @property
    def numbers(self) -> tuple[float | str, ...]:
        """The anchors in their order: out, crossover, in; the six of a bell; thresholds."""
        direct = (self.out, self.crossover, self.in_)
        found = {"direct": direct, "ecdf": direct, "bell": self.anchors}.get(self.method, self.thresholds)
        return tuple(anchor for anchor in found if anchor is not None)

    def faults(self) -> Iterator[Fault]:
        given = {name.rstrip("_") for name in self.model_fields_set if getattr(self, name) not in (None, ())}
        required, allowed = _KEYS[self.method]
        for key in required:
            if key not in given:
                yield Fault((), f"method: {self.method} needs '{key}'. Add {key}: ...")
        for key in sorted(given - {"column", "method", *required, *allowed}):
            yield Fault((key,), f"'{key}' has no meaning with method: {self.method}. Remove it")
        if not set(required) - given:
            yield from self._anchor_faults()
        if self.method == "direct" and self.logistic and given & {"below", "above"}:
            yield Fault((), "'below' and 'above' bend straight lines. Write logistic: false, or remove them")

    def _anchor_faults(self) -> Iterator[Fault]:
        count = {"bell": 6, "crisp": 1}.get(self.method)
        key = {"bell": "anchors", "direct": "crossover", "ecdf": "crossover"}.get(self.method, "thresholds")
        if count and len(self.numbers) != count:
            what = (
                "six: out, crossover, in, in, crossover, out"
                if count == 6
                else "one: conditions of more than two values are not minimised. Make a set of each cut"
            )
            yield Fault((key,), f"{len(self.numbers)} {key}; method: {self.method} takes {what}")
        elif all(isinstance(anchor, float) for anchor in self.numbers):
            fault = order_fault(self.method, [float(anchor) for anchor in self.numbers])
            if fault:
                yield Fault((key,), fault)


def order_fault(method: str, anchors: Sequence[float]) -> str:
    """What is wrong with the order of anchors, in their unit; "" where nothing is."""
    shown = ", ".join(f"{anchor:g}" for anchor in anchors)
    if method in ("direct", "ecdf") and not (_ascends(anchors) or _ascends(anchors[::-1])):
        return f"the anchors out, crossover, in are {shown}: the crossover lies strictly between the others"
    if method in ("crisp", "indirect") and not _ascends(anchors):
        return f"the thresholds are {shown}: write each once, the smallest first"
    return _bell_fault(anchors, shown) if method == "bell" else ""


def _ascends(anchors: Sequence[float]) -> bool:
    return all(first < second for first, second in pairwise(anchors))


def _bell_fault(anchors: Sequence[float], shown: str) -> str:
    e1, c1, i1, i2, c2, e2 = anchors
    if e1 < c1 < i1 <= i2 < c2 < e2 or i1 < c1 < e1 <= e2 < c2 < i2:
        return ""
    forms = "e1 < c1 < i1 <= i2 < c2 < e2, or i1 < c1 < e1 <= e2 < c2 < i2"
    return f"the anchors are {shown}: write them as {forms}"
