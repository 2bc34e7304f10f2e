"""``ekuscan targets``: what a targets file means, its schema, and one to begin with."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from ekuscan.certificate_files import read_certificates
from ekuscan.cli.knowledge import given_password, tables, vocabulary
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.stray_files import refuse_files
from ekuscan.model import Inventory, Target
from ekuscan.names import printable
from ekuscan.report.text import counted
from ekuscan.rules.load import packaged
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load

_STDIN_LIMIT = 8 * 1024 * 1024
_EXAMPLES = (
    "exp-e1.example.com role=expressway-e release=X15.4 cluster=edge",
    "exp-c1.example.com role=expressway-c release=X15.4 cluster=core",
)


def request(targets: tuple[str, ...], file: Path | None, slots: tuple[str, ...]) -> TargetRequest:
    """What the command line says about targets."""
    return TargetRequest(targets, file, slots, lambda: sys.stdin.buffer.read(_STDIN_LIMIT))


def check(targets: tuple[str, ...], file: Path | None, slots: tuple[str, ...], rules: tuple[Path, ...] = ()) -> int:
    """Read targets as `scan` does and print what would be looked at, or everything that is wrong.

    A lone file name that ends in .yaml is meant as -f: there is nothing else that a person could want checked.
    """
    if file is None and len(targets) == 1 and targets[0].lower().endswith((".yaml", ".yml")):
        file, targets = Path(targets[0]), ()
    try:
        words = vocabulary(tables(rules))
        refuse_files(targets)
        inventory = load(request(targets, file, slots), words, partial(read_certificates, password=given_password()))
    except (UsageError, InvalidInput) as error:
        return refuse(error)
    for target in inventory.targets:
        print(_line(target, inventory))
    for connection in inventory.connections:
        told = "  ".join(f"{name}={fact.value}" for name, fact in connection.settings.items())
        print(f"{connection.use_case}  {connection.from_} > {connection.to}  {told}".rstrip())
    for waiver in inventory.waivers:
        print(f"waived  {printable(waiver.verdict, 300)}  until {waiver.until}  by {printable(waiver.owner, 200)}")
    things = [(inventory.targets, "target"), (inventory.endpoints, "port"), (inventory.connections, "connection")]
    things += [(inventory.waivers, "waiver")] if inventory.waivers else []
    print(", ".join(counted(len(items), word) for items, word in things))
    return 0


def _line(target: Target, inventory: Inventory) -> str:
    ports = Counter(endpoint.target for endpoint in inventory.endpoints)[target.id]
    role = "role open" if target.role_from == "default" else target.role
    words = [target.id, role, target.release or "release open", counted(ports, "port")]
    words += [f"cluster {target.cluster}"] if target.cluster else []
    words += [f"{name}={fact.value}" for name, fact in target.settings.items()]
    words += [f"{file.slot} from {file.path}" for file in inventory.slot_files if file.target == target.id]
    return "  ".join(printable(word, 200) for word in words)


def schema(rules: tuple[Path, ...] = ()) -> int:
    """Print the JSON Schema of targets files."""
    from ekuscan.targets.schema import targets_schema

    try:
        words = vocabulary(tables(rules))
    except (UsageError, InvalidInput) as error:
        return refuse(error)
    print(json.dumps(targets_schema(words), indent=2))
    return 0


def init(targets: tuple[str, ...]) -> int:
    """Print a commented targets file for some hosts, for two that show the way where none is named."""
    from ekuscan.targets.init import init_text

    targets = targets or _EXAMPLES
    try:
        refuse_files(targets)
        print(init_text(targets, vocabulary(packaged()), request(targets, None, ())), end="")
    except (UsageError, InvalidInput) as error:
        return refuse(error)
    return 0
