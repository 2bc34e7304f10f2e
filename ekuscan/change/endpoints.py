"""What endpoints show otherwise than before: another certificate, another request, nothing any more, something again.

What was not seen is not compared. An endpoint that does not answer is news once it did not in so many runs in a row,
and one that comes back only if its absence was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ekuscan.change.compared import Compared, Past
from ekuscan.change.drafts import Drafts
from ekuscan.model import Chain, Enforces, Observation, Request, Sight
from ekuscan.named_sights import named_sights
from ekuscan.news import ChangeKind
from ekuscan.observation import ANSWERED
from ekuscan.record import record


@record
class Absent:
    """Endpoints that did not answer, and whose absence is not told.

    ``unconfirmed`` are those that did not answer the later run, too few times in a row, ``doubtful`` their targets;
    ``untried`` counts those that the later run did not look at. ``past`` says, by target, what was there before an
    absence that was never told, or is told only now.
    """

    unconfirmed: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    untried: set[str] = field(default_factory=set)
    past: dict[str, Past] = field(default_factory=dict)
    longest: dict[str, tuple[int, str]] = field(default_factory=dict)

    def remember(self, one: Observation, past: Past) -> None:
        """Of several endpoints of a target the one that was absent longest counts."""
        target, place = one.endpoint.target, (past.unseen, one.endpoint.id)
        if past.last is not None and place > self.longest.get(target, (-1, "")):
            self.longest[target] = place
            self.past[target] = past


def endpoint_changes(compared: Compared, drafts: Drafts) -> Absent:
    """Put what differs into ``drafts``; returns what is known of the absent."""
    absent = Absent()
    for before, after in compared.endpoints:
        if before is not None and after is not None:
            _both(before, after, compared, drafts, absent)
        elif after is not None and compared.before.complete and after.status != "skipped":
            word = "answers" if after.status in ANSWERED else "does not answer"
            drafts.at("endpoint-new", (after.endpoint.target, word), endpoint=after.endpoint, after=word)
        elif before is not None and compared.after.complete:
            drafts.at("endpoint-gone", (before.endpoint.target,), endpoint=before.endpoint)
        elif before is not None:
            absent.untried.add(before.endpoint.id)
    return absent


def _both(before: Observation, after: Observation, compared: Compared, drafts: Drafts, absent: Absent) -> None:
    if after.status == "skipped":
        absent.untried.add(after.endpoint.id)
        return
    answered = before.status in ANSWERED
    # What is away in both runs is asked for only where an absence has to last before it is told.
    asked = not answered and (after.status in ANSWERED or before.status == "skipped" or compared.confirm > 1)
    past = compared.past(after.endpoint.id) if asked else None
    if after.status not in ANSWERED:
        _silent(before, after, past, compared, drafts, absent)
        return
    if answered:
        _shown(before, after, compared, drafts)
        return
    told = past is None or past.last is None or past.unseen >= compared.confirm
    if before.status != "skipped" and told:
        drafts.at("back", (after.endpoint.target,), endpoint=after.endpoint)
    elif past is not None:
        absent.remember(after, past)
    if past is not None and past.last is not None and past.last.status in ANSWERED:
        _shown(past.last, after, compared, drafts)


def _silent(
    before: Observation, after: Observation, past: Past | None, compared: Compared, drafts: Drafts, absent: Absent
) -> None:
    """An endpoint that did not answer the later run."""
    if before.status in ANSWERED:
        streak = 1
    elif past is not None and past.last is not None:
        streak = past.unseen + 1
    elif before.status == "skipped":
        absent.untried.add(after.endpoint.id)
        return
    else:
        # It did not answer before, and nobody knows of a time when it did: that is no change.
        return
    if streak < compared.confirm:
        absent.unconfirmed.add(after.endpoint.id)
        absent.doubtful.add(after.endpoint.target)
    elif streak == compared.confirm:
        drafts.at("lost", (after.endpoint.target,), endpoint=after.endpoint, after=_reason(after))
        if past is not None:
            absent.remember(after, past)


def _reason(after: Observation) -> str | None:
    return after.failure.reason if after.failure is not None else None


def _shown(before: Observation, after: Observation, compared: Compared, drafts: Drafts) -> None:
    """What differs of an endpoint that both runs saw."""
    endpoint = after.endpoint
    was, is_ = _chains(before), _chains(after)
    for offer in sorted(was.keys() & is_.keys()):
        if was[offer] == is_[offer]:
            continue
        leaf, new = _leaf(compared.chain(was[offer])), _leaf(compared.chain(is_[offer]))
        if leaf is None or new is None:
            continue
        kind: ChangeKind = "certificate" if leaf != new else "chain"
        key = (leaf, new) if leaf != new else (was[offer], is_[offer])
        drafts.at(kind, key, endpoint=endpoint, what=endpoint.slot, certificates=(leaf, new))
    asked = _request(before), _request(after)
    if "unknown" not in asked and asked[0] != asked[1]:
        drafts.at("request", (endpoint.target, *asked), endpoint=endpoint, before=asked[0], after=asked[1])
    _named_cas(before, after, drafts)
    told = [one.banner.release if one.banner is not None else None for one in (before, after)]
    if told[0] is not None and told[1] is not None and told[0] != told[1]:
        drafts.at("release", (endpoint.target,), endpoint.target, before=told[0], after=told[1])
    does = _enforces(before), _enforces(after)
    if "undecided" not in does and does[0] != does[1]:
        drafts.at("enforcement", (endpoint.target, *does), endpoint=endpoint, before=does[0], after=does[1])


def _chains(one: Observation) -> Mapping[str, str]:
    """The chain that each offer brought, without those that a certificate of ours brought."""
    return {sight.offer: sight.chain for sight in reversed(named_sights(one)) if sight.chain is not None}


def _leaf(chain: Chain | None) -> str | None:
    if chain is None or not chain.presented:
        return None
    return chain.paths[0][0] if chain.paths and chain.paths[0] else chain.presented[0]


def _request(one: Observation) -> Request:
    asked = (sight.client_certificate.request for sight in named_sights(one))
    return next((request for request in asked if request != "unknown"), "unknown")


def _enforces(one: Observation) -> Enforces:
    return one.enforcement.value if one.enforcement is not None else "undecided"


def _named_cas(before: Observation, after: Observation, drafts: Drafts) -> None:
    """The CAs that a peer takes client certificates from, where it says so both times and to the end."""
    sights = _asking(before), _asking(after)
    if sights[0] is None or sights[1] is None or before.ca_names_cut or after.ca_names_cut:
        return
    was, is_ = (frozenset(one.client_certificate.ca_names) for one in sights if one is not None)
    if was != is_:
        endpoint = after.endpoint
        come, gone = sorted(is_ - was), sorted(was - is_)
        key = (endpoint.target, *(f"+{name}" for name in come), *(f"-{name}" for name in gone))
        draft = drafts.at("ca-names", key, endpoint=endpoint, before=str(len(was)), after=str(len(is_)))
        draft.what.update(key[1:])


def _asking(one: Observation) -> Sight | None:
    sights = (sight for sight in named_sights(one) if sight.client_certificate.request in ("optional", "required"))
    return next(sights, None)
