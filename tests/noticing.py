"""Small estates for tests of the notices: certificates of CAs made here, observations made by hand, a run over them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ekuscan import observation
from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge
from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.model import (
    ClientCertificate,
    Connection,
    Endpoint,
    Inventory,
    Notice,
    Observation,
    Request,
    RoleName,
    RulesVersion,
    Run,
    RunInfo,
    Sight,
    SlotFile,
    Target,
    TlsParameters,
    TrustVersion,
)
from ekuscan.profiles.load import port_of
from ekuscan.run import Options, RunInProgress
from ekuscan.trust import TrustEntry, TrustStore
from ekuscan.trust_pack import write_store
from tests import pki
from tests.judging import AS_OF
from tests.pki import Issued

BOTH, SERVER = (SERVER_AUTH, CLIENT_AUTH), (SERVER_AUTH,)
SOON, LATER = AS_OF + timedelta(days=89), AS_OF + timedelta(days=300)
MODERN = TlsParameters("TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519")


@cache
def digicert() -> tuple[Issued, Issued]:
    """The issuing CA and the root of a public CA in Chrome's store that still adds clientAuth when asked."""
    root = pki.root("Test Public Root")
    return pki.issue(pki.name("Test Public CA", "DigiCert Inc"), root, ca=True, eku=BOTH), root


@cache
def lets_encrypt() -> tuple[Issued, Issued]:
    """The same of a public CA that no longer issues clientAuth."""
    root = pki.root("Test Other Root")
    return pki.issue(pki.name("Test Other CA", "Let's Encrypt"), root, ca=True, eku=SERVER), root


@cache
def corp() -> tuple[Issued, Issued]:
    """The same of a private CA."""
    root = pki.root("Corp Root")
    return pki.issue(pki.name("Corp CA", "Corp"), root, ca=True), root


@cache
def vendor() -> Issued:
    return pki.root("Vendor Device CA")


@cache
def store() -> TrustStore:
    path = Path(tempfile.mkdtemp()) / "trust.sqlite"
    entries = [
        TrustEntry(digicert()[1].der, "chrome-root", "DigiCert", "Test Public Root"),
        TrustEntry(digicert()[0].der, "intermediate"),
        TrustEntry(lets_encrypt()[1].der, "chrome-root", "Internet Security Research Group", "Test Other Root"),
        TrustEntry(lets_encrypt()[0].der, "intermediate"),
        TrustEntry(vendor().der, "vendor", "Cisco", "Vendor Device CA"),
    ]
    write_store(path, entries, TrustVersion("2026-11-20", "test"))
    return TrustStore.open(path)


def leaf(
    ca: tuple[Issued, Issued],
    eku: Sequence[str] = BOTH,
    *,
    names: Sequence[str | x509.GeneralName] = (),
    common_name: str = "host.example.com",
    end: datetime = LATER,
    label: str = "",
    **more: object,
) -> tuple[bytes, ...]:
    """A chain as it is presented: the end-entity and its issuer. ``label`` tells keys apart."""
    issued = pki.issue(
        common_name,
        ca[0],
        eku=eku,
        names=[_general_name(name) for name in names],
        end=end,
        start=AS_OF - timedelta(days=30),
        **{"key": pki.ec_key(f"{common_name}{label}"), **more},  # type: ignore[arg-type]
    )
    return issued.der, ca[0].der


def _general_name(name: str | x509.GeneralName) -> x509.GeneralName:
    if not isinstance(name, str):
        return name
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def with_sha1(issued: Issued, signer: Issued) -> Issued:
    """The certificate signed with SHA-1, which `cryptography` no longer issues; both keys are RSA."""
    assert isinstance(signer.key, rsa.RSAPrivateKey)
    certificate = x509.load_der_x509_certificate(issued.der)
    sha256, sha1 = pki.oid("1.2.840.113549.1.1.11"), pki.oid("1.2.840.113549.1.1.5")
    tbs = certificate.tbs_certificate_bytes.replace(sha256, sha1)
    signature = signer.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    algorithm = pki.tlv(0x30, sha1, pki.tlv(5))
    return replace(issued, der=pki.tlv(0x30, tbs, algorithm, pki.tlv(3, b"\0", signature)))


def name_of(ca: Issued) -> bytes:
    """The DER of a CA's name, as a peer lists it."""
    return ca.name.public_bytes()


def box(name: str, role: RoleName = "cucm", release: str | None = "14", cluster: str | None = None) -> Target:
    return Target(name, role, "declared", release, "declared" if release else "default", cluster)


def port(target: Target, number: int, protocol: str = "https", **changes: object) -> Endpoint:
    row = port_of(target.role, number)
    service, slot = (row.service, row.slot) if row is not None else (None, None)
    plain = Endpoint(
        f"{target.id}:{number}/{protocol}", target.id, "192.0.2.1", number, protocol, None, True, service, slot, number
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def sight(ders: tuple[bytes, ...] | None, request: Request = "none", **changes: object) -> Sight:
    chain = chain_id(map(sha256_hex, ders)) if ders else None
    plain = Sight("tls1.2-1.3", AS_OF, 0.1, MODERN, chain, ClientCertificate(request))
    return replace(plain, **changes)  # type: ignore[arg-type]


def shows(
    endpoint: Endpoint, ders: tuple[bytes, ...], request: Request = "none", ca_names: Iterable[Issued] = ()
) -> Observation:
    """An endpoint that showed one chain; the CAs that it lists."""
    seen = sight(ders, request)
    names = {ca.name.rfc4514_string(): name_of(ca) for ca in ca_names}
    return observation.observed(endpoint, "192.0.2.1", (seen,), {seen.chain or "": ders}, names, None)


def views(endpoint: Endpoint, *seen: tuple[Sight, tuple[bytes, ...] | None]) -> Observation:
    """An endpoint that was looked at several times."""
    presented = {one.chain: ders for one, ders in seen if one.chain is not None and ders is not None}
    return Observation(endpoint, "192.0.2.1", "seen", None, tuple(one for one, _ in seen), presented=presented)


def finished(
    targets: Sequence[Target],
    seen: Sequence[Observation] = (),
    connections: Sequence[Connection] = (),
    files: Sequence[SlotFile] = (),
    *,
    assume: bool = False,
    trust: Sequence[Issued] = (),
    candidates: bool = False,
    beside: Sequence[Notice] = (),
    trusted_cas: Mapping[str, Sequence[Issued]] = MappingProxyType({}),
) -> Run:
    """The run over what was seen."""
    inventory = Inventory(
        tuple(targets),
        tuple(connections),
        tuple(one.endpoint for one in seen),
        tuple(files),
        tuple(ca.der for ca in trust),
        trusted_cas={name: tuple(ca.der for ca in cas) for name, cas in trusted_cas.items()},
    )
    info = RunInfo("run", AS_OF, None, False, AS_OF, "0", None, RulesVersion("", ""), TrustVersion("", ""))
    run = RunInProgress(
        info,
        inventory,
        knowledge(),
        ChainBook(store(), inventory.trust),
        Options(AS_OF, assume=assume, candidates=candidates),
        beside,
    )
    for _ in run.begin():
        pass
    for one in seen:
        run.observe(one)
    assert run.faults == []
    return run.result(AS_OF, complete=True)


def noticed(run: Run, kind: str) -> dict[str, Notice]:
    """The notices of a kind by id."""
    return {one.id: one for one in run.notices if one.kind == kind}
