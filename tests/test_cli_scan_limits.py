"""What the command line and a targets file together make of the limits of a sweep."""

from __future__ import annotations

import pytest

from ekuscan.cli.scan_limits import sweep_limits
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.limits import ProbeLimits, SweepLimits, Views
from ekuscan.model import Approach, Inventory, RoleName, Target


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
