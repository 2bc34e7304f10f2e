"""Names that certificates have, as those who look for a name read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Certificate, Eku
from ekuscan.peer_names import common_name_in, fits, is_named, stated_names


@pytest.mark.parametrize(
    ("name", "protocol", "san", "common", "expected"),
    [
        ("exp.example.com", "https", ["DNS:EXP.example.com"], None, "yes"),
        ("exp.example.com", "https", ["DNS:exp.example.com."], None, "yes"),
        ("exp.example.com", "https", ["DNS:other.example.com"], "exp.example.com", "no"),
        ("exp.example.com", "https", [], "Exp.example.com", "yes"),
        ("exp.example.com", "https", ["IP:192.0.2.1"], "exp.example.com", "yes"),
        ("exp.example.com", "https", ["DNS:*.example.com"], None, "wildcard"),
        ("a.exp.example.com", "https", ["DNS:*.example.com"], None, "no"),
        ("example.com", "https", ["DNS:*.example.com"], None, "no"),
        ("exp.example.com", "https", ["DNS:e*.example.com"], None, "no"),
        ("exp.example.com", "https", ["DNS:*.*.com"], None, "no"),
        ("com", "https", ["DNS:*"], None, "no"),
        ("xn--bcher-kva.example.com", "https", ["DNS:xn--bcher-kva.example.com"], None, "yes"),
        ("192.0.2.1", "https", ["IP:192.0.2.1"], None, "yes"),
        ("192.0.2.1", "https", ["DNS:192.0.2.1"], "192.0.2.1", "no"),
        ("2001:db8::1", "https", ["IP:2001:db8:0:0::1"], None, "yes"),
        ("example.com", "sips", ["URI:sip:example.com"], None, "yes"),
        ("example.com", "sips", ["URI:sip:example.com:5061;transport=tls"], None, "yes"),
        ("example.com", "sips", ["URI:sip:alice@example.com"], None, "no"),
        ("example.com", "sips", ["URI:https:example.com"], None, "no"),
        ("example.com", "https", ["URI:sip:example.com"], None, "no"),
        ("example.com", "sips", ["URI:sip:other.example.com"], "example.com", "no"),
        ("example.com", "xmpp-server", ["SRVName:_xmpp-server.example.com"], None, "yes"),
        ("example.com", "xmpp-client", ["SRVName:_xmpp-server.example.com"], None, "no"),
        ("example.com", "xmpp-client", ["XmppAddr:example.com"], None, "yes"),
        ("example.com", "https", ["XmppAddr:example.com"], None, "no"),
    ],
)
def test_a_name_fits_by_the_rules_of_its_protocol(
    name: str, protocol: str, san: list[str], common: str | None, expected: str
) -> None:
    assert fits(name, protocol, san, common) == expected


@given(st.text(max_size=40), st.sampled_from(["https", "sips", "xmpp-client"]), st.lists(st.text(max_size=40)))
def test_any_names_give_an_answer(name: str, protocol: str, san: list[str]) -> None:
    assert fits(name, protocol, san, name or None) in ("yes", "wildcard", "no")
    assert fits(name, protocol, [f"DNS:{one}" for one in san], None) in ("yes", "wildcard", "no")


def _certificate(subject: str = "", san: tuple[str, ...] = (), flaws: tuple[str, ...] = ()) -> Certificate:
    return Certificate(subject, "CN=CA", "1", None, None, "EC P-256", san, Eku("absent"), (), flaws, "")


@pytest.mark.parametrize(
    ("certificate", "name", "expected"),
    [
        (_certificate(san=("DNS:cucm1.example.com",)), "CUCM1.example.com.", True),
        (_certificate("CN=cucm1.example.com,O=Example", ("DNS:other.example.com",)), "cucm1.example.com", True),
        (_certificate("CN=192.0.2.7"), "192.0.2.7", True),
        (_certificate(san=("IP:192.0.2.7",)), "192.0.2.7", True),
        (_certificate(san=("DNS:cucm1.example.com",)), "192.0.2.7", False),
        (_certificate(san=("URI:sip:example.com",)), "example.com", True),
        (_certificate(san=("DNS:xn--bcher-kva.example.com",)), "bücher.example.com", True),
        (_certificate("O=a\\,CN=cucm1.example.com"), "cucm1.example.com", False),
        (_certificate(), "", False),
    ],
)
def test_a_certificate_has_a_name_as_alternative_name_or_as_common_name(
    certificate: Certificate, name: str, expected: bool
) -> None:
    assert is_named(certificate, name) is expected


@pytest.mark.parametrize(
    "certificate",
    [
        _certificate(san=("DNS:*.example.com",)),
        _certificate(san=("DNS:a.example.com", "... and 7 more")),
        _certificate(flaws=("subject alternative name cannot be decoded",)),
    ],
    ids=["a wildcard", "names left out", "unreadable names"],
)
def test_what_a_certificate_does_not_name_cannot_always_be_told(certificate: Certificate) -> None:
    assert is_named(certificate, "cucm1.example.com") is None


@pytest.mark.parametrize(
    ("san", "expected"),
    [
        (("DNS:SBC1.provider.example",), True),
        (("DNS:other.example", "DNS:sbc1.provider.example"), True),
        (("DNS:provider.example",), False),
        (("DNS:sbc1.notprovider.example",), False),
        (("DNS:a.sbc1.provider.example",), None),
        (("DNS:*.provider.example",), None),
    ],
)
def test_a_star_in_a_list_stands_for_the_hosts_of_its_domain(san: tuple[str, ...], expected: bool | None) -> None:
    assert is_named(_certificate("CN=x", san), "*.Provider.example") is expected


def test_the_most_specific_common_name_counts_and_escapes_do_not_begin_one() -> None:
    assert common_name_in("CN=inner,OU=x,CN=outer") == "inner"
    assert common_name_in("UID=7+CN=a,O=b") == "a"
    assert common_name_in("O=x\\,CN=y") == ""


def test_a_setting_holds_one_name_or_several() -> None:
    assert stated_names(" a.example.com,b.example.com  192.0.2.1, ") == ["a.example.com", "b.example.com", "192.0.2.1"]


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_compared_without_a_fault(subject: str, name: str, san: list[str]) -> None:
    assert is_named(_certificate(subject, tuple(san)), name) in (True, False, None)
