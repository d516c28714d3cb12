"""A dynamic panel as a gretl script: names, lists, the dpanel command, how its result is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.spec import DynamicPanel, term

if TYPE_CHECKING:
    from harness.sheet import Sheet

ENTITY, TIME = "entity_", "time_"
_OPEN = 99  # gretl's manual: all lags there are
_SCALARS = (
    *("AR1", "AR2", "hansen", "hansen_df", "sargan", "sargan_df", "wald", "wald_df"),
    *("T", "Tmin", "Tmax", "ninst", "n_included_units", "ncoeff"),
)


def name(column: str) -> str:
    """
    A column as gretl can name it: letters, digits and _, 31 characters at most, a letter first.

    Our own ending keeps it apart from gretl's words (const, e, log, year).

    >>> name("log_emp"), name("year=1980"), name("2nd")
    ('log_emp_', 'year_1980_', 'x2nd_')
    """
    found = re.sub(r"\W", "_", column, flags=re.ASCII)
    return f"{'' if found[:1].isalpha() else 'x'}{found}"[:30] + "_"


def variables(model: DynamicPanel, sheet: Sheet) -> tuple[str, ...]:
    """Every column the script reads, outcome first."""
    gmm = (variable for group in model.gmm_groups().values() for variable in group.variables)
    iv = (variable for group in model.iv_groups().values() for variable in group.variables)
    found = dict.fromkeys([model.outcome, *model.regressors, *gmm, *iv, *sheet.dummies])
    return tuple(column for column in found if column != "time_dummies")


def coefficients(model: DynamicPanel, sheet: Sheet) -> list[str]:
    """Terms in gretl's order: lags of the outcome, then the list as it is written."""
    first, last = model.regressors[model.outcome]
    found = [term(model.outcome, lag) for lag in range(first, last + 1)]
    for variable, (low, high) in _others(model).items():
        found += [term(variable, lag) for lag in range(low, high + 1)]
    return [*found, *sheet.dummies, *(["constant"] if sheet.constant else [])]


def script(model: DynamicPanel, sheet: Sheet, data: str, answer: str | None) -> str:
    """
    The whole script; *answer* is the file for the numbers, None prints the model instead.

    Paths are absolute where it is to be run: gretl has a folder of its own for the others.
    """
    head = ["set verbose off", f'open "{data}" --quiet', f"setobs {ENTITY} {TIME} --panel-vars"]
    command = _command(model, sheet)
    return "\n".join([*head, command] if answer is None else [*head, f"{command} --quiet", *_written(answer)])


def _command(model: DynamicPanel, sheet: Sheet) -> str:
    first, last = model.regressors[model.outcome]
    order = str(last) if first == 1 else "{" + ",".join(str(lag) for lag in range(first, last + 1)) + "}"
    regressors = [_lags(variable, *lags) for variable, lags in _others(model).items()]
    regressors += [name(dummy) for dummy in sheet.dummies]
    regressors += ["const"] if sheet.constant else []
    equation = " ".join([name(model.outcome), *regressors])
    instruments = " ".join([*_gmm(model, sheet), *_iv(model, sheet)])
    return " ".join([f"dpanel {order} ; {equation} ; {instruments}", *_options(model)])


def _others(model: DynamicPanel) -> dict[str, tuple[int, int]]:
    return {variable: lags for variable, lags in model.regressors.items() if variable != model.outcome}


def _lags(variable: str, first: int, last: int) -> str:
    """x, x(-1) or x(0 to -2)."""
    if first == last:
        return f"{name(variable)}{f'(-{first})' if first else ''}"
    return f"{name(variable)}({-first} to {-last})"


def _gmm(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    """In levels a group of both equations has the difference at lag `first - 1`, one of levels alone all."""
    for group in model.gmm_groups().values():
        first, last = group.lags
        for column in map(name, group.variables):
            if group.equation != "level":
                yield f"GMM({column},{first},{_OPEN if last is None else last})"
            if group.equation == "both":
                yield f"GMMlevel({column},{first - 1},{first - 1})"
            if group.equation == "level":
                yield f"GMMlevel({column},{first - 1},{_OPEN if last is None else last - 1})"


def _iv(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    for group in model.iv_groups().values():
        for variable, lags in group.variables.items():
            for column in sheet.dummies if variable == "time_dummies" else (variable,):
                yield _lags(column, *lags)


def _options(model: DynamicPanel) -> Iterator[str]:
    options = (
        (model.estimator == "system", "--system"),
        (model.steps == 2, "--two-step"),
        (model.std_error == "conventional", "--asymptotic"),
        (model.h == 2 and model.estimator == "system", "--dpdstyle"),
        (any(group.collapse for group in model.gmm_groups().values()), "--collapse"),
    )
    return (text for holds, text in options if holds)


def _written(answer: str) -> Iterator[str]:
    """Every number with 17 digits, a line a name."""
    yield "bundle found = $model"
    yield f'outfile "{answer}" --quiet'
    for scalar in _SCALARS:
        yield f'if inbundle(found, "{scalar}")'
        yield f'  printf "{scalar} %.17g\\n", found.{scalar}'
        yield "endif"
    for matrix in ("coeff", "vcv"):
        yield f"matrix part = vec(found.{matrix})"
        yield f'printf "{matrix}"'
        yield "loop i=1..rows(part) --quiet"
        yield '  printf " %.17g", part[i]'
        yield "endloop"
        yield 'printf "\\n"'
    yield "end outfile"
