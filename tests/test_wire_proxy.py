from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.proxy import SOCKS_REPLIES, Proxy, parse_proxy, proxy_dialogue
from ekuscan.wire.reasons import REASONS
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

HTTP = Proxy("http", "proxy.example.com", 3128)
HTTP_LOGIN = Proxy("http", "proxy.example.com", 3128, "amélie", "s3:cret")
SOCKS = Proxy("socks5", "proxy.example.com", 1080)
SOCKS_LOGIN = Proxy("socks5", "proxy.example.com", 1080, "amélie", "s3:cret")
PROXIES = {"http": HTTP, "http with credentials": HTTP_LOGIN, "socks": SOCKS, "socks with credentials": SOCKS_LOGIN}

OK = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 squid\r\n\r\n"
METHOD, LOGIN_METHOD, LOGGED_IN = b"\x05\x00", b"\x05\x02", b"\x01\x00"
GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x9c\x40"


def said(proxy, *pieces, host="exp-e1.example.com", port=5061, then="stays"):
    return play(proxy_dialogue(proxy, host, port), *pieces, then=then)


# --- what a person writes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.example.com:3128", HTTP),
        (" HTTP://Proxy.Example.com:3128/ ", HTTP),
        ("socks5://proxy.example.com", SOCKS),
        ("socks5h://proxy.example.com:1080", SOCKS),
        ("http://proxy.example.com", Proxy("http", "proxy.example.com", 1080)),
        ("http://[2001:db8::1]:3128", Proxy("http", "2001:db8::1", 3128)),
        ("socks5://[2001:db8::1]", Proxy("socks5", "2001:db8::1", 1080)),
        ("http://192.0.2.1:8080", Proxy("http", "192.0.2.1", 8080)),
        ("http://am%C3%A9lie:s3%3Acret@proxy.example.com:3128", HTTP_LOGIN),
        ("socks5://a%40b:p@ss@proxy.example.com", Proxy("socks5", "proxy.example.com", 1080, "a@b", "p@ss")),
        ("http://user@proxy.example.com:3128", Proxy("http", "proxy.example.com", 3128, "user")),
    ],
)
def test_a_proxy_is_read_as_a_person_writes_it(text, proxy):
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "write a proxy as http://host:port or socks5://host:port"),
        ("proxy.example.com:3128", "write a proxy as http://host:port or socks5://host:port"),
        ("https://s3cret@proxy.example.com", "write a proxy as http://host:port or socks5://host:port"),
        ("http://u:s3cret@", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@a b", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@proxy:99999", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@proxy:", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@proxy:1/path", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@2001:db8::1", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@[::1]x", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("http://u:s3cret@[::1", "after a proxy's :// stands host, host:port or [IPv6 address]:port"),
        ("socks5://u:" + "s3cret" * 50 + "@proxy", "a proxy's user and password have at most 255 bytes each"),
        ("socks5://:s3cret@proxy", "a proxy's password needs a user before it: user:password@host"),
        ("http://s3%3Acret@proxy", "the user of an HTTP proxy cannot have a colon in it"),
    ],
)
def test_what_is_no_proxy_is_refused_in_one_sentence_that_repeats_no_secret(text, sentence):
    with pytest.raises(ValueError, match="proxy") as refused:
        parse_proxy(text)
    assert str(refused.value) == sentence


@given(st.text(max_size=60))
def test_any_text_is_a_proxy_or_refused(text):
    for candidate in (text, "http://" + text, "socks5://" + text + "@proxy.example.com"):
        with suppress(ValueError):
            proxy = parse_proxy(candidate)
            assert 0 < proxy.port < 65536
            assert proxy.host


def test_credentials_stand_in_no_representation():
    for proxy in (HTTP_LOGIN, SOCKS_LOGIN):
        dialogue = proxy_dialogue(proxy, "exp-e1.example.com", 5061)
        for secret in ("lie", "cret"):
            assert secret not in f"{proxy!r} {proxy} {dialogue!r}"


# --- HTTP -----------------------------------------------------------------------------------------------------


def test_an_http_proxy_is_asked_to_connect_to_the_name():
    outcome = said(HTTP, OK)
    assert (outcome.ready, outcome.failure, outcome.rest) == (True, None, b"")
    assert outcome.sent == (
        b"CONNECT exp-e1.example.com:5061 HTTP/1.1\r\nHost: exp-e1.example.com:5061\r\nUser-Agent: ekuscan\r\n\r\n"
    )
    assert said(HTTP, host="2001:db8::1").sent.startswith(b"CONNECT [2001:db8::1]:5061 HTTP/1.1\r\n")


def test_what_is_sent_to_proxies_stands_in_the_documentation():
    page = (Path(__file__).parents[1] / "docs" / "wire.md").read_text(encoding="utf-8")
    assert said(HTTP).sent.decode().replace("\r\n", "\n").rstrip() in page
    assert f"`{said(SOCKS).sent.hex(' ')}`" in page
    assert f"`{said(SOCKS_LOGIN).sent.hex(' ')}`" in page


def test_credentials_go_to_an_http_proxy_as_basic_authorization():
    assert said(HTTP_LOGIN, OK).sent.endswith(b"\r\nProxy-Authorization: Basic YW3DqWxpZTpzMzpjcmV0\r\n\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 Connection established\r\n\r\n",
        b"HTTP/1.1 200\n\n",
        b"HTTP/1.1 204 \r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n" + OK,
    ],
)
def test_any_success_of_an_http_proxy_means_go(data):
    assert said(HTTP, data).ready
    assert said(HTTP, *singly(data)).ready


@pytest.mark.parametrize(("proxy", "talk"), [(HTTP, (OK,)), (SOCKS, (METHOD, GRANTED))])
def test_what_follows_the_go_ahead_is_the_peers_and_is_handed_over(proxy, talk):
    for pieces in ((b"".join((*talk, b"220 mail")),), (*talk, b"220 ", b"mail")):
        outcome = said(proxy, *pieces)
        assert (outcome.ready, outcome.rest) == (True, b"220 mail")
    assert said(proxy, *talk, b"x" * LIMIT).reason == "too-much"


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n", "proxy-auth", ": 407 Proxy Authentication Required"),
        (b"HTTP/1.0 401 Unauthorized\r\n", "proxy-auth", "or others than these: 401 Unauthorized"),
        (b"HTTP/1.1 403 Forbidden\r\n", "proxy-refused", "the proxy refused to connect us: 403 Forbidden"),
        (b"HTTP/1.1 302 Found\r\n", "proxy-refused", "the proxy refused to connect us: 302 Found"),
        (b"HTTP/1.1 400 \x1b[1m\r\n", "proxy-refused", "the proxy refused to connect us: 400 \\x1b[1m"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", "proxy-failed", "the proxy could not connect us: 502 Bad Gateway"),
        (b"HTTP/1.1 504\r\n", "proxy-failed", "the proxy could not connect us: 504"),
        (b"HTTP/1.1 200 OK\r\n", "stalled", "went silent before the proxy had connected us (17 bytes received)"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "stalled", None),
        (b"HTTP/1.1 900 What\r\n", "not-the-protocol", "something that is not HTTP: HTTP/1.1 900 Wha"),
        (b"HTTP/2 200\r\n", "not-the-protocol", "something that is not HTTP: HTTP/2 200"),
        (b"\x05\x00", "not-the-protocol", "something that is not HTTP: \\x05\\x00"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "not-the-protocol", "something that is not HTTP: SSH-2.0-OpenSSH_"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-at-once", "speaks TLS at once, where HTTP was to come first"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * LIMIT,
            "too-much",
            "before the proxy had connected us: over 16384 bytes",
        ),
        (b"HTT", "stalled", None),
        (b"", "stalled", "went silent before the proxy had connected us (0 bytes received)"),
    ],
)
def test_an_http_proxy_that_does_not_connect_us_says_why(data, reason, detail):
    outcome = said(HTTP, data)
    assert (outcome.ready, outcome.reason, outcome.failure.stage) == (False, reason, "proxy")
    assert outcome.detail.endswith(detail or "")
    assert said(HTTP, *singly(data)) == outcome


# --- SOCKS ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("exp-e1.example.com", b"\x03\x12exp-e1.example.com"),
        ("192.0.2.1", b"\x01\xc0\x00\x02\x01"),
        ("2001:db8::1", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01"),
    ],
)
def test_a_socks_proxy_resolves_names_and_takes_addresses_as_such(host, place):
    outcome = said(SOCKS, METHOD, GRANTED, host=host)
    assert (outcome.ready, outcome.failure, outcome.rest) == (True, None, b"")
    assert outcome.sent == b"\x05\x01\x00" + b"\x05\x01\x00" + place + b"\x13\xc5"


def test_credentials_go_to_a_socks_proxy_that_asks_for_them_and_to_no_other():
    request = b"\x05\x01\x00\x03\x12exp-e1.example.com\x13\xc5"
    asked = said(SOCKS_LOGIN, LOGIN_METHOD, LOGGED_IN, GRANTED)
    assert asked.ready
    assert asked.sent == b"\x05\x02\x00\x02" + b"\x01\x07am\xc3\xa9lie\x07s3:cret" + request
    assert said(SOCKS_LOGIN, METHOD, GRANTED).sent == b"\x05\x02\x00\x02" + request


@pytest.mark.parametrize(
    "reply",
    [b"\x05\x00\x00\x03\x05proxy\x00\x50", b"\x05\x00\x00\x03\x00\x00\x50", b"\x05\x00\x00\x04" + bytes(18), GRANTED],
)
def test_a_socks_reply_may_name_any_kind_of_address(reply):
    assert said(SOCKS, METHOD, reply).ready
    assert said(SOCKS, METHOD, reply[:-1]).reason == "stalled"
    assert said(SOCKS, METHOD, reply + b"x").rest == b"x"


@pytest.mark.parametrize("code", SOCKS_REPLIES)
def test_every_socks_reply_that_is_no_success_is_named(code):
    reason, says = SOCKS_REPLIES[code]
    outcome = said(SOCKS, METHOD, bytes((5, code)))
    assert outcome.reason == reason
    assert "proxy" in REASONS[reason].stages
    assert reason == "refused" or outcome.detail.endswith(f"{code} {says}")


@pytest.mark.parametrize(
    ("proxy", "pieces", "reason", "detail"),
    [
        (SOCKS, (b"\x05\xff",), "proxy-auth", "it takes no way to log in that we offer"),
        (SOCKS, (LOGIN_METHOD,), "proxy-auth", "it takes no way to log in that we offer"),
        (SOCKS_LOGIN, (b"\x05\x01",), "proxy-auth", "it takes no way to log in that we offer"),
        (SOCKS_LOGIN, (LOGIN_METHOD, b"\x01\x01"), "proxy-auth", "user or password refused"),
        (SOCKS_LOGIN, (LOGIN_METHOD, b"\x01"), "stalled", "(3 bytes received)"),
        (SOCKS, (METHOD, b"\x05\x09"), "proxy-failed", "9 a reply without a name"),
        (SOCKS, (METHOD, b"\x04\x00"), "not-the-protocol", "something that is not SOCKS5: \\x04\\x00"),
        (SOCKS, (METHOD, b"\x05\x00\x00\x02\x00"), "not-the-protocol", "\\x05\\x00\\x00\\x02\\x00"),
        (SOCKS, (METHOD, b"\x05"), "stalled", "(3 bytes received)"),
        (SOCKS, (b"\x05",), "stalled", "(1 bytes received)"),
        (SOCKS, (b"\x00\x5a" + bytes(6),), "not-the-protocol", "\\x00Z\\x00\\x00\\x00\\x00\\x00\\x00"),
        (SOCKS, (b"HTTP/1.1 400 Bad Request\r\n",), "not-the-protocol", "HTTP/1.1 400 Bad"),
        (SOCKS, (b"\x15\x03\x01\x00\x02",), "tls-at-once", "speaks TLS at once, where SOCKS5 was to come first"),
    ],
)
def test_a_socks_proxy_that_does_not_connect_us_says_why(proxy, pieces, reason, detail):
    outcome = said(proxy, *pieces)
    assert (outcome.ready, outcome.reason, outcome.failure.stage) == (False, reason, "proxy")
    assert outcome.detail.endswith(detail)
    assert said(proxy, *singly(b"".join(pieces))) == outcome


# --- both -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_a_proxy_that_leaves_is_told_from_one_that_goes_silent(proxy):
    assert said(proxy, then="closes").detail == "closed the connection before the proxy had connected us"
    assert said(proxy, then="resets").detail == "reset the connection before the proxy had connected us"


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
@given(
    spoken=mixed(OK, OK[:30], b"HTTP/1.1 407 no\r\n", METHOD, LOGIN_METHOD, LOGGED_IN, GRANTED, b"\x05\x05"),
    cuts=cut_places,
    then=leavings,
)
def test_no_proxy_makes_the_dialogue_raise_and_no_chopping_changes_what_comes_of_it(proxy, spoken, cuts, then):
    whole = said(proxy, spoken, then=then)
    assert said(proxy, *chopped(spoken, cuts), then=then) == whole
    assert whole.ready is (whole.failure is None)
    assert whole.failure is None or "cret" not in whole.detail
