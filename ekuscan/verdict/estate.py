"""The estate as the rules see it: boxes with their facts as variables, and the links between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any, TypeVar

from ekuscan.model import (
    Certificate,
    Chain,
    Connection,
    Fact,
    Request,
    RoleName,
    SlotContent,
    Stack,
    Target,
)
from ekuscan.record import record
from ekuscan.rules.tables import Condition, Setting, SlotAlias, Tables
from ekuscan.verdict.experiments import Experiment
from ekuscan.verdict.facts import CaList, Link, SlotState, Value, Variable, matches, release_variable, setting_variable
from ekuscan.verdict.renewal import IssuancePolicy, SlotView, slot_view, states

T = TypeVar("T")


@record
class Seen:
    """Everything the verdicts are computed from.

    ``requests`` holds, by target and service, whether it asked us for a certificate, ``experiments`` what it did with
    ours; ``services`` the service of an endpoint; ``hosts``, by target, the names and addresses by which it is reached.
    ``ca_lists`` holds, by target and service, the CAs that it was seen to accept client certificates from.
    ``trusted_cas`` holds, by target, all CAs that it was told to trust.
    ``far_ends``: use cases are also judged against far ends that the inventory does not name.
    ``fresh`` names, by target, slot and fingerprint, what takes the place of the certificate that peers were given.
    """

    targets: Mapping[str, Target]
    connections: Sequence[Connection]
    certificates: Mapping[str, Certificate]
    chains: Mapping[str, Chain]
    as_of: datetime
    requests: Mapping[tuple[str, str], Request] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[tuple[str, str], Experiment] = field(default_factory=dict)
    far_ends: bool = True
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ca_lists: Mapping[tuple[str, str], CaList] = field(default_factory=dict)
    fresh: frozenset[tuple[str, str, str]] = frozenset()
    trusted_cas: Mapping[str, CaList] = field(default_factory=dict)


class Box:
    """One end of a link: a target, or a far end that is not in the inventory."""

    def __init__(
        self,
        name: str,
        role: RoleName,
        target: Target | None,
        seen: Seen,
        tables: Tables,
        policy: IssuancePolicy,
    ) -> None:
        self.name = name
        self.role = role
        self.target = target
        self._seen = seen
        self.tables = tables
        self._policy = policy
        self._variables: dict[str, Variable] = {}
        self._views: dict[str, SlotView] = {}

    @property
    def in_file(self) -> bool:
        return self.target is not None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names and addresses by which it is reached, as they were written; none where nobody said."""
        return self._seen.hosts.get(self.name, ())

    def stack(self) -> Stack:
        """The TLS stack that judges certificates on this box: declared, else its verifier row's."""
        declared = self.target.settings.get("stack") if self.target else None
        if declared is not None:
            stack: Stack = declared.value  # type: ignore[assignment]
            return stack
        return self.tables.stack(self.role)

    def fact(self, name: str) -> Variable:
        """A fact of this box: "role", "release", or a setting."""
        if name not in self._variables:
            self._variables[name] = self._make(name)
        return self._variables[name]

    def _make(self, name: str) -> Variable:
        if name == "role":
            return Variable(f"{self.name}.role", (self.role,), self.target.role_from if self.target else "default")
        if name == "release":
            release = self.target.release if self.target else None
            origin = self.target.release_from if self.target else ""
            return release_variable(self.tables, self.name, self.role, release, origin)
        declared = self.target.settings.get(name) if self.target else None
        if name == "client_eku" and declared is None:
            return self._told_by_stack(self.tables.settings[name])
        return setting_variable(self.name, self.tables.settings[name], declared or self._told_by_slot(name))

    def _told_by_stack(self, setting: Setting) -> Variable:
        """What the TLS stack that was declared for this box does by default, where nobody said what the box does.

        It is no more than a default, which the application can override: it is assumed only where it makes the answer
        worse.
        """
        variable = setting_variable(self.name, setting, None)
        declared = self.target is not None and "stack" in self.target.settings
        habit = self.tables.stacks.get(self.stack()) if declared else None
        if habit is None:
            return variable
        told = "do" if habit.client_eku == "checked" else "do not"
        question = f"{setting.question} Servers on {habit.stack} {told} by default, and the application can differ."
        return replace(variable, default=habit.client_eku, question=question)

    def fact_of(self, name: str, slot: str) -> Variable:
        """A fact as it stands for one slot: of a setting that speaks of several slots, what was seen in this one."""
        told = self._told_by_content(name, slot) if self.speaks_of_several(name) else None
        if told is None:
            return self.fact(name)
        own = setting_variable(self.name, self.tables.settings[name], told)
        return replace(own, key=f"{own.key}/{slot}", name=own.key)

    def _told_by_slot(self, setting: str) -> Fact | None:
        """What the one slot that a setting speaks of tells about it."""
        slots = self._governed(setting)
        return self._told_by_content(setting, *slots) if len(slots) == 1 else None

    def _told_by_content(self, setting: str, slot: str) -> Fact | None:
        """A certificate that was seen in its slot is what that slot holds: whether it is a copy is no question then."""
        condition, content = self._governed(setting).get(slot), self._content(slot, None)
        if condition is None or content is None:
            return None
        own = next((v for v in self.tables.settings[setting].values if v not in condition.values), None)
        return Fact(own, "observed" if content.from_ == "port" else "declared") if own else None

    def speaks_of_several(self, setting: str) -> bool:
        """Whether a setting speaks of several slots at once, on this product or on another."""
        slots: dict[str, set[str]] = self.tables.derived("slots of settings", dict)
        if not slots:
            for row in self.tables.aliases:
                for condition in row.when:
                    slots.setdefault(condition.fact, set()).add(row.slot)
        return setting in self.tables.settings and len(slots.get(setting, ())) > 1

    def _governed(self, setting: str) -> Mapping[str, Condition]:
        """The slots of which a setting says whether they are one with another, each with when it says so."""
        known: dict[tuple[str, str], Mapping[str, Condition]] = self.tables.derived("slots governed", dict)
        if (self.role, setting) not in known:
            rows = (alias for alias in self.tables.aliases if self.role in alias.roles)
            found = {row.slot: condition for row in rows for condition in row.when if condition.fact == setting}
            known[self.role, setting] = found
        return known[self.role, setting]

    def is_one(self, alias: SlotAlias) -> bool:
        """Whether two slots are one with each other whatever is not known."""
        facts = (self.fact_of(c.fact, alias.slot).values for c in alias.when)
        return all(all(matches(c, v) for v in values) for c, values in zip(alias.when, facts, strict=True))

    def unsaid(self, alias: SlotAlias) -> bool:
        """Whether two slots are one with each other unless somebody says otherwise: by the default of a setting."""
        facts = ((c, self.fact_of(c.fact, alias.slot)) for c in alias.when)
        return all(one.default is not None and matches(c, one.default) and not one.known for c, one in facts)

    def may_be_one(self, alias: SlotAlias) -> bool:
        """Whether two slots are one with each other for some values of what is not known."""
        facts = (self.fact_of(c.fact, alias.slot).values for c in alias.when)
        return all(any(matches(c, v) for v in values) for c, values in zip(alias.when, facts, strict=True))

    def has(self, setting: str) -> bool:
        return self.target is not None and setting in self.target.settings

    def certainly(self, conditions: Sequence[Condition]) -> bool:
        """Whether conditions on this box's facts hold whatever is not known."""
        return all(all(matches(c, value) for value in self.fact(c.fact).values) for c in conditions)

    def perhaps(self, conditions: Sequence[Condition]) -> bool:
        """Whether conditions on this box's facts hold for some values of what is not known."""
        return all(any(matches(c, value) for value in self.fact(c.fact).values) for c in conditions)

    def view(self, slot: str, service: str | None = None) -> SlotView:
        """A slot with its content; where ports disagree, the content that the service's own port showed."""
        several = self.target is not None and sum(c.slot == slot for c in self.target.slots) > 1
        key = f"{slot}/{service}" if several else slot
        if key not in self._views:
            self._views[key] = self._make_view(slot, service)
        return self._views[key]

    def _make_view(self, slot: str, service: str | None) -> SlotView:
        content = self._content(slot, service)
        return self._view_of(content or SlotContent(slot, None, None, "unseen"))

    def _view_of(self, content: SlotContent) -> SlotView:
        sha256, chain = content.sha256, content.chain
        acme = self.target.settings.get("acme") if self.target else None
        view = slot_view(
            content.slot,
            sha256,
            content.from_,
            self._seen.certificates.get(sha256) if sha256 else None,
            self._seen.chains.get(chain) if chain else None,
            acme.value if acme else None,
            self._policy,
            self._seen.as_of,
            self.tables,
        )
        return replace(view, fresh=True) if (self.name, content.slot, sha256) in self._seen.fresh else view

    def _content(self, slot: str, service: str | None) -> SlotContent | None:
        return next(iter(self._contents(slot, service)), None)

    def _contents(self, slot: str, service: str | None) -> list[SlotContent]:
        """What was seen in a slot: of several chains the one that the service's own port showed, else all of them."""
        contents = [c for c in self.target.slots if c.slot == slot and c.chain] if self.target else []
        by_port = [c for c in contents if any(self._seen.services.get(e) == service for e in c.endpoints)]
        return by_port if service is not None and len(by_port) == 1 else contents

    def slot(self, slot: str, stack: Stack, service: str | None = None) -> Variable:
        """What a slot's certificate is fit for in the eyes of a stack, as a variable."""
        if len(self._contents(slot, service)) > 1:
            return self._several(slot, stack, service)
        view = self.view(slot, service)
        # The key names the content and not the service: what two services show is one fact where it is one chain.
        key = f"slot:{slot}@{stack}/{view.sha256 or ''}"
        if key not in self._variables:
            found: tuple[Value, ...] = states(view, stack, self._seen.as_of, self.tables)
            question = f"Did a public CA issue {self.name}'s {slot} certificate? Name its root under trust: if not."
            self._variables[key] = Variable(
                f"{self.name}.{key}",
                found,
                view.origin,
                question,
                unseen=view.certificate is None,
                name=f"{self.name}'s {slot} certificate"
                if view.certificate is None
                else f"{self.name}.{slot}.hierarchy",
            )
        return self._variables[key]

    def _several(self, slot: str, stack: Stack, service: str | None) -> Variable:
        """Different certificates that were shown for one slot: which of them is used when it counts is not known."""
        contents = self._contents(slot, service)
        found: list[Value] = []
        for content, label in zip(contents, self._told_apart(contents), strict=True):
            for state in states(self._view_of(content), stack, self._seen.as_of, self.tables):
                found.append(SlotState(label, state.now, state.next))
        apart = len({content.endpoints for content in contents}) == len(contents)
        what = "Its ports show different certificates" if apart else "It has several certificates for one port"
        question = f"{what}: which one does {self.name} use here?"
        name = f"{self.name}.{slot}.certificate"
        return Variable(f"{self.name}.slot:{slot}@{stack}/several", tuple(found), "port", question, name=name)

    def certificates(self, slot: str, service: str | None = None) -> list[Certificate]:
        """The certificates that were seen in a slot: of several the one that the service's own port showed."""
        seen = (self._seen.certificates.get(content.sha256 or "") for content in self._contents(slot, service))
        return [certificate for certificate in seen if certificate is not None]

    def _told_apart(self, contents: Sequence[SlotContent]) -> list[str]:
        """What tells the contents of one slot from each other: their ports, else their kinds of key."""
        ports = [f"as on {', '.join(content.endpoints) or content.from_}" for content in contents]
        if len(set(ports)) == len(contents):
            return ports
        shown = [self._seen.certificates.get(content.sha256 or "") for content in contents]
        keys = [f"its {one.key.partition(' ')[0]} certificate" if one is not None else "" for one in shown]
        if len(set(keys)) == len(contents):
            return keys
        return [f"its chain {(content.chain or '')[:12]}" for content in contents]


class Estate:
    """All boxes and links of one judgement."""

    def __init__(self, seen: Seen, tables: Tables, policy: IssuancePolicy) -> None:
        self.seen = seen
        self.tables = tables
        self.policy = policy
        self.boxes = {name: Box(name, t.role, t, seen, tables, policy) for name, t in seen.targets.items()}
        self._far: dict[tuple[str, str], Box] = {}
        self._derived: dict[object, Any] = {}
        self.clusters: dict[str, list[str]] = {}
        for name, target in seen.targets.items():
            if target.cluster:
                self.clusters.setdefault(target.cluster, []).append(name)

    def derived(self, key: object, make: Callable[[], T]) -> T:
        """Something worked out from this estate once, kept with it."""
        if key not in self._derived:
            self._derived[key] = make()
        found: T = self._derived[key]
        return found

    def far_end(self, name: str, role: str) -> Box:
        """A far end that is not in the inventory; nothing is known about it."""
        key = (name, role)
        if key not in self._far:
            far_role: RoleName = role  # type: ignore[assignment]
            self._far[key] = Box(name, far_role, None, self.seen, self.tables, self.policy)
        return self._far[key]

    def members(self, end: str) -> tuple[str, ...]:
        """The targets behind the name of a target or cluster."""
        return (end,) if end in self.boxes else tuple(self.clusters.get(end, ()))

    def link_fact(self, link: Link, name: str) -> Variable:
        """A setting of a link: declared, or seen on the answering port, or open."""
        setting = self.tables.settings[name]
        fact = link.settings.get(name)
        if fact is None and setting.observed_as == "CertificateRequest":
            fact = self._observed_request(link)
        return setting_variable(link.key, setting, fact)

    def asks_nobody(self, link: Link) -> bool:
        """Whether the answering port was seen to ask us for no certificate; it may still ask others."""
        return self._request(link) == "none"

    def _observed_request(self, link: Link) -> Fact | None:
        """A request that was seen says that the port is mutual; that none was seen says nothing about other peers."""
        return Fact("on", "observed") if self._request(link) in ("optional", "required") else None

    def _request(self, link: Link) -> Request | None:
        """Whether the answering end asked us for a certificate on the port that it answers the use case on."""
        box = self.boxes.get(link.answers)
        service = self.tables.use_cases[link.use_case].service(box.role) if box is not None else None
        return self.seen.requests.get((link.answers, service or ""))
