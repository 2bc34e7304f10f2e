"""The hosts in what ``nmap -oX`` writes, one after the other, whatever the size of the file.

Nothing of a document is kept but the host at hand. A document that declares an entity is refused: nmap declares none,
and nothing else in XML unfolds or fetches anything.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ekuscan.imports.source import UnusableSource
from ekuscan.imports.text_source import utf16_of
from ekuscan.record import record
from ekuscan.targets.errors import shown

MAX_DEPTH: Final = 32
MAX_TOKEN: Final = 1024 * 1024
MAX_TEXT: Final = 256
MAX_PORTS: Final = 2 * 65535
_ROOT: Final = "nmaprun"
_OPEN, _REFUSING = "open", "closed"
_TELLING: Final = (_OPEN, _REFUSING)


@record
class NmapPort:
    """A port of a host. ``state`` is "open" or "closed"; ``tls``: nmap's probes found TLS there (``-sV``).

    ``service`` is nmap's name for what runs there, read off the number where ``probed`` is False.
    """

    number: int
    transport: str
    state: str = ""
    service: str = ""
    probed: bool = False
    tls: bool = False
    product: str = ""
    version: str = ""
    extra: str = ""

    @property
    def refuses(self) -> bool:
        """Whether a connection was answered with a refusal."""
        return self.state == _REFUSING


@dataclass(slots=True)
class NmapHost:
    """A host as it is put together. ``given`` are names that a person gave, ``looked_up`` those that the DNS has."""

    up: bool = False
    addresses: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    ports: list[NmapPort] = field(default_factory=list)


class NmapDocument:
    """One document being read. Iterate over it once; then ``broken`` says where and why it ends before its end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.broken: str | None = None
        self._chunks = iter(chunks)
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity
        self._depth = 0
        self._root: str | None = None
        self._finished = False
        self._host: NmapHost | None = None
        self._port: dict[str, str] = {}
        self._done: list[NmapHost] = []

    def __iter__(self) -> Iterator[NmapHost]:
        """The hosts, each when it is complete.

        Raises:
            UnusableSource: it is nothing that nmap wrote as XML, or does what nmap does not.
        """
        given = 0
        try:
            for chunk in _as_utf8(self._chunks):
                given += len(chunk)
                self._parser.Parse(chunk, False)
                yield from self._taken()
                if given - max(self._parser.CurrentByteIndex, 0) > MAX_TOKEN:
                    raise UnusableSource(f"line {self._line} has more than {MAX_TOKEN // 1024} KiB in one element")
            self._parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeDecodeError):
            yield from self._taken()
            self._end_early()
        else:
            yield from self._taken()
            if not self._finished:
                self.broken = "has no end of a scan in it: nmap was stopped; scan again for the rest"

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _end_early(self) -> None:
        if self._root is None:
            raise UnusableSource("is no XML; run nmap with -oX FILE")
        self.broken = f"breaks off or is damaged at line {self._line}; only the hosts before it were read"

    def _taken(self) -> list[NmapHost]:
        done, self._done = self._done, []
        return done

    def _entity(self, *_: object) -> None:
        raise UnusableSource("declares an entity, which nmap does not; export it again with -oX")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnusableSource(f"line {self._line} is nested deeper than {MAX_DEPTH} elements")
        if self._root is None:
            if name != _ROOT:
                raise UnusableSource(f"is XML, but not nmap's: it begins with <{shown(name)}>; run nmap with -oX FILE")
            self._root = name
        elif name == "host":
            self._host = NmapHost()
        elif name == "finished":
            self._finished = attributes.get("exit", "success") == "success"
        elif self._host is not None:
            self._in_host(self._host, name, attributes)

    def _in_host(self, host: NmapHost, name: str, attributes: Mapping[str, str]) -> None:
        if name == "port":
            self._port = dict(attributes)
        elif name == "state":
            self._port["state"] = attributes.get("state", "")
        elif name == "service":
            self._port |= attributes
        elif name == "status":
            host.up = attributes.get("state") == "up"
        elif name == "address" and attributes.get("addrtype") in ("ipv4", "ipv6"):
            host.addresses.append(attributes.get("addr", "")[:MAX_TEXT])
        elif name == "hostname":
            names = host.given if attributes.get("type") == "user" else host.looked_up
            names.append(attributes.get("name", "")[:MAX_TEXT])

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._host is None:
            return
        if name == "port":
            port = _port(self._port)
            self._port = {}
            if port is not None and len(self._host.ports) < MAX_PORTS:
                self._host.ports.append(port)
        elif name == "host":
            self._done.append(self._host)
            self._host = None


def _port(told: Mapping[str, str]) -> NmapPort | None:
    """A port, None for a number that is none, and for one that neither is open nor refuses: it tells nothing."""
    number, state = told.get("portid", ""), told.get("state", "")
    if state not in _TELLING or not (number.isascii() and number.isdigit() and 0 < int(number[:6]) <= 65535):
        return None
    transport = told.get("protocol", "")
    if state == _REFUSING:
        return NmapPort(int(number), transport, state)
    return NmapPort(
        int(number),
        transport,
        state,
        told.get("name", "")[:MAX_TEXT],
        told.get("method") == "probed",
        told.get("tunnel") == "ssl",
        told.get("product", "")[:MAX_TEXT],
        told.get("version", "")[:MAX_TEXT],
        told.get("extrainfo", "")[:MAX_TEXT],
    )


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks as they are, or made UTF-8: PowerShell writes UTF-16 where output goes into a file with ``>``."""
    first = next(chunks, b"")
    utf16 = utf16_of(first)
    if utf16 is None:
        yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(utf16)()
    yield decoder.decode(first).removeprefix("\ufeff").encode("utf-8", "replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")
