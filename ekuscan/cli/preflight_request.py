"""The command line of ``preflight`` as it was typed."""

from __future__ import annotations

from ekuscan.cli.scan_request import ScanRequest
from ekuscan.record import record


@record
class PreflightRequest:
    """``scan`` says how to look at the estate; the others are the changes. ``fail_on`` None: not asked for."""

    scan: ScanRequest
    to: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    new_certs: tuple[str, ...] = ()
    new_keys: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    renew: tuple[str, ...] = ()
    on: str | None = None
    fail_on: str | None = None
