"""Ports with something wrong about what comes before TLS, by name: what `ekuscan.lab.faults` is for TLS itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.lab.fault_deeds import FATAL, GARBAGE, Deed, alert, close, forever, reset, saying, stay
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.openings import (
    EXTENDED_REQUEST,
    IMAP,
    LDAP,
    POSTGRESQL,
    SMTP,
    SSL_REQUEST,
    STREAM,
    STREAM_HEADER,
    XMPP,
    Opening,
    Turn,
    hold,
)
from ekuscan.lab.server import Handler
from ekuscan.lab.wire import Wire
from ekuscan.model import Stage
from ekuscan.record import record

_HANDSHAKE_FAILURE: Final = 40
_STARTTLS: Final = rb"STARTTLS\r\n"
_FATAL_ERROR: Final = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
_FEATURES: Final = Turn(STREAM, STREAM_HEADER + b"<stream:features>")
# An LDAPMessage (RFC 4511 §4.1.1) whose length says 2 GB.
_HUGE_LDAP: Final = Turn(EXTENDED_REQUEST, bytes.fromhex("30847fffffff 020101 78847ffffff0"))
_SIP_OK: Final = Turn(rb"OPTIONS [^\r\n]+\r\n(?:[^\r\n]+\r\n)*\r\n", b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n")
# An SMTP server that is asked for TLS and says something else.
_ASKED: Final = SMTP[:2]


@record
class PreambleFault:
    """``failure`` is the stage and reason that an observer has to report, None where all is to be seen; ``opening`` is
    what is said before the fault comes out, ``deed`` what is done then. ``drips`` sends single bytes, a pace apart."""

    says: str
    failure: tuple[Stage, str] | None
    protocol: str
    opening: Opening = ()
    deed: Deed = stay
    drips: bool = False

    def handler(self, kit: FaultKit) -> Handler:
        """The conversation of the port."""

        async def handler(wire: Wire) -> None:
            if self.drips:
                await _drip(wire, self.opening, kit.pace)
            else:
                await hold(wire, self.opening)
            await self.deed(wire)

        return handler


async def _drip(wire: Wire, opening: Opening, pace: float) -> None:
    for byte in b"".join(turn.says for turn in opening):
        await wire.send(bytes((byte,)))
        await asyncio.sleep(pace)


def _forever(data: bytes) -> Deed:
    async def send(wire: Wire) -> None:
        await forever(wire.send, data * 1000)

    return send


def _refused(says: str, reason: str, protocol: str, *opening: Turn) -> PreambleFault:
    return PreambleFault(says, ("preamble", reason), protocol, opening)


_LEAVING: Final = {
    "preamble-silent": PreambleFault("never greets in SMTP", ("preamble", "no-greeting"), "smtp"),
    "preamble-drip": PreambleFault(
        "greets as IMAP, one byte per second", ("preamble", "stalled"), "imap", IMAP, drips=True
    ),
    "preamble-closes": PreambleFault("closes after IMAP's greeting", ("preamble", "closed"), "imap", IMAP[:1], close),
    "preamble-resets": PreambleFault(
        "resets when SMTP asks for TLS", ("preamble", "reset"), "smtp", (*_ASKED, Turn(_STARTTLS, b"")), reset
    ),
    "preamble-endless": PreambleFault(
        "offers extensions of SMTP without end",
        ("preamble", "too-much"),
        "smtp",
        SMTP[:1],
        _forever(b"250-and so on\r\n"),
    ),
    "silent-after-go-ahead": PreambleFault("says go and then nothing, in LDAP", ("hello", "stalled"), "ldap", LDAP),
}

_ENDLESS: Final = {
    name: PreambleFault(says, ("preamble", "too-much"), protocol, opening, _forever(data))
    for name, says, protocol, opening, data in (
        ("imap-endless", "lists capabilities of IMAP without end", "imap", IMAP[:1], b"* CAPABILITY IMAP4rev1\r\n"),
        ("imap-line-endless", "greets as IMAP without a line end", "imap", (Turn(b"", b"* OK "),), b"and so on "),
        ("xmpp-endless", "lists features of XMPP without end", "xmpp-client", (_FEATURES,), b"<and-so-on/>"),
        (
            "postgresql-endless",
            "refuses a PostgreSQL client without end",
            "postgresql",
            (Turn(SSL_REQUEST, b"E\x7f\xff\xff\xffM"),),
            b"and so on ",
        ),
        ("ssh-endless", "greets as SSH without a line end", "ssh", (Turn(b"", b"SSH-2.0-"),), b"and-so-on"),
        ("sip-tcp-endless", "answers SIP over TCP without end", "sip-tcp", (_SIP_OK,), b"X-And-So-On: 1\r\n"),
    )
}

_BANNERS: Final = {
    "smtp-greeting-hostile": PreambleFault(
        "writes terminal escapes into its greeting, and speaks no TLS",
        ("preamble", "no-starttls"),
        "smtp",
        (Turn(b"", b"220 \x1b]0;owned\x07\rBROKEN NOW\x9b2J\r\n"), Turn(rb"EHLO [^\r\n]+\r\n", b"250 \x1b[2J\r\n")),
    ),
    "ssh-hostile": PreambleFault(
        "writes terminal escapes into its SSH greeting",
        None,
        "ssh",
        (Turn(b"", b"SSH-2.0-\x1b[2J\x9b31m\x07\xe2\x80\xaeowned\r\n"),),
    ),
    "sip-tcp-hostile": PreambleFault(
        "writes terminal escapes into its SIP banner, over TCP",
        None,
        "sip-tcp",
        (Turn(_SIP_OK.hears, _SIP_OK.says + b"Server: \x1b[2J\rBROKEN NOW\x9b31m\x07\xe2\x80\xaeowned\r\n\r\n"),),
    ),
    "sip-tcp-silent": PreambleFault("never answers SIP over TCP", ("preamble", "stalled"), "sip-tcp"),
    "ssh-closes": PreambleFault("closes before it greets as SSH", ("preamble", "closed"), "ssh", (), close),
    "sip-tcp-resets": PreambleFault(
        "resets on SIP over TCP", ("preamble", "reset"), "sip-tcp", (Turn(b"OPTIONS ", b""),), reset
    ),
}

_OTHERWISE: Final = {
    "smtp-is-ssh": PreambleFault(
        "greets as an SSH server on a port for SMTP",
        ("preamble", "not-the-protocol"),
        "smtp",
        (),
        saying(b"SSH-2.0-Lab_1.0\r\n"),
    ),
    "xmpp-is-http": _refused(
        "answers a stream in plain HTTP",
        "not-the-protocol",
        "xmpp-client",
        Turn(STREAM, b"HTTP/1.1 400 Bad Request\r\n"),
    ),
    "xmpp-entities": _refused(
        "declares entities that grow",
        "not-the-protocol",
        "xmpp-server",
        Turn(
            STREAM, b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><stream:stream id='&b;'>"
        ),
    ),
    "ldap-huge": PreambleFault(
        "answers LDAP with a message of 2 GB",
        ("preamble", "not-the-protocol"),
        "ldap",
        (_HUGE_LDAP,),
        _forever(b"more"),
    ),
    "ldap-garbage": _refused(
        "answers LDAP with bytes without meaning", "not-the-protocol", "ldap", Turn(EXTENDED_REQUEST, GARBAGE)
    ),
    "ldap-is-tls": _refused(
        "speaks TLS at once on a port for LDAP",
        "tls-at-once",
        "ldap",
        Turn(EXTENDED_REQUEST, alert(FATAL, _HANDSHAKE_FAILURE)),
    ),
}

_REFUSALS: Final = {
    "smtp-554": _refused("offers no mail service", "preamble-refused", "smtp", Turn(b"", b"554 no service\r\n")),
    "smtp-hostile": _refused(
        "writes terminal escapes into its refusal",
        "preamble-refused",
        "smtp",
        Turn(b"", b"554 \x1b]0;owned\x07\xe2\x80\xae" + b"A" * 4000 + b"\r\n"),
    ),
    "imap-bye": _refused("sends IMAP clients away", "preamble-refused", "imap", Turn(b"", b"* BYE too many\r\n")),
    "xmpp-host-unknown": _refused(
        "does not serve the domain",
        "preamble-refused",
        "xmpp-server",
        Turn(
            STREAM,
            STREAM_HEADER + b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            b"</stream:error></stream:stream>",
        ),
    ),
    "postgresql-full": _refused(
        "has no connection left",
        "preamble-refused",
        "postgresql",
        Turn(SSL_REQUEST, b"E" + (4 + len(_FATAL_ERROR)).to_bytes(4, "big") + _FATAL_ERROR),
    ),
    "smtp-without-tls": _refused(
        "speaks SMTP without STARTTLS",
        "no-starttls",
        "smtp",
        SMTP[0],
        Turn(rb"EHLO [^\r\n]+\r\n", b"250 PIPELINING\r\n"),
    ),
    "xmpp-without-tls": _refused(
        "speaks XMPP without STARTTLS",
        "no-starttls",
        "xmpp-client",
        Turn(STREAM, STREAM_HEADER + b"<stream:features/>"),
    ),
    "postgresql-without-tls": _refused(
        "speaks PostgreSQL without TLS", "no-starttls", "postgresql", Turn(SSL_REQUEST, b"N")
    ),
    "smtp-454": _refused(
        "offers STARTTLS and has no certificate for it",
        "starttls-refused",
        "smtp",
        *_ASKED,
        Turn(_STARTTLS, b"454 4.7.0 TLS not available due to local problem\r\n"),
    ),
    "imap-preauth": _refused(
        "takes IMAP clients as logged in", "starttls-refused", "imap", Turn(b"", b"* PREAUTH welcome\r\n")
    ),
    "ldap-protocol-error": _refused(
        "knows no StartTLS",
        "starttls-refused",
        "ldap",
        Turn(EXTENDED_REQUEST, bytes.fromhex("302a 020101 7825 0a0102 0400 041e") + b"unsupported extended operation"),
    ),
    "xmpp-failure": _refused(
        "fails to start TLS",
        "starttls-refused",
        "xmpp-client",
        XMPP[0],
        Turn(rb"<starttls[^>]*>", b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"),
    ),
}

_INJECTIONS: Final = {
    "smtp-injected": _refused(
        "lets plain text follow its go-ahead",
        "injected",
        "smtp",
        *_ASKED,
        Turn(_STARTTLS, SMTP[2].says + b"250 injected\r\n"),
    ),
    "xmpp-injected": _refused(
        "lets a stanza follow its go-ahead",
        "injected",
        "xmpp-server",
        XMPP[0],
        Turn(XMPP[1].hears, XMPP[1].says + b"<iq type='result'/>"),
    ),
    "postgresql-injected": _refused(
        "lets an error follow its go-ahead", "injected", "postgresql", Turn(SSL_REQUEST, POSTGRESQL[0].says + b"E")
    ),
}

PREAMBLE_FAULTS: Final[Mapping[str, PreambleFault]] = MappingProxyType(
    {**_LEAVING, **_ENDLESS, **_BANNERS, **_OTHERWISE, **_REFUSALS, **_INJECTIONS}
)
