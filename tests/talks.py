"""Playing the peer of a dialogue that has no socket: what it says, in which pieces, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from hypothesis import strategies as st

from ekuscan.model import Failure
from ekuscan.wire.dialogue import Dialogue

Leaving = Literal["stays", "closes", "resets"]


@dataclass(frozen=True)
class Outcome:
    """``sent`` is all that we said, ``start`` included."""

    sent: bytes
    ready: bool
    failure: Failure | None
    rest: bytes

    @property
    def reason(self):
        return self.failure.reason if self.failure else None

    @property
    def detail(self):
        return self.failure.detail if self.failure else None


def play(dialogue: Dialogue, *pieces: bytes, then: Leaving = "stays") -> Outcome:
    """What came of it once the peer has said these pieces and has left, or once our patience was over."""
    sent = dialogue.start() + b"".join(map(dialogue.receive, pieces))
    if then == "stays":
        dialogue.give_up()
    else:
        dialogue.peer_left(reset=then == "resets")
    return Outcome(sent, dialogue.ready, dialogue.failure, dialogue.rest)


def chopped(data: bytes, cuts: list[int]) -> list[bytes]:
    """``data`` cut at these places, which may lie anywhere."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:stop] for start, stop in pairwise(places)]


def singly(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


cut_places = st.lists(st.integers(0, 20_000), max_size=12)
leavings = st.sampled_from(["stays", "closes", "resets"])


def mixed(*phrases: bytes) -> st.SearchStrategy[bytes]:
    """What a peer may say that knows these phrases and nothing of their order, or is broken."""
    known = st.sampled_from([*phrases, b"\r\n", b"\n", b"\x16\x03\x01", b"\x15\x03\x03\x00\x02\x02\x28"])
    return st.lists(known | st.binary(max_size=40), max_size=9).map(b"".join)
