"""The R functions by themselves, under Rscript and without Python: plm's own numbers, and good manners."""

import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.r

# Prints one line a fact: a name, a blank, a value. Data sets and reference numbers are plm's own.
PROGRAM = r"""
scripts <- commandArgs(trailingOnly = TRUE)[1]
suppressPackageStartupMessages(library(plm))
scope <- new.env()
for (file in c("common.R", "panel.R", "linear.R", "descriptive.R", list.files(scripts, "^dynamic_panel"))) {
  sys.source(file.path(scripts, file), scope)
}
fact <- function(name, value) cat(name, " ", format(value, digits = 17), "\n", sep = "")
cell <- function(answer, part, term, measure) {
  table <- answer$cells
  table$value[table$part == part & table$term == term & table$measure == measure]
}
gap <- function(found, wanted) max(abs(as.numeric(found) / as.numeric(wanted) - 1))
data(Grunfeld, EmplUK, package = "plm")

common <- list(
  outcome = "inv", regressors = c("value", "capital"), constant = FALSE, endogenous = NULL,
  instruments = NULL, level = NULL, entity = "firm", time = "year", group = NULL, sampled = NULL,
  estimator = "within", effects = "entity", variance_components = "swamy-arora",
  std_error = "conventional", cluster = NULL, bandwidth = 2, small_sample = "none",
  distribution = "t-residual", ci_level = 0.95, tests = NULL
)
fit_panel <- function(...) scope$fit_panel(Grunfeld, utils::modifyList(common, list(...)))
slopes <- function(answer, measure) {
  vapply(c("value", "capital"), function(x) cell(answer, "coefficients", x, measure), 1)
}

before <- list(options = options(), globals = ls(globalenv()), folder = getwd())
said <- utils::capture.output(within <- fit_panel())
linear_settings <- list(
  outcome = "inv", regressors = c("value", "capital"), constant = TRUE, endogenous = NULL,
  instruments = NULL, weights = NULL, cluster = NULL, entity = NULL, std_error = "conventional",
  sigma2 = "n-k", small_sample = "none", distribution = "t-residual", ci_level = 0.95
)
said <- c(said, utils::capture.output(linear <- scope$fit_linear(Grunfeld, linear_settings)))
moments <- list(variables = "inv", measures = c("mean", "sd", "p25"), by = NULL, quantile_type = 7)
said <- c(said, utils::capture.output(described <- scope$fit_descriptive(Grunfeld, moments)))

of <- function(variable, first, last, ...) list(variable = variable, first = first, last = last, ...)
grid <- expand.grid(year = 1976:1984, firm = sort(unique(EmplUK$firm)))
firms <- merge(grid, EmplUK[c("firm", "year", "emp", "wage", "capital")], all.x = TRUE)
firms <- firms[order(firms$firm, firms$year), ]
firms$emp <- log(firms$emp)
firms$wage <- log(firms$wage)
dynamic <- list(
  outcome = "emp", equation = list(of("emp", 1, 1), of("wage", 0, 0)), terms = c("L1.emp", "wage"),
  dummies = NULL, entity = "firm", time = "year", step = 1, sampled = NULL,
  gmm = list(of("emp", 2, 99, collapse = FALSE)), iv = list(of("wage", 0, 0)), system = FALSE,
  level_effects = FALSE, dummy_times = NULL, constant = FALSE, steps = 2, h = 3,
  std_error = "windmeijer", sigma2 = "n", small_sample = "none", distribution = "normal", ci_level = 0.95,
  ar_order = 3, units = list(L1.emp = 1, wage = 1, constant = 1), own_algebra = FALSE
)
said <- c(said, utils::capture.output(gmm <- scope$fit_dynamic_panel(firms, dynamic)))
fact("printed_lines", length(said))
fact("options_changed", as.integer(!identical(before$options, options())))
fact("folder_changed", as.integer(before$folder != getwd()))
made <- setdiff(ls(globalenv()), before$globals)
mine <- c("before", "within", "linear", "linear_settings", "moments", "described", "of", "grid", "firms",
  "dynamic", "gmm", "said")
fact("globals_left", length(setdiff(made, mine)))

own <- plm(inv ~ value + capital, Grunfeld, model = "within")
fact("within_estimate", gap(slopes(within, "estimate"), coef(own)))
fact("within_std_error", gap(slopes(within, "std_error"), sqrt(diag(vcov(own)))))
fact("within_p_value", gap(slopes(within, "p_value"), summary(own)$coefficients[, 4]))
fact("within_f", gap(cell(within, "tests", "f", "statistic"), summary(own)$fstatistic$statistic))
fact("within_r_squared", gap(cell(within, "fit", "model", "adj_r_squared"), summary(own)$r.squared[2]))
clustered <- fit_panel(std_error = "cluster", cluster = "entity", small_sample = "stata")
fact("clustered", gap(slopes(clustered, "std_error"), sqrt(diag(vcovHC(own, type = "sss")))))
both <- fit_panel(std_error = "cluster", cluster = c("entity", "time"))
fact("two_way", gap(slopes(both, "std_error"), sqrt(diag(vcovDC(own, type = "HC0")))))
scc <- fit_panel(std_error = "driscoll-kraay")
fact("driscoll_kraay", gap(slopes(scc, "std_error"), sqrt(diag(vcovSCC(own, type = "HC0", maxlag = 2)))))
random <- fit_panel(estimator = "random", constant = TRUE)
own <- plm(inv ~ value + capital, Grunfeld, model = "random")
fact("random_estimate", gap(slopes(random, "estimate"), coef(own)[-1]))
fact("random_variance", gap(cell(random, "fit", "entity", "variance"), ercomp(own)$sigma2["id"]))

own <- lm(inv ~ value + capital, Grunfeld)
fact("linear_estimate", gap(slopes(linear, "estimate"), coef(own)[-1]))
fact("linear_std_error", gap(slopes(linear, "std_error"), sqrt(diag(vcov(own)))[-1]))
fact("linear_f", gap(cell(linear, "tests", "f", "statistic"), summary(own)$fstatistic[1]))
fact("quantile", gap(cell(described, "descriptives", "inv", "p25"), quantile(Grunfeld$inv, 0.25)))

own <- pgmm(
  emp ~ lag(emp, 1) + wage | lag(emp, 2:99) | wage, firms,
  index = c("firm", "year"), effect = "individual", model = "twosteps"
)
printed <- summary(own)
found <- vapply(c("L1.emp", "wage"), function(x) cell(gmm, "coefficients", x, "estimate"), 1)
fact("gmm_estimate", gap(found, coef(own)))
found <- vapply(c("L1.emp", "wage"), function(x) cell(gmm, "coefficients", x, "std_error"), 1)
fact("gmm_std_error", gap(found, sqrt(diag(vcovHC(own)))))
fact("gmm_hansen", gap(cell(gmm, "tests", "hansen_j", "statistic"), printed$sargan$statistic))
fact("gmm_ar2", gap(cell(gmm, "tests", "ar2", "statistic"), printed$m2$statistic))
with_capital <- dynamic
with_capital$gmm <- list(of("emp", 2, 99, collapse = FALSE), of("capital", 2, 99, collapse = FALSE))
large <- scope$fit_dynamic_panel(firms, with_capital)
firms$capital <- firms$capital * 1e-9
small <- suppressWarnings(scope$fit_dynamic_panel(firms, with_capital))
compared <- large$cells$part != "as_printed"
fact("gmm_small_instrument", max(abs(large$cells$value / small$cells$value - 1)[compared]))
lost <- suppressWarnings(pgmm(
  emp ~ lag(emp, 1) + wage | lag(emp, 2:99) + lag(capital, 2:99) | wage, firms,
  index = c("firm", "year"), effect = "individual", model = "twosteps"
))
fact("gmm_small_instrument_in_pgmm", gap(cell(large, "coefficients", "L1.emp", "estimate"), coef(lost)[1]))
fact("gmm_small_instrument_said", sum(grepl("computed from its matrices instead", small$warnings)))
fact("gmm_small_instrument_recomputed", as.integer("coefficients" %in% small$recomputed$part))
third <- mtest(own, order = 3, vcov = vcovHC(own))
fact("gmm_ar3_own_algebra", gap(cell(gmm, "tests", "ar3", "statistic"), third$statistic))
fact("gmm_wald_own_algebra", gap(cell(gmm, "tests", "wald@slopes", "statistic"), printed$wald.coef$statistic))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    program = tmp_path_factory.mktemp("r") / "facts.R"
    program.write_text(PROGRAM)
    told = run("--vanilla", str(program), str(ROOT / "r_scripts"))
    assert told.returncode == 0, told.stderr
    return {name: float(value) for name, value in (line.split() for line in told.stdout.splitlines())}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["Rscript", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("trace", ["printed_lines", "options_changed", "folder_changed", "globals_left"])
def test_a_fit_leaves_no_trace_in_the_session(facts: dict[str, float], trace: str) -> None:
    assert facts[trace] == 0


@pytest.mark.parametrize(
    "number",
    [
        "within_estimate",
        "within_std_error",
        "within_p_value",
        "within_f",
        "within_r_squared",
        "clustered",
        "two_way",
        "driscoll_kraay",
        "random_estimate",
        "random_variance",
    ],
)
def test_a_static_panel_has_the_numbers_that_plm_prints(facts: dict[str, float], number: str) -> None:
    assert facts[number] < 1e-12


@pytest.mark.parametrize("number", ["linear_estimate", "linear_std_error", "linear_f", "quantile"])
def test_a_linear_model_has_the_numbers_of_lm(facts: dict[str, float], number: str) -> None:
    assert facts[number] < 1e-12


@pytest.mark.parametrize("number", ["gmm_estimate", "gmm_std_error", "gmm_hansen", "gmm_ar2"])
def test_a_dynamic_panel_has_the_numbers_that_pgmm_prints(facts: dict[str, float], number: str) -> None:
    assert facts[number] < 1e-10


@pytest.mark.parametrize("number", ["gmm_ar3_own_algebra", "gmm_wald_own_algebra"])
def test_our_algebra_gives_what_plm_prints_where_it_is_right(facts: dict[str, float], number: str) -> None:
    assert facts[number] < 1e-10


def test_instruments_that_pgmm_drops_for_being_small_are_not_lost(facts: dict[str, float]) -> None:
    """pgmm's general inverse has an absolute limit: an instrument in another unit changes its estimate."""
    assert facts["gmm_small_instrument_in_pgmm"] > 0.01
    assert facts["gmm_small_instrument"] < 1e-8
    assert facts["gmm_small_instrument_said"] == 1
    assert facts["gmm_small_instrument_recomputed"] == 1


def test_the_bridge_is_a_program_of_its_own(tmp_path: Path) -> None:
    request, answer = tmp_path / "request.rds", tmp_path / "answer.rds"
    make = (
        'request <- list(folder = commandArgs(TRUE)[1], script = "descriptive.R", fun = "moment", '
        'arguments = list("mean", c(1, NA, 4), 7)); '
        "writeBin(serialize(request, NULL, version = 2), commandArgs(TRUE)[2])"
    )
    assert run("-e", make, str(ROOT / "r_scripts"), str(request)).returncode == 0
    assert run("--vanilla", str(ROOT / "r_scripts" / "bridge.R"), str(request), str(answer)).returncode == 0
    told = run("-e", "cat(unserialize(readBin(commandArgs(TRUE), 'raw', 1e6))$value)", str(answer))
    assert told.stdout == "2.5"


def test_every_script_is_plain_ascii_and_calls_no_library() -> None:
    for script in (ROOT / "r_scripts").glob("*.R"):
        text = script.read_text()
        assert text.isascii(), script.name
        assert "library(" not in text, script.name
