"""The requests to one box: GET only, over verified TLS, bounded, and at an end with the first refusal."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType
from typing import Final, Self

import httpx

from ekuscan import names
from ekuscan.appliance.facts import ApiFailure, api_failure
from ekuscan.appliance.limits import ApiLimits
from ekuscan.appliance.verified import OtherCertificateError, context, seen_certificate, tls_error
from ekuscan.credentials import Login
from ekuscan.record import record

_MAX_ERROR: Final = 160
_PIN_HINT: Final = 'if it is the right one, pin it: sha256 = "{seen}", or name the CA that issued it: ca = "root.pem"'
_NO_PIN_HINT: Final = 'name the CA that issued it: ca = "root.pem"'


@record
class Place:
    """Where to connect. ``server_name`` is the name that the certificate is held against, None for the address."""

    address: str
    port: int
    server_name: str | None

    @property
    def url(self) -> str:
        return f"https://{f'[{self.address}]' if ':' in self.address else self.address}:{self.port}"


@record
class Answer:
    """An HTTP answer. ``challenge`` is its WWW-Authenticate header, "" without one."""

    status: int
    challenge: str
    body: bytes


class Conversation:
    """One box being asked. Use it in an ``async with`` statement.

    ``over`` is set once the box or its certificate has refused, or nothing came back: nothing is sent to it after that,
    since accounts lock themselves after a few wrong passwords. ``sent`` says whether the log-in has left this machine.
    """

    def __init__(self, place: Place, login: Login, trust: tuple[bytes, ...], limits: ApiLimits) -> None:
        self.over = False
        self.sent = False
        self._place = place
        self._login = login
        self._limits = limits
        host = place.server_name or place.url.removeprefix("https://").rpartition(":")[0]
        self._client = httpx.AsyncClient(
            verify=context(login, trust),
            timeout=httpx.Timeout(limits.answer, connect=limits.connect),
            headers={"Host": f"{host}:{place.port}", "User-Agent": "ekuscan", "Accept-Encoding": "identity"},
            follow_redirects=False,
            # No proxy and no .netrc: the log-in goes to this box and nowhere else.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)

    async def challenge(self, path: str) -> Answer | ApiFailure:
        """What the box answers without a log-in."""
        return await self._get(path, None)

    async def get(self, path: str) -> bytes | ApiFailure:
        """The body that a path gives with the log-in, or why there is none."""
        answer = await self._get(path, httpx.BasicAuth(self._login.user, self._login.password))
        if isinstance(answer, ApiFailure):
            return answer
        failure = _refusal(path, answer)
        if failure is not None:
            self.over = failure.reason in ("login-refused", "not-allowed", "redirected")
            return failure
        if len(answer.body) > self._limits.body:
            return api_failure(path, "too-much", error=self._limits.body)
        return answer.body

    async def _get(self, path: str, auth: httpx.BasicAuth | None) -> Answer | ApiFailure:
        extensions = {"sni_hostname": self._place.server_name} if self._place.server_name else {}
        try:
            async with (
                asyncio.timeout(self._limits.answer),
                self._client.stream("GET", self._place.url + path, auth=auth, extensions=extensions) as response,
            ):
                self.sent = self.sent or auth is not None
                told = names.printable(response.headers.get("www-authenticate", ""), _MAX_ERROR)
                return Answer(response.status_code, told, await self._body(response))
        except (httpx.ConnectTimeout, httpx.ConnectError) as error:
            self.over = True
            return await self._unconnected(error)
        except (TimeoutError, httpx.TimeoutException):
            self.over = True
            self.sent = self.sent or auth is not None
            return api_failure(path, "too-slow", error=self._limits.answer)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            self.over = True
            failure = _broken(path, error)
            self.sent = self.sent or (auth is not None and failure.reason != "other-certificate")
            return failure

    async def _body(self, response: httpx.Response) -> bytes:
        """At most one byte more than is taken. Raw, so that nothing can unfold itself."""
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limits.body:
                break
        return bytes(body[: self._limits.body + 1])

    async def _unconnected(self, error: httpx.TransportError) -> ApiFailure:
        behind = tls_error(error)
        if isinstance(behind, ssl.SSLCertVerificationError):
            return await self._unverified(behind)
        if behind is not None:
            return api_failure(None, "tls-failed", error=_text(behind))
        if isinstance(error, httpx.ConnectTimeout):
            return api_failure(None, "not-reached", error=f"no answer within {self._limits.connect:g} s")
        return api_failure(None, "not-reached", error=_text(error))

    async def _unverified(self, error: ssl.SSLCertVerificationError) -> ApiFailure:
        place = self._place
        seen = await seen_certificate(place.address, place.port, place.server_name, self._limits.connect)
        pin = _PIN_HINT.format(seen=seen) if seen is not None else _NO_PIN_HINT
        told = names.printable(error.verify_message.rstrip("."), _MAX_ERROR)
        return api_failure(None, "not-verified", error=told, pin=pin)


def _broken(path: str, error: Exception) -> ApiFailure:
    behind = tls_error(error)
    if isinstance(behind, OtherCertificateError):
        return api_failure(None, "other-certificate", error=behind.seen)
    return api_failure(path, "unreadable", error=_text(error))


def _refusal(path: str, answer: Answer) -> ApiFailure | None:
    status = answer.status
    if 200 <= status < 300:
        return None
    if status == 401:
        return api_failure(path, "login-refused")
    if status == 403:
        return api_failure(path, "not-allowed")
    if 300 <= status < 400:
        return api_failure(path, "redirected", error=status)
    if status in (404, 405, 410, 501):
        return api_failure(path, "absent", error=status)
    return api_failure(path, "error-answer", error=status)


def _text(error: Exception) -> str:
    """What went wrong, without what was sent."""
    return names.printable(str(error).strip() or type(error).__name__, _MAX_ERROR)
