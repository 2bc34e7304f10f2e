"""What an appliance's API told: frozen facts, and why some are missing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from ekuscan.imports.zone import Zone
from ekuscan.model import Banner
from ekuscan.record import record

ApiReason = Literal[
    "name-unknown",
    "not-reached",
    "not-verified",
    "other-certificate",
    "tls-failed",
    "not-asked-for",
    "login-refused",
    "login-refused-elsewhere",
    "not-allowed",
    "redirected",
    "absent",
    "error-answer",
    "unreadable",
    "too-much",
    "too-slow",
]

API_REASONS: Final[Mapping[ApiReason, str]] = MappingProxyType(
    {
        "name-unknown": "{error}; no log-in was sent",
        "not-reached": "no connection: {error}; no log-in was sent",
        "not-verified": "its certificate cannot be verified ({error}), so no log-in was sent; {pin}",
        "other-certificate": "presents another certificate than the pinned one, so no log-in was sent; if it is the "
        'new one: sha256 = "{error}"',
        "tls-failed": "the TLS handshake failed: {error}; no log-in was sent",
        "not-asked-for": "does not ask for a log-in as this product does ({error}), so none was sent",
        "login-refused": "refuses this user and password (401); nothing more was asked, so that no account is locked",
        "login-refused-elsewhere": "was not asked: {error} has refused the same user and password",
        "not-allowed": "refuses this account (403): it may not use the API; nothing more was asked",
        "redirected": "sends the log-in elsewhere ({error}), which was not followed; is this the port of the API?",
        "absent": "is not there on this release ({error})",
        "error-answer": "answers with an error ({error})",
        "unreadable": "answers with something else than was asked for: {error}",
        "too-much": "answers with more than {error} bytes",
        "too-slow": "gave no whole answer within {error:g} s",
    }
)


@record
class ApiFailure:
    """Why a request gave nothing. ``path`` is None where it concerns the box and not one request."""

    path: str | None
    reason: ApiReason
    detail: str

    @property
    def said(self) -> str:
        """The detail behind what it is about: a path, or for want of one the box, which is not named."""
        return self.detail if self.path is None else f"{self.path} {self.detail}"


@record
class ApplianceFacts:
    """What one box told.

    ``endpoint`` is the id of the endpoint that took the log-in, None where none did. ``certificates`` are the chain in
    its ``server`` slot, DER in its own order.
    """

    target: str
    product: str
    endpoint: str | None = None
    release: Banner | None = None
    zones: tuple[Zone, ...] = ()
    certificates: tuple[bytes, ...] = ()
    failures: tuple[ApiFailure, ...] = ()


def api_failure(path: str | None, reason: ApiReason, **blanks: object) -> ApiFailure:
    """A failure with its sentence."""
    return ApiFailure(path, reason, API_REASONS[reason].format(**blanks))
