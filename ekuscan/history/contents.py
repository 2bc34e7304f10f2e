"""What is kept of an observation, an inventory and a verdict: their text, and under which digest.

Of an observation everything that is news when it differs is its content; when and how fast it was seen is not, and is
kept beside it. Certificates are kept once, by their fingerprints. The endpoint itself stands in the run's inventory.
Derived facts (`Observation.accepts`) are left out: they follow from today's rules. No private key and no password is
part of any of these: an inventory names files of keys, and `Approach.proxy` has no password in it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from ekuscan.fingerprint import sha256_hex
from ekuscan.history.decode import decoded
from ekuscan.history.errors import HistoryError
from ekuscan.model import Endpoint, Inventory, Observation, Record, Sight, Verdict, VerdictsLike
from ekuscan.record import record
from ekuscan.report import encode, jsonl

_PASSING: Final = ("started", "seconds")
_STEADY: Final = tuple(one.name for one in fields(Sight) if one.name not in _PASSING)
_LARGEST: Final = 64 * 1024 * 1024


@record
class Kept:
    """One thing as it is stored. ``certificates`` are the DER of those that it names, by fingerprint."""

    kind: str
    name: str
    data: bytes
    digest: bytes
    times: str = ""
    certificates: tuple[tuple[str, bytes], ...] = ()


def kept_observation(seen: Observation) -> Kept:
    """An observation as it is stored, under its endpoint's id."""
    certificates: dict[str, bytes] = {}
    presented = {}
    for chain, ders in seen.presented.items():
        names = [sha256_hex(der) for der in ders]
        certificates.update(zip(names, ders, strict=True))
        presented[chain] = names
    data = encode.plain(
        {
            "address": seen.address,
            "status": seen.status,
            "failure": seen.failure,
            "sights": [{name: getattr(sight, name) for name in _STEADY} for sight in seen.sights],
            "banner": seen.banner,
            "presented": presented,
            "ca_names": {name: b64encode(der).decode() for name, der in seen.ca_names.items()},
            "enforcement": seen.enforcement,
            "ca_names_cut": seen.ca_names_cut,
        }
    )
    times = encode.plain([(sight.started, sight.seconds) for sight in seen.sights]).decode()
    return Kept("e", seen.endpoint.id, data, digest(data), times, tuple(certificates.items()))


def kept_verdict(id_: str, line: bytes) -> Kept:
    """A verdict as it is stored; ``line`` is its published JSON."""
    return Kept("v", id_, line, digest(line))


def kept_verdicts(verdicts: Sequence[Verdict] | VerdictsLike) -> Iterator[Kept]:
    """The verdicts of a part as they are stored, each under its id."""
    if not isinstance(verdicts, VerdictsLike):
        for one in verdicts:
            yield kept_verdict(one.id, jsonl.line(Record("verdict", one.id, one)).rstrip())
        return
    lines = jsonl.line(Record("verdict", "", verdicts)).split(b"\n")
    for one, line in zip(verdicts.template, lines, strict=False):
        id_ = one.id
        for stand_in, word in verdicts.words:
            id_ = id_.replace(stand_in, word)
        yield kept_verdict(id_, line)


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def packed(data: bytes) -> bytes:
    return zlib.compress(data, 6)


def unpacked(data: bytes | None) -> bytes:
    """Raises `HistoryError` for what is missing, was never packed, or is larger than anything that was."""
    if data is None:
        raise HistoryError("is damaged: a stored text is missing")
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(data, _LARGEST)
    except zlib.error:
        raise HistoryError("is damaged: a stored text cannot be unpacked") from None
    if reader.unconsumed_tail or not reader.eof:
        raise HistoryError("is damaged: a stored text is cut off, or larger than any")
    return found


def certificates_of(data: bytes) -> list[str]:
    """The fingerprints that an observation's content names."""
    presented = _document(data).get("presented")
    if not isinstance(presented, dict):
        raise HistoryError("is damaged: an observation without its chains")
    return [str(name) for names in presented.values() if isinstance(names, list) for name in names]


def observation(
    endpoint: Endpoint, data: bytes, at: Sequence[tuple[datetime, float]], ders: Mapping[str, bytes]
) -> Observation:
    """The observation of a content. ``at`` is when each sight began and how long it took. Raises `HistoryError`."""
    found = _document(data)
    sights = found.get("sights")
    if not isinstance(sights, list) or not all(isinstance(sight, dict) for sight in sights):
        raise HistoryError(f"is damaged: {endpoint.id} has no sights")
    if len(at) != len(sights):
        raise HistoryError(f"is damaged: {endpoint.id} has {len(sights)} sights at {len(at)} times")
    found["sights"] = [
        {**sight, "started": started.isoformat(), "seconds": seconds}
        for sight, (started, seconds) in zip(sights, at, strict=True)
    ]
    presented = found.pop("presented", {})
    seen = decoded(Observation, {**found, "endpoint": _fields(endpoint)})
    try:
        chains = {chain: tuple(ders[name] for name in names) for chain, names in presented.items()}
    except (KeyError, TypeError):
        raise HistoryError(f"is damaged: a certificate of {endpoint.id} is missing") from None
    return replace(seen, endpoint=endpoint, presented=chains)


def times(text: str) -> list[tuple[datetime, float]]:
    """When each sight began, and how many seconds it took. Raises `HistoryError`."""
    try:
        return [(datetime.fromisoformat(started), float(seconds)) for started, seconds in json.loads(text)]
    except (TypeError, ValueError, RecursionError):
        raise HistoryError("is damaged: the times of an endpoint cannot be read") from None


def at_the_start(text: str, started: datetime) -> str:
    """Such times for a run of which only is known when it began."""
    return encode.plain([(started, seconds) for _, seconds in times(text)]).decode() if text else ""


def verdict(data: bytes) -> Verdict:
    """The verdict of a content. Raises `HistoryError`."""
    return decoded(Verdict, _document(data))


def inventory_text(inventory: Inventory) -> bytes:
    """An inventory as JSON; the same one has the same text, and one without waivers that which it had before there were
    any."""
    told = _fields(inventory)
    if not inventory.waivers:
        del told["waivers"]
    return encode.plain(
        {
            **told,
            "slot_files": [
                {**_fields(file), "ders": [_text(der) for der in file.ders]} for file in inventory.slot_files
            ],
            "trust": [_text(der) for der in inventory.trust],
            "trusted_cas": {name: [_text(der) for der in ders] for name, ders in inventory.trusted_cas.items()},
        }
    )


def inventory(data: bytes) -> Inventory:
    """The inventory of such a text. Raises `HistoryError`."""
    return decoded(Inventory, _document(data))


def _text(der: bytes) -> str:
    return b64encode(der).decode()


def _fields(value: Any) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _document(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise HistoryError("is damaged: a stored text is no JSON") from None
    if not isinstance(found, dict):
        raise HistoryError("is damaged: a stored text is no object")
    return found
