"""Pages kept between runs by the hash of all that they show: what was rendered once is not rendered again."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from harness import environment
from harness.kept import Kept, place
from harness.report import markdown, page
from harness.report.summary import Summary


def pages(found: Summary, placed: bool, document: str) -> tuple[str, str]:
    """
    (index.html, report.md) of a spec. No verdict is taken from what is kept: verdicts are part of the hash.

    placed : whether an article's page shows it
    document : its results.json
    """
    kept, name = Kept(place()), _name(found, placed, document)
    texts = kept.read(name)
    if texts is None:
        texts = rendered(found, placed, document)
        kept.write(name, texts)
    html, text = texts
    return html, text


def rendered(found: Summary, placed: bool, document: str) -> tuple[str, str]:
    """The same, rendered now."""
    return page.spec_page(found, placed), markdown.spec_text(found)


def _name(found: Summary, placed: bool, document: str) -> str:
    spec = found.outcome.spec
    digest = hashlib.sha256(_renderer())
    for text in (document, spec.model_dump_json(), str(spec.path), str(placed)):
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
