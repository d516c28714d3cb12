"""`harness init`: a project for somebody else's paper, whose own workflows pass."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from ruamel.yaml import YAML

from harness import goldenfile, specfile
from harness.cli import main
from harness.engines import engines

NETWORK = ("apt-get", "pip install")


def init(folder: Path) -> Result:
    return CliRunner().invoke(main, ["init", str(folder)], catch_exceptions=False)


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command of a workflow; the environment that it would install is the one that runs this test."""
    here = command.replace(".venv/bin/harness", f"{shlex.quote(sys.executable)} -m harness")
    files = {name: str(folder / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**os.environ, **files, "PYTHONPATH": str(ROOT), "GITHUB_WORKSPACE": str(folder)}
    return subprocess.run(
        ["bash", "-euc", here], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def commands(folder: Path, forge: str) -> list[str]:
    """Those of the workflow that need no network, in their order."""
    if forge == "github":
        steps = read(folder / ".github/workflows/tables.yml")["jobs"]["tables"]["steps"]
        found = [step["run"] for step in steps if "run" in step]
    elif forge == "gitlab":
        job = read(folder / ".gitlab-ci.yml")["tables"]
        found = [*job["before_script"], *job["script"]]
    else:
        (hook,) = read(folder / ".pre-commit-config.yaml")["repos"][0]["hooks"]
        found = [hook["entry"]]
    return [command for command in found if not any(word in command for word in NETWORK)]


@pytest.mark.r  # the workflows install R, and the example is fitted in it too
@pytest.mark.parametrize(("forge", "count"), [("github", 4), ("gitlab", 3), ("pre-commit", 1)])
def test_a_new_project_passes_its_own_workflow(tmp_path: Path, forge: str, count: int) -> None:
    assert init(tmp_path).exit_code == 0
    wanted = commands(tmp_path, forge)
    assert len(wanted) == count
    for command in wanted:
        told = shell(command, tmp_path)
        assert told.returncode == 0, (command, told.stdout, told.stderr)
    if forge == "github":
        assert "reproduced" in (tmp_path / "github_step_summary").read_text().lower()
        assert (tmp_path / "reports/latest/findings.sarif").is_file()


def test_the_example_is_valid_and_its_numbers_follow_from_its_data(tmp_path: Path) -> None:
    init(tmp_path)
    spec = specfile.read(tmp_path / "specs/example.yaml", engines())
    published = goldenfile.read_published(spec)
    printed = {(c.term, c.measure): c.text for c in published.columns["(1)"]} if published else {}
    lines = (tmp_path / "specs/data/example.csv").read_text().splitlines()[1:]
    x, y = zip(*((float(a), float(b)) for a, b in (line.split(",") for line in lines)), strict=True)
    n, mx, my = len(x), sum(x) / len(x), sum(y) / len(y)
    sxx = sum((a - mx) ** 2 for a in x)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sxx
    ssr = sum((b - my - slope * (a - mx)) ** 2 for a, b in zip(x, y, strict=True))
    variance = ssr / (n - 2)
    assert printed["x", "estimate"] == f"{slope:.3f}"
    assert printed["x", "std_error"] == f"{(variance / sxx) ** 0.5:.3f}"
    assert printed["constant", "estimate"] == f"{my - slope * mx:.3f}"
    assert printed["constant", "std_error"] == f"{(variance * (1 / n + mx**2 / sxx)) ** 0.5:.3f}"
    assert printed["model", "r_squared"] == f"{1 - ssr / sum((b - my) ** 2 for b in y):.3f}"


def test_what_is_there_stays_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / ".gitignore").write_text("*.tmp\n/.venv/\n")
    told = init(tmp_path).stdout
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "*.tmp\n/.venv/\n/.harness/\n/reports/latest/\n"
    assert f"kept      {tmp_path}/README.md (is yours; what init writes: " in told
    assert f"completed {tmp_path}/.gitignore" in told


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    init(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told = init(tmp_path).stdout.splitlines()
    assert {line.split()[0] for line in told} == {"kept"}
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_project_with_specs_gets_no_example(line) -> None:
    root = line("fake-agrees")
    init(root)
    assert not (root / "specs/example.yaml").exists()
    assert (root / ".github/workflows/tables.yml").is_file()


def test_a_file_in_the_place_of_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "specs").write_text("")
    told = init(tmp_path)
    assert told.exit_code == 2
    assert "specs is a file, and a project has a folder there" in told.stderr
    assert not (tmp_path / "README.md").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_text("theirs\n")
    (folder / "README.md").symlink_to(tmp_path / "nowhere")
    (folder / ".gitignore").symlink_to(elsewhere)
    told = init(folder)
    assert told.exit_code == 0
    assert not (tmp_path / "nowhere").exists()
    assert elsewhere.read_text() == "theirs\n"
    assert (
        f"kept      {folder}/.gitignore (is no file of this folder; what belongs in it: /.venv/"
        in told.stdout
    )


def test_a_dead_link_in_the_place_of_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "specs").symlink_to(tmp_path / "nowhere")
    told = init(tmp_path)
    assert told.exit_code == 2
    assert "specs is a link that leads nowhere, and a project has a folder there" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["specs"]


def test_a_gitignore_in_whatever_encoding_keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes("/größe/\n/.venv/\n".encode("latin-1"))
    assert init(tmp_path).exit_code == 0
    assert (tmp_path / ".gitignore").read_bytes() == (
        "/größe/\n/.venv/\n".encode("latin-1") + b"/.harness/\n/reports/latest/\n"
    )


def test_every_command_of_the_project_s_readme_exists(tmp_path: Path) -> None:
    init(tmp_path)
    text = (tmp_path / "README.md").read_text()
    told = {line.split()[1] for line in text.splitlines() if line.startswith(".venv/bin/harness ")}
    assert told and told <= set(main.commands)
