from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Banner
from ekuscan.wire import banner, http

NGINX = (
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 46\r\n\r\n"
    b"<center>No required SSL certificate was sent</"
)


def test_the_request_is_a_plain_get_without_credentials():
    assert http.request("cms.example").split(b"\r\n") == [
        b"GET / HTTP/1.1",
        b"Host: cms.example",
        b"User-Agent: ekuscan",
        b"Accept: */*",
        b"Connection: close",
        b"",
        b"",
    ]


def test_nginx_refuses_a_missing_certificate_above_tls():
    assert http.answer(NGINX, ended=False) == http.HttpAnswer(400, refused=True)


def test_any_other_400_is_no_refusal_once_it_is_whole():
    page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\noops"
    assert http.answer(page, ended=False) is None
    assert http.answer(page + b"!", ended=False) == http.HttpAnswer(400, refused=False)
    assert http.answer(page, ended=True) == http.HttpAnswer(400, refused=False)


@pytest.mark.parametrize("status", [200, 204, 301, 302, 404, 500, 503])
def test_an_ordinary_answer_is_decided_by_its_first_line(status):
    assert http.answer(b"HTTP/1.1 %d Whatever\r\n" % status, ended=False) == http.HttpAnswer(status, refused=False)


@pytest.mark.parametrize("status", [495, 496])
def test_the_statuses_of_a_certificate_need_no_text(status):
    assert http.answer(b"HTTP/1.0 %d \r\n" % status, ended=False).refused


@pytest.mark.parametrize(
    "page",
    [
        b"HTTP/1.1 403 Forbidden\r\n\r\n<h2>403.7 - Forbidden: SSL client certificate is required.</h2>",
        b"HTTP/1.1 403 Forbidden\r\n\r\nReason: Cannot perform Post-Handshake Authentication.",
        b"HTTP/1.1 400 Bad Request\r\n\r\nThe SSL certificate error",
    ],
)
def test_other_servers_refuse_in_their_own_words(page):
    assert http.answer(page, ended=True).refused


def test_a_chunked_page_ends_with_its_last_chunk():
    page = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n"
    assert http.answer(page, ended=False) is None
    assert http.answer(page + b"0\r\n\r\n", ended=False) == http.HttpAnswer(401, refused=False)


def test_a_page_without_end_is_decided_at_the_limit():
    page = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 999999999\r\n\r\n"
    assert http.answer(page + b"a" * http.MAX_ANSWER, ended=False) == http.HttpAnswer(403, refused=False)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 4", b"SIP/2.0 200 OK\r\n\r\n", b"\0\1\2", b"HTTP/1.1 abc \r\n"])
def test_what_is_not_http_gives_none(data):
    assert http.answer(data, ended=True) is None


@given(st.integers(0, len(NGINX)))
def test_an_answer_in_pieces_is_never_decided_wrongly(cut):
    assert http.answer(NGINX[:cut], ended=False) in (None, http.HttpAnswer(400, refused=True))


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_make_the_reader_raise(noise, ended):
    for data in (noise, b"HTTP/1.1 400 " + noise, NGINX[:60] + noise):
        http.answer(data, ended=ended)


def test_a_server_calls_itself_by_its_realm_and_its_software():
    page = b'HTTP/1.1 401 Unauthorized\r\nServer: Apache \r\nWWW-Authenticate: Basic realm="acano"\r\n\r\n'
    assert http.called(page) == http.HttpNames("acano", "Apache")
    assert http.called(page.replace(b"Basic", b'Digest realm="x", basic')) == http.HttpNames("acano", "Apache")
    assert http.called(NGINX) == http.HttpNames(None, "nginx/1.22.1")


def test_the_realm_of_another_scheme_or_of_the_page_is_none():
    assert http.called(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="acano"\r\n\r\n') == http.HttpNames(
        None, None
    )
    assert http.called(b'HTTP/1.1 401 No\r\n\r\nWWW-Authenticate: Basic realm="acano"\r\n') == http.HttpNames(
        None, None
    )
    assert http.called(b'SIP/2.0 401 No\r\nWWW-Authenticate: Basic realm="acano"\r\n\r\n') is None


def test_names_are_printable_and_bounded():
    escape = http.called(b'HTTP/1.1 401 No\r\nServer: \x1b[2J\r\nWWW-Authenticate: Basic realm="\x9b1"\r\n\r\n')
    assert escape == http.HttpNames("\\x9b1", "\\x1b[2J")
    endless = http.called(b"HTTP/1.1 200 OK\r\nServer: " + b"a" * 100_000)
    assert endless == http.HttpNames(None, "a" * 200)
    assert http.called(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2_000 + b"Server: late\r\n\r\n") == http.HttpNames(
        None, None
    )


def test_a_known_realm_names_its_product():
    for row in banner.realm_rows():
        assert row.seen
        for realm in row.seen:
            found = banner.identify_realm(realm)
            assert found is not None
            assert (found.product, found.release) == (row.product, None)
    assert banner.identify_realm("acano") == Banner("cms", None, 'realm "acano"')


@pytest.mark.parametrize("realm", ["", "Acano", "acano2", "my acano", "Restricted"])
def test_any_other_realm_names_none(realm):
    assert banner.identify_realm(realm) is None


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_of_names_raise(noise):
    for data in (noise, b"HTTP/1.1 401 " + noise, b"HTTP/1.1 401 No\r\nWWW-Authenticate: basic" + noise):
        found = http.called(data)
        for text in (found.realm, found.server) if found else ():
            assert text is None or (text.isprintable() and len(text) <= 800)
