"""``weak-tls``: old versions, weak ciphers, short keys and broken signatures, as they were negotiated and presented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ekuscan.certificates import ParsedCertificate
from ekuscan.model import Notice, Observation, TlsParameters
from ekuscan.names import display_name
from ekuscan.notices.scene import Scene
from ekuscan.notices.weak_table import WeakRow, packaged
from ekuscan.notices.wording import listed, notice, ports
from ekuscan.record import record


@record
class Flaw:
    """What is weak about a certificate: the row that says so, and what was seen of it."""

    row: WeakRow
    seen: str

    @property
    def id(self) -> str:
        """The name under which a notice tells of it."""
        return self.row.id if self.row.of == "key" else f"{self.row.id}-signature"


@dataclass(slots=True)
class _Weakness:
    """One kind of weakness of one target."""

    case: str
    says: str = ""
    seen: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)


def weak_tls(scene: Scene) -> Iterator[Notice]:
    """One notice for each weakness of a target, with all ports that showed it."""
    found: dict[tuple[str, str], _Weakness] = {}
    sound: dict[str, bool] = {}
    for observation in scene.observations.values():
        target = observation.endpoint.target
        negotiated: dict[TlsParameters, None] = {}
        flawed = False
        for sight in observation.sights:
            if sight.tls is not None and _negotiated(sight.tls.version, sight.tls.cipher):
                negotiated[sight.tls] = None
            flawed = flawed or not _sound(scene, sight.chain, sound)
        for tls in negotiated:
            for row, seen in _negotiated(tls.version, tls.cipher):
                weakness = found.setdefault((target, row.id), _Weakness(row.of, row.says))
                weakness.seen.append(seen)
                weakness.observations.append(observation)
        if not flawed:
            continue
        for certificate, leaf in _presented(scene, observation):
            for flaw in flaws(certificate, leaf=leaf):
                weakness = found.setdefault((target, flaw.id), _Weakness(flaw.row.of, flaw.seen))
                weakness.seen.append(flaw.seen)
                weakness.subjects.append(display_name(certificate.reading.subject) or "a certificate")
                weakness.observations.append(observation)
                weakness.certificates.append(certificate.sha256)
    for (target, id_), weakness in found.items():
        yield notice(
            "weak-tls",
            weakness.case,
            target,
            {
                "ports": ports(weakness.observations),
                "says": weakness.says,
                "seen": listed(weakness.seen, 3),
                "subject": listed(weakness.subjects, 3),
            },
            detail=id_,
            endpoints=[one.endpoint.id for one in weakness.observations],
            certificates=weakness.certificates,
        )


@lru_cache(maxsize=256)
def _negotiated(version: str, cipher: str) -> tuple[tuple[WeakRow, str], ...]:
    parts = frozenset(re.split(r"[-_]", cipher))
    rows = packaged().rows
    versions = ((row, version) for row in rows if row.of == "version" and version in row.values)
    ciphers = ((row, cipher) for row in rows if row.of == "cipher" and not parts.isdisjoint(row.values))
    return (*versions, *ciphers)


def _sound(scene: Scene, chain_id: str | None, known: dict[str, bool]) -> bool:
    """Whether no certificate of a chain is weak; ``known`` keeps it, since all ports of a box show one chain mostly."""
    chain = scene.seen.chains.get(chain_id) if chain_id is not None else None
    if chain is None or chain_id is None:
        return True
    if chain_id not in known:
        certificates = (scene.book.parsed(sha256) for sha256 in chain.presented)
        # A leaf is held to more than an issuer; which it is hangs on the sight.
        known[chain_id] = not any(flaws(certificate, leaf=True) for certificate in certificates)
    return known[chain_id]


def _presented(scene: Scene, observation: Observation) -> Iterator[tuple[ParsedCertificate, bool]]:
    """The certificates that an endpoint presented, and whether it did so as its own."""
    leaves: dict[str, bool] = {}
    for sight in observation.sights:
        chain = scene.seen.chains.get(sight.chain) if sight.chain is not None else None
        for depth, sha256 in enumerate(chain.presented if chain is not None else ()):
            leaves[sha256] = leaves.get(sha256, False) or depth == 0
    for sha256, leaf in leaves.items():
        yield scene.book.parsed(sha256), leaf


def flaws(certificate: ParsedCertificate, *, leaf: bool) -> tuple[Flaw, ...]:
    """What is weak about a certificate that is presented; ``leaf``: as the one of the box itself."""
    reading = certificate.reading
    return _flaws(reading.key, reading.signature_algorithm, certificate.self_signed, leaf)


@lru_cache(maxsize=1024)
def _flaws(key: str, signature_algorithm: str | None, own: bool, leaf: bool) -> tuple[Flaw, ...]:
    """Nobody checks the key of a root, nor what a key signed of itself."""
    found = []
    if _is_short(key) and (leaf or not own):
        found.append(Flaw(packaged().short_key, key))
    signature = _signatures().get(signature_algorithm or "")
    if signature is not None and not own:
        found.append(Flaw(signature, signature.says))
    return tuple(found)


def _is_short(key: str) -> bool:
    kind, _, size = key.partition(" ")
    return kind == "RSA" and size.isdecimal() and int(size) < packaged().rsa_bits


@lru_cache(maxsize=1)
def _signatures() -> Mapping[str, WeakRow]:
    """The weak signature algorithms by OID."""
    return {oid: row for row in packaged().rows if row.of == "signature" for oid in row.values}
