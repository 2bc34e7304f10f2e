"""The client certificates of a scan: those of the command line for every target, those of the file where it says so."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ekuscan.cli.knowledge import PASSWORD_VARIABLE, given_password
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.client_pairs import ClientPairError, PasswordNeeded, read_pair
from ekuscan.limits import SweepLimits
from ekuscan.model import Approach, Inventory
from ekuscan.record import record
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity

_NOTHING_SAID = Approach()


@record
class _Named:
    name: str
    certificate: Path
    key: Path | None


def with_client_certificates(
    limits: SweepLimits, request: ScanRequest, inventory: Inventory, now: datetime
) -> SweepLimits:
    """The limits with what is to be presented to whom. Raises `UsageError` where a pair cannot be used."""
    typed = tuple(_typed(request))
    wanted = {name for approach in inventory.approaches.values() for name in approach.client_pairs}
    files = [pair for pair in inventory.client_pairs if pair.name in wanted]
    listed = tuple(_Named(pair.name, Path(pair.certificate), Path(pair.key)) for pair in files)
    if not typed and not listed:
        return limits
    pairs, controls = _read((*typed, *listed), now), untrusted(now)
    own = {}
    for target in inventory.targets:
        names = inventory.approaches.get(target.id, _NOTHING_SAID).client_pairs
        identities = tuple(pairs[name] for name in (*(one.name for one in typed), *names))
        if identities:
            own[target.id] = replace(limits.of(target.id), identities=identities, controls=controls)
    return replace(limits, own={**limits.own, **own})


def _typed(request: ScanRequest) -> Iterator[_Named]:
    keys = request.client_keys
    if len(keys) == 1 and request.client_certs:
        keys *= len(request.client_certs)
    if keys and len(keys) != len(request.client_certs):
        raise UsageError(
            f"{len(request.client_certs)} --client-cert and {len(keys)} --client-key: give one key for all "
            "certificates, one for each in the same order, or none where each file holds its key"
        )
    names: set[str] = set()
    for place, certificate in enumerate(request.client_certs):
        name = _free(certificate.stem or str(certificate), names)
        names.add(name)
        yield _Named(name, certificate, keys[place] if keys else None)


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where another file has it already."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _read(pairs: tuple[_Named, ...], now: datetime) -> Mapping[str, Identity]:
    found: dict[str, Identity] = {}
    problems: list[str] = []
    passwords: dict[Path, bytes] = {}
    for pair in pairs:
        if pair.name in found:
            problems.append(f"{pair.name}: is a client certificate of the targets file and a --client-cert; rename one")
            continue
        try:
            try:
                read = read_pair(pair.name, pair.certificate, pair.key, given_password(), now)
            except PasswordNeeded as needed:
                password = _asked(pair, needed, passwords)
                read = read_pair(pair.name, pair.certificate, pair.key, password, now)
        except ClientPairError as error:
            problems.append(str(error))
            continue
        for warning in read.warnings:
            tell(warning)
        found[pair.name] = read.identity
    if problems:
        raise UsageError("\n".join(problems))
    return found


def _asked(pair: _Named, needed: PasswordNeeded, passwords: dict[Path, bytes]) -> bytes:
    """The password from a person, where there is one; asked for once for each file."""
    if not sys.stdin.isatty():
        raise ClientPairError(f"{needed} in {PASSWORD_VARIABLE}")
    file = pair.key or pair.certificate
    if file not in passwords:
        passwords[file] = getpass.getpass(f"Password of {file}: ").encode()
    return passwords[file]
