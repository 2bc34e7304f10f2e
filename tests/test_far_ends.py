"""Far ends by name, and what `ekuscan explain` says of them and of TLS stacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ekuscan.answers import far_ends
from ekuscan.cli.app import app
from ekuscan.table_rows import TableError
from tests.cisco_document.running import explain


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("teams", ("No text of Microsoft's", "roots")),
        ("Teams Direct Routing", ("No text of Microsoft's",)),
        ("direct-routing", ("No text of Microsoft's",)),
        ("genesys", ("never supported mutual TLS", "Stop asking")),
        ("Twilio", ("Stop asking", "August 2026")),
        ("prosody", ("both directions", "client_eku: ignored")),
        ("ejabberd", ("25.08", "unsupported certificate purpose")),
        ("openfire", ("update",)),
        ("opensips", ("without any certificate",)),
        ("SBCE", ("Session Manager",)),
        ("gnutls", ("take a client certificate without clientAuth",)),
        ("java", ("refuse a client certificate without clientAuth",)),
    ],
)
def test_what_is_known_of_a_far_end_or_stack_is_found_by_the_names_that_people_use(
    asked: str, told: tuple[str, ...]
) -> None:
    said = " ".join(explain(asked).split())
    assert [words for words in told if words not in said] == []
    assert "certain" in said


def test_all_far_ends_are_listed_under_one_word() -> None:
    said = explain("far-ends")
    assert [row.id for row in far_ends.packaged() if row.id not in said] == []
    listed = CliRunner().invoke(app, ["explain", "--list"]).stdout
    assert [row.id for row in far_ends.packaged() if row.id not in listed] == []


def test_a_far_end_that_nobody_knows_is_none() -> None:
    assert far_ends.far_end("nobody") is None
    assert far_ends.far_end(" ") is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "twilio"', 'id = "teams"', "teams stands twice"),
        ('source = ["GENESYS"]', 'source = ["HEARSAY"]', "genesys: source: HEARSAY is not in the tables"),
        ('write = "', 'wrote = "', "unknown key wrote"),
    ],
)
def test_a_table_that_breaks_its_schema_names_file_and_row(tmp_path: Path, old: str, new: str, says: str) -> None:
    packaged = Path(far_ends.__file__).with_name(far_ends.FILE).read_text(encoding="utf-8")
    file = tmp_path / far_ends.FILE
    file.write_text(packaged.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        far_ends.load(file)
    assert "far_ends.toml" in str(caught.value)
    assert says in str(caught.value)
