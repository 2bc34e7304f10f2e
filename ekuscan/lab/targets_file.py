"""The targets file of a lab. It is written by hand, in the form that a person would write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ekuscan.lab.estate import Box, Estate

Ports = Mapping[str, int] | Sequence[str]


def targets_text(estate: Estate, hosts: Mapping[str, str], ports: Mapping[str, Ports], private_root: str) -> str:
    """A targets file (YAML). ``ports`` has for each box the product's ports with those on loopback, or those on
    loopback alone, each behind its protocol; a box without a host is a far end that is not scanned."""
    lines = [f"# {estate.title}.", f"# {estate.says}", "schema: ekuscan.targets/1", "targets:"]
    for box in estate.boxes:
        lines += [f"  {box.name}:", *_box_lines(box, hosts.get(box.name), ports.get(box.name, ()))]
    lines += ["trust:", f"  - {private_root}"]
    if estate.connections:
        lines.append("connections:")
        lines += [f"  - {_flow(connection)}" for connection in estate.connections]
    return "\n".join(lines) + "\n"


def _box_lines(box: Box, host: str | None, ports: Ports) -> list[str]:
    entry: dict[str, str] = {"role": box.role}
    if host is not None:
        entry = {"host": json.dumps(host), "server_name": box.server_name, **entry}
    if box.release is not None:
        entry["release"] = json.dumps(box.release)
    if box.cluster is not None:
        entry["cluster"] = box.cluster
    entry |= {name: json.dumps(value) for name, value in box.settings.items()}
    if box.stated:
        entry["slots"] = _flow({slot: _slot_text(box, slot) for slot in box.stated})
    if ports:
        entry["ports"] = _ports_text(ports)
    return [f"    {key}: {value}" for key, value in entry.items()]


def _ports_text(ports: Ports) -> str:
    if isinstance(ports, Mapping):
        return "{" + ", ".join(f"{known}: {actual}" for known, actual in ports.items()) + "}"
    return json.dumps(ports)


def _slot_text(box: Box, slot: str) -> str:
    plan = box.slots[slot]
    return plan if isinstance(plan, str) else f"{box.name}.{slot}.pem"


def _flow(entry: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in entry.items()) + "}"
