from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from ekuscan.fingerprint import sha256_hex
from ekuscan.model import TrustVersion
from ekuscan.trust import TrustEntry, TrustStore, TrustStoreError, VendorName
from ekuscan.trust_pack import pack_directory, write_store
from tests import pki

VERSION = TrustVersion("2026-11-23", "39")


def test_the_same_entries_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    entries = [TrustEntry(pki.root(f"Root {number}").der, "chrome-root", owner="x") for number in range(20)]
    names = [VendorName(f"CA {number}", "O", "V", "role") for number in range(3)]
    write_store(tmp_path / "one", entries, VERSION, names)
    write_store(tmp_path / "two", entries[::-1], VERSION, names[::-1])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_certificate_given_twice_keeps_its_first_entry(tmp_path: Path) -> None:
    first, second = TrustEntry(CHROME.der, "vendor"), TrustEntry(CHROME.der, "other-root")
    write_store(tmp_path / "store", [first, second], VERSION)
    with TrustStore.open(tmp_path / "store") as store:
        assert list(store.entries()) == [first]


def test_writing_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"old")
    write_store(tmp_path / "store", [], VERSION)
    with TrustStore.open(tmp_path / "store") as store:
        assert list(store.entries()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_certificate_that_is_none_leaves_the_old_store(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"old")
    with pytest.raises(ValueError, match="cut off"):
        write_store(tmp_path / "store", [TrustEntry(b"\x30", "vendor")], VERSION)
    assert (tmp_path / "store").read_bytes() == b"old"


def test_the_packed_store_is_small_and_whole() -> None:
    packed = resources.files("ekuscan") / "data" / "trust.sqlite"
    assert len(gzip.compress(packed.read_bytes())) < 5_000_000
    with TrustStore.open() as store:
        entries = list(store.entries())
    kinds = Counter(entry.kind for entry in entries)
    assert kinds["chrome-root"] == 100
    assert kinds["other-root"] > 600
    assert kinds["intermediate"] > 3000
    assert kinds["vendor"] >= 8
    assert all(entry.owner and entry.display_name for entry in entries if entry.kind != "intermediate")
    assert sum(entry.sct_not_after is not None for entry in entries if entry.kind == "chrome-root") == 47


def test_the_licences_of_the_data_stand_beside_it() -> None:
    notice = (resources.files("ekuscan") / "data" / "NOTICE").read_text(encoding="utf-8")
    assert "Common CA Database" in notice
    assert "Copyright The Chromium Authors" in notice


# --- packing a directory ------------------------------------------------------------------------------------------

CHROME = pki.root("Chrome Root")
TWIN = pki.issue("Twin Root", ca=True, key=CHROME.key)
OTHER = pki.root("Other Root")
MIDDLE = pki.intermediate("Middle", CHROME)
VENDOR = pki.root("Vendor Root")


def root_fact(der: bytes, display_name: str, **more: Any) -> dict[str, Any]:
    fact = {"sha256": sha256_hex(der), "display_name": display_name, "ca_owner": "Owner", "stores": {"mozilla": "2026"}}
    return fact | more


def directory(path: Path) -> Path:
    cut_off = {"status": "phase-out", "sct_not_after": "2026-09-14T23:59:59Z"}
    documents = {
        "chrome_root_store": {
            "meta": {"built": "2026-11-23", "chrome_root_store_version": 39},
            "roots": [root_fact(CHROME.der, "Chrome Root", chrome=cut_off)],
        },
        "other_public_roots": {
            "roots": [
                root_fact(
                    TWIN.der,
                    "Twin Root",
                    tier="ccadb_only",
                    chrome={"status": "not_included"},
                    same_key_as_chrome_root=sha256_hex(CHROME.der),
                ),
                root_fact(
                    OTHER.der,
                    "Other Root",
                    tier="included",
                    ca_owner=None,
                    chrome={"status": "removed", "last_seen_in_crs_version": 23},
                ),
            ]
        },
        "public_intermediates": {"intermediates": [{"sha256": sha256_hex(MIDDLE.der)}]},
        "cisco_vendor_pki": {
            "certificates": [{"sha256": sha256_hex(VENDOR.der)}],
            "names_only": [{"common_name": "Cisco Manufacturing CA", "role": "phone MIC issuer"}],
        },
    }
    pems = {
        "chrome_roots": [CHROME.der],
        "other_public_roots": [TWIN.der, OTHER.der],
        "public_intermediates": [MIDDLE.der],
        "cisco_vendor_pki": [VENDOR.der],
    }
    for name, document in documents.items():
        (path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    for name, ders in pems.items():
        (path / f"{name}.pem").write_bytes(pki.pem(*ders))
    return path


def test_a_directory_of_lists_becomes_a_store(tmp_path: Path) -> None:
    pack_directory(directory(tmp_path), tmp_path / "trust.sqlite")
    cut_off = datetime(2026, 9, 14, 23, 59, 59, tzinfo=UTC)
    with TrustStore.open(tmp_path / "trust.sqlite") as store:
        assert store.version == VERSION
        found = {entry.der: entry for entry in store.entries()}
        assert store.vendor_name("Cisco Manufacturing CA") == VendorName(
            "Cisco Manufacturing CA", "Cisco", "Cisco", "phone MIC issuer"
        )
    assert found[CHROME.der].kind == "chrome-root"
    assert found[CHROME.der].sct_not_after == cut_off
    assert found[TWIN.der].same_key_as == sha256_hex(CHROME.der)
    assert found[TWIN.der].sct_not_after == cut_off
    assert (found[OTHER.der].owner, found[OTHER.der].chrome_until, found[OTHER.der].tier) == ("Test", "23", "included")
    assert found[MIDDLE.der] == TrustEntry(MIDDLE.der, "intermediate")
    assert (found[VENDOR.der].kind, found[VENDOR.der].owner) == ("vendor", "Cisco")


def test_lists_and_certificates_that_do_not_agree_are_refused(tmp_path: Path) -> None:
    directory(tmp_path)
    (tmp_path / "other_public_roots.pem").write_bytes(pki.pem(OTHER.der, TWIN.der))
    with pytest.raises(TrustStoreError, match=r"other_public_roots\.pem: not the certificates of"):
        pack_directory(tmp_path, tmp_path / "trust.sqlite")


def test_the_packer_runs_from_the_command_line_and_says_what_is_wrong(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ekuscan.trust_pack", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert run(str(directory(tmp_path)), str(tmp_path / "out.sqlite")).returncode == 0
    assert (tmp_path / "out.sqlite").is_file()
    assert run().stderr == "usage: python -m ekuscan.trust_pack DIRECTORY FILE\n"
    failed = run(str(tmp_path / "nowhere"), str(tmp_path / "x"))
    assert failed.returncode == 1
    assert failed.stderr.startswith("trust_pack: ")
    assert "Traceback" not in failed.stderr
