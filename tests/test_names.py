from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.names import (
    common_name,
    display_name,
    general_names,
    name_is_sound,
    name_text,
    organisation,
    printable,
)
from ekuscan.tlv import DerError
from tests import pki


def rdn(kind: str, tag: int, content: bytes) -> bytes:
    return pki.tlv(0x31, pki.tlv(0x30, pki.oid(kind), pki.tlv(tag, content)))


def name(*rdns: bytes) -> bytes:
    return pki.tlv(0x30, *rdns)


def cn(text: str) -> bytes:
    return name(rdn("2.5.4.3", 0x0C, text.encode()))


def test_a_name_is_written_from_its_end_with_short_attribute_names() -> None:
    der = pki.name("exp-e1.example.com", "Corp, Inc.", "NO").public_bytes()
    assert name_text(der) == "CN=exp-e1.example.com,O=Corp\\, Inc.,C=NO"


def test_an_attribute_without_a_short_name_is_written_by_its_oid() -> None:
    assert name_text(name(rdn("1.2.3.4", 0x0C, b"x"))) == "1.2.3.4=x"


def test_several_attributes_in_one_part_are_joined() -> None:
    both = pki.tlv(
        0x31,
        pki.tlv(0x30, pki.oid("2.5.4.3"), pki.tlv(0x0C, b"a")),
        pki.tlv(0x30, pki.oid("2.5.4.10"), pki.tlv(0x0C, b"b")),
    )
    assert name_text(name(both)) == "CN=a+O=b"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "CN="),
        (" a ", "CN=\\ a\\ "),
        ("  ", "CN=\\ \\ "),
        ("#a", "CN=\\#a"),
        ('a+b<c>;"\\', 'CN=a\\+b\\<c\\>\\;\\"\\\\'),
        ("\x1b[31m", "CN=\\1b[31m"),
        ("a\u202eb", "CN=a\\e2\\80\\aeb"),
        ("a\0b", "CN=a\\00b"),
        ("Zürich", "CN=Zürich"),
    ],
)
def test_special_and_unprintable_characters_are_escaped_in_a_name(value: str, text: str) -> None:
    assert name_text(cn(value)) == text


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (0x13, b"plain", "plain"),
        (0x14, b"Z\xfcrich", "Zürich"),
        (0x1E, "Zürich".encode("utf-16-be"), "Zürich"),
        (0x1C, "Zürich".encode("utf-32-be"), "Zürich"),
        (0x0C, b"a\xff", "a\ufffd"),
        (0x13, b"a\xff", "a\ufffd"),
        (0x03, b"\x00\x01", "#03020001"),
    ],
)
def test_every_string_type_becomes_text_and_what_is_none_hexadecimal(tag: int, content: bytes, text: str) -> None:
    der = name(rdn("2.5.4.3", tag, content))
    assert name_text(der) == f"CN={text}"
    assert name_is_sound(der) == ("\ufffd" not in text and not text.startswith("#"))


def test_bytes_that_are_no_name_have_a_text_all_the_same() -> None:
    assert name_text(b"") == name_text(b"\x30\x05\x31") == "unreadable name"
    assert name_text(b"\x30\x00") == ""
    assert not name_is_sound(b"\x30\x05\x31")
    assert name_text(cn("a" * 5000)) == "name longer than 4096 bytes"
    assert len(name_text(cn("a" * 3000))) == 1024 + len("...")


def test_what_one_calls_a_ca() -> None:
    assert common_name(cn("X\x1b")) == "X\\x1b"
    assert display_name(pki.name("ISRG Root X1", "ISRG").public_bytes()) == "ISRG Root X1"
    only_organisation = name(rdn("2.5.4.10", 0x0C, b"Corp"))
    assert (common_name(only_organisation), organisation(only_organisation)) == (None, "Corp")
    assert display_name(only_organisation) == "Corp"
    assert display_name(name(rdn("2.5.4.11", 0x0C, b"Unit"))) == "OU=Unit"
    assert common_name(b"\x30\x05\x31") is None


def test_names_agree_with_a_strict_parser() -> None:
    strict = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Nordrhein-Westfalen"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Köln"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'A, "B" + C'),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, " x"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
        ]
    )
    assert name_text(strict.public_bytes()) == strict.rfc4514_string()


@given(st.binary(max_size=100))
def test_any_bytes_give_a_printable_name(data: bytes) -> None:
    for der in (data, pki.tlv(0x30, data), pki.tlv(0x30, pki.tlv(0x31, data)), name(rdn("2.5.4.3", 0x0C, data))):
        assert name_text(der).isprintable()
        assert (display_name(der) or "").isprintable()


@given(st.text(max_size=100))
def test_any_common_name_is_shown_on_one_printable_line(text: str) -> None:
    der = cn(text.encode("utf-8", "replace").decode())
    assert name_text(der).isprintable()
    if text.isprintable() and text.isalnum():
        assert name_text(der) == f"CN={text}"


# --- printable ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Zürich 東京", "Zürich 東京"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb\tc\0", "a\\x0d\\x0ab\\x09c\\x00"),
        ("\u202edrowssap", "\\u202edrowssap"),
        ("a\u2066b\u200bc\ufeff", "a\\u2066b\\u200bc\\ufeff"),
        ("\u2028\u0085", "\\u2028\\x85"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_long_text_is_cut() -> None:
    assert printable("a" * 300) == "a" * 256 + "..."
    assert printable("abcdef", limit=3) == "abc..."


@given(st.text())
def test_any_text_becomes_printable_and_encodable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")
    assert printable(shown, limit=10_000) == shown


# --- alternative names -------------------------------------------------------------------------------------------


def test_every_kind_of_alternative_name_says_what_it_is() -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("exp.example.com"),
            x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
            x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
            x509.UniformResourceIdentifier("sip:exp.example.com"),
            x509.RFC822Name("a@example.com"),
            x509.DirectoryName(pki.name("dir")),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
        ]
    )
    assert general_names(names.public_bytes()) == (
        "DNS:exp.example.com",
        "IP:192.0.2.1",
        "IP:2001:db8::1",
        "URI:sip:exp.example.com",
        "email:a@example.com",
        "dirName:CN=dir,O=Test",
        "RID:1.2.3",
        "otherName:#06022a03a0020500",
    )


def test_the_names_of_xmpp_services_are_readable() -> None:
    address = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5"), pki.tlv(0x0C, b"im.example.com"))
    service = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), pki.tlv(0x16, b"_xmpp-server.example.com"))
    names = x509.SubjectAlternativeName([address, service])
    assert general_names(names.public_bytes()) == ("XmppAddr:im.example.com", "SRVName:_xmpp-server.example.com")


def test_hostile_alternative_names_are_shown_harmlessly() -> None:
    hostile = pki.tlv(0x30, pki.tlv(0x82, b"a\x1b[2J\xff"), pki.tlv(0x87, b"\1\2\3"), pki.tlv(0x8A, b"x"))
    assert general_names(hostile) == ("DNS:a\\x1b[2J\\xff", "IP:#010203", "type 10:#78")


def test_very_many_alternative_names_are_counted_not_shown() -> None:
    many = pki.tlv(0x30, *[pki.tlv(0x82, b"a") for _ in range(1500)])
    texts = general_names(many)
    assert (len(texts), texts[-1]) == (1001, "... and 500 more")


@given(st.binary(max_size=100))
def test_any_alternative_names_are_printable_or_der_error(data: bytes) -> None:
    for der in (data, pki.tlv(0x30, data)):
        try:
            texts = general_names(der)
        except DerError:
            continue
        assert all(text.isprintable() for text in texts)
