"""Certificates that no CA should issue: parts of a sound one are replaced, byte by byte, and the whole signed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.lab.authority import Credential, sign_again
from ekuscan.lab.der_writer import OCTET_STRING, SEQUENCE, tagged
from ekuscan.lab.fault import Fault
from ekuscan.lab.fault_deeds import GARBAGE
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.odd_chains import presenting_ders
from ekuscan.lab.own_messages import Ders, unread, unread_sealed
from ekuscan.lab.server import Handler
from ekuscan.tlv import INTEGER, OBJECT_IDENTIFIER, UTC_TIME, elements, header

_GENERALIZED_TIME: Final = 0x18
_EXTENSIONS: Final = 0xA3
_SET: Final = 0x31
_UTF8: Final = 0x0C
_DNS: Final = 0x82
_EMAIL: Final = 0x81
_URI: Final = 0x86
# Version, serial, algorithm, issuer, validity, subject, key, extensions (RFC 5280 §4.1).
_SERIAL, _VALIDITY, _SUBJECT, _ALL = 1, 4, 5, 7

_COMMON_NAME: Final = bytes.fromhex("550403")
_SAN: Final = bytes.fromhex("551d11")
_CONSTRAINTS: Final = bytes.fromhex("551d13")
_KEY_USAGE: Final = bytes.fromhex("551d0f")
_SCTS: Final = bytes.fromhex("2b06010401d679020402")
_STRANGE: Final = bytes.fromhex("2b0601040182375f")

Change = Callable[[list[bytes]], None]


def presenting(change: Change) -> Callable[[FaultKit], Handler]:
    """An ordinary SIP port with such a certificate; ``change`` works on the fields of the signed part."""

    def make(kit: FaultKit) -> Handler:
        credential = kit.issue()
        return presenting_ders(kit, credential, _changed(kit, credential, change))

    return make


def forged(change: Change) -> Ders:
    """Such a certificate with its issuer, for those that OpenSSL does not load."""
    return lambda kit: _changed(kit, kit.issue(), change)


def _changed(kit: FaultKit, credential: Credential, change: Change) -> tuple[bytes, ...]:
    own = credential.chain[0]
    fields = _split(own.tbs_certificate_bytes)
    change(fields)
    return sign_again(own, tagged(SEQUENCE, *fields), kit.authority.key), *credential.ders[1:]


def _split(sequence: bytes) -> list[bytes]:
    """The elements of one element, each with its head."""
    _, start, stop = header(sequence, 0, len(sequence))
    return [sequence[one.at : one.stop] for one in elements(sequence, start, stop)[0]]


def serial(content: bytes) -> Change:
    """Another serial number; ``content`` are the octets of the INTEGER."""

    def change(fields: list[bytes]) -> None:
        fields[_SERIAL] = tagged(INTEGER, content)

    return change


def dates(first: bytes, last: bytes) -> Change:
    """Other dates: of 13 characters they are UTCTime, else GeneralizedTime, whatever they say."""

    def change(fields: list[bytes]) -> None:
        fields[_VALIDITY] = tagged(SEQUENCE, _time(first), _time(last))

    return change


def _time(content: bytes) -> bytes:
    return tagged(UTC_TIME if len(content) == 13 else _GENERALIZED_TIME, content)


def subject(common_name: bytes) -> Change:
    """Another subject: one common name in UTF-8, or what is said to be that."""

    def change(fields: list[bytes]) -> None:
        attribute = tagged(SEQUENCE, tagged(OBJECT_IDENTIFIER, _COMMON_NAME), tagged(_UTF8, common_name))
        fields[_SUBJECT] = tagged(SEQUENCE, tagged(_SET, attribute))

    return change


def extensions(*added: tuple[bytes, bytes], without: bytes = b"") -> Change:
    """More extensions, by OID and value; those with the OID ``without`` are left out."""

    def change(fields: list[bytes]) -> None:
        (known,) = _split(fields[_ALL])
        kept = [one for one in _split(known) if not without or tagged(OBJECT_IDENTIFIER, without) not in one]
        kept += [tagged(SEQUENCE, tagged(OBJECT_IDENTIFIER, oid), tagged(OCTET_STRING, value)) for oid, value in added]
        fields[_ALL] = tagged(_EXTENSIONS, tagged(SEQUENCE, *kept))

    return change


def names(*entries: tuple[int, bytes]) -> Change:
    """Other alternative names, by tag and content."""
    value = tagged(SEQUENCE, *(tagged(tag, content) for tag, content in entries))
    return extensions((_SAN, value), without=_SAN)


def many_names(number: int) -> Change:
    """So many alternative names, of some 30 bytes each."""
    return names(*((_DNS, b"name-%06d.fault.lab.example" % one) for one in range(number)))


HOSTILE_NAMES: Final = names(
    (_DNS, b"\x1b[2J\x1b]0;owned\x07.lab.example"),
    (_DNS, b"a\0.lab.example\r\n SHA-256 forged"),
    (_DNS, "\u202eelpmaxe.bal\u2066".encode()),
    (_EMAIL, b"\x9b31m@lab.example"),
    (_URI, b"javascript:alert(1)\x85\x08\x08"),
)
DUPLICATE_NAMES: Final = extensions((_SAN, tagged(SEQUENCE, tagged(_DNS, b"second.lab.example"))))
BROKEN_NAMES: Final = extensions((_SAN, b"\x30\x20\x82\x7fcut"), without=_SAN)
BROKEN_CONSTRAINTS: Final = extensions((_CONSTRAINTS, b"\x30\x03\x02\x01"), without=_CONSTRAINTS)
BROKEN_KEY_USAGE: Final = extensions((_KEY_USAGE, b"\x03\x02\x09\xff"), without=_KEY_USAGE)
BROKEN_TIMESTAMPS: Final = extensions((_SCTS, b"\x04\x06\x00\x04\xff\xffab"), without=_SCTS)
STRANGE_EXTENSIONS: Final = extensions(
    *((_STRANGE + bytes((1 + one % 120, 1 + one // 120)), b"\0") for one in range(2000))
)


def cut_extensions(fields: list[bytes]) -> None:
    """A list of extensions that breaks off in the middle of one."""
    (known,) = _split(fields[_ALL])
    fields[_ALL] = tagged(_EXTENSIONS, tagged(SEQUENCE, *_split(known)[:1], b"\x30\x7f"))


def no_certificate(kit: FaultKit) -> tuple[bytes, ...]:
    """Bytes without meaning, then a certificate of which the second half is missing, then a sound one."""
    whole = kit.credential.ders
    return GARBAGE[:200], whole[0][: len(whole[0]) // 2], *whole[1:]


def _seen(says: str, change: Change) -> Fault:
    return Fault(f"presents a certificate {says}", None, presenting(change))


def _refused(says: str, change: Change) -> Fault:
    return Fault(f"presents a certificate {says}, which OpenSSL refuses", _UNREAD, unread(forged(change)))


_UNREAD: Final = ("certificate", "garbled")

ODD_CERTIFICATES: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "serial-negative": _seen("with a negative serial number", serial(b"\xff\x01")),
        "serial-zero": _seen("with the serial number zero", serial(b"\0")),
        "serial-huge": _seen("with a serial number of 2,000 bytes", serial(b"\x7f" * 2000)),
        "dates-before-1950": _seen("that ended before 1950", dates(b"19400101000000Z", b"19491231235959Z")),
        "dates-of-all-time": _seen("from the year 0 to 9999", dates(b"00000101000000Z", b"99991231235959Z")),
        "dates-that-are-none": _seen("whose dates are none", dates(b"xx1345000000Z", b"20261345999999Z")),
        "dates-hostile": _refused("with terminal escapes for dates", dates(b"\x1b[31mtomorrow", b"\x1b]0;owned\x07")),
        "subject-huge": _seen("with a name of 5,000 bytes", subject(b"A" * 5000)),
        "subject-undecodable": _refused("whose name is no UTF-8", subject(b"\x1b[2J\xff\xfe")),
        "names-hostile": _seen("with terminal escapes in its alternative names", HOSTILE_NAMES),
        "names-duplicate": _seen("with two lists of alternative names", DUPLICATE_NAMES),
        "names-broken": _seen("with a list of alternative names that is cut off", BROKEN_NAMES),
        "names-90k": _seen("with alternative names of 90 KB", many_names(2650)),
        "names-megabyte": Fault(
            "presents a certificate with alternative names of a megabyte",
            ("certificate", "garbled"),
            presenting(many_names(30_000)),
        ),
        "constraints-broken": _seen("with broken basic constraints", BROKEN_CONSTRAINTS),
        "key-usage-broken": _seen("with a broken key usage", BROKEN_KEY_USAGE),
        "timestamps-broken": _seen("with a broken list of timestamps", BROKEN_TIMESTAMPS),
        "extensions-strange": _seen("with 2,000 extensions that nobody knows", STRANGE_EXTENSIONS),
        "extensions-cut": _refused("whose extensions are cut off", cut_extensions),
        "no-certificate": Fault("presents bytes without meaning, TLS 1.2", _UNREAD, unread(no_certificate)),
        "no-certificate-sealed": Fault(
            "presents bytes without meaning, TLS 1.3", _UNREAD, unread_sealed(no_certificate)
        ),
    }
)
