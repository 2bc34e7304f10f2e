"""The sentences about an experiment: what the peer said to each certificate, and why it may still be open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ekuscan.model import Sight
from ekuscan.names import printable
from ekuscan.trial_answers import Answer, Answers, asks
from ekuscan.trials import Trials, described
from ekuscan.wire.alerts import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_REVOKED,
    UNKNOWN_CA,
    UNSUPPORTED_CERTIFICATE,
    alert_name,
)
from ekuscan.wire.identity import Identity

_MAX_DETAIL: Final = 160
_SEVERAL: Final = "what came back has more than one explanation"
_MANNERS: Final = {
    "close": "by closing the connection",
    "http": "in its HTTP answer",
    "sip": "in its SIP answer",
    "smtp": "in its SMTP reply",
}


def told(identity: Identity, answer: Answer) -> str:
    """What the peer said to one certificate."""
    whom = described(identity)
    match answer.said:
        case "took" | "silent" if answer.status is not None:
            return f"answered {whom} with {answer.status}"
        case "refused" if answer.status is not None:
            return f"answered {whom} with {answer.status}, and another one with success"
        case "took":
            return f"took {whom}"
        case "refused" if answer.alert is not None:
            return f"refused {whom} with alert {answer.alert} {alert_name(answer.alert)}"
        case "refused":
            return f"refused {whom} {_MANNERS.get(answer.by or '', 'without an alert')}"
        case "silent":
            return f"did not show whether it takes {whom}"
        case "unsuitable":
            return f"takes no certificate with the key or signature of {whom}: not presented"
        case "not-asked":
            return f"did not ask, so that {whom} was not presented"
        case _:
            return f"the connection for {whom} failed: {printable(answer.detail, _MAX_DETAIL)}"


def why_none(sights: Sequence[Sight]) -> str:
    """Why no certificate was presented."""
    if asks(sights):
        return "no certificate was given that could be presented"
    if any(sight.client_certificate.request == "none" for sight in sights):
        return "it asks for no client certificate: none was presented"
    return "no handshake came as far as a request for a certificate: none was presented"


def still_open(trials: Trials, answers: Answers) -> str:
    """Why the answers leave it undecided, and what would settle it."""
    for identity in (trials.able, trials.unable):
        if identity is not None and answers.refused(identity) and identity.name in trials.doubts:
            return f"the refusal of {described(identity)} may be about its dates: {trials.doubts[identity.name]}"
    if answers.refused(trials.able) is not None:
        return _open_able(trials, answers)
    if answers.refused(trials.unable) is not None:
        return _open_unable(trials, answers)
    if trials.able is not None and answers.took(trials.able) and not answers.to(trials.unable):
        what = described(trials.able)
        return f"that it takes {what} says nothing of one without clientAuth; one of the same CA would show it"
    statuses = sorted({answer.status for _, answer in answers.all if answer.said == "silent" and answer.status})
    if statuses:
        return f"whether {listed(statuses)} means a refusal cannot be told: no certificate got anything better"
    if trials.able is None and trials.unable is None:
        return "none of these certificates can show it: the stacks judge their EKUs differently"
    return "what came back does not tell whether it asks for clientAuth"


def _open_able(trials: Trials, answers: Answers) -> str:
    refusal, untrusted = answers.refused(trials.able), answers.refused(trials.controls.both)
    if refusal is None or trials.able is None:
        return _SEVERAL
    what = described(trials.able)
    if refusal.alert == UNSUPPORTED_CERTIFICATE:
        return f"it refuses {what} for its purpose, although that has clientAuth: look at the CAs above it"
    if refusal.alert in (CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED):
        return f"the alert speaks of the validity of {what}, not of its EKU"
    if refusal.alert == UNKNOWN_CA or untrusted == refusal:
        return f"the CA of {what} does not seem to be trusted, so whether it asks for clientAuth cannot be told"
    return f"it refuses {what} for another reason than its EKU"


def _open_unable(trials: Trials, answers: Answers) -> str:
    refusal = answers.refused(trials.unable)
    if refusal is None or trials.unable is None:
        return _SEVERAL
    what = described(trials.unable)
    if refusal.alert == UNKNOWN_CA:
        more = "; its file may lack the issuing CA" if answers.took(trials.able) else ""
        return f"the alert speaks of trust in the CA of {what}, not of its EKU{more}"
    if refusal.alert in (CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED):
        return f"the alert speaks of the validity of {what}, not of its EKU"
    if (refusal.by == "sip" or refusal.status is not None) and trials.same_ca:
        return f"the refusal of {what} may be about its name or its EKU: let both certificates have the same names"
    return f"the refusal of {what} may be about trust or its EKU; one of the same CA with both EKUs would tell which"


def listed(words: Sequence[str]) -> str:
    """Words as a sentence has them: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
