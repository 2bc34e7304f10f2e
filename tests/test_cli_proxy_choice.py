"""Which proxy a host is reached through."""

from __future__ import annotations

import pytest

from ekuscan.cli.proxy_choice import ProxyChoice, check_proxy
from ekuscan.cli.refusal import UsageError
from ekuscan.wire.proxy import Proxy

HOST = "exp-e1.example.com"
TYPED, FILED, OWN, TOLD = (Proxy("http", f"{name}.example", 3128) for name in ("typed", "filed", "own", "told"))


def url(proxy: Proxy) -> str:
    return f"{proxy.scheme}://{proxy.host}:{proxy.port}"


def test_without_a_word_there_is_none_whatever_other_programs_are_told() -> None:
    environ = {"HTTPS_PROXY": url(TOLD), "ALL_PROXY": url(TOLD), "https_proxy": url(TOLD)}
    assert ProxyChoice(None, None, environ).of(HOST, None) is None


@pytest.mark.parametrize(
    ("option", "in_file", "own", "expected"),
    [
        (None, None, None, TOLD),
        (None, url(FILED), None, FILED),
        (url(TYPED), url(FILED), None, TYPED),
        (url(TYPED), url(FILED), url(OWN), OWN),
        (url(TYPED), url(FILED), "none", None),
        ("none", url(FILED), None, None),
        ("none", None, url(OWN), OWN),
        (None, "none", None, None),
    ],
)
def test_what_is_nearer_to_the_target_wins(
    option: str | None, in_file: str | None, own: str | None, expected: Proxy | None
) -> None:
    assert ProxyChoice(option, in_file, {"EKUSCAN_PROXY": url(TOLD)}).of(HOST, own) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HTTPS_PROXY": url(TOLD), "ALL_PROXY": url(OWN)}, TOLD),
        ({"HTTPS_PROXY": url(OWN), "https_proxy": url(TOLD)}, TOLD),
        ({"ALL_PROXY": "socks5h://127.0.0.1"}, Proxy("socks5", "127.0.0.1", 1080)),
        ({"HTTPS_PROXY": "told.example:3128"}, TOLD),
        ({"HTTPS_PROXY": "", "EKUSCAN_PROXY": url(OWN)}, None),
        ({}, None),
    ],
)
def test_auto_takes_what_other_programs_are_told(environ: dict[str, str], expected: Proxy | None) -> None:
    assert ProxyChoice("auto", url(FILED), environ).of(HOST, None) == expected


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("example.com", HOST, True),
        (".example.com", HOST, True),
        ("*.example.com", HOST, True),
        ("localhost, EXAMPLE.com.", "exp-e1.Example.com.", True),
        ("ample.com", HOST, False),
        ("com.example", HOST, False),
        ("*", HOST, True),
        ("", HOST, False),
        (",,.", HOST, False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.0/24,10.0.0.0/8", "10.1.2.3", True),
        ("192.0.2.0/24", "192.0.3.1", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("2.7", "192.0.2.7", False),
        ("192.0.2.0/24", HOST, False),
    ],
)
def test_auto_leaves_out_what_no_proxy_names(no_proxy: str, host: str, direct: bool) -> None:
    found = ProxyChoice("auto", None, {"HTTPS_PROXY": url(TOLD), "NO_PROXY": no_proxy}).of(host, None)
    assert found == (None if direct else TOLD)


def test_a_proxy_that_somebody_named_is_not_left_out_for_no_proxy() -> None:
    environ = {"NO_PROXY": "*", "no_proxy": "*", "EKUSCAN_PROXY": url(TOLD)}
    assert ProxyChoice(url(TYPED), None, environ).of(HOST, None) == TYPED
    assert ProxyChoice(None, None, environ).of(HOST, None) == TOLD


def test_a_password_comes_from_the_environment_only() -> None:
    environ = {"EKUSCAN_PROXY_PASSWORD": "secret"}
    assert ProxyChoice("http://user@typed.example:3128", None, environ).of(HOST, None) == Proxy(
        "http", "typed.example", 3128, "user", "secret"
    )
    whole = ProxyChoice("auto", None, {"HTTPS_PROXY": "http://user:other@told.example:3128", **environ}).of(HOST, None)
    assert whole is not None
    assert whole.password == "other"
    assert ProxyChoice(url(TYPED), None, environ).of(HOST, None) == TYPED
    with pytest.raises(UsageError) as caught:
        ProxyChoice("http://user:secret@typed.example:3128", None, {})
    assert str(caught.value) == "--proxy: leave the password out: EKUSCAN_PROXY_PASSWORD holds it"


@pytest.mark.parametrize("text", ["ftp://proxy", "proxy:3128", "https://proxy", "http://proxy:0", "", "http://"])
def test_what_is_no_proxy_is_refused_by_the_place_where_it_stands(text: str) -> None:
    assert check_proxy(text) is not None
    with pytest.raises(UsageError, match=r"^--proxy: "):
        ProxyChoice(text, None, {})
    if text:
        with pytest.raises(UsageError, match=r"^EKUSCAN_PROXY: "):
            ProxyChoice(None, None, {"EKUSCAN_PROXY": text})
