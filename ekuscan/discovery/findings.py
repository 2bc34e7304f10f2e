"""What is wrong with the records of a domain, or could not be seen: a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ekuscan.discovery.views import (
    TITLES,
    Answered,
    Discovery,
    DomainSeen,
    HostSeen,
    Seen,
    Service,
    Unanswered,
    ViewName,
)
from ekuscan.targets.address import label
from ekuscan.targets.errors import one_of

_NOT_OFFERED = "."
# Stands for the views in which something is so. No name and no word of the table has it.
_VIEW = "\0"


def findings(seen: Discovery) -> tuple[str, ...]:
    """What a person has to look at, in the order of the records; what is so in several views is said once."""
    views: dict[str, dict[ViewName, None]] = {}
    for view, sentence in _findings(seen):
        views.setdefault(sentence, {})[view] = None
    return tuple(sentence.replace(_VIEW, _and([TITLES[view] for view in names])) for sentence, names in views.items())


def unseen(seen: Discovery) -> tuple[str, ...]:
    """What had no answer or no domain, so that nothing is known of it."""
    return tuple(dict.fromkeys(_unseen(seen)))


def named(services: Iterable[Service]) -> str:
    """Services as a person reads them: "exp-e1.example.com:8443 and exp-e2.example.com:8443"."""
    words = list(dict.fromkeys(f"{label(service.host)}:{service.port}" for service in services))
    return _and(words)


def _and(words: Sequence[str]) -> str:
    return " and ".join(one_of(words, limit=4).rsplit(" or ", 1))


def _findings(seen: Discovery) -> Iterator[tuple[ViewName, str]]:
    there = {one.domain for one in seen.domains if one.exists}
    for domain in seen.domains:
        if domain.domain in there and not domain.exists and domain.unanswered is None:
            yield domain.view, f"{domain.domain} does not exist in {_VIEW}"
    for record in seen.records:
        if isinstance(record.answer, Answered):
            yield from ((record.view, sentence) for sentence in _of_record(record, record.answer))
    for host in seen.hosts:
        yield from ((host.view, sentence) for sentence in _of_host(host, seen.records))


def _of_record(record: Seen, answer: Answered) -> Iterator[str]:
    row = record.row
    offered = [service for service in answer.services if service.host != _NOT_OFFERED]
    if offered and row.public == "never" and record.view == "external":
        yield f"{record.owner} resolves in {_VIEW} ({named(offered)}): {row.if_public}"
    wanted = row.public if record.view == "external" else row.internal if record.view == "internal" else "may"
    if wanted == "must" and not answer.services and not answer.odd:
        yield f"{record.owner} is missing in {_VIEW}: {row.if_missing}"
    if answer.services and not offered:
        yield f"{record.owner} says in {_VIEW} that the service is not offered (its target is a dot)"
    apart = [service for service in offered if row.apart is not None and service.port == row.apart.port]
    if apart and row.apart is not None:
        yield f"{record.owner} has {named(apart)} in {_VIEW}: {row.apart.why}"
    for odd in answer.odd:
        yield f"{record.owner} points to {odd} in {_VIEW}, which is no host name"
    if answer.cut:
        yield f"{record.owner} has more services in {_VIEW} than are taken: the first {len(answer.services)} are"


def _of_host(host: HostSeen, records: Iterable[Seen]) -> Iterator[str]:
    owners = dict.fromkeys(
        record.owner
        for record in records
        if record.view == host.view and isinstance(record.answer, Answered)
        if any(service.host == host.host for service in record.answer.services)
    )
    who = _and(list(owners))
    if host.alias_of is not None:
        yield (
            f"{who} points to {host.host} in {_VIEW}, an alias of {host.alias_of}: a target has to be a "
            "name with addresses of its own (RFC 2782), and some clients take no alias"
        )
    if not host.addresses and host.unanswered is None:
        yield f"{who} points to {host.host} in {_VIEW}, which has no address there"


def _unseen(seen: Discovery) -> Iterator[str]:
    there = {one.domain for one in seen.domains if one.exists}
    for domain in seen.domains:
        if domain.unanswered is not None:
            yield f"{_view(domain)}: nothing is known of {domain.domain}: {domain.unanswered.detail}"
        elif domain.domain not in there:
            yield f"{_view(domain)}: {domain.domain} does not exist; is it written right?"
    for record in seen.records:
        if isinstance(record.answer, Unanswered):
            yield f"{_view(record)}: nothing is known of {record.owner}: {record.answer.detail}"
    for host in seen.hosts:
        if host.unanswered is not None:
            yield f"{_view(host)}: the addresses of {host.host} are not known: {host.unanswered.detail}"


def _view(seen: DomainSeen | Seen | HostSeen) -> str:
    return TITLES[seen.view]
