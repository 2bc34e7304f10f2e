"""What the marks beside a port say of several handshakes with it."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.report.marks import strongest
from tests import report_samples as samples


def test_a_handshake_that_shared_nothing_with_the_peer_says_nothing_beside_one_that_showed_a_chain() -> None:
    seen = samples.seen("box", 8443, "c1", "none")
    nothing_shared = samples.sight(None, "unknown")
    assert strongest(replace(seen, sights=(*seen.sights, nothing_shared))) == "none"
    assert strongest(replace(seen, sights=(nothing_shared,))) == "unknown"


def test_of_several_handshakes_that_showed_a_chain_the_strongest_request_counts() -> None:
    seen = samples.seen("box", 8443, "c1", "none")
    assert strongest(replace(seen, sights=(*seen.sights, samples.sight("c2", "required")))) == "required"
    assert strongest(replace(seen, sights=())) is None
