"""Where alerts go: webhooks and mail, each written as a URL, or as the name of a file or variable that holds it.

The URL of an incoming webhook is all that is needed to write into its channel, so it is a secret: it is never shown.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ekuscan.record import record
from ekuscan.targets.text_file import Unreadable, decode, read_bytes

Kind = Literal["slack", "webex", "teams", "webhook", "mail"]
KINDS: tuple[Kind, ...] = ("slack", "webex", "teams", "webhook")
SECRET_VARIABLE = "EKUSCAN_NOTIFY_SECRET"  # noqa: S105  (the name of the variable, not a secret)
MAIL_PASSWORD_VARIABLE = "EKUSCAN_SMTP_PASSWORD"  # noqa: S105
NAME_VARIABLE = "EKUSCAN_NOTIFY_"
_FILE_LIMIT = 16 * 1024
_HOSTS: tuple[tuple[str, Kind], ...] = (
    ("hooks.slack.com", "slack"),
    ("hooks.slack-gov.com", "slack"),
    ("webexapis.com", "webex"),
    ("api.ciscospark.com", "webex"),
    (".logic.azure.com", "teams"),
    (".powerplatform.com", "teams"),
)
_RETIRED = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}")


class ChannelError(ValueError):
    """A channel that cannot be used; the message says what to write, and shows nothing of a URL but its host."""


@record
class Mail:
    """A mail server and who writes to whom. ``implicit``: TLS from the first byte, else by STARTTLS.

    ``local``: on this machine, where mail is handed over without TLS and without a log-in.
    """

    host: str
    port: int
    implicit: bool
    local: bool
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@record
class Channel:
    """One place to send to. ``label`` may be shown; ``id`` tells channels apart and gives nothing away."""

    kind: Kind
    label: str
    id: str
    url: str = field(repr=False)
    secret: bytes | None = field(default=None, repr=False)
    mail: Mail | None = None


def channels(
    names: Sequence[str], environment: Mapping[str, str], secret_file: Path | None = None
) -> tuple[Channel, ...]:
    """The channels of a command line: URLs, ``@FILE`` with a URL in it, or NAME of the variable EKUSCAN_NOTIFY_NAME.

    Before a URL may stand which kind it is: ``slack:https://...``. Raises `ChannelError`.
    """
    secret = _secret(environment, secret_file)
    found = [_channel(_written(name, environment), environment, secret) for name in names]
    return tuple({one.id: one for one in found}.values())


def secret_text(path: Path, what: str) -> str:
    """The first line of a file that nobody else may read. Raises `ChannelError`."""
    try:
        text = decode(read_bytes(path, _FILE_LIMIT))
        mode = stat.S_IMODE(path.stat().st_mode)
    except (Unreadable, OSError) as error:
        raise ChannelError(f"{what}: {path} {error}") from None
    # Windows has no such bits: there the folder's rights decide.
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        command = f"chmod 600 {shlex.quote(str(path))}"
        raise ChannelError(f"{what}: {path} may be read or written by others (mode {mode:04o}); run: {command}")
    line = next(iter(text.splitlines()), "").strip()
    if not line:
        raise ChannelError(f"{what}: {path} has nothing in its first line")
    return line


def _secret(environment: Mapping[str, str], path: Path | None) -> bytes | None:
    if path is not None:
        return secret_text(path, "--notify-secret-file").encode()
    told = environment.get(SECRET_VARIABLE)
    return told.encode() if told else None


def _written(name: str, environment: Mapping[str, str]) -> str:
    if name.startswith("@"):
        return secret_text(Path(name[1:]), "--notify")
    if ":" in name:
        return name.strip()
    if not _NAME.fullmatch(name):
        # It may be the URL of a webhook whose beginning was forgotten.
        raise ChannelError(
            "--notify: this is neither a URL nor a name; write https://..., @FILE, or NAME of the variable "
            f"{NAME_VARIABLE}NAME"
        )
    variable = NAME_VARIABLE + re.sub(r"[^A-Z0-9]", "_", name.upper())
    found = environment.get(variable, "").strip()
    if not found:
        raise ChannelError(f"--notify {name}: is no URL, and {variable} is not set; write a URL, @FILE or set it")
    return found


def _channel(written: str, environment: Mapping[str, str], secret: bytes | None) -> Channel:
    kind, url = _told_kind(written)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ChannelError("--notify: this is no URL; write https://..., smtp://... or smtps://...") from None
    if parts.scheme in ("smtp", "smtps"):
        mail = _mail(parts, host, port, environment)
        place = f"{mail.host}:{mail.port} {mail.sender} {' '.join(mail.recipients)}"
        return Channel("mail", f"mail ({mail.host})", _id(place), url, None, mail)
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
        shown = f" ({host[:80]})" if host.isprintable() and host else ""
        raise ChannelError(
            f"--notify{shown}: write https://..., smtp://... or smtps://...; http:// is for this machine"
        )
    if any(host == one or host.endswith("." + one) for one in _RETIRED):
        raise ChannelError(
            f"--notify ({host[:80]}): connectors of Office 365 are retired; make a workflow in Teams that posts to a "
            "channel when a webhook request is received, and take its URL"
        )
    kind = kind or _kind_of(host)
    return Channel(kind, f"{kind} ({host[:80]})", _id(url), url, secret if kind == "webhook" else None)


def _id(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _told_kind(written: str) -> tuple[Kind | None, str]:
    word, colon, rest = written.partition(":")
    for kind in KINDS:
        if colon and word == kind and "://" in rest:
            return kind, rest
    return None, written


def _kind_of(host: str) -> Kind:
    for name, kind in _HOSTS:
        if host == name or (name.startswith(".") and host.endswith(name)):
            return kind
    return "webhook"


def _mail(parts: SplitResult, host: str, port: int | None, environment: Mapping[str, str]) -> Mail:
    options = parse_qs(parts.query)
    sender = options.get("from", [""])[0]
    recipients = tuple(one.strip() for text in options.get("to", []) for one in text.split(",") if one.strip())
    if not host or not recipients or not all(_ADDRESS.fullmatch(one) for one in (sender, *recipients)):
        raise ChannelError(
            f"--notify ({host[:80] or 'mail'}): write smtp://HOST:587/?from=ekuscan@example.com&to=team@example.com"
        )
    implicit = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else environment.get(MAIL_PASSWORD_VARIABLE)
    if user is not None and not password:
        raise ChannelError(f"--notify ({host[:80]}): there is no password for this user; set {MAIL_PASSWORD_VARIABLE}")
    local = _is_local(host) and user is None and not implicit
    usual = 465 if implicit else (25 if local else 587)
    return Mail(host, port or usual, implicit, local, sender, recipients, user, password if user else None)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
