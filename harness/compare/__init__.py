"""Cells against cells: a printed table, engines and golden files, one verdict a pair."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from harness.compare.against_print import STAND_IN, against_print
from harness.compare.attribution import Grades, aea_class, grades, headline, reproduced
from harness.compare.engine_pairs import OTHER_VERSION, against_golden, engines
from harness.compare.known import loose_bounds, with_stale
from harness.compare.numbers import lre
from harness.result import AGREEMENTS, DISCREPANCIES, Comparison, Published, Result, Verdict
from harness.spec import Spec

__all__ = [
    "OTHER_VERSION",
    "STAND_IN",
    "WORST_FIRST",
    "Grades",
    "aea_class",
    "against_golden",
    "against_print",
    "engines",
    "grades",
    "headline",
    "loose_bounds",
    "lre",
    "reproduced",
    "severity",
    "table",
]

WORST_FIRST: tuple[Verdict, ...] = (
    *DISCREPANCIES,
    "stale",
    "ambiguous_in_print",
    "explained",
    "undecided",
    "not_comparable",
    "not_offered",
    *AGREEMENTS,
)


def severity(verdict: Verdict) -> int:
    """Place in order of importance, 0 the worst: the key to sort by."""
    return WORST_FIRST.index(verdict)


def table(
    spec: Spec,
    published: Published | None,
    results: Sequence[Result],
    goldens: Mapping[str, Mapping[str, Result]],
) -> tuple[Comparison, ...]:
    """
    All comparisons of a table, column by column, with the known differences that became stale.

    In a column: the print against each fitted engine, each pair of fitted engines, each engine's golden of
    the same data against today. Engines stand in the spec's order, any others after them. A fit that errored
    is compared with nothing: its status speaks. Where an engine is not installed its golden numbers of the
    same data stand in for it beside the others; where it is here and now declines, they are missing.

    goldens : engine to column to result, empty where today is not to be compared with golden
    """
    order = [*spec.engines, *(result.engine for result in results)]
    ordered = sorted(results, key=lambda r: order.index(r.engine))
    found: list[Comparison] = []
    for column in spec.columns:
        here = [result for result in ordered if result.column == column]
        found += _column(spec, column, published, here, goldens)
    return with_stale(spec, found, results)


def _column(
    spec: Spec,
    column: str,
    published: Published | None,
    results: Sequence[Result],
    goldens: Mapping[str, Mapping[str, Result]],
) -> list[Comparison]:
    fitted = [result for result in results if result.status == "fitted"]
    cells = () if published is None else published.columns.get(column, ())
    found = [against_print(spec, column, cells, result) for result in fitted] if cells else []
    found += [engines(spec, column, reference, other) for reference, other in combinations(fitted, 2)]
    found += [
        engines(spec, column, golden, result)
        for golden in _stand_ins(results, column, goldens)
        for result in fitted
        if golden.provenance.data_sha256 == result.provenance.data_sha256
    ]
    for result in results:
        golden = goldens.get(result.engine, {}).get(column) if _speaks(result) else None
        if golden is not None and golden.status == "fitted" and _same_data(golden, result):
            found.append(against_golden(spec, column, golden, result))
    return found


def _stand_ins(
    results: Iterable[Result], column: str, goldens: Mapping[str, Mapping[str, Result]]
) -> list[Result]:
    """The golden numbers of engines that are not installed here: others are compared with these instead."""
    absent = [
        result.engine
        for result in results
        if result.status == "skipped" and not result.provenance.engine_version
    ]
    kept = [goldens[engine][column] for engine in absent if column in goldens.get(engine, {})]
    return [golden for golden in kept if golden.status == "fitted"]


def _same_data(golden: Result, today: Result) -> bool:
    """Whether both are of one data file, as far as both say of which; --data gives another."""
    files = {golden.provenance.data_sha256, today.provenance.data_sha256} - {""}
    return len(files) < 2


def _speaks(result: Result) -> bool:
    """Whether the engine is here and had its say: a skipped fit knows a version only then."""
    declined = result.status == "skipped" and result.provenance.engine_version != ""
    return result.status == "fitted" or declined
