"""The HTML pages: what the templates are given, and the templates."""

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.report import (
    audit,
    between,
    claims,
    configurations,
    diagnostics,
    digits,
    forest,
    histogram,
    table,
)
from harness.report.paper import Paper, papers
from harness.report.summary import Summary, totals
from harness.report.verdicts import GROUP_WORDS, LOOKS, MARKS, STATUS, UNFITTED, Group, Look, group
from harness.result import GOLDEN, PUBLISHED, Cell, Outcome, Result, Status

_TEMPLATES = Path(__file__).parent / "templates"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Fit(NamedTuple):
    """What became of one column in one engine: `result` None where it was not run."""

    result: Result | None
    group: str
    mark: str
    words: str


@dataclass(frozen=True)
class ColumnView:
    """One column at the top of a page: its headline and what became of it in every engine."""

    name: str
    headline: str
    fits: tuple[Fit, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(fit.result for fit in self.fits if fit.result)

    @property
    def fitted(self) -> str:
        return ", ".join(result.engine for result in self.results if result.status == "fitted")


@dataclass(frozen=True)
class Open:
    """A setting the paper leaves open: the value used, by column, and what else it could be."""

    setting: str
    used: tuple[tuple[str, str], ...]
    alternatives: str
    because: str


class Versions(NamedTuple):
    """What one engine ran as."""

    engine: str
    engine_version: str
    language_version: str
    platform: str
    blas: str
    harness_version: str
    because: str


def spec_page(found: Summary, in_paper: bool = False) -> str:
    """The page of one spec; *in_paper* where a page of its whole paper is beside it."""
    outcome = found.outcome
    plots = forest.forests(outcome)
    drawn = forest.drawn(plots)
    return render(
        "spec.html",
        outcome=outcome,
        spec=outcome.spec,
        summary=found,
        in_paper=in_paper,
        engines=[tally.engine for tally in found.engines],
        columns=_columns(outcome, [tally.engine for tally in found.engines]),
        sections=table.sections(found.cells, outcome.spec.labels),
        duels=between.duels(outcome),
        drifts=between.duels(outcome, golden=True),
        tables=between.number_tables(outcome),
        forests=plots,
        drawn=drawn,
        charts=configurations.charts(outcome),
        plots=configurations.plots(outcome),
        model_counts=configurations.model_counts(outcome),
        diagnostics=diagnostics.diagnostics(outcome),
        printed_drawn=bool(drawn) and drawn[0][0] == 0,
        versions=_versions(outcome),
        open_settings=_open(outcome),
        claims=claims.claims(outcome),
        audited=audit.view(outcome),
        not_fitted=_not_fitted(outcome),
        looks=_legend(found),
        marks=_marks(),
    )


def paper_page(paper: Paper) -> str:
    """The page of one paper."""
    return render("paper.html", paper=paper)


def index_page(found: Sequence[Summary], title: str, aea_class: str, faults: Sequence[str]) -> str:
    """The page over all specs."""
    return render(
        "index.html",
        title=title,
        aea_class=aea_class,
        summaries=found,
        papers=papers(found),
        totals=totals(found),
        faults=faults,
    )


# --------------------------------------------------------------------------------------- for the templates


def _columns(outcome: Outcome, engines: list[str]) -> list[ColumnView]:
    results = {(result.column, result.engine): result for result in outcome.results}
    counts = {
        (c.column, c.candidate): Counter(group(pair.verdict) for pair in c.pairs)
        for c in outcome.comparisons
        if c.reference == PUBLISHED
    }
    return [
        ColumnView(
            name=column,
            headline=outcome.headlines.get(column, ""),
            fits=tuple(_fit(results.get((column, e)), counts.get((column, e), Counter())) for e in engines),
        )
        for column in outcome.spec.columns
    ]


def _fit(result: Result | None, counts: Counter[Group]) -> Fit:
    if result is None:
        return Fit(None, "", "", "not run")
    if result.status != "fitted":
        look = STATUS[result.status]
        return Fit(result, result.status, look.mark, look.words)
    for name in ("differs", "explained"):
        if counts[name]:
            return Fit(result, name, MARKS[name], f"{counts[name]} {GROUP_WORDS[name]}")
    return (
        Fit(result, "agrees", MARKS["agrees"], "agrees")
        if counts["agrees"]
        else Fit(result, "", "", "fitted")
    )


def _not_fitted(outcome: Outcome) -> list[tuple[str, Status, str, str]]:
    """Engine, status, message and the columns they are true of, errored ones first."""
    found: dict[tuple[str, Status, str], list[str]] = {}
    for result in outcome.results:
        if result.status != "fitted":
            found.setdefault((result.engine, result.status, result.message), []).append(result.column)
    rows = [(*key, _some(columns, outcome)) for key, columns in found.items()]
    return sorted(rows, key=lambda row: row[1] != "errored")


def _versions(outcome: Outcome) -> list[tuple[Versions, str]]:
    """Every engine and set of versions, with the columns it is true of."""
    columns: dict[Versions, list[str]] = {}
    for result in outcome.results:
        p = result.provenance
        about = (p.engine_version, p.language_version, p.platform, p.blas, p.harness_version, p.because)
        if any(about):
            columns.setdefault(Versions(result.engine, *about), []).append(result.column)
    return [(versions, _some(names, outcome)) for versions, names in columns.items()]


def _some(names: list[str], outcome: Outcome) -> str:
    return "all columns" if len(names) == len(outcome.spec.columns) else ", ".join(names)


def _open(outcome: Outcome) -> list[Open]:
    return [
        Open(
            setting=item.setting,
            used=tuple(
                (column, _setting(outcome.spec.merged.get(column, {}), item.setting))
                for column in (item.columns or outcome.spec.columns)
            ),
            alternatives=", ".join(_yaml(value) for value in item.alternatives),
            because=item.because,
        )
        for item in outcome.spec.open
    ]


def _setting(merged: Mapping[str, Any], path: str) -> str:
    """The value at a dotted path, or that the column leaves it to the default."""
    value: Any = merged
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return "the default"
        value = value[step]
    return _yaml(value)


def _yaml(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _legend(found: Summary) -> list[Look]:
    """The looks that occur on the page, in order of rank."""
    seen = {f.look for cell in found.cells for f in cell.found} | {cell.look for cell in found.cells}
    return [look for look in (*LOOKS.values(), UNFITTED, *STATUS.values()) if look in seen]


def _marks() -> Markup:
    """The script's table of codes, as JSON that cannot end its element."""
    looks = (*LOOKS.values(), UNFITTED, *STATUS.values())
    text = json.dumps({look.code: [look.group, look.mark, look.words] for look in looks}, ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c"))  # our own words, no input


def as_printed(result: Result) -> list[Cell]:
    """What the engine prints under a label that is not trusted."""
    return [cell for cell in result.cells if cell.part == "as_printed"]


# --------------------------------------------------------------------------------------------- the templates


def render(name: str, **context: object) -> str:
    """The page that a template makes of *context*."""
    return _environment().get_template(name).render(**context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=_visible,
    )
    environment.globals.update(
        css=Markup(_file("page.css")),
        script=Markup(_file("page.js")),
        script_hash=b64encode(hashlib.sha256(_file("page.js").encode()).digest()).decode(),
        as_printed=as_printed,
        part_words=table.PART_WORDS,
        group_words=GROUP_WORDS,
        marks_of=MARKS,
        audit_looks=audit.LOOKS,
        PUBLISHED=PUBLISHED,
        GOLDEN=GOLDEN,
        WIDTH=forest.WIDTH,
        HEIGHT=histogram.HEIGHT,
        SIZE=configurations.SIZE,
    )
    environment.filters.update(
        shown=digits.shown,
        decimal=digits.decimal,
        short=digits.short,
        first_line=table.first_line,
        audit_word=audit.word,
        at_real_digits=audit.at_real_digits,
    )
    return environment


def _visible(value: object) -> object:
    """Control characters have no meaning in HTML and hide text from a reader: they are shown as one sign."""
    if type(value) is str and not value.isprintable():
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


@cache
def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
