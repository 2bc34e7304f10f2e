"""What servers say before TLS begins inside their protocol: turns of hearing and saying, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.lab.wire import PeerGoneError, Wire
from ekuscan.record import record

_MAX_HEARD: Final = 65_536


@record
class Turn:
    """Once the client has said something like ``hears`` the server ``says``; where it hears nothing it speaks first.

    ``{0}`` in what it says is the first group of what it heard.
    """

    hears: bytes
    says: bytes


Opening = tuple[Turn, ...]


async def hold(wire: Wire, opening: Opening) -> None:
    """Take these turns. Raises `PeerGoneError` where the client leaves, or says too much of something else."""
    heard = b""
    for turn in opening:
        while (match := re.search(turn.hears, heard, re.IGNORECASE)) is None:
            data = await wire.receive()
            heard += data
            if not data or len(heard) > _MAX_HEARD:
                raise PeerGoneError
        heard = heard[match.end() :]
        await wire.send(turn.says.replace(b"{0}", match[1]) if match.re.groups else turn.says)


# The words of Postfix, Dovecot, Prosody, OpenLDAP and PostgreSQL.

SMTP: Final[Opening] = (
    Turn(b"", b"220 mail.lab.example ESMTP\r\n"),
    Turn(rb"EHLO [^\r\n]+\r\n", b"250-mail.lab.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"),
    Turn(rb"STARTTLS\r\n", b"220 2.0.0 Ready to start TLS\r\n"),
)
IMAP: Final[Opening] = (
    Turn(b"", b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready.\r\n"),
    Turn(
        rb"(\S+) CAPABILITY\r\n",
        b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n{0} OK Pre-login capabilities listed.\r\n",
    ),
    Turn(rb"(\S+) STARTTLS\r\n", b"{0} OK Begin TLS negotiation now.\r\n"),
)
STREAM: Final = rb"<stream:stream [^>]*xmlns=['\"](jabber:\w+)['\"][^>]*>"
STREAM_HEADER: Final = (
    b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'"
    b" xmlns='{0}' from='lab.example' id='1'>"
)
XMPP: Final[Opening] = (
    Turn(
        STREAM,
        STREAM_HEADER + b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
        b"</stream:features>",
    ),
    Turn(rb"<starttls[^>]*>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
)
EXTENDED_REQUEST: Final = rb"1\.3\.6\.1\.4\.1\.1466\.20037"
LDAP: Final[Opening] = (Turn(EXTENDED_REQUEST, bytes.fromhex("300c 020101 7807 0a0100 0400 0400")),)
SSL_REQUEST: Final = rb"\x00\x00\x00\x08\x04\xd2\x16\x2f"
POSTGRESQL: Final[Opening] = (Turn(SSL_REQUEST, b"S"),)

OPENINGS: Final[Mapping[str, Opening]] = MappingProxyType(
    {
        "smtp": SMTP,
        "imap": IMAP,
        "xmpp-client": XMPP,
        "xmpp-server": XMPP,
        "ldap": LDAP,
        "postgresql": POSTGRESQL,
    }
)
