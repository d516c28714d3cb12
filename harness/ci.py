"""What `harness run --ci github` tells GitHub: annotations, a step summary, a file for code scanning."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness import __version__, goldenfile, specfile
from harness.report import findings, sarif
from harness.report.findings import Finding, Places
from harness.result import Outcome
from harness.spec import Spec

ANNOTATIONS = 10  # GitHub shows no more of one kind for a step
_SUMMARY_BYTES = 1_000_000  # GitHub takes 1 MiB a step
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\([^)]*\)")


def found(outcomes: Sequence[Outcome], root: Path) -> list[Finding]:
    """What there is to tell, the worst first, with places as the repository knows them."""
    top = _top(root)
    return findings.findings(outcomes, {one.spec.id: _places(one.spec, top) for one in outcomes})


def files(told: Sequence[Finding]) -> Mapping[str, str]:
    """What goes into the report's folder beside its pages."""
    return {"findings.sarif": sarif.text(told, __version__)}


def annotations(told: Sequence[Finding]) -> Iterator[str]:
    """Workflow commands for the worst findings; GitHub shows each at its line. Then how many there are."""
    for one in told[:ANNOTATIONS]:
        place = f"file={_property(one.place.file)},line={one.place.line},title={_property(one.rule)}"
        yield f"::{one.level} {place}::{_escaped(one.text)}"
    if len(told) > ANNOTATIONS:
        yield f"{len(told)} findings; the worst {ANNOTATIONS} are annotated, the report has them all."


def summarize(report: str, told: Sequence[Finding]) -> None:
    """Append the report's table and the worst findings to GITHUB_STEP_SUMMARY, where GitHub names one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    worst = [f"- `{one.rule}` {_code(one.text)}" for one in told[:ANNOTATIONS]]
    count = [f"{len(told)} findings; the worst {ANNOTATIONS}:"] if len(told) > ANNOTATIONS else []
    text = "\n\n".join([_LINK.sub(r"\1", report).rstrip(), *count, "\n".join(worst)]).rstrip() + "\n"
    with open(path, "ab") as file:
        file.write(text.encode()[:_SUMMARY_BYTES])


def _top(root: Path) -> Path:
    """The repository's folder, in which GitHub looks for files; the project's own elsewhere."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and root.resolve().is_relative_to(Path(workspace).resolve()):
        return Path(workspace).resolve()
    return root.resolve()


def _places(spec: Spec, top: Path) -> Places:
    printed = goldenfile.folder(spec) / "published.csv"
    return Places(_relative(spec.path, top), _relative(printed, top), specfile.column_lines(spec.path))


def _relative(path: Path, top: Path) -> str:
    whole = path.resolve()
    return whole.relative_to(top).as_posix() if whole.is_relative_to(top) else whole.as_posix()


def _escaped(text: str) -> str:
    """As a workflow command's message must be: one line, no per cent sign of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _code(text: str) -> str:
    """One line of code in Markdown, whatever it holds."""
    return "`` " + " ".join(text.split()).replace("`", "'") + " ``"
