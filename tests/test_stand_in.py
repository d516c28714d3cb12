"""The stand-in data: every printed moment, the printed sizes, the declared truth, and the committed files."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from harness import printed, stand_in
from harness.dataset.evaluation import quantile_groups
from harness.stand_in.printed import CITIES, TABLE_2, TRUTH, TYPES, YEARS

pytestmark = pytest.mark.slow

TABLE = ROOT / "golden" / "virtual-agglomeration-table-2" / "published.csv"
MOMENTS = {
    "n_obs": lambda x: float(len(x)),
    "mean": np.mean,
    "sd": lambda x: np.std(x, ddof=1),
    "min": np.min,
    "max": np.max,
}
# Tables 3 and 4: observations and cities, lowest third first.
OBSERVATIONS, CITIES_IN_THIRD = [1292, 1169, 1289], [186, 227, 200]


@pytest.fixture(scope="module")
def panel() -> stand_in.Panel:
    return stand_in.panel()


def wide(panel: stand_in.Panel, name: str) -> np.ndarray:
    return panel.frame[name].to_numpy(dtype=float).reshape(CITIES, len(YEARS))


def usable(panel: stand_in.Panel) -> np.ndarray:
    """Rows whose city was in the same third the year before."""
    rows = np.zeros(panel.third.shape, dtype=bool)
    rows[:, 1:] = panel.third[:, 1:] == panel.third[:, :-1]
    return rows


def not_as_printed(frame: pd.DataFrame) -> list[tuple[str, str, float, str]]:
    """The printed moments of Table 2 that the frame's do not round to."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    found = []
    for row in rows:
        value = float(MOMENTS[row["measure"]](frame[row["term"]].to_numpy(dtype=float)))
        if not printed.interval(row["all"]).holds(printed.Decimal(repr(value))):
            found.append((row["term"], row["measure"], value, row["all"]))
    return found


@pytest.mark.parametrize("seed", [stand_in.SEED, 7])
def test_all_sixty_moments_of_table_2_are_met_at_their_printed_digits(seed: int) -> None:
    assert not_as_printed(stand_in.panel(seed).frame) == []


def test_the_moments_that_the_generator_aims_at_are_those_of_the_printed_table() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = {(row["term"], row["measure"]): float(row["all"]) for row in csv.DictReader(file)}
    for name, aim in TABLE_2.items():
        aims = {"mean": aim.mean, "sd": aim.sd, "min": aim.smallest, "max": aim.largest}
        assert aims == {measure: table[name, measure] for measure in aims}, name


def test_each_city_has_one_type_and_the_types_add_up(panel: stand_in.Panel) -> None:
    parts = np.array([wide(panel, name) for name in TYPES])
    assert ((parts > 0).sum(axis=0) == 1).all()
    assert ((parts > 0) == (parts > 0)[:, :, :1]).all()
    assert np.array_equal(parts.sum(axis=0), wide(panel, "VA"))
    types = panel.frame["type"].to_numpy().reshape(CITIES, -1)[:, 0]
    assert [TYPES[at] for at in (parts > 0)[:, :, 0].argmax(axis=0)] == types.tolist()
    # By the second moments of Table 2: N mean^2 / (mean^2 + sd^2) cities at least.
    for name, least in zip(TYPES, [29, 32, 61, 46, 66], strict=True):
        assert (types == name).sum() >= least


def test_the_thirds_of_the_outcome_leave_the_printed_sizes(panel: stand_in.Panel) -> None:
    nq = panel.frame["NQ"].to_numpy()
    groups = quantile_groups(nq, np.zeros(len(nq), dtype=np.int64), 3).reshape(CITIES, -1) - 1
    assert np.array_equal(groups, panel.third)
    rows = usable(panel)
    assert [int((rows & (panel.third == g)).sum()) for g in range(3)] == OBSERVATIONS
    cities = [int((rows & (panel.third == g)).any(axis=1).sum()) for g in range(3)]
    assert cities == CITIES_IN_THIRD


def test_every_third_has_cities_that_leave_and_come_back(panel: stand_in.Panel) -> None:
    for g in range(3):
        here = panel.third == g
        spells = (here[:, 1:] & ~here[:, :-1]).sum(axis=1) + here[:, 0]
        assert (spells >= 2).any()


def test_the_outcome_is_persistent(panel: stand_in.Panel) -> None:
    nq = wide(panel, "NQ")
    assert np.corrcoef(nq[:, 1:].ravel(), nq[:, :-1].ravel())[0, 1] > 0.8


def test_the_outcome_follows_the_declared_truth_to_its_rounding(panel: stand_in.Panel) -> None:
    nq, rows = wide(panel, "NQ"), usable(panel)
    for g, truth in enumerate(panel.truth):
        assert {name: truth[name] for name in TRUTH[g]} == dict(TRUTH[g])
        made = truth["constant"] + panel.effects[:, [g]] + panel.noise
        made[:, 1:] += truth["L1.NQ"] * nq[:, :-1]
        made += sum(truth[name] * wide(panel, name) for name in TYPES)
        here = rows & (panel.third == g)
        assert np.abs(nq - made)[here].max() < 1.1e-6  # six decimals, of y and of rho times its lag
        assert abs(np.where(here, panel.effects[:, [g]], 0).sum()) < 1e-9


def test_least_squares_finds_the_truth_once_the_effects_are_taken_off(panel: stand_in.Panel) -> None:
    nq, rows = wide(panel, "NQ"), usable(panel)
    lagged = np.column_stack([np.full(CITIES, np.nan), nq[:, :-1]])
    for g, truth in enumerate(panel.truth):
        here = rows & (panel.third == g)
        x = np.column_stack([np.ones(here.sum()), lagged[here], *(wide(panel, name)[here] for name in TYPES)])
        y = (nq - panel.effects[:, [g]])[here]
        estimate = np.linalg.lstsq(x, y, rcond=None)[0]
        std_error = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * (y - x @ estimate).var())
        wanted = np.array([truth[name] for name in ("constant", "L1.NQ", *TYPES)])
        assert (np.abs(estimate - wanted) < 3 * std_error).all()


def test_the_truth_has_the_printed_coefficients_of_the_columns_without_a_control() -> None:
    # Table 4, column I; Table 3, columns VII and I: V1 to V5
    assert [[one[name] for name in TYPES] for one in TRUTH] == [
        [0.004, 0.008, 0.019, 0.027, -0.021],
        [0.0024, 0.002, -0.029, 0.001, 0.013],
        [0.011, -0.043, 0.363, 0.007, -0.328],
    ]


def test_the_same_seed_gives_the_same_panel_and_another_seed_another(panel: stand_in.Panel) -> None:
    assert stand_in.text(stand_in.panel().frame) == stand_in.text(panel.frame)
    assert not np.array_equal(stand_in.panel(7).frame["NQ"], panel.frame["NQ"])


def committed(name: str) -> pd.DataFrame:
    content = gzip.decompress((ROOT / "specs" / "data" / name).read_bytes()).decode("utf-8")
    return pd.read_csv(io.StringIO(content))


def test_the_committed_files_hold_what_the_generator_makes(panel: stand_in.Panel) -> None:
    """Numbers to one unit of their last decimal: another processor's exp may round another way."""
    for name, made in ((stand_in.PANEL_FILE, panel.frame), (stand_in.SOURCES_FILE, stand_in.sources())):
        there = committed(name)
        assert list(there.columns) == list(made.columns)
        for column in made.columns:
            if made[column].dtype.kind in "if":
                unit = 10.0 ** -TABLE_2[column].decimals if column in TABLE_2 else 0.01
                assert np.abs(there[column] - made[column]).max() <= unit, column
            else:
                assert there[column].tolist() == made[column].tolist(), column


def test_no_row_can_be_mistaken_for_data(panel: stand_in.Panel) -> None:
    for name, frame in ((stand_in.PANEL_FILE, panel.frame), (stand_in.SOURCES_FILE, stand_in.sources())):
        assert "stand_in" in name
        assert (frame["stand_in"] == 1).all()
        assert frame["city"].str.startswith("stand-in ").all()
    readme = Path(ROOT / "specs" / "data" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in (stand_in.PANEL_FILE, stand_in.SOURCES_FILE))


def test_the_files_are_written_as_they_are_committed(tmp_path: Path) -> None:
    stand_in.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [stand_in.PANEL_FILE, stand_in.SOURCES_FILE]
    with gzip.open(tmp_path / stand_in.PANEL_FILE, "rt", encoding="utf-8", newline="") as file:
        assert file.read() == stand_in.text(stand_in.panel().frame)


def test_the_places_of_the_small_stand_in_lie_within_the_bounds_of_china() -> None:
    frame = stand_in.sources()
    assert frame["latitude"].between(18, 54).all() and frame["longitude"].between(73, 135).all()
    assert (frame["it_staff"] <= frame["staff"]).all()
