"""Dynamic panels as a Stata do-file with xtabond2: a translation only, nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from harness.engines import stata_text
from harness.errors import NotInstalled, Unsupported
from harness.spec import DynamicPanel, GmmGroup, IvGroup

if TYPE_CHECKING:
    from harness.result import Estimates
    from harness.sheet import Sheet
    from harness.spec import AnyModel, Spec

_EQUATIONS = {"difference": "diff", "level": "level"}


def translate(model: AnyModel, sheet: Sheet) -> str:
    """
    A do-file that reads the sheet's columns from d.csv and estimates. Raises Unsupported.

    Options as in the help file of xtabond2 3.7 (Roodman).
    """
    model = _accepted(model, sheet)
    lines = ['import delimited "d.csv", case(preserve) clear', *_panel(sheet), *_dummies(sheet)]
    condition = f" if {stata_text.name(sheet.sampled)}" if sheet.sampled else ""
    return "\n".join([*lines, _command(model, sheet, condition)])


def script(spec: Spec, column: str, model: AnyModel, sheet: Sheet) -> str:
    """The same from the data file on, with `derive` and `sample` in Stata's words where it has them."""
    model = _accepted(model, sheet)
    data = spec.data
    lines = [f"* {spec.id}, {column}", f'import delimited "{data.file}", case(preserve) clear']
    lines += [
        f"rename {stata_text.name(header)} {stata_text.name(new)}" for new, header in data.columns.items()
    ]
    lines += _panel(sheet)
    for name, expression in spec.derive.items():
        lines += stata_text.derived(name, expression)
    condition, kept = stata_text.sample(model.sample)
    if model.sample and model.lags_from == "sample":
        lines += [*kept, f"keep if {condition}"] if condition else kept
        condition = ""
    elif model.sample:
        lines += kept
    lines += _dummies(sheet)
    return "\n".join([*lines, _command(model, sheet, f" if {condition}" if condition else "")])


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """Raises NotInstalled, and Unsupported before that for what xtabond2 cannot do."""
    _accepted(model, sheet)
    _not_installed()


def versions() -> tuple[str, str]:
    """Raises NotInstalled."""
    _not_installed()


def _not_installed() -> NoReturn:
    raise NotInstalled("Stata is not installed. The do-file: harness show SPEC --engine stata-xtabond2")


def _accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel:
    if not isinstance(model, DynamicPanel):
        raise Unsupported(f"xtabond2 has no model of the kind '{model.model}'.")
    reason = _why_not(model, sheet)
    if reason:
        raise Unsupported(reason)
    return model


def _why_not(model: DynamicPanel, sheet: Sheet) -> str | None:
    small = model.small_sample in ("stata", "xtabond2-2009")
    checks = (
        (
            sheet.entity is None or sheet.time is None,
            "xtabond2 needs data.panel: an entity and a time column.",
        ),
        (model.steps == "iterated", "xtabond2 has one step or two, it does not iterate."),
        (
            model.sigma2 != "n" and model.std_error == "conventional" and model.steps == 1,
            "xtabond2 divides the residual sum of squares by N, not by N - K as xtabond does.",
        ),
        (
            model.small_sample != "none" and not small,
            f"xtabond2 has no small-sample factor '{model.small_sample}', only its own (small).",
        ),
        (
            small != (model.reference_distribution == "t-groups"),
            "xtabond2's small sets both the factor on the covariance and t with G - 1 degrees of freedom.",
        ),
        (model.reference_distribution == "t-residual", "xtabond2 has no t distribution with N - K."),
        (
            model.estimator == "difference" and sheet.constant,
            "xtabond2 has no constant in the differenced equation.",
        ),
    )
    return next((sentence for holds, sentence in checks if holds), None)


# ----------------------------------------------------------------------------------------------- the do-file


def _panel(sheet: Sheet) -> Iterator[str]:
    """xtset takes numbers only: entities are numbered, whatever they are."""
    entity, time = (stata_text.name(str(key).removesuffix(".key")) for key in (sheet.entity, sheet.time))
    yield f"egen long entity_ = group({entity})"
    yield f"xtset entity_ {time}" + (f", delta({sheet.step})" if sheet.step != 1 else "")


def _dummies(sheet: Sheet) -> Iterator[str]:
    time = stata_text.name(str(sheet.time).removesuffix(".key"))
    for term in sheet.dummies:
        yield f"generate byte {stata_text.name(term)} = {time} == {term.rpartition('=')[2]}"


def _command(model: DynamicPanel, sheet: Sheet, condition: str) -> str:
    regressors = [stata_text.lags(name, *lags) for name, lags in model.regressors.items()]
    words = [stata_text.name(model.outcome), *regressors, *(stata_text.name(term) for term in sheet.dummies)]
    weight = f" [aweight={stata_text.name(sheet.weights)}]" if sheet.weights else ""
    instruments = [_gmm(group, model) for group in model.gmm_groups().values()]
    instruments += [_iv(group, model, sheet) for group in model.iv_groups().values()]
    options = " ".join(_options(model, sheet))
    lines = [f"xtabond2 {' '.join(words)}{condition}{weight},", *instruments]
    return " ///\n    ".join([*lines, options] if options else lines)


def _gmm(group: GmmGroup, model: DynamicPanel) -> str:
    first, last = group.lags
    options = [f"laglimits({first} {'.' if last is None else last})"]
    options += ["collapse"] if group.collapse else []
    options += _equation(str(group.equation), model)
    return f"gmm({' '.join(map(stata_text.name, group.variables))}, {' '.join(options)})"


def _iv(group: IvGroup, model: DynamicPanel, sheet: Sheet) -> str:
    words: list[str] = []
    for variable, lags in group.variables.items():
        names = sheet.dummies if variable == "time_dummies" else (variable,)
        words += [stata_text.lags(name, *lags) for name in names]
    options = _equation(str(group.equation), model)
    return f"iv({' '.join(words)}{', ' if options else ''}{' '.join(options)})"


def _equation(equation: str, model: DynamicPanel) -> list[str]:
    """What is not xtabond2's default: both in a system; a difference estimator has one equation only."""
    known = model.estimator == "system" and equation in _EQUATIONS
    return [f"equation({_EQUATIONS[equation]})"] if known else []


def _options(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    """Those of the command as a whole; what is xtabond2's default is left out."""
    difference = model.estimator == "difference"
    options = (
        (difference, "noleveleq"),
        (not difference and not sheet.constant, "noconstant"),
        (model.transformation != "first-difference", "orthogonal"),
        (model.steps == 2, "twostep"),
        (model.std_error in ("robust", "windmeijer"), "robust"),
        (model.std_error == "cluster", f"cluster({' '.join(_cluster(sheet))})"),
        (model.small_sample != "none", "small"),
        (model.h != 3, f"h({model.h})"),
        (model.principal_components is not None, f"pca components({model.principal_components})"),
        (model.ar_order != 2, f"artests({model.ar_order})"),
        (model.ci_level != 0.95, f"level({100 * model.ci_level:g})"),
    )
    return (text for holds, text in options if holds)


def _cluster(sheet: Sheet) -> Iterator[str]:
    for column in sheet.cluster:
        yield "entity_" if column == sheet.entity else stata_text.name(column.removesuffix(".key"))
