"""What every test may use: one BLAS thread, the fake engines, and skips with their reason."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
os.environ["RPY2_CFFI_MODE"] = "ABI"

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def _no_r() -> str:
    if shutil.which("Rscript") is None:
        return "R is not installed (r-base-core)"
    told = subprocess.run(["Rscript", "-e", "library(plm)"], capture_output=True, check=False)
    return "" if told.returncode == 0 else "R package plm is not installed (r-cran-plm)"


@functools.cache
def _no_browser() -> str:
    return "" if shutil.which("chromium") else "Chromium is not installed (chromium)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs what is not here is skipped, and says what that is."""
    for item in items:
        for marker, reason in (("r", _no_r), ("browser", _no_browser)):
            if item.get_closest_marker(marker) and reason():
                item.add_marker(pytest.mark.skip(reason=reason()))


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets what another one kept, or what the person who runs them did."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


LINE_SPEC = """\
title: A straight line
source: {{citation: "made for the tests", read_from: "the tests"}}
data: {{file: line.csv}}
engines: [{engines}]
limits: {{seconds: 20, memory_mb: 4096}}
base:
  model: linear
  outcome: y
  regressors: {{x: 0, z: 0}}
  std_error: conventional
columns:
  "1": {{}}
  "2": {{regressors: {{z: null}}}}
"""
LINE_DATA = "x,z,y\n1,3,2.1\n2,1,3.9\n3,4,6.2\n4,1,7.8\n5,5,10.1\n6,9,12.2\n7,2,13.8\n8,6,16.1\n"


@pytest.fixture
def line(tmp_path: Path):
    """Makes a project with one small spec for the engines given; returns its root."""

    def make(*engines: str, identifier: str = "line") -> Path:
        specs = tmp_path / "specs"
        specs.mkdir(exist_ok=True)
        (specs / f"{identifier}.yaml").write_text(LINE_SPEC.format(engines=", ".join(engines)))
        (specs / "line.csv").write_text(LINE_DATA)
        return tmp_path

    return make
