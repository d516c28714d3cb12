"""A printed table against itself and against the text of the paper, without any data."""

from __future__ import annotations

from harness.audit import claims, coefficients, counts, identities, model_tests, moments
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


def audit(spec: Spec, published: Published | None) -> tuple[Finding, ...]:
    """What every check says, column by column, in order of print."""
    if published is None:
        return ()
    return tuple(one for column in columns(spec, published) for one in findings(column, CHECKS))
