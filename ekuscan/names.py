"""Distinguished names and alternative names as text that is safe to show, read leniently from DER.

`printable` is for any text from outside before it reaches a person: control characters, terminal escapes and the
invisible characters that turn the reading direction become visible ``\\x1b`` or ``\\u202e``.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from ekuscan.tlv import OBJECT_IDENTIFIER, DerError, elements, header, oid_text

_MAX_NAME = 4096
_MAX_TEXT = 1024
_MAX_NAMES = 1000
_MAX_HEX = 64

# RFC 4514 §3 and the short names of RFC 4519 and RFC 4524; what is missing here is shown by its OID.
_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}
_COMMON_NAME = "2.5.4.3"
_ORGANISATION = "2.5.4.10"

# Identifier octets of the string types (X.690 §8.23) and how their bytes become text.
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
# RFC 6120 §13.7.1.4 and RFC 4985 §2.
_OTHER_NAMES = {"1.3.6.1.5.5.7.8.5": "XmppAddr", "1.3.6.1.5.5.7.8.7": "SRVName"}
_SPECIAL = frozenset(',+"\\<>;')

_Attribute = tuple[str, str, bool]  # dotted OID, text, whether the text is "#" and hexadecimal


def printable(text: str, limit: int = 256) -> str:
    """``text`` on one line with every unprintable character made visible, and "..." after ``limit`` characters."""
    if len(text) > limit:
        text = text[:limit] + "..."
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _visible(character) for character in text)


def _visible(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def name_text(name: bytes) -> str:
    """A DER Name as RFC 4514 text, at most about 1,000 characters; "" for an empty name.

    Unprintable characters are written as the hexadecimal pairs of their UTF-8 bytes, which RFC 4514 §2.4 allows. What
    cannot be decoded is written ``#`` and hexadecimal; a name that is none at all becomes "unreadable name".
    """
    return _read_name(name)[0] if len(name) <= _MAX_NAME else "name longer than 4096 bytes"


def name_is_sound(name: bytes) -> bool:
    """Whether every part of a DER Name could be decoded."""
    return len(name) <= _MAX_NAME and _read_name(name)[1]


@lru_cache(maxsize=1024)
def _read_name(name: bytes) -> tuple[str, bool]:
    try:
        rdns = _rdns(name)
    except DerError:
        return "unreadable name", False
    text = ",".join(
        "+".join(f"{_KEYWORDS.get(kind, kind)}={text if raw else _escaped(text)}" for kind, text, raw in rdn)
        for rdn in reversed(rdns)
    )
    sound = all(not raw and "\ufffd" not in text for rdn in rdns for _, text, raw in rdn)
    return (text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "..."), sound


def common_name(name: bytes) -> str | None:
    """The last common name of a DER Name, printable; None where there is none."""
    return _attribute(name, _COMMON_NAME)


def organisation(name: bytes) -> str | None:
    """The last organisation name of a DER Name, printable; None where there is none."""
    return _attribute(name, _ORGANISATION)


def display_name(name: bytes) -> str:
    """The common name, else the organisation, else the whole name: what one calls a CA."""
    return common_name(name) or organisation(name) or name_text(name)


@lru_cache(maxsize=1024)
def _attributes(name: bytes) -> dict[str, str]:
    try:
        return {kind: text for rdn in _rdns(name) for kind, text, _ in rdn}
    except DerError:
        return {}


def _attribute(name: bytes, wanted: str) -> str | None:
    value = _attributes(name).get(wanted) if len(name) <= _MAX_NAME else None
    return printable(value) if value else None


def _rdns(name: bytes) -> list[list[_Attribute]]:
    """The attributes of each relative distinguished name, in the order of the encoding."""
    _, at, end = header(name, 0, len(name))
    rdns = []
    while at < end:
        _, inner, at = header(name, at, end)
        attributes = []
        while inner < at:
            _, kind, following = header(name, inner, at)
            attributes.append(_type_and_value(name, kind, following))
            inner = following
        rdns.append(attributes)
    return rdns


def _type_and_value(data: bytes, at: int, end: int) -> _Attribute:
    tag, start, stop = header(data, at, end)
    if tag != OBJECT_IDENTIFIER:
        raise DerError("an attribute of no kind")
    kind = oid_text(data[start:stop])
    tag, start, end = header(data, stop, end)
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        return kind, _hex(data[stop:end]), True
    return kind, data[start:end].decode(encoding, errors="replace"), False


def _hex(octets: bytes) -> str:
    return "#" + octets[:_MAX_HEX].hex() + ("..." if len(octets) > _MAX_HEX else "")


def _escaped(value: str) -> str:
    if value.isprintable() and _SPECIAL.isdisjoint(value) and value[:1] not in (" ", "#") and value[-1:] != " ":
        return value
    text = "".join(_escaped_character(character) for character in value)
    if text[:1] in (" ", "#"):
        text = "\\" + text
    return text[:-1] + "\\ " if text.endswith(" ") and text != "\\ " else text


def _escaped_character(character: str) -> str:
    if character in _SPECIAL:
        return "\\" + character
    if character.isprintable():
        return character
    return "".join(f"\\{octet:02x}" for octet in character.encode("utf-8", errors="replace"))


def general_names(names: bytes) -> tuple[str, ...]:
    """The entries of a DER GeneralNames (RFC 5280 §4.2.1.6), printable: "DNS:host", "IP:192.0.2.1", "URI:...", ...

    At most 1,000 entries, then one that says how many follow. `DerError` if the bytes are no GeneralNames.
    """
    _, start, stop = header(names, 0, len(names))
    found, complete = elements(names, start, stop, limit=len(names))
    if not complete:
        raise DerError("cut off")
    texts = [_general_name(element.tag, names[element.start : element.stop]) for element in found[:_MAX_NAMES]]
    if len(found) > _MAX_NAMES:
        texts.append(f"... and {len(found) - _MAX_NAMES} more")
    return tuple(texts)


def _general_name(tag: int, content: bytes) -> str:
    if tag == 0x82:
        return "DNS:" + printable(content.decode("ascii", errors="backslashreplace"))
    if tag == 0x87:
        return "IP:" + (str(ipaddress.ip_address(content)) if len(content) in (4, 16) else _hex(content))
    if tag == 0x86:
        return "URI:" + printable(content.decode("ascii", errors="backslashreplace"), 1024)
    if tag == 0x81:
        return "email:" + printable(content.decode("ascii", errors="backslashreplace"))
    if tag == 0xA4:
        return "dirName:" + name_text(content)
    if tag == 0x88:
        try:
            return "RID:" + oid_text(content)
        except DerError:
            return "RID:" + _hex(content)
    if tag == 0xA0:
        return _other_name(content)
    return f"type {tag & 0x1F}:{_hex(content)}"


def _other_name(content: bytes) -> str:
    """The two that name an XMPP service are written as OpenSSL writes them, the others in hexadecimal."""
    try:
        _, start, stop = header(content, 0, len(content))
        kind = _OTHER_NAMES.get(oid_text(content[start:stop]))
        _, value, _ = header(content, stop, len(content))
        _, start, stop = header(content, value, len(content))
    except DerError:
        kind = None
    if kind is None:
        return "otherName:" + _hex(content)
    return f"{kind}:{printable(content[start:stop].decode(errors='backslashreplace'))}"
