"""The folders of a new project."""

from pathlib import Path


def new_project(folder: Path) -> list[Path]:
    """Make specs/data, golden and reports under *folder*; what is there stays. Returns what was made."""
    places = [folder / name for name in ("specs/data", "golden", "reports")]
    made = [place for place in places if not place.is_dir()]
    for place in made:
        place.mkdir(parents=True)
    return made
