"""Questions to the name servers of one view. Every answer and every failure is a value."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from ekuscan.discovery.limits import LookupLimits
from ekuscan.discovery.views import Answered, Reason, Service, Unanswered
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.targets.address import AddressError, parse_host

_MAX_DETAIL: Final = 120
_TRIES: Final = 2
_REFUSED: Final = "REFUSED"


@record
class Server:
    """A name server: an IP address and a UDP and TCP port."""

    address: str
    port: int = 53

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return address if self.port == 53 else f"{address}:{self.port}"


@record
class Addresses:
    """The addresses of a host; ``alias_of`` is the name behind it, None where it is no alias."""

    texts: tuple[str, ...] = ()
    alias_of: str | None = None


class NameServers:
    """The servers of one view, asked in turn until one answers.

    ``servers`` are None for those that this machine is set to use. ``end`` is the loop's time at which nothing more is
    asked.
    """

    def __init__(self, servers: Sequence[Server] | None, limits: LookupLimits, end: float) -> None:
        self._limits = limits
        self._end = end
        self._gate = asyncio.Semaphore(limits.at_once)
        self._resolver: dns.asyncresolver.Resolver | None = None
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=servers is None)
        except dns.resolver.NoResolverConfiguration:
            return
        if servers is not None:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(one.address, one.port) for one in servers]
        self._resolver.timeout = limits.answer / _TRIES
        self._resolver.cache = None

    async def exists(self, domain: str) -> bool | Unanswered:
        """Whether there is such a domain, whatever it holds."""
        answer = await self._ask(domain, dns.rdatatype.SOA)
        return answer if isinstance(answer, Unanswered) else answer is not None

    async def services(self, owner: str) -> Answered | Unanswered:
        """The SRV records of a name."""
        answer = await self._ask(owner, dns.rdatatype.SRV)
        if isinstance(answer, Unanswered):
            return answer
        rows = list(answer.rrset or ()) if answer is not None else []
        found, odd = [], []
        for row in sorted(rows, key=lambda one: (one.priority, -one.weight, one.port, one.target)):
            written = row.target.to_text(omit_final_dot=True)
            try:
                host = "." if row.target == dns.name.root else parse_host(written)
                found.append(Service(host, row.port, row.priority, row.weight))
            except AddressError:
                odd.append(printable(written, _MAX_DETAIL))
        most = self._limits.services
        return Answered(tuple(dict.fromkeys(found))[:most], tuple(dict.fromkeys(odd))[:most], len(rows) > most)

    async def addresses(self, host: str) -> Addresses | Unanswered:
        """The IPv4 and IPv6 addresses of a host, none where it does not exist."""
        texts: list[str] = []
        alias = None
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            answer = await self._ask(host, kind)
            if isinstance(answer, Unanswered):
                return answer
            if answer is None:
                continue
            texts += sorted(row.address for row in answer.rrset or ())
            if answer.canonical_name != answer.qname:
                alias = printable(answer.canonical_name.to_text(omit_final_dot=True), _MAX_DETAIL)
        return Addresses(tuple(dict.fromkeys(texts))[: self._limits.addresses], alias)

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer | Unanswered | None:
        """The answer, maybe without a record of that kind; None where there is no such name."""
        if self._resolver is None:
            return Unanswered("not-reached", "this machine has no name server set")
        async with self._gate:
            left = self._end - asyncio.get_running_loop().time()
            if left <= 0:
                return Unanswered("out-of-time", f"the {self._limits.deadline:g} s for everything were over")
            most = self._limits.answer * max(1, len(self._resolver.nameservers))
            try:
                return await self._resolver.resolve(
                    dns.name.from_text(name), kind, lifetime=min(most, left), search=False, raise_on_no_answer=False
                )
            except dns.resolver.NXDOMAIN:
                return None
            except (dns.exception.DNSException, OSError, ValueError, NotImplementedError) as error:
                return _unanswered(error, most)


def _unanswered(error: Exception, seconds: float) -> Unanswered:
    """The first server that said or did something else than be silent, else all of them."""
    told: Any = getattr(error, "kwargs", {}).get("errors") or ()
    for server, _tcp, port, what, _response in told:
        if not isinstance(what, dns.exception.Timeout):
            address = str(server).removeprefix("Do53:").partition("@")[0]
            reason, words = _said(what)
            where = address if port == 53 else f"{address}:{port}"
            return Unanswered(reason, printable(f"{where} {words}", _MAX_DETAIL))
    if isinstance(error, dns.exception.Timeout):
        return Unanswered("silent", f"no answer within {seconds:g} s")
    return Unanswered("unreadable", printable(str(error) or type(error).__name__, _MAX_DETAIL))


def _said(what: object) -> tuple[Reason, str]:
    if what == _REFUSED:
        return "refused", "refuses the question (REFUSED)"
    if isinstance(what, str):
        return "failed", f"cannot answer ({what})"
    if isinstance(what, OSError):
        return "not-reached", f"cannot be reached: {what.strerror or what}"
    return "unreadable", f"answers with something that is no DNS: {type(what).__name__}"
