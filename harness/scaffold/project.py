"""The files of a new project: folders, an example, and what its continuous integration runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from harness.errors import UsageError

_TEMPLATES = Path(__file__).with_name("project_files")
_FOLDERS = ("specs/data", "golden", "reports")
_FILES = {
    "README.md": "readme.md",
    "requirements.txt": "requirements.txt",
    ".github/workflows/tables.yml": "github.yml",
    ".gitlab-ci.yml": "gitlab.yml",
    ".pre-commit-config.yaml": "pre-commit.yaml",
}
_EXAMPLE = {
    "specs/example.yaml": "example.yaml",
    "specs/data/example.csv": "example.csv",
    "golden/example/published.csv": "published.csv",
}


class Step(NamedTuple):
    """
    What became of one place.

    Attributes:
        done: made; completed, where lines were added to a file; kept, where it was there already
        remark: what a person may want to do, "" where nothing
    """

    path: Path
    done: Literal["made", "completed", "kept"]
    remark: str = ""


def new_project(folder: Path) -> list[Step]:
    """
    Complete *folder* to a project: specs/, golden/, reports/, README, workflows, a hook, .gitignore.

    What is there stays as it is, a link too; only .gitignore gets the lines that it lacks. Where there is no
    spec yet an example is made. Raises UsageError where a file or a dead link is in the place of a folder.
    """
    for name in (".", *_FOLDERS, *(str(Path(name).parent) for name in (*_FILES, *_EXAMPLE))):
        for place in reversed((folder / name, *(folder / name).parents)):
            if _is_there(place) and not place.is_dir():
                kind = "link that leads nowhere" if place.is_symlink() else "file"
                raise UsageError(
                    f"{place} is a {kind}, and a project has a folder there. Choose another place"
                )
    return [*_folders(folder), *_ignored(folder), *_files(folder)]


def _folders(folder: Path) -> Iterator[Step]:
    for name in _FOLDERS:
        if not (folder / name).is_dir():
            (folder / name).mkdir(parents=True)
            yield Step(folder / name, "made")


def _ignored(folder: Path) -> Iterator[Step]:
    path = folder / ".gitignore"
    wanted = _template("gitignore").splitlines()
    is_ours = path.is_file() and not path.is_symlink()
    there = path.read_bytes().splitlines() if is_ours else []
    lacking = [line for line in wanted if line.encode() not in there]
    if not is_ours and _is_there(path):
        yield Step(path, "kept", f"is no file of this folder; what belongs in it: {' '.join(wanted)}")
    elif lacking:
        path.write_bytes(b"\n".join([*there, *(line.encode() for line in lacking), b""]))
        yield Step(path, "completed" if there else "made")
    else:
        yield Step(path, "kept")


def _files(folder: Path) -> Iterator[Step]:
    has_specs = any((folder / "specs").glob("*.yaml"))
    for name, template in (_FILES if has_specs else {**_FILES, **_EXAMPLE}).items():
        path, text = folder / name, _template(template)
        if not _is_there(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield Step(path, "made")
        else:
            same = path.is_file() and path.read_bytes() == text.encode()
            yield Step(path, "kept", "" if same else f"is yours; what init writes: {_TEMPLATES / template}")


def _is_there(path: Path) -> bool:
    """Also a link that leads nowhere: through it something would be written elsewhere."""
    return path.is_symlink() or path.exists()


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
