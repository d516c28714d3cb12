"""The two bridges to R: the same bits both ways, nothing on the terminal, one clear error each."""

import math
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import rserial, rsession
from harness.errors import EstimationError, NotInstalled, Unsupported, UsageError

# IEEE 754: smallest denormal, largest denormal, signed zeros, near the largest, one ulp above 1, infinities.
HARD_DOUBLES = [5e-324, 2.225073858507201e-308, 0.0, -0.0, 1e308, 1 + 2**-52, math.inf, -math.inf, 0.1]
R_NA = struct.pack("<Q", 0x7FF00000000007A2)  # R's NA_real_: the NaN with the low word 1954 (R-data manual)
WORDS = ["plain", "", "企业", "é", "quote\"'`\\", "tab\tnewline\n", None]


def bits(values: Any) -> list[bytes]:
    return [struct.pack("<d", value) for value in np.asarray(values, dtype=float)]


# ------------------------------------------------------------------------------- R's format, without any R


def test_every_bit_of_a_double_survives_the_format() -> None:
    column = np.append(np.array(HARD_DOUBLES), np.frombuffer(R_NA + struct.pack("<d", math.nan)))
    frame = rserial.loads(rserial.dumps(pd.DataFrame({"x": column})))
    assert bits(frame["x"]) == bits(column)


def test_text_of_any_script_and_missing_text_survive_the_format() -> None:
    assert rserial.loads(rserial.dumps(WORDS)) == WORDS


def test_nested_settings_survive_the_format() -> None:
    settings = {"flag": True, "none": None, "list": [{"lags": [1, 2]}, {"name": "x"}], "empty": []}
    read = rserial.loads(rserial.dumps(settings))
    assert read["flag"] == [True]
    assert read["none"] is None
    assert list(read["list"][0]["lags"]) == [1.0, 2.0]
    assert read["list"][1]["name"] == ["x"]
    assert read["empty"] == []


def test_an_integer_beyond_32_bits_arrives_as_a_number() -> None:
    read = rserial.loads(rserial.dumps(pd.DataFrame({"id": np.array([2**31, 2**40], dtype=np.int64)})))
    assert list(read["id"]) == [2.0**31, 2.0**40]


@pytest.mark.parametrize("value", [2**53 + 1, np.int64(2**53 + 1), pd.Series([2**53 + 1])])
def test_an_integer_that_no_double_holds_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="has no exact double"):
        rserial.dumps({"id": value})


def test_missing_values_of_pandas_integers_are_not_a_number() -> None:
    read = rserial.loads(rserial.dumps(pd.DataFrame({"id": pd.array([1, None], dtype="Int64")})))
    assert read["id"][0] == 1.0
    assert math.isnan(read["id"][1])


def test_a_value_without_a_type_in_r_is_refused() -> None:
    with pytest.raises(TypeError, match="R cannot be sent a object"):
        rserial.dumps({"x": object()})


# ----------------------------------------------------------------------------------------- choosing a bridge


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No bridge chosen yet; what the test chooses is forgotten after it."""
    monkeypatch.delenv(rsession.ENVIRONMENT_VARIABLE, raising=False)
    rsession.bridge_and_reason.cache_clear()
    yield monkeypatch
    rsession.bridge_and_reason.cache_clear()


@pytest.fixture(params=["rpy2", "rscript"])
def each_bridge(request: pytest.FixtureRequest, fresh: pytest.MonkeyPatch) -> str:
    fresh.setenv(rsession.ENVIRONMENT_VARIABLE, request.param)
    return str(request.param)


def test_a_bridge_that_does_not_exist_is_a_usage_error(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv(rsession.ENVIRONMENT_VARIABLE, "telnet")
    with pytest.raises(UsageError, match=r"HARNESS_R_BRIDGE is 'telnet'. It can be auto"):
        rsession.bridge()


def test_without_r_the_call_says_how_to_install_it(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fresh.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match=r"R is not installed.*apt-get install r-base-core r-cran-plm"):
        rsession.run("common.R", "identity", {"x": 1})


def test_where_rpy2_cannot_start_r_the_bridge_is_rscript_and_says_why(
    fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Rscript").write_text("#!/bin/sh\n")
    (tmp_path / "Rscript").chmod(0o755)
    (tmp_path / "rpy2.py").write_text("raise ValueError('r_home is None')\n")
    fresh.setenv("PATH", str(tmp_path))
    fresh.setenv("PYTHONPATH", str(tmp_path))
    assert rsession.bridge_and_reason() == (
        "rscript",
        "rpy2 cannot start R here: ValueError: r_home is None",
    )


def test_importing_the_session_starts_no_r() -> None:
    program = "import sys, harness.rsession; sys.exit(any(name.startswith('rpy2') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_scripts_are_found_beside_the_package() -> None:
    assert {"bridge.R", "common.R"} <= {path.name for path in rsession.scripts().iterdir()}


# -------------------------------------------------------------------------------------------- through R


def echo(value: object) -> Any:
    return rsession.run("common.R", "identity", {"x": value})["value"]


@pytest.mark.r
def test_children_of_a_process_with_r_inherit_no_path_to_the_systems_libraries() -> None:
    """With R's LD_LIBRARY_PATH a Python built elsewhere would load the system's libpython."""
    program = (
        "import os, subprocess, sys; from harness import rsession; rsession.versions()\n"
        "shell = ['sh', '-c', 'printf %s \"${LD_LIBRARY_PATH-unset}\"']\n"
        "told = subprocess.run(shell, capture_output=True)\n"
        "sys.exit(told.stdout.decode() + os.environ.get('LD_LIBRARY_PATH', 'unset'))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "HARNESS_R_BRIDGE": "rpy2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stderr.strip() == "unsetunset"


@pytest.mark.r
def test_every_bit_of_a_double_comes_back_from_r(each_bridge: str) -> None:
    column = np.append(np.array(HARD_DOUBLES), np.frombuffer(R_NA + struct.pack("<d", math.nan)))
    assert bits(echo(pd.DataFrame({"x": column}))["x"]) == bits(column)


@pytest.mark.r
def test_text_comes_back_from_r(each_bridge: str) -> None:
    assert echo(WORDS) == WORDS
    assert echo({"企业": ["é"]}) == {"企业": ["é"]}


@pytest.mark.r
def test_r_sees_na_where_python_means_na_and_nan_where_it_means_nan(each_bridge: str) -> None:
    values = np.frombuffer(R_NA + struct.pack("<d", math.nan))
    assert rsession.run("common.R", "is.nan", {"x": values})["value"] == [False, True]
    assert rsession.run("common.R", "is.na", {"x": values})["value"] == [True, True]


@pytest.mark.r
def test_what_r_prints_warns_and_says_is_returned_and_not_shown(
    each_bridge: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert rsession.run("common.R", "print", {"x": "printed"})["output"] == ['[1] "printed"']
    assert rsession.run("common.R", "warning", {"x": "warned"})["warnings"] == ["warned"]
    assert rsession.run("common.R", "message", {"x": "said"})["messages"] == ["said"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.r
def test_a_warning_belongs_to_its_own_call(each_bridge: str) -> None:
    rsession.run("common.R", "warning", {"x": "warned"})
    assert rsession.run("common.R", "identity", {"x": 1})["warnings"] == []


@pytest.mark.r
def test_an_error_in_r_is_one_sentence(each_bridge: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EstimationError, match=r"^R stopped: the matrix is singular$"):
        rsession.run("common.R", "stop", {"x": "the matrix\n  is singular"})
    assert capfd.readouterr() == ("", "")


@pytest.mark.r
def test_what_r_cannot_do_is_unsupported(each_bridge: str) -> None:
    with pytest.raises(Unsupported, match=r"^no such estimator\.$"):
        rsession.run("common.R", "unsupported", {"x": "no such estimator"})


@pytest.mark.r
def test_a_missing_package_is_named_with_the_command_that_installs_it(each_bridge: str) -> None:
    with pytest.raises(NotInstalled, match=r"R has no package nosuchpackage\. Install it: sudo apt-get"):
        rsession.run("common.R", "identity", {"x": 1}, packages=("nosuchpackage",))


@pytest.mark.r
def test_a_column_may_bear_any_name(each_bridge: str) -> None:
    names = ["a b", 'x); q("no")', "企业", "`", "lag(x)", "if", "year=1980"]
    frame = pd.DataFrame({name: [1.0, 2.0, 4.0] for name in names})
    settings = {"variables": names, "measures": ["mean"], "by": None, "quantile_type": 7}
    answer = rsession.call("descriptive.R", "fit_descriptive", frame, settings, packages=())
    assert [(cell.term, cell.value) for cell in answer.cells] == [(name, 7 / 3) for name in names]


@pytest.mark.r
def test_r_is_asked_for_its_versions(each_bridge: str) -> None:
    rsession.versions.cache_clear()
    found = rsession.versions()
    told = subprocess.run(
        ["Rscript", "-e", "cat(as.character(getRversion()), packageDescription('plm')$Version)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{found.r} {found.plm}" == told.stdout
    assert found.blas


@pytest.mark.r
def test_r_in_c_locale_keeps_text(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv(rsession.ENVIRONMENT_VARIABLE, "rscript")
    fresh.setenv("LC_ALL", "C")
    assert echo(WORDS) == WORDS


@pytest.mark.r
def test_r_starts_in_the_main_thread_only() -> None:
    heard: list[BaseException] = []

    def call() -> None:
        try:
            rsession._session.__wrapped__()
        except RuntimeError as error:
            heard.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert "main thread" in str(heard[0])


@pytest.mark.r
def test_rscript_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = "from harness import rsession; rsession.run('common.R', 'Sys.sleep', {'time': 60})"
    environment = {**os.environ, rsession.ENVIRONMENT_VARIABLE: "rscript", "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    child = waited_for(lambda: children(parent.pid))[0]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert waited_for(lambda: not alive(child))


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def waited_for(ready: Any) -> Any:
    """The first true answer within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := ready():
            return found
        time.sleep(0.05)
    raise AssertionError("nothing happened within ten seconds")
