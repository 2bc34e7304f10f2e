"""Additions to YAML text: every other character stays, and what was added is there."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ekuscan.targets.yaml_edit import Addition, Uneditable, YamlText
from ekuscan.targets.yaml_words import Quoted

WRITTEN = """\
# ours
schema: ekuscan.targets/1
targets:
  a: {host: x, role: cube}   # my box
  b:
    host: y   # asked for
    # release: ""
  # c: later

connections:
  - {use_case: mra, from: a, to: b}  # hm
# end
"""


def held(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def without(text: str, added: str) -> str:
    """The longer text with the lines that only it has taken out; fails where a line of the shorter one is gone."""
    left = iter(added.splitlines(keepends=True))
    kept = []
    for line in text.splitlines(keepends=True):
        assert line in left, f"gone: {line!r}"
        kept.append(line)
    return "".join(kept)


def test_without_an_addition_the_text_is_what_it_was() -> None:
    assert YamlText(WRITTEN).result() == WRITTEN


def test_each_addition_goes_where_a_person_would_put_it() -> None:
    text = YamlText(WRITTEN)
    text.add(("targets",), Addition({"host": "z", "role": "outside"}, "d", "from a list"))
    text.add(("targets", "a"), Addition(Quoted("17.12"), "release"))
    text.add(("targets", "b"), Addition({"server": "b.pem"}, "slots"))
    text.add(("connections",), Addition({"use_case": "mra", "from": "b", "to": "d", "tls_verify": "on"}))
    text.add((), Addition(["ca.pem"], "trust", lines=("", "trust: [ca.pem]")))
    assert text.result() == (
        WRITTEN.replace("role: cube}", 'role: cube, release: "17.12"}')
        .replace("asked for\n", "asked for\n    slots: {server: b.pem}\n")
        .replace('""\n', '""\n  d: {host: z, role: outside}  # from a list\n')
        .replace("# hm\n", '# hm\n  - {use_case: mra, from: b, to: d, tls_verify: "on"}\n\ntrust: [ca.pem]\n')
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\ntargets:\n", "a: 1\ntargets:\n  d: {host: z}\n"),
        ("a: 1\ntargets:", "a: 1\ntargets:\n  d: {host: z}\n"),
        ("a: 1\ntargets: {}  # none yet\nb: 2\n", "a: 1\ntargets:   # none yet\n  d: {host: z}\nb: 2\n"),
        ("a: 1\ntargets: ~\n", "a: 1\ntargets: \n  d: {host: z}\n"),
        ("a: 1\r\ntargets:\r\n  e: {}\r\n", "a: 1\r\ntargets:\r\n  e: {}\r\n  d: {host: z}\r\n"),
        ('{"targets": {}}', '{"targets": {"d": {"host": "z"}}}'),
        ('{"targets": {"e": {}}}\n', '{"targets": {"e": {}, "d": {"host": "z"}}}\n'),
        ("targets: {e: {host: y},\n}\n", "targets: {e: {host: y}, d: {host: z},\n}\n"),
        ("targets:\n    e:\n        host: y\n", "targets:\n    e:\n        host: y\n    d: {host: z}\n"),
        ("targets:\n  e: &x {host: y}\nother: *x\n", "targets:\n  e: &x {host: y}\n  d: {host: z}\nother: *x\n"),
        ("targets:\n  e: |\n    words\n\nb: 1\n", "targets:\n  e: |\n    words\n  d: {host: z}\n\nb: 1\n"),
        ("targets:\n  e: {}\n...\n", "targets:\n  e: {}\n  d: {host: z}\n...\n"),
    ],
)
def test_a_mapping_is_added_to_however_it_is_written(before: str, after: str) -> None:
    text = YamlText(before)
    text.add(("targets",), Addition({"host": "z"}, "d"))
    assert text.result() == after


def test_what_an_alias_shows_is_not_added_to_for_others_show_it_too() -> None:
    text = YamlText("targets:\n  a: &x {host: y}\n  b: *x\n")
    with pytest.raises(Uneditable, match="line 2 is written in a way"):
        text.add(("targets", "b"), Addition("cube", "role"))


def test_an_addition_behind_an_alias_is_put_behind_it_or_refused() -> None:
    text = YamlText("x: &x {host: y}\ntargets:\n  b: *x\n")
    text.add(("targets",), Addition({"host": "z"}, "d"))
    assert text.result() == "x: &x {host: y}\ntargets:\n  b: *x\n  d: {host: z}\n"
    text = YamlText("x: &x {host: y}\nlist:\n  - *x\n")
    text.add(("list",), Addition("z"))
    with pytest.raises(Uneditable):
        text.result()


def test_a_word_is_replaced_and_its_comment_stays() -> None:
    text = YamlText(WRITTEN)
    text.set_text(("targets", "b", "host"), "on")
    assert text.result() == WRITTEN.replace("host: y   #", 'host: "on"   #')


comments = st.sampled_from(("", "  # said", "   # {not: yaml}"))
values = st.sampled_from(
    ("x", '"on"', "'two words'", "{a: 1, b: [2, 3]}", "[]", "{}", "[u,\n      v]", "", "~", "|\n      long\n")
)
keys = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Texts as people write them: both styles, comments anywhere, empty keys, blank lines, no last line end."""
    lines = [draw(st.sampled_from(("# head\n", "", "\n"))), "schema: s\n"]
    if draw(st.booleans()):
        lines.append(f"targets:{draw(comments)}\n")
        indent = draw(st.sampled_from(("  ", "    ", " ")))
        for key in draw(keys):
            value = draw(values)
            lines.append(f"{indent}{key}: {value}{'' if value.endswith(chr(10)) else draw(comments)}\n")
            lines.append(
                draw(st.sampled_from(("", "\n", f"{indent}# between\n", f"{indent}  # below\n", "# at the left\n")))
            )
    if draw(st.booleans()):
        lines.append("connections:\n")
        dash = draw(st.sampled_from(("", "  ")))
        lines += [f"{dash}- {draw(st.sampled_from(('a', '{x: y}', '[]')))}{draw(comments)}\n" for _ in draw(keys)]
    text = "".join(lines)
    return text.rstrip("\n") if draw(st.booleans()) else text


@given(documents(), keys)
def test_an_addition_keeps_every_line_of_what_a_person_wrote(written: str, new: list[str]) -> None:
    before = held(written)
    text = YamlText(written)
    fresh = [f"{key}-new" for key in new]
    try:
        if "targets" in before:
            for key in fresh:
                text.add(("targets",), Addition({"host": key}, key, "why"))
        if "connections" in before:
            text.add(("connections",), Addition({"use_case": "u"}))
        made = text.result()
    except Uneditable:
        return
    after = held(made)
    if "targets" in before:
        assert after["targets"] == (
            (before["targets"] or {}) | {key: {"host": key} for key in fresh} or before["targets"]
        )
    if "connections" in before:
        assert after["connections"] == [*(before["connections"] or []), {"use_case": "u"}]
    whole = written if written.endswith("\n") or made == written else written + "\n"
    assert without(whole, made) == whole
