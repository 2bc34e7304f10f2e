"""Packs trust data into the one file that `ekuscan.trust` reads.

``python -m ekuscan.trust_pack DIRECTORY FILE`` packs a directory of JSON and PEM files as the project keeps them:
``chrome_root_store``, ``other_public_roots``, ``public_intermediates``, ``cisco_vendor_pki``. `write_store` packs any
entries, so a laboratory can have a world of CAs of its own. The same entries give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ekuscan.certificate_files import read_certificates
from ekuscan.der import read_certificate
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import TrustVersion
from ekuscan.names import display_name, organisation
from ekuscan.tlv import elements, header
from ekuscan.trust import APPLICATION_ID, FORMAT, TrustEntry, TrustStoreError, VendorName

_SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE certificate (
    number INTEGER PRIMARY KEY, subject BLOB NOT NULL, der BLOB NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL,
    display_name TEXT NOT NULL, tier TEXT, stores TEXT NOT NULL, sct_not_after INTEGER, chrome_until TEXT,
    same_key_as TEXT
);
CREATE INDEX certificate_subject ON certificate (subject);
CREATE TABLE vendor_name (
    common_name TEXT PRIMARY KEY, organisation TEXT NOT NULL, owner TEXT NOT NULL, role TEXT NOT NULL
) WITHOUT ROWID;
"""
_MAX_DICTIONARY = 1 << 15
_VENDOR = "Cisco"


def write_store(
    path: Path, entries: Iterable[TrustEntry], version: TrustVersion, vendor_names: Iterable[VendorName] = ()
) -> None:
    """Write a trust store to ``path``, replacing what is there. A certificate given twice keeps its first entry."""
    unique = {sha256_hex(entry.der): entry for entry in reversed(list(entries))}
    ordered = [unique[fingerprint] for fingerprint in sorted(unique)]
    dictionary = _dictionary([entry.der for entry in ordered])
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    connection = sqlite3.connect(part, isolation_level=None)
    try:
        connection.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};{_SCHEMA}")
        connection.execute("BEGIN")
        facts = {"date": version.date, "chrome_store": version.chrome_store, "dictionary": dictionary}
        connection.executemany("INSERT INTO fact VALUES (?, ?)", facts.items())
        rows = [_row(number, entry, dictionary) for number, entry in enumerate(ordered)]
        connection.executemany(f"INSERT INTO certificate VALUES ({','.join('?' * 11)})", rows)  # noqa: S608
        names = {
            name.common_name: (name.common_name, name.organisation, name.owner, name.role) for name in vendor_names
        }
        connection.executemany("INSERT INTO vendor_name VALUES (?, ?, ?, ?)", sorted(names.values()))
        connection.execute("COMMIT")
        connection.execute("VACUUM")
    finally:
        connection.close()
    part.replace(path)


def _row(number: int, entry: TrustEntry, dictionary: bytes) -> tuple[Any, ...]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, dictionary)
    return (
        number,
        hashlib.sha256(read_certificate(entry.der).subject).digest(),
        packer.compress(entry.der) + packer.flush(),
        entry.kind,
        entry.owner,
        entry.display_name,
        entry.tier,
        ",".join(entry.stores),
        None if entry.sct_not_after is None else int(entry.sct_not_after.timestamp()),
        entry.chrome_until,
        entry.same_key_as,
    )


def _dictionary(ders: Sequence[bytes]) -> bytes:
    """Names and extensions that several certificates have in common, the most worthwhile last.

    Certificates are too short to be compressed alone: a CA's URLs, policies and names repeat from one to the next.
    """
    counts = Counter(piece for der in ders for piece in set(_pieces(der)))
    worth = sorted(counts, key=lambda piece: ((counts[piece] - 1) * len(piece), piece), reverse=True)
    chosen: list[bytes] = []
    size = 0
    for piece in worth:
        if counts[piece] < 2 or size + len(piece) > _MAX_DICTIONARY:
            break
        chosen.append(piece)
        size += len(piece)
    return b"".join(reversed(chosen))


def _pieces(der: bytes) -> Iterable[bytes]:
    certificate = read_certificate(der)
    yield certificate.issuer
    yield certificate.subject
    _, start, stop = header(certificate.tbs, 0, len(certificate.tbs))
    for field in elements(certificate.tbs, start, stop)[0]:
        if field.tag == 0xA3:
            _, start, stop = header(certificate.tbs, field.start, field.stop)
            for extension in elements(certificate.tbs, start, stop)[0]:
                yield certificate.tbs[extension.at : extension.stop]


def pack_directory(directory: Path, path: Path) -> None:
    """Pack the trust data of a directory into ``path``. `TrustStoreError` where JSON and PEM files do not agree."""
    chrome, chrome_ders = _load(directory, "chrome_root_store", "chrome_roots", "roots")
    other, other_ders = _load(directory, "other_public_roots", "other_public_roots", "roots")
    _, middle_ders = _load(directory, "public_intermediates", "public_intermediates", "intermediates")
    vendor, vendor_ders = _load(directory, "cisco_vendor_pki", "cisco_vendor_pki", "certificates")
    cut_offs = {root["sha256"]: _time(root["chrome"].get("sct_not_after")) for root in chrome["roots"]}
    entries = [
        *(_vendor(fact, der) for fact, der in zip(vendor["certificates"], vendor_ders, strict=True)),
        *(_chrome_root(fact, der) for fact, der in zip(chrome["roots"], chrome_ders, strict=True)),
        *(_other_root(fact, der, cut_offs) for fact, der in zip(other["roots"], other_ders, strict=True)),
        *(TrustEntry(der, "intermediate") for der in middle_ders),
    ]
    names = [VendorName(fact["common_name"], _VENDOR, _VENDOR, fact["role"]) for fact in vendor["names_only"]]
    meta = chrome["meta"]
    write_store(path, entries, TrustVersion(meta["built"], str(meta["chrome_root_store_version"])), names)


def _load(directory: Path, facts: str, pems: str, key: str) -> tuple[dict[str, Any], list[bytes]]:
    document: dict[str, Any] = json.loads((directory / f"{facts}.json").read_text(encoding="utf-8"))
    file = directory / f"{pems}.pem"
    ders = list(read_certificates(file.read_bytes(), str(file)))
    if [sha256_hex(der) for der in ders] != [fact["sha256"] for fact in document[key]]:
        raise TrustStoreError(f"{file}: not the certificates of {facts}.json, in its order")
    return document, ders


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _owner(fact: dict[str, Any], der: bytes) -> str:
    subject = read_certificate(der).subject
    return fact["ca_owner"] or organisation(subject) or display_name(subject)


def _chrome_root(fact: dict[str, Any], der: bytes) -> TrustEntry:
    return TrustEntry(
        der,
        "chrome-root",
        owner=_owner(fact, der),
        display_name=fact["display_name"],
        tier="included",
        stores=tuple(sorted(fact["stores"])),
        sct_not_after=_time(fact["chrome"].get("sct_not_after")),
    )


def _other_root(fact: dict[str, Any], der: bytes, cut_offs: dict[str, datetime | None]) -> TrustEntry:
    twin = fact.get("same_key_as_chrome_root")
    until = fact["chrome"].get("last_seen_in_crs_version")
    return TrustEntry(
        der,
        "other-root",
        owner=_owner(fact, der),
        display_name=fact["display_name"],
        tier=fact["tier"],
        stores=tuple(sorted(fact["stores"])),
        sct_not_after=cut_offs[twin] if twin else None,
        chrome_until=None if until is None else str(until),
        same_key_as=twin,
    )


def _vendor(fact: dict[str, Any], der: bytes) -> TrustEntry:
    return TrustEntry(der, "vendor", owner=_VENDOR, display_name=display_name(read_certificate(der).subject))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m ekuscan.trust_pack DIRECTORY FILE")
    try:
        pack_directory(Path(sys.argv[1]), Path(sys.argv[2]))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"trust_pack: {error}")
