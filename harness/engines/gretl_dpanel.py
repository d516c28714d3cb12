"""Dynamic panels by gretl's dpanel, run as a script by gretlcli; on panels without gaps only."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.engines import gretl_text
from harness.engines.cells import (
    addresses,
    coefficient_cells,
    covariance_cells,
    fit_cells,
    joint_test,
    statistic_cells,
)
from harness.errors import EstimationError, NotInstalled, Unsupported
from harness.estimators.inference import chi2_p, infer, normal_p, small_sample_factor
from harness.result import Cell, Estimates, NotOffered
from harness.spec import DynamicPanel, terms
from harness.subprogram import supervised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.sheet import Sheet
    from harness.spec import AnyModel

    Array = NDArray[np.float64]

_MEND = "sudo apt-get install gretl"
_NOTHING = "NA"  # how gretl's CSV reader knows a missing value


def translate(model: AnyModel, sheet: Sheet) -> str:
    """A script on d.csv, which holds the sheet's columns, entity_ and time_. Raises Unsupported."""
    return gretl_text.script(_accepted(model, sheet), sheet, "d.csv", None)


def fit(model: AnyModel, sheet: Sheet) -> Estimates:
    """
    Coefficients, their covariance and the tests that gretl prints; joint tests are ours.

    Raises Unsupported for what dpanel cannot do, on panels with gaps too, NotInstalled, EstimationError.
    """
    model = _accepted(model, sheet)
    whole, divisors = _columns(sheet.completed(), model)
    reason = _why_not_rows(model, whole)
    if reason:
        raise Unsupported(reason)
    bundle = _run(model, whole)
    return _estimates(model, sheet, bundle, divisors)


def versions() -> tuple[str, str]:
    """("gretl 2022c", "Python 3.11.2"). Raises NotInstalled."""
    said = supervised([_program(), "--version"])
    found = re.search(r"version (\S+)", said)
    return f"gretl {found[1] if found else said}", f"Python {platform.python_version()}"


def _program() -> str:
    program = shutil.which("gretlcli")
    if program is None:
        raise NotInstalled(f"gretl is not installed: no gretlcli on the path. Install it: {_MEND}")
    return program


# --------------------------------------------------------------------------------------------- what it can do


def _accepted(model: AnyModel, sheet: Sheet) -> DynamicPanel:
    if not isinstance(model, DynamicPanel):
        raise Unsupported(f"dpanel has no model of the kind '{model.model}'.")
    reason = _why_not(model, sheet) or _why_not_instruments(model)
    if reason:
        raise Unsupported(reason)
    return model


def _why_not(model: DynamicPanel, sheet: Sheet) -> str | None:
    system = model.estimator == "system"
    first, _ = model.regressors.get(model.outcome, (0, 0))
    checks = (
        (sheet.entity is None or sheet.time is None, "gretl needs data.panel: an entity and a time column."),
        (
            model.transformation != "first-difference",
            "dpanel has first differences only, not forward orthogonal deviations.",
        ),
        (model.steps == "iterated", "dpanel has one step or two, it does not iterate."),
        (model.h == 1, "dpanel's first-step matrix is that of h: 3, or with --dpdstyle of h: 2."),
        (
            # in differences it is half of xtabond2's
            model.steps == 1 and model.std_error == "conventional",
            "dpanel's one-step covariance that is not robust has an error variance of another definition.",
        ),
        (model.std_error == "cluster", "dpanel's covariances are clustered by entity, not by a column."),
        (sheet.weights is not None, "dpanel takes no weights."),
        (sheet.sampled is not None, "dpanel takes no sample whose first rows have their past outside."),
        (model.principal_components is not None, "dpanel has no principal components of instruments."),
        (first < 1, "dpanel estimates no model without a lag of the outcome."),
        (not system and sheet.constant, "dpanel's constant in differences is a trend."),
    )
    return next((sentence for holds, sentence in checks if holds), None)


def _why_not_instruments(model: DynamicPanel) -> str | None:
    groups = model.gmm_groups().values()
    both = "both" if model.estimator == "system" else "difference"
    own = [group for group in groups if model.outcome in group.variables]
    if len(own) != 1 or own[0].equation != both or own[0].lags[0] < 2:
        return "dpanel always has the outcome's lags from 2 as GMM instruments, in every equation."
    if len({group.collapse for group in groups}) > 1:
        return "dpanel collapses all GMM instruments or none."
    if any(group.equation != both for group in model.iv_groups().values()):
        return "in a system dpanel has plain instruments in both equations only."
    return None


def _columns(sheet: Sheet, model: DynamicPanel) -> tuple[Sheet, dict[str, float]]:
    """The variables divided by their standard deviation: gretl finds columns of other sizes collinear."""
    names = [name for name in gretl_text.variables(model, sheet) if name not in sheet.dummies]
    scaled, divisors = sheet.scaled(tuple(names))
    return scaled, dict(divisors)


def _why_not_rows(model: DynamicPanel, whole: Sheet) -> str | None:
    """gretl differences to the previous usable row, and drops an entity that has a single one."""
    shape = (-1, len(whole.periods))
    present = {
        name: whole.frame[name].notna().to_numpy().reshape(shape)
        for name in gretl_text.variables(model, whole)
    }
    every = np.logical_and.reduce(list(present.values()))
    if any(_has_gap(mask) for mask in (every, *present.values())):
        return "on a panel with gaps dpanel differences to the previous row, whatever its period."
    level = every.copy()
    for _, name, lag in terms(model.regressors):
        level &= _lagged(present[name], lag)
    if model.estimator == "system" and (level.sum(axis=1) == 1).any():
        return "dpanel leaves out entities with a single usable row, which the level equation has."
    return None


def _has_gap(mask: NDArray[np.bool_]) -> bool:
    """Whether some entity's rows are not consecutive. mask : (entities, periods)."""
    starts = mask & ~_lagged(mask, 1)
    return bool((starts.sum(axis=1) > 1).any())


def _lagged(mask: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    moved = np.zeros_like(mask)
    moved[:, lag:] = mask[:, : mask.shape[1] - lag]
    return moved


# ---------------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True)
class _Bundle:
    """
    What gretl's $model holds, in gretl's order of coefficients.

    Attributes:
        numbers: scalars by name
        estimate, covariance: (k,), (k, k)
    """

    numbers: dict[str, float]
    estimate: Array
    covariance: Array


def _run(model: DynamicPanel, whole: Sheet) -> _Bundle:
    program = _program()
    with tempfile.TemporaryDirectory(prefix="harness-gretl-") as folder:
        data, script, answer = (Path(folder, name) for name in ("d.csv", "fit.inp", "answer.txt"))
        _write(whole, data, gretl_text.variables(model, whole))
        script.write_text(gretl_text.script(model, whole, str(data), str(answer)), encoding="utf-8")
        said = supervised([program, "-b", str(script)], {**os.environ, "HOME": folder, "LC_ALL": "C"})
        if not answer.is_file() or not answer.stat().st_size:
            raise EstimationError(f"gretl stopped: {said.rpartition(data.name)[2].strip() or said}")
        return _read(answer.read_text(encoding="utf-8"))


def _write(whole: Sheet, path: Path, variables: tuple[str, ...]) -> None:
    frame = whole.frame[[str(whole.entity), str(whole.time), *variables]]
    frame.columns = [gretl_text.ENTITY, gretl_text.TIME, *map(gretl_text.name, variables)]
    frame.to_csv(path, index=False, na_rep=_NOTHING, float_format="%.17g")


def _read(text: str) -> _Bundle:
    """Lines of a name and numbers with 17 digits."""
    lines = {name: values for name, *values in map(str.split, text.splitlines())}
    estimate = np.array(lines.pop("coeff"), dtype=np.float64)
    k = len(estimate)
    covariance = np.array(lines.pop("vcv"), dtype=np.float64).reshape(k, k)
    return _Bundle({name: float(values[0]) for name, values in lines.items()}, estimate, covariance)


# -------------------------------------------------------------------------------------------------- the cells


def _estimates(model: DynamicPanel, sheet: Sheet, bundle: _Bundle, divisors: dict[str, float]) -> Estimates:
    labels = gretl_text.coefficients(model, sheet)
    if len(labels) != len(bundle.estimate):
        raise EstimationError(
            f"gretl estimates {len(bundle.estimate)} coefficients of the {len(labels)} asked for: the rest "
            "follow from these. Leave them out."
        )
    printed = [*(label for label, _, _ in terms(model.regressors)), *sheet.dummies]
    printed += ["constant"] if sheet.constant else []
    order = [labels.index(label) for label in printed]
    unit = divisors[model.outcome]
    units = np.array([unit / divisors.get(_variable(label), 1.0) for label in printed])
    estimate = bundle.estimate[order] * units
    covariance = bundle.covariance[np.ix_(order, order)] * np.outer(units, units) * _factor(model, bundle)
    df = _degrees(model, bundle)
    inference = infer(estimate, covariance, df, model.ci_level)
    joint = _joint_tests(model, sheet, printed, estimate, covariance, df)
    lacking = _not_offered(model)
    return Estimates(
        cells=(
            *coefficient_cells(printed, inference),
            *covariance_cells(printed, covariance),
            *(cell for part in joint for cell in part.cells),
            *_tests(model, bundle),
            *_counts(model, bundle),
            *_as_printed(bundle),
        ),
        not_offered=(*lacking, *(item for part in joint for item in part.not_offered)),
        recomputed=tuple(address for part in joint for address in addresses(part.cells)),
    )


def _variable(label: str) -> str:
    return re.sub(r"^L\d+\.", "", label)


def _factor(model: DynamicPanel, bundle: _Bundle) -> float:
    groups, rows = int(bundle.numbers["n_included_units"]), int(bundle.numbers["T"])
    return small_sample_factor(model.small_sample, rows, len(bundle.estimate), groups)


def _degrees(model: DynamicPanel, bundle: _Bundle) -> float | None:
    groups = bundle.numbers["n_included_units"] - int(model.has_constant)
    residual = bundle.numbers["T"] - len(bundle.estimate)
    return {"normal": None, "t-residual": residual, "t-groups": groups}[model.reference_distribution]


def _joint_tests(
    model: DynamicPanel,
    sheet: Sheet,
    printed: list[str],
    estimate: Array,
    covariance: Array,
    df: float | None,
) -> list[Estimates]:
    """gretl's own Wald test leaves out nothing but the constant; ours are of the spec's covariance."""
    slopes = [place for place, label in enumerate(printed) if label != "constant"]
    plain = [place for place in slopes if printed[place] not in sheet.dummies]

    def joint(chosen: list[int], name: str) -> Estimates:
        return joint_test(estimate[chosen], covariance[np.ix_(chosen, chosen)], df, name)

    if df is not None:
        return [joint(slopes, "f")]
    return [joint(slopes, "wald@slopes"), joint(plain, "wald@slopes-without-dummies")]


def _tests(model: DynamicPanel, bundle: _Bundle) -> list[Cell]:
    found = bundle.numbers
    cells: list[Cell] = []
    for order in range(1, min(model.ar_order, 2) + 1):
        z = found.get(f"AR{order}", np.nan)
        cells += statistic_cells(f"ar{order}", z, p=normal_p(z)) if np.isfinite(z) else []
    if found.get("sargan_df", 0) > 0 and not _dpdstyle(model):
        # sigma squared over the rows of the equation, as xtabond2 had it before 2.8.3
        variants = ["sargan@xtabond2-before-2.8.3"]
        variants += ["sargan@xtabond2"] if model.estimator == "difference" else []
        for variant in variants:
            cells += _chi2(variant, found["sargan"], found["sargan_df"])
    if found.get("hansen_df", 0) > 0:
        for name in ("hansen_j", "sargan@two-step"):
            cells += _chi2(name, found["hansen"], found["hansen_df"])
    return cells


def _chi2(name: str, statistic: float, df: float) -> list[Cell]:
    return statistic_cells(name, statistic, df, p=chi2_p(statistic, df))


def _counts(model: DynamicPanel, bundle: _Bundle) -> list[Cell]:
    found = bundle.numbers
    if model.estimator == "system":
        own = {"n_obs@gretl": found["T"]}
    else:
        own = {"n_obs@difference-rows": found["T"], "t_min": found["Tmin"], "t_max": found["Tmax"]}
    return fit_cells(
        {
            "n_obs@equation": found["T"],
            **own,
            "n_groups@used": found["n_included_units"],
            "n_instruments@rank": found["ninst"],
            "t_avg": found["T"] / found["n_included_units"],
        }
    )


def _as_printed(bundle: _Bundle) -> list[Cell]:
    found = bundle.numbers
    return [
        Cell("as_printed", "gretl: Wald (joint) test", measure, found[name])
        for measure, name in (("statistic", "wald"), ("df", "wald_df"))
        if np.isfinite(found.get(name, np.nan))
    ]


def _not_offered(model: DynamicPanel) -> list[NotOffered]:
    lacking = [
        (f"ar{order}", "dpanel tests serial correlation of orders 1 and 2")
        for order in range(3, model.ar_order + 1)
    ]
    groups = [*model.gmm_groups(), *model.iv_groups()]
    groups += ["level_gmm"] if model.estimator == "system" else []
    lacking += [
        (f"{test}_{group}", "dpanel has no difference-in-Hansen tests")
        for group in groups
        for test in ("diff_hansen", "hansen_excl")
    ]
    lacking += [("hansen_j", "dpanel has Hansen's J after two steps only")] if model.steps == 1 else []
    lacking += [("wald@all", "dpanel's Wald test leaves the constant out")]
    lacking += [_lacking_sargan(model)]
    rows = "dpanel counts the differenced rows of an entity, in a system too"
    return [
        *(NotOffered("tests", term, "*", reason) for term, reason in lacking),
        *(
            NotOffered("fit", "model", measure, rows)
            for measure in ("t_min", "t_max")
            if model.estimator == "system"
        ),
    ]


def _lacking_sargan(model: DynamicPanel) -> tuple[str, str]:
    if _dpdstyle(model):
        return "sargan@xtabond2", "with --dpdstyle dpanel's error variance is another"
    if model.estimator == "system":
        return "sargan@xtabond2", "dpanel divides by the rows in levels, as xtabond2 before 2.8.3"
    return "sargan@xtabond", "dpanel divides by the rows, not by the rows less coefficients"


def _dpdstyle(model: DynamicPanel) -> bool:
    return model.estimator == "system" and model.h == 2
