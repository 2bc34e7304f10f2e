from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ekuscan.model import TrustVersion
from ekuscan.trust import APPLICATION_ID, TrustEntry, TrustStore, TrustStoreError, VendorName
from ekuscan.trust_pack import write_store
from tests import pki

VERSION = TrustVersion("2026-11-23", "39")


def test_the_packed_store_opens_by_itself_and_knows_its_version() -> None:
    with TrustStore.open() as store:
        assert store.version.chrome_store.isdigit()
        datetime.fromisoformat(store.version.date)


def test_an_entry_comes_back_as_it_was_written(tmp_path: Path) -> None:
    entry = TrustEntry(
        pki.root().der,
        "other-root",
        owner="Önér",
        display_name="Test Root",
        tier="former_chrome",
        stores=("apple", "microsoft"),
        sct_not_after=datetime(2026, 9, 14, 23, 59, 59, tzinfo=UTC),
        chrome_until="23",
        same_key_as="ab" * 32,
    )
    write_store(tmp_path / "trust.sqlite", [entry], VERSION)
    with TrustStore.open(tmp_path / "trust.sqlite") as store:
        assert store.version == VERSION
        assert store.by_subject(pki.root().name.public_bytes()) == (entry,)
        assert list(store.entries()) == [entry]


def test_all_cas_of_one_name_are_found_and_none_of_another(tmp_path: Path) -> None:
    twins = [TrustEntry(pki.root(key=pki.ec_key(label)).der, "chrome-root") for label in ("one", "two")]
    write_store(tmp_path / "trust.sqlite", [*twins, TrustEntry(pki.root("Other").der, "other-root")], VERSION)
    with TrustStore.open(tmp_path / "trust.sqlite") as store:
        assert set(store.by_subject(pki.name("Test Root").public_bytes())) == set(twins)
        assert store.by_subject(pki.name("Nobody").public_bytes()) == ()
        assert store.by_subject(b"") == ()


def test_a_vendor_ca_without_certificate_is_found_by_its_name(tmp_path: Path) -> None:
    known = VendorName("Cisco Manufacturing CA SHA2", "Cisco", "Cisco", "phone MIC issuer")
    write_store(tmp_path / "trust.sqlite", [], VERSION, [known])
    with TrustStore.open(tmp_path / "trust.sqlite") as store:
        assert store.vendor_name("Cisco Manufacturing CA SHA2") == known
        assert store.vendor_name("cisco manufacturing ca sha2") is None
        assert store.vendor_name("") is None


def test_a_store_in_a_path_with_spaces_and_signs_opens(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20" / "trust.sqlite"
    path.parent.mkdir()
    write_store(path, [], VERSION)
    with TrustStore.open(path) as store:
        assert store.version == VERSION


def test_a_store_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "trust.sqlite"
    write_store(path, [TrustEntry(pki.root().der, "chrome-root")], VERSION)
    before = path.read_bytes()
    with TrustStore.open(path) as store, pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM certificate")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["trust.sqlite"]


# --- what is no trust store --------------------------------------------------------------------------------------


def other_database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match=r"missing\.sqlite: there is no such file"):
        TrustStore.open(tmp_path / "missing.sqlite")
    with pytest.raises(TrustStoreError, match="there is no such file"):
        TrustStore.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\n" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(content)
    with pytest.raises(TrustStoreError, match=r"roots\.pem: .*not a trust store of ekuscan"):
        TrustStore.open(path)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    other_database(tmp_path / "x.db", "CREATE TABLE certificate (subject)")
    with pytest.raises(TrustStoreError, match="an SQLite file, but not a trust store of ekuscan"):
        TrustStore.open(tmp_path / "x.db")


def test_a_store_of_a_later_format_is_refused_by_its_number(tmp_path: Path) -> None:
    other_database(tmp_path / "x.db", f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 7")
    with pytest.raises(TrustStoreError, match="a trust store of format 7; this ekuscan reads format 1"):
        TrustStore.open(tmp_path / "x.db")


def test_a_store_without_its_tables_or_facts_is_refused(tmp_path: Path) -> None:
    marks = (f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1")
    other_database(tmp_path / "x.db", *marks)
    other_database(tmp_path / "y.db", *marks, "CREATE TABLE fact (name, value)")
    for name in ("x.db", "y.db"):
        with pytest.raises(TrustStoreError, match="not a trust store of ekuscan"):
            TrustStore.open(tmp_path / name)


def test_a_damaged_row_is_a_damaged_store_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "trust.sqlite"
    write_store(path, [TrustEntry(pki.root().der, "chrome-root")], VERSION)
    other_database(path, "UPDATE certificate SET der = x'ffff'")
    with TrustStore.open(path) as store, pytest.raises(TrustStoreError, match="the trust store is damaged"):
        store.by_subject(pki.name("Test Root").public_bytes())
