"""Reading what a Meeting Server's API answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.appliance.cms import read_release

STATUS = (
    b'<?xml version="1.0"?><status><softwareVersion>%s</softwareVersion><uptimeSeconds>9</uptimeSeconds>'
    b"<activated>true</activated></status>"
)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (b"2.0(RC)", "2.0"),
        (b"3.9", "3.9"),
        (b" 3.9.1 ", "3.9.1"),
        (b"3", None),
        (b"", None),
        (b"3.9&b;", None),
        (b"3.9" + b"x" * 100, None),
    ],
)
def test_the_release_is_the_number_that_the_software_version_begins_with(version, told):
    assert read_release(STATUS % version) == told


def test_nothing_is_expanded():
    assert read_release(b"<!DOCTYPE s [<!ENTITY v '3.9'>]>" + STATUS % b"&v;") is None


@given(st.binary(max_size=200))
def test_no_body_makes_the_reader_raise(body):
    read_release(body)
    read_release(STATUS % body)
