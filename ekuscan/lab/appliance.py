"""An appliance of the lab: how a role behaves, and the conversation that one of its ports holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any, Final

from ekuscan import toml
from ekuscan.lab.openings import OPENINGS
from ekuscan.lab.openings import hold as hold_opening
from ekuscan.lab.server import Handler
from ekuscan.lab.talk import MAX_REQUEST, Manners, Page, http_answer, next_message, sip_answer
from ekuscan.lab.tls import HandshakeError, RequestChoice, ServerContext, TlsEnd
from ekuscan.lab.wire import Wire
from ekuscan.record import record

SELF_SIGNED_SLOT: Final = "web"

_ANSWERED: Final = ("https", "sips")


@record
class Behaviour:
    """What ``appliances.toml`` says of a role."""

    manners: Manners
    requests: Mapping[int, RequestChoice] = field(default_factory=dict)
    checks_eku: bool = True
    names: tuple[int, ...] = ()
    shows: Mapping[int, str] = field(default_factory=dict)
    closed: tuple[int, ...] = ()


def behaviour(role: str, release: str | None) -> Behaviour:
    """How an appliance of this role and release behaves; a role that the table does not have just shows its
    certificates."""
    row = _table().get(role, {})
    blanks = {"release": release or "unknown", "major": _major(release)}
    agent = row.get("agent")
    manners = Manners(
        agent=_filled(agent, blanks) if agent else None,
        sip_status=row.get("sip_status", 200),
        pages={path: _page(page, blanks) for path, page in row.get("page", {}).items()},
        realm=row.get("realm", "Lab"),
    )
    return Behaviour(
        manners,
        requests={int(port): choice for port, choice in row.get("requests", {}).items()},
        checks_eku=row.get("checks_eku", True),
        names=tuple(row.get("names", ())),
        shows={int(port): slot for port, slot in row.get("shows", {}).items()},
        closed=tuple(row.get("closed", ())),
    )


def conversation(context: ServerContext, protocol: str, manners: Manners) -> Handler:
    """The handler of a TLS port: what its protocol says before TLS, a handshake on these terms, then "https", "sips",
    or for all else nothing more."""
    opening = OPENINGS.get(protocol, ())

    async def hold(wire: Wire) -> None:
        await hold_opening(wire, opening)
        tls = TlsEnd(context, wire)
        try:
            await tls.handshake()
        except HandshakeError:
            wire.counters.failed += 1
            return
        finally:
            wire.counters.server_name = tls.server_name
        wire.counters.handshakes += 1
        await talk(tls, wire, protocol, manners)

    return hold


async def talk(tls: TlsEnd, wire: Wire, protocol: str, manners: Manners) -> None:
    """Answer requests until the client leaves, sends too much, or has its page."""
    buffer = bytearray()
    while len(buffer) <= MAX_REQUEST:
        data = await tls.receive()
        if not data:
            break
        if protocol not in _ANSWERED:
            continue
        buffer += data
        while (message := next_message(buffer)) is not None:
            wire.counters.asked(message)
            if protocol == "https":
                await tls.send(http_answer(message, manners))
                await tls.close()
                return
            answer = sip_answer(message, manners)
            if answer is not None:
                await tls.send(answer)
    await tls.close()


def _page(row: Mapping[str, Any], blanks: Mapping[str, str]) -> Page:
    return Page(
        status=row["status"],
        body=_filled(row.get("body", ""), blanks),
        headers=tuple(row.get("headers", ())),
        kind=row.get("kind", "text/html"),
        guarded=row.get("guarded", False),
    )


def _filled(text: str, blanks: Mapping[str, str]) -> str:
    for name, value in blanks.items():
        text = text.replace("{" + name + "}", value)
    return text


def _major(release: str | None) -> str:
    found = re.search(r"\d+", release or "")
    return found[0] if found else "0"


@cache
def _table() -> dict[str, dict[str, Any]]:
    return toml.loads(Path(__file__).with_name("appliances.toml").read_text(encoding="utf-8"))
