"""``name-mismatch``: a name was dialled that the certificate does not have.

Which names fit: `ekuscan.peer_names`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ekuscan.model import Endpoint, Notice, Observation
from ekuscan.names import common_name
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import listed, notice, ports
from ekuscan.peer_names import SIP, address_of, cannot_tell, fits, spelled, stated_names
from ekuscan.wire.offer import NAMELESS_OFFER

KIND = "name-mismatch"

Case = Literal["missing", "sip-wildcard", "expressway-wildcard"]

_EXPRESSWAYS = frozenset({"expressway-e", "expressway-c"})


def name_mismatch(scene: Scene) -> Iterator[Notice]:
    """One notice for each name of a target that its certificates do not have, or have only as a wildcard."""
    found: dict[tuple[str, str, Case], list[tuple[Observation, str]]] = {}
    judged = set(_judged_names(scene))
    for observation in scene.observations.values():
        name = dialled_name(observation.endpoint)
        if observation.endpoint.protocol in SIP and (observation.endpoint.target, name) in judged:
            continue
        for sha256 in _shown(scene, observation) if name is not None else ():
            case = _case(scene, observation.endpoint, name or "", sha256)
            if case is not None:
                found.setdefault((observation.endpoint.target, name or "", case), []).append((observation, sha256))
    for (target, name, case), seen in found.items():
        names = (one for _, sha256 in seen for one in _told(scene, sha256, name, case))
        yield notice(
            KIND,
            case,
            target,
            {"ports": ports(one for one, _ in seen), "name": name, "names": listed(names, 4) or "nothing"},
            detail=name if case == "missing" else f"{name}/{case}",
            endpoints=[one.endpoint.id for one, _ in seen],
            certificates=[sha256 for _, sha256 in seen],
        )


def _judged_names(scene: Scene) -> Iterator[tuple[str, str]]:
    """Targets with the names that a connection states for SIP: of these a verdict says whether the certificate fits."""
    settings = {rule.named_by for rule in scene.tables.rules if rule.named_by}
    members: dict[str, list[str]] = {}
    for target in scene.seen.targets.values():
        for name in (target.id, target.cluster):
            members.setdefault(name or "", []).append(target.id)
    for connection in scene.seen.connections:
        for setting in settings & connection.settings.keys():
            for name in stated_names(connection.settings[setting].value):
                for end in (connection.from_, connection.to):
                    yield from ((member, spelled(name.rstrip(".").lower())) for member in members.get(end, ()))


def dialled_name(endpoint: Endpoint) -> str | None:
    """The name under which an endpoint was dialled; None where it was an address, and no name was told."""
    name = (endpoint.server_name or endpoint.host).rstrip(".").lower()
    # No top-level domain ends in a digit, so most names need not be tried as addresses.
    if endpoint.server_name is None and (name[-1:].isdigit() or ":" in name) and address_of(name) is not None:
        return None
    return spelled(name) or None


def _case(scene: Scene, endpoint: Endpoint, name: str, sha256: str) -> Case | None:
    certificate = scene.seen.certificates[sha256]
    if f"DNS:{name}" in certificate.san:
        return None
    if cannot_tell(certificate):
        return None
    fit = fits(name, endpoint.protocol, certificate.san, _common_name(scene, sha256))
    if fit == "no":
        return "missing"
    if fit == "yes":
        return None
    if endpoint.protocol in SIP:
        return "sip-wildcard"
    return "expressway-wildcard" if scene.seen.targets[endpoint.target].role in _EXPRESSWAYS else None


def _shown(scene: Scene, observation: Observation) -> list[str]:
    """The end-entity certificates that were shown to somebody who told the name."""
    chains = [one.chain for one in observation.sights if one.chain and one.offer != NAMELESS_OFFER.name]
    return list(dict.fromkeys(scene.seen.chains[chain].presented[0] for chain in chains if chain in scene.seen.chains))


def _told(scene: Scene, sha256: str, name: str, case: Case) -> list[str]:
    """What the certificate names: all of it, or the wildcard that fits."""
    if case != "missing":
        return [f"*.{name.partition('.')[2]}"]
    san = [one.partition(":")[2] for one in scene.seen.certificates[sha256].san]
    return san or [name for name in [_common_name(scene, sha256)] if name]


def _common_name(scene: Scene, sha256: str) -> str | None:
    return common_name(scene.book.parsed(sha256).reading.subject)
