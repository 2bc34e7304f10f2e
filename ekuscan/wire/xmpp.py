"""STARTTLS in XMPP, client-to-server and server-to-server (RFC 6120 §4, §5).

The peer's stream is read tag by tag, without an XML parser: nothing is resolved, no entity expands. A document type,
which XMPP forbids (RFC 6120 §11.1), ends the talk.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from ekuscan.wire.exchange import Exchange, words

STARTTLS: Final = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

Side = Literal["client", "server"]

_BEGINS: Final = re.compile(rb"[ \t\r]*(?:\Z|<)")
_NAME: Final = re.compile(rb"</?(?:[\w.-]{1,64}:)?([\w.-]{1,64})[\s/>]")
# What the next piece of interest is outside a tag, in a tag, and within the quotes of an attribute.
_OUTSIDE: Final = re.compile(rb"<")
_INSIDE: Final = re.compile(rb"[<>'\"]")
_QUOTES: Final = {b"'": re.compile(rb"'"), b'"': re.compile(rb'"')}
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;"}


class XmppTalk(Exchange):
    """A `Dialogue` with an XMPP server. ``domain`` is the service asked for, ``side`` what we come as."""

    __slots__ = ("_asked", "_at", "_domain", "_offered", "_open", "_seeks", "_side")

    def __init__(self, side: Side, domain: str) -> None:
        super().__init__("XMPP", _BEGINS)
        self._side = side
        self._domain = domain
        self._offered = False
        self._asked = False
        # Local names of the elements that are open, the stream first.
        self._open: list[bytes] = []
        self._at = 0
        self._seeks = _OUTSIDE

    def start(self) -> bytes:
        """The stream header. It names no sender: a scanner has no domain to speak for."""
        return (
            f"<?xml version='1.0'?><stream:stream to='{_escaped(self._domain)}' xmlns='jabber:{self._side}' "
            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        ).encode("utf-8", "replace")

    def _take(self) -> bytes | None:
        tag = self._tag()
        if tag is None or self.failure is not None:
            return tag
        name = _NAME.match(tag)
        if tag.startswith(b"<?") and not self._open:
            return b""
        if name is None:
            self._not_the_protocol(tag)
            return b""
        if tag.startswith(b"</"):
            return self._closes(name[1], tag)
        self._opens(name[1], tag)
        if tag.endswith(b"/>") and self.failure is None:
            return self._closes(name[1], tag)
        return b""

    def _tag(self) -> bytes | None:
        """The next tag with its brackets, dropped from the buffer together with the text before it.

        Where the search stands is kept, so that a peer that sends single bytes costs no more than another.
        """
        while (found := self._seeks.search(self._buffer, self._at)) is not None:
            self._at = found.end()
            if self._seeks is _OUTSIDE:
                if len(self._open) < 2 and self._buffer[: found.start()].strip():
                    return self._no_tag(found.start())
                del self._buffer[: found.start()]
                self._at = 1
                self._seeks = _INSIDE
            elif self._seeks is not _INSIDE:
                self._seeks = _INSIDE
            elif found[0] in _QUOTES:
                self._seeks = _QUOTES[found[0]]
            else:
                return self._cut(found.end()) if found[0] == b">" else self._no_tag(found.start())
        self._at = len(self._buffer)
        return None

    def _cut(self, end: int) -> bytes:
        piece = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._at = 0
        self._seeks = _OUTSIDE
        return piece

    def _no_tag(self, end: int) -> bytes:
        self._not_the_protocol(self._cut(end))
        return b""

    def _opens(self, name: bytes, tag: bytes) -> None:
        around = self._open[-1] if self._open else b""
        depth = len(self._open)
        self._open.append(name)
        if depth == 0 and name != b"stream":
            self._not_the_protocol(tag)
        elif depth == 1 and name == b"failure" and self._asked:
            self._fail("starttls-refused", error="XMPP failure")
        elif depth == 2 and around == b"features" and name == b"starttls":
            self._offered = True
        elif depth == 2 and around == b"error" and name != b"text":
            self._fail("preamble-refused", error=f"stream error {words(name)}")

    def _closes(self, name: bytes, tag: bytes) -> bytes:
        if not self._open or self._open.pop() != name:
            self._not_the_protocol(tag)
            return b""
        depth = len(self._open)
        if depth == 0:
            self._fail("preamble-refused", error="it ended the stream")
        elif depth == 1 and name == b"error":
            self._fail("preamble-refused", error="stream error without a name")
        elif depth == 1 and name == b"proceed" and self._asked:
            self.ready = True
        elif depth == 1 and name == b"features" and not self._asked:
            return self._ask()
        return b""

    def _ask(self) -> bytes:
        if not self._offered:
            self._fail("no-starttls", protocol=self._name)
            return b""
        self._asked = True
        return STARTTLS


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
