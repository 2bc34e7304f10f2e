"""Which proxy a target is reached through: what it says itself, the command line, the targets file, the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ekuscan.cli.refusal import UsageError
from ekuscan.targets.words import NO_PROXY

if TYPE_CHECKING:
    # Few scans have a proxy; the others do not load how to talk to one.
    from ekuscan.wire.proxy import Proxy

PROXY_VARIABLE = "EKUSCAN_PROXY"
PROXY_PASSWORD_VARIABLE = "EKUSCAN_PROXY_PASSWORD"  # noqa: S105  (the name of the variable, not a password)
# What other programs are told about proxies counts only where that is said: it is set for web pages as a rule, and a
# web proxy that refuses every other port would make a whole sweep fail.
AUTO = "auto"


def check_proxy(text: str) -> str | None:
    """None for the URL of a proxy that may stand in a file, else what is wrong, without a word of it."""
    from ekuscan.wire.proxy import parse_proxy

    try:
        proxy = parse_proxy(text)
    except ValueError as error:
        return str(error)
    return f"leave the password out: {PROXY_PASSWORD_VARIABLE} holds it" if proxy.password else None


class ProxyChoice:
    """The proxy of each host. ``option`` is --proxy, ``in_file`` what the targets file says for all.

    Raises `UsageError` where one of them, or a variable, is no proxy.
    """

    def __init__(self, option: str | None, in_file: str | None, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._bypass = option == AUTO
        if option == AUTO:
            self._common = self._of_environment()
        elif option is not None:
            self._common = self._typed(option)
        elif in_file is not None:
            self._common = self._parsed("proxy", in_file)
        else:
            self._common = self._parsed(PROXY_VARIABLE, environ.get(PROXY_VARIABLE, NO_PROXY) or NO_PROXY)

    def of(self, host: str | None, own: str | None) -> Proxy | None:
        """The proxy for a host whose target says ``own``; None for none."""
        if own is not None:
            return self._parsed("proxy", own)
        if self._bypass and host is not None and _bypassed(host, self._environ):
            return None
        return self._common

    def _typed(self, text: str) -> Proxy | None:
        problem = None if text == NO_PROXY else check_proxy(text)
        if problem:
            raise UsageError(f"--proxy: {problem}")
        return self._parsed("--proxy", text)

    def _of_environment(self) -> Proxy | None:
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            text = self._environ.get(name)
            if text:
                return self._parsed(name, text if "://" in text else f"http://{text}")
        return None

    def _parsed(self, where: str, text: str) -> Proxy | None:
        if text == NO_PROXY:
            return None
        from ekuscan.wire.proxy import parse_proxy

        try:
            proxy = parse_proxy(text)
        except ValueError as error:
            raise UsageError(f"{where}: {error}") from None
        if proxy.user and not proxy.password:
            return replace(proxy, password=self._environ.get(PROXY_PASSWORD_VARIABLE, ""))
        return proxy


def _bypassed(host: str, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY has the host: a name with all below it, an address, a network, or * for everything."""
    name = host.lower().removesuffix(".")
    words = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").lower().split(",")
    return any(_covers(word.strip().removesuffix("."), name) for word in words)


def _covers(word: str, name: str) -> bool:
    if word == "*":
        return True
    bare = word.removeprefix("*").removeprefix(".")
    if not bare:
        return False
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return name == bare or name.endswith(f".{bare}")
    try:
        return address in ip_network(bare.removeprefix("[").removesuffix("]"), strict=False)
    except ValueError:
        return False
