"""Do-files for Stata's xtabond2, word for word; the options are those of its help file (version 3.7)."""

from pathlib import Path

import pytest
from conftest import ROOT
from published_cells import prepared

from harness import run, specfile
from harness.engines import engines, stata_text, stata_xtabond2
from harness.errors import NotInstalled, Unsupported, UsageError
from harness.run import Choice
from harness.spec import Spec


def spec_of(identifier: str) -> Spec:
    return specfile.read(ROOT / "specs" / f"{identifier}.yaml", engines().keys())


def shown(identifier: str, column: str) -> str:
    """What `harness show --engine stata-xtabond2 --column ...` prints, of a spec that does not list it."""
    (call,) = run.calls(spec_of(identifier), Choice(columns=(column,), engines=("stata-xtabond2",)))
    assert call.status == "call"
    return call.text


EMPLOYMENT = """\
import delimited "empl_uk.csv", case(preserve) clear
egen long entity_ = group(firm)
xtset entity_ year
generate double log_emp = float(ln(float(emp)))
generate double log_wage = float(ln(float(wage)))
generate double log_capital = float(ln(float(capital)))
generate double log_output = float(ln(float(output)))
"""


def dummies(first: int, last: int) -> str:
    lines = [f"generate byte year_{year} = year == {year}\n" for year in range(first, last + 1)]
    return "".join(lines)


def test_a_difference_estimator_as_a_do_file() -> None:
    # The command that the table prints: xtabond2 n L(1/2).n w k, gmm(n, lag(2 4)) gmm(w, lag(1 3)) iv(k)
    # nolevel twostep robust
    assert shown("pydynpd-benchmark-1", "twostep_robust") == (
        "* pydynpd-benchmark-1, twostep_robust\n"
        + EMPLOYMENT
        + "xtabond2 log_emp L(1/2).log_emp log_wage log_capital, ///\n"
        "    gmm(log_emp, laglimits(2 4)) ///\n"
        "    gmm(log_wage, laglimits(1 3)) ///\n"
        "    iv(log_capital) ///\n"
        "    noleveleq twostep robust"
    )


def test_a_system_as_a_do_file() -> None:
    # xtabond2 n l(1/2).n l(0/1).w l(0/2).(k ys) yr1980-yr1984, gmm(l.n w k) iv(yr1980-yr1984) robust twostep
    # small: the help file's example; gmm(l.n) with its default lags 1 . is gmm(n, lag(2 .))
    years = "year_1980 year_1981 year_1982 year_1983 year_1984"
    assert shown("xtabond2-help-system", "twostep_robust_small") == (
        "* xtabond2-help-system, twostep_robust_small\n"
        + EMPLOYMENT
        + dummies(1980, 1984)
        + "xtabond2 log_emp L(1/2).log_emp L(0/1).log_wage L(0/2).log_capital L(0/2).log_output "
        f"{years}, ///\n"
        "    gmm(log_emp, laglimits(2 .)) ///\n"
        "    gmm(log_wage, laglimits(1 .)) ///\n"
        "    gmm(log_capital, laglimits(1 .)) ///\n"
        f"    iv({years}) ///\n"
        "    twostep robust small"
    )


def test_dummies_of_the_level_equation_alone() -> None:
    # xtabond2 n L.n L(0/1).(w k) yr*, gmmstyle(L.(n w k)) ivstyle(yr*, equation(level)) robust small
    text = shown("roodman-2009-system-gmm", "onestep_robust_small")
    assert "    gmm(log_emp log_wage log_capital, laglimits(2 .)) ///\n" in text
    assert "    iv(year_1977 year_1978 " in text
    assert text.endswith(" year_1983, equation(level)) ///\n    robust small")


HEAD = """\
title: Every option
source: {citation: "made for the tests", read_from: "the tests"}
data: {file: panel.csv, panel: {entity: id, time: year, step: 5}, columns: {y: "Output, log"}}
derive: {x2: x * (x + 1), third: "quantile_group(x, 3)"}
engines: [stata-xtabond2]
base:
  model: dynamic-panel
  outcome: y
  regressors: {y: 1, x: [0, 2]}
  estimator: system
  steps: 2
  std_error: windmeijer
  instruments: {gmm: {y: {lags: [2, 4], collapse: true}}, iv: {x: {}}}
columns:
"""


def of_text(folder: Path, columns: str) -> tuple[str, str]:
    """The do-file and the command's options for the column `this`."""
    rows = [
        f"{entity},{year},{entity * year % 7},{year % 3}" for entity in (1, 2) for year in (2000, 2005, 2010)
    ]
    (folder / "panel.csv").write_text("\n".join(['id,year,"Output, log",x', *rows]))
    (folder / "panel.yaml").write_text(HEAD + columns)
    spec = specfile.read(folder / "panel.yaml", engines().keys())
    (call,) = run.calls(spec, Choice(columns=("this",)))
    assert call.status == "call", call.text
    return call.text, call.text.rpartition("///\n    ")[2]


OPTIONS = [
    ("{}", "twostep robust"),
    ("{constant: false, steps: 1, std_error: conventional, h: 1}", "noconstant h(1)"),
    ("{transformation: forward-orthogonal-deviations}", "orthogonal twostep robust"),
    ("{small_sample: stata, distribution: t-groups}", "twostep robust small"),
    ("{std_error: cluster, cluster: [id]}", "twostep cluster(entity_)"),
    (
        "{principal_components: 3, ar_order: 4, ci_level: 0.9}",
        "twostep robust pca components(3) artests(4) level(90)",
    ),
]


@pytest.mark.parametrize(("settings", "options"), OPTIONS)
def test_settings_are_options(tmp_path: Path, settings: str, options: str) -> None:
    assert of_text(tmp_path, f"  this: {settings}\n")[1] == options


def test_groups_of_one_equation_and_collapsed_columns(tmp_path: Path) -> None:
    lagged = "{variables: {x: 1}, equation: difference}"
    groups = f"{{gmm: {{x: {{lags: [1, null], equation: level}}}}, iv: {{x: null, z: {lagged}}}}}"
    text, _ = of_text(tmp_path, f"  this: {{instruments: {groups}}}\n")
    assert "    gmm(y, laglimits(2 4) collapse) ///\n" in text
    assert "    gmm(x, laglimits(1 .) equation(level)) ///\n" in text
    assert "    iv(L.x, equation(diff)) ///\n" in text


def test_columns_and_what_stata_has_no_expression_for(tmp_path: Path) -> None:
    text, _ = of_text(tmp_path, '  this: {sample: "year >= 2005 or x == 1"}\n')
    assert "rename Output__log y\n" in text
    assert "xtset entity_ year, delta(5)\n" in text
    assert "generate double x2 = x * (x + 1)\n" in text
    assert "xtile third = x, nq(3)" in text
    assert "xtabond2 y L.y L(0/2).x if (year >= 2005 | x == 1) & !missing(x, year), ///" in text


def test_a_sample_before_the_lags_is_kept_first(tmp_path: Path) -> None:
    text, _ = of_text(tmp_path, '  this: {sample: "not x in [7, 8]", lags_from: sample}\n')
    assert "keep if !(inlist(x, 7, 8)) & !missing(x)\n" in text


def test_lags_and_names_in_expressions() -> None:
    assert list(stata_text.derived("d", "lag(x, 2) - diff(x)")) == ["generate double d = L2.x - D.x"]
    assert next(stata_text.derived("d", "lag(x + 1, 2)")).startswith("// make d = lag(x + 1, 2) by hand")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("{steps: iterated}", "does not iterate"),
        ("{small_sample: groups}", "no small-sample factor 'groups'"),
        ("{small_sample: stata}", "small sets both"),
        ("{steps: 1, std_error: conventional, sigma2: n-k}", "not by N - K"),
    ],
)
def test_what_xtabond2_cannot_do(tmp_path: Path, settings: str, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        of_text(tmp_path, f"  this: {settings}\n")


def test_stata_is_never_run() -> None:
    model, sheet = prepared("pydynpd-benchmark-1", "twostep_robust")
    assert stata_xtabond2.translate(model, sheet).startswith(
        'import delimited "d.csv", case(preserve) clear\n'
    )
    for call in (stata_xtabond2.versions, lambda: stata_xtabond2.fit(model, sheet)):
        with pytest.raises(NotInstalled, match="Stata is not installed"):
            call()


def test_a_panel_model_is_no_model_of_xtabond2() -> None:
    with pytest.raises(Unsupported, match="no model of the kind 'panel'"):
        stata_xtabond2.translate(*prepared("grunfeld-stata", "fe"))


def test_show_takes_any_known_engine_and_no_other() -> None:
    spec = spec_of("pydynpd-benchmark-1")
    assert {call.engine for call in run.calls(spec, Choice())} == set(spec.engines)
    with pytest.raises(UsageError, match=r"--engine stata: there is no such engine"):
        run.calls(spec, Choice(engines=("stata",)))
