"""What is asked once a TLS session stands, by protocol: one request, and what its answer tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ekuscan.model import Endpoint, RefusedBy
from ekuscan.wire import http, sip


@dataclass(frozen=True, slots=True)
class Question:
    """A protocol's one request and the readers of its answer, all total over any bytes.

    ``ask`` takes the endpoint, our own address and a token that is unique. ``answered`` says whether more is worth
    waiting for, ``refused`` whether the answer says that our certificate is missing or not good enough, ``agent`` what
    the peer calls itself. ``banner``: asked of every peer for what it calls itself, and not only where the answer can
    settle whether a certificate is demanded.
    """

    ask: Callable[[Endpoint, tuple[str, int], str], bytes]
    answered: Callable[[bytes], bool]
    refused: Callable[[bytes], RefusedBy | None]
    agent: Callable[[bytes], str | None]
    banner: bool


def _get(endpoint: Endpoint, _own: tuple[str, int], _token: str) -> bytes:
    host = endpoint.server_name or endpoint.host
    return http.request(f"[{host}]" if ":" in host else host)


def _page_came(data: bytes) -> bool:
    return http.answer(data, ended=False) is not None


def _page_refuses(data: bytes) -> RefusedBy | None:
    page = http.answer(data, ended=True)
    return "http" if page is not None and page.refused else None


def _options(endpoint: Endpoint, own: tuple[str, int], token: str) -> bytes:
    return sip.options(endpoint.host, endpoint.port, "TLS", own, token)


def _reply_came(data: bytes) -> bool:
    return sip.decisive(data) is not None


def _reply_refuses(data: bytes) -> RefusedBy | None:
    reply = sip.decisive(data)
    return "sip" if reply is not None and reply.refused else None


def _reply_agent(data: bytes) -> str | None:
    return next((message.agent for message in sip.messages(data) if message.agent), None)


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "https": Question(_get, _page_came, _page_refuses, lambda _: None, banner=False),
        "sips": Question(_options, _reply_came, _reply_refuses, _reply_agent, banner=True),
    }
)
