"""Names to addresses through the system resolver, because hosts files and split DNS matter."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from ekuscan import names
from ekuscan.model import Failure
from ekuscan.record import record
from ekuscan.wire.reasons import failure

_THREADS: Final = 8
_MAX_ERROR: Final = 120
_UNKNOWN: Final = frozenset(
    getattr(socket, code) for code in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, code)
)


@record
class Address:
    """An IP address as `socket` wants it: ``family`` is AF_INET or AF_INET6, ``scope`` the zone of a link-local one."""

    text: str
    family: int
    scope: int = 0

    def with_port(self, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """The address for `socket.connect`."""
        return (self.text, port, 0, self.scope) if self.family == socket.AF_INET6 else (self.text, port)


@lru_cache(maxsize=4096)
def literal(host: str) -> Address | None:
    """The address that a host text is, zone included; None for a name."""
    try:
        if ":" in host:
            row = socket.getaddrinfo(host, None, socket.AF_INET6, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)[0]
            return _address(row[0], row[4])
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, UnicodeError, ValueError):
        return None
    return Address(host, socket.AF_INET)


@dataclass(slots=True)
class Names:
    """Looks each name up once. `close` it at the end; threads that still wait for a name server are not waited for."""

    seconds: float
    _executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "resolve"))
    _known: dict[str, asyncio.Future[tuple[Address, ...] | Failure]] = field(default_factory=dict)

    async def look_up(self, host: str) -> tuple[Address, ...] | Failure:
        """The addresses of a host in the resolver's order, at least one, or why there are none."""
        known = self._known.get(host)
        if known is None:
            known = self._known[host] = self._begin(host)
        return known.result() if known.done() else await asyncio.shield(known)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        for known in self._known.values():
            known.cancel()

    def _begin(self, host: str) -> asyncio.Future[tuple[Address, ...] | Failure]:
        address = literal(host)
        if address is None:
            return asyncio.ensure_future(self._resolve(host))
        known: asyncio.Future[tuple[Address, ...] | Failure] = asyncio.get_running_loop().create_future()
        known.set_result((address,))
        return known

    async def _resolve(self, host: str) -> tuple[Address, ...] | Failure:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.seconds):
                rows = await loop.run_in_executor(self._executor, _getaddrinfo, host)
        except TimeoutError:
            return failure("name-lookup-timeout", seconds=self.seconds)
        except socket.gaierror as error:
            if error.errno in _UNKNOWN:
                return failure("name-unknown")
            return failure("name-lookup-failed", error=names.printable(error.strerror or str(error), _MAX_ERROR))
        except (OSError, UnicodeError, ValueError):
            # A label that is empty or too long never reaches the name server.
            return failure("name-unknown")
        return tuple(dict.fromkeys(rows)) or failure("name-unknown")


def _getaddrinfo(host: str) -> list[Address]:
    rows = socket.getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
    return [_address(row[0], row[4]) for row in rows if row[0] in (socket.AF_INET, socket.AF_INET6)]


def _address(family: int, sockaddr: tuple[object, ...]) -> Address:
    scope = sockaddr[3] if family == socket.AF_INET6 else 0
    return Address(str(sockaddr[0]).partition("%")[0], family, scope if isinstance(scope, int) else 0)
