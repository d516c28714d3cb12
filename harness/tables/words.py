"""What the labels and notes of a printed table mean in words of the glossary."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from harness import glossary
from harness.tables.terms import LONGEST

Below = Literal["std_error", "statistic", "p_value", "ci"]


class Address(NamedTuple):
    """Where a row stands; `measure` is "" where the label does not say whether it is a statistic or a p."""

    part: str
    term: str
    measure: str
    certain: bool = True


# ------------------------------------------------------------------------------------------------- footers

_R2 = r"r[ -]?(?:squared|sq\.?|\^?2|²)"
_FIT = (
    ("n_obs", r"n|obs\.?|n[_ ]?obs|(?:number|no\.?|num\.?|#) ?(?:of )?obs(?:ervations?)?\.?|observations?"
              r"|sample size|观测值|观测数|样本量|样本数|样本容量"),
    ("n_groups", r"n[_ ]?g(?:roups?)?|groups?"
                 r"|(?:number|no\.?|num\.?|#) ?(?:of )?(?:groups?|firms|countries|cities|individuals|units"
                 r"|id|entities|companyid)|组数|个体数|城市数|企业数|国家数"),
    ("n_instruments", r"(?:number|no\.?|num\.?|#)? ?(?:of )?(?:instruments?|iv)|n[_ ]?instruments"
                      r"|工具变量(?:个?数)?"),
    ("adj_r_squared", rf"adj(?:usted|\.)?[ _-]?{_R2}|r2_a|调整后?的?{_R2}"),
    ("r_squared_within", rf"(?:within|组内)[ -]?{_R2}|r\^?2_w|{_R2} ?\(?within\)?"),
    ("r_squared_between", rf"between[ -]?{_R2}|r\^?2_b|{_R2} ?\(?between\)?"),
    ("r_squared_overall", rf"overall[ -]?{_R2}|r\^?2_o|{_R2} ?\(?overall\)?"),
    ("r_squared", _R2),
    ("rmse", r"root mse|rmse|residual std\.? ?err(?:or)?\.?|standard error of (?:the )?regression"),
    ("ssr", r"rss|ssr|residual sum of squares"),
    ("tss", r"total sum of squares"),
    ("mss", r"model sum of squares"),
    ("df_resid", r"df_r|residual d\.?f\.?"),
)  # fmt: skip
_WEAK = frozenset({"n_obs", "n_groups", "r_squared"})  # a variable may be called n, g or r2 too
_TESTS = (
    (r"(?:arellano[- ]?bond )?(?:test )?(?:for |of )?(?:ar|m) ?\(?([1-9])\)?(?: test)?", "ar{0}"),
    (r"diff(?:erence)?[- ]?in[- ]?hansen(?: test)?", ""),
    (r"hansen(?: j)?(?:-?test|-?statistic)?(?: test)?(?: of over-?id\w*\.?(?: restrictions)?)?|j-?stat\w*"
     r"|hansen检验", "hansen_j"),
    (r"sargan(?: test)?(?: of over-?id\w*\.?(?: restrictions)?)?|sargan检验", "sargan"),
    (r"wald(?: test)?(?: ?chi\^?-?(?:2|squared))?(?: ?χ\^?[2²])?|chi\^?2|wald检验", "wald"),
    (r"f(?:[- ]?(?:stat\w*|test|value|统计量))?", "f"),
    (r"hausman(?: test)?", "hausman"),
    (r"breusch[- ]?pagan(?: lm)?(?: test)?", "breusch_pagan_lm"),
)  # fmt: skip
_ENDS = (
    ("p_value", r"p|p[- _]?val(?:ue)?s?\.?|prob\.?(?: ?> ?\w+)?|pr(?: ?> ?\|?\w\|?)?|p值"),
    ("df2", r"df[ _]?2"),
    ("df", r"df|d\.f\.|degrees of freedom"),
    ("statistic", r"stat(?:istic)?\.?|z|t|chi\^?2|χ\^?[2²]|value|z[- ]?stat\w*|统计量"),
)


def footer(label: str) -> Address | None:
    """
    What a row beneath the coefficients shows, None where its label is no word for that.

    >>> footer("Hansen p"), footer("R-squared").measure, footer("AR(2)"), footer("wage")
    (Address(part='tests', term='hansen_j', measure='p_value', certain=True), 'r_squared', \
Address(part='tests', term='ar2', measure='', certain=True), None)
    """
    bare = _bare(label)
    name = bare.replace(" ", "_")
    if glossary.measure("fit", name):
        return Address("fit", "model", name, name not in _WEAK)
    for measure, words in _FIT:
        if re.fullmatch(words, bare):
            return Address("fit", "model", measure, measure not in _WEAK or len(bare) > 3)
    return _covariance(label) or _component(bare) or _test(bare)


def _covariance(label: str) -> Address | None:
    found = re.fullmatch(r"covariance, ([^~]+~[^~]+)", label)
    return Address("covariance", found[1], "estimate") if found else None


def _component(bare: str) -> Address | None:
    """variance, entity: a component of the error's variance."""
    found = re.fullmatch(r"variance,? \(?(entity|time|group|idiosyncratic)\)?", bare)
    return Address("fit", found[1], "variance") if found else None


def _test(bare: str) -> Address | None:
    for end in range(len(bare), 0, -1):
        term = _test_name(bare[:end].strip(" ,:("))
        measure = _end(bare[end:].strip(" ,:()")) if term else None
        if term and measure is not None:
            return Address("tests", term, measure, term != "f")
    return None


def _test_name(bare: str) -> str:
    """The glossary's name of a test, "" where the words name none."""
    name = bare.replace(" ", "_")
    if re.fullmatch(r"[\w@-]+", name) and glossary.is_test(name):
        return name
    for words, term in _TESTS:
        found = re.fullmatch(words, bare)
        if found:
            return term.format(*found.groups())
    return ""


def _end(bare: str) -> str | None:
    """The measure that ends a label: "" where there is none, None where it is another word."""
    if not bare:
        return ""
    return next((measure for measure, words in _ENDS if re.fullmatch(words, bare.strip("_ "))), None)


def _bare(label: str) -> str:
    short = label[:LONGEST]
    return " ".join(re.sub(r"[{}$:：]", "", short).replace("（", "(").replace("）", ")").lower().split())


# -------------------------------------------------------------------------- measures beside or above numbers

_MEASURES = (
    ("estimate", r"coef(?:ficient)?s?\.?|estimate|b|beta|β|系数"),
    ("std_error", r"std\.? ?err(?:or)?s?\.?|std_?\.?error|s\.?e\.?|standard errors?|标准误"),
    ("statistic", r"[tz]|[tz][- ]?(?:stat\w*|values?|ratios?)\.?|statistic|[tz]值"),
    ("p_value", r"p|p ?> ?\|[tz]\||p[-. ]?values?|pr\(>\|[tz]\|\)|p值"),
    ("ci_low", r"ci_low|conf\.?low|interval from|ci from|lower(?: .*)?|.*2\.5 ?%"),
    ("ci_high", r"ci_high|conf\.?high|interval to|ci to|upper(?: .*)?|.*97\.5 ?%"),
    ("stars", r"stars"),
    ("n_obs", r"n|obs\.?|observations?|n_obs|样本量|观测值"),
    ("mean", r"mean|average|均值|平均值"),
    ("sd", r"sd|s\.d\.|std\.? ?dev\.?|standard deviation|标准差"),
    ("min", r"min(?:imum)?\.?|最小值"),
    ("max", r"max(?:imum)?\.?|最大值"),
    ("median", r"median|p50|中位数"),
    ("variance", r"variance|方差"),
)  # fmt: skip
_BENEATH = frozenset({"std_error", "statistic", "p_value", "ci_low", "ci_high"})
MOMENTS = frozenset({"n_obs", "mean", "sd", "min", "max", "median", "variance"})


def measure(label: str) -> str:
    """
    The measure that a head or a label names, "" where it names none.

    >>> measure("Std. Err."), measure("P>|t|"), measure("wage")
    ('std_error', 'p_value', '')
    """
    bare = _bare(label)
    return next((name for name, words in _MEASURES if re.fullmatch(words, bare)), "")


def beneath(label: str) -> str:
    """
    The measure of a row that belongs to the coefficient above it, "" where the label is a row of its own.

    A single letter does not tell: t, z and p are names of variables too.

    >>> beneath("std. error"), beneath("p-value"), beneath("z"), beneath("N")
    ('std_error', 'p_value', '', '')
    """
    found = measure(label)
    return found if found in _BENEATH and len(_bare(label)) > 1 else ""


# --------------------------------------------------------------------------------------------------- notes

_KINDS = (
    ("std_error", r"standard[- ]errors?|std\.? ?err\w*\.?|s\.e\.s?|\bses?\b|标准误差?|标准错误|稳健标准误"),
    ("statistic", r"\b[tz][- ]?(?:stat\w*|values?|ratios?)|[tz] ?(?:统计量|值)"),
    ("p_value", r"\bp[- ]?values?|p ?值"),
    ("ci", r"confidence intervals?|置信区间"),
)  # fmt: skip
_WHERE = (
    ("(", r"parenthes\w*|round brackets|圆括号|小括号|(?<![方中大花])括号|(?<![方中大花])括弧"),
    ("[", r"square brackets|方括号|中括号|(?<!round )brackets"),
    ("{", r"curly brackets|braces"),
)  # fmt: skip


def below(notes: Iterable[str]) -> dict[str, Below]:
    """
    Which kind of number the notes put into which brackets.

    >>> below(["Robust standard errors in parentheses, p-values in brackets"])
    {'(': 'std_error', '[': 'p_value'}
    """
    found: dict[str, Below] = {}
    for note in notes:
        for clause in re.split(r"[;.。；,，](?!\w)|\band\b|，", note.lower()):
            kind = next((name for name, words in _KINDS if re.search(words, clause)), None)
            where = next((bracket for bracket, words in _WHERE if re.search(words, clause)), None)
            if kind and where:
                found.setdefault(where, kind)  # type: ignore[arg-type]
    return found


_LIMIT = re.compile(
    r"(?P<symbol>(?<![*∗⋆])[*∗⋆]+|[†‡+])\s*(?:[:=]|denotes?|indicates?)?\s*p?\s*[<≤]\s*(?P<p>0?\.\d+)"
)
_SYMBOLS = re.compile(r"[*∗⋆]{1,4}|[†‡]")
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d+)?|0?\.\d+) ?(%|％|percent|per cent)?")


def stars(notes: Iterable[str]) -> dict[str, float]:
    """
    Symbol to the p below which it stands, as the notes say; {} where they say nothing.

    >>> stars(["* p<0.05, ** p<0.01"]), stars(["***, ** and *: significant at 1%, 5% and 10%"])
    ({'*': 0.05, '**': 0.01}, {'***': 0.01, '**': 0.05, '*': 0.1})
    """
    for note in notes:
        found = {_plain_stars(one["symbol"]): float(one["p"]) for one in _LIMIT.finditer(note)}
        if found:
            return found
    return next((found for note in notes if (found := _in_turn(note))), {})


def _in_turn(note: str) -> dict[str, float]:
    """Symbols first, then as many levels in the same order."""
    symbols = [_plain_stars(one.group()) for one in _SYMBOLS.finditer(note)]
    limits = list(_levels(_SYMBOLS.sub(" ", note)))
    if not symbols or len(symbols) != len(limits) or len(set(symbols)) != len(symbols):
        return {}
    return dict(zip(symbols, limits, strict=True))


def _levels(note: str) -> Iterator[float]:
    """10%, 5% and 1%, or 0.1, 0.05; a sign of per cent at the end counts for all before it."""
    found = _PERCENT.findall(note)
    in_percent = any(sign for _, sign in found)
    for digits, _ in found:
        level = round(float(digits) / (100 if in_percent else 1), 6)
        if 0 < level < 0.5:
            yield level


def is_note(label: str) -> bool:
    """Whether a row that begins with *label* is a note beneath the table."""
    return re.fullmatch(r"notes?|remarks?|注释?|说明", _bare(label)) is not None


def _plain_stars(symbol: str) -> str:
    return re.sub("[∗⋆]", "*", symbol)
