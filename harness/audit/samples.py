"""Observations and entities of sub-samples against the panel that they are taken from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from harness import expression
from harness.audit.page import Column
from harness.expression import Arithmetic, Call, Comparison, Name, Node, Number
from harness.result import Finding, Possibility
from harness.spec import AnyModel, Estimated, Spec


@dataclass(frozen=True)
class Panel:
    """
    How large the panel is, by the identities of the specs on the same data; None where they do not say.

    Attributes:
        entities: from `n_obs == entities * periods` (or <=), or `n_groups <= entities`
        periods: from the same
    """

    entities: int | None
    periods: int | None


@dataclass(frozen=True)
class Sample:
    """
    The rows of one sub-sample, as printed.

    Attributes:
        rule: the tree of `sample`
        rows, entities: the most that a column on this sample prints; None where none does
        lost: periods that every entity loses to lags at least
    """

    spec: str
    column: str
    text: str
    rule: Node
    rows: int | None
    entities: int | None
    lost: int


def findings(mine: Sequence[Column], beside: Sequence[Column]) -> Iterator[Finding]:
    """
    What the sub-samples of one table say, together with those of tables *beside* it on the same data.
    """
    size = panel({column.spec.id: column.spec for column in (*mine, *beside)}.values())
    own = [sample for column in mine if (sample := _sample(column)) is not None]
    others = [sample for column in beside if (sample := _sample(column)) is not None]
    for one in own:
        yield from _one(one, size)
    apart = _disjoint([*own, *others])
    if own and len(apart) > 1:
        yield from _rows_together(apart, size)
        yield from _entities_together(apart, size)


# ------------------------------------------------------------------------------------------------ the panel


def panel(specs: Iterable[Spec]) -> Panel:
    """The size of the panel, by the first identity that tells it."""
    entities, periods = None, None
    for spec in specs:
        for identity in spec.identities:
            match expression.parse(identity.expression):
                case Comparison("==" | "<=", Name("n_obs"), Arithmetic(Number(a), (("*", Number(b)),))):
                    entities, periods = entities or int(a), periods or int(b)
                case Comparison("<=", Name("n_groups"), Number(a)):
                    entities = entities or int(a)
    return Panel(entities, periods)


def _sample(column: Column) -> Sample | None:
    model = column.model
    if not isinstance(model, Estimated) or model.sample is None:
        return None
    rule = _with_derived(expression.parse(model.sample), column.spec.derive)
    rows, entities = (_count(column, name) for name in ("n_obs", "n_groups"))
    return Sample(column.spec.id, column.name, model.sample, rule, rows, entities, _lost(model))


def _with_derived(rule: Node, derive: Mapping[str, str]) -> Node:
    """A comparison of a derived column, with what it is derived from in its place."""
    match rule:
        case Comparison(operator, Name(name), right) if name in derive:
            return Comparison(operator, expression.parse(derive[name]), right)
    return rule


def _count(column: Column, measure: str) -> int | None:
    found = column.fit(measure)
    return None if found is None or not found.exact else int(found.low)


def _lost(model: AnyModel) -> int:
    if not isinstance(model, Estimated):
        return 0
    return max((last for _, last in model.regressors.values()), default=0)


# --------------------------------------------------------------------------------------------- one sample


def _one(sample: Sample, size: Panel) -> Iterator[Finding]:
    """No entity has more rows than there are periods, less those that the lags take."""
    if sample.rows is None or sample.entities is None or size.periods is None:
        return
    left = size.periods - sample.lost
    most = sample.entities * left
    yield _finding(
        sample.column,
        f"n_obs {sample.rows}, n_groups {sample.entities}",
        sample.rows,
        most,
        f"{sample.entities} entities have at most {left} of {size.periods} periods left by the lags: "
        f"{most} rows; the table prints {sample.rows}",
    )
    if size.entities is not None:
        words = f"the panel has {size.entities} entities; the table prints {sample.entities} of them"
        yield _finding(sample.column, f"n_groups {sample.entities}", sample.entities, size.entities, words)


def _finding(column: str, printed: str, found: int, most: int, words: str, notable: bool = False) -> Finding:
    verdict: Possibility = "possible" if found <= most else "impossible"
    ends = (float(found), float(found))
    return Finding("samples", column, "", printed, verdict, ends, (0.0, float(most)), words, notable=notable)


# ---------------------------------------------------------------------------------------- several samples


def _disjoint(samples: Sequence[Sample]) -> list[Sample]:
    """One sample of each kind, where any two of them have no row in common by their rules."""
    kinds: dict[Node, Sample] = {}
    for sample in samples:
        known = kinds.get(sample.rule)
        if known is None or (sample.rows or 0) > (known.rows or 0):
            kinds[sample.rule] = sample
    found: list[Sample] = []
    for sample in kinds.values():
        if all(_excludes(sample.rule, other.rule) for other in found):
            found.append(sample)
    return found


def _excludes(one: Node, other: Node) -> bool:
    """Whether no row can fulfil both: the same thing is to equal two different values."""
    match one, other:
        case Comparison("==", left, Number(a)), Comparison("==", same, Number(b)):
            return left == same and a != b
        case Comparison("==", left, expression.Text(a)), Comparison("==", same, expression.Text(b)):
            return left == same and a != b
    return False


def _whole(samples: Sequence[Sample]) -> bool:
    """Whether the samples are all the groups of a quantile_group, so that no row is left out."""
    groups = set()
    for sample in samples:
        match sample.rule:
            case Comparison("==", Call("quantile_group", (_, Number(count), *_)), Number(value)):
                groups.add((count, value))
    return bool(groups) and all(
        {(count, float(k)) for k in range(1, int(count) + 1)} <= groups for count, _ in groups
    )


def _rows_together(samples: Sequence[Sample], size: Panel) -> Iterator[Finding]:
    """Together the samples have no more rows than the panel; fewer, where lags were taken within them."""
    if size.entities is None or size.periods is None or any(sample.rows is None for sample in samples):
        return
    rows = sum(sample.rows or 0 for sample in samples)
    left = size.periods - min(sample.lost for sample in samples)
    most = size.entities * left
    words = (
        f"{_sum(sample.rows for sample in samples)} rows in {len(samples)} samples without common rows; "
        f"{size.entities} entities and {left} periods left by the lags allow {most}"
    )
    fewer = rows < most and _whole(samples)
    if fewer:
        words += ": as the samples are the whole panel, lags were taken within them, or rows are missing"
    yield _finding("", _texts(samples), rows, most, words, fewer)


def _entities_together(samples: Sequence[Sample], size: Panel) -> Iterator[Finding]:
    """More entities in all samples together than there are: some stand in several, at different times."""
    if size.entities is None or any(sample.entities is None for sample in samples):
        return
    total = sum(sample.entities or 0 for sample in samples)
    if total <= size.entities:
        return
    twice = math.ceil(Fraction(total - size.entities, len(samples) - 1))
    words = (
        f"{_sum(sample.entities for sample in samples)} entities in {len(samples)} samples without common "
        f"rows, of {size.entities} in the panel: at least {twice} change from one to another over time"
    )
    ends = (float(total), float(total))
    most = (0.0, float(size.entities * len(samples)))
    yield Finding("samples", "", "", _texts(samples), "possible", ends, most, words, notable=True)


def _sum(counts: Iterable[int | None]) -> str:
    told = [count or 0 for count in counts]
    return " + ".join(str(count) for count in told) + f" = {sum(told)}"


def _texts(samples: Sequence[Sample]) -> str:
    return "; ".join(
        f"{s.spec} {s.column} ({s.text}): n_obs {s.rows}, n_groups {s.entities}" for s in samples
    )
