from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.experiment import conclude
from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH
from ekuscan.model import ClientCertificate, Enforcement, Sight
from ekuscan.trials import arrange
from ekuscan.wire.identity import Identity
from ekuscan.wire.reasons import failure
from tests import pki
from tests.answering import CONTROLS, STACKS, STATUSES, TAKEN, Peer, Stack, base, drive, said
from tests.clients import identity
from tests.loopback import NOW

CA = pki.root("Client CA")
OTHER_CA = pki.root("Other CA")
ABLE = identity("ABLE", pki.issue("client", CA, eku=pki.BOTH))
UNABLE = identity("UNABLE", pki.issue("client", CA, eku=(SERVER_AUTH,)))
STRANGER = identity("STRANGER", pki.issue("client", OTHER_CA, eku=(SERVER_AUTH,)))
FRIEND = identity("FRIEND", pki.issue("client", OTHER_CA, eku=pki.BOTH))
RENAMED = identity("RENAMED", pki.issue("another", CA, eku=(SERVER_AUTH,)))
EXPIRED = identity("EXPIRED", pki.issue("client", CA, eku=(SERVER_AUTH,), end=NOW - timedelta(days=1)))
ENDED = identity("ENDED", pki.issue("client", CA, eku=pki.BOTH, end=NOW - timedelta(days=1)))
UNCLEAR = identity("UNCLEAR", pki.issue("client", CA, eku=("2.5.29.37.0",)))
OURS = frozenset({"ABLE", "UNABLE", "RENAMED", "EXPIRED", "ENDED", "UNCLEAR"})
WITHOUT = frozenset({"UNABLE", "STRANGER", "RENAMED", "EXPIRED", CONTROLS.server_only.name})

# --- a peer that answers as its stack does ----------------------------------------------------------------------


def peer(stack: Stack, *, trusts: bool = True, eku: bool = True, any_ca: bool = False) -> Peer:
    def answer(one: Identity, _: int) -> Sight:
        known = any_ca or (trusts and one.name in OURS)
        lacks = eku and one.name in WITHOUT
        if known:
            return said(one, stack.purpose if lacks else None)
        return said(one, stack.neither if lacks else stack.trust)

    return answer


def scripted(**what: str | int | list[str | int | None] | None) -> Peer:
    """Answers by name of the certificate; a list has one answer for each time."""
    names = {"both": CONTROLS.both.name, "server_only": CONTROLS.server_only.name}
    by_name = {names.get(key, key): value for key, value in what.items()}

    def answer(one: Identity, times: int) -> Sight:
        found = by_name[one.name]
        return said(one, found[times] if isinstance(found, list) else found)

    return answer


def tried(peer: Peer, *identities: Identity, request: str = "required") -> tuple[Enforcement, list[str]]:
    trials = arrange(identities, CONTROLS, NOW)
    return drive(peer, trials, base(request))


# --- the pair ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", ["required", "optional", "unknown"])
@pytest.mark.parametrize("stack", STACKS)
def test_with_a_pair_a_stack_that_enforces_is_seen_to_enforce(stack, request_):
    found, _ = tried(peer(STACKS[stack]), ABLE, UNABLE, request=request_)
    # Where trust is refused in the same way, that the certificate is pinned stays possible.
    certain = stack not in ("java", "grpc", "nginx")
    assert (found.value, found.certainty) == ("enforces", "observed" if certain else "inferred")


@pytest.mark.parametrize("stack", STACKS)
def test_with_a_pair_a_stack_that_does_not_look_at_the_eku_is_seen_to_ignore_it(stack):
    found, names = tried(peer(STACKS[stack], eku=False), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("ignores", "observed")
    assert names == ["ABLE", "UNABLE", CONTROLS.both.name]


@pytest.mark.parametrize("stack", STACKS)
def test_a_peer_that_takes_any_certificate_is_told_from_one_that_ignores_the_eku(stack):
    found, _ = tried(peer(STACKS[stack], eku=False, any_ca=True), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("any-certificate", "observed")


@pytest.mark.parametrize("stack", STACKS)
def test_a_peer_that_asks_for_client_auth_and_takes_any_ca_enforces(stack):
    found, _ = tried(peer(STACKS[stack], any_ca=True), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("enforces", "observed")


@pytest.mark.parametrize("eku", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_a_peer_that_does_not_trust_the_pair_is_undecided_unless_it_looks_at_the_eku_first(stack, eku):
    found, _ = tried(peer(STACKS[stack], trusts=False, eku=eku), ABLE, UNABLE)
    if eku and stack in ("rustls", "nss"):
        assert (found.value, found.certainty) == ("enforces", "inferred")
    else:
        assert found.value == "undecided"
        assert "does not seem to be trusted" in found.evidence[-1]


@pytest.mark.parametrize(
    ("stack", "names"),
    [
        ("openssl", ["ABLE", "UNABLE"]),
        ("rustls", ["ABLE", "UNABLE"]),
        ("java", ["ABLE", CONTROLS.both.name]),
        ("nginx", ["ABLE", CONTROLS.both.name]),
    ],
)
def test_a_peer_that_does_not_trust_is_shown_no_more_than_can_tell(stack, names):
    assert tried(peer(STACKS[stack], trusts=False), ABLE, UNABLE)[1] == names


def test_alert_43_needs_no_control():
    assert tried(peer(STACKS["openssl"]), ABLE, UNABLE)[1] == ["ABLE", "UNABLE"]


def test_other_alerts_need_the_control_and_the_first_certificate_once_more():
    assert tried(peer(STACKS["java"]), ABLE, UNABLE)[1] == ["ABLE", "UNABLE", CONTROLS.both.name, "ABLE"]


def test_a_peer_that_takes_any_ca_is_not_asked_again():
    assert tried(peer(STACKS["java"], any_ca=True), ABLE, UNABLE)[1] == ["ABLE", "UNABLE", CONTROLS.both.name]


def test_the_evidence_has_a_sentence_for_each_answer_and_one_for_what_follows():
    found, _ = tried(peer(STACKS["go"]), UNABLE, ABLE)
    assert found.evidence == (
        'took "ABLE" (serverAuth, clientAuth)',
        'refused "UNABLE" (serverAuth) with alert 42 bad_certificate',
        "refused a certificate of a CA that it cannot know (serverAuth, clientAuth) with alert 48 unknown_ca",
        'took "ABLE" (serverAuth, clientAuth)',
        "of two certificates of one CA it takes the one with clientAuth only",
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [("close", "by closing the connection"), ("http", "in its HTTP answer"), ("smtp", "in its SMTP reply")],
)
def test_the_evidence_says_how_it_refused_without_an_alert(how, words):
    found, _ = tried(scripted(ABLE=None, UNABLE=how, both=how), ABLE, UNABLE)
    assert f'refused "UNABLE" (serverAuth) {words}' in found.evidence


def test_names_in_the_evidence_are_printable():
    own = identity("red\x1b[31m\u202e", pki.issue("client", CA, eku=pki.BOTH))
    found, _ = tried(lambda one, _: said(one, None), own)
    assert all(text.isprintable() for text in found.evidence)


# --- what a pair cannot tell ------------------------------------------------------------------------------------


def test_alert_48_for_one_of_two_certificates_of_a_ca_is_not_taken_for_the_eku():
    found, names = tried(scripted(ABLE=None, UNABLE=48), ABLE, UNABLE)
    assert (found.value, names) == ("undecided", ["ABLE", "UNABLE"])
    assert "trust" in found.evidence[-1]


@pytest.mark.parametrize("alert", [44, 45])
def test_alerts_about_validity_are_not_taken_for_the_eku(alert):
    found, _ = tried(scripted(ABLE=None, UNABLE=alert), ABLE, UNABLE)
    assert (found.value, "validity" in found.evidence[-1]) == ("undecided", True)


def test_an_expired_certificate_may_be_refused_for_its_dates():
    found, _ = tried(scripted(ABLE=None, EXPIRED=42, both=48), ABLE, EXPIRED)
    assert (found.value, "may be about its dates: it ended on 2026-11-22" in found.evidence[-1]) == ("undecided", True)


def test_alert_43_is_about_the_purpose_also_of_an_expired_certificate():
    found, _ = tried(scripted(ABLE=None, EXPIRED=43), ABLE, EXPIRED)
    assert (found.value, found.certainty) == ("enforces", "observed")


def test_an_expired_certificate_that_is_taken_still_shows_that_the_eku_does_not_matter():
    assert tried(scripted(ABLE=None, EXPIRED=None, both=48), ABLE, EXPIRED)[0].value == "ignores"


def test_a_refused_expired_certificate_with_both_ekus_is_no_contradiction():
    found, _ = tried(scripted(ENDED=45, both=None), ENDED)
    assert (found.value, found.certainty) == ("any-certificate", "inferred")


@pytest.mark.parametrize("alert", [40, 42, 46])
def test_certificates_of_two_cas_cannot_tell_the_eku_from_trust(alert):
    found, names = tried(scripted(ABLE=None, STRANGER=alert), ABLE, STRANGER)
    assert (found.value, names) == ("undecided", ["ABLE", "STRANGER"])
    assert "trust or its EKU" in found.evidence[-1]


def test_an_alert_that_no_stack_has_for_the_eku_is_not_taken_for_it():
    assert tried(scripted(ABLE=48, UNABLE=49), ABLE, UNABLE)[0].value == "undecided"


def test_alerts_that_differ_between_two_cas_may_have_two_reasons():
    assert tried(scripted(ABLE=48, STRANGER=46), ABLE, STRANGER)[0].value == "undecided"


def test_alert_43_tells_also_with_certificates_of_two_cas():
    assert tried(scripted(ABLE=None, STRANGER=43), ABLE, STRANGER)[0].value == "enforces"


def test_a_certificate_of_an_unknown_ca_that_is_taken_shows_that_the_eku_does_not_matter():
    found, names = tried(scripted(ABLE=48, STRANGER=None, both=48), ABLE, STRANGER)
    assert (found.value, found.certainty) == ("ignores", "observed")
    assert names == ["ABLE", "STRANGER", CONTROLS.both.name]


def test_what_else_two_certificates_differ_in_makes_it_less_than_observed():
    found, _ = tried(peer(STACKS["go"]), ABLE, RENAMED)
    assert (found.value, found.certainty) == ("enforces", "inferred")
    assert found.evidence[-1].endswith("the two also differ in their names")


@pytest.mark.parametrize(("unable", "value"), [(RENAMED, "undecided"), (UNABLE, "enforces")])
def test_a_sip_answer_may_be_about_the_name(unable, value):
    found, _ = tried(scripted(ABLE=None, UNABLE="sip", RENAMED="sip", both="sip"), ABLE, unable)
    assert found.value == value


def test_a_certificate_with_both_ekus_that_is_refused_for_its_purpose_points_at_the_cas_above():
    found, names = tried(scripted(ABLE=43), ABLE, UNABLE)
    assert (found.value, names) == ("undecided", ["ABLE"])
    assert "CAs above" in found.evidence[-1]


def test_a_refusal_unlike_that_of_an_unknown_ca_is_not_for_want_of_trust():
    found, _ = tried(scripted(ABLE=42, both=48), ABLE, UNABLE)
    assert (found.value, "another reason than its EKU" in found.evidence[-1]) == ("undecided", True)


# --- one certificate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eku", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_one_certificate_with_both_ekus_tells_only_where_the_eku_comes_before_trust(stack, eku):
    found, names = tried(peer(STACKS[stack], eku=eku), ABLE)
    first = eku and stack in ("rustls", "nss")
    assert (found.value, found.certainty) == ("enforces" if first else "undecided", "inferred")
    assert names[:2] == ["ABLE", CONTROLS.both.name]
    assert first or "says nothing of one without clientAuth" in found.evidence[-1]


def test_a_second_control_is_presented_only_where_it_can_tell():
    assert tried(peer(STACKS["java"]), ABLE)[1] == ["ABLE", CONTROLS.both.name]


def test_a_control_that_is_refused_for_its_dates_tells_nothing():
    assert tried(scripted(ABLE=None, both=None, server_only=45), ABLE)[0].value == "undecided"


@pytest.mark.parametrize("stack", STACKS)
def test_one_untrusted_certificate_with_both_ekus_tells_only_where_the_eku_comes_before_trust(stack):
    found, _ = tried(peer(STACKS[stack], trusts=False), ABLE)
    assert found.value == ("enforces" if stack in ("rustls", "nss") else "undecided")


@pytest.mark.parametrize("eku", [True, False])
def test_one_certificate_with_both_ekus_shows_a_peer_that_takes_any(eku):
    found, _ = tried(peer(STACKS["go"], any_ca=True, eku=eku), ABLE)
    assert (found.value, found.certainty) == (("enforces", "observed") if eku else ("any-certificate", "inferred"))


@pytest.mark.parametrize("stack", STACKS)
def test_one_server_certificate_that_is_taken_shows_that_the_eku_does_not_matter(stack):
    assert tried(peer(STACKS[stack], eku=False), UNABLE)[0].value == "ignores"
    assert tried(peer(STACKS[stack], eku=False, any_ca=True), UNABLE)[0].value == "any-certificate"


@pytest.mark.parametrize("stack", STACKS)
def test_one_server_certificate_that_is_refused_tells_by_alert_43_alone(stack):
    found, _ = tried(peer(STACKS[stack]), UNABLE)
    wanted = "enforces" if STACKS[stack].purpose == 43 else "undecided"
    assert (found.value, found.certainty) == (wanted, "inferred")


def test_one_server_certificate_that_is_not_trusted_says_so():
    found, names = tried(peer(STACKS["openssl"], trusts=False), UNABLE)
    assert (found.value, names) == ("undecided", ["UNABLE"])
    assert "speaks of trust" in found.evidence[-1]


def test_one_server_certificate_that_is_refused_where_any_other_is_taken():
    found, _ = tried(peer(STACKS["java"], any_ca=True), UNABLE)
    assert (found.value, found.certainty) == ("enforces", "inferred")


def test_certificates_that_cannot_tell_are_presented_to_see_whether_they_are_taken():
    found, names = tried(scripted(UNCLEAR=None, both=48, server_only=48), UNCLEAR)
    assert "UNCLEAR" in names
    assert found.value == "undecided"
    assert 'took "UNCLEAR" (anyExtendedKeyUsage)' in found.evidence


# --- peers that are not asked to the end ------------------------------------------------------------------------


def test_a_peer_that_does_not_ask_is_shown_nothing():
    found, names = tried(scripted(), ABLE, UNABLE, request="none")
    assert (found.value, names) == ("undecided", [])
    assert found.evidence == ("it asks for no client certificate: none was presented",)


def test_a_peer_whose_handshake_fails_is_shown_nothing():
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    seen = Sight("o", NOW, 0.1, None, None, ClientCertificate("unknown"), (), failure("closed", stage="hello"))
    found, names = drive(scripted(), trials, seen)
    assert (found.value, names) == ("undecided", [])
    assert "no handshake came as far" in found.evidence[0]


def test_a_peer_that_left_it_open_whether_it_asks_is_tried():
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    reason = failure("alert", stage="finish", alert=80, error="x")
    seen = Sight("o", NOW, 0.1, None, None, ClientCertificate("unknown"), (), reason)
    assert drive(peer(STACKS["openssl"]), trials, seen)[0].value == "enforces"


def test_without_a_certificate_of_the_user_nothing_is_presented():
    found, names = tried(scripted())
    assert (found.value, names) == ("undecided", [])


def test_a_late_request_is_a_request():
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    late = Sight("o", NOW, 0.1, None, None, ClientCertificate("optional", late=True))
    assert drive(peer(STACKS["nginx"]), trials, late)[0].value == "enforces"


@pytest.mark.parametrize("what", ["stalled", "closed"])
def test_a_connection_that_fails_ends_the_experiment(what):
    def answer(one: Identity, _: int) -> Sight:
        reason = failure(what, stage="hello", received=0)
        return Sight("o", NOW, 0.1, None, None, ClientCertificate("unknown"), (), reason, presented_as=one.name)

    found, names = tried(answer, ABLE, UNABLE)
    assert (found.value, names) == ("undecided", ["ABLE"])
    assert found.evidence[0].startswith('the connection for "ABLE" (serverAuth, clientAuth) failed: ')
    assert "before it answered our ClientHello" in found.evidence[0]


def test_what_was_learned_before_a_connection_failed_counts():
    found, _ = tried(scripted(ABLE=None, UNABLE=None, both="internal-error"), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("ignores", "inferred")


def test_silence_proves_nothing():
    silent = "acceptance-undecided"
    found, names = tried(scripted(ABLE=silent, UNABLE=silent), ABLE, UNABLE)
    assert (found.value, names) == ("undecided", ["ABLE", "UNABLE"])
    assert 'did not show whether it takes "UNABLE" (serverAuth)' in found.evidence


def test_alert_43_tells_also_where_the_other_certificate_met_silence():
    found, _ = tried(scripted(ABLE="acceptance-undecided", UNABLE=43), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("enforces", "inferred")


def test_a_certificate_that_could_not_be_presented_counts_as_not_given():
    found, names = tried(scripted(ABLE=None, UNABLE="certificate-unsuitable", both=48, server_only=43), ABLE, UNABLE)
    assert names == ["ABLE", "UNABLE", CONTROLS.both.name, CONTROLS.server_only.name]
    assert found.value == "enforces"


# --- peers that change their mind -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        {"ABLE": [None, 42], "UNABLE": 42, "both": 48},
        {"ABLE": 48, "UNABLE": None},
        {"ABLE": "not-asked"},
        {"ABLE": None, "UNABLE": "not-asked"},
        {"ABLE": 46, "both": None},
    ],
)
def test_a_peer_that_changes_its_mind_is_undecided(answers):
    found, _ = tried(scripted(**answers), ABLE, UNABLE)
    assert found.value == "undecided"
    assert "contradict" in found.evidence[-1]


def test_a_control_that_is_taken_without_client_auth_only_is_a_contradiction():
    trials = arrange((ABLE,), CONTROLS, NOW)
    seen = (base(), said(ABLE, None), said(CONTROLS.both, 48), said(CONTROLS.server_only, None))
    assert conclude(seen, trials).value == "undecided"


def test_sights_of_certificates_that_are_no_part_of_the_trials_are_passed_over():
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    seen = (base(), said(STRANGER, None), said(ABLE, None), said(UNABLE, 43))
    found = conclude(seen, trials)
    assert (found.value, len(found.evidence)) == ("enforces", 3)


# --- statuses that name no certificate --------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["HTTP 400", "HTTP 403", "HTTP 404", "HTTP 503"])
def test_a_status_that_the_certificate_with_client_auth_did_not_get_is_a_refusal_without_certainty(status):
    found, names = tried(scripted(ABLE="HTTP 200", UNABLE=status, both=status), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("enforces", "inferred")
    assert names == ["ABLE", "UNABLE", CONTROLS.both.name, "ABLE"]
    assert f'answered "UNABLE" (serverAuth) with {status}, and another one with success' in found.evidence


def test_such_a_status_may_be_about_the_name():
    found, _ = tried(scripted(ABLE="HTTP 200", RENAMED="HTTP 403", both="HTTP 403"), ABLE, RENAMED)
    assert (found.value, "may be about its name or its EKU" in found.evidence[-1]) == ("undecided", True)


def test_such_a_status_stays_uncertain_where_an_unknown_ca_is_refused_in_another_way():
    found, _ = tried(scripted(ABLE="HTTP 200", UNABLE="HTTP 403", both=48), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("enforces", "inferred")


@pytest.mark.parametrize("status", ["HTTP 400", "HTTP 403", "HTTP 404", "HTTP 503", "SMTP 554"])
def test_one_status_for_all_certificates_is_undecided(status):
    found, _ = tried(scripted(ABLE=status, UNABLE=status, both=status), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("undecided", "inferred")
    assert f'answered "UNABLE" (serverAuth) with {status}' in found.evidence
    assert f"whether {status} means a refusal cannot be told" in found.evidence[-1]


def test_a_page_that_is_not_there_is_no_refusal_where_the_peer_refuses_in_another_way():
    found, _ = tried(scripted(ABLE="HTTP 404", UNABLE="HTTP 404", both=48), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("ignores", "inferred")


def test_a_forbidden_page_may_be_a_refusal_also_where_the_peer_refuses_in_another_way():
    found, _ = tried(scripted(ABLE="HTTP 403", UNABLE="HTTP 403", both=48), ABLE, UNABLE)
    assert found.value == "undecided"


def test_a_status_for_an_unknown_ca_alone_shows_without_certainty_that_trust_is_looked_at():
    found, _ = tried(scripted(ABLE="HTTP 200", UNABLE="HTTP 200", both="HTTP 403"), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("ignores", "inferred")


def test_pages_for_all_certificates_show_a_peer_that_takes_any():
    found, _ = tried(scripted(ABLE="HTTP 200", UNABLE="HTTP 200", both="HTTP 200"), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("any-certificate", "observed")


def test_a_status_of_sip_says_nothing_of_certificates():
    found, _ = tried(scripted(ABLE="SIP 403", UNABLE="SIP 403", both=48), ABLE, UNABLE)
    assert (found.value, found.certainty) == ("ignores", "observed")


def test_a_peer_that_gives_the_page_now_and_then_changes_its_mind():
    found, _ = tried(scripted(ABLE=["HTTP 200", "HTTP 403"], UNABLE="HTTP 403", both="HTTP 403"), ABLE, UNABLE)
    assert (found.value, "contradict" in found.evidence[-1]) == ("undecided", True)


# --- programs that judge after TLS ------------------------------------------------------------------------------

LATER = ("tls", "imap", "ldap", "postgresql", "xmpp-client", "xmpp-server")


@pytest.mark.parametrize("protocol", [*LATER, "https", "sips", "smtp", "turns"])
@pytest.mark.parametrize(("both", "value"), [(None, "any-certificate"), (48, "ignores")])
def test_what_tls_took_is_certain_only_where_nothing_judges_it_later(protocol, both, value):
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    found, _ = drive(scripted(ABLE=None, UNABLE=None, both=both), trials, base(), protocol=protocol)
    later = protocol in LATER
    assert (found.value, found.certainty) == (value, "inferred" if later else "observed")
    assert ("may still judge it after TLS" in found.evidence[-1]) == later


@pytest.mark.parametrize("protocol", LATER)
def test_what_tls_refused_is_certain_everywhere(protocol):
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    found, _ = drive(peer(STACKS["openssl"]), trials, base(), protocol=protocol)
    assert (found.value, found.certainty) == ("enforces", "observed")


# --- whatever comes ---------------------------------------------------------------------------------------------

ANSWERS = st.sampled_from(
    (
        *(None, 40, 42, 43, 44, 45, 46, 48, 49, 116, "close", "http", "sip"),
        *STATUSES,
        *("not-asked", "internal-error", "acceptance-undecided", "certificate-unsuitable", "stalled"),
    )
)
GIVEN = st.lists(
    st.sampled_from([ABLE, UNABLE, FRIEND, STRANGER, RENAMED, EXPIRED, ENDED, UNCLEAR]), unique_by=lambda one: one.name
)


@given(GIVEN, st.lists(ANSWERS, min_size=12, max_size=12), st.sampled_from(["none", "optional", "required", "unknown"]))
def test_any_answers_end_in_one_conclusion_with_evidence(given_, answers, request_):
    left = iter(answers)
    found, names = tried(lambda one, _: said(one, next(left)), *given_, request=request_)
    assert len(names) <= len(given_) + 3
    assert found.evidence
    assert all(found.evidence)


@given(st.lists(ANSWERS, min_size=4, max_size=4))
def test_without_a_refused_certificate_that_lacks_client_auth_no_peer_is_said_to_enforce(answers):
    able, unable, both, server_only = answers
    trials = arrange((ABLE, UNABLE), CONTROLS, NOW)
    pairs = ((ABLE, able), (UNABLE, unable), (CONTROLS.both, both), (CONTROLS.server_only, server_only))
    found = conclude((base(), *(said(*pair) for pair in pairs)), trials)
    failures = [one for one in STATUSES if one not in TAKEN]
    refused = [isinstance(what, int) or what in ("close", "http", "sip", *failures) for what in (unable, server_only)]
    assert found.value != "enforces" or any(refused)
    took = {None, *TAKEN, "HTTP 404", "HTTP 503"} & {unable, server_only, both}
    assert found.value not in ("ignores", "any-certificate") or took
    assert found.certainty == "inferred" or not {able, unable, both, server_only} & set(failures)


def test_every_stack_and_every_way_of_judging_has_one_answer():
    wanted = {(True, True, False): {"enforces"}, (True, False, False): {"ignores"}}
    for stack, trusts, eku, any_ca in product(STACKS.values(), (True, False), (True, False), (True, False)):
        found, _ = tried(peer(stack, trusts=trusts, eku=eku, any_ca=any_ca), ABLE, UNABLE)
        either = {"enforces" if eku else "any-certificate"} if any_ca else {"undecided", "enforces"}
        assert found.value in wanted.get((trusts, eku, any_ca), either)


def test_a_certificate_for_clients_only_serves_as_the_one_with_client_auth():
    own = identity("ABLE", pki.issue("client", CA, eku=(CLIENT_AUTH,)))
    assert tried(peer(STACKS["go"]), own, UNABLE)[0].value == "enforces"
