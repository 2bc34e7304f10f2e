"""DTLS servers that are not ours: the same chain as ``openssl s_client`` sees, and the right request state."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from ekuscan import probe_dtls
from ekuscan.limits import ProbeLimits
from ekuscan.model import ClientCertificate, Observation
from ekuscan.resolve import literal
from ekuscan.turns import Turns
from tests.loopback import clock, endpoint, free_port
from tests.real_servers import REQUESTS, Files, program, shown_by_openssl

T = TypeVar("T")
LIMITS = ProbeLimits(connect=10, handshake=10, deadline=15)


@contextlib.contextmanager
def serving(files: Files, *command: str | Path) -> Iterator[None]:
    """Runs a server while the block runs, and ends it by its process id."""
    with (files.directory / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=files.directory)
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
            process.stdin.close()


def retried(files: Files, look: Callable[[], T | None]) -> T:
    """What a look gives, once the server's port is open."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    return pytest.fail(
        f"the server did not come up: {(files.directory / 'server.log').read_text(errors='replace')[-2000:]}"
    )


def seen(port: int) -> Observation | None:
    """What a probe sees; None where the port is refused."""
    place = endpoint(port, "dtls")
    found = asyncio.run(probe_dtls.observe(place, literal("127.0.0.1"), LIMITS, clock, "server.example", Turns()))
    return None if found.failure is not None and found.failure.reason == "refused" else found


def check(files: Files, command: tuple[str | Path, ...], port: int, request: str) -> None:
    """Runs the server once for us and once for OpenSSL's client: some let one go before they take the next."""
    with serving(files, *command):
        found = retried(files, lambda: seen(port))
    with serving(files, *command):
        shown = retried(files, lambda: shown_by_openssl(port, "-dtls1_2") or None)
    (sight,) = found.sights
    (chain,) = found.presented.values()
    assert len(chain) == 2
    assert chain == shown
    refused_by = "alert" if request == "required" else None
    names = () if request == "none" else ("CN=Server Root,O=Test",)
    assert found.status == "seen"
    assert sight.tls.version == "DTLSv1.2"
    assert sight.client_certificate == ClientCertificate(request, refused_by, names)
    assert [one.number for one in sight.alerts] == ([40] if refused_by else [])


@pytest.mark.parametrize("cookies", [True, False])
@pytest.mark.parametrize("request_state", REQUESTS)
def test_openssl(files, request_state, cookies):
    port = free_port(socket.SOCK_DGRAM)
    asking = {"none": (), "optional": ("-verify", "3"), "required": ("-Verify", "3")}[request_state]
    command = (
        *(program("openssl"), "s_server", "-dtls1_2", "-accept", f"127.0.0.1:{port}", "-mtu", "1200", *asking),
        *("-CAfile", "clients.pem", "-cert", "leaf.pem", "-cert_chain", "issuer.pem", "-key", "key.pem"),
        *(("-listen",) if cookies else ()),
    )
    check(files, command, port, request_state)


# coturn takes DTLS on the port for plain TURN as well.
@pytest.mark.parametrize("option", ["--tls-listening-port", "--listening-port"])
@pytest.mark.parametrize("request_state", ["none", "required"])
def test_coturn(files, request_state, option):
    port, other = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    other_option = {"--tls-listening-port": "--listening-port"}.get(option, "--tls-listening-port")
    asking = ("--CA-file", files.clients) if request_state == "required" else ()
    command = (
        *(program("turnserver"), "-n", "--no-cli", "--log-file", "stdout", "--relay-ip", "127.0.0.1"),
        *("--listening-ip", "127.0.0.1", option, str(port), other_option, str(other)),
        *("--pidfile", files.directory / "turnserver.pid", "--db", files.directory / "turndb"),
        *("--cert", files.chain, "--pkey", files.key, *asking),
    )
    check(files, command, port, request_state)


# With --require-client-cert its UDP server says nothing more to a client without one, not even an alert.
@pytest.mark.parametrize(("request_state", "asking"), [("none", ("--disable-client-cert",)), ("optional", ())])
def test_gnutls(files, request_state, asking):
    port = free_port(socket.SOCK_DGRAM)
    command = (
        *(program("gnutls-serv"), "--udp", "--echo", "--port", str(port), "--mtu", "1200", *asking),
        *("--x509certfile", "chain.pem", "--x509keyfile", "key.pem", "--x509cafile", "clients.pem"),
    )
    check(files, command, port, request_state)
