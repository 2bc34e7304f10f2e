"""What a handshake has shown, as plain data."""

from __future__ import annotations

from typing import Literal

from ekuscan.model import Alert, TlsParameters
from ekuscan.record import record

Ending = Literal["alert", "closed", "reset", "stalled", "garbled", "too-much", "too-many", "plain"]


@record
class Trace:
    """What a handshake has shown so far.

    ``chain`` holds DER certificates in the order sent. ``own_certificate``: our Certificate message went out, which is
    empty unless ``presented``; ``identity`` names what we had for it. ``late``: the request came after the handshake.
    ``ca_names`` are DER.
    ``accepted``: the peer went on after it (TLS 1.2: its Finished; TLS 1.3: a ticket or application data).
    ``spoke``: we wrote application data. ``unread``: OpenSSL refused the Certificate message, and ``chain`` is what
    stands in it. ``detail`` explains the ending in OpenSSL's or our own words.
    ``answered`` is the status of the answer to our question ("HTTP 403"), and ``consent`` what it says of going on:
    False where an answer was owed and none came, or where it may be a refusal, None where it tells nothing.
    """

    offer: str
    hello: bool
    tls: TlsParameters | None
    chain: tuple[bytes, ...]
    asked: bool
    past_request: bool
    own_certificate: bool
    ca_names: tuple[bytes, ...]
    opened: bool
    accepted: bool
    spoke: bool
    alerts: tuple[Alert, ...]
    ending: Ending | None
    detail: str
    received: int
    late: bool = False
    identity: str | None = None
    presented: bool = False
    unread: bool = False
    answered: str | None = None
    consent: bool | None = None
