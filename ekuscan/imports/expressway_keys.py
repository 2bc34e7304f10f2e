"""The table of what an Expressway's configuration says, ``expressway.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ekuscan import toml
from ekuscan.model import Confidence, RoleName
from ekuscan.record import record


@record
class ZoneRow:
    """What a type of zone is for. ``far_end`` names the other end where no zone of it does."""

    type: str
    use_case: str
    dialled_by: Literal["this", "peer", "either"]
    source: tuple[str, ...]
    confidence: Confidence
    collaboration_edge: bool = False
    far_end: str | None = None
    note: str | None = None


@record
class EvidenceRow:
    """A type of zone that only a box of this role has; the first that is found decides."""

    type: str
    role: RoleName
    source: tuple[str, ...]
    confidence: Confidence


@record
class ProfileRow:
    """How the name of a zone profile begins, and the product that it is for."""

    begins: str
    role: RoleName
    source: tuple[str, ...]
    confidence: Confidence


@record
class SubjectRow:
    """How the name ends that a DNS zone expects in a certificate, and whose it is.

    ``dials_back``: whoever it is dials this end as well, for the same use case, without a zone of its own.
    """

    ends: tuple[str, ...]
    role: RoleName
    name: str
    use_case: str
    dials_back: bool
    source: tuple[str, ...]
    confidence: Confidence


@record
class SettingRow:
    """A key that is a setting of a target of these roles."""

    key: str
    setting: str
    roles: tuple[RoleName, ...]
    source: tuple[str, ...]
    confidence: Confidence


@record
class RemarkRow:
    """A key that no targets file has a place for, and what is said of a box where it has not its usual value."""

    key: str
    usual: str
    says: str
    source: tuple[str, ...]
    confidence: Confidence


@record
class BoxRow:
    """Keys that say which box this is; N stands for a number from 1 to 6."""

    tells: str
    keys: tuple[str, ...]
    source: tuple[str, ...]
    confidence: Confidence
    note: str | None = None


@record
class KeyTable:
    """The rows, and the day on which they were checked."""

    checked: str
    zones: tuple[ZoneRow, ...]
    evidence: tuple[EvidenceRow, ...]
    profiles: tuple[ProfileRow, ...]
    subjects: tuple[SubjectRow, ...]
    settings: tuple[SettingRow, ...]
    remarks: tuple[RemarkRow, ...]
    box: Mapping[str, BoxRow]

    def zone(self, type_: str, *, collaboration_edge: bool) -> ZoneRow | None:
        """The row of a type of zone, letter case aside; a type without a row of its own for the edge has one."""
        rows = [row for row in self.zones if row.type.lower() == type_.lower()]
        return next((row for row in rows if row.collaboration_edge == collaboration_edge), next(iter(rows), None))


@cache
def key_table() -> KeyTable:
    """The table, parsed once."""
    table = toml.loads(Path(__file__).with_name("expressway.toml").read_text(encoding="utf-8"))
    return KeyTable(
        checked=table["checked"],
        zones=tuple(ZoneRow(**_with_tuples(row)) for row in table["zone"]),
        evidence=tuple(EvidenceRow(**_with_tuples(row)) for row in table["evidence"]),
        profiles=tuple(ProfileRow(**_with_tuples(row)) for row in table["profile"]),
        subjects=tuple(SubjectRow(**_with_tuples(row)) for row in table["subject"]),
        settings=tuple(SettingRow(**_with_tuples(row)) for row in table["setting"]),
        remarks=tuple(RemarkRow(**_with_tuples(row)) for row in table["remark"]),
        box={row["tells"]: BoxRow(**_with_tuples(row)) for row in table["box"]},
    )


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
