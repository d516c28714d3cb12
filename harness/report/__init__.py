"""Outcomes to pages and files: HTML, Markdown, JSON, JUnit. Pure but for the writing itself."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.result import Outcome

TITLE = "Published tables, re-estimated"


def document(outcome: Outcome) -> dict[str, Any]:
    """The content of results.json, as `harness/results.schema.json` describes it."""
    from harness.report import results_json

    return results_json.content(outcome)


def files(
    outcomes: Sequence[Outcome],
    title: str = TITLE,
    aea_class: str = "",
    run: Mapping[str, Any] | None = None,
    keep: bool = False,
) -> dict[str, str]:
    """
    Every file of a report: path, relative and with forward slashes, to text.

    The same outcomes give the same texts, anywhere. What changes from run to run is in *run*: it becomes
    run.json, and its `faults` (sentences on specs that could not be read) stand at the top of the index.
    Where *keep*, a page that an earlier run has rendered from the same is taken from what
    is kept.
    Raises ValueError where two specs have the same id: one page would hide the other.
    """
    from harness.report import junit, kept_pages, markdown, page, paper, results_json, summary

    ids = [outcome.spec.id for outcome in outcomes]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise ValueError(f"two specs are called '{twice}': rename one of the files, or report them apart")
    found = [summary.summary(outcome) for outcome in outcomes]
    faults = [str(fault) for fault in (run or {}).get("faults", ())]
    texts: dict[str, str] = {}
    whole = paper.papers(found)
    placed = {item.id for one in whole for item in one.items}
    documents = {one.outcome.spec.id: results_json.text(results_json.content(one.outcome)) for one in found}
    pages = kept_pages.pages if keep else kept_pages.rendered
    for one, (folder, document) in zip(found, documents.items(), strict=True):
        texts[f"{folder}/index.html"], texts[f"{folder}/report.md"] = pages(one, folder in placed, document)
        texts[f"{folder}/results.json"] = document
    paper_pages = kept_pages.paper_pages if keep else kept_pages.rendered_paper
    for article in whole:
        folder = f"papers/{article.id}"
        texts[f"{folder}/index.html"], texts[f"{folder}/report.md"] = paper_pages(article, documents)
    texts["junit.xml"] = junit.text(outcomes)
    if run is not None:
        texts["run.json"] = json.dumps(run, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"
    texts["report.md"] = markdown.index_text(found, title, aea_class, faults)
    texts["index.html"] = page.index_page(found, title, aea_class, faults)
    return texts


def index_text(outcomes: Sequence[Outcome], aea_class: str = "", faults: Sequence[str] = ()) -> str:
    """The content of the index's report.md."""
    from harness.report import markdown, summary

    return markdown.index_text([summary.summary(one) for one in outcomes], TITLE, aea_class, faults)


def write(
    outcomes: Sequence[Outcome],
    folder: Path,
    title: str = TITLE,
    run: Mapping[str, Any] | None = None,
    aea_class: str = "",
    keep: bool = False,
) -> list[Path]:
    """Write `files` to *folder* and return the paths, index.html last: where it stands, the rest does."""
    paths = []
    for name, text in files(outcomes, title, aea_class, run, keep).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n", errors="replace")
        paths.append(path)
    return paths
