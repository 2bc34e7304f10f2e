"""Whether a certificate names its holder as a peer expects it.

RFC 9525 §6.3 for DNS names (a wildcard is the whole left-most label and stands for one label) and addresses; the common
name counts only where there is no DNS name, as RFC 6125 §6.4.4 still had it. RFC 5922 §7 for SIP: a URI "sip:domain"
counts too, and wildcards do not. RFC 6120 §13.7.1 for XMPP: XmppAddr and SRVName count too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from ekuscan.model import Certificate

SIP = frozenset({"sips"})
_XMPP = {"xmpp-client": "_xmpp-client.", "xmpp-server": "_xmpp-server."}
_CUT = "... and "
_UNREADABLE = "subject alternative name cannot be decoded"
_ATTRIBUTE = re.compile(r"(?:[^,+\\]|\\.)+")


def fits(name: str, protocol: str, san: Sequence[str], common: str | None) -> Literal["yes", "wildcard", "no"]:
    """Whether a certificate with these alternative names and this common name is one for ``name``.

    ``name`` is lower case with A-labels, ``san`` as `ekuscan.names.general_names` writes it. "wildcard": by a wildcard
    alone.
    """
    address = address_of(name)
    if address is not None:
        return "yes" if any(address_of(one) == address for one in _of(san, "IP")) else "no"
    names = _of(san, "DNS")
    others = _sip_domains(san) if protocol in SIP else _xmpp_names(san, protocol)
    if not names and not others and common is not None:
        names = [common.rstrip(".").lower()]
    if name in names or name in others:
        return "yes"
    parent = name.partition(".")[2]
    return "wildcard" if parent and f"*.{parent}" in names else "no"


def is_named(certificate: Certificate, name: str) -> bool | None:
    """Whether a certificate of a SIP peer has a name that its peer was told to expect, in any case and spelling.

    "*.DOMAIN" stands for the hosts of a domain, as in CUBE's list (voice command reference, cn-san).

    The common name counts beside the alternative names, as Cisco's zones have it ("CN or SAN"). None where that cannot
    be told: a wildcard alone fits, or not all of its names could be read.
    """
    if name.startswith("*."):
        return _has_one_below(certificate, name[2:])
    wanted = spelled(name.rstrip(".").lower())
    if wanted and wanted == common_name_in(certificate.subject).lower():
        return True
    fit = fits(wanted, "sips", certificate.san, None)
    if fit == "yes":
        return True
    return None if fit == "wildcard" or cannot_tell(certificate) else False


def _has_one_below(certificate: Certificate, domain: str) -> bool | None:
    """Whether a certificate has a host right below a domain; None where it has others that may be meant."""
    end = f".{spelled(domain.rstrip('.').lower())}"
    names = [*_of(certificate.san, "DNS"), common_name_in(certificate.subject).lower()]
    below = [name.removesuffix(end) for name in names if name.endswith(end)]
    if any(host and "." not in host and "*" not in host for host in below):
        return True
    return None if below or cannot_tell(certificate) else False


def stated_names(text: str) -> list[str]:
    """The names in a setting that holds one, or several with commas or spaces between."""
    return [name for name in re.split(r"[,\s]+", text) if name]


def same_host(name: str) -> object:
    """What is equal for all spellings of a host: its address, or its name in lower case with A-labels."""
    plain = name.strip("[]").rstrip(".").lower()
    return address_of(plain) or spelled(plain)


def cannot_tell(certificate: Certificate) -> bool:
    """Whether a certificate may have names that were not read: what it does not name cannot be told then."""
    return any(one.startswith(_CUT) for one in certificate.san[-1:]) or _UNREADABLE in certificate.flaws


def common_name_in(subject: str) -> str:
    """The most specific common name of a name as RFC 4514 text, "" where it has none. Escapes are left as they are."""
    attributes = (one.strip() for one in _ATTRIBUTE.findall(subject))
    return next((one[3:] for one in attributes if one.startswith("CN=")), "")


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


def spelled(name: str) -> str:
    """A name with A-labels; one that has none is left as it is, and no certificate will have it."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


@lru_cache(maxsize=4096)
def address_of(text: str) -> object | None:
    """An IP address, None for any other text."""
    try:
        return ip_address(text)
    except ValueError:
        return None
