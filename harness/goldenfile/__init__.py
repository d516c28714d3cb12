"""Golden files of a spec: what was printed, and what each engine gave when its numbers were approved."""

from harness.goldenfile.checks import check, check_orphans
from harness.goldenfile.engine_file import engine_path, model_sha256, parse_engine, read_engine, write_engine
from harness.goldenfile.place import folder
from harness.goldenfile.printed_table import read_published

__all__ = [
    "check",
    "check_orphans",
    "engine_path",
    "folder",
    "model_sha256",
    "parse_engine",
    "read_engine",
    "read_published",
    "write_engine",
]
