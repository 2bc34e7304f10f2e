"""A target as it is put together from files and command line, before it is checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from ekuscan.model import RoleName, Waiver
from ekuscan.protocols import Transport, transport_of
from ekuscan.record import record
from ekuscan.targets.errors import Place, Problems, shown


@record
class PortAsk:
    """A port that was named: dialled at ``port``, known to the profile as ``profile_port``.

    ``protocol`` is None where only the number was given. ``forwarded`` ports keep what the profile says of them; a port
    named outright has to answer. ``written`` is how it stands in a targets file.
    """

    port: int
    profile_port: int
    protocol: str | None = None
    forwarded: bool = False
    written: str = field(default="", compare=False)

    @property
    def transport(self) -> Transport | None:
        """What carries the protocol, None where none was named."""
        return transport_of(self.protocol) if self.protocol else None


@record
class SlotSource:
    """What fills a slot: the name of another slot of the box, or a file name that starts at ``folder``. A list of CAs
    has the latter alone.

    ``standing``: it is written down in a targets file, rather than named for this run.
    """

    text: str
    folder: Path
    standing: bool = False


@record
class Draft:
    """A target with the place of each of its statements.

    ``own_ports``: the role's ports are dialled too. ``broken``: what is said of it could not be read at all, so that
    only its name counts. ``client_certificates``, ``key_types`` and ``proxy`` are None where they were not given.
    """

    id: str
    place: Place
    host: str | None = None
    role: RoleName | None = None
    release: str | None = None
    cluster: str | None = None
    server_name: str | None = None
    own_ports: bool = True
    broken: bool = False
    asks: tuple[PortAsk, ...] = ()
    tags: tuple[str, ...] = ()
    client_certificates: tuple[str, ...] | None = None
    key_types: str | None = None
    proxy: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, SlotSource] = field(default_factory=dict)
    trusted_cas: tuple[SlotSource, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """The place of a statement, the target's own where it was not made."""
        return self.places.get(key, self.place.at(key))


@record
class ConnectionDraft:
    """A connection as declared, its ends not yet looked up; ``imported`` says where it was read, None of one's own."""

    place: Place
    use_case: str
    from_: str
    to: str
    imported: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """The place of a key."""
        return self.places.get(key, self.place)


@record
class TrustDraft:
    """A certificate file named under ``trust:``."""

    place: Place
    path: str


@record
class ClientPairDraft:
    """A client certificate named under ``client_certificates:``; without ``key`` the certificate's file holds it."""

    name: str
    place: Place
    certificate: str
    key: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """The place of a key."""
        return self.places.get(key, self.place)


@record
class FileContent:
    """What a targets file says. ``folder`` is where its relative file names start, ``sections`` are its keys."""

    folder: Path
    drafts: tuple[Draft, ...] = ()
    connections: tuple[ConnectionDraft, ...] = ()
    trust: tuple[TrustDraft, ...] = ()
    client_pairs: tuple[ClientPairDraft, ...] = ()
    proxy: str | None = None
    waivers: tuple[Waiver, ...] = ()
    sections: frozenset[str] = frozenset()


_SCALARS = ("host", "role", "release", "cluster", "server_name")


def merged(first: Draft, second: Draft, problems: Problems) -> Draft:
    """One target from two statements about it. Contradictions are noted at the second's place."""
    changes: dict[str, Any] = {}
    for key in _SCALARS:
        mine, theirs = getattr(first, key), getattr(second, key)
        if mine is None:
            changes[key] = theirs
        elif theirs is not None and theirs != mine:
            problems.add(second.at(key), _contradiction(theirs, mine, first.at(key)))
    for key in first.settings.keys() & second.settings.keys():
        if first.settings[key] != second.settings[key]:
            problems.add(second.at(key), _contradiction(second.settings[key], first.settings[key], first.at(key)))
    return replace(
        first,
        **changes,
        own_ports=first.own_ports or second.own_ports,
        asks=tuple(dict.fromkeys((*first.asks, *second.asks))),
        tags=tuple(dict.fromkeys((*first.tags, *second.tags))),
        settings={**second.settings, **first.settings},
        slots={**second.slots, **first.slots},
        places={**second.places, **first.places},
    )


def _contradiction(found: str, other: str, place: Place) -> str:
    where = "" if place.line is None else f" ({shown(place.where)}:{place.line})"
    kept_apart = "one host is one target, name=... keeps two apart"
    return f"found {shown(found)}, but {shown(other)} before{where}; {kept_apart}"
