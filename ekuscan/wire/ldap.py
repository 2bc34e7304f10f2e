"""StartTLS in LDAP: one extended request, and the response to it (RFC 4511 §4.14, BER of §5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.tlv import INTEGER, OCTET_STRING, SEQUENCE, DerError, Element, elements, header
from ekuscan.wire.exchange import LIMIT, Exchange, words

# LDAPMessage { messageID 1, extendedReq [APPLICATION 23] { requestName [0] 1.3.6.1.4.1.1466.20037 } }
STARTTLS: Final = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"

# LDAPMessage { messageID 2, searchRequest [APPLICATION 3] { baseObject "", scope baseObject, neverDerefAliases, no
# limits, typesOnly, present [7] objectClass, attributes { "1.1" } } }: the root DSE (RFC 4512 §5.1), and nothing of it.
# Anybody may ask for it, and a server that holds nothing answers too.
ROOT_DSE: Final = (
    bytes.fromhex("302a 020102 6325 0400 0a0100 0a0100 020100 020100 0101ff 870b")
    + b"objectClass"
    + bytes.fromhex("3005 0403")
    + b"1.1"
)

# RFC 4511 Appendix A: the result codes that can answer an extended operation.
RESULTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "operationsError",
        2: "protocolError",
        3: "timeLimitExceeded",
        7: "authMethodNotSupported",
        8: "strongerAuthRequired",
        10: "referral",
        11: "adminLimitExceeded",
        12: "unavailableCriticalExtension",
        13: "confidentialityRequired",
        50: "insufficientAccessRights",
        51: "busy",
        52: "unavailable",
        53: "unwillingToPerform",
        80: "other",
    }
)

_BEGINS: Final = re.compile(rb"\x30")
_EXTENDED_RESPONSE: Final = 0x78
_ENUMERATED: Final = 0x0A
# Message numbers: that of a Notice of Disconnection (RFC 4511 §4.4.1), and ours.
_UNASKED: Final = 0
_OUR_REQUEST: Final = 1
# Identifier, length octet, and at most four more of the length. No response is shorter.
_HEADER: Final = 6


class LdapTalk(Exchange):
    """A `Dialogue` with an LDAP server."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("LDAP", _BEGINS)

    def start(self) -> bytes:
        """The extended request StartTLS, message 1."""
        return STARTTLS

    def _take(self) -> bytes | None:
        if len(self._buffer) < _HEADER:
            return None
        start = bytes(self._buffer[:_HEADER])
        try:
            _, _, stop = header(start, 0, LIMIT)
        except DerError:
            self._not_the_protocol(start)
            return b""
        if len(self._buffer) < stop:
            return None
        message = bytes(self._buffer[:stop])
        del self._buffer[:stop]
        try:
            self._judge(*_response(message))
        except DerError:
            self._not_the_protocol(message)
        return b""

    def _judge(self, number: int, code: int, says: str) -> None:
        result = f"{code} {RESULTS.get(code, 'a result without a name')}" + (f", {says}" if says else "")
        if number == _UNASKED:
            self._fail("preamble-refused", error=result)
        elif code:
            self._fail("starttls-refused", error=result)
        else:
            self.ready = True


def _response(message: bytes) -> tuple[int, int, str]:
    """Message number, result code and diagnostic message of an ExtendedResponse. Raises `DerError` for all else."""
    number, operation, *_ = _parts(message, header(message, 0, len(message))[1:], SEQUENCE, INTEGER, _EXTENDED_RESPONSE)
    span = (operation.start, operation.stop)
    code, _, says, *_ = _parts(message, span, _EXTENDED_RESPONSE, _ENUMERATED, OCTET_STRING, OCTET_STRING)
    if _number(message, number) not in (_UNASKED, _OUR_REQUEST):
        raise DerError("an answer to another request")
    return _number(message, number), _number(message, code), words(message[says.start : says.stop])


def _parts(message: bytes, span: tuple[int, int], kind: int, *wanted: int) -> list[Element]:
    """The elements of one, whose identifiers must begin with those wanted."""
    found, whole = elements(message, *span, limit=16)
    if not whole or tuple(part.tag for part in found[: len(wanted)]) != wanted:
        raise DerError(f"no content of {kind:#x}")
    return found


def _number(message: bytes, part: Element) -> int:
    return int.from_bytes(message[part.start : part.stop], "big", signed=True)
