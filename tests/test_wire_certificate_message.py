from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire.certificate_message import certificates

ENTRIES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def counted(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data


def message(ders: list[bytes], *, modern: bool, context: bytes = b"", extensions: bytes = b"") -> bytes:
    tail = len(extensions).to_bytes(2, "big") + extensions if modern else b""
    body = counted(b"".join(counted(der) + tail for der in ders))
    return b"\x0b" + counted(bytes((len(context),)) + context + body if modern else body)


@given(ENTRIES, st.binary(max_size=9), st.binary(max_size=9))
def test_whatever_stands_in_a_list_of_tls_1_3_comes_as_it_is(ders: list[bytes], context: bytes, more: bytes) -> None:
    found = certificates(message(ders, modern=True, context=context, extensions=more), 64, modern=True)
    assert found == tuple(ders)


@given(ENTRIES, st.integers(0, 7))
def test_no_more_than_the_limit_comes_from_a_list_of_tls_1_2(ders: list[bytes], limit: int) -> None:
    assert certificates(message(ders, modern=False), limit, modern=False) == tuple(ders[:limit])


@pytest.mark.parametrize("length", [b"\0\0\0", b"\xff\xff\xff"])
def test_a_wrong_length_of_the_list_hides_none(length: bytes) -> None:
    whole = message([b"one", b"two"], modern=False)
    assert certificates(whole[:4] + length + whole[7:], 64, modern=False) == (b"one", b"two")


@given(ENTRIES, st.booleans(), st.data())
def test_what_is_cut_off_ends_the_list(ders: list[bytes], modern: bool, data: st.DataObject) -> None:
    whole = message(ders, modern=modern)
    cut = data.draw(st.integers(0, len(whole)))
    found = certificates(whole[:cut], 64, modern=modern)
    assert found == tuple(ders[: len(found)])


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_list_of_what_is_in_them(garbage: bytes, modern: bool) -> None:
    found = certificates(garbage, 64, modern=modern)
    assert len(found) <= 64
    assert all(der and der in garbage for der in found)
