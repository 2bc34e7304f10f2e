"""Chains as they are drawn: each certificate with what it allows, and the one that takes clientAuth away marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from ekuscan.extensions import ANY_EKU, CLIENT_AUTH, SERVER_AUTH
from ekuscan.model import Certificate, Chain, Run
from ekuscan.record import record
from ekuscan.report import marks
from ekuscan.report.page import Page
from ekuscan.report.table_details import hierarchy_words, shown_at

Allowed = Literal["yes", "no", "unlimited", "unreadable"]


@record
class Link:
    """One certificate of a chain. ``sent``: the peer sent it. ``blocks``: the stacks for which it takes a use away."""

    sha256: str
    place: str
    name: str
    issuer: str
    server: Allowed
    client: Allowed
    other: tuple[str, ...]
    ends: datetime | None
    ended: bool
    key: str
    flaws: tuple[str, ...]
    sent: bool
    blocks: tuple[str, ...]


@record
class View:
    """What the chain is fit for in the eyes of some stacks: ``S-`` and the like, as in the column EKU."""

    server: bool
    client: bool
    stacks: tuple[str, ...]


@record
class ChainCard:
    """``root`` is the anchor that the chain reaches, where it is none of the certificates that are drawn."""

    number: int
    id: str
    where: tuple[str, ...]
    links: tuple[Link, ...]
    root: str | None
    views: tuple[View, ...]
    told: tuple[str, ...]
    notes: tuple[str, ...]


def chain_cards(run: Run, page: Page, now: datetime) -> tuple[ChainCard, ...]:
    """Every chain of a run; those in which something takes clientAuth away come first."""
    where = shown_at(run, page)
    drawn = [(id_, chain, _links(chain, run, now)) for id_, chain in run.chains.items()]
    drawn.sort(key=lambda one: not any(link.blocks for link in one[2]))
    return tuple(
        ChainCard(
            number,
            id_,
            tuple(where.get(id_, ())),
            links,
            _root(chain, links),
            tuple(_views(chain)),
            tuple(word for word in hierarchy_words(chain, page) if word),
            (*chain.hierarchy.evidence, *(f"flaw: {flaw}" for flaw in chain.flaws)),
        )
        for number, (id_, chain, links) in enumerate(drawn, 1)
    )


def _links(chain: Chain, run: Run, now: datetime) -> tuple[Link, ...]:
    """What was sent, in its order, and behind it what is known to follow on the first path."""
    followed = chain.paths[0] if chain.paths else ()
    order = dict.fromkeys((*chain.presented, *followed))
    found = []
    for place, sha256 in enumerate(order):
        blocks = tuple(stack for stack, purpose in chain.effective_eku.items() if purpose.blocked_by == sha256)
        certificate = run.certificates.get(sha256)
        found.append(_link(sha256, certificate, place, sha256 in chain.presented, blocks, now))
    return tuple(found)


def _link(
    sha256: str, certificate: Certificate | None, place: int, sent: bool, blocks: tuple[str, ...], now: datetime
) -> Link:
    if certificate is None:
        return Link(sha256, "", "unreadable", "", "unreadable", "unreadable", (), None, False, "", (), sent, blocks)
    own = certificate.subject == certificate.issuer
    return Link(
        sha256,
        "end-entity" if place == 0 else "root" if own else "intermediate",
        marks.common_name(certificate.subject) or "no name",
        marks.common_name(certificate.issuer),
        _allows(certificate, SERVER_AUTH),
        _allows(certificate, CLIENT_AUTH),
        tuple(_others(certificate)),
        certificate.not_after,
        certificate.not_after is not None and certificate.not_after < now,
        certificate.key,
        certificate.flaws,
        sent,
        blocks,
    )


def _allows(certificate: Certificate, oid: str) -> Allowed:
    eku = certificate.eku
    if eku.state == "malformed":
        return "unreadable"
    if eku.state == "absent" or ANY_EKU in eku.oids:
        return "unlimited"
    return "yes" if oid in eku.oids else "no"


def _others(certificate: Certificate) -> Iterator[str]:
    for oid, name in zip(certificate.eku.oids, certificate.eku.names, strict=False):
        if oid not in (SERVER_AUTH, CLIENT_AUTH, ANY_EKU):
            yield name


def _root(chain: Chain, links: tuple[Link, ...]) -> str | None:
    root = chain.hierarchy.root
    return root if root is not None and all(link.name != root for link in links) else None


def _views(chain: Chain) -> Iterator[View]:
    found: dict[tuple[bool, bool], list[str]] = {}
    for stack, purpose in chain.effective_eku.items():
        found.setdefault((purpose.server_auth, purpose.client_auth), []).append(stack)
    for (server, client), stacks in found.items():
        yield View(server, client, tuple(stacks))
