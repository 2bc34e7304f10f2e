"""The one command that shows whether an SMTP server refuses a missing client certificate above TLS.

Postfix with smtpd_tls_req_ccert does: it completes the handshake, and then says "421 4.7.1 server.example Error: No
client certificate presented".
"""

from __future__ import annotations

import re
from typing import Final

from ekuscan.record import record

MAX_ANSWER: Final = 16_384

_FAILURES: Final = 400

# A name under .invalid (RFC 6761 §6.4): it says who asks and claims to be nobody's host.
EHLO: Final = b"EHLO ekuscan.invalid\r\n"

# RFC 5321 §4.2.1: all lines of a reply but the last have a hyphen after the code.
_REPLY: Final = re.compile(rb"(?:\d{3}-[^\n]*\n)*([2-5]\d\d)(?:[ \r][^\n]*)?\n")
_CERTIFICATE: Final = re.compile(rb"certificate", re.IGNORECASE)


@record
class SmtpReply:
    """``refused``: the code is one of failure, and the text speaks of a certificate."""

    code: int
    refused: bool

    @property
    def doubtful(self) -> bool:
        """Whether it may be a refusal of our certificate in words that are not known."""
        return self.code >= _FAILURES and not self.refused


def reply(data: bytes) -> SmtpReply | None:
    """Reads the first reply; None where it is not whole, or no reply."""
    found = _REPLY.match(data, 0, MAX_ANSWER)
    if found is None:
        return None
    code = int(found[1])
    return SmtpReply(code, refused=code >= _FAILURES and _CERTIFICATE.search(found[0]) is not None)
