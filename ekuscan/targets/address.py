"""TARGET forms: host, host:port, [v6]:port, v6, scheme://host:port, CIDR. Names are not resolved here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ekuscan.protocols import SCHEMES
from ekuscan.record import record
from ekuscan.targets.errors import nearest, one_of

NETWORK_LIMIT = 4096
TEXT_LIMIT = 512

# RFC 1123 §2.1 and RFC 2181 §11; the underscore is not a host name's, but is met in the field.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

_SHORTEST_START = 3

_SCHEMES = one_of(list(SCHEMES), limit=len(SCHEMES))


class AddressError(ValueError):
    """The text is no TARGET; the message says what would be."""


@record
class Address:
    """A host (lower case; IP addresses in their canonical form, without brackets), maybe a port and a protocol."""

    host: str
    port: int | None = None
    protocol: str | None = None


@record
class Network:
    """A network in CIDR notation of at most NETWORK_LIMIT addresses, maybe with a port for all of them."""

    network: IPv4Network | IPv6Network
    port: int | None = None

    def addresses(self) -> Iterator[Address]:
        """The usable addresses: of an IPv4 network wider than /31, neither its own nor the broadcast address."""
        return (Address(str(host), self.port) for host in self.network.hosts())


def parse_target(text: str) -> Address | Network:
    """Reads one TARGET.

    Raises:
        AddressError: the text is none.
    """
    text = text.strip()
    if not text:
        raise AddressError("write a host name or an address")
    if len(text) > TEXT_LIMIT:
        raise AddressError(f"a target has at most {TEXT_LIMIT} characters")
    scheme = _SCHEME.match(text)
    if scheme:
        return _url(scheme[1].lower(), text[scheme.end() :])
    if "/" in text:
        return _network(text)
    host, port = _split_port(text)
    return Address(parse_host(host), port)


@lru_cache(maxsize=4096)
def parse_host(text: str) -> str:
    """A host name or IP address in its canonical form; brackets around an IPv6 address are taken off.

    Raises:
        AddressError: the text is neither.
    """
    if text.startswith("[") and text.endswith("]"):
        return str(_ipv6(text[1:-1]))
    if ":" in text:
        return str(_ipv6(text))
    name = _ascii_name(text)
    labels = name.removesuffix(".").split(".")
    if labels[-1].isdigit():
        return str(_ipv4(name))
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("write a host name, an address, or host:port")
    return name.lower()


def canonical(text: str) -> str:
    """A name or address in the one form in which it is compared with others; text that is neither in lower case."""
    try:
        return parse_host(text).removesuffix(".")
    except AddressError:
        return text.lower()


@lru_cache(maxsize=4096)
def is_ip(host: str) -> bool:
    """Whether a canonical host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def label(host: str) -> str:
    """A canonical host as it stands in ids: IPv6 addresses in brackets, so that a port can follow."""
    return f"[{host}]" if ":" in host else host


def server_name_for(host: str) -> str | None:
    """The server name (SNI) that goes with a host: its name, none for an IP address (RFC 6066 §3)."""
    return None if is_ip(host) else host.removesuffix(".")


def parse_port(text: str) -> int:
    """A port number.

    Raises:
        AddressError: the text is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise AddressError("a port is a number from 1 to 65535")
    return int(text)


def parse_port_word(text: str) -> tuple[str, int]:
    """The protocol and the number of SCHEME:PORT, or of SCHEME alone where it has a usual port.

    Raises:
        AddressError: the text is neither.
    """
    name, colon, port = text.partition(":")
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        close = [f"{one}{colon}{port}" for one in _meant(name)]
        raise AddressError(f"did you mean {one_of(close)}?" if close else f"the protocols are {_SCHEMES}")
    number = parse_port(port) if colon else scheme.port
    if number is None:
        raise AddressError(f"{name} needs a port: {name}:PORT")
    return scheme.protocol, number


def _url(name: str, rest: str) -> Address:
    scheme = SCHEMES.get(name)
    if scheme is None:
        close = [f"{one}://" for one in _meant(name)]
        raise AddressError(f"did you mean {one_of(close)}?" if close else f"the schemes are {_SCHEMES}")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise AddressError("leave out the user name: nothing logs in")
    host, port = _split_port(authority)
    port = port or scheme.port
    if port is None:
        raise AddressError(f"{name}:// needs a port: {name}://host:port")
    return Address(parse_host(host), port, scheme.protocol)


def _meant(name: str) -> list[str]:
    """The schemes that an unknown one may stand for: all that begin so (sip, xmpp), else the nearest."""
    begun = [scheme for scheme in SCHEMES if len(name) >= _SHORTEST_START and scheme.startswith(name.lower())]
    close = nearest(name, SCHEMES)
    return begun or ([close] if close else [])


def _network(text: str) -> Network:
    base, _, prefix = text.rpartition("/")
    prefix, colon, port = prefix.partition(":")
    if not (prefix.isascii() and prefix.isdigit()):
        raise AddressError("write a network as address/prefix length, for example 192.0.2.0/28")
    try:
        network = ip_network(f"{base.removeprefix('[').removesuffix(']')}/{prefix}", strict=False)
    except ValueError:
        raise AddressError("write a network as address/prefix length, for example 192.0.2.0/28") from None
    if network.num_addresses > NETWORK_LIMIT:
        smallest = network.max_prefixlen - NETWORK_LIMIT.bit_length() + 1
        raise AddressError(
            f"that is {network.num_addresses} addresses, at most {NETWORK_LIMIT} (/{smallest}) are taken"
        )
    return Network(network, parse_port(port) if colon else None)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise AddressError("write an IPv6 address with a port as [address]:port")
        return host + bracket, parse_port(rest[1:]) if rest else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, parse_port(port)
    return text, None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise AddressError("write an IPv6 address with a port as [address]:port") from None
    if address.scope_id is not None and not _LABEL.fullmatch(address.scope_id.replace(".", "-")):
        raise AddressError("write the interface after % as its name, for example fe80::1%eth0")
    return address


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise AddressError("write an IPv4 address as four numbers from 0 to 255, without leading zeros") from None


def _ascii_name(text: str) -> str:
    if text.isascii():
        return text
    if len(text) > 253:
        raise AddressError("a host name has at most 253 characters")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressError("write a host name, an address, or host:port") from None
