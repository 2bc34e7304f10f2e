"""Which client certificate to present next to a peer that is to show whether it enforces clientAuth.

Each is a login attempt in the peer's log, so none is presented that would tell nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.model import Sight
from ekuscan.trial_answers import NOT_THE_EKU, Answer, Answers, asks
from ekuscan.trials import Trials
from ekuscan.wire.alerts import UNKNOWN_CA, UNSUPPORTED_CERTIFICATE
from ekuscan.wire.identity import Identity


def next_trial(trials: Trials, sights: Sequence[Sight]) -> Identity | None:
    """The certificate to present on the next connection; None where another one would tell nothing more.

    ``sights`` are all of the endpoint so far, in order: those without a certificate of ours, then one for each trial.
    """
    answers = Answers(sights)
    if not asks(sights) or any(answer.said in ("not-asked", "failed") for _, answer in answers.all):
        return None
    left = answers.given.copy()
    for identity in _course(trials, answers):
        if not left[identity.name]:
            return identity
        left[identity.name] -= 1
    return None


def in_hand(trials: Trials, answers: Answers) -> Trials:
    """The trials with the pair that the answers are about: the first whose certificate with clientAuth was taken.

    Before one was, it is that of the next to be shown; where none is taken, the one whose refusal tells most.
    """
    for one in trials.each:
        if one.able is None or answers.to(one.able) is None or answers.ever_took(one.able):
            return one
    return min(trials.each, key=lambda one: _rank(answers.to(one.able)))


def _rank(answer: Answer | None) -> int:
    """Alert 48 comes first: only after it can be seen whether the EKU is looked at before trust."""
    if answer is None or answer.said not in ("refused", "silent"):
        return 3
    if answer.said == "silent":
        return 2
    return 0 if answer.alert == UNKNOWN_CA else 1


def _course(trials: Trials, answers: Answers) -> Iterator[Identity]:
    """The certificates in order. What comes after one hangs on the answer to it, which is there by then."""
    if not trials.given:
        return
    for one in trials.each:
        if one.able is not None:
            yield one.able
        if one.able is None or answers.ever_took(one.able):
            # Other CAs are tried only for want of trust in this one, for which every other answer may stand.
            break
    hand = in_hand(trials, answers)
    yield from _with_pair(hand, answers)
    yield from _of_no_pair(hand, answers)


def _with_pair(trials: Trials, answers: Answers) -> Iterator[Identity]:
    """What comes after the certificate with clientAuth."""
    refusal = answers.refused(trials.able)
    if refusal is not None:
        yield from _after_refusal(trials, refusal)
        return
    if trials.unable is not None:
        yield trials.unable
        yield from _after_unable(trials, answers)
    if trials.unable is None or answers.to(trials.unable) == Answer("unsuitable"):
        yield from _controls(trials, answers)


def _of_no_pair(trials: Trials, answers: Answers) -> Iterator[Identity]:
    """What was not presented yet, whatever the others showed, and the control that one without clientAuth calls for."""
    alone = trials.others
    if trials.unable is not None and not trials.same_ca:
        alone = (trials.unable, *alone)
    took = any(answers.took(one) for one in alone if one.name in trials.lacking)
    for one in (*alone, *([trials.controls.both] if took else [])):
        if not answers.given[one.name]:
            yield one


def _after_refusal(trials: Trials, refusal: Answer) -> Iterator[Identity]:
    """The peer does not take the certificate with clientAuth, most likely for want of trust."""
    if refusal.alert == UNKNOWN_CA:
        # It can still be seen whether the EKU is looked at before trust.
        yield trials.unable if trials.unable is not None else trials.controls.server_only
    elif refusal.alert != UNSUPPORTED_CERTIFICATE:
        yield trials.controls.both


def _after_unable(trials: Trials, answers: Answers) -> Iterator[Identity]:
    if answers.took(trials.unable) or answers.turned_away(trials.unable):
        yield trials.controls.both
    refusal = answers.refused(trials.unable)
    if refusal is None or refusal.alert in (UNSUPPORTED_CERTIFICATE, *NOT_THE_EKU):
        return
    if trials.able is None or trials.same_ca:
        yield trials.controls.both
    taken = trials.able if trials.same_ca and answers.took(trials.able) else None
    if taken is not None and not answers.took(trials.controls.both):
        # Once more, so that a peer behind a load balancer that refuses now and then is found out.
        yield taken


def _controls(trials: Trials, answers: Answers) -> Iterator[Identity]:
    """What is left where the user has no certificate without clientAuth."""
    both = trials.controls.both
    yield both
    refusal = answers.refused(both)
    if answers.took(both) or (refusal is not None and refusal.alert == UNKNOWN_CA):
        yield trials.controls.server_only
