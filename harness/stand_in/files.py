"""The stand-in data as files."""

import gzip
from pathlib import Path

import pandas as pd

from harness.stand_in.panel import panel
from harness.stand_in.sources import sources

PANEL_FILE = "cities_stand_in.csv.gz"
SOURCES_FILE = "sources_stand_in.csv.gz"


def write(folder: Path) -> None:
    """Write both files to *folder*, as they are committed."""
    for name, frame in ((PANEL_FILE, panel().frame), (SOURCES_FILE, sources())):
        (folder / name).write_bytes(gzip.compress(text(frame).encode("utf-8"), mtime=0))


def text(frame: pd.DataFrame) -> str:
    """The table as comma-separated text; every number with as many digits as give it back."""
    return frame.to_csv(index=False, lineterminator="\n")
