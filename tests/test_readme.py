"""What the README shows, tried."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

from harness.cli import main
from harness.spec import StataLog
from harness.specfile import reference

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _run(root: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=False)


def test_every_command_and_every_option_of_run_is_told() -> None:
    for name, command in main.commands.items():
        assert f"harness {name}" in README, name
        if name == "run":
            options = [
                option for parameter in command.params for option in parameter.opts if option[:2] == "--"
            ]
            assert [option for option in options if option not in README] == []


def test_the_reference_of_the_spec_language_is_the_one_that_the_types_give() -> None:
    assert (ROOT / "specs/README.md").read_text(encoding="utf-8") == reference.text()


def test_the_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert (ROOT / picture).is_file()


def test_the_recipe_for_a_new_engine_makes_an_engine_that_runs(line, tmp_path: Path) -> None:
    (code,) = re.findall(r'```python\n("""my_engine\.py.*?)```', README, flags=re.S)
    (entry,) = re.findall(r'```toml\n\[project\.entry-points\."([^"]+)"\]\n(.*?)```', README, flags=re.S)
    place = tmp_path / "site"
    (place / "my_engine-1.dist-info").mkdir(parents=True)
    (place / "my_engine.py").write_text(code)
    (place / "my_engine-1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: my-engine\nVersion: 1\n"
    )
    (place / "my_engine-1.dist-info/entry_points.txt").write_text(
        f"[{entry[0]}]\n{entry[1].replace(chr(34), '')}"
    )
    told = _run(line("my-engine"), "run", path=place)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "my-engine only, nothing printed" in told.stdout


def test_the_recipe_for_a_new_table_leads_to_a_valid_spec_with_its_table(tmp_path: Path) -> None:
    (tmp_path / "specs/data").mkdir(parents=True)
    assert _run(tmp_path, "new", "author-2020-table-2", path=ROOT).returncode == 0
    (tmp_path / "specs/data/author-2020-table-2.csv").write_text(
        "firm,year,investment,value,capital\n"
        + "".join(
            f"{firm},{year},{(7 * firm + year) % 11},{(firm + year**2) % 13},{(firm + 2 * year) % 7}\n"
            for firm in range(6)
            for year in range(10, 16)
        )
    )
    checked = _run(tmp_path, "check", "author-2020-table-2", path=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = _run(tmp_path, "run", "author-2020-table-2", "--engine", "python-linearmodels", path=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.r  # the spec that `new` makes names an engine of R too
def test_the_recipe_before_print_leads_from_a_latex_table_to_the_agreed_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"## Before print\n.*?```\n(.*?)```", README, flags=re.DOTALL)
    # five points: slope 6/10, intercept 2.2, residual sum of squares 2.4 on 3 degrees of freedom
    table = (
        r"\begin{tabular}{lc} & (1) \\ & y \\ \midrule x & 0.600 \\ & (0.283) \\"
        r" Constant & 2.200 \\ & (0.938) \\ \midrule N & 5 \\ \end{tabular} Standard errors in parentheses"
    )
    (tmp_path / "specs/data").mkdir(parents=True)
    (tmp_path / "specs/data/my-table-1.csv").write_text("x,y\n1,2\n2,4\n3,5\n4,4\n5,5\n")
    (tmp_path / "table1.tex").write_text(table)
    for line in block.strip().splitlines():
        command, _, target = line.removeprefix(".venv/bin/harness ").partition(" > ")
        told = _run(tmp_path, *command.split(), path=ROOT)
        assert told.returncode == 0, told.stdout + told.stderr
        if target:
            (tmp_path / target).write_text(told.stdout)
    agreed = (tmp_path / "agreed1.tex").read_text()
    assert "x & $0.600$ \\\\\n & $(0.283)$" in agreed
    assert "textsuperscript" not in agreed


def test_the_log_that_the_readme_names_is_one_that_the_spec_language_has() -> None:
    (block,) = re.findall(r"```yaml\n(engines: \[python-dpd, stata-log\].*?)```", README, flags=re.DOTALL)
    shown = YAML(typ="safe").load(block)
    for column in shown["columns"].values():
        assert StataLog.model_validate({**shown["base"]["log"], **column["log"]}).names["n"] == "log_emp"


@pytest.mark.slow
def test_a_wheel_carries_what_it_needs_and_works_outside_the_checkout(line, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        str(tmp_path / "w"),
        str(ROOT),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode and "No matching distribution" in built.stderr:
        pytest.skip("hatchling, which builds the wheel, cannot be installed here")
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "w").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    scripts = {f"harness/r_scripts/{path.name}" for path in (ROOT / "r_scripts").glob("*.R")}
    pages = {
        f"harness/report/templates/{path.name}" for path in (ROOT / "harness/report/templates").iterdir()
    }
    pages |= {
        f"harness/scaffold/project_files/{path.name}"
        for path in (ROOT / "harness/scaffold/project_files").iterdir()
    }
    assert scripts | pages | {"harness/spec.schema.json", "harness/results.schema.json"} <= set(names)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'installed'}{os.pathsep}{ROOT / 'tests/fakes'}"}
    told = subprocess.run(
        [sys.executable, "-m", "harness", "run"],
        capture_output=True,
        text=True,
        cwd=line("fake-agrees"),
        env=environment,
        check=False,
    )
    assert told.returncode == 0, told.stderr
