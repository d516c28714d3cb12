"""Picks of one option from each of several lists that add up to given numbers, counted without being made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Option:
    """
    One of the options of a list.

    Attributes:
        adds: what it adds to each of the numbers
        changes: how far it is from the first option of its list, which is 0
    """

    adds: Numbers
    changes: int


@dataclass(frozen=True)
class Picks:
    """
    All picks of one option from each list.

    The number of picks grows with the product of the lists, the work with the sum of their lengths times the
    number of different partial sums: options that add the same are one, and what cannot reach *wanted* any
    more is left.

    Attributes:
        lists: the options of each list
        wanted: what the picks are to add up to
    """

    lists: Sequence[Sequence[Option]]
    wanted: Numbers
    _known: dict[tuple[int, Numbers], Counter[int]] = field(default_factory=dict, repr=False)

    @property
    def fitting(self) -> int:
        """How many of them add up to *wanted*."""
        return sum(self._ways(0, self.wanted).values())

    def by_changes(self) -> Iterator[tuple[int, Numbers]]:
        """(changes, position of the option in each list) of every pick that fits, fewest changes first."""
        for changes in sorted(self._ways(0, self.wanted)):
            for pick in self._made(0, self.wanted, changes):
                yield changes, pick

    def possible(self) -> list[set[int]]:
        """Of each list the options that stand in a pick that fits."""
        found: list[set[int]] = [set() for _ in self.lists]
        rests = {self.wanted} if self.fitting else set()
        for place, options in enumerate(self.lists):
            after: set[Numbers] = set()
            for at, option in enumerate(options):
                left = {_less(rest, option.adds) for rest in rests}
                alive = {rest for rest in left if self._ways(place + 1, rest)}
                found[place] |= {at} if alive else set()
                after |= alive
            rests = after
        return found

    def _ways(self, place: int, rest: Numbers) -> Mapping[int, int]:
        """Changes to the number of picks from the lists from *place* on that add up to *rest*."""
        if place == len(self.lists):
            return {} if any(rest) else {0: 1}
        if not self._within(place, rest):
            return {}
        known = self._known.get((place, rest))
        if known is None:
            known = Counter[int]()
            for option, alike in self._alike[place].items():
                for changes, ways in self._ways(place + 1, _less(rest, option.adds)).items():
                    known[option.changes + changes] += alike * ways
            self._known[place, rest] = known
        return known

    def _made(self, place: int, rest: Numbers, changes: int) -> Iterator[Numbers]:
        if place == len(self.lists):
            yield ()
            return
        for at, option in enumerate(self.lists[place]):
            left, fewer = _less(rest, option.adds), changes - option.changes
            if fewer in self._ways(place + 1, left):
                for others in self._made(place + 1, left, fewer):
                    yield (at, *others)

    @cached_property
    def _alike(self) -> list[Counter[Option]]:
        return [Counter(options) for options in self.lists]

    def _within(self, place: int, rest: Numbers) -> bool:
        return all(low <= number <= high for number, (low, high) in zip(rest, self._ends[place], strict=True))

    @cached_property
    def _ends(self) -> list[list[tuple[int, int]]]:
        """From each place on, the least and the most that can still be added to each number."""
        found = [[(0, 0)] * len(self.wanted)]
        for options in reversed(self.lists):
            adds = [[option.adds[at] for option in options] for at in range(len(self.wanted))]
            after = zip(found[0], adds, strict=True)
            found.insert(0, [(low + min(a, default=0), high + max(a, default=0)) for (low, high), a in after])
        return found


def _less(numbers: Numbers, others: Numbers) -> Numbers:
    return tuple(a - b for a, b in zip(numbers, others, strict=True))
