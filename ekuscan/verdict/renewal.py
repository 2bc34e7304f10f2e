"""What a slot's certificate is fit for now, and what the next renewal makes of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

from ekuscan.model import Certificate, Chain, Confidence, Stack
from ekuscan.policy.days import spoken
from ekuscan.policy.organization import organization_of
from ekuscan.record import record
from ekuscan.rules.tables import SlotChange, Tables
from ekuscan.verdict.facts import BROWSER_TRUST, CLIENT_AUTH, IN_TIME, SERVER_AUTH, UNCHANGED, SlotState, matches

_PUBLIC = frozenset({"public-chrome", "public-other"})


class Issuance(Protocol):
    """What a CA's next certificate may do: by default, and when asked."""

    @property
    def default(self) -> str: ...  # "server", "both", or "keep": what the present one has
    @property
    def on_request(self) -> bool: ...
    @property
    def on_request_until(self) -> date | None: ...
    @property
    def confidence(self) -> Confidence: ...
    @property
    def authority(self) -> str: ...
    @property
    def conflict(self) -> str | None: ...


class IssuancePolicy(Protocol):
    """The dated policy of the CAs, as `ekuscan.policy` answers it."""

    def issues_next(
        self, owner: str | None, organization: str | None, root: str | None, hierarchy_class: str, at: date
    ) -> Issuance: ...

    def best_issue_day(self, first: date, last: date) -> date: ...

    def lasts_until(self, issued: date) -> date: ...


@record
class SlotView:
    """A slot of one box with what is in it; ``certificate`` and ``chain`` are None where nobody saw it.

    ``on_request_until`` is the first day on which its CA no longer issues clientAuth when asked, None where no such
    day is known or it never did (``on_request`` tells which). A renewal on ``renew_on`` with clientAuth asked for is in
    time and lasts longest, to about ``renewed_until``. ``change`` is the row that says what a renewal does.
    ``fresh``: it is another certificate than the one that its peers were given.
    """

    slot: str
    sha256: str | None
    origin: str
    certificate: Certificate | None
    chain: Chain | None
    change: SlotChange | None
    hierarchy: str
    owner: str | None
    on_request: bool
    on_request_until: date | None
    next_default: str
    policy_confidence: Confidence | None
    policy_text: str
    conflict: str | None
    renew_on: date | None
    renewed_until: date | None
    fresh: bool = False


# A certificate that nobody saw may be any of these; what it becomes at a renewal is as open.
_EKUS = {
    "both": frozenset({SERVER_AUTH, CLIENT_AUTH}),
    "server": frozenset({SERVER_AUTH}),
    "client": frozenset({CLIENT_AUTH}),
    "neither": frozenset[str](),
}
_TIMES = (("", frozenset({IN_TIME})), (", not in time", frozenset[str]()))
_TRUST = (("", frozenset({BROWSER_TRUST})), (", not trusted by browsers", frozenset[str]()))
UNSEEN: tuple[SlotState, ...] = tuple(
    SlotState(
        f"{name}{late}{foreign}{' then ' + later if later != name else ''}",
        eku | in_time | trust | {UNCHANGED},
        _EKUS[later] | {IN_TIME} | trust,
    )
    for name, eku in _EKUS.items()
    for later in dict.fromkeys((name, "server"))
    for late, in_time in _TIMES
    for foreign, trust in _TRUST
)


def slot_view(
    slot: str,
    sha256: str | None,
    origin: str,
    certificate: Certificate | None,
    chain: Chain | None,
    acme: str | None,
    policy: IssuancePolicy,
    as_of: datetime,
    tables: Tables,
) -> SlotView:
    """What is known about a slot's certificate, its CA's policy included."""
    if certificate is None or chain is None:
        return SlotView(
            slot, None, "unseen", None, None, None, "unseen", None, False, None, "unknown", None, "", None, None, None
        )
    hierarchy = _hierarchy(chain)
    owner = chain.hierarchy.owner
    at = max(certificate.not_after or as_of, as_of).date()
    issuance = policy.issues_next(
        owner, organization_of(certificate.issuer), chain.hierarchy.root, chain.hierarchy.class_, at
    )
    asked = policy.issues_next(
        owner, organization_of(certificate.issuer), chain.hierarchy.root, chain.hierarchy.class_, as_of.date()
    )
    renew_on = _renew_on(certificate, asked, policy, as_of)
    return SlotView(
        slot=slot,
        sha256=sha256,
        origin=origin,
        certificate=certificate,
        chain=chain,
        change=_change(tables, hierarchy, owner, acme),
        hierarchy=hierarchy,
        owner=owner,
        on_request=hierarchy == "public" and (asked.on_request or asked.default != "server"),
        on_request_until=asked.on_request_until,
        next_default=issuance.default,
        policy_confidence=issuance.confidence if hierarchy != "private" else None,
        policy_text=_policy_text(asked, hierarchy),
        conflict=asked.conflict,
        renew_on=renew_on,
        renewed_until=policy.lasts_until(renew_on),
    )


def _renew_on(certificate: Certificate, asked: Issuance, policy: IssuancePolicy, as_of: datetime) -> date:
    """The best day for a renewal with clientAuth: before the certificate ends and while its CA still issues it."""
    today = as_of.date()
    days = [certificate.not_after.date() - timedelta(days=1)] if certificate.not_after is not None else []
    if asked.on_request_until is not None:
        days.append(asked.on_request_until - timedelta(days=1))
    return policy.best_issue_day(today, max(min(days, default=today), today))


def _policy_text(issuance: Issuance, hierarchy: str) -> str:
    """What the CA issues these days, as a sentence."""
    if hierarchy == "private" or issuance.default == "keep":
        return "Its CA is not touched by the root programmes' policy."
    condition = "If a public CA issued it: " if hierarchy == "undecided" else ""
    if issuance.default == "both":
        return f"{condition}{issuance.authority} issues both EKUs today."
    if not issuance.on_request:
        return f"{condition}{issuance.authority} issues serverAuth only."
    until = f", and from {spoken(issuance.on_request_until)} always" if issuance.on_request_until else ""
    doubt = " (sources disagree)" if issuance.conflict else ""
    return f"{condition}{issuance.authority} leaves clientAuth out unless it is asked for{until}{doubt}."


def _hierarchy(chain: Chain) -> str:
    """The slot changes know two kinds of CA: those under the root programmes' policy, and the others."""
    class_ = chain.hierarchy.class_
    if class_ in _PUBLIC:
        return "public"
    return "undecided" if class_ == "undecided" else "private"


def _change(tables: Tables, hierarchy: str, owner: str | None, acme: str | None) -> SlotChange | None:
    known = {"hierarchy": hierarchy, "owner": owner or "", "acme": acme or ""}
    for change in tables.changes:
        if all(matches(condition, known.get(condition.fact, "")) for condition in change.when):
            return change
    return None


def states(view: SlotView, stack: Stack, as_of: datetime, tables: Tables) -> tuple[SlotState, ...]:
    """What the slot is fit for in the eyes of a stack: one state where its issuer is certain, else one per reading."""
    if view.certificate is None or view.chain is None:
        return UNSEEN
    now = _met(view, stack, as_of)
    if view.hierarchy != "undecided":
        return (SlotState(eku_word(now), now, _renewed(now, view, stack, view.change)),)
    found = []
    # A public CA that the packed data does not know would be one that browsers trust; a private one is none.
    for hierarchy, met in (("public", now | {BROWSER_TRUST}), ("private", now)):
        change = _change(tables, hierarchy, view.owner, None)
        found.append(SlotState(hierarchy, met, _renewed(met, view, stack, change)))
    return tuple(found)


def eku_word(met: frozenset[str]) -> str:
    """The effective EKU among a set of met needs: "both", "server", "client" or "neither"."""
    ekus = met & {SERVER_AUTH, CLIENT_AUTH}
    return next(word for word, members in _EKUS.items() if members == ekus)


def _met(view: SlotView, stack: Stack, as_of: datetime) -> frozenset[str]:
    assert view.certificate is not None
    assert view.chain is not None
    met = set[str]() if view.fresh else {UNCHANGED}
    purpose = view.chain.effective_eku.get(stack)
    if purpose is not None and purpose.server_auth:
        met.add(SERVER_AUTH)
    if purpose is not None and purpose.client_auth:
        met.add(CLIENT_AUTH)
    if in_time(view.certificate, as_of):
        met.add(IN_TIME)
    chrome = view.chain.hierarchy.chrome
    if chrome.state == "trusted" or (chrome.state == "phase-out" and chrome.leaf_in_time):
        met.add(BROWSER_TRUST)
    return frozenset(met)


def in_time(certificate: Certificate, as_of: datetime) -> bool:
    """Whether both dates can be read and enclose the day; a date that cannot be read is not in time for any stack."""
    if certificate.not_before is None or certificate.not_after is None:
        return False
    return certificate.not_before <= as_of <= certificate.not_after


def _renewed(now: frozenset[str], view: SlotView, stack: Stack, change: SlotChange | None) -> frozenset[str]:
    kept = (now | {IN_TIME}) - {UNCHANGED}
    if change is None or change.effect == "keep" or view.next_default == "keep":
        return kept
    ekus = _EKUS["both"] if view.next_default == "both" else _EKUS["server"]
    return (kept - {SERVER_AUTH, CLIENT_AUTH}) | ekus
