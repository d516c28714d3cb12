"""`pytest --harness specs/`: every column of every table is a test of the project that has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.result import Outcome
    from harness.spec import Spec

_OUTCOMES: pytest.StashKey[dict[str, Outcome]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one option."""
    parser.getgroup("harness").addoption(
        "--harness",
        action="append",
        default=[],
        metavar="SPECS",
        help="Re-estimate the tables of these specs too: a folder, or a YAML file; may be repeated.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let `-m harness` choose the tables, and `-m 'not harness'` leave them out."""
    config.addinivalue_line("markers", "harness: a column of a published table, re-estimated")


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose among the items
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the tables after the project's own tests."""
    for path in _paths(config):
        items.extend(_SpecFile.from_parent(session, path=path).collect())


def _paths(config: pytest.Config) -> Iterator[Path]:
    for name in config.getoption("--harness"):
        path = config.invocation_params.dir / name
        if path.is_dir():
            yield from sorted(path.glob("*.yaml"))
        elif path.is_file():
            yield path
        else:
            raise pytest.UsageError(f"--harness {name}: there is no such folder or file")


class Differs(Exception):  # noqa: N818 - an outcome, told without a traceback
    """A column did not end in agreement."""


class _SpecFile(pytest.File):
    """A spec; a faulty one is a single test that fails with its faults."""

    def collect(self) -> Iterable[pytest.Item]:
        from harness import specfile
        from harness.engines import engines
        from harness.errors import SpecError

        try:
            spec = specfile.read(self.path, engines())
        except SpecError as fault:
            return [_Faulty.from_parent(self, name="spec", fault=str(fault))]
        lines = specfile.column_lines(self.path)
        return [
            _Column.from_parent(self, name=f"({column})", spec=spec, column=column, line=lines[column])
            for column in spec.columns
        ]


class _Told(pytest.Item):
    """A test that is told as a person would tell it: no Python line is of interest."""

    line = 1

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.add_marker("harness")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Differs):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, f"{self.path.stem} {self.name}"


class _Faulty(_Told):
    def __init__(self, fault: str, **given: Any) -> None:
        super().__init__(**given)
        self.fault = fault

    def runtest(self) -> None:
        raise Differs(self.fault)


class _Column(_Told):
    def __init__(self, spec: Spec, column: str, line: int, **given: Any) -> None:
        super().__init__(**given)
        self.spec, self.column, self.line = spec, column, line

    def runtest(self) -> None:
        from harness.report import junit

        outcome = _outcome(self)
        if outcome is None:
            pytest.skip("the spec names no engine")
        ended = junit.case(outcome, self.column)
        if ended.kind == "skipped":
            pytest.skip(ended.message)
        if ended.kind != "passed":
            raise Differs(f"{ended.message}\n{ended.text}")


def _outcome(item: _Column) -> Outcome | None:
    """That of the item's spec; with the first item asked for, all chosen specs are run at once."""
    known = item.session.stash.setdefault(_OUTCOMES, {})
    if item.spec.id not in known:
        known |= _run(item)
    return known.get(item.spec.id)


def _run(item: _Column) -> dict[str, Outcome]:
    from harness import run as runs

    chosen = [item]
    if not hasattr(item.config, "workerinput"):  # under pytest-xdist others have the other specs
        chosen = [one for one in item.session.items if isinstance(one, _Column)]
    specs = {str(one.path): one.spec for one in chosen}
    found = runs.run([*specs.values()], runs.Choice(), lambda total, result: None)
    return {outcome.spec.id: outcome for outcome in found.outcomes}
