"""What stands on each port of a box: its role's profile, its own deviations, and the certificates in its slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cached_property

from ekuscan.lab.api import ApiLogin, api_pages
from ekuscan.lab.appliance import SELF_SIGNED_SLOT, Behaviour, behaviour, conversation
from ekuscan.lab.authority import Credential, Leaf, issue, self_signed
from ekuscan.lab.estate import ANY_SLOT, Box, Estate, SlotPlan
from ekuscan.lab.faults import FAULTS
from ekuscan.lab.server import Handler, State
from ekuscan.lab.talk import Manners
from ekuscan.lab.tls import RequestChoice, Terms, server_context
from ekuscan.lab.worlds import World
from ekuscan.profiles.load import ProfilePort, profile
from ekuscan.protocols import BANNER_ONLY
from ekuscan.record import record

_SELF = "self"
# What an appliance of the lab can say; on ports of other protocols nothing listens.
_SPOKEN = frozenset({"https", "sips", "tls", "sip-udp"})
_WEB = SlotPlan(_SELF, "absent", ends_in=2000, valid_for=3650)


@record
class PortPlan:
    """One port of a box. ``credential`` and ``terms`` are None where no TLS is spoken or nothing listens."""

    port: int
    protocol: str
    state: State
    slot: str | None
    credential: Credential | None
    terms: Terms | None
    request: RequestChoice
    checks_eku: bool
    manners: Manners
    fault: str | None

    def conversation(self) -> Handler:
        """The handler of an ordinary TLS port."""
        if self.terms is None:
            raise ValueError(f"port {self.port} speaks no TLS")
        return conversation(server_context(self.terms), self.protocol, self.manners)


class BoxPorts:
    """The ports of one box. Certificates are issued once per slot, when a port or the targets file needs them."""

    def __init__(self, box: Box, estate: Estate, worlds: Mapping[str, World], today: datetime, login: ApiLogin) -> None:
        self.credentials: dict[str, Credential] = {}
        self._estate = estate
        self._login = login
        self._box = box
        self._worlds = worlds
        self._today = today

    def plans(self) -> Iterator[PortPlan]:
        """Every port that a scan dials, closed ones too."""
        for slot in self._box.slots:
            if slot != ANY_SLOT:
                self._credential(slot)
        rows = profile(self._box.role).ports
        for row in rows:
            if row.probe and (self._box.only is None or row.port in self._box.only):
                yield self._plan(row)
        for port in self._box.faults.keys() - {row.port for row in rows}:
            yield self._plan_beside(port)

    @cached_property
    def _behaviour(self) -> Behaviour:
        return behaviour(self._box.role, self._box.release)

    def _plan(self, row: ProfilePort) -> PortPlan:
        own, usual = self._box, self._behaviour
        state: State = "closed" if row.port in own.closed or row.protocol not in _SPOKEN else "open"
        if row.port in usual.closed and row.port not in own.opened:
            state = "closed"
        fault = own.faults.get(row.port)
        tls = row.protocol not in BANNER_ONLY and state == "open" and fault is None
        slot = (usual.shows.get(row.port) or row.slot or profile(own.role).default_slot) if tls else None
        credential = self._credential(slot) if slot is not None else None
        request = own.requests.get(row.port) or usual.requests.get(row.port, "none")
        checks = usual.checks_eku if own.checks_eku is None else own.checks_eku
        terms = self._terms(credential, request, checks, row.port in usual.names) if credential else None
        manners = self._with_api(usual.manners, credential) if row.protocol == "https" and credential else usual.manners
        return PortPlan(row.port, row.protocol, state, slot, credential, terms, request, checks, manners, fault)

    def _plan_beside(self, port: int) -> PortPlan:
        """A port that the profile does not have: there is nothing but its fault."""
        fault = self._box.faults[port]
        protocol = FAULTS[fault].protocol
        return PortPlan(port, protocol, "open", None, None, None, "none", True, self._behaviour.manners, fault)

    def _with_api(self, manners: Manners, certificate: Credential) -> Manners:
        pages = api_pages(self._box, self._estate, certificate)
        return replace(manners, pages={**manners.pages, **pages}, login=self._login.header)

    def _terms(self, credential: Credential, request: RequestChoice, checks_eku: bool, named: bool) -> Terms:
        roots = tuple(world.root for world in self._worlds.values())
        names = roots if named else ()
        return Terms((credential,), self._today, request, checks_eku, trusted=roots, names=names)

    def _credential(self, slot: str) -> Credential:
        if slot not in self.credentials:
            plan = self._box.slots.get(slot) or (_WEB if slot == SELF_SIGNED_SLOT else self._box.slots[ANY_SLOT])
            self.credentials[slot] = self._credential(plan) if isinstance(plan, str) else self._issued(plan)
        return self.credentials[slot]

    def _issued(self, plan: SlotPlan) -> Credential:
        midnight = datetime.combine(self._today.date(), time(), self._today.tzinfo)
        # The last second of a day, so that the days left are the same at every hour of today.
        last = midnight + timedelta(days=plan.ends_in + 1, seconds=-1)
        first = midnight + timedelta(days=plan.ends_in - plan.valid_for)
        name = self._box.server_name
        leaf = Leaf(name, first, last, plan.eku, (name,), plan.key)
        return self_signed(leaf) if plan.ca == _SELF else issue(self._worlds[plan.ca].issuing, leaf)
