"""``ekuscan targets``: what a targets file means, its schema, and one to begin with."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from ekuscan.certificate_files import read_certificates
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.refusal import refuse
from ekuscan.model import Inventory, Target
from ekuscan.names import printable
from ekuscan.rules.load import packaged
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load

_STDIN_LIMIT = 8 * 1024 * 1024


def request(targets: tuple[str, ...], file: Path | None, slots: tuple[str, ...]) -> TargetRequest:
    """What the command line says about targets; a lone file name that ends in .yaml is meant as -f."""
    return TargetRequest(targets, file, slots, lambda: sys.stdin.buffer.read(_STDIN_LIMIT))


def check(targets: tuple[str, ...], file: Path | None, slots: tuple[str, ...]) -> int:
    """Read targets as `scan` does and print what would be looked at, or everything that is wrong."""
    words = vocabulary(packaged())
    if file is None and len(targets) == 1 and targets[0].lower().endswith((".yaml", ".yml")):
        file, targets = Path(targets[0]), ()
    try:
        inventory = load(request(targets, file, slots), words, read_certificates)
    except InvalidInput as error:
        return refuse(error)
    for target in inventory.targets:
        print(_line(target, inventory))
    for connection in inventory.connections:
        told = "  ".join(f"{name}={fact.value}" for name, fact in connection.settings.items())
        print(f"{connection.use_case}  {connection.from_} > {connection.to}  {told}".rstrip())
    print(
        f"{len(inventory.targets)} targets, {len(inventory.endpoints)} ports, {len(inventory.connections)} connections"
    )
    return 0


def _line(target: Target, inventory: Inventory) -> str:
    ports = Counter(endpoint.target for endpoint in inventory.endpoints)[target.id]
    role = "role open" if target.role_from == "default" else target.role
    words = [target.id, role, target.release or "release open", f"{ports} ports"]
    words += [f"cluster {target.cluster}"] if target.cluster else []
    words += [f"{name}={fact.value}" for name, fact in target.settings.items()]
    words += [f"{file.slot} from {file.path}" for file in inventory.slot_files if file.target == target.id]
    return "  ".join(printable(word, 200) for word in words)


def schema() -> int:
    """Print the JSON Schema of targets files."""
    from ekuscan.targets.schema import targets_schema

    print(json.dumps(targets_schema(vocabulary(packaged())), indent=2))
    return 0


def init(targets: tuple[str, ...]) -> int:
    """Print a commented targets file for some hosts."""
    from ekuscan.targets.init import init_text

    try:
        print(init_text(targets, vocabulary(packaged()), request(targets, None, ())), end="")
    except InvalidInput as error:
        return refuse(error)
    return 0
