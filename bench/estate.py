"""The far side of the scan benchmark: many endpoints on loopback, each with a certificate of its own.

``python -m bench.estate DIRECTORY BOXES PORTS`` writes ``hosts.txt`` and ``trust.sqlite`` into the directory, prints
"ready" once everything listens, and serves until its standard input ends. A box is an Expressway-E with a certificate
of its own, shown on all of its ports, as on the real one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ekuscan.lab.appliance import behaviour, conversation
from ekuscan.lab.authority import ORGANIZATION_VALIDATED, Authority, Credential, der, new_root, new_subordinate
from ekuscan.lab.server import LoopbackServer
from ekuscan.lab.timestamps import sct_list
from ekuscan.lab.tls import RequestChoice, Terms, server_context
from ekuscan.model import TrustVersion
from ekuscan.trust import TrustEntry
from ekuscan.trust_pack import write_store

_KEYS: Final = 8
_SCT_LIST: Final = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_EKUS: Final = (
    (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    (ExtendedKeyUsageOID.SERVER_AUTH,),
)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a box, and what it asks of a client."""

    port: int
    protocol: str
    request: RequestChoice


# One in four demands a client certificate. None is below 1024, so that no privilege is needed.
PORTS: Final = (
    Port(8443, "https", "none"),
    Port(5061, "sips", "none"),
    Port(9443, "https", "none"),
    Port(7001, "sips", "required"),
)
_ROLE: Final = "expressway-e"
_RELEASES: Final = ("X15.4", "X15.0", "X14.3.7")


def ports_of(number: int, ports: int) -> tuple[Port, ...]:
    """The ports of a box: all four, or one of them in turn."""
    return PORTS if ports == len(PORTS) else (PORTS[number % len(PORTS)],)


def release(number: int) -> str:
    """The release of a box."""
    return _RELEASES[number % len(_RELEASES)]


def host(number: int) -> str:
    """The loopback address of an endpoint: each box has its own."""
    return f"127.77.{number // 250}.{number % 250 + 1}"


def main(directory: Path, count: int, ports: int) -> None:
    """Serve ``count`` boxes with 1 or 4 ports each until standard input ends."""
    today = datetime.now(UTC).replace(microsecond=0)
    root = new_root("Bench Root (plays DigiCert)", today, public=True)
    issuing = new_subordinate(
        root, "Bench CA (plays DigiCert)", today, key=rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    _write_trust(directory / "trust.sqlite", root, issuing, today)
    (directory / "hosts.txt").write_text("".join(_lines(count, ports)), encoding="utf-8")
    server = LoopbackServer()
    try:
        for number, credential in enumerate(_credentials(issuing, count, today)):
            for port in ports_of(number, ports):
                _listen(server, number, port, credential, root, today)
        server.start()
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        server.stop()


def _lines(count: int, ports: int) -> Iterator[str]:
    for number in range(count):
        for port in ports_of(number, ports):
            target = f"{port.protocol}://{host(number)}:{port.port}"
            yield f"{target} role={_ROLE} release={release(number)} name=box-{number:04}\n"


def _write_trust(path: Path, root: Authority, issuing: Authority, today: datetime) -> None:
    entries = (
        TrustEntry(der(root.certificate), "chrome-root", "DigiCert", "Bench Root", "included", ("chrome",)),
        TrustEntry(der(issuing.certificate), "intermediate"),
    )
    write_store(path, entries, TrustVersion(date=today.date().isoformat(), chrome_store="bench"))


def _listen(
    server: LoopbackServer, number: int, port: Port, credential: Credential, root: Authority, today: datetime
) -> None:
    terms = Terms((credential,), today, port.request, trusted=(root,))
    manners = behaviour(_ROLE, release(number)).manners
    listener = server.listen(host(number), port.port, conversation(server_context(terms), port.protocol, manners))
    if listener.port != port.port:
        raise OSError(f"port {port.port} of {host(number)} is taken")


def _credentials(issuing: Authority, count: int, today: datetime) -> Iterator[Credential]:
    """Distinct certificates over a few keys, because a thousand RSA keys take minutes to make."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(_KEYS)]
    for number in range(count):
        key = keys[number % _KEYS]
        yield Credential(key, (_leaf(issuing, key, number, today), issuing.certificate))


def _leaf(issuing: Authority, key: rsa.RSAPrivateKey, number: int, today: datetime) -> x509.Certificate:
    """A leaf as public CAs issue them: alternative names, key identifiers, policy, timestamps; some with both EKUs."""
    name = f"box-{number:04}.example.com"
    begins = today - timedelta(days=30 + number % 60)
    builder = x509.CertificateBuilder(
        issuer_name=issuing.certificate.subject,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=begins + timedelta(days=198),
    )
    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    )
    usage |= {"encipher_only": False, "decipher_only": False}
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(digital_signature=True, key_encipherment=True, **usage), True),
        (x509.ExtendedKeyUsage(_EKUS[number // len(PORTS) % len(_EKUS)]), False),
        (x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName(f"sip.{name}")]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.key.public_key()), False),
        (x509.CertificatePolicies([x509.PolicyInformation(ORGANIZATION_VALIDATED, None)]), False),
        (x509.UnrecognizedExtension(_SCT_LIST, sct_list(begins)), False),
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(issuing.key, hashes.SHA256())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
