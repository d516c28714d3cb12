"""What Stata has printed already: a column's regression in a log or in esttab's table, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness import printed
from harness.errors import EstimationError, Unsupported
from harness.result import Cell, Estimates, NotOffered, PrintedCell
from harness.spec import DynamicPanel, Estimated, Linear, terms
from harness.tables.terms import term as read_term

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel
    from harness.statalog import Logged

_LAGGED = re.compile(r"L(?P<lag>\d*)(?P<rest>D\d*)?\.(?P<name>.+)")
_VALUE = re.compile(r"(?P<value>[^.]+?)b?n?\.(?P<name>.+)")
_YEAR = re.compile(r"_?I?(?:[A-Za-z]+?)_?(?P<value>\d{1,4})")  # yr1980, year1980, _Iyear_1980
_GROUP = re.compile(r"(?P<test>diff_hansen|hansen_excl)_(?P<kind>gmm|iv)#(?P<place>\d+)")
_MEASURES = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
_WHY = "the log does not show it"


def translate(model: AnyModel, sheet: Sheet) -> str:
    """The file and the command that the log echoes. Raises Unsupported where no log is named."""
    log = _log(sheet)
    return f"{log.file}, line {log.regression.line}: {log.regression.command or log.regression.outcome}"


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    The numbers of the log; `printed` holds them as text, since they are known to their last digit only.

    A name of the log that is no term of the column goes to `as_printed`, with a warning. Raises Unsupported
    where no log is named, EstimationError where the log has no coefficient of the column.
    """
    log = _log(sheet)
    found = [_addressed(cell, model, log) for cell in log.regression.cells]
    if not any(cell.part == "coefficients" for cell in found):
        names = ", ".join(dict.fromkeys(c.term for c in log.regression.cells if c.part == "coefficients"))
        raise EstimationError(
            f"{log.file}: the regression in line {log.regression.line} has no coefficient of this column, "
            f"only {names}. Say under log.names what they are, or name another regression"
        )
    shown = tuple(cell for cell in found if cell.part != "as_printed")
    return Estimates(
        cells=tuple(Cell(c.part, c.term, c.measure, float(printed.read(c.text).value)) for c in found),
        not_offered=tuple(_not_offered(shown)),
        warnings=tuple(_warnings(found, log)),
        printed=shown,
    )


def versions() -> tuple[str, str]:
    """("as printed", "Stata"): the version of Stata does not stand in its output."""
    return "as printed", "Stata"


def _log(sheet: Sheet) -> Logged:
    if sheet.log is None:
        raise Unsupported("the spec names no log for this column. Name one: log: {file: ..., sha256: ...}")
    return sheet.log


# ---------------------------------------------------------------------------------------------- addresses


def _addressed(cell: PrintedCell, model: AnyModel, log: Logged) -> PrintedCell:
    """The cell under the spec's words; what has none there goes to as_printed."""
    if cell.part == "coefficients":
        term = _term(cell.term, model, log)
    elif cell.part == "tests":
        term = _test(cell.term, model, log)
    else:
        variant = log.variants.get(cell.measure)
        return cell._replace(measure=f"{cell.measure}@{variant}") if variant else cell
    if term is None:
        return cell._replace(part="as_printed", term=f"{log.file}: {cell.term}")
    return cell._replace(term=term)


def _test(name: str, model: AnyModel, log: Logged) -> str | None:
    group = _GROUP.fullmatch(name)
    if group is None:
        variant = log.variants.get(name)
        return f"{name}@{variant}" if variant else name
    if not isinstance(model, DynamicPanel):
        return None
    groups = list(model.gmm_groups() if group["kind"] == "gmm" else model.iv_groups())
    tested = {c.term for c in log.regression.cells if c.term.startswith(f"diff_hansen_{group['kind']}#")}
    if len(tested) != len(groups):  # which of them is meant cannot be told
        return None
    return f"{group['test']}_{groups[int(group['place']) - 1]}"


def _term(name: str, model: AnyModel, log: Logged) -> str | None:
    """The term that Stata's name means, None where the column has none such."""
    known = _known(model, log.time) if isinstance(model, Estimated) else set()
    return next((term for term in _readings(name, log) if _is_known(term, known)), None)


def _readings(name: str, log: Logged) -> Iterator[str]:
    """What *name* may be called here, the surest first."""
    if name in log.names:
        yield log.names[name]
    lagged = _LAGGED.fullmatch(name)
    if lagged:
        base = f"{lagged['rest']}.{lagged['name']}" if lagged["rest"] else lagged["name"]
        yield f"L{lagged['lag'] or 1}.{log.names.get(base, base)}"
    yield read_term(name).name
    value = _VALUE.fullmatch(name)
    if value:
        yield f"{log.names.get(value['name'], value['name'])}={value['value']}"
    year = _YEAR.fullmatch(name)
    if year and log.time:
        yield f"{log.time}={year['value']}"
    yield name


def _known(model: Estimated, time: str) -> set[str]:
    """The terms of the column; `year=` stands for a dummy of every year."""
    known = {term for term, _, _ in terms(model.regressors)}
    known |= {"constant"} if model.has_constant else set()
    dummies = model.dummies if isinstance(model, Linear) else {}
    for column, values in {**dummies, time: model.time_dummies}.items():
        known |= {f"{column}="} if values == "all" else {f"{column}={value}" for value in values}
    return known


def _is_known(term: str, known: set[str]) -> bool:
    return term in known or (f"{term.partition('=')[0]}=" in known and "=" in term)


# ------------------------------------------------------------------------------------- what is not there


def _not_offered(shown: tuple[PrintedCell, ...]) -> Iterator[NotOffered]:
    """A log shows what it shows; only a coefficient that the column has and the log has not is missing."""
    here = {cell.measure for cell in shown if cell.part == "coefficients"}
    yield from (NotOffered("coefficients", "*", name, _WHY) for name in _MEASURES if name not in here)
    yield from (NotOffered(part, "*", "*", _WHY) for part in ("covariance", "tests", "fit"))


def _warnings(found: list[PrintedCell], log: Logged) -> Iterator[str]:
    lost = dict.fromkeys(
        cell.term.removeprefix(f"{log.file}: ") for cell in found if cell.part == "as_printed"
    )
    if lost:
        yield f"{log.file}: no term of this column is called {', '.join(lost)}; log.names says what they are"
