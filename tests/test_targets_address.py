"""TARGET forms."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ekuscan.protocols import BANNER_ONLY, PROTOCOLS, SCHEMES
from ekuscan.targets.address import (
    NETWORK_LIMIT,
    Address,
    AddressError,
    Network,
    label,
    parse_host,
    parse_port_word,
    parse_target,
    server_name_for,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp-e1.example.com", Address("exp-e1.example.com")),
        ("EXP-E1.Example.COM", Address("exp-e1.example.com")),
        ("exp-e1", Address("exp-e1")),
        ("exp-e1.example.com.", Address("exp-e1.example.com.")),
        ("exp_e1.example.com", Address("exp_e1.example.com")),
        ("exp-e1:5061", Address("exp-e1", 5061)),
        ("192.0.2.1", Address("192.0.2.1")),
        ("192.0.2.1:65535", Address("192.0.2.1", 65535)),
        ("[2001:DB8::0:1]:5061", Address("2001:db8::1", 5061)),
        ("[2001:db8::1]", Address("2001:db8::1")),
        ("2001:db8::1", Address("2001:db8::1")),
        ("2001:db8::5061", Address("2001:db8::5061")),
        ("fe80::1%eth0", Address("fe80::1%eth0")),
        ("https://exp-e1", Address("exp-e1", 443, "https")),
        ("https://exp-e1/", Address("exp-e1", 443, "https")),
        ("https://cucm1:8443/ccmadmin?x#y", Address("cucm1", 8443, "https")),
        ("SIPS://exp-e1", Address("exp-e1", 5061, "sips")),
        ("tls://ldap1:636", Address("ldap1", 636, "tls")),
        ("sip-udp://cube1", Address("cube1", 5060, "sip-udp")),
        ("sip-tcp://cube1", Address("cube1", 5060, "sip-tcp")),
        ("xmpp-client://exp-e1", Address("exp-e1", 5222, "xmpp-client")),
        ("xmpp-server://exp-e1", Address("exp-e1", 5269, "xmpp-server")),
        ("smtp://unity1", Address("unity1", 25, "smtp")),
        ("smtp://unity1:587", Address("unity1", 587, "smtp")),
        ("smtps://mail1", Address("mail1", 465, "tls")),
        ("imap://unity1", Address("unity1", 143, "imap")),
        ("imaps://unity1:7993", Address("unity1", 7993, "tls")),
        ("ldap://dc1", Address("dc1", 389, "ldap")),
        ("ldaps://dc1", Address("dc1", 636, "tls")),
        ("postgresql://cms1", Address("cms1", 5432, "postgresql")),
        ("turns://cms1", Address("cms1", 5349, "turns")),
        ("dtls://cms1", Address("cms1", 5349, "dtls")),
        ("ssh://exp-e1:2222", Address("exp-e1", 2222, "ssh")),
        ("sips://[2001:db8::1]:5062", Address("2001:db8::1", 5062, "sips")),
        ("bücher.example", Address("xn--bcher-kva.example")),
    ],
)
def test_a_target_is_read(text: str, expected: Address) -> None:
    assert parse_target(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write a host name"),
        ("exp e1", "write a host name"),
        ("exp-e1:", "a port is a number from 1 to 65535"),
        ("exp-e1:0", "a port is a number from 1 to 65535"),
        ("exp-e1:65536", "a port is a number from 1 to 65535"),
        ("exp-e1:sip", "a port is a number from 1 to 65535"),
        ("exp-e1:\u0665", "a port is a number from 1 to 65535"),
        ("2001:db8::1:99999", "[address]:port"),
        ("[2001:db8::1", "[address]:port"),
        ("[2001:db8::1]5061", "[address]:port"),
        ("[192.0.2.1]:443", "[address]:port"),
        ("fe80::1%a/b", "address/prefix length"),
        ("192.0.2.300", "four numbers"),
        ("010.0.0.1", "four numbers"),
        ("5061", "four numbers"),
        ("a..b", "write a host name"),
        ("-a.example", "write a host name"),
        ("a" * 64 + ".example", "write a host name"),
        ("http://exp-e1", "did you mean https://?"),
        ("gopher://dc1", "the schemes are https, sips, tls, xmpp-client,"),
        ("gopher://dc1", " sip-tcp or ssh"),
        ("sip://cube1", "did you mean sips://, sip-udp:// or sip-tcp://?"),
        ("XMPP://imp1:5222", "did you mean xmpp-client:// or xmpp-server://?"),
        ("h://dc1", "the schemes are https, sips,"),
        ("xmpp-sever://exp-e1", "did you mean xmpp-server://?"),
        ("tls://dc1", "tls:// needs a port"),
        ("https://admin:secret@exp-e1", "leave out the user name"),
        ("exp-e1/8", "address/prefix length"),
        ("10.0.0.0/33", "address/prefix length"),
        ("10.0.0.0/8", "that is 16777216 addresses, at most 4096 (/20) are taken"),
        ("2001:db8::/64", "at most 4096 (/116) are taken"),
        ("a" * 600, "at most 512 characters"),
    ],
)
def test_what_is_no_target_says_what_would_be(text: str, says: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_target(text)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dtls:3478", ("dtls", 3478)),
        ("SMTP:587", ("smtp", 587)),
        ("xmpp-server", ("xmpp-server", 5269)),
        ("ldaps", ("tls", 636)),
    ],
)
def test_a_port_can_be_named_by_its_protocol(text: str, expected: tuple[str, int]) -> None:
    assert parse_port_word(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tls", "tls needs a port: tls:PORT"),
        ("dtls:", "a port is a number from 1 to 65535"),
        ("dtls:99999", "a port is a number from 1 to 65535"),
        ("sip-upd:5060", "did you mean sip-udp:5060?"),
        ("sip:5060", "did you mean sips:5060, sip-udp:5060 or sip-tcp:5060?"),
        ("xmpp", "did you mean xmpp-client or xmpp-server?"),
        ("gopher:70", "the protocols are https, sips,"),
        ("", "the protocols are https, sips,"),
    ],
)
def test_what_names_no_port_says_what_would(text: str, says: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_port_word(text)
    assert says in str(caught.value)


def test_every_scheme_means_a_protocol_that_is_spoken_and_every_protocol_has_a_scheme_of_its_name() -> None:
    assert {scheme.protocol for scheme in SCHEMES.values()} == set(PROTOCOLS)
    assert set(PROTOCOLS) <= set(SCHEMES)
    assert all(SCHEMES[name].protocol == name for name in PROTOCOLS)
    assert set(PROTOCOLS) >= BANNER_ONLY


def _hosts(text: str) -> list[str]:
    network = parse_target(text)
    assert isinstance(network, Network)
    return [address.host for address in network.addresses()]


def test_a_network_is_its_usable_addresses() -> None:
    assert _hosts("192.0.2.0/30") == ["192.0.2.1", "192.0.2.2"]
    assert _hosts("192.0.2.5/30") == ["192.0.2.5", "192.0.2.6"]
    assert _hosts("192.0.2.4/31") == ["192.0.2.4", "192.0.2.5"]
    assert _hosts("192.0.2.4/32") == ["192.0.2.4"]
    assert _hosts("2001:db8::/127") == ["2001:db8::", "2001:db8::1"]
    assert len(_hosts("10.0.0.0/20")) == NETWORK_LIMIT - 2


def test_a_network_can_have_a_port() -> None:
    network = parse_target("192.0.2.0/31:5061")
    assert isinstance(network, Network)
    assert [address.port for address in network.addresses()] == [5061, 5061]


def test_the_server_name_is_the_host_name_and_none_for_addresses() -> None:
    assert server_name_for("exp-e1.example.com.") == "exp-e1.example.com"
    assert server_name_for("192.0.2.1") is None
    assert server_name_for("2001:db8::1") is None


_PIECES = st.sampled_from(
    (
        *(
            "exp-e1",
            "example.com",
            "10.0.0.1",
            "2001:db8::1",
            "fe80::1%eth0",
            ":",
            "/",
            "[",
            "]",
            "://",
            "https",
            "sips",
        ),
        *("0", "24", "5061", "99999", ".", "-", "%", "@", "ü", "\x00", "\u202e", " ", "\u0663", "²"),
    )
)


def _parsed(text: str) -> Address | Network | str:
    try:
        return parse_target(text)
    except AddressError as error:
        return str(error)


@given(st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=8).map("".join)))
@example("²" * 3 + ":²")
@example("1.²")
@example("[::1%²]")
@example("0.0.0.0/²")
@example("ª" * 200)
def test_any_text_is_a_target_or_an_error_that_can_be_shown(text: str) -> None:
    target = _parsed(text)
    if isinstance(target, str):
        assert target.isprintable()
    elif isinstance(target, Address):
        assert target.port is None or 1 <= target.port <= 65535
        assert target.host.isascii()
        assert target.host.isprintable()
        again = label(target.host) if target.port is None else f"{label(target.host)}:{target.port}"
        assert parse_target(again) == Address(target.host, target.port)
        assert parse_host(target.host) == target.host


@given(st.ip_addresses(v=6), st.integers(1, 65535))
def test_an_ipv6_address_and_its_port_are_never_mixed_up(address: object, port: int) -> None:
    assert parse_target(f"[{address}]:{port}") == Address(parse_host(str(address)), port)
    assert parse_target(str(address)) == Address(parse_host(str(address)))
