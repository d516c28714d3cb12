"""`explain` on dynamic panels whose setting is wrong on purpose, and on what cannot be explained."""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from wrong_specs import document, in_this_process, with_patch, written, wrong

from harness import goldenfile, result, specfile
from harness.cli import INTERRUPTED, main
from harness.engines import engines
from harness.errors import UsageError
from harness.explain import conventions, counting, explaining, fitting, judging, words
from harness.explain.answer import Answer
from harness.explain.search import Found, Search
from harness.explain.space import AS_IN_SPEC, Setting, Space
from harness.spec import Spec

pytestmark = pytest.mark.slow


WITH_WORKERS = fitting.pool


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "pool", in_this_process)


def explained(spec: Spec, column: str, budget: int = 90) -> Answer:
    (found,) = explaining.explain(spec, explaining.Choice(budget, (column,)))
    return found


def committed(identifier: str) -> Spec:
    return specfile.read(ROOT / f"specs/{identifier}.yaml", engines())


def told(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


# --------------------------------------------------------------------------- specs that are wrong on purpose

# The setting that is wrong, the axis that mends it and a cell that only the right one moves. What is right
# stands in the committed specs, each with its source.
WRONG: list[tuple[str, str, dict[str, Any], dict[str, str], tuple[str, str]]] = [
    # Roodman (2009) prints 186.90, the rule of xtabond2 before 2.8.3; today's gives 157.54.
    (
        "roodman-2009-system-gmm",
        "onestep_robust_small",
        {"variants": {"sargan": "xtabond2"}},
        {"variants.sargan": "xtabond2-before-2.8.3"},
        ("sargan", "statistic"),
    ),
    # [XT] xtdpdsys leaves the block between differences and levels zero.
    ("stata-xtdpdsys", "onestep_robust", {"h": 3}, {"h": "2"}, ("L1.log_emp", "estimate")),
    # Arellano and Bond (1991), a2: .0905 uncorrected, .1934 with Windmeijer's correction.
    (
        "arellano-bond-1991-table-4-stata",
        "ex4_twostep_wc",
        {"std_error": "conventional"},
        {"std_error": "windmeijer"},
        ("L1.log_emp", "std_error"),
    ),
    # ... and the other way round, column (b): .085 in print.
    (
        "windmeijer-2005-table-2",
        "twostep",
        {"std_error": "windmeijer"},
        {"std_error": "conventional"},
        ("L1.log_emp", "std_error"),
    ),
    # Arellano and Bond (1991), a1, by Stata's xtabond: SSR / 2 / (N - k).
    (
        "arellano-bond-1991-table-4-stata",
        "ex1_onestep",
        {"sigma2": "n"},
        {"sigma2": "n-k"},
        ("L1.log_emp", "std_error"),
    ),
    # xtabond2's `small` of 2009 counts one coefficient less than today's.
    (
        "roodman-2009-system-gmm",
        "onestep_robust_small",
        {"small_sample": "stata"},
        {"small_sample": "xtabond2-2009"},
        ("log_wage", "std_error"),
    ),
    # Two settings at once: today's default of `small` and of the distribution.
    (
        "xtabond2-help-system",
        "twostep_robust_small",
        {"small_sample": "none", "distribution": "normal"},
        {"small_sample": "xtabond2-2009", "distribution": "t-groups"},
        ("f", "statistic"),
    ),
]


@pytest.mark.parametrize(("identifier", "column", "patch", "right", "moved"), WRONG)
def test_the_setting_that_is_wrong_on_purpose_is_found(
    tmp_path: Path,
    identifier: str,
    column: str,
    patch: dict[str, Any],
    right: dict[str, str],
    moved: tuple[str, str],
) -> None:
    spec = wrong(tmp_path, identifier, column, patch)
    found = explained(spec, column)
    first = found.fitting[0]
    assert found.missed_in_spec > 0
    assert {change.axis: change.after for change in first.changes} == right
    assert not first.misses
    moves = [cell for change in first.changes for cell in change.moves or ()]
    assert moved in [(cell.term, cell.measure) for cell in moves]


@pytest.mark.parametrize(("identifier", "column", "patch"), [row[:3] for row in (WRONG[0], WRONG[6])])
def test_the_patch_written_into_the_wrong_spec_makes_it_the_committed_one(
    tmp_path: Path, identifier: str, column: str, patch: dict[str, Any]
) -> None:
    first = explained(wrong(tmp_path, identifier, column, patch), column).fitting[0]
    mended = with_patch(document(identifier), {"columns": {column: with_patch(patch, first.patch)}})
    spec, right = written(tmp_path, identifier, mended), committed(identifier)
    names = ("small_sample", "distribution", "h", "steps", "std_error")
    assert spec.variant(column, "sargan") == right.variant(column, "sargan")
    for name in names:
        assert getattr(spec.columns[column], name) == getattr(right.columns[column], name)
    assert not explained(spec, column).missed_in_spec


def test_the_lines_of_a_patch_are_yaml_that_reads_back_the_same() -> None:
    from ruamel.yaml import YAML

    patch = {
        "sample": "year != 2005",
        "instruments": {"gmm": {"n": {"lags": [2, None]}}, "iv": {"x y": None}},
    }
    text = "\n".join(words.yaml({"columns": {"1": patch, "no": {"collapse": True, "h": 2}}}))
    assert YAML(typ="safe", pure=True).load(text) == {
        "columns": {"1": patch, "no": {"collapse": True, "h": 2}}
    }


# ------------------------------------------------------------------------------------------- nothing fits


def test_where_nothing_fits_the_nearest_setting_and_the_cells_out_of_reach_are_told(tmp_path: Path) -> None:
    identifier, column = "stata-xtdpdsys", "onestep_robust"
    spec = wrong(tmp_path, identifier, column, {"h": 3})
    path = tmp_path / f"golden/{identifier}/published.csv"
    text = path.read_text()
    assert text.count(".3703602") == 1
    path.write_text(text.replace(".3703602", ".3703062"))  # two digits changed places
    found = explained(spec, column)
    assert not found.fitting and found.nearest is not None
    assert [change.axis for change in found.nearest.changes] == ["h"]
    (miss,) = found.nearest.misses
    assert (miss.cell.term, miss.cell.measure, miss.cell.text) == ("L1.log_wage", "estimate", ".3703062")
    assert math.isclose(miss.value, 0.3703602, abs_tol=5e-8)
    assert found.unreached == (miss.cell,)
    lines = "\n".join(words.lines(found))
    assert "no setting gives every printed cell" in lines
    assert "L1.log_wage estimate: printed .3703062" in lines


def test_a_cell_under_a_known_difference_is_left_out_and_named() -> None:
    found = explained(committed("windmeijer-2005-table-2"), "twostep", 30)
    assert {cell.term for cell, _ in found.aside} == {"ar1", "ar2"}
    assert any("known difference" in line and "ar1" in line for line in words.lines(found))


# ---------------------------------------------------------------------------------------- large, interrupted


def test_a_space_of_a_billion_settings_is_searched_by_counts_first(tmp_path: Path) -> None:
    column = "onestep_robust_small"
    collapsed = {"instruments": {"gmm": {"gmm": {"collapse": True, "lags": [2, 4]}}}}
    spec = wrong(tmp_path, "roodman-2009-system-gmm", column, {"h": 1, **collapsed})
    found = explained(spec, column, 120)
    assert found.size > 1e9
    assert found.excluded > 1000
    assert found.fitted <= 120 + 4  # the answer without each of its changes comes on top
    assert len(found.fitting[0].changes) == 3
    assert f"{found.size:,} settings in the space" in "\n".join(words.lines(found))


def _search(fits: Any, budget: int = 60) -> Search:
    spec, column = committed("stata-xtdpdsys"), "onestep_robust"
    space = Space(spec, column, conventions.axes(spec, column, 9))
    goal = judging.goal(spec, column, goldenfile.read_published(spec), "python-dpd")
    return Search(space, goal, fits, lambda setting: True, budget)


def _golden(settings: Sequence[Setting]) -> list[result.Result]:
    """The committed numbers for the spec's own setting; no other can be estimated."""
    golden = goldenfile.read_engine(committed("stata-xtdpdsys"), "python-dpd")["onestep_robust"]
    failed = result.Result("stata-xtdpdsys", "onestep_robust", "python-dpd", "errored", "not here")
    return [golden if setting == AS_IN_SPEC else failed for setting in settings]


def test_ctrl_c_gives_what_is_known_so_far() -> None:
    calls = []

    def fits(settings: Sequence[Setting]) -> list[result.Result]:
        calls.append(len(settings))
        if len(calls) > 1:
            raise KeyboardInterrupt
        return _golden(settings)

    found = _search(fits).run()
    assert found.interrupted and len(found.judged) == calls[0]
    assert found.best.setting == AS_IN_SPEC


def test_ctrl_c_before_the_first_fit_has_nothing_to_tell() -> None:
    def fits(_: Sequence[Setting]) -> list[result.Result]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _search(fits).run()


def test_an_interrupted_command_prints_its_answer_and_ends_as_an_interrupted_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(self: Search) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "_next", stop)
    ended = told("stata-xtdpdsys", "--budget", "30")
    assert ended.exit_code == INTERRUPTED
    assert "Interrupted: this is what is known so far." in ended.output
    assert "this gives every printed cell" not in ended.output  # the spec's own setting does


def test_the_order_of_fits_hangs_on_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = []
    for _ in range(2):
        found: Found = _search(_golden, 50).run()
        orders.append(list(found.judged))
    assert orders[0] == orders[1]


def test_a_second_search_fits_nothing_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "pool", WITH_WORKERS)
    first = explained(committed("windmeijer-2005-table-2"), "onestep_robust", budget=6)

    @contextmanager
    def refusing(*_: object) -> Iterator[Any]:
        def streams(tasks: Sequence[Any]) -> list[Any]:
            assert not tasks
            return []

        yield streams

    monkeypatch.setattr(fitting, "opened", refusing)
    second = explained(committed("windmeijer-2005-table-2"), "onestep_robust", budget=6)
    assert [*words.lines(second)] == [*words.lines(first)]


# ----------------------------------------------------------------------------------------------- bad input


def test_two_entries_of_open_that_leave_nothing_open_are_refused(tmp_path: Path) -> None:
    entry = {"setting": "h", "because": "the text does not say"}
    both = [{**entry, "alternatives": [3, 1]}, {**entry, "alternatives": [3, 2]}]
    plain = {**document("roodman-2009-system-gmm"), "open": both}
    plain = with_patch(plain, {"base": {"h": 3}})
    with pytest.raises(UsageError, match="two entries speak of h, and only 3 stands in both"):
        explained(written(tmp_path, "roodman-2009-system-gmm", plain), "onestep_robust_small")


def test_an_alternative_of_open_that_goes_with_no_other_setting_is_named(tmp_path: Path) -> None:
    entry = {"setting": "std_error", "because": "not said", "alternatives": ["robust", "driscoll-kraay"]}
    plain = {**document("roodman-2009-system-gmm"), "open": [entry]}
    spec = written(tmp_path, "roodman-2009-system-gmm", plain)
    (note,) = explained(spec, "onestep_robust_small", 5).notes
    assert note == "open: std_error: driscoll-kraay goes with no other setting here"


def test_what_two_entries_of_open_share_stays_open(tmp_path: Path) -> None:
    entry = {"setting": "steps", "because": "the text does not say"}
    both = [{**entry, "alternatives": [1, 2]}, {**entry, "alternatives": [1, 2, "iterated"]}]
    plain = {**document("roodman-2009-system-gmm"), "open": both}
    spec = written(tmp_path, "roodman-2009-system-gmm", plain)
    axes = {axis.name: axis for axis in conventions.axes(spec, "onestep_robust_small")}
    assert [one.label for one in axes["steps"].alternatives][:2] == ["1", "2"]


def test_an_empty_space_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conventions, "FAMILIES", {})
    with pytest.raises(UsageError, match="there is nothing to search"):
        explained(committed("roodman-2009-system-gmm"), "onestep_robust_small")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stata-xtdpdsys", "--column", "no"], "stata-xtdpdsys has no such column. Known: onestep_robust"),
        (["stata-xtdpdsys", "--engine", "r-plmm"], "there is no such engine; did you mean 'r-plm'?"),
        (["stata-xtdpdsys", "--engine", "r-qca"], "does not estimate model 'dynamic-panel'"),
        (["empl-uk-descriptives"], "nothing is printed"),
        (["stata-xtdpdsys", "--data", "other=README.md"], "has it not. Known: data"),
        (["virtual-agglomeration-table-3", "--column", "II"], "--counts-only, which needs none"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_sentence(arguments: list[str], sentence: str) -> None:
    ended = told(*arguments)
    assert ended.exit_code == 2
    assert sentence in ended.output
    assert ended.output.count("\n") == 1 and "Traceback" not in ended.output


def test_where_no_setting_can_be_fitted_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting.Fits, "task", lambda self, setting: _golden([((0, 1),)])[0])
    ended = told("stata-xtdpdsys", "--budget", "20")
    assert ended.exit_code == 3
    assert "no setting could be fitted" in ended.output and "not here" in ended.output


# -------------------------------------------------------------------------------------------- what is said


def test_json_is_one_document_with_the_patch(tmp_path: Path) -> None:
    column = "ex4_twostep_wc"
    spec = wrong(tmp_path, "arellano-bond-1991-table-4-stata", column, {"std_error": "conventional"})
    ended = told(str(spec.path), "--column", column, "--budget", "40", "--json")
    assert ended.exit_code == 0
    (answer,) = json.loads(ended.stdout)["answers"]
    assert answer["fitting"][0]["patch"] == {"std_error": "windmeijer"}
    assert answer["column"] == column and answer["missed_in_spec"] == 20


def test_what_the_print_cannot_tell_apart_is_listed(tmp_path: Path) -> None:
    column = "ex1_onestep"
    spec = wrong(tmp_path, "arellano-bond-1991-table-4-stata", column, {"sigma2": "n"})
    found = explained(spec, column)
    patches = [one.patch for one in found.fitting]
    # Neither p nor intervals are printed of coefficients, so the distribution cannot be told.
    assert {"sigma2": "n-k", "distribution": "t-groups"} in patches
    assert "n_groups" in "\n".join(words.lines(found))


# --------------------------------------------------------------------------------------------- the counts


@pytest.mark.parametrize("identifier", ["roodman-2009-system-gmm", "stata-xtdpdsys", "xtabond2-help-system"])
def test_counting_agrees_with_fitting(identifier: str) -> None:
    """Rows, groups and ranks of every single change that can be estimated."""
    spec = committed(identifier)
    column = next(iter(spec.columns))
    space = Space(spec, column, conventions.axes(spec, column, 9))
    data = fitting.read(space, None)
    fits = fitting.Fits(fitting.Sheets(space, data), engines()["python-dpd"])
    some = [
        AS_IN_SPEC,
        *((change,) for change in space.changes if space.axes[change[0]].moves == "estimates"),
    ]
    valid = [setting for setting in some if space.model(setting) is not None][::4]
    with in_this_process(fits) as run:
        for setting, fitted in zip(valid, run(valid), strict=True):
            if fitted.status == "fitted":
                printed = _printed_counts(fitted)
                goal = judging.Goal(spec, column, printed)
                counts = counting.Counts(space, goal, fits.sheets)
                assert counts.possible(setting), setting
                assert not counting.Counts(space, _one_more(goal), fits.sheets).possible(setting), setting


def _printed_counts(fitted: result.Result) -> tuple[result.PrintedCell, ...]:
    wanted = ("n_obs@equation", "n_groups@used", "n_instruments@rank", "t_min", "t_max")
    cells = [
        cell for cell in fitted.cells if cell.measure in wanted or cell[:3] == ("tests", "hansen_j", "df")
    ]
    return tuple(
        result.PrintedCell(cell.part, cell.term, cell.measure.partition("@")[0], f"{cell.value:.0f}", 2)
        for cell in cells
    )


def _one_more(goal: judging.Goal) -> judging.Goal:
    """The same print with an observation more than the engine counts, under any of its names."""
    changed = [
        cell._replace(text=str(2 * int(cell.text) + 10_000)) if cell.measure == "n_obs" else cell
        for cell in goal.cells
    ]
    return judging.Goal(goal.spec, goal.column, tuple(changed))


def test_the_printed_table_is_read_as_it_stands() -> None:
    """The cells of the goal are those of published.csv, in its order."""
    spec, column = committed("roodman-2009-system-gmm"), "onestep_robust_small"
    goal = judging.goal(spec, column, goldenfile.read_published(spec), "python-dpd")
    with (ROOT / "golden/roodman-2009-system-gmm/published.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row[column]]
    assert [cell.text for cell in goal.cells] == [row[column] for row in rows]
