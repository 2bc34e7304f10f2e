"""The xConfiguration of an Expressway, as its command line prints it and its diagnostic log holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from ekuscan.imports.expressway_keys import RemarkRow, ZoneRow, key_table
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.members import box_of, told_name
from ekuscan.imports.source import Kind, Source, UnusableSource
from ekuscan.imports.statements import Statements, squeezed, statements
from ekuscan.imports.text_source import head_of, text_of
from ekuscan.imports.xstatus import system_unit
from ekuscan.imports.zone import Zone
from ekuscan.imports.zone_peers import Dialler, described
from ekuscan.model import RoleName
from ekuscan.names import printable
from ekuscan.targets.address import canonical, is_ip, label

MAX_ZONES: Final = 1000
_MAX_PEERS: Final = 6
_MEANT: Final = re.compile(r"\bxConfiguration\s+[A-Za-z][\w \t]{2,200}:", re.IGNORECASE)
_ZONE: Final = re.compile(r"zoneszone(\d{1,4})([a-z].*)")

# What the API guides of room and desk devices (RoomOS, CE, TC) have, and no Expressway.
_DEVICE: Final = ("audio", "video", "camera", "conference", "userinterface", "standby", "peripherals")


def read_xconfiguration(source: Source) -> Found:
    """The box, its cluster, its zones and their peers; its release where the text has a status too.

    Raises:
        UnusableSource: it is no such text, or nothing in it tells whether this is an Expressway-C or -E.
    """
    text = text_of(source.data)
    read = statements(text)
    if not read.values:
        raise UnusableSource("has no statement of an xConfiguration in it that could be read")
    if _is_of_room_device(read.values):
        raise UnusableSource(
            "is the xConfiguration of a room or desk device, not of an Expressway: write the device into the targets "
            "file, with role: generic"
        )
    return _Box(source, read, system_unit(text).release).found()


def _is_of_room_device(values: Mapping[str, str]) -> bool:
    """Whether the statements are a device's: those of cameras, loudspeakers and screens, and none of zones."""
    return any(key.startswith(_DEVICE) for key in values) and not any(key.startswith("zones") for key in values)


class _Box:
    """One configuration being read."""

    def __init__(self, source: Source, read: Statements, release: str | None) -> None:
        self._source = source
        self._told_by = told_name(source.name)
        self._release = release
        self._values = read.values
        self._damaged = read.damaged
        self._table = key_table()
        self._left_out: list[str] = []
        self._zones = self._by_zone()

    def found(self) -> Found:
        role = self._role()
        this = self._this(role)
        if self._damaged:
            self._left_out.append(f"{self._source.name}: cut off, so not read: {self._damaged} of its statements")
        self._left_out += [f"{self._told_by}: {row.says}" for row in self._table.remarks if self._is_unusual(row)]
        dialler = Dialler(this, this.cluster or this.name, self._one("domain"))
        zones = [(self._said(number), zone) for number, zone in self._read_zones(role)]
        rest = described(dialler, zones)
        return Found(
            targets=(this, *self._cluster_peers(this), *rest.targets),
            connections=rest.connections,
            left_out=(*self._left_out, *rest.left_out),
        )

    def _is_unusual(self, row: RemarkRow) -> bool:
        value = self._values.get(squeezed(row.key))
        return bool(value) and str(value).lower() != row.usual.lower()

    # --- the box ------------------------------------------------------------------------------------------------

    def _role(self) -> RoleName:
        types = {self._type(zone) for zone in self._zones.values()}
        for row in self._table.evidence:
            if row.type.lower() in types:
                return row.role
        if self._source.role is not None:
            return self._source.role
        raise UnusableSource("has no traversal zone that tells whether this is C or E; add --role expressway-c or -e")

    def _this(self, role: RoleName) -> FoundTarget:
        tag = box_of(self._source.name)
        name = self._one("name") or self._source.box or tag
        hostname, domain = self._one("hostname"), self._one("domain")
        addresses = self._all("addresses")
        host = f"{hostname}.{domain}" if hostname and domain else None
        if host is None and name and "." in name:
            host = name
        host = host or next(iter(addresses), None)
        name = self._source.box or name or hostname or (label(host) if host else None)
        if name is None:
            raise UnusableSource("does not say which box this is; add --name")
        settings = {
            row.setting: value.lower()
            for row in self._table.settings
            if role in row.roles and (value := self._values.get(squeezed(row.key)))
        }
        known_as = tuple(dict.fromkeys(one for one in (*addresses, hostname, tag) if one))
        own = {name.lower() for name in (host, *known_as) if name}
        members = self._all("cluster peers")
        cluster = self._one("cluster") if len(members) > 1 else None
        return FoundTarget(
            name=label(name) if host and name == host else name,
            told_by=self._told_by,
            host=host,
            role=role,
            cluster=cluster,
            settings=settings,
            release=self._release,
            known_as=known_as,
            cluster_peers=tuple(peer for peer in members if peer.lower() not in own) if cluster else (),
        )

    def _cluster_peers(self, this: FoundTarget) -> Iterator[FoundTarget]:
        """The other members of the cluster, where they are told by name.

        A bare address would become a second target beside the one that the box itself, or a zone, gives its name.
        """
        for peer in this.cluster_peers:
            if not is_ip(canonical(peer)):
                yield FoundTarget(
                    label(canonical(peer)), f"{this.told_by}, cluster", peer, this.role, cluster=this.cluster
                )

    def _one(self, tells: str) -> str | None:
        return next(iter(self._all(tells)), None)

    def _all(self, tells: str) -> tuple[str, ...]:
        values = (
            self._values.get(squeezed(key.replace(" N ", f" {number} ")))
            for key in self._table.box[tells].keys
            for number in (range(1, _MAX_PEERS + 1) if " N " in key else (0,))
        )
        return tuple(dict.fromkeys(printable(value, 253) for value in values if value))

    # --- zones --------------------------------------------------------------------------------------------------

    def _by_zone(self) -> dict[int, dict[str, str]]:
        zones: dict[int, dict[str, str]] = {}
        for key, value in self._values.items():
            match = _ZONE.fullmatch(key)
            if match and (int(match[1]) in zones or len(zones) < MAX_ZONES):
                zones.setdefault(int(match[1]), {})[match[2]] = value
        return dict(sorted(zones.items()))

    def _said(self, number: int) -> str:
        name = self._zones[number].get("name")
        return f"{self._told_by}, zone {number}" + (f" ({printable(name, 60)})" if name else "")

    def _type(self, zone: Mapping[str, str]) -> str:
        """A zone's type in lower case; where the statement of it is missing, the one whose keys it has."""
        told = zone.get("type")
        if told:
            return told.lower()
        return next(
            (row.type.lower() for row in self._table.zones for key in zone if key.startswith(row.type.lower())), ""
        )

    def _read_zones(self, role: RoleName) -> Iterator[tuple[int, Zone]]:
        for number, values in self._zones.items():
            type_ = self._type(values)
            edge = _switch(values.get(f"{type_}collaborationedge")) == "on"
            row = self._table.zone(type_, collaboration_edge=edge)
            if row is None:
                self._left_out.append(f"{self._said(number)}: {_told_type(values)}, which is no connection over TLS")
            elif _switch(values.get(f"{type_}sipmode")) == "off":
                self._left_out.append(f"{self._said(number)}: SIP is off in it")
            else:
                yield number, self._zone(row, type_, values)

    def _zone(self, row: ZoneRow, type_: str, values: Mapping[str, str]) -> Zone:
        transport = values.get(f"{type_}siptransport")
        subject = values.get(f"{type_}siptlsverifysubjectname")
        port = values.get(f"{type_}sipport", "")
        zone_profile = values.get(f"{type_}zoneprofile", "").lower()
        use_case, far_end, role, dialled_back = row.use_case, row.far_end, None, False
        for profile in self._table.profiles:
            if zone_profile.startswith(profile.begins.lower()):
                role = profile.role
        for whose in self._table.subjects if far_end else ():
            if subject and subject.lower().endswith(whose.ends):
                use_case, far_end, role = whose.use_case, whose.name, whose.role
                dialled_back = whose.dials_back
        answered = (subject,) if row.dialled_by == "peer" and subject else ()
        peers = (far_end,) if far_end else answered or _peers(type_, values)
        return Zone(
            name=printable(values.get("name", ""), 128),
            use_case=use_case,
            dialled_by=row.dialled_by,
            peers=tuple(dict.fromkeys(printable(peer, 253) for peer in peers)),
            transport=printable(transport.lower(), 16) if transport else None,
            tls_verify=_switch(values.get(f"{type_}siptlsverifymode")),
            port=int(port) if port.isascii() and port.isdigit() and len(port) < 6 else None,
            peer_role=role or ("outside" if far_end else None),
            far_end=far_end is not None,
            verify_name=printable(subject, 253) if far_end and subject else None,
            dialled_back=dialled_back,
        )


def _peers(type_: str, values: Mapping[str, str]) -> Iterator[str]:
    for number in range(1, _MAX_PEERS + 1):
        peer = values.get(f"{type_}peer{number}address")
        if peer:
            yield peer


def _told_type(values: Mapping[str, str]) -> str:
    told = values.get("type")
    return f"a zone of type {printable(told, 40)}" if told else "a zone without a type"


def _switch(text: str | None) -> Literal["on", "off"] | None:
    word = (text or "").lower()
    return "on" if word == "on" else "off" if word == "off" else None


def _is_meant(source: Source) -> bool:
    return _MEANT.search(head_of(source.data)) is not None


KIND: Final = Kind("xconfiguration", "its xConfiguration text", _is_meant, read_xconfiguration)
