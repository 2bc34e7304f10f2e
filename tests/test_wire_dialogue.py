from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire.dialogue import preamble
from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.reasons import REASONS
from ekuscan.wire.starttls import NEXT, STAY, line_protocols
from ekuscan.wire.xmpp import STARTTLS
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

SMTP = (
    b"220 mail.example.com ESMTP Postfix\r\n",
    b"250-mail.example.com\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 SMTPUTF8\r\n",
    b"220 2.0.0 Ready to start TLS\r\n",
)
IMAP = (
    b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n",
    b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\ne1 OK Pre-login capabilities listed.\r\n",
    b"e2 OK Begin TLS negotiation now.\r\n",
)
LINES = {"smtp": SMTP, "imap": IMAP}


def said(protocol, *pieces, then="stays"):
    return play(preamble(protocol, "box.example.com"), *pieces, then=then)


def test_smtp_says_ehlo_and_starttls_and_nothing_else():
    outcome = said("smtp", *SMTP)
    assert outcome.ready
    assert outcome.failure is None
    assert outcome.sent == b"EHLO ekuscan.invalid\r\nSTARTTLS\r\n"


def test_imap_asks_for_capabilities_and_starttls_and_nothing_else():
    outcome = said("imap", *IMAP)
    assert outcome.ready
    assert outcome.failure is None
    assert outcome.sent == b"e1 CAPABILITY\r\ne2 STARTTLS\r\n"


@pytest.mark.parametrize("protocol", ["https", "sips", "tls", "turns", "sip-udp", "sip-tcp", "ssh", "dtls", "other"])
def test_nothing_comes_before_tls_where_tls_comes_first_or_not_at_all(protocol):
    assert preamble(protocol, "box.example.com") is None


@pytest.mark.parametrize(
    ("pieces", "reason", "detail"),
    [
        ((b"554 no service\r\n",), "preamble-refused", "turned us away before TLS could begin: 554 no service"),
        ((b"421-busy\r\n421 later\r\n",), "preamble-refused", "turned us away before TLS could begin: 421-busy"),
        ((b"220 a\r\n", b"550 who\r\n"), "preamble-refused", "turned us away before TLS could begin: 550 who"),
        ((b"220 a\r\n", b"502 what\r\n"), "no-starttls", "speaks SMTP and offers no TLS in it"),
        ((b"220 a\r\n", b"250 a\r\n"), "no-starttls", "speaks SMTP and offers no TLS in it"),
        ((b"220 a\r\n", b"250-a\r\n250 XSTARTTLS\r\n"), "no-starttls", "speaks SMTP and offers no TLS in it"),
        ((*SMTP[:2], b"454 4.7.0 TLS not available\r\n"), "starttls-refused", None),
        ((*SMTP[:2], b"502 5.5.1 not implemented\r\n"), "starttls-refused", None),
        ((*SMTP[:2], b"250 fine\r\n"), "starttls-refused", "refused to start TLS: 250 fine"),
        ((*SMTP[:2], b"nonsense of some length\r\n"), "not-the-protocol", None),
        ((b"220 a\r\n", b"220 b\r\n"), "not-the-protocol", "answers with something that is not SMTP: 220 b"),
        ((b"220 a\r\n\r\n",), "not-the-protocol", "answers with something that is not SMTP: an empty line"),
        ((b"\r\n",), "not-the-protocol", "answers with something that is not SMTP: an empty line"),
        (
            (b"SSH-2.0-OpenSSH_9.2p1\r\n",),
            "not-the-protocol",
            "answers with something that is not SMTP: SSH-2.0-OpenSSH_",
        ),
        ((b"* OK IMAP\r\n",), "not-the-protocol", "answers with something that is not SMTP: * OK IMAP"),
        ((b"200 what\r\n",), "not-the-protocol", "answers with something that is not SMTP: 200 what"),
        ((b"\x15\x03\x01\x00\x02\x02\x28",), "tls-at-once", "speaks TLS at once, where SMTP was to come first"),
        ((), "no-greeting", "waits for us to begin, where SMTP greets"),
        ((b"22",), "stalled", "went silent during the plain-text opening (2 bytes received)"),
        ((b"220 never ends",), "stalled", "went silent during the plain-text opening (14 bytes received)"),
        ((b"\x00\x01",), "not-the-protocol", "answers with something that is not SMTP: \\x00\\x01"),
        ((*SMTP, b"250 injected\r\n"), "injected", None),
        ((*SMTP[:2], SMTP[2] + b"X"), "injected", None),
        ((b"220-" + b"a" * LIMIT,), "too-much", "sent more than this scan takes in during the plain-text opening"),
    ],
)
def test_smtp_that_does_not_get_to_tls_says_why(pieces, reason, detail):
    outcome = said("smtp", *pieces)
    assert (outcome.ready, outcome.reason) == (False, reason)
    assert outcome.failure.stage == "preamble"
    assert outcome.detail.startswith(detail or "")


@pytest.mark.parametrize(
    ("pieces", "reason", "detail"),
    [
        ((b"* BYE go away\r\n",), "preamble-refused", "turned us away before TLS could begin: * BYE go away"),
        ((b"* PREAUTH hello\r\n",), "starttls-refused", "refused to start TLS: * PREAUTH hello"),
        ((b"* NO what\r\n",), "not-the-protocol", "answers with something that is not IMAP: * NO what"),
        ((IMAP[0], b"* BYE\r\n"), "preamble-refused", "turned us away before TLS could begin: * BYE"),
        ((IMAP[0], b"e1 BAD what\r\n"), "preamble-refused", "turned us away before TLS could begin: e1 BAD what"),
        ((IMAP[0], b"* CAPABILITY IMAP4rev1\r\ne1 OK\r\n"), "no-starttls", "speaks IMAP and offers no TLS in it"),
        ((IMAP[0], b"* CAPABILITY NOSTARTTLS\r\ne1 OK\r\n"), "no-starttls", "speaks IMAP and offers no TLS in it"),
        ((*IMAP[:2], b"e2 NO not now\r\n"), "starttls-refused", "refused to start TLS: e2 NO not now"),
        ((*IMAP[:2], b"* OK still here\r\ne2 BAD\r\n"), "starttls-refused", "refused to start TLS: e2 BAD"),
        ((*IMAP[:2], b"* BYE\r\n"), "preamble-refused", "turned us away before TLS could begin: * BYE"),
        ((*IMAP[:2], b"e1 OK again\r\n"), "not-the-protocol", "answers with something that is not IMAP: e1 OK again"),
        ((b"220 mail.example.com ESMTP\r\n",), "not-the-protocol", None),
        ((*IMAP, b"* CAPABILITY injected\r\n"), "injected", None),
    ],
)
def test_imap_that_does_not_get_to_tls_says_why(pieces, reason, detail):
    outcome = said("imap", *pieces)
    assert (outcome.ready, outcome.reason) == (False, reason)
    assert outcome.detail.startswith(detail or "")


@pytest.mark.parametrize("protocol", LINES)
def test_a_peer_that_leaves_is_told_from_one_that_goes_silent(protocol):
    whole = LINES[protocol]
    for seen in range(3):
        assert said(protocol, *whole[:seen], then="closes").reason == "closed"
        assert said(protocol, *whole[:seen], then="resets").reason == "reset"
        assert said(protocol, *whole[:seen]).reason == ("stalled" if seen else "no-greeting")


@pytest.mark.parametrize("protocol", LINES)
def test_an_end_after_the_go_ahead_is_no_concern_of_the_dialogue(protocol):
    for then in ("stays", "closes", "resets"):
        assert said(protocol, *LINES[protocol], then=then).ready


@pytest.mark.parametrize("protocol", LINES)
def test_bare_line_feeds_and_single_bytes_make_no_difference(protocol):
    whole = b"".join(LINES[protocol])
    assert said(protocol, *singly(whole)) == said(protocol, whole)
    assert said(protocol, whole.replace(b"\r\n", b"\n")) == said(protocol, whole)


def test_case_makes_no_difference_in_what_is_offered():
    assert said("smtp", SMTP[0], SMTP[1].lower(), SMTP[2]).ready
    assert said("imap", IMAP[0].lower(), IMAP[1].lower(), IMAP[2].lower()).ready


@pytest.mark.parametrize("protocol", LINES)
@given(st.data())
def test_no_peer_makes_a_dialogue_of_lines_raise_and_no_chopping_changes_what_comes_of_it(protocol, data):
    spoken = data.draw(mixed(*LINES[protocol], *b"".join(LINES[protocol]).splitlines(keepends=True)))
    then = data.draw(leavings)
    whole = said(protocol, spoken, then=then)
    assert said(protocol, *chopped(spoken, data.draw(cut_places)), then=then) == whole
    assert whole.ready is (whole.failure is None)
    assert whole.failure is None or whole.detail.isprintable()


@pytest.mark.parametrize("protocol", LINES)
def test_an_endless_peer_is_cut_off_at_sixteen_kibibytes(protocol):
    for endless in (LINES[protocol][0][:6] + b"x" * 100_000, LINES[protocol][0][:2] + b"-x\r\n" * 50_000):
        dialogue = preamble(protocol, "box.example.com")
        dialogue.start()
        for piece in chopped(endless, list(range(0, 100_000, 999))):
            dialogue.receive(piece)
            assert dialogue.received <= LIMIT + 1000
        assert dialogue.failure.reason in ("too-much", "not-the-protocol")


def test_the_words_of_a_peer_are_printable_and_cut():
    outcome = said("smtp", b"554 \x1b[31m" + b"A" * 5000 + b"\r\n")
    assert outcome.detail.isprintable()
    assert "\\x1b[31m" in outcome.detail
    assert len(outcome.detail) < 300


def test_the_table_names_only_reasons_of_the_preamble_and_sources_for_all():
    for row in line_protocols().values():
        assert "RFC" in row.source
        for line in (line for step in row.steps for line in step.lines):
            assert line.then in (STAY, NEXT) or "preamble" in REASONS[line.then].stages


def test_what_is_sent_stands_in_the_documentation():
    page = (Path(__file__).parents[1] / "docs" / "wire.md").read_text(encoding="utf-8")
    for row in line_protocols().values():
        for step in row.steps:
            assert not step.send or f"`{step.send.decode().strip()}`" in page
    assert preamble("xmpp-client", "example.com").start().decode() in page
    assert STARTTLS.decode() in page
    assert preamble("postgresql", "").start().hex(" ") in page
    request = preamble("ldap", "").start()
    assert f"`{request[:9].hex(' ')}`" in page
    assert f"`{request[9:].decode()}`" in page


def test_every_step_of_the_table_can_go_on():
    for row in line_protocols().values():
        assert row.steps
        for step in row.steps:
            assert NEXT in {line.then for line in step.lines}
