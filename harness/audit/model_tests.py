"""A model's test statistics against their p, their degrees of freedom, and the coefficients they contain."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction

from harness.audit import distributions
from harness.audit.coefficients import SHARE, key, ratio
from harness.audit.judging import Judged, agree, judge
from harness.audit.page import Column, Key
from harness.audit.reference import parameters, printed_coefficients
from harness.audit.spans import Number, Span, point
from harness.glossary import plain
from harness.spec import DynamicPanel, Estimated

ONE = Fraction(1)
_CHI2 = re.compile(
    r"wald|sargan|hansen_j|diff_hansen_.+|hansen_excl_.+|hausman.*|breusch_pagan_lm|lm_rho|lm_star_rho"
)
_F = re.compile(r"f|f_effects|poolability_.+")
_NORMAL = re.compile(r"ar\d+")
_ONE_DF = frozenset({"breusch_pagan_lm", "lm_rho", "lm_star_rho"})


def checks(column: Column) -> Iterator[Judged]:
    """Every check of every test."""
    for term in column.terms("tests"):
        yield from _p_value(column, term)
        if plain(term) in ("wald", "f"):
            yield from _joint(column, term)
        if plain(term) in ("sargan", "hansen_j"):
            yield from _restrictions(column, term)
    yield from _instruments(column)
    yield from _parts_of_hansen(column)


def _key(term: str, measure: str) -> Key:
    return "tests", term, measure


def _spans(column: Column, term: str) -> tuple[Span | None, Span | None, Span | None]:
    statistic, p, df = (column.span(*_key(term, name)) for name in ("statistic", "p_value", "df"))
    return statistic, p, df


# ----------------------------------------------------------------------------------------------------- p


def _p_value(column: Column, term: str) -> Iterator[Judged]:
    statistic, told, _ = _spans(column, term)
    if statistic is None or told is None or (statistic.high < 0 and not _NORMAL.fullmatch(plain(term))):
        return
    found = _p_of(column, term, statistic)
    if found is None:
        return
    p, name, unless = found
    about = tuple(_key(term, measure) for measure in ("statistic", "df", "df2", "p_value"))
    half = p * point(Fraction(1, 2))
    if plain(term) == "breusch_pagan_lm" and not agree(p, told) and agree(half, told):
        p, name = (
            half,
            "half of chi2(1)",
        )  # a variance cannot be negative: the mixture of Gourieroux et al. (1982)
    unless = unless if not agree(p, told) else ""
    yield judge("p_value", term, about, p, told, f"p by {name} is", "the p printed is", unless, SHARE)


def _p_of(column: Column, term: str, statistic: Span) -> tuple[Span, str, str] | None:
    """p by the statistic, the name of its distribution, and what else it might be."""
    name, df = plain(term), column.span(*_key(term, "df"))
    if _NORMAL.fullmatch(name):
        return statistic.absolute().monotone(lambda z: distributions.two_sided(z, math.inf)), "the normal", ""
    if _CHI2.fullmatch(name):
        df = df or _df_of_chi2(column, name)
        if df is None:
            return None
        low = distributions.chi2_tail(float(statistic.high), float(df.low))
        return (
            Span(low, distributions.chi2_tail(float(statistic.low), float(df.high))),
            f"chi2({_df(df)})",
            "",
        )
    df2 = column.span(*_key(term, "df2"))
    if not _F.fullmatch(name) or df is None or df2 is None:
        return None
    k, rest = float(df.low), float(df2.low)
    return statistic.monotone(lambda f: distributions.f_tail(f, k, rest)), f"F({_df(df)}, {_df(df2)})", ""


def _df(df: Span) -> str:
    if df.exact:
        return f"{float(df.low):.6g}"
    return (
        f"{float(df.low):.6g} to {float(df.high):.6g}"
        if math.isfinite(df.high)
        else f"{float(df.low):.6g} or more"
    )


def _df_of_chi2(column: Column, name: str) -> Span | None:
    """Degrees of freedom that are not printed, as far as the model bounds them."""
    if name in _ONE_DF:
        return point(ONE)
    if name == "wald":
        return Span(ONE, _most_contained(column))
    if name in ("sargan", "hansen_j"):
        instruments, count = column.fit("n_instruments"), parameters(column)
        if instruments is not None and count is not None and instruments.low > count.high:
            return instruments - count
    return None


def _most_contained(column: Column) -> Number:
    """How many coefficients a joint test can contain: no more than instruments, or than the spec has."""
    count, instruments = parameters(column), column.fit("n_instruments")
    if isinstance(column.model, DynamicPanel):
        return math.inf if instruments is None else max(instruments.high, count.high if count else ONE)
    return math.inf if count is None else count.high


# --------------------------------------------------------------------------------- joint significance


def _joint(column: Column, term: str) -> Iterator[Judged]:
    """A Wald statistic is the largest squared z over all contrasts: none of a single term is above it."""
    statistic, _, df = _spans(column, term)
    if statistic is None or not isinstance(column.model, Estimated):
        return
    about = [_key(term, "statistic")]
    if plain(term) == "f":
        if df is None:
            return
        statistic, about = statistic * df, [*about, _key(term, "df")]
    squares = [(square, name) for name in _contained(column, term) if (square := _square(column, name))]
    if not squares:
        return
    largest, name = max(squares, key=lambda both: both[0].low)
    about += [key(name, "estimate"), key(name, "std_error")]
    unless = "" if _one_covariance(column) else "if the test has another covariance than the standard errors"
    needed, what = Span(largest.low, math.inf), "df x F is" if plain(term) == "f" else "the statistic is"
    unless = unless if not agree(statistic, needed) else ""
    yield judge(
        "joint_test", term, about, statistic, needed, what, f"the squared z of {name} alone is", unless
    )


def _contained(column: Column, term: str) -> Iterator[str]:
    """Terms that are surely in the test: without a word about the variant, neither constant nor dummies."""
    told = {**column.spec.variants, **column.model.variants}.get(plain(term))
    variant = term.partition("@")[2] or told or "slopes-without-dummies"
    for name in column.terms("coefficients"):
        is_dummy = "=" in name and variant == "slopes-without-dummies"
        if not is_dummy and (name != "constant" or variant == "all"):
            yield name


def _square(column: Column, term: str) -> Span | None:
    found = ratio(column, term)
    return None if found is None else found.square()


def _one_covariance(column: Column) -> bool:
    return isinstance(column.model, DynamicPanel) or (
        isinstance(column.model, Estimated) and column.model.std_error == "conventional"
    )


# --------------------------------------------------------------------------- over-identifying restrictions


def _instruments(column: Column) -> Iterator[Judged]:
    """As many instruments as coefficients, at least."""
    instruments, count = column.fit("n_instruments"), parameters(column)
    if instruments is None or not isinstance(column.model, DynamicPanel):
        return
    printed_count = Fraction(printed_coefficients(column))
    least = Span(printed_count, math.inf)
    if agree(instruments, least) and count is not None:
        fits = instruments.low >= count.high
        unless = "" if fits else "if fewer coefficients were estimated than the spec says"
        least = Span(count.high, math.inf)
    else:
        unless = ""
    about = (("fit", "model", next(k[2] for k in column.readings if k[2].startswith("n_instruments"))),)
    wants = "the coefficients are"
    yield judge("instruments", "model", about, instruments, least, "the instruments are", wants, unless)


def _restrictions(column: Column, term: str) -> Iterator[Judged]:
    """Degrees of freedom are instruments less coefficients; without any there is nothing to test."""
    told, instruments, count = column.span(*_key(term, "df")), column.fit("n_instruments"), parameters(column)
    if instruments is None or count is None:
        return
    what, wants = "instruments less coefficients are", "the degrees of freedom printed are"
    if told is None:
        told, wants = Span(ONE, math.inf), "a test needs degrees of freedom"
    most = instruments - point(Fraction(printed_coefficients(column)))
    found = instruments - count
    unless = ""
    if not agree(found, told) and told.low <= most.high and told.low >= 0:
        unless = "if another number of coefficients was estimated than the spec says"
    about = (
        *(_key(term, measure) for measure in ("df", "p_value")),
        *(k for k in column.readings if k[2].startswith("n_instruments")),
    )
    yield judge("restrictions", term, about, found, told, what, wants, unless)


def _parts_of_hansen(column: Column) -> Iterator[Judged]:
    """The test of all instruments is the one without a group plus the difference that the group makes."""
    for term in column.terms("tests"):
        group = term.removeprefix("diff_hansen_")
        if group == term:
            continue
        for measure in ("statistic", "df"):
            keys = [_key(t, measure) for t in (term, f"hansen_excl_{group}", "hansen_j")]
            part, rest, whole = (column.span(*k) for k in keys)
            if part is not None and rest is not None and whole is not None:
                what = f"the {measure} with and without the group add up to"
                wants = f"the {measure} of hansen_j is"
                yield judge("parts_of_hansen", term, keys, part + rest, whole, what, wants)
