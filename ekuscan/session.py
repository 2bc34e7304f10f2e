"""One endpoint from the dial to the end of what is to be learned from it.

The order matters. After a TLS 1.3 handshake with a CertificateRequest we only listen for a while, because a peer that
refuses resets the connection and a write of ours can swallow its alert. Only then, or at once where nothing is open,
comes the one SIP OPTIONS or HTTP request.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from ekuscan.dial import Line
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Failure, RefusedBy
from ekuscan.resolve import Address
from ekuscan.turns import Turns
from ekuscan.wire import http, sip
from ekuscan.wire.reasons import failure
from ekuscan.wire.tls import Handshake
from ekuscan.wire.trace import Trace

Phase = Literal["dial", "line", "handshake", "quiet", "answer", "over"]
Clock = Callable[[], datetime]
_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Account:
    """What a connection gave.

    ``plain`` are the first bytes of a peer that does not speak TLS, ``refused_by`` a refusal above TLS, ``agent`` the
    SIP Server or User-Agent header. ``started`` is when the ClientHello went out, ``seconds`` the time from then on.
    """

    address: Address
    trace: Trace
    plain: bytes
    refused_by: RefusedBy | None
    agent: str | None
    started: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class NoConnection:
    """Why there was no connection, and the address it was tried at last."""

    address: Address
    failure: Failure


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
    """Drives a `Handshake` over a `Line`; ``outcome`` is set at the end, whatever happens. `begin` starts it.

    ``clock`` gives the time of the ClientHello. ``addresses`` are tried in order, each with an equal share of the time
    for connecting; ``turns`` says when the handshake may begin.
    """

    __slots__ = (
        "_addresses",
        "_begun",
        "_clock",
        "_deadline",
        "_due",
        "_endpoint",
        "_first_failure",
        "_handshake",
        "_has_turn",
        "_joined",
        "_limits",
        "_line",
        "_loop",
        "_phase",
        "_server_name",
        "_share",
        "_started",
        "_then",
        "_timer",
        "_turns",
        "outcome",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        addresses: tuple[Address, ...],
        server_name: str | None,
        limits: ProbeLimits,
        clock: Clock,
        turns: Turns,
    ) -> None:
        self._endpoint = endpoint
        self._addresses = addresses
        self._server_name = server_name
        self._limits = limits
        self._clock = clock
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._line = Line(self)
        self._phase: Phase = "dial"
        self._first_failure: Failure | None = None
        self._share = limits.connect / len(addresses)
        self._has_turn = False
        self._joined = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] = self._stalled
        self._due = 0.0
        self._deadline = self._loop.time() + limits.deadline
        self.outcome: asyncio.Future[Account | NoConnection] = self._loop.create_future()

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
        self._line.dial(self._addresses[0], self._endpoint.port)

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
        else:
            self._end(NoConnection(self._addresses[0], self._first_failure))

    @_guarded
    def connected(self) -> None:
        if self._has_turn:
            self._greet()
            return
        self._phase = "line"
        self._addresses = self._addresses[:1]
        self._joined = self._loop.time()
        self._turns.take(self._addresses[0].text, self._turn_has_come)

    @_guarded
    def _turn_has_come(self, waited: bool) -> None:
        if self._phase == "over":
            self._turns.give_back(self._addresses[0].text)
            return
        self._has_turn = True
        # Waiting for others is no part of this endpoint's time.
        self._deadline += self._loop.time() - self._joined
        if waited and self._line.dead():
            # The peer lost patience while we waited in line: that says nothing about the endpoint.
            self._phase = "dial"
            self._line.close()
            self._dial()
        else:
            self._greet()

    # --- the handshake ----------------------------------------------------------------------------------------

    def _greet(self) -> None:
        self._phase = "handshake"
        self._handshake = Handshake(self._limits.offer, self._server_name, self._limits.received)
        self._started = self._clock()
        self._begun = self._loop.time()
        self._wait(min(self._limits.patience, self._limits.handshake), self._out_of_patience)
        self._line.send(self._handshake.start())
        self._line.listen()

    @_guarded
    def received(self, data: bytes) -> None:
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
        question = self._question()
        if question:
            self._phase = "answer"
            self._wait(self._limits.answer, self._unanswered)
            self._line.send(out + self._handshake.write(question))
        else:
            self._finish(out)

    def _question(self) -> bytes:
        endpoint = self._endpoint
        if endpoint.protocol == "https" and self._handshake.asked:
            host = endpoint.server_name or endpoint.host
            return http.request(f"[{host}]" if ":" in host else host)
        if endpoint.protocol == "sips" and self._limits.options:
            return sip.options(endpoint.host, endpoint.port, "TLS", self._line.own_address(), secrets.token_hex(8))
        return b""

    def _answered(self) -> bool:
        data = bytes(self._handshake.answer)
        if self._endpoint.protocol == "https":
            return http.answer(data, ended=False) is not None
        return sip.decisive(data) is not None

    @_guarded
    def _unanswered(self) -> None:
        self._finish()

    # --- the end ----------------------------------------------------------------------------------------------

    def _finish(self, out: bytes = b"") -> None:
        handshake = self._handshake
        answer = bytes(handshake.answer)
        account = Account(
            address=self._addresses[0],
            trace=handshake.trace(),
            plain=handshake.plain,
            refused_by=_refusal(self._endpoint.protocol, answer) if answer else None,
            agent=_agent(answer) if answer and self._endpoint.protocol == "sips" else None,
            started=self._started,
            seconds=round(self._loop.time() - self._begun, 6),
        )
        self._line.send(out + handshake.close())
        self._end(account)

    def _end(self, outcome: Account | NoConnection) -> None:
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
        if self._has_turn:
            self._has_turn = False
            self._turns.give_back(self._addresses[0].text)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        """Sets what happens after ``seconds`` without anything else, or at the deadline.

        The loop's timer is set anew only where it would come too late: most sessions end before it ever fires.
        """
        now = self._loop.time()
        due = min(now + seconds, self._deadline)
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


def _refusal(protocol: str, answer: bytes) -> RefusedBy | None:
    if protocol == "https":
        page = http.answer(answer, ended=True)
        return "http" if page is not None and page.refused else None
    reply = sip.decisive(answer)
    return "sip" if reply is not None and reply.refused else None


def _agent(answer: bytes) -> str | None:
    return next((message.agent for message in sip.messages(answer) if message.agent), None)
