"""The release that Cisco Unified CM tells anyone: ``GET /cucm-uds/version``, without credentials."""

from __future__ import annotations

import asyncio
import re
import ssl
from functools import cache
from typing import Final

import httpx

from ekuscan import names
from ekuscan.model import Banner

MAX_BODY: Final = 65_536
MAX_RAW: Final = 200
_PATH: Final = "/cucm-uds/version"
_RELEASE: Final = rb"\s*(\d{1,3}(?:\.\d{1,5}){1,5})\s*"
# The element tells the release; the attribute is the schema's version in some releases, so it comes second.
_ELEMENT: Final = re.compile(rb"<version>" + _RELEASE + rb"</version>")
_ATTRIBUTE: Final = re.compile(rb"<versionInformation\b[^<>]*\bversion=[\"']" + _RELEASE + rb"[\"']")


async def release(address: str, port: int, server_name: str | None, seconds: float) -> Banner | None:
    """The banner with the release (major.minor.patch, never the service update), None where it is not told.

    The certificate is not verified: nothing secret is sent, and what is wrong with it is what the scan is about.
    """
    host = f"[{address}]" if ":" in address else address
    headers = {"Host": f"{server_name or host}:{port}", "User-Agent": "ekuscan", "Accept": "*/*"}
    extensions = {"sni_hostname": server_name} if server_name else {}
    client = httpx.AsyncClient(verify=_context(), timeout=seconds, trust_env=False, follow_redirects=False)
    try:
        async with (
            asyncio.timeout(seconds),
            client,
            client.stream("GET", f"https://{host}:{port}{_PATH}", headers=headers, extensions=extensions) as response,
        ):
            return read(await _bounded(response)) if response.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError):
        return None


def read(body: bytes) -> Banner | None:
    """Reads the answer leniently and without an XML parser, so that no entity can expand."""
    match = _ELEMENT.search(body, 0, MAX_BODY) or _ATTRIBUTE.search(body, 0, MAX_BODY)
    if match is None:
        return None
    told = match[1].decode("ascii")
    return Banner("cucm", told, names.printable(f"{_PATH}: {told}", MAX_RAW))


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= MAX_BODY:
            break
    return bytes(body[:MAX_BODY])


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Old appliances have keys and signatures that the default level refuses.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
