"""What a zone of an Expressway means: who dials whom through it, for what, and what it says of TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from ekuscan.imports.found import FoundConnection
from ekuscan.model import RoleName
from ekuscan.record import record
from ekuscan.targets.address import canonical

TLS_VERIFY: Final = "tls_verify"
PEER_ADDRESS: Final = "peer_address"
VERIFY_NAME: Final = "verify_name"


@record
class Zone:
    """A zone with SIP, as it was read.

    ``use_case`` is what it is for, ``dialled_by`` which end opens its connections ("either" in a neighbor zone).
    ``peers`` are names or addresses of the other end; where the zone only answers it is the name that it expects in the
    other end's certificate. ``transport`` ("tls", ...) and ``tls_verify`` are None where they were not told, as are
    ``port``, ``peer_role``, what the zone says of the product at the other end, and ``verify_name``, the name that a
    zone without a name of the other end looks for in its certificate. ``far_end``: the other end has no such zone.
    ``dialled_back``: it opens connections of the same kind too, which come through no zone.
    """

    name: str
    use_case: str
    dialled_by: Literal["this", "peer", "either"]
    peers: tuple[str, ...] = ()
    transport: str | None = None
    tls_verify: Literal["on", "off"] | None = None
    port: int | None = None
    peer_role: RoleName | None = None
    far_end: bool = False
    verify_name: str | None = None
    dialled_back: bool = False


def is_tls(zone: Zone) -> bool:
    """Whether what goes through a zone is TLS, as far as was told."""
    return zone.transport in (None, "tls")


def zone_connections_with(zone: Zone, this: str, peer: str, told_by: str) -> Iterator[FoundConnection]:
    """The connections that a zone of ``this`` stands for with one peer.

    The two ends of a traversal zone have their own TLS verify mode each, so what one of them says is half of it.
    """
    settings = dict(_looked_for(zone))
    if zone.tls_verify is not None:
        settings = {TLS_VERIFY: zone.tls_verify} | settings
    if zone.dialled_by in ("this", "either"):
        half: Literal["from", "to"] | None = "from" if zone.dialled_by == "this" and not zone.far_end else None
        yield FoundConnection(zone.use_case, this, peer, told_by, settings, half)
    if zone.dialled_by in ("peer", "either"):
        yield FoundConnection(zone.use_case, peer, this, told_by, settings, "to" if zone.dialled_by == "peer" else None)
    elif zone.dialled_back:
        # What the zone has set counts for what goes through it, and not for what comes in.
        yield FoundConnection(zone.use_case, peer, this, told_by)


def _looked_for(zone: Zone) -> Mapping[str, str]:
    """The names that a zone looks for in the certificate of the other end, for all its peers.

    None where it verifies nothing. The order is that of the alphabet, so that every description has the same text.
    """
    if zone.tls_verify == "off":
        return {}
    if zone.far_end:
        return {VERIFY_NAME: canonical(zone.verify_name)} if zone.verify_name else {}
    names = ", ".join(sorted({canonical(peer) for peer in zone.peers}))
    return {VERIFY_NAME if zone.dialled_by == "peer" else PEER_ADDRESS: names} if names else {}
