"""A copy of a template says what the template says, with a box's own words, and shares what names no box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ekuscan.respell import respeller

BOX, LEAF = "\ue000box\ue000", "\ue000leaf\ue000"
MOMENT, OTHER = datetime(9933, 3, 3, microsecond=654_321, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
OWN: dict[Any, Any] = {BOX: "exp-e1", LEAF: "ab12", MOMENT: datetime(2027, 2, 20, tzinfo=UTC)}


@dataclass(frozen=True)
class Leaf:
    text: str
    when: datetime | None
    parts: tuple[Any, ...]
    values: Mapping[str, Any]


TEXTS = st.lists(st.sampled_from([BOX, LEAF, "exp-e1", " > ", "\ue000", "", "9911"]), max_size=4).map("".join)
SIMPLE = TEXTS | st.sampled_from([None, True, 3, MOMENT, OTHER])
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.builds(
        Leaf,
        TEXTS,
        st.sampled_from([None, MOMENT, OTHER]),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.sampled_from(["on", "off", BOX]), inner, max_size=2),
    ),
    max_leaves=12,
)


def replaced(value: Any) -> Any:
    """The same by the plainest means."""
    if isinstance(value, str):
        return value.replace(BOX, OWN[BOX]).replace(LEAF, OWN[LEAF])
    if isinstance(value, datetime):
        return OWN.get(value, value)
    if isinstance(value, tuple):
        return tuple(replaced(part) for part in value)
    if isinstance(value, Mapping):
        return {replaced(key): replaced(part) for key, part in value.items()}
    if isinstance(value, Leaf):
        return Leaf(replaced(value.text), replaced(value.when), replaced(value.parts), replaced(value.values))
    return value


@given(VALUES, VALUES)
def test_a_copy_says_what_plain_replacement_says(one: Any, other: Any) -> None:
    template = (one, other, one)
    assert respeller(template, OWN)(OWN) == replaced(template)


def test_what_names_no_box_is_shared_and_what_stands_there_twice_is_made_once() -> None:
    plain, named = Leaf("any", OTHER, (), {}), Leaf(BOX, None, (), {})
    first, second, third = respeller((plain, named, Leaf(BOX, None, (), {})), OWN)(OWN)
    assert first is plain
    assert (second.text, third.text) == ("exp-e1", "exp-e1")
    copies = respeller((named, named), OWN)(OWN)
    assert copies[0] is copies[1]


def test_two_boxes_of_one_kind_do_not_share_their_words() -> None:
    make = respeller((f"{BOX}: {LEAF}",), OWN)
    assert make(OWN) == ("exp-e1: ab12",)
    assert make({**OWN, BOX: LEAF}) == (f"{LEAF}: ab12",)
