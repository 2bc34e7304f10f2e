"""The HTML page in a real browser: what it looks like there, and what its keys, filters and pages do.

Without a Chromium these are skipped, or fail where EKUSCAN_REQUIRE_SERVERS is 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ekuscan.model import Run
from tests import html_samples
from tests import report_samples as samples
from tests.browser import CHROMIUM, Browser, Page, browser
from tests.real_servers import unavailable

NODES = 25_000
"""Elements that a page may have at once: what is more than it shows stays out of the document."""

MADE: dict[str, Callable[[], Run]] = {
    "five": samples.estate,
    "long": samples.long_names,
    "hundred": html_samples.sites,
    "hostile": html_samples.hostile,
    "ports": lambda: html_samples.endpoints(5_000),
}
# Boxes that meet: pairs of those whose rectangles overlap by more than a hair, as the browser drew them.
MEETING = """(() => {
  const boxes = [...document.querySelectorAll(%r)].map(one => [one.textContent, one.getBoundingClientRect()]);
  const found = [];
  for (let n = 0; n < boxes.length; n++) for (let m = 0; m < n; m++) {
    const [one, a] = boxes[n], [other, b] = boxes[m];
    if (a.left < b.right - .5 && b.left < a.right - .5 && a.top < b.bottom - .5 && b.top < a.bottom - .5)
      found.push([one, other]);
  }
  return found;
})()"""
# Words that stick out of their frame, as the browser drew them.
STICKING_OUT = """[...document.querySelectorAll('.frame')].flatMap(frame => {
  const room = frame.querySelector('rect').getBoundingClientRect();
  return [...frame.querySelectorAll('text')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.right > room.right || box.left < room.left || box.top < room.top - 1 || box.bottom > room.bottom + 1;
  }).map(one => one.textContent);
})"""
CONTROLS = "a[href], button:not(:disabled), input, select, summary, [tabindex='0']"
VISIBLE = (
    f"""[...document.querySelectorAll({CONTROLS!r})].filter(one => one.checkVisibility({{visibilityProperty: true}}))"""
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        unavailable("chromium is not installed")
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {name: folder / f"{name}.html" for name in MADE}
    for name, path in found.items():
        path.write_text(html_samples.page(MADE[name]()), encoding="utf-8")
    return found


@pytest.fixture
def opened(chromium: Browser, files: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:

        def open_page(name: str, width: int = 1280, *, scripts: bool = True, dark: bool = False) -> Page:
            return stack.enter_context(chromium.page(files[name], width=width, scripts=scripts, dark=dark))

        yield open_page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["five", "long", "hundred", "hostile"])
def test_the_page_is_quiet_fits_its_window_and_asks_for_nothing(
    opened: Callable[..., Page], name: str, width: int, scripts: bool
) -> None:
    page = opened(name, width, scripts=scripts)
    assert page.run("document.documentElement.scrollWidth") == width
    assert page.run("[...document.querySelectorAll('details')].forEach(one => one.open = true)") is None
    assert page.run("document.documentElement.scrollWidth") == width
    assert [url for url in page.requests() if not url.startswith(("file:", "data:,"))] == []
    assert page.messages() == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["five", "long", "hundred", "hostile"])
def test_no_label_of_the_map_or_the_timeline_lies_over_another(
    opened: Callable[..., Page], name: str, width: int
) -> None:
    page = opened(name, width)
    for labels in (".map text, .map .badge", ".timeline text"):
        pairs = page.run(MEETING % labels)
        # A badge and the number on it are one label.
        assert [pair for pair in pairs if pair[0].strip() != pair[1].strip()] == []
    assert page.run(STICKING_OUT) == []
    assert page.run("document.querySelectorAll('.frame').length") >= 4


@pytest.mark.parametrize(("name", "width"), [("five", 390), ("five", 1280), ("hundred", 390), ("hundred", 1280)])
def test_tab_comes_to_every_control_and_each_shows_that_it_has_the_focus(
    opened: Callable[..., Page], name: str, width: int
) -> None:
    page = opened(name, width)
    page.run(f"window.seen = new Set(); window.all = {VISIBLE}; window.bare = []")
    page.run(
        "document.addEventListener('focusin', ({target}) => { seen.add(target); const look = getComputedStyle("
        "target.matches('.line') ? target.querySelector('.way') : target.matches('.frame') ? target.querySelector("
        "'rect') : target); if (look.outlineStyle === 'none' && parseFloat(look.strokeWidth) < 3) "
        "bare.push(target.outerHTML.slice(0, 200)); })"
    )
    for _ in range(page.run("all.length") + 5):
        page.key("Tab", 9)
    assert page.run("all.filter(one => !seen.has(one)).map(one => one.outerHTML.slice(0, 200))") == []
    assert page.run("bare") == []
    assert page.messages() == []


def test_a_list_is_filtered_by_words_and_by_answer_and_says_how_much_is_left(opened: Callable[..., Page]) -> None:
    page = opened("hundred")
    _type(page, "#verdicts input", "exp-c1-ber provider")
    assert _told(page, "verdicts") == "0 of 170 verdicts"
    _type(page, "#verdicts input", "EXP-C1-BER traversal")
    assert _told(page, "verdicts") == "1 of 170 verdicts"
    assert page.run("document.querySelectorAll('#verdicts .row').length") == 1
    _type(page, "#verdicts input", "")
    page.run(
        "(box => { box.value = 'broken'; box.dispatchEvent(new Event('change')); })"
        "(document.querySelector('#verdicts select'))"
    )
    assert _told(page, "verdicts") == "13 of 170 verdicts"
    assert page.run("[...new Set([...document.querySelectorAll('#verdicts .row')].map(one => one.dataset.s))]") == [
        "broken"
    ]


def test_a_column_sorts_both_ways_and_says_so(opened: Callable[..., Page]) -> None:
    page = opened("long")
    head = "document.querySelectorAll('#endpoints th')[2]"
    ports = "[...document.querySelectorAll('#endpoints .row')].map(one => Number(one.rows[0].cells[2].dataset.v))"
    page.run(f"{head}.querySelector('button').click()")
    assert page.run(f"{head}.ariaSort") == "ascending"
    first = page.run(ports)
    assert first == sorted(first)
    assert len(set(first)) > 5
    page.run(f"{head}.querySelector('button').click()")
    assert page.run(f"{head}.ariaSort") == "descending"
    assert page.run(ports) == sorted(first, reverse=True)


def test_a_link_to_a_row_on_another_page_or_behind_a_filter_brings_it_up(opened: Callable[..., Page]) -> None:
    page = opened("hundred")
    _type(page, "#verdicts input", "nothing has this name")
    assert page.run("document.querySelector('#v160')") is None
    page.run("location.hash = 'v160'; new Promise(done => setTimeout(done, 100))")
    assert page.run("document.querySelector('#v160 details').open") is True
    top = page.run("document.querySelector('#v160').getBoundingClientRect().top")
    assert 0 < top < 900


def test_a_line_of_the_map_tells_of_itself_when_it_has_the_focus_and_stays_when_it_is_chosen(
    opened: Callable[..., Page],
) -> None:
    page = opened("five")
    page.run("document.querySelector('.line[data-link=\"1\"]').focus()")
    told = "document.querySelector('.panel').textContent.trim().replace(/\\s+/g, ' ')"
    assert "core dials exp-e1 UC traversal zone: broken now" in page.run(told)
    assert page.run("document.querySelectorAll('.frame.lit').length") == 2
    page.key("Enter", 13)
    page.run("document.activeElement.blur()")
    assert page.run("document.querySelector('.panel').hidden") is False
    page.key("Escape", 27)
    assert page.run("document.querySelector('.panel').hidden") is True


def test_the_colours_follow_the_system_until_a_person_chooses(opened: Callable[..., Page]) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light, dark = opened("five"), opened("five", dark=True)
    assert light.run(paper) != dark.run(paper)
    for _ in range(2):
        light.run("document.querySelector('.theme').click()")
    assert light.run(paper) == dark.run(paper)
    light.run("document.querySelector('.theme').click(); localStorage.clear()")


def test_a_tick_stays_when_the_page_is_opened_again(opened: Callable[..., Page]) -> None:
    page = opened("long")
    page.run("document.querySelector('.todo input').click()")
    again = opened("long")
    assert again.run("document.querySelector('.todo input').checked") is True
    again.run("localStorage.clear()")


def test_five_thousand_ports_are_in_the_page_and_few_of_them_in_the_document(opened: Callable[..., Page]) -> None:
    page = opened("ports")
    assert page.run("document.querySelectorAll('*').length") < NODES
    assert page.run("document.querySelectorAll('#endpoints .row').length") == 50
    _type(page, "#endpoints input", "box-0999")
    assert _told(page, "endpoints") == "5 of 5,000 endpoints"
    _type(page, "#endpoints input", "")
    page.run("document.querySelectorAll('#endpoints th')[1].querySelector('button').click()")
    page.run("document.querySelector('#endpoints .on').click()")
    assert page.run("document.querySelector('#endpoints .pages span').textContent") == "51 to 100 of 5,000"
    assert page.run("document.querySelectorAll('*').length") < NODES
    assert page.messages() == []


def test_without_scripts_everything_can_be_read_and_no_control_is_dead(opened: Callable[..., Page]) -> None:
    page = opened("ports", scripts=False)
    assert page.run("document.querySelectorAll('#endpoints .row').length") == 5_000
    controls = "[...document.querySelectorAll('button, select, input[type=search]')]"
    assert page.run(f"{controls}.filter(one => one.checkVisibility()).length") == 0
    hundred = opened("hundred", scripts=False)
    assert hundred.run("document.querySelectorAll('#verdicts .row').length") == 170
    assert hundred.run("document.querySelector('#v1 .why').textContent.length") > 50


def test_hostile_names_run_nothing_and_stay_in_their_places(opened: Callable[..., Page]) -> None:
    page = opened("hostile")
    page.run("window.alerted = 0; window.alert = () => alerted++")
    page.run("document.querySelectorAll('#verdicts th button').forEach(one => one.click())")
    _type(page, "#verdicts input", "alert(1)")
    page.run("document.querySelectorAll('.frame, .line').forEach(one => one.dispatchEvent(new Event('focus')))")
    assert page.run("alerted") == 0
    assert page.run("document.querySelectorAll('script').length") == 1
    assert page.run("document.querySelectorAll('img, iframe, object, svg[onload]').length") == 0
    assert [url for url in page.requests() if not url.startswith(("file:", "data:,"))] == []
    assert page.messages() == []


def test_it_prints_in_the_light_scheme_without_its_controls_and_with_what_is_folded(
    opened: Callable[..., Page],
) -> None:
    page = opened("long", dark=True)
    data = page.pdf()
    assert data.startswith(b"%PDF")
    (width, height), *_ = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert (round(float(width)), round(float(height))) == (595, 842)
    page.send("Emulation.setEmulatedMedia", media="print", features=[])
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.run("[...document.querySelectorAll('.top, .tools, .pages')].filter(one => one.checkVisibility()).length")
        == 0
    )
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.querySelectorAll('#problems details:not([open])').length") == 0


def _type(page: Page, box: str, words: str) -> None:
    """Put words into a search box, and wait until they count."""
    page.run(
        f"(box => {{ box.value = {words!r}; box.dispatchEvent(new Event('input')); }})"
        f"(document.querySelector({box!r}));"
        "new Promise(done => setTimeout(done, 200))"
    )


def _told(page: Page, section: str) -> str:
    return str(page.run(f"document.querySelector('#{section} output').textContent"))
