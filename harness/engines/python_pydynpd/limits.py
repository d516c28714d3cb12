"""What pydynpd cannot do, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.errors import Unsupported
from harness.spec import DynamicPanel, GmmGroup

if TYPE_CHECKING:
    from harness.sheet import Sheet
    from harness.spec import AnyModel


def accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel:
    if not isinstance(model, DynamicPanel):
        raise Unsupported(f"pydynpd has no model of the kind '{model.model}'.")
    for reason in (
        *_setting_reasons(model),
        *_instrument_reasons(model, sheet),
        *_data_reasons(model, sheet),
    ):
        raise Unsupported(reason)
    return model


def _setting_reasons(model: DynamicPanel) -> Iterator[str]:
    if model.std_error not in ("robust", "windmeijer"):
        yield (
            "pydynpd has robust (one step) and windmeijer (two steps) standard errors, no "
            f"{model.std_error} ones."
        )
    if model.weights is not None:
        yield "pydynpd has no weights."
    if model.principal_components is not None:
        yield "pydynpd has no principal components of instruments."
    if model.h == 1 or (model.h == 2 and model.estimator == "system"):
        yield f"pydynpd has xtabond2's first-step matrix h: 3 only, not h: {model.h}."
    if model.estimator == "system" and not model.has_constant:
        yield "pydynpd's system always has a constant."
    if model.estimator == "difference" and model.has_constant:
        yield "pydynpd's difference estimator has no constant."
    if model.estimator == "system" and model.transformation != "first-difference":
        yield "pydynpd's forward orthogonal deviations are offered in the difference estimator only."
    lags = model.regressors.get(model.outcome)
    if lags is None or lags[0] != 1:
        yield f"pydynpd needs the first lag of the outcome among the regressors: {model.outcome}: [1, ...]."


def _instrument_reasons(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    gmm, iv = model.gmm_groups(), model.iv_groups()
    yield from _equation_reasons(model)
    if len({group.collapse for group in gmm.values()}) > 1:
        yield "pydynpd collapses all GMM groups or none."
    in_gmm = [variable for group in gmm.values() for variable in group.variables]
    in_iv = [variable for group in iv.values() for variable in group.variables]
    for listed in (in_gmm, in_iv):
        twice = sorted({variable for variable in listed if listed.count(variable) > 1})
        if twice:
            yield f"pydynpd takes a variable in one group of instruments, not in several: {', '.join(twice)}."
    both = sorted(set(in_gmm) & set(in_iv))
    if both:
        yield f"pydynpd takes a variable in gmm or in iv, not in both: {', '.join(both)}."
    yield from _lag_reasons(model, gmm)
    owned = {*in_gmm, *in_iv, *(sheet.dummies if "time_dummies" in in_iv else ())}
    lacking = [name for name in (*model.regressors, *sheet.dummies) if name not in owned]
    if lacking:
        yield (
            "pydynpd makes every regressor without an instrument of its own an instrument; here these have "
            f"none: {', '.join(lacking)}."
        )


def _equation_reasons(model: DynamicPanel) -> Iterator[str]:
    given = "both" if model.estimator == "system" else "difference"
    for kind, groups in (("gmm", model.gmm_groups()), ("iv", model.iv_groups())):
        for name, group in groups.items():
            if group.equation != given:
                yield (
                    f"pydynpd's {model.estimator} estimator puts instruments in "
                    f"{'both equations' if given == 'both' else 'the difference equation'}; "
                    f"{kind} group '{name}' has equation: {group.equation}."
                )


def _lag_reasons(model: DynamicPanel, gmm: Mapping[str, GmmGroup]) -> Iterator[str]:
    reach = max(last for _, last in (*model.regressors.values(), *_iv_lags(model)))
    for name, group in gmm.items():
        first = group.lags[0]
        lowest = 1 if model.estimator == "system" else 0
        if first < lowest:
            yield f"pydynpd takes GMM lags from {lowest} on; group '{name}' begins at {first}."
        if model.outcome in group.variables and first < 2:
            yield f"pydynpd takes GMM lags of the outcome from 2 on; group '{name}' begins at {first}."
        if first - 1 > reach:
            yield (
                f"pydynpd drops the periods before lag {first - 1} of group '{name}' from the estimation, "
                "others keep them: it would estimate on fewer rows."
            )


def _iv_lags(model: DynamicPanel) -> list[tuple[int, int]]:
    return [lags for group in model.iv_groups().values() for lags in group.variables.values()]


def _data_reasons(model: DynamicPanel, sheet: Sheet) -> Iterator[str]:
    if sheet.entity is None or sheet.time is None:
        yield "a dynamic panel needs an entity and a time column."
        return
    periods = sheet.frame[sheet.time]
    if bool(((periods - periods.min()) % sheet.step != 0).any()):
        yield f"{sheet.time} has values that are no whole number of steps ({sheet.step}) apart."
    if sheet.sampled is not None and not bool((sheet.frame[sheet.sampled] == 1).all()):
        yield "pydynpd cannot take lags from rows that it leaves out of the estimation (lags_from: data)."
    if model.transformation != "first-difference" and _has_gaps(model, sheet):
        yield "pydynpd's forward orthogonal deviations are wrong where a unit has gaps in time."


def _has_gaps(model: DynamicPanel, sheet: Sheet) -> bool:
    """Whether a unit's values are not consecutive, or not there in the same periods for every variable."""
    gmm = [variable for group in model.gmm_groups().values() for variable in group.variables]
    iv = [variable for group in model.iv_groups().values() for variable in group.variables]
    names = dict.fromkeys((model.outcome, *model.regressors, *gmm, *iv))
    present = sheet.frame[[name for name in names if name != "time_dummies"]].notna()
    if bool((present.any(axis=1) != present.all(axis=1)).any()):
        return True
    rows = sheet.frame[present.all(axis=1)]
    step = rows.groupby(str(sheet.entity))[str(sheet.time)].diff().dropna()
    return bool((step != sheet.step).any())
