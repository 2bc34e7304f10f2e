"""Where a history is, as a person writes it: no password of it reaches a screen, a name server or a folder's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.history.errors import HistoryError
from ekuscan.history.place import parse_place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgresql:/u:secret@h/db", "lacks its //"),
        ("postgresql:u:secret@h/db", "lacks its //"),
        ("postgresql//u:secret@h/db", "lacks its //"),
        ("PostgreSQL+psycopg:/u:secret@h/db", "lacks its //"),
        ("mysql:/u:secret@h/db", "lacks its //"),
        ("mysql://u:secret@h/db", "^mysql://: write a file"),
        ("u:secret@h://db", "^the history: write a file"),
        ("postgresql://u:sec@secret@127.0.0.1:1/db", "write %40"),
        ("postgresql://u:secret@h", "names no database"),
        ("~secret-nobody/x.sqlite", "there is no such user"),
        (" ", "has no name"),
    ],
)
def test_what_names_no_history_is_refused_and_no_password_of_it_is_shown(text: str, said: str) -> None:
    with pytest.raises(HistoryError, match=said) as refused:
        parse_place(text, secret=True)
    assert ("secret" in str(refused.value)) == (text[0] == "~")


@pytest.mark.parametrize("text", ["u:p@h/db", "u@h/db?password=p", "u@h/db?sslpassword=p", "u@h/db?sslPassword=p"])
def test_a_password_is_refused_where_every_user_sees_it_however_it_is_written(text: str) -> None:
    with pytest.raises(HistoryError, match="leave the password out"):
        parse_place(f"postgresql://{text}", secret=False)
    assert parse_place(f"postgresql://{text}", secret=True).shown == f"postgresql://{text[0]}@h/db"


@pytest.mark.parametrize(
    "text", ["history.sqlite", "C:/history.sqlite", "postgres/history.sqlite", "a:b.sqlite", "./x:/y"]
)
def test_a_file_may_have_a_drive_a_colon_or_the_name_of_a_database(text: str) -> None:
    assert parse_place(text, secret=False).path == Path(text)


@given(st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_no_password_is_ever_part_of_what_is_shown(password: str) -> None:
    try:
        shown = parse_place(f"postgresql://user:<{password}>@127.0.0.1/db", secret=True).shown
    except HistoryError as error:
        shown = str(error)
    assert f"<{password}>" not in shown
