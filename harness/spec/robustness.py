"""What a table of configurations is held up against: other choices of the analyst."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from harness.spec.fields import Count, Cuts, Distinct, Fault, Listed, Share, Strict, Text

Setting = Literal["incl_cut", "pri_cut", "n_cut", "anchors"]


class Variation(Strict):
    """One test solution: what is left out stays as it is in the column."""

    incl_cut: Cuts | None = Field(default=None, description="In place of the column's")
    pri_cut: Share | None = Field(default=None, description="In place of the column's")
    n_cut: Count | None = Field(default=None, description="In place of the column's")
    anchors: dict[Text, Listed[float]] = Field(
        default={},
        description="SET: its anchors as numbers, as many as it has and in their order: [out, crossover, in]",
    )

    def faults(self) -> Iterator[Fault]:
        if not self.cuts and not self.anchors:
            yield Fault((), "the test changes nothing. Write for instance incl_cut: 0.85")

    @property
    def cuts(self) -> dict[str, object]:
        """The cut-offs that it changes."""
        named = {name: getattr(self, name) for name in ("incl_cut", "pri_cut", "n_cut")}
        return {name: value for name, value in named.items() if value is not None}


class Robustness(Strict):
    """Test solutions (Oana and Schneider 2021) and sensitivity ranges."""

    tests: dict[Text, Variation] = Field(
        default={}, description="name: what is changed; robustness by fit and by cases is over all of them"
    )
    ranges: Distinct[Setting] = Field(
        default=(),
        description="Settings whose exact range without effect on the solution is sought: incl_cut, pri_cut, "
        "n_cut, anchors (every one of every set)",
    )

    def faults(self) -> Iterator[Fault]:
        if not self.tests and not self.ranges:
            yield Fault((), "robustness asks for nothing. Write tests: or ranges:, or remove it")
