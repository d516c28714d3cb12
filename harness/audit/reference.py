"""Which distribution a column's p-values, stars and intervals come from, as far as print and spec tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from harness.audit import distributions
from harness.audit.page import Column
from harness.audit.spans import Span, point
from harness.spec import Estimated, Linear, StaticPanel, terms

ONE = Fraction(1)
NORMAL = point(math.inf)
ANY = Span(ONE, math.inf)


@dataclass(frozen=True)
class Reference:
    """
    Degrees of freedom of the t distribution; infinite is the normal.

    Attributes:
        df: by the spec, with the numbers printed
        wider: what it could be as well, where the paper does not say; None where it does
    """

    df: Span
    wider: Span | None

    def p(self, statistic: Span, df: Span | None = None) -> Span:
        """Two-sided p of |t| in *statistic*."""
        df = df or self.df
        return Span(_p(statistic.high, df.high), _p(statistic.low, df.low))

    def critical(self, p: float, df: Span | None = None) -> Span:
        """The |t| that p stands for."""
        df = df or self.df
        return Span(distributions.critical(p, float(df.high)), distributions.critical(p, float(df.low)))

    def unless(self, possible: Callable[[Span], bool]) -> str:
        """Words for the distribution that a print is possible under, if it is not excluded by the paper."""
        if self.wider is None or not possible(self.wider):
            return ""
        return "with another distribution than the spec's default, of which the paper says nothing"

    @property
    def symbol(self) -> str:
        return "z" if self.df == NORMAL else "t"


def _p(statistic: Fraction | float, df: Fraction | float) -> float:
    return distributions.two_sided(float(statistic), float(df))


def reference(column: Column) -> Reference:
    """
    The distribution of a column.

    Where the degrees of freedom can be counted in more than one way, all of them; where nothing printed tells
    them, any. A distribution that the spec leaves to the default may be a t that the paper did not mention.
    """
    model = column.model
    if not isinstance(model, Estimated):
        return Reference(NORMAL, None)
    by_groups, by_rows = list(_groups(column)), list(_rows(column))
    told = {"normal": [NORMAL], "t-groups": by_groups, "t-residual": by_rows}[model.reference_distribution]
    df = _hull(told)
    if model.distribution is not None:
        return Reference(df, None)
    known = [*by_groups, *by_rows]
    return Reference(df, df.hull(NORMAL).hull(_hull(known)))


def _hull(spans: list[Span]) -> Span:
    found = spans[0] if spans else ANY
    for span in spans[1:]:
        found = found.hull(span)
    return found


def _groups(column: Column) -> Iterator[Span]:
    """Groups less one; a program may count a column without constant by its groups."""
    groups = column.fit("n_groups")
    if groups is not None:
        yield (groups - Span(ONE, Fraction(0))).not_below(ONE)
    yield from _printed(column)


def _rows(column: Column) -> Iterator[Span]:
    yield from _printed(column)
    rows, count = column.fit("n_obs"), parameters(column)
    if rows is None or count is None or _absorbs_more(column):
        return
    estimator = column.model.estimator if isinstance(column.model, StaticPanel) else "pooled"
    groups = column.fit("n_groups")
    if estimator in ("pooled", "random"):
        yield (rows - count).not_below(ONE)
    elif groups is not None:
        rest = {"between": groups - count, "within": rows - groups - count + point(ONE)}
        yield rest.get(estimator, rows - groups - count).not_below(ONE).hull((rows - count).not_below(ONE))


def _absorbs_more(column: Column) -> bool:
    """Whether effects other than the entities' take degrees of freedom that no count shows."""
    model = column.model
    return (
        isinstance(model, StaticPanel) and model.estimator == "within" and tuple(model.effects) != ("entity",)
    )


def _printed(column: Column) -> Iterator[Span]:
    for found in (column.fit("df_resid"), column.span("tests", "f", "df2")):
        if found is not None:
            yield found.not_below(ONE)


def parameters(column: Column) -> Span | None:
    """
    Number of coefficients: from those printed to those of the spec; None where the spec leaves it open.

    What is collinear is dropped by some programs and not printed.
    """
    model = column.model
    if not isinstance(model, Estimated) or model.time_dummies == "all":
        return None
    count = len(terms(model.regressors)) + len(model.time_dummies) + model.has_constant
    if isinstance(model, Linear):
        if "all" in model.dummies.values():
            return None
        count += sum(len(values) for values in model.dummies.values())
    return Span(Fraction(min(printed_coefficients(column), count)), Fraction(count))


def printed_coefficients(column: Column) -> int:
    """How many coefficients are printed."""
    return sum(key[0] == "coefficients" and key[2] == "estimate" for key in column.readings)
