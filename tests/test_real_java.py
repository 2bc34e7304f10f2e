"""Servers on Java's own TLS (JSSE), which Unified CM's Tomcat uses too: their chain and their request state."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from ekuscan.model import ClientCertificate
from tests.real_servers import REQUESTS, VERSIONS, Files, free_ports, program, same_chain, seen, serving_all, state

PASSWORD = "secret"
SOURCE = Path(__file__).with_name("servers") / "Server.java"


def stores(files: Files) -> tuple[Path, Path]:
    """The key store and the trust store, both as PKCS #12."""
    leaf, middle = x509.load_pem_x509_certificates(files.chain.read_bytes())
    key = load_pem_private_key(files.key.read_bytes(), None)
    locked = BestAvailableEncryption(PASSWORD.encode())
    keys, trust = files.directory / "keys.p12", files.directory / "trust.p12"
    keys.write_bytes(pkcs12.serialize_key_and_certificates(b"server", key, leaf, [middle], locked))
    anchors = [pkcs12.PKCS12Certificate(one, b"clients") for one in _certificates(files.clients)]
    trust.write_bytes(pkcs12.serialize_java_truststore(anchors, locked))
    return keys, trust


def _certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


@pytest.fixture(scope="module")
def java(files):
    """The port of each pair of version and request; one process, because a Java runtime takes its time to come up."""
    ports = free_ports(product(VERSIONS, REQUESTS))
    sockets = [word for (version, wanted), port in ports.items() for word in (str(port), f"TLSv{version}", wanted)]
    command = (program("java"), "-Xshare:auto", "-XX:TieredStopAtLevel=1", SOURCE, *stores(files), PASSWORD, *sockets)
    with serving_all(ports.values(), *command, log=files.directory / "java.log", within=60):
        yield ports


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("request_state", REQUESTS)
def test_java(java, version, request_state):
    port = java[version, request_state]
    found = seen(port)
    assert same_chain(found, port, version)
    refused_by = "alert" if request_state == "required" else None
    assert state(found) == ClientCertificate(request_state, refused_by)
