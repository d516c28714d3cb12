"""Logs in Stata's layout, made from tables that are printed: golden/<spec>/published.csv says the numbers.

The layout is that of the listings in Roodman (2009), Stata Journal 9(1), 86-136, and of the manuals [R] regress,
[XT] xtreg, [XT] xtabond and [XT] xtdpdsys postestimation.
"""

import csv
from collections.abc import Iterator, Mapping

from conftest import ROOT

RULE = "-" * 78
_HEADS = {
    "z": "z    P>|z|     [95% Conf. Interval]",
    "t": "t    P>|t|     [95% Conf. Interval]",
}
Cells = dict[tuple[str, str, str], str]


def cells(identifier: str, column: str) -> Cells:
    """(part, term, measure) to text, in order of print."""
    with (ROOT / f"golden/{identifier}/published.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["part"], row["term"], row["measure"]): row[column] for row in rows if row[column]}


def coefficients(
    printed: Cells, names: Mapping[str, str], outcome: str, statistic: str = "z", above: str = "Robust"
) -> str:
    """The table of coefficients; what is not printed is a point, as Stata shows a missing number."""
    terms = dict.fromkeys(term for part, term, _ in printed if part == "coefficients")
    lines = [RULE, f"             |               {above}"]
    lines.append(f"{outcome:>12} |      Coef.   Std. Err.      {_HEADS[statistic]}")
    lines += ["-------------+" + "-" * 64, *_rows(printed, terms, names), RULE]
    return "\n".join(lines)


def _rows(printed: Cells, terms: Mapping[str, None], names: Mapping[str, str]) -> Iterator[str]:
    lagged = {term.partition(".")[2] for term in terms if term.startswith("L")}
    block = ""
    for term in terms:
        lag, _, variable = term.rpartition(".")
        name = names.get(term, names.get(variable, variable))
        if block and variable != block:
            yield "             |"
            block = ""
        if variable in lagged:
            if variable != block:
                yield f"{name:>12} |"
                block = variable
            name = f"{lag or '--'}."
        yield f"{name:>12} |{numbers(printed, term)}"


def numbers(printed: Cells, term: str) -> str:
    """The six numbers of a row."""

    def shown(measure: str) -> str:
        return printed.get(("coefficients", term, measure), ".")

    return (
        f"  {shown('estimate'):>9}   {shown('std_error'):>8} {shown('statistic'):>8}   {shown('p_value'):>5} "
        f"   {shown('ci_low'):>9}   {shown('ci_high'):>9}"
    )


def xtabond2(printed: Cells, names: Mapping[str, str], groups: Mapping[str, str]) -> str:
    """
    What xtabond2 prints.

    groups : name of a tested group of instruments to how xtabond2 calls it
    """

    def at(*key: str) -> str:
        return printed.get(key, ".")  # type: ignore[call-overload]

    small = ("tests", "f", "statistic") in printed
    test = "f" if small else "wald"
    joint = (
        f"F({at('tests', 'f', 'df')}, {at('tests', 'f', 'df2')})"
        if small
        else f"Wald chi2({at('tests', 'wald', 'df')})"
    )
    joint_p = "Prob > F     " if small else "Prob > chi2  "
    lines = [
        "Dynamic panel-data estimation, one-step system GMM",
        RULE,
        f"Group variable: id                              Number of obs      = {at('fit', 'model', 'n_obs'):>9}",
        f"Time variable : year                            Number of groups   = {at('fit', 'model', 'n_groups'):>9}",
        f"Number of instruments = {at('fit', 'model', 'n_instruments'):<12}"
        f"            Obs per group: min = {at('fit', 'model', 't_min'):>9}",
        f"{joint:<13} = {at('tests', test, 'statistic'):>9}                                      "
        f"avg = {at('fit', 'model', 't_avg'):>9}",
        f"{joint_p} = {at('tests', test, 'p_value'):>9}                                      "
        f"max = {at('fit', 'model', 't_max'):>9}",
        coefficients(printed, names, "n", "t" if small else "z"),
        "Instruments for first differences equation",
        "  GMM-type (missing=0, separate instruments for each period unless collapsed)",
        "    L(2/8).(n w k)",
        RULE,
    ]
    for order in ("1", "2"):
        lines.append(
            f"Arellano-Bond test for AR({order}) in first differences: z = {at('tests', f'ar{order}', 'statistic'):>6}"
            f"  Pr > z = {at('tests', f'ar{order}', 'p_value'):>6}"
        )
    lines.append(RULE)
    for name, words in (("sargan", "Sargan"), ("hansen_j", "Hansen")):
        lines.append(f"{words} test of overid. restrictions: {_chi2(printed, name)}")
    lines += ["", "Difference-in-Hansen tests of exogeneity of instrument subsets:"]
    for group, words in groups.items():
        lines.append(f"  {words}")
        lines.append(f"    Hansen test excluding group:     {_chi2(printed, f'hansen_excl_{group}')}")
        lines.append(f"    Difference (null H = exogenous): {_chi2(printed, f'diff_hansen_{group}')}")
    return "\n".join(lines) + "\n"


def _chi2(printed: Cells, name: str) -> str:
    df, statistic, p = (printed.get(("tests", name, m), ".") for m in ("df", "statistic", "p_value"))
    return f"chi2({df})   ={statistic:>7}  Prob > chi2 ={p:>7}"


def xtdpdsys(printed: Cells, names: Mapping[str, str]) -> str:
    """What xtdpdsys prints, and then estat abond, artests(4)."""
    orders = ("1", "2", "3", "4")
    rows = [
        f"  |{order:>4}  |{printed['tests', f'ar{order}', 'statistic']:>8}"
        f"{printed['tests', f'ar{order}', 'p_value']:>8} |"
        for order in orders
    ]
    return "\n".join(
        [
            "System dynamic panel-data estimation            Number of obs         =         .",
            "Group variable: id                              Number of groups      =         .",
            "Time variable: year",
            f"                                                Obs per group:    avg = {printed['fit', 'model', 't_avg']:>9}",
            "",
            f"Number of instruments = {printed['fit', 'model', 'n_instruments']:>6}                  "
            f"Wald chi2({printed['tests', 'wald', 'df']})         =         .",
            "One-step results",
            coefficients(printed, names, "n"),
            "Instruments for differenced equation",
            "        GMM-type: L(2/.).n",
            "",
            ". estat abond, artests(4)",
            "",
            "Arellano-Bond test for zero autocorrelation in first-differenced errors",
            "  +-----------------------+",
            "  |Order |  z     Prob > z|",
            "  |------+----------------|",
            *rows,
            "  +-----------------------+",
            "   H0: no autocorrelation",
            "",
        ]
    )


def regress(printed: Cells, names: Mapping[str, str]) -> str:
    """What regress prints."""

    def fit(measure: str) -> str:
        return printed["fit", "model", measure]

    df = printed["tests", "f", "df"]
    lines = [
        f"      Source |       SS       df       MS              Number of obs = {fit('n_obs'):>7}",
        f"-------------+------------------------------           F({df:>3},{fit('df_resid'):>6}) = "
        f"{printed['tests', 'f', 'statistic']:>7}",
        f"       Model |  {fit('mss')}    {df}  83.9573733           Prob > F      = "
        f"{printed['tests', 'f', 'p_value']:>7}",
        f"    Residual |  {fit('ssr')}   {fit('df_resid')}  .010318506           R-squared     = {fit('r_squared'):>7}",
        f"-------------+------------------------------           Adj R-squared = {fit('adj_r_squared'):>7}",
        f"       Total |  {fit('tss')}   750   1.8011890           Root MSE      = {fit('rmse'):>7}",
        "",
        coefficients(printed, names, "n", "t", above=""),
    ]
    return "\n".join(lines) + "\n"
