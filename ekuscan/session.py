"""One connection from the dial to the end of what is to be learned from it.

The order matters. What comes before TLS (a proxy, STARTTLS) comes first. After a TLS 1.3 handshake with a
CertificateRequest we only listen for a while, because a peer that refuses resets the connection and a write of ours can
swallow its alert. Only then, or at once where nothing is open, comes the one SIP OPTIONS or HTTP request.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from ekuscan.attempt import Account, Attempt, NoHandshake
from ekuscan.deadline import Deadline
from ekuscan.dial import Line
from ekuscan.limits import ProbeLimits
from ekuscan.model import Failure
from ekuscan.turns import Turns
from ekuscan.views import View
from ekuscan.wire.question import Question, question_of
from ekuscan.wire.reasons import failure
from ekuscan.wire.tls import Handshake

Phase = Literal["dial", "line", "preamble", "handshake", "quiet", "answer", "over"]
Clock = Callable[[], datetime]
_P = ParamSpec("_P")


def _guarded(method: Callable[Concatenate[Session, _P], None]) -> Callable[Concatenate[Session, _P], None]:
    """For what the loop calls: a fault of our own becomes the session's outcome instead of vanishing in the loop."""

    @wraps(method)
    def guarded(self: Session, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self.crash(error)

    return guarded


class Session:
    """Drives an `Attempt` over a `Line`; ``outcome`` is set at the end, whatever happens. `begin` starts it.

    ``clock`` gives the time of the ClientHello. Each address gets an equal share of the time for connecting; ``turns``
    says when the handshake may begin.
    """

    __slots__ = (
        "_addresses",
        "_attempt",
        "_begun",
        "_clock",
        "_deadline",
        "_dialogue",
        "_dialogues",
        "_due",
        "_first_failure",
        "_handshake",
        "_joined",
        "_limits",
        "_line",
        "_loop",
        "_phase",
        "_question",
        "_retries",
        "_share",
        "_spoke_at",
        "_started",
        "_then",
        "_timer",
        "_token",
        "_turn",
        "_turns",
        "outcome",
    )

    def __init__(self, attempt: Attempt, limits: ProbeLimits, clock: Clock, turns: Turns, deadline: Deadline) -> None:
        self._attempt = attempt
        self._addresses = attempt.addresses
        self._dialogues = attempt.dialogues
        self._question: Question | None = None
        self._limits = limits
        self._clock = clock
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._line = Line(self)
        self._phase: Phase = "dial"
        self._first_failure: Failure | None = None
        self._retries = limits.retries
        self._share = limits.connect / len(attempt.addresses)
        # What handshakes go to one at a time, while it is our turn.
        self._turn = (attempt.host or attempt.addresses[0].text) if attempt.has_turn else None
        self._joined = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] = self._stalled
        self._due = 0.0
        self._deadline = deadline
        self.outcome: asyncio.Future[Account | NoHandshake] = self._loop.create_future()

    @_guarded
    def begin(self) -> None:
        """Dials the first address. It may end before this returns."""
        self._dial()

    def abandon(self) -> None:
        """Ends without an outcome, after a cancellation."""
        self._over()

    def crash(self, error: Exception) -> None:
        """Ends with a fault of our own as the outcome."""
        self._over()
        if not self.outcome.done():
            self.outcome.set_exception(error)

    # --- the line ---------------------------------------------------------------------------------------------

    def _dial(self) -> None:
        self._wait(self._share, self._filtered)
        self._line.dial(self._addresses[0], self._attempt.port)

    @_guarded
    def _retry(self) -> None:
        """Another attempt is another connection, so it keeps the pace of the sweep."""
        pace = self._turns.pace
        wait = pace.delay(self._loop.time()) if pace is not None else 0.0
        self._deadline.at += wait
        self._wait(wait, self._dial_again)

    @_guarded
    def _dial_again(self) -> None:
        self._addresses = self._attempt.addresses
        self._dial()

    @_guarded
    def _filtered(self) -> None:
        self._line.close()
        self.unconnected(failure("filtered", seconds=self._share))

    @_guarded
    def unconnected(self, reason: Failure) -> None:
        # A machine without a route in one family has nothing to say about the host.
        if self._first_failure is None or self._first_failure.reason == "no-route":
            self._first_failure = reason
        if len(self._addresses) > 1:
            self._addresses = self._addresses[1:]
            self._dial()
        elif self._retries > 0 and self._loop.time() + self._limits.retry_after < self._deadline.at:
            self._retries -= 1
            self._wait(self._limits.retry_after, self._retry)
        else:
            self._end(NoHandshake(self._addresses[0], self._first_failure))

    @_guarded
    def connected(self) -> None:
        if self._turn is not None:
            self._greet()
            return
        self._phase = "line"
        self._addresses = self._addresses[:1]
        self._joined = self._loop.time()
        self._turns.take(self._host(), self._turn_has_come)

    @_guarded
    def _turn_has_come(self, waited: bool) -> None:
        if self._phase == "over":
            self._turns.give_back(self._host())
            return
        self._turn = self._host()
        self._deadline.waited_since(self._joined)
        if waited and self._line.dead():
            # The peer lost patience while we waited in line: that says nothing about the endpoint.
            self._phase = "dial"
            self._line.close()
            self._dial()
        else:
            self._greet()

    def _host(self) -> str:
        return self._attempt.host or self._addresses[0].text

    # --- before TLS -------------------------------------------------------------------------------------------

    def _greet(self) -> None:
        self._begun = self._loop.time()
        if self._dialogues:
            self._line.listen()
            self._begin_dialogue(b"")
        elif self._attempt.view is not None:
            self._shake_hands(self._attempt.view, b"")

    def _begin_dialogue(self, early: bytes) -> None:
        """``early`` is what came together with the end of the dialogue before."""
        self._phase = "preamble"
        self._spoke_at = self._loop.time()
        self._wait(min(self._limits.patience, self._limits.handshake), self._dialogue_out_of_patience)
        make, *later = self._dialogues
        self._dialogues = tuple(later)
        dialogue = self._dialogue = make(self._line.own_address())
        out = dialogue.start()
        self._dialogue_went_on(out + dialogue.receive(early) if early else out)

    def _dialogue_went_on(self, out: bytes) -> None:
        dialogue = self._dialogue
        self._line.send(out)
        if dialogue.failure is not None:
            self._end(NoHandshake(self._addresses[0], dialogue.failure))
        elif dialogue.ready and self._dialogues:
            self._begin_dialogue(dialogue.rest)
        elif dialogue.ready and self._attempt.view is None:
            self._end(NoHandshake(self._addresses[0], None, dialogue.agent))
        elif dialogue.ready and self._attempt.view is not None:
            self._shake_hands(self._attempt.view, dialogue.rest)

    @_guarded
    def _dialogue_out_of_patience(self) -> None:
        if self._dialogue.received == 0:
            self._release()
        self._wait(self._spoke_at + self._limits.handshake - self._loop.time(), self._dialogue_stalled)

    @_guarded
    def _dialogue_stalled(self) -> None:
        self._dialogue.give_up()
        self._dialogue_went_on(b"")

    # --- the handshake ----------------------------------------------------------------------------------------

    def _shake_hands(self, view: View, early: bytes) -> None:
        self._phase = "handshake"
        self._handshake = Handshake(view.offer, self._attempt.server_name, self._limits.received, view.identity)
        self._started = self._clock()
        self._begun = self._loop.time()
        self._wait(min(self._limits.patience, self._limits.handshake), self._out_of_patience)
        self._line.send(self._handshake.start())
        self._line.listen()
        if early:
            self.received(early)

    @_guarded
    def received(self, data: bytes) -> None:
        if self._phase == "preamble":
            self._dialogue_went_on(self._dialogue.receive(data))
            return
        handshake = self._handshake
        out = handshake.receive(data)
        if handshake.ending is not None:
            self._finish(out)
        elif self._phase == "handshake" and handshake.opened:
            self._opened(out)
        elif self._phase == "quiet" and handshake.accepted:
            self._ask(out)
        elif self._phase == "answer" and self._answered():
            self._finish(out)
        else:
            self._line.send(out)

    @_guarded
    def left(self, *, reset: bool) -> None:
        if self._phase == "preamble":
            self._dialogue.peer_left(reset=reset)
            self._dialogue_went_on(b"")
            return
        self._handshake.peer_left(reset=reset)
        self._finish()

    def _opened(self, out: bytes) -> None:
        self._release()
        if self._handshake.asked and not self._handshake.accepted:
            self._line.send(out)
            self._phase = "quiet"
            self._wait(self._limits.quiet, self._quiet_is_over)
        else:
            self._ask(out)

    @_guarded
    def _out_of_patience(self) -> None:
        if self._handshake.received == 0:
            self._release()
        self._wait(self._begun + self._limits.handshake - self._loop.time(), self._stalled)

    @_guarded
    def _stalled(self) -> None:
        self._handshake.give_up()
        self._finish()

    # --- after the handshake ----------------------------------------------------------------------------------

    @_guarded
    def _quiet_is_over(self) -> None:
        self._ask(b"")

    def _ask(self, out: bytes) -> None:
        """Puts the protocol's question, if it has one that can still settle something; ends the session otherwise."""
        question = question_of(self._attempt.endpoint)
        if question is not None and self._worth_asking(question):
            self._question = question
            self._phase = "answer"
            self._wait(self._limits.answer, self._unanswered)
            self._token = secrets.token_hex(12)
            asked = question.ask(self._attempt.endpoint, self._line.own_address(), self._token)
            self._line.send(out + self._handshake.write(asked))
        else:
            self._finish(out)

    def _worth_asking(self, question: Question) -> bool:
        view = self._attempt.view
        if not question.always:
            late = view is not None and view.offer.late and self._attempt.endpoint.protocol == "https"
            return self._handshake.asked or late
        if not self._limits.options or view is None:
            return False
        # With a certificate of ours an answer can be all that shows whether it was taken.
        return view.banner or (view.identity is not None and self._handshake.asked and not self._handshake.accepted)

    def _answered(self) -> bool:
        return self._question is not None and self._question.answered(bytes(self._handshake.answer), self._token)

    @_guarded
    def _unanswered(self) -> None:
        self._finish()

    # --- the end ----------------------------------------------------------------------------------------------

    def _finish(self, out: bytes = b"") -> None:
        handshake = self._handshake
        answer = bytes(handshake.answer)
        question = self._question
        trace = handshake.trace()
        account = Account(
            address=self._addresses[0],
            trace=question.heard(trace, answer, self._token) if question is not None else trace,
            plain=handshake.plain,
            refused_by=question.refused(answer, self._token) if question is not None and answer else None,
            banner=question.banner(answer, self._token) if question is not None and answer else None,
            started=self._started,
            seconds=round(self._loop.time() - self._begun, 6),
            cut=self._deadline.passed,
        )
        self._line.send(out + handshake.close())
        self._end(account)

    def _end(self, outcome: Account | NoHandshake) -> None:
        self._over()
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def _over(self) -> None:
        self._phase = "over"
        self._line.hang_up()
        self._then = _nothing
        self._release()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _release(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            self._turns.give_back(turn)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        """Sets what happens after ``seconds`` without anything else, or at the deadline.

        The loop's timer is set anew only where it would come too late: most sessions end before it ever fires.
        """
        now = self._loop.time()
        due = min(now + seconds, self._deadline.at)
        self._due, self._then = due, then
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        # Not later than the shortest wait that usually follows, which then finds its timer set already.
        self._timer = self._loop.call_at(min(due, now + self._limits.patience), self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        if self._phase == "line":
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._time_is_up)
        else:
            self._then()


def _nothing() -> None:
    pass
