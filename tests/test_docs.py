"""The documentation: generated pages are those of the tables, every link leads somewhere, lists of words are whole."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from ekuscan import foresight, model, news
from ekuscan.docs_pages import links, pages
from ekuscan.docs_pages.__main__ import write
from ekuscan.docs_pages.sections import NOTICE
from ekuscan.explain.paragraph import Paragraph
from ekuscan.explain.words import explain
from ekuscan.limits import ProbeLimits, SweepLimits
from ekuscan.profiles.load import ROLES
from ekuscan.protocols import PROTOCOLS, SCHEMES
from ekuscan.report.schema import PUBLISHED, PUBLISHED_DIFF, PUBLISHED_PREFLIGHT
from ekuscan.rules.load import RULE_FILES, packaged
from ekuscan.wire.dtls import MAX_COOKIES, MAX_DATAGRAMS, MAX_STRAYS, MTU
from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.openssl import MAX_CA_NAMES, MAX_CERTIFICATES
from ekuscan.wire.proxy import DEFAULT_PORT, parse_proxy

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WRITTEN = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
ALL = [*WRITTEN, *sorted(DOCS.rglob("*.md"))]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[(?:[^\[\]]|\\\[|\\\])*\]\(([^()\s]+)\)")
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_generated_pages_are_what_the_tables_give() -> None:
    for name, text in pages.whole(packaged()).items():
        assert read(DOCS / name) == text, f"{name}: python -m ekuscan.docs_pages docs"


def test_the_generated_parts_of_written_pages_are_what_the_tables_give() -> None:
    for name, fill in pages.parts().items():
        assert read(DOCS / name) == fill(read(DOCS / name)), f"{name}: python -m ekuscan.docs_pages docs"


def test_writing_the_pages_into_a_folder_gives_the_same_files(tmp_path: Path) -> None:
    for name in pages.parts():
        (tmp_path / name).write_text(read(DOCS / name), encoding="utf-8")
    write(tmp_path)
    for path in tmp_path.rglob("*.md"):
        assert read(path) == read(DOCS / path.relative_to(tmp_path))


def test_a_page_without_the_marks_of_its_generated_part_is_refused() -> None:
    with pytest.raises(ValueError, match="begin generated: reasons"):
        pages.filled("no marks", "reasons", "text")


@cache
def anchors(path: Path) -> frozenset[str]:
    """The explicit anchors of a page and those that GitHub makes of its headings."""
    text = read(path)
    made = (re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text))
    return frozenset((*ANCHOR.findall(text), *made))


def links_of(path: Path) -> Iterator[str]:
    for target in LINK.findall(CODE.sub("", FENCED.sub("", read(path)))):
        if not target.startswith(("http://", "https://")):
            yield target


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_and_its_anchor_resolve(page: Path) -> None:
    for target in links_of(page):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(path), target


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_anchor_stands_twice_on_a_page(page: Path) -> None:
    found = ANCHOR.findall(read(page))
    assert sorted(set(found)) == sorted(found)


def test_every_row_of_the_tables_has_its_place() -> None:
    for kind, ids in links.places(packaged()).of.items():
        for id_, place in ids.items():
            name, _, anchor = place.partition("#")
            assert anchor in anchors(DOCS / name), f"{kind} {id_}"


def named_by(index: Path) -> set[Path]:
    return {(index.parent / target.partition("#")[0]).resolve() for target in links_of(index)}


def test_every_page_is_named_by_the_index_or_by_its_folders_own() -> None:
    for folder in (DOCS, DOCS / "rules", DOCS / "use-cases"):
        assert set(folder.glob("*.md")) - {folder / "README.md"} <= named_by(folder / "README.md")
    assert {folder / "README.md" for folder in (DOCS / "rules", DOCS / "use-cases")} <= named_by(DOCS / "README.md")


def test_every_rule_and_every_use_case_has_a_page_of_its_own_that_explain_names() -> None:
    tables = packaged()
    wanted = {rule.id: f"rules/{rule.id}.md" for rule in tables.rules}
    wanted |= {name: f"use-cases/{name}.md" for name in tables.use_cases}
    assert {path.relative_to(DOCS).as_posix() for path in DOCS.glob("*/*.md")} == {
        *wanted.values(),
        "rules/README.md",
        "use-cases/README.md",
    }
    for word, page in wanted.items():
        assert Paragraph("page", f"docs/{page}") in explain(word, tables)
        assert (DOCS / page).is_file()


def test_a_page_of_a_row_that_is_gone_is_removed_and_a_written_one_is_kept(tmp_path: Path) -> None:
    for name in pages.parts():
        (tmp_path / name).write_text(read(DOCS / name), encoding="utf-8")
    gone, kept = tmp_path / "rules" / "X99.md", tmp_path / "rules" / "notes.md"
    gone.parent.mkdir()
    gone.write_text(NOTICE + "\n\n# X99\n", encoding="utf-8")
    kept.write_text("# Notes\n", encoding="utf-8")
    write(tmp_path)
    assert not gone.exists()
    assert kept.exists()


# --- lists of words in written pages --------------------------------------------------------------------------


def test_the_json_page_names_every_key_of_the_document_and_every_kind_of_line() -> None:
    text = read(DOCS / "json.md")
    schema = json.loads(read(PUBLISHED))
    document = text.split("## The document")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|", document, re.MULTILINE)
    assert rows == list(schema["properties"])
    for kind in get_args(model.RecordKind):
        assert f"`{kind}`" in text.split("## JSON Lines")[1]


def test_the_preflight_page_names_every_key_of_its_document_and_every_check() -> None:
    text = read(DOCS / "preflight.md")
    rows = re.findall(r"^\| (`.+?`) \|", text.split("## JSON")[1], re.MULTILINE)
    assert [key for row in rows for key in re.findall(r"`([a-z_]+)`", row)] == [
        *json.loads(read(PUBLISHED_PREFLIGHT))["properties"]
    ]
    for words in (foresight.CheckName, foresight.GoNoGo, foresight.Effect):
        assert [word for word in get_args(words) if word != "same" and f"`{word}`" not in text] == []


def test_the_page_on_changes_names_every_key_kind_and_cause() -> None:
    text = read(DOCS / "change-and-alerts.md")
    rows = re.findall(r"^\| (`.+?`) \|", text.split("### JSON")[1].split("## Alerts")[0], re.MULTILINE)
    assert [key for row in rows for key in re.findall(r"`([a-z_]+)`", row)] == [
        *json.loads(read(PUBLISHED_DIFF))["properties"]
    ]
    for words in (news.ChangeKind, news.Cause):
        assert [word for word in get_args(words) if f"`{word}`" not in text] == []


@pytest.mark.parametrize(
    "words",
    [
        model.Answer, model.Severity, model.Certainty, model.Confidence, model.EndpointStatus, model.Request,
        model.HierarchyClass, model.EkuState, model.ConnectionOrigin, model.FactOrigin, model.Enforces,
        model.RefusedBy,
    ],
)  # fmt: skip
def test_the_json_page_names_every_word_of_an_enumeration(words: object) -> None:
    text = read(DOCS / "json.md")
    assert [word for word in get_args(words) if f"`{word}`" not in text] == []


@pytest.mark.parametrize("record", [model.Sight, model.ClientCertificate, model.Enforcement])
def test_the_json_page_describes_every_key_of_what_an_endpoint_holds(record: type) -> None:
    text = read(DOCS / "json.md")
    assert [field.name for field in fields(record) if f"`{field.name}`" not in text] == []


def test_the_wire_page_says_of_every_protocol_what_is_sent() -> None:
    table = read(DOCS / "wire.md").split("## What is sent")[1].split("\n\n")[1]
    cells = " ".join(row.split(" | ")[0] for row in table.splitlines())
    assert [name for name in PROTOCOLS if f"`{name}`" not in cells] == []


def test_no_page_says_of_a_protocol_that_is_spoken_that_it_is_not() -> None:
    for page in WRITTEN:
        sentences = re.findall(r"Not spoken:[^.]*", read(page))
        assert [word for word in ("STARTTLS", "DTLS", "SSH", "XMPP", "LDAP") if word in " ".join(sentences)] == []


def test_the_targets_page_names_every_role_and_scheme() -> None:
    text = read(DOCS / "targets.md")
    assert [word for word in (*ROLES, *SCHEMES) if f"`{word}`" not in text] == []


def test_the_targets_page_says_how_a_proxy_may_be_written() -> None:
    text = read(DOCS / "targets.md")
    assert f"Without a port the proxy's is {DEFAULT_PORT}," in text
    for written in ("http://", "socks5://", "socks5h"):
        assert f"`{written}" in text
        assert parse_proxy(f"{written.removesuffix('://')}://192.0.2.1").port == DEFAULT_PORT


def test_the_rules_page_names_every_key_of_a_rule_a_case_and_a_remedy() -> None:
    text = read(DOCS / "rules.md")
    tables = ROOT / "ekuscan" / "rules"
    rules = [row for name in RULE_FILES for row in tomllib.loads(read(tables / name))["rule"]]
    remedies = tomllib.loads(read(tables / "remedies.toml"))["remedy"]
    rows = [*rules, *(case for rule in rules for case in rule["case"]), *remedies]
    keys = {key for row in rows for key in row} - {"document"}
    assert [key for key in sorted(keys) if f"`{key}`" not in text and f"`{key} = " not in text] == []


def test_the_limits_on_the_wire_page_are_those_of_the_program() -> None:
    text = read(DOCS / "wire.md")
    probe = ProbeLimits()
    for limit in (
        f"at once | {SweepLimits().concurrency} |",
        f"look-up | {probe.resolve:g} |",
        f"one TCP connection | {probe.connect:g} |",
        f"a handshake | {probe.handshake:g} |",
        f"asked for | {probe.quiet:g} |",
        f"HTTP answer | {probe.answer:g} |",
        f"not counted | {probe.deadline:g} |",
        f"per connection | {probe.received:,} |",
        f"taken in before TLS | {LIMIT:,} |",
        f"At most {LIMIT:,} bytes",
        f"what comes before TLS | {probe.handshake:g} |",
        f"first datagram of a DTLS peer | {probe.connect:g} |",
        f"cookies | {MAX_DATAGRAMS:,}, {MAX_STRAYS}, {MAX_COOKIES} |",
        f"at most {MTU:,} bytes",
        f"of a request | {MAX_CERTIFICATES}, {MAX_CA_NAMES} |",
    ):
        assert limit in text
