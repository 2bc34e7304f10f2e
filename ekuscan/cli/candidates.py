"""The certificates of ``--new-cert``, with the private keys and signing requests that are to belong to them."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ekuscan.candidate import Beside
from ekuscan.certificate_files import (
    CertificateFileError,
    CertificateRequest,
    end_entity_first,
    read_certificates,
    read_file,
)
from ekuscan.cli.knowledge import PASSWORD_VARIABLE, given_password, readable
from ekuscan.cli.preflight_request import PreflightRequest
from ekuscan.cli.refusal import UsageError
from ekuscan.client_pairs import ClientPairError, PasswordNeeded, key_belongs
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.what_if.certificate import NewCertificate

_CERT, _KEY, _CSR = "--new-cert", "--new-key", "--csr"


@record
class Candidates:
    """What was read. ``beside`` and ``paths`` are by NAME:SLOT."""

    new: tuple[NewCertificate, ...]
    beside: Mapping[str, Beside]
    paths: Mapping[str, str]


def read_candidates(request: PreflightRequest) -> Candidates:
    """Read the files of all three options. Raises `UsageError` with everything that is wrong with them."""
    problems: list[str] = []
    certificates = dict(_named(request.new_certs, _CERT, (), problems))
    names = tuple(certificates)
    keys = dict(_named(request.new_keys, _KEY, names, problems))
    requests = dict(_named(request.requests, _CSR, names, problems))
    password = given_password()
    new: dict[str, NewCertificate] = {}
    beside: dict[str, Beside] = {}
    for name, path in certificates.items():
        try:
            ders = end_entity_first(read_certificates(readable(Path(path)), path, password))
            new[name] = NewCertificate(name, ders, path)
            key = _key_belongs(Path(keys[name]), ders[0], password) if name in keys else None
            beside[name] = Beside(key, _request(Path(requests[name])) if name in requests else None)
        except (UsageError, CertificateFileError, ClientPairError) as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return Candidates(tuple(new.values()), beside, certificates)


def _named(
    texts: tuple[str, ...], option: str, known: tuple[str, ...], problems: list[str]
) -> Iterator[tuple[str, str]]:
    """NAME:SLOT and file of each text. Beside one certificate a key or a signing request needs no name."""
    seen: set[str] = set()
    for text in texts:
        name, equals, path = text.partition("=")
        if option != _CERT and len(known) == 1 and name not in known:
            name, equals, path = known[0], "=", text
        if not (equals and path and all(name.rpartition(":"))):
            problems.append(f"{option} {printable(text, 120)}: write NAME:SLOT=FILE, for example exp-c1:client=new.pem")
        elif option != _CERT and name not in known:
            problems.append(f"{option} {printable(text, 120)}: there is no --new-cert {printable(name, 80)}=FILE")
        elif name in seen:
            problems.append(f"{option} {printable(text, 120)}: {printable(name, 80)} stands twice")
        else:
            seen.add(name)
            yield name, path


def _key_belongs(key: Path, der: bytes, password: bytes | None) -> bool:
    try:
        return key_belongs(key, der, password)
    except PasswordNeeded as needed:
        if not sys.stdin.isatty():
            raise ClientPairError(f"{needed} in {PASSWORD_VARIABLE}") from None
        return key_belongs(key, der, getpass.getpass(f"Password of {key}: ").encode())


def _request(path: Path) -> CertificateRequest:
    content = read_file(readable(path), str(path))
    if len(content.requests) != 1:
        raise UsageError(
            f"{printable(str(path), 200)}: {len(content.requests)} signing requests, where one was expected"
        )
    return content.requests[0]
