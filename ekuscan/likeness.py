"""Boxes that are alike in every fact that a rule reads are judged once.

In a large estate most boxes that nothing joins to others differ in name, certificate and dates only. One of them is
judged under stand-in words; for the others the words are replaced. The verdicts are the same as if each were judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ekuscan.model import Certificate, Chain, SlotContent, Target
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.rules.tables import Tables
from ekuscan.verdict.estate import Seen
from ekuscan.verdict.renewal import Issuance, IssuancePolicy, SlotView, in_time, slot_view

# A private-use character, so that a stand-in is found nowhere else.
_MARK = "\ue000"
_BOX, _LEAF = f"{_MARK}box{_MARK}", f"{_MARK}leaf{_MARK}"
# What stands in for notAfter has microseconds, which no certificate has; the days are named by no policy.
_MICROSECOND = 654_321
_ENDED, _ENDS_LATER = datetime(1111, 1, 1, tzinfo=UTC), datetime(9933, 3, 3, tzinfo=UTC)
_LATER, _NOW, _LASTS = date(9911, 11, 11), date(1111, 1, 11), date(9922, 2, 22)


class StandInPolicy:
    """The CAs' policy, with one day in place of the best one for a renewal and one for the end that it gives.

    What a CA issues on the day ``stand_in`` is what it issues on the day ``ends``.
    """

    def __init__(self, policy: IssuancePolicy, renew_on: date, stand_in: date, ends: date) -> None:
        self._policy = policy
        self._renew_on = renew_on
        self._days = {stand_in: ends}

    def issues_next(
        self, owner: str | None, organization: str | None, root: str | None, hierarchy_class: str, at: date
    ) -> Issuance:
        return self._policy.issues_next(owner, organization, root, hierarchy_class, self._days.get(at, at))

    def best_issue_day(self, first: date, last: date) -> date:
        return self._renew_on

    def lasts_until(self, issued: date) -> date:
        return _LASTS


@record
class Likeness:
    """What a lone box is like. ``key`` is equal for boxes that are alike.

    ``words`` and ``instants`` are pairs of a stand-in and this box's own; an instant as it is written is among the
    words. ``stand_in`` makes the box and its policy under stand-in words, which only the first of its kind needs.
    """

    key: tuple[object, ...]
    words: tuple[tuple[str, str], ...]
    instants: tuple[tuple[datetime, datetime], ...]
    stand_in: Callable[[], tuple[Seen, IssuancePolicy]]


def likeness(seen: Seen, policy: IssuancePolicy, tables: Tables, limits: Iterable[int]) -> Likeness | None:
    """The likeness of an estate of one box of which one certificate was seen; None for any other estate.

    ``limits`` are the numbers of days from ``as_of`` with which the end of a certificate is compared.
    """
    target = _lone_box(seen)
    content = _only_content(target) if target is not None else None
    if target is None or content is None or content.sha256 is None or content.chain is None:
        return None
    leaf, chain = seen.certificates[content.sha256], seen.chains[content.chain]
    acme = target.settings.get("acme")
    view = _view(content, leaf, chain, acme.value if acme else None, policy, seen.as_of, tables)
    if leaf.not_after is None or view.renew_on is None or view.renewed_until is None:
        return None
    later = view.renew_on > seen.as_of.date()
    moment = _stand_in(leaf.not_after, seen.as_of, limits)
    if moment.date() == seen.as_of.date():
        return None  # what its CA issues today and on that day could not be told apart
    # The box's name comes last: it is the only word that a person chose, and could hold any other.
    words = (
        (_LEAF, content.sha256),
        (_written(moment), _written(leaf.not_after)),
        (spoken(_LATER), spoken(view.renew_on)),
        (spoken(_LASTS), spoken(view.renewed_until)),
        (_BOX, target.id),
    )
    key = (*_box_facts(target, seen), *_leaf_facts(leaf, chain, view, seen.as_of), later, moment)
    dated = StandInPolicy(policy, _LATER if later else _NOW, moment.date(), leaf.not_after.date())
    return Likeness(
        key,
        words,
        ((moment, leaf.not_after),),
        lambda: (_under_stand_ins(seen, target, replace(leaf, not_after=moment)), dated),
    )


def _stand_in(ends: datetime, as_of: datetime, limits: Iterable[int]) -> datetime:
    """An instant that is to ``as_of`` and to the limits as the end of the certificate is: past, within, or later."""
    if ends < as_of:
        return _ENDED.replace(microsecond=_MICROSECOND)
    within = [limit for limit in limits if ends <= as_of + timedelta(days=limit)]
    latest = as_of + timedelta(days=min(within), seconds=-1) if within else _ENDS_LATER
    return latest.replace(microsecond=_MICROSECOND)


def _view(
    content: SlotContent,
    leaf: Certificate,
    chain: Chain,
    acme: str | None,
    policy: IssuancePolicy,
    as_of: datetime,
    tables: Tables,
) -> SlotView:
    """The slot's view, remembered for certificates of one issuer that end on one day."""
    known: dict[object, SlotView] = tables.derived("views", dict)
    ends = leaf.not_after.date() if leaf.not_after else None
    h = chain.hierarchy
    key = (content.slot, content.from_, leaf.issuer, ends, h.class_, h.owner, h.root, acme, as_of, id(policy))
    if key not in known:
        known[key] = slot_view(content.slot, content.sha256, content.from_, leaf, chain, acme, policy, as_of, tables)
    return known[key]


def _lone_box(seen: Seen) -> Target | None:
    if len(seen.targets) != 1 or seen.connections or seen.fresh:
        return None
    (target,) = seen.targets.values()
    return None if target.cluster is not None or _MARK in target.id else target


def _only_content(target: Target) -> SlotContent | None:
    known = [slot for slot in target.slots if slot.sha256 is not None]
    return known[0] if len({slot.sha256 for slot in known}) == 1 else None


def _box_facts(target: Target, seen: Seen) -> tuple[object, ...]:
    slots = tuple(
        (slot.slot, slot.from_, slot.sha256 is not None, tuple(seen.services.get(name) for name in slot.endpoints))
        for slot in target.slots
    )
    settings = tuple(sorted((name, fact.value, fact.from_) for name, fact in target.settings.items()))
    requests = tuple(sorted((service, request) for (_, service), request in seen.requests.items()))
    experiments = tuple(sorted((service, shown) for (_, service), shown in seen.experiments.items()))
    return (target.role, target.role_from, target.release, target.release_from, settings, slots, requests, experiments)


def _leaf_facts(leaf: Certificate, chain: Chain, view: SlotView, as_of: datetime) -> tuple[object, ...]:
    """Everything of a certificate, its chain and its CA's policy that a verdict or a remedy can depend on."""
    return (
        in_time(leaf, as_of),
        chain.hierarchy.class_,
        chain.hierarchy.chrome,
        tuple((stack, p.server_auth, p.client_auth) for stack, p in chain.effective_eku.items()),
        *(view.hierarchy, view.owner, view.change.id if view.change else None),
        *(view.on_request, view.on_request_until, view.next_default, view.policy_text, view.policy_confidence),
    )


def _under_stand_ins(seen: Seen, target: Target, leaf: Certificate) -> Seen:
    slots = tuple(replace(slot, sha256=_LEAF) if slot.sha256 is not None else slot for slot in target.slots)
    return replace(
        seen,
        targets={_BOX: replace(target, id=_BOX, slots=slots)},
        certificates={_LEAF: leaf},
        requests={(_BOX, service): request for (_, service), request in seen.requests.items()},
        experiments={(_BOX, service): shown for (_, service), shown in seen.experiments.items()},
    )


def _written(moment: datetime) -> str:
    """An instant as JSON has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
