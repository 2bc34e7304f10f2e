"""Facts for tests of the verdicts, made without certificates: a chain is what is said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from ekuscan.model import (
    Certificate,
    Chain,
    ChromeState,
    Confidence,
    Connection,
    Eku,
    Fact,
    Hierarchy,
    HierarchyClass,
    Purpose,
    RoleName,
    SlotContent,
    Stack,
    Target,
    Verdict,
)
from ekuscan.rules.load import packaged
from ekuscan.verdict.estate import Estate, Seen
from ekuscan.verdict.experiments import Experiment
from ekuscan.verdict.judge import Judged, judge

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS = AS_OF + timedelta(days=89)


@dataclass(frozen=True)
class Issuance:
    default: str = "server"
    on_request: bool = True
    on_request_until: date | None = date(2027, 3, 1)
    confidence: Confidence = "H"
    authority: str = "Test CA"
    conflict: str | None = None


class Policy:
    """A CA that leaves clientAuth out by default and adds it on request until 1 March 2027."""

    def issues_next(
        self, owner: str | None, organization: str | None, root: str | None, hierarchy_class: str, at: date
    ) -> Issuance:
        return Issuance(on_request=at < date(2027, 3, 1))

    def best_issue_day(self, first: date, last: date) -> date:
        return max(first, last)

    def lasts_until(self, issued: date) -> date:
        return issued + timedelta(days=199)


@dataclass(frozen=True)
class Shown:
    """A slot's certificate: its effective EKU ("both", "server", "client", "neither"), issuer class and end."""

    eku: str = "both"
    hierarchy: HierarchyClass = "public-chrome"
    ends: datetime = ENDS


@dataclass
class Facts:
    """An estate in words; `judged` gives its verdicts."""

    targets: dict[str, Target] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    requests: dict[tuple[str, str], str] = field(default_factory=dict)
    experiments: dict[tuple[str, str], Experiment] = field(default_factory=dict)
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def box(
        self,
        name: str,
        role: RoleName,
        release: str | None = None,
        slots: Mapping[str, Shown] | None = None,
        cluster: str | None = None,
        **settings: str,
    ) -> Facts:
        contents = tuple(self._content(name, slot, shown) for slot, shown in (slots or {}).items())
        facts = {key: Fact(value, "declared") for key, value in settings.items()}
        self.targets[name] = Target(
            name, role, "declared", release, "declared", cluster, settings=facts, slots=contents
        )
        return self

    def link(self, use_case: str, from_: str, to: str, **settings: str) -> Facts:
        facts = {key: Fact(value, "declared") for key, value in settings.items()}
        self.connections.append(Connection(f"{from_}>{to}/{use_case}", use_case, from_, to, facts))
        return self

    def _content(self, name: str, slot: str, shown: Shown) -> SlotContent:
        key = f"{name}-{slot}"
        self.certificates[key] = Certificate(
            f"CN={name}",
            "CN=Issuing CA,O=Test CA",
            "1",
            AS_OF - timedelta(days=300),
            shown.ends,
            "EC P-256",
            (),
            Eku("listed"),
            (),
            (),
            "",
        )
        server, client = shown.eku in ("both", "server"), shown.eku in ("both", "client")
        state = "trusted" if shown.hierarchy == "public-chrome" else "absent"
        self.chains[key] = Chain(
            (key,),
            ((key,),),
            (),
            Hierarchy(shown.hierarchy, "Test Root", "Test CA", ChromeState(state), "inferred", ()),
            dict.fromkeys(get_args(Stack), Purpose(server, client)),
        )
        return SlotContent(slot, key, key, "port")

    def seen(self, far_ends: bool = True, connections: Iterable[Connection] | None = None) -> Seen:
        return Seen(
            self.targets,
            list(self.connections if connections is None else connections),
            self.certificates,
            self.chains,
            AS_OF,
            dict(self.requests),  # type: ignore[arg-type]
            experiments=dict(self.experiments),
            far_ends=far_ends,
            hosts=dict(self.hosts),
        )

    def estate(self, far_ends: bool = False) -> Estate:
        return Estate(self.seen(far_ends), packaged(), Policy())

    def judged(self, far_ends: bool = False) -> list[Judged]:
        return judge(self.estate(far_ends), warn_days=45)

    def verdicts(self, far_ends: bool = False) -> dict[str, Verdict]:
        return {item.verdict.id: item.verdict for item in self.judged(far_ends)}
