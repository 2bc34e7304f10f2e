"""Entries as an iCalendar file (RFC 5545): all-day events that a calendar client updates instead of doubling."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from ekuscan import __version__
from ekuscan.names import printable
from ekuscan.report.agenda import Entry

_LIMIT = 4000


def render(entries: Iterable[Entry], stamp: datetime, alarm: int | None = None) -> bytes:
    """The file's content; entries without a day are left out.

    ``stamp`` is when this was known (DTSTAMP), in UTC. ``alarm``: a reminder so many days before each.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//ekuscan//ekuscan {__version__}//EN")
    calendar.add("version", "2.0")
    for entry in entries:
        if entry.day is not None:
            calendar.add_component(_event(entry, stamp, alarm))
    data: bytes = calendar.to_ical()
    return data


def _event(entry: Entry, stamp: datetime, alarm: int | None) -> Event:
    title = printable(entry.title, _LIMIT)
    event = Event()
    event.add("uid", f"{printable(entry.id, _LIMIT)}@ekuscan")
    event.add("dtstamp", stamp)
    event.add("dtstart", entry.day)
    event.add("summary", title)
    event.add("description", "\n".join(printable(text, _LIMIT) for text in entry.text))
    event.add("transp", "TRANSPARENT")
    if alarm is not None:
        reminder = Alarm()
        reminder.add("action", "DISPLAY")
        reminder.add("description", title)
        reminder.add("trigger", timedelta(days=-alarm))
        event.add_component(reminder)
    return event
