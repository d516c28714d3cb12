"""What was fitted once under the very same conditions is not fitted again; anything else is."""

import errno
import json
import math
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from test_workers import MODEL, SHEET, task

from harness import doctor, environment, rscripts
from harness.cli import main
from harness.engines import engines
from harness.kept import Kept, place
from harness.report import kept_pages
from harness.result import Cell, NotOffered, Provenance
from harness.result import Result as Fit
from harness.sheet import Sheet
from harness.spec import AnyModel
from harness.specfile import read
from harness.store import Store
from harness.workers.stream import stream

pytestmark = pytest.mark.slow


def harness(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        main, ["--root", str(root), "run", "--jobs", "1", *arguments], catch_exceptions=False
    )


def report(root: Path) -> bytes:
    return (root / "reports/latest/line/results.json").read_bytes()


def test_a_second_run_fits_nothing_and_reports_the_same_bytes(line) -> None:
    root = line("fake-agrees", "fake-off")
    assert "4 fits" in harness(root).stderr
    first = report(root)
    told = harness(root)
    assert "0 fits" in told.stderr
    assert "4 fits were kept from an earlier run; --fresh makes them anew." in told.stdout
    assert report(root) == first


def test_a_second_run_imports_no_library_of_numbers_and_no_pool(line) -> None:
    root = line("fake-agrees", "stata-xtabond2")
    harness(root)
    code = (
        "import sys\nfrom harness.cli import main\n"
        f"try: main(['--root', {str(root)!r}, 'run'])\nexcept SystemExit: pass\n"
        "heavy = {'rpy2', 'pandas', 'numpy', 'scipy', 'pebble', 'distributed'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/fakes")])
    environment = {**os.environ, "PYTHONPATH": paths}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert "0 fits" in told.stderr
    assert told.returncode == 0, told.stderr


def test_fresh_fits_everything_anew(line) -> None:
    root = line("fake-agrees")
    harness(root)
    assert "2 fits" in harness(root, "--fresh").stderr


def test_only_the_column_that_changed_is_fitted(line) -> None:
    root = line("fake-agrees")
    harness(root)
    path = root / "specs/line.yaml"
    path.write_text(path.read_text().replace('"2": {regressors: {z: null}}', '"2": {regressors: {x: null}}'))
    assert "1 fits" in harness(root).stderr


def test_other_data_are_fitted_anew(line) -> None:
    root = line("fake-agrees")
    harness(root)
    data = root / "specs/line.csv"
    data.write_text(data.read_text().replace("16.1", "16.2"))
    assert "2 fits" in harness(root).stderr


def test_a_title_or_an_order_of_engines_changes_no_fit(line) -> None:
    root = line("fake-agrees", "fake-off")
    harness(root)
    path = root / "specs/line.yaml"
    text = path.read_text().replace("A straight line", "Another title")
    path.write_text(text.replace("fake-agrees, fake-off", "fake-off, fake-agrees"))
    assert "0 fits" in harness(root).stderr


@pytest.mark.parametrize("engine", ["fake-raises", "fake-missing"])
def test_what_was_not_fitted_is_tried_again(line, engine: str) -> None:
    root = line(engine)
    harness(root)
    assert "2 fits" in harness(root).stderr


def test_verdicts_are_never_kept(line) -> None:
    root = line("fake-agrees")
    assert harness(root).exit_code == 0
    golden = root / "golden/line"
    golden.mkdir(parents=True)
    (golden / "published.csv").write_text("part,term,measure,1,2\ncoefficients,x,estimate,7.77,\n")
    told = harness(root)
    assert "0 fits" in told.stderr
    assert told.exit_code == 1


def test_a_page_is_rendered_once_for_the_same_verdicts_and_anew_for_others(
    line, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, rendered = line("fake-agrees"), []
    render = kept_pages.rendered
    monkeypatch.setattr(kept_pages, "rendered", lambda *given: rendered.append(1) or render(*given))
    page = root / "reports/latest/line/index.html"
    harness(root)
    first = page.read_bytes()
    harness(root)
    assert (page.read_bytes(), len(rendered)) == (first, 1)
    golden = root / "golden/line"
    golden.mkdir(parents=True)
    for estimate in ("7.77", "7.78"):
        (golden / "published.csv").write_text(f"part,term,measure,1,2\ncoefficients,x,estimate,{estimate},\n")
        assert harness(root).exit_code == 1
        assert estimate in page.read_text()
    spec = root / "specs/line.yaml"
    spec.write_text(spec.read_text().replace("A straight line", "Another title"))
    harness(root)
    assert "Another title" in page.read_text()
    assert len(rendered) == 4


def test_a_papers_page_is_rendered_once_for_the_same_items_and_anew_for_others(
    line, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    render = kept_pages.rendered_paper
    monkeypatch.setattr(kept_pages, "rendered_paper", lambda *given: rendered.append(1) or render(*given))
    for number in (1, 2):
        root = line("fake-agrees", identifier=f"line-{number}")
        spec = root / f"specs/line-{number}.yaml"
        of_paper = f'read_from: "the tests", paper: lines, item: {number}'
        spec.write_text(spec.read_text().replace('read_from: "the tests"', of_paper))
    page = root / "reports/latest/papers/lines/index.html"
    harness(root)
    first = page.read_bytes()
    harness(root)
    assert (page.read_bytes(), len(rendered)) == (first, 1)
    golden = root / "golden/line-2"
    golden.mkdir(parents=True)
    (golden / "published.csv").write_text("part,term,measure,1,2\ncoefficients,x,estimate,7.77,\n")
    harness(root)
    assert "7.77" in page.read_text() and len(rendered) == 2


def test_another_template_or_version_renders_anew(line, monkeypatch: pytest.MonkeyPatch) -> None:
    root = line("fake-agrees")
    harness(root)
    monkeypatch.setattr(kept_pages, "_renderer", lambda: b"another")
    monkeypatch.setattr(kept_pages, "rendered", lambda *given: ("a page", "a text"))
    harness(root)
    assert (root / "reports/latest/line/index.html").read_text() == "a page"


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_entry_is_found_and_made_again(line, tmp_path: Path, damage: bytes | None) -> None:
    root = line("fake-agrees")
    harness(root)
    first = report(root)
    entries = sorted((tmp_path / "cache/results").rglob("*.json"))
    whole = entries[0].read_bytes()
    entries[0].write_bytes(whole.replace(b"1.", b"2.", 1) if damage is None else damage)
    assert "1 fits" in harness(root).stderr
    assert entries[0].read_bytes() == whole
    assert report(root) == first


def test_a_folder_that_cannot_be_written_is_one_sentence_and_the_run_goes_on(
    line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    told = harness(line("fake-agrees"))
    assert told.exit_code == 0
    assert told.stderr.count("results are not kept for the next run") == 1


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    kept = Kept(tmp_path)
    monkeypatch.setattr(os, "replace", full)
    kept.write("a/one.json", 1)
    kept.write("a/two.json", 2)
    assert [sentence.partition(":")[0] for sentence in kept.remarks] == [
        f"{tmp_path} cannot be written (No space left on device)"
    ]
    assert list((tmp_path / "a").iterdir()) == []


def test_writers_and_readers_at_once_meet_whole_documents_only(tmp_path: Path) -> None:
    document = ["x" * 100] * 500

    def write(_: int) -> None:
        Kept(tmp_path).write("same.json", document)

    def looked(_: int) -> bool:
        return Kept(tmp_path).read("same.json") == document

    write(0)
    with ThreadPoolExecutor(8) as threads:
        writers = threads.map(write, range(40))
        assert all(threads.map(looked, range(200)))
        assert list(writers) == [None] * 40
    assert [path.name for path in tmp_path.iterdir()] == ["same.json"]


# ---------------------------------------------------------------------------------------- their space


def entry(kept: Kept, name: str, used: float) -> Path:
    """A document of some 300 bytes, used so many seconds ago."""
    kept.write(f"results/ab/{name}.json", "x" * 230)
    path = kept.folder / f"results/ab/{name}.json"  # type: ignore[operator]
    os.utime(path, (time.time() - used,) * 2)
    return path


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE_MB", "1")  # 1,302 bytes for each of 768 folders: four documents
    kept = Kept(tmp_path)
    paths = [entry(kept, f"{n}", used=1000 - n) for n in range(4)]
    assert all(path.exists() for path in paths)
    kept.read("results/ab/0.json")
    entry(kept, "4", used=0)
    assert [path.exists() for path in paths] == [True, False, True, True]


def test_a_document_larger_than_its_share_is_kept_until_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE_MB", "1")
    kept = Kept(tmp_path)
    kept.write("results/ab/large.json", "x" * 5000)
    assert kept.read("results/ab/large.json") == "x" * 5000
    entry(kept, "next", used=0)
    assert kept.read("results/ab/large.json") is None


def test_what_another_run_is_writing_stays_and_what_it_left_behind_goes(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    folder = entry(kept, "first", used=0).parent
    now, abandoned = folder / ".a.part", folder / ".b.part"
    for path, seconds in ((now, 10), (abandoned, 7200)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - seconds,) * 2)
    entry(kept, "second", used=0)
    assert (now.exists(), abandoned.exists()) == (True, False)


def test_runs_that_make_room_at_once_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE_MB", "1")

    def used(number: int) -> bool:
        kept, name = Kept(tmp_path), f"results/ab/{number % 12}.json"
        kept.write(name, ["x" * 20] * 10)
        return kept.read(name) in (None, ["x" * 20] * 10) and not kept.remarks

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(used, range(400)))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.*")) <= 1_000_000 // 768 + 600


def test_a_size_that_is_none_is_one_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE_MB", "much")
    kept = Kept(tmp_path)
    assert list(kept.remarks) == ["HARNESS_CACHE_MB is much, no whole number of megabytes: 1000 are used."]
    assert kept.most == 1_000_000_000


def test_the_doctor_says_what_is_kept_and_how_much_may_be(line) -> None:
    harness(line("fake-agrees"))
    (found,) = (one for one in [doctor._kept()] if one.ok)
    assert re.fullmatch(
        r"\d+ documents, 0\.0 of at most 1000 MB \(HARNESS_CACHE_MB\), in .*/cache", found.text
    )


# ------------------------------------------------------------------------- fits that no spec has


def key_of(sheet: Sheet, engine: str = "python-dpd", model: AnyModel = MODEL) -> str:
    return Store(Kept(None)).key_of(engines()[engine], model, sheet)


def test_equal_sheets_have_one_key_wherever_they_come_from() -> None:
    assert key_of(SHEET) == key_of(replace(SHEET, frame=SHEET.frame.copy())) != ""


@pytest.mark.parametrize(
    "other",
    [
        replace(SHEET, frame=SHEET.frame.assign(x=np.nextafter(SHEET.frame["x"], 9))),
        replace(SHEET, frame=SHEET.frame.assign(x=SHEET.frame["x"].astype("int64"))),
        replace(SHEET, frame=SHEET.frame.rename(columns={"x": "z"})),
        replace(SHEET, frame=SHEET.frame[["y", "x"]]),
        replace(SHEET, frame=SHEET.frame.iloc[:-1]),
        replace(SHEET, constant=False),
        replace(SHEET, dummies=("x",)),
        replace(SHEET, anchors={"x": (0.1, 0.2)}),
    ],
    ids=["a bit", "a type", "a name", "an order", "a row", "a setting", "a dummy", "an anchor"],
)
def test_another_sheet_is_another_key(other: Sheet) -> None:
    assert key_of(other) != key_of(SHEET)


def test_another_model_or_engine_is_another_key() -> None:
    robust = MODEL.model_copy(update={"std_error": "robust"})
    keys = {key_of(SHEET), key_of(SHEET, model=robust), key_of(SHEET, engine="python-linearmodels")}
    assert len(keys) == 3


def test_words_of_two_columns_do_not_run_into_each_other() -> None:
    one = replace(SHEET, frame=pd.DataFrame({"a": ["ab", "c"]}))
    other = replace(SHEET, frame=pd.DataFrame({"a": ["a", "bc"]}))
    assert key_of(one) != key_of(other)


def test_a_streamed_fit_is_kept_and_found_again(tmp_path: Path) -> None:
    store = Store(Kept(tmp_path))
    one = task("fake-agrees")
    key = store.key_of(one.engine, one.model, SHEET)
    ((_, fitted),) = stream([one], jobs=1)
    store.put(key, fitted)
    assert store.get(key, one.spec, one.column, one.provenance) == fitted


def test_a_kept_result_comes_back_bit_for_bit(tmp_path: Path) -> None:
    values = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]
    cells = tuple(Cell("coefficients", f"x{i}", "estimate", value) for i, value in enumerate(values))
    made = Provenance("plm 2.6-2", "R 4.2.2", "Linux x86_64", "libblas.so.3", "aa", "bb", "cc", "0.1", "")
    fit = Fit(
        "s", "1", "r-plm", "fitted", "", "pgmm(\u03b2)", cells, (NotOffered("fit", "model", "aic", "no"),),
        (("tests", "wald", "statistic"),), ("careful",), made,
    )  # fmt: skip
    Store(Kept(tmp_path)).put("k" * 64, fit)
    again = Store(Kept(tmp_path)).get("k" * 64, "s", "1", Provenance("", "", "", "", "aa", "bb", "cc", "0.1"))
    assert repr(again) == repr(fit)


def test_the_folder_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert place() == tmp_path / ".cache/harness"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert place() == tmp_path / "elsewhere/harness"
    monkeypatch.setenv("HARNESS_CACHE", "")
    assert place() is None


def test_an_engine_that_is_here_and_refuses_a_model_is_asked_once(line) -> None:
    root = line("fake-unsupported")
    harness(root)
    first = report(root)
    assert "0 fits" in harness(root).stderr
    assert report(root) == first


# ------------------------------------------------------------------------------------ what a key holds


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The key of one fit, made anew each time as in a new process."""
    spec = read(ROOT / "specs/grunfeld-stata.yaml", engines())
    column = next(iter(spec.columns))

    def make(engine: str = "python-linearmodels", scripts: str = "scripts") -> str:
        for remembered in (environment.sources_sha256, environment._content, environment._path):
            remembered.cache_clear()
        return Store(Kept(tmp_path)).key(spec, column, engines()[engine], "data", scripts)

    return make


@pytest.mark.parametrize(
    "name",
    ["engines/python_linearmodels/answer.py", "estimators/inference.py", "sheet.py", "dataset/rows.py"],
)
def test_a_changed_byte_of_a_module_on_the_way_is_another_key(
    key, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key()
    copy = tmp_path / "harness"
    shutil.copytree(ROOT / "harness", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(environment, "_PACKAGE", copy)
    assert key() == before
    path = copy / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert key() != before


@pytest.mark.parametrize("name", ["report/page.py", "compare/numbers.py", "engines/r_plm.py", "cli.py"])
def test_a_module_that_makes_no_number_of_this_engine_is_not_in_its_key(
    key, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key()
    copy = tmp_path / "harness"
    shutil.copytree(ROOT / "harness", copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / name
    path.write_bytes(path.read_bytes() + b"\n")
    monkeypatch.setattr(environment, "_PACKAGE", copy)
    assert key() == before


def test_an_upgraded_package_is_another_key(key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    (tmp_path / "site/linearmodels-9.9.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    assert key() != before


def test_another_kernel_of_the_blas_is_another_key(key, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen-for-the-test")
    assert key() != before


def test_every_source_that_python_imports_is_found(tmp_path: Path) -> None:
    """Against the interpreter's own account of what an engine's import loads."""
    for engine in ("python-pydynpd", "r-plm"):
        module = engines()[engine].module
        code = (
            f"import sys, {module}; print(*(m.__file__ for n, m in sys.modules.items() if n[:8]=='harness.'))"
        )
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        loaded = {Path(name).resolve() for name in told.stdout.split()}
        table = ROOT / "harness/engines/__init__.py"
        assert loaded - {table} <= environment._files(module)


DESCRIPTION = """\
Package: {name}
Version: {version}
Depends: R (>= 3.1)
Imports: {needs}
Built: R 4.2.2; ; {built}; unix
"""


@pytest.fixture
def fake_r(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An R of three packages whose start is counted."""
    library = tmp_path / "library"

    def package(name: str, version: str = "1.0", needs: str = "", built: str = "2023") -> None:
        (library / name).mkdir(parents=True, exist_ok=True)
        text = DESCRIPTION.format(name=name, version=version, needs=needs, built=built)
        (library / name / "DESCRIPTION").write_text(text)

    package("base", "4.2.2")
    package("plm", "2.6-2", "MASS, bdsmatrix (>= 1.3),\n    zoo")
    package("zoo", "1.8")
    program = tmp_path / "bin/Rscript"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho started >> {tmp_path}/starts\nprintf '%s\\n' {tmp_path} {program} {library}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return package


def test_r_is_started_once_to_say_where_its_libraries_are(fake_r, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    first = environment.r_facts(kept)
    assert first["R package plm"] == "2.6-2 (R 4.2.2; 2023)"
    assert first["R package zoo"] == "1.8 (R 4.2.2; 2023)"
    assert environment.r_facts(kept) == first
    fake_r("zoo", "1.9")
    assert environment.r_facts(kept)["R package zoo"] == "1.9 (R 4.2.2; 2023)"
    assert (tmp_path / "starts").read_text().split() == ["started"]


def test_a_rebuilt_package_of_the_same_version_is_seen(fake_r, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    first = environment.r_facts(kept)
    fake_r("plm", "2.6-2", "zoo", built="2024")
    assert environment.r_facts(kept) != first


def test_without_r_nothing_is_kept_for_its_engines(
    key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert key("r-plm") == ""
    assert key("python-linearmodels") != ""


def test_an_absent_package_is_said_without_starting_anything(
    fake_r, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tmp_path / "library/plm")
    engine = engines()["r-plm"]
    told = Store(Kept(tmp_path / "kept")).absent(engine)
    assert told == f"R has no package plm. Install it: {engine.mend}"
    monkeypatch.setattr(sys, "path", [])
    engine = engines()["python-pymcdm"]
    assert Store(Kept(None)).absent(engine) == f"pymcdm is not installed. Install it: {engine.mend}"


@pytest.mark.r
def test_the_facts_of_this_r_are_what_r_says(tmp_path: Path) -> None:
    code = 'cat(as.character(getRversion()), as.character(packageVersion("plm")))'
    told = subprocess.run(["Rscript", "--vanilla", "-e", code], capture_output=True, text=True, check=True)
    version, plm = told.stdout.split()
    facts = environment.r_facts(Kept(tmp_path))
    assert facts["R"].startswith(version + " ")
    assert facts["R package plm"].replace("-", ".").startswith(plm.replace("-", "."))


def test_the_hash_of_the_r_scripts_is_that_of_their_bytes() -> None:
    import hashlib

    text = b"".join(path.read_bytes() for path in sorted((ROOT / "r_scripts").glob("*.R")))
    assert rscripts.sha256() == hashlib.sha256(text).hexdigest()


def test_entries_hold_no_verdict_and_no_path(line, tmp_path: Path) -> None:
    harness(line("fake-agrees"))
    for path in (tmp_path / "cache/results").rglob("*.json"):
        entry = json.loads(path.read_bytes().partition(b"\n")[2])
        known = "engine status message call cells not_offered recomputed warnings printed provenance"
        assert set(entry) == set(known.split())
        assert str(tmp_path) not in path.read_text()


def test_the_cache_key_is_one_line_that_changes_with_the_kernel_of_the_blas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told() -> str:
        return CliRunner().invoke(main, ["doctor", "--cache-key"], catch_exceptions=False).stdout

    first = told()
    assert first == told()
    assert first.startswith("harness-") and first.count("\n") == 1
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen-for-the-test")
    assert told() != first
