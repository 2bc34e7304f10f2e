"""The lab's talks before TLS, against the dialogues and against a client that is not ours."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ekuscan.lab.appliance import conversation
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.openings import OPENINGS
from ekuscan.lab.preamble_faults import PREAMBLE_FAULTS
from ekuscan.lab.server import LoopbackServer
from ekuscan.lab.talk import Manners
from ekuscan.lab.tls import server_context
from ekuscan.lab.worlds import make_worlds
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint
from ekuscan.probe import observe
from ekuscan.wire.question import QUESTIONS

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
LIMITS = ProbeLimits(connect=1.0, handshake=2.0, quiet=0.5, answer=0.5, deadline=6.0)
# Protocols as `openssl s_client -starttls` calls them.
OPENSSL_NAMES = {
    "smtp": "smtp",
    "imap": "imap",
    "xmpp-client": "xmpp",
    "xmpp-server": "xmpp-server",
    "ldap": "ldap",
    "postgresql": "postgres",
}


@pytest.fixture(scope="module")
def kit():
    world = make_worlds(TODAY)["digicert"]
    return FaultKit(world.issuing, world.root, TODAY, pace=0.2)


@contextmanager
def listening(handlers):
    server = LoopbackServer()
    try:
        listeners = {name: server.listen("127.0.0.1", 0, handler) for name, handler in handlers.items()}
        server.start()
        yield listeners
    finally:
        server.stop()


@pytest.fixture(scope="module")
def openings(kit):
    context = server_context(replace(kit.terms, request="optional"))
    with listening({protocol: conversation(context, protocol, Manners()) for protocol in OPENINGS}) as listeners:
        yield listeners


async def seen(port, protocol, limits=LIMITS):
    place = Endpoint("one", "one", "127.0.0.1", port, protocol, "fault.lab.example", optional=False)
    async with asyncio.timeout(30):
        return await observe(place, limits, lambda: TODAY)


@pytest.mark.parametrize("protocol", OPENINGS)
async def test_a_probe_sees_the_chain_behind_every_opening(kit, openings, protocol):
    found = await seen(openings[protocol].port, protocol)
    assert next(iter(found.presented.values())) == kit.credential.ders
    # After the handshake the lab holds its peace; where an answer is owed, that is no consent.
    owed = protocol in QUESTIONS and QUESTIONS[protocol].owed
    assert found.sights[0].client_certificate.request == ("unknown" if owed else "optional")
    assert (found.failure is not None) == owed


@pytest.mark.parametrize("protocol", OPENINGS)
def test_openssl_s_client_gets_through_every_opening_too(openings, protocol):
    openssl = shutil.which("openssl")
    assert openssl is not None
    port = openings[protocol].port
    command = (openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", OPENSSL_NAMES[protocol])
    done = subprocess.run(command, input=b"", capture_output=True, timeout=30, check=False)
    assert b"fault.lab.example" in done.stdout
    assert b"Verify return code" in done.stdout


async def test_every_fault_before_tls_gives_the_failure_that_it_stands_for(kit):
    with listening({name: fault.handler(kit) for name, fault in PREAMBLE_FAULTS.items()}) as listeners:
        found = await asyncio.gather(
            *(seen(listeners[name].port, fault.protocol) for name, fault in PREAMBLE_FAULTS.items())
        )
    whys = [one.failure or (one.sights[0].failure if one.sights else None) for one in found]
    given = dict(zip(PREAMBLE_FAULTS, ((why.stage, why.reason) if why else None for why in whys), strict=True))
    assert given == {name: fault.failure for name, fault in PREAMBLE_FAULTS.items()}
    told = [why.detail for why in whys if why] + [one.banner.raw for one in found if one.banner]
    assert len(told) == len(whys)
    assert all(text.isprintable() and len(text) < 300 for text in told)


def test_every_fault_says_what_it_does():
    assert len({fault.says for fault in PREAMBLE_FAULTS.values()}) == len(PREAMBLE_FAULTS)
