"""An empty spec with its table, to be filled in by hand."""

import re
from pathlib import Path

from harness.errors import UsageError
from harness.spec import ID

_SCHEMA = "harness/spec.schema.json"
_SPEC = """\
title: "Table 1. Determinants of investment"           # as printed
source:
  citation: "Author (year), Journal volume(issue), pages"
  read_from: "the article, p. 1"
data:
  file: {identifier}.csv                               # beside this file, or in its data/
  panel: {{entity: firm, time: year}}
engines: [python-linearmodels, r-plm]
base:
  model: panel                                         # or: dynamic-panel, linear, descriptive
  estimator: within
  outcome: investment
  regressors: {{value: 0, capital: [0, 1]}}              # variable: lag, or [first lag, last lag]
  std_error: conventional
columns:                                               # one a printed column: what it changes in base
  "1": {{}}
  "2": {{std_error: cluster, cluster: [entity], small_sample: stata}}
"""
_PUBLISHED = """\
part,term,measure,1,2
coefficients,value,estimate,,
coefficients,value,std_error,,
coefficients,capital,estimate,,
coefficients,capital,std_error,,
coefficients,L1.capital,estimate,,
coefficients,L1.capital,std_error,,
fit,model,n_obs,,
"""


def new_spec(root: Path, identifier: str) -> tuple[Path, Path]:
    """
    Write specs/<identifier>.yaml and golden/<identifier>/published.csv to be filled in.

    Raises UsageError where the identifier is not one or is taken.
    """
    spec, printed = places(root, identifier)
    return write_spec(root, spec, _SPEC.format(identifier=identifier)), write(printed, _PUBLISHED)


def places(root: Path, identifier: str) -> tuple[Path, Path]:
    """Where a new spec and its table go. Raises UsageError where the identifier is not one or is taken."""
    if not re.fullmatch(ID, identifier):
        raise UsageError(
            f"'{identifier}' is no id: use small letters, digits and hyphens, e.g. author-2020-table-1"
        )
    spec = root / "specs" / f"{identifier}.yaml"
    printed = root / "golden" / identifier / "published.csv"
    for path in (spec, printed):
        if path.exists():
            raise UsageError(f"{path} is there already; choose another id")
    return spec, printed


def write_spec(root: Path, path: Path, text: str) -> Path:
    """A new spec, with what an editor completes keys by where *root* has it; returns its path."""
    head = f"# yaml-language-server: $schema=../{_SCHEMA}\n" if (root / _SCHEMA).is_file() else ""
    return write(path, head + text)


def write(path: Path, text: str) -> Path:
    """A new file, its folders too; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
