"""findings.sarif: what a run found, in SARIF 2.1.0 (OASIS), for the code scanning pages of a forge."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from harness.report.findings import ERRORED, RULES, Finding
from harness.report.verdicts import LOOKS
from harness.result import Verdict

LIMIT = 5000  # GitHub shows no more results of one file
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def text(findings: Sequence[Finding], version: str) -> str:
    """
    The document: one rule a verdict, one result a finding, the worst first.

    What goes beyond LIMIT is counted in a notification.
    """
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "harness", "version": version, "rules": [_rule(rule) for rule in RULES]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings[:LIMIT]],
    }
    if len(findings) > LIMIT:
        note = f"{len(findings) - LIMIT} further findings stand in results.json."
        notes = [{"level": "note", "message": {"text": note}}]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": notes}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _rule(rule: str) -> dict[str, Any]:
    verdict: dict[str, Verdict] = {str(name): name for name in LOOKS}
    words = "a fit could not be made" if rule == ERRORED else LOOKS[verdict[rule]].words
    level = Finding(rule, (), "", None).level  # type: ignore[arg-type]
    return {
        "id": rule,
        "name": rule.title().replace("_", ""),
        "shortDescription": {"text": words[0].upper() + words[1:]},
        "defaultConfiguration": {"level": level},
    }


def _result(finding: Finding) -> dict[str, Any]:
    place = {"uri": quote(finding.place.file)}
    region = {"startLine": finding.place.line}
    return {
        "ruleId": finding.rule,
        "ruleIndex": RULES.index(finding.rule),
        "level": finding.level,
        "message": {"text": finding.text},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": region}}],
        "partialFingerprints": {
            "cell/v1": finding.fingerprint,
            # the only one that GitHub reads; without it two columns of one printed row would be one alert
            "primaryLocationLineHash": finding.fingerprint,
        },
    }
