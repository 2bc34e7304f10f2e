"""What the columns of an asset list are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

TITLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("name", "target", "device", "device name", "asset", "asset name", "system", "ci", "ci name", "node"),
        "host": ("host", "hostname", "host name", "fqdn", "dns", "dns name", "server", "url", "domain name"),
        "address": (
            "address",
            "ip",
            "ip address",
            "ipv4",
            "ipv4 address",
            "ipv6",
            "ipv6 address",
            "management ip",
            "mgmt ip",
            "primary ip",
        ),
        "role": ("role", "ekuscan role"),
        "type": ("type", "product", "device type", "system type", "product name", "application", "model"),
        "release": ("release", "software release"),
        "version": ("version", "software version", "sw version", "firmware", "firmware version", "os version"),
        "cluster": ("cluster", "cluster name"),
        "port": ("port", "ports", "tcp port", "tcp ports", "service port", "open ports"),
        "server_name": ("server_name", "server name", "sni"),
        "tags": ("tags", "tag", "labels"),
    }
)
"""What each column is for, and the titles that it has: case, blanks and punctuation aside."""

EXPECTED: Final = ("host", "address", "name", "role", "release", "cluster", "ports", "tags")
"""The columns to name to a person who has none of them."""

# Without one of these a row says of no box.
_WHO: Final = ("host", "address", "name")
_NOISE: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are read for what, by their numbers, the first that has something in it; settings by their name."""

    of: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, int]

    def first(self, field: str, cells: Sequence[str]) -> str:
        """What a row says in a field, "" where nothing."""
        return next((cells[at] for at in self.of.get(field, ()) if at < len(cells) and cells[at]), "")

    def setting(self, name: str, cells: Sequence[str]) -> str:
        """What a row says of a setting, "" where nothing."""
        at = self.settings[name]
        return cells[at] if at < len(cells) else ""


def names_a_box(title: str) -> bool:
    """Whether a cell is the title of a column that tells boxes apart."""
    return _field(title) in _WHO


def columns(header: Sequence[str], settings: Iterable[str]) -> Columns:
    """The columns of a header. ``settings`` are names that may be titles too, written as they are."""
    of: dict[str, tuple[int, ...]] = {}
    found: dict[str, int] = {}
    by_title = {_plain(name): name for name in settings}
    for number, title in enumerate(header):
        field = _field(title)
        if field is not None:
            of[field] = (*of.get(field, ()), number)
        elif _plain(title) in by_title:
            found.setdefault(by_title[_plain(title)], number)
    return Columns(of, found)


def _field(title: str) -> str | None:
    plain = _plain(title)
    return next((field for field, titles in TITLES.items() if plain in map(_plain, titles)), None)


def _plain(title: str) -> str:
    return _NOISE.sub("", title.lower())
