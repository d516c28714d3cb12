"""Every minimum cover of one connected chart, kept as a graph of choices so that millions can be counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from scipy import sparse

from harness.estimators.fsqca.smallest import Effort, bits, exchanged, in_fractions, smallest_cover
from harness.estimators.fsqca.tableau import Numbers


@dataclass(frozen=True, eq=False)
class Node:
    """
    A set of covers of the same size.

    Attributes:
        size: columns in each of its covers
        choices: (columns, the covers of the rest) pairs: one of the columns is taken; the covers are the
            union over the pairs
        factors: independent remainders: the covers are the products of theirs
    A node with neither holds one cover, the empty one.
    """

    size: int
    choices: tuple[tuple[tuple[int, ...], "Node"], ...] = ()
    factors: tuple["Node", ...] = ()


NOTHING = Node(0)
_SMALL = 12  # rows; so few are searched faster than a linear programme starts
_MANY = 128  # rows; where prices of so many are a whole column short of the size, counting does not end
_FEW = 64  # rows among which dominance is looked for in the search; it takes their square


@dataclass(frozen=True)
class Covers:
    """
    The minimum covers of one component.

    Attributes:
        size, size_at_least: columns in a cover, and what is proved
        node: the covers as a graph; None where counting was given up
        found: covers found before giving up
    """

    size: int
    size_at_least: int
    node: Node | None
    found: tuple[tuple[int, ...], ...] = ()

    @property
    def complete(self) -> bool:
        return self.node is not None

    @property
    def in_all(self) -> frozenset[int]:
        """Columns in every cover; none are named where not all covers are known."""
        return _always(self.node, {}) if self.node else frozenset()

    @property
    def used(self) -> frozenset[int]:
        """Columns in some cover."""
        if self.node:
            return frozenset(
                column for node in _nodes(self.node) for columns, _ in node.choices for column in columns
            )
        return frozenset(column for cover in self.found for column in cover)

    def count(self, weights: Sequence[int]) -> int:
        """Covers, a column counted as often as *weights* says."""
        if self.node:
            return _count(self.node, weights, {})
        return sum(prod(weights[column] for column in cover) for cover in self.found)

    def each(self) -> Iterator[tuple[int, ...]]:
        """The covers, one after the other."""
        return _each(self.node) if self.node else iter(self.found)


def _always(node: Node, known: dict[int, frozenset[int]]) -> frozenset[int]:
    if id(node) not in known:
        ways = [
            _always(rest, known) | (frozenset(columns) if len(columns) == 1 else frozenset())
            for columns, rest in node.choices
        ]
        parts = [_always(part, known) for part in node.factors]
        known[id(node)] = frozenset.intersection(*ways) if ways else frozenset().union(*parts)
    return known[id(node)]


def _nodes(root: Node) -> Iterator[Node]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += [rest for _, rest in node.choices] + list(node.factors)


def _count(node: Node, weights: Sequence[int], known: dict[int, int]) -> int:
    if id(node) not in known:
        ways = sum(
            sum(weights[column] for column in columns) * _count(rest, weights, known)
            for columns, rest in node.choices
        )
        known[id(node)] = ways or prod(_count(part, weights, known) for part in node.factors)
    return known[id(node)]


def _each(node: Node) -> Iterator[tuple[int, ...]]:
    if node.choices:
        for columns, rest in node.choices:
            for cover in _each(rest):
                yield from ((column, *cover) for column in columns)
    else:
        yield from _product(node.factors)


def _product(factors: Sequence[Node]) -> Iterator[tuple[int, ...]]:
    if not factors:
        yield ()
        return
    for cover in _each(factors[0]):
        for rest in _product(factors[1:]):
            yield cover + rest


def minimum_covers(rows: Sequence[Sequence[int]], effort: Effort) -> Covers:
    """
    All covers of the rows with the fewest columns.

    rows : for each row the numbers of the columns that cover it, at least one
    The problem in fractions gives prices of rows, so that what is left to cover costs at least its prices,
    and a column that is too dear for a size is in no cover of it (reduced-cost fixing). The search takes the
    row with the fewest columns, tries them, and bars each from the choices after it, so that no cover comes
    twice; columns that now cover the same are tried as one; remainders that were met before are not searched
    again, and remainders that fall apart are searched in parts. Where that takes too many steps, exchanges of
    columns give more covers like the one that is known.
    """
    if len(rows) <= _SMALL and (node := _counted(rows, np.zeros(len(rows)), 1, effort.steps)):
        return Covers(node.size, node.size, node)
    relaxed = in_fractions(rows)
    known = smallest_cover(rows, relaxed, effort)
    dear = relaxed.prices.sum() + relaxed.costs > known.size + 1e-6  # in no cover that is as small
    rows = [[column for column in row if not dear[column]] for row in rows]
    loose = len(rows) > _MANY and known.size >= relaxed.prices.sum() + 1
    steps = effort.steps // 20 if loose else effort.steps
    if node := _counted(rows, relaxed.prices, known.at_least, steps):
        return Covers(node.size, node.size, node)
    return Covers(known.size, known.at_least, None, exchanged(rows, known.cover))


def _counted(rows: Sequence[Sequence[int]], prices: Numbers, size: int, steps: int) -> Node | None:
    """The minimum covers, of *size* columns at least; None where there are too many steps to them."""
    search = _Search(rows, prices, steps)
    try:
        while (node := search.best(*search.everything, size)) is None:
            size += 1
    except (_TooMany, RecursionError):
        return None
    return node


class _TooMany(Exception):  # noqa: N818 - a signal, not a fault
    """The search has looked at as many rows as it may."""


class _Search:
    """Branch and bound over bit masks: of rows still to cover, and of columns still allowed."""

    def __init__(self, rows: Sequence[Sequence[int]], prices: Numbers, steps: int) -> None:
        self.steps = steps
        self.prices = prices
        self.columns_of = [sum(1 << column for column in row) for row in rows]
        self.rows_of: dict[int, int] = {}
        for i, row in enumerate(rows):
            for column in row:
                self.rows_of[column] = self.rows_of.get(column, 0) | 1 << i
        self.columns = list(self.rows_of)
        cells = [(j, i) for j, column in enumerate(self.columns) for i in bits(self.rows_of[column])]
        at, row = np.array(cells).T
        self.priced = sparse.csr_matrix((self.prices[row], (at, row)), (len(self.columns), len(rows)))
        self.known: dict[tuple[int, int], Node] = {}
        self.beyond: dict[tuple[int, int], int] = {}

    @property
    def everything(self) -> tuple[int, int]:
        """All rows, all columns."""
        return (1 << len(self.columns_of)) - 1, _union(self.columns_of)

    def best(self, rows: int, allowed: int, budget: int) -> Node | None:
        """The minimum covers of *rows* by *allowed* columns; None where they need more than *budget*."""
        if not rows:
            return NOTHING
        numbers = list(bits(rows))
        allowed &= ~self._too_dear(numbers, budget)
        numbers, left = _undominated(numbers, [self.columns_of[i] & allowed for i in numbers])
        if not left[0]:
            return None
        key = (sum(1 << i for i in numbers), _union(left))
        if key in self.known:
            return self.known[key] if self.known[key].size <= budget else None
        if budget <= self.beyond.get(key, 0):
            return None
        self._spend(len(numbers))
        node = self._search(numbers, left, budget)
        if node is None:
            self.beyond[key] = budget
        else:
            self.known[key] = node
        return node

    def _too_dear(self, numbers: list[int], budget: int) -> int:
        """
        Columns that no cover within the budget holds: they cost 1, and the rows that they leave their prices.
        """
        open_rows = np.zeros(len(self.prices))
        open_rows[numbers] = 1
        total = float(self.prices @ open_rows)
        cost = total + 1 - self.priced @ open_rows
        flags = np.zeros(max(self.columns) + 1, dtype=np.bool_)
        flags[self.columns] = cost > budget + 1e-6
        return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise _TooMany

    def _search(self, numbers: list[int], left: list[int], budget: int) -> Node | None:
        if _apart(left) > budget:
            return None
        parts = _parts(left)
        if len(parts) == 1:
            return self._branch(numbers, left, budget)
        return self._product(
            [([numbers[i] for i in part], [left[i] for i in part]) for part in parts], budget
        )

    def _product(self, parts: list[tuple[list[int], list[int]]], budget: int) -> Node | None:
        floors = [_apart(left) for _, left in parts]
        spare = budget - sum(floors)
        factors: list[Node] = []
        for (numbers, left), floor in zip(parts, floors, strict=True):
            node = self.best(sum(1 << i for i in numbers), _union(left), floor + spare)
            if node is None:
                return None
            spare -= node.size - floor
            factors.append(node)
        return Node(sum(node.size for node in factors), factors=tuple(factors))

    def _branch(self, numbers: list[int], left: list[int], budget: int) -> Node | None:
        if budget == 1:
            common = _common(left)
            return Node(1, choices=((tuple(bits(common)), NOTHING),)) if common else None
        rows = sum(1 << i for i in numbers)
        allowed = _union(left)
        choices: list[tuple[tuple[int, ...], Node]] = []
        for covered, columns in self._alternatives(
            rows, min(left, key=lambda mask: (mask.bit_count(), mask))
        ):
            allowed &= ~sum(1 << column for column in columns)
            rest = self.best(rows & ~covered, allowed, budget - 1)
            if rest is None:
                continue
            if rest.size + 1 < budget:  # better than all before
                budget = rest.size + 1
                choices = [pair for pair in choices if pair[1].size + 1 <= budget]
            choices.append((columns, rest))
        return Node(budget, choices=tuple(choices)) if choices else None

    def _alternatives(self, rows: int, columns: int) -> list[tuple[int, tuple[int, ...]]]:
        """The columns by what they cover of *rows*, those that cover most first."""
        groups: dict[int, list[int]] = {}
        for column in bits(columns):
            groups.setdefault(self.rows_of[column] & rows, []).append(column)
        order = sorted(groups, key=lambda covered: (-covered.bit_count(), covered))
        return [(covered, tuple(groups[covered])) for covered in order]


def _union(masks: Sequence[int]) -> int:
    result = 0
    for mask in masks:
        result |= mask
    return result


def _common(masks: Sequence[int]) -> int:
    result = masks[0]
    for mask in masks:
        result &= mask
    return result


def _undominated(numbers: list[int], masks: list[int]) -> tuple[list[int], list[int]]:
    """Rows, those with fewest columns first, without those whose columns hold all columns of one before."""
    order = sorted(range(len(masks)), key=lambda i: (masks[i].bit_count(), numbers[i]))
    kept: list[int] = []
    seen: list[int] = []
    for i in order:
        mask = masks[i]
        if mask in seen or (len(masks) <= _FEW and any(other & mask == other for other in seen)):
            continue
        kept.append(i)
        seen.append(mask)
    return [numbers[i] for i in kept], seen


def _apart(masks: Sequence[int]) -> int:
    """How many of the rows share no column with one another, greedily: no cover has fewer columns."""
    taken = count = 0
    for mask in sorted(masks, key=int.bit_count):
        if not mask & taken:
            taken |= mask
            count += 1
    return count


def _parts(masks: Sequence[int]) -> list[list[int]]:
    """Positions of the rows that are linked by shared columns, part by part."""
    parts: list[tuple[int, list[int]]] = []
    for i, mask in enumerate(masks):
        linked = [part for part in parts if part[0] & mask]
        parts = [part for part in parts if not part[0] & mask]
        merged = mask | _union([part[0] for part in linked])
        parts.append((merged, [i] + [number for part in linked for number in part[1]]))
    return [sorted(numbers) for _, numbers in parts]
