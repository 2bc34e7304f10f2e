"""Answers, alerts and terms. Expectations are those of the Cisco document and the notes, not of the tables."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from ekuscan import policy
from ekuscan.answers import load
from ekuscan.answers.load import Answer, alert, answer, flowing, term
from ekuscan.cli.app import app
from ekuscan.policy import TableError
from ekuscan.rules import load as rules
from ekuscan.rules.tables import Rule
from ekuscan.sources import sources

IDS = (
    *(f"F{number:02}" for number in range(1, 28)),
    *(f"T{number}" for number in range(1, 5)),
    *(f"L{number}" for number in range(1, 6)),
    *(f"D{number}" for number in range(1, 7)),
    *(f"A{number}" for number in range(1, 18)),
    *(f"U{number:02}" for number in range(1, 13)),
)
ALL = list(load.packaged().answers.values())


def found(answer_id: str) -> Answer:
    row = answer(answer_id)
    assert row is not None
    return row


# --- the document -----------------------------------------------------------------------------------------------

# What the document says under each number, piece by piece.
DOCUMENT: dict[str, tuple[str, ...]] = {
    "F01": ("public", "private PKI", "self-signed"),
    "F02": ("not affected", "list of affected", "mutual TLS by default"),
    "F03": ("No.", "not affected", "serverAuth-only"),
    "F04": ("Yes", "until they expire", "renew"),
    "F05": ("list of affected use cases",),
    "F06": ("critical", "Audit", "15 Mar 2026", "ACME", "Talk to the CA"),
    "F07": ("Yes",),
    "F08": ("No.", "CN and SAN", "Google"),
    "F09": ("11 Feb 2026", "90 days", "Disable the automatic ACME scheduler", "X15.5", "TAC"),
    "F10": ("No.", "classic", "built in", "TAC"),
    "F11": ("Yes", "same release"),
    "F12": ("X15.4 if it is urgent", "X15.5", "two certificates"),
    "F13": ("before X15.4", "Enforcing", "Permissive", "less secure", "alternate root", "X15.4 or later"),
    "F14": ("Yes", "X15.4", "Enforcing", "one or more nodes"),
    "F15": ("Before X15.4", "SCP", "/persistent/Certs", "Expressway-E only"),
    "F16": ("xConfiguration XCP TLS Certificate CVS EnableServerEkuUpload: On",),
    "F17": (
        "No.",
        "Expressway-C still needs a combined certificate",
        "it does not run on Expressway-C",
        "xConfiguration XCP TLS Certificate CVS EnableServerEkuUpload: On",
    ),
    "F18": ("tools.cisco.com", "port 443", "proxy", "trust store", "does not need clientAuth"),
    "F19": ("Before X15.4: yes", "SIP SERVICE", "X15.4 and later: no", "one way"),
    "F20": ("TLS verify mode is On", "Switch TLS verify off"),
    "F21": ("before X15.4", "X15.4 and later: serverAuth only", "Expressway-C: both", "UC traversal zone"),
    "F22": (
        "before X15.4",
        "SIP SERVICE",
        "both EKUs",
        "alternate root",
        "Expressway-E and Expressway-C",
        "recommended",
    ),
    "F23": ("alternate root", "IdenTrust Public Sector Root CA 1", "DigiCert Assured ID Root G2", "every peer"),
    "F24": ("alternate root", "Change the CA", "Expressway-C only", "X15.4: interim", "X15.5"),
    "F25": ("stops trusting", "may fail", "id-kp-serverAuth", "removed from the Chrome Root Store", "mixed use"),
    "F26": ("15 Mar 2026", "200 days", "398"),
    "F27": ("11 Feb 2026", "15 Mar 2026", "May 2026", "June 2026", "Oct 2025"),
    "T1": ("X14.0.0 to X14.3.7", "X15.0.0 to X15.3.2", "-C", "-E", "FN74362", "CSCwr73373"),
    "T2": (
        "IdenTrust Public Sector Root CA 1, issuing CA IdenTrust Public Sector Server CA 1",
        "DigiCert Assured ID Root G2, issuing CA DigiCert Assured ID CA G2",
        "available",
        "trust that root",
        "exchange root certificates",
        "avoids an immediate software upgrade",
    ),
    "T3": ("X15.4 (Feb 2026)", "interim", "MRA's SIP signalling", "X15.5 (May 2026)", "complete", "same release"),
    "T4": ("before X15.4: serverAuth + clientAuth", "X15.4 and later: serverAuth only", "clientAuth + serverAuth"),
    "L1": (
        "HTTPS",
        "SIP UC traversal",
        "Edge Audio",
        "B2B",
        "MRA",
        "XMPP federation",
        "neighbor zones and Meeting Server",
        "external entities",
        "Cisco cloud",
    ),
    "L2": (
        "which site starts the session",
        "IM and Presence federation",
        "UC traversal zone: Expressway-C",
        "Traversal zone configured for mutual TLS: Expressway-C",
        "Unified CM, Cisco Unity",
        "CUBE",
        "CMS",
        "Cisco cloud (MRA onboarding)",
    ),
    "L3": ("mandatory", "inventory", "Back up", "private key", "used for mutual TLS", "CA and the root", "expire"),
    "L4": (
        "Expressway-E takes a serverAuth-only certificate",
        "third-party applications",
        "New or redeployed Expressway-E for MRA",
        "ACME (Let's Encrypt)",
        "authentication trouble in mutual TLS",
        "both Expressway-E and Expressway-C",
        "maintenance window",
        "no two certificates",
        "no parameter to switch off the EKU check",
        "which site starts the session",
    ),
    "L5": (
        "one interface",
        "New pages",
        "checked when the client certificate is uploaded",
        "switched off",
        "serverAuth-only certificate as client",
        "remote peer must then ignore",
    ),
    "D1": ("No action",),
    "D2": ("Minimal impact", "serverAuth-only certificates work"),
    "D3": ("both EKUs from its alternate root", "all peers trust", "No software upgrade"),
    "D4": ("11 Feb 2026", "disable the ACME scheduler", "15 Mar 2026", "buys time"),
    "D5": ("Expressway-C only, not for Expressway-E", "private CA", "both EKUs", "root to all peers", "long term"),
    "D6": ("X15.4 (Feb 2026)", "X15.5 (May 2026)", "separate server and client certificates"),
    "A1": ("only Expressway-C checks", "Expressway-C shows clientAuth"),
    "A2": ("15 Jun 2026", "stops trusting", "stay valid until they expire"),
    "A3": ("before X15.4", "before X15.5"),
    "A4": ("third-party applications", "no parameter to switch off the EKU check", "which site starts the session"),
    "A5": ("removes the upload restriction", "EnableServerEkuUpload: On"),
    "A6": ("needs serverAuth", "needs clientAuth"),
    "A7": ("is a client and needs clientAuth", "numbered list of affected use cases does not have it"),
    "A8": ("as server only", "both ways"),
    "A9": ("switch TLS verify off", "the peer"),
    "A10": ("separate server and client certificates", "both EKUs"),
    "A11": ("/persistent/Certs",),
    "A12": ("tools.cisco.com",),
    "A13": ("From X15.4 on", "Enforcing", "not said"),
    "A14": ("Expressway-C only", "outside the policy"),
    "A15": (
        "Let's Encrypt",
        "EQU and ECU",
        "interim",
        "Permissive and Enforcing",
        "first branches of the decision tree",
    ),
    "A16": ("Nothing is said",),
    "A17": ("Nothing is said",),
    # field notice FN74345 and the guides of its products
    "U01": ("all releases", "14 SU1 to SU4", "SU3a and SU4", "CSCws02424", "CSCws03437", "CSCws03463", "CSCws03022"),
    "U02": ("No.", "15 SU5 only", "14 SU6", "not be supported"),
    "U03": ("client certificate of its own for each interface", "ignore the client EKU", "peer must ignore"),
    "U04": ("LDAP", "filebeat", "SIP OAuth", "between nodes", "online CAPF", "IPsec", "third parties", "cup-xmpp-s2s"),
    "U05": ("From release 14", "reused as CallManager", "8443 and 5061"),
    "U06": ("does not say", "option to ignore the client EKU is planned"),
    "U07": ("No.", "public CAs"),
    "U08": ("server", "CAPF"),
    "U09": ("not documented", "CAPF alone asks for no clientAuth", "cup-xmpp can be a multi-server certificate"),
    "U10": ("major and minor only", "AXL", "15.0.1.12900-234"),
    "U11": ("Port 5062 is mutual", "5061 is server authentication only", "Require client-side security certificates"),
    "U12": ("RSA and an ECDSA", "signature algorithms"),
}

# What has changed since, for a reader who acts on it.
SINCE: dict[str, tuple[str, ...]] = {
    "F01": ("browsers",),
    "F05": ("CertificateRequest",),
    "F06": ("passed", "1 Mar 2027", "100"),
    "F07": ("15 SU3a", "15 SU5", "14 train"),
    "F08": ("ExtendedKeyUsage Checking Mode: Off", "inbound SIP TLS only", "2222"),
    "F09": ("8 Jul 2026", "October", "ISRG Root X1"),
    "F10": ("tlsclient", "8 Jul 2026"),
    "F12": ("X15.5 has shipped",),
    "F15": ("server slot takes", "client slot needs clientAuth"),
    "F16": ("X15.4 only", "deprecated in X15.5"),
    "F17": ("server slot takes serverAuth-only", "client slot needs clientAuth"),
    "F18": ("smartreceiver.cisco.com",),
    "F19": ("client slot always needs clientAuth", "2222"),
    "F20": ("separate question", "IOS XE 26.1.1"),
    "F23": ("1 Mar 2027", "14 Sep 2026"),
    "F24": ("X15.5 is available and comes first",),
    "F25": ("15 Mar 2027", "stay trusted until they expire", "15 Jun 2026"),
    "F26": ("Passed", "100 days from 15 Mar 2027", "47 days from 15 Mar 2029"),
    "F27": ("8 Jul 2026", "1 Mar 2027", "15 Mar 2027"),
    "T2": ("14 Sep 2026", "not in Chrome's store"),
    "T3": ("X15.5 has shipped",),
    "L5": ("copies the old certificate into both stores", "On by default", "2222"),
    "D4": ("passed", "1 Mar 2027"),
    "D5": ("client slot",),
    "A1": ("fails", "active with it off", "TLS verify must be On"),
    "A2": ("15 Mar 2027", "stay trusted until they expire"),
    "A3": ("interim", "X15.5 the full one"),
    "A4": ("Nothing newer defines it",),
    "A5": ("nowhere documented", "deprecates"),
    "A6": ("SIP SERVICE message", "No TLS handshake"),
    "A7": ("FN74362 does not have it", "dialback", "SIP only"),
    "A8": ("5062", "5061", "CertificateRequest", "not documented"),
    "A9": ("own check", "secure trunks are mutual", "match eku client-auth"),
    "A10": ("server certificate must have clientAuth", "Expressway-C's client certificate"),
    "A11": ("persistent/cert,",),
    "A12": ("smartreceiver.cisco.com",),
    "A13": ("inbound SIP TLS only",),
    "A14": ("private CA", "client slot"),
    "A15": ("no action", "minimal impact"),
    "A16": (
        "RFC 5280, section 4.2.1.12",
        "unrestricted",
        "every stack tested",
        "OpenSSL, rustls, BoringSSL, NSS and Erlang do not",
    ),
    "A17": (
        "15 Sep 2025",
        "15 Jun 2026",
        "OpenSSL and Go count every certificate, the root too",
        "Java and Mbed TLS look at the leaf",
    ),
}

# The decision on each ambiguity, and the rows that must take it.
DECIDED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "A1": (("does check Expressway-C's clientAuth",), ("X11", "X12")),
    "A2": (("No verdict ever says that an existing certificate becomes untrusted", "chrome-leaf"), ("X40",)),
    "A3": (("partially fixed", "Not before X15.5"), ("X18", "X28", "X30", "X19")),
    "A4": (("At risk, not breaks and not ok",), ("V-EXP", "X07", "X19P")),
    "A5": (("server_eku_upload has the default off",), ("X30",)),
    "A6": (("SIP SERVICE message, rule X17",), ("X17", "X18")),
    "A7": (("At risk, undocumented",), ("X10",)),
    "A8": (("Both directions are judged",), ("X25", "X25S")),
    "A9": (("does not stop the peer", "at risk where the peer's verifier row"), ("X19", "X20")),
    "A10": (("Expressway-C's client slot",), ("X11", "V-EXP")),
    "A11": (("Both names are given",), ("X29",)),
    "A12": (("Both are given",), ("X35",)),
    "A13": (("ok on X15.5 and later with confidence M",), ("X28",)),
    "A14": (("Expressway-C: fine", "client slot: fine from X15.5 on", "browser-facing server slot: at risk"), ("X39",)),
    "A15": (("enforcing and permissive", "X15.4 is an interim fix"), ("X26", "X27", "X36")),
    "A16": (("fit for both", "does not accept it"), ("V-EXP",)),
    "A17": (("nested down the chain", "that blocks is named"), ("V-EXP",)),
}


def test_every_number_of_the_document_is_answered_and_no_other() -> None:
    assert [row.id for row in ALL] == list(IDS)
    assert set(DOCUMENT) == set(IDS)


@pytest.mark.parametrize("answer_id", IDS)
def test_an_answer_has_the_whole_substance_of_the_document(answer_id: str) -> None:
    text = found(answer_id).answer
    assert [piece for piece in DOCUMENT[answer_id] if piece not in text] == []


@pytest.mark.parametrize("answer_id", SINCE)
def test_an_answer_says_what_has_changed_since(answer_id: str) -> None:
    text = found(answer_id).now
    assert [piece for piece in SINCE[answer_id] if piece not in text] == []


@pytest.mark.parametrize("answer_id", DECIDED)
def test_an_ambiguity_has_its_decision_and_names_the_rows_that_take_it(answer_id: str) -> None:
    row = found(answer_id)
    words, rows = DECIDED[answer_id]
    assert [piece for piece in words if piece not in row.consequence] == []
    assert set(rows) <= set(row.rules)


def test_every_ambiguity_is_decided() -> None:
    assert list(DECIDED) == [answer_id for answer_id in IDS if answer_id.startswith("A")]


def test_the_rows_take_the_decisions_on_ambiguities() -> None:
    tables = rules.packaged()
    by_id = {rule.id: rule for rule in tables.rules}
    assert {"X07", "X10", "X19P", "X20", "X25"} <= lacking_gives("at-risk", by_id.values())  # A4, A7, A8, A9
    assert tables.settings["server_eku_upload"].default == "off"  # A5
    assert by_id["X17"].check == "message"  # A6
    assert by_id["X11"].presents.slot == "client"  # A10
    assert {case.confidence for case in by_id["X26"].cases} == {None, "M"}  # A13
    assert {row.stack for row in tables.verifiers} == {"openssl"}  # A16, A17
    assert policy.packaged().dates["chrome-leaf-june-2026"].superseded_by == "chrome-leaf"  # A2


def lacking_gives(answer: str, rows: Iterable[Rule]) -> set[str]:
    return {name for rule in rows for case in rule.cases if case.lacking == answer for name in (rule.id, *rule.also)}


@pytest.mark.parametrize("answer_id", ["A16", "A17"])
@pytest.mark.parametrize("need", ["serverAuth", "clientAuth"])
def test_the_needs_have_the_facts_behind_the_decisions_on_ekus(answer_id: str, need: str) -> None:
    row = rules.packaged().needs[need]
    assert f"{answer_id}:" in row.note
    assert set(row.source) <= set(found(answer_id).source) | {"RFC5280"}


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.id)
def test_an_answer_is_complete_and_printable(row: Answer) -> None:
    for text in (row.question, row.answer, row.now, row.consequence):
        assert text
        assert "{" not in text
        assert text.replace("\n", " ").isprintable()
        assert all(line == line.strip() for line in text.splitlines())
    assert len(row.answer.split()) < 250


def test_ids_are_found_in_any_letter_case() -> None:
    assert answer(" f23 ") == found("F23")
    assert answer("F28") is None
    assert answer("") is None


# --- cross references -------------------------------------------------------------------------------------------


def rule_ids() -> set[str]:
    tables = rules.packaged()
    named = {name for rule in tables.rules for name in (rule.id, *rule.also)}
    named |= {name for verifier in tables.verifiers for name in (verifier.id, *verifier.also)}
    named |= {name for use_case in tables.use_cases.values() for name in use_case.also}
    return named | {alias.id for alias in tables.aliases} | {change.id for change in tables.changes}


def test_every_rule_that_an_answer_names_exists() -> None:
    assert {name for row in ALL for name in row.rules} <= rule_ids()


def test_every_statement_of_the_rules_is_led_to_by_an_answer() -> None:
    assert {f"X{number:02}" for number in range(1, 41)} == {
        name for row in ALL if not row.id.startswith(("A", "U")) for name in row.rules
    }


def test_every_rule_of_the_unified_communications_family_is_led_to_by_an_answer() -> None:
    family = {rule.id for rule in rules.packaged().rules if rule.id.startswith(("CM", "IM", "UC", "ER"))}
    assert family - {name for row in ALL if row.id.startswith("U") for name in row.rules} == set()


def test_every_use_case_and_remedy_that_an_answer_names_exists() -> None:
    tables = rules.packaged()
    assert {name for row in ALL for name in row.use_cases} <= set(tables.use_cases)
    assert {name for row in ALL for name in row.remedies} <= set(tables.remedies)


def test_a_remedy_that_names_an_answer_is_named_by_it() -> None:
    for remedy in rules.packaged().remedies.values():
        for document in remedy.document:
            assert remedy.id in found(document).remedies, (remedy.id, document)


def test_a_date_that_names_an_answer_is_named_by_it() -> None:
    for row in policy.packaged().dates.values():
        if row.superseded_by is None:
            for document in row.document:
                assert row.id in found(document).dates, (row.id, document)


def test_answers_alerts_and_terms_name_their_sources() -> None:
    tables = load.packaged()
    named = [row.source for row in ALL] + [row.source for row in tables.alerts.values()]
    named += [row.source for row in tables.servers] + [row.source for row in tables.terms]
    assert all(named)
    assert {code for codes in named for code in codes} <= set(sources())
    assert {"S"} <= {code for row in ALL for code in row.source}


# --- commands ----------------------------------------------------------------------------------------------------

COMMAND = re.compile(r"`(?:ekuscan )?([a-z][^`\n]*)`|\bekuscan ([a-z]+(?: [a-z]+)?)")


def texts_of(node: object) -> Iterator[str]:
    """Every string of a TOML document."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from texts_of(inner)


def commands_in(text: str) -> Iterator[list[str]]:
    """What a text names as a command: a code span in lower case, or words after the program's name."""
    for match in COMMAND.finditer(text):
        yield (match[1] or match[2]).split()


def is_command(words: list[str]) -> bool:
    """Whether the tree has a command of these words; what is no option after it is an argument."""
    command: object = typer.main.get_command(app)
    while children := getattr(command, "commands", None):
        if not words or words[0] not in children:
            return False
        command, words = children[words[0]], words[1:]
    known = {name for parameter in getattr(command, "params", ()) for name in parameter.opts + parameter.secondary_opts}
    return {word for word in words if word.startswith("-")} <= known


def test_no_text_of_the_tables_names_a_command_that_does_not_exist() -> None:
    tables = Path(load.__file__).parent.parent.rglob("*.toml")
    texts = [text for path in tables for text in texts_of(tomllib.loads(path.read_text(encoding="utf-8")))]
    named = [words for text in texts for words in commands_in(text)]
    assert [words for words in named if not is_command(words)] == []
    assert {"calendar", "inspect"} <= {words[0] for words in named}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("`ekuscan calendar` lists them", True),
        ("`inspect FILE --as ROLE`", True),
        ("ekuscan targets init", True),
        ("`ekuscan rehearse` judges it", False),
        ("`rehearse`", False),
        ("ekuscan rehearse judges it", False),
        ("`ekuscan targets burn`", False),
        ("`ekuscan inspect FILE --like ROLE`", False),
    ],
)
def test_a_command_in_a_text_is_told_from_one_that_does_not_exist(text: str, right: bool) -> None:
    assert [is_command(words) for words in commands_in(text)] == [right]


# --- alerts -----------------------------------------------------------------------------------------------------

# RFC 8446 section 6 and appendix B.2, with the two of older versions that a peer may still send.
NAMES = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}

# The table of the notes: clientAuth missing; no certificate in TLS 1.2, in TLS 1.3; untrusted; untrusted and missing.
OBSERVED: dict[str, tuple[int | None, ...]] = {
    "openssl": (43, 40, 116, 48, 48),
    "go": (42, 40, 116, 48, 48),
    "java": (46, 42, 42, 46, 46),
    "rustls": (43, 116, 116, 48, 43),
    "nss": (46, 42, None, 48, 46),
    "gnutls": (42, 50, 116, 49, 49),
    "erlang": (40, 40, 116, 48, 48),
    "boringssl": (None, None, None, None, None),
    "nginx": (None, None, None, None, None),
}
SITUATIONS = (
    "without-client-auth",
    "no-certificate-tls12",
    "no-certificate-tls13",
    "untrusted",
    "untrusted-without-client-auth",
)


def test_every_alert_of_the_standard_is_explained() -> None:
    assert {number: row.name for number, row in load.packaged().alerts.items()} == NAMES


def test_servers_answer_as_they_were_observed() -> None:
    servers = load.packaged().servers
    table = {server.id: {str(cell.situation): cell.alert for cell in server.cells} for server in servers}
    for server, expected in OBSERVED.items():
        assert tuple(table[server][situation] for situation in SITUATIONS) == expected, server
    assert table["mbedtls"] == {"without-client-auth": 43, "untrusted": 48}
    assert set(table) == {*OBSERVED, "mbedtls"}


def test_alert_43_is_strong_evidence_and_42_46_and_40_are_not() -> None:
    strong = alert(43)
    assert strong is not None
    assert "Strong" in strong.proves
    for number in (40, 42, 46):
        weak = alert(number)
        assert weak is not None
        assert re.search(r"by itself", weak.not_proves, re.IGNORECASE)


def test_an_alert_tells_who_was_seen_to_send_it_and_when() -> None:
    row = alert(43)
    assert row is not None
    assert {sighting.stack for sighting in row.seen} == {"openssl", "webpki", "mbedtls"}
    assert {sighting.situation for sighting in row.seen} == {
        "chain trusted, clientAuth missing",
        "CA not trusted and clientAuth missing",
    }
    silent = alert(44)
    assert silent is not None
    assert silent.seen == ()


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        (116, 116),
        ("43", 43),
        ("unsupported_certificate", 43),
        ("Unsupported Certificate", 43),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", 43),
        ("sslv3 alert bad certificate", 42),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", 46),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", 40),
        ("TLSV1_ALERT_UNKNOWN_CA", 48),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", 116),
        ("unknown-ca", 48),
    ],
)
def test_an_alert_is_found_by_number_and_by_the_names_that_libraries_print(asked: int | str, number: int) -> None:
    row = alert(asked)
    assert row is not None
    assert row.number == number


def test_what_is_no_alert_is_not_found() -> None:
    assert alert(255) is None
    assert alert("unsupported") is None
    assert alert("") is None


def test_log_lines_of_the_notes_are_known() -> None:
    logs = " | ".join(line for server in load.packaged().servers for line in server.logs)
    for line in (
        "unsuitable certificate purpose",
        "unsupported certificate purpose",
        "Extended key usage does not permit use for TLS client authentication",
        "Empty client certificate chain",
        "certificate specifies an incompatible key usage",
        "client didn't provide a certificate",
        "-8101",
        "invalid_ext_key_usage",
    ):
        assert line in logs


# --- terms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("clientauth", "clientAuth"),
        ("1.3.6.1.5.5.7.3.1", "serverAuth"),
        ("mutual TLS", "mTLS"),
        ("Certificate Request", "CertificateRequest"),
        ("neighbour zone", "neighbor zone"),
        ("UC traversal zone", "UC traversal zone"),
        ("permissive", "TLS verification mode"),
        ("tlsclient", "ACME profile"),
    ],
)
def test_a_term_is_found_by_any_of_its_spellings(asked: str, name: str) -> None:
    row = term(asked)
    assert row is not None
    assert row.id == name


def test_what_is_no_term_is_not_found() -> None:
    assert term("teleportation") is None


# --- text and strictness ----------------------------------------------------------------------------------------


def test_wrapped_text_flows_and_items_stay_apart() -> None:
    text = "\nOne line,\nwrapped.\n\n- first\n  item\n- second\n\nEnd.\n"
    assert flowing(text) == "One line, wrapped.\n\n- first item\n- second\n\nEnd."


@given(st.text(alphabet=st.sampled_from("ab- \n"), max_size=80))
def test_text_that_flows_already_stays_as_it_is(text: str) -> None:
    assert flowing(flowing(text)) == flowing(text)


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "told"),
    [
        ("questions.toml", replaced('id = "F02"', 'id = "F01"'), "F01 stands twice"),
        ("questions.toml", replaced("[[answer]]", "[[reply]]"), "questions.toml: unknown key reply"),
        ("questions.toml", replaced('see = ["D1", "D5"]', 'see = ["D9"]'), "F01: see: D9 is not in the tables"),
        ("questions.toml", replaced('source = ["S", "N155"]', 'source = ["HEARSAY"]'), "F01: source: HEARSAY"),
        ("questions.toml", replaced('source = ["S", "N155"]', "source = []"), "F01: source is empty"),
        ("questions.toml", replaced('rules = ["X39"]', 'rule = ["X39"]'), "F01: unknown key rule"),
        ("questions.toml", replaced("{validity-200}", "{validity-201}"), "{validity-201} is no date"),
        ("questions.toml", replaced('now = "Still so."', 'now = " "'), "may not be empty"),
        ("questions.toml", replaced('dates = ["validity-200"', 'dates = ["validity-201"'), "validity-201 is not in"),
        ("tables.toml", replaced('id = "T2"', "id = 2"), "tables.toml: 2: id is 2, not text"),
        ("alerts.toml", replaced("number = 41", "number = 40"), "alerts.toml: 40 stands twice"),
        ("alerts.toml", replaced("alert = 43", "alert = 143"), "openssl: 143 is not in the tables"),
        ("alerts.toml", replaced("alert = 40 }", 'alert = 40, instead = "closes" }'), "needs either alert or instead"),
        ("alerts.toml", replaced('stack = "go"', 'stack = "golang"'), "go: stack is 'golang', not one of"),
        ("alerts.toml", replaced('situation = "untrusted"', 'situation = "trusted"'), "situation is 'trusted'"),
        ("glossary.toml", replaced('also = ["anyEKU"', 'also = ["eku"'), "eku stands twice"),
        ("glossary.toml", replaced('see = ["F25"]', 'see = ["F99"]'), "F99 is not in the tables"),
    ],
)
def test_a_table_that_breaks_its_schema_is_refused_with_file_and_row(
    tmp_path: Path, file: str, edit: Callable[[str], str], told: str
) -> None:
    for path in Path(load.__file__).parent.glob("*.toml"):
        shutil.copy(path, tmp_path / path.name)
    path = tmp_path / file
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(TableError, match=re.escape(told)):
        load.load(tmp_path, policy.packaged())
