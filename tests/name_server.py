"""A name server on loopback that a test starts: what it holds, or how it misbehaves."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Mood = Literal["answers", "silent", "refuses", "fails", "truncates", "silent-on-hosts"] | bytes
"""How it behaves; bytes are what stands behind the id of every answer."""

Zone = Mapping[str, Mapping[str, list[str]]]
"""Records as text by kind, by name without a dot at the end."""

_PLAIN_LIMIT = 512
_TTL = 60


@contextmanager
def name_server(zone: Zone, mood: Mood = "answers") -> Iterator[str]:
    """``ADDRESS:PORT`` of a server over UDP and TCP."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            answer = reply(self.request[0], zone, mood, limit=_PLAIN_LIMIT)
            if answer is not None:
                self.request[1].sendto(answer, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (size,) = struct.unpack("!H", self.rfile.read(2))
            answer = reply(self.rfile.read(size), zone, mood, limit=65535)
            if answer is not None:
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

    with _bound_alike(Udp, Tcp) as servers:
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"127.0.0.1:{servers[0].server_address[1]}"
        finally:
            for server in servers:
                server.shutdown()


@contextmanager
def _bound_alike(
    udp: type[socketserver.BaseRequestHandler], tcp: type[socketserver.BaseRequestHandler]
) -> Iterator[tuple[socketserver.BaseServer, ...]]:
    """A UDP and a TCP server on one number."""
    while True:
        with socketserver.ThreadingUDPServer(("127.0.0.1", 0), udp) as first:
            try:
                second = socketserver.ThreadingTCPServer(first.server_address, tcp)
            except OSError:
                continue
            with second:
                yield first, second
                return


def reply(wire: bytes, zone: Zone, mood: Mood, limit: int) -> bytes | None:
    """The answer to one question, None where there is none."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    if mood == "silent" or (mood == "silent-on-hosts" and question.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)):
        return None
    if isinstance(mood, bytes):
        return wire[:2] + mood
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if mood in ("refuses", "fails"):
        answer.set_rcode(dns.rcode.REFUSED if mood == "refuses" else dns.rcode.SERVFAIL)
        return answer.to_wire()
    _fill(answer, question.name, question.rdtype, zone)
    data = answer.to_wire(max_size=65535)
    if mood == "truncates" and limit == _PLAIN_LIMIT:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()
    return data


def _fill(answer: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType, zone: Zone) -> None:
    held = {dns.name.from_text(owner): rows for owner, rows in zone.items()}
    for _ in range(8):
        rows = held.get(name)
        if rows is None:
            if not any(owner.is_subdomain(name) for owner in held):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        if "CNAME" in rows and kind != dns.rdatatype.CNAME:
            answer.answer.append(dns.rrset.from_text(name, _TTL, "IN", "CNAME", *rows["CNAME"]))
            name = dns.name.from_text(rows["CNAME"][0])
            continue
        texts = rows.get(dns.rdatatype.to_text(kind))
        if texts:
            answer.answer.append(dns.rrset.from_text(name, _TTL, "IN", kind, *texts))
        return
