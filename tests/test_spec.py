"""What a spec's settings mean: defaults filled in, terms in order of print, what a rule covers."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harness import specfile
from harness.spec import (
    MODEL_ADAPTER,
    AnyModel,
    DynamicPanel,
    Estimated,
    KnownDifference,
    PrintRule,
    did_you_mean,
    term,
    terms,
)

DYNAMIC = {
    "model": "dynamic-panel",
    "outcome": "y",
    "regressors": {"y": 1, "x": [0, 2]},
    "estimator": "system",
    "steps": 1,
    "std_error": "robust",
    "instruments": {
        "gmm": {"y": {"lags": [2, None]}, "g": {"variables": ["x"], "lags": 1, "equation": "level"}},
        "iv": {"w": {}, "many": {"variables": {"v": [0, 1], "time_dummies": 0}}},
    },
}
PANEL = {"model": "panel", "outcome": "y", "regressors": {"x": 0}, "std_error": "conventional"}
LINEAR = {"model": "linear", "outcome": "y", "regressors": {"x": 0}, "std_error": "conventional"}


def model(*settings: dict[str, Any]) -> AnyModel:
    return MODEL_ADAPTER.validate_python({key: value for one in settings for key, value in one.items()})


def estimated(*settings: dict[str, Any]) -> Estimated:
    found = model(*settings)
    assert not isinstance(found, tuple) and hasattr(found, "regressors")
    return found  # type: ignore[return-value]


def dynamic(**settings: Any) -> DynamicPanel:
    found = model(DYNAMIC, settings)
    assert isinstance(found, DynamicPanel)
    return found


def test_terms_stand_in_the_order_of_print() -> None:
    assert terms(dynamic().regressors) == [
        ("L1.y", "y", 1),
        ("x", "x", 0),
        ("L1.x", "x", 1),
        ("L2.x", "x", 2),
    ]
    assert (term("x", 0), term("x", 2)) == ("x", "L2.x")


# The language's reference: true, and false where the estimator has none (within, difference).
@pytest.mark.parametrize(
    ("settings", "constant"),
    [
        ([DYNAMIC], True),
        ([DYNAMIC, {"constant": False}], False),
        ([PANEL, {"estimator": "within"}], False),
        ([PANEL, {"estimator": "within", "constant": True}], True),
        ([PANEL, {"estimator": "pooled"}], True),
        ([PANEL, {"estimator": "random"}], True),
        ([LINEAR], True),
    ],
)
def test_the_constant_stands_where_the_estimator_has_one(
    settings: list[dict[str, Any]], constant: bool
) -> None:
    assert estimated(*settings).has_constant is constant


def test_a_difference_estimator_has_no_constant() -> None:
    groups = {"gmm": {"y": {"lags": [2, None]}}}
    assert dynamic(estimator="difference", instruments=groups).has_constant is False


# The language's reference: t-residual for pooled, within, between, first-difference, OLS; else normal.
@pytest.mark.parametrize(
    ("settings", "distribution"),
    [
        *(
            ([PANEL, {"estimator": name}], "t-residual")
            for name in ("pooled", "within", "between", "first-difference")
        ),
        ([PANEL, {"estimator": "random"}], "normal"),
        ([LINEAR], "t-residual"),
        ([LINEAR, {"endogenous": {"x": 0}, "instruments": {"z": {}}}], "normal"),
        ([DYNAMIC], "normal"),
        ([DYNAMIC, {"distribution": "t-groups"}], "t-groups"),
    ],
)
def test_the_distribution_is_that_of_the_estimator(settings: list[dict[str, Any]], distribution: str) -> None:
    assert estimated(*settings).reference_distribution == distribution


def test_gmm_groups_have_their_variable_and_equation_filled_in() -> None:
    groups = dynamic().gmm_groups()
    assert {
        name: (group.variables, group.lags, group.equation, group.collapse) for name, group in groups.items()
    } == {"y": (("y",), (2, None), "both", False), "g": (("x",), (1, 1), "level", False)}


def test_iv_groups_have_their_variable_and_equation_filled_in() -> None:
    groups = dynamic().iv_groups()
    assert {name: (group.variables, group.equation) for name, group in groups.items()} == {
        "w": ({"w": (0, 0)}, "both"),
        "many": ({"v": (0, 1), "time_dummies": (0, 0)}, "both"),
    }


@pytest.mark.parametrize(
    ("steps", "std_error", "is_legal"),
    [  # the language's reference, dynamic-panel, std_error
        (1, "conventional", True),
        (1, "robust", True),
        (1, "windmeijer", False),
        (2, "conventional", True),
        (2, "windmeijer", True),
        (2, "robust", False),
        ("iterated", "windmeijer", True),
        ("iterated", "robust", False),
    ],
)
def test_the_variance_fits_the_steps(steps: int | str, std_error: str, is_legal: bool) -> None:
    if is_legal:
        assert dynamic(steps=steps, std_error=std_error).std_error == std_error
    else:
        with pytest.raises(ValidationError, match=f"std_error: {std_error} does not go with steps: {steps}"):
            dynamic(steps=steps, std_error=std_error)


@pytest.mark.parametrize("setting", ["steps", "h"])
@pytest.mark.parametrize("value", [True, 1.0, 4, "2"])
def test_a_count_is_a_whole_number_and_nothing_like_it(setting: str, value: object) -> None:
    with pytest.raises(ValidationError):
        dynamic(**{setting: value})


@pytest.mark.parametrize("effects", [["entity"], ["time"], ["entity", "time"], ["group", "entity"]])
def test_effects_are_one_of_four(effects: list[str]) -> None:
    assert model(PANEL, {"estimator": "within", "effects": effects})


@pytest.mark.parametrize("effects", [[], ["time", "entity"], ["group"], ["entity", "entity"]])
def test_other_effects_are_refused(effects: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"write \[entity\], \[time\], \[entity, time\]"):
        model(PANEL, {"estimator": "within", "effects": effects})


@pytest.mark.parametrize(
    ("setting", "without", "within"),
    [
        ({"effects": ["entity", "time"]}, {"estimator": "pooled"}, {"estimator": "within"}),
        ({"effects": ["time"]}, {"estimator": "first-difference"}, {"estimator": "between"}),
        ({"variance_components": "amemiya"}, {"estimator": "within"}, {"estimator": "random"}),
        ({"gaps": "by-row"}, {"estimator": "within"}, {"estimator": "first-difference"}),
        (
            {"bandwidth": 4},
            {"estimator": "within"},
            {"estimator": "within", "std_error": "driscoll-kraay"},
        ),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(
    setting: dict[str, Any], without: dict[str, Any], within: dict[str, Any]
) -> None:
    assert model(PANEL, within, setting)
    with pytest.raises(ValidationError, match=f"'{next(iter(setting))}' would change nothing here"):
        model(PANEL, without, setting)


def test_a_linear_model_has_no_instrument_in_levels() -> None:
    settings = {"endogenous": {"x": 0}, "instruments": {"z": {"level": True}}}
    with pytest.raises(ValidationError, match="'level' is of model: panel"):
        model(LINEAR, settings)


@pytest.mark.parametrize(
    "settings",
    [
        [LINEAR, {"regressors": {"constant": 0}}],
        [LINEAR, {"outcome": "constant"}],
        [LINEAR, {"endogenous": {"x": 0}, "instruments": {"constant": {}}}],
        [DYNAMIC, {"instruments": {"gmm": {"y": {"lags": 2}}, "iv": {"constant": {}}}}],
    ],
)
def test_no_column_is_called_as_the_intercept(settings: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match="'constant' is the name of the intercept"):
        model(*settings)


@pytest.mark.parametrize(
    "settings",
    [
        [LINEAR, {"regressors": {"x": [0, 1], "L1.x": 0}}],
        [LINEAR, {"regressors": {"x": 1}, "endogenous": {"x": 1}, "instruments": {"L1.x": {}}}],
        [DYNAMIC, {"regressors": {"y": 1, "L1.y": 0}}],
    ],
)
def test_a_column_and_a_lag_of_another_one_have_two_names(settings: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match="is a column and a lag of another one"):
        model(*settings)


def test_an_instrument_in_levels_may_be_a_lag_of_a_regressor() -> None:
    """Anderson and Hsiao: the second lag's level instruments the lagged difference."""
    settings = {
        "estimator": "first-difference",
        "regressors": {"y": [1, 2], "x": 0},
        "endogenous": {"y": 1},
        "instruments": {"y": {"lags": 2, "level": True}},
    }
    assert model(PANEL, settings)
    settings["instruments"] = {"y": {"lags": 2}}
    with pytest.raises(ValidationError, match=r"L2\.y is an exogenous regressor and so its own instrument"):
        model(PANEL, settings)


@pytest.mark.parametrize("measure", ["p5", "p99", "p2.5", "n_obs", "missing"])
def test_descriptives_have_percentiles(measure: str) -> None:
    assert model({"model": "descriptive", "variables": ["x"], "measures": [measure]})


@pytest.mark.parametrize("measure", ["p100", "p", "kurtosis"])
def test_other_descriptives_are_refused(measure: str) -> None:
    with pytest.raises(ValidationError, match="there is no such measure"):
        model({"model": "descriptive", "variables": ["x"], "measures": [measure]})


def test_several_faults_of_one_model_are_all_told() -> None:
    settings = {"std_error": "windmeijer", "cluster": ["entity"], "regressors": {"y": [0, 1]}}
    with pytest.raises(ValidationError) as error:
        model(DYNAMIC, settings)
    (told,) = error.value.errors()
    assert [fault.path[-1] for fault in told["ctx"]["faults"]] == ["cluster", "y", "std_error"]


def test_an_omitted_filter_means_all() -> None:
    assert PrintRule().covers("(1)", "coefficients", "x", "estimate")


def test_a_filter_covers_every_variant_of_what_it_names() -> None:
    rule = PrintRule(parts=("fit", "tests"), terms=("sargan", "model"))
    assert rule.covers("(1)", "tests", "sargan@xtabond2", "p_value")
    assert rule.covers("(1)", "fit", "model", "n_obs@equation")
    assert not rule.covers("(1)", "tests", "hansen_j", "p_value")


def test_a_filter_by_columns_leaves_the_others_alone() -> None:
    settings: dict[str, Any] = {"between": ["published", "r-plm"], "within": {"rtol": 0.1}}
    known = KnownDifference(**settings, reason="rounding", evidence="p. 3", columns=("(2)",))
    assert known.covers("(2)", "tests", "ar1", "p_value") and not known.covers(
        "(1)", "tests", "ar1", "p_value"
    )


def test_the_variant_is_the_columns_else_the_specs_else_the_glossarys(tmp_path: Path) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(
        "title: A table\nsource: {citation: A paper, read_from: it}\ndata: {file: a.csv}\n"
        "engines: [r-stats]\n"
        "variants: {sargan: xtabond}\n"
        "base: {model: linear, outcome: y, regressors: {x: 0}, std_error: robust}\n"
        "columns: {a: {}, b: {variants: {sargan: two-step}}}\n"
    )
    spec = specfile.read(path, ["r-stats"])
    assert [spec.variant(column, "sargan") for column in "ab"] == ["xtabond", "two-step"]
    assert spec.variant("a", "n_obs") == "equation"  # the glossary's first
    assert spec.variant("a", "hansen_j") is None


@pytest.mark.parametrize(
    ("word", "known", "end"),
    [
        ("r-plmm", ["r-plm", "r-stats"], "; did you mean 'r-plm'?"),
        ("q", ["a", "b"], ". There are a, b."),
        ("q", [], "."),
    ],
)
def test_a_misspelt_word_is_told_the_nearest_one_or_all(word: str, known: list[str], end: str) -> None:
    assert did_you_mean(word, known) == end
