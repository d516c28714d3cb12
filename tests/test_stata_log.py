"""Engine stata-log: what Stata printed, read as text, beside engines that know all digits."""

import hashlib
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import stata_layout
from click.testing import CliRunner
from click.testing import Result as Told
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import goldenfile, logs, report, run, specfile, statalog
from harness.cli import main
from harness.compare import significance
from harness.engines import engines, stata_log
from harness.errors import TableError
from harness.result import Result
from harness.sheet import Sheet

EMPLOYMENT = {"log_emp": "n", "log_wage": "w", "log_capital": "k", "log_output": "ys", "constant": "_cons"}
EMPLOYMENT |= {f"year={year}": f"yr{year}" for year in range(1976, 1985)}

SYSTEM_GROUPS = {"level_gmm": "GMM instruments for levels", "iv": "iv(yr1977 yr1978, eq(level))"}


def shown(text: str) -> dict[tuple[str, str, str], str]:
    (found,) = statalog.read(text, "x.log")
    return {(cell.part, cell.term, cell.measure): cell.text for cell in found.cells}


def of_stata(cells: stata_layout.Cells) -> dict[tuple[str, str, str], str]:
    """The printed cells under Stata's names."""

    def name(part: str, term: str) -> str:
        if part != "coefficients":
            return term
        lag, dot, variable = term.rpartition(".")
        return lag + dot + EMPLOYMENT.get(variable, EMPLOYMENT.get(term, variable))

    return {(part, name(part, term), measure): text for (part, term, measure), text in cells.items()}


@pytest.mark.parametrize(
    ("identifier", "column", "groups"),
    [
        ("roodman-2009-system-gmm", "onestep_robust_small", SYSTEM_GROUPS),
        ("roodman-2009-difference-gmm", "exog_robust", {"iv": "iv(w L.w k L.k)"}),
        ("roodman-2009-difference-gmm", "endog_robust_small", {"iv": "iv(ys L.ys)"}),
    ],
)  # fmt: skip
def test_every_number_that_xtabond2_prints_is_read(
    identifier: str, column: str, groups: dict[str, str]
) -> None:
    cells = stata_layout.cells(identifier, column)
    found = shown(stata_layout.xtabond2(cells, EMPLOYMENT, groups))
    assert {(p, t.replace("_iv#1", "_iv"), m): text for (p, t, m), text in found.items()} == of_stata(cells)


def test_every_number_of_xtdpdsys_and_of_estat_abond_is_read() -> None:
    cells = stata_layout.cells("stata-xtdpdsys", "onestep_robust")
    assert shown(stata_layout.xtdpdsys(cells, EMPLOYMENT)) == of_stata(cells)


def test_every_number_that_regress_prints_is_read() -> None:
    cells = stata_layout.cells("roodman-2009-ols-lsdv-anderson-hsiao", "ols")
    found = shown(stata_layout.regress(cells, EMPLOYMENT))
    assert {key: text for key, text in found.items() if key in of_stata(cells)} == of_stata(cells)
    assert found.keys() - of_stata(cells).keys() == {("fit", "model", "mss_mean"), ("tests", "f", "df2")}


def kept(identifier: str, column: str) -> dict[tuple[str, str], float]:
    """(term, measure) to what plm gives: the facts around a table that golden/<id>/published.csv leaves out."""
    columns = json.loads((ROOT / f"golden/{identifier}/r-plm.json").read_text())["columns"]
    return {(cell[1], cell[2]): cell[3] for cell in columns[column]["cells"] if cell[0] in ("fit", "tests")}


def test_xtreg_s_head_and_foot_are_read() -> None:
    cells = stata_layout.cells("grunfeld-stata", "fe")
    fe = kept("grunfeld-stata", "fe")
    pooled = kept("grunfeld-stata", "ols")["model", "ssr"]
    within, between, overall = (
        f"{fe['model', f'r_squared_{of}']:.4f}" for of in ("within", "between", "overall")
    )
    # F of the entity effects: what the ten dummies take away, over the residual variance
    effects = f"{(pooled - fe['model', 'ssr']) / 9 / (fe['model', 'ssr'] / 188):.2f}"
    head = f"""\
. xtreg inv value capital, fe

Fixed-effects (within) regression               Number of obs     =        200
Group variable: firm                            Number of groups  =         10

R-sq:                                           Obs per group:
     within  = {within}                                         min =         20
     between = {between}                                         avg =       20.0
     overall = {overall}                                         max =         20

                                                F(2,188)          =     {fe["f", "statistic"]:.2f}
corr(u_i, Xb)  =       .                        Prob > F          =     0.0000

"""
    table = stata_layout.coefficients(cells, {"constant": "_cons"}, "inv", "t").splitlines()
    foot = ["-------------+" + "-" * 64, f"     sigma_u |  {fe['model', 'sigma_u']:.6f}"]
    foot.append(
        f"         rho |  {fe['model', 'rho']:.8f}   (fraction of variance due to u_i)".replace("0.", ".", 1)
    )
    text = head + "\n".join([*table[:-1], *foot, table[-1]])
    found = shown(text + f"\nF test that all u_i=0: F(9, 188) = {effects}           Prob > F = 0.0000\n")
    constant = {"constant": "_cons"}
    assert {key: found[key[0], constant.get(key[1], key[1]), key[2]] for key in cells} == cells
    assert found["fit", "model", "r_squared_within"] == within
    assert found["fit", "model", "t_avg"] == "20.0"
    assert found["fit", "model", "sigma_u"] == f"{fe['model', 'sigma_u']:.6f}"
    assert float(found["fit", "model", "rho"]) == pytest.approx(fe["model", "rho"], abs=5e-9)
    assert (found["tests", "f", "statistic"], found["tests", "f", "df2"]) == ("309.01", "188")
    assert (found["tests", "f_effects", "statistic"], found["tests", "f_effects", "df"]) == (effects, "9")


def test_the_test_of_areg_s_absorbed_effects_is_none_of_the_slopes() -> None:
    fe = kept("grunfeld-stata", "fe")
    cells = stata_layout.cells("grunfeld-stata", "fe")
    effects = f"{(kept('grunfeld-stata', 'ols')['model', 'ssr'] / fe['model', 'ssr'] - 1) * 188 / 9:.3f}"
    found = shown(
        f"""\
. areg inv value capital, absorb(firm)

Linear regression, absorbing indicators           Number of obs   =        200
Absorbed variable: firm                           No. of categories =       10
                                                  F(   2,    188) =          .
                                                  Root MSE        =    {fe["model", "rmse"]:.4f}

{stata_layout.coefficients(cells, {"constant": "_cons"}, "inv", "t", above="")}
F test of absorbed indicators: F(9, 188) = {effects}             Prob > F = 0.000
"""
    )
    assert found["fit", "model", "rmse"] == "52.7680"  # as plm's golden file has it, 52.76796
    assert (found["tests", "f_effects", "statistic"], found["tests", "f_effects", "p_value"]) == (
        effects,
        "0.000",
    )
    assert ("tests", "f", "statistic") not in found


def test_the_differences_of_ivregress_are_read_and_named() -> None:
    cells = stata_layout.cells("roodman-2009-ols-lsdv-anderson-hsiao", "anderson_hsiao")

    def row(name: str, term: str) -> str:
        return f"{name:>12} |{stata_layout.numbers(cells, term)}"

    fit = {key[1:]: text for key, text in cells.items() if key[0] != "coefficients"}
    text = "\n".join(
        [
            ". ivregress 2sls D.n (D.L.n = L2.n) D.(L2.n w L.w k L.k L2.k ys L.ys L2.ys yr1979-yr1983)",
            "",
            f"Instrumental variables (2SLS) regression          Number of obs   = {fit['model', 'n_obs']:>10}",
            f"                                                  Wald chi2({fit['wald', 'df']})   = {fit['wald', 'statistic']:>10}",
            f"                                                  Prob > chi2     = {fit['wald', 'p_value']:>10}",
            "                                                  R-squared       =          .",
            f"                                                  Root MSE        = {fit['model', 'rmse']:>10}",
            "",
            stata_layout.RULE,
            "         D.n |      Coef.   Std. Err.      z    P>|z|     [95% Conf. Interval]",
            "-------------+" + "-" * 64,
            "           n |",
            row("LD.", "L1.d_log_emp"),
            row("L2D.", "L2.d_log_emp"),
            "             |",
            "           w |",
            row("D1.", "d_log_wage"),
            row("LD.", "L1.d_log_wage"),
            "             |",
            row("_cons", "constant"),
            stata_layout.RULE,
            "Instrumented:  LD.n",
        ]
    )
    (regression,) = statalog.read(text, "ah.log")
    model = specfile.read(ROOT / "specs/roodman-2009-ols-lsdv-anderson-hsiao.yaml", engines()).columns[
        "anderson_hsiao"
    ]
    log = statalog.Logged(regression, "ah.log", {"D.n": "d_log_emp", "D.w": "d_log_wage"}, "year", {})
    found = stata_log.fit(model, Sheet(frame=pd.DataFrame(), log=log))
    assert {(c.part, c.term, c.measure): c.text for c in found.printed} == {
        key: text
        for key, text in cells.items()
        if key[0] != "coefficients" or key[1].rpartition(".")[2] in ("d_log_emp", "d_log_wage", "constant")
    }
    assert found.warnings == ()


def test_xtabond_s_head_and_its_postestimation_are_read() -> None:
    cells = stata_layout.cells("arellano-bond-1991-table-4-stata", "ex2_onestep_robust")
    fit = {key[2]: text for key, text in cells.items() if key[0] == "fit"}
    tests = {key[1:]: text for key, text in cells.items() if key[0] == "tests"}
    text = f"""\
. xtabond n l(0/1).w l(0/2).(k ys) yr1980-yr1984 year, lags(2) vce(robust) noconstant

Arellano-Bond dynamic panel-data estimation  Number of obs         =       {fit["n_obs"]}
Group variable: id                           Number of groups      =       {fit["n_groups"]}
Time variable: year
                                             Obs per group:    min =         4

Number of instruments =     {fit["n_instruments"]}               Wald chi2(16)         =         .
One-step results
{stata_layout.coefficients(cells, EMPLOYMENT, "n")}
Instruments for differenced equation
        GMM-type: L(2/.).n

. estat abond

Arellano-Bond test for zero autocorrelation in first-differenced errors
  +-----------------------+
  |Order |  z     Prob > z|
  |------+----------------|
  |   1  |{tests["ar1", "statistic"]}  {tests["ar1", "p_value"]} |
  |   2  |{tests["ar2", "statistic"]}  {tests["ar2", "p_value"]} |
  +-----------------------+
   H0: no autocorrelation
"""
    found = shown(text)
    assert {key: found[key] for key in of_stata(cells)} == of_stata(cells)
    assert found.keys() - of_stata(cells).keys() == {("fit", "model", "t_min"), ("tests", "wald", "df")}


# ------------------------------------------------------------------------------------- beside other engines


def project(root: Path, log: str, regression: str = "", name: str = "n.log") -> Path:
    """Roodman's system GMM with its log, its data and its printed table; the log names n, w, k, yr1977."""
    specs = root / "specs"
    (specs / "data").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "specs/data/empl_uk.csv", specs / "data")
    shutil.copytree(ROOT / "golden" / SYSTEM, root / "golden" / SYSTEM, dirs_exist_ok=True)
    for file in (root / "golden" / SYSTEM).glob("*.json"):
        if file.stem != "stata-log":
            file.unlink()
    (specs / name).write_text(log)
    digest = hashlib.sha256(log.encode()).hexdigest()
    names = "names: {n: log_emp, w: log_wage, k: log_capital}"
    text = (ROOT / f"specs/{SYSTEM}.yaml").read_text()
    text = text.replace("engines: [python-dpd, python-pydynpd, r-plm]", "engines: [python-dpd, stata-log]")
    text = text.replace(
        "  onestep_robust_small: {}",
        f"  onestep_robust_small: {{log: {{file: {name}, sha256: {digest}, {names}{regression}}}}}",
    )
    (specs / f"{SYSTEM}.yaml").write_text(text)
    return root


SYSTEM = "roodman-2009-system-gmm"
COLUMN = "onestep_robust_small"


@pytest.fixture(scope="module")
def log() -> str:
    command = ". xtabond2 n L.n L(0/1).(w k) yr1977-yr1983, gmm(n w k, lag(2 .)) robust small h(2)\n\n"
    return command + stata_layout.xtabond2(stata_layout.cells(SYSTEM, COLUMN), EMPLOYMENT, SYSTEM_GROUPS)


def harness(root: Path, *arguments: str) -> Told:
    arguments = (*arguments, "--jobs", "1") if arguments[0] in ("run", "bless", "drift") else arguments
    return CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)


def outcome(root: Path) -> run.Outcome:
    """The log beside the golden numbers of python-dpd, no worker started."""
    spec = specfile.read(root / f"specs/{SYSTEM}.yaml", engines())
    whole = specfile.read(ROOT / f"specs/{SYSTEM}.yaml", engines())
    golden = (goldenfile.read_engine(whole, "python-dpd") or {})[COLUMN]
    found = stata_log.fit(spec.columns[COLUMN], logs.sheet(logs.logged(spec, COLUMN)))
    fields = ("cells", "not_offered", "recomputed", "warnings", "printed")
    read = Result(spec.id, COLUMN, "stata-log", "fitted", **{name: getattr(found, name) for name in fields})
    return run.assemble(spec, [golden, read])


def document(root: Path) -> dict[str, Any]:
    """The same as results.json has it."""
    return report.document(outcome(root))


def ran(root: Path, *arguments: str) -> dict[str, Any]:
    """The same by `harness run`."""
    (found,) = json.loads(harness(root, "run", "--json", *arguments).stdout)["specs"]
    return found


def pairs(found: dict[str, Any], reference: str, candidate: str) -> dict[tuple[str, str, str], list[Any]]:
    (comparison,) = (
        c for c in found["comparisons"] if (c["reference"], c["candidate"]) == (reference, candidate)
    )
    return {tuple(pair[:3]): pair[3:] for pair in comparison["pairs"]}  # type: ignore[misc]


def test_a_log_agrees_with_an_engine_within_its_digits_and_claims_no_more(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    assert harness(root, "check").exit_code == 0
    found = ran(root)
    assert [result["status"] for result in found["results"]] == ["fitted", "fitted"]
    beside = pairs(found, "python-dpd", "stata-log")
    reference, candidate, tolerance, verdict, lre, _ = beside["coefficients", "L1.log_emp", "estimate"]
    assert (candidate, tolerance, verdict) == (0.9356053, 5e-8, "within_rounding")
    assert reference != candidate
    assert lre <= round(-math.log10(5e-8 / 0.9356053), 2)  # seven digits, not the fifteen of a double
    assert beside["tests", "hansen_j", "df"][3] == "exact"
    assert {pair[3] for pair in beside.values()} <= {"within_rounding", "exact", "not_offered"}
    against = pairs(found, "published", "stata-log")
    assert {pair[3] for pair in against.values()} == {"exact"}
    assert found["headlines"][COLUMN] == "all agree"
    jsonschema.validate(found, json.loads((ROOT / "harness/results.schema.json").read_text()))


def test_a_number_of_the_log_that_differs_is_outside_rounding(tmp_path: Path, log: str) -> None:
    found = document(project(tmp_path, log.replace(".9356053", ".9356063").replace("-5.46", " 5.46")))
    beside = pairs(found, "python-dpd", "stata-log")
    assert beside["coefficients", "L1.log_emp", "estimate"][3] == "outside_rounding"
    assert beside["tests", "ar1", "statistic"][3] == "sign_flip"


def test_what_the_log_rounds_more_than_the_print_agrees_with_it(tmp_path: Path, log: str) -> None:
    found = document(project(tmp_path, log.replace(" .9356053", "    0.936")))
    _, _, _, verdict, lre, _ = pairs(found, "published", "stata-log")[
        "coefficients", "L1.log_emp", "estimate"
    ]
    assert (verdict, lre) == ("within_rounding", round(-math.log10(5e-4 / 0.936), 2))


def test_a_log_needs_no_data(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    (root / "specs/data/empl_uk.csv").unlink()
    found = ran(root)
    assert {r["engine"]: r["status"] for r in found["results"]} == {
        "python-dpd": "errored",
        "stata-log": "fitted",
    }
    assert {pair[3] for pair in pairs(found, "published", "stata-log").values()} == {"exact"}


def test_a_log_of_the_paper_s_data_is_held_against_the_print_where_the_data_are_a_stand_in(
    tmp_path: Path, log: str
) -> None:
    root = project(tmp_path, log)
    spec = root / f"specs/{SYSTEM}.yaml"
    spec.write_text(spec.read_text().replace("  panel: {entity", "  stand_in: true\n  panel: {entity"))
    found = document(root)
    assert {pair[3] for pair in pairs(found, "published", "stata-log").values()} == {"exact"}
    assert {pair[3] for pair in pairs(found, "published", "python-dpd").values()} == {"not_comparable"}
    between = {pair[3] for pair in pairs(found, "python-dpd", "stata-log").values()}
    assert between == {"not_comparable", "not_offered"}


def test_without_a_log_the_engine_is_skipped_and_says_why(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    spec = root / f"specs/{SYSTEM}.yaml"
    spec.write_text(re.sub(r"\{log: \{.*\}\}\}", "{}", spec.read_text()))
    (told,) = ran(root, "--engine", "stata-log")["results"]
    assert (told["status"], told["message"].split(".")[0]) == (
        "skipped",
        "the spec names no log for this column",
    )


def test_a_name_that_is_no_term_is_kept_as_printed_and_told(tmp_path: Path, log: str) -> None:
    (_, told) = document(project(tmp_path, log.replace("       _cons", "        cons2")))["results"]
    assert told["warnings"] == ["n.log: no term of this column is called cons2; log.names says what they are"]
    assert ["as_printed", "n.log: cons2", "estimate", 0.5522011] in told["cells"]


def test_golden_numbers_of_a_log_are_kept_with_their_digits_and_drift_shows(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    assert harness(root, "bless", SYSTEM, "--engine", "stata-log", "--because", "the log").exit_code == 0
    golden = json.loads((root / f"golden/{SYSTEM}/stata-log.json").read_text())
    line = next(n for n, text in enumerate(log.splitlines(), start=1) if "test for AR(1)" in text)
    assert ["tests", "ar1", "p_value", "0.000", line] in golden["columns"][COLUMN]["printed"]
    assert harness(root, "check").exit_code == 0
    assert harness(root, "drift", "--engine", "stata-log").exit_code == 0
    project(root, log.replace(".9356053", ".9356063"))
    told = harness(root, "drift", "--engine", "stata-log")
    assert told.exit_code == 1
    assert "L1.log_emp estimate" in told.stdout


def test_the_table_of_esttab_is_read_too(tmp_path: Path) -> None:
    text = (
        "\t(1)\t(2)\n\tn\tn\nL.n\t0.936***\t0.9\n\t(0.027)\t(0.1)\nw\t-0.631***\t\n\t(0.119)\t\n"
        "N\t891\t800\nStandard errors in parentheses\t\t\n"
    )
    root = project(tmp_path, text, ', regression: "(1)"', name="table.txt")
    found = document(root)
    beside = pairs(found, "python-dpd", "stata-log")
    assert beside["coefficients", "L1.log_emp", "std_error"][1:4] == [0.027, 0.0005, "within_rounding"]
    assert beside["fit", "model", "n_obs@equation"][3] == "exact"
    assert beside["coefficients", "log_wage", "p_value"][3] == "not_offered"
    assert beside["coefficients", "log_capital", "estimate"][3] == "missing"


def test_show_says_where_in_the_log_the_numbers_stand(tmp_path: Path, log: str) -> None:
    told = harness(project(tmp_path, log), "show", SYSTEM, "--engine", "stata-log")
    assert "n.log, line 1: xtabond2 n L.n L(0/1).(w k) yr1977-yr1983" in told.stdout


def test_the_report_shows_no_digit_that_the_log_does_not_show(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log.replace(" .9356053", "    0.936"))
    report.write([outcome(root)], tmp_path / "report", aea_class="")
    text = (tmp_path / f"report/{SYSTEM}/report.md").read_text()
    (row,) = (line for line in text.splitlines() if "| L1.log\\_emp estimate |" in line)
    assert "| 0.936 |" in row


def test_a_p_that_is_shown_on_the_limit_of_a_star_decides_nothing() -> None:
    # shown as 0.050 it lies between 0.0495 and 0.0505
    assert significance.stars(0.050, (0.10, 0.05, 0.01), slack=0.0005) == (1, 2)
    assert significance.of_p(0.050, 0.05, slack=0.0005) is None
    assert significance.of_p(0.049, 0.05, slack=0.0005) is True


def test_what_varies_settings_or_data_asks_an_engine_that_fits() -> None:
    assert not engines()["stata-log"].fits("dynamic-panel")
    assert not engines()["stata-xtabond2"].fits("dynamic-panel")
    assert engines()["python-dpd"].fits("dynamic-panel")
    assert not engines()["python-dpd"].fits("panel")


# -------------------------------------------------------------------------------------------------- bad input


def test_two_regressions_need_a_word_on_which_is_meant(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log + log)
    told = harness(root, "check")
    assert told.exit_code == 2
    assert "n.log has 2 regressions, and the spec does not say which is meant" in told.stdout
    project(root, log + log, ", regression: 2")
    assert harness(root, "check").exit_code == 0
    project(root, log + log, ", regression: 3")
    assert "n.log has no regression 3. It has 1: line 1, xtabond2" in harness(root, "check").stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (". summarize n\n\n    Variable |  Obs\n", "there is no regression in it"),
        ("", "there is no regression in it"),
        (". regress y x\n" + " " * 100_000 + "x\n", "there is no regression in it"),  # no search for hours
        ("\0", "this is no text"),
        ("{smcl}\n{com}. regress y x\n", "is in SMCL, Stata's own format. Make it text: translate n.log"),
    ],
)
def test_a_log_without_a_regression_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    told = harness(project(tmp_path, text), "check")
    assert told.exit_code == 2
    assert sentence in told.stdout
    assert len(told.stdout.splitlines()) == 1


def test_two_regressions_without_commands_between_them_are_refused(log: str) -> None:
    table = log.partition("\n\n")[2]
    with pytest.raises(TableError, match="a second regression, and no command"):
        statalog.read(table + table, "x.log")


def test_a_log_that_was_changed_or_is_gone_is_told(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    (root / "specs/n.log").write_text(log + " ")
    assert "log.file: sha256 is" in harness(root, "check").stdout
    (root / "specs/n.log").unlink()
    assert "n.log is neither beside the spec nor in its data/" in harness(root, "check").stdout


def test_a_log_outside_the_spec_s_folder_is_refused(tmp_path: Path, log: str) -> None:
    root = project(tmp_path, log)
    spec = root / f"specs/{SYSTEM}.yaml"
    spec.write_text(spec.read_text().replace("file: n.log", "file: ../n.log"))
    told = harness(root, "check")
    assert (told.exit_code, "a spec reads beneath its own folder only" in told.output) == (2, True)


PIECES = """_cons | Coef. Std.Err. z P>|z| [95% 0.1 .5 = chi2(3) F(2,3) Prob > Total ---- -----+-- L1. --. .
estat abond xtreg Number of obs within min Sargan test"""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PIECES.split(), "\n", "\n. ", "  ", "  n |  Coef.  Std. Err.  z  P>|z|  [95%\n"]),
        max_size=50,
    )
)
def test_whatever_a_log_holds_it_is_read_or_refused_in_a_sentence(pieces: list[str]) -> None:
    try:
        assert statalog.read(" ".join(pieces), "x.log")
    except TableError as fault:
        assert len(str(fault).splitlines()) == 1
