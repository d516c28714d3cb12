"""`explain --between`: fits that differ in one setting that is known, engines whose limits are known."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from conftest import ROOT

from harness import dataset, goldenfile, specfile
from harness.cli import main
from harness.engines import engines, python_dpd, python_linearmodels
from harness.explain import between, between_words, factors
from harness.explain.between import Parting
from harness.explain.space import merged
from harness.result import Cell, Result
from harness.run import from_golden
from harness.spec import MODEL_ADAPTER, Spec

pytestmark = pytest.mark.slow

DIFFERENCE = ("roodman-2009-difference-gmm", "exog_robust")
SYSTEM = ("stata-xtdpdsys", "onestep_robust")


def read(name: str) -> Spec:
    return specfile.read(ROOT / "specs" / f"{name}.yaml", tuple(engines()))


def result(spec: Spec, column: str, change: dict[str, object], engine: str) -> Result:
    """The column with *change* merged into it, as if another engine had fitted it."""
    model = MODEL_ADAPTER.validate_python(merged(spec.merged[column], change))
    changed = spec.model_copy(update={"columns": {column: model}})
    sheet = dataset.prepare(changed, dataset.read(changed), column)
    fit = python_dpd.fit if model.model == "dynamic-panel" else python_linearmodels.fit
    return Result(spec.id, column, engine, "fitted", cells=fit(model, sheet).cells)


def parted(table: tuple[str, str], one: dict[str, object], other: dict[str, object]) -> Parting:
    spec, column = read(table[0]), table[1]
    return between.parting(spec, column, result(spec, column, one, "A"), result(spec, column, other, "B"))


@pytest.mark.parametrize(
    ("table", "change", "stage", "words"),
    [
        (DIFFERENCE, {"sample": "firm != 1"}, "sample", "n_obs@equation 611 against"),
        (
            DIFFERENCE,
            {"instruments": {"gmm": {"gmm": {"lags": [2, 3]}}}},
            "instruments",
            "n_instruments@rank 41 against 26",
        ),
        (DIFFERENCE, {"h": 1}, "weights", "the first-step matrix differs (h)"),
        (SYSTEM, {"h": 3}, "weights", "the first-step matrix differs (h)"),
        (
            DIFFERENCE,
            {"steps": 2, "std_error": "windmeijer"},
            "coefficients",
            "the criterion of one step is the same, so the weights of the second step differ",
        ),
        (
            DIFFERENCE,
            {"small_sample": "groups"},
            "standard errors",
            f"{140 / 139:.8g} of the variance, which is none against G/(G-1)",
        ),
        (DIFFERENCE, {"small_sample": "stata"}, "standard errors", "none against (N-1)/(N-K) G/(G-1)"),
        (DIFFERENCE, {"std_error": "conventional"}, "standard errors", "by no common factor"),
        (
            DIFFERENCE,
            {"distribution": "t-groups"},
            "distribution",
            "the normal distribution against t with G = 140 degrees of freedom",
        ),
        (
            ("wooldridge-wage-panel", "fe4_default"),
            {"std_error": "cluster", "cluster": ["entity"]},
            "standard errors",
            "by no common factor",
        ),
    ],
)
def test_the_setting_in_which_two_fits_differ_is_named(
    table: tuple[str, str], change: dict[str, object], stage: str, words: str
) -> None:
    found = parted(table, {}, change)
    assert (found.stage, words in found.sentence) == (stage, True), found.sentence
    assert not found.is_agreement


def test_the_same_fit_twice_agrees() -> None:
    found = parted(DIFFERENCE, {}, {})
    assert found.stage == "none" and found.is_agreement and not found.later


def test_entity_clustered_errors_part_by_the_factor_of_absorbed_effects() -> None:
    found = parted(("wooldridge-wage-panel", "fe_cluster"), {}, {"small_sample": "stata-absorbed"})
    assert found.stage == "standard errors"
    assert "which is N/(N-K) against N/(N-K-G+1)" in found.sentence


# ---------------------------------------------------------------------------- what is known of the programs


def golden(name: str, column: str, *names: str) -> tuple[Spec, list[Result]]:
    spec = read(name)
    files = [goldenfile.read_engine(spec, engine) for engine in names]
    return spec, [(found or {})[column] for found in files]


def test_pydynpds_test_of_serial_correlation_after_one_step_is_told_apart_from_its_label() -> None:
    # -3.4929 is what pydynpd prints, -3.60 what Roodman (2009) has.
    spec, (dpd, pydynpd) = golden(*DIFFERENCE, "python-dpd", "python-pydynpd")
    found = between.parting(spec, DIFFERENCE[1], dpd, pydynpd)
    assert found.stage == "none"
    (told, other) = found.labels
    assert told.startswith("python-pydynpd prints -3.492877 as 'ar1'") and "-3.599591" in told
    assert "takes the moments of the second" in told and "'ar2'" in other


def test_after_two_steps_pydynpds_test_is_the_right_one() -> None:
    spec, (dpd, pydynpd) = golden("pydynpd-benchmark-1", "twostep_robust", "python-dpd", "python-pydynpd")
    assert between.parting(spec, "twostep_robust", dpd, pydynpd).labels == ()


def test_what_plm_calls_sargan_after_two_steps_is_hansens() -> None:
    spec, (dpd, plm) = golden("pydynpd-benchmark-1", "twostep_robust", "python-dpd", "r-plm")
    (told,) = between.parting(spec, "twostep_robust", dpd, plm).labels
    assert told.startswith("r-plm prints 47.85967 as 'plm: Sargan test': that is its hansen_j")


def test_plms_test_of_serial_correlation_in_a_system_is_told_apart_from_its_label() -> None:
    # -4.8084 is what plm 2.6-2 prints, -5.46 what Roodman (2009) has.
    spec, (dpd, plm) = golden("roodman-2009-system-gmm", "onestep_robust_small", "python-dpd", "r-plm")
    told = between.parting(spec, "onestep_robust_small", dpd, plm).labels
    assert any("-4.808433" in one and "differenced residuals alone" in one for one in told)


def test_an_engine_without_a_fit_says_why() -> None:
    outcome = from_golden(read("plm-manual-grunfeld"))
    found = {one.column: one for one in between.partings(outcome, "python-linearmodels", "r-plm")}
    assert (
        "linearmodels has only Swamy and Arora's variance components" in found["re_twoways_amemiya"].sentence
    )
    assert not found["re_twoways_amemiya"].is_agreement


def test_a_known_difference_comes_with_its_reason_and_counts_as_agreement() -> None:
    spec, (ours, of_r) = golden("qca-two-cuts-and-n-cut", "n_cut_2", "python-fsqca", "r-qca")
    found = between.parting(spec, "n_cut_2", ours, of_r)
    assert found.stage == "truth table" and found.is_agreement
    ((reason, evidence),) = found.known
    assert "n.cut above 1" in reason and "R/truthTable.R" in evidence


def test_two_estimators_of_the_variance_components_differ_first_in_the_weights() -> None:
    spec, (walhus,) = golden("plm-manual-grunfeld", "re_twoways_walhus", "r-plm")
    _, (swar,) = golden("plm-manual-grunfeld", "re_twoways_swar", "r-plm")
    found = between.parting(spec, "re_twoways_walhus", walhus, replace(swar, engine="other"))
    assert found.stage == "weights" and "variance components" in found.sentence
    assert [stage for stage, _ in found.later][:1] == ["coefficients"]


# ------------------------------------------------------------------------------------------- made-up numbers


def with_cell(one: Result, term: str, measure: str, value: float, part: str = "tests") -> Result:
    """As if another engine had *value* there."""
    kept = [cell for cell in one.cells if cell[:3] != (part, term, measure)]
    return replace(one, engine="B", cells=(*kept, Cell(part, term, measure, value)))


def test_a_statistic_that_alone_differs_is_defined_in_another_way() -> None:
    spec, (dpd,) = golden(*DIFFERENCE, "python-dpd")
    found = between.parting(spec, DIFFERENCE[1], dpd, with_cell(dpd, "ar1", "statistic", -3.4929))
    assert found.stage == "definition" and "ar1 statistic -3.599591 against -3.4929" in found.sentence


def test_a_term_that_one_leaves_out_is_named() -> None:
    spec, (dpd,) = golden(*DIFFERENCE, "python-dpd")
    kept = tuple(cell for cell in dpd.cells if cell[:2] != ("coefficients", "L1.log_wage"))
    other = replace(dpd, engine="B", cells=kept)
    found = between.parting(spec, DIFFERENCE[1], dpd, other)
    assert found.stage == "coefficients"
    assert "only one of them has L1.log_wage: the regressors are not the same" in found.sentence


def test_a_statistic_under_anothers_name_is_recognised() -> None:
    # Sargan's statistic with the divisor N-K instead of N: 65.818 for 67.588.
    spec, (dpd,) = golden(*DIFFERENCE, "python-dpd")
    value = {cell[:3]: cell.value for cell in dpd.cells}["tests", "sargan@xtabond", "statistic"]
    other = with_cell(dpd, "sargan@xtabond2", "statistic", value)
    found = between.parting(spec, DIFFERENCE[1], dpd, other)
    assert found.stage == "definition"
    assert found.sentence.endswith("the number is what python-dpd calls sargan@xtabond")


def test_a_standard_deviation_that_divides_by_n_is_recognised() -> None:
    spec, (pandas,) = golden("empl-uk-descriptives", "all_years", "python-pandas")
    values = {cell[:3]: cell.value for cell in pandas.cells}
    n, sd = (values["descriptives", "wage", name] for name in ("n_obs", "sd"))
    other = with_cell(pandas, "wage", "sd", sd * ((n - 1) / n) ** 0.5, "descriptives")
    found = between.parting(spec, "all_years", pandas, other)
    assert found.stage == "definition" and found.sentence.endswith("has the factor N/(N-1) against none")


def test_a_factor_that_nobody_uses_has_no_name() -> None:
    assert factors.named(1.2345, factors.Counts(611, 16, 140)) == ""
    assert factors.named(611 / (611 - 16), factors.Counts(611, 16, 140)) == "N/(N-K) against none"


# ----------------------------------------------------------------------------------------------- the command


def test_the_command_names_the_stage_and_ends_with_3_where_an_engine_cannot_run() -> None:
    command = ["--root", str(ROOT), "explain", "roodman-2009-system-gmm", "--between"]
    told = CliRunner().invoke(main, [*command, "python-dpd", "python-pydynpd"])
    assert told.exit_code == 3
    assert "python-pydynpd has no fit here: pydynpd's system estimator puts instruments" in told.stdout
    told = CliRunner().invoke(main, [*command, "python-dpd", "python-dpd"])
    assert told.exit_code == 2 and "two different engines" in told.output
    told = CliRunner().invoke(
        main, ["--root", str(ROOT), "explain", "nist-longley", "--between", "r-plm", "r-stats"]
    )
    assert told.exit_code == 2
    assert "--between: nist-longley has no engine r-plm. Known: python-linearmodels, r-stats" in told.output


def test_the_document_has_the_numbers_of_both() -> None:
    spec, (dpd,) = golden(*DIFFERENCE, "python-dpd")
    found = between.parting(spec, DIFFERENCE[1], dpd, with_cell(dpd, "ar1", "statistic", float("nan")))
    (column,) = between_words.document(spec, [found])["columns"]
    assert column["stage"] == "definition"
    assert column["pairs"] == [["tests", "ar1", "statistic", pytest.approx(-3.5995908731), "nan"]]
