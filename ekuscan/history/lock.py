"""Who sweeps a list alone: a lock that the system lets go of when its process ends, however it ends.

For SQLite it is a lock of the operating system on a file beside the history, for PostgreSQL an advisory lock of a
session of its own. Neither outlives its process, so none is ever stale, and no process id is trusted.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, text

from ekuscan.history.aside import Work
from ekuscan.history.errors import HistoryError
from ekuscan.history.store import Store, told

# Beyond the file's end: on Windows nobody else could read a byte that is locked.
_BYTE: Final = 1 << 30
_ATTEMPTS: Final = 5
_RELEASE_SECONDS: Final = 5.0


class HeldError(HistoryError):
    """Somebody else sweeps this list."""


class Lock(Protocol):
    """What is held until `release`."""

    def release(self) -> None: ...


def take(store: Store, key: str) -> Lock:
    """The lock of the list with this key. Raises `HeldError`, and `HistoryError` where there can be none."""
    if store.place.path is not None:
        return _FileLock.take(store.place.path, key)
    return _SessionLock.take(store, key)


def take_beside(path: Path, key: str) -> Lock:
    """A lock on a file beside ``path``. Raises as `take` does."""
    return _FileLock.take(path, key)


class _FileLock:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, history: Path, key: str) -> _FileLock:
        path = history.with_name(f"{history.name}.{key[:16]}.lock")
        for _ in range(_ATTEMPTS):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise HistoryError(f"{path}: cannot be written: {error.strerror or error}") from None
            if not _locked(descriptor):
                os.close(descriptor)
                raise HeldError("held")
            if _is_file(descriptor, path):
                return cls(path, descriptor)
            os.close(descriptor)  # whoever held it took the file away just then
        raise HeldError("held")

    def release(self) -> None:
        # Taken away while it is held: who opened it meanwhile sees that it is no longer the file of that name.
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class _SessionLock:
    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number

    @classmethod
    def take(cls, store: Store, key: str) -> _SessionLock:
        number = int.from_bytes(hashlib.sha256(f"ekuscan {key}".encode()).digest()[:8], "big", signed=True)
        with told(store.place):
            connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                held = connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}).scalar()
            except BaseException:
                connection.close()
                raise
        if not held:
            connection.close()
            raise HeldError("held")
        return cls(connection, number)

    def release(self) -> None:
        # A server that does not answer holds up nobody: the end of the process is the end of the session.
        Work(self._released).ended(_RELEASE_SECONDS)

    def _released(self) -> None:
        # The end of the session gives it back too, but only once the server has noticed, or if it is gone itself.
        with suppress(Exception):
            self._connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": self._number})
        with suppress(Exception):
            self._connection.invalidate()
        with suppress(Exception):
            self._connection.close()
