"""What every talk before TLS has in common: bounded input, one outcome, and a word for peers that speak otherwise."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from ekuscan.model import Failure, Stage
from ekuscan.names import printable
from ekuscan.wire.reasons import failure

LIMIT: Final = 16_384

_FIRST: Final = 16
_MAX_WORDS: Final = 160
# The start of a TLS alert or handshake record (RFC 8446 §5.1). Nothing that comes before TLS begins so.
_TLS: Final = (b"\x15\x03", b"\x16\x03")


class Exchange:
    """A `Dialogue` without its protocol, which comes with `_take`.

    At most ``LIMIT`` bytes are taken in, ``received`` counts them. ``name`` is the protocol's name for a person.
    ``begins`` matches what the peer's first bytes can be, also where only the first few of them are there: as long as
    it does not match nothing is taken, and the peer is called something else once 16 bytes, a line or silence are
    there. What comes of it depends on the bytes alone, never on the pieces in which they came.
    """

    __slots__ = ("_begins", "_buffer", "_name", "_taken", "agent", "failure", "ready", "received", "rest")

    stage: Stage = "preamble"
    peer_begins: ClassVar[bool] = False
    """Whether the peer speaks first, so that its silence means that it waits for us."""

    def __init__(self, name: str, begins: re.Pattern[bytes]) -> None:
        self.ready = False
        self.failure: Failure | None = None
        self.rest = b""
        self.agent: str | None = None
        self.received = 0
        self._name = name
        self._begins = begins
        self._buffer = bytearray()
        self._taken = False

    def start(self) -> bytes:
        """What we send first; nothing where the peer speaks first."""
        return b""

    def receive(self, data: bytes) -> bytes:
        """Takes in what the peer sent and returns what is to be sent. After a failure it does nothing."""
        if self.failure is not None:
            return b""
        room = LIMIT - self.received
        self.received += len(data)
        self._buffer += data[:room]
        out = b"".join(iter(self._step, None))
        if self.ready and self._buffer:
            late = bytes(self._buffer)
            self._buffer.clear()
            self._after_ready(late)
        if len(data) > room:
            self._fail("too-much", error=f"over {LIMIT} bytes")
        return out

    def peer_left(self, *, reset: bool) -> None:
        """The stream ended, by a FIN or by a reset."""
        self._end("reset" if reset else "closed")

    def give_up(self) -> None:
        """Nothing more will be waited for."""
        if self.peer_begins and not self.received:
            self._end("no-greeting", protocol=self._name)
        self._end("stalled", received=self.received)

    def _take(self) -> bytes | None:
        """Takes the next whole message off the buffer and returns the answer to it; None while there is none.

        It may set ``ready``, or call `_fail`.
        """
        raise NotImplementedError

    def _step(self) -> bytes | None:
        if self.ready or self.failure is not None or not self._recognised(over=False):
            return None
        answer = self._take()
        if answer is not None:
            self._taken = True
        return answer

    def _recognised(self, *, over: bool) -> bool:
        """Whether this can still be the protocol. ``over``: no more will come, so what is there decides."""
        if self._taken:
            return True
        first, line_end, _ = bytes(self._buffer[:_FIRST]).partition(b"\n")
        if not first or self._begins.match(first):
            return True
        if first.startswith(_TLS):
            self._fail("tls-at-once", protocol=self._name)
        elif over or line_end or len(first) == _FIRST:
            self._not_the_protocol(first)
        return False

    def _after_ready(self, data: bytes) -> None:
        """What came after the go-ahead.

        In plain text it was not protected by the TLS that follows, though whoever reads on in the same buffer would
        take it for that (CVE-2011-0411).
        """
        self._fail("injected")

    def _not_the_protocol(self, data: bytes) -> None:
        self._fail("not-the-protocol", protocol=self._name, error=words(data[:_FIRST]) or "an empty line")

    def _end(self, reason: str, **blanks: Any) -> None:
        if not self.ready and self._recognised(over=True):
            self._fail(reason, **blanks)

    def _fail(self, reason: str, **blanks: Any) -> None:
        if self.failure is None:
            self.ready = False
            self.failure = failure(reason, stage=self.stage, **blanks)
            self._buffer.clear()


def words(data: bytes) -> str:
    """What a peer said, for a person: printable and at most 160 characters."""
    return printable(data[: 4 * _MAX_WORDS].decode("utf-8", "backslashreplace").strip(), _MAX_WORDS)
