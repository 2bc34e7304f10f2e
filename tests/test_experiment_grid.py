"""Real verifiers, each judging client certificates in several ways, and what an experiment makes of them.

``enforces`` is each verifier as it comes. ``ignores`` is OpenSSL with ``-purpose any``, HAProxy with ``crt-ignore-err
26`` (the number of OpenSSL's error for a wrong purpose), GnuTLS as it comes; in Java and Go it is a check of the
server's own that looks at trust alone. ``any`` asks and does not verify. ``any-ca`` forgives an unknown CA and nothing
else. ``distrusts`` has another CA in its trust store.

Left out is what a verifier cannot be made to do: GnuTLS's server enforces nothing; nginx and rustls always look at the
EKU, and rustls always at trust.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from ekuscan.extensions import SERVER_AUTH
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Observation
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import TLS12_OFFER, TLS13_OFFER
from tests import pki
from tests.clients import identity
from tests.experimenting import tried
from tests.loopback import Handler, endpoint, free_port, listening
from tests.real_servers import Files, program, serving, serving_all

# Verifiers look at their own clock.
NOW = datetime.now(UTC)
DATES = {"start": NOW - timedelta(days=1), "end": NOW + timedelta(days=30)}
CLIENT_CA = pki.root("Client CA", **DATES)
OTHER_CA = pki.root("Other CA", **DATES)
BOTH = identity("CLIENT-BOTH", pki.issue("client.example", CLIENT_CA, eku=pki.BOTH, **DATES))
SERVER_ONLY = identity("SERVER-ONLY", pki.issue("client.example", CLIENT_CA, eku=(SERVER_AUTH,), **DATES))
OTHERS_BOTH = identity("OTHERS-BOTH", pki.issue("client.example", OTHER_CA, eku=pki.BOTH, **DATES))
OTHERS_SERVER_ONLY = identity("OTHERS-SERVER-ONLY", pki.issue("client.example", OTHER_CA, eku=(SERVER_AUTH,), **DATES))
CONTROLS = untrusted(NOW)

OFFERS = {"1.2": TLS12_OFFER, "1.3": TLS13_OFFER}
LIMITS = ProbeLimits(quiet=0.5, answer=5)
PASSWORD = "secret"
SERVERS = Path(__file__).with_name("servers")
CODE_WAYS = ("enforces", "ignores", "any", "distrusts")

Ports = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Clients:
    """The CA of the clients and one that issued none of them, as PEM files."""

    trusted: Path
    other: Path

    def of(self, way: str) -> Path:
        return self.other if way.endswith("distrusts") else self.trusted


@pytest.fixture(scope="module")
def clients(files):
    found = Clients(files.directory / "client-ca.pem", files.directory / "other-ca.pem")
    found.trusted.write_bytes(pki.pem(CLIENT_CA.der))
    found.other.write_bytes(pki.pem(OTHER_CA.der))
    return found


def ports(*ways: str) -> dict[str, int]:
    return {way: free_port() for way in ways}


def words(found: Ports) -> list[str]:
    return [word for way, port in found.items() for word in (str(port), way)]


# --- the verifiers ----------------------------------------------------------------------------------------------

_OPENSSL = {
    "enforces": ("-Verify", "3", "-verify_return_error"),
    "optional": ("-verify", "3", "-verify_return_error"),
    "ignores": ("-Verify", "3", "-verify_return_error", "-purpose", "any"),
    # Without -verify_return_error it says what is wrong and goes on.
    "any": ("-Verify", "3"),
    "distrusts": ("-Verify", "3", "-verify_return_error"),
    "asks-nothing": (),
}


@contextlib.contextmanager
def openssl(files: Files, clients: Clients) -> Iterator[Ports]:
    with contextlib.ExitStack() as running:
        found = ports(*_OPENSSL)
        for way, port in found.items():
            command = (program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", *_OPENSSL[way])
            own = ("-cert", files.leaf, "-cert_chain", files.issuer, "-key", files.key, "-CAfile", clients.of(way))
            running.enter_context(serving(port, *command, *own, log=files.directory / f"openssl-{way}.log"))
        yield found


_GNUTLS = {
    "ignores": ("--require-client-cert", "--verify-client-cert"),
    "any": ("--require-client-cert",),
    "distrusts": ("--require-client-cert", "--verify-client-cert"),
    "silent": ("--require-client-cert", "--verify-client-cert", "--noticket"),
}


@contextlib.contextmanager
def gnutls(files: Files, clients: Clients) -> Iterator[Ports]:
    with contextlib.ExitStack() as running:
        found = ports(*_GNUTLS)
        for way, port in found.items():
            command = (program("gnutls-serv"), "--echo", "--port", str(port), *_GNUTLS[way])
            own = ("--x509certfile", files.chain, "--x509keyfile", files.key, "--x509cafile", clients.of(way))
            running.enter_context(serving(port, *command, *own, log=files.directory / f"gnutls-{way}.log"))
        yield found


_HAPROXY = {
    "enforces": "",
    "ignores": "crt-ignore-err 26",
    "any": "ca-ignore-err all crt-ignore-err all",
    "distrusts": "",
}


@contextlib.contextmanager
def haproxy(files: Files, clients: Clients) -> Iterator[Ports]:
    found = ports(*_HAPROXY)
    binds = "".join(
        f"  bind 127.0.0.1:{port} ssl crt {files.both} ca-file {clients.of(way)} verify required {_HAPROXY[way]}\n"
        for way, port in found.items()
    )
    settings = files.directory / "haproxy.cfg"
    settings.write_text(
        f"defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n"
        f"frontend front\n{binds}  http-request return status 200 content-type text/plain string hello\n"
    )
    command = (program("haproxy"), "-db", "-f", settings)
    with serving_all(found.values(), *command, log=files.directory / "haproxy.log"):
        yield found


@contextlib.contextmanager
def java(files: Files, clients: Clients) -> Iterator[Ports]:
    stores = [files.directory / name for name in ("keys.p12", "trusted.p12", "other.p12")]
    leaf, middle = x509.load_pem_x509_certificates(files.chain.read_bytes())
    key = load_pem_private_key(files.key.read_bytes(), None)
    locked = BestAvailableEncryption(PASSWORD.encode())
    stores[0].write_bytes(pkcs12.serialize_key_and_certificates(b"server", key, leaf, [middle], locked))
    for store, path in zip(stores[1:], (clients.trusted, clients.other), strict=True):
        anchor = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(path.read_bytes()), b"clients")
        store.write_bytes(pkcs12.serialize_java_truststore([anchor], locked))
    found = ports(*CODE_WAYS)
    log = files.directory / "java.log"
    command = (program("java"), "-Xshare:auto", "-XX:TieredStopAtLevel=1", SERVERS / "Verifier.java")
    with serving_all(found.values(), *command, *stores, PASSWORD, *words(found), log=log, within=60):
        yield found


@contextlib.contextmanager
def go(files: Files, clients: Clients) -> Iterator[Ports]:
    built = files.directory / "verifier"
    caches = {
        "GOCACHE": str(files.directory / "go-cache"),
        "GOPATH": str(files.directory / "go"),
        "GOFLAGS": "-mod=mod",
    }
    subprocess.run(
        (program("go"), "build", "-o", built, SERVERS / "verifier.go"),
        env={**os.environ, **caches, "GO111MODULE": "off", "GOTOOLCHAIN": "local"},
        check=True,
        timeout=120,
    )
    found = ports(*CODE_WAYS)
    own = (files.chain, files.key, clients.trusted, clients.other)
    with serving_all(found.values(), built, *own, *words(found), log=files.directory / "go.log"):
        yield found


# What is refused gets, in place of nginx's own page, one of the site, a page that is not there, or nothing at all.
_NGINX = {
    "enforces": "on",
    "optional": "optional",
    "any-ca": "optional_no_ca",
    "distrusts": "on",
    "own-page": "on; error_page 495 496 =403 /denied",
    "own-page-distrusts": "on; error_page 495 496 =403 /denied",
    "no-page": "on; error_page 495 496 =404 /denied",
    "hangs-up": "on; error_page 495 496 =444 @hang-up",
}
_NGINX_SERVER = """
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_client_certificate {clients};
    ssl_verify_client {verify};
    location / {{ return 200 "hello"; }}
    location = /denied {{ return {denied} "Access denied"; }}
    location @hang-up {{ return 444; }}
  }}
"""


@contextlib.contextmanager
def nginx(files: Files, clients: Clients) -> Iterator[Ports]:
    found = ports(*_NGINX)
    servers = [
        _NGINX_SERVER.format(
            port=port,
            chain=files.chain,
            key=files.key,
            clients=clients.of(way),
            verify=_NGINX[way],
            denied=404 if way == "no-page" else 403,
        )
        for way, port in found.items()
    ]
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"  {kind}_temp_path {files.directory}/nginx-{kind};\n" for kind in kinds)
    settings = files.directory / "nginx.conf"
    settings.write_text(
        f"daemon off;\nmaster_process off;\nerror_log {files.directory}/nginx-error.log;\n"
        f"pid {files.directory}/nginx.pid;\nevents {{ worker_connections 64; }}\n"
        f"http {{\n  access_log off;\n{paths}{''.join(servers)}}}\n"
    )
    command = (program("nginx"), "-c", settings, "-p", files.directory)
    with serving_all(found.values(), *command, log=files.directory / "nginx.log"):
        yield found


_APPLICATION = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})
"""


@contextlib.contextmanager
def rustls(files: Files, clients: Clients) -> Iterator[Ports]:
    """Granian, whose TLS is rustls."""
    if importlib.util.find_spec("granian") is None:
        if os.environ.get("EKUSCAN_REQUIRE_SERVERS") == "1":
            pytest.fail("granian is not installed")
        pytest.skip("granian is not installed")
    key = files.directory / "key.p8"
    loaded = load_pem_private_key(files.key.read_bytes(), None)
    key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (files.directory / "hello.py").write_text(_APPLICATION)
    with contextlib.ExitStack() as running:
        found = ports("enforces", "distrusts")
        for way, port in found.items():
            command = (sys.executable, "-m", "granian", "--interface", "asginl", "--no-ws", "--host", "127.0.0.1")
            tls = ("--ssl-certificate", files.chain, "--ssl-keyfile", key, "--ssl-protocol-min", "tls1.2")
            asking = ("--ssl-client-verify", "--ssl-ca", clients.of(way), "--working-dir", files.directory)
            log = files.directory / f"granian-{way}.log"
            running.enter_context(serving(port, *command, "--port", str(port), *tls, *asking, "hello:app", log=log))
        yield found


VERIFIERS = {
    "openssl": openssl,
    "gnutls": gnutls,
    "haproxy": haproxy,
    "java": java,
    "go": go,
    "nginx": nginx,
    "rustls": rustls,
}


@pytest.fixture(scope="module")
def running(files, clients):
    """The ports of a verifier, which is started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started: dict[str, Ports] = {}

        def of(verifier: str) -> Ports:
            if verifier not in started:
                started[verifier] = stack.enter_context(VERIFIERS[verifier](files, clients))
            return started[verifier]

        yield of


# --- the grid ---------------------------------------------------------------------------------------------------

# Where a verifier says the same to a missing clientAuth and to an unknown CA, enforcement is inferred; and on a port
# where nothing comes after TLS, that a certificate is taken.
GRID = {
    ("openssl", "enforces"): ("enforces", "observed"),
    ("openssl", "optional"): ("enforces", "observed"),
    ("openssl", "ignores"): ("ignores", "inferred"),
    ("openssl", "any"): ("any-certificate", "inferred"),
    ("openssl", "distrusts"): ("undecided", "inferred"),
    ("openssl", "asks-nothing"): ("undecided", "inferred"),
    ("gnutls", "ignores"): ("ignores", "inferred"),
    ("gnutls", "any"): ("any-certificate", "inferred"),
    ("gnutls", "distrusts"): ("undecided", "inferred"),
    ("haproxy", "enforces"): ("enforces", "observed"),
    ("haproxy", "ignores"): ("ignores", "observed"),
    ("haproxy", "any"): ("any-certificate", "observed"),
    ("haproxy", "distrusts"): ("undecided", "inferred"),
    ("java", "enforces"): ("enforces", "inferred"),
    ("java", "ignores"): ("ignores", "inferred"),
    ("java", "any"): ("any-certificate", "inferred"),
    ("java", "distrusts"): ("undecided", "inferred"),
    ("go", "enforces"): ("enforces", "inferred"),
    ("go", "ignores"): ("ignores", "inferred"),
    ("go", "any"): ("any-certificate", "inferred"),
    ("go", "distrusts"): ("undecided", "inferred"),
    ("nginx", "enforces"): ("enforces", "inferred"),
    ("nginx", "optional"): ("enforces", "inferred"),
    ("nginx", "any-ca"): ("enforces", "observed"),
    ("nginx", "distrusts"): ("undecided", "inferred"),
    ("nginx", "own-page"): ("enforces", "inferred"),
    ("nginx", "own-page-distrusts"): ("undecided", "inferred"),
    ("nginx", "no-page"): ("enforces", "inferred"),
    ("nginx", "hangs-up"): ("undecided", "inferred"),
    ("rustls", "enforces"): ("enforces", "observed"),
    ("rustls", "distrusts"): ("enforces", "inferred"),
}


def target(port: int, verifier: str) -> Endpoint:
    return endpoint(port, "https" if verifier in ("nginx", "haproxy") else "tls")


def experiment(port: int, verifier: str, version: str, *identities: Identity) -> Observation:
    limits = replace(LIMITS, offer=OFFERS[version])
    return asyncio.run(tried(target(port, verifier), limits, identities, CONTROLS, NOW))


@pytest.mark.parametrize("version", OFFERS)
@pytest.mark.parametrize(("verifier", "way"), GRID)
def test_each_verifier_shows_what_it_does(running, verifier, way, version):
    found = experiment(running(verifier)[way], verifier, version, BOTH, SERVER_ONLY).enforcement
    assert (found.value, found.certainty) == GRID[verifier, way], found.evidence


@pytest.mark.parametrize("version", OFFERS)
@pytest.mark.parametrize(
    ("verifier", "ways"),
    [
        ("openssl", ("enforces", "distrusts")),
        ("java", ("enforces", "distrusts")),
        ("nginx", ("own-page", "own-page-distrusts")),
    ],
)
def test_of_two_pairs_that_of_the_trusted_ca_is_found(running, verifier, ways, version):
    """What does not trust the one CA trusts the other."""
    pairs = (BOTH, SERVER_ONLY, OTHERS_BOTH, OTHERS_SERVER_ONLY)
    for way in ways:
        port = running(verifier)[way]
        found = [experiment(port, verifier, version, *order).enforcement for order in (pairs, pairs[::-1])]
        assert found[0] == found[1]
        assert found[0].value == "enforces", found[0].evidence


@pytest.mark.parametrize("version", OFFERS)
def test_the_evidence_tells_the_whole_experiment(running, version):
    found = experiment(running("openssl")["ignores"], "openssl", version, BOTH, SERVER_ONLY)
    assert found.enforcement.evidence == (
        'took "CLIENT-BOTH" (serverAuth, clientAuth)',
        'took "SERVER-ONLY" (serverAuth)',
        "refused a certificate of a CA that it cannot know (serverAuth, clientAuth) with alert 48 unknown_ca",
        "it looks at trust, and not at the EKU; its program may still judge it after TLS",
    )
    names = [None, "CLIENT-BOTH", "SERVER-ONLY", CONTROLS.both.name]
    assert [sight.presented_as for sight in found.sights] == names


@pytest.mark.parametrize("version", OFFERS)
def test_a_verifier_that_does_not_ask_is_shown_no_certificate(running, version):
    found = experiment(running("openssl")["asks-nothing"], "openssl", version, BOTH, SERVER_ONLY)
    assert [sight.presented_as for sight in found.sights] == [None]


@pytest.mark.parametrize("version", OFFERS)
@pytest.mark.parametrize(("way", "answered"), [("own-page", "HTTP 403"), ("hangs-up", None)])
def test_what_may_be_a_refusal_in_other_words_shows_no_optional_request(running, way, answered, version):
    found = experiment(running("nginx")[way], "nginx", version).sights[0]
    assert (found.client_certificate.request, found.client_certificate.answered) == ("unknown", answered)
    assert found.failure.reason == "request-undecided"


@pytest.mark.parametrize("version", OFFERS)
def test_the_evidence_names_a_status_that_others_did_not_get(running, version):
    found = experiment(running("nginx")["own-page"], "nginx", version, BOTH, SERVER_ONLY).enforcement
    assert found.evidence[:2] == (
        'took "CLIENT-BOTH" (serverAuth, clientAuth)',
        'answered "SERVER-ONLY" (serverAuth) with HTTP 403, and another one with success',
    )


@pytest.mark.parametrize("version", OFFERS)
def test_one_status_for_every_certificate_tells_nothing(running, version):
    found = experiment(running("nginx")["own-page-distrusts"], "nginx", version, BOTH, SERVER_ONLY).enforcement
    assert 'answered "SERVER-ONLY" (serverAuth) with HTTP 403' in found.evidence
    assert found.evidence[-1] == ("whether HTTP 403 means a refusal cannot be told: no certificate got anything better")


def test_a_verifier_that_stays_silent_is_undecided(running):
    """In TLS 1.3 without tickets nothing shows that GnuTLS's server has taken a certificate."""
    found = experiment(running("gnutls")["silent"], "gnutls", "1.3", BOTH, SERVER_ONLY).enforcement
    assert found.value == "undecided"
    assert 'did not show whether it takes "CLIENT-BOTH" (serverAuth, clientAuth)' in found.evidence


# --- one certificate alone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", OFFERS)
@pytest.mark.parametrize(
    ("verifier", "way", "wanted"),
    [
        ("openssl", "enforces", "undecided"),
        ("openssl", "ignores", "undecided"),
        ("openssl", "any", "any-certificate"),
        ("gnutls", "ignores", "undecided"),
        # That it still refuses one without clientAuth of a CA that it knows takes the pair to see.
        ("nginx", "any-ca", "any-certificate"),
        ("rustls", "enforces", "enforces"),
        ("rustls", "distrusts", "enforces"),
    ],
)
def test_what_a_certificate_with_both_ekus_shows_alone(running, verifier, way, wanted, version):
    assert experiment(running(verifier)[way], verifier, version, BOTH).enforcement.value == wanted


@pytest.mark.parametrize("version", OFFERS)
@pytest.mark.parametrize(
    ("verifier", "way", "wanted"),
    [
        ("openssl", "enforces", "enforces"),
        ("openssl", "ignores", "ignores"),
        ("openssl", "any", "any-certificate"),
        ("openssl", "distrusts", "undecided"),
        ("gnutls", "ignores", "ignores"),
        ("java", "enforces", "undecided"),
        ("java", "ignores", "ignores"),
        ("nginx", "enforces", "undecided"),
        ("rustls", "distrusts", "enforces"),
    ],
)
def test_what_a_certificate_for_servers_shows_alone(running, verifier, way, wanted, version):
    assert experiment(running(verifier)[way], verifier, version, SERVER_ONLY).enforcement.value == wanted


# --- a peer that changes its mind -------------------------------------------------------------------------------


def in_turn(*targets: int) -> Handler:
    """A load balancer without persistence: each connection goes to the next target."""
    turns = cycle(targets)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", next(turns))
        try:
            await asyncio.gather(_copied(reader, back), _copied(there, writer))
        finally:
            back.close()

    return handler


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.write_eof()


@pytest.mark.parametrize("version", OFFERS)
async def test_a_load_balancer_before_unlike_nodes_is_undecided(running, version):
    """The ordinary handshake and the second certificate meet one node, the first certificate the other."""
    ways = running("java")
    limits = replace(LIMITS, offer=OFFERS[version])
    async with listening(in_turn(ways["distrusts"], ways["enforces"])) as port:
        found = (await tried(target(port, "java"), limits, (BOTH, SERVER_ONLY), CONTROLS, NOW)).enforcement
    assert found.value == "undecided"
    assert "contradict each other" in found.evidence[-1]
