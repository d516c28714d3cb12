"""Pages kept between runs by the hash of all that they show: what was rendered once is not rendered again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from harness import environment
from harness.kept import Kept, place
from harness.report import markdown, page
from harness.report.paper import Paper
from harness.report.summary import Summary

Pages = tuple[str, str]


def pages(found: Summary, placed: bool, document: str) -> Pages:
    """
    index.html and report.md of a spec. No verdict is taken from what is kept: verdicts are part of the hash.

    placed : whether an article's page shows it
    document : its results.json
    """
    shown = (*_shown(found, document), str(placed))
    return _kept(shown, lambda: rendered(found, placed, document))


def rendered(found: Summary, placed: bool, document: str) -> Pages:
    """The same, rendered now."""
    return page.spec_page(found, placed), markdown.spec_text(found)


def paper_pages(article: Paper, documents: Mapping[str, str]) -> Pages:
    """
    index.html and report.md of a paper, kept likewise.

    documents : results.json of each of its specs, by id
    """
    shown = [text for item in article.items for text in _shown(item.summary, documents[item.id])]
    return _kept(shown, lambda: rendered_paper(article, documents))


def rendered_paper(article: Paper, documents: Mapping[str, str]) -> Pages:
    """The same, rendered now."""
    return page.paper_page(article), markdown.paper_text(article)


def _shown(found: Summary, document: str) -> tuple[str, ...]:
    """What a page of the spec shows, or is made from."""
    spec = found.outcome.spec
    return document, spec.model_dump_json(), str(spec.path)


def _kept(shown: Iterable[str], render: Callable[[], Pages]) -> Pages:
    kept, name = Kept(place()), _name(shown)
    texts = kept.read(name)
    if texts is None:
        texts = render()
        kept.write(name, texts)
    html, text = texts
    return html, text


def _name(shown: Iterable[str]) -> str:
    digest = hashlib.sha256(_renderer())
    for text in shown:
        digest.update(hashlib.sha256(text.encode("utf-8", "replace")).digest())
    key = digest.hexdigest()
    return f"pages/{key[:2]}/{key[2:]}.json"


@cache
def _renderer() -> bytes:
    """Whatever decides how an outcome is rendered."""
    sources = environment.sources_sha256("harness.report.page", "harness.report.markdown")
    templates = b"".join(path.read_bytes() for path in sorted(Path(page.__file__).parent.glob("templates/*")))
    versions = " ".join(version(name) for name in ("jinja2", "markupsafe"))
    return sources.encode() + hashlib.sha256(templates).digest() + versions.encode()
