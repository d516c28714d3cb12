"""`explain --counts-only`: instrument sets by printed counts, against the estimator and hand counts."""

import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from harness import dataset, goldenfile, specfile
from harness.cli import main
from harness.engines import engines, python_dpd
from harness.errors import UsageError
from harness.explain import counts_only
from harness.explain.counts_only import Counted, NotCounted
from harness.explain.instrument_space import Known, Unit, patch, units
from harness.explain.picks import Option, Picks
from harness.explain.space import merged
from harness.spec import MODEL_ADAPTER, DynamicPanel, Spec


def read(name: str) -> Spec:
    return specfile.read(ROOT / "specs" / f"{name}.yaml", tuple(engines()))


def counted(name: str, column: str = "", apart: bool = False) -> Counted:
    (found,) = counts_only.found(read(name), (column,) if column else (), None, apart)
    assert isinstance(found, Counted)
    return found


# ------------------------------------------------------------------------------------------------- the picks


@pytest.mark.parametrize("seed", range(20))
def test_picks_are_those_of_trying_everything(seed: int) -> None:
    chance = random.Random(seed)
    lists = [
        [
            Option((chance.randrange(4), chance.randrange(-1, 3)), 0 if at == 0 else chance.randrange(1, 3))
            for at in range(chance.randrange(1, 6))
        ]
        for _ in range(4)
    ]
    wanted = (5, 2)
    picks = Picks(lists, wanted)
    everything = list(itertools.product(*(range(len(options)) for options in lists)))
    fitting = [pick for pick in everything if sums(lists, pick) == wanted]
    assert picks.fitting == len(fitting)
    found = list(picks.by_changes())
    assert sorted(pick for _, pick in found) == fitting
    assert [changes for changes, _ in found] == sorted(
        sum(options[at].changes for options, at in zip(lists, pick, strict=True)) for pick in fitting
    )
    assert picks.possible() == [{pick[place] for pick in fitting} for place in range(4)]


def sums(lists: Sequence[Sequence[Option]], pick: Sequence[int]) -> tuple[int, ...]:
    chosen = [options[at].adds for options, at in zip(lists, pick, strict=True)]
    return tuple(map(sum, zip(*chosen, strict=True)))


def test_ten_billion_picks_are_counted_without_being_made() -> None:
    # Ten lists of ten options that add 0 to 9: the number of ten-digit texts with digit sum 45.
    lists = [[Option((digit,), int(digit > 0)) for digit in range(10)]] * 10
    picks = Picks(lists, (45,))
    # Inclusion and exclusion (Feller 1968, II.12): sum of (-1)^k C(10, k) C(54 - 10 k, 9).
    assert picks.fitting == 432457640
    assert next(iter(picks.by_changes()))[0] == 5  # 9 five times


# ------------------------------------------------------------------------- what the estimator says to the sum

EMPL = "roodman-2009-difference-gmm", "stata-xtdpdsys", "xtabond2-help-system", "roodman-2009-system-gmm"


def own_units(spec: Spec, column: str, apart: bool = True) -> tuple[DynamicPanel, tuple[Unit, ...]]:
    model = spec.columns[column]
    assert isinstance(model, DynamicPanel)
    return model, units(model, Known(9, "year", apart=apart))


def fitted(spec: Spec, column: str, change: dict[str, object]) -> tuple[DynamicPanel, dict[str, float]]:
    """The counts of python-dpd for the column with *change* merged into it."""
    model = MODEL_ADAPTER.validate_python(merged(spec.merged[column], change))
    assert isinstance(model, DynamicPanel)
    changed = spec.model_copy(update={"columns": {column: model}})
    sheet = dataset.prepare(changed, dataset.read(changed), column)
    cells = python_dpd.fit(model, sheet).cells
    return model, {f"{cell.part}.{cell.term}.{cell.measure}": cell.value for cell in cells}


@pytest.mark.parametrize("name", EMPL)
def test_any_instrument_set_counts_as_many_columns_as_the_estimator_lays_out(name: str) -> None:
    spec, chance = read(name), random.Random(name)
    column = next(iter(spec.columns))
    _, own = own_units(spec, column)
    for _ in range(6):
        ways = tuple(chance.choice(unit.ways) for unit in own)
        tallies = [way.tally for way in ways]
        total, count = (sum(getattr(t, n) for t in tallies) for n in ("instruments", "coefficients"))
        if total <= count:
            continue
        _, cells = fitted(spec, column, patch(spec.merged[column], own, ways))
        assert cells["fit.model.n_instruments@columns"] == total, ways
        assert cells.get("tests.hansen_j.df", total - count) == total - count, ways


@pytest.mark.parametrize("column", ["endog_robust_small"])
def test_every_set_listed_has_the_printed_counts_when_it_is_fitted(column: str) -> None:
    spec = read("roodman-2009-difference-gmm")
    found = counted("roodman-2009-difference-gmm", column)
    assert found.fitting == len(found.listed) == 12
    assert found.listed[0].changes == 0 and found.listed[0].patch == {}
    for one in found.listed:
        _, cells = fitted(spec, column, one.patch)
        assert cells["fit.model.n_instruments@rank"] == 90
        assert cells["tests.hansen_j.df"] == 74 and cells["tests.f.df"] == 16


def test_the_spec_as_it_is_gives_every_printed_count_of_the_published_tables() -> None:
    for name in (*EMPL, "arellano-bond-1991-table-4-stata", "pydynpd-benchmark-1"):
        for found in counts_only.found(read(name), (), None, False):
            assert isinstance(found, Counted), name
            assert found.listed[0].changes == 0, (name, found.column)


def test_the_tests_of_groups_leave_one_list_where_the_number_alone_leaves_many() -> None:
    found = counted("roodman-2009-system-gmm")
    assert found.fitting == 1
    total = [fact for fact in found.facts if fact.words == "113 instruments"]
    lists = [[Option((way.tally.instruments,), 0) for way in unit.ways] for unit in found.units]
    assert Picks(lists, (total[0].wanted,)).fitting > 1


# ------------------------------------------------------------------------------------------------ hand counts

PAPER = "virtual-agglomeration-table-3", "virtual-agglomeration-table-4"


@pytest.mark.parametrize("name", PAPER)
def test_the_lists_of_the_papers_columns_are_as_many_as_counted_by_hand(name: str) -> None:
    # With n = instruments of the outcome (from 2 on) and c of the control (1, or 2 and more in two ways):
    # n + c = total - 6 with exogenous types, total - 11 (two ways) with one lag, total - 16 with two, ...
    # Not collapsed, one lag of one variable has 30 columns; year dummies are 15 or 16: beyond every number.
    spec, published = read(name), goldenfile.read_published(read(name))
    assert published is not None
    for found in counts_only.found(spec, (), None, False):
        (total,) = (int(c.text) for c in published.columns[found.column] if c.measure == "n_instruments")
        model = spec.columns[found.column]
        assert isinstance(found, Counted) and isinstance(model, DynamicPanel)
        control = len(model.regressors) == 7

        def ways(rest: int, control: bool = control) -> int:
            return sum(1 if c == 1 else 2 for c in range(1, rest - 1)) if control else int(rest >= 2)

        by_hand = ways(total - 6) + sum(2 * ways(total - 1 - 5 * (k + 1)) for k in range(1, 4))
        assert found.fitting == by_hand == len(found.listed), found.column
        assert found.periods.number == 17


def test_apart_a_column_of_the_paper_has_more_than_a_billion_lists() -> None:
    found = counted("virtual-agglomeration-table-3", "X", apart=True)
    assert found.size == 30 * 63**6 * 2  # windows collapsed or not; iv or two first lags; dummies or none
    together = counted("virtual-agglomeration-table-3", "X")
    assert found.fitting > together.fitting == 45
    assert "counted without being made" in "\n".join(counts_only.lines(read(PAPER[0]), [found]))


# ------------------------------------------------------------------------------------- what is said, and how


def test_a_column_without_a_printed_count_says_so() -> None:
    found = counts_only.found(read("windmeijer-2005-table-2"), ("twostep",), None, False)
    assert found == (NotCounted("twostep", "no printed number counts its instruments"),)


def test_a_constant_that_is_printed_cannot_be_left_out_and_one_that_the_spec_forgot_is_offered() -> None:
    spec = read("virtual-agglomeration-table-4")
    kept = counted("virtual-agglomeration-table-4", "I").units[-1]
    assert {way.constant for way in kept.ways} == {True}  # 常数 is printed
    model = spec.columns["I"].model_copy(update={"constant": False})
    assert isinstance(model, DynamicPanel)
    ways = units(model, Known(17, "year", constant=True))[-1].ways
    assert [way.constant for way in ways] == [False, False, True, True]


def test_principal_components_are_not_counted() -> None:
    spec = read("stata-xtdpdsys")
    (column, model), *_ = spec.columns.items()
    changed = {column: model.model_copy(update={"principal_components": 20})}
    (found,) = counts_only.found(spec.model_copy(update={"columns": changed}), (), None, False)
    assert isinstance(found, NotCounted) and found.reason.startswith("principal components")


def test_the_periods_come_from_an_identity_or_from_the_longest_row_of_a_group() -> None:
    assert counted("virtual-agglomeration-table-4", "I").periods.because == (
        "an identity of virtual-agglomeration-table-2"
    )
    assert counted("roodman-2009-system-gmm").periods.number == 8 + 1  # one lag
    assert (
        counted("roodman-2009-difference-gmm", "exog_robust").periods.number == 6 + 3
    )  # two, and a difference


def test_periods_that_nothing_tells_can_be_given(tmp_path: Path) -> None:
    spec = alone(tmp_path, "stata-xtdpdsys")
    (found,) = counts_only.found(spec, (), None, False)
    assert isinstance(found, NotCounted) and "--periods" in found.reason
    (found,) = counts_only.found(spec, (), 9, False)
    assert isinstance(found, Counted) and found.listed[0].changes == 0


def alone(folder: Path, name: str) -> Spec:
    """The spec and its printed table in a project of their own, without data and without other tables."""
    (folder / "specs").mkdir()
    (folder / "golden" / name).mkdir(parents=True)
    for file in (f"specs/{name}.yaml", f"golden/{name}/published.csv"):
        (folder / file).write_bytes((ROOT / file).read_bytes())
    return specfile.read(folder / "specs" / f"{name}.yaml", tuple(engines()))


def test_a_misprinted_count_has_no_list_and_exit_code_1(tmp_path: Path) -> None:
    alone(tmp_path, "stata-xtdpdsys")
    table = tmp_path / "golden" / "stata-xtdpdsys" / "published.csv"
    table.write_text(table.read_text().replace("n_instruments,47", "n_instruments,12"))
    told = CliRunner().invoke(
        main, ["--root", str(tmp_path), "explain", "stata-xtdpdsys", "--counts-only", "--periods", "9"]
    )
    assert told.exit_code == 1
    assert "0 have the printed counts" in told.output and "misprinted" in told.output


def test_json_has_the_patches_and_says_that_a_count_identifies_nothing() -> None:
    command = ["--root", str(ROOT), "explain", "roodman-2009-difference-gmm", "--counts-only", "--json"]
    told = CliRunner().invoke(main, command)
    document = json.loads(told.stdout)
    assert told.exit_code == 0 and "identifies nothing" in document["note"]
    assert [column["fitting"] for column in document["columns"]] == [1, 12]
    second = document["columns"][1]["lists"][1]
    assert second["changes"] == 1 and set(second["patch"]) == {"instruments"}


def test_observations_that_no_reading_of_the_rows_allows_are_called_impossible() -> None:
    rows = counted("roodman-2009-system-gmm").rows
    assert "891 observations of 140 groups" in rows and "impossible" not in rows
    (found,) = counts_only.found(read("roodman-2009-system-gmm"), (), 5, False)
    assert isinstance(found, Counted)
    assert "560 in levels (impossible), at most 420 in differences (impossible)" in found.rows


def test_a_spec_without_dynamic_panel_or_print_is_refused_in_one_sentence() -> None:
    for name, words in (
        ("wooldridge-wage-panel", "no dynamic panel"),
        ("virtual-agglomeration-robustness-population", "no printed table"),
    ):
        with pytest.raises(UsageError, match=words):
            counts_only.found(read(name), (), None, False)
    with pytest.raises(UsageError, match=r"--column II: .* Known: onestep_robust"):
        counts_only.found(read("stata-xtdpdsys"), ("II",), None, False)


def test_a_unit_that_changes_leaves_what_stands_beside_it_in_its_group() -> None:
    """wage and capital leave the group iv, output and the dummies stay in it."""
    spec = read("roodman-2009-difference-gmm")
    _, own = own_units(spec, "exog_robust")
    ways = [unit.ways[0] for unit in own]
    place = next(at for at, unit in enumerate(own) if unit.name == "log_wage")
    ways[place] = next(w for w in own[place].ways if w.words == "lags 2-end not collapsed")
    model = MODEL_ADAPTER.validate_python(
        merged(spec.merged["exog_robust"], patch(spec.merged["exog_robust"], own, ways))
    )
    assert isinstance(model, DynamicPanel)
    assert set(model.iv_groups()["iv"].variables) == {"log_capital", "log_output", "time_dummies"}
    assert model.gmm_groups()["log_wage"].variables == ("log_wage",)
    assert sum(way.tally.instruments for way in ways) == 27 + 27 + 3 + 3 + 6
