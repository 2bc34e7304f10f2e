"""Nodes of a text with thousands of lines of one shape are those that the YAML library makes of it, places included."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node

from ekuscan.targets import yaml_nodes


def told(node: Node | None) -> Any:
    """All that is read of a node anywhere."""
    if node is None:
        return None
    marks = [(mark.index, mark.line, mark.column) for mark in (node.start_mark, node.end_mark)]
    own = (
        type(node).__name__,
        str(node.tag),
        *marks,
        bool(getattr(node, "flow_style", False)),
        getattr(node, "style", "") or "",
    )
    if isinstance(node.value, str):
        return own, node.value
    return own, [tuple(map(told, part)) if isinstance(part, tuple) else told(part) for part in node.value]


def by_library(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return told(YAML(typ="safe", pure=True).compose(text))
    except YAMLError as error:
        return str(error)


def by_us(text: str) -> Any:
    try:
        return told(yaml_nodes.compose(text))
    except YAMLError as error:
        return str(error)


def boxes(count: int, indent: str = "  ") -> str:
    return "".join(
        f'{indent}box{n}: {{host: box{n}.example.com, release: "X15.{n}", ports: [8443, on], slots: {{server: a.pem}}}}'
        + ("  # list.csv, row 2\n" if n % 2 else "\n")
        for n in range(count)
    )


def zones(count: int, indent: str = "  ") -> str:
    return "".join(f'{indent}- {{use_case: mra, from: c{n}, to: 192.0.2.1, tls_verify: "on"}}\n' for n in range(count))


ESTATE = f"schema: ekuscan.targets/1\ntargets:\n{boxes(20)}  own:\n    host: x\nconnections:\n{zones(20)}trust: []\n"


@pytest.mark.parametrize(
    "text",
    [
        ESTATE,
        ESTATE.rstrip("\n"),
        f"targets:\n{boxes(20)}",
        boxes(20, ""),
        f"connections:\n{zones(20, '')}more:\n{boxes(12)}",
        f"a: &x {{b: c}}\ntargets:\n{boxes(12)}  z: *x\n",
        f"# only\n---\ntargets:\n{boxes(12)}...\n",
    ],
)
def test_lines_of_one_shape_become_the_same_nodes(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    whole = yaml_nodes._whole

    def counting(part: str) -> Node | None:
        shown.append(part.count("\n"))
        return whole(part)

    monkeypatch.setattr(yaml_nodes, "_whole", counting)
    assert by_us(text) == by_library(text)
    assert len(shown) == 1
    assert shown[0] < text.count("\n") - 10


@pytest.mark.parametrize(
    "text",
    [
        f"text: |\n{boxes(12)}after: b\n",
        f"text: >-\n  folded\n{boxes(12)}after: b\n",
        f"text: 'quoted\n{boxes(12)}  end'\nafter: b\n",
        f"open: {{\n{boxes(12)}}}\n",
        f"open: [\n{zones(12)}]\n",
        f"word: plain\n{boxes(12)}",
        f"a: b\n{boxes(12)}c: [\n",
        f"a: b\n c: d\n{boxes(12)}",
        f"{boxes(12, '    ')}{boxes(12)}",
        f"%YAML 1.1\n---\na:\n{boxes(12)}",
        f"a:\n{boxes(12)}b: {chr(7)}\n",
        f"a:\n{boxes(12)}---\nb: c\n",
        f"a:\n{boxes(12)}".replace("\n", "\r\n"),
        f"\ufeffa:\n{boxes(12)}",
        "a:\n" + "  box: {a: b}\n" * 12,
    ],
)
def test_where_they_stand_in_anything_else_the_library_has_its_way(text: str) -> None:
    assert by_us(text) == by_library(text)


pieces = st.sampled_from(
    [
        *(boxes(12, " " * n) for n in (0, 2, 4)),
        *(zones(12, " " * n) for n in (0, 2, 4)),
        "targets:\n",
        "connections:\n",
        "  one:\n",
        "    host: x  # said\n",
        "  - a\n",
        "  -\n",
        "- - b\n",
        "text: |\n",
        "# a word\n",
        "  # deeper\n",
        "\n",
        "x: {a: b,\n",
        "  c: d}\n",
        "q: 'open\n",
        "  end'\n",
        "? key\n",
        "&a b: *a\n",
        "---\n",
        "...\n",
        "\tx\n",
        "é: ü\n",
        "last: word",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(pieces, min_size=1, max_size=7).map("".join))
def test_any_text_gives_what_the_library_gives(text: str) -> None:
    assert by_us(text) == by_library(text)
