"""A printed table against itself and against the text of the paper, without any data."""

from __future__ import annotations

from collections.abc import Sequence

from harness.audit import (
    claims,
    coefficients,
    configurations,
    counts,
    identities,
    model_tests,
    moments,
    samples,
)
from harness.audit.judging import findings
from harness.audit.page import columns
from harness.result import Finding, Published
from harness.spec import Spec

CHECKS = (
    coefficients.checks,
    model_tests.checks,
    counts.checks,
    moments.checks,
    identities.checks,
    claims.checks,
)


def audit(
    spec: Spec, published: Published | None, beside: Sequence[tuple[Spec, Published]] = ()
) -> tuple[Finding, ...]:
    """
    What every check says, column by column, in order of print; then what concerns several columns.

    beside : other tables on the same data, whose sub-samples and counts are looked at together with these
    """
    if published is None:
        return ()
    mine = columns(spec, published)
    found = [one for column in mine for one in findings(column, CHECKS)]
    others = [column for table in beside for column in columns(*table)]
    return (*found, *samples.findings(mine, others), *configurations.findings(mine))
