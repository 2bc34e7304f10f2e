from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire import smtp

POSTFIX = b"421 4.7.1 server.example Error: No client certificate presented\r\n"
WELCOME = b"250-server.example\r\n250-SIZE 10240000\r\n250 CHUNKING\r\n"


def test_postfix_refuses_a_missing_certificate_above_tls():
    assert smtp.reply(POSTFIX) == smtp.SmtpReply(421, refused=True)


def test_a_welcome_is_no_refusal_whatever_it_says():
    assert smtp.reply(WELCOME) == smtp.SmtpReply(250, refused=False)
    assert smtp.reply(b"250 certificate.example\r\n") == smtp.SmtpReply(250, refused=False)


@pytest.mark.parametrize("line", [b"421 4.3.2 Too many connections\r\n", b"502\r\n", b"554 No\n"])
def test_a_failure_that_names_no_certificate_is_no_refusal_of_ours(line):
    assert smtp.reply(line).refused is False


def test_only_the_first_reply_counts():
    assert smtp.reply(POSTFIX + WELCOME).refused
    assert not smtp.reply(WELCOME + POSTFIX).refused


@given(st.integers(0, len(WELCOME) - 1))
def test_a_reply_that_is_not_whole_is_none(end):
    assert smtp.reply(WELCOME[:end]) is None


@given(st.binary(max_size=200), st.sampled_from([b"", b"421", b"421-", b"421 ", WELCOME[:-2]]))
def test_any_bytes_give_a_reply_or_none(data, before):
    found = smtp.reply(before + data)
    assert found is None or 200 <= found.code < 600


def test_a_reply_without_end_is_none():
    assert smtp.reply(b"250-more\r\n" * smtp.MAX_ANSWER) is None
