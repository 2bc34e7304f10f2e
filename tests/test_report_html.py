"""The HTML page as text: what is in it, what it forbids itself, and that no name gets out of its place."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.lab.estate import estate as lab_estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Run
from ekuscan.report.html.days import days_of, held_certificates
from ekuscan.report.html.document import VERDICTS_UP_TO
from ekuscan.report.html.summary import summary
from ekuscan.report.html.timeline import CELL, timeline
from tests import html_samples
from tests import report_samples as samples
from tests.command import TODAY, refused, run, scan
from tests.html_samples import page

STYLE = (Path(__file__).parent.parent / "ekuscan/report/html/templates/style.css").read_text(encoding="utf-8")
VOID = {"meta", "link", "input", "br", "img", "use"}


class Markup(HTMLParser):
    """What a page is made of: its elements with their attributes, its text, its ids and the links to them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self._words.append(data)

    @cached_property
    def words(self) -> str:
        return "".join(self._words)

    def values(self, name: str) -> list[str]:
        return [value for _, found in self.elements if (value := found.get(name)) is not None]


@pytest.fixture(scope="module")
def estate() -> str:
    return page(samples.long_names())


# --- one file, on its own -----------------------------------------------------------------------------------------


def test_the_policy_lets_nothing_in_but_the_pages_own_style_and_script(estate: str) -> None:
    (policy,) = (
        found["content"] for tag, found in Markup(estate).elements if "Content-Security-Policy" in found.values()
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", estate, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in contents]
        assert [f"{directive} 'sha256-{digest}'" in policy for digest in digests] == [True]


def test_the_page_loads_nothing_and_has_no_style_or_script_in_an_attribute(estate: str) -> None:
    markup = Markup(estate)
    assert {"src", "srcset", "style", "action", "background"}.isdisjoint(
        name for _, found in markup.elements for name in found
    )
    assert not [name for _, found in markup.elements for name in found if name.startswith("on")]
    outward = [(tag, found.get("href")) for tag, found in markup.elements if str(found.get("href", "#"))[0] != "#"]
    assert {tag for tag, _ in outward} == {"a", "link"}
    assert all(str(href).startswith(("https://", "http://", "data:,")) for _, href in outward)


def test_the_page_is_ascii_whatever_it_tells() -> None:
    assert page(html_samples.hostile()).isascii()


@pytest.mark.parametrize("sample", [samples.long_names, samples.clean, html_samples.sites, html_samples.hostile])
def test_ids_are_unique_and_every_link_into_the_page_leads_somewhere(sample: object) -> None:
    assert callable(sample)
    markup = Markup(page(sample()))
    ids = Counter(markup.values("id"))
    assert [id_ for id_, count in ids.items() if count > 1] == []
    assert {href[1:] for href in markup.values("href") if href.startswith("#")} - ids.keys() == set()
    for reference in ("for", "aria-labelledby"):
        assert set(markup.values(reference)) <= ids.keys()


# --- what it says -------------------------------------------------------------------------------------------------


def test_every_verdict_problem_certificate_chain_and_port_is_in_the_page() -> None:
    whole = samples.long_names()
    words = Markup(page(whole)).words
    for verdict in whole.verdicts:
        assert verdict.id in words
        assert verdict.text in words
    for problem in whole.problems:
        assert problem.action in words
    for observation in whole.observations:
        assert observation.endpoint.target in words
    rows = Counter(id_[0] for id_ in Markup(page(whole)).values("id") if re.fullmatch(r"[vphe]\d+", id_))
    assert (rows["v"], rows["p"]) == (len(whole.verdicts), len(whole.problems))
    assert (rows["h"], rows["e"]) == (len(whole.chains), len(whole.observations))


def test_the_certificate_that_takes_client_use_away_is_marked_and_for_whom() -> None:
    text = page(samples.long_names())
    (marked,) = re.findall(r'<li class="blocks.*?</li>', text, re.DOTALL)
    assert "takes client use away for nss" in Markup(marked).words


def test_a_verdict_unfolds_into_its_reasons_questions_and_sources() -> None:
    text = page(samples.estate())
    decided = next(
        one for one in re.findall(r'<tbody class="row".*?</tbody>', text, re.DOTALL) if "Does the CUBE" in one
    )
    words = " ".join(Markup(decided).words.split())
    assert "presents.release: X15.4 declared" in words
    assert "Not knownverifies.match_eku" in words
    assert "no: worksyes: breaks" in words
    assert "S Client authentication EKU in public certificates" in words
    assert [tag for tag, _ in Markup(decided).elements if tag in ("details", "summary")] == ["details", "summary"]


@pytest.mark.parametrize(
    ("whole", "sentence"),
    [
        (
            samples.estate(),
            "1 problem breaks connections now; 1 more breaks when certificates are renewed, on 20 Feb 2027 "
            "(in 89 days).",
        ),
        (samples.clean(), "Nothing breaks: 14 use cases judged fine."),
        (replace(samples.clean(), summary=replace(samples.clean().summary, outcomes={})), "Nothing was judged."),
    ],
    ids=["broken", "clean", "nothing"],
)
def test_one_sentence_answers(whole: Run, sentence: str) -> None:
    assert summary(whole, (), (), samples.NOW).sentence == sentence


def test_nothing_breaks_is_said_without_reserve_only_where_everything_was_seen() -> None:
    clean = samples.clean()
    counts = replace(clean.summary.endpoints, failed=3)
    for less in (
        replace(clean, summary=replace(clean.summary, endpoints=counts)),
        replace(clean, run=replace(clean.run, complete=False)),
    ):
        told = summary(less, (), (), samples.NOW)
        assert told.sentence.startswith("Nothing breaks in what was seen")
        assert told.sign.symbol == "unknown"
        assert told.cautions


def test_above_two_thousand_targets_the_counts_are_of_all_and_the_lists_of_the_worst() -> None:
    text = page(samples.many(2_001))
    words = " ".join(Markup(text).words.split())
    assert "The lists below hold the 200 worst of 2,001 targets." in words
    assert "501 problems break connections now" in words
    assert len(text) < 3_000_000


def test_rows_beyond_what_a_page_holds_are_counted() -> None:
    box = samples.target("box", "expressway-c", "X15.4", [])
    verdicts = [samples.verdict(f"X{n}", "https", "box", None, "ok", None) for n in range(VERDICTS_UP_TO + 7)]
    words = " ".join(Markup(page(samples.run([box], [], {}, {}, verdicts))).words.split())
    assert "7 more verdicts are not on this page" in words


def test_the_timeline_keeps_its_words_apart_and_inside() -> None:
    for whole in (samples.long_names(), html_samples.sites(), samples.many(300)):
        held = held_certificates(whole, samples.NOW.date())
        drawn = timeline(held, days_of(held), samples.NOW.date())
        places = [(flag.x, flag.y) for flag in drawn.flags]
        assert all(
            abs(x - other_x) >= 18 or abs(y - other_y) >= 16
            for n, (x, y) in enumerate(places)
            for other_x, other_y in places[:n]
        )
        assert all(low.y - high.y >= 20 for high, low in pairwise(drawn.bars))
        for bar in drawn.bars:
            assert 20 + len(bar.name) * CELL <= drawn.left
            assert drawn.left <= bar.x <= bar.x + bar.width <= drawn.right + 3
            assert drawn.right + 16 + len(bar.ends) * CELL <= drawn.width
        assert len(drawn.bars) + drawn.more == len(held)


def test_a_certificate_that_has_ended_stands_on_the_timeline() -> None:
    whole = samples.estate()
    certificates = {
        sha256: replace(one, not_after=samples.NOW - timedelta(days=400)) for sha256, one in whole.certificates.items()
    }
    assert "ended 19 Oct 2025" in Markup(page(replace(whole, certificates=certificates))).words


# --- hostile text -------------------------------------------------------------------------------------------------


def test_hostile_text_makes_no_element_no_attribute_and_no_link() -> None:
    plain, harmed = Markup(page(samples.estate())), Markup(page(html_samples.hostile()))
    assert {tag for tag, _ in harmed.elements} <= {tag for tag, _ in plain.elements} | {"h3"}
    assert {name for _, found in harmed.elements for name in found} <= {
        name for _, found in plain.elements for name in found
    }
    assert not [href for href in harmed.values("href") if "javascript" in href.lower()]
    assert "\u202e" not in harmed.words
    assert "\x1b" not in harmed.words
    assert "alert(1)" in harmed.words


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_changes_what_the_page_is_made_of(name: str, title: str) -> None:
    whole = samples.estate()
    problem = replace(whole.problems[0], text=name, action=title + "x", title="a " + title.strip() + " b")
    changed = replace(whole, problems=(problem, *whole.problems[1:]), run=replace(whole.run, vantage="x" + name))
    usual = replace(problem, text="a", action="b", title="c")
    plain = replace(whole, problems=(usual, *whole.problems[1:]), run=replace(whole.run, vantage="x"))
    less = {"span", "p"}  # a title in several pieces has a span for each, an empty text no paragraph
    shapes = [[tag for tag, _ in Markup(page(one)).elements if tag not in less] for one in (changed, plain)]
    assert shapes[0] == shapes[1]


# --- colours ------------------------------------------------------------------------------------------------------


def _schemes() -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme, and of paper."""
    blocks = re.findall(r"--paper: .*?\}", STYLE, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)) for block in blocks]
    light, *others = found
    return [light, *({**light, **other} for other in others)]


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out_from_every_ground_in_every_scheme() -> None:
    schemes = _schemes()
    assert len(schemes) == 4
    words = ("ink", "faint", "link", "broken", "renewal", "decide", "risk", "unknown", "fine", "none")
    for scheme in schemes:
        for ground in ("paper", "raised", "strip"):
            low = {word: _contrast(scheme[word], scheme[ground]) for word in words}
            assert {word: ratio for word, ratio in low.items() if ratio < 4.5} == {}


# --- the command line ---------------------------------------------------------------------------------------------


def test_a_scan_writes_the_page_beside_its_report(tmp_path: Path) -> None:
    with open_lab(lab_estate("demo"), tmp_path / "lab", TODAY) as lab:
        done = scan(lab, "-o", tmp_path / "report.html")
    assert "BROKEN NOW" in done.out
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "1 problem breaks connections now" in Markup(text).words
    assert text.endswith("</html>")


def test_the_page_goes_to_standard_output_too(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("schema: ekuscan.targets/1\ntargets: {a: {role: outside}}\n")
    done = run("scan", "-f", tmp_path / "targets.yaml", "--format", "html")
    assert done.out.startswith("<!DOCTYPE html>")


def test_a_preflight_has_no_page(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("schema: ekuscan.targets/1\ntargets: {a: {role: outside}}\n")
    told = refused(run("preflight", "-f", tmp_path / "targets.yaml", "--on", "2027-04-01", "--format", "html"))
    assert told.startswith("--format: found 'html'; write one of table, json")
