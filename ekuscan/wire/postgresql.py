"""SSLRequest of PostgreSQL's protocol: eight bytes, and one in answer (PostgreSQL documentation, "SSL Session
Encryption" and "Message Formats")."""

from __future__ import annotations

import re
from typing import Final

from ekuscan.wire.exchange import LIMIT, Exchange, words

# Its length and the request code 80877103.
SSL_REQUEST: Final = bytes.fromhex("00000008 04d2162f")

_BEGINS: Final = re.compile(rb"[SNE]")
_LENGTH: Final = 4


class PostgresqlTalk(Exchange):
    """A `Dialogue` with a PostgreSQL server."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("PostgreSQL", _BEGINS)

    def start(self) -> bytes:
        """The SSLRequest."""
        return SSL_REQUEST

    def _take(self) -> bytes | None:
        answer = bytes(self._buffer[:1])
        if answer == b"E":
            return self._error()
        if not answer:
            return None
        del self._buffer[:1]
        if answer == b"S":
            self.ready = True
        else:
            self._fail("no-starttls", protocol=self._name)
        return b""

    def _error(self) -> bytes | None:
        """An error: fields with a length before them, or, where no server process could be started, a bare text."""
        if len(self._buffer) <= _LENGTH:
            return None
        end = 1 + int.from_bytes(self._buffer[1 : 1 + _LENGTH], "big")
        if not _LENGTH < end <= LIMIT:
            end = self._buffer.find(0)
            if end < 0:
                return None
            self._fail("preamble-refused", error=words(bytes(self._buffer[1:end])))
        elif len(self._buffer) < end:
            return None
        else:
            fields = bytes(self._buffer[1 + _LENGTH : end]).split(b"\0")
            text = next((field[1:] for field in fields if field.startswith(b"M")), b"an error without a message")
            self._fail("preamble-refused", error=words(text))
        return b""
