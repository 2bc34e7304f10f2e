"""The hosts of an nmap scan that are worth a look over TLS, out of ``nmap -oX``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.nmap_events import NmapDocument, NmapHost, NmapPort
from ekuscan.imports.nmap_table import banner_of, roles_of
from ekuscan.imports.source import Kind, Source
from ekuscan.imports.text_source import head_of
from ekuscan.model import RoleName
from ekuscan.profiles.load import ProfilePort, port_of, profile
from ekuscan.record import record
from ekuscan.role_signs import Ports, products_of, release_of, role_of
from ekuscan.targets.address import AddressError, is_ip, label, parse_host

_CHUNK: Final = 64 * 1024
MAX_TARGETS: Final = 50_000
# What nmap calls services (the last word of its "ssl/sip"), as a targets file names their protocol.
_SPOKEN: Final = {"sip": "sips", "sip-proxy": "sips", "sip-tls": "sips", "http": "https", "https": "https"}
_ANY_TLS: Final = "tls"
_SIP_UDP: Final = "sip-udp"
_SIP_TCP: Final = "sip-tcp"


@record
class _Box:
    """``host`` is what to dial, ``server_name`` the name that the DNS has for it where that is an address."""

    host: str
    server_name: str | None
    addresses: tuple[str, ...]
    role: RoleName | None
    release: str | None
    ports: tuple[str, ...]


def read_nmap(source: Source) -> Found:
    """The hosts that are up and have a port open that is one of some role's for TLS or SIP.

    A host has a role where its banners or ports settle it as they would in a scan of ours; else its ports are named,
    and the scan guesses. A document that breaks off gives what stands before, and a sentence.

    Raises:
        UnusableSource: it is no XML of nmap's.
    """
    document = NmapDocument(source.data[at : at + _CHUNK] for at in range(0, len(source.data), _CHUNK))
    hosts, boxes, left_out = 0, list[_Box](), list[str]()
    for host in document:
        hosts += 1
        box = _box(host) if host.up else None
        if box is not None and len(boxes) < MAX_TARGETS:
            boxes.append(box)
    if document.broken is not None:
        left_out.append(f"{source.name}: {document.broken}")
    if len(boxes) == MAX_TARGETS:
        left_out.append(f"{source.name}: only the first {MAX_TARGETS} hosts were taken")
    elif hosts > len(boxes):
        idle = hosts - len(boxes)
        has = "1 host has" if idle == 1 else f"{idle} hosts have"
        left_out.append(f"{source.name}: {has} no open port that a product here has for TLS or SIP")
    return Found(tuple(_targets(boxes, source.name)), left_out=tuple(left_out))


def _targets(boxes: Sequence[_Box], told_by: str) -> Iterator[FoundTarget]:
    """A name that the DNS has for several of the addresses tells none of them apart."""
    often = Counter(box.server_name for box in boxes)
    for box in boxes:
        server_name = box.server_name if often[box.server_name] == 1 else None
        yield FoundTarget(
            server_name or label(box.host),
            told_by,
            box.host,
            box.role,
            box.release,
            server_name=server_name,
            ports=box.ports,
            known_as=tuple(address for address in box.addresses if address != box.host),
        )


def _box(host: NmapHost) -> _Box | None:
    """The box of a host, None where nothing on it is worth a look, or nothing names it as a targets file may.

    A name that was given to nmap was dialled. One that the DNS has for an address need not lead back to it, so the
    address is dialled and the name asked for.
    """
    open_ = [port for port in host.ports if port.state == "open"]
    given, addresses = _hosts(host.given), _hosts(host.addresses)
    if not any(map(_worth, open_)) or not (given or addresses):
        return None
    server_name = None if given else next((name for name in _hosts(host.looked_up) if not is_ip(name)), None)
    role, release = _signs(host)
    ports = tuple(_ports([port for port in open_ if _worth(port) or port.tls], role))
    return _Box((given or addresses)[0], server_name, tuple(addresses), role, release, ports)


def _hosts(texts: Iterable[str]) -> list[str]:
    found = []
    for text in texts:
        with suppress(AddressError):
            found.append(parse_host(text).removesuffix("."))
    return found


def _worth(port: NmapPort) -> bool:
    """Whether a port makes a host worth a look: our scan tries it where it knows no role, or it is SIP in clear."""
    row = _row(port)
    return (row is not None and row.unknown_role) or _clear_sip(port)


def _row(port: NmapPort) -> ProfilePort | None:
    """What profiles say of a port, None where none lists it."""
    return port_of(None, port.number, "udp" if port.transport == "udp" else "tcp")


def _clear_sip(port: NmapPort) -> bool:
    """Whether this is the TCP port beside one that profiles have for SIP over UDP."""
    other = port_of(None, port.number, "udp")
    return _row(port) is None and port.transport == "tcp" and other is not None and other.protocol == _SIP_UDP


def _signs(host: NmapHost) -> tuple[RoleName | None, str | None]:
    """Role and release as a scan of ours guesses them; a product of nmap's that stands for one role counts too."""
    open_ = [port for port in host.ports if port.state == "open"]
    probed = [port for port in open_ if port.probed]
    banners = [one for port in probed if (one := banner_of(port.product, port.version, port.extra)) is not None]
    shows_tls = frozenset(port.number for port in open_ if port.tls and port.transport == "tcp")
    refused = frozenset(port.number for port in host.ports if port.refuses and port.transport == "tcp")
    role, _, _ = role_of(banners, Ports(shows_tls, refused))
    roles = {*roles_of(port.product for port in probed), *([role] if role is not None else [])}
    products = products_of(banners)
    if len(roles) != 1 or len(products) > 1:
        return None, None
    settled = roles.pop()
    fits = products and settled in products[0].roles
    return settled, release_of(banners, products[0])[0] if fits else None


def _ports(open_: Iterable[NmapPort], role: RoleName | None) -> Iterator[str]:
    """None where the role's own will do; where one is open that the role has not, all that are open."""
    words = dict.fromkeys(_word(port) for port in open_)
    own = {row.port for row in profile(role).ports} if role is not None else set()
    if role is None or any(port.number not in own for port in open_):
        yield from words


def _word(port: NmapPort) -> str:
    row = _row(port)
    if _clear_sip(port):
        return f"{_SIP_TCP}:{port.number}"
    if row is None:
        return f"{_SPOKEN.get(port.service, _ANY_TLS)}:{port.number}"
    return str(port.number) if row.transport == "tcp" else f"{row.protocol}:{port.number}"


KIND: Final = Kind("nmap", "the XML of nmap (-oX)", lambda source: "<nmaprun" in head_of(source.data), read_nmap)
