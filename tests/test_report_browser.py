"""The report as a reader meets it: in Chromium, on a desk and on a phone, in the light and in the dark."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import outcomes
import pytest
from devtools import Browser

from harness import report
from harness.result import Outcome

pytestmark = pytest.mark.browser

DESK, PHONE = (1280, 900), (375, 700)
CELL = "c-_1_-coefficients-L1.z-estimate"
OPEN = "[...document.querySelectorAll('.pop:popover-open')].map(pop => pop.id)"

# WCAG 2.2, 1.4.3: (lighter + 0.05) / (darker + 0.05) of relative luminances is 4.5 or more for text, 3 for
# large text. Colours are painted over those of all ancestors, opacity included.
CONTRASTS = """(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number).concat(1).slice(0, 4);
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const ground = element => {
    const chain = []; for (let e = element; e; e = e.parentElement) chain.unshift(e);
    const paint = (under, e) => over(parse(getComputedStyle(e).backgroundColor), under);
    return chain.reduce(paint, [255, 255, 255, 1]);
  };
  const mute = ["SCRIPT", "STYLE", "title", "desc"], bad = [];
  let seen = 0;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || mute.includes(element.tagName)) continue;
    const style = getComputedStyle(element), under = ground(element);
    const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), under);
    const [a, b] = [luminance(ink), luminance(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    seen += 1;
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 90)}`);
  }
  return {seen, bad};
})()"""
OFFENDERS = """[...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
  && !e.parentElement.closest(".scroll, pre") && e.getBoundingClientRect().right > %d + 1)
  .map(e => e.outerHTML.slice(0, 90)).slice(0, 5)"""


def _every_look() -> Outcome:
    """The small outcome with one pair of every verdict."""
    found = outcomes.small()
    kinds = ("missing", "stale", "undecided", "ambiguous_in_print", "not_comparable", "explained", "exact")
    first = found.comparisons[0]
    pairs = tuple(
        replace(pair, verdict=kind) for pair, kind in zip(first.pairs[: len(kinds)], kinds, strict=True)
    )
    second = replace(first, candidate="r-plm", pairs=(*pairs, *first.pairs[len(kinds) :]))
    data = outcomes.small(data=outcomes.HEAD["data"] | {"stand_in": True}).spec
    others = tuple(c for c in found.comparisons if c.reference != "published")
    return replace(found, spec=data.model_copy(update={"id": "looks"}), comparisons=(second, *others))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    items = (outcomes.small(), outcomes.large(terms=7, engines=6, columns=4))
    found = (outcomes.in_paper(one, item) for item, one in enumerate(items, start=1))
    report.write(
        [*found, outcomes.unprinted(), _every_look(), outcomes.hostile()], place, aea_class="partial"
    )
    return place


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(str(shutil.which("chromium")), tmp_path_factory.mktemp("profile")) as started:
        yield started


def _url(folder: Path, name: str = "wages") -> str:
    return (folder / name / "index.html" if name else folder / "index.html").as_uri()


ALL = ("", "wages", "unprinted", "large", "looks", "hostile", "papers/article")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_scrolls_sideways(browser, folder, name, width) -> None:
    browser.open(_url(folder, name), width, 700)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.evaluate(OFFENDERS % width) == []
    assert browser.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(browser, folder, name, dark) -> None:
    browser.open(_url(folder, name), *DESK, dark=dark)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.evaluate("document.querySelector('.pop')?.showPopover()")
    found = browser.evaluate(CONTRASTS)
    assert found["seen"] > 20 and found["bad"] == []


def test_the_dark_is_dark(browser, folder) -> None:
    shades = []
    for dark in (False, True):
        browser.open(_url(folder), *DESK, dark=dark)
        shades.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, night = (sum(map(int, shade[4:-1].split(","))) for shade in shades)
    assert light > 700 and night < 100


@pytest.mark.parametrize("name", ALL)
def test_a_page_asks_for_itself_and_for_nothing_else_and_throws_nothing(browser, folder, name) -> None:
    browser.send("Log.enable")
    url = _url(folder, name)
    browser.open(url, *DESK)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.requests() == [url]
    assert browser.complaints() == []


def test_text_from_outside_runs_nothing(browser, folder) -> None:
    browser.open(_url(folder, "hostile"), *DESK)
    assert browser.evaluate("document.querySelectorAll('xss, [onload]').length") == 0
    assert browser.evaluate("document.querySelectorAll('script').length") == 2


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_link_to_a_cell_opens_it_in_sight(browser, folder, size) -> None:
    browser.open(_url(folder) + "#" + CELL, *size)
    assert browser.evaluate(OPEN) == ["p" + CELL]
    for what in (CELL, "p" + CELL):
        box = browser.evaluate(f"document.getElementById('{what}').getBoundingClientRect().toJSON()")
        assert box["top"] >= 0 and box["bottom"] <= size[1]
        assert what == CELL or (box["left"] >= 0 and box["right"] <= size[0])
    told = browser.evaluate(f"document.getElementById('p{CELL}').innerText")
    assert "The paper truncates." in told and "sign differs" in told


def _middle(browser: Browser, cell: str) -> tuple[float, float]:
    browser.evaluate(
        f"document.getElementById('{cell}').scrollIntoView({{block: 'center', behavior: 'instant'}})"
    )
    box = browser.evaluate(f"document.getElementById('{cell}').getBoundingClientRect().toJSON()")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _wait(browser: Browser, milliseconds: int) -> None:
    browser.evaluate(f"new Promise(done => setTimeout(done, {milliseconds}))")


def test_pointing_opens_a_cell_and_leaving_closes_it(browser, folder) -> None:
    browser.open(_url(folder), *DESK)
    browser.point(*_middle(browser, CELL))
    _wait(browser, 300)
    assert browser.evaluate(OPEN) == ["p" + CELL]
    browser.point(5, 5)
    _wait(browser, 400)
    assert browser.evaluate(OPEN) == []


def test_a_click_keeps_a_cell_open_names_it_in_the_address_and_a_second_click_closes_it(
    browser, folder
) -> None:
    browser.open(_url(folder), *DESK)
    place = _middle(browser, CELL)
    browser.point(*place, click=True)
    browser.point(5, 5)
    _wait(browser, 400)
    assert browser.evaluate(OPEN) == ["p" + CELL]
    assert browser.evaluate("decodeURIComponent(location.hash)") == "#" + CELL
    browser.point(*place, click=True)
    _wait(browser, 50)
    assert browser.evaluate(OPEN) == []


def test_the_keyboard_shows_opens_and_closes_a_cell_and_stays_where_it_was(browser, folder) -> None:
    browser.open(_url(folder), *DESK)
    browser.evaluate("document.querySelector('select[name=engine]').focus()")
    browser.press("Tab")  # the scrolling table
    browser.press("Tab")  # its first cell
    first = browser.evaluate("document.activeElement.id")
    assert first == "c-_1_-coefficients-x-estimate"
    assert browser.evaluate(OPEN) == ["p" + first]
    browser.press("Tab")
    second = browser.evaluate("document.activeElement.id")
    assert second.startswith("c-") and browser.evaluate(OPEN) == ["p" + second]
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.closest('.pop')?.id") == "p" + second
    browser.press("Escape")
    _wait(browser, 50)
    assert browser.evaluate(OPEN) == []
    assert browser.evaluate("document.activeElement.id") == second


def _choose(browser: Browser, show: str, engine: str = "") -> None:
    browser.evaluate(
        f"""(form => {{ form.elements.show.value = '{show}'; form.elements.engine.value = '{engine}';
        form.dispatchEvent(new Event('change')); }})(document.querySelector('form.filter'))"""
    )


def _seen(browser: Browser) -> list[str]:
    return browser.evaluate(
        "[...document.querySelectorAll('button.c:not(.dim)')].filter(c => c.checkVisibility()).map(c => c.id)"
    )


def test_the_filter_leaves_the_discrepancies_of_all_engines_or_of_one(browser, folder) -> None:
    browser.open(_url(folder), *DESK)
    assert len(_seen(browser)) == 8
    _choose(browser, "differs")
    assert _seen(browser) == [
        "c-_1_-coefficients-x-std_error",
        "c-_1_-coefficients-x-p_value",
        "c-_1_-coefficients-L1.z-estimate",
    ]
    assert browser.evaluate("document.querySelector('form.filter output').textContent") == "3 of 8 cells"
    _choose(browser, "differs", "0")  # r-plm: its one difference is explained
    assert _seen(browser) == []
    _choose(browser, "notable", "0")
    assert _seen(browser) == [CELL]
    assert browser.evaluate(f"document.getElementById('{CELL}').innerText").endswith("≈")
    _choose(browser, "all")
    assert len(_seen(browser)) == 8
    assert browser.evaluate(f"document.getElementById('{CELL}').innerText").endswith("±")


def test_a_link_to_a_cell_that_is_filtered_out_brings_it_back(browser, folder) -> None:
    browser.open(_url(folder), *DESK)
    _choose(browser, "differs")
    browser.evaluate("location.hash = '#c-_1_-fit-model-n_obs'")
    _wait(browser, 100)
    assert browser.evaluate(OPEN) == ["pc-_1_-fit-model-n_obs"]


def test_without_script_a_cell_still_opens(browser, folder) -> None:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(_url(folder), *DESK)
        browser.point(*_middle(browser, CELL), click=True)
        assert browser.evaluate(OPEN) == ["p" + CELL]
        assert browser.evaluate("document.querySelector('form.filter').checkVisibility()") is False
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_a_page_prints_without_its_controls(browser, folder) -> None:
    browser.open(_url(folder), *DESK)
    browser.media("print")
    assert browser.evaluate("document.querySelector('form.filter').checkVisibility()") is False
    assert browser.evaluate("document.querySelector('table.print').checkVisibility()") is True
    assert browser.pdf().startswith(b"%PDF")
    browser.media("screen")


def test_cells_are_told_apart_without_colour(browser, folder) -> None:
    browser.open(_url(folder, "looks"), *DESK)
    marks = browser.evaluate(
        """Object.fromEntries([...document.querySelectorAll('button.c')].map(c => [c.dataset.g,
        c.querySelector('sup').textContent + ' ' + getComputedStyle(c).textDecorationStyle + ' '
        + getComputedStyle(c).textDecorationLine]))"""
    )
    assert len(marks) >= 4 and len(set(marks.values())) == len(marks)
