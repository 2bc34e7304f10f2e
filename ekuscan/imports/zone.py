"""What a zone of an Expressway means: who dials whom through it, for what, and what it says of TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ekuscan.imports.found import FoundConnection
from ekuscan.model import RoleName

TLS_VERIFY: Final = "tls_verify"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone with SIP, as it was read.

    ``use_case`` is what it is for, ``dialled_by`` which end opens its connections ("either" in a neighbor zone).
    ``peers`` are names or addresses of the other end; where the zone only answers it is the name that it expects in the
    other end's certificate. ``transport`` ("tls", ...) and ``tls_verify`` are None where they were not told, as are
    ``port`` and ``peer_role``, what the zone says of the product at the other end. ``far_end``: the other end has no
    such zone.
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


def is_tls(zone: Zone) -> bool:
    """Whether what goes through a zone is TLS, as far as was told."""
    return zone.transport in (None, "tls")


def zone_connections_with(zone: Zone, this: str, peer: str, told_by: str) -> Iterator[FoundConnection]:
    """The connections that a zone of ``this`` stands for with one peer.

    The two ends of a traversal zone have their own TLS verify mode each, so what one of them says is half of it.
    """
    settings = {} if zone.tls_verify is None else {TLS_VERIFY: zone.tls_verify}
    if zone.dialled_by in ("this", "either"):
        half: Literal["from", "to"] | None = "from" if zone.dialled_by == "this" and not zone.far_end else None
        yield FoundConnection(zone.use_case, this, peer, told_by, settings, half)
    if zone.dialled_by in ("peer", "either"):
        yield FoundConnection(zone.use_case, peer, this, told_by, settings, "to" if zone.dialled_by == "peer" else None)
