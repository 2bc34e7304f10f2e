"""The role and the release of a target that nobody declared, from what its endpoints showed.

A banner that names a product is worth more than ports. Where several roles fit, there is no guess. What was declared
stays; what a banner says against it is a disagreement.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ekuscan.model import Banner, Certificate, Confidence, Observation, RoleName, Target
from ekuscan.profiles.load import profile
from ekuscan.protocols import BANNER_ONLY, transport_of
from ekuscan.rules import releases

# Origins of a role or a release that somebody or some file stated; the others come from what was seen here.
_STATED = frozenset({"declared", "imported"})


@dataclass(frozen=True, slots=True)
class Guess:
    """What was found out. ``role`` and ``release`` are None where nothing settles them; ``evidence`` says why.

    A declared role is returned as it is; a banner that contradicts it stands in the evidence.
    """

    role: RoleName | None
    release: str | None
    evidence: tuple[str, ...]
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A declared role or release of which banners say something else.

    ``observed`` is the product's title or the release that the banner names, ``banner`` its printable text;
    ``endpoints`` are the ids of all that said so, in the order given.
    """

    kind: Literal["role", "release"]
    declared: str
    observed: str
    banner: str
    endpoints: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product family as banners name it, and the roles that write such a banner."""

    name: str
    title: str
    roles: tuple[RoleName, ...]
    confidence: Confidence
    source: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PatternRow:
    """Ports that tell a role, alone or together with a product's banner."""

    role: RoleName
    confidence: Confidence
    source: tuple[str, ...]
    says: str
    product: str | None = None
    all_open: tuple[int, ...] = ()
    any_open: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """Names by which a product's own certificate is known; ``says`` is what such a certificate is."""

    product: str
    pattern: re.Pattern[str]
    seen: tuple[str, ...]
    says: str
    confidence: Confidence
    source: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class GuessTable:
    """The rows of ``guess.toml``."""

    products: tuple[ProductRow, ...]
    certificates: tuple[CertificateRow, ...]
    patterns: tuple[PatternRow, ...]


@dataclass(frozen=True, slots=True)
class _Ports:
    """``besides`` are ports that answered and are in no pattern, as they are told: "3478/dtls", "22/ssh"."""

    open: frozenset[int]
    refused: frozenset[int]
    besides: tuple[str, ...]


@cache
def guess_table() -> GuessTable:
    """The table, parsed once."""
    table = tomllib.loads(Path(__file__).with_name("guess.toml").read_text(encoding="utf-8"))
    return GuessTable(
        products=tuple(ProductRow(**_with_tuples(row)) for row in table["product"]),
        certificates=tuple(
            CertificateRow(**{**_with_tuples(row), "pattern": re.compile(row["pattern"])})
            for row in table["certificate"]
        ),
        patterns=tuple(PatternRow(**_with_tuples(row)) for row in table["pattern"]),
    )


def factory_certificate(certificate: Certificate) -> CertificateRow | None:
    """The row of a certificate that a product made for itself and nobody has replaced, None for all others."""
    names = (certificate.subject, certificate.issuer)
    return next((row for row in guess_table().certificates if any(row.pattern.search(name) for name in names)), None)


def guess(target: Target, observations: Iterable[Observation], shown: Iterable[Certificate] = ()) -> Guess:
    """Role and release of a target from all its observations and the end-entity certificates ``shown`` by it.

    A factory certificate is evidence for a person; it settles no role.
    """
    seen = [observation for observation in observations if observation.endpoint.target == target.id]
    banners = [observation.banner for observation in seen if observation.banner is not None]
    products = [row for row in guess_table().products if any(banner.product == row.name for banner in banners)]
    evidence = [f"banner {banner.raw}" for banner in dict.fromkeys(banners)]
    factory = [row for row in map(factory_certificate, shown) if row is not None]
    evidence += [f"certificate: {says}" for says in dict.fromkeys(row.says for row in factory)]
    if len(products) > 1:
        evidence.append(f"the banners name several products: {', '.join(row.title for row in products)}")
    product = products[0] if len(products) == 1 else None
    if target.role_from == "default":
        role, confidence, why = _role(product, bool(products), bool(banners), _ports(seen))
    else:
        role, confidence, why = target.role, None, _contradictions(target.role, products)
    evidence += why
    release = None
    if product is not None and (role is None or role in product.roles):
        release, why = _release([banner for banner in banners if banner.product == product.name])
        evidence += why
    return Guess(role, release, tuple(evidence), confidence)


def disagreements(target: Target, observations: Iterable[Observation]) -> tuple[Disagreement, ...]:
    """What banners say against the declared role and release, each thing once with all endpoints that said it.

    Releases are intervals: "15" and "15.0.1" agree, and so do "14SU3" and the "14.0" of Unified CM, which never tells
    its service update (see `ekuscan.rules.releases`). A product that contradicts the role says nothing of the release.
    """
    found: dict[tuple[str, str], Disagreement] = {}
    for observation in observations:
        one = _against(target, observation) if observation.endpoint.target == target.id else None
        if one is not None:
            first = found.setdefault((one.kind, one.observed), one)
            endpoints = tuple(dict.fromkeys((*first.endpoints, *one.endpoints)))
            found[one.kind, one.observed] = replace(first, endpoints=endpoints)
    return tuple(found.values())


def _against(target: Target, observation: Observation) -> Disagreement | None:
    banner, ends = observation.banner, (observation.endpoint.id,)
    if banner is None:
        return None
    row = next((row for row in guess_table().products if row.name == banner.product), None)
    if row is None:
        return None
    if _contradicts(row, target.role) and target.role_from in _STATED:
        return Disagreement("role", target.role, row.title, banner.raw, ends, row.confidence)
    stated = target.release if target.release_from in _STATED else None
    if stated and banner.release and target.role in row.roles and _differ(target.role, stated, banner.release):
        return Disagreement("release", stated, banner.release, banner.raw, ends, row.confidence)
    return None


def _differ(role: RoleName, one: str, other: str) -> bool:
    """Whether no release is meant by both texts; a text that is no release of the product differs from none."""
    try:
        first, second = releases.parse(role, one), releases.parse(role, other)
    except releases.ReleaseError:
        return False
    return not first.overlaps(second.low, second.high)


def _role(
    product: ProductRow | None, any_product: bool, any_banner: bool, ports: _Ports
) -> tuple[RoleName | None, Confidence | None, list[str]]:
    if product is not None and len(product.roles) == 1:
        return product.roles[0], product.confidence, []
    if product is None and any_product:
        return None, None, []
    name = product.name if product else None
    rows = [row for row in guess_table().patterns if row.product == name and _matches(row, ports)]
    if not rows:
        return None, None, [_undecided(product, any_banner, ports)]
    best = min(rows, key=lambda row: "HML".index(row.confidence))
    if len({row.role for row in rows}) > 1:
        return None, None, [f"ports fit several roles: {', '.join(dict.fromkeys(row.role for row in rows))}"]
    return best.role, best.confidence, [f"{_shown_ports(best, ports)}: {best.says}"]


def _ports(observations: Sequence[Observation]) -> _Ports:
    open_, refused, besides = set(), set(), set()
    for observation in observations:
        protocol = observation.endpoint.protocol
        port = observation.endpoint.profile_port or observation.endpoint.port
        answered = bool(observation.presented) or observation.status in ("seen", "partial")
        if protocol in BANNER_ONLY or transport_of(protocol) == "udp":
            besides |= {(port, f"{port}/{protocol}")} if answered else set()
        elif answered:
            open_.add(port)
        elif observation.failure is not None and observation.failure.reason == "refused":
            refused.add(port)
    return _Ports(frozenset(open_), frozenset(refused), tuple(word for _, word in sorted(besides)))


def _matches(row: PatternRow, ports: _Ports) -> bool:
    return (
        ports.open.issuperset(row.all_open)
        and (not row.any_open or not ports.open.isdisjoint(row.any_open))
        and ports.refused.issuperset(row.refused)
    )


def _shown_ports(row: PatternRow, ports: _Ports) -> str:
    open_ = sorted(ports.open & {*row.all_open, *row.any_open})
    text = f"{_numbers(open_)} open"
    return f"{text}, {_numbers(row.refused)} refused" if row.refused else text


def _undecided(product: ProductRow | None, any_banner: bool, ports: _Ports) -> str:
    answered: list[int | str] = [*sorted(ports.open), *ports.besides]
    seen = f"{_numbers(answered)} open" if answered else "no port open"
    if product is not None:
        return f"{seen}: {' or '.join(profile(role).title for role in product.roles)}, which of them stays open"
    lacking = "no banner that names a product" if any_banner else "no banner"
    return f"{seen}, {lacking}: the role stays open"


def _contradictions(role: RoleName, products: Sequence[ProductRow]) -> list[str]:
    return [f"declared as {role}, but the banner says {row.title}" for row in products if _contradicts(row, role)]


def _contradicts(product: ProductRow, role: RoleName) -> bool:
    """Whether a box of this role cannot write the product's banner; some roles name no product."""
    return role not in product.roles and role not in ("generic", "outside")


def _release(banners: Sequence[Banner]) -> tuple[str | None, list[str]]:
    """The most exact release of several that agree: 14.0.1 where others say 14.0."""
    releases = sorted({banner.release for banner in banners if banner.release}, key=len)
    if not releases:
        return None, []
    exact = releases[-1]
    if all(exact == text or (exact.startswith(text) and not exact[len(text)].isdigit()) for text in releases):
        return exact, []
    return None, [f"the banners name several releases: {', '.join(releases)}"]


def _numbers(ports: Sequence[int | str]) -> str:
    words = [str(port) for port in ports]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
