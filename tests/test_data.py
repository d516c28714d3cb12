"""The data files are what their sources hold, digit for digit."""

import csv
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "specs" / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")
FILES = sorted(path.name for path in DATA.glob("*.csv"))
TRANSCRIBED = ("dusa_pri.csv", "krook.csv")  # from print: nothing exports them


def block(language: str) -> str:
    """The README's fenced block in *language*."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block in {language}"
    return found.group(1)


def rows(path: Path) -> list[list[float | str]]:
    """The file, its numbers as doubles."""
    with path.open(encoding="utf-8", newline="") as file:
        return [[number(field) for field in row] for row in csv.reader(file)]


def number(field: str) -> float | str:
    try:
        return float(field)
    except ValueError:
        return field


def test_the_readme_names_every_file_and_nothing_else() -> None:
    assert sorted(set(re.findall(r"`([a-z_]+\.csv)`", README))) == FILES


def test_the_readme_has_the_sha256_of_every_file() -> None:
    written = dict(reversed(line.split()) for line in block("text").splitlines())
    assert written == {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in FILES}


def test_every_file_is_text_that_any_program_reads() -> None:
    for name in FILES:
        text = (DATA / name).read_bytes().decode("utf-8")
        assert "\r" not in text and '"' not in text and text.endswith("\n"), name
        widths = {len(line.split(",")) for line in text.splitlines()}
        assert len(widths) == 1, f"{name} has rows of {sorted(widths)} fields"


def test_the_row_counts_are_those_of_the_readme() -> None:
    """The numbers of rows are those of the manual pages (plm, NIST, Wooldridge's 54 firms by 3 years)."""
    for name, count in re.findall(r"^\| `([a-z_]+\.csv)` \| (\d+) \|", README, re.MULTILINE):
        assert len(rows(DATA / name)) - 1 == int(count), name


@pytest.mark.r
def test_the_export_from_r_gives_the_same_numbers_again(tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    (tmp_path / "export.R").write_text(block("r"), encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "--vanilla", "export.R"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    if "there is no package called" in done.stderr:
        pytest.skip("the R package plm is not installed")
    assert done.returncode == 0, done.stderr
    exported = sorted(tmp_path.glob("*.csv"))
    assert [path.name for path in exported] == [
        name for name in FILES if name not in {"jobtraining.csv", *TRANSCRIBED}
    ]
    for path in exported:
        assert rows(path) == rows(DATA / path.name), path.name


@pytest.mark.r
def test_fifteen_digits_are_enough_for_every_number_exported_from_r(tmp_path: Path) -> None:
    """`write.csv` keeps 15 digits, a double may need 17."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    exact = block("r").replace(
        "write.csv(data",
        "write.csv(as.data.frame(lapply(data, function(x) if (is.double(x)) sprintf('%.17g', x) else x))",
    )
    assert exact != block("r")
    (tmp_path / "export.R").write_text(exact, encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "--vanilla", "export.R"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    if "there is no package called" in done.stderr:
        pytest.skip("the R package plm is not installed")
    assert done.returncode == 0, done.stderr
    for path in tmp_path.glob("*.csv"):
        assert rows(path) == rows(DATA / path.name), path.name


def test_the_export_from_linearmodels_gives_the_same_numbers_again(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "jobtraining.csv") == rows(DATA / "jobtraining.csv")
