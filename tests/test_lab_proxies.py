"""The lab's proxies, sound and faulty, with sessions that go through them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ekuscan.lab.appliance import conversation
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.proxies import Gate, http_proxy, socks_proxy
from ekuscan.lab.proxy_faults import PROXY_FAULTS
from ekuscan.lab.server import LoopbackServer
from ekuscan.lab.talk import Manners
from ekuscan.lab.tls import server_context
from ekuscan.lab.worlds import make_worlds
from ekuscan.wire.dialogue import preamble
from ekuscan.wire.proxy import Proxy, proxy_dialogue

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
PROXIES = {"http": http_proxy, "socks5": socks_proxy}
TARGET = ("mail.lab.example", 25)
LOGIN = ("amélie", "s3cret")


@pytest.fixture(scope="module")
def kit():
    world = make_worlds(TODAY)["digicert"]
    return FaultKit(world.issuing, world.root, TODAY, pace=0.2)


@pytest.fixture
def server():
    made = LoopbackServer()
    yield made
    made.stop()


async def talk(port, *dialogues, patience=5.0):
    """Hold these dialogues one after the other; the last one held, and the bytes that came after its go-ahead."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    early = b""
    try:
        for dialogue in dialogues:
            writer.write(dialogue.start() + (dialogue.receive(early) if early else b""))
            await _hold(reader, writer, dialogue, patience)
            early = dialogue.rest
            if not dialogue.ready:
                break
    finally:
        writer.close()
    return dialogue


async def _hold(reader, writer, dialogue, patience):
    while not dialogue.ready and dialogue.failure is None:
        try:
            async with asyncio.timeout(patience):
                data = await reader.read(65536)
        except TimeoutError:
            dialogue.give_up()
        except ConnectionResetError:
            dialogue.peer_left(reset=True)
        else:
            if not data:
                dialogue.peer_left(reset=False)
            writer.write(dialogue.receive(data))


def gate(server, kit, login=None):
    smtp = server.listen("127.0.0.1", 0, conversation(server_context(kit.terms), "smtp", Manners()))
    closed = server.refuse("127.0.0.1", 0)
    return Gate({TARGET: ("127.0.0.1", smtp.port), ("::1", 1): ("127.0.0.1", closed.port)}, login)


@pytest.mark.parametrize("scheme", PROXIES)
@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "with a login"])
async def test_a_name_is_the_proxys_to_resolve_and_the_peers_first_words_come_through(server, kit, scheme, login):
    there = gate(server, kit, login)
    port = server.listen("127.0.0.1", 0, PROXIES[scheme](there)).port
    server.start()
    proxy = Proxy(scheme, "127.0.0.1", port, *(login or ()))
    end = await talk(port, proxy_dialogue(proxy, *TARGET), preamble("smtp", TARGET[0]))
    assert (end.stage, end.ready, end.failure) == ("preamble", True, None)
    assert there.asked == [TARGET]


@pytest.mark.parametrize("scheme", PROXIES)
async def test_wrong_credentials_and_places_are_told_apart(server, kit, scheme):
    port = server.listen("127.0.0.1", 0, PROXIES[scheme](gate(server, kit, LOGIN))).port
    server.start()

    async def reason(place, *login):
        end = await talk(port, proxy_dialogue(Proxy(scheme, "127.0.0.1", port, *login), *place))
        assert end.failure.stage == "proxy"
        return end.failure.reason

    assert await reason(TARGET) == "proxy-auth"
    assert await reason(TARGET, "amélie", "wrong") == "proxy-auth"
    assert await reason(("other.lab.example", 25), *LOGIN) == "proxy-refused"
    assert await reason(("::1", 1), *LOGIN) == {"http": "proxy-failed", "socks5": "refused"}[scheme]


async def test_every_faulty_proxy_gives_the_failure_that_it_stands_for(server):
    listeners = {name: server.listen("127.0.0.1", 0, fault.handler()) for name, fault in PROXY_FAULTS.items()}
    server.start()

    async def failed(name, fault):
        port = listeners[name].port
        silent = fault.failure[1] == "stalled"
        dialogue = proxy_dialogue(Proxy(fault.scheme, "127.0.0.1", port), *TARGET)
        end = await talk(port, dialogue, patience=0.4 if silent else 5.0)
        return end.failure

    whys = await asyncio.gather(*(failed(name, fault) for name, fault in PROXY_FAULTS.items()))
    given = dict(zip(PROXY_FAULTS, ((why.stage, why.reason) for why in whys), strict=True))
    assert given == {name: fault.failure for name, fault in PROXY_FAULTS.items()}
    assert all(why.detail.isprintable() for why in whys)


def test_every_fault_says_what_it_does():
    assert len({(fault.scheme, fault.says) for fault in PROXY_FAULTS.values()}) == len(PROXY_FAULTS)
