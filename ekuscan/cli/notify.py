"""Alerts of a sweep, and ``ekuscan notify test``. A channel that fails is told in one line, and fails nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from ekuscan.cli import event_loop, log
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.exit_code import FINE, INCOMPLETE
from ekuscan.model import Run, RunInfo
from ekuscan.news import News
from ekuscan.notify.channels import Channel, ChannelError, channels
from ekuscan.notify.message import Message, message, trial
from ekuscan.notify.outbox import Outbox
from ekuscan.notify.send import Patience, deliver, send_all
from ekuscan.notify.thresholds import crossings
from ekuscan.record import record


@record
class NotifyRequest:
    """What the command line says of alerts. ``days`` are thresholds before the end of a certificate."""

    notify: tuple[str, ...] = ()
    secret_file: Path | None = None
    report_url: str | None = None
    days: tuple[int, ...] = ()


@record
class Alerts:
    """Where alerts go and what they say beside changes; checked before anything is looked at."""

    channels: tuple[Channel, ...] = ()
    report: str | None = None
    days: tuple[int, ...] = ()


@record
class Earlier:
    """The run before, as far as thresholds ask: its instant, the certificates that it had in use, and of which days it
    told; None where that is not kept."""

    info: RunInfo
    in_use: frozenset[str]
    days: tuple[int, ...] | None = None


def alerts(request: NotifyRequest) -> Alerts:
    """Raises `UsageError`; its words show no URL and no secret."""
    try:
        found = channels(request.notify, os.environ, request.secret_file)
    except ChannelError as error:
        raise UsageError(str(error)) from None
    return Alerts(found, request.report_url, request.days)


def tell(alerts: Alerts, after: Run, news: News | None, earlier: Earlier | None, folder: Path) -> None:
    """Send what is to be said of a run, and what waits in the outbox ``folder``. Changes no exit code."""
    crossed = crossings(
        after.targets,
        after.certificates,
        alerts.days,
        earlier.info.as_of if earlier is not None else None,
        after.run.as_of,
        earlier.in_use if earlier is not None else (),
        earlier.days if earlier is not None else None,
    )
    _send(alerts, message(news, list(crossed) if alerts.days else [], after.run, alerts.report), folder)


def tell_what_waits(alerts: Alerts, folder: Path) -> None:
    """Send what waits, after a run of which nobody knows what changed: everything would be new in it."""
    _send(alerts, None, folder)


def _send(alerts: Alerts, found: Message | None, folder: Path) -> None:
    if not alerts.channels:
        return
    outbox = Outbox(folder, datetime.now(UTC), _say)
    event_loop.run(send_all(found, alerts.channels, outbox, _say, Patience()))


def test(request: NotifyRequest) -> int:
    """Send a test to each channel, and say what became of it; returns the exit code."""
    try:
        found = alerts(request)
        if not found.channels:
            raise UsageError("notify test: there is no channel; write --notify URL")
    except UsageError as error:
        return refuse(error)
    reasons = event_loop.run(_try(found.channels))
    for channel, why in reasons:
        print(f"{channel.label}: {why or 'sent'}")
    return INCOMPLETE if any(why for _, why in reasons) else FINE


async def _try(found: Iterable[Channel]) -> list[tuple[Channel, str | None]]:
    once = Patience(tries=1)
    return [(one, await deliver(trial(datetime.now(UTC)), one, once)) for one in found]


def _say(sentence: str) -> None:
    log.tell(f"alert: {sentence}")
