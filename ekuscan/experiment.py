"""Whether a peer enforces clientAuth, found out by presenting client certificates: what its answers prove.

A certificate that is taken proves itself. A refusal proves nothing alone, except by alert 43: stacks answer a missing
clientAuth and an unknown CA with 42, 46 or 40 alike, or just close, and 48 speaks of trust. So refusals are compared:
with that of a certificate of the same CA, or of a CA that nobody can know. OpenSSL, Go, Java and Erlang look at trust
before they look at the EKU, rustls and NSS after it, and so show it even with certificates that they do not trust.
What each stack answers is in the table of alerts, from handshakes with real servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ekuscan.model import Certainty, Enforcement, Enforces, Sight
from ekuscan.record import record
from ekuscan.trial_answers import NOT_THE_EKU, Answer, Answers, Said, asks
from ekuscan.trial_course import in_hand
from ekuscan.trial_words import listed, still_open, told, why_none
from ekuscan.trials import Trials
from ekuscan.wire.alerts import UNKNOWN_CA, UNSUPPORTED_CERTIFICATE

# Alerts by which stacks refuse a certificate for its EKU, most of them for other faults as well.
_MAY_BE_THE_EKU: Final = frozenset({40, 42, UNSUPPORTED_CERTIFICATE, 46})

# Programs that speak these may judge a certificate only by what comes after TLS, which we do not say: a log-in with it
# (SASL EXTERNAL), the name of a user, or whatever a bare port serves.
_JUDGED_LATER: Final = frozenset({"tls", "imap", "ldap", "postgresql", "xmpp-client", "xmpp-server"})
_MAY_JUDGE_LATER: Final = "its program may still judge it after TLS"

_CONTRADICTION: Final = (
    "its answers contradict each other: it changed its mind between connections, or judges by something else"
)
_EKU_FIRST: Final = (
    "it looks at the EKU before it looks at trust: it answers a missing clientAuth and an unknown CA apart"
)
_ANY_CERTIFICATE: Final = "it takes certificates of any CA, and does not ask for clientAuth"
_ANY_CA_WITH_CLIENT_AUTH: Final = "it takes certificates with clientAuth of any CA, and refuses one without"


def conclude(sights: Sequence[Sight], trials: Trials, protocol: str | None = None) -> Enforcement:
    """What the answers prove. ``sights`` are all of the endpoint: those without a certificate of ours, then the trials.

    ``protocol`` is the endpoint's: where a certificate is judged after TLS too, that TLS took it is not all.
    ``evidence`` has a sentence for each certificate that was presented, then what follows from them.
    """
    known = {one.name: one for one in (*trials.given, trials.controls.both, trials.controls.server_only)}
    answers = Answers([sight for sight in sights if sight.presented_as is None or sight.presented_as in known])
    found = _no_surer_than_shown(_judged(trials, answers, sights), answers, protocol)
    each = [told(known[name], answer) for name, answer in answers.all]
    return Enforcement(found.value, found.certainty, (*each, found.reason))


# --- what the answers prove -------------------------------------------------------------------------------------


@record
class _Finding:
    value: Enforces
    certainty: Certainty
    reason: str


def _undecided(reason: str) -> _Finding:
    return _Finding("undecided", "inferred", reason)


def _judged(trials: Trials, answers: Answers, sights: Sequence[Sight]) -> _Finding:
    if not answers.all:
        return _undecided(why_none(sights))
    hand = in_hand(trials, answers)
    taken, refused = _by_acceptance(hand, answers), _by_refusal(hand, answers)
    if _contradictory(trials, answers, sights) or (refused is not None and _took_without(hand, answers)):
        return _undecided(_CONTRADICTION)
    return taken or refused or _undecided(still_open(hand, answers))


def _no_surer_than_shown(found: _Finding, answers: Answers, protocol: str | None) -> _Finding:
    """Nothing is certain that stands on a status of failure, or on what TLS took and a program has yet to judge."""
    if found.value in ("ignores", "any-certificate") and protocol in _JUDGED_LATER:
        return replace(found, certainty="inferred", reason=f"{found.reason}; {_MAY_JUDGE_LATER}")
    return replace(found, certainty="inferred") if answers.doubtful else found


def _contradictory(trials: Trials, answers: Answers, sights: Sequence[Sight]) -> bool:
    controls = trials.controls
    said: dict[str, set[Said]] = {}
    for name, answer in answers.all:
        said.setdefault(name, set()).add(answer.said)
    if any("not-asked" in one for one in said.values()) and asks(sights):
        return True
    if any({"took", "refused"} <= one for one in said.values()):
        return True
    if answers.took(controls.server_only) and answers.refused(controls.both):
        return True
    return any(_worse_than_less(one, answers) for one in trials.each)


def _worse_than_less(trials: Trials, answers: Answers) -> bool:
    """Whether the certificate with clientAuth was refused, and taken one that has less to show for itself."""
    if answers.refused(trials.able) is None or (trials.able and trials.able.name in trials.doubts):
        return False
    return answers.took(trials.controls.both) or (trials.same_ca and answers.took(trials.unable))


def _took_without(trials: Trials, answers: Answers) -> bool:
    """Whether a certificate of the user's without clientAuth was taken, be it of a pair or not."""
    return any(answers.took(one) for one in trials.given if one.name in trials.lacking)


def _by_acceptance(trials: Trials, answers: Answers) -> _Finding | None:
    """A certificate without clientAuth, or one that cannot be trusted, was taken."""
    controls = trials.controls
    any_ca, without = answers.took(controls.both), _took_without(trials, answers)
    if any_ca and without:
        return _Finding("any-certificate", "observed", _ANY_CERTIFICATE)
    if answers.took(controls.server_only):
        # nginx's optional_no_ca takes it and still refuses one without clientAuth of a CA that it knows.
        return _Finding("any-certificate", "inferred", _ANY_CERTIFICATE)
    if without:
        if answers.refused(controls.both):
            return _Finding("ignores", "observed", "it looks at trust, and not at the EKU")
        return _Finding("ignores", "inferred", "it does not ask for clientAuth; whether it looks at trust did not show")
    if any_ca and not answers.refused(trials.unable) and not answers.refused(controls.server_only):
        reason = "it takes certificates of any CA; whether it takes one without clientAuth did not show"
        return _Finding("any-certificate", "inferred", reason)
    return None


def _by_refusal(trials: Trials, answers: Answers) -> _Finding | None:
    """A certificate without clientAuth was refused, and it shows that this was for its EKU."""
    return _own_refused(trials, answers) or _control_refused(trials, answers)


def _own_refused(trials: Trials, answers: Answers) -> _Finding | None:
    refusals = (answers.refused(one) for one in trials.given if one.name in trials.lacking)
    if any(one is not None and one.alert == UNSUPPORTED_CERTIFICATE for one in refusals):
        reason = (
            f"it refuses the one without clientAuth by alert {UNSUPPORTED_CERTIFICATE}, which speaks of what a "
            "certificate may be used for"
        )
        return _Finding("enforces", "observed" if answers.took(trials.able) else "inferred", reason)
    refusal = answers.refused(trials.unable)
    if refusal is None or trials.unable is None or refusal.alert in NOT_THE_EKU or trials.unable.name in trials.doubts:
        return None
    if answers.took(trials.able):
        return _by_the_pair(trials, answers, refusal) if trials.same_ca else None
    if trials.same_ca and _before_trust(answers.refused(trials.able), refusal):
        return _Finding("enforces", "inferred", _EKU_FIRST)
    if answers.took(trials.controls.both):
        return _Finding("enforces", "inferred", _ANY_CA_WITH_CLIENT_AUTH)
    return None


def _by_the_pair(trials: Trials, answers: Answers, refusal: Answer) -> _Finding | None:
    """Of two certificates of one CA it took the one with clientAuth alone."""
    if answers.took(trials.controls.both):
        return _Finding("enforces", "observed", _ANY_CA_WITH_CLIENT_AUTH)
    if (refusal.by == "sip" or refusal.status is not None) and "names" in trials.differences:
        return None
    reason = "of two certificates of one CA it takes the one with clientAuth only"
    if trials.differences:
        return _Finding("enforces", "inferred", f"{reason}; the two also differ in their {listed(trials.differences)}")
    untrusted = answers.refused(trials.controls.both)
    if untrusted is None or (untrusted.by, untrusted.alert) == (refusal.by, refusal.alert):
        return _Finding("enforces", "inferred", f"{reason}; it refuses in the same way what it does not trust")
    return _Finding("enforces", "observed", reason)


def _control_refused(trials: Trials, answers: Answers) -> _Finding | None:
    refusal = answers.refused(trials.controls.server_only)
    if refusal is None or refusal.alert in NOT_THE_EKU:
        return None
    if answers.took(trials.controls.both):
        return _Finding("enforces", "observed", _ANY_CA_WITH_CLIENT_AUTH)
    if any(_before_trust(answers.refused(one), refusal) for one in (trials.able, trials.controls.both)):
        return _Finding("enforces", "inferred", _EKU_FIRST)
    return None


def _before_trust(with_client_auth: Answer | None, without: Answer) -> bool:
    """Whether of two certificates that it does not trust one was refused for that, the other for its EKU."""
    return with_client_auth is not None and with_client_auth.alert == UNKNOWN_CA and without.alert in _MAY_BE_THE_EKU
