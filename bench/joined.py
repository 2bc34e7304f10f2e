"""A large estate in memory in which connections join everything: what `bench.judge` has judged.

Sites of fifty boxes (two Expressway pairs, Unified CM, IM&P, Unity Connection, CMS, CUBEs, contact centre, other peers)
share their partners, so that no part of the estate can be judged by itself. Some facts are known and some are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from ekuscan.lab.authority import Authority, EkuChoice, Leaf, issue, new_root, new_subordinate
from ekuscan.model import Connection, Fact, Inventory, RoleName, SlotFile, Target

SITE: Final = 50
"""Boxes of a site."""
LINKS: Final = 200
"""Connections of a site."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Boxes of one product in a site. ``releases`` and each setting's values are taken in turn, "" is not declared."""

    name: str
    role: RoleName
    count: int
    cluster: int = 1
    releases: tuple[str, ...] = ("",)
    slots: tuple[str, ...] = ("server",)
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()


_EKU_CHECK: Final = ("sip_eku_check", ("on", "off", ""))
_CLUSTER_TLS: Final = ("cluster_tls", ("enforcing", "permissive", ""))
_COPY: Final = ("client_certificate", ("copied", "separate", ""))
_EXPRESSWAY: Final = (_EKU_CHECK, _CLUSTER_TLS, _COPY)
_UC: Final = ("14SU3", "15SU2", "12.5", "")
KINDS: Final = (
    Kind("e", "expressway-e", 4, 2, ("X15.4", "X14.3.7", "X15.5", ""), ("server", "client"), _EXPRESSWAY),
    Kind("c", "expressway-c", 4, 2, ("X15.4", "X14.3.7", "X15.5", ""), ("server", "client"), _EXPRESSWAY),
    Kind("cucm", "cucm", 6, 6, _UC, ("CallManager", "tomcat")),
    Kind("imp", "imp", 2, 2, _UC, ("cup", "cup-xmpp-s2s")),
    Kind("unity", "unity-connection", 2, 2, _UC, ("tomcat",)),
    Kind("cms", "cms", 3, 3, ("3.9", "3.8", ""), ("callbridge", "webbridge")),
    Kind("cube", "cube", 6, 1, ("17.12.4", "26.1.1", ""), ("trustpoint",), (("match_eku", ("on", "off", "")),)),
    Kind("cc", "contact-center", 2, 1, ("15.0", ""), ("tomcat",)),
    Kind("sbc", "generic", 6, 1, slots=("certificate",), settings=(("stack", ("openssl", "go", "java")),)),
    Kind("far", "outside", 14, 1, slots=("certificate",), settings=(("client_eku", ("checked", "ignored", "")),)),
    Kind("webex", "webex", 1, 1, slots=("certificate",)),
)
_ZONE: Final = (("tls_verify", ("on", "off", "")), ("mtls", ("on", "", "off", "")))
_MUTUAL: Final = (("mtls", ("on", "", "off")),)
# Use case, who dials (a kind, by cluster where its name ends in a star), who answers, settings, how many.
_JOINS: Final = (
    ("uc-traversal", "c*", "e*", (), 4),
    ("traversal-zone", "c", "e", (("tls_verify", ("on", "off", "")),), 8),
    ("neighbor-zone", "c*", "cucm*", _ZONE, 2),
    ("neighbor-zone", "c", "imp", _ZONE, 8),
    ("neighbor-zone", "c", "unity", _ZONE, 8),
    ("neighbor-zone", "c", "cms", _ZONE, 12),
    ("neighbor-zone", "cube", "c", _ZONE, 24),
    ("neighbor-zone", "e", "sbc", _ZONE, 24),
    ("sip-b2b", "e", "far", _MUTUAL, 28),
    ("sip-b2b", "far", "e", _MUTUAL, 28),
    ("xmpp-federation", "e", "far", (), 28),
    ("traffic-server", "c", "cucm*", (), 4),
    ("sip-oauth", "c", "cucm*", (), 4),
    ("edge-audio", "e", "webex", (), 4),
    ("cloud-onboarding", "e", "webex", (), 4),
    ("one-way-tls", "cucm", "cc", (), 10),
)
_EKUS: Final[tuple[EkuChoice, ...]] = ("both", "server", "both", "server", "absent", "client")
_UNSEEN: Final = 7
"""Of so many slots one was seen by nobody."""


def estate(sites: int, today: datetime) -> Inventory:
    """``sites`` times `SITE` targets with `LINKS` connections for each site, and a certificate in most slots."""
    authorities = _authorities(today)
    targets: list[Target] = []
    files: list[SlotFile] = []
    connections: list[Connection] = []
    for site in range(sites):
        for kind in KINDS:
            for number in range(kind.count):
                target = _target(kind, site, number)
                targets.append(target)
                files += _files(kind, target, authorities, today)
        connections += _connections(site, sites)
    return Inventory(tuple(targets), tuple(connections), slot_files=tuple(files))


def _authorities(today: datetime) -> tuple[Authority, ...]:
    """Two public-looking CAs and two private ones."""
    found = []
    for name, public in (("DigiCert", True), ("Sectigo Limited", True), ("Corp", False), ("Branch", False)):
        root = new_root(f"{name} Bench Root", today, public=public, organization=name)
        found.append(new_subordinate(root, f"{name} Bench CA", today, organization=name))
    return tuple(found)


def _name(kind: Kind, site: int, number: int) -> str:
    return f"{kind.name}{number}.site{site}.example.com"


def _cluster(kind: Kind, site: int, number: int) -> str | None:
    return f"{kind.name}-cluster{number // kind.cluster}.site{site}" if kind.cluster > 1 else None


def _target(kind: Kind, site: int, number: int) -> Target:
    place = site * kind.count + number
    release = kind.releases[place % len(kind.releases)] or None
    return Target(
        _name(kind, site, number),
        kind.role,
        "declared",
        release,
        "declared" if release else "default",
        cluster=_cluster(kind, site, number),
        settings=_settings(kind.settings, place),
    )


def _settings(settings: tuple[tuple[str, tuple[str, ...]], ...], place: int) -> dict[str, Fact]:
    """Each setting in its own rhythm, so that all combinations occur."""
    chosen = {name: values[(place // (turn + 1)) % len(values)] for turn, (name, values) in enumerate(settings)}
    return {name: Fact(value, "declared") for name, value in chosen.items() if value}


def _files(kind: Kind, target: Target, authorities: tuple[Authority, ...], today: datetime) -> Iterator[SlotFile]:
    choice = Random(target.id)  # the same estate every time
    for slot in kind.slots:
        if choice.randrange(_UNSEEN) == 0:
            continue
        begins = today - timedelta(days=choice.randrange(30, 150))
        leaf = Leaf(target.id, begins, begins + timedelta(days=198), choice.choice(_EKUS), (target.id,))
        ders = issue(choice.choice(authorities), leaf).ders
        yield SlotFile(target.id, slot, ders, f"{target.id}-{slot}.pem", "imported")


def _connections(site: int, sites: int) -> Iterator[Connection]:
    place = site
    for use_case, dials, answers, settings, count in _JOINS:
        for number in range(count):
            # Partners are not a site's own: every other one belongs to the next site.
            far_site = (site + number % 2) % sites if "far" in (dials, answers) else site
            from_ = _end(dials, far_site if dials == "far" else site, number)
            to = _end(answers, far_site if answers == "far" else site, number // _size(dials) + number)
            yield Connection(f"{from_}>{to}/{use_case}", use_case, from_, to, _settings(settings, place))
            place += 1


def _kind(word: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == word.removesuffix("*"))


def _size(word: str) -> int:
    kind = _kind(word)
    return kind.count // kind.cluster if word.endswith("*") else kind.count


def _end(word: str, site: int, number: int) -> str:
    kind = _kind(word)
    if word.endswith("*"):
        return _cluster(kind, site, number % _size(word) * kind.cluster) or ""
    return _name(kind, site, number % kind.count)
