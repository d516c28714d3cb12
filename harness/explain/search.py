"""The search: every single change first, then combinations, best first, until the budget ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from harness.explain.judging import Goal, Judged, is_firm, judge
from harness.explain.predicting import Change, depth, predictions
from harness.explain.space import AS_IN_SPEC, Moves, Setting, Space
from harness.result import Result

Fits = Callable[[Sequence[Setting]], Sequence[Result]]
AT_A_TIME = 16  # fits between two looks at what they gave, whoever makes them: the order is the same anywhere
MOST_EXCLUDED = 20_000  # settings that counts exclude before the search gives up,
MORE_EXCLUDED = 2_000  # and how many more once something fits
DEEP, NEAR = 3, 2  # how many changes of the spec's setting, and of the best one, are combined


@dataclass
class Found:
    """
    What the search knows so far.

    Attributes:
        budget: fits that may be made
        judged: setting to what it gives of the print, in the order of the fits
        excluded: how many settings the counts in print excluded
        depth: how many changes of what moves estimates are combined at most
        exhausted: whether nothing was left to fit
        interrupted: whether Ctrl-C ended it
    """

    budget: int
    depth: int
    judged: dict[Setting, Judged] = field(default_factory=dict)
    excluded: int = 0
    exhausted: bool = False
    interrupted: bool = False

    @property
    def left(self) -> int:
        """Fits that may still be made."""
        return self.budget - len(self.judged)

    @property
    def best(self) -> Judged:
        """The setting that misses the fewest cells; of these, the one with the fewest changes."""
        return min(self.judged.values(), key=lambda one: (one.misses, len(one.setting)))

    @property
    def fitting(self) -> list[Judged]:
        """Every setting that gives all printed cells, those with the fewest changes first."""
        found = [one for one in self.judged.values() if one.fits]
        return sorted(found, key=lambda one: len(one.setting))


class Search:
    """One column's search; `run` it once."""

    def __init__(
        self,
        space: Space,
        goal: Goal,
        fits: Fits,
        possible: Callable[[Setting], bool],
        budget: int,
        progress: Callable[[Found], None] = lambda _: None,
    ) -> None:
        """
        fits : makes the fits of some settings, in their order
        possible : whether a setting's counts can be those in print
        progress : called after every few fits
        """
        self.space, self.goal, self.fits = space, goal, fits
        self.possible, self.progress = possible, progress
        self.found = Found(budget, depth(len(self._changes("estimates")), DEEP))
        self._seen: set[str] = set()  # models, by their text: two settings may make the same one
        self._patience = MOST_EXCLUDED
        self._firm = [is_firm(cell) for cell in goal.cells]
        self._orders: dict[tuple[Setting, str], Iterator[Setting]] = {}

    def run(self) -> Found:
        """Everything that is known when the budget, the space or the patience of the user ends."""
        try:
            self._singles()
            while self.found.left > 0 and not self.found.exhausted:
                batch = self._next()
                self._fit(batch)
                self.found.exhausted = not batch
            self._settle()
            self._undo()
        except KeyboardInterrupt:
            if not self.found.judged:
                raise
            self.found.interrupted = True
        return self.found

    def _settle(self) -> None:
        """How far the whole space is known, where the search ended by itself."""
        self.found.exhausted &= self.found.excluded < self._patience
        fitting = [len(self._without_errors(one.setting)) for one in self.found.fitting]
        self.found.depth = max(1, min([self.found.depth, *fitting]))

    def _singles(self) -> None:
        """
        The setting in the spec, then each change alone: what it moves guides everything after.

        Where the budget is small, the likeliest alternative of every axis comes before the second of any.
        """
        changes = [*self._changes("errors"), *sorted(self._changes("estimates"), key=lambda one: one[1])]
        alone: list[Setting] = [AS_IN_SPEC, *((change,) for change in changes)]
        waiting = iter(alone[: max(self.found.budget // 2, 1)])
        while batch := self._fresh(waiting, prune=False):
            self._fit(batch)
        judged = self.found.judged
        start = judged[AS_IN_SPEC]
        effects = {setting[0]: one for setting, one in judged.items() if len(setting) == 1}
        whole = [True] * len(self._firm)
        self._of_estimates = predictions(self.goal, start, effects, self._firm if any(self._firm) else whole)
        self._of_all = predictions(self.goal, start, effects, whole)

    def _undo(self) -> None:
        """Fit the answer without each of its changes, beyond the budget: that shows what each one moves."""
        setting = (self.found.fitting or [self.found.best])[0].setting
        without = [tuple(one for one in setting if one != change) for change in setting]
        self._fit([one for one in without if one not in self.found.judged and self.space.model(one)])

    def _changes(self, moves: Moves) -> list[Change]:
        return [change for change in self.space.changes if self.space.axes[change[0]].moves == moves]

    def _fit(self, settings: Sequence[Setting]) -> None:
        if not settings:
            return
        for setting, result in zip(settings, self.fits(settings), strict=True):
            judged = judge(self.goal, self.space, setting, result)
            self.found.judged[setting] = judged
            if judged.fits:
                self._patience = min(self._patience, self.found.excluded + MORE_EXCLUDED)
        self.progress(self.found)

    # ------------------------------------------------------------------------------------- what comes next

    def _next(self) -> list[Setting]:
        """
        Half of the next fits for the errors of settings whose estimates agree, half for other estimates.

        Estimates do not hang on what kind of standard error is printed beside them: where they agree, only
        errors and names are left to be found.
        """
        size = min(AT_A_TIME, self.found.left)
        batch = self._fresh(self._errors(), most=max(size // 2, 1))
        for order in (self._estimates(), self._errors_of_the_nearest()):
            batch += self._fresh(order, most=size - len(batch))
        return batch

    def _errors(self) -> Iterator[Setting]:
        """Combinations of errors on every choice of estimates that agrees with the print, each in turn."""
        agreeing = dict.fromkeys(
            self._without_errors(one.setting) for one in self.found.judged.values() if self._agrees(one)
        )
        return _in_turn([self._order(setting, "errors") for setting in agreeing])

    def _estimates(self) -> Iterator[Setting]:
        """
        Neighbours of what fits, then combinations around the spec's setting and the nearest one.

        Once something fits, only settings with no more changes are of interest, and its neighbours.
        """
        fitting = dict.fromkeys(self._without_errors(one.setting) for one in self.found.fitting)
        beside = [self._order(setting, "neighbours") for setting in fitting]
        around = [self._order(setting, "estimates") for setting in (AS_IN_SPEC, self._nearest())]
        most = min(map(len, fitting), default=len(self.space.axes))
        return chain(_in_turn(beside), (one for one in _in_turn(around) if len(one) <= most))

    def _errors_of_the_nearest(self) -> Iterator[Setting]:
        """Where no estimates agree, towards the end of the budget."""
        late = self.found.left <= self.found.budget // 4
        return self._order(self._nearest(), "errors") if late else iter(())

    def _order(self, centre: Setting, kind: str) -> Iterator[Setting]:
        """What is left of the settings around *centre*, best first."""
        if (centre, kind) not in self._orders:
            known = self._of_all if kind == "errors" else self._of_estimates
            changes = self._changes("errors" if kind == "errors" else "estimates")
            most = {"errors": len(self.space.axes), "neighbours": 1}.get(kind, NEAR if centre else DEEP)
            self._orders[centre, kind] = known.best_first(self.found.judged[centre], changes, most)
        return self._orders[centre, kind]

    def _nearest(self) -> Setting:
        """The choice of estimates whose numbers come nearest to the print."""
        plain = [
            one for one in self.found.judged.values() if one.setting == self._without_errors(one.setting)
        ]
        return min(plain, key=lambda one: (self._of_estimates.misfit(one), len(one.setting))).setting

    def _agrees(self, judged: Judged) -> bool:
        firm = zip(judged.reached, self._firm, strict=True)
        return not judged.message and all(reached for reached, is_firm in firm if is_firm)

    def _without_errors(self, setting: Setting) -> Setting:
        return tuple(change for change in setting if self.space.axes[change[0]].moves == "estimates")

    def _fresh(self, order: Iterator[Setting], most: int = AT_A_TIME, *, prune: bool = True) -> list[Setting]:
        """The next settings of *order* that make a model which was not fitted and may give the counts."""
        return list(islice((setting for setting in order if self._is_fresh(setting, prune)), most))

    def _is_fresh(self, setting: Setting, prune: bool) -> bool:
        model = self.space.model(setting) if self.found.excluded < self._patience else None
        if model is None or (text := model.model_dump_json()) in self._seen:
            return False
        self._seen.add(text)
        is_possible = not prune or self.possible(setting)
        self.found.excluded += not is_possible
        return is_possible


def _in_turn(orders: Iterable[Iterator[Setting]]) -> Iterator[Setting]:
    """One of each, again and again, until all have ended."""
    waiting = list(orders)
    while waiting:
        for order in list(waiting):
            setting = next(order, None)
            if setting is None:
                waiting.remove(order)
            else:
                yield setting
