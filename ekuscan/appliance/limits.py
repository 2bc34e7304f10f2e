"""How long, how much and how many: the limits of asking APIs."""

from __future__ import annotations

from ekuscan.record import record


@record
class ApiLimits:
    """Times in seconds: ``connect`` for TCP and TLS each, ``answer`` for one request, ``deadline`` for one box.

    ``body`` is the largest answer in bytes, ``at_once`` the number of boxes asked side by side.
    """

    connect: float = 3.0
    answer: float = 10.0
    deadline: float = 40.0
    body: int = 1_048_576
    at_once: int = 8
