"""What the columns of an asset list are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ekuscan.record import record
from ekuscan.targets.errors import one_of, shown

TITLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": (
            "name",
            "target",
            "device",
            "device name",
            "asset",
            "asset name",
            "system",
            "ci",
            "ci name",
            "node",
            "gerät",
            "geraet",
            "gerätename",
            "geraetename",
        ),
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
            "adresse",
            "ip adresse",
            "ipv4 adresse",
            "ipv6 adresse",
        ),
        "role": ("role", "ekuscan role", "rolle"),
        "type": (
            "type",
            "product",
            "device type",
            "system type",
            "product name",
            "application",
            "model",
            "produkt",
            "produktname",
            "gerätetyp",
            "geraetetyp",
        ),
        "release": ("release", "software release"),
        "version": (
            "version",
            "software version",
            "sw version",
            "firmware",
            "firmware version",
            "os version",
            "softwarestand",
            "firmwarestand",
        ),
        "cluster": ("cluster", "cluster name"),
        "port": ("port", "ports", "tcp port", "tcp ports", "service port", "open ports"),
        "server_name": ("server_name", "server name", "sni"),
        "tags": ("tags", "tag", "labels"),
    }
)
"""What each column is for, and its titles in English and German: case, blanks, accents and punctuation aside."""

EXPECTED: Final = ("host", "address", "name", "role", "release", "cluster", "ports", "tags")
"""The columns to name to a person who has none of them."""

_NAMED: Final = 8
_SHOWN: Final = 40
# Without one of these a row says of no box.
_WHO: Final = ("host", "address", "name")
_NOISE: Final = re.compile(r"[^a-z0-9]+")


@record
class Columns:
    """Which columns are read for what, by their numbers, the first that has something in it; settings by their name."""

    of: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, int]

    def first(self, field: str, cells: Sequence[str]) -> str:
        """What a row says in a field, "" where nothing."""
        return next((cells[at] for at in self.of.get(field, ()) if at < len(cells) and cells[at]), "")

    def reads(self, at: int) -> bool:
        """Whether the column with this number is read for anything."""
        return at in self.settings.values() or any(at in numbers for numbers in self.of.values())

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


def not_understood(header: Sequence[str], rows: Iterable[Sequence[str]], known: Columns) -> str | None:
    """A sentence on the columns that hold something and are read for nothing, None where there are none."""
    filled = {at for cells in rows for at, cell in enumerate(cells) if cell}
    titles = [
        shown(header[at] if at < len(header) and header[at] else f"column {at + 1}", _SHOWN)
        for at in sorted(filled)
        if not known.reads(at)
    ]
    if not titles:
        return None
    more = len(titles) - _NAMED
    listed = ", ".join(titles[:_NAMED]) + (f", and {more} more" if more > 0 else "")
    return f"columns not understood, so not read: {listed}; give one that matters a title like {one_of(EXPECTED)}"


def _field(title: str) -> str | None:
    plain = _plain(title)
    return next((field for field, titles in TITLES.items() if plain in map(_plain, titles)), None)


def _plain(title: str) -> str:
    # Decomposed, so that an umlaut is its letter and a mark, which goes with the noise.
    return _NOISE.sub("", unicodedata.normalize("NFKD", title.lower()))
