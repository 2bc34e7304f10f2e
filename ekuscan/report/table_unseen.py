"""The section UNSEEN: endpoints that gave no certificate, and where each ended."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.model import Observation, Run
from ekuscan.protocols import transport_of
from ekuscan.report import text
from ekuscan.report.page import Page
from ekuscan.targets.address import label

_WIDEST_LABEL = 32


def unseen(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """One line per failed endpoint and one for all that were not tried; ports of a target with one fate share a line.

    An empty line follows; nothing comes where everything was seen.
    """
    failed = [observation for observation in run.observations if observation.status == "failed"]
    skipped = [observation for observation in run.observations if observation.status == "skipped"]
    if not failed and not skipped:
        return
    yield page.heading("UNSEEN", "(no certificate came from these)", "1;33")
    groups = _by_fate(failed, apart=verbose)
    ends = [_end(group, page) for group in groups]
    width = max((text.cells(end) for end in ends if text.cells(end) <= _WIDEST_LABEL), default=0)
    for end, group in zip(ends, groups, strict=True):
        yield from page.flow([text.pad(end, width), _fate(group, page)], " ", "    ")
    if skipped:
        yield from page.flow([text.counted(len(skipped), "port") + " not tried: " + _names(skipped, page)], " ", "    ")
    yield ""


def _by_fate(failed: list[Observation], *, apart: bool) -> list[list[Observation]]:
    groups: dict[tuple[str, ...], list[Observation]] = {}
    for observation in failed:
        failure = observation.failure
        fate = (failure.stage, failure.reason) if failure is not None else ()
        key = (observation.endpoint.target, *fate, *([observation.endpoint.id] if apart else []))
        groups.setdefault(key, []).append(observation)
    return list(groups.values())


def _end(group: list[Observation], page: Page) -> str:
    ports = ", ".join(port_name(observation) for observation in group)
    return f"{page.name(group[0].endpoint.target)}:{ports}"


def port_name(observation: Observation) -> str:
    """The port, with ``/udp`` where it is one, and with the address where each of a name is looked at."""
    udp = "/udp" if transport_of(observation.endpoint.protocol) == "udp" else ""
    return f"{observation.endpoint.port}{udp}{at_address(observation)}"


def at_address(observation: Observation) -> str:
    """``@192.0.2.1`` of an endpoint that is one address of a name, else nothing."""
    address = observation.endpoint.address
    return f"@{label(address)}" if address is not None else ""


def _fate(group: list[Observation], page: Page) -> str:
    details = {failure_words(observation, page) for observation in group}
    if len(details) == 1:
        return details.pop()
    failure = group[0].failure
    return f"{failure.stage}: {page.say(failure.reason)}" if failure is not None else ""


def failure_words(observation: Observation, page: Page) -> str:
    """``connect: refused, nothing listens there``: where it ended, the reason, the sentence."""
    failure = observation.failure
    if failure is None:
        return ""
    detail = page.say(failure.detail)
    return f"{failure.stage}: {page.say(failure.reason)}" + (f", {detail}" if detail else "")


def _names(skipped: list[Observation], page: Page) -> str:
    ports: dict[str, list[str]] = {}
    for observation in skipped:
        ports.setdefault(page.name(observation.endpoint.target), []).append(port_name(observation))
    return ", ".join(f"{name}:{','.join(numbers)}" for name, numbers in ports.items())
