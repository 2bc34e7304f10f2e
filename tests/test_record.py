from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, replace

import pytest

from ekuscan.record import record


@record
class Point:
    x: int
    y: int = 0
    seen: Mapping[str, int] = field(default_factory=dict, compare=False)


@record
class Named(Point):
    name: str = ""


@record
class Empty:
    pass


@record
class Own:
    x: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def test_records_are_equal_by_their_fields_and_their_class():
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    assert Point(1, 2) == Point(1, 2, {"a": 1})
    assert Named(1, 2) != Point(1, 2)
    assert Named(1, 2, name="a") != Named(1, 2, name="b")
    assert Empty() == Empty()
    assert Point(1) != (1, 0)


def test_equal_records_are_one_key():
    assert {Point(1): "a", Point(1, 0): "b"} == {Point(1): "b"}
    assert len({Empty(), Empty()}) == 1
    with pytest.raises(TypeError):
        hash(Point([1]))  # type: ignore[arg-type]


def test_a_record_shows_its_fields():
    assert repr(Named(1, name="a")) == "Named(x=1, y=0, seen={}, name='a')"


def test_a_method_that_a_record_brings_stays():
    assert Own(1) == Own(2)
    assert hash(Own(3)) == 1
    assert repr(Own(3)) == "Own(x=3)"


def test_a_record_is_a_dataclass_with_slots_and_nothing_else():
    assert is_dataclass(Point)
    assert [one.name for one in fields(Named)] == ["x", "y", "seen", "name"]
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]


def test_records_are_copied_and_pickled():
    one = Named(1, 2, {"a": 1}, "b")
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)).seen == {"a": 1}


def test_a_record_is_matched_by_its_fields():
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
