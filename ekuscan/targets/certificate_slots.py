"""Certificates that come from files: slots, the CAs that a target trusts, and the site's own trust anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ekuscan.model import SlotContent, SlotFile
from ekuscan.targets.box import slots_of
from ekuscan.targets.draft import Draft, TrustDraft
from ekuscan.targets.errors import Place, Problems, shown
from ekuscan.targets.text_file import CERTIFICATE_LIMIT, Unreadable, read_bytes

# Takes a file's content and its name; returns DER certificates; raises ValueError, saying why, where there are none.
ReadCertificates = Callable[[bytes, str], Sequence[bytes]]


class CertificateFiles:
    """Reads certificate files, each once, and notes those that cannot be used."""

    def __init__(self, read: ReadCertificates, problems: Problems) -> None:
        self._read = read
        self._problems = problems
        self._known: dict[Path, tuple[bytes, ...] | str] = {}

    def ders(self, path: Path, named: str, place: Place) -> tuple[bytes, ...]:
        """The certificates of a file, DER, in its order; none, with the problem noted, where it has none."""
        if path not in self._known:
            self._known[path] = self._content(path)
        found = self._known[path]
        if isinstance(found, str):
            self._problems.add(place, f"{shown(named, 200)} {found}")
            return ()
        return found

    def _content(self, path: Path) -> tuple[bytes, ...] | str:
        try:
            ders = tuple(self._read(read_bytes(path, CERTIFICATE_LIMIT), path.name))
        except Unreadable as error:
            return str(error)
        except ValueError as error:
            return f"is no certificate file: {shown(str(error).removeprefix(f'{shown(path.name, 256)}: '), 200)}"
        return ders or "is no certificate file: it has no certificate in it"


def slot_files(draft: Draft, files: CertificateFiles) -> Iterator[SlotFile]:
    """The certificates of a target's slots that are given as files."""
    slots = slots_of(draft.role)
    for slot, source in draft.slots.items():
        if slot in slots and source.text not in slots:
            path = source.folder / source.text
            ders = files.ders(path, source.text, draft.at(f"slots.{slot}"))
            if ders:
                yield SlotFile(draft.id, slot, ders, str(path), standing=source.standing)


def same_slots(draft: Draft) -> tuple[SlotContent, ...]:
    """The slots that are declared to hold the same certificate as another slot of the target."""
    slots = slots_of(draft.role)
    return tuple(
        SlotContent(slot=slot, sha256=None, chain=None, from_="same-slot", same_as=source.text)
        for slot, source in draft.slots.items()
        if source.text in slots
    )


def trusted_cas(draft: Draft, files: CertificateFiles) -> tuple[bytes, ...]:
    """The certificates of the CAs that a target trusts, each once; none where nobody told."""
    found = (
        files.ders(source.folder / source.text, source.text, draft.at(f"trusted_cas.{source.text}"))
        for source in draft.trusted_cas
    )
    return tuple(dict.fromkeys(der for ders in found for der in ders))


def trusted(declared: Iterable[TrustDraft], folder: Path, files: CertificateFiles) -> tuple[bytes, ...]:
    """The certificates that the site names as its own trust anchors, each once."""
    return tuple(
        dict.fromkeys(der for trust in declared for der in files.ders(folder / trust.path, trust.path, trust.place))
    )
