"""The trust data: known CA certificates and what root programmes say of them, looked up by subject.

One read-only SQLite file, packed by `ekuscan.trust_pack`; a look-up reads a few rows, and the whole is never loaded.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ekuscan.model import TrustVersion
from ekuscan.record import record

Kind = Literal["chrome-root", "other-root", "intermediate", "vendor"]
Tier = Literal["included", "former_chrome", "microsoft_disabled", "ccadb_only"]

APPLICATION_ID = 0x656B7573
"""SQLite's application id of a trust store: "ekus" in ASCII."""
FORMAT = 1

_COLUMNS = "der, kind, owner, display_name, tier, stores, sct_not_after, chrome_until, same_key_as"
_MAX_DER = 1 << 16
_REMEMBERED = 512


class TrustStoreError(ValueError):
    """The file is no trust store, or is damaged. The message is one sentence that names the file."""


@record
class TrustEntry:
    """A known CA certificate.

    ``owner`` is the CA owner as the trust data names it, "" for an intermediate (its roots have one). ``tier`` says of
    an other-root whether a root store still has it, ``stores`` which. ``sct_not_after`` is Chrome's cut-off for a root
    in phase-out, ``chrome_until`` the last version of the Chrome Root Store that held a removed one. ``same_key_as`` is
    the SHA-256 of the Chrome root whose very key this root has: Chrome's state is then that root's.
    """

    der: bytes
    kind: Kind
    owner: str = ""
    display_name: str = ""
    tier: Tier | None = None
    stores: tuple[str, ...] = ()
    sct_not_after: datetime | None = None
    chrome_until: str | None = None
    same_key_as: str | None = None


@record
class VendorName:
    """A vendor's CA of which only the common name is known. ``organisation`` begins the O of its subject."""

    common_name: str
    organisation: str
    owner: str
    role: str


class TrustStore:
    """An open trust store. Close it, or use it in a ``with`` statement; use it in the thread that opened it."""

    def __init__(self, connection: sqlite3.Connection, resources_in_use: ExitStack) -> None:
        self._connection = connection
        self._resources = resources_in_use
        facts = dict(connection.execute("SELECT name, value FROM fact"))
        self.version = TrustVersion(str(facts["date"]), str(facts["chrome_store"]))
        self._dictionary = bytes(facts["dictionary"])
        self._by_hash = lru_cache(maxsize=_REMEMBERED)(self._read)
        self.vendor_name = lru_cache(maxsize=_REMEMBERED)(self._vendor_name)

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Open the packed store, or the one at ``path``. `TrustStoreError` if that is none."""
        in_use = ExitStack()
        try:
            if path is None:
                path = in_use.enter_context(resources.as_file(resources.files("ekuscan") / "data" / "trust.sqlite"))
            if not path.is_file():
                raise TrustStoreError(f"{path}: there is no such file; a trust store of ekuscan was expected")
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            in_use.callback(connection.close)
            _check(connection, path)
            return cls(connection, in_use)
        except (sqlite3.Error, KeyError) as error:
            in_use.close()
            raise TrustStoreError(f"{path}: not a trust store of ekuscan ({error})") from error
        except BaseException:
            in_use.close()
            raise

    def by_subject(self, subject: bytes) -> tuple[TrustEntry, ...]:
        """The known CA certificates whose subject is this DER Name, byte for byte."""
        return self._by_hash(hashlib.sha256(subject).digest())

    def entries(self) -> Iterator[TrustEntry]:
        """Every known CA certificate, in the order of the file."""
        for row in self._rows(f"SELECT {_COLUMNS} FROM certificate", ()):  # noqa: S608
            yield _entry(row, self._dictionary)

    def close(self) -> None:
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise TrustStoreError(f"the trust store is damaged ({error})") from error

    def _read(self, subject_sha256: bytes) -> tuple[TrustEntry, ...]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM certificate WHERE subject = ?", (subject_sha256,))  # noqa: S608
        return tuple(_entry(row, self._dictionary) for row in rows)

    def _vendor_name(self, common_name: str) -> VendorName | None:
        rows = self._rows(
            "SELECT common_name, organisation, owner, role FROM vendor_name WHERE common_name = ?", (common_name,)
        )
        return VendorName(*rows[0]) if rows else None


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise TrustStoreError(f"{path}: an SQLite file, but not a trust store of ekuscan")
    if version != FORMAT:
        raise TrustStoreError(f"{path}: a trust store of format {version}; this ekuscan reads format {FORMAT}")


def _entry(row: tuple[Any, ...], dictionary: bytes) -> TrustEntry:
    packed, kind, owner, display_name, tier, stores, sct_not_after, chrome_until, same_key_as = row
    try:
        der = zlib.decompressobj(-zlib.MAX_WBITS, dictionary).decompress(packed, _MAX_DER)
        cut_off = None if sct_not_after is None else datetime.fromtimestamp(sct_not_after, UTC)
    except (zlib.error, TypeError, ValueError, OverflowError, OSError) as error:
        raise TrustStoreError(f"the trust store is damaged ({error})") from error
    names = tuple(stores.split(",")) if stores else ()
    return TrustEntry(der, kind, owner, display_name, tier, names, cut_off, chrome_until, same_key_as)
