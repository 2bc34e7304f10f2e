"""Names for boxes: whatever a source wrote, one name comes of it, and a targets file takes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.imports.box_names import fit_name, sound_name
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.unify import unify
from ekuscan.targets.words import name_problem


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("exp-c1", "exp-c1"),
        ("Core (north)", "Core-(north)"),
        (" Zürich / 2 ", "Zürich-2"),
        ("a\x07b c", "ab-c"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_lists_and_appliances_name_a_box_alike(written: str, name: str) -> None:
    assert fit_name(written) == name
    assert unify([Found((FoundTarget(written, "x"),))]).targets[0].name == name


@given(st.text(max_size=300))
def test_every_text_gives_a_name_that_a_targets_file_takes_and_that_stays(text: str) -> None:
    name = sound_name(text)
    assert name_problem(name) is None
    assert sound_name(name) == name
    assert fit_name(text) in (name, None)
