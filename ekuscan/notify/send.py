"""Messages to channels: tried a bounded number of times, kept where that is in vain, and sent in order."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from ekuscan.history.lock import Lock
from ekuscan.names import printable
from ekuscan.notify import mail
from ekuscan.notify.channels import Channel, Mail
from ekuscan.notify.message import Message
from ekuscan.notify.outbox import Kept, Outbox
from ekuscan.notify.payloads import SIGNATURE, body, signature
from ekuscan.record import record

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# How often, and after how many seconds each, it is asked whether another sweep still sends to a channel.
_LOCK_TRIES, _LOCK_PAUSE = 240, 0.25


@record
class Patience:
    """How long is tried: times in all, seconds for one answer, before the second try (doubled for each further one),
    and at most between two tries, whatever Retry-After says."""

    tries: int = 4
    answer: float = 10.0
    pause: float = 1.0
    longest: float = 30.0


async def send_all(
    message: Message | None,
    channels: Sequence[Channel],
    outbox: Outbox,
    tell: Callable[[str], None],
    patience: Patience,
) -> bool:
    """Send what waits for each channel, then the message. Whatever fails is kept and told; nothing is raised.

    Returns whether every channel took everything.
    """
    # Its own log has whole URLs.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    outbox.forget_old()
    done = await asyncio.gather(*(_one(message, channel, outbox, tell, patience) for channel in channels))
    return all(done)


async def _one(
    message: Message | None, channel: Channel, outbox: Outbox, tell: Callable[[str], None], patience: Patience
) -> bool:
    unkept: str | None = None
    try:
        # Kept before it is tried, so that it outlives this process.
        if message is not None:
            outbox.keep(channel.id, message)
    except OSError as error:
        unkept = error.strerror or str(error)
    why = await _waiting(channel, outbox, patience)
    if message is not None and unkept is not None:
        why = why or await deliver(message, channel, patience)
    if why is None:
        return True
    became = "the alert is kept, and sent with the next sweep" if message is not None else "what waits is kept"
    lost = f"the alert is lost, because it cannot be kept: {unkept}"
    tell(f"{channel.label}: {why}; {lost if unkept is not None else became}")
    return False


async def _waiting(channel: Channel, outbox: Outbox, patience: Patience) -> str | None:
    """Send what waits for a channel in its order; why something waits still, None where nothing does.

    Behind what failed in passing nothing is sent, so that the order stays. What is refused for good is passed over;
    once the channel takes another message it is tried again, and given up if it is refused again: then it is that
    message, and not the channel.
    """
    lock = await _alone(channel, outbox)
    if lock is None:
        return "another sweep is sending to it"
    try:
        return await _each(channel, outbox, patience)
    finally:
        lock.release()


async def _each(channel: Channel, outbox: Outbox, patience: Patience) -> str | None:
    refused: list[Kept] = []
    why, takes = "", False
    for kept in outbox.waiting(channel.id):
        found, again = await _tried(kept.message, channel, patience)
        if not found:
            takes = True
            outbox.sent(kept)
        elif again:
            return found
        else:
            why = found
            refused.append(kept)
    if not takes:
        return why or None
    for kept in refused:
        found, again = await _tried(kept.message, channel, patience)
        if again:
            return found
        if found:
            outbox.refused(kept, f"{channel.label}: {found}")
        else:
            outbox.sent(kept)
    return None


async def _alone(channel: Channel, outbox: Outbox) -> Lock | None:
    """The right to send what waits for a channel, None where another sweep does for too long."""
    for _ in range(_LOCK_TRIES):
        lock = outbox.lock(channel.id)
        if lock is not None:
            return lock
        await asyncio.sleep(_LOCK_PAUSE)
    return None


async def deliver(message: Message, channel: Channel, patience: Patience) -> str | None:
    """Send one message; None once it was taken, else why it was not, without anything secret."""
    why, _ = await _tried(message, channel, patience)
    return why or None


async def _tried(message: Message, channel: Channel, patience: Patience) -> tuple[str, bool]:
    """Why a message was not taken ("" if it was), and whether another try may help."""
    pause, why, again = patience.pause, "", False
    for number in range(patience.tries):
        if number:
            await asyncio.sleep(min(pause, patience.longest))
            pause *= 2
        if channel.mail is not None:
            why, again, wanted = await _by_mail(message, channel.mail, patience)
        else:
            why, again, wanted = await _by_webhook(message, channel, patience)
        if not why or not again:
            break
        pause = max(pause, wanted)
    return why, again


_Result = tuple[str, bool, float]


async def _by_webhook(message: Message, channel: Channel, patience: Patience) -> _Result:
    """Why it was not taken ("" if it was), whether another try may help, and how long to wait for it at least."""
    data = body(channel.kind, message)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "ekuscan"}
    if channel.secret is not None:
        headers[SIGNATURE] = signature(channel.secret, data, int(datetime.now(UTC).timestamp()))
    try:
        async with (
            asyncio.timeout(patience.answer),
            httpx.AsyncClient(timeout=patience.answer, follow_redirects=False) as client,
            # The status says all: what stands in the body is not read.
            client.stream("POST", channel.url, content=data, headers=headers) as response,
        ):
            status = response.status_code
            wanted = _seconds(response.headers.get("retry-after", ""))
    except (TimeoutError, httpx.TimeoutException):
        return f"no answer within {patience.answer:g} s", True, 0.0
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        return _reason(error), not isinstance(error, httpx.InvalidURL), 0.0
    return ("", False, 0.0) if 200 <= status < 300 else (f"answered {status}", status in _AGAIN, wanted)


async def _by_mail(message: Message, place: Mail, patience: Patience) -> _Result:
    try:
        await asyncio.to_thread(mail.send, message, place, patience.answer)
    except smtplib.SMTPResponseException as error:
        return f"the mail server answered {error.smtp_code}", 400 <= error.smtp_code < 500, 0.0
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"the mail server refused the recipients ({codes[0]})", codes[0] < 500, 0.0
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return _reason(error), True, 0.0
    return "", False, 0.0


def _seconds(text: str) -> float:
    """Retry-After: seconds, or a date (RFC 9110 §10.2.3); 0 where it is neither."""
    if text.isdecimal() and len(text) < 9:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _reason(error: BaseException) -> str:
    """What went wrong in the system's words; those of a library may quote the URL."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.strerror:
            return printable(found.strerror, 160)
        found = found.__cause__ or found.__context__
    words = {"ConnectError": "cannot be reached", "RemoteProtocolError": "the answer broke off"}
    return words.get(type(error).__name__, f"failed ({type(error).__name__})")
