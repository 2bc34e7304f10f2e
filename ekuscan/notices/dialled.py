"""``name-mismatch``: a name was dialled that the certificate does not have.

RFC 9525 §6.3 for DNS names (a wildcard is the whole left-most label and stands for one label) and addresses; the common
name counts only where there is no DNS name, as RFC 6125 §6.4.4 still had it. RFC 5922 §7 for SIP: a URI "sip:domain"
counts too, and wildcards do not. RFC 6120 §13.7.1 for XMPP: XmppAddr and SRVName count too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from ekuscan.model import Endpoint, Notice, Observation
from ekuscan.names import common_name
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import listed, notice, ports
from ekuscan.wire.offer import NAMELESS_OFFER

KIND = "name-mismatch"

Case = Literal["missing", "sip-wildcard", "expressway-wildcard"]

_SIP = frozenset({"sips"})
_XMPP = {"xmpp-client": "_xmpp-client.", "xmpp-server": "_xmpp-server."}
_EXPRESSWAYS = frozenset({"expressway-e", "expressway-c"})
_CUT = "... and "
_UNREADABLE = "subject alternative name cannot be decoded"


def name_mismatch(scene: Scene) -> Iterator[Notice]:
    """One notice for each name of a target that its certificates do not have, or have only as a wildcard."""
    found: dict[tuple[str, str, Case], list[tuple[Observation, str]]] = {}
    for observation in scene.observations.values():
        name = dialled_name(observation.endpoint)
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


def dialled_name(endpoint: Endpoint) -> str | None:
    """The name under which an endpoint was dialled; None where it was an address, and no name was told."""
    name = (endpoint.server_name or endpoint.host).rstrip(".").lower()
    # No top-level domain ends in a digit, so most names need not be tried as addresses.
    if endpoint.server_name is None and (name[-1:].isdigit() or ":" in name) and _address(name) is not None:
        return None
    return _ascii(name) or None


def fits(name: str, protocol: str, san: Sequence[str], common: str | None) -> Literal["yes", "wildcard", "no"]:
    """Whether a certificate with these alternative names and this common name is one for ``name``.

    ``name`` is lower case with A-labels, ``san`` as `ekuscan.names.general_names` writes it. "wildcard": by a wildcard
    alone.
    """
    address = _address(name)
    if address is not None:
        return "yes" if any(_address(one) == address for one in _of(san, "IP")) else "no"
    names = _of(san, "DNS")
    others = _sip_domains(san) if protocol in _SIP else _xmpp_names(san, protocol)
    if not names and not others and common is not None:
        names = [common.rstrip(".").lower()]
    if name in names or name in others:
        return "yes"
    parent = name.partition(".")[2]
    return "wildcard" if parent and f"*.{parent}" in names else "no"


def _case(scene: Scene, endpoint: Endpoint, name: str, sha256: str) -> Case | None:
    certificate = scene.seen.certificates[sha256]
    if f"DNS:{name}" in certificate.san:
        return None
    if any(one.startswith(_CUT) for one in certificate.san[-1:]) or _UNREADABLE in certificate.flaws:
        return None  # what it does not name cannot be told
    fit = fits(name, endpoint.protocol, certificate.san, _common_name(scene, sha256))
    if fit == "no":
        return "missing"
    if fit == "yes":
        return None
    if endpoint.protocol in _SIP:
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


def _of(san: Sequence[str], kind: str) -> list[str]:
    return [text.rstrip(".").lower() for one in san for found, _, text in [one.partition(":")] if found == kind]


def _sip_domains(san: Sequence[str]) -> list[str]:
    """The domains of URIs that name one: those with a user in them are a person's (RFC 5922 §7.1)."""
    found = [uri.removeprefix("sip:") for uri in _of(san, "URI") if uri.startswith("sip:") and "@" not in uri]
    return [uri.partition(";")[0].partition("?")[0].partition(":")[0] for uri in found]


def _xmpp_names(san: Sequence[str], protocol: str) -> list[str]:
    service = _XMPP.get(protocol)
    if service is None:
        return []
    served = [one.removeprefix(service) for one in _of(san, "SRVName") if one.startswith(service)]
    return [*_of(san, "XmppAddr"), *served]


def _ascii(name: str) -> str:
    """A name with A-labels; one that has none is left as it is, and no certificate will have it."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


@lru_cache(maxsize=4096)
def _address(text: str) -> object | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
