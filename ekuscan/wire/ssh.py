"""The identification string of an SSH server, which it sends unasked (RFC 4253 §4.2). Nothing is sent to it."""

from __future__ import annotations

import re
from typing import Any, Final

from ekuscan.names import printable
from ekuscan.wire.exchange import Exchange

# With its line end, at most. RFC 4253 §4.2.
_MAX_IDENTIFICATION: Final = 255
_PREFIX: Final = b"SSH-"
_BEGINS: Final = re.compile(rb"(?![\x15\x16]\x03)")
_IDENTIFICATION: Final = re.compile(rb"SSH-\d{1,2}\.\d{1,3}-[^\r\n]{1,255}")


class SshGreeting(Exchange):
    """A `Dialogue` that is ``ready`` once the identification is read, say "SSH-2.0-OpenSSH_9.2": that is its ``agent``.

    It is printable and has at most 255 characters. Lines before it are passed over, what follows it is dropped.
    """

    __slots__ = ("_before",)
    peer_begins = True

    def __init__(self) -> None:
        super().__init__("SSH", _BEGINS)
        self._before = b""

    def _take(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        if not line.startswith(_PREFIX):
            self._before = self._before or line or b"\n"
        elif _IDENTIFICATION.fullmatch(line):
            self.agent = printable(line.decode("latin-1"), _MAX_IDENTIFICATION)
            self.ready = True
        else:
            self._not_the_protocol(line)
        return b""

    def _after_ready(self, data: bytes) -> None:
        """The key exchange, which is not ours to take part in."""

    def _end(self, reason: str, **blanks: Any) -> None:
        other = self._before or bytes(self._buffer)
        if not self.ready and not _PREFIX.startswith(other[: len(_PREFIX)]):
            self._not_the_protocol(other)
        super()._end(reason, **blanks)
