"""The role and the release of a target that nobody declared, from what its endpoints showed.

A banner that names a product is worth more than ports. Where several roles fit, there is no guess. What was declared
stays; what a banner says against it is a disagreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from ekuscan.model import Certificate, Confidence, Observation, RoleName, Target
from ekuscan.observation import ANSWERED
from ekuscan.protocols import BANNER_ONLY, transport_of
from ekuscan.record import record
from ekuscan.role_signs import Ports, ProductRow, factory_certificate, guess_table, products_of, release_of, role_of
from ekuscan.rules import releases

# Origins of a role or a release that somebody or some file stated; the others come from what was seen here.
_STATED = frozenset({"declared", "imported"})


@record
class Guess:
    """What was found out. ``role`` and ``release`` are None where nothing settles them; ``evidence`` says why.

    A declared role is returned as it is; a banner that contradicts it stands in the evidence.
    """

    role: RoleName | None
    release: str | None
    evidence: tuple[str, ...]
    confidence: Confidence | None = None


@record
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


def guess(target: Target, observations: Iterable[Observation], shown: Iterable[Certificate] = ()) -> Guess:
    """Role and release of a target from all its observations and the end-entity certificates ``shown`` by it.

    A factory certificate is evidence for a person; it settles no role.
    """
    seen = [observation for observation in observations if observation.endpoint.target == target.id]
    banners = [observation.banner for observation in seen if observation.banner is not None]
    products = products_of(banners)
    evidence = [f"banner {banner.raw}" for banner in dict.fromkeys(banners)]
    factory = [row for row in map(factory_certificate, shown) if row is not None]
    evidence += [f"certificate: {says}" for says in dict.fromkeys(row.says for row in factory)]
    if len(products) > 1:
        evidence.append(f"the banners name several products: {', '.join(row.title for row in products)}")
    product = products[0] if len(products) == 1 else None
    if target.role_from == "default":
        role, confidence, why = role_of(banners, _ports(seen))
    else:
        role, confidence, why = target.role, None, _contradictions(target.role, products)
    evidence += why
    release = None
    if product is not None and (role is None or role in product.roles):
        release, why = release_of(banners, product)
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


def _ports(observations: Sequence[Observation]) -> Ports:
    open_, refused, besides = set(), set(), set()
    for observation in observations:
        protocol = observation.endpoint.protocol
        port = observation.endpoint.profile_port or observation.endpoint.port
        answered = bool(observation.presented) or observation.status in ANSWERED
        if protocol in BANNER_ONLY or transport_of(protocol) == "udp":
            besides |= {(port, f"{port}/{protocol}")} if answered else set()
        elif answered:
            open_.add(port)
        elif observation.failure is not None and observation.failure.reason == "refused":
            refused.add(port)
    return Ports(frozenset(open_), frozenset(refused), tuple(word for _, word in sorted(besides)))


def _contradictions(role: RoleName, products: Sequence[ProductRow]) -> list[str]:
    return [f"declared as {role}, but the banner says {row.title}" for row in products if _contradicts(row, role)]


def _contradicts(product: ProductRow, role: RoleName) -> bool:
    """Whether a box of this role cannot write the product's banner; some roles name no product."""
    return role not in product.roles and role not in ("generic", "outside")
