"""The banner of a SIP server over TCP: one OPTIONS, and the header that names the software of who answers."""

from __future__ import annotations

import re
from typing import Final

from ekuscan.wire import sip
from ekuscan.wire.exchange import Exchange

# A response, a request, or the line ends of a keep-alive (RFC 5626 §3.5.1).
_BEGINS: Final = re.compile(rb"\r?\Z|SIP/|[A-Z]{1,16}(?:\Z| )")
_HEAD_END: Final = re.compile(rb"\n\r?\n")


class SipGreeting(Exchange):
    """A `Dialogue` that is ``ready`` once a final response is there, whatever its status.

    ``agent`` is the first Server or User-Agent header until then, as `sip.SipMessage` has it; None where there is none.
    """

    __slots__ = ("_request",)

    def __init__(self, host: str, port: int, own: tuple[str, int], token: str) -> None:
        super().__init__("SIP", _BEGINS)
        self._request = sip.options(host, port, "TCP", own, token)

    def start(self) -> bytes:
        """The OPTIONS."""
        return self._request

    def _take(self) -> bytes | None:
        if _HEAD_END.search(self._buffer) is None:
            return None
        agent = None
        for message in sip.messages(bytes(self._buffer)):
            agent = agent or message.agent
            if message.final:
                self.agent = agent
                self._buffer.clear()
                self.ready = True
                return b""
        return None

    def _after_ready(self, data: bytes) -> None:
        """The rest of the response, or another message."""
