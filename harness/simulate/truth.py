"""The coefficients that panels are drawn from: given, printed, or fitted, and said which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

from harness import goldenfile, printed
from harness.compare.print_rules import style
from harness.errors import UsageError
from harness.estimators.simulated_panel import largest_root
from harness.recovery import Truth
from harness.spec import Spec

Print = Mapping[tuple[str, str, str], tuple[str, float]]


def of_print(spec: Spec, column: str) -> Print:
    """(part, term, measure) to the text printed and its value in units of the data; only what is a number."""
    published = goldenfile.read_published(spec)
    found: dict[tuple[str, str, str], tuple[str, float]] = {}
    for part, term, measure, text, _ in published.columns.get(column, ()) if published else ():
        try:
            number = printed.read(text)
        except printed.NotANumber:
            continue
        if not number.bound:
            scale = style(spec, column, part, term, measure).scale
            found[part, term, measure] = (text, float(number.value / scale))
    return found


def truths(
    terms: Sequence[str], given: Mapping[str, float], in_print: Print, fitted: Mapping[str, float]
) -> dict[str, Truth]:
    """The coefficient given, else printed, else fitted, of every term. Raises UsageError where none is."""
    return {term: _truth(term, given, in_print, fitted) for term in terms}


def _truth(term: str, given: Mapping[str, float], in_print: Print, fitted: Mapping[str, float]) -> Truth:
    estimate = in_print.get(("coefficients", term, "estimate"))
    std_error = in_print.get(("coefficients", term, "std_error"))
    told = partial(
        Truth,
        printed=(estimate[0] if estimate else "", std_error[0] if std_error else ""),
        printed_std_error=std_error[1] if std_error else None,
    )
    if term in given:
        return told(given[term], "given")
    if estimate:
        return told(estimate[1], "printed")
    if math.isfinite(fitted.get(term, math.nan)):
        return told(fitted[term], "fitted")
    raise UsageError(f"the coefficient of {term} is neither printed nor fitted. Give it: --set {term}=VALUE")


def refuse_explosive(own: Sequence[tuple[str, int]], found: Mapping[str, Truth]) -> tuple[float, ...]:
    """
    The autoregression, a zero where a lag has no term. Raises UsageError where the process explodes.

    own : terms that are lags of the outcome, and the lags
    """
    lags = {lag: found[term].value for term, lag in own}
    autoregression = tuple(lags.get(lag, 0.0) for lag in range(1, max(lags, default=0) + 1))
    if largest_root(autoregression) >= 1:
        told = ", ".join(f"{term} = {found[term].value:g} ({found[term].source})" for term, _ in own)
        raise UsageError(
            f"the process explodes: {told}; its largest root is {largest_root(autoregression):.4g}, and 1 is "
            f"the limit. Give others: --set {own[0][0]}=VALUE"
        )
    return autoregression
