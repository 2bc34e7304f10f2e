from __future__ import annotations

import asyncio
import errno
import itertools
import ssl
from dataclasses import replace

import pytest

from ekuscan import sweep as sweep_module
from ekuscan.limits import ProbeLimits, SweepLimits
from ekuscan.model import Observation
from ekuscan.sweep import sweep
from tests.loopback import LIMITS, clock, endpoint, free_port, listening, server_tls, silent

QUICK = SweepLimits(concurrency=8, probe=LIMITS)


async def gathered(endpoints, limits=QUICK):
    return [found async for found in sweep(endpoints, limits, clock)]


@pytest.fixture
def instead(monkeypatch):
    """Puts a coroutine function in place of the probe."""

    def put(observe):
        monkeypatch.setattr(sweep_module, "observe", observe)

    return put


def fine(one):
    return Observation(one, "127.0.0.1", "seen", None, ())


async def test_every_endpoint_is_looked_at_once():
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as port:
        endpoints = [endpoint(port), endpoint(free_port()), endpoint(free_port(), optional=True)] * 5
        found = await gathered(endpoints)
    assert sorted(one.endpoint.id for one in found) == sorted(one.id for one in endpoints)
    assert {one.status for one in found} == {"seen", "failed", "closed"}


async def test_no_endpoints_give_no_observations():
    assert await gathered([]) == []


async def test_observations_come_as_they_end():
    slow_may_end = asyncio.Event()

    async def handler(reader, writer):
        await slow_may_end.wait()
        writer.close()

    async with listening(handler) as slow:
        stream = sweep([endpoint(slow), endpoint(free_port())], QUICK, clock)
        first = await anext(stream)
        assert first.failure.reason == "refused"
        slow_may_end.set()
        assert (await anext(stream)).endpoint.port == slow
        await stream.aclose()


async def test_a_fault_of_our_own_is_named_and_stops_nothing(instead):
    async def observe(one, *_, **__):
        if one.port == 2:
            raise ZeroDivisionError("by\nnothing")
        return fine(one)

    instead(observe)
    found = await gathered([endpoint(port) for port in (1, 2, 3)])
    (broken,) = [one for one in found if one.status != "seen"]
    assert (broken.status, broken.failure.reason) == ("failed", "internal-error")
    assert "ZeroDivisionError" in broken.failure.detail
    assert "test_sweep.py:" in broken.failure.detail
    assert broken.failure.detail.isprintable()
    assert len(found) == 3


async def test_no_more_endpoints_are_under_way_than_the_limit(instead):
    under_way = most = 0

    async def observe(one, *_, **__):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return fine(one)

    instead(observe)
    assert len(await gathered((endpoint(1) for _ in range(200)), replace(QUICK, concurrency=7))) == 200
    assert most == 7


async def test_endpoints_are_drawn_only_as_they_are_needed(instead):
    drawn = 0

    def endless():
        nonlocal drawn
        for number in itertools.count(1):
            drawn += 1
            yield endpoint(number)

    async def observe(one, *_, **__):
        await asyncio.sleep(0)
        return fine(one)

    instead(observe)
    stream = sweep(endless(), replace(QUICK, concurrency=4), clock)
    for _ in range(10):
        await anext(stream)
    tasks = len(asyncio.all_tasks())
    await stream.aclose()
    assert drawn < 30
    assert tasks <= 6


async def test_a_source_that_fails_tells_its_caller_after_what_was_under_way(instead):
    async def observe(one, *_, **__):
        return fine(one)

    def source():
        yield endpoint(1)
        raise ValueError("broken list")

    instead(observe)
    stream = sweep(source(), QUICK, clock)
    assert (await anext(stream)).status == "seen"
    with pytest.raises(ValueError, match="broken list"):
        await anext(stream)


async def test_a_cancelled_sweep_leaves_nothing_running():
    async with listening(silent) as port:
        found = []

        async def consume():
            async for one in sweep([endpoint(free_port()), *[endpoint(port)] * 20], QUICK, clock):
                found.append(one)

        task = asyncio.create_task(consume())
        while not found:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [one.failure.reason for one in found] == ["refused"]


async def test_the_ports_of_one_host_are_connected_together_and_greeted_in_turn():
    connected = greeted = most_connected = most_greeted = 0

    async def handler(reader, writer):
        nonlocal connected, greeted, most_connected, most_greeted
        connected += 1
        most_connected = max(most_connected, connected)
        await reader.read(65536)
        greeted += 1
        most_greeted = max(most_greeted, greeted)
        await asyncio.sleep(0.01)
        greeted -= 1
        connected -= 1
        writer.close()

    async with listening(handler) as one, listening(handler) as other:
        found = await gathered([endpoint(one), endpoint(other)] * 3)
    assert {seen.failure.reason for seen in found} == {"closed"}
    assert most_greeted == 1
    assert most_connected > 1


@pytest.mark.parametrize("protocol", ["tls", "smtp", "xmpp-client"])
async def test_a_silent_port_lets_the_others_of_its_host_go_first(protocol):
    """Though its own time is not over by far."""
    limits = SweepLimits(probe=replace(LIMITS, patience=0.1, handshake=2))
    async with listening(silent) as quiet, listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as sound:
        found = await gathered([endpoint(quiet, protocol), endpoint(sound)], limits)
    assert [one.endpoint.port for one in found] == [sound, quiet]
    assert found[0].status == "seen"


async def test_many_filtered_ports_of_many_hosts_end_within_two_connect_timeouts(monkeypatch):
    """Twelve hosts with 25 silent ports each, with the default concurrency and a tenth of the default patience."""
    defaults = ProbeLimits()
    assert -(-300 // SweepLimits().concurrency) * defaults.connect < 10
    endpoints = [
        endpoint(port, host=f"127.0.0.{host}", optional=True) for host in range(1, 13) for port in range(5000, 5025)
    ]
    monkeypatch.setattr("socket.socket.connect_ex", lambda self, where: errno.EINPROGRESS)
    monkeypatch.setattr("ekuscan.dial.Line._await_writable", lambda self, then: None)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    found = await gathered(endpoints, SweepLimits(probe=replace(defaults, connect=0.2)))
    assert {(one.status, one.failure.reason) for one in found} == {("closed", "filtered")}
    assert len(found) == 300
    assert loop.time() - begun < 5 * 0.2 + 2


async def begun_after(monkeypatch, limits, count, draw=lambda: 0.5):
    """How long each of ``count`` endpoints waited, on a clock that only sleeping moves."""
    loop = asyncio.get_running_loop()
    now, waits = 1000.0, []
    sleep = asyncio.sleep

    async def instead_of_sleeping(seconds):
        waits.append(seconds)
        await sleep(0)

    async def observe(one, *_, **__):
        return fine(one)

    monkeypatch.setattr(loop, "time", lambda: now)
    monkeypatch.setattr("ekuscan.turns.asyncio.sleep", instead_of_sleeping)
    monkeypatch.setattr(sweep_module, "observe", observe)
    found = [one async for one in sweep((endpoint(port) for port in range(1, count + 1)), limits, clock, draw)]
    assert len(found) == count
    return waits


async def test_a_rate_spaces_the_beginnings_of_all_hosts_together(monkeypatch):
    waits = await begun_after(monkeypatch, replace(QUICK, rate=2.0), 5)
    assert waits == [0.0, 0.5, 1.0, 1.5, 2.0]


async def test_jitter_is_drawn_from_what_the_caller_gives(monkeypatch):
    numbers = iter([0.25, 0.5, 0.0])
    waits = await begun_after(monkeypatch, replace(QUICK, jitter=4.0), 3, lambda: next(numbers))
    assert waits == [1.0, 2.0, 0.0]


async def test_a_sweep_without_a_pace_waits_for_nothing(monkeypatch):
    assert await begun_after(monkeypatch, QUICK, 20) == []


async def test_a_target_with_limits_of_its_own_is_looked_at_within_those(instead):
    taken = []

    async def observe(one, limits, *_, **__):
        taken.append((one.target, limits.connect))
        return fine(one)

    instead(observe)
    endpoints = [replace(endpoint(port), target=name) for port, name in enumerate(("own", "other"), start=1)]
    await gathered(endpoints, replace(QUICK, own={"own": replace(LIMITS, connect=0.5)}))
    assert sorted(taken) == [("other", LIMITS.connect), ("own", 0.5)]


async def test_a_pause_keeps_the_handshakes_with_one_host_apart():
    greeted = []

    async def handler(reader, writer):
        await reader.read(65536)
        greeted.append(asyncio.get_running_loop().time())
        writer.close()

    async with listening(handler) as port:
        await gathered([endpoint(port)] * 3, replace(QUICK, pause=0.2))
    assert len(greeted) >= 3
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(greeted))
