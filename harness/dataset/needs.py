"""Which columns of the data file a spec asks for, and where."""

from collections.abc import Iterator

from harness.errors import DataError
from harness.expression import ExpressionError, names, parse
from harness.spec import (
    Agglomeration,
    AnyModel,
    Constructed,
    Descriptive,
    DynamicPanel,
    Estimated,
    FuzzySet,
    Index,
    Linear,
    Spec,
    StaticPanel,
)


def needed(spec: Spec) -> dict[str, str]:
    """
    Column name to the place in the spec that asks for it first, in the order of the spec.

    What `derive` makes is not asked of the file, but where it is used before it is made.
    """
    asked: dict[str, str] = {}
    made: set[str] = set()
    for place, name in _keys(spec):
        if name not in spec.derive:
            asked.setdefault(name, place)
    for new, text in spec.derive.items():
        for name in sorted(names_in(text, f"{spec.path}: derive.{new}") - made):
            asked.setdefault(name, f"derive.{new}")
        made.add(new)
    for column, model in spec.columns.items():
        for place, name in used(model, f'{spec.path}: column "{column}": sample'):
            if name not in made and not _is_dummy(name, spec):
                asked.setdefault(name, f'column "{column}": {place}')
    return asked


def names_in(text: str, place: str) -> set[str]:
    """The columns that an expression refers to. Raises DataError where it is none."""
    try:
        return names(parse(text))
    except ExpressionError as error:
        raise DataError(f"{place}: {error.message} (character {error.position + 1})") from None


def _keys(spec: Spec) -> Iterator[tuple[str, str]]:
    yield from ((f"data.checks.{name}", name) for name in spec.data.checks)
    yield from (("data.one_of", name) for names in spec.data.one_of for name in names)
    panel = spec.data.panel
    if panel is not None:
        yield "data.panel.entity", panel.entity
        yield "data.panel.time", panel.time
        if panel.group is not None:
            yield "data.panel.group", panel.group


def _is_dummy(name: str, spec: Spec) -> bool:
    """Whether *name* is the term of a time dummy, which is made later."""
    return spec.data.panel is not None and name.startswith(f"{spec.data.panel.time}=")


def used(model: AnyModel, place: str) -> Iterator[tuple[str, str]]:
    """(key of the model, column) for every column that *model* refers to; *place* is for its `sample`."""
    if model.sample is not None:
        yield from (("sample", name) for name in sorted(names_in(model.sample, place)))
    if isinstance(model, Descriptive):
        yield from (("variables", name) for name in model.variables)
        if model.by is not None:
            yield "by", model.by
        return
    if isinstance(model, FuzzySet):
        yield from _sets(model)
        return
    if isinstance(model, Constructed):
        yield from _constructed(model)
        return
    yield from _estimated(model)
    if isinstance(model, DynamicPanel):
        yield from _instruments(model)
    if isinstance(model, StaticPanel | Linear):
        yield from (("endogenous", name) for name in model.endogenous)
        yield from (("instruments", name) for name in model.instruments)
    if isinstance(model, Linear):
        yield from (("dummies", name) for name in model.dummies)


def _constructed(model: Constructed) -> Iterator[tuple[str, str]]:
    if isinstance(model, Index):
        yield from (("indicators", name) for name in model.indicators if name not in model.composites)
        for name, composite in model.composites.items():
            yield from ((f"composites.{name}", part) for part in composite.indicators)
    elif isinstance(model, Agglomeration):
        yield from (("share", name) for name in model.share)
        yield from (("coordinates", name) for name in model.coordinates)
    else:
        yield "of", model.of


def _estimated(model: Estimated) -> Iterator[tuple[str, str]]:
    yield "outcome", model.outcome
    yield from (("regressors", name) for name in model.regressors)
    if model.weights is not None:
        yield "weights", model.weights
    yield from (("cluster", name) for name in model.cluster if name not in ("entity", "time"))


def _sets(model: FuzzySet) -> Iterator[tuple[str, str]]:
    for name in model.sets:
        column = model.calibrated(name).column
        place = "outcome" if name == model.outcome_set else "conditions"
        yield (place if column == name else f"calibration.{name}.column"), str(column)
    if model.case is not None:
        yield "case", model.case


def _instruments(model: DynamicPanel) -> Iterator[tuple[str, str]]:
    for group, gmm in model.gmm_groups().items():
        yield from ((f"instruments.gmm.{group}", name) for name in gmm.variables)
    for group, iv in model.iv_groups().items():
        yield from ((f"instruments.iv.{group}", name) for name in iv.variables if name != "time_dummies")
