"""What a faulty endpoint is: what it says of itself, and what an observer has to report of it."""

from __future__ import annotations

from collections.abc import Callable

from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import DatagramHandler, DatagramTalk, Handler, State
from ekuscan.model import Stage
from ekuscan.record import record


@record
class Fault:
    """``handler``, ``datagrams`` or ``talk`` makes the conversation of an open port; all are None for one that is not.

    ``failure`` is None where the endpoint is odd but can be seen in full. ``of_ours``: it shows only to who presents a
    certificate, with a P-256 key; without one nothing is missing, or not this.
    """

    says: str
    failure: tuple[Stage, str] | None = None
    handler: Callable[[FaultKit], Handler] | None = None
    datagrams: DatagramHandler | None = None
    talk: Callable[[FaultKit], DatagramTalk] | None = None
    state: State = "open"
    protocol: str = "sips"
    of_ours: bool = False
