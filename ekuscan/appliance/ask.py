"""The facts of one box, and of all boxes of an inventory for which there is a log-in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ekuscan.appliance import cms, expressway
from ekuscan.appliance.conversation import Answer, Conversation, Place
from ekuscan.appliance.facts import ApiFailure, ApplianceFacts, api_failure
from ekuscan.appliance.limits import ApiLimits
from ekuscan.appliance.requests import ProductRow, RequestRow, api_endpoints, product_of, requests_for
from ekuscan.credentials import Login
from ekuscan.dial import one_per_family
from ekuscan.imports.zone import Zone
from ekuscan.model import Banner, Endpoint, Failure, Inventory, Target
from ekuscan.names import printable
from ekuscan.probe import server_name
from ekuscan.resolve import Names

_RAW = 200


async def facts_of_all(
    inventory: Inventory, logins: Mapping[str, Login], limits: ApiLimits | None = None
) -> dict[str, ApplianceFacts]:
    """What every box tells for which there is a log-in, by target.

    Boxes are asked side by side, but where several share a user and password the first one alone: where it refuses
    them, the others are not asked, because a directory counts wrong passwords over all of its boxes.
    """
    limits = limits or ApiLimits()
    gate, names = asyncio.Semaphore(limits.at_once), Names(limits.connect)
    asker = _Asker(inventory, logins, limits, gate, names)
    try:
        async with asyncio.TaskGroup() as group:
            for sharing in _sharing(inventory.targets, logins):
                group.create_task(asker.together(sharing))
    finally:
        names.close()
    return {target.id: asker.told[target.id] for target in inventory.targets if target.id in asker.told}


async def facts(
    target: Target,
    endpoints: Sequence[Endpoint],
    login: Login,
    trust: tuple[bytes, ...] = (),
    *,
    limits: ApiLimits | None = None,
    names: Names | None = None,
) -> ApplianceFacts:
    """What one box tells. Never raises for anything that the box or the network does.

    Args:
        target: the box; its role says which product's API it has.
        endpoints: where the API may be, the likeliest first (see `api_endpoints`).
        login: the log-in, and how the server's certificate is verified.
        trust: the site's own CAs, DER, beside those of the system.
        limits: bounds of time and size.
        names: look-ups that are shared with others.

    Raises:
        ValueError: the role has no API.
    """
    product = product_of(target.role)
    if product is None:
        raise ValueError(f"{target.role} has no API to log in to")
    limits = limits or ApiLimits()
    own = names or Names(limits.connect)
    findings = _Findings(target, product)
    try:
        async with asyncio.timeout(limits.deadline):
            await _ask_endpoints(findings, endpoints, login, trust, limits, own)
    except TimeoutError:
        findings.failures.append(api_failure(None, "too-slow", error=limits.deadline))
    finally:
        if names is None:
            own.close()
    return findings.facts()


@dataclass(slots=True)
class _Findings:
    """What has come so far; it is kept where the time runs out."""

    target: Target
    product: ProductRow
    endpoint: str | None = None
    release: Banner | None = None
    zones: list[Zone] = field(default_factory=list)
    certificates: tuple[bytes, ...] = ()
    failures: list[ApiFailure] = field(default_factory=list)

    def facts(self) -> ApplianceFacts:
        return ApplianceFacts(
            self.target.id,
            self.product.name,
            self.endpoint,
            self.release,
            tuple(self.zones),
            self.certificates,
            tuple(self.failures),
        )

    def take(self, row: RequestRow, body: bytes) -> bool:
        """Read an answer; False where it is not what was asked for."""
        if row.gives == "release":
            read = cms.read_release if self.product.name == "cms" else expressway.read_release
            release = read(body)
            if release is None:
                return False
            self.release = Banner(self.product.name, release, printable(f"{row.path}: {release}", _RAW))
            return True
        if row.gives == "zones":
            zones = expressway.read_zones(body, row)
            self.zones += zones or ()
            return zones is not None
        chain = expressway.read_chain(body)
        self.certificates = chain or ()
        return chain is not None


async def _ask_endpoints(
    findings: _Findings,
    endpoints: Sequence[Endpoint],
    login: Login,
    trust: tuple[bytes, ...],
    limits: ApiLimits,
    names: Names,
) -> None:
    """Ask at the first place that the log-in may be sent to; those before it matter no more then."""
    passed: list[ApiFailure] = []
    for endpoint in endpoints:
        addresses = await names.look_up(endpoint.host)
        if isinstance(addresses, Failure):
            passed.append(api_failure(None, "name-unknown", error=addresses.detail))
            continue
        for address in one_per_family(addresses):
            place = Place(address.text, endpoint.port, server_name(endpoint))
            async with Conversation(place, login, trust, limits) as conversation:
                failures = await _unasked(findings, conversation) or await _ask(findings, conversation, endpoint)
            if conversation.sent:
                findings.failures += failures
                return
            passed += failures
    findings.failures += dict.fromkeys(passed)


async def _unasked(findings: _Findings, conversation: Conversation) -> list[ApiFailure]:
    """Why no log-in may be sent here: the server does not ask for one as its product does, where it is known how."""
    wanted = findings.product.challenge
    if wanted is None:
        return []
    answer = await conversation.challenge(requests_for(findings.target.role)[0].path)
    if isinstance(answer, ApiFailure):
        return [answer]
    if answer.status == 401 and answer.challenge.lower() == wanted.lower():
        return []
    return [api_failure(None, "not-asked-for", error=_told(answer))]


def _told(answer: Answer) -> str:
    return f"{answer.status}, {answer.challenge}" if answer.challenge else str(answer.status)


async def _ask(findings: _Findings, conversation: Conversation, endpoint: Endpoint) -> list[ApiFailure]:
    """Every request until one is refused. Where one told the release, it matters no more that others did not."""
    failures: list[tuple[RequestRow, ApiFailure]] = []
    for row in requests_for(findings.target.role):
        if row.gives == "release" and findings.release is not None:
            continue
        body = await conversation.get(row.path)
        if not conversation.over:
            findings.endpoint = endpoint.id
        if isinstance(body, ApiFailure):
            failures.append((row, body))
        elif not findings.take(row, body):
            failures.append((row, api_failure(row.path, "unreadable", error=_beginning(body))))
        if conversation.over:
            break
    return [failure for row, failure in failures if row.gives != "release" or findings.release is None]


def _beginning(body: bytes) -> str:
    return printable(" ".join(body[:200].decode("utf-8", "replace").split()), 60) or "an empty answer"


def _sharing(targets: Iterable[Target], logins: Mapping[str, Login]) -> list[list[Target]]:
    """Targets with a log-in, those together that share user and password, whichever product they are."""
    groups: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        login = logins.get(target.id)
        if login is not None and product_of(target.role) is not None:
            groups.setdefault((login.user, login.password), []).append(target)
    return list(groups.values())


@dataclass(slots=True)
class _Asker:
    """All boxes being asked."""

    inventory: Inventory
    logins: Mapping[str, Login]
    limits: ApiLimits
    gate: asyncio.Semaphore
    names: Names
    told: dict[str, ApplianceFacts] = field(default_factory=dict)

    async def together(self, sharing: Sequence[Target]) -> None:
        """Ask boxes that share a log-in: one after the other until one has taken or refused it, then the others.

        What one product took another may still refuse, so of each product one box is asked alone.
        """
        rest = list(sharing)
        while rest:
            first = rest.pop(0)
            told = [await self._one(first)]
            if told[0].endpoint is not None and not _refused(told[0]):
                alike = [target for target in rest if product_of(target.role) == product_of(first.role)]
                rest = [target for target in rest if target not in alike]
                told += await asyncio.gather(*(self._one(target) for target in alike))
            refused = next((one for one in told if _refused(one)), None)
            if refused is not None:
                self.told.update((target.id, _untried(target, refused)) for target in rest)
                return

    async def _one(self, target: Target) -> ApplianceFacts:
        login, where = self.logins[target.id], api_endpoints(target, self.inventory.endpoints)
        async with self.gate:
            told = await facts(target, where, login, self.inventory.trust, limits=self.limits, names=self.names)
        self.told[target.id] = told
        return told


def _refused(told: ApplianceFacts) -> bool:
    return any(failure.reason in ("login-refused", "not-allowed") for failure in told.failures)


def _untried(target: Target, refused: ApplianceFacts) -> ApplianceFacts:
    product = product_of(target.role)
    failure = api_failure(None, "login-refused-elsewhere", error=printable(refused.target))
    return ApplianceFacts(target.id, product.name if product is not None else "", failures=(failure,))
