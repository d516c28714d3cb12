"""junit.xml: one suite a spec, one case a column, for the pages of a continuous integration server."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree

from harness.report.digits import shown
from harness.report.table import first_line
from harness.report.verdicts import LOOKS
from harness.result import Comparison, Outcome, Result

_LIMIT = 50  # discrepancies of a case; all of them stand in results.json
# XML 1.0 has no place for control characters, not even as references.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Kind = Literal["error", "failure", "skipped", "passed"]


class Case(NamedTuple):
    """How a column ended: its kind, one line, and everything."""

    kind: Kind
    message: str
    text: str


def text(outcomes: Sequence[Outcome]) -> str:
    """
    The document. A column ends with one of: `error` (a fit errored), `failure` (discrepancies), `skipped`
    (no engine was fitted), or passes. Its time is not told: it changes from run to run.
    """
    root = ElementTree.Element("testsuites", name="harness")
    for outcome in outcomes:
        _suite(root, outcome)
    _counts(root, list(root.iter("testcase")))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def case(outcome: Outcome, column: str) -> Case:
    """How *column* ended. An error hides no discrepancy: its text lists both."""
    results = [result for result in outcome.results if result.column == column]
    errored = [_line(result) for result in results if result.status == "errored"]
    skipped = [_line(result) for result in results if result.status == "skipped"]
    found = [line for c in outcome.comparisons if c.column == column for line in _discrepancies(c)]
    if errored:
        return Case("error", first_line(errored[0]), "\n".join([*errored, *_limited(found)]))
    if found:
        return Case("failure", _heading(outcome, column, found), "\n".join(_limited(found)))
    if len(skipped) == len(results):
        return Case("skipped", first_line("; ".join(skipped)) or "no engine was run", "\n".join(skipped))
    return Case("passed", "", "\n".join(skipped))


def _suite(root: ElementTree.Element, outcome: Outcome) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=outcome.spec.id)
    for column in outcome.spec.columns:
        name = {"classname": outcome.spec.id, "name": _legal(column)}
        element = ElementTree.SubElement(suite, "testcase", name)
        ended = case(outcome, column)
        if ended.kind == "passed":
            if ended.text:
                ElementTree.SubElement(element, "system-out").text = _legal(ended.text)
            continue
        child = ElementTree.SubElement(element, ended.kind, message=_legal(ended.message))
        child.text = _legal(ended.text)
        if ended.kind != "skipped":
            child.set("type", "errored" if ended.kind == "error" else "discrepancies")
    _counts(suite, list(suite))


def _counts(element: ElementTree.Element, cases: list[ElementTree.Element]) -> None:
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if name != "skipped" or element.tag == "testsuite":
            element.set(name, str(sum(one.find(tag) is not None for one in cases)))


def _heading(outcome: Outcome, column: str, found: list[str]) -> str:
    count = f"{len(found)} discrepanc{'y' if len(found) == 1 else 'ies'}"
    return f"{outcome.headlines.get(column, '')} ({count})".strip()


def _line(result: Result) -> str:
    return f"{result.engine} {result.status}: {result.message}"


def _discrepancies(comparison: Comparison) -> list[str]:
    return [
        f"{comparison.reference} against {comparison.candidate}: {pair.part} {pair.term} {pair.measure}: "
        f"{shown(pair.reference)} against {shown(pair.candidate)}, {LOOKS[pair.verdict].words}"
        for pair in comparison.discrepancies
    ]


def _limited(lines: list[str]) -> list[str]:
    more = len(lines) - _LIMIT
    return lines[:_LIMIT] + ([f"... and {more} more in results.json"] if more > 0 else [])


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
