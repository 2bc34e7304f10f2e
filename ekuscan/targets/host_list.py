"""Host lists: one host a line, then options.

    HOST[:PORT] [role=...] [release=...] [cluster=...] [server_name=...] [name=...] [tags=a,b] [SETTING=VALUE]

HOST is any TARGET form of `ekuscan.targets.address`. Targets on the command line are read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from ekuscan.profiles.load import role_named
from ekuscan.record import record
from ekuscan.targets.address import Address, AddressError, Network, label, parse_host, parse_target
from ekuscan.targets.draft import Draft, PortAsk
from ekuscan.targets.errors import Place, Problems, nearest, one_of, shown
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.words import (
    STACKS,
    name_problem,
    role_problem,
    server_name_problem,
    setting_problem,
)

OPTIONS = ("role", "release", "cluster", "server_name", "name", "tags", "stack")
_COMMENT = re.compile(r"(?:^|\s)#.*")


@record
class _Line:
    options: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


def read_host_list(text: str, where: str, vocabulary: Vocabulary, problems: Problems) -> Iterator[Draft]:
    """The targets of a host list; lines that are wrong are noted and left out."""
    for number, line in enumerate(text.split("\n"), start=1):
        yield from read_host_line(line, Place(where, number), vocabulary, problems)


def read_host_line(line: str, place: Place, vocabulary: Vocabulary, problems: Problems) -> Iterator[Draft]:
    """The target of one line, several for a network, none for a comment or a line that is wrong."""
    words = _COMMENT.sub("", line).split()
    if not words:
        return
    parsed = _parsed(words[0], place, problems)
    name = parsed.host if isinstance(parsed, Address) else words[0]
    options = _options(words[1:], Place(place.where, place.line, shown(name, 120)), vocabulary, problems)
    if isinstance(parsed, Address):
        yield _draft(parsed, place, options)
    elif isinstance(parsed, Network):
        if "name" in options.options:
            problems.add(options.places["name"], "a network is many targets; leave the name out")
        for address in parsed.addresses():
            yield replace(_draft(address, place, options), id=label(address.host))


def _parsed(word: str, place: Place, problems: Problems) -> Address | Network | None:
    try:
        return parse_target(word)
    except AddressError as error:
        problems.add(replace(place, key="host"), f"found {shown(word)}; {error}")
        return None


def _options(words: list[str], place: Place, vocabulary: Vocabulary, problems: Problems) -> _Line:
    options: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            problems.add(place, f"found {shown(word)}; write one host a line, then options as key=value")
        elif key not in OPTIONS and not vocabulary.is_setting(key, "target"):
            known = (*OPTIONS, *vocabulary.settings_of("target"))
            close = nearest(key, known)
            right = f"did you mean {close}?" if close else f"the options are {one_of(known)}"
            problems.add(place.at(key), f"unknown option; {right}")
        elif key in options:
            problems.add(place.at(key), f"found twice: {shown(options[key])} and {shown(value)}")
        elif problem := _option_problem(key, value, vocabulary):
            problems.add(place.at(key), problem)
        else:
            options[key] = value
    return _Line(options, {key: place.at(key) for key in options})


def _option_problem(key: str, value: str, vocabulary: Vocabulary) -> str | None:
    if not value:
        return "found nothing; write a value after ="
    if key == "role":
        return role_problem(value)
    if key in ("cluster", "name"):
        return name_problem(value)
    if key == "server_name":
        return server_name_problem(value)
    if key == "stack":
        return setting_problem(value, STACKS)
    return setting_problem(value, vocabulary.settings[key].values) if key in vocabulary.settings else None


def _draft(address: Address, place: Place, line: _Line) -> Draft:
    options = line.options
    asks: tuple[PortAsk, ...] = ()
    if address.port is not None:
        asks = (PortAsk(address.port, address.port, address.protocol),)
    return Draft(
        id=options.get("name", label(address.host)),
        place=Place(place.where, place.line, label(address.host)),
        host=address.host,
        role=role_named(options.get("role", "")),
        release=options.get("release"),
        cluster=options.get("cluster"),
        server_name=parse_host(options["server_name"]).removesuffix(".") if "server_name" in options else None,
        own_ports=not asks,
        asks=asks,
        tags=tuple(tag for tag in options.get("tags", "").split(",") if tag),
        settings={key: value for key, value in options.items() if key not in OPTIONS or key == "stack"},
        places=line.places,
    )
