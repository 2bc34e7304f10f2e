"""Paths from a presented certificate to the CAs that are known, and what is wrong with how a chain was sent.

A verifier builds its own path, from what was sent and from what it has. So every path is followed: through certificates
that were sent, in whatever order, through the trust data, and through the site's own trust anchors. A certificate
issued another if its subject is the other's issuer byte for byte, their key identifiers agree where both exist, and its
key made the signature. Nothing here looks at a clock: whether a certificate is valid today is asked elsewhere.

Everything is bounded, since a peer may send loops and fans: certificates looked at, signatures checked, paths, length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ekuscan.certificates import ParsedCertificate
from ekuscan.record import record
from ekuscan.trust import TrustEntry, TrustStore

DUPLICATE = "duplicate certificate"
OUT_OF_ORDER = "out of order"
UNRELATED = "unrelated certificate sent"
ROOT_INCLUDED = "root included"
ISSUER_NOT_SENT = "issuing certificate not sent"
BAD_SIGNATURE = "signature does not verify with the issuer sent"
ISSUER_NOT_CA = "issuer sent is not a CA certificate"
UNREADABLE = "not a certificate"
NOT_ALL_FOLLOWED = "more certificates sent than are followed"

MAX_SENT = 24
MAX_PATHS = 32
MAX_LENGTH = 12
_MAX_CHECKS = 96
_MAX_STEPS = 512
_MAX_POOLS = 1024


@record
class Link:
    """A certificate in a path: whether it was sent, whether the site trusts it, and its entry in the trust data."""

    certificate: ParsedCertificate
    sent: bool = False
    site: bool = False
    entry: TrustEntry | None = None

    @property
    def is_anchor(self) -> bool:
        """Whether the site, a root store or a vendor's device trusts it as the end of a path."""
        entry = self.entry
        if self.site or entry is None:
            return self.site
        if entry.kind == "other-root":
            return entry.tier in ("included", "former_chrome") or entry.same_key_as is not None
        return entry.kind == "chrome-root" or (entry.kind == "vendor" and self.certificate.self_signed)

    @property
    def is_end(self) -> bool:
        """Whether no path leads further up: it is a root, known or not."""
        return (self.entry is not None and self.entry.kind.endswith("-root")) or self.certificate.self_signed


Path = tuple[Link, ...]
"""From the end-entity up to the last known issuer."""


@record
class Paths:
    """What was found above a presented end-entity.

    ``paths`` has at least one and at most `MAX_PATHS`: those that end in a trust anchor first, then the shorter ones.
    ``namesakes`` are known CAs of whose name the issuer of the end-entity, or of an issuer, is, though their key did
    not sign.
    """

    paths: tuple[Path, ...]
    flaws: tuple[str, ...]
    namesakes: tuple[Link, ...]

    @property
    def end_entity(self) -> ParsedCertificate:
        return self.paths[0][0].certificate

    @property
    def anchored(self) -> tuple[Path, ...]:
        return tuple(path for path in self.paths if path[-1].is_anchor)


@dataclass(slots=True)
class _Pool:
    """The certificates sent beside an end-entity, and what was found out about them: many end-entities share one."""

    sent: frozenset[str]
    by_subject: dict[bytes, list[ParsedCertificate]]
    checks_left: int = _MAX_CHECKS
    candidates: dict[bytes, tuple[Link, ...]] = field(default_factory=dict)
    issuers: dict[str, _Issuers] = field(default_factory=dict)
    above: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    shared: dict[tuple[str, ...], Paths] = field(default_factory=dict)


@record
class _Issuers:
    """Of the certificates with the issuer's name: who issued it, who did not sign it, who signed without being a CA.

    ``namesakes`` are the known CAs among those that did not issue it, for whatever reason.
    """

    issued: tuple[Link, ...]
    unsigned: tuple[Link, ...] = ()
    not_ca: tuple[Link, ...] = ()
    namesakes: tuple[Link, ...] = ()


class PathFinder:
    """Finds the paths of presented chains; remembers what lies above certificates that many chains share."""

    def __init__(
        self, store: TrustStore, site: Iterable[ParsedCertificate], parse: Callable[[bytes], ParsedCertificate]
    ) -> None:
        self._store = store
        self._parse = parse
        self._site: dict[bytes, list[ParsedCertificate]] = {}
        for certificate in site:
            self._site.setdefault(certificate.reading.subject, []).append(certificate)
        self._pools: dict[tuple[str, ...], _Pool] = {}
        self._known = lru_cache(maxsize=_MAX_POOLS)(self._look_up)

    def find(self, sent: Sequence[ParsedCertificate]) -> Paths:
        """All paths above ``sent[0]``, the end-entity (TLS puts it first); the others may come in any order."""
        end_entity = self._end_entity(sent[0])
        others = list({one.sha256: one for one in sent[1:] if one.sha256 != sent[0].sha256}.values())
        pool = self._pool(others[: MAX_SENT - 1])
        issuers = _Issuers(()) if end_entity.is_end else self._issuers(end_entity.certificate, pool)
        if not issuers.issued or end_entity.certificate.can_issue or len(others) + 1 < len(sent):
            return self._find(end_entity, issuers, pool, sent, others)
        # What stands above an ordinary end-entity hangs on who issued it and on what was sent beside it, and on
        # nothing else of it: hosts with certificates of one CA share the answer.
        key = tuple([issuer.certificate.sha256 for issuer in issuers.issued])
        shared = pool.shared.get(key)
        if shared is None:
            shared = pool.shared[key] = self._find(end_entity, issuers, pool, sent, others)
        return Paths(tuple([(end_entity, *path[1:]) for path in shared.paths]), shared.flaws, shared.namesakes)

    def _find(
        self,
        end_entity: Link,
        issuers: _Issuers,
        pool: _Pool,
        sent: Sequence[ParsedCertificate],
        others: Sequence[ParsedCertificate],
    ) -> Paths:
        paths: list[Path] = [
            (end_entity, issuer, *above)
            for issuer in issuers.issued
            for above in self._above(issuer, pool)
            if all(link.certificate.sha256 != sent[0].sha256 for link in above)
        ]
        if not paths or end_entity.site:
            paths.append((end_entity,))
        paths.sort(key=lambda path: (not path[-1].is_anchor, len(path), [link.certificate.sha256 for link in path]))
        paths = paths[:MAX_PATHS]
        met = [issuers, *self._met(paths, pool)]
        cut = pool.checks_left < 0 or len(others) >= MAX_SENT
        namesakes = {link.certificate.sha256: link for one in met for link in one.namesakes}
        return Paths(tuple(paths), tuple(_flaws(sent, others, paths, met, cut)), tuple(namesakes.values()))

    def _met(self, paths: Iterable[Path], pool: _Pool) -> Iterator[_Issuers]:
        """What was found out about the issuers of the certificates in the paths above the end-entity."""
        for sha256 in dict.fromkeys(link.certificate.sha256 for path in paths for link in path[1:]):
            if sha256 in pool.issuers:
                yield pool.issuers[sha256]

    def named(self, subject: bytes) -> Iterator[Paths]:
        """The paths of each CA of this DER Name that the site or the trust data know."""
        return (self.find([link.certificate]) for link in self._known(subject))

    def _end_entity(self, certificate: ParsedCertificate) -> Link:
        if certificate.can_issue:  # else it can stand in no list of CAs, and the look-up is saved
            for link in self._known(certificate.reading.subject):
                if link.certificate.sha256 == certificate.sha256:
                    return replace(link, sent=True)
        return Link(certificate, sent=True)

    def _look_up(self, subject: bytes) -> tuple[Link, ...]:
        """The CAs of this name that the site or the trust data know."""
        found: dict[str, Link] = {}
        for certificate in self._site.get(subject, ()):
            found[certificate.sha256] = Link(certificate, site=True)
        for entry in self._store.by_subject(subject):
            certificate = self._parse(entry.der)
            found[certificate.sha256] = Link(certificate, site=certificate.sha256 in found, entry=entry)
        return tuple(found.values())

    def _pool(self, others: list[ParsedCertificate]) -> _Pool:
        key = tuple(certificate.sha256 for certificate in others)
        pool = self._pools.get(key)
        if pool is None:
            by_subject: dict[bytes, list[ParsedCertificate]] = {}
            for certificate in others:
                by_subject.setdefault(certificate.reading.subject, []).append(certificate)
            if len(self._pools) >= _MAX_POOLS:
                self._pools.clear()
            pool = self._pools[key] = _Pool(frozenset(key), by_subject)
        return pool

    def _candidates(self, subject: bytes, pool: _Pool) -> tuple[Link, ...]:
        """The certificates with this subject, those that were sent first."""
        found = pool.candidates.get(subject)
        if found is None:
            links = {one.sha256: Link(one, sent=True) for one in pool.by_subject.get(subject, ())}
            for link in self._known(subject):
                sha256 = link.certificate.sha256
                links[sha256] = replace(link, sent=sha256 in links)
            if len(pool.candidates) >= _MAX_POOLS:
                pool.candidates.clear()
            found = pool.candidates[subject] = tuple(links.values())
        return found

    def _issuers(self, certificate: ParsedCertificate, pool: _Pool) -> _Issuers:
        verified: dict[bytes, bool] = {}  # a CA may have several certificates with one key
        issued: list[Link] = []
        unsigned: list[Link] = []
        not_ca: list[Link] = []
        candidates = self._candidates(certificate.reading.issuer, pool)[:MAX_PATHS]
        for link in candidates:
            issuer = link.certificate
            if issuer.sha256 == certificate.sha256 or not certificate.names_as_issuer(issuer):
                continue
            key = issuer.reading.spki
            if key not in verified:
                verified[key] = certificate.signed_by(issuer)
            if not verified[key]:
                unsigned.append(link)
            elif issuer.can_issue:
                issued.append(link)
            else:
                not_ca.append(link)
        namesakes = tuple(link for link in candidates if (link.site or link.entry) and link not in issued)
        return _Issuers(tuple(issued), tuple(unsigned), tuple(not_ca), namesakes)

    def _above(self, link: Link, pool: _Pool) -> tuple[Path, ...]:
        found = pool.above.get(link.certificate.sha256)
        if found is None:
            found = pool.above[link.certificate.sha256] = self._climb(link, pool)
        return found

    def _climb(self, link: Link, pool: _Pool) -> tuple[Path, ...]:
        """Breadth first, so that a bound cuts off the longest paths and never a short one to a root."""
        paths: list[Path] = []
        waiting: deque[Path] = deque([(link,)])
        for _ in range(_MAX_STEPS):
            if not waiting or len(paths) == MAX_PATHS:
                break
            path = waiting.popleft()
            issuers = self._next(path, pool)
            if path[-1].site or not issuers:
                paths.append(path[1:])
            waiting.extend((*path, issuer) for issuer in issuers)
        return tuple(paths) or ((),)

    def _next(self, path: Path, pool: _Pool) -> list[Link]:
        if path[-1].is_end or len(path) >= MAX_LENGTH:
            return []
        seen = {link.certificate.sha256 for link in path}
        issuers = self._pooled_issuers(path[-1].certificate, pool)
        return [issuer for issuer in issuers if issuer.certificate.sha256 not in seen]

    def _pooled_issuers(self, certificate: ParsedCertificate, pool: _Pool) -> tuple[Link, ...]:
        found = pool.issuers.get(certificate.sha256)
        if found is None:
            candidates = self._candidates(certificate.reading.issuer, pool)
            if certificate.sha256 in pool.sent or any(link.sent for link in candidates):
                pool.checks_left -= len(candidates)  # between certificates of the trust data nothing can be contrived
            if pool.checks_left < 0:
                return ()
            found = pool.issuers[certificate.sha256] = self._issuers(certificate, pool)
        return found.issued


def _flaws(
    sent: Sequence[ParsedCertificate],
    others: Sequence[ParsedCertificate],
    paths: Sequence[Path],
    met: Iterable[_Issuers],
    cut: bool,
) -> list[str]:
    """What is wrong with how the chain was sent, in a fixed order. None of it depends on the time."""
    depths: dict[str, int] = {}
    for path in paths:
        for depth, link in enumerate(path):
            depths.setdefault(link.certificate.sha256, depth)
    used = [certificate for certificate in others if certificate.sha256 in depths]
    order = [depths[certificate.sha256] for certificate in used]
    stuck = [one for one in met if not one.issued]
    found = {
        UNREADABLE: any(not certificate.reading.tbs for certificate in sent),
        DUPLICATE: len(others) + 1 < len(sent),
        OUT_OF_ORDER: order != sorted(order),
        ISSUER_NOT_SENT: not any(_is_complete(path) for path in _preferred(paths)),
        BAD_SIGNATURE: any(link.sent for one in stuck for link in one.unsigned),
        ISSUER_NOT_CA: any(link.sent for one in stuck for link in one.not_ca),
        UNRELATED: len(used) < len(others),
        ROOT_INCLUDED: any(certificate.self_signed for certificate in used),
        NOT_ALL_FOLLOWED: cut,
    }
    return [flaw for flaw, there in found.items() if there]


def _preferred(paths: Sequence[Path]) -> Sequence[Path]:
    return [path for path in paths if path[-1].is_anchor] or paths


def _is_complete(path: Path) -> bool:
    """Whether a verifier that has only roots could follow it from what was sent."""
    if len(path) == 1:
        return path[0].is_anchor or path[0].is_end
    last = path[-1]
    return all(link.sent for link in path[1:-1]) and (last.sent or last.is_anchor or last.is_end)
