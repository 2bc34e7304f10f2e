"""What the command line and a targets file together make of the limits of a sweep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_limits import sweep_limits, within_reach
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.limits import ProbeLimits, SweepLimits, Views
from ekuscan.model import Approach, Endpoint, Inventory, RoleName, Target
from ekuscan.wire.proxy import Proxy


def target(name: str, role: RoleName = "expressway-e") -> Target:
    return Target(name, role, "declared", None, "default")


def inventory(*targets: Target, **approaches: Approach) -> Inventory:
    return Inventory(targets, approaches=approaches)


def test_a_plain_command_line_gives_the_default_limits() -> None:
    assert sweep_limits(ScanRequest(), inventory(target("edge"))) == SweepLimits()


def test_every_option_reaches_the_limit_that_it_is_about() -> None:
    request = ScanRequest(
        deadline=9,
        connect_timeout=2,
        concurrency=7,
        options=False,
        versions=True,
        without_sni=True,
        post_quantum=True,
        late=True,
        rate=5,
        jitter=0.5,
        pause=2,
        retries=3,
        retry_after=4,
    )
    views = Views(versions=True, without_sni=True, post_quantum=True, late=True)
    probe = ProbeLimits(connect=2, deadline=9, options=False, retries=3, retry_after=4, views=views)
    found = sweep_limits(request, inventory(target("edge")))
    assert found == SweepLimits(concurrency=7, probe=probe, rate=5, jitter=0.5, pause=2)


def test_unified_cm_is_looked_at_with_each_key_type_and_other_roles_are_not() -> None:
    limits = sweep_limits(ScanRequest(), inventory(target("edge"), target("cucm1", "cucm")))
    assert not limits.probe.views.key_types
    assert set(limits.own) == {"cucm1"}
    assert limits.own["cucm1"] == ProbeLimits(views=Views(key_types=True))


@pytest.mark.parametrize(
    ("typed", "in_file", "role", "looks"),
    [
        (None, None, "cucm", True),
        (None, None, "cube", False),
        (None, True, "cube", True),
        (None, False, "cucm", False),
        (True, None, "cube", True),
        (True, True, "cube", True),
        (True, False, "cube", False),
        (False, None, "cucm", False),
        (False, True, "cube", False),
    ],
)
def test_whoever_says_no_to_further_looks_is_heard(
    typed: bool | None, in_file: bool | None, role: RoleName, looks: bool
) -> None:
    boxes = inventory(target("box", role), box=Approach(key_types=in_file))
    limits = sweep_limits(ScanRequest(key_types=typed), boxes)
    assert limits.own.get("box", limits.probe).views.key_types is looks


def port(name: str, number: int, protocol: str, *, optional: bool = True) -> Endpoint:
    return Endpoint(f"{name}:{number}/{protocol}", name, f"{name}.example", number, protocol, None, optional)


PROXY = Proxy("socks5", "127.0.0.1", 1080)


def test_a_proxy_is_that_of_the_target_or_of_all() -> None:
    boxes = inventory(target("edge"), target("near"), near=Approach(proxy="none"))
    limits = sweep_limits(ScanRequest(proxy="socks5://127.0.0.1"), boxes)
    assert (limits.of("edge").proxy, limits.of("near").proxy) == (PROXY, None)
    assert set(limits.own) == {"near"}


def test_optional_ports_over_udp_are_left_out_behind_a_proxy() -> None:
    ports = (port("edge", 5061, "sips"), port("edge", 5060, "sip-udp"), port("near", 5060, "sip-udp"))
    boxes = replace(inventory(target("edge"), target("near"), near=Approach(proxy="none")), endpoints=ports)
    assert within_reach(boxes, sweep_limits(ScanRequest(), boxes)) == boxes
    proxied = within_reach(boxes, sweep_limits(ScanRequest(proxy="socks5://127.0.0.1"), boxes))
    assert proxied.endpoints == (ports[0], ports[2])


def test_a_port_over_udp_that_was_named_is_refused_behind_a_proxy() -> None:
    boxes = replace(inventory(target("edge")), endpoints=(port("edge", 3478, "dtls", optional=False),))
    with pytest.raises(
        UsageError,
        match=r"^edge:3478/dtls: is reached over UDP.*; scan it with --proxy none, or say proxy: none of its target",
    ):
        within_reach(boxes, sweep_limits(ScanRequest(proxy="socks5://127.0.0.1"), boxes))
