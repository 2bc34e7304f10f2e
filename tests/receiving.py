"""Servers on loopback that alerts are sent to: one for HTTP, one for SMTP. Each records what it got."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Receiver:
    """``script`` says of each request what is done with it: a status, "hang", "cut", or a status and headers."""

    script: list[Any]
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/very-secret-token"

    @property
    def documents(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-l"))
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(length))
            what = self.script.pop(0) if self.script else 200
            if what == "hang":
                await reader.read()
            elif what == "cut":
                writer.write(b"HTTP/1.1 200 O")
            else:
                status, more = what if isinstance(what, tuple) else (what, "")
                writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 2\r\n\r\nok".encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving(*script: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(script))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


@dataclass
class MailServer:
    """Takes every letter, or answers MAIL with ``refusal``."""

    port: int = 0
    refusal: str | None = None
    letters: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode():
            self.commands.append(line.strip())
            word = line.split()[0].upper()
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                self.letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            if word == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            refused = word == "MAIL" and self.refusal
            writer.write(f"{self.refusal}\r\n".encode() if refused else b"250 fine\r\n")
        writer.close()


@asynccontextmanager
async def mail_server(refusal: str | None = None, context: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    found = MailServer(refusal=refusal)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


@contextmanager
def receiving_beside(*script: Any) -> Iterator[Receiver]:
    """The same on a loop of its own, for what makes a loop itself."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        entered = stack.enter_async_context(receiving(*script))
        yield asyncio.run_coroutine_threadsafe(entered, loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
