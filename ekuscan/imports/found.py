"""What a description of the estate tells: boxes and connections, before they stand in a targets file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from ekuscan.model import RoleName
from ekuscan.record import record


@record
class FoundTarget:
    """A box as one description has it.

    ``name`` is what it would be called in a targets file; ``told_by`` where it was read, for a person ("nmap.xml",
    "xconf_dump_exp-c1.txt"). ``host`` is None for a far end that nobody names. ``ports`` are written as in a targets
    file ("8443", "sips:5061"), none where the role's own will do. ``slots`` holds certificates as PEM, end-entity
    first, by slot; never a key; ``trusted_cas`` those of all CAs that it trusts, as PEM. ``known_as`` are further names
    and addresses under which other boxes may speak of it. ``cluster_peers`` are the names and addresses that it has for
    the other members of its cluster. What was not told is None or empty.
    """

    name: str
    told_by: str
    host: str | None = None
    role: RoleName | None = None
    release: str | None = None
    cluster: str | None = None
    server_name: str | None = None
    ports: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, bytes] = field(default_factory=dict)
    trusted_cas: bytes = b""
    known_as: tuple[str, ...] = ()
    cluster_peers: tuple[str, ...] = ()


@record
class FoundConnection:
    """A connection as one description has it: ``from_`` dials ``to``.

    Both ends are names of found targets or clusters, or hosts that a target of the file may have. ``half`` is the end
    that told it where each end has a TLS verify mode of its own, as in a traversal zone: it counts where both ends told
    the same.
    """

    use_case: str
    from_: str
    to: str
    told_by: str
    settings: Mapping[str, str] = field(default_factory=dict)
    half: Literal["from", "to"] | None = None


@record
class Found:
    """All that one or several descriptions tell. ``left_out``: a sentence for each thing that was read and not used."""

    targets: tuple[FoundTarget, ...] = ()
    connections: tuple[FoundConnection, ...] = ()
    left_out: tuple[str, ...] = ()
