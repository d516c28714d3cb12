"""fsQCA gives what R's package QCA gave, set for set and number for number."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fsqca_cases import Columns, generated

from harness.estimators import fsqca

FOLDER = Path(__file__).parent / "recorded" / "qca"
ANALYSES = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.startswith("reference-"))
TOLERANCE = 1e-12


@cache
def _recorded(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def _columns(data: dict[str, Any]) -> Columns:
    """The data as they stand in the file, as rows with counts, or as a generator makes them (or a part)."""
    if "rows" in data:
        rows = [row for row in data["rows"] for _ in range(row[-1])]
        return {name: [float(row[i]) for row in rows] for i, name in enumerate(data["names"])}
    if "seed" not in data:
        return {name: [float(value) for value in values] for name, values in data.items()}
    settings = dict(data)
    third, high, low = (settings.pop(key, None) for key in ("third", "outcome_above", "outcome_below"))
    columns = generated(**settings)
    kept = [
        i
        for i, y in enumerate(columns["Y"])
        if (third is None or i % 3 == third) and (high is None or y > high) and (low is None or y < low)
    ]
    return {name: [values[i] for i in kept] for name, values in columns.items()}


@cache
def _table(name: str) -> fsqca.TruthTable:
    recorded = _recorded(name)
    call, columns = recorded["call"], _columns(recorded["data"])
    data = fsqca.sets(columns, call["outcome"], [name for name in columns if name != "Y"], strict=False)
    cut = call["incl_cut"]
    incl_cut = tuple(cut) if isinstance(cut, list) else cut
    return fsqca.truth_table(data, incl_cut, call["pri_cut"], call["n_cut"], call["exclude"])


def _expectations(name: str) -> dict[str, int | None]:
    signs = _recorded(name)["call"]["dir_exp"].split(",")
    values = {"1": 1, "0": 0, "-": None}
    return {
        condition: values[sign] for condition, sign in zip(_table(name).data.conditions, signs, strict=True)
    }


def _having(part: str) -> list[str]:
    return [name for name in ANALYSES if part in _recorded(name)]


def _same(ours: float, theirs: float | str) -> bool:
    if theirs == "nan":
        return math.isnan(ours)
    return abs(ours - float(theirs)) <= TOLERANCE


def _texts(model: tuple[fsqca.Term, ...], name: str) -> list[str]:
    return sorted(fsqca.write(term, _table(name).data.conditions) for term in model)


def _check_fit(solution: fsqca.Solution, recorded: dict[str, Any], name: str) -> None:
    fits = {tuple(_texts(fit.model, name)): fit for fit in fsqca.fit_solution(solution, most=200).models}
    for terms, theirs in zip(recorded["models"], recorded["fit"]["models"], strict=False):  # the first six
        ours = fits[tuple(terms)]
        _check_terms(ours, theirs["terms"], name)
        assert all(map(_same, (ours.inclusion, ours.pri, ours.coverage), theirs["model"]))
    if "overall" in recorded["fit"]:
        _check_terms(fsqca.fit_solution(solution, most=200).overall, recorded["fit"]["overall"], name)


def _check_terms(ours: fsqca.ModelFit, theirs: dict[str, list[float]], name: str) -> None:
    found = {
        fsqca.write(f.term, _table(name).data.conditions): (f.inclusion, f.pri, f.coverage, f.unique_coverage)
        for f in ours.terms
    }
    assert set(found) == set(theirs)
    for term, numbers in theirs.items():
        assert all(map(_same, found[term], numbers)), (term, found[term], numbers)


def test_more_than_twenty_analyses_are_recorded() -> None:
    assert len(ANALYSES) >= 30
    assert {_recorded(name)["source"]["QCA"] for name in ANALYSES} == {"3.25.1"}


@pytest.mark.parametrize("name", ANALYSES)
def test_the_truth_table_is_that_of_r(name: str) -> None:
    table = _table(name)
    listed = {row[0]: row[1:] for row in _recorded(name)["table"]}
    ours = {
        int(code): [str(table.output[i]), int(table.n_cases[i]), table.inclusion[i], table.pri[i]]
        for i, code in enumerate(table.codes)
    }
    assert set(listed) == set(ours)
    for code, (output, n, inclusion, pri) in listed.items():
        assert ours[code][:2] == [output, n], code
        assert _same(ours[code][2], inclusion) and _same(ours[code][3], pri), code


@pytest.mark.parametrize("kind", ["conservative", "parsimonious"])
@pytest.mark.parametrize("name", sorted({*_having("conservative"), *_having("parsimonious")}))
def test_primes_models_and_fits_are_those_of_r(name: str, kind: str) -> None:
    recorded = _recorded(name).get(kind)
    if recorded is None:
        with pytest.raises(fsqca.FsqcaError):
            getattr(fsqca, kind)(_table(name))
        return
    solution = getattr(fsqca, kind)(_table(name))
    assert solution.primes is not None
    assert _texts(solution.primes.terms, name) == recorded["primes"]
    assert sorted(_texts(model, name) for model in solution.models) == sorted(recorded["models"])
    assert solution.n_models == len(recorded["models"])
    _check_fit(solution, recorded, name)


@pytest.mark.parametrize("name", _having("parsimonious"))
def test_simplifying_assumptions_are_those_of_r(name: str) -> None:
    recorded = _recorded(name)["parsimonious"]
    ours = {
        tuple(_texts(model, name)): fsqca.assumptions(_table(name), model).tolist()
        for model in fsqca.parsimonious(_table(name)).models
    }
    theirs = {tuple(m): sorted(a) for m, a in zip(recorded["models"], recorded["assumptions"], strict=True)}
    assert ours == theirs


@pytest.mark.parametrize("name", _having("intermediate"))
def test_intermediate_models_and_counterfactuals_are_those_of_r(name: str) -> None:
    solution = fsqca.intermediate(_table(name), _expectations(name))
    ours = {
        (tuple(_texts(pair.conservative, name)), tuple(_texts(pair.parsimonious, name))): pair
        for pair in solution.pairs
    }
    recorded = {
        (tuple(r["conservative"]), tuple(r["parsimonious"])): r for r in _recorded(name)["intermediate"]
    }
    assert set(ours) == set(recorded)
    for key, theirs in recorded.items():
        pair = ours[key]
        assert sorted(_texts(model, name) for model in pair.models) == sorted(theirs["models"])
        assert (list(pair.easy), list(pair.difficult)) == (
            sorted(theirs["easy"]),
            sorted(theirs["difficult"]),
        )
        if "fit" in theirs:
            _check_fit(fsqca.of_pair(solution, pair), theirs, name)


@pytest.mark.parametrize("name", _having("error"))
def test_where_r_gives_up_there_is_an_error_of_one_sentence_or_a_solution(name: str) -> None:
    """R refuses a parsimonious solution without negative rows, and any solution without positive ones."""
    with pytest.raises(fsqca.FsqcaError, match=r"^No configuration is (positive|negative)"):
        fsqca.parsimonious(_table(name))


@pytest.mark.parametrize("name", _having("find_rows"))
def test_rows_on_which_no_assumption_should_be_made_are_those_of_r(name: str) -> None:
    recorded, table = _recorded(name)["find_rows"], _table(name)
    assert fsqca.matching_rows(table, "A*~B").tolist() == recorded["A*~B"]
    assert fsqca.matching_rows(table, "A*~B", observed=True).tolist() == recorded["A*~B observed"]
    assert fsqca.simultaneous_subsets(table).tolist() == recorded["simultaneous"]
    if recorded["contradictory"] is None:  # one side has no solution
        with pytest.raises(fsqca.FsqcaError):
            fsqca.contradictory_assumptions(table)
        return
    assert fsqca.contradictory_assumptions(table).tolist() == recorded["contradictory"]


@pytest.mark.parametrize("number", range(16))
def test_calibrated_memberships_are_those_of_r(number: int) -> None:
    recorded = _recorded("reference-calibration")["calibrations"][number]
    ours = getattr(fsqca, recorded["call"])(recorded["raw"], **recorded["args"])
    # R rounds the indirect method to six digits, so that a last bit decides the sixth
    tolerance = 1.01e-6 if recorded["call"] == "indirect" else TOLERANCE
    assert np.abs(ours - recorded["result"]).max() <= tolerance


@pytest.mark.parametrize("number", range(10))
def test_necessary_sets_are_those_of_r(number: int) -> None:
    recorded = _recorded("reference-necessity")["necessity"][number]
    columns = generated(**recorded["generator"])
    data = fsqca.sets(columns, recorded["outcome"], [name for name in columns if name != "Y"])
    found = fsqca.necessary_sets(data, *(recorded[cut] for cut in ("incl_cut", "ron_cut", "cov_cut")))
    _check_necessary(found, recorded["necessary"])
    _check_necessary(fsqca.single_sets(data), recorded["single"])


def _check_necessary(ours: tuple[fsqca.NecessarySet, ...], theirs: Any) -> None:
    if isinstance(theirs, str):
        assert theirs.startswith("There are no configurations") and ours == ()
        return
    found = {item.text: (item.inclusion, item.ron, item.coverage) for item in ours}
    assert set(found) == set(theirs)
    for text, numbers in theirs.items():
        assert all(map(_same, found[text], numbers)), text


@pytest.mark.parametrize("number", range(4))
def test_panel_consistencies_and_their_distances_are_those_of_setmethods(number: int) -> None:
    document = _recorded("reference-panel")
    recorded = document["panel"][number]
    columns = generated(**document["generator"])
    units, periods = [f"u{i % 10:02d}" for i in range(60)], [str(2000 + i // 10) for i in range(60)]
    data = fsqca.sets(columns, "Y", ["A", "B", "C"])
    x = data.in_model(fsqca.parse(recorded["expression"], data.conditions))
    if "zero_c_in" in recorded:
        x[[i for i, period in enumerate(periods) if period == str(recorded["zero_c_in"])]] = 0
    ours = fsqca.panel_fit(x, data.membership, units, periods, recorded["relation"], parity=True)
    theirs = recorded["result"]
    between, within = ours.consistency_between, ours.consistency_within
    _close([between.pooled], theirs["pooled"])
    _close(between.by_group, theirs["between"])
    _close(within.by_group, theirs["within"])
    _close([between.distance], theirs["d_between"])
    _close([within.distance], theirs["d_within"])
    _close([ours.coverage_between.pooled], theirs["coverage_pooled"])
    _close(ours.coverage_between.by_group, theirs["coverage_between"])
    _close(ours.coverage_within.by_group, theirs["coverage_within"])


def _close(ours: Any, theirs: list[float]) -> None:
    assert np.abs(np.asarray(ours) - theirs).max() <= TOLERANCE
