"""What `harness audit` looks at, shows and writes as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness import audit, goldenfile
from harness.audit import beside
from harness.report.audit import LOOKS, at_real_digits, remarkable, word
from harness.report.results_json import finding as plain
from harness.result import Finding
from harness.spec import Spec

Found = Mapping[str, tuple[Finding, ...]]


def found(specs: Sequence[Spec]) -> Found:
    """Spec id to findings, for every spec with a printed table."""
    tables = [(spec, published) for spec in specs if (published := goldenfile.read_published(spec))]
    return {spec.id: audit.audit(spec, published, beside.tables(spec)) for spec, published in tables}


def document(findings: Found) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "schema": 1,
        "specs": [
            {"spec": name, "findings": [plain(one) for one in all_]} for name, all_ in findings.items()
        ],
    }


def exit_code(findings: Found) -> int:
    """1 where something printed is impossible."""
    return int(any(one.verdict == "impossible" for all_ in findings.values() for one in all_))


def lines(findings: Found) -> Iterator[str]:
    """One line a table, and under it what a reader should look at."""
    for name, all_ in findings.items():
        counted = Counter(one.verdict for one in all_)
        told = [f"{counted[verdict]} {verdict}" for verdict in LOOKS if counted[verdict]]
        yield f"{name}: {', '.join(told) or 'nothing to check'}"
        for one in remarkable(all_):
            yield from _lines(one)


def _lines(one: Finding) -> Iterator[str]:
    place = " ".join(text for text in (f"({one.column})" if one.column else "", one.check, one.term) if text)
    yield f"  {word(one):10}  {place}: {one.printed}"
    yield f"              {one.sentence}"
    if padding := at_real_digits(one):
        yield f"              {padding}"
