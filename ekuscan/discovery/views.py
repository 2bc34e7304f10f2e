"""What name servers said: frozen facts, by view. A view is a side from which the domain is looked at."""

from __future__ import annotations

from typing import Final, Literal

from ekuscan.discovery.records import RecordRow
from ekuscan.record import record

ViewName = Literal["own", "internal", "external"]
Reason = Literal["silent", "refused", "failed", "not-reached", "unreadable", "out-of-time"]
"""Why a question has no answer: none came; the server refuses (REFUSED); it cannot answer (SERVFAIL and others); it
cannot be talked to; what came is no DNS message; the time of the whole run was over."""

TITLES: Final[dict[ViewName, str]] = {
    "own": "this machine's resolver",
    "internal": "the internal view",
    "external": "the external view",
}
"""How a view is called in a sentence."""


@record
class Service:
    """An SRV record's data. ``host`` is a canonical host, "." where the service is said not to be offered."""

    host: str
    port: int
    priority: int
    weight: int


@record
class Unanswered:
    """A question without an answer. ``detail`` is for a person: which server said or did what."""

    reason: Reason
    detail: str


@record
class Answered:
    """The services of an SRV name, none where it does not exist or has no such record.

    ``odd`` are targets that are no host names, printable; ``cut``: there were more than are taken.
    """

    services: tuple[Service, ...] = ()
    odd: tuple[str, ...] = ()
    cut: bool = False


@record
class Seen:
    """One record name asked for in one view."""

    view: ViewName
    domain: str
    row: RecordRow
    owner: str
    answer: Answered | Unanswered


@record
class HostSeen:
    """The host of a service, looked up in the same view. ``alias_of`` is the name that it is only an alias of."""

    view: ViewName
    host: str
    addresses: tuple[str, ...] = ()
    alias_of: str | None = None
    unanswered: Unanswered | None = None


@record
class DomainSeen:
    """Whether a domain exists in a view. Where that has no answer, nothing else was asked."""

    view: ViewName
    domain: str
    exists: bool
    unanswered: Unanswered | None = None


@record
class Discovery:
    """All that was asked and said."""

    domains: tuple[DomainSeen, ...] = ()
    records: tuple[Seen, ...] = ()
    hosts: tuple[HostSeen, ...] = ()
