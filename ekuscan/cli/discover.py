"""``ekuscan discover``: the boxes behind a domain's SRV records, and what is wrong with these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ekuscan.cli.event_loop import run
from ekuscan.cli.import_sources import ImportRequest, check_file, put
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.discovery.ask import discover as ask
from ekuscan.discovery.findings import findings, unseen
from ekuscan.discovery.limits import MAX_DOMAINS, MAX_SERVERS, LookupLimits
from ekuscan.discovery.lookup import Server
from ekuscan.discovery.targets import found_targets
from ekuscan.discovery.views import Discovery, ViewName
from ekuscan.exit_code import FINE, INCOMPLETE
from ekuscan.imports.merge import Unmergeable
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.report.text import counted
from ekuscan.targets.address import Address, AddressError, is_ip, parse_host, parse_target
from ekuscan.targets.errors import InvalidInput, shown

_DNS_PORT = 53


@record
class DiscoverRequest:
    """What the command line says. ``answer`` and ``deadline`` are seconds, for one question and for everything."""

    domains: tuple[str, ...]
    file: Path | None = None
    internal_servers: tuple[str, ...] = ()
    external_servers: tuple[str, ...] = ()
    answer: float = 4.0
    deadline: float = 60.0
    overwrite: bool = False
    dry_run: bool = False


def discover(request: DiscoverRequest) -> int:
    """Ask, put the hosts into the targets file or print them, say on standard error what to look at."""
    try:
        check_file(request.file)
        domains = _domains(request.domains)
        limits = LookupLimits(answer=request.answer, deadline=request.deadline)
        seen = run(ask(domains, _views(request), limits))
        _tell(findings(seen))
        not_seen = unseen(seen)
        _tell(not_seen)
        _put(seen, request)
    except (UsageError, InvalidInput, Unmergeable) as error:
        return refuse(error)
    return INCOMPLETE if not_seen else FINE


def _put(seen: Discovery, request: DiscoverRequest) -> None:
    found = found_targets(seen)
    if found.targets:
        put([found], ImportRequest((), request.file, overwrite=request.overwrite, dry_run=request.dry_run))
    else:
        _tell(found.left_out)
    asked = counted(len(seen.records), "record name")
    tell(f"{asked} asked for, {counted(len(found.targets), 'host')} with TLS or SIP found")


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        tell(printable(sentence, 600))


def _domains(texts: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    wrong: list[str] = []
    for text in texts:
        try:
            domain = parse_host(text).removesuffix(".")
        except AddressError:
            domain = ""
        if not domain or is_ip(domain) or "." not in domain:
            wrong.append(f"found '{shown(text)}'; write a domain like example.com")
        found[domain] = None
    if wrong:
        raise UsageError("\n".join(wrong))
    if len(found) > MAX_DOMAINS:
        raise UsageError(f"there are {len(found)} domains; at most {MAX_DOMAINS} are asked about at once")
    return tuple(found)


def _views(request: DiscoverRequest) -> dict[ViewName, list[Server] | None]:
    """The servers of each view. This machine's own are asked where none is named for the inside."""
    internal = _servers("--internal-server", request.internal_servers)
    external = _servers("--external-server", request.external_servers)
    views: dict[ViewName, list[Server] | None] = {"internal": internal} if internal else {"own": None}
    if external:
        views["external"] = external
    return views


def _servers(option: str, texts: Sequence[str]) -> list[Server]:
    if len(texts) > MAX_SERVERS:
        raise UsageError(f"{option}: there are {len(texts)}; at most {MAX_SERVERS} are asked")
    return list(dict.fromkeys(_server(option, text) for text in texts))


def _server(option: str, text: str) -> Server:
    right = "write the IP address of a name server, for example 192.0.2.53 or 192.0.2.53:5353"
    try:
        parsed = None if "://" in text else parse_target(text)
    except AddressError:
        parsed = None
    if not isinstance(parsed, Address) or not is_ip(parsed.host):
        raise UsageError(f"{option}: found {shown(text)}; {right}")
    return Server(parsed.host, parsed.port or _DNS_PORT)
