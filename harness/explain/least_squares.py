"""What programs and papers leave unsaid of static panels and of least squares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from harness.explain.axes import labelled, of_key, of_patches
from harness.explain.space import Axis, word
from harness.spec import Linear, Spec, StaticPanel

_SMALL_SAMPLES = ("none", "n-k", "groups", "stata", "stata-absorbed")
_DISTRIBUTIONS = ("normal", "t-residual", "t-groups")
_COMPONENTS = ("swamy-arora", "wallace-hussain", "amemiya", "nerlove")
_BANDWIDTHS = (0, 1, 2, 3, 4, 5)
Static = StaticPanel | Linear


def axes(spec: Spec, column: str, periods: int | None = None) -> tuple[Axis, ...]:
    """Every known convention of the column: of the equation first, then of its standard errors."""
    model = cast(Static, spec.columns[column])
    found = [*_equation(model, spec.data.panel is not None)]
    found += _of_panel(model) if isinstance(model, StaticPanel) else _of_linear(model)
    return (*found, *_errors(model, spec.data.panel is not None))


# ------------------------------------------------------------------------------------------- the equation


def _equation(model: Static, is_panel: bool) -> Iterator[Axis]:
    yield of_key("constant", model.has_constant, (True, False), keeps_sheet=False)
    if is_panel:
        yield of_key("time_dummies", _plain(model.time_dummies), ([], "all"), keeps_sheet=False)
    if is_panel and model.sample is not None:
        yield of_key("lags_from", model.lags_from, ("data", "sample"), keeps_sheet=False)


def _plain(dummies: tuple[int, ...] | str) -> list[int] | str:
    return dummies if isinstance(dummies, str) else list(dummies)


def _of_panel(model: StaticPanel) -> Iterator[Axis]:
    if model.estimator in ("within", "random"):
        effects = {word(own): {"effects": own} for own in (["entity"], ["time"], ["entity", "time"])}
        used = word(list(model.effects))
        yield of_patches("effects", used, labelled(effects, used), keeps_sheet=False)
    if model.estimator == "random":
        yield of_key("variance_components", model.variance_components, _COMPONENTS)
    if model.estimator == "first-difference":
        yield of_key("gaps", model.gaps, ("by-time", "by-row"), keeps_sheet=False)


def _of_linear(model: Linear) -> Iterator[Axis]:
    yield of_key("sigma2", model.sigma2, ("n", "n-k"), moves="errors")


# ---------------------------------------------------------------------------------------- standard errors


def _errors(model: Static, is_panel: bool) -> Iterator[Axis]:
    kinds = dict(_kinds(model, is_panel))
    used = f"cluster by {' and '.join(model.cluster)}" if model.cluster else model.std_error
    yield of_patches("std_error", used, labelled(kinds, used), moves="errors", keeps_sheet=False)
    if model.std_error == "driscoll-kraay":
        yield of_key("bandwidth", model.bandwidth, _BANDWIDTHS, moves="errors")
    yield of_key("small_sample", model.small_sample, _SMALL_SAMPLES, moves="errors")
    yield of_key("distribution", model.reference_distribution, _DISTRIBUTIONS, moves="errors")


def _kinds(model: Static, is_panel: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Label to patch of every covariance of the model."""
    without = {"cluster": None, "bandwidth": None} if isinstance(model, StaticPanel) else {"cluster": None}
    for kind in ("conventional", "robust"):
        yield kind, {"std_error": kind, **without}
    if isinstance(model, StaticPanel):
        yield "driscoll-kraay", {"std_error": "driscoll-kraay", "cluster": None}
    for columns in (["entity"], ["time"], ["entity", "time"]) if is_panel else ():
        yield f"cluster by {' and '.join(columns)}", {**without, "std_error": "cluster", "cluster": columns}
