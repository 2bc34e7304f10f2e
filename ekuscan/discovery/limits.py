"""How long, how much and how many: the limits of asking name servers."""

from __future__ import annotations

from typing import Final

from ekuscan.record import record

MAX_DOMAINS: Final = 50
MAX_SERVERS: Final = 8


@record
class LookupLimits:
    """Times in seconds: ``answer`` for one question at one server, a second try included, ``deadline`` for everything.

    ``services`` are taken of one record, ``addresses`` of one host, ``hosts`` are looked up in one view; ``at_once``
    questions are open in one view.
    """

    answer: float = 4.0
    deadline: float = 60.0
    services: int = 64
    addresses: int = 32
    hosts: int = 1000
    at_once: int = 8
