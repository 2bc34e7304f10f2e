"""What each kind of word has to look like. Every function gives None, or the text of the problem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import get_args

from ekuscan.model import RoleName, Stack
from ekuscan.profiles.load import ROLES
from ekuscan.targets.address import AddressError, is_ip, parse_host, parse_port, parse_port_word
from ekuscan.targets.errors import not_one_of, shown
from ekuscan.targets.vocabulary import Vocabulary

NAME_LIMIT = 128
# Where the URL of a proxy belongs: none at all.
NO_PROXY = "none"
OWNER_LIMIT, REASON_LIMIT = 200, 2000
# What stands for every word in a part of a verdict's id.
ANY = "*"
STACKS: tuple[Stack, ...] = get_args(Stack)

# These join names into ids and options: TARGET>PEER/USE_CASE, TARGET:PORT/PROTOCOL, NAME:SLOT=FILE, tags=a,b.
_JOINTS = frozenset(":/>=,#@")
_VERDICT = "TARGET[>PEER]/USE_CASE/RULE"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@lru_cache(maxsize=4096)
def name_problem(text: str) -> str | None:
    """The name of a target or cluster."""
    body = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if body is not text and _is_ipv6(body):
        return None
    if not text:
        return "found nothing; write a name"
    if len(text) > NAME_LIMIT:
        return f"found {shown(text)}; a name has at most {NAME_LIMIT} characters"
    if any(char in _JOINTS or char.isspace() or not char.isprintable() for char in text):
        return f"found {shown(text)}; a name has no spaces and none of {' '.join(sorted(_JOINTS))}"
    return None


def host_problem(text: str) -> str | None:
    """A host without a port."""
    try:
        parse_host(text)
    except AddressError as error:
        if "/" in text:
            return f"found {shown(text)}; write the host alone"
        host, _, port = text.rpartition(":")
        if host and port.isdigit() and host_problem(host) is None:
            return f"found {shown(text)}; write the host alone, and ports: [{shown(port)}] beside it"
        return f"found {shown(text)}; {error}"
    return None


def server_name_problem(text: str) -> str | None:
    """A server name (SNI): a host name, no address."""
    try:
        host = parse_host(text)
    except AddressError:
        return f"found {shown(text)}; write a host name"
    return f"found {shown(text)}; a server name is a host name, not an address" if is_ip(host) else None


def port_word_problem(text: str) -> str | None:
    """A port named by its protocol, in a list of ports."""
    if text.isdigit():
        return f'found "{shown(text)}" (text); write {shown(text)} without quotes'
    try:
        parse_port_word(text)
    except AddressError as error:
        return f"found {shown(text)}; {error}"
    return None


def port_key_problem(text: str) -> str | None:
    """The product's own port, as the key of a forwarded one."""
    try:
        if ":" in text:
            parse_port_word(text)
        else:
            parse_port(text)
    except AddressError as error:
        return f"found {shown(text)}; {error}"
    return None


def role_problem(text: str) -> str | None:
    """A role."""
    return None if text in ROLES else not_one_of(text, ROLES)


def setting_problem(text: str, values: Sequence[str]) -> str | None:
    """The value of a setting; no values means any text."""
    return None if not values or text in values else not_one_of(text, values)


def waived_problem(text: str) -> str | None:
    """Which verdicts a waiver is about: an id of a verdict, or one with "*" in place of whole parts."""
    parts = text.split("/")
    ends = parts[0].split(">")
    if len(parts) != 3 or len(ends) > 2 or not all((*ends, *parts[1:])):
        return f"found {shown(text, NAME_LIMIT)}; write the id of a verdict, {_VERDICT}"
    if all(part == ANY for part in (*ends, *parts[1:])):
        return f"found {shown(text)}, which is every verdict; name at least a target, a use case or a rule"
    half = next((part for part in (*ends, *parts[1:]) if ANY in part and part != ANY), None)
    if half is not None:
        return f"found {shown(half)} in it; {ANY} stands for a whole part, so write {ANY} or the whole name"
    return next((problem for end in ends if end != ANY and (problem := name_problem(end))), None)


def words_problem(text: str, most: int) -> str | None:
    """Words of a person, of at most ``most`` characters, in one or several lines."""
    told = " ".join(text.split())
    if not told:
        return "found nothing; write a few words"
    if len(told) > most:
        return f"found {len(told)} characters; write at most {most}"
    return None if told.isprintable() else f"found {shown(told)}; leave out what is no visible character"


def day_problem(text: str) -> str | None:
    """A day."""
    if _DAY.fullmatch(text):
        try:
            date.fromisoformat(text)
        except ValueError:
            return f"found {shown(text)}, a day that no calendar has; write it as YYYY-MM-DD"
        return None
    return f"found {shown(text)}; write the day as YYYY-MM-DD"


def release_problem(role: RoleName | None, text: str, vocabulary: Vocabulary) -> str | None:
    """A release, in the form of its role's product; without a role any text will do."""
    if not text or len(text) > NAME_LIMIT or not text.isprintable():
        return f"found {shown(text)}; write a release"
    right = vocabulary.check_release(role, text) if role else None
    return f"found {shown(text)}; write {right}" if right else None


def _is_ipv6(text: str) -> bool:
    return ":" in text and host_problem(text) is None
