"""The first files of a new table, and of a new project."""

from harness.scaffold.blank import new_spec
from harness.scaffold.from_table import Made, from_table
from harness.scaffold.project import new_project

__all__ = ["Made", "from_table", "new_project", "new_spec"]
