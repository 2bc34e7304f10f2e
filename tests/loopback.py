"""Servers on loopback in the test's own loop, and endpoints that point at them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint
from tests.pki import pem
from tests.tls_pairs import chain

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# Short where a test has to sit a limit out, long where it must not be reached.
LIMITS = ProbeLimits(resolve=5, connect=5, handshake=10, quiet=5, answer=5, deadline=30, patience=5)
SHORT = ProbeLimits(connect=0.2, handshake=0.2, quiet=0.1, answer=0.2, deadline=5, patience=0.1)

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def clock() -> datetime:
    return NOW


def endpoint(port: int, protocol: str = "tls", host: str = "127.0.0.1", **changes: Any) -> Endpoint:
    settings = {"server_name": None, "optional": False, **changes}
    return Endpoint(f"t:{port}/{protocol}", "t", host, port, protocol, **settings)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@cache
def server_tls(request: ssl.VerifyMode, version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    leaf, middle, top = chain()
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with TemporaryDirectory() as directory:
        path = Path(directory, "server.pem")
        path.write_bytes(key + pem(leaf.der, middle.der))
        context.load_cert_chain(path)
    context.verify_mode = request
    if request != ssl.CERT_NONE:
        context.load_verify_locations(cadata=top.der)
    return context


@asynccontextmanager
async def listening(handler: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server whose connections are closed at the end, whatever state they are in."""
    async with stoppable(handler, tls, host) as (port, _):
        yield port


@asynccontextmanager
async def stoppable(
    handler: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """The same with what makes it take no more connections; those that are open stay so until the end."""
    open_writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)

    server = await asyncio.start_server(handle, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], server.close
    finally:
        # What the kernel has accepted shall be known here before it is closed.
        await asyncio.sleep(0.01)
        server.close()
        for writer in open_writers:
            writer.transport.abort()
        # Server.wait_closed waits for connections from Python 3.12 on only.
        async with asyncio.timeout(5):
            for writer in open_writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            await server.wait_closed()


def saying(reply: bytes) -> Handler:
    """Waits for something, answers with ``reply``, then holds the connection open."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(65536):
            writer.write(reply)
            await writer.drain()
            await reader.read()

    return handler


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()
