"""The protocols that endpoints speak, and the schemes by which people name them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from ekuscan.record import record

Transport = Literal["tcp", "udp"]

PROTOCOLS: Final = (
    "https",
    "sips",
    "tls",
    "xmpp-client",
    "xmpp-server",
    "smtp",
    "imap",
    "ldap",
    "postgresql",
    "turns",
    "dtls",
    "sip-udp",
    "sip-tcp",
    "ssh",
)

_OVER_UDP: Final = frozenset({"sip-udp", "dtls"})
# Nothing of TLS in them: what they show is a banner.
BANNER_ONLY: Final = frozenset({"sip-udp", "sip-tcp", "ssh"})
# Of these the banner is the answer to an OPTIONS of ours: they say nothing by themselves.
ASKED_BY_OPTIONS: Final = frozenset({"sip-udp", "sip-tcp"})


@record
class Scheme:
    """The protocol that a scheme means, and its usual port, None where there is none."""

    protocol: str
    port: int | None


# The ports are those of IANA's service name and port number registry.
SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType(
    {
        "https": Scheme("https", 443),
        "sips": Scheme("sips", 5061),
        "tls": Scheme("tls", None),
        "xmpp-client": Scheme("xmpp-client", 5222),
        "xmpp-server": Scheme("xmpp-server", 5269),
        "smtp": Scheme("smtp", 25),
        "imap": Scheme("imap", 143),
        "ldap": Scheme("ldap", 389),
        "postgresql": Scheme("postgresql", 5432),
        "smtps": Scheme("tls", 465),
        "imaps": Scheme("tls", 993),
        "ldaps": Scheme("tls", 636),
        "turns": Scheme("turns", 5349),
        "dtls": Scheme("dtls", 5349),
        "sip-udp": Scheme("sip-udp", 5060),
        "sip-tcp": Scheme("sip-tcp", 5060),
        "ssh": Scheme("ssh", 22),
    }
)


def transport_of(protocol: str) -> Transport:
    """What carries a protocol. A port number may be in use once over each."""
    return "udp" if protocol in _OVER_UDP else "tcp"
