"""Role and release of targets that nobody declared."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.guess import Disagreement, disagreements, guess
from ekuscan.model import Banner, Certificate, Eku, Endpoint, EndpointStatus, Failure, Observation, RoleName, Target
from ekuscan.profiles.load import port_of, ports_of_all_roles
from ekuscan.role_signs import factory_certificate, guess_table
from ekuscan.wire import banner

UNKNOWN = Target("box", "generic", "default", None, "default")
EXPRESSWAY = "TANDBERG/4137 (X15.4)"


def seen(
    port: int,
    status: EndpointStatus = "seen",
    *,
    reason: str | None = None,
    says: Banner | None = None,
    protocol: str = "tls",
    dialled: int | None = None,
    target: str = "box",
) -> Observation:
    actual = dialled or port
    endpoint = Endpoint(f"{target}:{actual}/{protocol}", target, "box", actual, protocol, None, True, profile_port=port)
    failure = Failure("connect", reason, "") if reason else None
    return Observation(endpoint, None, status, failure, (), says)


def opened(*ports: int) -> list[Observation]:
    return [seen(port) for port in ports]


def refused(*ports: int) -> list[Observation]:
    return [seen(port, "closed", reason="refused") for port in ports]


def filtered(*ports: int) -> list[Observation]:
    return [seen(port, "closed", reason="filtered") for port in ports]


def sip(agent: str, *, port: int = 5061, dialled: int | None = None) -> Observation:
    return seen(port, says=banner.identify(agent), protocol="sips", dialled=dialled)


@pytest.mark.parametrize(
    ("agent", "role", "release"),
    [
        ("Cisco-CUCM14.0", "cucm", "14.0"),
        ("Cisco-SIPGateway/IOS-17.12.4", "cube", "17.12.4"),
        ("Cisco-SIPGateway/IOS-12.x", "cube", None),
        ("Acano CallBridge", "cms", None),
    ],
)
def test_a_banner_that_names_one_role_settles_it_and_often_the_release(
    agent: str, role: RoleName, release: str | None
) -> None:
    found = guess(UNKNOWN, [sip(agent)])
    assert (found.role, found.release) == (role, release)
    assert found.evidence[0] == f"banner {agent}"


def test_a_banner_seen_over_udp_only_is_worth_as_much() -> None:
    found = guess(UNKNOWN, [seen(5060, says=banner.identify("Cisco-CUCM12.5"), protocol="sip-udp")])
    assert (found.role, found.release) == ("cucm", "12.5")


def test_an_expressway_with_traversal_or_mobile_access_is_an_e() -> None:
    traversal = guess(UNKNOWN, [sip(EXPRESSWAY), *opened(443, 7001), *refused(8443)])
    assert (traversal.role, traversal.release, traversal.confidence) == ("expressway-e", "X15.4", "H")
    mobile = guess(UNKNOWN, [sip(EXPRESSWAY), *opened(8443), *filtered(7001)])
    assert (mobile.role, mobile.confidence) == ("expressway-e", "M")


def test_an_expressway_that_refuses_both_is_a_c_but_not_for_certain() -> None:
    found = guess(UNKNOWN, [sip(EXPRESSWAY), *opened(443), *refused(7001, 8443)])
    assert (found.role, found.confidence) == ("expressway-c", "M")
    assert "would look the same" in found.evidence[-1]


def test_a_laptop_that_sees_443_and_5061_alone_learns_the_release_and_not_the_side() -> None:
    found = guess(UNKNOWN, [sip(EXPRESSWAY), *opened(443), *filtered(7001, 8443, 5062)])
    assert (found.role, found.release) == (None, "X15.4")
    assert found.evidence[-1] == "443 and 5061 open: Cisco Expressway-E or Cisco Expressway-C, which of them stays open"


def test_ports_that_every_role_has_decide_nothing_without_a_banner() -> None:
    found = guess(UNKNOWN, opened(443, 5061))
    assert (found.role, found.release) == (None, None)
    assert found.evidence == ("443 and 5061 open, no banner: the role stays open",)


@pytest.mark.parametrize(
    ("ports", "role"),
    [
        ((443, 5061, 7001, 8443), "expressway-e"),
        ((8443, 6972), "cucm"),
        ((443, 8443, 5061, 5091), "cucm"),
        ((445, 5061), "cms"),
        ((443, 8443), None),
        ((5061, 5062, 8443), None),
        ((7001,), None),
        ((), None),
    ],
)
def test_ports_alone_tell_a_role_where_only_one_has_them(ports: tuple[int, ...], role: RoleName | None) -> None:
    assert guess(UNKNOWN, opened(*ports)).role == role


def test_ports_that_fit_two_roles_decide_nothing() -> None:
    found = guess(UNKNOWN, opened(445, 5061, 8443, 6972))
    assert found.role is None
    assert found.evidence == ("ports fit several roles: cucm, cms",)


def test_forwarded_ports_count_by_the_products_own_number() -> None:
    observations = [sip(EXPRESSWAY, dialled=25061), seen(7001, dialled=27001)]
    assert guess(UNKNOWN, observations).role == "expressway-e"


def test_banners_of_two_products_decide_nothing() -> None:
    found = guess(UNKNOWN, [sip(EXPRESSWAY), sip("Cisco-CUCM14.0", port=5091)])
    assert (found.role, found.release) == (None, None)
    assert found.evidence[-1] == "the banners name several products: Cisco Expressway, Cisco Unified CM"


def test_a_banner_of_no_known_product_leaves_it_to_the_ports() -> None:
    found = guess(UNKNOWN, [sip("kamailio (5.7.0)"), *opened(8443, 6971)])
    assert (found.role, found.release) == ("cucm", None)
    assert guess(UNKNOWN, [sip("kamailio (5.7.0)")]).role is None


def test_what_was_seen_is_said_without_a_contradiction() -> None:
    turn = Banner("other", None, "Coturn-4.6.1 'Gorst'")
    assert guess(UNKNOWN, [seen(4080, says=turn, protocol="turns")]).evidence == (
        "banner Coturn-4.6.1 'Gorst'",
        "4080 open, no banner that names a product: the role stays open",
    )
    assert guess(UNKNOWN, [seen(4006, protocol="dtls")]).evidence == ("4006/dtls open, no banner: the role stays open",)
    assert guess(
        UNKNOWN, [seen(4070, says=banner.identify(EXPRESSWAY), protocol="sip-tcp"), *opened(443)]
    ).evidence == (
        f"banner {EXPRESSWAY}",
        "443 and 4070/sip-tcp open: Cisco Expressway-E or Cisco Expressway-C, which of them stays open",
    )


def test_ports_that_gave_no_answer_are_not_called_open() -> None:
    silent = [seen(5060, "failed", reason="no-answer", protocol="sip-udp"), seen(22, "failed", protocol="ssh")]
    assert guess(UNKNOWN, silent).evidence == ("no port open, no banner: the role stays open",)


def test_of_several_releases_that_agree_the_most_exact_one_counts() -> None:
    uds = seen(8443, says=Banner("cucm", "14.0.1", "/cucm-uds/version: 14.0.1"))
    assert guess(UNKNOWN, [sip("Cisco-CUCM14.0"), uds]).release == "14.0.1"
    other = seen(8443, says=Banner("cucm", "14.01", "/cucm-uds/version: 14.01"))
    found = guess(UNKNOWN, [sip("Cisco-CUCM14.0"), other])
    assert found.release is None
    assert found.evidence[-1] == "the banners name several releases: 14.0, 14.01"


def test_a_declared_role_stays_and_gets_its_release_from_the_banner() -> None:
    declared = Target("box", "expressway-c", "declared", None, "default")
    found = guess(declared, [sip(EXPRESSWAY), *opened(7001)])
    assert (found.role, found.release) == ("expressway-c", "X15.4")


def test_a_banner_against_a_declared_role_is_said_and_gives_no_release() -> None:
    declared = Target("box", "expressway-e", "declared", None, "default")
    found = guess(declared, [sip("Cisco-CUCM14.0")])
    assert (found.role, found.release) == ("expressway-e", None)
    assert found.evidence[-1] == "declared as expressway-e, but the banner says Cisco Unified CM"


def test_observations_of_other_targets_tell_nothing() -> None:
    assert guess(UNKNOWN, [seen(8443, target="other"), seen(6972, target="other")]).role is None


UUID = "9a0c4dd4-52b1-11f0-8a3e-005056a1b2c3"


def certificate(subject: str, issuer: str = "CN=CA") -> Certificate:
    return Certificate(subject, issuer, "1", None, None, "", (), Eku("absent"), (), (), "")


@pytest.mark.parametrize(
    ("subject", "issuer"),
    [
        (f"CN=e1,O=Temporary Certificate {UUID}", "CN=CA"),
        ("CN=e1", f"O=Temporary CA {UUID},CN=Temporary CA {UUID}"),
    ],
)
def test_a_factory_certificate_is_evidence_and_settles_no_role(subject: str, issuer: str) -> None:
    shown = [certificate(subject, issuer), certificate(subject, issuer)]
    found = guess(UNKNOWN, opened(443, 5061), shown)
    assert found.role is None
    assert found.evidence == (
        "certificate: the factory certificate of a Cisco Expressway, not replaced",
        "443 and 5061 open, no banner: the role stays open",
    )


@pytest.mark.parametrize(
    "subject",
    ["CN=e1", "CN=Temporary CA", "CN=Temporary Certificate 9a0c4dd4", f"CN=Temporary CA {UUID}ff", f"CN={UUID}"],
)
def test_other_certificates_are_not_taken_for_factory_ones(subject: str) -> None:
    assert factory_certificate(certificate(subject, subject)) is None
    assert guess(UNKNOWN, opened(443), [certificate(subject)]).evidence == guess(UNKNOWN, opened(443)).evidence


def stated(role: RoleName, release: str | None) -> Target:
    return Target("box", role, "declared", release, "declared" if release else "default")


def uds(release: str) -> Observation:
    return seen(8443, says=Banner("cucm", release, f"/cucm-uds/version: {release}"), protocol="https")


@pytest.mark.parametrize(
    ("role", "declared", "shows"),
    [
        ("expressway-e", "X15.4", sip("TANDBERG/4137 (X14.3.1)")),
        ("expressway-e", "X15.4.1", sip("TANDBERG/4137 (X15.4.2)")),
        ("expressway-c", "X15.5", sip("TANDBERG/4352 (X8.10.2-b2bua-1.0)")),
        ("cucm", "15", sip("Cisco-CUCM14.0")),
        ("cucm", "12.0", sip("Cisco-CUCM12.5")),
        ("cucm", "12.5SU7", uds("14.0.1")),
        ("cube", "17.12.4", sip("Cisco-SIPGateway/IOS-17.12.5a")),
        ("cube", "17.9.4", sip("Cisco-SIPGateway/IOS-17.12.20230331.111639")),
    ],
)
def test_a_declared_release_and_another_one_observed_are_a_disagreement(
    role: RoleName, declared: str, shows: Observation
) -> None:
    (found,) = disagreements(stated(role, declared), [shows])
    assert shows.banner is not None
    assert (found.kind, found.declared, found.observed) == ("release", declared, shows.banner.release)
    assert (found.banner, found.endpoints) == (shows.banner.raw, (shows.endpoint.id,))


@pytest.mark.parametrize(
    ("role", "declared", "shows"),
    [
        ("expressway-e", "X15.4", sip("TANDBERG/4137 (X15.4.1)")),
        ("expressway-e", "X15.4.1", sip("TANDBERG/4137 (X15.4)")),
        ("expressway-e", "15", sip("TANDBERG/4137 (X15.0.1)")),
        ("expressway-c", "X8.10", sip("TANDBERG/4352 (X8.10.2-b2bua-1.0)")),
        ("cucm", "14SU3", sip("Cisco-CUCM14.0")),
        ("cucm", "15", uds("15.0.1")),
        ("cucm", "14.0.1.13900-155", uds("14.0.1")),
        ("cucm", "14SU3", uds("14.0.1")),
        ("cube", "17.12.4a", sip("Cisco-SIPGateway/IOS-17.12.20230331.111639")),
        ("cube", "17.12.4", sip("Cisco-SIPGateway/IOS-12.x")),
        ("cube", "17.12", sip("Cisco-SIPGateway/IOS-17.12.4")),
        ("cube", "17.12.4", sip("Cisco-SIPGateway/IOS-17.12.4a")),
        ("cms", "3.9", sip("Acano CallBridge")),
        ("cucm", "whatever it is", sip("Cisco-CUCM14.0")),
        ("expressway-e", None, sip(EXPRESSWAY)),
        ("expressway-e", "X15.4", sip("kamailio (5.7.0)")),
        ("expressway-e", "X15.4", seen(5061)),
        ("generic", "3.2", sip("Cisco-CUCM14.0")),
        ("outside", "3.2", sip("Cisco-CUCM14.0")),
        ("expressway-e", "X15.4", seen(5061, says=banner.identify("TANDBERG/4137 (X14.3.1)"), target="other")),
    ],
)
def test_what_may_be_the_declared_release_is_no_disagreement(
    role: RoleName, declared: str | None, shows: Observation
) -> None:
    assert disagreements(stated(role, declared), [shows]) == ()


def test_a_release_or_role_that_was_observed_disagrees_with_nothing() -> None:
    shows = sip("TANDBERG/4137 (X14.3.1)")
    assert disagreements(Target("box", "expressway-e", "guessed", "X15.4", "observed"), [shows]) == ()
    assert disagreements(Target("box", "cucm", "guessed", "15", "observed"), [shows]) == ()
    assert disagreements(Target("box", "cucm", "imported", "15", "imported"), [shows]) != ()


def test_a_banner_of_another_product_disagrees_with_the_role_and_not_with_the_release() -> None:
    assert disagreements(stated("expressway-e", "X15.4"), [sip("Cisco-CUCM14.0")]) == (
        Disagreement("role", "expressway-e", "Cisco Unified CM", "Cisco-CUCM14.0", ("box:5061/sips",), "H"),
    )


def test_endpoints_that_say_the_same_are_one_disagreement() -> None:
    older, b2bua = "TANDBERG/4137 (X14.3.1)", "TANDBERG/4352 (X14.3.1-b2bua-1.0)"
    shows = [sip(older), sip(b2bua, port=5062), sip(older, port=7001), sip("TANDBERG/4137 (X12.5)", port=7002)]
    found = disagreements(stated("expressway-e", "X15.4"), shows)
    assert [(one.observed, one.endpoints) for one in found] == [
        ("X14.3.1", ("box:5061/sips", "box:5062/sips", "box:7001/sips")),
        ("X12.5", ("box:7002/sips",)),
    ]


def test_the_table_names_known_roles_ports_products_and_sources() -> None:
    sources = tomllib.loads((resources.files("ekuscan.rules") / "sources.toml").read_text(encoding="utf-8"))["source"]
    table = guess_table()
    products = {row.name for row in table.products}
    assert products <= {row.product for row in banner.banner_rows()}
    for product in table.products:
        assert set(product.source) <= set(sources)
    for one in table.certificates:
        assert one.product in products
        assert set(one.source) <= set(sources)
        assert one.seen
        assert all(one.pattern.search(sample) for sample in one.seen)
    for row in table.patterns:
        assert row.product is None or row.product in products
        assert set(row.source) <= set(sources)
        assert row.all_open or row.any_open
        assert row.confidence in ("H", "M")
        assert all(port_of(row.role, port) for port in (*row.all_open, *row.any_open))
        assert not any(port_of(row.role, port) for port in row.refused)


_PORTS = st.sampled_from([port.port for port in ports_of_all_roles()])
_AGENTS = st.sampled_from(
    [EXPRESSWAY, "Cisco-CUCM14.0", "Cisco-SIPGateway/IOS-17.6.5", "Acano CallBridge", "nginx", ""]
)


@given(st.sets(_PORTS), st.sets(_PORTS), st.lists(_AGENTS, max_size=2), st.randoms())
def test_the_order_of_observations_never_matters(
    open_: Iterable[int], closed: Iterable[int], agents: list[str], random: object
) -> None:
    observations = [*opened(*open_), *refused(*(set(closed) - set(open_))), *(sip(agent) for agent in agents)]
    shuffled = list(observations)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = guess(UNKNOWN, observations), guess(UNKNOWN, shuffled)
    assert (first.role, first.release, first.confidence) == (second.role, second.release, second.confidence)
    assert sorted(first.evidence) == sorted(second.evidence)
