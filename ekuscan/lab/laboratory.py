"""A lab that runs: an estate's appliances on loopback, and the directory of files that one scans it with."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from ekuscan.lab.api import ApiLogin
from ekuscan.lab.authority import Credential, pem
from ekuscan.lab.box_ports import BoxPorts, PortPlan
from ekuscan.lab.estate import Box, Estate
from ekuscan.lab.fault import Fault
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.faults import FAULTS
from ekuscan.lab.server import Listener, LoopbackServer, State
from ekuscan.lab.talk import sip_answer
from ekuscan.lab.targets_file import Ports, targets_text
from ekuscan.lab.tls import RequestChoice
from ekuscan.lab.wire import Counters
from ekuscan.lab.worlds import PRIVATE, World, make_worlds, write_trust_data
from ekuscan.profiles.load import port_of
from ekuscan.protocols import transport_of
from ekuscan.record import record

PRIVATE_ROOT_FILE: Final = "corp-root.pem"
ALL_ROOTS_FILE: Final = "all-roots.pem"
_PORT_OFFSET: Final = 20_000
_FIRST_HOST: Final = 11
_HOSTS_PER_NET: Final = 240
_SECRET: Final = 0o600


@record
class LabEndpoint:
    """What is really there, for a test to hold a scan against.

    ``profile_port`` is the product's port, ``port`` the one on loopback. ``chain`` is what is presented, as DER;
    ``request`` None where a fault decides. ``counters`` go on counting while the lab runs;
    ``listener`` can be ended and begun again, or get another handler.
    """

    id: str
    target: str
    host: str
    port: int
    profile_port: int
    protocol: str
    state: State
    slot: str | None
    chain: tuple[bytes, ...]
    request: RequestChoice | None
    checks_eku: bool
    agent: str | None
    fault: str | None
    counters: Counters
    plan: PortPlan
    listener: Listener


@record
class Lab:
    """A running lab. ``credentials`` are by box and slot; ``worlds`` are its CAs, to issue more from.

    ``login`` is taken by the appliances' APIs; ``credentials_file`` holds it as `ekuscan.credentials` reads it.
    """

    estate: Estate
    directory: Path
    today: datetime
    targets_file: Path
    trust_data: Path
    endpoints: tuple[LabEndpoint, ...]
    worlds: Mapping[str, World]
    credentials: Mapping[tuple[str, str], Credential]
    login: ApiLogin
    credentials_file: Path
    server: LoopbackServer

    def endpoint(self, target: str, profile_port: int) -> LabEndpoint:
        """The endpoint of a box by the product's own port number."""
        return next(one for one in self.endpoints if (one.target, one.profile_port) == (target, profile_port))


@asynccontextmanager
async def running(estate: Estate, directory: Path, today: datetime, *, pace: float = 1.0) -> AsyncIterator[Lab]:
    """The same as `open_lab`, for ``async with``."""
    with open_lab(estate, directory, today, pace=pace) as lab:
        yield lab


@contextmanager
def open_lab(estate: Estate, directory: Path, today: datetime, *, pace: float = 1.0) -> Iterator[Lab]:
    """Run an estate until the block ends.

    Writes into ``directory`` (made if missing): targets.yaml, trust.sqlite, the private root, all roots together,
    credentials.toml with the log-in of the appliances' APIs, and per slot the certificates and the key. The servers run
    in a thread of their own, on addresses 127.0.0.11 and up where the system has them, else all on 127.0.0.1; ports are
    the product's plus 20000 where these are free. ``today`` is aware and in UTC: all certificates, and the judgement of
    the appliances, are relative to it. ``pace`` is the pause in seconds of faults that drip or hesitate.
    """
    directory.mkdir(parents=True, exist_ok=True)
    worlds = make_worlds(today)
    server = LoopbackServer()
    try:
        lab = _build(server, estate, directory, today, worlds, pace)
        server.start()
        yield lab
    finally:
        server.stop()


def _build(
    server: LoopbackServer, estate: Estate, directory: Path, today: datetime, worlds: dict[str, World], pace: float
) -> Lab:
    kit = FaultKit(worlds["digicert"].issuing, worlds["digicert"].root, today, pace)
    endpoints: list[LabEndpoint] = []
    credentials: dict[tuple[str, str], Credential] = {}
    login = ApiLogin()
    for number, box in enumerate(estate.boxes):
        ports = BoxPorts(box, estate, worlds, today, login)
        host = box.host or _host(number)
        endpoints += [_serve(server, host, box, plan, kit) for plan in ports.plans()]
        for slot, credential in ports.credentials.items():
            credentials[box.name, slot] = credential
            _write_credential(directory, box.name, slot, credential)
    (directory / PRIVATE_ROOT_FILE).write_bytes(pem(worlds[PRIVATE].root.certificate))
    (directory / ALL_ROOTS_FILE).write_bytes(pem(*(world.root.certificate for world in worlds.values())))
    credentials_file = directory / "credentials.toml"
    _write_secret(credentials_file, login.file(ALL_ROOTS_FILE).encode())
    trust_data = directory / "trust.sqlite"
    write_trust_data(worlds, trust_data, today)
    targets_file = directory / "targets.yaml"
    hosts = {one.target: one.host for one in endpoints}
    dialled = {box.name: _ports(box, [one for one in endpoints if one.target == box.name]) for box in estate.boxes}
    text = targets_text(estate, hosts, dialled, PRIVATE_ROOT_FILE)
    targets_file.write_text(text, encoding="utf-8")
    return Lab(
        estate,
        directory,
        today,
        targets_file,
        trust_data,
        tuple(endpoints),
        worlds,
        credentials,
        login,
        credentials_file,
        server,
    )


def _ports(box: Box, endpoints: Sequence[LabEndpoint]) -> Ports:
    """The ports on loopback for a targets file: by those of the product, or by protocol where it has no such port."""
    if all(port_of(box.role, one.profile_port, transport_of(one.protocol)) for one in endpoints):
        return _forwarded(endpoints)
    return [f"{one.protocol}:{one.port}" for one in endpoints]


def _forwarded(endpoints: Iterable[LabEndpoint]) -> dict[str, int]:
    """The product's ports and those on loopback; a number that stands twice is told apart by its protocol."""
    found: dict[str, int] = {}
    for one in endpoints:
        number = str(one.profile_port)
        found[f"{one.protocol}:{number}" if number in found else number] = one.port
    return found


def _serve(server: LoopbackServer, host: str, box: Box, plan: PortPlan, kit: FaultKit) -> LabEndpoint:
    fault = FAULTS[plan.fault] if plan.fault is not None else None
    listener = _listener(server, host, plan, fault, kit)
    return LabEndpoint(
        id=f"{box.name}:{listener.port}/{plan.protocol}",
        target=box.name,
        host=host,
        port=listener.port,
        profile_port=plan.port,
        protocol=plan.protocol,
        state=listener.state,
        slot=plan.slot,
        chain=plan.credential.ders if plan.credential else (),
        request=plan.request if fault is None else None,
        checks_eku=plan.checks_eku,
        agent=plan.manners.agent if plan.protocol in ("sips", "sip-udp") and fault is None else None,
        fault=plan.fault,
        counters=listener.counters,
        plan=plan,
        listener=listener,
    )


def _listener(server: LoopbackServer, host: str, plan: PortPlan, fault: Fault | None, kit: FaultKit) -> Listener:
    port = _PORT_OFFSET + plan.port
    state = fault.state if fault is not None else plan.state
    if transport_of(plan.protocol) == "udp":
        if state == "closed":
            return server.refuse_datagrams(host)
        if fault is not None and fault.talk is not None:
            return server.converse(host, port, fault.talk(kit))
        own = fault.datagrams if fault is not None else None
        return server.answer(host, port, own or partial(sip_answer, manners=plan.manners))
    if state == "closed":
        return server.refuse(host, port)
    if state == "filtered":
        return server.filter(host, port)
    if fault is not None and fault.handler is not None:
        return server.listen(host, port, fault.handler(kit))
    return server.listen(host, port, plan.conversation())


def _host(number: int) -> str:
    """A loopback address for the box of this number; systems that have only one (macOS) give that."""
    net, last = divmod(number, _HOSTS_PER_NET)
    host = f"127.0.{net}.{_FIRST_HOST + last}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return "127.0.0.1"
    return host


def _write_credential(directory: Path, box: str, slot: str, credential: Credential) -> None:
    (directory / f"{box}.{slot}.pem").write_bytes(credential.pem)
    _write_secret(directory / f"{box}.{slot}.key", credential.key_pem)


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=_SECRET)
    path.write_bytes(content)
