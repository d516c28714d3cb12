"""Rows to the sheet of one model: lags, sample, complete rows, keys, dummies."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from harness.dataset import configurations, construction, design
from harness.dataset.collinear import varies
from harness.dataset.design import Equation, Family
from harness.dataset.evaluation import evaluate, is_true
from harness.dataset.needs import used
from harness.dataset.rows import Floats, Integers, Mask, PanelIndex, Rows, located
from harness.dataset.transformation import demeaned, dense, differenced, group_means, twice_demeaned
from harness.errors import DataError
from harness.expression import parse
from harness.sheet import Sheet
from harness.spec import (
    AnyModel,
    Constructed,
    Descriptive,
    DynamicPanel,
    Estimated,
    FuzzySet,
    Linear,
    StaticPanel,
    term,
    terms,
)

Static = StaticPanel | Linear


def sheet(model: AnyModel, rows: Rows, memory_mb: int) -> Sheet:
    """
    The sheet of *model*. Raises DataError.

    memory_mb : dummies that would take more than this are refused before they are built
    """
    sampled = in_sample(model, rows)
    if isinstance(model, Descriptive):
        return _descriptive(model, rows.where(sampled))
    if isinstance(model, FuzzySet):
        return configurations.sheet(model, rows, sampled)
    if isinstance(model, Constructed):
        return construction.sheet(model, rows.where(sampled))
    if model.lags_from == "sample":
        rows, sampled = rows.where(sampled), np.ones(int(sampled.sum()), dtype=bool)
    if isinstance(model, DynamicPanel):
        return _dynamic(model, rows, sampled)
    return _static(model, rows, sampled, memory_mb)


def in_sample(model: AnyModel, rows: Rows) -> Mask:
    """Where `sample` is true; everywhere where there is none."""
    if model.sample is None:
        return np.ones(len(rows), dtype=bool)
    with located("sample"):
        kept = is_true(evaluate(parse(model.sample), rows))
        if not kept.any():
            raise DataError(f"'{model.sample}' is true in none of {len(rows)} rows. Widen the sample")
    return kept


def _numbers(rows: Rows, name: str, place: str) -> Floats:
    with located(f"{place}: {name}"):
        return rows.numbers(name)


# ---------------------------------------------------------------------------------------------- descriptive


def _descriptive(model: Descriptive, rows: Rows) -> Sheet:
    columns: dict[str, Any] = {name: _numbers(rows, name, "variables") for name in model.variables}
    if model.by is not None:
        columns[model.by] = _labels(rows, model.by, "by")
    return Sheet(frame=_frame(columns, _order(rows)))


def _labels(rows: Rows, name: str, place: str) -> np.ndarray[Any, Any]:
    """Values of a grouping column: text, integers where all are whole, else floats; none is missing."""
    absent = rows.column(name).isna().to_numpy(dtype=bool)
    if absent.any():
        raise DataError(
            f"{place}: '{name}' is missing in {rows.first(absent)}. Write sample: not is_missing({name})"
        )
    if rows.is_text(name):
        return rows.column(name).to_numpy(dtype=object)
    values = rows.numbers(name)
    whole = bool((values == np.floor(values)).all())
    return values.astype(np.int64) if whole else values


def _order(rows: Rows) -> Integers:
    """Positions by entity and time; of no panel: as in the file."""
    return rows.index.order if rows.panel is not None else np.arange(len(rows))


def _frame(columns: Mapping[str, Any], positions: Integers) -> pd.DataFrame:
    return pd.DataFrame({name: values[positions] for name, values in columns.items()})


# --------------------------------------------------------------------------------------------------- static


def _static(model: Static, rows: Rows, sampled: Mask, memory_mb: int) -> Sheet:
    columns = _terms(model, rows)
    if model.weights is not None:
        columns.setdefault(model.weights, _numbers(rows, model.weights, "weights"))
    complete = _complete(_needed_values(model, columns), sampled)
    _need_positive_weights(model, columns, complete, rows)
    kept, flag = _with_predecessors(model, columns, complete, sampled, rows)
    sampled_name = None if flag is None else _free("sampled", columns)
    if sampled_name is not None:
        columns[sampled_name] = flag
    made = replace(
        _keyed(model, rows, columns, kept),
        regressors=_regressors(model),
        endogenous=tuple(name for name, _, _ in terms(model.endogenous)),
        instruments=_instruments(model),
        sampled=sampled_name,
    )
    made = _with_static_dummies(model, made, rows, kept, memory_mb)
    _need_estimable(model, made)
    return made


def _terms(model: Static, rows: Rows) -> dict[str, Any]:
    """Outcome, regressors and instruments on all *rows*, lags taken."""
    lagged = {model.outcome: ("outcome", model.outcome, 0)}
    lagged |= {name: ("regressors", variable, lag) for name, variable, lag in terms(model.regressors)}
    lagged |= {name: ("endogenous", variable, lag) for name, variable, lag in terms(model.endogenous)}
    for variable, instrument in model.instruments.items():
        for name, _, lag in terms({variable: instrument.lags}):
            lagged.setdefault(name, ("instruments", variable, lag))
    return {name: _lagged(rows, place, variable, lag) for name, (place, variable, lag) in lagged.items()}


def _lagged(rows: Rows, place: str, variable: str, lag: int) -> Floats:
    values = _numbers(rows, variable, place)
    if lag == 0:
        return values
    with located(f"{place}: {term(variable, lag)}"):
        return rows.index.lag(values, lag)


def _regressors(model: Static) -> tuple[str, ...]:
    """Terms in order of print; endogenous ones that `regressors` does not list come after the others."""
    listed = [name for name, _, _ in (*terms(model.regressors), *terms(model.endogenous))]
    return tuple(dict.fromkeys(listed))


def _instruments(model: Static) -> dict[str, bool]:
    return {
        name: instrument.level
        for variable, instrument in model.instruments.items()
        for name, _, _ in terms({variable: instrument.lags})
    }


def _is_differenced(model: Estimated) -> bool:
    return isinstance(model, StaticPanel) and model.estimator == "first-difference"


def _needed_values(model: Static, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What a row cannot lack. An instrument in levels is only needed where a difference is used."""
    loose = {name for name, level in _instruments(model).items() if level and _is_differenced(model)}
    loose -= {model.outcome, *_regressors(model)}
    return {name: values for name, values in columns.items() if name not in loose}


def _complete(columns: Mapping[str, Floats], sampled: Mask) -> Mask:
    """The rows of the sample that lack nothing. Raises DataError where there are none."""
    complete = sampled.copy()
    for name, values in columns.items():
        absent = np.isnan(values)
        if absent[sampled].all():
            raise DataError(f"'{name}' has no value in the {int(sampled.sum())} rows of the sample. {_MEND}")
        complete &= ~absent
    if not complete.any():
        scarce = min(columns, key=lambda name: int((~np.isnan(columns[name][sampled])).sum()))
        present = int((~np.isnan(columns[scarce][sampled])).sum())
        raise DataError(
            f"no row of the sample has every variable; '{scarce}' has only {present} of "
            f"{int(sampled.sum())} values. {_MEND}"
        )
    return complete


_MEND = "Leave it out, or widen the sample"


def _need_positive_weights(model: Static, columns: Mapping[str, Floats], complete: Mask, rows: Rows) -> None:
    if model.weights is None:
        return
    wrong = complete & ~(columns[model.weights] > 0)
    if wrong.any():
        raise DataError(
            f"weights: '{model.weights}' is not positive in {rows.first(wrong)}. "
            f"Write sample: {model.weights} > 0"
        )


def _with_predecessors(
    model: Static, columns: Mapping[str, Floats], complete: Mask, sampled: Mask, rows: Rows
) -> tuple[Mask, Floats | None]:
    """
    The rows that a difference needs, and a flag of those whose differences are used.

    Only first differences need more than the complete rows: with `lags_from: data` the row before, even
    outside the sample. No flag where every row kept is used.
    """
    if not _is_differenced(model):
        return complete, None
    assert isinstance(model, StaticPanel)
    everywhere = np.ones(len(rows), dtype=bool)
    whole = _complete(_needed_values(model, columns), everywhere)
    before = _before(rows.index, whole, by_row=model.gaps == "by-row")
    usable = complete & (before >= 0)
    for name in _instruments(model):
        usable &= ~np.isnan(columns[name])
    kept = complete.copy()
    kept[before[usable]] = True
    followed = _before(rows.index, kept, by_row=model.gaps == "by-row") >= 0
    flag_needed = bool((kept & followed & ~usable).any())
    return kept, usable.astype(np.float64) if flag_needed else None


def _before(index: PanelIndex, whole: Mask, by_row: bool) -> Integers:
    """Position of the row that a difference starts from, among the rows *whole*; -1 where there is none."""
    at = np.flatnonzero(whole)
    inner = index.where(whole)
    found = inner.previous() if by_row else inner.earlier(1)
    before = np.full(len(whole), -1, dtype=np.int64)
    before[at] = np.where(found >= 0, at[found], -1)
    return before


# ----------------------------------------------------------------------------------------------------- keys


def _keyed(model: Estimated, rows: Rows, columns: dict[str, Any], kept: Mask) -> Sheet:
    """A sheet of *columns* and the keys on the rows *kept*, sorted; regressors are still to be named."""
    order = _order(rows)
    positions = order[kept[order]]
    frame = _frame(columns, positions)
    chosen = replace(rows, frame=rows.frame.iloc[positions])
    keys = _Keys(frame, {})
    if rows.panel is not None:
        keys.add("entity", rows.panel.entity, dense(rows.index.entity[positions]))
        keys.add("time", rows.panel.time, rows.index.time[positions])
    if isinstance(model, StaticPanel) and "group" in model.effects:
        keys.add("group", _group(chosen), _codes(chosen, _group(chosen), "data.panel.group"))
        _need_nested(keys.frame, keys.names, chosen)
    clusters = tuple(_cluster(keys, chosen, name) for name in model.cluster)
    return Sheet(
        frame=keys.frame,
        outcome=model.outcome,
        constant=model.has_constant,
        weights=model.weights,
        cluster=clusters,
        entity=keys.names.get("entity"),
        time=keys.names.get("time"),
        group=keys.names.get("group"),
        step=rows.panel.step if rows.panel is not None else 1,
    )


@dataclass
class _Keys:
    """A frame that key columns are added to, and their names there by role."""

    frame: pd.DataFrame
    names: dict[str, str]

    def add(self, role: str, name: str, values: Any) -> str:
        """A key that is also a variable stands a second time, as `year.key`."""
        self.names[role] = _free(name, self.frame.columns)
        self.frame[self.names[role]] = values
        return self.names[role]


def _free(name: str, taken: Container[str]) -> str:
    return name if name not in taken else _free(f"{name}.key", taken)


def _group(rows: Rows) -> str:
    if rows.panel is None or rows.panel.group is None:
        raise DataError("effects: [group, entity] needs data.panel.group. Name the column of the groups")
    return rows.panel.group


def _cluster(keys: _Keys, rows: Rows, name: str) -> str:
    """The column of a cluster: the key itself for entity and time, by role or by name."""
    panel = rows.panel
    roles = {} if panel is None else {panel.entity: "entity", panel.time: "time"}
    role = name if name in ("entity", "time") else roles.get(name, "")
    if role in keys.names:
        return keys.names[role]
    if name in ("entity", "time") and name not in rows.frame:
        raise DataError(f"cluster: '{name}' needs data.panel. Write panel: {{entity: ..., time: ...}}")
    return keys.add(f"cluster {name}", name, _codes(rows, name, "cluster"))


def _codes(rows: Rows, name: str, place: str) -> Integers:
    return dense(pd.factorize(_labels(rows, name, place), sort=True)[0])


def _need_nested(frame: pd.DataFrame, names: Mapping[str, str], rows: Rows) -> None:
    group, entity = frame[names["group"]].to_numpy(), frame[names["entity"]].to_numpy()
    moved = np.flatnonzero((np.diff(entity) == 0) & (np.diff(group) != 0))
    if len(moved):
        raise DataError(
            "effects: [group, entity]: every entity stands in one group, but the group changes in "
            f"{rows.row(int(moved[0]) + 1)}. Correct the data, or data.panel.group"
        )


# -------------------------------------------------------------------------------------------------- dummies


def _with_static_dummies(model: Static, made: Sheet, rows: Rows, kept: Mask, memory_mb: int) -> Sheet:
    order = _order(rows)
    chosen = replace(rows, frame=rows.frame.iloc[order[kept[order]]])
    families = _time_family(model, made, rows)
    if isinstance(model, Linear):
        families += [
            Family.of(f"dummies: {name}", name, _labels(chosen, name, "dummies"), asked)
            for name, asked in model.dummies.items()
        ]
    _need_memory(families, len(made.frame), memory_mb)
    columns = {name: made.frame[name].to_numpy() for name in made.regressors}
    return _with_dummies(made, design.choose_dummies(_equation(model, made, columns), families))


def _time_family(model: Estimated, made: Sheet, rows: Rows) -> list[Family]:
    if not model.time_dummies:
        return []
    if rows.panel is None or made.time is None:
        raise DataError("time_dummies needs data.panel. Write panel: {entity: ..., time: ...}")
    time = made.frame[made.time].to_numpy()
    for labels in (time[_flagged(made)], time):  # a value must occur where rows are used
        family = Family.of("time_dummies", rows.panel.time, labels, model.time_dummies)
    return [family]


def _need_memory(families: list[Family], n_rows: int, memory_mb: int) -> None:
    for family in families:
        n_dummies = len(family.values if family.asked == "all" else family.asked)
        if n_dummies * n_rows * 8 > memory_mb * 2**20:
            raise DataError(
                f"{family.place}: {n_dummies} dummies on {n_rows} rows need more than {memory_mb} MB. "
                "Absorb them instead: model: panel, estimator: within"
            )


def _with_dummies(made: Sheet, dummies: Mapping[str, Floats]) -> Sheet:
    if not dummies:
        return made
    twice = next((name for name in dummies if name in made.frame), None)
    if twice is not None:
        raise DataError(
            f"'{twice}' is a column and a dummy. Call the column otherwise (data.columns, derive)"
        )
    frame = pd.concat([made.frame, pd.DataFrame(dict(dummies), index=made.frame.index)], axis=1)
    return replace(made, frame=frame, regressors=(*made.regressors, *dummies), dummies=tuple(dummies))


# ----------------------------------------------------------------------------------------------- the checks


def _index(made: Sheet) -> PanelIndex:
    assert made.entity is not None and made.time is not None
    entity, time = (made.frame[name].to_numpy() for name in (made.entity, made.time))
    return PanelIndex(entity, time, made.step)


def _equation(model: Static, made: Sheet, columns: dict[str, Floats]) -> Equation:
    """What the estimator of *model* makes of *columns*."""
    estimator = model.estimator if isinstance(model, StaticPanel) else "pooled"
    lost = "the value 0 in every row used"
    equation = Equation(len(made.frame), columns, lambda matrix: matrix, made.constant, 0, lost)
    if estimator in ("pooled", "random"):
        return equation
    index = _index(made)
    if estimator == "between":
        return replace(equation, transform=lambda matrix: group_means(matrix, index.entity))
    assert isinstance(model, StaticPanel)
    if estimator == "within":
        return _within(model, equation, index)
    flagged = _flagged(made)
    return replace(
        equation,
        transform=lambda matrix: differenced(matrix, index, model.gaps == "by-row", flagged)[0],
        lost="no change from one period to the next, so that first differences cannot see it",
    )


def _flagged(made: Sheet) -> Mask:
    if made.sampled is None:
        return np.ones(len(made.frame), dtype=bool)
    return np.asarray(made.frame[made.sampled] > 0, dtype=bool)


def _within(model: StaticPanel, equation: Equation, index: PanelIndex) -> Equation:
    entity, time = index.entity, dense(index.time)
    n_entities, n_periods = int(entity.max()) + 1, int(time.max()) + 1
    transforms = {
        ("time",): (lambda m: demeaned(m, time), n_periods, "period"),
        ("entity", "time"): (
            lambda m: twice_demeaned(m, entity, time),
            n_entities + n_periods - 1,
            "entity beside that of the periods",
        ),
    }
    by_entity = (lambda m: demeaned(m, entity), n_entities, "entity")
    transform, absorbed, unit = transforms.get(model.effects, by_entity)
    lost = f"no variation inside any {unit}, so that the within estimator cannot see it"
    return replace(equation, transform=transform, constant=False, absorbed=absorbed, lost=lost)


def _need_estimable(model: Static, made: Sheet) -> None:
    """Raises DataError where outcome, regressors or instruments leave nothing to estimate from."""
    columns = {name: made.frame[name].to_numpy() for name in made.regressors}
    equation = _equation(model, made, columns)
    outcome = made.frame[made.outcome].to_numpy()
    transformed = equation.transform(outcome[:, None])[:, 0]
    if len(transformed) == 0:
        raise DataError("no two consecutive periods of any entity are complete. Widen the sample")
    centred = transformed - transformed.mean() if equation.constant else transformed
    if not varies(centred, outcome):
        raise DataError(
            f"outcome: '{made.outcome}' does not vary in the rows used. Correct outcome or sample"
        )
    design.need_full_rank(equation)
    if made.instruments:
        _need_instruments(made, equation)


def _need_instruments(made: Sheet, equation: Equation) -> None:
    """Raises DataError where the instruments and the exogenous terms depend on each other."""
    exogenous = [name for name in made.regressors if name not in made.endogenous]
    moved = [name for name, level in made.instruments.items() if not level]
    matrix = made.frame[[*exogenous, *moved]].to_numpy()
    transformed = equation.transform(matrix)
    basis = equation.basis()
    for at, name in enumerate([*exogenous, *moved]):
        place = "instruments" if name in made.instruments else "regressors"
        design.need_independent(basis, name, transformed[:, at], place)


# ------------------------------------------------------------------------------------------- dynamic panels


def _dynamic(model: DynamicPanel, rows: Rows, sampled: Mask) -> Sheet:
    """All rows, the variables as they are: an engine takes lags, differences and instruments itself."""
    if rows.panel is None:
        raise DataError("dynamic-panel needs data.panel. Write panel: {entity: ..., time: ...}")
    columns: dict[str, Any] = {}
    for place, name in used(model, "sample"):
        if place not in ("sample", "cluster") and not name.startswith(f"{rows.panel.time}="):
            columns.setdefault(name, _numbers(rows, name, place))
    for name, values in columns.items():
        if np.isnan(values[sampled]).all():
            raise DataError(f"'{name}' has no value in the {int(sampled.sum())} rows of the sample. {_MEND}")
    flag = None if sampled.all() else _free("sampled", columns)
    if flag is not None:
        columns[flag] = sampled.astype(np.float64)
    made = _keyed(model, rows, columns, np.ones(len(rows), dtype=bool))
    made = replace(made, regressors=tuple(name for name, _, _ in terms(model.regressors)), sampled=flag)
    return _with_dynamic_dummies(model, made, rows)


def _with_dynamic_dummies(model: DynamicPanel, made: Sheet, rows: Rows) -> Sheet:
    """Chosen on the complete rows, made on all rows."""
    index = _index(made)
    names = {made.outcome: (made.outcome, 0)}
    names |= {name: (variable, lag) for name, variable, lag in terms(model.regressors)}
    columns = {
        name: index.lag(made.frame[variable].to_numpy(), lag) for name, (variable, lag) in names.items()
    }
    complete = _complete(columns, _flagged(made))
    families = _time_family(model, made, rows)
    if model.time_dummies == "all":
        del columns[made.outcome]
        chosen = _chosen_periods(model, made, columns, complete)
        families = [replace(families[0], asked=chosen)]
    dummies = {f.term(value): f.dummy(value) for f in families for value in f.asked}
    return _with_dummies(made, dummies)


def _chosen_periods(
    model: DynamicPanel, made: Sheet, columns: dict[str, Floats], complete: Mask
) -> tuple[str, ...]:
    """The periods of `all` that are no combination of the rest, in levels of a system, else differenced."""
    index = _index(made).where(complete)
    inner = {name: values[complete] for name, values in columns.items()}
    everywhere = np.ones(len(index.time), dtype=bool)
    equation = Equation(len(everywhere), inner, lambda matrix: matrix, made.constant, 0, "")
    if model.estimator == "difference":
        equation = replace(equation, transform=lambda m: differenced(m, index, False, everywhere)[0])
    family = Family.of("time_dummies", "", index.time, "all")
    return tuple(name[1:] for name in design.choose_dummies(equation, [family]))
