"""A diagnostic log of an Expressway: configuration, status and certificates of a box, and nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.members import NAMED, Member, MemberKind, member, newest
from ekuscan.imports.slot_pems import MAX_CERTIFICATES, MAX_TRUSTED, certificates_only, holds_key
from ekuscan.imports.source import Kind, Source, UnusableSource
from ekuscan.imports.strangers import stranger
from ekuscan.imports.text_source import text_of
from ekuscan.imports.unify import unify
from ekuscan.imports.unpack import is_tar_or_gzip, is_zip, wanted_members
from ekuscan.imports.xconfiguration import read_xconfiguration
from ekuscan.imports.xstatus import system_unit
from ekuscan.names import printable

_SLOTS: Final[tuple[MemberKind, ...]] = ("server", "client")

_Files = Mapping[MemberKind, tuple[str, bytes]]


def read_diagnostic_log(source: Source) -> Found:
    """Every box of an archive or folder: its zones, release, the certificates of its slots and of the CAs it trusts.

    These are no trust anchors of the site: the list holds partners' CAs beside its own, and nothing tells them apart.

    Raises:
        UnusableSource: it cannot be read, or has none of the files in it.
    """
    files = _named(source) if source.files else wanted_members(source.data)
    boxes = newest(files)
    if not boxes:
        raise UnusableSource(f"holds none of the files of a diagnostic log: {NAMED}")
    if source.box is not None and len(boxes) > 1:
        raise UnusableSource(f"holds {len(boxes)} boxes, and --name can name one only; leave it out")
    return unify(_box(source, tag, found) for tag, found in boxes.items())


def _named(source: Source) -> list[tuple[Member, bytes]]:
    return [(one, data) for name, data in source.files if (one := member(name)) is not None]


def _box(source: Source, tag: str, files: _Files) -> Found:
    tag = printable(tag, 128)
    left_out: list[str] = []
    if "xconf" in files:
        name, data = files["xconf"]
        found = _read(Source(printable(name, 200), data, box=source.box, role=source.role))
        this, *others = found.targets
    else:
        left_out.append(f"{source.name}: there is no xconf_dump of {tag} in it, so no zones are known")
        found = Found()
        this, others = FoundTarget(source.box or tag, source.name, role=source.role), []
    this = replace(
        this,
        release=_release(files) or this.release,
        slots=_slots(files, left_out),
        trusted_cas=_taken("ca", files, left_out, MAX_TRUSTED),
        known_as=tuple(dict.fromkeys((*this.known_as, tag))),
    )
    return Found((this, *others), found.connections, (*found.left_out, *left_out))


def _read(source: Source) -> Found:
    try:
        return read_xconfiguration(source)
    except UnusableSource as error:
        raise UnusableSource(f"holds {source.name}, which {error}") from None


def _release(files: _Files) -> str | None:
    if "xstat" not in files:
        return None
    name, data = files["xstat"]
    try:
        return system_unit(text_of(data)).release
    except UnusableSource as error:
        raise UnusableSource(f"holds {printable(name, 200)}, which {error}") from None


def _slots(files: _Files, left_out: list[str]) -> dict[str, bytes]:
    found = {slot: _taken(slot, files, left_out, MAX_CERTIFICATES) for slot in _SLOTS}
    return {slot: pem for slot, pem in found.items() if pem}


def _taken(kind: MemberKind, files: _Files, left_out: list[str], most: int) -> bytes:
    """The certificates of one file, as PEM; none, and a sentence, where it has none."""
    if kind not in files:
        return b""
    name, data = files[kind]
    pem = certificates_only(data, most)
    if holds_key(data):
        left_out.append(f"{printable(name, 200)} holds a private key beside the certificate; it was not taken")
    if not pem:
        left_out.append(f"{printable(name, 200)} has no certificate in it")
    return pem


def _is_meant(source: Source) -> bool:
    if source.files or is_tar_or_gzip(source.data):
        return True
    return is_zip(source.data) and stranger(source.data) is None


KIND: Final = Kind(
    "diagnostic-log", "a diagnostic log of an Expressway (.tar.gz, .zip, unpacked)", _is_meant, read_diagnostic_log
)
