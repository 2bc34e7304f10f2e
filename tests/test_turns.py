from __future__ import annotations

import asyncio

from ekuscan.turns import Turns


class Timetable:
    """A loop's timers, called by hand: what is set, and then what happens."""

    def __init__(self, monkeypatch):
        self.set = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", self.later)

    def later(self, seconds, what, *arguments):
        self.set.append(seconds)
        self.fire = lambda: what(*arguments)


async def settled():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_turns_of_a_host_come_one_after_the_other_and_those_of_another_host_at_once():
    turns, come = Turns(), []
    for name in ("first", "second"):
        turns.take("192.0.2.1", lambda waited, name=name: come.append((name, waited)))
    turns.take("192.0.2.2", lambda waited: come.append(("other", waited)))
    assert come == [("first", False), ("other", False)]
    turns.give_back("192.0.2.1")
    await settled()
    assert come[2:] == [("second", True)]


async def test_with_a_pause_the_next_turn_comes_only_after_it(monkeypatch):
    timers, turns, come = Timetable(monkeypatch), Turns(pause=5.0), []
    turns.take("192.0.2.1", lambda waited: come.append(("first", waited)))
    turns.give_back("192.0.2.1")
    turns.take("192.0.2.1", lambda waited: come.append(("second", waited)))
    await settled()
    assert (come, timers.set) == ([("first", False)], [5.0])
    timers.fire()
    await settled()
    assert come == [("first", False), ("second", True)]


async def test_a_host_that_nobody_waits_for_is_forgotten_after_the_pause(monkeypatch):
    timers, turns, come = Timetable(monkeypatch), Turns(pause=5.0), []
    turns.take("192.0.2.1", lambda waited: come.append(waited))
    turns.give_back("192.0.2.1")
    timers.fire()
    turns.take("192.0.2.1", lambda waited: come.append(waited))
    assert come == [False, False]


async def test_without_a_pause_no_timer_is_set(monkeypatch):
    timers, turns = Timetable(monkeypatch), Turns()
    turns.take("192.0.2.1", lambda waited: None)
    turns.give_back("192.0.2.1")
    assert timers.set == []
