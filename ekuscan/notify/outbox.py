"""Messages that a channel did not take, kept in a folder and sent in their order with the next one.

A file holds one message and the channel's id, and neither its URL nor a secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ekuscan.history.errors import HistoryError
from ekuscan.history.lock import HeldError, Lock, take_beside
from ekuscan.names import printable
from ekuscan.notify.message import Message, from_json, to_json
from ekuscan.record import record

MOST = 100
OLDEST = timedelta(days=14)
_LARGEST = 64 * 1024
_FORM = "%Y%m%dT%H%M%S"


@record
class Kept:
    """A message that waits."""

    path: Path
    message: Message


class _NoLock:
    def release(self) -> None:
        pass


class Outbox:
    """The folder. ``tell`` takes a sentence about a message that is given up."""

    def __init__(self, folder: Path, now: datetime, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._now = now
        self._tell = tell

    def waiting(self, channel: str) -> list[Kept]:
        """What waits for a channel, the oldest first. What is too old, or cannot be read, is given up and told."""
        found: list[Kept] = []
        for path in self._files(channel):
            try:
                with path.open("rb") as file:
                    content = json.loads(file.read(_LARGEST))
                found.append(Kept(path, from_json(content)))
            except (OSError, ValueError, AttributeError, RecursionError):
                self._tell(f"{printable(str(path), 300)}: a kept alert cannot be read, and is left out")
                with suppress(OSError):
                    path.replace(path.with_suffix(".bad"))
                continue
            if path.name < self._stamp(self._now - OLDEST):
                self._give_up(found.pop())
        return found

    def keep(self, channel: str, message: Message) -> None:
        """Keep a message behind those that wait already. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = self.waiting(channel)
        for one in waiting[: max(0, len(waiting) + 1 - MOST)]:
            self._give_up(one)
        last = waiting[-1].path.stem.split("-") if waiting else ["", "0"]
        stamp = max(self._stamp(self._now), last[0])
        number = int(last[1]) + 1 if stamp == last[0] and last[1].isdecimal() else 0
        descriptor, temporary = self._begun(stamp, number, channel)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(to_json(message)).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(temporary.with_suffix(".json"))

    def _begun(self, stamp: str, number: int, channel: str) -> tuple[int, Path]:
        """A file of its own for a message, whatever another sweep keeps at the same time. Raises `OSError`."""
        while True:
            path = self._folder / f"{stamp}-{number:04}-{channel}.tmp"
            number += 1
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            # Whoever kept one under this name is done with it only once it has its last name.
            if not path.with_suffix(".json").exists():
                return descriptor, path
            os.close(descriptor)
            path.unlink()

    def lock(self, channel: str) -> Lock | None:
        """The right to send what waits for a channel, None where another sweep has it. Where there can be no lock,
        nobody holds one."""
        if not self._files(channel):
            return _NoLock()
        try:
            return take_beside(self._folder / "sending", channel)
        except HeldError:
            return None
        except HistoryError:
            return _NoLock()

    def refused(self, one: Kept, why: str) -> None:
        """Give up a message that its channel does not take while it takes others."""
        self._tell(f"{why} to the alert of {one.message.when}, and takes others; it is given up")
        self.sent(one)

    def forget_old(self) -> None:
        """Give up what is too old, also of channels that nobody names any more."""
        try:
            channels = {path.stem.rpartition("-")[2] for path in self._folder.glob("*-*-*.json")}
        except OSError:
            return
        for channel in sorted(channels):
            self.waiting(channel)

    def sent(self, one: Kept) -> None:
        """Forget a message that was taken."""
        with suppress(OSError):
            one.path.unlink()

    def _files(self, channel: str) -> list[Path]:
        try:
            return sorted(self._folder.glob(f"*-{channel}.json"))
        except OSError:
            return []

    def _give_up(self, one: Kept) -> None:
        self._tell(f"an alert of {one.message.when} could not be sent for too long, and is given up")
        self.sent(one)

    def _stamp(self, instant: datetime) -> str:
        return instant.astimezone(UTC).strftime(_FORM)
