"""Every minimum cover of one connected chart, kept as a graph of choices so that millions can be counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import prod

import numpy as np
from scipy import optimize, sparse

_SMALL = 12  # rows; a chart this small is searched faster than HiGHS starts


@dataclass(frozen=True)
class Effort:
    """
    Limits in hard charts.

    Attributes:
        seconds: for HiGHS to prove the minimum size of one component
        nodes: distinct remainders of a component that are looked at to count its covers
    """

    seconds: float = 60.0
    nodes: int = 200_000


@dataclass(frozen=True, eq=False)
class Node:
    """
    A set of covers of the same size.

    Attributes:
        size: columns in each of its covers
        choices: (column, the covers of the rest) pairs: the covers are the union over the pairs
        factors: independent remainders: the covers are the products of theirs
    A node with neither holds one cover, the empty one.
    """

    size: int
    choices: tuple[tuple[int, "Node"], ...] = ()
    factors: tuple["Node", ...] = ()


NOTHING = Node(0)


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
            return frozenset(column for node in _nodes(self.node) for column, _ in node.choices)
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
        ways = [_always(rest, known) | {column} for column, rest in node.choices]
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
        ways = sum(weights[column] * _count(rest, weights, known) for column, rest in node.choices)
        known[id(node)] = ways or prod(_count(part, weights, known) for part in node.factors)
    return known[id(node)]


def _each(node: Node) -> Iterator[tuple[int, ...]]:
    if node.choices:
        for column, rest in node.choices:
            for cover in _each(rest):
                yield (column, *cover)
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
    HiGHS finds the size of large charts. A search then takes the row with the fewest columns, tries each of
    them, and bars it from the choices after it, so that no cover comes twice; remainders that were met before
    are not searched again, and remainders that fall apart are searched in parts.
    """
    size, at_least, one = _smallest(rows, effort)
    search = _Search(rows, effort.nodes)
    try:
        node = search.best(search.every_row, search.every_column, size)
    except (_TooMany, RecursionError):
        return Covers(size, at_least, None, _some(rows, size, one, effort))
    if node is None:  # cannot be: a cover of this size is at hand
        raise AssertionError("no cover of the size that HiGHS found")
    return Covers(node.size, node.size, node)


def _smallest(rows: Sequence[Sequence[int]], effort: Effort) -> tuple[int, int, tuple[int, ...]]:
    """Size of the best cover known, the size proved, and such a cover."""
    if len(rows) <= _SMALL:
        cover = _greedy(rows)
        return len(cover), len(cover), cover
    names = sorted({column for row in rows for column in row})
    place = {column: i for i, column in enumerate(names)}
    cells = [(i, place[column]) for i, row in enumerate(rows) for column in row]
    i, j = np.array(cells).T
    chart = sparse.csr_matrix((np.ones(len(cells)), (i, j)), (len(rows), len(names)))
    found = optimize.milp(
        np.ones(len(names)),
        constraints=optimize.LinearConstraint(chart, lb=1),
        integrality=np.ones(len(names)),
        bounds=optimize.Bounds(0, 1),
        options={"time_limit": effort.seconds},
    )
    if found.x is None:
        cover = _greedy(rows)
        return len(cover), 1, cover
    cover = tuple(names[j] for j in np.flatnonzero(found.x > 0.5))
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else found.fun
    return len(cover), min(len(cover), int(np.ceil(bound - 1e-6))), cover


def _greedy(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A cover: always the column that covers most of what is left."""
    left = [set(row) for row in rows]
    cover = []
    while left:
        counts: dict[int, int] = {}
        for row in left:
            for column in row:
                counts[column] = counts.get(column, 0) + 1
        best = min(counts, key=lambda column: (-counts[column], column))
        cover.append(best)
        left = [row for row in left if best not in row]
    return tuple(cover)


class _TooMany(Exception):  # noqa: N818 - a signal, not a fault
    """The search has looked at as many remainders as it may."""


@dataclass
class _Search:
    """Branch and bound over bit masks: of rows still to cover, and of columns still allowed."""

    rows: Sequence[Sequence[int]]
    nodes: int
    columns_of: list[int] = field(init=False)
    rows_of: dict[int, int] = field(init=False)
    known: dict[tuple[int, int], Node] = field(init=False, default_factory=dict)
    beyond: dict[tuple[int, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.columns_of = [sum(1 << column for column in row) for row in self.rows]
        self.rows_of = {}
        for i, row in enumerate(self.rows):
            for column in row:
                self.rows_of[column] = self.rows_of.get(column, 0) | 1 << i

    @property
    def every_row(self) -> int:
        return (1 << len(self.rows)) - 1

    @property
    def every_column(self) -> int:
        return sum(1 << column for column in self.rows_of)

    def best(self, rows: int, allowed: int, budget: int) -> Node | None:
        """The minimum covers of *rows* by *allowed* columns; None where they need more than *budget*."""
        if not rows:
            return NOTHING
        left = [(self.columns_of[i] & allowed) for i in _bits(rows)]
        key = (rows, allowed & _union(left))
        if key in self.known:
            return self.known[key] if self.known[key].size <= budget else None
        if budget <= self.beyond.get(key, 0):
            return None
        self._spend()
        node = self._search(rows, left, budget)
        if node is None:
            self.beyond[key] = budget
        else:
            self.known[key] = node
        return node

    def _spend(self) -> None:
        self.nodes -= 1
        if self.nodes < 0:
            raise _TooMany

    def _search(self, rows: int, left: list[int], budget: int) -> Node | None:
        if min(left) == 0 or _apart(left) > budget:
            return None
        parts = _parts(left)
        if len(parts) == 1:
            return self._branch(rows, left, budget)
        numbers = list(_bits(rows))
        masks = [sum(1 << numbers[i] for i in part) for part in parts]
        allowed = [_union([left[i] for i in part]) for part in parts]
        floors = [_apart([left[i] for i in part]) for part in parts]
        return self._product(masks, allowed, floors, budget)

    def _product(self, masks: list[int], allowed: list[int], floors: list[int], budget: int) -> Node | None:
        spare = budget - sum(floors)
        factors: list[Node] = []
        for mask, columns, floor in zip(masks, allowed, floors, strict=True):
            node = self.best(mask, columns, floor + spare)
            if node is None:
                return None
            spare -= node.size - floor
            factors.append(node)
        return Node(sum(node.size for node in factors), factors=tuple(factors))

    def _branch(self, rows: int, left: list[int], budget: int) -> Node | None:
        allowed = _union(left)
        choices: list[tuple[int, Node]] = []
        for column in _bits(min(left, key=lambda mask: (mask.bit_count(), mask))):
            allowed &= ~(1 << column)
            rest = self.best(rows & ~self.rows_of[column], allowed, budget - 1)
            if rest is None:
                continue
            if rest.size + 1 < budget:  # better than all before
                budget = rest.size + 1
                choices = [pair for pair in choices if pair[1].size + 1 <= budget]
            choices.append((column, rest))
        return Node(budget if choices else 0, choices=tuple(choices)) if choices else None


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(masks: Sequence[int]) -> int:
    result = 0
    for mask in masks:
        result |= mask
    return result


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


def _some(
    rows: Sequence[Sequence[int]], size: int, one: tuple[int, ...], effort: Effort, most: int = 10_000
) -> tuple[tuple[int, ...], ...]:
    """Covers of this size found by exchanging columns of one of them, that one first."""
    found = {tuple(sorted(one))}
    waiting = [tuple(sorted(one))]
    tries = 0
    while waiting and len(found) < most and tries < effort.nodes:
        cover = waiting.pop(0)
        for other in islice(_exchanges(rows, cover), most):
            tries += 1
            if other not in found:
                found.add(other)
                waiting.append(other)
    return tuple(sorted(found))[:most]


def _exchanges(rows: Sequence[Sequence[int]], cover: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Covers that differ from *cover* in one column."""
    for column in cover:
        kept = set(cover) - {column}
        open_rows = [set(row) for row in rows if not kept & set(row)]
        for other in sorted(set.intersection(*open_rows)) if open_rows else []:
            yield tuple(sorted({*kept, other}))
