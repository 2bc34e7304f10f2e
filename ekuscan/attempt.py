"""What a connection is to do, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ekuscan.model import Banner, Endpoint, Failure, RefusedBy
from ekuscan.record import record
from ekuscan.resolve import Address
from ekuscan.views import View
from ekuscan.wire.dialogue import Dialogue
from ekuscan.wire.trace import Trace


@record
class Attempt:
    """How to get at an endpoint, and what to do there.

    ``addresses`` (all of the endpoint, or all of the proxy in front of it) are tried in order at ``port``.
    ``dialogues`` come before TLS, in order, each made from our own address once we are connected; without a ``view``
    there is no TLS at all and the last of them is the end. ``host`` is what handshakes go to one at a time, None where
    it is the address. ``has_turn``: the turn for it has come already, and is given back here.
    """

    endpoint: Endpoint
    addresses: tuple[Address, ...]
    port: int
    view: View | None
    server_name: str | None = None
    dialogues: tuple[Callable[[tuple[str, int]], Dialogue], ...] = ()
    host: str | None = None
    has_turn: bool = False


@record
class Account:
    """What a handshake gave.

    ``plain`` are the first bytes of a peer that does not speak TLS, ``refused_by`` a refusal above TLS, ``banner``
    what the peer called itself. ``started`` is when the ClientHello went out, ``seconds`` the time from then on.
    ``cut``: the endpoint's time was over before the peer was done.
    """

    address: Address
    trace: Trace
    plain: bytes
    refused_by: RefusedBy | None
    banner: Banner | None
    started: datetime
    seconds: float
    cut: bool


@record
class NoHandshake:
    """Why there was no handshake, and the address it was tried at last.

    No failure where none was wanted; ``agent`` is then what the peer calls itself.
    """

    address: Address
    failure: Failure | None
    agent: str | None = None
