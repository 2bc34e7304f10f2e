"""What is asked once a TLS session stands, by protocol: one request, and what its answer tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ekuscan.model import Banner, Endpoint, RefusedBy
from ekuscan.record import record
from ekuscan.wire import banner, http, sip
from ekuscan.wire.trace import Trace


@record
class Status:
    """The status of an answer as a person reads it ("HTTP 403").

    ``doubtful``: it may be a refusal of our certificate in words that are not known.
    """

    text: str
    doubtful: bool = False


@record
class Question:
    """A protocol's one request and the readers of its answer, all total over any bytes.

    ``ask`` takes the endpoint, our own address and a token that is unique, 24 hexadecimal digits. Of what came back and
    the token, ``answered`` says whether it is whole, ``refused`` whether it says that our certificate is missing or not
    good enough, ``banner`` what the peer calls itself, ``status`` how it answered, None where it did not. ``always``:
    asked of every peer for its banner, and not only where the answer can settle whether a certificate is demanded.
    ``owed``: a peer that goes on answers, so that silence is no consent. Of SIP and STUN it is none either way: peers
    leave out who does not concern them.
    """

    ask: Callable[[Endpoint, tuple[str, int], str], bytes]
    answered: Callable[[bytes, str], bool]
    refused: Callable[[bytes, str], RefusedBy | None]
    banner: Callable[[bytes, str], Banner | None]
    status: Callable[[bytes, str], Status | None]
    always: bool
    owed: bool

    def heard(self, trace: Trace, data: bytes, token: str) -> Trace:
        """The trace of a handshake after which this was asked, with what came back until its end."""
        status = self.status(data, token)
        if status is None:
            return replace(trace, consent=False) if self.owed else trace
        return replace(trace, answered=status.text, consent=not status.doubtful)


# Where a service tells strangers what it is. CMS answers its API with 401 and the realm "acano" (CMSAPI); what it
# answers for "/" is not stated.
_PATHS: Final[Mapping[str, str]] = MappingProxyType({"webadmin": "/api/v1/system/status"})


def _get(endpoint: Endpoint, _own: tuple[str, int], _token: str) -> bytes:
    host = endpoint.server_name or endpoint.host
    return http.request(f"[{host}]" if ":" in host else host, _PATHS.get(endpoint.service or "", "/"))


def _page_came(data: bytes, _token: str) -> bool:
    return http.answer(data, ended=False) is not None


def _page_refuses(data: bytes, _token: str) -> RefusedBy | None:
    page = http.answer(data, ended=True)
    return "http" if page is not None and page.refused else None


def _page_status(data: bytes, _token: str) -> Status | None:
    page = http.answer(data, ended=True)
    return Status(f"HTTP {page.status}", page.doubtful) if page is not None else None


def _page_banner(data: bytes, _token: str) -> Banner | None:
    called = http.called(data)
    return banner.identify_realm(called.realm) if called is not None and called.realm else None


def _options(endpoint: Endpoint, own: tuple[str, int], token: str) -> bytes:
    return sip.options(endpoint.host, endpoint.port, "TLS", own, token)


def _reply_came(data: bytes, _token: str) -> bool:
    return sip.decisive(data) is not None


def _reply_refuses(data: bytes, _token: str) -> RefusedBy | None:
    reply = sip.decisive(data)
    return "sip" if reply is not None and reply.refused else None


def _reply_status(data: bytes, _token: str) -> Status | None:
    reply = sip.decisive(data)
    return Status(f"SIP {reply.status}") if reply is not None else None


def _reply_banner(data: bytes, _token: str) -> Banner | None:
    agent = next((message.agent for message in sip.messages(data) if message.agent), None)
    return banner.identify(agent) if agent else None


# What few endpoints speak is loaded when one does.


def _binding(_endpoint: Endpoint, _own: tuple[str, int], token: str) -> bytes:
    from ekuscan.wire import stun

    return stun.binding_request(bytes.fromhex(token))


def _binding_came(data: bytes, token: str) -> bool:
    from ekuscan.wire import stun

    return stun.answer(data, bytes.fromhex(token)) is not None


def _binding_status(data: bytes, token: str) -> Status | None:
    return Status("STUN") if _binding_came(data, token) else None


def _binding_banner(data: bytes, token: str) -> Banner | None:
    from ekuscan.wire import stun

    answer = stun.answer(data, bytes.fromhex(token))
    return banner.identify(answer.software) if answer is not None and answer.software else None


def _hello(_endpoint: Endpoint, _own: tuple[str, int], _token: str) -> bytes:
    from ekuscan.wire import smtp

    return smtp.EHLO


def _hello_came(data: bytes, _token: str) -> bool:
    from ekuscan.wire import smtp

    return smtp.reply(data) is not None


def _hello_refuses(data: bytes, _token: str) -> RefusedBy | None:
    from ekuscan.wire import smtp

    reply = smtp.reply(data)
    return "smtp" if reply is not None and reply.refused else None


def _hello_status(data: bytes, _token: str) -> Status | None:
    from ekuscan.wire import smtp

    reply = smtp.reply(data)
    return Status(f"SMTP {reply.code}", reply.doubtful) if reply is not None else None


def _root(_endpoint: Endpoint, _own: tuple[str, int], _token: str) -> bytes:
    from ekuscan.wire import ldap

    return ldap.ROOT_DSE


def _again(_endpoint: Endpoint, _own: tuple[str, int], _token: str) -> bytes:
    from ekuscan.wire import postgresql

    # Within TLS it answers that with an error, and an answer is all that is wanted: a start-up message names a user.
    return postgresql.SSL_REQUEST


def _anything(data: bytes, _token: str) -> bool:
    return bool(data)


def _some_status(data: bytes, _token: str) -> Status | None:
    return Status("an answer") if data else None


def _nothing(_data: bytes, _token: str) -> None:
    """What a protocol's answer never tells."""


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "https": Question(_get, _page_came, _page_refuses, _page_banner, _page_status, always=False, owed=True),
        "sips": Question(_options, _reply_came, _reply_refuses, _reply_banner, _reply_status, always=True, owed=False),
        "smtp": Question(_hello, _hello_came, _hello_refuses, _nothing, _hello_status, always=False, owed=True),
        "ldap": Question(_root, _anything, _nothing, _nothing, _some_status, always=False, owed=True),
        "postgresql": Question(_again, _anything, _nothing, _nothing, _some_status, always=False, owed=True),
        "turns": Question(_binding, _binding_came, _nothing, _binding_banner, _binding_status, always=True, owed=False),
    }
)

_TELLING: Final = replace(QUESTIONS["https"], always=True)


def question_of(endpoint: Endpoint) -> Question | None:
    """The question of an endpoint's protocol; None where there is none."""
    return _TELLING if endpoint.service in _PATHS else QUESTIONS.get(endpoint.protocol)
