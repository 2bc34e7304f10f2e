"""What tests against servers that are not ours share: files, a process, and what others see of the same port.

A server that cannot be run skips its tests, or fails them where EKUSCAN_REQUIRE_SERVERS is 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from ekuscan.cli.app import app
from ekuscan.limits import ProbeLimits
from ekuscan.model import ClientCertificate, Observation
from ekuscan.probe import observe
from tests.loopback import clock, endpoint
from tests.pki import BOTH, intermediate, issue, pem, root, rsa_key

Name = TypeVar("Name", bound=Hashable)

VERSIONS = ("1.2", "1.3")
REQUESTS = ("none", "optional", "required")
LIMITS = ProbeLimits(quiet=0.5, answer=5)
_FIRST_PORT, _RANGE, _RANGES = 12_000, 2_000, 8
_STEPS = itertools.count()
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Files:
    """What servers want on disk: leaf and issuing CA in one file, each alone, the key, the CAs of clients."""

    directory: Path
    chain: Path
    leaf: Path
    issuer: Path
    key: Path
    both: Path
    clients: Path


def written(directory: Path) -> Files:
    """The files of one chain of server, issuing CA and root; clients are to come from the same root."""
    top = root("Server Root")
    middle = intermediate("Server Issuing", top)
    leaf = issue("server.example", middle, eku=BOTH, key=rsa_key("real server"))
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    contents = {
        "chain": pem(leaf.der, middle.der),
        "leaf": pem(leaf.der),
        "issuer": pem(middle.der),
        "key": key,
        "both": pem(leaf.der, middle.der) + key,
        "clients": pem(top.der),
    }
    paths = {name: directory / f"{name}.pem" for name in contents}
    for name, content in contents.items():
        paths[name].write_bytes(content)
    return Files(directory, **paths)


def free_ports(names: Iterable[Name]) -> dict[Name, int]:
    """A port that nobody listens on for each of ``names``, all different.

    They are below those that the kernel gives out, and each process of the tests has a range of its own: until the
    server listens nobody else takes them.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _RANGES
    first = _FIRST_PORT + worker * _RANGE
    found: list[int] = []
    wanted = list(names)
    for port in (first + next(_STEPS) % _RANGE for _ in range(_RANGE)):
        if len(found) == len(wanted):
            break
        if _is_free(port):
            found.append(port)
    return dict(zip(wanted, found, strict=True))


def _is_free(port: int) -> bool:
    try:
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            with socket.socket(family) as taken:
                taken.bind((host, port))
    except OSError:
        return False
    return True


def program(name: str) -> str:
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        unavailable(f"{name} is not installed")
    return path


def unavailable(why: str) -> NoReturn:
    """Skips a test whose server cannot be run here, or fails it."""
    if os.environ.get("EKUSCAN_REQUIRE_SERVERS") == "1":
        pytest.fail(why)
    pytest.skip(why)


@contextlib.contextmanager
def serving(port: int, *command: str | Path, log: Path) -> Iterator[int]:
    """Runs a server until it listens on ``port``, and ends it by its process id."""
    with serving_all((port,), *command, log=log):
        yield port


@contextlib.contextmanager
def serving_all(
    ports: Iterable[int], *command: str | Path, log: Path, account: str | None = None, within: float = 15
) -> Iterator[None]:
    """Runs a server until it listens on all ``ports``, at most ``within`` seconds, and ends it by its process id.

    It leads a process group of its own: a server that forks workers, as Kamailio does, can end
    without them. ``account`` is whose rights it runs with, for servers that refuse to run as root.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, user=account
        )
        try:
            for port in ports:
                _wait_for(port, process, log, time.monotonic() + within)
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdin.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path, until: float) -> None:
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"the server did not come up: {log.read_text(errors='replace')[-2000:]}")


def seen(port: int, protocol: str = "tls", limits: ProbeLimits = LIMITS) -> Observation:
    return asyncio.run(observe(endpoint(port, protocol), limits, clock))


def shown_by_openssl(port: int, *options: str) -> tuple[bytes, ...]:
    """The chain in DER as ``openssl s_client -showcerts`` prints it with these options."""
    command = (program("openssl"), "s_client", "-showcerts", *options, "-connect", f"127.0.0.1:{port}")
    done = subprocess.run(command, input=b"", capture_output=True, timeout=20, check=False)
    found = _CERTIFICATE.findall(done.stdout.decode(errors="replace").partition("\nServer certificate\n")[0])
    return tuple(x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER) for text in found)


def shown_by_scan(port: int, protocol: str) -> tuple[tuple[bytes, ...], str]:
    """The chain in DER and the request state as ``ekuscan scan`` publishes them."""
    done = CliRunner().invoke(app, ["scan", f"{protocol}://127.0.0.1:{port}", "--format", "json"])
    document = json.loads(done.stdout)
    (sight,) = document["endpoints"][0]["sights"]
    pems = (document["certificates"][one]["pem"] for one in document["chains"][sight["chain"]]["presented"])
    chain = tuple(x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER) for text in pems)
    return chain, sight["client_certificate"]["request"]


def same_chain(found: Observation, port: int, version: str, *starttls: str) -> bool:
    """Whether the probe, the command line and ``openssl s_client`` saw one chain, and the first two one request.

    ``starttls`` are the options of s_client for that.
    """
    shown = shown_by_openssl(port, f"-tls{version.replace('.', '_')}", *starttls)
    (chain,) = found.presented.values()
    request = found.sights[0].client_certificate.request
    scanned = shown_by_scan(port, found.endpoint.protocol)
    return len(chain) == 2 and chain == shown and scanned == (chain, request)


def state(found: Observation) -> ClientCertificate:
    assert found.status == "seen"
    return replace(found.sights[0].client_certificate, ca_names=(), answered=None)
