"""Why a DTLS handshake gave less than asked: what `ekuscan.wire.request` says, and what only UDP knows."""

from __future__ import annotations

from ekuscan.model import ClientCertificate, Failure
from ekuscan.wire import request
from ekuscan.wire.dtls import Handshake
from ekuscan.wire.reasons import failure
from ekuscan.wire.trace import Trace


def handshake_failure(handshake: Handshake, trace: Trace, judged: ClientCertificate) -> Failure | None:
    """As `ekuscan.wire.request.handshake_failure`; None where nothing is missing."""
    if trace.ending == "plain":
        return failure("not-dtls", error=ascii(handshake.plain)[1:])
    if handshake.cookie_loop:
        return failure("cookie-loop", error=trace.detail)
    found = request.handshake_failure(trace, judged)
    if found is not None and found.reason == "old-version":
        # Every version up to 1.2 was offered: who refuses them all wants a newer one.
        return failure("alert", stage="hello", alert=found.alert, error=f"alert {found.alert} protocol_version")
    return found
