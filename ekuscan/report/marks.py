"""Certificates in a few words: what they may be used for, who issued them, who asks for one in return."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ekuscan.extensions import ANY_EKU, CLIENT_AUTH, SERVER_AUTH
from ekuscan.model import Certificate, Chain, Eku, HierarchyClass, Observation, Purpose, Request
from ekuscan.named_sights import named_sights

CLASSES: Mapping[HierarchyClass, str] = {
    "public-chrome": "public",
    "public-other": "public",
    "vendor": "vendor",
    "private": "private",
    "self-signed": "self-signed",
    "undecided": "undecided",
}
_STRENGTH: Mapping[Request, int] = {"none": 0, "unknown": 1, "optional": 2, "required": 3}
_NAMED = re.compile(r"(?:^|[,+])\s*(CN|O)\s*=\s*((?:\\.|[^,+\\])*)", re.IGNORECASE)


def eku_mark(eku: Eku) -> str:
    """``SC``, ``S-``, ``-C``, ``--``: server and client use as the certificate itself allows; ``??`` unreadable."""
    if eku.state == "malformed":
        return "??"
    if eku.state == "absent" or ANY_EKU in eku.oids:
        return "SC"
    return ("S" if SERVER_AUTH in eku.oids else "-") + ("C" if CLIENT_AUTH in eku.oids else "-")


def purpose_mark(purpose: Purpose) -> str:
    """The same mark for what a chain allows in the eyes of one stack."""
    return ("S" if purpose.server_auth else "-") + ("C" if purpose.client_auth else "-")


def issuer(certificate: Certificate | None, chain: Chain | None) -> str:
    """Who issued it: the CA's owner, the root's name, the issuer field.

    Where a known CA calls itself something shorter than its owner's name, that counts: Let's Encrypt.
    """
    if chain is not None and chain.hierarchy.owner:
        own = _attributes(certificate.issuer).get("O") if certificate is not None else None
        return min(chain.hierarchy.owner, own or chain.hierarchy.owner, key=len)
    if chain is not None and chain.hierarchy.root:
        return chain.hierarchy.root
    return common_name(certificate.issuer) if certificate is not None else ""


def common_name(name: str) -> str:
    """The CN of an RFC 4514 name, else its O, else all of it."""
    found = _attributes(name)
    return found.get("CN") or found.get("O") or _plain(name)


def _attributes(name: str) -> dict[str, str]:
    """CN and O of an RFC 4514 name, the most specific of each."""
    return {key.upper(): _plain(value) for key, value in reversed(_NAMED.findall(name))}


def _plain(value: str) -> str:
    return re.sub(r"\\([^0-9A-Fa-f])", r"\1", value).strip()


def is_public(chain: Chain | None) -> bool:
    return chain is not None and chain.hierarchy.class_ in ("public-chrome", "public-other")


def strongest(observation: Observation) -> Request | None:
    """The most that any handshake under the endpoint's name asked for; None where none got that far.

    A handshake that shared nothing with the peer says nothing beside one that showed a chain.
    """
    named = named_sights(observation)
    told = [sight for sight in named if sight.chain is not None] or named
    return max((sight.client_certificate.request for sight in told), key=_STRENGTH.__getitem__, default=None)


def requests(observations: Iterable[Observation]) -> list[tuple[int, Request]]:
    """Port and request of each endpoint that had a handshake, the strongest request first, then by port.

    A forwarded port goes by the number that its product knows it by.
    """
    found = [
        (one.endpoint.profile_port or one.endpoint.port, asked)
        for one in observations
        if (asked := strongest(one)) is not None
    ]
    return sorted(dict.fromkeys(found), key=lambda entry: (-_STRENGTH[entry[1]], entry[0]))
