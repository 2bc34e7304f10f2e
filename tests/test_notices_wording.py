"""Notices in words."""

from __future__ import annotations

from ekuscan.model import Endpoint, Observation
from ekuscan.notices.wording import ports


def seen(port: int, protocol: str = "sips", address: str | None = None, known_as: int | None = None) -> Observation:
    endpoint = Endpoint(
        f"box:{port}/{protocol}", "box", "box", port, protocol, None, True, profile_port=known_as, address=address
    )
    return Observation(endpoint, address, "seen", None, ())


def test_ports_are_listed_by_the_numbers_that_their_product_knows() -> None:
    assert ports([seen(8443), seen(5349, "dtls"), seen(15061, known_as=5061)]) == "5061, 5349/udp and 8443"


def test_the_addresses_of_a_name_are_told_apart() -> None:
    addresses = ("192.0.2.1", "2001:db8::1")
    assert ports(seen(443, address=one) for one in addresses) == "443@192.0.2.1 and 443@[2001:db8::1]"
    assert ports([seen(443), seen(443)]) == "443"
