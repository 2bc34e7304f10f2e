"""Cutting, wrapping and counting cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.report import text

ANY = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=60)
WORDS = st.text(st.sampled_from("ab 漢e\u0301-"), max_size=200)


def test_a_long_name_is_cut_in_the_middle_and_keeps_more_of_its_end() -> None:
    assert text.cut("exp-edge-frankfurt-01.example.com", 29) == "exp-edge-fra...01.example.com"


@pytest.mark.parametrize("width", range(30))
def test_what_is_cut_fits(width: int) -> None:
    for name in ("exp-edge-frankfurt-01.example.com", "漢字" * 20, "e\u0301" * 40):
        assert text.cells(text.cut(name, width)) <= width


@given(ANY, st.integers(0, 40))
@settings(deadline=None)
def test_any_text_can_be_cut_to_any_width(words: str, width: int) -> None:
    shown = text.cut(words, width)
    assert text.cells(shown) <= width
    assert shown == words or text.cells(words) > width


def test_names_that_differ_in_the_middle_alone_stay_apart() -> None:
    names = [f"expressway-{site}-01.collaboration.example.com" for site in ("berlin", "bremen", "bochum")]
    short = text.shorten(names, 20)
    assert len(set(short.values())) == 3
    assert all(len(shown) <= 20 for shown in short.values())


def test_names_that_no_cut_tells_apart_get_numbers() -> None:
    names = ["a" * 30 + middle + "b" * 30 for middle in ("1", "2", "3")]
    assert list(text.shorten(names, 12).values()) == ["aaaa...bbbbb", "aaa...bbbb~2", "aaa...bbbb~3"]


@given(st.lists(ANY, max_size=12), st.integers(10, 40))
@settings(deadline=None)
def test_shortened_names_fit_and_are_as_many(names: list[str], width: int) -> None:
    short = text.shorten(names, width)
    assert short.keys() == set(names)
    assert all(text.cells(shown) <= width for shown in short.values())


def test_text_is_wrapped_behind_its_indents() -> None:
    assert text.wrap("one two  three\nfour", 12, "  > ", "    ") == ["  > one two", "    three", "    four"]


def test_a_word_longer_than_the_line_is_broken() -> None:
    assert text.wrap("x " + "y" * 12, 8, "- ", "  ") == ["- x", "  yyyyyy", "  yyyyyy"]


def test_pieces_are_kept_together_where_a_line_holds_them() -> None:
    assert text.flow(["5061/sips", "seen", "client cert none"], 28, " ", "  ") == [
        " 5061/sips  seen",
        "  client cert none",
    ]


@given(WORDS, st.integers(20, 60), st.sampled_from(["", "  > "]), st.sampled_from(["", "    "]))
@settings(deadline=None)
def test_wrapping_fits_and_loses_nothing(words: str, width: int, first: str, rest: str) -> None:
    lines = text.wrap(words, width, first, rest)
    assert all(text.cells(line) <= width for line in lines)
    bare = [lines[0][len(first) :], *(line[len(rest) :] for line in lines[1:])]
    assert "".join(bare).replace(" ", "") == "".join(text.safe(word) for word in words.split()).replace(" ", "")


@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "a\rb", "\u202egpj.exe", "\x9b31m", "\ud800", "tab\there", "\u2028"]
)
def test_hostile_text_is_made_visible(hostile: str) -> None:
    assert text.safe(hostile).isprintable()
    assert text.safe(hostile, unicode=False).isascii()


def test_without_unicode_every_text_is_ascii() -> None:
    assert text.safe("München", unicode=False) == "M\\xfcnchen"


def test_days_are_english_and_counted_by_the_calendar() -> None:
    now = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    assert text.day(datetime(2027, 2, 1, tzinfo=UTC)) == "1 Feb 2027"
    assert text.days_until(now + timedelta(minutes=2), now) == 1
    assert text.days_until(now - timedelta(days=2), now) == -2
    assert text.moment(now) == "23 Nov 2026 23:59 UTC"


@pytest.mark.parametrize(("iso", "shown"), [("2026-11-20", "20 Nov 2026"), ("unknown", "unknown"), ("", "")])
def test_a_date_of_the_data_is_shown_as_a_day_or_as_it_is(iso: str, shown: str) -> None:
    assert text.day_of(iso) == shown
