"""Printed tables in other people's files (LaTeX, csv, esttab's text): a file to cells of the glossary."""

from harness.tables.grid import Grid, Row
from harness.tables.layout import Remark, Table, TableRow, table
from harness.tables.reading import read, read_text
from harness.tables.words import Below

__all__ = ["Below", "Grid", "Remark", "Row", "Table", "TableRow", "read", "read_text", "table"]
